# SPDX-License-Identifier: MIT
"""Adapters of the `embodied.*` vectors: rooms and formulas; `_embodied_bom` has bills of materials."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from co2lib import CarbonIntensity, CarbonMass, Energy, embodied, intensity, numeric
from co2lib._core import random
from co2lib._errors import BadValueError, Error
from co2lib.testing import _embodied_bom
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)


@contextmanager
def _code(code: str) -> Iterator[None]:
    """Give what a room refuses the code that the domain has for it."""
    try:
        yield
    except Error as error:
        raise BadValueError(code, error.message) from error


def _fields(given: dict[str, Any]) -> Fields:
    return Fields(given, "embodied.out_of_range")


@kind("embodied.philox")
def _philox(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    counter, key = ([int(word, 16) for word in fields.list(name)] for name in ("counter", "key"))
    return {"words": [f"{word:08x}" for word in random.philox(counter, key)]}


@kind("embodied.draw")
def _draw(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    name = fields.text("factor")
    return {
        "hash": f"{random.fnv1a(name):016x}",
        "u": random.draw(fields.integer("seed"), fields.integer("draw"), name),
    }


@kind("embodied.inverse_cdf")
def _inverse_cdf(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    dist, u = fields.text("dist"), fields.number("u")
    with _code("embodied.out_of_range"):
        random.uniform(u, 0, 1)  # u alone
    quantiles: dict[str, tuple[Callable[..., float], tuple[str, ...]]] = {
        "triangular": (random.triangular, ("low", "mode", "high")),
        "uniform": (random.uniform, ("low", "high")),
        "lognormal": (random.lognormal, ("median", "gsd")),
    }
    if dist not in quantiles:
        raise BadValueError("embodied.bad_factor", f"dist: {dist!r}; known: {', '.join(quantiles)}")
    quantile, names = quantiles[dist]
    values = Fields(given, "embodied.bad_factor")
    with _code("embodied.bad_factor"):
        return {"x": quantile(u, *(values.number(name) for name in names))}


@kind("embodied.percentile")
def _percentile(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    with _code("embodied.out_of_range"):
        return {"x": numeric.percentile(fields.numbers("samples"), fields.number("p"))}


@kind("embodied.sci")
def _sci(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    with _code("embodied.out_of_range"):
        score = intensity.sci(
            Energy.from_kwh(fields.number("energy_kwh") * fields.number("pue", 1)),
            CarbonIntensity.from_g_per_kwh(fields.number("ci_g_per_kwh")),
            total_embodied=CarbonMass.from_kilograms(fields.number("te_kg")),
            time_reserved=timedelta(hours=fields.number("tir_h")),
            lifespan=timedelta(hours=fields.number("el_h")),
            resources_reserved=fields.number("rr", 1),
            total_resources=fields.number("tor", 1),
            functional_units=fields.number("r", 1),
        )
    return {
        "operational_g": score.operational.grams,
        "embodied_g": score.embodied.grams,
        "sci_g_per_r": score.g_per_unit,
    }


def _yield(given: Any, area_cm2: float | None) -> float:
    """Return a yield: a number, or a model with its area."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return given
    fields = _fields(given)
    area = fields.number("area_cm2", area_cm2)
    if area is None:
        raise BadValueError("embodied.out_of_range", "yield.area_cm2: missing")
    return embodied.die_yield(
        fields.text("model"),
        area,
        d0_per_cm2=fields.number("d0_per_cm2", 0.15),
        alpha=fields.number("alpha", 10),
    )


def _cpa(fields: Fields) -> embodied.CarbonPerArea:
    return embodied.logic_cpa(
        fields.text("node", ""),
        fab_ci=fields.any("fab_ci", "taiwan"),
        ci_table=fields.text("ci_table", "act2022"),
        abatement=fields.number("abatement", 97),
        interpolate=fields.boolean("interpolate", False),
        epa=fields.number("epa", None),
        gpa=fields.number("gpa", None),
        mpa=fields.number("mpa", None),
    )


