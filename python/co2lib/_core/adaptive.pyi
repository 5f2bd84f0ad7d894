# SPDX-License-Identifier: MIT
"""
Domain adaptive: which model, when, where.
"""
from __future__ import annotations
import co2lib._core
import co2lib._core.intensity
import collections.abc
import os
import typing
__all__: list[str] = ['Assignment', 'Baseline', 'CandidateRegion', 'ClassesPlan', 'Comparison', 'Controlled', 'Conversion', 'Decision', 'Elastic', 'HeuristicResult', 'Hull', 'Mix', 'Model', 'Pacer', 'PairMix', 'PairsPlan', 'Placement', 'Plan', 'Policy', 'Receipt', 'ReceiptBook', 'ReceiptSum', 'Report', 'ReportRow', 'SearchResult', 'SearchThresholds', 'ServingRegion', 'Shift', 'ShiftRun', 'ShiftTable', 'Slots', 'StaticOptimal', 'Stopped', 'SuspendTest', 'SwitchPlan', 'Vertex', 'assign', 'cee', 'compare', 'control', 'elastic', 'equal_width', 'evaluate', 'hard_stop', 'heuristic', 'hull', 'k_max_alpha', 'k_search', 'k_search_thresholds', 'parse_models', 'place', 'plan', 'plan_classes', 'plan_where', 'rank168', 'read_models', 'read_receipts', 'report', 'shift', 'shift_online', 'shift_table', 'static_optimal', 'sum_receipts', 'suspend', 'switch_plan', 'two_levels', 'where']
class Model:
    """
    A model that can serve a request.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, name: str, energy: co2lib._core.Energy, accuracy: typing.SupportsFloat | typing.SupportsIndex, latency_s: typing.SupportsFloat | typing.SupportsIndex | None = None, interval: co2lib._core.EnergyInterval | None = None) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def accuracy(self) -> float:
        """
        Points; more is better.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        Per request, without idle power.
        """
    @property
    def interval(self) -> co2lib._core.EnergyInterval | None:
        """
        Of the energy, if it is known.
        """
    @property
    def latency_s(self) -> float | None:
        """
        Per request, s; None if it is not known.
        """
    @property
    def name(self) -> str:
        """
        By which results, files and messages name it; not empty, and its own in a list.
        """
class Hull:
    """
    The vertices of the upper concave hull by ascending energy.
    """
    def accuracy_at(self, kwh: typing.SupportsFloat | typing.SupportsIndex) -> float:
        """
        Of the best mix with this mean energy.
        """
    def energy_at(self, accuracy: typing.SupportsFloat | typing.SupportsIndex) -> float:
        """
        kWh: the least of a mix with this mean accuracy.
        """
    @property
    def accuracy(self) -> list[float]:
        """
        Points.
        """
    @property
    def energy_kwh(self) -> list[float]:
        """
        Per request, PUE included.
        """
    @property
    def models(self) -> list[int]:
        """
        Indices into the list given.
        """
    @property
    def slopes(self) -> list[float]:
        """
        Points per kWh, falling; one less than vertices.
        """
class Slots:
    """
    Intensities of equal slots.
    """
    def __init__(self, intensity: typing.Any) -> None:
        """
        From a Trace, a Forecast, or numbers in g/kWh of hours.
        """
    def __len__(self) -> int:
        ...
    @property
    def forecast(self) -> bool:
        """
        Whether they were made from a forecast.
        """
    @property
    def g_per_kwh(self) -> list[float]:
        """
        Of the slots one after the other, >= 0.
        """
    @property
    def start(self) -> typing.Any:
        """
        Of the first slot; None for plain numbers.
        """
    @property
    def step_h(self) -> float:
        """
        Length of a slot, h.
        """
class Policy:
    """
    Which model at this intensity: the best accuracy - lambda c energy.
    """
    def __init__(self, models: collections.abc.Sequence[Model], lambda_per_g: typing.SupportsFloat | typing.SupportsIndex, *, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> None:
        ...
    def choose(self, intensity: co2lib._core.CarbonIntensity) -> int:
        """
        Index of the model in the list given.
        """
    @property
    def lambda_per_g(self) -> float:
        """
        Points per g.
        """
    @property
    def thresholds_g_per_kwh(self) -> list[float]:
        """
        Below the j-th the hull's vertex j + 1 serves; none for lambda = 0.
        """
class HeuristicResult:
    """
    What a heuristic does, beside single models and the agnostic mix.
    """
    @property
    def accuracy(self) -> float:
        """
        Mean per request, points.
        """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of the whole series.
        """
    @property
    def cee_per_g(self) -> float:
        """
        Of means per request.
        """
    @property
    def chosen(self) -> list[int]:
        """
        Index of the model, by slot.
        """
    @property
    def extra_carbon(self) -> float | None:
        """
        Over the agnostic mix of equal accuracy.
        """
    @property
    def improvement(self) -> dict[str, float | None]:
        """
        {model: CEE / its CEE - 1}.
        """
