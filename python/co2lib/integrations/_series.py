# SPDX-License-Identifier: MIT
"""A footprint so far as series for monitoring: the names and numbers of `co2lib.tracker.OpenMetrics`.

The rules (which devices are shown, counters that never fall, power) are said there, once for C++ and Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from co2lib._errors import BadValueError
from co2lib.tracker import Footprint, OpenMetrics, Track, Tracker

_UCUM = {
    "joules": "J",
    "grams": "g",
    "litres": "L",
    "seconds": "s",
    "watts": "W",
    "ratio": "1",
    "grams_per_kwh": "g/kWh",
    "": "1",
}
"""Units of OpenMetrics as OpenTelemetry writes them."""


@dataclass(frozen=True, slots=True)
class Series:
    """What one name means; `kind` is ``counter``, ``gauge`` or ``info``."""

    name: str
    kind: str
    suffix: str
    text: str
    labels: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The unit as OpenTelemetry writes it."""
        return _UCUM[self.suffix]

    @property
    def sample_name(self) -> str:
        """The name that is scraped."""
        return self.name + {"counter": "_total", "info": "_info"}.get(self.kind, "")


SERIES = tuple(Series(f.name, f.type, f.unit, f.help, tuple(f.labels)) for f in OpenMetrics.series())
"""Everything that is exported."""

Source = Track | Tracker | Callable[[], Footprint]
"""A run, or a function that gives a footprint."""


def footprint_of(source: Source) -> Footprint:
    """Return the footprint so far."""
    if isinstance(source, Track | Tracker):
        return source.snapshot()
    if not callable(source):
        raise BadValueError(
            "integrations.bad_option",
            f"a run or a function that gives a footprint is exported, not {source!r}",
        )
    return source()


Values = dict[tuple[str, ...], float]


class Reader:
    """Reads a run as values by name and labels."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._metrics = OpenMetrics()

    def read(self) -> Mapping[str, Values]:
        """Return the values of every series by their labels' values; series without any are empty."""
        families = self._metrics.families(footprint_of(self._source))
        return {f.name: {tuple(labels): value for labels, value in f.samples} for f in families}
