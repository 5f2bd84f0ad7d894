# SPDX-License-Identifier: MIT
"""
Domain embodied: carbon in the hardware.
"""
from __future__ import annotations
import co2lib._core
import collections.abc
import os
import typing
__all__: list[str] = ['ActFootprint', 'Axis', 'Bom', 'BomFootprint', 'CarbonPerArea', 'ChipletCarbon', 'Comparison', 'DesignPoint', 'Driver', 'EffectiveArea', 'Exploration', 'Factor', 'FactorTable', 'FactorUse', 'Metrics', 'PartFootprint', 'RdlPackage', 'Spread', 'TrivialPredictor', 'Validation', 'act_footprint', 'act_memory', 'act_operation', 'act_part', 'amortise', 'amortise_interval', 'chip_list', 'chiplet', 'compare', 'crossover', 'device_footprints', 'die_yield', 'dies_per_wafer', 'effective_area', 'eserve_cooling', 'eserve_gpu', 'eserve_host', 'expand_hsl', 'explore', 'factor', 'factors', 'from_levels', 'hsl_total', 'interpolated_gpu', 'load', 'load_act', 'logic_cpa', 'logic_die', 'machine', 'metrics', 'parse', 'parse_factors', 'rack_server', 'rdl_package', 'read_factors', 'share', 'validate']
class Factor:
    """
    A number with range, unit, boundary, year, source and licence.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, value: typing.SupportsFloat | typing.SupportsIndex, *, unit: str = '1', low: typing.SupportsFloat | typing.SupportsIndex | None = None, high: typing.SupportsFloat | typing.SupportsIndex | None = None, dist: str | None = None, gsd: typing.SupportsFloat | typing.SupportsIndex = 1.0, id: str = '', boundary: str = '', year: typing.SupportsInt | typing.SupportsIndex = 0, region: str = '', source: str = '', licence: str = '') -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def at(self, u: typing.SupportsFloat | typing.SupportsIndex) -> float:
        """
        The quantile at u in (0, 1).
        """
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The factor as a dict with the fields of its row.
        """
    @property
    def boundary(self) -> str:
        """
        Life-cycle stages, and what is included.
        """
    @property
    def dist(self) -> str:
        """
        How it is spread over the range.
        """
    @property
    def estimate(self) -> bool:
        """
        An estimate of this project.
        """
    @property
    def gsd(self) -> float:
        """
        Geometric standard deviation of a lognormal, else 1.
        """
    @property
    def high(self) -> float | None:
        """
        None where no range is known.
        """
    @property
    def id(self) -> str:
        """
        `logic.epa.7nm`: dots part table, method and name.
        """
    @property
    def licence(self) -> str:
        """
        SPDX identifier or a few words.
        """
    @property
    def line(self) -> int:
        """
        In the table.
        """
    @property
    def low(self) -> float | None:
        """
        None where no range is known.
        """
    @property
    def lower(self) -> float:
        """
        Of a lognormal median / gsd^2, of a point the value.
        """
    @property
    def region(self) -> str:
        """
        Which it holds for; empty: anywhere.
        """
    @property
    def source(self) -> str:
        """
        Author, title, table.
        """
    @property
    def table(self) -> str:
        """
        Name of the table; empty for a number of a bill of materials.
        """
    @property
    def unit(self) -> str:
        """
        `kg/cm2`; `1` for a plain number.
        """
    @property
    def unverified(self) -> bool:
        """
        Not read in its primary source.
        """
    @property
    def upper(self) -> float:
        """
        Of a lognormal median * gsd^2, of a point the value.
        """
    @property
    def value(self) -> float:
        """
        The mode; of a lognormal the median.
        """
    @property
    def varies(self) -> bool:
        """
        It has a range that is not a single point.
        """
    @property
    def year(self) -> int:
        """
        0 where the source states none.
        """
