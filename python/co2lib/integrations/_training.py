# SPDX-License-Identifier: MIT
"""One training under the tracker: its regions, model card, metrics and budget; what every callback shares.

1. A run that is handed over running goes on after the training; one that is not running, or made here, is
   started and stopped with it.
2. The unit of the forecast is the epoch where there are at least four of them, else the step.
3. The budget is checked after fixed numbers of units, not of seconds: all processes of a job then ask each
   other at the same point, and all stop or none does.
4. The card is written by one process, at the end, and only where that process's footprint is the whole job's.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from co2lib._errors import BadValueError, Error
from co2lib.integrations._budget import Budget, Outlook
from co2lib.integrations._card import write_card
from co2lib.integrations._metrics import metrics_of
from co2lib.tracker import Footprint, Track, Tracker, track

_T = TypeVar("_T")

Sink = Callable[[Mapping[str, float], int], object]
"""Takes metrics by name, and the unit (epoch or step) that they were taken after."""

_LEAST_EPOCHS = 4
_STEPS_PER_CHECK = 10
_CARD_OPTIONS = ("training_type", "geographical_location", "hardware_used", "embodied")


class Training:
    """Tracks a training: ``with Training(epochs=3, location="FRA") as training: ...``.

    Parameters
    ----------
    run : Track or Tracker, optional
        The run to use. One that is running goes on afterwards. Default: one of its own, with the other
        options.
    epochs, steps : int, optional
        How many there will be, for the forecast. Without them a budget knows what is used, but not what will
        be.
    card : path, optional
        Model card (README.md) that gets the block ``co2_eq_emissions`` at the end; made if it is not there.
    card_options : mapping, optional
        ``training_type``, ``geographical_location``, ``hardware_used``, ``embodied``, as
        `Footprint.to_model_card`.
    budget : Budget, optional
        What the training may use.
    unit : str
        What the forecast counts in: ``epoch``, ``step``, or ``auto``: epochs where there are four or more.
    sinks : iterable of callable
        Each takes the metrics of `metrics_of` and the number of the unit, after every check and at the end.
    every : int, optional
        Units between two checks of the budget; default: 1 epoch, or 10 steps.
    **options
        Those of `co2lib.track`, if no run is given.

    Raises
    ------
    co2lib.Error
        ``integrations.bad_option``, and what `co2lib.track` raises.
    """

    def __init__(
        self,
        run: Track | Tracker | None = None,
        *,
        epochs: int | None = None,
        steps: int | None = None,
        card: str | os.PathLike[str] | None = None,
        card_options: Mapping[str, Any] | None = None,
        budget: Budget | None = None,
        unit: str = "auto",
        sinks: Iterable[Sink] = (),
        every: int | None = None,
        **options: Any,
    ) -> None:
        if run is not None and options:
            raise BadValueError(
                "integrations.bad_option", f"{', '.join(options)}: give options to co2lib.track, or no run"
            )
        if unit not in ("auto", "epoch", "step"):
            raise BadValueError(
                "integrations.bad_option", f"unit: {unit!r} is not known; known: auto, epoch, step"
            )
        unknown = sorted(set(card_options or ()) - set(_CARD_OPTIONS))
        if unknown:
            raise BadValueError(
                "integrations.bad_option",
                f"card_options: {unknown[0]!r} is not known; known: {', '.join(_CARD_OPTIONS)}",
            )
        for name, value in (("epochs", epochs), ("steps", steps), ("every", every)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise BadValueError("integrations.bad_option", f"{name}: takes a count from 1, not {value!r}")
        self.run: Track | Tracker = track(**options) if run is None else run
        self.budget = budget
        self._card = None if card is None else Path(card)
        self._card_options = dict(card_options or {})
        self._unit_wanted = unit
        self._sinks = tuple(sinks)
        self._every_wanted = every
        self._given = (epochs, steps)
        self._ours = False
        self._active = False
        self._begun()

    def _begun(self) -> None:
        self._epochs, self._steps = self._given
        self._unit = "epoch"
        self._every = 1
        self._open: dict[str, int] = {}
        self._done = {"epoch": 0, "step": 0}
        self._footprint: Footprint | None = None
        self._card_of_one_process = True
        self.stopping = False

    # Of the job --------------------------------------------------------------------------------------------

    def agree(self, stop: bool) -> bool:
        """Return whether any process of the job wants to stop; here: this one."""
        return stop

    def writes_card(self) -> bool:
        """Return whether this process writes the card; here: the one whose launcher says rank 0."""
        return os.environ.get("RANK", "0") == "0"

    def sync(self) -> None:
        """Wait for the device before a region's edge; here: nothing to wait for."""

    # The course of it --------------------------------------------------------------------------------------

    def begin(self, epochs: int | None = None, steps: int | None = None) -> None:
        """Begin: start the run if it is not running. Numbers given here win over the constructor's."""
        if self._active:  # an earlier training broke off
            self.end()
        self._begun()
        self._epochs = epochs if epochs is not None else self._epochs
        self._steps = steps if steps is not None else self._steps
        few = self._steps is not None and (self._epochs or 0) < _LEAST_EPOCHS
        self._unit = ("step" if few else "epoch") if self._unit_wanted == "auto" else self._unit_wanted
        self._every = self._every_wanted or (1 if self._unit == "epoch" else _STEPS_PER_CHECK)
        self._ours = not self.run.running
        if self._ours:
            self.run.start()
        if self.budget is not None:
            self.budget.begin(None if self._ours else self.run.snapshot())
        self._active = True

    @property
    def active(self) -> bool:
        """True from the begin to the end."""
        return self._active

    def enter(self, name: str) -> None:
        """Open the region of this name; ``epoch`` and ``step`` are the units of the forecast."""
        if not self._active:
            return
        self.leave(name)
        self.sync()
        self._open[name] = self.run.begin(name)

    def leave(self, name: str) -> None:
        """Close the region of this name, if it is open; after a unit the budget may be checked."""
        if not self._active or name not in self._open:
            return
        region = self._open.pop(name)
        self.sync()
        if region:  # 0 where the run was stopped; the unit counts all the same, for other processes ask
            self._tracker.close(region)
        if name in self._done:
            self._done[name] += 1
            if name == self._unit and self._done[name] % self._every == 0:
                self._check()

    def end(self) -> Footprint:
        """End: stop the run if it was started here, write the card, give the sinks the last metrics."""
        if not self._active:
            return self.footprint
        for name in list(self._open):
            region = self._open.pop(name)
            self._tracker.cancel(region)  # a part of a unit would spoil the statistics
        self._active = False
        self._footprint = self.run.stop() if self._ours else self.run.snapshot()
        self._send(self._footprint)
        if self._card is not None and self.writes_card():
            self._write_card(self._card, self._footprint)
        return self._footprint

    def epochs(self) -> Iterator[int]:
        """Yield 0, 1, ... up to ``epochs``, each a region ``epoch``; ends early where the budget says so."""
        if self._epochs is None:
            raise BadValueError("integrations.bad_option", "epochs: how many? Training(epochs=...)")
        for epoch in range(self._epochs):
            if self.stopping:
                return
            self.enter("epoch")
            yield from self._unit_of("epoch", epoch)

    def steps(self, batches: Iterable[_T]) -> Iterator[_T]:
        """Yield the batches, each a region ``step``; ends early where the budget says so."""
        for batch in batches:
            if self.stopping:
                return
            self.enter("step")
            yield from self._unit_of("step", batch)

    # What came of it ---------------------------------------------------------------------------------------

    @property
    def footprint(self) -> Footprint:
        """Final after the end, so far during the training; ``tracker.not_started`` before it."""
        return self._footprint if self._footprint is not None else self.run.snapshot()

    @property
    def outlooks(self) -> tuple[Outlook, ...]:
        """What the budget said last; empty without one, or before the first check."""
        return () if self.budget is None else self.budget.outlooks

    def metrics(self) -> dict[str, float]:
        """Return `metrics_of` the footprint, and of each budget ``..._forecast`` with its interval."""
        values = metrics_of(self.footprint)
        for outlook in self.outlooks:
            name = "energy_kwh" if outlook.quantity == "energy" else "co2e_g"
            for part, value in (("", outlook.forecast), ("_low", outlook.low), ("_high", outlook.high)):
                if value is not None:
                    values[f"co2lib/forecast_{name}{part}"] = value
        return values

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    # Inside ------------------------------------------------------------------------------------------------

    def _unit_of(self, name: str, item: _T) -> Iterator[_T]:
        try:
            yield item
        except GeneratorExit:  # the loop was left in the middle of it: no whole unit
            self._tracker.cancel(self._open.pop(name, 0))
            raise
        self.leave(name)

    @property
    def _tracker(self) -> Tracker:
        return self.run.tracker if isinstance(self.run, Track) else self.run

    def _check(self) -> None:
        total = self._epochs if self._unit == "epoch" else self._steps
        done = self._done[self._unit]
        footprint = None
        stop = False
        if self.budget is not None:
            footprint = self.run.snapshot()
            try:
                stop = self.budget.check(footprint, done, total)
            except BaseException:
                self.agree(True)  # the others wait for an answer, and must not train on without this one
                raise
            stop = self.agree(stop)
        if self._sinks:
            self._send(footprint or self.run.snapshot())
        self.stopping |= stop

    def _send(self, footprint: Footprint) -> None:
        if self._sinks:
            before, self._footprint = self._footprint, footprint
            values = self.metrics()
            self._footprint = before
            for sink in self._sinks:
                sink(values, self._done[self._unit])

    def _write_card(self, card: Path, footprint: Footprint) -> None:
        nodes = _nodes()
        if nodes > 1:
            warnings.warn(
                f"{card}: not written, for this process knows one of {nodes} nodes; give each rank a log "
                "(CO2LIB_LOG=run-{rank}.jsonl), merge them, and write the block of the merged footprint",
                stacklevel=2,
            )
            return
        try:
            block = footprint.to_model_card(**self._card_options)
        except Error as error:
            if error.code != "tracker.no_value":
                raise
            warnings.warn(f"{card}: not written: {error.message}", stacklevel=2)
            return
        write_card(card, block)


def _nodes() -> int:
    """Return how many nodes the launcher says the job has; 1 if it says nothing."""
    for total, each in (("WORLD_SIZE", "LOCAL_WORLD_SIZE"), ("SLURM_JOB_NUM_NODES", "")):
        try:
            return max(1, int(os.environ[total]) // int(os.environ[each] if each else 1))
        except (KeyError, ValueError, ZeroDivisionError):
            continue
    return 1
