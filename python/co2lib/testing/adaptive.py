# SPDX-License-Identifier: MIT
"""Adapter between the vectors of the adaptive domain and the functions of ``co2lib.adaptive``."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from co2lib import CarbonIntensity, CarbonMass, Energy, Power, adaptive, intensity
from co2lib._errors import BadValueError
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar, series

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)


def _fields(given: dict[str, Any]) -> Fields:
    return Fields(given, "adaptive.bad_input")


def _models(given: dict[str, Any]) -> list[adaptive.Model]:
    models = []
    for entry in given["models"]:
        fields = Fields(entry, "adaptive.bad_model")
        energy = Energy.from_kwh(fields.number("energy_kwh"))
        models.append(adaptive.Model(fields.text("name"), energy, fields.number("accuracy")))
    return models


def _intensity(given: dict[str, Any]) -> Any:
    values = _fields(given).any("intensity")
    if isinstance(values, dict):
        start, end = (intensity.parse_time(values[name]) for name in ("from", "to"))
        return series(values).between(start, end)
    return values


def _grams(given: dict[str, Any], name: str) -> CarbonMass:
    return CarbonMass.from_grams(_fields(given).number(name))


def _g_per_kwh(given: dict[str, Any], name: str) -> CarbonIntensity:
    return CarbonIntensity.from_g_per_kwh(_fields(given).number(name))


def _kwh(given: dict[str, Any], name: str) -> Energy:
    return Energy.from_kwh(_fields(given).number(name))


def _demand(given: dict[str, Any]) -> Any:
    return _fields(given).list("demand", None)


@kind("adaptive.hull")
def _hull(given: dict[str, Any]) -> Answer:
    models = _models(given)
    found = adaptive.hull(models)
    return {"hull": [models[i].name for i in found.models], "slopes": found.slopes}


@kind("adaptive.budget_plan")
def _budget_plan(given: dict[str, Any]) -> Answer:
    made = adaptive.plan(
        _models(given), _intensity(given), demand=_demand(given), budget=_grams(given, "budget_g")
    )
    return {
        "accuracy": made.accuracy,
        "carbon_g": made.carbon.grams,
        "lambda_per_g": made.lambda_per_g,
        "thresholds_g_per_kwh": made.thresholds_g_per_kwh,
        "agnostic_accuracy": made.agnostic_accuracy,
        "saving_at_agnostic_accuracy": made.saving_at_agnostic_accuracy,
    }


@kind("adaptive.accuracy_plan")
def _accuracy_plan(given: dict[str, Any]) -> Answer:
    accuracy = _fields(given).number("accuracy")
    made = adaptive.plan(_models(given), _intensity(given), demand=_demand(given), accuracy=accuracy)
    return {
        "carbon_g": made.carbon.grams,
        "static_carbon_g": made.agnostic_carbon.grams,
        "saving": made.saving,
    }


@kind("adaptive.static_optimal")
def _static_optimal(given: dict[str, Any]) -> Answer:
    found = adaptive.static_optimal(
        _models(given), _intensity(given), _fields(given).text("model"), demand=_demand(given)
    )
    return {
        "ratio_of_intensity": found.ratio_of_intensity,
        "ratio_of_slopes": found.ratio_of_slopes,
        "optimal": found.optimal,
    }


@kind("adaptive.choose")
def _choose(given: dict[str, Any]) -> Answer:
    models = _models(given)
    policy = adaptive.Policy(models, _fields(given).number("lambda_per_g"))
    return {"model": models[policy.choose(_g_per_kwh(given, "intensity"))].name}


@kind("adaptive.equal_width")
def _equal_width(given: dict[str, Any]) -> Answer:
    return {"index": adaptive.equal_width(_intensity(given), _fields(given).integer("count"))}


@kind("adaptive.heuristic")
def _heuristic(given: dict[str, Any]) -> Answer:
    found = adaptive.heuristic(_fields(given).text("rule"), _models(given), _intensity(given))
    return {
        "accuracy": found.accuracy,
        "carbon_g": found.carbon.grams,
        "cee_per_g": found.cee_per_g,
        "improvement_over_static": found.improvement,
        "extra_carbon_vs_agnostic": found.extra_carbon,
    }


@kind("adaptive.cee")
def _cee(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    names = ("accuracy", "carbon_g_per_request", "smallest_accuracy", "smallest_carbon_g_per_request")
    return {"cee_per_g": adaptive.cee(*(fields.number(name) for name in names))}


@kind("adaptive.control")
def _control(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    methods = {"pacing168": "pacing", "mpc48": "mpc", "primal_dual": "primal_dual"}
    method = fields.text("method")
    if method not in methods:
        raise BadValueError("adaptive.bad_input", f"method: {method!r}; known: {', '.join(methods)}")
    did = adaptive.control(
        _models(given),
        _intensity(given),
        budget=_grams(given, "budget_g"),
        method=methods[method],
        demand=_demand(given),
        update="additive",
        eta=fields.number("eta", 0.01),
        lambda0_per_g=fields.number("lambda0_per_g", None),
    )
    return {
        "accuracy": did.accuracy,
        "spend_over_budget": did.spend_over_budget,
        "share_of_gain": did.share_of_gain,
        "gap_closed": did.gap_closed,
    }


@kind("adaptive.hard_stop")
def _hard_stop(given: dict[str, Any]) -> Answer:
    models = _models(given)
    did = adaptive.hard_stop(
        models,
        _intensity(given),
        budget=_grams(given, "budget_g"),
        preferred=_fields(given).list("preferred"),
        demand=_demand(given),
    )
    return {"chosen": [models[i].name for i in did.chosen], "carbon_g": did.carbon.grams}


@kind("adaptive.switch_plan")
def _switch_plan(given: dict[str, Any]) -> Answer:
    models, fields = _models(given), _fields(given)
    made = adaptive.switch_plan(
        models,
        _intensity(given),
        lambda_per_g=fields.number("lambda_per_g"),
        cost=_kwh(given, "switch_kwh"),
        demand=_demand(given),
        initial=fields.text("initial", None),
    )
    return {
        "objective": made.objective,
        "models": [models[i].name for i in made.models],
        "switches": made.switches,
    }


def _span(seconds: float) -> timedelta:
    if not math.isfinite(seconds) or abs(seconds) > 6e9:
        raise BadValueError("adaptive.bad_input", f"duration: {seconds!r} s is no time that a job takes")
    return timedelta(seconds=seconds)


@kind("adaptive.shift")
def _shift(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    seconds = fields.number("duration_s", None)
    duration_s = fields.number("duration_h") * 3600 if seconds is None else seconds
    found = adaptive.shift(
        _intensity_slots(given),
        hours=_span(duration_s) / timedelta(hours=1),
        power=Power.from_kilowatts(fields.number("power_kw")),
        mode=fields.text("mode"),
    )
    answer: Answer = {
        "grams": found.carbon.grams,
        "start_offset_s": found.start_offset_s,
        "start_now_grams": found.start_now.grams,
    }
    if fields.text("mode") == "interruptible":
        answer["slots"] = found.slots
    if found.start_offset_s % 3600 == 0:
        answer["start_slot"] = int(found.start_offset_s // 3600)
    return answer


def _intensity_slots(given: dict[str, Any]) -> adaptive.Slots:
    return adaptive.Slots(_intensity(given))


@kind("adaptive.shift_table")
def _shift_table(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    table = adaptive.shift_table(
        series(given),
        work=fields.integer("work_h"),
        window=fields.integer("window_h"),
        first=fields.integer("first_slot"),
        step=fields.integer("step_h"),
    )
    return {"windows": table.windows, "start_now_total_g": table.start_now.grams, "ratio": table.ratio}


@kind("adaptive.elastic")
def _elastic(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    levels = [
        (Power.from_kilowatts(level.number("power_kw")), level.number("throughput_per_h"))
        for level in map(_fields, fields.list("levels"))
    ]
    found = adaptive.elastic(_intensity(given), levels, fields.number("work"))
    return {"grams": found.carbon.grams, "hull_levels": found.hull_levels}


def _bounds(given: dict[str, Any]) -> dict[str, float]:
    fields = _fields(given)
    return {
        "upper": fields.number("upper"),
        "lower": fields.number("lower"),
        "switch_cost": fields.number("switch_cost", 0.0),
    }


@kind("adaptive.k_search_thresholds")
def _k_search_thresholds(given: dict[str, Any]) -> Answer:
    found = adaptive.k_search_thresholds(_fields(given).integer("k"), **_bounds(given))
    return {
        "alpha": found.alpha,
        "alpha1": found.alpha1,
        "run_thresholds": found.run,
        "start_thresholds": found.start,
        "next_start_threshold": found.next_start,
    }


@kind("adaptive.k_search")
def _k_search(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    units = fields.integer("units_per_slot", None)  # null means any number
    if units not in (None, 1):
        raise BadValueError("adaptive.bad_input", f"units_per_slot: {units}; it is 1, or null for any number")
    found = adaptive.k_search(
        _intensity_slots(given).g_per_kwh, fields.integer("k"), unlimited=units is None, **_bounds(given)
    )
    names = ("slots", "amounts", "cost", "optimum", "ratio", "alpha", "alpha1", "within_alpha1")
    return {name: getattr(found, name) for name in names}


@kind("adaptive.k_max_alpha")
def _k_max_alpha(given: dict[str, Any]) -> Answer:
    fields = _fields(given)  # a null k means the limit
    k = fields.integer("k", None)
    return {"alpha": adaptive.k_max_alpha(k, upper=fields.number("upper"), lower=fields.number("lower"))}


@kind("adaptive.conversion")
def _conversion(given: dict[str, Any]) -> Answer:
    made = adaptive.Conversion(**_bounds(given))
    return {"alpha": made.alpha, "phi": [made.phi(w) for w in (0, 0.25, 0.5, 0.75, 1)]}


@kind("adaptive.suspend")
def _suspend(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    test = adaptive.suspend(
        power=Power.from_kilowatts(fields.number("power_kw")),
        left_s=fields.number("hours") * 3600,
        run=_g_per_kwh(given, "c_run"),
        later=_g_per_kwh(given, "c_later"),
        pause=_g_per_kwh(given, "c_pause"),
        checkpoint=_kwh(given, "checkpoint_kwh"),
        restore=_kwh(given, "restore_kwh"),
        idle=Power.from_kilowatts(fields.number("idle_kw")),
        paused_s=fields.number("pause_h") * 3600,
    )
    return {"run_now_g": test.run_now.grams, "pause_g": test.after_pause.grams, "pause": test.pause}


@kind("adaptive.spatial")
def _spatial(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    regions = []
    for region in fields.list("regions"):
        own = _fields(region).number("energy_kwh", None)
        regions.append(
            adaptive.CandidateRegion(
                _fields(region).text("name"),
                _g_per_kwh(region, "c"),
                _fields(region).number("pue", 1.0),
                None if own is None else Energy.from_kwh(own),
            )
        )
    found = adaptive.place(
        regions,
        source=fields.text("source"),
        energy=_kwh(given, "energy_kwh"),
        transfer=_kwh(given, "transfer_kwh"),
        transfer_intensity=_g_per_kwh(given, "transfer_intensity"),
    )
    return {"grams": {name: mass.grams for name, mass in found.carbon.items()}, "best": found.best}


@kind("adaptive.spatial_assign")
def _spatial_assign(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    cost = [
        {name: CarbonMass.from_grams(grams) for name, grams in job.items()} for job in fields.list("cost")
    ]
    return {"total": adaptive.assign(fields.object("capacity"), cost).total.grams}


@kind("adaptive.evaluate")
def _evaluate(given: dict[str, Any]) -> Answer:
    names = ("carbon_algorithm", "carbon_agnostic", "carbon_optimum", "budget_g")
    found = adaptive.compare(*(_grams(given, name) for name in names))
    return {
        "gap_closed": found.gap_closed,
        "regret_g": found.regret.grams,
        "ratio": found.ratio,
        "violation": found.violation,
    }