class FactorTable:
    """
    Rows of one CSV file.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __len__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def rows(self) -> list[Factor]:
        """
        A copy, in the order of the file.
        """
class PartFootprint:
    """
    A part's carbon, before truncation, times its quantity.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def bounds(self) -> co2lib._core.CarbonMassInterval:
        """
        Exact, from the ranges of all factors.
        """
    @property
    def factors(self) -> list[str]:
        """
        Ids of the factors used.
        """
    @property
    def id(self) -> str:
        """
        `Part.id`.
        """
    @property
    def note(self) -> str:
        """
        `Part.note`.
        """
    @property
    def part_class(self) -> str:
        """
        `Part.part_class`.
        """
    @property
    def quantity(self) -> float:
        """
        Pieces.
        """
    @property
    def scope(self) -> str:
        """
        part (truncation applies) or complete.
        """
    @property
    def share(self) -> float:
        """
        Of the total, truncation included.
        """
    @property
    def source(self) -> str:
        """
        `Part.source`.
        """
    @property
    def value(self) -> co2lib._core.CarbonMass:
        """
        At the modes of all factors.
        """
class FactorUse:
    """
    A factor in use, and what it does to the total.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def factor(self) -> Factor:
        """
        In the unit of the field.
        """
    @property
    def rank(self) -> int:
        """
        From 1 by the size of the swing; 0 for what does not move the total.
        """
    @property
    def rho(self) -> float | None:
        """
        Rank correlation of its draws with the total.
        """
    @property
    def rho2_share(self) -> float | None:
        """
        rho^2 over the sum of all.
        """
    @property
    def swing_kg(self) -> float:
        """
        Total at its high end less that at its low one, kg.
        """
class BomFootprint(co2lib._core.CarbonMassEstimate):
    """
    Value, exact bounds, p5 to p95 of the draws, parts, factors with sources.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    def _repr_html_(self) -> str:
        """
        Its table, for notebooks.
        """
    def _repr_mimebundle_(self, include: typing.Any = None, exclude: typing.Any = None) -> dict[str, typing.Any]:
        """
        Its text and its table, for notebooks.
        """
    def to_json(self) -> str:
        """
        Masses in kg.
        """
    @property
    def draws(self) -> int:
        """
        Number of draws; 0: bounds only.
        """
    @property
    def draws_kg(self) -> list[float]:
        """
        A copy of the totals, in the order of the draws.
        """
    @property
    def factors(self) -> list[FactorUse]:
        """
        By rank, then by id.
        """
    @property
    def lifetime(self) -> Factor | None:
        """
        In years; None if the file states none.
        """
    @property
    def mean(self) -> co2lib._core.CarbonMass | None:
        """
        Of the draws; None without draws.
        """
    @property
    def name(self) -> str:
        """
        Of the bill.
        """
    @property
    def p50(self) -> co2lib._core.CarbonMass | None:
        """
        Of the draws; None without draws.
        """
    @property
    def parts(self) -> list[PartFootprint]:
        """
        In the order of the bill.
        """
    @property
    def points_share(self) -> float:
        """
        Part of the value that has no range at all.
        """
    @property
    def ranked(self) -> list[FactorUse]:
        """
        The factors that move the total.
        """
    @property
    def seed(self) -> int:
        """
        Of the draws.
        """
    @property
    def std(self) -> co2lib._core.CarbonMass | None:
        """
        With N - 1.
        """
    @property
    def truncation(self) -> Factor:
        """
        Factor on the sum of the parts, for what a bill does not list.
        """
class Spread:
    """
    A statistic over the draws.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def mean(self) -> float:
        """
        Of the draws.
        """
    @property
    def p5(self) -> float:
        """
        5th percentile.
        """
    @property
    def p50(self) -> float:
        """
        Median.
        """
    @property
    def p95(self) -> float:
        """
        95th percentile.
        """
class Driver:
    """
    A factor that makes the difference.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def name(self) -> str:
        """
        Id of the factor; with (A) or (B) where only one of them has it, or the two differ.
        """
    @property
    def rho(self) -> float:
        """
        Rank correlation of its draws with the difference.
        """
    @property
    def shared(self) -> bool:
        """
        It stands in both.
        """
