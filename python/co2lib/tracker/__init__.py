# SPDX-License-Identifier: MIT
"""Domain tracker: energy and carbon of a run.

>>> import co2lib
>>> with co2lib.track(location="FRA") as run:
...     with run.region("epoch"):
...         pass
>>> run.footprint.complete
True
"""

from __future__ import annotations

from co2lib._core import CarbonIntensity, append_csv
from co2lib._core import tracker as _tracker
from co2lib._errors import BadValueError
from co2lib.tracker._track import Track, Tracker, track

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from co2lib._core.tracker import OPENMETRICS_TYPE as OPENMETRICS_TYPE
    from co2lib._core.tracker import Account as Account
    from co2lib._core.tracker import CommandFootprint as CommandFootprint
    from co2lib._core.tracker import DeviceFootprint as DeviceFootprint
    from co2lib._core.tracker import Facility as Facility
    from co2lib._core.tracker import Footprint as Footprint
    from co2lib._core.tracker import MetricFamily as MetricFamily
    from co2lib._core.tracker import OpenMetrics as OpenMetrics
    from co2lib._core.tracker import RegionFootprint as RegionFootprint
    from co2lib._core.tracker import RegionResult as RegionResult
    from co2lib._core.tracker import Run as Run
    from co2lib._core.tracker import RunForecast as RunForecast
    from co2lib._core.tracker import ScopeFootprint as ScopeFootprint
    from co2lib._core.tracker import account as account
    from co2lib._core.tracker import choose_price as choose_price
    from co2lib._core.tracker import csv_columns as csv_columns
    from co2lib._core.tracker import forecast_total as forecast_total
    from co2lib._core.tracker import load as load
    from co2lib._core.tracker import merge as merge
    from co2lib._core.tracker import to_openmetrics as to_openmetrics
    from co2lib.intensity import IntensitySource, Trace
    from co2lib.tracker._region import Region as Region
    from co2lib.tracker._types import TrackedFunction as TrackedFunction
    from co2lib.tracker._types import TrackOptions as TrackOptions

_MODULES = {
    "Region": "co2lib.tracker._region",
    "TrackOptions": "co2lib.tracker._types",
    "TrackedFunction": "co2lib.tracker._types",
}
"""What is imported when asked for: it costs more than a start."""

__all__ = [
    "OPENMETRICS_TYPE",
    "Account",
    "CommandFootprint",
    "DeviceFootprint",
    "Facility",
    "Footprint",
    "MetricFamily",
    "OpenMetrics",
    "Region",
    "RegionFootprint",
    "RegionResult",
    "Run",
    "RunForecast",
    "ScopeFootprint",
    "Track",
    "TrackOptions",
    "TrackedFunction",
    "Tracker",
    "account",
    "append_emissions_csv",
    "choose_price",
    "csv_columns",
    "forecast_total",
    "load",
    "merge",
    "reprice",
    "to_openmetrics",
    "track",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(__import__(_MODULES[name], fromlist=("__name__",)), name)
    if name in __all__:  # what the core registers when asked for
        return getattr(_tracker, name)
    raise AttributeError(f"module 'co2lib.tracker' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def reprice(run: Run, intensity: IntensitySource | Trace | CarbonIntensity | float) -> Run:
    """Price a stored run with another intensity; its energy stays the same bit for bit.

    Parameters
    ----------
    run : Run
        From :func:`load`.
    intensity
        As the option ``intensity`` of :func:`track`.
    """
    from co2lib import intensity as domain
    from co2lib.tracker._intensity import as_source

    source = as_source(intensity)
    if isinstance(source, CarbonIntensity):
        source = domain.make_source(source)
    if source is None:
        raise BadValueError("tracker.bad_config", "intensity: none given; reprice needs one")
    return _tracker.reprice(run, source)


def append_emissions_csv(
    path: str | Path, footprint: Footprint, known: Mapping[str, str] | None = None
) -> Path | None:
    """Append the footprint to a CodeCarbon-compatible emissions.csv, under a file lock.

    Parameters
    ----------
    path : path
        A file with another header is renamed to ``.bak``, never overwritten.
    footprint : Footprint
        What to write.
    known : mapping, optional
        Columns to fill or replace.

    Returns
    -------
    Path or None
        Where a file with another header was moved.
    """
    import platform

    values = {"python_version": platform.python_version(), **(known or {})}
    row = footprint.csv_row(values)
    return append_csv(path, list(row), list(row.values()))
