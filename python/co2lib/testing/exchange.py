# SPDX-License-Identifier: MIT
"""Adapters of the `exchange.*` vectors; fields in docs/exchange.md."""

from __future__ import annotations

import json
from typing import Any

from co2lib import exchange, hub
from co2lib.testing._adapter import Adapter, Answer, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)


def _disclosures(given: dict[str, Any]) -> list[exchange.Disclosure]:
    return [
        exchange.disclosure(one.get("footprint", {}), activity=one.get("activity"), counts=one.get("counts"))
        for one in given["disclosures"]
    ]


def _some(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}


def _lacks(document: Any, pointer: str) -> bool:
    for part in pointer.split("/")[1:]:
        if isinstance(document, list):
            if not part.isdigit() or int(part) >= len(document):
                return True
            document = document[int(part)]
        elif isinstance(document, dict) and part in document:
            document = document[part]
        else:
            return True
    return False


def _written(given: dict[str, Any], text: str) -> Answer:
    document = json.loads(text)
    return {
        "document": document,
        "absent": [pointer for pointer in given.get("absent", []) if _lacks(document, pointer)],
        "leaked": [private for private in given.get("private", []) if private in text],
    }


@kind("exchange.cyclonedx")
def _cyclonedx(given: dict[str, Any]) -> Answer:
    names = ("model", "version", "supplier", "spec_version", "energy_provider", "energy_source")
    more = _some(given, *names, "created", "serial", "into", "bom_ref")
    return _written(given, exchange.cyclonedx(_disclosures(given), **more))


@kind("exchange.spdx")
def _spdx(given: dict[str, Any]) -> Answer:
    names = (
        "model",
        "version",
        "supplier",
        "download_location",
        "released",
        "licence",
        "created",
        "namespace",
    )
    return _written(given, exchange.spdx(_disclosures(given), **_some(given, *names)))


@kind("exchange.boamps")
def _boamps(given: dict[str, Any]) -> Answer:
    more = _some(given, "context", "created")
    return _written(given, exchange.boamps(_disclosures(given), **more))


def _score(given: dict[str, Any]) -> exchange.SciScore:
    more = _some(given, "unit", "count", "basis", "rationale")
    return exchange.sci_ai(_disclosures(given), **more).per(given.get("per", 1))


@kind("exchange.sci_ai")
def _sci_ai(given: dict[str, Any]) -> Answer:
    return _written(given, _score(given).to_json())


@kind("exchange.sci_ai_ratio")
def _sci_ai_ratio(given: dict[str, Any]) -> Answer:
    return {"ratio": _score(given["a"]) / _score(given["b"])}


def _document(given: dict[str, Any]) -> str:
    return given["text"] if "text" in given else json.dumps(given["document"])


@kind("exchange.read")
def _read(given: dict[str, Any]) -> Answer:
    return {"disclosures": [one.to_dict() for one in exchange.read(_document(given))]}


@kind("exchange.validate")
def _validate(given: dict[str, Any]) -> Answer:
    document = given["document"]
    return {"format": exchange.format_of(document), "valid": not exchange.validate(document)}


def _side(what: Any) -> Any:
    if isinstance(what, str) and not what.lstrip().startswith("{"):
        return hub.read_card(what)
    return what


@kind("exchange.compare")
def _compare(given: dict[str, Any]) -> Answer:
    found = exchange.compare(_side(given["a"]), _side(given["b"]))
    return {
        "agree": found.agree,
        "compared": found.compared,
        "differences": found.differences,
        "unpaired": found.unpaired,
    }
