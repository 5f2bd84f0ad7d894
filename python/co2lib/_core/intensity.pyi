# SPDX-License-Identifier: MIT
"""
Domain intensity.
"""
from __future__ import annotations
import co2lib._core
import collections.abc
import datetime
import os
import typing
__all__: list[str] = ['Answer', 'Backtest', 'Cache', 'DayScore', 'Description', 'EnergySample', 'Factor', 'Forecast', 'FuelMix', 'HttpField', 'HttpRequest', 'HttpResponse', 'IntensitySource', 'IssuedForecast', 'LevelScore', 'LiveSource', 'OriginLine', 'Place', 'Priced', 'Provider', 'ProviderSettings', 'Query', 'Record', 'RelativeError', 'Repriced', 'Statistics', 'Trace', 'backtest', 'climatology', 'code_of_status', 'combine', 'convert', 'factor', 'fallback', 'fetch', 'flow_trace', 'forecast', 'forecast_of', 'format_time', 'fuel_factors', 'fuel_mix', 'hourly_means', 'json_line', 'live_source', 'location_source', 'locations', 'make_source', 'one_hop', 'parse_csv', 'parse_forecast_line', 'parse_forecasts', 'parse_json_line', 'parse_json_lines', 'parse_time', 'place', 'places', 'price', 'provider', 'provider_ids', 'providers', 'read_csv', 'read_forecasts', 'read_json_lines', 'redact', 'redact_headers', 'reprice', 'sci', 'score', 'settled', 'with_fallback', 'world_average', 'world_factor', 'write_forecasts', 'write_json_lines']
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
        """
        Not part of the interval.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        Of the interval, IT energy.
        """
    @property
    def start(self) -> typing.Any:
        """
        Part of the interval.
        """
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
        """
        What it is; asks nobody.
        """
    def forecast(self, issued_at: typing.Any, *, horizon_h: typing.SupportsInt | typing.SupportsIndex = 96) -> Forecast:
        """
        Its own forecast, if it has one; else blend on what it answers for the time before.
        """
    def line(self, start: typing.Any, end: typing.Any) -> str:
        """
        What answers for [start, end), in a line for people.
        """
    @property
    def relative_error(self) -> RelativeError | None:
        """
        The error that all its values share; None where it is not known.
        """
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
        """
        The truth is at most value (1 + high).
        """
    @property
    def low(self) -> float:
        """
        >= -1: the truth is at least value (1 + low).
        """
class Record:
    """
    The carbon intensity over [start, end), and how it is known; value None is missing.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, start: typing.Any, end: typing.Any, value: co2lib._core.CarbonIntensity | None, *, signal: str = 'average', scope: str = 'lifecycle', basis: str = 'unknown', method: str = 'location', status: str = 'measured', provider: str = '', zone: str = '', origin: str = '', factor_set: str = '', gas: str = '', raw_value: typing.SupportsFloat | typing.SupportsIndex | None = None, raw_unit: str = '', generated_at: typing.Any = None, updated_at: typing.Any = None, error: RelativeError | None = None, source: co2lib._core.Source | None = None, flags: collections.abc.Sequence[str] = []) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def basis(self) -> str:
        """
        Which electricity.
        """
    @property
    def end(self) -> typing.Any:
        """
        Not part of the interval.
        """
    @property
    def error(self) -> RelativeError | None:
        """
        Relative error of the value, None where unknown.
        """
    @property
    def factor_set(self) -> str:
        """
        The fuel factors it was computed with.
        """
    @property
    def flags(self) -> list[str]:
        """
        Codes of remarks: `negative`, `old_factor`, ...
        """
    @property
    def gas(self) -> str:
        """
        `CO2`, `CO2e` or `CO2eq`, as the unit text says.
        """
    @property
    def generated_at(self) -> typing.Any:
        """
        Issue time of a forecast.
        """
    @property
    def method(self) -> str:
        """
        Which accounting.
        """
    @property
    def origin(self) -> str:
        """
        Which link answered: `trace`, `live`, `annual_factor`, ...
        """
    @property
    def provider(self) -> str:
        """
        Who published it: `electricitymaps`.
        """
    @property
    def raw_unit(self) -> str:
        """
        As received.
        """
    @property
    def raw_value(self) -> float | None:
        """
        As received.
        """
    @property
    def scope(self) -> str:
        """
        What is counted.
        """
    @property
    def signal(self) -> str:
        """
        Whose emissions.
        """
    @property
    def source(self) -> co2lib._core.Source:
        """
        Publication, year and licence.
        """
    @property
    def start(self) -> typing.Any:
        """
        Part of the interval.
        """
    @property
    def status(self) -> str:
        """
        How the value came about.
        """
    @property
    def updated_at(self) -> typing.Any:
        """
        When the publisher last changed it.
        """
    @property
    def value(self) -> co2lib._core.CarbonIntensity | None:
        """
        None where it is missing.
        """
    @property
    def zone(self) -> str:
        """
        The provider's own key of the place: `SE-SE3`.
        """
class OriginLine:
    """
    The part of a total that one origin priced.
    """
    def __repr__(self) -> str:
        ...
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        That it priced.
        """
    @property
    def mass(self) -> co2lib._core.CarbonMass:
        """
        Of that energy.
        """
    @property
    def origin(self) -> str:
        """
        Which link gave the values: `trace`, `live`, ...
        """
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
        """
        Of all samples.
        """
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
        """
        Of the series, and of how it was priced.
        """
    @property
    def mass(self) -> co2lib._core.CarbonMass:
        """
        Of all samples.
        """
    @property
    def mean(self) -> co2lib._core.CarbonIntensity | None:
        """
        mass / energy; None for no samples.
        """
    @property
    def mode(self) -> str:
        """
        As asked for.
        """
    @property
    def origins(self) -> list[OriginLine]:
        """
        They sum to the total.
        """
    @property
    def scope(self) -> str:
        """
        Of the series: what is counted.
        """
    @property
    def signal(self) -> str:
        """
        Of the series: whose emissions.
        """
    @property
    def sources(self) -> list[co2lib._core.Source]:
        """
        Of the intensities.
        """
