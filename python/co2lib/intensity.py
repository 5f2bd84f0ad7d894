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

from datetime import timedelta
from typing import NamedTuple

from co2lib._core import CarbonIntensity, CarbonMass, Energy
from co2lib._core import intensity as _core
from co2lib._core.intensity import (
    Description,
    EnergySample,
    Factor,
    IntensitySource,
    OriginLine,
    Place,
    Priced,
    Record,
    RelativeError,
    Repriced,
    Statistics,
    Trace,
    combine,
    convert,
    factor,
    format_time,
    location_source,
    locations,
    make_source,
    parse_csv,
    parse_time,
    place,
    places,
    price,
    read_csv,
    reprice,
    world_average,
    world_factor,
)

__all__ = [
    "Description",
    "EnergySample",
    "Factor",
    "IntensitySource",
    "OriginLine",
    "Place",
    "Priced",
    "Record",
    "RelativeError",
    "Repriced",
    "SciScore",
    "Statistics",
    "Trace",
    "combine",
    "convert",
    "factor",
    "format_time",
    "location_source",
    "locations",
    "make_source",
    "parse_csv",
    "parse_time",
    "place",
    "places",
    "price",
    "read_csv",
    "reprice",
    "sci",
    "world_average",
    "world_factor",
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
