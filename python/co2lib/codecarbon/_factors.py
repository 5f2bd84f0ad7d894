# SPDX-License-Identifier: MIT
"""The emission factors of CodeCarbon 3.3.0: tables of their own, never mixed with those of `intensity`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from co2lib._core import Source
from co2lib.codecarbon._checks import not_negative

G_PER_KWH_TO_KG_PER_KWH = 0.001
LB_PER_MWH_TO_KG_PER_KWH = 0.00045359237
CANADIAN_FUELS = ("coal", "petroleum", "naturalGas")
"""The fuels that count in a province's mix, in the order of summation."""
NORDIC_ZONES: Mapping[str, tuple[str, ...]] = {
    "SWE": ("SE1", "SE2", "SE3", "SE4"),
    "NOR": ("NO1", "NO2", "NO3", "NO4", "NO5"),
    "FIN": ("FI",),
}


@dataclass(frozen=True, slots=True)
class Factor:
    """What one kWh emits, and whose number that is.

    Attributes
    ----------
    kg_per_kwh : float
        kg CO2e per kWh.
    key : str
        The row used: ``forced``, ``gcp:us-central1``, ``USA/texas``, ``SWE/SE3``, ``FRA`` or ``WORLD``.
    source : Source or None
        Publisher, year and licence of the row; None for a forced value.
    """

    kg_per_kwh: float
    key: str
    source: Source | None


@cache
def _table(name: str) -> dict[str, dict[str, str]]:
    """Read the rows of ``data/<name>.csv`` by their first column."""
    text = (resources.files("co2lib.codecarbon") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    assert rows.fieldnames is not None
    return {row[rows.fieldnames[0]]: row for row in rows}


def _column(name: str, column: str) -> dict[str, float]:
    return {key: float(row[column]) for key, row in _table(name).items()}


def _source(table: str, row: Mapping[str, str]) -> Source:
    return Source(f"codecarbon.{table}", row["source"], int(row["year"] or 0), row["licence"])


def factor_tables() -> dict[str, Any]:
    """Return all factors of this mode.

    Returns
    -------
    dict
        ``world_g_per_kwh``; ``country_g_per_kwh`` by ISO 3166-1 alpha-3; ``usa_lb_per_mwh`` by lower-case
        state; ``canada_mix_percent`` by lower-case province with ``canada_kg_per_kwh`` by fuel;
        ``nordic_g_per_kwh`` by bidding zone; ``gcp_g_per_kwh`` by Google Cloud region, spelt as CodeCarbon
        spells it.
    """
    return {
        "world_g_per_kwh": _column("world", "g_per_kwh")["WORLD"],
        "country_g_per_kwh": _column("countries", "g_per_kwh"),
        "usa_lb_per_mwh": _column("usa_states", "lb_per_mwh"),
        "canada_mix_percent": {
            province: {part: float(row[part]) for part in (*CANADIAN_FUELS, "total")}
            for province, row in _table("canada_mix").items()
        },
        "canada_kg_per_kwh": _column("canada_fuels", "kg_per_kwh"),
        "nordic_g_per_kwh": _column("nordic_zones", "g_per_kwh"),
        "gcp_g_per_kwh": _column("gcp_regions", "g_per_kwh"),
    }


def _canadian_kg_per_kwh(mix: Mapping[str, str]) -> float:
    fuels = _column("canada_fuels", "kg_per_kwh")
    total = float(mix["total"])
    kg_per_kwh = 0.0
    for fuel in CANADIAN_FUELS:
        kg_per_kwh += (float(mix[fuel]) / total) * fuels[fuel]
    return kg_per_kwh


def _regional(country: str, region: str) -> Factor | None:
    if region.upper() in NORDIC_ZONES.get(country, ()):
        zone = region.upper()
        row = _table("nordic_zones")[zone]
        return Factor(float(row["g_per_kwh"]) / 1000, f"{country}/{zone}", _source("nordic_zones", row))
    name = region.lower()
    if country == "USA" and name in _table("usa_states"):
        row = _table("usa_states")[name]
        kg_per_kwh = float(row["lb_per_mwh"]) * LB_PER_MWH_TO_KG_PER_KWH
        return Factor(kg_per_kwh, f"USA/{name}", _source("usa_states", row))
    if country == "CAN" and name in _table("canada_mix"):
        row = _table("canada_mix")[name]
        return Factor(_canadian_kg_per_kwh(row), f"CAN/{name}", _source("canada_mix", row))
    return None


def factor(
    *,
    country_iso_code: str | None = None,
    region: str | None = None,
    cloud_provider: str | None = None,
    cloud_region: str | None = None,
    force_carbon_intensity_g_co2e_kwh: float | None = None,
) -> Factor:
    """Look up the emission factor as CodeCarbon 3.3.0 does; what is not found falls to the next place.

    Order: a forced value; a Google Cloud region; a state of the USA, a province of Canada or a Nordic bidding
    zone; the country; the world. No network and no look-up of a location by IP address, in no case.

    Parameters
    ----------
    country_iso_code : str, optional
        ISO 3166-1 alpha-3, in any case.
    region : str, optional
        Name of a state or province, or a bidding zone such as ``SE3``, in any case.
    cloud_provider, cloud_region : str, optional
        Only ``gcp`` has factors; spelt as in the table.
    force_carbon_intensity_g_co2e_kwh : float, optional
        g CO2e per kWh that beats every table.

    Raises
    ------
    co2lib.Error
        ``meter.bad_input`` for a forced value that is negative or not a number.
    """
    if force_carbon_intensity_g_co2e_kwh is not None:
        forced = not_negative("force_carbon_intensity_g_co2e_kwh", force_carbon_intensity_g_co2e_kwh)
        return Factor(forced / 1000.0, "forced", None)
    if cloud_provider == "gcp" and cloud_region in _table("gcp_regions"):
        row = _table("gcp_regions")[cloud_region]
        kg_per_kwh = float(row["g_per_kwh"]) * G_PER_KWH_TO_KG_PER_KWH
        return Factor(kg_per_kwh, f"gcp:{cloud_region}", _source("gcp_regions", row))
    country = (country_iso_code or "").upper()
    if region is not None and (regional := _regional(country, region)) is not None:
        return regional
    table, key = ("countries", country) if country in _table("countries") else ("world", "WORLD")
    row = _table(table)[key]
    return Factor(float(row["g_per_kwh"]) * G_PER_KWH_TO_KG_PER_KWH, key, _source(table, row))


def emissions_kg(
    energy_kwh: float,
    *,
    country_iso_code: str | None = None,
    region: str | None = None,
    cloud_provider: str | None = None,
    cloud_region: str | None = None,
    force_carbon_intensity_g_co2e_kwh: float | None = None,
) -> float:
    """Return the emissions of an amount of energy in kg CO2e, with the factor of `factor`.

    Parameters
    ----------
    energy_kwh : float
        Energy in kWh.

    Raises
    ------
    co2lib.Error
        ``meter.bad_input`` for energy that is negative or not a number.
    """
    chosen = factor(
        country_iso_code=country_iso_code,
        region=region,
        cloud_provider=cloud_provider,
        cloud_region=cloud_region,
        force_carbon_intensity_g_co2e_kwh=force_carbon_intensity_g_co2e_kwh,
    )
    return chosen.kg_per_kwh * not_negative("energy_kwh", energy_kwh)
