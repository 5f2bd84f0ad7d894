# SPDX-License-Identifier: MIT
"""
The domain tracker.
"""
from __future__ import annotations
import co2lib._core
import co2lib._core.intensity
import co2lib._core.meter
import collections.abc
import datetime
import os
import pathlib
import typing
__all__: list[str] = ['Account', 'CarbonOrigin', 'CommandFootprint', 'DeviceFootprint', 'Facility', 'Footprint', 'HardwarePart', 'MachineFootprint', 'MetricFamily', 'OPENMETRICS_TYPE', 'OpenMetrics', 'Options', 'RegionFootprint', 'RegionResult', 'Run', 'RunForecast', 'ScopeFootprint', 'Tracker', 'account', 'choose_price', 'csv_columns', 'forecast_total', 'load', 'merge', 'option_kinds', 'reprice', 'to_openmetrics']
class Footprint:
    """
    What a run used, how that was obtained, and how far off it can be.
    """
    @staticmethod
    def from_dict(values: dict[str, typing.Any]) -> Footprint:
        """
        Reads what to_dict gave; tracker.bad_json.
        """
    @staticmethod
    def from_json(text: str) -> Footprint:
        """
        Reads what to_json wrote; tracker.bad_json.
        """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: str) -> None:
        ...
    def __str__(self) -> str:
        ...
    def _repr_html_(self) -> str:
        """
        Its table, for notebooks.
        """
    def _repr_mimebundle_(self, include: typing.Any = None, exclude: typing.Any = None) -> dict[str, typing.Any]:
        """
        Its text and its table, for notebooks.
        """
    def csv_row(self, known: collections.abc.Mapping[str, str] = {}) -> dict[str, typing.Any]:
        """
        The 38 columns of a CodeCarbon emissions.csv row; empty where unknown.
        """
    def sci(self, functional_units: typing.SupportsFloat | typing.SupportsIndex) -> float | None:
        """
        SCI in g CO2e per functional unit (ISO/IEC 21031); None where energy, intensity or embodied is unknown.
        """
    def to_boamps(self, **kwargs: typing.Any) -> str:
        """
        A BoAmps 1.1 report; keywords: activity, counts, and those of co2lib.exchange.boamps.
        """
    def to_cyclonedx(self, **kwargs: typing.Any) -> str:
        """
        A CycloneDX ML-BOM; keywords: activity, counts, and those of co2lib.exchange.cyclonedx.
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
    def to_sci_ai(self, **kwargs: typing.Any) -> typing.Any:
        """
        A score of SCI for AI; keywords: activity, counts, and those of co2lib.exchange.sci_ai.
        """
    def to_spdx(self, **kwargs: typing.Any) -> str:
        """
        An SPDX 3.0.1 document; keywords: activity, counts, and those of co2lib.exchange.spdx.
        """
    def where(self, device: DeviceFootprint) -> str:
        """
        Where a device of a merged run is, such as node1, rank 3; empty where all are at one place.
        """
    @property
    def carbon_intensity(self) -> co2lib._core.CarbonIntensity | None:
        """
        Mean over the energy.
        """
    @property
    def command(self) -> CommandFootprint | None:
        """
        The command of `co2lib run`; None without one.
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
        """
        Every meter, counted or not.
        """
    @property
    def downtime_s(self) -> float:
        """
        Time between the segments of a resumed run, s.
        """
    @property
    def duration_s(self) -> float:
        """
        Time in which any of it was measured, suspend excluded, s; parallel ranks are not added.
        """
    @property
    def embodied(self) -> co2lib._core.CarbonMassEstimate:
        """
        Share of the hardware; its issues say what it rests on, or why it is unknown.
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
        """
        PUE and WUE; where segments differ, weighted by their energy.
        """
    @property
    def facility_energy(self) -> co2lib._core.Energy | None:
        """
        energy * PUE
        """
    @property
    def host(self) -> str:
        """
        Name of the machine of the first segment.
        """
    @property
    def intensity_source(self) -> str:
        """
        The place, series or provider the carbon was priced with.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        What a reader must know about these numbers.
        """
    @property
    def location(self) -> str:
        """
        Key of the place, such as `FRA`; empty if unknown; several are joined by ", ".
        """
    @property
    def machines(self) -> list[MachineFootprint]:
        """
        What `embodied` is the sum of, with the parts behind it.
        """
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
    def origins(self) -> list[CarbonOrigin]:
        """
        What priced which part of the energy; they sum to `operational`.
        """
    @property
    def priced_with(self) -> str:
        """
        What the carbon was priced with, and what answered for a place: CN-BJ by CHN 2025, published.
        """
    @property
    def project(self) -> str:
        """
        As the options name it; empty if they do not.
        """
    @property
    def regions(self) -> dict[str, typing.Any]:
        """
        Name to statistics.
        """
    @property
    def run_id(self) -> str:
        """
        One for all its segments.
        """
    @property
    def scope(self) -> ScopeFootprint | None:
        """
        The division of a process or container scope; None for the machine.
        """
    @property
    def segments(self) -> int:
        """
        Stretches measured without interruption, by one process each.
        """
    @property
    def sources(self) -> list[co2lib._core.Source]:
        """
        Of all intensities and hardware factors.
        """
    @property
    def start(self) -> typing.Any:
        """
        datetime in UTC
        """
    @property
    def suspended_s(self) -> float:
        """
        Time asleep, neither covered nor estimated, s.
        """
    @property
    def totals(self) -> co2lib._core.meter.Totals:
        """
        Of the devices, by kind.
        """
    @property
    def water(self) -> co2lib._core.WaterEstimate:
        """
        Of the facility; no value where WUE is not given.
        """
class Tracker:
    """
    Meters the machine from construction to stop().
    """
    @typing.overload
    def __init__(self, options: Options) -> None:
        ...
    @typing.overload
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Takes the options by name.
        """
    def begin(self, name: str, *, marker: bool = False, parent: int | None = None, thread: int | None = None) -> int:
        """
        Opens a region and returns its id; 0 where the tracker is stopped or inert.
        """
    def cancel(self, id: int) -> bool:
        """
        Forgets a region.
        """
    def close(self, id: int) -> bool:
        """
        Ends a region by its id; False if it is not open.
        """
    def end(self, id: int) -> RegionResult | None:
        """
        Ends a region by its id and returns what it used; None for an id that is not open.
        """
    def ended(self, status: typing.SupportsInt | typing.SupportsIndex, cpu_s: typing.SupportsFloat | typing.SupportsIndex) -> None:
        """
        The command of the option `command` has ended: its exit status as shells give it, and its CPU time in s.
        """
    def forecast(self, region_name: str, units_total: typing.SupportsInt | typing.SupportsIndex) -> RunForecast:
        """
        Total energy from the regions of one name done so far.
        """
    def mark(self, name: str) -> None:
        """
        Begins a stretch that lasts until this thread's next mark, or the stop.
        """
    def restart(self, id: int) -> bool:
        """
        Begins a region anew.
        """
    def result(self, id: int) -> RegionResult | None:
        """
        What a region used that has ended; None if it was not measured, or 4096 regions have ended since.
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
    def log(self) -> pathlib.Path | None:
        """
        The file of the log, which may be numbered; None if there is none.
        """
    @property
    def run_id(self) -> str:
        """
        The run's id: as given, or a random UUID.
        """
    @property
    def running(self) -> bool:
        """
        True from start to stop.
        """
class Options:
    """
    How a tracker measures and prices.
    """
    clock: typing.Any
    command: typing.Any
    embodied: typing.Any
    flush_s: typing.Any
    fsync: typing.Any
    gpus: typing.Any
    host: typing.Any
    idle_w: typing.Any
    intensity: typing.Any
    issues: typing.Any
    location: typing.Any
    log: typing.Any
    log_exists: typing.Any
    meters: typing.Any
    modulus: typing.Any
    on_log: typing.Any
    owner: typing.Any
    p_max_w: typing.Any
    period_s: typing.Any
    power_period_s: typing.Any
    powercap_root: typing.Any
    project: typing.Any
    pue: typing.Any
    ram_w: typing.Any
    resume: typing.Any
    run_id: typing.Any
    scope: typing.Any
    slack_s: typing.Any
    sync: typing.Any
    tdp_w: typing.Any
    wue: typing.Any
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Options by name; what is not given has the default of C++. Raises tracker.bad_config, naming the option, what was given and what it takes.
        """
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
        """
        Facility energy / IT energy, at least 1.
        """
    @property
    def wue(self) -> float:
        """
        L per kWh of IT energy
        """
