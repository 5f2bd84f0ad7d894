# SPDX-License-Identifier: MIT
"""Adapters of the `meter.*` vectors, also where the tracker does the work."""

from __future__ import annotations

import csv
import socket
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import co2lib
from co2lib import codecarbon, hub, intensity, meter, tracker
from co2lib._errors import BadValueError
from co2lib.testing import _meter_codecarbon
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar

KINDS: dict[str, Adapter] = dict(_meter_codecarbon.KINDS)
kind = registrar(KINDS)
MODELS: dict[str, Adapter] = dict(_meter_codecarbon.MODELS)
"""The models of kind `meter.model`, by the input field `model`."""
model = registrar(MODELS)


def _fields(given: dict[str, Any]) -> Fields:
    return Fields(given, "meter.bad_input")


@kind("meter.convert")
def _convert(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    return {"value": co2lib.convert(float(f.number("value")), f.text("from"), f.text("to"))}


@kind("meter.sci_score")
def _sci_score(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    score = co2lib.sci(
        co2lib.Energy.from_kwh(float(f.number("energy_kwh"))),
        co2lib.CarbonIntensity.from_g_per_kwh(float(f.number("intensity_g_per_kwh"))),
        co2lib.CarbonMass.from_grams(float(f.number("embodied_g"))),
        float(f.number("functional_units")),
    )
    return {"sci_g_per_unit": score}


@kind("meter.csv_append")
def _csv_append(given: dict[str, Any]) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "emissions.csv"
        for row in _fields(given).list("rows"):
            codecarbon.append_row(file, row)
        with file.open(newline="", encoding="utf-8") as stream:
            header, *rows = csv.reader(stream, strict=True)
    return {"header_fields": len(header), "fields_per_row": [len(row) for row in rows]}


@kind("meter.hf_card")
def _hf_card(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    record = hub.CardRecord(
        emissions=co2lib.CarbonMass.from_kilograms(float(f.number("emissions_kg"))).grams,
        source="co2lib",
        training_type=f.text("training_type", None),
        geographical_location=f.text("geographical_location", None),
        hardware_used=f.text("hardware_used", None),
    )
    hub.write_block(record)  # raises what the card refuses
    return {"co2_eq_emissions": record.to_dict()}


def _codes(issues: list[co2lib.Issue]) -> list[str]:
    return sorted({issue.code for issue in issues})


def _record(record: meter.Record) -> Answer:
    w = record.window
    return {
        "energy_j": w.energy_j,
        "measured_j": w.measured_j,
        "estimated_j": w.estimated_j,
        "bounds_j": list(w.bounds_j),
        "interval_j": list(w.interval_j),
        "coverage": w.coverage,
        "duration_s": w.duration_s,
        "mean_w": None if record.mean_power is None else record.mean_power.watts,
        "method": record.method,
        "provider": record.meter.provider,
        "wraps": record.wraps,
        "resets": record.resets,
        "missed_reads": record.missed_reads,
        "glitches": record.glitches,
        "late_ticks": record.late_ticks,
        "flags": _codes(record.issues),
    }


_UNITS = ("uJ", "mJ", "J")

# Zones of these control types are GPUs.
_GPU_LIBRARIES = ("nvml", "amdsmi", "rocm_smi")


def _count(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**64:
        raise BadValueError("meter.bad_input", f"samples: a count is an integer from 0 on, not {value!r}")
    return value


def _pairs(f: Fields) -> list[tuple[float, Any]]:
    pairs: list[tuple[float, Any]] = []
    for sample in f.list("samples"):
        if not isinstance(sample, list) or len(sample) != 2 or isinstance(sample[0], str | bool | None):
            raise BadValueError("meter.bad_input", f"samples: expected [time in s, value], got {sample!r}")
        pairs.append((float(sample[0]), sample[1]))
    return pairs


def _zone(
    given: Any, slack_s: float, modulus: str, parents: dict[str, str]
) -> tuple[meter.MeterInfo, list[tuple[float, int | None]]]:
    if not isinstance(given, dict):
        raise BadValueError("meter.bad_input", f"zones: expected an object, got {given!r}")
    f = _fields(given)
    name, control, parent = f.text("name"), f.text("control", "intel-rapl"), f.text("parent", "")
    domain = (
        "gpu"
        if control in _GPU_LIBRARIES
        else meter.zone_domain(name, parents.get(parent) if parent else None)
    )
    unit: Any = f.text("unit", "uJ")
    if unit not in _UNITS:
        raise BadValueError("meter.bad_unit", f"unit: {unit!r} is not known; known: {', '.join(_UNITS)}")
    samples = [(t, _count(v)) for t, v in _pairs(f)]
    wrap: Any = f.any("wrap_max", None)
    unit_nj = f.integer("unit_nj", None)
    inferred = wrap is None and unit_nj is not None
    if inferred:
        wrap = meter.powercap_range_uj(unit_nj)
    if modulus == "exact_unit" and isinstance(wrap, int) and unit == "uJ":
        recovered = meter.recover_powercap_unit(wrap)
        if recovered is not None and recovered.exact_unit_ratio is not None:
            unit, wrap = recovered.exact_unit_ratio, recovered.modulus_counts
            samples = [(t, None if v is None else recovered.raw_count(v)) for t, v in samples]
    info = meter.MeterInfo(
        f.text("id"),
        kind="counter",
        device="gpu" if domain == "gpu" else "dram" if domain == "dram" else "cpu",
        domain=domain,
        name=name,
        parent=parent,
        control=control,
        provider="nvml" if domain == "gpu" else "powercap",
        unit=unit,
        wrap_max=wrap,
        flags=["wrap_modulus_inferred"] if inferred else [],
        p_max_w=f.number("p_max_w", None),
        slack_s=slack_s,
        accuracy=0.15 if domain == "dram" else 0.05,
    )
    return info, samples


def _window(f: Fields) -> tuple[float, float] | None:
    region = f.list("region", None)
    if region is None:
        return None
    if len(region) != 2 or not all(isinstance(t, int | float) for t in region):
        raise BadValueError("meter.bad_input", f"region: expected [t0, t1] in s, got {region!r}")
    return float(region[0]), float(region[1])


@kind("meter.counter")
def _counter(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    modulus = f.text("modulus", "kernel_max")
    if modulus not in ("kernel_max", "exact_unit"):
        raise BadValueError("meter.bad_option", f"modulus: {modulus!r} is neither kernel_max nor exact_unit")
    domains: dict[str, str] = {}
    zones: list[tuple[meter.MeterInfo, list[tuple[float, int | None]]]] = []
    for zone in f.list("zones"):
        info, samples = _zone(zone, float(f.number("slack_s", 0)), modulus, domains)
        domains[info.id] = info.domain
        zones.append((info, samples))
    result = meter.integrate_zones(zones, _window(f))
    answers: dict[str, Answer] = {}
    for (info, _), record, role in zip(zones, result.records, result.roles, strict=True):
        answers[info.id] = {
            **_record(record),
            "domain": info.domain,
            "counted": role.counted,
            "mirror_of": None if role.mirror_of is None else zones[role.mirror_of][0].id,
            "duplicate_of": None if role.duplicate_of is None else zones[role.duplicate_of][0].id,
        }
    t = result.totals
    return {
        "zones": answers,
        "totals": {
            "cpu_j": t.cpu.energy_j,
            "dram_j": t.dram.energy_j,
            "gpu_j": t.gpu.energy_j,
            "platform_j": t.platform.energy_j,
            "total_j": t.total.energy_j,
            "flags": _codes(t.issues),
        },
    }


@kind("meter.power")
def _power_trace(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    unit = f.text("unit", "W")
    generator = f.object("generator", None)
    if generator is None:
        pairs = _pairs(f)
    else:
        g = _fields(generator)
        if g.text("type") != "constant":
            raise BadValueError("meter.bad_option", f"generator.type: {g.text('type')!r} is not constant")
        start, stop, period = (float(g.number(n)) for n in ("start_s", "stop_s", "period_s"))
        steps = round((stop - start) / period)
        pairs = [(start + i * period, g.number("watts")) for i in range(steps + 1)]
    samples: list[tuple[float, float | None]] = []
    for t, value in pairs:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadValueError("meter.bad_input", f"samples: a power is a number or null, not {value!r}")
        samples.append((t, None if value is None else co2lib.convert(float(value), unit, "W")))
    info = meter.MeterInfo("power", kind="power", device="gpu", p_max_w=float(f.number("p_max_w", 1500)))
    return _record(meter.integrate_power(info, samples, float(f.number("max_gap_s", 10)), window=_window(f)))


@kind("meter.regions")
def _regions(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    info, samples = _zone(f.object("zone"), float(f.number("slack_s", 0)), "kernel_max", {})
    names: dict[str, int] = {}
    spans: list[tuple[str, float, float, int, str | None]] = []
    for region in f.list("regions"):
        r = _fields(region)
        names[r.text("name")] = len(spans)
        spans.append(
            (
                r.text("name"),
                float(r.number("t0")),
                float(r.number("t1")),
                r.integer("thread", 0),
                r.text("parent", None),
            )
        )
    unknown = [parent for *_, parent in spans if parent is not None and parent not in names]
    if unknown:
        raise BadValueError("meter.bad_input", f"regions: no region is called {unknown[0]!r}")
    energies, union_j, run = meter.region_energies(
        info, samples, [(n, t0, t1, th, None if p is None else names[p]) for n, t0, t1, th, p in spans]
    )
    return {
        "regions": {
            name: {
                "inclusive_j": inclusive.energy_j,
                "exclusive_j": exclusive_j,
                "bounds_j": list(inclusive.bounds_j),
                "coverage": inclusive.coverage,
            }
            for (name, *_), (inclusive, exclusive_j) in zip(spans, energies, strict=True)
        },
        "union_j": union_j,
        "run_j": run.window.energy_j,
    }


@kind("meter.mean_power")
def _mean_power(given: dict[str, Any]) -> Answer:
    intervals = [(float(s), float(w)) for s, w in _fields(given).list("intervals")]
    summary = meter.mean_power(intervals)
    return {
        "energy_j": summary.energy.joules,
        "duration_s": summary.duration_s,
        "mean_w": None if summary.mean is None else summary.mean.watts,
        "codecarbon_unweighted_w": codecarbon.unweighted_mean_w([w for _, w in intervals]),
    }


@kind("meter.attribution")
def _attribution(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    idle = f.number("idle_power_w", None)
    a = meter.attribute(
        co2lib.Energy.from_joules(float(f.number("energy_j"))),
        f.number("duration_s"),
        f.number("cpus"),
        f.number("busy_cpu_s"),
        f.object("process_cpu_s"),
        None if idle is None else co2lib.Power.from_watts(float(idle)),
    )
    return {
        "processes": {
            name: {
                "energy_j": share.energy.joules,
                "bounds_j": [share.bounds.low.joules, share.bounds.high.joules],
            }
            for name, share in a.targets.items()
        },
        "other_j": a.other.joules,
        "idle_j": a.idle.joules,
        "sum_j": a.total.joules,
        "flags": _codes(a.issues),
    }


@kind("meter.carbon")
def _carbon(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    epoch = datetime(2025, 1, 1, tzinfo=UTC)  # the vectors count seconds from any time

    def utc(seconds: float) -> datetime:
        return epoch + timedelta(seconds=seconds)

    steps = f.list("intensity")
    ends = [float(t) for t, _ in steps[1:]] + [float(f.number("intensity_end"))]
    series = intensity.Trace(
        [
            intensity.Record(utc(start), utc(end), co2lib.CarbonIntensity.from_g_per_kwh(float(g)))
            for (start, g), end in zip(steps, ends, strict=True)
        ]
    )
    samples = [
        intensity.EnergySample(utc(t0), utc(t1), co2lib.Energy.from_joules(float(joules)))
        for t0, t1, joules in f.list("energy_steps")
    ]
    facility = tracker.Facility(float(f.number("pue", 1)), float(f.number("wue", 0)))
    a = tracker.account(samples, intensity.make_source(series), facility)
    return {
        "it_kwh": a.it_energy.kwh,
        "facility_kwh": a.facility_energy.kwh,
        "emissions_g": None if a.operational is None else a.operational.grams,
        "water_l": a.water.litres,
        "flags": [code for code in _codes(a.issues) if "." not in code],
    }


@kind("meter.powercap_unit")
def _powercap_unit(given: dict[str, Any]) -> Answer:
    unit = meter.recover_powercap_unit(_fields(given).integer("max_energy_range_uj"))
    names = ("unit_nj", "exact_unit_j", "modulus_counts", "truncation_ppm")
    return {name: None if unit is None else getattr(unit, name) for name in names}


@kind("meter.gpu_select")
def _gpu_select(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    env = f.object("env", {})
    result = meter.select_gpus(
        [meter.GpuDevice(**device) for device in f.list("devices")],
        option=f.any("option", None),
        cuda_visible_devices=env.get("CUDA_VISIBLE_DEVICES"),
        cuda_device_order=env.get("CUDA_DEVICE_ORDER"),
    )
    return {"selected": result.selected, "flags": _codes(result.issues)}


@kind("meter.cgroup")
def _cgroup(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    host = _fields(f.object("host"))
    limits = meter.container_limits(
        f.object("files"), cpus=host.number("cpus"), memory_bytes=host.integer("mem_bytes")
    )
    return {"version": limits.version, "cpus": limits.cpus, "memory_bytes": limits.memory_bytes}


@kind("meter.run_forecast")
def _run_forecast(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    units = [co2lib.Energy.from_joules(float(j)) for j in f.list("unit_j")]
    forecast = tracker.forecast_total(units, f.integer("units_total"))
    half_width = forecast.half_width
    return {
        "total_j": forecast.total.joules,
        "half_width_j": None if half_width is None else half_width.joules,
    }


class _CountedSocket(socket.socket):
    """Counts the sockets that are made while it stands in for the real class."""

    made = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        type(self).made += 1
        super().__init__(*args, **kwargs)


@kind("meter.location")
def _location(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    provider, region = f.text("cloud_provider", None), f.text("cloud_region", None)
    key = f"{provider}:{region}" if provider and region else f.text("zone", None)
    key = key or f.text("country_iso_code", "")
    real, _CountedSocket.made = socket.socket, 0
    socket.socket = _CountedSocket  # type: ignore[misc]
    try:
        source, location, issues = tracker.choose_price(key)
    finally:
        socket.socket = real  # type: ignore[misc]
    unknown = source == "world_average" and not location
    return {
        "location": location or "unknown",
        "factor_key": "WORLD" if unknown else location,
        "flags": _codes(issues),
        "warnings": len(issues),
        "network_calls": _CountedSocket.made,
    }


def _watts(power: meter.Watts) -> Answer:
    return {"power_w": power.value, "bounds_w": [power.low, power.high]}


@model("cpu_load")
def _cpu_load(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    tdp_w, cpus = f.number("tdp_w", None), f.integer("cpus", None)
    return _watts(meter.cpu_load_power(f.number("utilisation"), tdp_w=tdp_w, cpus=cpus))


@model("cpu_constant")
def _cpu_constant(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    return _watts(meter.cpu_constant_power(tdp_w=f.number("tdp_w", None), cpus=f.integer("cpus", None)))


@model("ram")
def _ram(given: dict[str, Any]) -> Answer:
    return _watts(meter.ram_power(_fields(given).number("gib")))


@kind("meter.model")
def _model(given: dict[str, Any]) -> Answer:
    name = _fields(given).text("model")
    if name not in MODELS:
        known = ", ".join(sorted(MODELS))
        raise BadValueError("meter.bad_option", f"model: {name!r} is not known; known: {known}")
    return MODELS[name](given)
