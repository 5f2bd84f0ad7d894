# SPDX-License-Identifier: MIT
"""Adapter between the vectors of the intensity domain and the functions of ``co2lib.intensity``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from co2lib import CarbonIntensity, CarbonMass, Energy, Power, intensity
from co2lib.testing import _intensity_forecast, _intensity_network, _intensity_providers
from co2lib.testing._adapter import series as _series


def _samples(given: list[list[Any]]) -> list[tuple[str, str, Energy]]:
    return [(start, end, Energy.from_kwh(kwh)) for start, end, kwh in given]


def _g(value: CarbonIntensity | None) -> float | None:
    return None if value is None else value.g_per_kwh


def _convert(given: dict[str, Any]) -> dict[str, Any]:
    return {"value": intensity.convert(given["value"], given["from"], given["to"])}


def _integrate(given: dict[str, Any]) -> dict[str, Any]:
    duration = intensity.parse_time(given["to"]) - intensity.parse_time(given["from"])
    energy = Power.from_watts(given["power_w"]).times(duration)
    priced = _series(given).price(
        [(given["from"], given["to"], energy)],
        gap=given.get("gap_policy", "fail"),
        mode=given.get("mode", "step"),
        max_hold=timedelta(seconds=given.get("max_hold_s", 21600)),
    )
    return {
        "grams": priced.mass.grams,
        "energy_kwh": priced.energy.kwh,
        "mean_g_per_kwh": _g(priced.mean),
        "filled_hours": priced.filled_hours,
        "flags": [issue.code for issue in priced.issues],
    }


def _integrate_samples(given: dict[str, Any]) -> dict[str, Any]:
    priced = _series(given).price(_samples(given["samples"]), mode=given.get("mode", "step"))
    return {"grams": priced.mass.grams, "energy_kwh": priced.energy.kwh}


def _combine(given: dict[str, Any]) -> dict[str, Any]:
    start, end = "2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z"
    intensity.combine(
        [
            intensity.Trace.regular(
                start, 3600, [series["value"]], signal=series["signal"], scope=series["scope"]
            ).price([(start, end, Energy.from_kwh(1))])
            for series in given["series"]
        ]
    )
    return {}


def _parse_time(given: dict[str, Any]) -> dict[str, Any]:
    return {"utc": intensity.format_time(intensity.parse_time(given["text"]))}


def _stats(given: dict[str, Any]) -> dict[str, Any]:
    stats = _series(given).stats()
    return {
        "count": stats.count,
        "sum": stats.sum,
        "mean": _g(stats.mean),
        "min": _g(stats.min),
        "max": _g(stats.max),
        "sd": _g(stats.sd),
        "cv": stats.cv,
        "mean_daily_range": _g(stats.mean_daily_range),
    }


def _sci(given: dict[str, Any]) -> dict[str, Any]:
    score = intensity.sci(
        Energy.from_kwh(given["energy_kwh"]),
        CarbonIntensity.from_g_per_kwh(given["intensity"]),
        total_embodied=CarbonMass.from_grams(given["total_embodied_g"]),
        time_reserved=timedelta(hours=given["time_reserved_h"]),
        lifespan=timedelta(hours=given["lifespan_h"]),
        resources_reserved=given["resources_reserved"],
        total_resources=given["total_resources"],
        functional_units=given["functional_units"],
    )
    return {
        "operational_g": score.operational.grams,
        "embodied_g": score.embodied.grams,
        "sci_g_per_unit": score.g_per_unit,
    }


def _factor(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("cloud"):
        location = f"{given['cloud']}:{given['region']}"
    else:
        location = given.get("subdivision") or given["iso3"]
    found = intensity.factor(location, scope=given.get("scope") or "lifecycle", year=given.get("year"))
    return {
        "g_per_kwh": found.g_per_kwh,
        "year": found.year,
        "scope": found.scope,
        "via": found.via,
        "issues": [issue.code for issue in found.issues],
    }


def _reprice(given: dict[str, Any]) -> dict[str, Any]:
    stored, new = given["stored"], given["new"]
    other: intensity.Trace | CarbonIntensity
    if "constant_g_per_kwh" in new:
        other = CarbonIntensity.from_g_per_kwh(new["constant_g_per_kwh"])
    else:
        other = _series(new)
    result = intensity.reprice(_samples(stored["samples"]), _series(stored), other)
    return {
        "energy_kwh": result.energy.kwh,
        "old_grams": result.before.mass.grams,
        "new_grams": result.after.mass.grams,
    }


KINDS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "intensity.convert": _convert,
    "intensity.integrate": _integrate,
    "intensity.integrate_samples": _integrate_samples,
    "intensity.combine": _combine,
    "intensity.parse_time": _parse_time,
    "intensity.stats": _stats,
    "intensity.sci": _sci,
    "intensity.factor": _factor,
    "intensity.reprice": _reprice,
    **_intensity_forecast.KINDS,
    **_intensity_network.KINDS,
    **_intensity_providers.KINDS,
}
"""From a kind to the function that answers its ``input`` with a dict of the shape of ``expected``."""
