# SPDX-License-Identifier: MIT
"""The command line: one file per verb; :func:`main` is the program ``co2lib``."""

from __future__ import annotations

from collections.abc import Sequence

from co2lib._errors import MissingExtraError
from co2lib._extras import require

__all__ = ["PROGRAM", "main"]

PROGRAM = "program"
"""The object of a context in a process that is `co2lib` and nothing else."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process, which has nothing else to do then.

    Returns
    -------
    int
        0, or that of the command of ``co2lib run``; 1 where something looked for is not there or a package is
        missing; 2 for wrong use and errors of co2lib; 130 after Ctrl-C; 141 where stdout's reader has gone.
    """
    from co2lib.cli import _out

    _out.prepare()
    try:
        for package in ("typer", "rich"):
            require(package, needed_for="the command line")
    except MissingExtraError as error:
        _out.complain(error)
        return 1
    from co2lib.cli.app import app

    try:
        if arguments is None:
            app(prog_name="co2lib", obj=PROGRAM)
        else:
            app(args=list(arguments), prog_name="co2lib")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
