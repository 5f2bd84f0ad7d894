# SPDX-License-Identifier: MIT
"""Measuring a study: what each model uses per phase, for one input (docs/explorer.md, "How it is measured").

1. Every window is a region of one tracker with a name of its own.
2. Warm-up first; its energy is kept apart. Then so many passes per window that the slowest meter sees
   them.
3. In each repetition every model and phase has one window, the models in a new order.
4. A window is dropped and counted if its energy has no value, if its bounds are further than 5 % from it,
   or if the run gained an issue meanwhile. A phase with fewer than 5 windows left is `incomplete` and has no
   value.
5. A phase that uses nothing that the meter can see is `below_resolution`: no value, a bound only.
6. One measurement at a time and user: a lock file.
"""

from __future__ import annotations

import math
import platform
import random
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from co2lib._errors import BadValueError
from co2lib.explorer._model import Model, Settings, as_model, cache_key, digest, grid_of, one_at_a_time
from co2lib.explorer._records import one_line, predictions, record, thumbnail
from co2lib.report import Study

LEAST_WINDOWS = 5
WIDEST = 0.05
UPDATES = 20
LOADINGS = 3
MISMATCH = 0.05
STEPS = ("preprocess", "predict", "postprocess")
NAMES = {"predict": "inference"}


Progress = Callable[[str, float], object]
"""Takes what is being done and the part that is done, from 0 to 1."""


@dataclass(slots=True)
class _Phase:
    name: str
    step: Callable[[], Any]
    inner: int = 1
    joules: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    dropped: int = 0
    highest: float = 0.0


@dataclass(slots=True)
class _Subject:
    """A model while it is measured."""

    name: str
    model: Model
    phases: list[_Phase] = field(default_factory=list)
    load_j: list[float] = field(default_factory=list)
    load_s: list[float] = field(default_factory=list)
    warmup_j: float = 0.0
    output: Any = None
    error: str | None = None


class _Bench:
    """The tracker and what a window needs of it."""

    def __init__(
        self, settings: Settings, meters: Any, clock: Any, sync: Callable[[], object] | None
    ) -> None:
        import co2lib

        options: dict[str, Any] = {"meters": meters, "clock": clock, "intensity": 0.0, "sync": sync}
        self.settings = settings
        self.run = co2lib.track(**options).start()
        self.clock = clock
        self._issues = len(self.run.footprint.issues)

    def window(
        self, name: str, step: Callable[[], Any], passes: int
    ) -> tuple[Any, float | None, float, float]:
        """Run a step so often in one region: last result, J (None: dropped), s, upper bound in J."""
        result = None
        with self.run.region(name) as region:
            for _ in range(passes):
                result = step()
        energy = region.energy
        issues = len(self.run.footprint.issues)
        gained, self._issues = issues > self._issues, issues
        joules, bounds = energy.joules, energy.bounds
        if joules is None or bounds is None:
            return result, None, region.duration_s, math.inf
        off = max(bounds.high.joules - joules, joules - bounds.low.joules)
        if gained or off > WIDEST * joules:
            return result, None if joules > 0 or gained else 0.0, region.duration_s, bounds.high.joules
        return result, joules, region.duration_s, bounds.high.joules

    def idle(self) -> float | None:
        """Return the power in W while nothing runs."""
        seconds = self.settings.idle_s
        if seconds <= 0:
            return None

        def wait() -> None:
            if self.clock is None:
                time.sleep(seconds)
            elif hasattr(self.clock, "advance"):
                self.clock.wait_for_waiters(1)
                self.clock.advance(seconds)

        _, joules, lasted, _ = self.window("idle", wait, 1)
        return joules / lasted if joules is not None and lasted > 0 else None

    def least_window(self) -> float:
        """Return how long a window must be for the slowest meter."""
        infos = self.run.tracker.run().meters
        slowest = max((info.update_period_s or 0.0 for info in infos), default=0.0)
        least = max((info.least_window_s or 0.0 for info in infos), default=0.0)
        return max(self.settings.window_s, UPDATES * slowest, least)


def _chain(subject: _Subject, given: Any) -> None:
    """Make the phases of a model: each pass of one begins with what the phase before it returned."""
    model, value = subject.model, given
    for step in STEPS:
        function = getattr(model, step)
        if function is None:
            continue
        subject.phases.append(_Phase(NAMES.get(step, step), lambda f=function, v=value: f(v)))  # type: ignore[misc]
        value = function(value)
    subject.output = value