class Repriced:
    """
    The same energy priced with two series or sources.
    """
    @property
    def after(self) -> Priced:
        """
        With the other one.
        """
    @property
    def before(self) -> Priced:
        """
        With the stored one.
        """
    @property
    def difference(self) -> co2lib._core.CarbonMass:
        """
        after - before.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        Of the samples, the same for both.
        """
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
        """
        The greatest; None without values.
        """
    @property
    def mean(self) -> co2lib._core.CarbonIntensity | None:
        """
        Each interval counting once; None without values.
        """
    @property
    def mean_daily_range(self) -> co2lib._core.CarbonIntensity | None:
        """
        Mean over whole UTC days of max - min.
        """
    @property
    def min(self) -> co2lib._core.CarbonIntensity | None:
        """
        The least; None without values.
        """
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
    def mean(self, start: typing.Any, end: typing.Any) -> co2lib._core.CarbonIntensity | None:
        """
        Mean of the known values over [start, end); None where none is known.
        """
    def price(self, samples: collections.abc.Iterable[typing.Any], *, gap: str = 'fail', mode: str = 'step', max_hold: typing.Any = None) -> Priced:
        """
        Prices energy samples; see co2lib.intensity.price.
        """
    def records(self) -> list[Record]:
        """
        All records, in the order of time.
        """
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
        """
        The end of the last record; intensity.no_data if the trace is empty.
        """
    @property
    def provider(self) -> str:
        """
        Of the first record; those of a chained trace may differ.
        """
    @property
    def scope(self) -> str:
        """
        Of all records.
        """
    @property
    def signal(self) -> str:
        """
        Of all records.
        """
    @property
    def source(self) -> co2lib._core.Source:
        """
        Of the first record; those of a chained trace may differ.
        """
    @property
    def start(self) -> typing.Any:
        """
        The start of the first record; intensity.no_data if the trace is empty.
        """
    @property
    def zone(self) -> str:
        """
        Of the first record; those of a chained trace may differ.
        """
class Description:
    """
    What a source is.
    """
    @property
    def name(self) -> str:
        """
        `FRA`, `world_average`, `fixed`, a zone.
        """
    @property
    def scope(self) -> str:
        """
        Of all its values.
        """
    @property
    def signal(self) -> str:
        """
        Of all its values.
        """
    @property
    def sources(self) -> list[co2lib._core.Source]:
        """
        Of all its values, as far as known before asking.
        """
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
        """
        Which electricity.
        """
    @property
    def error(self) -> RelativeError:
        """
        Of using it for an hour at the place asked for.
        """
    @property
    def g_per_kwh(self) -> float:
        """
        Of `value`, g CO2e/kWh.
        """
    @property
    def gas(self) -> str:
        """
        What is counted: CO2e, or CO2 alone.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        `wider_place`, `estimated_factor`, `old_factor`, `world_average`.
        """
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
        """
        What is counted.
        """
    @property
    def source(self) -> co2lib._core.Source:
        """
        Of the row.
        """
    @property
    def value(self) -> co2lib._core.CarbonIntensity:
        """
        Of that year.
        """
    @property
    def via(self) -> str:
        """
        The place whose row it is: FRA, US-WY, gcp:us-central1, WORLD.
        """
    @property
    def year(self) -> int:
        """
        Of the row used.
        """
