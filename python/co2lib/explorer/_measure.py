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
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from co2lib._errors import BadValueError
from co2lib.explorer._model import Settings, as_model, cache_key, digest, grid_of, one_at_a_time
from co2lib.explorer._records import one_line, thumbnail
from co2lib.explorer._subject import LEAST_WINDOWS, Phase, Subject, facts_of, model_record
from co2lib.report import Study
from co2lib.report._study import PROVENANCES

WIDEST = 0.05
UPDATES = 20
LOADINGS = 3
STEPS = ("preprocess", "predict", "postprocess")
NAMES = {"predict": "inference"}


Progress = Callable[[str, float], object]
"""Takes what is being done and the part that is done, from 0 to 1."""

SoFar = Callable[[Any, float | None], None]
"""Takes the footprint until now and the idle power in W, between windows."""


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


def _chain(subject: Subject, given: Any) -> None:
    """Make the phases of a model: each pass of one begins with what the phase before it returned."""
    model, value = subject.model, given
    for step in STEPS:
        function = getattr(model, step)
        if function is None:
            continue
        subject.phases.append(Phase(NAMES.get(step, step), lambda f=function, v=value: f(v)))  # type: ignore[misc]
        value = function(value)
    subject.output = value


def _warm(bench: _Bench, subject: Subject, least_s: float, cancelled: Callable[[], bool]) -> None:
    settings = bench.settings
    times: list[float] = []
    spent = 0.0

    def everything() -> None:
        for phase in subject.phases:
            phase.step()

    while not cancelled():
        _, joules, seconds, _ = bench.window(f"{subject.name}/warm-up", everything, 1)
        subject.warmup_j += joules or 0.0
        spent += seconds
        times.append(seconds)
        last = times[-3:]
        steady = len(times) >= max(3, settings.warmup) and max(last) - min(last) <= WIDEST * max(last)
        if steady or spent >= settings.warmup_s:
            break
    for phase in subject.phases:
        if cancelled():
            return
        _, _, seconds, _ = bench.window(f"{subject.name}/{phase.name}/probe", phase.step, 1)
        phase.inner = max(1, math.ceil(least_s / seconds)) if seconds > 0 else 1000


def _prepare(
    bench: _Bench, subject: Subject, given: Any, least_s: float, cancelled: Callable[[], bool]
) -> None:
    if subject.model.load is not None:
        for k in range(1 if subject.model.unload is None else LOADINGS):
            if k and subject.model.unload is not None:
                subject.model.unload()
            _, joules, seconds, _ = bench.window(f"{subject.name}/load/{k}", subject.model.load, 1)
            if joules is not None:
                subject.load_j.append(joules)
                subject.load_s.append(seconds)
    _chain(subject, given)
    _warm(bench, subject, least_s, cancelled)