class RegionResult:
    """
    What one region used.
    """
    def __repr__(self) -> str:
        ...
    @property
    def carbon(self) -> co2lib._core.CarbonMassEstimate:
        """
        By the intensity of its time, PUE included.
        """
    @property
    def duration(self) -> datetime.timedelta:
        """
        timedelta
        """
    @property
    def duration_s(self) -> float:
        """
        Length of the region, suspend excluded, s.
        """
    @property
    def energy(self) -> co2lib._core.EnergyEstimate:
        """
        Energy of the run's scope, with bounds and interval.
        """
    @property
    def exclusive(self) -> co2lib._core.Energy | None:
        """
        Without direct children of the same thread.
        """
    @property
    def id(self) -> int:
        """
        From 1, unique in the run's segment.
        """
    @property
    def name(self) -> str:
        """
        That it was opened with.
        """
    @property
    def parent(self) -> int:
        """
        Id of the region it was opened in; 0: none.
        """
    @property
    def start(self) -> typing.Any:
        """
        datetime in UTC
        """
    @property
    def thread(self) -> int:
        """
        The line of execution it belongs to; threads count up from 1.
        """
class DeviceFootprint:
    """
    The record of one meter, with its place in the totals.
    """
    def __repr__(self) -> str:
        ...
    @property
    def counted(self) -> bool:
        """
        Belongs to the CPU, DRAM or GPU part of the totals.
        """
    @property
    def device(self) -> str:
        """
        What is metered: `cpu`, `dram`, `gpu`, ...
        """
    @property
    def duplicate_of(self) -> str:
        """
        Id of the meter it copies; empty if it copies none.
        """
    @property
    def energy(self) -> co2lib._core.EnergyEstimate:
        """
        Measured and estimated, with bounds and interval.
        """
    @property
    def host(self) -> str:
        """
        The machine; empty if unknown.
        """
    @property
    def id(self) -> str:
        """
        Stable id of its meter: a zone's path, a GPU's UUID.
        """
    @property
    def in_total(self) -> bool:
        """
        Belongs to the total: counted, or the platform where that is all there is.
        """
    @property
    def mean_power(self) -> co2lib._core.Power | None:
        """
        Energy over duration.
        """
    @property
    def method(self) -> str:
        """
        How the energy was obtained: `counter`, `integral` or `model`.
        """
    @property
    def mirror_of(self) -> str:
        """
        Id of the meter it mirrors; empty if it mirrors none.
        """
    @property
    def name(self) -> str:
        """
        The platform's own name: `package-0`, a GPU's model.
        """
    @property
    def provider(self) -> str:
        """
        Who reads it: `powercap`, `nvml`, `model.cpu_load`, ...
        """
    @property
    def rank(self) -> int | None:
        """
        Of the process that measured it, where its launcher told.
        """
    @property
    def record(self) -> co2lib._core.meter.Record:
        """
        The energy, how it was measured, and what happened meanwhile.
        """
