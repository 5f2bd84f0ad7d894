# SPDX-License-Identifier: MIT
"""The command line: one file per verb; :func:`main` is the program ``co2lib``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from co2lib._errors import MissingExtraError
from co2lib._extras import require

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        0, or that of the command of ``co2lib run``; 1 where something looked for is not there or a package is
        missing; 2 for wrong use and for errors of co2lib.
    """
    try:
        for package in ("typer", "rich"):
            require(package, needed_for="the command line")
    except MissingExtraError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    from co2lib.cli.app import app

    try:
        app(args=None if arguments is None else list(arguments), prog_name="co2lib")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
