# SPDX-License-Identifier: MIT
"""``co2lib report``: one HTML file with the pictures of runs, a study, a plan, hardware or labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from co2lib._errors import BadValueError
from co2lib.cli import _out


def report(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Logs of runs; or one study, plan, bill of materials, or table of models.",
            show_default=False,
            readable=False,
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The HTML file. Default: beside the first, as .html."
        ),
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="Heading of the page.")] = None,
    theme: Annotated[str, typer.Option("--theme", help="auto, light or dark.")] = "auto",
    appendix: Annotated[
        Path | None,
        typer.Option(
            "--appendix",
            metavar="FOLDER",
            help="For a paper, instead of a page: figures as SVG and PDF, tables.md.",
        ),
    ] = None,
) -> None:
    """Write a page with the pictures of a run, or of several runs beside the first one.

    FILE may also be a study of inference or CodeCarbon's emissions.csv, the JSON of `co2lib plan`, a bill of
    materials (YAML, JSON), or a table of models with letters (Parquet, CSV), as `co2lib label` writes it.

    The page is one file, opens from disk and asks nothing of the network. Place and PUE of what was measured
    can be changed in it. Runs of two or more projects with three runs each are compared as projects; else
    region by region.

    Needs the extra viz: pip install 'co2lib[viz]'.
    """
    from co2lib import report as pictures

    sources: list[str | Path] = [*files]
    source = sources[0] if len(sources) == 1 else sources
    if appendix is not None:
        if output is not None or theme != "auto":
            raise BadValueError(
                "core.bad_option", "--appendix: writes no page; leave --output and --theme out"
            )
        for file in pictures.appendix(source, appendix, title=title):
            _out.deliver(str(file))
        return
    target = output or files[0].with_suffix(".html")
    if target.resolve() in {file.resolve() for file in files}:
        raise BadValueError("core.bad_option", f"--output: {target} is what is reported; give another file")
    made = pictures.html(source, target, title=title, theme=theme)
    _out.deliver(str(made))
