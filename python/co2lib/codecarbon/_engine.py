# SPDX-License-Identifier: MIT
"""What is behind a tracker of the compatibility layer: a run of co2lib, or the published arithmetic, live.

Both answer `columns()`: the numbers of ``emissions.csv`` so far, None where unknown.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Protocol

from co2lib import Error, intensity, meter
from co2lib.codecarbon._arithmetic import Counter, cpu_load, cpu_process, ram_power_w
from co2lib.codecarbon._factors import factor
from co2lib.codecarbon._outputs import LOG
from co2lib.codecarbon._run import LiveTotals
from co2lib.tracker import Footprint, track

Columns = dict[str, float | str | None]


class Engine(Protocol):
    """What a tracker asks."""

    def start(self) -> None: ...
    def measure(self) -> None: ...
    def stop(self) -> None: ...
    def columns(self) -> Columns: ...


def location_of(settings: SimpleNamespace) -> str | None:
    """Return co2lib's location for a country, a region of it or a cloud; None where none is given.

    What is not found falls to the next wider place, with a warning.
    """
    country = (getattr(settings, "country_iso_code", None) or "").upper()
    region = (getattr(settings, "region", None) or "").strip()
    provider = (getattr(settings, "cloud_provider", None) or "").lower()
    cloud_region = getattr(settings, "cloud_region", None) or ""
    tried = []
    if provider and cloud_region:
        tried.append(f"{provider}:{cloud_region}")
    if country and region:
        tried += _subdivisions(country, region)
    if country:
        tried.append(country)
    for place in tried:
        try:
            intensity.place(place)
        except Error as error:
            LOG.warning("%s: %s", place, error.message)
            continue
        return place
    if region and not any("-" in place for place in tried):
        LOG.warning("region %r of %r is not known; the country's factor is used", region, country)
    return None


def _subdivisions(country: str, region: str) -> list[str]:
    """Return the keys of a state or province by its name, such as US-CA for California."""
    name = region.casefold()
    return [
        place.key
        for place in intensity.places()
        if place.subdivision
        and place.country == country
        and name in (place.name.casefold(), place.key.casefold(), place.key.partition("-")[2].casefold())
    ]


class ExactEngine:
    """A run of co2lib; ``CO2LIB_*`` variables and ``co2lib.toml`` hold for what the arguments leave open."""

    def __init__(self, settings: SimpleNamespace, **more: Any) -> None:
        options: dict[str, Any] = {
            "project": settings.project_name,
            "pue": settings.pue,
            "wue": settings.wue or None,
            "gpus": settings.gpu_ids,
            "tdp_w": settings.force_cpu_power,
            "ram_w": settings.force_ram_power,
            "intensity": settings.force_carbon_intensity_g_co2e_kwh,
            "location": location_of(settings),
            "scope": "process" if settings.tracking_mode == "process" else None,
            "meters": ["model.cpu_load", "model.ram"] if settings.force_mode_cpu_load else None,
            **more,
        }
        self._track = track(**options)
        self._region = 0
        self._issues: set[str] = set()

    def start(self) -> None:
        """Begin the run."""
        self._track.start()

    def measure(self) -> None:
        """Read the meters now."""
        if self._track.running:
            self._track.tracker.cancel(self._track.begin("codecarbon"))

    def stop(self) -> None:
        """End the run."""
        self._say(self._track.stop())

    def footprint(self) -> Footprint:
        """Return co2lib's own result, with bounds, interval and issues."""
        return self._track.footprint

    def columns(self) -> Columns:
        """Return the columns that a footprint knows."""
        self.measure()
        footprint = self._track.footprint
        texts = footprint.csv_row()
        found: Columns = {name: _number(text) for name, text in texts.items() if name in _NUMBERS}
        found |= {name: texts[name] for name in _TEXTS}
        found["duration"] = footprint.duration_s
        return found

    def _say(self, footprint: Footprint) -> None:
        for issue in footprint.issues:
            if issue.code not in self._issues:
                self._issues.add(issue.code)
                LOG.warning("%s: %s", issue.code, issue.text)


_NUMBERS = (
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "water_consumed",
)
_TEXTS = ("country_name", "country_iso_code", "region", "cloud_provider", "cloud_region", "on_cloud")


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


class Readings(Protocol):
    """What the published arithmetic reads; tests give a trace."""

    def now_s(self) -> float: ...
    def packages(self) -> list[int]: ...
    def gpus(self) -> list[int]: ...
    def cpu_model_w(self) -> float | None: ...