def _warm(bench: _Bench, subject: _Subject, least_s: float) -> None:
    settings = bench.settings
    times: list[float] = []
    spent = 0.0

    def everything() -> None:
        for phase in subject.phases:
            phase.step()

    while True:
        _, joules, seconds, _ = bench.window(f"{subject.name}/warm-up", everything, 1)
        subject.warmup_j += joules or 0.0
        spent += seconds
        times.append(seconds)
        last = times[-3:]
        steady = len(times) >= max(3, settings.warmup) and max(last) - min(last) <= WIDEST * max(last)
        if steady or spent >= settings.warmup_s:
            break
    for phase in subject.phases:
        _, _, seconds, _ = bench.window(f"{subject.name}/{phase.name}/probe", phase.step, 1)
        phase.inner = max(1, math.ceil(least_s / seconds)) if seconds > 0 else 1000


def _prepare(bench: _Bench, subject: _Subject, given: Any, least_s: float) -> None:
    if subject.model.load is not None:
        for k in range(1 if subject.model.unload is None else LOADINGS):
            if k and subject.model.unload is not None:
                subject.model.unload()
            _, joules, seconds, _ = bench.window(f"{subject.name}/load/{k}", subject.model.load, 1)
            if joules is not None:
                subject.load_j.append(joules)
                subject.load_s.append(seconds)
    _chain(subject, given)
    _warm(bench, subject, least_s)


def _phase_record(phase: _Phase, settings: Settings, method: str) -> dict[str, Any]:
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


def _mismatch(subject: _Subject) -> list[str]:
    """Return a flag where the sums of each repetition lie elsewhere than the sum of the phases' medians."""
    from statistics import median

    phases = [phase.joules for phase in subject.phases if phase.joules]
    count = min((len(joules) for joules in phases), default=0)
    if not count:
        return []
    total = math.fsum(median(joules) for joules in phases)
    sums = median(math.fsum(joules[i] for joules in phases) for i in range(count))
    return ["phase_sum_mismatch"] if abs(sums - total) > MISMATCH * total else []


def _model_record(subject: _Subject, settings: Settings, method: str) -> dict[str, Any]:
    model = subject.model
    phases = []
    if subject.load_j:
        load = {"name": "load", "kind": "one_off", "inner": 1, "method": method, "flags": []}
        load |= {"energy_j": record(subject.load_j, settings.confidence)}
        phases.append(load | {"seconds": record(subject.load_s, settings.confidence)})
    if subject.error is None:
        phases += [_phase_record(phase, settings, method) for phase in subject.phases]
    return {
        "name": subject.name,
        "version": model.version,
        "family": model.family,
        "domain": model.domain,
        "task": model.task,
        "parameters": model.parameters,
        "size_bytes": model.size_bytes,
        "quality": dict(model.quality) if model.quality else None,
        "label": None,
        "status": "ok" if subject.error is None else "failed",
        "error": subject.error,
        "training_type": model.training_type,
        "source": model.source,
        "flags": ([] if model.load is not None else ["load_not_measured"]) + _mismatch(subject),
        "phases": phases,
        "warmup_j": subject.warmup_j,
        "predictions": predictions(subject.output) if subject.error is None else [],
    }


def _repeat(
    bench: _Bench,
    subjects: list[_Subject],
    progress: Progress | None,
    cancelled: Callable[[], bool],
) -> None:
    settings = bench.settings
    order = random.Random(settings.seed)
    for k in range(settings.windows):
        shuffled = [s for s in subjects if s.error is None]
        order.shuffle(shuffled)
        for i, subject in enumerate(shuffled):
            for phase in subject.phases:
                if cancelled():
                    return
                if progress is not None:
                    done = (k + i / max(1, len(shuffled))) / settings.windows
                    progress(f"{subject.name}, {phase.name}, repetition {k + 1} of {settings.windows}", done)
                try:
                    name = f"{subject.name}/{phase.name}/{k}"
                    _, joules, seconds, high = bench.window(name, phase.step, phase.inner)
                except Exception as error:
                    subject.error = one_line(error)
                    break
                phase.highest = max(phase.highest, high / phase.inner if math.isfinite(high) else 0.0)
                if joules is None:
                    phase.dropped += 1
                else:
                    phase.joules.append(joules / phase.inner)
                    phase.seconds.append(seconds / phase.inner)


