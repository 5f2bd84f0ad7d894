# SPDX-License-Identifier: MIT
"""
Domain intensity.
"""
from __future__ import annotations
import co2lib._core
import collections.abc
import os
import typing
__all__: list[str] = ['Description', 'EnergySample', 'Factor', 'IntensitySource', 'OriginLine', 'Place', 'Priced', 'Record', 'RelativeError', 'Repriced', 'Statistics', 'Trace', 'combine', 'convert', 'factor', 'format_time', 'location_source', 'locations', 'make_source', 'parse_csv', 'parse_time', 'place', 'places', 'price', 'read_csv', 'reprice', 'sci', 'world_average', 'world_factor']
class Record:
    """
    The carbon intensity over [start, end), and how it is known; value None is missing.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, start: typing.Any, end: typing.Any, value: co2lib._core.CarbonIntensity | None, *, signal: str = 'average', scope: str = 'lifecycle', basis: str = 'unknown', method: str = 'location', status: str = 'measured', provider: str = '', zone: str = '', origin: str = '', factor_set: str = '', updated_at: typing.Any = None, source: co2lib._core.Source | None = None, flags: collections.abc.Sequence[str] = []) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def basis(self) -> str:
        ...
    @property
    def end(self) -> typing.Any:
        ...
    @property
    def factor_set(self) -> str:
        ...
    @property
    def flags(self) -> list[str]:
        ...
    @property
    def gas(self) -> str:
        ...
    @property
    def generated_at(self) -> typing.Any:
        ...
    @property
    def method(self) -> str:
        ...
    @property
    def origin(self) -> str:
        ...
    @property
    def provider(self) -> str:
        ...
    @property
    def raw_unit(self) -> str:
        ...
    @property
    def raw_value(self) -> float | None:
        ...
    @property
    def scope(self) -> str:
        ...
    @property
    def signal(self) -> str:
        ...
    @property
    def source(self) -> co2lib._core.Source:
        ...
    @property
    def start(self) -> typing.Any:
        ...
    @property
    def status(self) -> str:
        ...
    @property
    def updated_at(self) -> typing.Any:
        ...
    @property
    def value(self) -> co2lib._core.CarbonIntensity | None:
        ...
    @property
    def zone(self) -> str:
        ...
class Statistics:
    """
    What a trace's known values are like; None where undefined.
    """
    @property
    def count(self) -> int:
        """
        Intervals with a value.
        """
    @property
    def cv(self) -> float | None:
        """
        sd / mean.
        """
    @property
    def max(self) -> co2lib._core.CarbonIntensity | None:
        ...
    @property
    def mean(self) -> co2lib._core.CarbonIntensity | None:
        ...
    @property
    def mean_daily_range(self) -> co2lib._core.CarbonIntensity | None:
        """
        Mean over whole UTC days of max - min.
        """
    @property
    def min(self) -> co2lib._core.CarbonIntensity | None:
        ...
    @property
    def sd(self) -> co2lib._core.CarbonIntensity | None:
        """
        Population standard deviation.
        """
    @property
    def sum(self) -> float:
        """
        Of all values, g/kWh.
        """
class EnergySample:
    """
    Energy used over [start, end), evenly spread inside.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, start: typing.Any, end: typing.Any, energy: co2lib._core.Energy) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def end(self) -> typing.Any:
        ...
    @property
    def energy(self) -> co2lib._core.Energy:
        ...
    @property
    def start(self) -> typing.Any:
        ...
class OriginLine:
    """
    The part of a total that one origin priced.
    """
    def __repr__(self) -> str:
        ...
    @property
    def energy(self) -> co2lib._core.Energy:
        ...
    @property
    def mass(self) -> co2lib._core.CarbonMass:
        ...
    @property
    def origin(self) -> str:
        ...