class Comparison:
    """
    Two bills of materials on the same draws.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def to_json(self) -> str:
        """
        JSON with stable keys; masses in kg.
        """
    @property
    def difference_kg(self) -> Spread:
        """
        A - B.
        """
    @property
    def draws(self) -> int:
        """
        Number of draws.
        """
    @property
    def drivers(self) -> list[Driver]:
        """
        By the size of rho.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        Of both bills.
        """
    @property
    def p_a_lower(self) -> float:
        """
        Share of the draws with the smaller total for A.
        """
    @property
    def ratio(self) -> Spread:
        """
        A / B; NaN where B can be 0.
        """
    @property
    def seed(self) -> int:
        """
        Of the draws.
        """
    @property
    def value_a(self) -> co2lib._core.CarbonMass:
        """
        Of A, at the modes.
        """
    @property
    def value_b(self) -> co2lib._core.CarbonMass:
        """
        Of B, at the modes.
        """
    @property
    def verdict(self) -> str:
        """
        a_lower, b_lower or undecided.
        """
class Bom:
    """
    A bill of materials; made by load, parse, from_levels and machine.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __len__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def footprint(self, *, seed: typing.SupportsInt | typing.SupportsIndex = 0, draws: typing.SupportsInt | typing.SupportsIndex = 10000, ci_table: str = 'act2022', truncation: None | typing.SupportsFloat | typing.SupportsIndex | Factor = None, factors: collections.abc.Sequence[FactorTable] = [], ranks: bool = True) -> BomFootprint:
        """
        Look the rows up and compute everything. `draws` 0: bounds only. `factors`: tables of one's own, searched first.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        Carried into its footprint.
        """
    @property
    def name(self) -> str:
        """
        Of the product.
        """
    @property
    def part_ids(self) -> list[str]:
        """
        Ids of the parts, in the order of the bill.
        """
    @property
    def profile_gsd(self) -> float | None:
        """
        Geometric standard deviation of a factor on the whole sum; None: there is no such factor.
        """
    @property
    def truncation(self) -> Factor | None:
        """
        None if the file states none.
        """
class DesignPoint:
    """
    One variant of a design space.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def bounds(self) -> co2lib._core.CarbonMassInterval:
        """
        Exact.
        """
    @property
    def choice(self) -> list[int]:
        """
        Of each axis which value, from 0.
        """
    @property
    def figure(self) -> float | None:
        """
        What the function `figure` gave; None without it.
        """
    @property
    def interval(self) -> co2lib._core.CarbonMassInterval | None:
        """
        p5 to p95 of the draws; None without draws.
        """
    @property
    def on_front(self) -> bool:
        """
        No other has less of carbon or figure, and no more of the other.
        """
    @property
    def value(self) -> co2lib._core.CarbonMass:
        """
        At the modes.
        """
class Axis:
    """
    A field that is varied, with its values as they stand in a file.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def field(self) -> str:
        """
        Id of a part and field (`soc.node`, `dram.capacity`, `radio.qty`), or `lifetime_years` or `truncation`.
        """
    @property
    def values(self) -> list[str]:
        """
        Values of the field, as they stand in a file: `14nm`, `60 mm2`; None leaves the field out.
        """
class Exploration:
    """
    All variants of a design space; the last axis varies fastest.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __len__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def to_json(self) -> str:
        """
        Masses in kg.
        """
    @property
    def axes(self) -> list[Axis]:
        """
        In the order given.
        """
    @property
    def draws(self) -> int:
        """
        Of each variant; 0: bounds only.
        """
    @property
    def front(self) -> list[DesignPoint]:
        """
        Those for which no other has less of carbon or figure and no more of the other, the least carbon first.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        Of any variant.
        """
    @property
    def points(self) -> list[DesignPoint]:
        """
        A copy.
        """
    @property
    def seed(self) -> int:
        """
        Of the draws.
        """
    @property
    def values_kg(self) -> list[float]:
        """
        The carbon of each.
        """
class CarbonPerArea:
    """
    Carbon per cm2 of processed wafer, before yield; g/cm2.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def energy_g(self) -> float:
        """
        Of the electricity of the fab.
        """
    @property
    def gas_g(self) -> float:
        """
        Of the gases that are not abated.
        """
    @property
    def materials_g(self) -> float:
        """
        Of the materials.
        """
    @property
    def total_g(self) -> float:
        """
        Sum of the three.
        """
