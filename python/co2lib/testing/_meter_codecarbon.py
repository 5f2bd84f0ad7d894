# SPDX-License-Identifier: MIT
"""Adapters of the `meter.codecarbon.*` vectors and models: the arithmetic of CodeCarbon."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from co2lib import codecarbon
from co2lib._errors import BadValueError
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)
MODELS: dict[str, Adapter] = {}
"""The models of kind `meter.model`, by the input field `model`."""
model = registrar(MODELS)


def _fields(given: dict[str, Any]) -> Fields:
    return Fields(given, "meter.bad_input")


def _factor(f: Fields) -> codecarbon.Factor:
    return codecarbon.factor(
        country_iso_code=f.text("country_iso_code", None),
        region=f.text("region", None),
        cloud_provider=f.text("cloud_provider", None),
        cloud_region=f.text("cloud_region", None),
        force_carbon_intensity_g_co2e_kwh=f.number("force_carbon_intensity_g_co2e_kwh", None),
    )


def _power(power: codecarbon.ModelPower) -> Answer:
    return {"power_w": power.watts, "power_kw": power.kilowatts}


def _samples(f: Fields) -> list[tuple[float, int]]:
    samples: list[tuple[float, int]] = []
    for sample in f.list("samples"):
        if not isinstance(sample, list) or len(sample) != 2:
            raise BadValueError("meter.bad_input", f"samples: expected [time in s, uJ], got {sample!r}")
        samples.append((sample[0], sample[1]))
    return samples


@model("codecarbon.cpu_load")
def _codecarbon_cpu_load(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    return _power(codecarbon.cpu_load(f.number("load_percent"), f.number("tdp_w", None)))


@model("codecarbon.cpu_process")
def _codecarbon_cpu_process(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    deltas_s, seconds, cpus = f.list("cpu_time_deltas_s"), f.number("seconds"), f.number("cpus")
    return _power(codecarbon.cpu_process(deltas_s, seconds, cpus, f.number("tdp_w", None)))


@model("codecarbon.cpu_constant")
def _codecarbon_cpu_constant(given: dict[str, Any]) -> Answer:
    return _power(codecarbon.cpu_constant(_fields(given).number("tdp_w", None)))


@model("codecarbon.ram")
def _codecarbon_ram(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    gb, arm = f.number("gb"), f.boolean("arm", False)
    return {"dimm_count": codecarbon.dimm_count(gb), "power_w": codecarbon.ram_power_w(gb, arm=arm)}


@kind("meter.codecarbon.convert")
def _codecarbon_convert(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    kwh = codecarbon.kwh(f.number("value"), f.text("from"))
    return {"kwh": kwh, "hex": kwh.hex()}


@kind("meter.codecarbon.power_time")
def _codecarbon_power_time(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    kwh = codecarbon.power_time(f.number("watts"), f.number("seconds"))
    return {"kwh": kwh, "hex": kwh.hex()}


@kind("meter.codecarbon.emissions")
def _codecarbon_emissions(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    kg = codecarbon.emissions_kg(
        f.number("energy_kwh"),
        country_iso_code=f.text("country_iso_code", None),
        region=f.text("region", None),
        cloud_provider=f.text("cloud_provider", None),
        cloud_region=f.text("cloud_region", None),
        force_carbon_intensity_g_co2e_kwh=f.number("force_carbon_intensity_g_co2e_kwh", None),
    )
    return {"emissions_kg": kg, "hex": kg.hex()}


@kind("meter.codecarbon.rapl_steps")
def _codecarbon_rapl_steps(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    steps = codecarbon.rapl_steps(
        _samples(f),
        factor_kg_per_kwh=_factor(f).kg_per_kwh,
        wrap_max=f.integer("wrap_max", None),
        pue=f.number("pue", 1.0),
    )
    return {"rows": [asdict(step) for step in steps]}


@kind("meter.codecarbon.run")
def _codecarbon_run(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    zones = []
    for zone in f.list("zones"):
        z = _fields(zone)
        zones.append(codecarbon.Zone(z.text("name", "zone"), _samples(z), z.integer("wrap_max", None)))
    totals = codecarbon.run(
        zones,
        tick_s=f.list("tick_s", []),
        stop_s=f.number("stop_s"),
        ram_power_w=f.number("force_ram_power_w"),
        factor_kg_per_kwh=_factor(f).kg_per_kwh,
        pue=f.number("pue", 1.0),
        wue=f.number("wue", 0.0),
    )
    return asdict(totals)


@kind("meter.codecarbon.factor_tables")
def _codecarbon_factor_tables(given: dict[str, Any]) -> Answer:
    del given
    return codecarbon.factor_tables()
