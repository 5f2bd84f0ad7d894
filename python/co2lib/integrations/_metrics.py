# SPDX-License-Identifier: MIT
"""A footprint as plain numbers for trackers of experiments."""

from __future__ import annotations

from co2lib.tracker import Footprint


def metrics_of(footprint: Footprint, prefix: str = "co2lib/") -> dict[str, float]:
    """Return the numbers of a footprint by name; what has no value is left out, never 0.

    Parameters
    ----------
    footprint : Footprint
        Of a run so far or at its end.
    prefix : str
        Stands before each name.

    Returns
    -------
    dict
        ``energy_kwh`` with ``energy_low_kwh`` and ``energy_high_kwh`` (95 %), the same of ``cpu``, ``dram``,
        ``gpu`` without interval; ``co2e_g`` with ``co2e_low_g`` and ``co2e_high_g``; ``water_l``,
        ``duration_s``, ``mean_power_w``, ``coverage`` (0..1), ``intensity_g_per_kwh``.
    """
    values: dict[str, float | None] = {}
    energy, carbon = footprint.energy, footprint.operational
    values["energy_kwh"] = energy.kwh
    if energy.value is not None and energy.interval is not None:
        values["energy_low_kwh"] = energy.interval.low.kwh
        values["energy_high_kwh"] = energy.interval.high.kwh
    totals = footprint.totals
    for name, part in (("cpu", totals.cpu), ("dram", totals.dram), ("gpu", totals.gpu)):
        values[f"{name}_kwh"] = None if part.energy_j is None else part.energy_j / 3.6e6
    values["co2e_g"] = carbon.grams
    if carbon.value is not None and carbon.interval is not None:
        values["co2e_low_g"] = carbon.interval.low.grams
        values["co2e_high_g"] = carbon.interval.high.grams
    values["water_l"] = footprint.water.litres
    values["duration_s"] = footprint.duration_s
    if energy.joules is not None and footprint.duration_s > 0:
        values["mean_power_w"] = energy.joules / footprint.duration_s
    values["coverage"] = footprint.coverage
    if footprint.carbon_intensity is not None:
        values["intensity_g_per_kwh"] = footprint.carbon_intensity.g_per_kwh
    return {f"{prefix}{name}": float(value) for name, value in values.items() if value is not None}
