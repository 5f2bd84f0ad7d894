# SPDX-License-Identifier: MIT
"""How much a training may use, and what its forecast says about that.

The forecast counts in stretches from one check to the next: a unit of work (an epoch, ten steps) and what
lies between it and the one before, such as validation and checkpoints. With r stretches to go, and m done of
mean a and sample standard deviation s (the first is dropped as warm-up once there are three):

1. total = used + r a;
2. half width = t(0.975, m - 1) s sqrt(r + r^2 / m), as `co2lib.tracker.forecast_total` has it;
3. the meter's own interval scales both ends: low = (total - half) x (its low / value), high accordingly, so
   that a wide meter gives a wide forecast. Nothing that is used already can be given back: low is at least
   its low end.
4. Carbon of what is to come has the mean carbon per energy so far.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from co2lib import Energy
from co2lib._errors import BadValueError
from co2lib.tracker import Footprint, forecast_total

STATES = ("unknown", "within", "likely", "sure", "spent")
"""From least to most certain that the budget does not last; ``unknown``: there is no value to judge by."""

_UNITS = {"energy": "kWh", "carbon": "g CO2e"}


class BudgetWarning(UserWarning):
    """A training that is likely to exceed its budget, or has; or whose use is not known."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a budget and a forecast say together.

    Attributes
    ----------
    quantity : str
        ``energy`` (kWh) or ``carbon`` (g CO2e, PUE included); all numbers are of this unit.
    limit, used : float
        The budget; what is used so far (None where it has no value).
    forecast, low, high : float or None
        Of the whole training, with its 95 % interval: prediction and meter together. None before the first
        unit ends; the interval is None before the second.
    state : str
        ``within``; ``likely``: the forecast is above the limit; ``sure``: its whole interval is; ``spent``:
        what is used is; ``unknown``.
    units_done, units_total : int
        Of the unit the forecast counts in.
    """

    quantity: str
    limit: float
    used: float | None
    forecast: float | None
    low: float | None
    high: float | None
    state: str
    units_done: int
    units_total: int

    @property
    def unit(self) -> str:
        """The unit of all numbers: ``kWh`` or ``g CO2e``."""
        return _UNITS[self.quantity]

    def __str__(self) -> str:
        if self.used is None:
            return f"{self.quantity} budget {self.limit:.4g} {self.unit}: what is used is unknown"
        text = f"{self.quantity} budget {self.limit:.4g} {self.unit}: {self.used:.4g} used"
        if self.forecast is not None:
            text += f", {self.forecast:.4g} expected"
        if self.low is not None:
            text += f" ({self.low:.4g} to {self.high:.4g})"
        if self.forecast is not None:
            text += f" after {self.units_done} of {self.units_total}"
        return text


def _positive(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise BadValueError("integrations.bad_budget", f"{name}: takes a number above 0, not {value!r}")
    return float(value)


class Budget:
    """A limit on what a training uses: warns, or stops it.

    Parameters
    ----------
    energy_kwh, carbon_g : float, optional
        IT energy in kWh; operational carbon in g CO2e, PUE included. At least one.
    action : str
        ``warn``: a `BudgetWarning` each time the state becomes worse; ``stop``: also end the training, in
        the way of its framework, so that checkpoints and cards are still written.
    stop_when : str
        The state that stops: ``sure`` (the whole forecast interval is above the limit; default), ``likely``
        (the forecast is), ``spent`` (what is used is). A worse state stops too.
    on_change : callable, optional
        Takes the `Outlook` each time the state changes; what it raises ends the training as an error.

    Raises
    ------
    co2lib.Error
        ``integrations.bad_budget``.
    """

    def __init__(
        self,
        *,
        energy_kwh: float | None = None,
        carbon_g: float | None = None,
        action: str = "warn",
        stop_when: str = "sure",
        on_change: Callable[[Outlook], object] | None = None,
    ) -> None:
        limits = {"energy": _positive("energy_kwh", energy_kwh), "carbon": _positive("carbon_g", carbon_g)}
        self._limits = {name: limit for name, limit in limits.items() if limit is not None}
        if not self._limits:
            raise BadValueError("integrations.bad_budget", "give energy_kwh, carbon_g or both")
        if action not in ("warn", "stop"):
            raise BadValueError(
                "integrations.bad_budget", f"action: {action!r} is not known; known: warn, stop"
            )
        if stop_when not in ("likely", "sure", "spent"):
            raise BadValueError(
                "integrations.bad_budget",
                f"stop_when: {stop_when!r} is not known; known: likely, sure, spent",
            )
        self._action = action
        self._stop_at = STATES.index(stop_when)
        self._on_change = on_change
        self._seen: dict[str, str] = {}
        self._outlooks: tuple[Outlook, ...] = ()
        self.begin()

    @property
    def outlooks(self) -> tuple[Outlook, ...]:
        """The last outlook of each limit; empty before the first check."""
        return self._outlooks

    def begin(self, footprint: Footprint | None = None) -> None:
        """Forget an earlier training; `footprint` is what the run has used before this one."""
        self._seen = {}
        self._outlooks = ()
        self._stretches: list[Energy] = []
        self._last_j = 0.0 if footprint is None else footprint.energy.joules

    def check(self, footprint: Footprint, done: int, total: int | None) -> bool:
        """Judge a run by its footprint so far; return whether to stop.

        Parameters
        ----------
        footprint : Footprint
            So far.
        done : int
            Units done, after the same number each time.
        total : int, optional
            Units in all; None: there is no forecast.
        """
        joules = footprint.energy.joules
        if joules is not None and self._last_j is not None:
            # A correction of what was used (a mirrored die was found) is no negative stretch.
            self._stretches.append(Energy.from_joules(max(0.0, joules - self._last_j)))
        self._last_j = joules
        to_go = self._to_go(done, total)
        self._outlooks = tuple(
            _outlook(quantity, limit, footprint, to_go, (done, total or 0))
            for quantity, limit in self._limits.items()
        )
        stop = False
        for outlook in self._outlooks:
            self._tell(outlook)
            stop |= self._action == "stop" and STATES.index(outlook.state) >= self._stop_at
        return stop

    def _to_go(self, done: int, total: int | None) -> tuple[float, float | None] | None:
        """Return the energy to come in J and its half width; None where nothing tells it."""
        m = len(self._stretches)
        if total is None or not m:
            return None
        left = max(0, total - done) * m / done  # in stretches, which all have as many units
        whole = math.ceil(left)
        forecast = forecast_total(self._stretches, m + whole)
        done_j = math.fsum(stretch.joules for stretch in self._stretches)
        to_go_j = max(0.0, forecast.total.joules - done_j) * (left / whole if whole else 0.0)
        return to_go_j, None if forecast.half_width is None else forecast.half_width.joules

    def _tell(self, outlook: Outlook) -> None:
        before = self._seen.get(outlook.quantity, "within")
        if before == outlook.state:
            return
        self._seen[outlook.quantity] = outlook.state
        if outlook.state == "unknown" or STATES.index(outlook.state) > STATES.index(before):
            warnings.warn(f"{outlook} ({outlook.state})", BudgetWarning, stacklevel=2)
        if self._on_change is not None:
            self._on_change(outlook)


def _outlook(
    quantity: str,
    limit: float,
    footprint: Footprint,
    to_go: tuple[float, float | None] | None,
    units: tuple[int, int],
) -> Outlook:
    energy = footprint.energy
    estimate: Any = energy if quantity == "energy" else footprint.operational
    if energy.joules is None or estimate.value is None or estimate.interval is None:
        return Outlook(quantity, limit, None, None, None, None, "unknown", *units)
    if quantity == "energy":
        used, least, most = estimate.value.kwh, estimate.interval.low.kwh, estimate.interval.high.kwh
    else:
        used, least, most = estimate.value.grams, estimate.interval.low.grams, estimate.interval.high.grams
    per_joule = used / energy.joules if energy.joules > 0 else 0.0
    total = low = high = None
    if to_go is not None and used > 0:
        to_come = to_go[0] * per_joule
        total = used + to_come
        if to_go[1] is not None:
            half = to_go[1] * per_joule
            low = max(least, (used + max(0.0, to_come - half)) * (least / used))
            high = (total + half) * (most / used)
    state = "within"
    if used > limit:
        state = "spent"
    elif low is not None and low > limit:
        state = "sure"
    elif total is not None and total > limit:
        state = "likely"
    return Outlook(quantity, limit, used, total, low, high, state, *units)