class RelativeError:
    """
    How far the truth can be from a value, as parts of it.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, low: typing.SupportsFloat | typing.SupportsIndex, high: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def high(self) -> float:
        ...
    @property
    def low(self) -> float:
        ...
class Priced:
    """
    The carbon of energy samples, and how it was priced.
    """
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    @property
    def coverage(self) -> float:
        """
        Part of the time that had values of its own.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        ...
    @property
    def error(self) -> RelativeError | None:
        """
        Relative error of the intensity, None where unknown.
        """
    @property
    def filled_hours(self) -> float:
        """
        Time filled by the gap policy, in h.
        """
    @property
    def hours(self) -> float:
        """
        Time that the samples cover, in h.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def mass(self) -> co2lib._core.CarbonMass:
        ...
    @property
    def mean(self) -> co2lib._core.CarbonIntensity | None:
        """
        mass / energy; None for no samples.
        """
    @property
    def mode(self) -> str:
        ...
    @property
    def origins(self) -> list[OriginLine]:
        ...
    @property
    def scope(self) -> str:
        ...
    @property
    def signal(self) -> str:
        ...
    @property
    def sources(self) -> list[co2lib._core.Source]:
        ...
class Repriced:
    """
    The same energy priced with two series or sources.
    """
    @property
    def after(self) -> Priced:
        ...
    @property
    def before(self) -> Priced:
        ...
    @property
    def difference(self) -> co2lib._core.CarbonMass:
        """
        after - before.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        ...
class Trace:
    """
    A sorted series of non-overlapping records of one signal and scope; immutable.
    """
    @staticmethod
    def regular(start: typing.Any, step: typing.Any, g_per_kwh: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex | None], *, signal: str = 'average', scope: str = 'lifecycle', zone: str = '', source: co2lib._core.Source | None = None) -> Trace:
        """
        Equal steps (a timedelta or seconds) from start; values in g/kWh, None is missing.
        """
    def __getitem__(self, index: typing.SupportsInt | typing.SupportsIndex) -> Record:
        ...
    def __init__(self, records: collections.abc.Sequence[Record]) -> None:
        ...
    def __len__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def at(self, time: typing.Any) -> co2lib._core.CarbonIntensity | None:
        """
        The value in force; None where missing; raises intensity.out_of_range outside.
        """
    def between(self, start: typing.Any, end: typing.Any) -> Trace:
        """
        The records that overlap [start, end), uncut.
        """
    def price(self, samples: collections.abc.Iterable[typing.Any], *, gap: str = 'fail', mode: str = 'step', max_hold: typing.Any = None) -> Priced:
        """
        Prices energy samples; see co2lib.intensity.price.
        """
    def records(self) -> list[Record]:
        ...
    def scaled(self, factor: typing.SupportsFloat | typing.SupportsIndex) -> Trace:
        """
        Every value times a factor >= 0.
        """
    def stats(self) -> Statistics:
        """
        Statistics over the known values.
        """
    @property
    def end(self) -> typing.Any:
        ...
    @property
    def provider(self) -> str:
        ...
    @property
    def scope(self) -> str:
        ...
    @property
    def signal(self) -> str:
        ...
    @property
    def source(self) -> co2lib._core.Source:
        ...
    @property
    def start(self) -> typing.Any:
        ...
    @property
    def zone(self) -> str:
        ...
class Description:
    """
    What a source is.
    """
    @property
    def name(self) -> str:
        ...
    @property
    def scope(self) -> str:
        ...
    @property
    def signal(self) -> str:
        ...
    @property
    def sources(self) -> list[co2lib._core.Source]:
        ...
class IntensitySource:
    """
    Answers with carbon intensities for times.
    """
    def __repr__(self) -> str:
        ...
    def at(self, time: typing.Any) -> Record:
        """
        The record in force.
        """
    def between(self, start: typing.Any, end: typing.Any) -> Trace:
        """
        The records that overlap [start, end).
        """
    def describe(self) -> Description:
        ...
    def line(self, start: typing.Any, end: typing.Any) -> str:
        """
        What answers for [start, end), in a line for people.
        """
    @property
    def relative_error(self) -> RelativeError | None:
        ...
