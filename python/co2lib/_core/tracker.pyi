# SPDX-License-Identifier: MIT
"""
The domain tracker.
"""
from __future__ import annotations
import co2lib._core
import co2lib._core.intensity
import co2lib._core.meter
import collections.abc
import os
import typing
__all__: list[str] = ['Account', 'DeviceFootprint', 'Facility', 'Footprint', 'RegionFootprint', 'Run', 'RunForecast', 'ScopeFootprint', 'Tracker', 'account', 'choose_price', 'csv_columns', 'forecast_total', 'load', 'merge', 'reprice']
class Facility:
    """
    The building around the machine.
    """
    def __init__(self, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0, wue: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def pue(self) -> float:
        ...
    @property
    def wue(self) -> float:
        """
        L per kWh of IT energy
        """
class DeviceFootprint:
    """
    The record of one meter, with its place in the totals.
    """
    @property
    def counted(self) -> bool:
        ...
    @property
    def device(self) -> str:
        ...
    @property
    def duplicate_of(self) -> str:
        ...
    @property
    def energy(self) -> co2lib._core.EnergyEstimate:
        ...
    @property
    def id(self) -> str:
        ...
    @property
    def mean_power(self) -> co2lib._core.Power | None:
        ...
    @property
    def method(self) -> str:
        ...
    @property
    def mirror_of(self) -> str:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def provider(self) -> str:
        ...
    @property
    def record(self) -> co2lib._core.meter.Record:
        ...
class ScopeFootprint:
    """
    How CPU and memory energy was divided: the scope's share, others, idle.
    """
    @property
    def idle(self) -> co2lib._core.EnergyEstimate:
        ...
    @property
    def other(self) -> co2lib._core.EnergyEstimate:
        ...
    @property
    def own(self) -> co2lib._core.EnergyEstimate:
        """
        Counted in the totals.
        """
    @property
    def scope(self) -> str:
        """
        process or container
        """
class RegionFootprint:
    """
    The statistics of all regions of one name.
    """
    def __repr__(self) -> str:
        ...
    @property
    def count(self) -> int:
        ...
    @property
    def duration_s(self) -> float:
        ...
    @property
    def exclusive(self) -> co2lib._core.Energy | None:
        """
        Without direct children of the same thread.
        """
    @property
    def inclusive(self) -> co2lib._core.EnergyEstimate:
        ...
    @property
    def least(self) -> co2lib._core.Energy | None:
        ...
    @property
    def most(self) -> co2lib._core.Energy | None:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def union_energy(self) -> co2lib._core.Energy | None:
        """
        Energy of the union of their times.
        """
class Footprint:
    """
    What a run used, how that was obtained, and how far off it can be.
    """
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    def _repr_html_(self) -> typing.Any:
        ...
    def csv_row(self, known: collections.abc.Mapping[str, str] = {}) -> dict[str, typing.Any]:
        """
        The 38 columns of a CodeCarbon emissions.csv row; empty where unknown.
        """
    def sci(self, functional_units: typing.SupportsFloat | typing.SupportsIndex) -> float | None:
        """
        SCI in g CO2e per functional unit (ISO/IEC 21031).
        """
    def to_dict(self) -> typing.Any:
        """
        The JSON as dicts and lists.
        """
    def to_json(self) -> str:
        """
        JSON of schema co2lib-footprint/1.
        """
    def to_model_card(self, *, training_type: str = '', geographical_location: str = '', hardware_used: str = '', embodied: bool = False) -> str:
        """
        The co2_eq_emissions block of a Hugging Face model card, in grams; raises tracker.no_value.
        """
    @property
    def carbon_intensity(self) -> co2lib._core.CarbonIntensity | None:
        """
        Mean over the energy.
        """
    @property
    def complete(self) -> bool:
        """
        False for a snapshot or a run that was killed.
        """
    @property
    def coverage(self) -> float | None:
        """
        Least coverage of the counted devices, 0..1.
        """
    @property
    def devices(self) -> list[DeviceFootprint]:
        ...
    @property
    def downtime_s(self) -> float:
        ...
    @property
    def duration_s(self) -> float:
        ...
    @property
    def embodied(self) -> co2lib._core.CarbonMassEstimate:
        """
        Embodied share; no value until the embodied domain fills it.
        """
    @property
    def end(self) -> typing.Any:
        """
        datetime in UTC
        """
    @property
    def energy(self) -> co2lib._core.EnergyEstimate:
        """
        IT energy of all counted devices.
        """
    @property
    def facility(self) -> Facility:
        ...
    @property
    def facility_energy(self) -> co2lib._core.Energy | None:
        """
        energy * PUE
        """
    @property
    def intensity_source(self) -> str:
        ...
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def location(self) -> str:
        ...
    @property
    def method(self) -> dict[str, typing.Any]:
        """
        Method (counter, integral, model) to its share of the energy.
        """
    @property
    def operational(self) -> co2lib._core.CarbonMassEstimate:
        """
        Operational carbon, PUE included.
        """
    @property
    def priced_with(self) -> str:
        """
        What the carbon was priced with, and what answered for a place: CN-BJ by CHN 2025, published.
        """
    @property
    def regions(self) -> dict[str, typing.Any]:
        """
        Name to statistics.
        """
    @property
    def run_id(self) -> str:
        ...
    @property
    def scope(self) -> ScopeFootprint | None:
        """
        The division of a process or container scope; None for the machine.
        """
    @property
    def segments(self) -> int:
        ...
    @property
    def sources(self) -> list[co2lib._core.Source]:
        ...
    @property
    def start(self) -> typing.Any:
        """
        datetime in UTC
        """
    @property
    def suspended_s(self) -> float:
        ...
    @property
    def totals(self) -> co2lib._core.meter.Totals:
        ...
    @property
    def water(self) -> co2lib._core.WaterEstimate:
        ...
class Run:
    """
    A run as it is stored; every footprint is computed from one.
    """
    def __repr__(self) -> str:
        ...
    def footprint(self) -> Footprint:
        """
        Computes the footprint.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def meters(self) -> list[co2lib._core.meter.MeterInfo]:
        ...
    @property
    def run_id(self) -> str:
        ...
    @property
    def segments(self) -> int:
        ...
class RunForecast:
    """
    The forecast of a run's total energy.
    """
    def __repr__(self) -> str:
        ...
    @property
    def half_width(self) -> co2lib._core.Energy | None:
        """
        Of the 95 % prediction interval; None for one unit.
        """
    @property
    def total(self) -> co2lib._core.Energy:
        ...
    @property
    def units_done(self) -> int:
        ...
    @property
    def units_total(self) -> int:
        ...
class Account:
    """
    Carbon and water of an energy series.
    """
    @property
    def facility_energy(self) -> co2lib._core.Energy:
        ...
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def it_energy(self) -> co2lib._core.Energy:
        ...
    @property
    def mean_intensity(self) -> co2lib._core.CarbonIntensity | None:
        ...
    @property
    def operational(self) -> co2lib._core.CarbonMass | None:
        """
        None where a part could not be priced.
        """
    @property
    def sources(self) -> list[co2lib._core.Source]:
        ...
    @property
    def water(self) -> co2lib._core.Water:
        ...
class Tracker:
    """
    Meters the machine from construction to stop().
    """
    def __init__(self, *, location: str = '', intensity: None | co2lib._core.CarbonIntensity | co2lib._core.intensity.IntensitySource = None, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0, wue: typing.SupportsFloat | typing.SupportsIndex = 0.0, log: os.PathLike[str] | str | bytes | None = None, run_id: str = '', resume: bool = False, period_s: typing.SupportsFloat | typing.SupportsIndex = 1.0, power_period_s: typing.SupportsFloat | typing.SupportsIndex = 0.1, flush_s: typing.SupportsFloat | typing.SupportsIndex = 10.0, fsync: bool = True, meters: collections.abc.Sequence[str | co2lib._core.meter.Meter] | None = None, gpus: str | collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex | str] | None = None, tdp_w: typing.SupportsFloat | typing.SupportsIndex | None = None, ram_w: typing.SupportsFloat | typing.SupportsIndex | None = None, modulus: str = 'kernel_max', p_max_w: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex] = {}, slack_s: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex] = {}, owner: bool | None = None, project: str = '', sync: collections.abc.Callable[[], None] | None = None, on_log: collections.abc.Callable[[str, str], None] | None = None, host: co2lib._core.Host = ..., clock: co2lib._core.Clock | None = None, powercap_root: os.PathLike[str] | str | bytes | None = None, scope: str = 'machine', idle_w: typing.SupportsFloat | typing.SupportsIndex | None = None) -> None:
        ...
    def begin(self, name: str, *, marker: bool = False, parent: typing.SupportsInt | typing.SupportsIndex | None = None, thread: typing.SupportsInt | typing.SupportsIndex | None = None) -> int:
        """
        Opens a region and returns its id; 0 where the tracker is stopped or inert.
        """
    def cancel(self, id: typing.SupportsInt | typing.SupportsIndex) -> bool:
        """
        Forgets a region.
        """
    def end(self, id: typing.SupportsInt | typing.SupportsIndex) -> bool:
        """
        Ends a region by its id.
        """
    def forecast(self, region_name: str, units_total: typing.SupportsInt | typing.SupportsIndex) -> RunForecast:
        """
        Total energy from the regions of one name done so far.
        """
    def mark(self, name: str) -> None:
        """
        Begins a stretch that lasts until this thread's next mark, or the stop.
        """
    def restart(self, id: typing.SupportsInt | typing.SupportsIndex) -> bool:
        """
        Begins a region anew.
        """
    def run(self) -> Run:
        """
        The run so far, as the log holds it.
        """
    def snapshot(self) -> Footprint:
        """
        The footprint so far.
        """
    def start(self) -> None:
        """
        Begins a new run with the same options, after stop() or in a forked child.
        """
    def stop(self) -> Footprint:
        """
        Ends the run and returns its footprint.
        """
    @property
    def run_id(self) -> str:
        ...
    @property
    def running(self) -> bool:
        ...
def account(samples: collections.abc.Sequence[co2lib._core.intensity.EnergySample], source: co2lib._core.intensity.IntensitySource, facility: Facility = ...) -> Account:
    """
    Prices an energy series: emissions = PUE * sum of energy * intensity.
    """
def choose_price(location: str = '', g_per_kwh: typing.SupportsFloat | typing.SupportsIndex | None = None) -> tuple[str, str, list[co2lib._core.Issue]]:
    """
    What a run of this location is priced with: (source, location, issues); no location gives the world average.
    """
def csv_columns() -> list[str]:
    """
    The 38 columns of a CodeCarbon emissions.csv.
    """
def forecast_total(units: collections.abc.Sequence[co2lib._core.Energy], units_total: typing.SupportsInt | typing.SupportsIndex) -> RunForecast:
    """
    Total energy of a run from the units it has done so far.
    """
def load(path: os.PathLike[str] | str | bytes) -> Run:
    """
    Reads a log; torn lines are skipped and reported. Raises tracker.bad_log (OSError).
    """
def merge(runs: collections.abc.Sequence[Run]) -> Run:
    """
    Joins runs of several processes or nodes; a device measured twice at one time counts once.
    """
def reprice(run: Run, source: co2lib._core.intensity.IntensitySource) -> Run:
    """
    The same run priced with another source; its energy is unchanged.
    """
