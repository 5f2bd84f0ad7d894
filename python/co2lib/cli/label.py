# SPDX-License-Identifier: MIT
"""``co2lib label``: efficiency labels A to E of a table of models."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from co2lib import hub
from co2lib._errors import BadValueError, SystemFailureError
from co2lib._extras import require
from co2lib.cli import _out
from co2lib.hub._columns import IDENTITIES


def label(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A table (Parquet, CSV, JSON lines), or a folder of them.", readable=False
        ),
    ],
    *,
    preset: Annotated[
        str, typer.Option("--preset", metavar="NAME", help="Rules of the label.")
    ] = "castano2023",
    fit: Annotated[
        str | None,
        typer.Option(
            "--fit", metavar="ID", help="Take the boundaries from this table, its model ID as reference."
        ),
    ] = None,
    badge: Annotated[
        str | None, typer.Option("--badge", metavar="ID", help="Write the badge of this model (SVG).")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per model and line.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the table (CSV, Parquet) or badge there."),
    ] = None,
) -> None:
    """Label the models of a table A to E, relative to the population of a preset or of the table itself.

    A table of cards (column card or cardData, as dumps of the Hub have them) is read first.
    """
    table = _table(file)
    identity = next((name for name in IDENTITIES if name in table.columns), None)
    if identity is None:
        raise BadValueError("hub.bad_value", f"{file}: has no column id or modelId; name the models there")
    table = table.rename(columns={identity: "id"})
    rules = hub.fit(table, preset, fit) if fit is not None else hub.preset(preset)
    labelled = hub.label(table, rules)
    if badge is not None:
        found = labelled[labelled["id"] == badge]
        letter = None if found.empty else found.iloc[0]["label"]
        if letter is None:
            raise BadValueError("hub.bad_value", f"--badge: {badge!r} is not in the table, or has no label")
        _out.deliver(hub.badge(letter, f"{badge}: {letter} by {rules.name}"), output, as_data=True)
    elif as_json:
        rows = [json.dumps(_plain(row)) for row in labelled.to_dict("records")]
        _out.deliver("\n".join(rows), output, as_json=True)
    elif output is not None and output.suffix == ".parquet":
        labelled.to_parquet(output)
    elif output is not None:
        _out.deliver(labelled.to_csv(index=False), output, as_data=True)
    else:
        _out.deliver(_summary(labelled, rules))


_OF_DUMPS = ("card", "cardData", "card_data", "readme")


def _table(file: Path) -> Any:
    pandas = require("pandas", extra="hub", needed_for="co2lib label")
    if file.is_dir() and (file / "models.parquet").exists():
        return hub.load(file)
    if file.is_dir() or file.suffix not in (".parquet", ".csv"):
        return hub.read_dump(file)
    try:
        table = pandas.read_parquet(file) if file.suffix == ".parquet" else pandas.read_csv(file)
        return hub.read_dump(file) if any(name in table.columns for name in _OF_DUMPS) else table
    except OSError as error:
        raise SystemFailureError("hub.cannot_read", f"{file}: {error.strerror or error}") from error
    except ValueError as error:
        raise BadValueError("hub.bad_value", f"{file}: cannot be read as a table: {error}") from error


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in row.items():
        missing = (
            value is None
            or type(value).__name__ == "NAType"
            or (isinstance(value, float) and math.isnan(value))
        )
        plain[str(name)] = None if missing else value.item() if hasattr(value, "item") else value
    return plain


def _summary(labelled: Any, rules: hub.Preset) -> str:
    counts = Counter(labelled["label"].fillna("none"))
    lines = [
        f"{letter}: {row['id']}"
        for letter in "ABCDE"
        for row in labelled[labelled["label"] == letter].to_dict("records")
    ]
    total = ", ".join(f"{letter} {counts[letter]}" for letter in (*"ABCDE", "none") if counts[letter])
    population = f"{rules.population} {rules.population_name}"
    lines.append(f"{len(labelled)} models: {total}")
    lines.append(f"by {rules.name}, relative to {population}; reference {rules.reference_model}")
    lines.append("downloads are a measure of reuse, not of efficiency")
    return "\n".join(lines)
