# SPDX-License-Identifier: MIT
"""A plan of `adaptive` as rows and as a document; :class:`co2lib.adaptive.Plan` calls these."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from co2lib._html import Table

if TYPE_CHECKING:
    from co2lib.adaptive import Plan

SCHEMA = "co2lib-plan/1"


def _mixed(plan: Plan, slot: int, what: str) -> float:
    mix = plan.mixes[slot]
    low, high = plan.models[mix.model], plan.models[mix.upgraded]
    one, other = (low.accuracy, high.accuracy) if what == "accuracy" else (low.energy.kwh, high.energy.kwh)
    return one + mix.share * (other - one)


def rows(plan: Plan) -> Table:
    """Return one row per slot: who serves, mean accuracy and kWh per request, and carbon in g."""
    slots = plan.slots
    found = []
    for i, (g_per_kwh, requests) in enumerate(zip(slots.g_per_kwh, plan.demand, strict=True)):
        mix = plan.mixes[i]
        kwh = _mixed(plan, i, "energy")
        start = None if slots.start is None else slots.start + timedelta(hours=slots.step_h * i)
        found.append(
            {
                "start": start,
                "g_per_kwh": g_per_kwh,
                "requests": requests,
                "model": plan.models[mix.model].name,
                "upgraded": plan.models[mix.upgraded].name,
                "share": mix.share,
                "accuracy": _mixed(plan, i, "accuracy"),
                "kwh_per_request": kwh,
                "carbon_g": requests * kwh * g_per_kwh * plan.pue,
            }
        )
    return Table(found)


def document(plan: Plan) -> dict[str, Any]:
    """Return the plan as a document of schema ``co2lib-plan/1``; energies in kWh, carbon in g."""
    interval, budget = plan.carbon_interval, plan.budget
    return {
        "schema": SCHEMA,
        "slots": len(plan.slots),
        "start": None if plan.slots.start is None else plan.slots.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "step_h": plan.slots.step_h,
        "forecast": plan.forecast,
        "pue": plan.pue,
        "budget_g": None if budget is None else budget.grams,
        "accuracy": plan.accuracy,
        "carbon_g": plan.carbon.grams,
        "carbon_interval_g": None if interval is None else [interval.low.grams, interval.high.grams],
        "idle_g": plan.idle.grams,
        "least_carbon_g": plan.least_carbon.grams,
        "agnostic_accuracy": plan.agnostic_accuracy,
        "agnostic_carbon_g": plan.agnostic_carbon.grams,
        "saving": plan.saving,
        "saving_at_agnostic_accuracy": plan.saving_at_agnostic_accuracy,
        "lambda_per_g": plan.lambda_per_g,
        "thresholds_g_per_kwh": list(plan.thresholds_g_per_kwh),
        "hull": [plan.models[i].name for i in plan.hull.models],
        "models": [
            {"name": m.name, "energy_kwh": m.energy.kwh, "accuracy": m.accuracy, "latency_s": m.latency_s}
            for m in plan.models
        ],
        "g_per_kwh": list(plan.slots.g_per_kwh),
        "demand": list(plan.demand),
        "mixes": [
            {
                "model": plan.models[m.model].name,
                "upgraded": plan.models[m.upgraded].name,
                "share": m.share,
            }
            for m in plan.mixes
        ],
    }


def html(plan: Plan) -> str:
    """Return the plan beside what else could be done, as a table of HTML."""
    ways = [("this plan", plan.accuracy, plan.carbon)]
    ways += [(f"always {one.name}", one.accuracy, one.carbon) for one in plan.singles]
    ways.append(("one mix for all slots, this accuracy", plan.accuracy, plan.agnostic_carbon))
    return Table(
        {"way to serve": name, "accuracy": f"{accuracy:.4g}", "carbon": carbon}
        for name, accuracy, carbon in ways
    )._repr_html_()
