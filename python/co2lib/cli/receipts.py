# SPDX-License-Identifier: MIT
"""``co2lib receipts``: what was charged, by user, model and day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from co2lib import adaptive
from co2lib.cli import _out
from co2lib.cli._table import Rows
from co2lib.cli._view import show
from co2lib.cli.merge import Output


def receipts(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON lines of receipts.", show_default=False, readable=False),
    ],
    *,
    by: Annotated[
        str, typer.Option(metavar="KEYS", help="user, model, day, or several with commas.")
    ] = "model",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON of schema co2lib-receipts/1.")] = False,
    output: Output = None,
) -> None:
    """Sum receipts of decisions by user, model and day.

    Lines that are no receipt, such as one torn by a power cut, are counted and said; the exit status is then
    1.
    """
    _out.check_writable(output, "--output")
    keys = [word.strip() for word in by.split(",") if word.strip()]
    found, skipped = adaptive.read_receipts(file)
    sums = adaptive.sum_receipts(found, keys)
    (total,) = adaptive.sum_receipts(found, [])
    if as_json:
        document = {
            "schema": "co2lib-receipts/1",
            "by": keys,
            "skipped_lines": skipped,
            "total": _numbers(total),
            "sums": [{**dict(zip(keys, one.keys, strict=True)), **_numbers(one)} for one in sums],
        }
        _out.deliver(json.dumps(document, indent=2), output, as_json=True)
    else:
        heads = [key.capitalize() for key in keys]
        rows = Rows(*heads, "Requests", "Energy", "Carbon", right=("Requests", "Energy", "Carbon"))
        for one in [*sums, total]:
            names = one.keys if one is not total else ["all", *[""] * (len(keys) - 1)][: len(keys)]
            rows.add(*(name or "-" for name in names), f"{one.requests:g}", str(one.energy), str(one.carbon))
        parts: list[RenderableType] = [rows]
        if skipped:
            parts += ["", Text(f"{skipped} lines are no receipts and are not counted")]
        show(*parts, output=output)
    if skipped:
        raise typer.Exit(1)


def _numbers(one: adaptive.ReceiptSum) -> dict[str, float]:
    return {
        "receipts": one.receipts,
        "requests": one.requests,
        "energy_j": one.energy.joules,
        "carbon_g": one.carbon.grams,
    }
