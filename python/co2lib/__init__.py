# SPDX-License-Identifier: MIT
"""co2lib: the energy and carbon of machine learning, measured by one C++ core.

>>> import co2lib
>>> co2lib.Energy.from_kwh(2) * co2lib.CarbonIntensity.from_g_per_kwh(50)
CarbonMass.from_grams(100.0)
"""

from __future__ import annotations

import importlib

from co2lib._core import (
    CarbonIntensity,
    CarbonIntensityEstimate,
    CarbonIntensityInterval,
    CarbonMass,
    CarbonMassEstimate,
    CarbonMassInterval,
    Energy,
    EnergyEstimate,
    EnergyInterval,
    Host,
    Issue,
    Power,
    PowerEstimate,
    PowerInterval,
    Source,
    TimeEstimate,
    TimeInterval,
    Water,
    WaterEstimate,
    WaterIntensity,
    WaterIntensityEstimate,
    WaterIntensityInterval,
    WaterInterval,
    __version__,
    convert,
    sci,
)
from co2lib._errors import Error

TYPE_CHECKING = (
    False  # as type checkers read it, without the import of typing, which costs more than the rest
)

_MODULES = ("codecarbon", "hub", "intensity", "meter", "numeric", "preindex", "tracker")
"""Domains and rooms that are imported when first used."""

_LAZY = {
    "Footprint": "co2lib.tracker",
    "Tracker": "co2lib.tracker",
    "sensors": "co2lib.meter",
    "track": "co2lib.tracker",
}
"""Names lifted from a domain, and its module."""

if TYPE_CHECKING:
    from typing import Any

    from co2lib import codecarbon as codecarbon
    from co2lib import hub as hub
    from co2lib import intensity as intensity
    from co2lib import meter as meter
    from co2lib import numeric as numeric
    from co2lib import preindex as preindex
    from co2lib import tracker as tracker
    from co2lib.meter import sensors as sensors
    from co2lib.tracker import Footprint as Footprint
    from co2lib.tracker import Tracker as Tracker
    from co2lib.tracker import track as track

__all__ = [
    "CarbonIntensity",
    "CarbonIntensityEstimate",
    "CarbonIntensityInterval",
    "CarbonMass",
    "CarbonMassEstimate",
    "CarbonMassInterval",
    "Energy",
    "EnergyEstimate",
    "EnergyInterval",
    "Error",
    "Footprint",
    "Host",
    "Issue",
    "Power",
    "PowerEstimate",
    "PowerInterval",
    "Source",
    "TimeEstimate",
    "TimeInterval",
    "Tracker",
    "Water",
    "WaterEstimate",
    "WaterIntensity",
    "WaterIntensityEstimate",
    "WaterIntensityInterval",
    "WaterInterval",
    "__version__",
    "codecarbon",
    "convert",
    "hub",
    "intensity",
    "meter",
    "numeric",
    "preindex",
    "sci",
    "sensors",
    "track",
    "tracker",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"co2lib.{name}")
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'co2lib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
