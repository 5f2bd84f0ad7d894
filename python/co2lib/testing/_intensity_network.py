# SPDX-License-Identifier: MIT
"""Adapters of the vectors about networks: retry, redaction, the fallback chain."""

from __future__ import annotations

from typing import Any

from co2lib import CarbonIntensity, intensity
from co2lib._errors import Error, ProviderError
from co2lib.testing._adapter import Adapter, Answer, registrar

KINDS: dict[str, Adapter] = {}
"""From a kind to the function that answers its ``input``."""

kind = registrar(KINDS)


@kind("intensity.retry")
def _retry(given: dict[str, Any]) -> Answer:
    responses = given["responses"]
    waits: list[float] = []
    attempts = 0

    def transport(_: Any) -> tuple[int, dict[str, str], bytes]:
        nonlocal attempts
        played = responses[min(attempts, len(responses) - 1)]
        attempts += 1
        if "transport_error" in played:
            raise ProviderError(f"intensity.{played['transport_error']}", "as the vector says")
        after = played.get("retry_after")
        return played["status"], {} if after is None else {"Retry-After": str(after)}, b""

    try:
        response = intensity.fetch(
            transport,
            "https://example.org/",
            wait=waits.append,
            now=given.get("now"),
            jitter=lambda: float(given["jitter"]),
        )
        code = intensity.code_of_status(response.status)
        outcome = f"intensity.{code}" if code else "ok"
    except Error as error:
        outcome = error.code
    return {"attempts": attempts, "waits_s": waits, "outcome": outcome}


@kind("intensity.redact")
def _redact(given: dict[str, Any]) -> Answer:
    answer: Answer = {}
    if given.get("url") is not None:
        answer["url"] = intensity.redact(given["url"])
    if given.get("headers") is not None:
        answer["headers"] = intensity.redact_headers(given["headers"])
    return answer


def _records(rows: list[dict[str, Any]], given: dict[str, Any]) -> list[intensity.Record]:
    return [
        intensity.Record(
            row["start"],
            row["end"],
            None if row["g_per_kwh"] is None else CarbonIntensity.from_g_per_kwh(row["g_per_kwh"]),
            signal=given["signal"],
            scope=given["scope"],
        )
        for row in rows
    ]


@kind("intensity.fallback")
def _fallback(given: dict[str, Any]) -> Answer:
    live = given["live"]
    record = intensity.fallback(
        given["now"],
        live=_records(live, given) if isinstance(live, list) else live,
        cache=_records(given["cache"], given),
        location=given["location"] or "",
        signal=given["signal"],
        scope=given["scope"],
    )
    return {
        "g_per_kwh": None if record.value is None else record.value.g_per_kwh,
        "origin": record.origin,
        "flags": [flag for flag in record.flags if "." not in flag],
        "issues": [flag for flag in record.flags if "." in flag],
    }
