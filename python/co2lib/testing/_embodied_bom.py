# SPDX-License-Identifier: MIT
"""Adapters of the `embodied.*` vectors of bills of materials and of validation."""

from __future__ import annotations

from typing import Any

from co2lib import embodied
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)


def _fields(given: dict[str, Any]) -> Fields:
    return Fields(given, "embodied.out_of_range")


def _footprint(given: dict[str, Any], *, draws: int = 0, seed: int = 0) -> embodied.BomFootprint:
    fields = _fields(given)
    bill = embodied.parse(fields.object("bom"), files=fields.object("files", {}))
    return bill.footprint(draws=draws, seed=seed)


@kind("embodied.bom")
def _bom(given: dict[str, Any]) -> Answer:
    footprint = _footprint(given)
    return {
        "total_kg": footprint.kilograms,
        "parts_kg": {part.id: part.value.kilograms for part in footprint.parts},
    }


@kind("embodied.bom.act")
def _bom_act(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    footprint = embodied.act_footprint(
        fields.object("bom"), files=fields.object("files", {}), ci_table=fields.text("ci_table", "act2022")
    )
    return {"total_kg": footprint.total_kg, "parts_g": footprint.parts_g}


@kind("embodied.bom.interval")
def _bom_interval(given: dict[str, Any]) -> Answer:
    footprint = _footprint(given)
    assert footprint.bounds is not None
    return {
        "low_kg": footprint.bounds.low.kilograms,
        "value_kg": footprint.kilograms,
        "high_kg": footprint.bounds.high.kilograms,
    }


@kind("embodied.bom.montecarlo")
def _bom_montecarlo(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    footprint = _footprint(given, draws=fields.integer("n", 10_000), seed=fields.integer("seed", 0))
    interval, mean, std, p50 = footprint.interval, footprint.mean, footprint.std, footprint.p50
    assert interval is not None
    assert mean is not None
    assert std is not None
    assert p50 is not None
    return {
        "mean_kg": mean.kilograms,
        "std_kg": std.kilograms,
        "p5_kg": interval.low.kilograms,
        "p50_kg": p50.kilograms,
        "p95_kg": interval.high.kilograms,
    }


@kind("embodied.bom.tornado")
def _bom_tornado(given: dict[str, Any]) -> Answer:
    ranked = _footprint(given).ranked
    return {"rank": [use.factor.id for use in ranked], "swing_kg": [use.swing_kg for use in ranked]}


@kind("embodied.hsl")
def _hsl(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    total = embodied.hsl_total(
        fields.object("levels"),
        reading=fields.text("reading", "tide"),
        eol=fields.boolean("eol", True),
        case=fields.text("case", "mode"),
    )
    return {"total_kg": total}


@kind("embodied.hsl.set")
def _hsl_set(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    truncation = fields.number("truncation", 1)
    devices = [_fields(device) for device in fields.list("devices")]
    predicted = [truncation * embodied.hsl_total(device.object("levels")) for device in devices]
    found = embodied.metrics([device.number("published_kg") for device in devices], predicted)
    return {"predicted": predicted, "predicted_kg": predicted, "mape": found.mape, "bias": found.bias}


@kind("embodied.metrics")
def _metrics(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    found = embodied.metrics(
        fields.numbers("published"),
        fields.numbers("predicted"),
        fields.numbers("p5", []),
        fields.numbers("p95", []),
    )
    answer: Answer = {"mape": found.mape, "bias": found.bias}
    return answer if found.coverage is None else answer | {"coverage": found.coverage}


@kind("embodied.validation.set")
def _validation_set(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    devices = []
    for device in fields.list("devices"):
        one = _fields(device)
        devices.append(
            (one.text("id"), one.number("published_kg"), one.object("levels"), one.number("mass_kg", None))
        )
    fit = None
    if fields.list("fit", None) is not None:
        entries = [_fields(entry) for entry in fields.list("fit")]
        fit = [(entry.number("published_kg"), entry.number("mass_kg", None)) for entry in entries]
    limits = _fields(fields.object("limits"))
    names = ("mape_max", "bias_abs_max", "coverage_min", "median_width_max")
    found = embodied.validate(devices, fit=fit, **{name: limits.number(name) for name in names})
    trivial = {}
    for line in found.trivial:
        trivial[line.name] = {"n": line.n, "k": line.k, "mape": line.mape, "model_mape": line.model_mape}
        more = {"coverage": line.coverage, "median_width": line.median_width, "score": line.score}
        trivial[line.name] |= {name: value for name, value in more.items() if value is not None}
    return {
        "pass": found.passed,
        "mape": found.model.mape,
        "bias": found.model.bias,
        "coverage": found.model.coverage,
        "median_width": found.model.median_width,
        "score": found.model.score,
        "trivial": trivial,
    }
