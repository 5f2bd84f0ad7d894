# SPDX-License-Identifier: MIT
"""Adapters of the `hub.report.*` vectors: the arithmetic of the report."""

from __future__ import annotations

from typing import Any

from co2lib import report
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)
_CODE = "hub.bad_value"


@kind("hub.report.phase_summary")
def _phase_summary(given: dict[str, Any]) -> Answer:
    return report.phase_summary(Fields(given, _CODE).list("phases"))._asdict()


@kind("hub.report.grid_factor")
def _grid_factor(given: dict[str, Any]) -> Answer:
    fields = Fields(given, _CODE)
    return {"g_per_kwh": report.grid_factor(fields.numbers("grams"), fields.numbers("energy_kwh"))}


@kind("hub.report.reprice")
def _reprice(given: dict[str, Any]) -> Answer:
    fields = Fields(given, _CODE)
    values = (fields.number("energy_j"), fields.number("g_per_kwh"), fields.number("pue", 1.0))
    return {"grams": report.reprice(*values)}


@kind("hub.report.amortise")
def _amortise(given: dict[str, Any]) -> Answer:
    fields = Fields(given, _CODE)
    values = (fields.number(name) for name in ("one_off_j", "marginal_j", "inferences"))
    return report.amortise(*values)._asdict()


@kind("hub.report.median_interval")
def _median_interval(given: dict[str, Any]) -> Answer:
    fields = Fields(given, _CODE)
    found = report.median_interval(fields.numbers("values"), fields.number("confidence", 0.95))
    names = ("median", "low", "high", "coverage", "below_confidence")
    return {name: getattr(found, name) for name in names}


@kind("hub.report.pareto")
def _pareto(given: dict[str, Any]) -> Answer:
    return {"front": report.pareto(Fields(given, _CODE).list("points"))}


@kind("hub.report.sort_models")
def _sort_models(given: dict[str, Any]) -> Answer:
    fields = Fields(given, _CODE)
    items = fields.list("items")
    return {
        "names": report.sort_models(items, fields.text("by", "emission"), fields.text("order", "descending"))
    }


@kind("hub.report.json_for_script")
def _json_for_script(given: dict[str, Any]) -> Answer:
    return {"json": report.json_for_script(Fields(given, _CODE).text("text"))}