class FuelMix:
    """
    The mean intensity of a mix, and what was left out of it.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def flags(self) -> list[str]:
        """
        imports_excluded, partial_mix, storage_excluded, negative_clamped.
        """
    @property
    def value(self) -> co2lib._core.CarbonIntensity:
        """
        Of what is left, per kWh of it.
        """
class Forecast:
    """
    A forecast issued at one time: values over equal steps, and how far off they may be.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __len__(self) -> int:
        ...
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
    def interval(self, step: typing.SupportsInt | typing.SupportsIndex, level: typing.SupportsFloat | typing.SupportsIndex = 0.9) -> co2lib._core.CarbonIntensityInterval | None:
        """
        The interval of a step at 0.8, 0.9 or 0.95; None where none is known.
        """
    def trace(self) -> Trace:
        """
        Its steps as a trace, to price energy with.
        """
    def value(self, step: typing.SupportsInt | typing.SupportsIndex) -> co2lib._core.CarbonIntensity:
        """
        The value of a step; beyond the last `intensity.out_of_range`.
        """
    @property
    def attributes(self) -> Record:
        """
        Signal, scope, zone, ... as a Record without value.
        """
    @property
    def climatology_from(self) -> int:
        """
        From this step on it is the mean of the same hour of the last 28 days.
        """
    @property
    def end(self) -> typing.Any:
        """
        End of the last step.
        """
    @property
    def g_per_kwh(self) -> list[float]:
        """
        Finite; an average is >= 0.
        """
    @property
    def half_widths(self) -> list[typing.Annotated[list[float | None], "FixedSize(3)"]]:
        """
        Of the 80, 90 and 95 % intervals of each step, g/kWh.
        """
    @property
    def issued_at(self) -> typing.Any:
        """
        Nothing known later was used.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        `no_interval`, `climatology`.
        """
    @property
    def method(self) -> str:
        """
        blend, ridge28, ..., a provider's id.
        """
    @property
    def start(self) -> typing.Any:
        """
        Of the first step.
        """
    @property
    def step_s(self) -> float:
        """
        Length of each step, s.
        """
class LevelScore:
    """
    How the intervals of one level did.
    """
    @property
    def coverage(self) -> float:
        """
        Part of the truths inside.
        """
    @property
    def level(self) -> float:
        """
        What they promise: 0.8, 0.9, 0.95.
        """
    @property
    def winkler(self) -> float:
        """
        Width, and 2 / (1 - level) times what a truth lies outside, g/kWh.
        """
class DayScore:
    """
    The scores of one day of leads: day d has the leads 24 (d - 1) to 24 d - 1 h.
    """
    @property
    def levels(self) -> list[LevelScore]:
        """
        Of those; empty if there are none.
        """
    @property
    def mae_g_per_kwh(self) -> float:
        """
        Mean of abs(f - a).
        """
    @property
    def mape_percent(self) -> float | None:
        """
        100 times the mean of abs(f - a) / a over a > 0.
        """
    @property
    def pairs(self) -> int:
        """
        Forecast and truth.
        """
    @property
    def pinball_g_per_kwh(self) -> float | None:
        """
        Mean over those and the quantiles .025 .05 .1 .5 .9 .95 .975.
        """
    @property
    def with_interval(self) -> int:
        """
        Pairs whose forecast has intervals.
        """