class Mix:
    """
    How one slot's requests are served.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def model(self) -> int:
        """
        Index into the list of models.
        """
    @property
    def share(self) -> float:
        """
        Of the requests, served by `upgraded`; the others by `model`.
        """
    @property
    def upgraded(self) -> int:
        """
        Index into the list of models; `model` where nothing is upgraded.
        """
class Baseline:
    """
    A way to serve that a plan is compared with.
    """
    @property
    def accuracy(self) -> float:
        """
        Mean per request, points.
        """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of all requests, PUE included.
        """
    @property
    def name(self) -> str:
        """
        For people; a model's name.
        """
class StaticOptimal:
    """
    Whether always serving one model is optimal.
    """
    @property
    def optimal(self) -> bool:
        """
        Whether it is: `ratio_of_intensity` is not above `ratio_of_slopes`.
        """
    @property
    def ratio_of_intensity(self) -> float:
        """
        max c / min c.
        """
    @property
    def ratio_of_slopes(self) -> float | None:
        """
        None: infinite; 0 off the hull.
        """
class Plan:
    """
    Which share of each slot's requests which model serves.
    """
    def __repr__(self) -> str:
        ...
    def _repr_html_(self) -> str:
        """
        Its table, for notebooks.
        """
    def _repr_mimebundle_(self, include: typing.Any = None, exclude: typing.Any = None) -> dict[str, typing.Any]:
        """
        Its text and its table, for notebooks.
        """
    def carbon_under(self, intensity: typing.Any) -> co2lib._core.CarbonMass:
        """
        Of the same decisions under other intensities.
        """
    def mix(self, slot: typing.SupportsInt | typing.SupportsIndex) -> Mix:
        """
        How one slot is served, counted from 0; `adaptive.bad_input` beyond the last.
        """
    def policy(self) -> Policy:
        """
        The one-parameter policy with the plan's lambda.
        """
    def table(self) -> typing.Any:
        """
        One dict per slot: start, intensity, requests, models with share, accuracy, kWh per request, carbon in g.
        """
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The document of schema co2lib-plan/1 that `co2lib report` reads.
        """
    @property
    def accuracy(self) -> float:
        """
        Mean per request, points.
        """
    @property
    def agnostic_accuracy(self) -> float:
        """
        Of one mix for all slots at the budget.
        """
    @property
    def agnostic_carbon(self) -> co2lib._core.CarbonMass:
        """
        Of one mix for all slots of this accuracy.
        """
    @property
    def budget(self) -> co2lib._core.CarbonMass | None:
        """
        None for a plan at a given accuracy.
        """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of the requests, PUE included; without idle power.
        """
    @property
    def carbon_interval(self) -> co2lib._core.CarbonMassInterval | None:
        """
        Under the ends of the forecast's 90 % interval.
        """
    @property
    def demand(self) -> list[float]:
        """
        Requests by slot.
        """
    @property
    def forecast(self) -> bool:
        """
        Whether the slots were made from a forecast.
        """
    @property
    def hull(self) -> Hull:
        """
        Of all models.
        """
    @property
    def idle(self) -> co2lib._core.CarbonMass:
        """
        Carbon of idle power, besides.
        """
    @property
    def lambda_per_g(self) -> float:
        """
        Points per g; 0: the largest model everywhere.
        """
    @property
    def least_carbon(self) -> co2lib._core.CarbonMass:
        """
        Of all requests by the smallest model.
        """
    @property
    def mixes(self) -> list[Mix]:
        """
        Who serves the requests, by slot.
        """
    @property
    def models(self) -> list[Model]:
        """
        As they were given.
        """
    @property
    def pue(self) -> float:
        """
        Facility energy / IT energy, >= 1.
        """
    @property
    def saving(self) -> float | None:
        """
        1 - carbon / agnostic_carbon.
        """
    @property
    def saving_at_agnostic_accuracy(self) -> float | None:
        """
        1 - least carbon for it / carbon of that mix.
        """
    @property
    def singles(self) -> list[Baseline]:
        """
        Each model alone.
        """
    @property
    def slots(self) -> Slots:
        """
        As they were given.
        """
    @property
    def thresholds_g_per_kwh(self) -> list[float]:
        """
        Intensities at which the policy changes its model, g/kWh, falling; empty: it never does.
        """