class LiveReadings:
    """The counters of this machine, as `co2lib.meter` finds them; else its load.

    Raises
    ------
    co2lib.Error
        ``meter.unreadable`` where there is neither.
    """

    def __init__(self, settings: SimpleNamespace) -> None:
        self._settings = settings
        self._packages: list[Any] = []
        self._gpus: list[Any] = []
        for one in meter.open(gpus=settings.gpu_ids):
            info = one.info()
            if info.kind != "counter":
                continue
            if info.domain == "package" and not settings.force_mode_cpu_load and _in_uj(info):
                self._packages.append(one)
            elif info.domain == "gpu" and info.unit == (1, 1000):
                self._gpus.append(one)
        self.ranges: list[int | None] = [
            wrap if isinstance(wrap := one.info().wrap_max, int) else None for one in self._packages
        ]
        self._cpus = os.cpu_count() or 1
        self._begin = time.perf_counter()
        self._busy: tuple[float, float] | None = None
        self._process: tuple[float, float] | None = None

    def now_s(self) -> float:
        """Return the seconds since the first call of the run."""
        return time.perf_counter() - self._begin

    def packages(self) -> list[int]:
        """Return the count of each package in uJ; what cannot be read raises."""
        return [_count(one) for one in self._packages]

    def gpus(self) -> list[int]:
        """Return the count of each GPU in mJ."""
        return [_count(one) for one in self._gpus]

    def cpu_model_w(self) -> float | None:
        """Return the CPU's power by its load in W; None where counters tell it."""
        if self._packages:
            return None
        tdp = self._settings.force_cpu_power
        if self._settings.tracking_mode == "process":
            times = os.times()
            now, used = time.perf_counter(), sum(times[:4])
            before, self._process = self._process, (now, used)
            if before is None:
                return 0.0
            return cpu_process([used - before[1]], now - before[0], self._cpus, tdp).watts
        now, busy = time.perf_counter(), meter.read_cpu_time().busy_s
        before, self._busy = self._busy, (now, busy)
        load = 0.0
        if before is not None and now > before[0]:
            load = min(100.0, max(0.0, 100 * (busy - before[1]) / (now - before[0]) / self._cpus))
        return cpu_load(load, tdp).watts


def _in_uj(info: Any) -> bool:
    return bool(info.unit == (1, 1_000_000))


def _count(one: Any) -> int:
    sample = one.sample(time.monotonic())
    count = getattr(sample, "value", None)
    if not isinstance(count, int):
        raise Error("meter.unreadable", f"{one.info().id}: {sample}")
    return count


class PublishedEngine:
    """The published arithmetic, live: measured at the start, at every tick and at the stop.

    A reading that fails makes no step, and neither 0 nor a wrap: the next good one spans it.
    """

    def __init__(
        self, settings: SimpleNamespace, readings: Any = None, ranges: Sequence[int | None] | None = None
    ) -> None:
        self._readings = LiveReadings(settings) if readings is None else readings
        self._ranges = self._readings.ranges if ranges is None else list(ranges)
        self._settings = settings
        self._factor = factor(
            country_iso_code=getattr(settings, "country_iso_code", None),
            region=getattr(settings, "region", None),
            cloud_provider=getattr(settings, "cloud_provider", None),
            cloud_region=getattr(settings, "cloud_region", None),
            force_carbon_intensity_g_co2e_kwh=settings.force_carbon_intensity_g_co2e_kwh,
        )
        self._totals: LiveTotals | None = None
        self._covered_kwh = self._kg = 0.0
        self._last_s = 0.0

    def start(self) -> None:
        """Read for the first time."""
        ram_w = self._settings.force_ram_power
        if ram_w is None:
            ram_w = ram_power_w(memory_gb(), arm=platform.machine().lower() in ("aarch64", "arm64"))
        self._begin = self._readings.now_s()
        counters = [
            Counter(f"package-{n}", count, wrap)
            for n, (count, wrap) in enumerate(zip(self._readings.packages(), self._ranges, strict=True))
        ]
        gpus = [Counter(f"gpu-{n}", count, None, "mJ") for n, count in enumerate(self._readings.gpus())]
        self._totals = LiveTotals(
            counters, ram_w=ram_w, pue=self._settings.pue, wue=self._settings.wue, gpus=gpus
        )
        self.measure()

    def measure(self) -> None:
        """Read, and add what was used since."""
        assert self._totals is not None
        now_s = self._readings.now_s() - self._begin
        try:
            packages, gpus = self._readings.packages(), self._readings.gpus()
            self._totals.measure(now_s, packages, gpus, cpu_model_w=self._readings.cpu_model_w())
        except Error as error:
            LOG.warning("a measurement failed: %s", error)
            return
        self._last_s = now_s

    def stop(self) -> None:
        """Read for the last time."""
        self.measure()

    def columns(self) -> Columns:
        """Return the columns; emissions are updated as there, each time that somebody asks."""
        assert self._totals is not None
        self._kg += self._factor.kg_per_kwh * (self._totals.energy_kwh - self._covered_kwh)
        self._covered_kwh = self._totals.energy_kwh
        result = self._totals.result(self._last_s, self._kg)
        settings = self._settings
        cloud = self._factor.key.startswith("gcp:")
        return {
            **{name: getattr(result, name) for name in (*_NUMBERS, "duration")},
            "country_name": "",
            "country_iso_code": (getattr(settings, "country_iso_code", None) or "").upper(),
            "region": getattr(settings, "region", None) or "",
            "cloud_provider": settings.cloud_provider if cloud else "",
            "cloud_region": settings.cloud_region if cloud else "",
            "on_cloud": "Y" if cloud else "N",
        }


def memory_gb() -> float:
    """Return the size of the memory in GB of 2^30 B."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


EngineFactory = Callable[[SimpleNamespace], Engine]
