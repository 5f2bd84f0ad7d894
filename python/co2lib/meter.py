# SPDX-License-Identifier: MIT
"""Domain meter: how many joules a program used, and how that was measured.

>>> from co2lib import meter
>>> meter.cpu_load_power(0.25, tdp_w=100).value
40.0

A meter of your own is a class with ``info()`` and ``sample(now_s)``, or a callable:

>>> info = meter.MeterInfo("psu", kind="power", device="platform", domain="psys")
>>> meter.make_meter(lambda: 180.0, info).sample()
Watts(180.0, low=180.0, high=180.0)
"""

from __future__ import annotations

from co2lib._core.meter import (
    Attribution,
    ContainerLimits,
    Count,
    EnergyShare,
    Failed,
    Finding,
    GpuDevice,
    GpuSelection,
    MachineCpuTime,
    Meter,
    MeterInfo,
    Part,
    PowercapUnit,
    PowerSummary,
    Record,
    Totals,
    Watts,
    WindowEnergy,
    ZoneResult,
    ZoneRole,
    as_meter,
    attribute,
    container_limits,
    cpu_constant_power,
    cpu_load_power,
    integrate_counter,
    integrate_power,
    integrate_zones,
    make_meter,
    mean_power,
    open,
    powercap_range_uj,
    ram_power,
    read_container_limits,
    read_cpu_time,
    recover_powercap_unit,
    region_energies,
    select_gpus,
    sensors,
    zone_domain,
)

__all__ = [
    "Attribution",
    "ContainerLimits",
    "Count",
    "EnergyShare",
    "Failed",
    "Finding",
    "GpuDevice",
    "GpuSelection",
    "MachineCpuTime",
    "Meter",
    "MeterInfo",
    "Part",
    "PowerSummary",
    "PowercapUnit",
    "Record",
    "Totals",
    "Watts",
    "WindowEnergy",
    "ZoneResult",
    "ZoneRole",
    "as_meter",
    "attribute",
    "container_limits",
    "cpu_constant_power",
    "cpu_load_power",
    "integrate_counter",
    "integrate_power",
    "integrate_zones",
    "make_meter",
    "mean_power",
    "open",
    "powercap_range_uj",
    "ram_power",
    "read_container_limits",
    "read_cpu_time",
    "recover_powercap_unit",
    "region_energies",
    "select_gpus",
    "sensors",
    "zone_domain",
]