class EffectiveArea:
    """
    Wafer area that a good die takes.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def die_yield(self) -> float:
        """
        Of Moore's model, in (0, 1].
        """
    @property
    def dies_per_wafer(self) -> float:
        """
        Not rounded, of dies with their saw street.
        """
    @property
    def effective_mm2(self) -> float:
        """
        With its part of the wafer's edge.
        """
class ChipletCarbon:
    """
    A chiplet by ECO-CHIP's rules.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def area_scaled_mm2(self) -> float:
        """
        Area at its own node.
        """
    @property
    def design_kg(self) -> float:
        """
        Of the design, spread over `num_parts`.
        """
    @property
    def die_yield(self) -> float:
        """
        Of the die, in (0, 1].
        """
    @property
    def manufacturing_kg(self) -> float:
        """
        Of the die, its yield and what is lost at the wafer's edge included.
        """
    @property
    def operation_kg(self) -> float:
        """
        Of its part of the power over the lifetime, at ECO-CHIP's 700 g/kWh.
        """
class RdlPackage:
    """
    A package with redistribution layers, by ECO-CHIP's rules.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def interposer_mm2(self) -> float:
        """
        Of the floor plan.
        """
    @property
    def package_kg(self) -> float:
        """
        Of the redistribution layers.
        """
    @property
    def router_kg(self) -> float:
        """
        Of the routers between the chiplets.
        """
    @property
    def total_kg(self) -> float:
        """
        Of both.
        """
class ActFootprint:
    """
    A footprint by ACT's rules, defects and all.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        `act_defect` where a number rests on one of ACT's defects.
        """
    @property
    def parts_g(self) -> dict[str, float]:
        """
        Name and g, in the order of the file.
        """
    @property
    def total_kg(self) -> float:
        """
        All parts, their quantities included.
        """
class Metrics:
    """
    Predictions against published footprints.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def bias(self) -> float:
        """
        Mean (V - P) / P.
        """
    @property
    def coverage(self) -> float | None:
        """
        Fraction with p5 <= P <= p95.
        """
    @property
    def mape(self) -> float:
        """
        Mean abs(V - P) / P of predictions V against published P.
        """
    @property
    def median_width(self) -> float | None:
        """
        Median of p95 / p5.
        """
    @property
    def score(self) -> float | None:
        """
        Interval score of logarithms (Gneiting and Raftery 2007); lower is better.
        """
class TrivialPredictor:
    """
    V = k x: constant, mass or sqrt_mass.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def coverage(self) -> float | None:
        """
        Fraction with p5 <= P <= p95; None without an interval.
        """
    @property
    def k(self) -> float:
        """
        Of the whole fit.
        """
    @property
    def mape(self) -> float:
        """
        Mean abs(V - P) / P, each device predicted without itself.
        """
    @property
    def median_width(self) -> float | None:
        """
        Median of p95 / p5; None without an interval.
        """
    @property
    def model_mape(self) -> float:
        """
        Of the model on the same devices.
        """
    @property
    def n(self) -> int:
        """
        Devices predicted.
        """
    @property
    def name(self) -> str:
        """
        `1`, the mass, or its square root.
        """
    @property
    def score(self) -> float | None:
        """
        As `Metrics.score`; None without an interval.
        """
class Validation:
    """
    The model on devices, beside trivial predictors.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def model(self) -> Metrics:
        """
        Of the predictions.
        """
    @property
    def p5_kg(self) -> list[float]:
        """
        5th percentile of the draws, in the order of the devices.
        """
    @property
    def p95_kg(self) -> list[float]:
        """
        95th percentile of the draws, in the order of the devices.
        """
    @property
    def passed(self) -> bool:
        """
        Whether all limits are kept.
        """
    @property
    def predicted_kg(self) -> list[float]:
        """
        In the order of the devices.
        """
    @property
    def trivial(self) -> list[TrivialPredictor]:
        """
        Of the predictors that know next to nothing.
        """
def act_footprint(text: str, *, files: collections.abc.Mapping[str, str] = {}, ci_table: str = 'act2022', name: str = 'bom') -> ActFootprint:
    """
    An ACT v2 file, as text, with the files that it imports.
    """