class SwitchPlan:
    """
    A plan where a change of model costs energy.
    """
    @property
    def accuracy(self) -> float:
        """
        Mean per request.
        """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of the requests and the switches.
        """
    @property
    def lambda_per_g(self) -> float:
        """
        The price that it was made with, or found, points per g.
        """
    @property
    def models(self) -> list[int]:
        """
        By slot.
        """
    @property
    def objective(self) -> float:
        """
        Points: sum of n (a - lambda c e) - lambda c cost per change.
        """
    @property
    def switches(self) -> int:
        """
        Changes that are charged, the one from the initial model too.
        """
    @property
    def switching(self) -> co2lib._core.CarbonMass:
        """
        Carbon of the switches, part of `carbon`.
        """
class Comparison:
    """
    How far an algorithm is between a baseline and the optimum.
    """
    @property
    def gap_closed(self) -> float | None:
        """
        (agnostic - C) / (agnostic - optimum); None where these coincide.
        """
    @property
    def ratio(self) -> float | None:
        """
        C / optimum; None for an optimum of 0.
        """
    @property
    def regret(self) -> co2lib._core.CarbonMass:
        """
        C - optimum.
        """
    @property
    def violation(self) -> float | None:
        """
        max(0, C / budget - 1); None for a budget of 0 that was broken.
        """
class ReportRow:
    """
    A way to serve, with its accuracy and carbon.
    """
    @property
    def accuracy(self) -> float:
        """
        Mean per request, points.
        """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of all requests, PUE included.
        """
    @property
    def kind(self) -> str:
        """
        What it is.
        """
    @property
    def name(self) -> str:
        """
        For people: the policy, the optimum, a model's name.
        """
    @property
    def spend_over_budget(self) -> float | None:
        """
        Carbon / budget; None without a budget, or for one of 0.
        """
class Vertex:
    """
    One model that could serve everything, and what adapting can gain over it.
    """
    @property
    def condition(self) -> StaticOptimal:
        """
        Whether serving it alone is already optimal.
        """
    @property
    def model(self) -> str:
        """
        Its name.
        """
    @property
    def saving(self) -> float | None:
        """
        At its accuracy, by the plan, over always serving it.
        """
class Report:
    """
    A way to serve beside every baseline; str() is the text for people.
    """
    def __str__(self) -> str:
        ...
    @property
    def best_saving(self) -> float | None:
        """
        The largest over the agnostic mix at any accuracy.
        """
    @property
    def carbon(self) -> Comparison:
        """
        Against the agnostic mix of equal accuracy and its optimum.
        """
    @property
    def cee_improvement(self) -> dict[str, float | None]:
        """
        CEE of the policy / CEE of the model - 1, for every model but the smallest (a reconstructed metric).
        """
    @property
    def decided_on_other(self) -> co2lib._core.CarbonMass | None:
        """
        Carbon, where decisions were taken on another signal.
        """
    @property
    def energy_interval(self) -> co2lib._core.CarbonMassInterval | None:
        """
        Carbon of the decisions, energies at their ends.
        """
    @property
    def forecast(self) -> bool:
        """
        Decided on a forecast.
        """
    @property
    def gap_in_accuracy(self) -> float | None:
        """
        (A - A_agnostic) / (A_opt - A_agnostic) at the carbon spent.
        """
    @property
    def idle(self) -> co2lib._core.CarbonMass:
        """
        Of the idle power over all slots, PUE included; not in any row.
        """
    @property
    def in_sample(self) -> bool:
        """
        Parameters were tuned on these very slots.
        """
    @property
    def lambda_per_g(self) -> float:
        """
        The policy's price of carbon, points per g.
        """
    @property
    def notes(self) -> list[str]:
        """
        What a reader must know about these numbers.
        """
    @property
    def rows(self) -> list[ReportRow]:
        """
        The policy first, then the baselines.
        """
    @property
    def saving(self) -> float | None:
        """
        Over the carbon-agnostic mix of equal accuracy.
        """
    @property
    def saving_interval(self) -> typing.Any:
        """
        95 %, block bootstrap over weeks.
        """
    @property
    def thresholds_g_per_kwh(self) -> list[float]:
        """
        At which the policy changes its model, falling; empty: it never does.
        """
    @property
    def vertices(self) -> list[Vertex]:
        """
        Of the hull, by energy.
        """
class Receipt:
    """
    What one call was charged.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, time: typing.Any, model: str, energy: co2lib._core.Energy, intensity: co2lib._core.CarbonIntensity, *, carbon: co2lib._core.CarbonMass | None = None, user: str = '', rejected: collections.abc.Sequence[str] = [], requests: typing.SupportsFloat | typing.SupportsIndex = 1.0, interval: co2lib._core.CarbonMassInterval | None = None) -> None:
        ...
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Charged, PUE included.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        Of all its requests.
        """
    @property
    def intensity(self) -> co2lib._core.CarbonIntensity:
        """
        That `carbon` was charged at.
        """
    @property
    def interval(self) -> co2lib._core.CarbonMassInterval | None:
        """
        Of the carbon; None where it is not known.
        """
    @property
    def model(self) -> str:
        """
        That served.
        """
    @property
    def rejected(self) -> list[str]:
        """
        The other models there were.
        """
    @property
    def requests(self) -> float:
        """
        That the call served.
        """
    @property
    def time(self) -> typing.Any:
        """
        Of the call.
        """
    @property
    def user(self) -> str:
        """
        Whoever is to be charged; empty: nobody in particular.
        """
