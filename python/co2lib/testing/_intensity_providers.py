# SPDX-License-Identifier: MIT
"""Adapter between the vectors of the providers of carbon intensities and ``co2lib.intensity``."""

from __future__ import annotations

from typing import Any

from co2lib import Error, intensity
from co2lib.testing._adapter import Adapter, Answer, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)

ZONES = ("zone", "region", "area", "respondent", "location", "domain", "postcode")
"""What the providers call the place that is asked for."""


def _query(asked: dict[str, Any], factors: dict[str, float] | None = None) -> intensity.Query:
    zones = [str(asked[name]) for name in ZONES if asked.get(name) is not None]
    return intensity.Query(
        zones[0] if zones else "",
        latitude=asked.get("lat"),
        longitude=asked.get("lon"),
        start=asked.get("from"),
        end=asked.get("to"),
        signal=asked.get("signal"),
        scope=asked.get("scope"),
        total_rows=asked.get("total_rows"),
        settings=intensity.ProviderSettings(
            token=asked.get("token", "configured"),
            version=asked.get("version") or "",
            granularity=asked.get("temporalGranularity") or "",
            factors=factors or {},
        ),
    )


def _record(r: intensity.Record) -> dict[str, Any]:
    return {
        "start": intensity.format_time(r.start),
        "end": intensity.format_time(r.end),
        "g_per_kwh": None if r.value is None else r.value.g_per_kwh,
        "signal": r.signal,
        "scope": r.scope,
        "basis": r.basis,
        "status": r.status,
        "zone": r.zone,
        "raw_value": r.raw_value,
        "raw_unit": r.raw_unit,
        "flags": r.flags,
    }


@kind("intensity.parse")
def _parse(given: dict[str, Any]) -> Answer:
    headers = {"Content-Type": given["content_type"], **(given.get("headers") or {})}
    response = intensity.HttpResponse(given["status"], given["body"], headers)
    query = _query(given.get("query") or {}, given.get("factors"))
    try:
        answer = intensity.provider(given["provider"]).parse(given["endpoint"], response, query)
    except Error as error:
        known = ("retry_after_s", "retry")
        details: dict[str, Any] = {name: error.details[name] for name in known if name in error.details}
        return {"error": error.code, **details}
    return {
        "records": [_record(r) for r in answer.records],
        "forecast_records": [_record(r) for r in answer.forecast_records],
        "forecasts": [
            {
                "generated_at": intensity.format_time(f.generated_at),
                "records": [_record(r) for r in f.records],
            }
            for f in answer.forecasts
        ],
        "generated_at": answer.generated_at and intensity.format_time(answer.generated_at),
        # Of the remarks, the provider's own.
        "issues": [i.code for i in answer.issues if i.code not in {"scope_assumed", "partial_answer"}],
    }


@kind("intensity.requests")
def _requests(given: dict[str, Any]) -> Answer:
    try:
        requests = intensity.provider(given["provider"]).requests(_query(given))
    except Error as error:
        return {"error": error.code, "requests": []}
    return {
        "requests": [
            {
                "method": r.method,
                "url": r.url,
                "query": {f.name: "***" if f.secret else f.value for f in r.query},
                "headers": [f.name for f in r.headers],
            }
            for r in requests
        ]
    }