class Backtest:
    """
    The scores of a method on a series.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def days(self) -> list[DayScore]:
        """
        By day ahead: leads 0 to 23 h, 24 to 47 h, ...
        """
    @property
    def first(self) -> typing.Any:
        """
        The first issue.
        """
    @property
    def issues(self) -> int:
        """
        How many forecasts.
        """
    @property
    def last(self) -> typing.Any:
        """
        The last issue.
        """
    @property
    def mean_spearman_day1(self) -> float | None:
        """
        Rank correlation of the first 24 leads, mean over the issues where it is defined.
        """
    @property
    def method(self) -> str:
        """
        Name of the forecaster.
        """
class HttpField:
    """
    A name and its value: of a query, not yet percent-encoded, or of a header.
    """
    def __repr__(self) -> str:
        ...
    @property
    def name(self) -> str:
        """
        As it is sent.
        """
    @property
    def secret(self) -> bool:
        """
        A token or password: never shown, logged or stored.
        """
    @property
    def value(self) -> str:
        """
        As it is sent, also where it is a secret.
        """
class HttpRequest:
    """
    What is sent to a provider; its repr shows no secret.
    """
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    @property
    def body(self) -> bytes:
        """
        Of the request; empty: there is none.
        """
    @property
    def body_limit(self) -> int:
        """
        Bytes of the response's body.
        """
    @property
    def connect_timeout(self) -> datetime.timedelta:
        """
        Until the connection stands.
        """
    @property
    def endpoint(self) -> str:
        """
        The provider's name of what is asked, for Provider.parse.
        """
    @property
    def headers(self) -> list[HttpField]:
        """
        In their order.
        """
    @property
    def method(self) -> str:
        """
        `GET`, or `POST`.
        """
    @property
    def query(self) -> list[HttpField]:
        """
        In their order.
        """
    @property
    def target(self) -> str:
        """
        The whole URL as it is sent, secrets and all.
        """
    @property
    def timeout(self) -> datetime.timedelta:
        """
        Of the whole request.
        """
    @property
    def url(self) -> str:
        """
        Without the query.
        """
class HttpResponse:
    """
    What came back.
    """
    def __init__(self, status: typing.SupportsInt | typing.SupportsIndex, body: typing.Any = b'', headers: collections.abc.Mapping[str, str] = {}) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def body(self) -> bytes:
        """
        Decoded text; at most `body_limit` bytes.
        """
    @property
    def headers(self) -> list[HttpField]:
        """
        In the order received; names as received.
        """
    @property
    def status(self) -> int:
        """
        Of HTTP: 200.
        """
class ProviderSettings:
    """
    What the user of a provider sets once; empty or None is the provider's default.
    """
    def __init__(self, *, token: str | None = None, user: str = '', password: str = '', base_url: str = '', version: str = '', token_header: str = '', granularity: str = '', disable_estimations: bool | None = None, model: str = '', include_imputed_marker: bool = False, widen: bool = False, factor_set: str = '', factors: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex] = {}, chunk: typing.Any = None, page_rows: typing.SupportsInt | typing.SupportsIndex = 5000) -> None:
        ...
    def __repr__(self) -> str:
        ...
class Query:
    """
    What a provider is asked: the latest value; with start and end the records that touch [start, end);
    with horizon the forecast; with all three the forecasts that were made in [start, end).
    """
    def __init__(self, zone: str = '', *, latitude: typing.SupportsFloat | typing.SupportsIndex | None = None, longitude: typing.SupportsFloat | typing.SupportsIndex | None = None, data_center: str = '', start: typing.Any = None, end: typing.Any = None, horizon: typing.Any = None, now: typing.Any = None, signal: str | None = None, scope: str | None = None, total_rows: typing.SupportsInt | typing.SupportsIndex | None = None, settings: ProviderSettings = ...) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def data_center(self) -> str:
        """
        In the place of a zone, Electricity Maps: `gcp:europe-west1`.
        """
    @property
    def end(self) -> typing.Any:
        """
        Of the interval, not part of it.
        """
    @property
    def latitude(self) -> float | None:
        """
        In the place of a zone; 0 is a coordinate.
        """
    @property
    def longitude(self) -> float | None:
        """
        As above.
        """
    @property
    def now(self) -> typing.Any:
        """
        The time of asking, for providers that must be told it.
        """
    @property
    def start(self) -> typing.Any:
        """
        Of the interval, part of it.
        """
    @property
    def total_rows(self) -> int | None:
        """
        EIA: rows in all, where known; all pages are asked at once.
        """
    @property
    def zone(self) -> str:
        """
        The provider's own key: `DE`, a WattTime region, a respondent, a price area, an EIC code.
        """
class IssuedForecast:
    """
    A forecast as the provider issued it.
    """
    @property
    def generated_at(self) -> typing.Any:
        """
        When it was made, or issued.
        """
    @property
    def records(self) -> list[Record]:
        """
        Of status `forecast`, in the order of time.
        """
class Answer:
    """
    What a response says. Records are sorted and touch the interval asked for.
    """
    def __repr__(self) -> str:
        ...
    @property
    def forecast_records(self) -> list[Record]:
        """
        Of a provider that answers with both: its forecast.
        """
    @property
    def forecasts(self) -> list[IssuedForecast]:
        """
        One per issue, where past ones were asked for.
        """
    @property
    def generated_at(self) -> typing.Any:
        """
        When the forecast in `records` was made.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        Remarks of the provider on its answer.
        """
    @property
    def records(self) -> list[Record]:
        """
        Of the interval asked for, in the order of time.
        """
    @property
    def token(self) -> str:
        """
        Secret: of a log-in.
        """
    @property
    def total_rows(self) -> int | None:
        """
        Rows in all pages (EIA).
        """
    @property
    def zone(self) -> str:
        """
        The zone that coordinates lie in, where that was asked.
        """
class Provider:
    """
    Who publishes carbon intensities; makes requests and reads responses.
    """
    def __repr__(self) -> str:
        ...
    def locate(self, query: Query) -> HttpRequest | None:
        """
        The request that turns coordinates into a zone, or checks a zone; None if there is none.
        """
    def login(self, query: Query) -> HttpRequest:
        """
        The request that gives a token (Answer.token).
        """
    def next_page(self, first: HttpRequest, pages: collections.abc.Sequence[HttpResponse]) -> HttpRequest | None:
        """
        The request for the rest of an answer; None if it is whole.
        """
    @typing.overload
    def parse(self, endpoint: str, response: HttpResponse, query: Query) -> Answer:
        """
        The records of a response.
        """
    @typing.overload
    def parse(self, endpoint: str, pages: collections.abc.Sequence[HttpResponse], query: Query) -> Answer:
        """
        As above, of the pages of one request in order.
        """
    def requests(self, query: Query) -> list[HttpRequest]:
        """
        The requests that answer a question; their intervals are contiguous and cover the interval once.
        """
    @property
    def base_url(self) -> str:
        """
        Empty: must be set.
        """
    @property
    def forecast_period(self) -> datetime.timedelta:
        """
        Until it issues the next forecast; 1 h where unknown.
        """
    @property
    def id(self) -> str:
        """
        By which it is found: `neso_gb`.
        """
    @property
    def licence(self) -> str:
        """
        Of its data.
        """
    @property
    def longest_horizon(self) -> datetime.timedelta:
        """
        Of its forecasts; 0: it has none.
        """
    @property
    def name(self) -> str:
        """
        For people: `NESO Carbon Intensity API`.
        """
    @property
    def needs_login(self) -> bool:
        """
        The token comes from login.
        """
    @property
    def needs_now(self) -> bool:
        """
        Query.now must be set for the latest value or the forecast.
        """
    @property
    def needs_token(self) -> bool:
        """
        Whether it answers only with a token.
        """
    @property
    def step(self) -> datetime.timedelta:
        """
        Length of its records.
        """
    @property
    def token_life(self) -> datetime.timedelta:
        """
        How long a token of its log-in is valid; None where it has no log-in.
        """
    @property
    def unsettled(self) -> datetime.timedelta:
        """
        Its newest records may lack parts; see settled.
        """
    @property
    def zone(self) -> str:
        """
        What its zone is called.
        """
class Cache:
    """
    Records of providers, kept for the time when they fail.
    """
    def __init__(self, folder: os.PathLike[str] | str | bytes | None = None) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def find(self, provider: str, zone: str, start: typing.Any, end: typing.Any, *, signal: str = 'average', scope: str = 'lifecycle') -> list[Record]:
        """
        The records that overlap [a, b), sorted, without overlap; looks for what other processes wrote.
        """
    def put(self, provider: str, zone: str, records: collections.abc.Sequence[Record], *, signal: str = 'average', scope: str = 'lifecycle') -> None:
        """
        Takes records in. In a folder that cannot be written they stay in memory; `issues` tells.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        What went wrong with the folder: `cache_damaged`, `cache_unwritable`, `cache_busy`.
        """
class LiveSource(IntensitySource):
    """
    A provider that is asked when needed.
    """
    def __repr__(self) -> str:
        ...
    @property
    def failure(self) -> co2lib._core.Issue | None:
        """
        What went wrong when it was asked last, or None.
        """
    @property
    def remarks(self) -> list[co2lib._core.Issue]:
        """
        What the provider remarked on its answers.
        """
def backtest(trace: Trace, *, method: str = 'blend', first_issue: typing.Any = None, horizon_h: typing.SupportsInt | typing.SupportsIndex = 96, step_h: typing.SupportsInt | typing.SupportsIndex = 24) -> Backtest:
    """
    Issues a forecast every `step_h` hours, each from the hours before it alone, and scores them all.
    """
def climatology(trace: Trace, time: typing.Any, *, days: typing.SupportsInt | typing.SupportsIndex = 7, at_least: typing.SupportsInt | typing.SupportsIndex = 3) -> co2lib._core.CarbonIntensity | None:
    """
    The mean of the same UTC hour of the days before; None for fewer than `at_least` known ones.
    """
def code_of_status(status: typing.SupportsInt | typing.SupportsIndex, body: str = '') -> str:
    """
    The code that a status means, without `intensity.`; empty for 2xx.
    """
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
def fallback(now: typing.Any, *, live: collections.abc.Sequence[Record] | str | None = None, cache: collections.abc.Sequence[Record] = [], location: str = '', signal: str | None = None, scope: str | None = None, stale_for: typing.Any = None) -> Record:
    """
    The record of a time by the chain: live records or the code of their failure, cached records, factors.
    """
def fetch(transport: typing.Any, request: typing.Any, *, wait: typing.Any = None, now: typing.Any = None, jitter: typing.Any = None, attempts: typing.SupportsInt | typing.SupportsIndex = 3) -> HttpResponse:
    """
    Sends a request until it is answered for good: repeated where that can help, redirected on its host only.
    """
def flow_trace(zones: collections.abc.Mapping[str, tuple[typing.SupportsFloat | typing.SupportsIndex, co2lib._core.CarbonIntensity | None]], flows: collections.abc.Sequence[tuple[str, str, typing.SupportsFloat | typing.SupportsIndex]]) -> dict[str, co2lib._core.CarbonIntensity]:
    """
    Intensity of what each zone uses: {zone: (MW produced, intensity)}, [(from, to, MW)].
    """
def forecast(trace: Trace, issued_at: typing.Any = None, *, horizon_h: typing.SupportsInt | typing.SupportsIndex = 96, method: str = 'blend', intervals: bool = True) -> Forecast:
    """
    Forecasts the hours after `issued_at` (default: the end of what is known) from those before it alone.
    """
def forecast_of(records: collections.abc.Sequence[Record]) -> Forecast:
    """
    A forecast that somebody else made, from its records: in equal steps, of one generated_at.
    """
def format_time(time: typing.Any) -> str:
    """
    Writes 2024-05-01T12:00:00Z, with .120 before the Z if the milliseconds are not 0.
    """
def fuel_factors(set: str, *, scope: str = 'lifecycle') -> dict[str, float]:
    """
    g CO2e/kWh of each fuel of one set: ar5, srren2011, carboncast, neso_gb.
    """
def fuel_mix(energy: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex | None], factors: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex], *, storage: collections.abc.Sequence[str] = [], exclude: collections.abc.Sequence[str] = []) -> FuelMix:
    """
    Mean intensity of a mix: {fuel: energy, None unknown}, {fuel: g/kWh}; storage and imports of unknown origin by
    name.
    """
def hourly_means(trace: Trace) -> Trace:
    """
    Means over whole UTC hours of a trace with steps of up to an hour; what is not wholly known is missing.
    """
@typing.overload
def json_line(record: Record) -> str:
    """
    One record as a line of JSON, without a line end.
    """
@typing.overload
def json_line(forecast: Forecast) -> str:
    """
    One forecast as a line of JSON, without a line end.
    """
def live_source(provider: str, zone: str, settings: dict[str, typing.Any], transport: typing.Any, clock: co2lib._core.Clock | None = None, attempts: typing.SupportsInt | typing.SupportsIndex = 3) -> LiveSource:
    ...
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
def one_hop(production_mw: typing.SupportsFloat | typing.SupportsIndex, production_intensity: co2lib._core.CarbonIntensity | None, imports: collections.abc.Sequence[tuple[typing.SupportsFloat | typing.SupportsIndex, co2lib._core.CarbonIntensity]]) -> co2lib._core.CarbonIntensity:
    """
    Intensity of what a zone uses whose imports [(MW, intensity)] are known.
    """
def parse_csv(text: str, *, scope: str | None = None, signal: str | None = None, unit: str | None = None, zone: str | None = None, name: str = 'CSV') -> Trace:
    """
    As read_csv, from a text.
    """
def parse_forecast_line(line: str) -> Forecast:
    """
    The forecast of a line of json_line.
    """
def parse_forecasts(text: str, name: str = 'JSON lines') -> list[Forecast]:
    """
    The forecasts of lines of JSON; refusals name `name` and the line.
    """
def parse_json_line(line: str) -> Record:
    """
    The record of a line that json_line has written.
    """
def parse_json_lines(text: str, name: str = 'JSON lines') -> list[Record]:
    """
    The records of lines of JSON; refusals name `name` and the line.
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
def provider(id: str) -> Provider:
    """
    The provider with this id; raises intensity.bad_value naming those that are known.
    """
