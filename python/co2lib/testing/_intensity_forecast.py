# SPDX-License-Identifier: MIT
"""Adapter between vectors and ``co2lib.intensity``: mixes, flows, local times, forecasts, backtests."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

from co2lib import CarbonIntensity, intensity
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar, series, trace_file

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)

_FIVE = ["persistence", "same_hour_yesterday", "same_hour_last_week", "mean7", "blend"]
_BLOCK = 96


def _fields(given: dict[str, Any]) -> Fields:
    return Fields(given, "intensity.bad_value")


def _intensity(value: float | None) -> CarbonIntensity | None:
    return None if value is None else CarbonIntensity.from_g_per_kwh(value)


@kind("intensity.fuel_mix")
def _fuel_mix(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    mix = intensity.fuel_mix(
        fields.object("energy"),
        fields.object("factors"),
        storage=fields.list("storage", []),
        exclude=fields.list("exclude", []),
    )
    return {"g_per_kwh": mix.value.g_per_kwh, "flags": mix.flags}


@kind("intensity.fuel_mix_trace")
def _fuel_mix_trace(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    factors = intensity.fuel_factors(fields.text("set"), scope=fields.text("scope", "lifecycle"))
    rows, largest = 0, 0.0
    with trace_file(fields.text("trace")).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            published = float(row["carbon_intensity"])
            fuels = {fuel: float(row[fuel]) if row[fuel] else None for fuel in factors if fuel in row}
            largest = max(largest, abs(intensity.fuel_mix(fuels, factors).value.g_per_kwh - published))
            rows += 1
    return {"rows": rows, "max_abs_deviation": largest}


@kind("intensity.one_hop")
def _one_hop(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    imports = [(i["mw"], CarbonIntensity.from_g_per_kwh(i["intensity"])) for i in fields.list("imports")]
    answer = intensity.one_hop(
        fields.number("production_mw"), _intensity(fields.number("production_intensity", None)), imports
    )
    return {"g_per_kwh": answer.g_per_kwh}


@kind("intensity.flow_trace")
def _flow_trace(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    answer = intensity.flow_trace(
        {z["zone"]: (z["production_mw"], _intensity(z.get("intensity"))) for z in fields.list("zones")},
        [(f["from"], f["to"], f["mw"]) for f in fields.list("flows")],
    )
    return {zone: value.g_per_kwh for zone, value in answer.items()}


@kind("intensity.parse_local_time")
def _parse_local_time(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    time = intensity.parse_local_time(fields.text("text"), fields.text("zone"))
    return {"utc": intensity.format_time(time)}


@kind("intensity.forecast")
def _forecast(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    trace = series(given)
    values = {}
    for method in fields.list("methods", _FIVE):
        made = intensity.forecast(trace, fields.text("issued_at"), method=method, intervals=False)
        values[method] = {str(lead): value for lead, value in enumerate(made.g_per_kwh)}
    return {"values": values}


@kind("intensity.backtest")
def _backtest(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    trace = series(given)
    issues, methods = 0, {}
    for method in fields.list("methods", _FIVE):
        tested = intensity.backtest(
            trace,
            method=method,
            first_issue=fields.text("first_issue"),
            horizon_h=fields.integer("horizon_h", 96),
            step_h=fields.integer("step_h", 24),
        )
        issues = tested.issues
        methods[method] = {
            "mape_percent": [day.mape_percent for day in tested.days],
            "mae_g_per_kwh": [day.mae_g_per_kwh for day in tested.days],
        }
        if tested.mean_spearman_day1 is not None:
            methods[method]["mean_spearman_day1"] = tested.mean_spearman_day1
    return {"issues": issues, "methods": methods}


@kind("intensity.forecast_file_error")
def _forecast_file_error(given: dict[str, Any]) -> Answer:
    actual: list[float] = []
    made: list[float] = []
    with trace_file(_fields(given).text("trace")).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            actual.append(float(row["actual_carbon_intensity_lifecycle"]))
            made.append(float(row["forecasted_carbon_intensity_lifecycle"]))
    # By row number: one block of the file has wrong stamps.
    forecasts, truths = [], []
    for first in range(0, len(made), _BLOCK):
        issue = datetime(2021, 7, 1, tzinfo=UTC) + timedelta(hours=first // 4)
        hours = [issue + timedelta(hours=k) for k in range(_BLOCK + 1)]
        forecasts.append(
            intensity.forecast_of(
                [
                    intensity.Record(
                        start, end, CarbonIntensity.from_g_per_kwh(g), status="forecast", generated_at=issue
                    )
                    for start, end, g in zip(hours, hours[1:], made[first : first + _BLOCK], strict=False)
                ]
            )
        )
        truths.append(intensity.Trace.regular(issue, 3600, list(actual[first : first + _BLOCK])))
    scored = intensity.score(forecasts, truths)
    return {"issues": scored.issues, "mape_percent": [day.mape_percent for day in scored.days]}