def act_memory(device: str, process: str, *, capacity_gb: typing.SupportsFloat | typing.SupportsIndex, die_yield: typing.SupportsFloat | typing.SupportsIndex = 0.875, packages: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> tuple[float, float]:
    """
    (fab, package) in g by ACT's rules.
    """
def act_operation(*, power_w: typing.SupportsFloat | typing.SupportsIndex, lifetime_years: typing.SupportsFloat | typing.SupportsIndex, ci_g_per_kwh: typing.SupportsFloat | typing.SupportsIndex, duty: typing.SupportsFloat | typing.SupportsIndex = 1.0, year_hours: typing.SupportsFloat | typing.SupportsIndex = 8766.0) -> float:
    """
    g.
    """
def act_part(category: str, *, type: str = 'generic', weight_kg: typing.SupportsFloat | typing.SupportsIndex = 0.0, area_cm2: typing.SupportsFloat | typing.SupportsIndex = 0.0, energy_kwh: typing.SupportsFloat | typing.SupportsIndex = 0.0, chemistry: str = 'nmc', layers: typing.SupportsInt | typing.SupportsIndex = 0, quantity: typing.SupportsFloat | typing.SupportsIndex = 0.0, fab_ci: str = 'japan') -> float:
    """
    g, by ACT's rules.
    """
def amortise(*, te_kg: typing.SupportsFloat | typing.SupportsIndex, reserved_h: typing.SupportsFloat | typing.SupportsIndex, lifetime_years: typing.SupportsFloat | typing.SupportsIndex, year_hours: typing.SupportsFloat | typing.SupportsIndex = 8760.0, utilisation: typing.SupportsFloat | typing.SupportsIndex = 1.0, resource_share: typing.SupportsFloat | typing.SupportsIndex = 1.0, battery_kg: typing.SupportsFloat | typing.SupportsIndex | None = None, battery_years: typing.SupportsFloat | typing.SupportsIndex | None = None) -> float:
    """
    kg.
    """
def amortise_interval(*, te_kg: typing.SupportsFloat | typing.SupportsIndex, battery_kg: typing.SupportsFloat | typing.SupportsIndex, battery_years: typing.SupportsFloat | typing.SupportsIndex, low_years: typing.SupportsFloat | typing.SupportsIndex, high_years: typing.SupportsFloat | typing.SupportsIndex) -> tuple[float, float]:
    """
    Exact bounds of the yearly share over a range of lifetimes, kg per year.
    """
def chip_list(items: collections.abc.Mapping[str, tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]], *, days: typing.SupportsFloat | typing.SupportsIndex, lifetime_days: typing.SupportsFloat | typing.SupportsIndex) -> dict[str, float]:
    """
    Shares in t of name to (unit, kg per unit, count), by LLMCarbon.
    """
def chiplet(type: str, node_nm: typing.SupportsInt | typing.SupportsIndex, area_mm2: typing.SupportsFloat | typing.SupportsIndex, *, system_area_mm2: typing.SupportsFloat | typing.SupportsIndex | None = None, system_power_w: typing.SupportsFloat | typing.SupportsIndex = 0.0, num_iter: typing.SupportsFloat | typing.SupportsIndex = 1.0, num_parts: typing.SupportsFloat | typing.SupportsIndex = 1.0, lifetime_h: typing.SupportsFloat | typing.SupportsIndex = 0.0, wafer_mm: typing.SupportsFloat | typing.SupportsIndex = 300.0) -> ChipletCarbon:
    """
    ECO-CHIP; areas at 7 nm, scaled to the node.
    """
def compare(a: Bom, b: Bom, *, seed: typing.SupportsInt | typing.SupportsIndex = 0, draws: typing.SupportsInt | typing.SupportsIndex = 10000, ci_table: str = 'act2022', factors: collections.abc.Sequence[FactorTable] = []) -> Comparison:
    """
    Draw both with common random numbers: P(A < B), the difference, what makes it.
    """
def crossover(*, te_kg: typing.SupportsFloat | typing.SupportsIndex, lifetime_years: typing.SupportsFloat | typing.SupportsIndex, power_kw: typing.SupportsFloat | typing.SupportsIndex, load: typing.SupportsFloat | typing.SupportsIndex = 1.0, year_hours: typing.SupportsFloat | typing.SupportsIndex = 8760.0) -> tuple[float, float]:
    """
    (embodied g per h, the g/kWh below which the hardware outweighs its operation).
    """
def device_footprints() -> list[Factor]:
    """
    Published footprints of 30 consumer devices, total less use; for validation.
    """
