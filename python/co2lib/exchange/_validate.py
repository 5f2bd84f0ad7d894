# SPDX-License-Identifier: MIT
"""Documents against the official schemas, which are shipped; nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from co2lib._errors import BadValueError
from co2lib._extras import require

_FILES = {
    "cyclonedx": (
        "bom-1.6.schema.json",
        "bom-1.7.schema.json",
        "spdx.schema.json",
        "jsf-0.82.schema.json",
        "cryptography-defs.schema.json",
    ),
    "spdx": ("spdx-3.0.1.schema.json",),
    "boamps": (
        "report_schema.json",
        "measure_schema.json",
        "algorithm_schema.json",
        "dataset_schema.json",
        "hardware_schema.json",
    ),
}


def _schema(*path: str) -> Any:
    file = resources.files("co2lib.exchange").joinpath("schemas", *path)
    return json.loads(file.read_text(encoding="utf-8"))


def _document(document: Mapping[str, Any] | str) -> Any:
    if isinstance(document, Mapping):
        return document
    try:
        return json.loads(document)
    except ValueError as error:
        raise BadValueError("exchange.bad_document", f"the document is not JSON: {error}") from error


def format_of(document: Mapping[str, Any] | str) -> str:
    """Return the format of a document: ``cyclonedx``, ``spdx``, ``boamps`` or ``sci-ai``.

    Raises
    ------
    co2lib.Error
        ``exchange.bad_document`` if it is none of them.
    """
    tree = _document(document)
    if isinstance(tree, Mapping):
        if tree.get("bomFormat") == "CycloneDX":
            return "cyclonedx"
        if "spdx.org/rdf/3.0" in str(tree.get("@context")):
            return "spdx"
        if tree.get("schema") == "co2lib-sci-ai/1":
            return "sci-ai"
        if "task" in tree and "measures" in tree:
            return "boamps"
    raise BadValueError(
        "exchange.bad_document", "the document is none of CycloneDX, SPDX 3.0, BoAmps, SCI for AI"
    )


@cache
def _validator(kind: str, version: str) -> Any:
    jsonschema = require("jsonschema", extra="exchange", needed_for="validation")
    require("rfc3339_validator", extra="exchange", needed_for="validation of times")
    referencing = require("referencing", extra="exchange", needed_for="validation")
    jsonschema_spec = require("referencing.jsonschema", extra="exchange", needed_for="validation")
    if kind == "sci-ai":
        schema = _schema("sci_ai.schema.json")
        return jsonschema.Draft202012Validator(schema)
    draft = {"cyclonedx": "DRAFT7", "spdx": "DRAFT202012", "boamps": "DRAFT4"}[kind]
    resources_ = []
    for name in _FILES[kind]:
        contents = _schema(kind, name)
        resource = getattr(jsonschema_spec, draft).create_resource(contents)
        address = contents.get("$id") or contents.get("id") or name
        resources_.append((address, resource))
    registry = referencing.Registry().with_resources(resources_)
    main = {
        "cyclonedx": f"bom-{version}.schema.json",
        "spdx": "spdx-3.0.1.schema.json",
        "boamps": "report_schema.json",
    }
    cls = {
        "cyclonedx": jsonschema.Draft7Validator,
        "spdx": jsonschema.Draft202012Validator,
        "boamps": jsonschema.Draft4Validator,
    }[kind]
    return cls(_schema(kind, main[kind]), registry=registry, format_checker=cls.FORMAT_CHECKER)


def validate(document: Mapping[str, Any] | str) -> list[str]:
    """Return the faults of a document against its official schema; none: an empty list.

    Raises
    ------
    co2lib.Error
        ``exchange.bad_document`` if it is none of the formats, ``exchange.unsupported_version`` for a version
        of CycloneDX whose schema is not shipped, ``core.missing_extra`` without the extra ``exchange``.
    """
    tree = _document(document)
    kind = format_of(tree)
    version = str(tree.get("specVersion", ""))
    if kind == "cyclonedx" and version not in ("1.6", "1.7"):
        raise BadValueError(
            "exchange.unsupported_version", f"CycloneDX {version}: only 1.6 and 1.7 can be validated"
        )
    validator = _validator(kind, version if kind == "cyclonedx" else "")
    faults = sorted(
        validator.iter_errors(tree), key=lambda fault: [str(part) for part in fault.absolute_path]
    )
    return [
        "/" + "/".join(str(part) for part in fault.absolute_path) + ": " + _short(fault.message)
        for fault in faults
    ]


def _short(message: str) -> str:
    return message if len(message) <= 300 else message[:297] + "..."
