# SPDX-License-Identifier: MIT
"""Adapters of the `hub.*` vectors; fields in spec/hub.md 9."""

from __future__ import annotations

from typing import Any

from co2lib import hub
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)


@kind("hub.write_block")
def _write_block(given: dict[str, Any]) -> Answer:
    block = hub.write_block(Fields(given, "hub.bad_value").object("record"))
    return {"yaml": block.yaml, "warnings": [issue.code for issue in block.issues]}
