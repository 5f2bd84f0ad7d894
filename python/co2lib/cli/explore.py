# SPDX-License-Identifier: MIT
"""``co2lib explore``: a page that measures the models of a file."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Annotated

import typer

from co2lib._errors import BadValueError
from co2lib.cli import _out


def explore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A Python file that defines `models`.", readable=False)
    ],
    *,
    location: Annotated[
        str | None, typer.Option("--location", "-l", metavar="PLACE", help="Place to price with at first.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Of the page.")] = None,
) -> None:
    """Run a Python file of yours and show a page that measures the models in it.

    The file defines `models`, a mapping of names to models. The page is for this machine only.

    Needs the extra explorer: pip install 'co2lib[explorer]'.
    """
    from co2lib import explorer

    if not file.is_file():
        raise BadValueError("explorer.bad_model", f"{file}: there is no such file")
    models = runpy.run_path(str(file)).get("models")
    if not isinstance(models, dict) or not models:
        raise BadValueError("explorer.bad_model", f"{file}: defines no mapping `models`")
    page = explorer.launch(models, region=location, server_port=port, block=False)
    with page:
        _out.deliver(f"{page.url} measures the models of {file}, which was run; Ctrl-C ends it")
        page.blocks.block_thread()
