# SPDX-License-Identifier: MIT
"""What a kernel or network costs, with windows or by asking the runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from co2lib.inference.profiling._clock import ClockWatch
from co2lib.inference.profiling._runners import Measured
from co2lib.inference.profiling._windows import Plan, Windows


class Measuring:
    """Gives a function that measures: with windows, or by asking the runner."""

    def __init__(
        self, runner: Any, plan: Plan, meters: Any, wait: Callable[[float], object], clock: ClockWatch
    ) -> None:
        self._runner = runner
        self._windows: Windows | None = None
        if not hasattr(runner, "measured"):
            options = {} if meters is None else {"meters": meters}
            synchronize = getattr(runner, "synchronize", lambda: None)
            self._windows = Windows(plan, options, synchronize=synchronize, wait=wait, clock=clock)

    def __enter__(self) -> Self:
        if self._windows is not None:
            self._windows.__enter__()
        return self

    def __exit__(self, *caught: object) -> None:
        if self._windows is not None:
            self._windows.__exit__(*caught)

    def kernel(self, config: Any) -> Measured:
        """Return what a kernel costs."""
        if self._windows is None:
            known: Measured = self._runner.measured(config)
            return known
        return self._windows.measure(self._runner(config))

    def network(self, graph: Mapping[str, Any]) -> Measured:
        """Return what a network costs."""
        if self._windows is None:
            known: Measured = self._runner.measured_network(graph)
            return known
        return self._windows.measure(self._runner.network(graph))