def provider_ids() -> list[str]:
    """
    The ids by which `live_source` finds providers.
    """
def providers() -> list[typing.Any]:
    """
    The providers, sorted by id.
    """
def read_csv(file: os.PathLike[str] | str | bytes, *, scope: str | None = None, signal: str | None = None, unit: str | None = None, zone: str | None = None) -> Trace:
    """
    Reads a CSV file of Electricity Maps, of CarbonCast, or our own (start,end,value,unit,signal,scope).
    """
def read_forecasts(file: os.PathLike[str] | str | bytes) -> list[Forecast]:
    """
    The forecasts of a file of JSON lines; refusals name the file and the line.
    """
def read_json_lines(file: os.PathLike[str] | str | bytes) -> list[Record]:
    """
    The records of a file of JSON lines; refusals name the file and the line.
    """
def redact(url: str) -> str:
    """
    The URL with ``***`` for its user info and for the values of secret names.
    """
def redact_headers(headers: collections.abc.Mapping[str, str]) -> dict[str, str]:
    """
    The headers with ``***`` for the values that are secret.
    """
def reprice(samples: collections.abc.Iterable[typing.Any], stored: typing.Any, other: typing.Any, *, gap: str = 'fail', mode: str = 'step', max_hold: typing.Any = None) -> Repriced:
    """
    Prices stored samples with two sources.
    """
