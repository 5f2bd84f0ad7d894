# SPDX-License-Identifier: MIT
"""``co2lib factors``: the rows of the hardware tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from co2lib import embodied
from co2lib._errors import BadValueError
from co2lib.cli import _out
from co2lib.cli._table import Rows
from co2lib.cli._view import show


def _range(factor: embodied.Factor) -> str:
    return f"{factor.lower:g} to {factor.upper:g}" if factor.varies else "no range known"


def _remarks(factor: embodied.Factor) -> list[tuple[str, str]]:
    remarks = []
    if factor.unverified:
        remarks.append(("! unverified", "the number was not read in its primary source"))
    if factor.estimate:
        remarks.append(("! estimate", "an estimate of this project; replace it with a number of your own"))
    return remarks


def _one(factor: embodied.Factor) -> Rows:
    grid = Rows("", "", words=(1,), styles=("dim",))
    grid.add("Factor", factor.id)
    grid.add("Value", Text(f"{factor.value:g} {factor.unit}", style="bold green"))
    grid.add("Range", _range(factor) + (f", {factor.dist}" if factor.varies else ""))
    grid.add("Boundary", factor.boundary)
    grid.add("Year", str(factor.year or "not stated"))
    if factor.region:
        grid.add("Region", factor.region)
    grid.add("Source", factor.source)
    grid.add("Licence", factor.licence)
    grid.add("Table", f"{factor.table}, line {factor.line}")
    for name, remark in _remarks(factor):
        grid.add(Text(name, style="yellow"), remark)
    return grid


def _many(rows: list[embodied.Factor]) -> Rows:
    grid = Rows("Factor", "Value", "Range", "Year", "Source", right=("Value",), words=(4,))
    for row in rows:
        bounds = _range(row) if row.varies else "-"
        grid.add(row.id, f"{row.value:g} {row.unit}", bounds, str(row.year or "-"), row.source)
    return grid


def factors(
    factor: Annotated[
        str | None,
        typer.Argument(
            metavar="ID", help="A row, such as logic.epa.7nm; default: all rows.", show_default=False
        ),
    ] = None,
    *,
    search: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Rows with this text in id, boundary or source.")
    ] = None,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Rows that were not read in their primary source.")
    ] = False,
    tables: Annotated[
        list[Path] | None,
        typer.Option("--table", metavar="CSV", help="A table of one's own, searched first.", readable=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show rows of the hardware tables: value, range, boundary, year, source and licence.

    The exit status is 1 if no row is found with --search or --unverified.
    """
    extra = [embodied.read_factors(table) for table in tables or ()]
    if factor is not None:
        if search is not None or unverified:
            raise BadValueError("core.bad_option", "give an ID, or --search and --unverified; not both")
        row = embodied.factor(factor, tables=extra)
        if as_json:
            _out.deliver(json.dumps(row.to_dict(), indent=2), as_json=True)
        else:
            show(_one(row))
        return
    rows = embodied.factors(tables=extra)
    if search is not None:
        text = search.casefold()
        rows = [r for r in rows if text in f"{r.id} {r.boundary} {r.source}".casefold()]
    if unverified:
        rows = [row for row in rows if row.unverified]
    if as_json:
        document = {"schema": "co2lib-factors/1", "factors": [row.to_dict() for row in rows]}
        _out.deliver(json.dumps(document, indent=2), as_json=True)
    elif rows:
        show(_many(rows))
    else:
        _out.deliver("no row is like that")
    if not rows:
        raise typer.Exit(1)
