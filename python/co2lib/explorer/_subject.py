# SPDX-License-Identifier: MIT
"""Models while they are measured, and what a study file says of them and of the machine."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from co2lib.explorer._model import Model, Settings
from co2lib.explorer._records import predictions, record

LEAST_WINDOWS = 5
MISMATCH = 0.05


@dataclass(slots=True)
class Phase:
    """A step of a model while it is measured; J and s of each pass, one value per window."""

    name: str
    step: Callable[[], Any]
    inner: int = 1
    joules: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    dropped: int = 0
    highest: float = 0.0


@dataclass(slots=True)
class Subject:
    """A model while it is measured."""

    name: str
    model: Model
    phases: list[Phase] = field(default_factory=list)
    load_j: list[float] = field(default_factory=list)
    load_s: list[float] = field(default_factory=list)
    warmup_j: float = 0.0
    output: Any = None
    error: str | None = None

    @property
    def repetitions(self) -> int:
        """How many windows every phase has had, those that were dropped included."""
        return min((len(phase.joules) + phase.dropped for phase in self.phases), default=0)


def phase_record(phase: Phase, settings: Settings, method: str) -> dict[str, Any]:
    """Return a phase as a study file has it."""
    flags = []
    energy: dict[str, Any] | None = None
    least = min(LEAST_WINDOWS, settings.windows)
    if len(phase.joules) < least:
        flags.append("incomplete")
    elif max(phase.joules) <= 0:
        flags.append("below_resolution")
        energy = {"median": None, "low": None, "high": phase.highest, "n": len(phase.joules)}
    else:
        energy = record(phase.joules, settings.confidence)
    if phase.dropped:
        flags.append(f"dropped_{phase.dropped}")
    seconds = record(phase.seconds, settings.confidence) if phase.seconds else None
    return {
        "name": phase.name,
        "kind": "marginal",
        "energy_j": energy,
        "seconds": seconds,
        "inner": phase.inner,
        "method": method,
        "flags": flags,
    }


def mismatch(subject: Subject) -> list[str]:
    """Return a flag where the sums of each repetition lie elsewhere than the sum of the phases' medians."""
    from statistics import median

    phases = [phase.joules for phase in subject.phases if phase.joules]
    count = min((len(joules) for joules in phases), default=0)
    if not count:
        return []
    total = math.fsum(median(joules) for joules in phases)
    sums = median(math.fsum(joules[i] for joules in phases) for i in range(count))
    return ["phase_sum_mismatch"] if abs(sums - total) > MISMATCH * total else []


def model_record(subject: Subject, settings: Settings, method: str) -> dict[str, Any]:
    """Return a model as a study file has it; a flag says where not all repetitions were made."""
    model = subject.model
    flags = [] if model.load is not None else ["load_not_measured"]
    if subject.error is None and subject.repetitions < settings.windows:
        flags.append(f"repetitions_{subject.repetitions}_of_{settings.windows}")
    phases = []
    if subject.load_j:
        load = {"name": "load", "kind": "one_off", "inner": 1, "method": method, "flags": []}
        load |= {"energy_j": record(subject.load_j, settings.confidence)}
        phases.append(load | {"seconds": record(subject.load_s, settings.confidence)})
    if subject.error is None:
        phases += [phase_record(phase, settings, method) for phase in subject.phases]
    return {
        "name": subject.name,
        "version": model.version,
        "family": model.family,
        "domain": model.domain,
        "task": model.task,
        "parameters": model.parameters,
        "size_bytes": model.size_bytes,
        "quality": dict(model.quality) if model.quality else None,
        "label": dict(model.label) if isinstance(model.label, Mapping) else model.label,
        "report_class": model.report_class
        if isinstance(model.report_class, str | None)
        else model.report_class.name,
        "status": "ok" if subject.error is None else "failed",
        "error": subject.error,
        "training_type": model.training_type,
        "source": model.source,
        "flags": flags + mismatch(subject),
        "phases": phases,
        "warmup_j": subject.warmup_j,
        "predictions": predictions(subject.output) if subject.error is None else [],
    }


def facts_of(footprint: Any, idle_w: float | None) -> dict[str, Any]:
    """Return what a study says of the machine and of its boundary, from the footprint of the measurement."""
    modelled = float(footprint.method.get("model", 0.0))
    counted = [d for d in footprint.devices if d.in_total]
    notes = [f"{modelled:.0%} of the energy comes from models, not sensors"] if modelled > 0 else []
    if not any(d.device == "cpu" for d in counted):
        notes.append("the CPU was not measured: too low")
    return {
        "created_utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "provenance": "modelled" if modelled >= 0.5 or not counted else "measured",
        "device": {
            "name": platform.node(),
            "cpu": footprint.to_dict()["context"]["cpu_model"],
            "gpus": [d.name or d.id for d in counted if d.device == "gpu"],
            "os": platform.platform(),
        },
        "boundary": {
            "scope": "machine",
            "meters": [d.name or d.id for d in counted],
            "idle_w": idle_w,
            "net": False,
            "coverage": footprint.coverage,
            "notes": notes,
        },
        "issues": [issue.to_dict() for issue in footprint.issues],
        "method": ", ".join(footprint.method) or "unknown",
    }
