# SPDX-License-Identifier: MIT
"""A run as observable instruments of OpenTelemetry; where they go is the program's own configuration.

>>> from co2lib.integrations.opentelemetry import instrument               # doctest: +SKIP
>>> with co2lib.track(location="FRA") as run:                              # doctest: +SKIP
...     instrument(run)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import co2lib
from co2lib._extras import require
from co2lib.integrations._series import SERIES, Reader, Series, Source, Values

__all__ = ["instrument"]

_metrics: Any = require(
    "opentelemetry.metrics", extra="metrics", needed_for="co2lib.integrations.opentelemetry"
)

_ONE_COLLECTION_S = 0.05
"""Instruments are asked one after the other; those of one collection share a reading."""


def instrument(
    source: Source, meter_provider: Any = None, attributes: Mapping[str, str] | None = None
) -> list[Any]:
    """Make the instruments of a run: names as of Prometheus with dots, such as ``co2lib.energy``.

    Parameters
    ----------
    source : Track, Tracker or callable
        A run, or a function that gives a `Footprint`. It is read at each collection, also after its end.
    meter_provider : opentelemetry.metrics.MeterProvider, optional
        Default: the global one.
    attributes : mapping, optional
        Added to every value.

    Returns
    -------
    list
        The instruments.
    """
    meter = _metrics.get_meter("co2lib", co2lib.__version__, meter_provider=meter_provider)
    shared = _Shared(source)
    made = []
    for series in SERIES:
        make = meter.create_observable_counter if series.kind == "counter" else meter.create_observable_gauge
        callback = _callback(shared, series, dict(attributes or {}))
        made.append(make(otel_name(series), callbacks=[callback], unit=series.unit, description=series.text))
    return made


def otel_name(series: Series) -> str:
    """Return the name without its unit, which is a field of its own here."""
    if series.kind == "info":
        return "co2lib.info"
    name = series.name.removeprefix("co2lib_")
    return f"co2lib.{name.removesuffix(f'_{series.suffix}') if series.suffix else name}"


class _Shared:
    def __init__(self, source: Source) -> None:
        self._reader = Reader(source)
        self._lock = threading.Lock()
        self._values: Mapping[str, Values] = {}
        self._at = float("-inf")

    def values(self, series: Series) -> Values:
        with self._lock:
            now = time.monotonic()
            if now - self._at > _ONE_COLLECTION_S:
                self._values, self._at = self._reader.read(), now
            return self._values[series.name]


def _callback(
    shared: _Shared, series: Series, attributes: Mapping[str, str]
) -> Callable[[Any], Iterable[Any]]:
    def observe(_: Any) -> Iterable[Any]:
        for labels, value in shared.values(series).items():
            named = dict(zip(series.labels, labels, strict=True))
            yield _metrics.Observation(value, {**attributes, **named})

    return observe
