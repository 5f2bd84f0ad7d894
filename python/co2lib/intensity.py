# SPDX-License-Identifier: MIT
"""Domain intensity: grams per kilowatt-hour, here, then.

>>> import co2lib
>>> co2lib.intensity.factor("FRA", year=2025).g_per_kwh
41.45

Times are timezone-aware datetimes, or texts with their offset such as ``2024-05-01T12:00:00Z``. Samples of
energy are ``EnergySample`` or tuples ``(start, end, Energy)``, sorted by start. Wherever a source is taken, a
``Trace``, a ``CarbonIntensity`` or a function ``(datetime) -> CarbonIntensity`` will do.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from co2lib._core import CarbonIntensity, CarbonMass, Energy
from co2lib._core import intensity as _core
from co2lib._core.intensity import (
    Answer,
    Backtest,
    Cache,
    DayScore,
    Description,
    EnergySample,
    Factor,
    Forecast,
    FuelMix,
    HttpField,
    HttpRequest,
    HttpResponse,
    IntensitySource,
    IssuedForecast,
    LevelScore,
    LiveSource,
    OriginLine,
    Place,
    Priced,
    Provider,
    ProviderSettings,
    Query,
    Record,
    RelativeError,
    Repriced,
    Statistics,
    Trace,
    backtest,
    climatology,
    code_of_status,
    combine,
    convert,
    factor,
    fallback,
    fetch,
    flow_trace,
    forecast,
    forecast_of,
    format_time,
    fuel_factors,
    fuel_mix,
    hourly_means,
    json_line,
    location_source,
    locations,
    make_source,
    one_hop,
    parse_csv,
    parse_forecast_line,
    parse_forecasts,
    parse_json_line,
    parse_json_lines,
    parse_time,
    place,
    places,
    price,
    provider,
    provider_ids,
    providers,
    read_csv,
    read_forecasts,
    read_json_lines,
    redact,
    redact_headers,
    reprice,
    score,
    settled,
    world_average,
    world_factor,
    write_forecasts,
    write_json_lines,
)
from co2lib._errors import BadValueError
from co2lib._providers import (
    carbon_aware_sdk,
    eia,
    electricity_maps,
    energi_data_service,
    entsoe,
    live_source,
    neso_gb,
    read_intensity,
    watttime,
    with_fallback,
)

__all__ = [
    "Answer",
    "Backtest",
    "Cache",
    "DayScore",
    "Description",
    "EnergySample",
    "Factor",
    "Forecast",
    "FuelMix",
    "HttpField",
    "HttpRequest",
    "HttpResponse",
    "IntensitySource",
    "IssuedForecast",
    "LevelScore",
    "LiveSource",
    "OriginLine",
    "Place",
    "Priced",
    "Provider",
    "ProviderSettings",
    "Query",
    "Record",
    "RelativeError",
    "Repriced",
    "SciScore",
    "Statistics",
    "Trace",
    "backtest",
    "carbon_aware_sdk",
    "climatology",
    "code_of_status",
    "combine",
    "convert",
    "eia",
    "electricity_maps",
    "energi_data_service",
    "entsoe",
    "factor",
    "fallback",
    "fetch",
    "flow_trace",
    "forecast",
    "forecast_of",
    "format_time",
    "fuel_factors",
    "fuel_mix",
    "hourly_means",
    "json_line",
    "live_source",
    "location_source",
    "locations",
    "make_source",
    "neso_gb",
    "one_hop",
    "parse_csv",
    "parse_forecast_line",
    "parse_forecasts",
    "parse_json_line",
    "parse_json_lines",
    "parse_local_time",
    "parse_time",
    "place",
    "places",
    "price",
    "provider",
    "provider_ids",
    "providers",
    "read_csv",
    "read_forecasts",
    "read_intensity",
    "read_json_lines",
    "redact",
    "redact_headers",
    "reprice",
    "sci",
    "score",
    "settled",
    "watttime",
    "with_fallback",
    "world_average",
    "world_factor",
    "write_forecasts",
    "write_json_lines",
]


class SciScore(NamedTuple):
    """A software carbon intensity and its two parts before they are divided by the functional units."""

    operational: CarbonMass
    embodied: CarbonMass
    g_per_unit: float


def sci(
    energy: Energy,
    intensity: CarbonIntensity,
    *,
    total_embodied: CarbonMass,
    time_reserved: timedelta,
    lifespan: timedelta,
    resources_reserved: float,
    total_resources: float,
    functional_units: float,
) -> SciScore:
    """Software carbon intensity ``(E * I + TE * (TiR / EL) * (RR / ToR)) / R`` in g CO2e per functional unit.

    Parameters
    ----------
    energy : Energy
        E, with idle reserve and PUE.
    intensity : CarbonIntensity
        I, location-based; never market-based.
    total_embodied : CarbonMass
        TE, of the whole hardware.
    time_reserved, lifespan : timedelta
        TiR and EL.
    resources_reserved, total_resources : float
        RR and ToR, in one unit, for example cores.
    functional_units : float
        R.

    Raises
    ------
    co2lib.Error
        ``intensity.bad_value`` if R, EL or ToR is not above 0 or another argument is negative.

    Notes
    -----
    Source: SCI specification 1.1.0, published as ISO/IEC 21031:2024.
    """
    return SciScore(
        *_core.sci(
            energy,
            intensity,
            total_embodied,
            time_reserved,
            lifespan,
            resources_reserved,
            total_resources,
            functional_units,
        )
    )


def parse_local_time(text: str, zone: str) -> datetime:
    """Read a wall time of an IANA time zone, such as ``2022-07-01T12:00:00`` in ``Europe/Copenhagen``.

    Parameters
    ----------
    text : str
        ``YYYY-MM-DDThh:mm[:ss[.f...]]`` without an offset.
    zone : str
        A name of the IANA time zone database.

    Returns
    -------
    datetime
        In UTC.

    Raises
    ------
    co2lib.Error
        ``intensity.bad_time``: a wall time that occurs twice or never because the clocks change, one with an
        offset, another text, an unknown zone.
    """
    from zoneinfo import ZoneInfo  # not every program has local times

    utc = parse_time(f"{text}Z")  # refuses what is not a wall time; an offset would stand before the Z
    try:
        place = ZoneInfo(zone)
    except (OSError, ValueError, LookupError) as error:
        raise BadValueError("intensity.bad_time", f"zone: '{zone}' is not an IANA time zone") from error
    wall = utc.replace(tzinfo=place)
    first: datetime
    first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    never = first.astimezone(place).replace(tzinfo=None) != wall.replace(tzinfo=None)
    raise BadValueError(
        "intensity.bad_time",
        f"'{text}' occurs {'never' if never else 'twice'} in {zone}, where the clocks change then; "
        "give a time with its offset",
    )