def sci(energy: co2lib._core.Energy, intensity: co2lib._core.CarbonIntensity, total_embodied: co2lib._core.CarbonMass, time_reserved: typing.Any, lifespan: typing.Any, resources_reserved: typing.SupportsFloat | typing.SupportsIndex, total_resources: typing.SupportsFloat | typing.SupportsIndex, functional_units: typing.SupportsFloat | typing.SupportsIndex) -> tuple[co2lib._core.CarbonMass, co2lib._core.CarbonMass, float]:
    """
    (operational, embodied, g per functional unit) of the software carbon intensity.
    """
@typing.overload
def score(forecasts: collections.abc.Sequence[Forecast], truth: Trace) -> Backtest:
    """
    Scores forecasts that somebody made.
    """
@typing.overload
def score(forecasts: collections.abc.Sequence[Forecast], truth: collections.abc.Sequence[Trace]) -> Backtest:
    """
    As above, each forecast with a truth of its own.
    """
def settled(records: collections.abc.Sequence[Record], query: Query, now: typing.Any, unsettled: typing.Any) -> list[Record]:
    """
    Leaves out the newest records, which may lack parts without a sign of it.
    """
def with_fallback(source: IntensitySource | None, location: str = '', cache: Cache | None = None, stale_for: typing.Any = None, signal: str | None = None, scope: str | None = None) -> IntensitySource:
    ...
def world_average(*, scope: str = 'lifecycle') -> IntensitySource:
    """
    The world average by the UTC year of the time priced.
    """
def world_factor(*, scope: str = 'lifecycle', year: typing.SupportsInt | typing.SupportsIndex | None = None) -> Factor:
    """
    The average of the world.
    """
def write_forecasts(file: os.PathLike[str] | str | bytes, forecasts: collections.abc.Sequence[Forecast]) -> None:
    """
    Writes forecasts to a file of JSON lines, which is replaced.
    """
def write_json_lines(file: os.PathLike[str] | str | bytes, records: collections.abc.Sequence[Record]) -> None:
    """
    Writes records to a file, which is replaced; every attribute is kept.
    """