class CommandFootprint:
    """
    A command under the tracker, and its share of the CPU's energy.
    """
    @property
    def cpu_s(self) -> float:
        """
        CPU time of the command and what it waited for, s.
        """
    @property
    def energy(self) -> co2lib._core.EnergyEstimate:
        """
        By CPU time: bounds from its part of all CPU time to its part of the busy CPU time; the interval has the error of the CPU's meter or model too.
        """
    @property
    def idle(self) -> co2lib._core.Energy | None:
        """
        The CPU's energy in time that nobody used.
        """
    @property
    def other(self) -> co2lib._core.Energy | None:
        """
        Energy of the CPU that other programs used.
        """
    @property
    def status(self) -> int | None:
        """
        Exit status as shells give it; None while it runs.
        """
    @property
    def text(self) -> str:
        """
        The command line.
        """
class ScopeFootprint:
    """
    How CPU and memory energy was divided: the scope's share, others, idle.
    """
    @property
    def group(self) -> str:
        """
        Whose share it is: the pid, or the path of the control group.
        """
    @property
    def idle(self) -> co2lib._core.EnergyEstimate:
        """
        Energy of time that nobody used.
        """
    @property
    def other(self) -> co2lib._core.EnergyEstimate:
        """
        Energy of other processes.
        """
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
class CarbonOrigin:
    """
    The part of an energy that one kind of intensity priced.
    """
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        IT energy.
        """
    @property
    def operational(self) -> co2lib._core.CarbonMass:
        """
        PUE included.
        """
    @property
    def origin(self) -> str:
        """
        `live`, `cache`, `climatology`, `annual_factor`, `world_average`, `trace`, `fixed`, ...
        """
class RegionFootprint:
    """
    The statistics of all regions of one name.
    """
    def __repr__(self) -> str:
        ...
    @property
    def count(self) -> int:
        """
        Number of regions.
        """
    @property
    def duration_s(self) -> float:
        """
        Sum over the regions, s.
        """
    @property
    def each(self) -> list[RegionResult]:
        """
        The regions one by one, the newest first; at most 1000.
        """
    @property
    def exclusive(self) -> co2lib._core.Energy | None:
        """
        Without direct children of the same thread.
        """
    @property
    def inclusive(self) -> co2lib._core.EnergyEstimate:
        """
        Sum over the regions; regions of other threads may overlap them.
        """
    @property
    def least(self) -> co2lib._core.Energy | None:
        """
        Of one region.
        """
    @property
    def most(self) -> co2lib._core.Energy | None:
        """
        Of one region.
        """
    @property
    def name(self) -> str:
        """
        By which regions are put together.
        """
    @property
    def operational(self) -> co2lib._core.CarbonMassEstimate:
        """
        Carbon of `inclusive` by the intensities of the regions' own times, PUE included.
        """
    @property
    def union_energy(self) -> co2lib._core.Energy | None:
        """
        Energy of the union of their times.
        """
class HardwarePart:
    """
    A part of the hardware of a machine, over its whole life.
    """
    def __repr__(self) -> str:
        ...
    @property
    def bounds(self) -> co2lib._core.CarbonMassInterval:
        """
        Ends of all it is computed from taken together.
        """
    @property
    def factors(self) -> list[str]:
        """
        Ids of the rows and numbers it is computed from.
        """
    @property
    def id(self) -> str:
        """
        In the bill of materials: `server`, `gpu0`.
        """
    @property
    def name(self) -> str:
        """
        What it is: `2 sockets, 512 GB, 4 SSDs`, a GPU's model.
        """
    @property
    def quantity(self) -> float:
        """
        Pieces that the run has a share of.
        """
    @property
    def source(self) -> str:
        """
        Where its number is from; empty: its factors have sources of their own.
        """
    @property
    def value(self) -> co2lib._core.CarbonMass:
        """
        Of that quantity.
        """
class MachineFootprint:
    """
    The carbon of making a machine, and the share of it that belongs to the run.
    """
    def __repr__(self) -> str:
        ...
    @property
    def basis(self) -> str:
        """
        detected, mass, or the name of the bill of materials.
        """
    @property
    def cpu_share(self) -> float:
        """
        CPUs of the scope / CPUs of the machine.
        """
    @property
    def hardware(self) -> co2lib._core.CarbonMassEstimate:
        """
        All of its parts; the interval holds 95 % of the draws.
        """
    @property
    def host(self) -> str:
        """
        Name of the machine; empty if unknown.
        """
    @property
    def lifetime_high_years(self) -> float:
        """
        With the low end of `own`.
        """
    @property
    def lifetime_low_years(self) -> float:
        """
        With the high end of `own`.
        """
    @property
    def lifetime_years(self) -> float:
        """
        Years in use, for which the hardware is shared out; 0 where nothing could be computed.
        """
    @property
    def own(self) -> co2lib._core.CarbonMassEstimate:
        """
        The run's share; the interval holds 95 % of the draws.
        """
    @property
    def parts(self) -> list[HardwarePart]:
        """
        What the hardware is made of; empty where it is one mass, or unknown.
        """
    @property
    def reserved_s(self) -> float:
        """
        The union of the times of its processes, suspend excluded.
        """
class MetricFamily:
    """
    A metric: its name and what it means, and a sample for each labels.
    """
    def __init__(self, name: str, *, type: str = 'gauge', unit: str = '', help: str = '', labels: collections.abc.Sequence[str] = [], samples: collections.abc.Sequence[tuple[collections.abc.Sequence[str], typing.SupportsFloat | typing.SupportsIndex]] = []) -> None:
        """
        `name` without `_total` or `_info`, ending in `_unit`; `samples`: (values of the labels, value).
        """
    def __repr__(self) -> str:
        ...
    @property
    def help(self) -> str:
        """
        What it means, in a sentence.
        """
    @property
    def labels(self) -> list[str]:
        """
        Their names.
        """
    @property
    def name(self) -> str:
        """
        `co2lib_energy_joules`, without the suffix of its type.
        """
    @property
    def sample_name(self) -> str:
        """
        `name` with `_total` or `_info`.
        """
    @property
    def samples(self) -> list[tuple[list[str], float]]:
        """
        (values of the labels, value) of each.
        """
    @property
    def type(self) -> str:
        """
        counter, gauge or info
        """
    @property
    def unit(self) -> str:
        """
        joules, grams, ...; empty: none.
        """
class OpenMetrics:
    """
    The footprints of one run as metrics; a counter never falls.
    """
    @staticmethod
    def series() -> list[MetricFamily]:
        """
        All families, without samples.
        """
    def __init__(self) -> None:
        ...
    def families(self, footprint: Footprint) -> list[MetricFamily]:
        """
        All families with this footprint's samples.
        """
    def text(self, footprint: Footprint, more: collections.abc.Sequence[MetricFamily] = []) -> str:
        """
        OpenMetrics 1.0 text, with families of one's own after it; raises tracker.bad_metric.
        """
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
    def power(self) -> list[typing.Any]:
        """
        Mean power of what belongs to the total between two flushes: (start, end, W) by time; a stretch that was not measured is left out.
        """
    def to_frame(self, what: str = 'regions') -> typing.Any:
        """
        to_records() as a pandas DataFrame; raises core.missing_extra without pandas.
        """
    def to_records(self, what: str = 'regions') -> list[dict[str, typing.Any]]:
        """
        A list of dicts: the regions one by one, or the mean power over time ("power").
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        Found while reading: torn lines, unknown types.
        """
    @property
    def meters(self) -> list[co2lib._core.meter.MeterInfo]:
        """
        Of all segments, without those that only stand in for others.
        """
    @property
    def run_id(self) -> str:
        """
        Of the run; those of merged runs are joined by `+`.
        """
    @property
    def segments(self) -> int:
        """
        In the order in which they began.
        """
class RunForecast:
    """
    The forecast of a run's total energy.
    """
    def __repr__(self) -> str:
        ...
    def _repr_html_(self) -> str:
        """
        Its table, for notebooks.
        """
    def _repr_mimebundle_(self, include: typing.Any = None, exclude: typing.Any = None) -> dict[str, typing.Any]:
        """
        Its text and its table, for notebooks.
        """
    @property
    def half_width(self) -> co2lib._core.Energy | None:
        """
        Of the 95 % prediction interval; None for one unit.
        """
    @property
    def total(self) -> co2lib._core.Energy:
        """
        Of all units, done and to come.
        """
    @property
    def units_done(self) -> int:
        """
        Units whose energy is known.
        """
    @property
    def units_total(self) -> int:
        """
        Done and to come.
        """
class Account:
    """
    Carbon and water of an energy series.
    """
    @property
    def facility_energy(self) -> co2lib._core.Energy:
        """
        it_energy * PUE.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        `incomplete`, and what the source says of its values.
        """
    @property
    def it_energy(self) -> co2lib._core.Energy:
        """
        Of the samples, without PUE.
        """
    @property
    def mean_intensity(self) -> co2lib._core.CarbonIntensity | None:
        """
        Over the energy; None where a part could not be priced, or there is no energy.
        """
    @property
    def operational(self) -> co2lib._core.CarbonMass | None:
        """
        None where a part could not be priced.
        """
    @property
    def sources(self) -> list[co2lib._core.Source]:
        """
        Of the intensities.
        """
    @property
    def water(self) -> co2lib._core.Water:
        """
        Of the IT energy, by WUE; 0 where WUE is not given.
        """
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
def option_kinds() -> dict[str, typing.Any]:
    """
    The name of every option, with its kind: number, truth, text, path, list[typing.Any], intensity, mapping or object.
    """
def reprice(run: Run, source: co2lib._core.intensity.IntensitySource) -> Run:
    """
    The same run priced with another source; its energy is unchanged.
    """
def to_openmetrics(families: collections.abc.Sequence[MetricFamily]) -> str:
    """
    Families as OpenMetrics 1.0 text; raises tracker.bad_metric.
    """
OPENMETRICS_TYPE: str = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
