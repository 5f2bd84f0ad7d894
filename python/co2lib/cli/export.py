# SPDX-License-Identifier: MIT
"""``co2lib export`` and ``co2lib read``: footprints and runs in the formats of others, and back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from co2lib import Error, Footprint, exchange, tracker
from co2lib._errors import BadValueError, MissingExtraError
from co2lib.cli import _out
from co2lib.cli._documents import load_footprint, read_bytes

TRACES = ("perfetto", "folded")
FORMATS = ("cyclonedx", "spdx", "boamps", "sci-ai", "card", "csv", "json", *TRACES)

Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE", help="Logs of runs, or footprints as JSON.", show_default=False, readable=False
    ),
]


def _option(name: str, metavar: str, text: str) -> Any:
    return typer.Option(name, metavar=metavar, help=text)


def export(
    files: Runs,
    *,
    as_: Annotated[str, _option("--as", "FORMAT", "One of " + ", ".join(FORMATS) + ".")],
    activity: Annotated[
        list[str] | None,
        _option("--activity", "A", "What the model was doing; once for all, or once per file."),
    ] = None,
    counts: Annotated[
        list[str] | None, _option("--counts", "UNIT=N", "Functional units done: request=1000.")
    ] = None,
    model: Annotated[str | None, _option("--model", "NAME", "Of the model.")] = None,
    version: Annotated[str | None, _option("--version", "V", "Of the model.")] = None,
    supplier: Annotated[str | None, _option("--supplier", "NAME", "Of the model.")] = None,
    spec_version: Annotated[str | None, _option("--spec-version", "V", "Of CycloneDX: 1.7 or 1.6.")] = None,
    energy_provider: Annotated[str | None, _option("--energy-provider", "NAME", "CycloneDX.")] = None,
    energy_source: Annotated[
        str | None, _option("--energy-source", "WORD", "CycloneDX: wind, solar, ...")
    ] = None,
    serial: Annotated[str | None, _option("--serial", "URN", "CycloneDX: urn:uuid:...")] = None,
    into: Annotated[
        Path | None, _option("--into", "FILE", "An existing CycloneDX BOM, which gets the entries.")
    ] = None,
    bom_ref: Annotated[str | None, _option("--bom-ref", "REF", "The component of --into.")] = None,
    download_location: Annotated[str | None, _option("--download-location", "URL", "SPDX.")] = None,
    released: Annotated[
        str | None, _option("--released", "UTC", "SPDX: when the model was released.")
    ] = None,
    licence: Annotated[str | None, _option("--licence", "EXPRESSION", "SPDX.")] = None,
    namespace: Annotated[str | None, _option("--namespace", "URI", "SPDX: of its ids.")] = None,
    context: Annotated[
        Path | None, _option("--context", "FILE", "BoAmps: what no run can know (JSON).")
    ] = None,
    unit: Annotated[str | None, _option("--unit", "UNIT", "SCI for AI: token, request, flop, ...")] = None,
    count: Annotated[float | None, _option("--count", "N", "SCI for AI: how many units.")] = None,
    basis: Annotated[str | None, _option("--basis", "B", "SCI for AI, provider: gross or effective.")] = None,
    rationale: Annotated[
        str | None, _option("--rationale", "TEXT", "SCI for AI, provider: why this basis.")
    ] = None,
    created: Annotated[str | None, _option("--created", "UTC", "Default: now.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: stdout.")
    ] = None,
) -> None:
    """Write footprints as a CycloneDX BOM, SPDX document, BoAmps report, score, card block, table or trace.

    perfetto: regions and power over time, for ui.perfetto.dev and Chrome's tracing. folded: stacks of regions
    weighted by joules, for flame graphs. Both need the log of one run; their energies add up to the log's.

    What no run can know, such as the name of the model, is asked for; what is unknown is left out. The exit
    status is 2 where the format cannot be written without it.
    """
    if as_ not in FORMATS:
        raise BadValueError("core.bad_option", f"--as: {as_!r} is not a format; use {', '.join(FORMATS)}")
    given = {
        "model": model,
        "version": version,
        "supplier": supplier,
        "spec_version": spec_version,
        "energy_provider": energy_provider,
        "energy_source": energy_source,
        "serial": serial,
        "into": into,
        "bom_ref": bom_ref,
        "download_location": download_location,
        "released": released,
        "licence": licence,
        "namespace": namespace,
        "context": context,
        "unit": unit,
        "count": count,
        "basis": basis,
        "rationale": rationale,
        "created": created,
    }
    options = _options(as_, {name: value for name, value in given.items() if value is not None})
    if as_ in TRACES:
        _out.deliver(_trace(as_, files), output, as_data=True)
        return
    footprints = [load_footprint(file) for file in files]
    activities = _activities(activity or [], len(files))
    if as_ in ("card", "csv", "json"):
        text = _own_format(as_, footprints, activities)
    else:
        done = _counts(counts or [])
        runs = [
            exchange.disclosure(footprint, activity=what, counts=done)
            for footprint, what in zip(footprints, activities, strict=True)
        ]
        text = _document(as_, runs, options)
    _out.deliver(text, output, as_json=as_ not in ("card", "csv"), as_data=as_ in ("card", "csv"))


_TAKES = {
    "cyclonedx": {
        "model",
        "version",
        "supplier",
        "spec_version",
        "energy_provider",
        "energy_source",
        "serial",
        "into",
        "bom_ref",
        "created",
    },
    "spdx": {
        "model",
        "version",
        "supplier",
        "download_location",
        "released",
        "licence",
        "namespace",
        "created",
    },
    "boamps": {"context", "created"},
    "sci-ai": {"unit", "count", "basis", "rationale"},
}


def _options(as_: str, given: dict[str, Any]) -> dict[str, Any]:
    wrong = sorted(set(given) - _TAKES.get(as_, set()))
    if wrong:
        names = ", ".join("--" + name.replace("_", "-") for name in wrong)
        raise BadValueError("core.bad_option", f"{names}: has no meaning for --as {as_}; leave it out")
    for name in ("into", "context"):
        if name in given:
            given[name] = read_bytes(given[name], "exchange.cannot_read").decode("utf-8", "replace")
    if as_ == "sci-ai" and not {"unit", "count"} <= set(given):
        raise BadValueError(
            "core.bad_option", "--as sci-ai: give --unit and --count, the functional units done"
        )
    return given


def _activities(given: Sequence[str], files: int) -> list[str | None]:
    if not given:
        return [None] * files
    if len(given) == 1:
        return [given[0]] * files
    if len(given) != files:
        raise BadValueError("core.bad_option", f"--activity: give one for all, or {files}, one per file")
    return list(given)


def _counts(given: Sequence[str]) -> dict[str, float]:
    counts = {}
    for one in given:
        unit, equals, number = one.partition("=")
        try:
            counts[unit] = float(number)
        except ValueError:
            equals = ""
        if not equals or not unit:
            raise BadValueError("core.bad_option", f"--counts: {one!r} is not UNIT=N, such as request=1000")
    return counts


def _own_format(as_: str, footprints: Sequence[Footprint], activities: Sequence[str | None]) -> str:
    if as_ == "csv":
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\r\n")
        rows.writerow(tracker.csv_columns())
        rows.writerows(footprint.csv_row().values() for footprint in footprints)
        return text.getvalue()
    if len(footprints) > 1:
        raise BadValueError("core.bad_option", f"--as {as_}: is of one run; give one FILE")
    if as_ == "json":
        return footprints[0].to_json()
    kinds = ("pre-training", "fine-tuning")
    kind = activities[0] if activities[0] in kinds else ""
    return footprints[0].to_model_card(training_type=kind or "")


def _trace(as_: str, files: Sequence[Path]) -> str:
    from co2lib.report import _trace

    if len(files) > 1:
        raise BadValueError("core.bad_option", f"--as {as_}: is of one run; give one FILE")
    return _trace.FORMATS[as_](files[0]).rstrip("\n")


def _document(as_: str, runs: list[exchange.Disclosure], options: dict[str, Any]) -> str:
    if as_ == "cyclonedx":
        return exchange.cyclonedx(runs, **options)
    if as_ == "spdx":
        return exchange.spdx(runs, **options)
    if as_ == "boamps":
        return exchange.boamps(runs, **options)
    return exchange.sci_ai(runs, **options).to_json()


Documents = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE",
        help="CycloneDX, SPDX, BoAmps or SCI-for-AI documents.",
        show_default=False,
        readable=False,
    ),
]


def read(
    files: Documents,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per run.")] = False,
) -> None:
    """Show what documents in the formats of others say about energy and carbon, and validate them.

    The exit status is 1 where figures contradict each other or a document does not fit its official schema,
    2 where a file cannot be read.
    """
    worst = 0
    for file in files:
        try:
            text = read_bytes(file, "exchange.cannot_read").decode("utf-8", "replace")
            runs = exchange.read(text)
        except Error as error:
            _out.complain(error)
            worst = 2
            continue
        try:
            faults = exchange.validate(text)
        except MissingExtraError as error:
            _out.remark(f"not validated: {error}")
            faults = []
        for run in runs:
            _out.deliver(
                json.dumps({"file": str(file), **run.to_dict()}) if as_json else _lines(file, run),
                as_json=as_json,
            )
        for fault in faults:
            _out.complain(f"{file}: {fault} [exchange.not_valid]")
        if faults or any(run.warnings for run in runs):
            worst = max(worst, 1)
    if worst:
        raise typer.Exit(worst)


def _lines(file: Path, run: exchange.Disclosure) -> str:
    lines = [f"{file}: {run.model or 'a model'}, {run.activity or 'of no activity'}"]
    for name, value in run.to_dict().items():
        if value is None or value in ([], {}) or name in ("model", "activity"):
            continue
        shown = ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else value
        lines.append(f"  {name}: {shown}")
    return "\n".join(lines)