class ReceiptBook:
    """
    A file that receipts are appended to; they survive the process.
    """
    def __init__(self, file: os.PathLike[str] | str | bytes, *, synced: bool = False) -> None:
        ...
    def add(self, receipt: Receipt) -> None:
        """
        Throws `adaptive.bad_receipts` if it cannot be written (a full disk); it is kept and written with the next one.
        """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of all receipts added to this object.
        """
class ReceiptSum:
    """
    The sum of some receipts.
    """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Charged, PUE included.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        Of all their requests.
        """
    @property
    def keys(self) -> list[str]:
        """
        One for each that was asked for.
        """
    @property
    def receipts(self) -> int:
        """
        Number of calls.
        """
    @property
    def requests(self) -> float:
        """
        That they served.
        """
class Controlled:
    """
    What a controller did over a series, beside what was possible.
    """
    @property
    def accuracy(self) -> float:
        """
        Mean per request.
        """
    @property
    def accuracy_by_slot(self) -> list[float]:
        """
        Mean per request by slot.
        """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Spent over the series, PUE included.
        """
    @property
    def energy_kwh(self) -> list[float]:
        """
        Mean per request by slot.
        """
    @property
    def gap_closed(self) -> float | None:
        """
        Between the agnostic mix and the optimum, equal carbon.
        """
    @property
    def share_of_gain(self) -> float | None:
        """
        (A - a_1) / (A_opt - a_1), A_opt at the whole budget; above 1 only if the budget was broken; None where there is no gain.
        """
    @property
    def spend_over_budget(self) -> float:
        """
        Carbon / budget; 0 for a budget of 0.
        """
    @property
    def switches(self) -> int:
        """
        Slots whose mean choice differs from that of the slot before.
        """
class Stopped:
    """
    What a hard stop made of the preferred models.
    """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of the whole series, without PUE.
        """
    @property
    def chosen(self) -> list[int]:
        """
        Index of the model in the list given, by slot.
        """
class ClassesPlan:
    """
    A plan for classes of requests, and where its gain comes from.
    """
    @property
    def accuracy(self) -> float:
        """
        Mean per request of all classes.
        """
    @property
    def agnostic_accuracy(self) -> float:
        """
        Each class by one mix for all slots, the best at this budget.
        """
    @property
    def because_of_carbon(self) -> float:
        """
        Points that it adds.
        """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of all requests of all classes, PUE included.
        """
    @property
    def lambda_per_g(self) -> float:
        """
        One for all classes.
        """
    @property
    def least_carbon(self) -> co2lib._core.CarbonMass:
        """
        Of all requests, each by the smallest model of its class.
        """
    @property
    def mixes(self) -> list[list[Mix]]:
        """
        By class and slot.
        """
    @property
    def policies(self) -> list[Policy]:
        """
        By class.
        """
    @property
    def right_sizing(self) -> float:
        """
        Points that need no carbon signal.
        """
    @property
    def smallest_accuracy(self) -> float:
        """
        Each class by its first vertex.
        """
class Decision:
    """
    What a call decided and charged.
    """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Charged.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        Of all requests of the call, PUE included.
        """
    @property
    def lambda_per_g(self) -> float:
        """
        The price of carbon it was decided at, points per g.
        """
    @property
    def model(self) -> int:
        """
        Index into the models of the request's class.
        """
