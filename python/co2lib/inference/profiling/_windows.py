# SPDX-License-Identifier: MIT
"""Measures a callable: windows of many runs, each a region of a tracker, repeated where they do not agree.

1. Warm-up: ten runs, or one window, whichever is longer (at most a second where one run is long: ours).
2. Windows of so many runs that each is long enough for the clock and, with a sensor, for 20 updates of it.
3. Latency is the median over windows of duration / runs; energy the same, gross and without idle power.
4. Windows that vary by more than 5 %, or whose clock is more than 3 % below that of the beginning: repeated
   up to three times after a pause, then marked unstable.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any, Self

from co2lib._errors import WrongStateError
from co2lib.inference.profiling._clock import ClockWatch
from co2lib.inference.profiling._runners import Measured, Task
from co2lib.tracker import RegionResult, Tracker

UPDATES = 20
REPEATS = 3


@dataclass(frozen=True)
class Plan:
    """How long is measured."""

    windows: int = 3
    window_s: float = 0.2
    idle_s: float = 2.0
    """Idle power before the campaign, and every ten minutes; only with a sensor."""
    pause_s: float = 0.2
    """Before a repetition."""
    max_cv: float = 0.05
    """Windows whose times vary by more are repeated, and unstable in the end."""


PLANS = {
    "smoke": Plan(windows=3, window_s=0.01, idle_s=1.0, pause_s=0.02),
    "quick": Plan(windows=3, window_s=0.2, idle_s=10.0, pause_s=0.5),
    "full": Plan(windows=5, window_s=1.0, idle_s=30.0, pause_s=2.0),
}
"""Windows of each level; those of smoke are ours: a campaign of seconds."""


class Windows:
    """Measures tasks with one tracker.

    Parameters
    ----------
    plan : Plan
        Number and length of windows.
    options : dict
        Those of `co2lib.Tracker`, such as ``meters``.
    synchronize : callable
        Waits until an accelerator has done what was asked; called before and after a window.
    wait : callable
        Takes seconds.
    clock : ClockWatch, optional
        Tells whether the processor was slowed down.
    """

    def __init__(
        self,
        plan: Plan,
        options: dict[str, Any],
        *,
        synchronize: Callable[[], object] = lambda: None,
        wait: Callable[[float], object] = time.sleep,
        clock: ClockWatch | None = None,
    ) -> None:
        self._clock = clock if clock is not None else ClockWatch()
        self._options = options
        self._tracker: Tracker | None = None
        self._plan = plan
        self._synchronize = synchronize
        self._wait = wait
        self._idle_w: float | None = None
        self._idle_at = float("-inf")
        self._elapsed_s = 0.0
        self._window_s = plan.window_s
        self.measures_energy = False
        """Whether a sensor is among the meters; known after the beginning."""

    def __enter__(self) -> Self:
        self._tracker = Tracker(**self._options)
        sensors = [each for each in self._tracker.run().meters if not each.modelled]
        self.measures_energy = bool(sensors)
        periods = [each.update_period_s for each in sensors if each.update_period_s]
        self._window_s = max([self._plan.window_s, *(UPDATES * period for period in periods)])
        return self

    def __exit__(self, *_: object) -> None:
        if self._tracker is not None:
            self._tracker.stop()

    def _region(self, name: str, task: Callable[[], object]) -> RegionResult:
        if self._tracker is None:
            raise WrongStateError("tracker.not_started", "windows: used outside of their with")
        region = self._tracker.begin(name)
        try:
            task()
        except BaseException:
            self._tracker.cancel(region)
            raise
        result = self._tracker.end(region)
        if result is None:
            raise WrongStateError("tracker.not_started", "windows: their tracker was stopped")
        return result

    def measure(self, task: Task) -> Measured:
        """Return what one run of a task costs."""
        self._rest()
        once = self._warm(task)
        runs = max(1, ceil(self._window_s / once))
        taken: list[tuple[float, float | None]] = []
        cv, clock, slowed = 0.0, None, False
        for attempt in range(1 + REPEATS):
            if attempt:
                self._wait(self._plan.pause_s)
            taken, clocks = [], []
            for _ in range(self._plan.windows):
                taken.append(self._window(task, runs))
                clocks.append(self._clock.read())
            times = [duration for duration, _ in taken]
            cv = statistics.stdev(times) / statistics.fmean(times) if len(times) > 1 else 0.0
            clock, slowed = self._clock.fell(clocks)
            if cv <= self._plan.max_cv and not slowed:
                break
        latency = statistics.median(duration / runs for duration, _ in taken)
        gross = self._energy(taken, runs, 0.0)
        net = self._energy(taken, runs, self._idle_w) if self._idle_w is not None else None
        unstable = slowed or cv > self._plan.max_cv
        return Measured(latency * 1e6, gross, net, len(taken), cv, unstable, clock, slowed)

    def _energy(self, taken: list[tuple[float, float | None]], runs: int, idle_w: float) -> float | None:
        if not self.measures_energy or any(joules is None for _, joules in taken):
            return None
        each = [((joules or 0.0) - idle_w * duration) / runs * 1e3 for duration, joules in taken]
        return statistics.median(each)

    def _warm(self, task: Task) -> float:
        """Run a task until it is warm; return the shortest time of one run seen."""
        begin, fastest, runs = time.perf_counter(), float("inf"), 0
        while True:
            start = time.perf_counter()
            task()
            self._synchronize()
            now = time.perf_counter()
            fastest, runs = min(fastest, now - start), runs + 1
            spent = now - begin
            if (runs >= 10 and spent >= self._window_s) or (runs >= 2 and spent >= max(1.0, self._window_s)):
                return max(fastest, 1e-7)

    def _window(self, task: Task, runs: int) -> tuple[float, float | None]:
        def run() -> None:
            for _ in range(runs):
                task()
            self._synchronize()

        self._synchronize()
        result = self._region("window", run)
        self._elapsed_s += result.duration_s
        return result.duration_s, result.energy.joules

    def _rest(self) -> None:
        """Measure the idle power where it is time for it."""
        if not self.measures_energy or self._elapsed_s - self._idle_at < 600:
            return
        result = self._region("idle", lambda: self._wait(self._plan.idle_s))
        self._idle_at = self._elapsed_s
        if result.energy.joules is not None and result.duration_s > 0:
            self._idle_w = result.energy.joules / result.duration_s