def measure(
    models: Mapping[str, Any],
    input: Any,
    *,
    settings: Settings | None = None,
    region: str | float | None = None,
    pue: float = 1.0,
    name: str = "",
    meters: Any = None,
    clock: Any = None,
    cache: MutableMapping[str, dict[str, Any]] | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    keep_thumbnail: bool = False,
) -> Study:
    """Measure what models use for one input, phase by phase, with the tracker of this machine.

    Parameters
    ----------
    models : mapping of str to Model or callable
        By name; a plain callable is a `predict`.
    input : object
        The same for every model: bytes of an image, a text, anything.
    settings : Settings, optional
        Repetitions, lengths, seed.
    region : str or float, optional
        Place or g/kWh that the study is priced with; default: the world's mean, which is flagged.
    pue : float
        Facility energy per IT energy.
    name : str
        What the input is called; never used as a path.
    meters, clock
        As the options of :func:`co2lib.track`; for tests.
    cache : mapping, optional
        Results by key; a model found there is not measured.
    progress, cancelled : callable, optional
        Told what is done; asked before each window whether to stop. What was measured until then is kept.
    keep_thumbnail : bool
        Store a picture of an image of at most 256 pixels and 20 kB in the study; the image itself never is.

    Raises
    ------
    co2lib.Error
        ``explorer.bad_model``; ``explorer.no_models``; ``intensity.unknown_zone``.
    """
    settings = settings or Settings()
    if settings.windows < 1 or settings.batch_size < 1:
        raise BadValueError("explorer.bad_settings", "windows and batch_size: at least 1")
    if not models:
        raise BadValueError("explorer.no_models", 'no models: pass a mapping such as {"name": model}')
    ready = {label: as_model(label, given) for label, given in models.items()}
    grid = grid_of(region, pue)
    sha = digest(input)
    device = platform.processor() or platform.machine()
    keys = {
        label: cache_key(label, m, sha, settings, f"{platform.node()} {device}") for label, m in ready.items()
    }
    stored = {label: cache[key] for label, key in keys.items() if cache is not None and key in cache}
    wanted = [_Subject(label, m) for label, m in ready.items() if label not in stored]
    facts: dict[str, Any] = next((entry["facts"] for entry in stored.values()), {})
    records = {label: entry["model"] for label, entry in stored.items()}
    if wanted:
        with one_at_a_time():
            facts = _measured(
                wanted,
                input,
                settings=settings,
                meters=meters,
                clock=clock,
                progress=progress,
                cancelled=cancelled,
            )
        method = facts.pop("method")
        for subject in wanted:
            record = _model_record(subject, settings, method)
            if cancelled() and any("incomplete" in p["flags"] for p in record["phases"]):
                record |= {"status": "failed", "error": "cancelled before it was measured"}
            records[subject.name] = record
            if cache is not None and record["status"] == "ok":
                cache[keys[subject.name]] = {"model": record, "facts": facts}
    picture = thumbnail(input) if keep_thumbnail else None
    return Study(
        {
            "schema": "co2lib-study/1",
            "created_utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "co2lib_version": _version(),
            **facts,
            "settings": asdict(settings),
            "input": {
                "kind": type(input).__name__,
                "name": name,
                "sha256": sha,
                "thumbnail": picture,
            }
            | ({"bytes": len(input)} if isinstance(input, bytes) else {}),
            "grid": grid,
            "models": [records[label] for label in ready],
        }
    )


def _version() -> str:
    from co2lib import __version__

    return __version__


def _measured(
    subjects: list[_Subject],
    given: Any,
    *,
    settings: Settings,
    meters: Any,
    clock: Any,
    progress: Progress | None,
    cancelled: Callable[[], bool],
) -> dict[str, Any]:
    syncs = [s.model.sync for s in subjects if s.model.sync is not None]

    def sync() -> None:
        for one in syncs:
            one()

    bench = _Bench(settings, meters, clock, sync if syncs else None)
    try:
        idle = bench.idle()
        least_s = bench.least_window()
        for subject in subjects:
            if progress is not None:
                progress(f"{subject.name}: loading and warm-up", 0.0)
            try:
                _prepare(bench, subject, given, least_s)
            except Exception as error:
                subject.error = one_line(error)
        _repeat(bench, subjects, progress, cancelled)
    finally:
        footprint = bench.run.stop()
    modelled = float(footprint.method.get("model", 0.0))
    counted = [d for d in footprint.devices if d.in_total]
    notes = [f"{modelled:.0%} of the energy comes from models, not sensors"] if modelled > 0 else []
    if not any(d.device == "cpu" for d in counted):
        notes.append("the CPU was not measured: too low")
    return {
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
            "idle_w": idle,
            "net": False,
            "coverage": footprint.coverage,
            "notes": notes,
        },
        "issues": [issue.to_dict() for issue in footprint.issues],
        "method": ", ".join(footprint.method) or "unknown",
    }