def _repeat(
    bench: _Bench,
    subjects: list[Subject],
    progress: Progress | None,
    cancelled: Callable[[], bool],
    repeated: Callable[[], None],
) -> None:
    settings = bench.settings
    order = random.Random(settings.seed)
    for k in range(settings.windows):
        if k >= LEAST_WINDOWS:
            repeated()
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
    fresh: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    partial: Callable[[Study], object] | None = None,
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
    fresh : bool
        Measure those too: what the cache has of them is emptied first.
    progress, cancelled : callable, optional
        Told what is done; asked before each window whether to stop. What was measured until then is kept.
    partial : callable, optional
        Given the study of what is known so far, between the windows: models from the cache and those that
        failed first, every other one from its fifth repetition on, flagged with how many it has had.
    keep_thumbnail : bool
        Store a picture of an image of at most 256 pixels and 20 kB in the study; the image itself never is.

    Raises
    ------
    co2lib.Error
        ``explorer.bad_model``; ``explorer.no_models``; ``intensity.unknown_zone``.
    """
    settings = settings or Settings()
    order = _order(
        models,
        input,
        settings=settings,
        grid=grid_of(region, pue),
        name=name,
        cache=cache,
        fresh=fresh,
        keep_thumbnail=keep_thumbnail,
    )
    made, wanted = order.made, order.wanted
    if not wanted:
        return made.study()

    def so_far(footprint: Any, idle_w: float | None) -> None:
        ripe = [s for s in wanted if s.error is not None or s.repetitions >= LEAST_WINDOWS]
        if partial is not None and (ripe or made.records):
            partial(made.study(ripe, facts_of(footprint, idle_w)))

    with one_at_a_time(progress, cancelled):
        facts = _measured(
            wanted,
            input,
            settings=settings,
            meters=meters,
            clock=clock,
            progress=progress,
            cancelled=cancelled,
            so_far=so_far,
        )
    study = made.study(wanted, facts)
    for subject, record in ((s, m) for s in wanted for m in study.models if m["name"] == s.name):
        whole = subject.error is not None or subject.repetitions >= settings.windows
        unknown = not record["phases"] or any("incomplete" in p["flags"] for p in record["phases"])
        if not whole and unknown:
            record |= {"status": "failed", "error": "cancelled before it was measured"}
        if cache is not None and whole and record["status"] == "ok":
            cache[order.keys[subject.name]] = {"model": record, "facts": facts}
    return study


def known(
    models: Mapping[str, Any],
    input: Any,
    *,
    settings: Settings | None = None,
    region: str | float | None = None,
    pue: float = 1.0,
    name: str = "",
    cache: MutableMapping[str, dict[str, Any]],
    keep_thumbnail: bool = False,
) -> tuple[Study | None, bool]:
    """Return the study of those models whose results the cache has, and whether that is all of them.

    Nothing is measured, and nobody is waited for; None where the cache has none. Parameters as those of
    :func:`measure`.
    """
    order = _order(
        models,
        input,
        settings=settings or Settings(),
        grid=grid_of(region, pue),
        name=name,
        cache=cache,
        keep_thumbnail=keep_thumbnail,
    )
    return order.made.study() if order.made.records else None, not order.wanted


@dataclass(slots=True)
class _Order:
    """What is to be measured, and what is known already."""

    made: _Made
    wanted: list[Subject]
    keys: dict[str, str]


def _order(
    models: Mapping[str, Any],
    given: Any,
    *,
    settings: Settings,
    grid: dict[str, Any],
    name: str,
    cache: MutableMapping[str, dict[str, Any]] | None,
    keep_thumbnail: bool,
    fresh: bool = False,
) -> _Order:
    """Check what is given and look it up in the cache, which is emptied of it where it is to be `fresh`."""
    if settings.windows < 1 or settings.batch_size < 1:
        raise BadValueError("explorer.bad_settings", "windows and batch_size: at least 1")
    if not models:
        raise BadValueError("explorer.no_models", 'no models: pass a mapping such as {"name": model}')
    ready = {label: as_model(label, model) for label, model in models.items()}
    sha = digest(given)
    told: dict[str, Any] = {"kind": type(given).__name__, "name": name, "sha256": sha}
    told["thumbnail"] = thumbnail(given) if keep_thumbnail else None
    if isinstance(given, bytes):
        told["bytes"] = len(given)
    device = f"{platform.node()} {platform.processor() or platform.machine()}"
    keys = {label: cache_key(label, m, sha, settings, device) for label, m in ready.items()}
    made = _Made(settings, grid, told, list(ready))
    for label, key in keys.items():
        if cache is not None and fresh:
            cache.pop(key, None)
        if cache is not None and key in cache:
            made.records[label] = cache[key]["model"]
            made.facts.append(cache[key]["facts"])
    return _Order(made, [Subject(label, m) for label, m in ready.items() if label not in made.records], keys)


@dataclass(slots=True)
class _Made:
    """What a study is made of: what is the same for all models, and the records that come from the cache."""

    settings: Settings
    grid: dict[str, Any]
    input: dict[str, Any]
    order: list[str]
    records: dict[str, Any] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)

    def study(self, subjects: Sequence[Subject] = (), now: dict[str, Any] | None = None) -> Study:
        """Return the study of the models that are known; it counts as measured only if all of them do."""
        facts = [*self.facts, *([] if now is None else [now])]
        method = facts[-1]["method"]
        known = self.records | {s.name: model_record(s, self.settings, method) for s in subjects}
        shared = {key: value for key, value in facts[-1].items() if key != "method"}
        return Study(
            {
                "schema": "co2lib-study/1",
                "co2lib_version": _version(),
                **shared,
                "provenance": max((one["provenance"] for one in facts), key=PROVENANCES.index),
                "settings": asdict(self.settings),
                "input": self.input,
                "grid": self.grid,
                "models": [known[label] for label in self.order if label in known],
            }
        )


def _version() -> str:
    from co2lib import __version__

    return __version__


def _measured(
    subjects: list[Subject],
    given: Any,
    *,
    settings: Settings,
    meters: Any,
    clock: Any,
    progress: Progress | None,
    cancelled: Callable[[], bool],
    so_far: SoFar,
) -> dict[str, Any]:
    syncs = [s.model.sync for s in subjects if s.model.sync is not None]

    def sync() -> None:
        for one in syncs:
            one()

    bench = _Bench(settings, meters, clock, sync if syncs else None)
    idle = None
    try:
        idle = None if cancelled() else bench.idle()
        least_s = bench.least_window()
        for subject in subjects:
            if cancelled():
                break
            if progress is not None:
                progress(f"{subject.name}: loading and warm-up", 0.0)
            try:
                _prepare(bench, subject, given, least_s, cancelled)
            except Exception as error:
                subject.error = one_line(error)
        so_far(bench.run.footprint, idle)
        _repeat(bench, subjects, progress, cancelled, lambda: so_far(bench.run.footprint, idle))
    finally:
        footprint = bench.run.stop()
    return facts_of(footprint, idle)
