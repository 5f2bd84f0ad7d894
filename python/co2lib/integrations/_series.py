# SPDX-License-Identifier: MIT
"""A footprint so far as series for monitoring: the same names and numbers for every exporter.

1. Only devices that enter the total are shown, so that a sum over `device` is the total and counts nothing
   twice.
2. What has no value is left out; a part whose value is unknown is not 0.
3. A counter never falls, for what reads it takes a fall for a restart: where a footprint corrects an
   earlier, larger value (a mirrored die was found), the larger one stays until it is passed.
4. Power is the mean since the exporter's previous reading; at the first one, of the run so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import co2lib
from co2lib._errors import BadValueError
from co2lib.tracker import DeviceFootprint, Footprint, Track, Tracker

DEVICE_LABELS = ("device", "domain", "provider", "method")


@dataclass(frozen=True, slots=True)
class Series:
    """What one name means; `kind` is ``counter`` or ``gauge``, `unit` as OpenTelemetry writes it."""

    name: str
    kind: str
    unit: str
    text: str
    labels: tuple[str, ...] = ()


SERIES = (
    Series("co2lib_energy_joules", "counter", "J", "IT energy used.", DEVICE_LABELS),
    Series("co2lib_emissions_grams", "counter", "g", "Operational carbon in g CO2e, PUE included."),
    Series("co2lib_water_litres", "counter", "L", "Water of the IT energy."),
    Series("co2lib_missed_reads", "counter", "1", "Reads of the meter that failed.", DEVICE_LABELS),
    Series("co2lib_counter_wraps", "counter", "1", "Times that the counter wrapped.", DEVICE_LABELS),
    Series("co2lib_counter_resets", "counter", "1", "Times that the counter restarted.", DEVICE_LABELS),
    Series("co2lib_power_watts", "gauge", "W", "Mean power since the last reading.", DEVICE_LABELS),
    Series("co2lib_coverage_ratio", "gauge", "1", "Part of the time that was measured.", DEVICE_LABELS),
    Series("co2lib_carbon_intensity_grams_per_kwh", "gauge", "g/kWh", "Mean over the run's energy."),
    Series(
        "co2lib_info",
        "gauge",
        "1",
        "The run: always 1.",
        ("version", "run_id", "project", "host", "location", "priced_with"),
    ),
)
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
    """Reads a run as values by name and labels; keeps what rules 3 and 4 need."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._highest: dict[tuple[str, tuple[str, ...]], float] = {}
        self._last: dict[tuple[str, ...], tuple[float, float]] = {}

    def read(self) -> Mapping[str, Values]:
        """Return the values of every series by their labels' values; series without any are empty."""
        footprint = footprint_of(self._source)
        found: dict[str, Values] = {series.name: {} for series in SERIES}
        for device in footprint.devices:
            if device.in_total:
                self._device(device, footprint, found)
        for name, value in (
            ("co2lib_emissions_grams", footprint.operational.grams),
            ("co2lib_water_litres", footprint.water.litres),
        ):
            if value is not None:
                found[name][()] = self._counted(name, (), value)
        if footprint.carbon_intensity is not None:
            found["co2lib_carbon_intensity_grams_per_kwh"][()] = footprint.carbon_intensity.g_per_kwh
        about = (
            co2lib.__version__,
            footprint.run_id,
            footprint.project,
            footprint.host,
            footprint.location,
            footprint.priced_with,
        )
        found["co2lib_info"][about] = 1.0
        return found

    def _device(self, device: DeviceFootprint, footprint: Footprint, found: dict[str, Values]) -> None:
        where = footprint.where(device)
        name = f"{where}: {device.id}" if where else device.id
        labels = (name, device.record.meter.domain, device.provider, device.method)
        record: Any = device.record
        joules = device.energy.joules
        for series, value in (
            ("co2lib_energy_joules", joules),
            ("co2lib_missed_reads", record.missed_reads),
            ("co2lib_counter_wraps", record.wraps),
            ("co2lib_counter_resets", record.resets),
        ):
            if value is not None:
                found[series][labels] = self._counted(series, labels, float(value))
        if record.window.coverage is not None:
            found["co2lib_coverage_ratio"][labels] = record.window.coverage
        if joules is not None:
            now = record.window.duration_s
            before_j, before_s = self._last.get(labels, (0.0, 0.0))
            self._last[labels] = (joules, now)
            if now > before_s and joules >= before_j:
                found["co2lib_power_watts"][labels] = (joules - before_j) / (now - before_s)

    def _counted(self, name: str, labels: tuple[str, ...], value: float) -> float:
        highest = max(value, self._highest.get((name, labels), 0.0))
        self._highest[name, labels] = highest
        return highest
