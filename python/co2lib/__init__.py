# SPDX-License-Identifier: MIT
"""co2lib: the energy and carbon of machine learning, measured by one C++ core.

>>> import co2lib
>>> co2lib.Energy.from_kwh(2) * co2lib.CarbonIntensity.from_g_per_kwh(50)
CarbonMass.from_grams(100.0)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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

_MODULES = ("numeric",)
"""Domains and rooms that are imported when first used."""

if TYPE_CHECKING:
    from co2lib import numeric as numeric

__all__ = [  # noqa: PLE0604 (the names of modules are texts too)
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
    "Host",
    "Issue",
    "Power",
    "PowerEstimate",
    "PowerInterval",
    "Source",
    "Water",
    "WaterEstimate",
    "WaterIntensity",
    "WaterIntensityEstimate",
    "WaterIntensityInterval",
    "WaterInterval",
    "__version__",
    "convert",
    "sci",
    *_MODULES,
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"co2lib.{name}")
    raise AttributeError(f"module 'co2lib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