class Place:
    """
    A country, a subdivision, a cloud region or WORLD, as the tables know it.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def country(self) -> str:
        """
        ISO 3166-1 alpha-3; empty for WORLD.
        """
    @property
    def country_name(self) -> str:
        """
        English.
        """
    @property
    def key(self) -> str:
        """
        As the tables write it: FRA, US-WY, aws:eu-north-1.
        """
    @property
    def name(self) -> str:
        """
        English; empty where the tables have none.
        """
    @property
    def subdivision(self) -> str:
        """
        ISO 3166-2, of a cloud region too; empty where unknown.
        """
class Factor:
    """
    The annual mean intensity of a place, and the row it comes from.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    @property
    def basis(self) -> str:
        ...
    @property
    def error(self) -> RelativeError:
        ...
    @property
    def g_per_kwh(self) -> float:
        ...
    @property
    def gas(self) -> str:
        """
        What is counted: CO2e, or CO2 alone.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def line(self) -> str:
        """
        What was asked, what answered, of which year and how: US-WY 2023, direct plus upstream.
        """
    @property
    def method(self) -> str:
        """
        published, generation_mix, direct_plus_upstream or estimate.
        """
    @property
    def place(self) -> str:
        """
        What was asked for, as the tables write it.
        """
    @property
    def scope(self) -> str:
        ...
    @property
    def source(self) -> co2lib._core.Source:
        ...
    @property
    def value(self) -> co2lib._core.CarbonIntensity:
        ...
    @property
    def via(self) -> str:
        """
        The place whose row it is: FRA, US-WY, gcp:us-central1, WORLD.
        """
    @property
    def year(self) -> int:
        ...
def combine(parts: collections.abc.Sequence[Priced]) -> Priced:
    """
    One total of parts priced apart; raises intensity.mixed_signals.
    """
def convert(value: typing.SupportsFloat | typing.SupportsIndex, from_unit: str, to_unit: str) -> float:
    """
    Converts between unit texts of energy, mass or intensity; CO2 words may follow the mass unit.
    """
def factor(location: str, *, scope: str = 'lifecycle', year: typing.SupportsInt | typing.SupportsIndex | None = None) -> Factor:
    """
    Looks up a country (FRA, FR), a subdivision (US-WY), a cloud region (aws:eu-north-1) or WORLD.

    The newest row of the year or before counts, without a year the newest; the remarks are in issues. Raises
    intensity.unknown_zone (a LookupError) with the three nearest places in details.
    """
def format_time(time: typing.Any) -> str:
    """
    Writes 2024-05-01T12:00:00Z, with .120 before the Z if the milliseconds are not 0.
    """
def location_source(location: str, *, scope: str = 'lifecycle') -> IntensitySource:
    """
    The annual factor of a place by the UTC year of the time priced.
    """
def locations() -> list[str]:
    """
    The keys of places().
    """
def make_source(what: typing.Any, *, name: str = '', signal: str = 'average', scope: str = 'lifecycle', resolution: typing.Any = None, relative_error: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex] | None = None) -> IntensitySource:
    """
    A source from a CarbonIntensity, a Trace or a function (datetime) -> CarbonIntensity.
    """
def parse_csv(text: str, *, scope: str | None = None, signal: str | None = None, unit: str | None = None, zone: str | None = None, name: str = 'CSV') -> Trace:
    """
    As read_csv, from a text.
    """
def parse_time(text: str) -> typing.Any:
    """
    Reads a time stamp with its offset as a datetime in UTC; raises intensity.bad_time.
    """
def place(location: str) -> Place:
    """
    What the tables know of a location; raises intensity.unknown_zone.
    """
def places() -> list[Place]:
    """
    Every place with a key of its own, sorted by key.
    """
def price(samples: collections.abc.Iterable[typing.Any], source: typing.Any, *, gap: str = 'fail', mode: str = 'step', max_hold: typing.Any = None) -> Priced:
    """
    Grams of energy samples: energy times the mean of the series over each sample.
    """
def read_csv(file: os.PathLike[str] | str | bytes, *, scope: str | None = None, signal: str | None = None, unit: str | None = None, zone: str | None = None) -> Trace:
    """
    Reads a CSV file of Electricity Maps, of CarbonCast, or our own (start,end,value,unit,signal,scope).
    """
def reprice(samples: collections.abc.Iterable[typing.Any], stored: typing.Any, other: typing.Any, *, gap: str = 'fail', mode: str = 'step', max_hold: typing.Any = None) -> Repriced:
    """
    Prices stored samples with two sources.
    """
def sci(energy: co2lib._core.Energy, intensity: co2lib._core.CarbonIntensity, total_embodied: co2lib._core.CarbonMass, time_reserved: typing.Any, lifespan: typing.Any, resources_reserved: typing.SupportsFloat | typing.SupportsIndex, total_resources: typing.SupportsFloat | typing.SupportsIndex, functional_units: typing.SupportsFloat | typing.SupportsIndex) -> tuple[co2lib._core.CarbonMass, co2lib._core.CarbonMass, float]:
    """
    (operational, embodied, g per functional unit) of the software carbon intensity.
    """
def world_average(*, scope: str = 'lifecycle') -> IntensitySource:
    """
    The world average by the UTC year of the time priced.
    """
def world_factor(*, scope: str = 'lifecycle', year: typing.SupportsInt | typing.SupportsIndex | None = None) -> Factor:
    """
    The average of the world.
    """
