# SPDX-License-Identifier: MIT
"""co2lib: the energy and carbon of machine learning, measured by one C++ core.

>>> import co2lib
>>> co2lib.Energy.from_kwh(2) * co2lib.CarbonIntensity.from_g_per_kwh(50)
CarbonMass.from_grams(100.0)
"""

from __future__ import annotations

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

_MODULES = (
    "adaptive",
    "bench",
    "codecarbon",
    "embodied",
    "exchange",
    "explorer",
    "hub",
    "inference",
    "integrations",
    "intensity",
    "meter",
    "numeric",
    "preindex",
    "report",
    "tracker",
)
"""Domains and rooms that are imported when first used."""

_LAZY = {
    "Footprint": "co2lib.tracker",
    "Tracker": "co2lib.tracker",
    "load_ipython_extension": "co2lib.integrations.notebook",
    "sensors": "co2lib.meter",
    "track": "co2lib.tracker",
}
"""Names lifted from a domain, and its module."""

if TYPE_CHECKING:
    from typing import Any

    from co2lib import adaptive as adaptive
    from co2lib import bench as bench
    from co2lib import codecarbon as codecarbon
    from co2lib import embodied as embodied
    from co2lib import exchange as exchange
    from co2lib import explorer as explorer
    from co2lib import hub as hub
    from co2lib import inference as inference
    from co2lib import integrations as integrations
    from co2lib import intensity as intensity
    from co2lib import meter as meter
    from co2lib import numeric as numeric
    from co2lib import preindex as preindex
    from co2lib import report as report
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
    "adaptive",
    "bench",
    "codecarbon",
    "convert",
    "embodied",
    "exchange",
    "explorer",
    "hub",
    "inference",
    "integrations",
    "intensity",
    "meter",
    "numeric",
    "preindex",
    "report",
    "sci",
    "sensors",
    "track",
    "tracker",
]


def __getattr__(name: str) -> Any:
    # Not importlib, whose import costs a good part of this one.
    if name in _MODULES:
        return __import__(f"co2lib.{name}", fromlist=("__name__",))
    if name in _LAZY:
        return getattr(__import__(_LAZY[name], fromlist=("__name__",)), name)
    raise AttributeError(f"module 'co2lib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