def die_yield(model: str, area_cm2: typing.SupportsFloat | typing.SupportsIndex, *, d0_per_cm2: typing.SupportsFloat | typing.SupportsIndex = 0.15, alpha: typing.SupportsFloat | typing.SupportsIndex = 10.0) -> float:
    """
    Yield of a die: poisson, murphy, rectangular, seeds, neg_binomial or moore.
    """
def dies_per_wafer(die_mm2: typing.SupportsFloat | typing.SupportsIndex, *, wafer_mm: typing.SupportsFloat | typing.SupportsIndex = 300.0) -> float:
    """
    Not rounded.
    """
def effective_area(die_mm2: typing.SupportsFloat | typing.SupportsIndex, *, kerf_mm: typing.SupportsFloat | typing.SupportsIndex = 0.2, wafer_mm: typing.SupportsFloat | typing.SupportsIndex = 300.0, d0_per_cm2: typing.SupportsFloat | typing.SupportsIndex = 0.1) -> EffectiveArea:
    """
    Edge and saw street included; Moore's yield.
    """
def eserve_cooling(*, tdp_w: typing.SupportsFloat | typing.SupportsIndex, memory: str) -> float:
    """
    kg.
    """
def eserve_gpu(*, mem_gb: typing.SupportsFloat | typing.SupportsIndex, mem_kg_per_gb: typing.SupportsFloat | typing.SupportsIndex, pcb_cm2: typing.SupportsFloat | typing.SupportsIndex, psu_w: typing.SupportsFloat | typing.SupportsIndex, cooling_kg: typing.SupportsFloat | typing.SupportsIndex, soc_kg: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    kg.
    """
def eserve_host(*, ssd_gb: typing.SupportsFloat | typing.SupportsIndex, mem_gb: typing.SupportsFloat | typing.SupportsIndex, mem_kg_per_gb: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    kg.
    """
def expand_hsl(block: str, level: typing.SupportsInt | typing.SupportsIndex, *, tables: collections.abc.Sequence[FactorTable] = []) -> Bom:
    """
    The bill of what a block of a level consists of, with the factors of this library; checked against nothing.
    """
def explore(bom: Bom, axes: collections.abc.Sequence[tuple[str, collections.abc.Sequence[str]]], *, seed: typing.SupportsInt | typing.SupportsIndex = 0, draws: typing.SupportsInt | typing.SupportsIndex = 0, ci_table: str = 'act2022', factors: collections.abc.Sequence[FactorTable] = [], reserved: typing.Any = None, figure: typing.Any = None) -> Exploration:
    """
    Every combination of the axes' values; see co2lib.embodied.explore.
    """
def factor(id: str, *, tables: collections.abc.Sequence[FactorTable] = []) -> Factor:
    """
    A row by its id; raises embodied.unknown_factor with the nearest.
    """
def factors(*, tables: collections.abc.Sequence[FactorTable] = []) -> list[Factor]:
    """
    All rows that a look-up can find.
    """
def from_levels(levels: collections.abc.Mapping[str, typing.SupportsInt | typing.SupportsIndex]) -> Bom:
    """
    The bill of a device known by its levels only: block to 0..3; truncation 1.4 (1 to 2), profile 1.35.
    """
def hsl_total(levels: collections.abc.Mapping[str, typing.SupportsInt | typing.SupportsIndex], *, reading: str = 'tide', eol: bool = True, case: str = 'mode') -> float:
    """
    Sum of the rows of a device's levels in kg, without truncation and profile.
    """
def interpolated_gpu(*, node_nm: typing.SupportsFloat | typing.SupportsIndex, area_cm2: typing.SupportsFloat | typing.SupportsIndex, mem_gb: typing.SupportsFloat | typing.SupportsIndex, tdp_w: typing.SupportsFloat | typing.SupportsIndex, mem_kg_per_gb: typing.SupportsFloat | typing.SupportsIndex = 0.853125) -> float:
    """
    kg; calibrated to the footprint of the HGX H100.
    """
def load(file: os.PathLike[str] | str | bytes, *, allow_outside: bool = False) -> Bom:
    """
    Read a bill of materials, JSON or YAML, with its imports.
    """
def load_act(file: os.PathLike[str] | str | bytes, *, ci_table: str = 'act2022') -> ActFootprint:
    """
    An ACT v2 file.
    """
def logic_cpa(node: str = '', *, fab_ci: str | typing.SupportsFloat | typing.SupportsIndex = 'taiwan', ci_table: str = 'act2022', abatement: typing.SupportsFloat | typing.SupportsIndex = 97.0, interpolate: bool = False, epa: typing.SupportsFloat | typing.SupportsIndex | None = None, gpa: typing.SupportsFloat | typing.SupportsIndex | None = None, mpa: typing.SupportsFloat | typing.SupportsIndex | None = None) -> CarbonPerArea:
    """
    Carbon per cm2 of wafer of a node; `fab_ci` is a name or g/kWh, `epa` in kWh/cm2, `gpa` and `mpa` in g/cm2.
    """
def logic_die(area_cm2: typing.SupportsFloat | typing.SupportsIndex, cpa: CarbonPerArea, *, die_yield: typing.SupportsFloat | typing.SupportsIndex = 0.875, packages: typing.SupportsFloat | typing.SupportsIndex = 1.0, package_g: typing.SupportsFloat | typing.SupportsIndex = 150.0) -> tuple[float, float]:
    """
    (fab, package) in g.
    """
def machine(*, sockets: typing.SupportsInt | typing.SupportsIndex = 1, ram_gb: typing.SupportsFloat | typing.SupportsIndex = 16.0, hdd: typing.SupportsInt | typing.SupportsIndex = 0, ssd: typing.SupportsInt | typing.SupportsIndex = 0, gpus: collections.abc.Sequence[str] = [], is_server: bool = True) -> Bom:
    """
    The bill of a machine: the rack server, and each GPU by the name that NVML gives it.
    """
def metrics(published: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], predicted: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], p5: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [], p95: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = []) -> Metrics:
    """
    How far predictions are from published numbers; p5 and p95 both, or neither.
    """
