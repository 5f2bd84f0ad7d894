# SPDX-License-Identifier: MIT
"""The page of a plan, and whether a document is one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from co2lib._errors import BadValueError
from co2lib.report import _text
from co2lib.report._page import Page, Tile
from co2lib.report._plan_charts import plan_figures

SCHEMA = "co2lib-plan/1"


def _bad(message: str) -> BadValueError:
    return BadValueError("hub.bad_value", message)


def check(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return a document that is a plan; ``hub.bad_value`` naming the field that is wrong."""
    if document.get("schema") != SCHEMA:
        raise _bad(f"{where}: schema is {document.get('schema')!r}; this version reads {SCHEMA}")
    for key in ("models", "mixes", "g_per_kwh", "demand", "hull"):
        if not isinstance(document.get(key), list) or not document[key]:
            raise _bad(f"{where}: {key}: expected a list; write the plan again with co2lib plan --json")
    slots = len(document["mixes"])
    for key in ("g_per_kwh", "demand"):
        numbers = document[key]
        if len(numbers) != slots or not all(_is_number(x) for x in numbers):
            raise _bad(f"{where}: {key}: expected {slots} numbers of at least 0, one per slot")
    for key in ("step_h", "pue", "accuracy", "carbon_g", "agnostic_carbon_g"):
        if not _is_number(document.get(key)):
            raise _bad(f"{where}: {key}: expected a number of at least 0, got {document.get(key)!r}")
    names = set()
    for i, model in enumerate(document["models"]):
        if not isinstance(model, dict) or not all(
            _is_number(model.get(k)) for k in ("energy_kwh", "accuracy")
        ):
            raise _bad(f"{where}: models[{i}]: expected name, energy_kwh and accuracy")
        names.add(str(model.get("name")))
    for i, mix in enumerate(document["mixes"]):
        known = isinstance(mix, dict) and {str(mix.get("model")), str(mix.get("upgraded"))} <= names
        if not known or not _is_number(mix.get("share")) or mix["share"] > 1:
            raise _bad(f"{where}: mixes[{i}]: expected two of the models, and a share from 0 to 1")
    return dict(document)


def _is_number(value: Any) -> bool:
    return (
        not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value) and value >= 0
    )


def plan_page(plan: Mapping[str, Any], title: str | None = None) -> Page:
    """Return the page of a plan, as :func:`check` gives it."""
    saving, budget, interval = plan.get("saving"), plan.get("budget_g"), plan.get("carbon_interval_g")
    slots, step = len(plan["mixes"]), 3600 * plan["step_h"]
    spent = f"{_text.percent(100 * plan['carbon_g'] / budget)} of {_text.mass(budget)}" if budget else ""
    if interval:
        spent = f"{_text.between(interval[0], interval[1], _text.MASS)} (forecast)"
    against = f"{_text.mass(plan['agnostic_carbon_g'])} for one mix in all slots"
    tiles = [
        Tile(
            "Mean accuracy",
            f"{plan['accuracy']:.4g}",
            f"{plan['agnostic_accuracy']:.4g} without looking at the grid"
            if plan.get("agnostic_accuracy") is not None
            else "",
        ),
        Tile("Carbon", _text.mass(plan["carbon_g"]), spent),
        Tile("Saved at this accuracy", "none" if saving is None else _text.percent(100 * saving), against),
        Tile("Slots", str(slots), f"of {_text.seconds(step)} each"),
    ]
    notes = [
        str(note) for report in (plan.get("reports") or {}).values() for note in report.get("notes") or []
    ]
    method = [
        ("Models", ", ".join(str(m["name"]) for m in plan["models"])),
        ("Requests", f"{math.fsum(plan['demand']):.6g} in all"),
        ("PUE", f"{plan['pue']:g}"),
        ("Price of carbon", f"{plan.get('lambda_per_g') or 0:.4g} points per g"),
        ("Idle power, besides", _text.mass(plan["idle_g"]) if plan.get("idle_g") else ""),
        (
            "Intensities",
            "forecast" if plan.get("forecast") else "measured or given: the plan sees the future",
        ),
        ("Remarks", "; ".join(dict.fromkeys(notes))),
    ]
    begin = str(plan["start"])[:16].replace("T", " ") + " UTC" if plan.get("start") else ""
    return Page(
        title=title or "Plan",
        facts=[fact for fact in (f"{len(plan['models'])} models", begin) if fact],
        tiles=tiles,
        figures=plan_figures(plan, "css"),
        method=[(what, text) for what, text in method if text],
        rescales=False,
        heading="How it was planned",
    )
