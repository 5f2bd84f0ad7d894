# SPDX-License-Identifier: MIT
"""``co2lib card``: what a model card reports, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from co2lib import Error, exchange, hub
from co2lib._errors import BadValueError, SystemFailureError
from co2lib.cli import _out
from co2lib.cli._documents import load_footprint, read_bytes

Cards = Annotated[
    list[Path],
    typer.Argument(metavar="FILE", help="Model cards (README.md).", show_default=False, readable=False),
]


def card(
    files: Cards,
    *,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="RUN", help="Put the footprint of this log (or its JSON) into the card."
        ),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix", help="Rewrite the block as the standard has it, in grams, where it is certain."
        ),
    ] = False,
    training_type: Annotated[
        str,
        typer.Option("--training-type", metavar="TYPE", help="With --write: pre-training or fine-tuning."),
    ] = "",
    update_body: Annotated[
        bool, typer.Option("--update-body", help="Also the first line of the text that states emissions.")
    ] = False,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="DOCUMENT", help="Compare with a BOM, SPDX or BoAmps document."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the card there, not in its place."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per card and line.")] = False,
) -> None:
    """Show what model cards report about emissions, check it, and write a measured footprint into them.

    Every byte outside of the block stays as it is. The exit status is 1 if a card is ambiguous or invalid, or
    differs from the document of --check; 2 if a file cannot be read or a block cannot be written.
    """
    if sum((write is not None, check is not None, fix)) > 1:
        raise BadValueError("core.bad_option", "give one of --write, --fix and --check")
    if (write is not None or fix) and len(files) > 1:
        raise BadValueError("core.bad_option", "--write and --fix change one card at a time; give one FILE")
    if write is not None or fix:
        _change(files[0], write, training_type, update_body, output)
        return
    worst = 0
    for file in files:
        try:
            text = read_bytes(file, "hub.cannot_read")
        except Error as error:
            _out.complain(error)
            worst = 2
            continue
        found = hub.read_card(text)
        status = (
            _compare(file, found, check) if check is not None else _show(file, found, as_json, len(files) > 1)
        )
        worst = max(worst, status)
    if worst:
        raise typer.Exit(worst)


def _change(
    file: Path, write: Path | None, training_type: str, update_body: bool, output: Path | None
) -> None:
    text = read_bytes(file, "hub.cannot_read")
    if write is not None:
        block: Any = load_footprint(write).to_model_card(training_type=training_type)
    else:
        block = _standard(file, hub.read_card(text))
    updated = hub.update_card(text, block, update_body=update_body)
    target = output or file
    if target == _out.STDOUT:
        _out.deliver(updated.decode("utf-8", "replace"), as_data=True)
        return
    try:
        target.write_bytes(updated)
    except OSError as error:
        raise SystemFailureError(
            "core.cannot_write", f"{target}: {error.strerror}; choose another --output"
        ) from error
    _out.remark(f"{target}: {'unchanged' if updated == text and target == file else 'written'}")


def _standard(file: Path, found: hub.Card) -> dict[str, Any]:
    if found.grams is None:
        why = ", ".join(found.warnings) or found.status
        raise BadValueError(
            "hub.bad_value",
            f"{file}: its emissions are {found.status} ({why}); only a certain value is rewritten",
        )
    fields = {
        "emissions": found.grams,
        "source": found.source,
        "training_type": found.training_type,
        "geographical_location": found.geographical_location,
        "hardware_used": found.hardware_used,
        "energy_consumed": found.energy_kwh,
        "hours_used": found.hours_used,
        "on_cloud": found.on_cloud,
        "cpu_model": found.cpu_model,
        "ram_total_size": found.ram_gb,
    }
    return {**fields, **{key: _value(text) for key, text in found.extra.items() if text}}


def _value(text: str) -> str | float | bool:
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


_UNITS = {
    "grams": "g",
    "low": "g",
    "high": "g",
    "body_grams": "g",
    "energy_kwh": "kWh",
    "hours_used": "h",
    "ram_gb": "GB",
}


def _show(file: Path, found: hub.Card, as_json: bool, several: bool) -> int:
    if as_json:
        _out.deliver(json.dumps({"file": str(file), **found.to_dict()}), as_json=True)
    else:
        lines = [f"{file}"] if several else []
        for name, value in found.to_dict().items():
            if value is None or name in ("warnings", "extra"):
                continue
            unit = f" {_UNITS[name]}" if name in _UNITS else ""
            lines.append(f"{name}: {value}{unit}")
        lines += [f"{key}: {value}" for key, value in found.extra.items()]
        lines += [f"warning {issue.code}: {issue.text}" for issue in found.issues]
        _out.deliver("\n".join(lines))
    return int(found.status in ("ambiguous", "invalid"))


def _compare(file: Path, found: hub.Card, document: Path) -> int:
    text = read_bytes(document, "exchange.cannot_read").decode("utf-8", "replace")
    result = exchange.compare(found, text)
    if result.agree is None:
        _out.deliver(f"{file}: nothing to compare with {document.name}")
    elif result.agree:
        _out.deliver(f"{file}: agrees with {document.name} ({', '.join(result.compared)})")
    else:
        _out.deliver(f"{file}: differs from {document.name}: {', '.join(result.differences)}")
    return int(result.agree is False)
