# SPDX-License-Identifier: MIT
"""For tests: conformance vectors, and the fakes that stand in for clocks, meters and machines.

>>> from co2lib.testing import compare, conform
>>> conform("meter.convert", {"value": 1, "from": "kWh", "to": "J"})
{'value': 3600000.0}
>>> compare({"value": 3.6e6}, {"value": 3.6e6 + 1}, {"rel": 1e-12})
['value: expected 3600000.0, got 3600001.0']
"""

from __future__ import annotations

import importlib
from typing import Any

from co2lib.testing._compare import compare
from co2lib.testing._skip import SkipVector
from co2lib.testing._vectors import Outcome, conform, domains, run_file, run_vector

_FAKES = ("FakeMeter", "ManualClock", "fake_powercap")
"""Imported from `co2lib.testing.fakes` when first used."""

__all__ = [
    "FakeMeter",
    "ManualClock",
    "Outcome",
    "SkipVector",
    "compare",
    "conform",
    "domains",
    "fake_powercap",
    "run_file",
    "run_vector",
]


def __getattr__(name: str) -> Any:
    if name in _FAKES:
        return getattr(importlib.import_module("co2lib.testing.fakes"), name)
    raise AttributeError(f"module 'co2lib.testing' has no attribute {name!r}")
