# SPDX-License-Identifier: MIT
"""Commands measured by turns: warm-up, cool-down (the idle baseline), rounds until the interval is narrow."""

from __future__ import annotations

import platform
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from co2lib._errors import BadValueError, WrongStateError
from co2lib.bench._file import Bench, BenchRun
from co2lib.bench._statistics import paired_ratio
from co2lib.tracker import Footprint, RegionResult, Tracker

Task = Callable[[], object]


def measure(
    tasks: Mapping[str, Task],
    *,
    warmup: int = 1,
    cooldown_s: float = 1.0,
    min_rounds: int = 10,
    max_rounds: int = 50,
    max_s: float | None = None,
    precision: float = 0.02,
    commands: Mapping[str, str] | None = None,
    on_run: Callable[[str, BenchRun], object] | None = None,
    on_begin: Callable[[Bench], object] | None = None,
    wait: Callable[[float], object] = time.sleep,
    **options: Any,
) -> list[Bench]:
    """Measure one task, or two by turns, again and again.

    Parameters
    ----------
    tasks : mapping of str to callable
        One or two, by name; each call is a run. With two, a round is one run of each, in turned order every
        time.
    warmup : int
        Runs of each that are not counted.
    cooldown_s : float
        Seconds of rest before each run; their power is the idle baseline. 0: none.
    min_rounds, max_rounds : int
        Fewest (at least 4) and most rounds; with two tasks rounded up to even numbers.
    max_s : float, optional
        No round begins after so many seconds.
    precision : float
        Ends when half of the 95 % interval is at most this part of the value: of the mean energy, with two
        tasks of their ratio. Energy without a value: of the time.
    commands : mapping, optional
        What each task is, as text.
    on_run, on_begin : callable, optional
        Take a name and a run just measured; a `Bench` before its first run.
    wait : callable
        Takes seconds; how the cool-down is waited for.
    **options
        Those of `co2lib.Tracker`.

    Returns
    -------
    list of Bench
        In the order of the tasks.

    Raises
    ------
    co2lib.Error
        ``bench.bad_option``, and what the tracker raises. What a task raises comes out.
    """
    _check_options(
        tasks, warmup=warmup, rounds=(min_rounds, max_rounds), precision=precision, cooldown_s=cooldown_s
    )
    two = len(tasks) == 2
    least, most = (n + n % 2 if two else n for n in (min_rounds, max_rounds))
    session = uuid.uuid4().hex
    how = {"warmup": warmup, "cooldown_s": cooldown_s, "precision": precision, "rounds": [least, most]}
    benches = {
        name: Bench(session, name, (commands or {}).get(name, ""), _machine(), options=dict(how))
        for name in tasks
    }
    with Tracker(**options) as tracker:
        one = _Session(tracker, cooldown_s, wait)
        for _ in range(warmup):
            for task in tasks.values():
                one.region("warmup", task)
        for bench in benches.values():
            if on_begin is not None:
                on_begin(bench)
        for number in range(most):
            order = list(tasks)[:: -1 if number % 2 else 1]
            for place, name in enumerate(order):
                run = one.run(tasks[name], number, place)
                benches[name].runs.append(run)
                if on_run is not None:
                    on_run(name, run)
            if number + 1 >= least and _narrow(list(benches.values()), precision, two=two):
                break
            if max_s is not None and one.elapsed() >= max_s and not (two and number % 2 == 0):
                break
        footprint = tracker.stop()
    for bench in benches.values():
        _finish(bench, footprint)
    return list(benches.values())


class _Session:
    def __init__(self, tracker: Tracker, cooldown_s: float, wait: Callable[[float], object]) -> None:
        self._tracker = tracker
        self._cooldown_s = cooldown_s
        self._wait = wait
        self._begin: Any = None

    def elapsed(self) -> float:
        return 0.0 if self._begin is None else self._last_s

    def region(self, name: str, task: Task) -> RegionResult:
        region = self._tracker.begin(name)
        try:
            task()
        except BaseException:
            self._tracker.cancel(region)
            raise
        result = self._tracker.end(region)
        if result is None:
            raise WrongStateError("bench.not_measured", "the tracker of this benchmark was stopped")
        if self._begin is None:
            self._begin = result.start
        self._last_s = (result.start - self._begin).total_seconds() + result.duration_s
        return result

    def run(self, task: Task, number: int, place: int) -> BenchRun:
        idle_w = None
        if self._cooldown_s > 0:
            rest = self.region("idle", lambda: self._wait(self._cooldown_s))
            if rest.energy.joules is not None and rest.duration_s > 0:
                idle_w = rest.energy.joules / rest.duration_s
        result = self.region("run", task)
        interval = result.energy.interval
        known = result.energy.value is not None and interval is not None
        return BenchRun(
            round=number,
            place=place,
            start_s=(result.start - self._begin).total_seconds(),
            duration_s=result.duration_s,
            energy_j=result.energy.joules,
            low_j=interval.low.joules if known and interval is not None else None,
            high_j=interval.high.joules if known and interval is not None else None,
            idle_w=idle_w,
        )


def _check_options(
    tasks: Mapping[str, Task],
    *,
    warmup: int,
    rounds: tuple[int, int],
    precision: float,
    cooldown_s: float,
) -> None:
    least, most = rounds
    if len(tasks) not in (1, 2):
        raise BadValueError("bench.bad_option", f"tasks: one or two are measured, not {len(tasks)}")
    if least < 4 or most < least:
        raise BadValueError(
            "bench.bad_option", f"min_rounds, max_rounds: 4 <= {least} <= {most} does not hold"
        )
    if warmup < 0 or not cooldown_s >= 0 or not 0 < precision < 1:
        raise BadValueError(
            "bench.bad_option",
            f"warmup ({warmup}) and cooldown_s ({cooldown_s}) are at least 0, precision ({precision}) is "
            "between 0 and 1",
        )


def _narrow(benches: list[Bench], precision: float, *, two: bool) -> bool:
    if not two:
        mean = benches[0].mean() or benches[0].mean("time")
        half = None if mean is None else mean.relative_half_width
        return half is not None and half <= precision
    pairs = rounds_of(benches[0], benches[1], "energy") or rounds_of(benches[0], benches[1], "time")
    if len(pairs) % 2:  # an even number is free of drift
        return False
    ratio = paired_ratio([p[0] for p in pairs], [p[1] for p in pairs], [p[2] for p in pairs])
    return ratio.low is not None and ratio.high is not None and (ratio.high - ratio.low) / 2 <= precision


def rounds_of(a: Bench, b: Bench, metric: str) -> list[tuple[float, float, bool]]:
    """Return (a, b, a was first) of each round in which both have a positive value."""
    others = {run.round: (run, value) for run, value in b.by_round(metric)}
    return [
        (value, others[run.round][1], run.place < others[run.round][0].place)
        for run, value in a.by_round(metric)
        if run.round in others and value > 0 and others[run.round][1] > 0
    ]


def _machine() -> dict[str, Any]:
    return {"host": platform.node(), "cpu": "", "cpus": "", "meters": []}


def _finish(bench: Bench, footprint: Footprint) -> None:
    row = footprint.csv_row()
    bench.machine.update(
        cpu=str(row["cpu_model"]),
        cpus=str(row["cpu_count"]),
        gpus=str(row["gpu_model"]),
        meters=sorted(f"{d.provider}:{d.id}" for d in footprint.devices if d.in_total),
    )
    bench.method = {name: float(share) for name, share in footprint.method.items()}
    for issue in footprint.issues:
        if issue.code != "location_unknown":  # energies have no place
            bench.issues.setdefault(issue.code, issue.text)
    bench.complete = True