@kind("embodied.logic.cpa")
def _logic_cpa(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    cpa = _cpa(fields)
    good = _yield(fields.any("yield", 0.875), fields.number("area_cm2", None))
    per_cm2, _ = embodied.logic_die(1, cpa, die_yield=good, packages=0)
    return {
        "cpa_g_per_cm2": per_cm2,
        "energy_g_per_cm2": cpa.energy_g,
        "gas_g_per_cm2": cpa.gas_g,
        "materials_g_per_cm2": cpa.materials_g,
    }


@kind("embodied.logic.die")
def _logic_die(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    area = fields.number("area_cm2")
    fab, package = embodied.logic_die(
        area,
        _cpa(fields),
        die_yield=_yield(fields.any("yield", 0.875), area),
        packages=fields.number("packages", 1),
        package_g=fields.number("package_g", 150),
    )
    return {"fab_g": fab, "package_g": package, "total_g": fab + package}


@kind("embodied.yield")
def _die_yield(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    if fields.text("model") == "fixed":  # a number, which a die takes if it is one of a yield
        good = fields.number("yield", 0.875)
        embodied.logic_die(1, embodied.logic_cpa("7nm"), die_yield=good)
        return {"yield": good}
    return {"yield": _yield(given, None)}


@kind("embodied.wafer.dies")
def _wafer_dies(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    dies = embodied.dies_per_wafer(fields.number("die_mm2"), wafer_mm=fields.number("wafer_mm", 300))
    return {"dies": math.floor(dies), "dies_real": dies}


@kind("embodied.wafer.effective_area")
def _effective_area(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    area = embodied.effective_area(
        fields.number("die_mm2"),
        kerf_mm=fields.number("kerf_mm", 0.2),
        wafer_mm=fields.number("wafer_mm", 300),
        d0_per_cm2=fields.number("d0_per_cm2", 0.1),
    )
    return {
        "effective_mm2": area.effective_mm2,
        "dies_per_wafer": area.dies_per_wafer,
        "yield": area.die_yield,
    }


@kind("embodied.memory.act")
def _memory_act(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    fab, package = embodied.act_memory(
        fields.text("device"),
        fields.text("process"),
        capacity_gb=fields.number("capacity_gb"),
        die_yield=fields.number("yield", 0.875),
        packages=fields.number("packages", 0),
    )
    return {"fab_g": fab, "package_g": package, "total_g": fab + package}


@kind("embodied.act.operation")
def _act_operation(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    carbon = embodied.act_operation(
        power_w=fields.number("power_w"),
        lifetime_years=fields.number("lifetime_years"),
        ci_g_per_kwh=fields.number("ci_g_per_kwh"),
        duty=fields.number("duty", 1),
        year_hours=fields.number("year_hours", 8766),
    )
    return {"carbon_g": carbon}


@kind("embodied.act.part")
def _act_part(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    carbon = embodied.act_part(
        fields.text("category"),
        type=fields.text("type", "generic"),
        weight_kg=fields.number("weight_kg", 0),
        area_cm2=fields.number("area_cm2", 0),
        energy_kwh=fields.number("energy_kwh", 0),
        chemistry=fields.text("chemistry", "nmc"),
        layers=fields.integer("layers", 0),
        quantity=fields.number("quantity", 0),
        fab_ci=fields.text("fab_ci", "japan"),
    )
    return {"carbon_g": carbon}


@kind("embodied.chiplet")
def _chiplet(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    made = embodied.chiplet(
        fields.text("type"),
        fields.integer("node_nm"),
        fields.number("area_mm2"),
        system_area_mm2=fields.number("system_area_mm2", None),
        system_power_w=fields.number("system_power_w", 0),
        num_iter=fields.number("num_iter", 1),
        num_parts=fields.number("num_parts", 1),
        lifetime_h=fields.number("lifetime_h", 0),
        wafer_mm=fields.number("wafer_mm", 300),
    )
    return {
        "mfg_kg": made.manufacturing_kg,
        "design_kg": made.design_kg,
        "op_kg": made.operation_kg,
        "area_scaled_mm2": made.area_scaled_mm2,
        "yield": made.die_yield,
    }


@kind("embodied.chiplet.rdl")
def _chiplet_rdl(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    chiplets = [_fields(item) for item in fields.list("chiplets")]
    package = embodied.rdl_package(
        [(item.text("type"), item.integer("node_nm"), item.number("area_mm2")) for item in chiplets],
        rdl_layers=fields.number("rdl_layers", 6),
        num_beol=fields.number("num_beol", 8),
    )
    return {
        "interposer_mm2": package.interposer_mm2,
        "package_kg": package.package_kg,
        "router_kg": package.router_kg,
        "total_kg": package.total_kg,
    }


@kind("embodied.chip_list")
def _chip_list(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    items = {name: _fields(item) for name, item in fields.object("items").items()}
    shares = embodied.chip_list(
        {
            name: (item.number("unit"), item.number("factor_kg"), item.number("count"))
            for name, item in items.items()
        },
        days=fields.number("days"),
        lifetime_days=fields.number("lifetime_days"),
    )
    return {"total_t": sum(shares.values()), "items_t": shares}


@kind("embodied.gpu.eserve")
def _gpu_eserve(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    names = ("mem_gb", "mem_kg_per_gb", "pcb_cm2", "psu_w", "cooling_kg", "soc_kg")
    return {"total_kg": embodied.eserve_gpu(**{name: fields.number(name) for name in names})}


@kind("embodied.gpu.cooling")
def _gpu_cooling(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    return {"cooling_kg": embodied.eserve_cooling(tdp_w=fields.number("tdp_w"), memory=fields.text("memory"))}


@kind("embodied.server.eserve_host")
def _server_eserve_host(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    names = ("ssd_gb", "mem_gb", "mem_kg_per_gb")
    return {"total_kg": embodied.eserve_host(**{name: fields.number(name) for name in names})}


@kind("embodied.gpu.interpolated")
def _gpu_interpolated(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    names = ("node_nm", "area_cm2", "mem_gb", "tdp_w")
    total = embodied.interpolated_gpu(
        **{name: fields.number(name) for name in names},
        mem_kg_per_gb=fields.number("mem_kg_per_gb", 0.853125),
    )
    return {"total_kg": total}


@kind("embodied.server.ccf")
def _server_ccf(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    total = embodied.rack_server(
        cpus=fields.number("cpus", 1),
        ram_gb=fields.number("ram_gb", 16),
        hdd=fields.number("hdd", 0),
        ssd=fields.number("ssd", 0),
        gpus=fields.number("gpu", 0),
    )
    return {"total_kg": total}


@kind("embodied.amortise")
def _amortise(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    carbon = embodied.amortise(
        te_kg=fields.number("te_kg"),
        reserved_h=fields.number("reserved_h"),
        lifetime_years=fields.number("lifetime_years"),
        year_hours=fields.number("year_hours", 8760),
        utilisation=fields.number("utilisation", 1),
        resource_share=fields.number("resource_share", 1),
        battery_kg=fields.number("battery_kg", None),
        battery_years=fields.number("battery_years", None),
    )
    return {"carbon_kg": carbon}


@kind("embodied.amortise.interval")
def _amortise_interval(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    names = ("te_kg", "battery_kg", "battery_years", "low_years", "high_years")
    low, high = embodied.amortise_interval(**{name: fields.number(name) for name in names})
    return {"low_kg_per_year": low, "high_kg_per_year": high}


@kind("embodied.crossover")
def _crossover(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    per_hour, intensity_there = embodied.crossover(
        te_kg=fields.number("te_kg"),
        lifetime_years=fields.number("lifetime_years"),
        power_kw=fields.number("power_kw"),
        load=fields.number("load", 1),
        year_hours=fields.number("year_hours", 8760),
    )
    return {"embodied_g_per_h": per_hour, "ci_g_per_kwh": intensity_there}


@kind("embodied.property.monotone")
def _property_monotone(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    *path, last = fields.text("vary").split(".")
    outputs = []
    for value in fields.list("values"):
        changed = copy.deepcopy(fields.object("base"))
        inner = changed
        for key in path:
            inner = inner[int(key)] if isinstance(inner, list) else inner.setdefault(key, {})
        inner[last] = value
        answer: Any = KINDS[fields.text("op")](changed)
        for key in fields.text("output").split("."):
            answer = answer[key]
        outputs.append(answer)
    pairs = list(itertools.pairwise(outputs))
    if all(a < b for a, b in pairs):
        return {"direction": "increasing"}
    return {"direction": "decreasing" if all(a > b for a, b in pairs) else "neither"}


KINDS.update(_embodied_bom.KINDS)