def parse(text: str, *, name: str = 'bom', files: collections.abc.Mapping[str, str] = {}) -> Bom:
    """
    Read the text of a bill of materials; `files` are its imports and tables by name.
    """
def parse_factors(text: str, name: str = 'table') -> FactorTable:
    """
    The same, of a text.
    """
def rack_server(*, cpus: typing.SupportsFloat | typing.SupportsIndex = 1.0, ram_gb: typing.SupportsFloat | typing.SupportsIndex = 16.0, hdd: typing.SupportsFloat | typing.SupportsIndex = 0.0, ssd: typing.SupportsFloat | typing.SupportsIndex = 0.0, gpus: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> float:
    """
    kg, by Cloud Carbon Footprint.
    """
def rdl_package(chiplets: collections.abc.Sequence[tuple[str, typing.SupportsInt | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]], *, rdl_layers: typing.SupportsFloat | typing.SupportsIndex = 6.0, num_beol: typing.SupportsFloat | typing.SupportsIndex = 8.0) -> RdlPackage:
    """
    Of chiplets (type, node_nm, area_mm2 at 7 nm).
    """
def read_factors(file: os.PathLike[str] | str | bytes) -> FactorTable:
    """
    A table of one's own; raises embodied.bad_factor with file and line.
    """
def share(footprint: BomFootprint, *, reserved: typing.Any, lifetime_years: None | typing.SupportsFloat | typing.SupportsIndex | Factor = None, year_hours: typing.SupportsFloat | typing.SupportsIndex = 8760.0, utilisation: typing.SupportsFloat | typing.SupportsIndex = 1.0, resource_share: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> co2lib._core.CarbonMassEstimate:
    """
    The share of a use that reserves it for a time, with bounds and p5 to p95.
    """
def validate(devices: collections.abc.Sequence[tuple[str, typing.SupportsFloat | typing.SupportsIndex, collections.abc.Mapping[str, typing.SupportsInt | typing.SupportsIndex], typing.SupportsFloat | typing.SupportsIndex | None]], *, mape_max: typing.SupportsFloat | typing.SupportsIndex = 0.36, bias_abs_max: typing.SupportsFloat | typing.SupportsIndex = 0.12, coverage_min: typing.SupportsFloat | typing.SupportsIndex = 0.8, median_width_max: typing.SupportsFloat | typing.SupportsIndex = 4.0, fit: collections.abc.Sequence[tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex | None]] | None = None) -> Validation:
    """
    Devices are (id, published kg, levels, mass kg or None), `fit` (published kg, mass kg or None).
    """