class Pacer:
    """
    Chooses a model for each call so that a carbon budget lasts; any thread may call.
    """
    @staticmethod
    def restore(models: typing.Any, state: str) -> Pacer:
        """
        Goes on bit for bit from a text of save().
        """
    def __init__(self, models: typing.Any, budget: co2lib._core.CarbonMass, *, horizon_h: typing.SupportsInt | typing.SupportsIndex = 8760, start: typing.Any = None, method: str = 'pacing', pue: typing.SupportsFloat | typing.SupportsIndex = 1.0, update: str = 'multiplicative', eta: typing.SupportsFloat | typing.SupportsIndex = 0.01, lambda0_per_g: typing.SupportsFloat | typing.SupportsIndex | None = None, requests_per_slot: typing.SupportsFloat | typing.SupportsIndex | None = None, hard_stop: bool = False, window: typing.SupportsInt | typing.SupportsIndex = 168, beyond: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        """
        Of a list of models, or of {class of requests: models}.
        """
    def choose(self, now: typing.Any, intensity: co2lib._core.CarbonIntensity, requests: typing.SupportsFloat | typing.SupportsIndex = 1.0, kind: typing.SupportsInt | typing.SupportsIndex = 0, *, user: str = '') -> int:
        """
        Index of the model for a call, which is charged.
        """
    def decide(self, now: typing.Any, intensity: co2lib._core.CarbonIntensity, requests: typing.SupportsFloat | typing.SupportsIndex = 1.0, kind: typing.SupportsInt | typing.SupportsIndex = 0, *, user: str = '') -> Decision:
        """
        As choose, with what was charged; `user` stands in the receipt.
        """
    def expect(self, start: typing.Any, g_per_kwh: typing.Any) -> None:
        """
        What is expected of the hours from `start` on.
        """
    def keep_receipts(self, book: ReceiptBook) -> None:
        """
        From now on each decision is a receipt in this ReceiptBook; None: no longer.
        """
    def limit_latency(self, limit_s: typing.SupportsFloat | typing.SupportsIndex, latency_s: typing.Any, kind: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        """
        Models of a class whose latency now (yours, by model) is above the limit serve nothing until the next call; raises adaptive.infeasible with min_latency_s.
        """
    def save(self) -> str:
        """
        The whole state as a JSON text.
        """
    @property
    def budget(self) -> co2lib._core.CarbonMass:
        """
        For the whole horizon, as given.
        """
    @property
    def lambda_per_g(self) -> float:
        """
        The price of carbon at present, points per g.
        """
    @property
    def requests(self) -> float:
        """
        Served so far.
        """
    @property
    def spent(self) -> co2lib._core.CarbonMass:
        """
        Charged so far, PUE included.
        """
class Shift:
    """
    When a job runs, and what waiting saves.
    """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of the job in these slots.
        """
    @property
    def end(self) -> typing.Any:
        """
        When its last stretch ends; None where the slots have no time.
        """
    @property
    def forecast(self) -> bool:
        """
        Whether a forecast decided.
        """
    @property
    def interval(self) -> co2lib._core.CarbonMassInterval | None:
        """
        Of the carbon, under the ends of the forecast's 90 % interval.
        """
    @property
    def runs(self) -> list[tuple[float, float]]:
        """
        [(begin, end)] in s from the beginning of the window.
        """
    @property
    def saved(self) -> co2lib._core.CarbonMass:
        """
        start_now - carbon.
        """
    @property
    def slots(self) -> list[int]:
        """
        Slots of the window in which it runs.
        """
    @property
    def start(self) -> typing.Any:
        """
        When the job begins; None where the slots have no time.
        """
    @property
    def start_now(self) -> co2lib._core.CarbonMass:
        """
        Carbon from the earliest start without pause.
        """
    @property
    def start_now_interval(self) -> co2lib._core.CarbonMassInterval | None:
        """
        The same for starting now.
        """
    @property
    def start_offset_s(self) -> float:
        """
        From the beginning of the window.
        """
class Elastic:
    """
    At which level an elastic job runs in each slot.
    """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of all the work.
        """
    @property
    def hull_levels(self) -> list[int]:
        """
        0 is paused, then positions from 1.
        """
    @property
    def uses(self) -> list[tuple[int, int, float]]:
        """
        By slot: (level, next level, share of the slot at the next).
        """
class SuspendTest:
    """
    The two sides of the test.
    """
    @property
    def after_pause(self) -> co2lib._core.CarbonMass:
        """
        Carbon of pausing and going on later, checkpoint, restore and idle power included.
        """
    @property
    def pause(self) -> bool:
        """
        Whether run_now is more.
        """
    @property
    def run_now(self) -> co2lib._core.CarbonMass:
        """
        Carbon of going on now.
        """
class ServingRegion:
    """
    A region that can serve requests.
    """
    def __init__(self, name: str, intensity: typing.Any, *, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0, energy: collections.abc.Sequence[co2lib._core.Energy] = [], transfer: co2lib._core.Energy = ..., transfer_intensity: co2lib._core.CarbonIntensity = ...) -> None:
        """
        `energy`: per request by model, where its machines need another one; `transfer`: per request served here.
        """
    @property
    def intensity(self) -> Slots:
        """
        Of the region, slot by slot; all regions have the same slots.
        """
    @property
    def name(self) -> str:
        """
        By which results and messages name it.
        """
    @property
    def pue(self) -> float:
        """
        Facility energy / IT energy, >= 1.
        """
class PairMix:
    """
    How one slot is served: a share of its requests by `upgraded`, the rest by `pair`.
    """
    @property
    def pair(self) -> tuple[int, int]:
        """
        (index of the region, index of the model)
        """
    @property
    def share(self) -> float:
        """
        Of the requests, in [0, 1]; 0: all by `pair`.
        """
    @property
    def upgraded(self) -> tuple[int, int]:
        """
        Serves `share`.
        """
class PairsPlan:
    """
    A plan over models and regions at once.
    """
    @property
    def accuracy(self) -> float:
        """
        Mean per request.
        """
    @property
    def alone(self) -> list[float | None]:
        """
        Mean accuracy by region, if all is served there with the same budget; None where it is too small.
        """
    @property
    def carbon(self) -> co2lib._core.CarbonMass:
        """
        Of all requests and their transfer, PUE included.
        """
    @property
    def lambda_per_g(self) -> float:
        """
        Points per g.
        """
    @property
    def least_carbon(self) -> co2lib._core.CarbonMass:
        """
        The least that serves all requests.
        """
    @property
    def mixes(self) -> list[PairMix]:
        """
        By slot.
        """
class ShiftRun:
    """
    The hours in which an online rule ran a job.
    """
    @property
    def hours(self) -> list[int]:
        """
        From the submission.
        """
    @property
    def no_thresholds(self) -> bool:
        """
        k_search: the last week has one price, or one of 0; it ran at once.
        """
class ShiftTable:
    """
    Each rule's carbon over that of starting now.
    """
    @property
    def ratio(self) -> dict[str, float]:
        """
        Carbon over that of starting now, by rule.
        """
    @property
    def start_now(self) -> co2lib._core.CarbonMass:
        """
        Total of jobs of 1 kW.
        """
    @property
    def windows(self) -> int:
        """
        Jobs that were submitted.
        """
class CandidateRegion:
    """
    Where a job could run.
    """
    def __init__(self, name: str, intensity: co2lib._core.CarbonIntensity, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0, energy: co2lib._core.Energy | None = None) -> None:
        ...
    @property
    def energy(self) -> co2lib._core.Energy | None:
        """
        Of the job there, if it is not the same everywhere.
        """
    @property
    def intensity(self) -> co2lib._core.CarbonIntensity:
        """
        Of the region while the job would run, >= 0.
        """
    @property
    def name(self) -> str:
        """
        By which results and messages name it.
        """
    @property
    def pue(self) -> float:
        """
        Facility energy / IT energy, >= 1.
        """
class Placement:
    """
    The carbon of a job by region, and the best.
    """
    @property
    def best(self) -> str:
        """
        The least; ties by name.
        """
    @property
    def carbon(self) -> dict[str, co2lib._core.CarbonMass]:
        """
        By region: intensity x PUE x energy, and the transfer.
        """
class Assignment:
    """
    A region for each job.
    """
    @property
    def region(self) -> list[str]:
        """
        Name of the region, by job.
        """
    @property
    def total(self) -> co2lib._core.CarbonMass:
        """
        Of all jobs.
        """
class SearchThresholds:
    """
    Thresholds of k-min search.
    """
    @property
    def alpha(self) -> float:
        """
        Ratio that holds if any number of units may be taken in one slot, beta = 0.
        """
    @property
    def alpha1(self) -> float:
        """
        The ratio that holds with one unit per slot.
        """
    @property
    def next_start(self) -> float:
        """
        u(k+1) - 2 beta, which is L.
        """
    @property
    def run(self) -> list[float]:
        """
        u(1) > ... > u(k): unit i goes on while c <= u(i).
        """
    @property
    def start(self) -> list[float]:
        """
        u(i) - 2 beta: unit i starts a run where c is not above it.
        """
class SearchResult:
    """
    What a search did, beside the offline optimum.
    """
    @property
    def alpha(self) -> float:
        """
        As `SearchThresholds.alpha`.
        """
    @property
    def alpha1(self) -> float:
        """
        As `SearchThresholds.alpha1`.
        """
    @property
    def amounts(self) -> list[int]:
        """
        Units by slot.
        """
    @property
    def cost(self) -> float:
        """
        Sum of prices, and 2 beta per run.
        """
    @property
    def optimum(self) -> float:
        """
        The least cost, which pays the same for its runs.
        """
    @property
    def outside(self) -> int:
        """
        Prices outside [lower, upper].
        """
    @property
    def ratio(self) -> float | None:
        """
        None for an optimum of 0.
        """
    @property
    def slots(self) -> list[int]:
        """
        One unit each, of `k_search`.
        """
    @property
    def within_alpha1(self) -> bool:
        """
        Ratio <= alpha1; it holds for prices in [L, U].
        """
class Conversion:
    """
    One-way conversion: any part of the work at any time.
    """
    def __init__(self, *, upper: typing.SupportsFloat | typing.SupportsIndex, lower: typing.SupportsFloat | typing.SupportsIndex, switch_cost: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> None:
        ...
    def done_at(self, price: typing.SupportsFloat | typing.SupportsIndex) -> float:
        """
        The part that is to be done once the price has been this low; in [0, 1].
        """
    def phi(self, w: typing.SupportsFloat | typing.SupportsIndex) -> float:
        """
        The price at which the part w has been done.
        """
    def run(self, prices: typing.Any) -> list[float]:
        """
        The parts done in each slot.
        """
    @property
    def alpha(self) -> float:
        """
        The ratio that holds; with a switching cost it is not proven here.
        """
def assign(capacity: collections.abc.Mapping[str, typing.SupportsInt | typing.SupportsIndex], cost: collections.abc.Sequence[collections.abc.Mapping[str, co2lib._core.CarbonMass]]) -> Assignment:
    """
    Whole jobs to regions with room for so many each, at the least total carbon: {region: jobs}, [{region: carbon}].
    """
def cee(accuracy: typing.SupportsFloat | typing.SupportsIndex, carbon_g: typing.SupportsFloat | typing.SupportsIndex, smallest_accuracy: typing.SupportsFloat | typing.SupportsIndex, smallest_carbon_g: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    Carbon-emission efficiency, points per g over the smallest model. A reconstruction of ours.
    """
def compare(algorithm: co2lib._core.CarbonMass, agnostic: co2lib._core.CarbonMass, optimum: co2lib._core.CarbonMass, budget: co2lib._core.CarbonMass) -> Comparison:
    """
    Gap closed, regret, ratio and violation of the budget.
    """
def control(models: collections.abc.Sequence[Model], intensity: typing.Any, *, budget: co2lib._core.CarbonMass, method: str = 'pacing', demand: typing.Any = None, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0, update: str = 'multiplicative', eta: typing.SupportsFloat | typing.SupportsIndex = 0.01, lambda0_per_g: typing.SupportsFloat | typing.SupportsIndex | None = None, requests_per_slot: typing.SupportsFloat | typing.SupportsIndex | None = None, hard_stop: bool = False, window: typing.SupportsInt | typing.SupportsIndex = 168, beyond: typing.SupportsInt | typing.SupportsIndex = 0) -> Controlled:
    """
    Runs a controller (pacing, mpc, primal_dual) over a series that it sees slot by slot.
    """
def elastic(intensity: typing.Any, levels: collections.abc.Sequence[tuple[co2lib._core.Power, typing.SupportsFloat | typing.SupportsIndex]], work: typing.SupportsFloat | typing.SupportsIndex) -> Elastic:
    """
    The least carbon of work done at levels [(Power, work per hour)] that may change with each slot.
    """
def equal_width(day: typing.Any, count: typing.SupportsInt | typing.SupportsIndex) -> list[int]:
    """
    Of `count` models by energy the one for each slot of a day. A reconstruction of ours, not the published rule.
    """
def evaluate(models: collections.abc.Sequence[Model], intensity: typing.Any, *, budget: co2lib._core.CarbonMass, controller: str = 'pacing', demand: typing.Any = None, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0, update: str = 'multiplicative', eta: typing.SupportsFloat | typing.SupportsIndex = 0.01, lambda0_per_g: typing.SupportsFloat | typing.SupportsIndex | None = None, requests_per_slot: typing.SupportsFloat | typing.SupportsIndex | None = None, hard_stop: bool = False, window: typing.SupportsInt | typing.SupportsIndex = 168, beyond: typing.SupportsInt | typing.SupportsIndex = 0, seed: typing.SupportsInt | typing.SupportsIndex = 0, resamples: typing.SupportsInt | typing.SupportsIndex = 200, tuned_on: str = '') -> Report:
    """
    Runs a controller and reports on it beside every baseline.
    """
def hard_stop(models: collections.abc.Sequence[Model], intensity: typing.Any, *, budget: co2lib._core.CarbonMass, preferred: collections.abc.Sequence[str], demand: typing.Any = None) -> Stopped:
    """
    The preferred models, made smaller where the budget would break.
    """
def heuristic(rule: str, models: collections.abc.Sequence[Model], intensity: typing.Any) -> HeuristicResult:
    """
    Runs equal_width or rank168 (reconstructions of ours) over whole UTC days.
    """
def hull(models: collections.abc.Sequence[Model], *, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Hull:
    """
    The models worth serving: the upper concave hull of (energy, accuracy).
    """
def k_max_alpha(k: typing.SupportsInt | typing.SupportsIndex | None, *, upper: typing.SupportsFloat | typing.SupportsIndex, lower: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    alpha of k-max search; k None: its limit.
    """
def k_search(prices: typing.Any, k: typing.SupportsInt | typing.SupportsIndex, *, upper: typing.SupportsFloat | typing.SupportsIndex, lower: typing.SupportsFloat | typing.SupportsIndex, switch_cost: typing.SupportsFloat | typing.SupportsIndex = 0.0, unlimited: bool = False) -> SearchResult:
    """
    Runs k units, one per slot (or any number), over prices that come one by one.
    """
def k_search_thresholds(k: typing.SupportsInt | typing.SupportsIndex, *, upper: typing.SupportsFloat | typing.SupportsIndex, lower: typing.SupportsFloat | typing.SupportsIndex, switch_cost: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> SearchThresholds:
    """
    Prices at which each unit of `k_search` is taken, and the ratios that hold.
    """
def parse_models(text: str, name: str = 'models') -> list[Model]:
    """
    The models of a YAML or JSON text; refusals name `name` and the line.
    """
def place(regions: collections.abc.Sequence[CandidateRegion], *, source: str, energy: co2lib._core.Energy, transfer: co2lib._core.Energy = ..., transfer_intensity: co2lib._core.CarbonIntensity = ...) -> Placement:
    """
    The carbon of a job in each region; ties by name.
    """
def plan(models: collections.abc.Sequence[Model], intensity: typing.Any, *, demand: typing.Any = None, budget: co2lib._core.CarbonMass | None = None, accuracy: typing.SupportsFloat | typing.SupportsIndex | None = None, price: typing.SupportsFloat | typing.SupportsIndex | None = None, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0, idle: co2lib._core.Power = ..., latency_limit_s: typing.Any = None, accuracy_floor: typing.Any = None, latency_s: typing.Any = None) -> Plan:
    ...
def plan_classes(classes: dict[str, typing.Any], intensity: typing.Any, *, demand: dict[str, typing.Any], budget: co2lib._core.CarbonMass, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0, latency_limit_s: typing.Any = None, latency_s: typing.Any = None) -> ClassesPlan:
    """
    The plan over classes of requests {name: models} with demand {name: requests by slot} and one budget.

    latency_limit_s: {name: seconds, or one for each slot}; models of a slot above it are dropped by latency_s: {name: [[seconds of each model] of each slot]}, a queue estimate of yours, or by Model.latency_s.
    """
def plan_where(models: collections.abc.Sequence[Model], regions: collections.abc.Sequence[ServingRegion], *, budget: co2lib._core.CarbonMass, demand: typing.Any = None) -> PairsPlan:
    """
    The greatest mean accuracy for a budget, over models and regions at once; regions are compared in one signal, scope and factor set.
    """
def rank168(intensity: typing.Any, count: typing.SupportsInt | typing.SupportsIndex) -> list[int]:
    """
    The model by the rank in the last 168 slots. A reconstruction of ours, not the published rule.
    """
def read_models(file: os.PathLike[str] | str | bytes) -> list[Model]:
    """
    The models of a YAML or JSON file; refusals name the file and the line.
    """
def read_receipts(file: os.PathLike[str] | str | bytes) -> tuple[list[Receipt], int]:
    """
    (receipts, number of lines that were none).
    """
def report(plan: Plan, *, decided_on: typing.Any = None, seed: typing.SupportsInt | typing.SupportsIndex = 0, resamples: typing.SupportsInt | typing.SupportsIndex = 200, tuned_on: str = '') -> Report:
    """
    A plan beside every baseline.
    """
def shift(intensity: typing.Any, *, duration: typing.Any, power: co2lib._core.Power = ..., mode: str = 'contiguous', earliest: typing.Any = None, deadline: typing.Any = None, profile: collections.abc.Sequence[co2lib._core.Power] = []) -> Shift:
    ...
def shift_online(rule: str, hours: typing.Any, *, submitted: typing.SupportsInt | typing.SupportsIndex, work: typing.SupportsInt | typing.SupportsIndex, window: typing.SupportsInt | typing.SupportsIndex) -> ShiftRun:
    """
    The hours in which a job submitted at hour `submitted` runs under an online rule.
    """
def shift_table(hours: typing.Any, *, work: typing.SupportsInt | typing.SupportsIndex, window: typing.SupportsInt | typing.SupportsIndex, first: typing.SupportsInt | typing.SupportsIndex, step: typing.SupportsInt | typing.SupportsIndex) -> ShiftTable:
    """
    All rules on jobs submitted at first, first + step, ...; over a whole series.
    """
def static_optimal(models: collections.abc.Sequence[Model], intensity: typing.Any, model: str, *, demand: typing.Any = None) -> StaticOptimal:
    """
    Whether always serving `model` is optimal.
    """
def sum_receipts(receipts: collections.abc.Sequence[Receipt], by: collections.abc.Sequence[str]) -> list[ReceiptSum]:
    """
    Sums by user, model or day, or several of them.
    """
def suspend(*, power: co2lib._core.Power, left_s: typing.SupportsFloat | typing.SupportsIndex, run: co2lib._core.CarbonIntensity, later: co2lib._core.CarbonIntensity, pause: co2lib._core.CarbonIntensity, checkpoint: co2lib._core.Energy = ..., restore: co2lib._core.Energy = ..., idle: co2lib._core.Power = ..., paused_s: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> SuspendTest:
    """
    Whether to pause a job: it must save more than saving, restoring and idling cost.
    """
def switch_plan(models: collections.abc.Sequence[Model], intensity: typing.Any, *, lambda_per_g: typing.SupportsFloat | typing.SupportsIndex | None = None, budget: co2lib._core.CarbonMass | None = None, cost: co2lib._core.Energy = ..., demand: typing.Any = None, initial: str | None = None, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> SwitchPlan:
    """
    The best sequence of models where each change costs energy; with a budget a heuristic, by bisection.
    """
def two_levels(intensity: typing.Any, low: typing.SupportsFloat | typing.SupportsIndex, high: typing.SupportsFloat | typing.SupportsIndex, dwell: typing.SupportsInt | typing.SupportsIndex = 1) -> list[bool]:
    """
    Hysteresis: large (True) after c < low, small after c > high, not before `dwell` slots since the last change.
    """
def where(traces: collections.abc.Mapping[str, co2lib._core.intensity.Trace], start: typing.Any, end: typing.Any, *, source: str, energy: co2lib._core.Energy, transfer: co2lib._core.Energy = ..., transfer_intensity: co2lib._core.CarbonIntensity = ..., pue: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex] = {}) -> Placement:
    """
    place() with the means of traces of one signal and scope.
    """
