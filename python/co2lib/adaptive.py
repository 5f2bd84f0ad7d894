# SPDX-License-Identifier: MIT
"""Domain adaptive: which model, when, where, for the least carbon.

>>> import co2lib
>>> from co2lib.adaptive import Model
>>> models = [
...     Model("small", co2lib.Energy.from_kwh(1), 60),
...     Model("medium", co2lib.Energy.from_kwh(2), 80),
...     Model("large", co2lib.Energy.from_kwh(4), 90),
... ]
>>> plan = co2lib.adaptive.plan(
...     models, intensity=[100, 200, 400], budget=co2lib.CarbonMass.from_grams(1100)
... )
>>> plan.accuracy, plan.lambda_per_g
(75.0, 0.05)

An intensity is a `co2lib.intensity.Trace`, a `co2lib.intensity.Forecast` (the plan is then marked
`forecast`), or numbers in g/kWh, one per hour. Energies are per request, without idle power; accuracy is any
score in points where more is better; lambda is the price of carbon in points per gram.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from co2lib._core import CarbonMass, Power
from co2lib._core import adaptive as _core
from co2lib._core.adaptive import (
    Assignment,
    Baseline,
    CandidateRegion,
    ClassesPlan,
    Comparison,
    Controlled,
    Conversion,
    Decision,
    Elastic,
    HeuristicResult,
    Hull,
    Mix,
    Model,
    Pacer,
    PairMix,
    PairsPlan,
    Placement,
    Plan,
    Policy,
    Receipt,
    ReceiptBook,
    ReceiptSum,
    Report,
    ReportRow,
    SearchResult,
    SearchThresholds,
    ServingRegion,
    Shift,
    ShiftRun,
    ShiftTable,
    Slots,
    StaticOptimal,
    Stopped,
    SuspendTest,
    SwitchPlan,
    Vertex,
    assign,
    cee,
    compare,
    control,
    elastic,
    equal_width,
    hard_stop,
    heuristic,
    hull,
    k_max_alpha,
    k_search,
    k_search_thresholds,
    parse_models,
    place,
    plan_classes,
    plan_where,
    rank168,
    read_models,
    read_receipts,
    report,
    shift_online,
    shift_table,
    static_optimal,
    sum_receipts,
    suspend,
    switch_plan,
    two_levels,
    where,
)
from co2lib._errors import BadValueError

if TYPE_CHECKING:
    from co2lib import intensity as _intensity

    Intensity = _intensity.Trace | _intensity.Forecast | Slots | Iterable[float | None]

__all__ = [
    "Assignment",
    "Baseline",
    "CandidateRegion",
    "ClassesPlan",
    "Comparison",
    "Controlled",
    "Conversion",
    "Decision",
    "Elastic",
    "HeuristicResult",
    "Hull",
    "Mix",
    "Model",
    "Pacer",
    "PairMix",
    "PairsPlan",
    "Placement",
    "Plan",
    "Policy",
    "Receipt",
    "ReceiptBook",
    "ReceiptSum",
    "Report",
    "ReportRow",
    "SearchResult",
    "SearchThresholds",
    "ServingRegion",
    "Shift",
    "ShiftRun",
    "ShiftTable",
    "Slots",
    "StaticOptimal",
    "Stopped",
    "SuspendTest",
    "SwitchPlan",
    "Vertex",
    "assign",
    "cee",
    "compare",
    "control",
    "elastic",
    "equal_width",
    "evaluate",
    "hard_stop",
    "heuristic",
    "hull",
    "k_max_alpha",
    "k_search",
    "k_search_thresholds",
    "parse_models",
    "place",
    "plan",
    "plan_classes",
    "plan_where",
    "rank168",
    "read_models",
    "read_receipts",
    "report",
    "shift",
    "shift_online",
    "shift_table",
    "static_optimal",
    "sum_receipts",
    "suspend",
    "switch_plan",
    "two_levels",
    "where",
]


def _mass(budget: CarbonMass | str) -> CarbonMass:
    return CarbonMass.parse(budget) if isinstance(budget, str) else budget


def plan(
    models: Sequence[Model],
    intensity: Intensity,
    *,
    demand: Sequence[float] | None = None,
    budget: CarbonMass | str | None = None,
    accuracy: float | None = None,
    price: float | None = None,
    pue: float = 1.0,
    idle: Power | None = None,
    latency_limit_s: Sequence[float] | None = None,
    accuracy_floor: Sequence[float] | None = None,
    latency_s: Sequence[Sequence[float]] | None = None,
) -> Plan:
    """Plan which share of each slot's requests which model serves: the optimum of the linear program.

    Parameters
    ----------
    models : sequence of Model
        To choose from.
    intensity : Trace, Forecast, Slots or numbers
        g/kWh by slot, T of them.
    demand : sequence of float, optional
        Requests by slot, T of them; default one each.
    budget : CarbonMass or text, optional
        Of all requests (``"5 kg"``): the greatest mean accuracy.
    accuracy : float, optional
        Mean per request, points: the least carbon.
    price : float, optional
        lambda, points per g: the best trade.
    pue : float
        Facility energy per IT energy, at least 1.
    idle : Power, optional
        Drawn whichever model serves; counted apart, never optimised.
    latency_limit_s, accuracy_floor : sequence of float, optional
        One for all slots or one each; they drop models per slot.
    latency_s : T sequences of one number per model, optional
        Latency by slot and model, from a queue estimate of yours; default `Model.latency_s`.

    Returns
    -------
    Plan
        `report(plan)` shows it beside every baseline.

    Raises
    ------
    co2lib.Error
        ``adaptive.bad_model``, ``adaptive.bad_input``; ``adaptive.infeasible`` with ``min_carbon_g``,
        ``max_accuracy`` or ``min_latency_s`` in its details.

    Notes
    -----
    docs/adaptive.md, "The plan"; the fractional knapsack on the concave hull of (energy, accuracy).
    """
    return _core.plan(
        list(models),
        intensity,
        demand=demand,
        budget=None if budget is None else _mass(budget),
        accuracy=accuracy,
        price=price,
        pue=pue,
        idle=idle if idle is not None else Power(),
        latency_limit_s=latency_limit_s,
        accuracy_floor=accuracy_floor,
        latency_s=latency_s,
    )


def evaluate(
    models: Sequence[Model],
    intensity: Intensity,
    *,
    budget: CarbonMass | str,
    controller: Literal["pacing", "mpc", "primal_dual"] = "pacing",
    demand: Sequence[float] | None = None,
    pue: float = 1.0,
    hard_stop: bool = False,
    seed: int = 0,
    tuned_on: str = "",
    **options: Any,
) -> Report:
    """Run a controller over a series that it sees slot by slot, and report on it beside every baseline.

    Parameters
    ----------
    models, intensity, demand, budget, pue
        As of `plan`.
    controller : str
        Who sets the price of carbon; docs/adaptive.md, "Serving".
    hard_stop : bool
        Whether the smallest model takes over before the budget breaks.
    seed : int
        Of the block bootstrap over weeks.
    tuned_on : str
        Where parameters were tuned; empty: on this series, and the report says so.
    **options
        ``update``, ``eta``, ``lambda0_per_g`` of primal-dual.

    Returns
    -------
    Report
        ``str()`` is the text for people.

    Raises
    ------
    co2lib.Error
        As `plan`.
    """
    return _core.evaluate(
        list(models),
        intensity,
        budget=_mass(budget),
        controller=controller,
        demand=demand,
        pue=pue,
        hard_stop=hard_stop,
        seed=seed,
        tuned_on=tuned_on,
        **options,
    )


def shift(
    intensity: Intensity,
    *,
    hours: float,
    within: float | None = None,
    mode: Literal["contiguous", "interruptible"] = "contiguous",
    power: Power | None = None,
    start: datetime | str | None = None,
) -> Shift:
    """Say when a job should run so that it causes the least carbon, and what waiting saves.

    Parameters
    ----------
    intensity : Trace, Forecast, Slots or numbers
        A trace without `start` is the past: the hours after its end are forecast (`blend`), and the answer
        has the carbon under the ends of the forecast's 90 % interval. With `start` its own values are taken
        as known. A forecast and numbers are the window itself.
    hours : float
        Of work.
    within : float, optional
        Hours from the earliest start to the deadline; default: all there are, of a trace 24.
    mode : str
        ``contiguous``, or ``interruptible``: the cheapest hours, with pauses.
    power : Power, optional
        Of the job; default 1 kW.
    start : datetime or text, optional
        The earliest start, inside the trace or forecast.

    Returns
    -------
    Shift
        `start`, `end`, `carbon`, `start_now`, `saved`, and of forecasts `interval`.

    Raises
    ------
    co2lib.Error
        ``adaptive.bad_input``; ``adaptive.infeasible`` with ``max_work`` in h; ``intensity.too_short`` for a
        trace of less than 169 h and no `start`.
    """
    from co2lib import intensity as domain

    earliest = domain.parse_time(start) if isinstance(start, str) else start
    if within is not None and not 0 < within < 24 * 366:
        raise BadValueError("adaptive.bad_input", f"within: {within!r} is not a number of hours above 0")
    what: Any = intensity
    if isinstance(what, domain.Trace) and earliest is None:
        ahead = 24.0 if within is None else within
        what = domain.forecast(what, horizon_h=max(int(-(-ahead // 1)), 1))
    deadline = None
    slots = Slots(what)
    if within is not None:
        begin = earliest if earliest is not None else slots.start
        if begin is None:
            count = min(len(slots), int(within)) if float(within).is_integer() else -1
            if count < 0 or count < within:
                raise BadValueError(
                    "adaptive.bad_input",
                    f"within: {within:g} h are not whole hours of the {len(slots)} given",
                )
            slots = Slots(slots.g_per_kwh[:count])
        else:
            deadline = begin + timedelta(hours=within)
    return _core.shift(
        slots,
        duration=timedelta(hours=hours),
        power=power if power is not None else Power.from_kilowatts(1),
        mode=mode,
        earliest=earliest,
        deadline=deadline,
    )
