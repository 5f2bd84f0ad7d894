# SPDX-License-Identifier: MIT
"""An emissions.csv of CodeCarbon as a study: each row is a window of the phase that its project names."""

from __future__ import annotations

import csv
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from co2lib._errors import BadValueError, SystemFailureError
from co2lib.report._figures import J_PER_KWH, grid_factor, median_interval

LOADING = ("load", "loading")


def _bad(message: str) -> BadValueError:
    return BadValueError("explorer.bad_study", message)


def _number(row: dict[str, Any], key: str, where: str) -> float:
    text = (row.get(key) or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise _bad(f"{where}: {key}: expected a number of at least 0, got {text!r}")
    return value


def _read(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = [(f"{path}:{reader.line_num}", row) for row in reader]
            heads = reader.fieldnames or []
    except (OSError, UnicodeError) as error:
        raise SystemFailureError("explorer.bad_study", f"{path}: cannot read: {error}") from error
    for key in ("project_name", "emissions", "energy_consumed"):
        if key not in heads:
            raise _bad(f"{path}: has no column {key}; is it an emissions.csv of CodeCarbon?")
    if not rows:
        raise _bad(f"{path}: has no row")
    return rows


def _record(values: list[float]) -> dict[str, Any]:
    found = median_interval(values)
    names = ("median", "low", "high", "coverage", "below_confidence")
    return {**{name: getattr(found, name) for name in names}, "n": len(values), "values": values}


def document_of(path: Path) -> dict[str, Any]:
    """Return the document of schema ``co2lib-study/1``; ``explorer.bad_study`` for another file."""
    joules: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    flags: dict[str, list[str]] = {}
    grams, kwhs = [], []
    rows = _read(path)
    for where, row in rows:
        name = (row.get("project_name") or "").strip() or "inference"
        kwh = _number(row, "energy_consumed", where)
        grams.append(1e3 * _number(row, "emissions", where))
        kwhs.append(kwh)
        joules.setdefault(name, []).append(J_PER_KWH * kwh)
        if (row.get("duration") or "").strip():
            seconds.setdefault(name, []).append(_number(row, "duration", where))
        known = flags.setdefault(name, [])
        if (row.get("cpu_power") or "").strip() and _number(row, "cpu_power", where) == 0:
            known += [] if "cpu_not_measured" in known else ["cpu_not_measured"]
    factor = grid_factor(grams, kwhs)
    if factor is None:
        raise _bad(f"{path}: energy_consumed is 0 in all rows: nothing was measured")
    first = rows[0][1]
    phases = [
        {
            "name": name,
            "kind": "one_off" if name.casefold() in LOADING else "marginal",
            "energy_j": _record(values),
            "seconds": _record(seconds[name]) if seconds.get(name) else None,
            "inner": 1,
            "method": "codecarbon",
            "flags": flags[name],
        }
        for name, values in joules.items()
    ]
    notes = ["as CodeCarbon counted it; its counters and models are not told apart in the file"]
    if any("cpu_not_measured" in found for found in flags.values()):
        notes.append("the CPU counted 0 W: too low")
    gpus = [first["gpu_model"]] if first.get("gpu_model") else []
    return {
        "schema": "co2lib-study/1",
        "created_utc": first.get("timestamp") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "co2lib_version": _version(),
        "provenance": "modelled",  # memory always is, and the file does not say what else
        "device": {
            "name": "",
            "cpu": first.get("cpu_model") or "",
            "gpus": gpus,
            "os": first.get("os") or "",
        },
        "boundary": {
            "scope": str(first.get("tracking_mode") or "machine"),
            "meters": [f"codecarbon {first.get('codecarbon_version') or ''}".strip()],
            "idle_w": None,
            "net": False,
            "coverage": None,
            "notes": notes,
        },
        "settings": {"batch_size": 1, "precision": "", "windows": min(len(v) for v in joules.values())},
        "input": {"kind": "file", "name": path.name, "sha256": "", "thumbnail": None},
        "grid": {
            "region": first.get("country_iso_code") or None,
            "g_per_kwh": factor,
            "year": None,
            "scope": None,
            "source": "emissions / energy_consumed of the file",
            "pue": 1.0,
        },
        "models": [
            {
                "name": path.stem,
                "version": "",
                "status": "ok",
                "error": None,
                "phases": phases,
                "predictions": [],
            }
        ],
        "issues": [],
    }


def _version() -> str:
    from co2lib import __version__

    return __version__
