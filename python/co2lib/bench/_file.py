# SPDX-License-Identifier: MIT
"""The file of a benchmark: JSON lines ``bench``, ``run`` ..., ``end``, written as it goes on."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from co2lib._errors import BadValueError, SystemFailureError
from co2lib.bench._statistics import Mean, mean_of

SCHEMA = "co2lib-bench/1"


@dataclass(frozen=True, slots=True)
class BenchRun:
    """One run of the command.

    Attributes
    ----------
    round : int
        From 0; runs of two commands in one round belong together.
    place : int
        0 for the first of its round.
    start_s, duration_s : float
        Since the session's begin; of the run.
    energy_j : float or None
        IT energy of the scope; None where it has no value.
    low_j, high_j : float or None
        Its interval by the meters, 95 %.
    idle_w : float or None
        Mean power of the cool-down before it.
    """

    round: int
    place: int
    start_s: float
    duration_s: float
    energy_j: float | None
    low_j: float | None
    high_j: float | None
    idle_w: float | None


@dataclass(slots=True)
class Bench:
    """The runs of one command in one session, by the order of time.

    Attributes
    ----------
    session : str
        Benchmarks of one session were measured by turns.
    name, command : str
        Of the side (``base``, ``head``, ...); the command as a shell takes it, without secrets.
    machine : dict
        ``host``, ``cpu``, ``cpus`` and ``meters`` (ids that entered the total).
    method : dict
        Method (counter, integral, model) to its share of the energy.
    issues : dict
        Codes of the run's issues, with the text of the first.
    options : dict
        How it was measured.
    complete : bool
        False where the file ends before the session did.
    """

    session: str
    name: str
    command: str
    machine: dict[str, Any]
    method: dict[str, float] = field(default_factory=dict)
    issues: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    runs: list[BenchRun] = field(default_factory=list)
    complete: bool = False

    def values(self, metric: str = "energy") -> list[float]:
        """Return one value per run that has one: ``energy`` (J), ``net`` (J above idle) or ``time`` (s)."""
        return [value for _, value in self.by_round(metric)]

    def by_round(self, metric: str = "energy") -> list[tuple[BenchRun, float]]:
        """Return the runs that have a value of the metric, with it."""
        idle = self.idle() if metric == "net" else None
        pairs = []
        for run in self.runs:
            value: float | None = run.duration_s if metric == "time" else run.energy_j
            if metric == "net":
                # The idle power of its own time, where there is one: it drifts with the machine.
                idle_w = run.idle_w if run.idle_w is not None else None if idle is None else idle.value
                value = None if value is None or idle_w is None else value - idle_w * run.duration_s
            if value is not None and math.isfinite(value):
                pairs.append((run, value))
        return pairs

    def mean(self, metric: str = "energy") -> Mean | None:
        """Return the mean per run with its interval over runs; None without a value.

        What cannot be negative has no negative end: an energy, a time, but not ``net``.
        """
        values = self.values(metric)
        if not values:
            return None
        mean = mean_of(values)
        if metric != "net" and mean.low is not None and mean.low < 0:
            return replace(mean, low=0.0)
        return mean

    def idle(self) -> Mean | None:
        """Return the idle power in W with its own interval; None without a cool-down that has a value."""
        values = [run.idle_w for run in self.runs if run.idle_w is not None]
        return mean_of(values) if values else None

    def meter_interval(self) -> tuple[float, float] | None:
        """Return by what factors the meters may be off in all runs alike, such as (0.95, 1.05)."""
        known = [r for r in self.runs if r.energy_j and r.low_j is not None and r.high_j is not None]
        if not known:
            return None
        total = math.fsum(r.energy_j or 0.0 for r in known)
        return (
            math.fsum(r.low_j or 0.0 for r in known) / total,
            math.fsum(r.high_j or 0.0 for r in known) / total,
        )

    # Lines -------------------------------------------------------------------------------------------------

    def head_line(self) -> str:
        """Return the first line of the file."""
        head = {"type": "bench", "schema": SCHEMA, "session": self.session, "name": self.name}
        return json.dumps({**head, "command": self.command, "machine": self.machine, "options": self.options})

    @staticmethod
    def run_line(run: BenchRun) -> str:
        """Return the line of one run."""
        return json.dumps({"type": "run", **asdict(run)})

    def end_line(self) -> str:
        """Return the last line: what only the end of the session knows."""
        end: dict[str, Any] = {
            "type": "end",
            "machine": self.machine,
            "method": self.method,
            "issues": self.issues,
        }
        for metric in ("energy", "net", "time"):
            mean = self.mean(metric)
            end[metric] = None if mean is None else asdict(mean)
        idle = self.idle()
        end["idle_w"] = None if idle is None else asdict(idle)
        return json.dumps(end)

    def write(self, file: str | os.PathLike[str]) -> None:
        """Write the whole file; an OSError is ``bench.cannot_write``."""
        lines = [self.head_line(), *map(self.run_line, self.runs), self.end_line()]
        try:
            Path(file).write_text("\n".join(lines) + "\n", encoding="utf-8")
        except OSError as error:
            raise SystemFailureError("bench.cannot_write", f"{file}: {error.strerror}") from error


_FIELDS = {one.name for one in fields(BenchRun)}


def _bad(file: object, line: int, why: str) -> BadValueError:
    return BadValueError("bench.bad_file", f"{file}:{line}: {why}")


def _run_of(file: object, number: int, value: Mapping[str, Any]) -> BenchRun:
    for name in sorted(_FIELDS):
        given = value.get(name)
        absent = given is None and name.endswith(("_j", "_w"))
        numeric = isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
        if not absent and not numeric:
            raise _bad(file, number, f"{name}: takes a number, not {given!r}")
    if value["duration_s"] < 0 or (value.get("energy_j") or 0) < 0:
        raise _bad(file, number, "a duration or an energy is negative")
    return BenchRun(**{name: value.get(name) for name in _FIELDS})  # type: ignore[arg-type]


def load(file: str | os.PathLike[str]) -> Bench:
    """Read the file of `co2lib bench`; a torn last line is skipped, and `complete` is False without the end.

    Raises
    ------
    co2lib.Error
        ``bench.bad_file`` naming file and line; ``bench.cannot_read`` (an OSError).
    """
    try:
        text = Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise SystemFailureError("bench.cannot_read", f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadValueError("bench.bad_file", f"{file}: not UTF-8") from error
    lines = text.split("\n")
    bench: Bench | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            if number == len(lines):  # no line end after it: torn
                break
            raise _bad(file, number, f"not JSON: {error}") from error
        kind = value.get("type") if isinstance(value, dict) else None
        if bench is None:
            if kind != "bench" or value.get("schema") != SCHEMA:
                raise _bad(
                    file, number, "not a file of `co2lib bench`; make one: co2lib bench -o FILE -- COMMAND"
                )
            session, name, command = (str(value.get(key, "")) for key in ("session", "name", "command"))
            bench = Bench(session, name, command, dict(value.get("machine") or {}))
            bench.options = dict(value.get("options") or {})
        elif kind == "run":
            bench.runs.append(_run_of(file, number, value))
        elif kind == "end":
            bench.machine = dict(value.get("machine") or bench.machine)
            bench.method = dict(value.get("method") or {})
            bench.issues = dict(value.get("issues") or {})
            bench.complete = True
    if bench is None:
        raise BadValueError("bench.bad_file", f"{file}: is empty")
    return bench
