# SPDX-License-Identifier: MIT
"""
Domain meter.
"""
from __future__ import annotations
import co2lib._core
import collections.abc
import os
import typing
__all__: list[str] = ['Attribution', 'ContainerLimits', 'Count', 'EnergyShare', 'Failed', 'Finding', 'GpuDevice', 'GpuSelection', 'MachineCpuTime', 'Meter', 'MeterInfo', 'Part', 'PowerSummary', 'PowercapUnit', 'Record', 'Totals', 'Watts', 'WindowEnergy', 'ZoneResult', 'ZoneRole', 'as_meter', 'attribute', 'container_limits', 'cpu_constant_power', 'cpu_load_power', 'integrate_counter', 'integrate_power', 'integrate_zones', 'make_meter', 'mean_power', 'open', 'powercap_range_uj', 'ram_power', 'read_container_limits', 'read_cpu_time', 'recover_powercap_unit', 'region_energies', 'select_gpus', 'sensors', 'zone_domain']
class MeterInfo:
    """
    What a meter is and how its samples are read.
    """
    def __init__(self, id: str, *, parent: str = '', control: str = '', name: str = '', device: str = 'cpu', domain: str = 'other', provider: str = 'user', kind: str = 'power', unit: typing.Any = (1, 1000000), wrap_max: typing.Any = 'none', flags: collections.abc.Sequence[str] = [], update_period_s: typing.SupportsFloat | typing.SupportsIndex | None = None, slack_s: typing.SupportsFloat | typing.SupportsIndex | None = None, p_max_w: typing.SupportsFloat | typing.SupportsIndex | None = None, accuracy: typing.SupportsFloat | typing.SupportsIndex | None = None, least_window_s: typing.SupportsFloat | typing.SupportsIndex | None = None, modelled: bool = False, quick: bool = False, scope: str = 'machine', stands_in_for: collections.abc.Sequence[str] = [], provenance: str = '') -> None:
        """
        unit: 'uJ', 'mJ', 'J' or (numerator, denominator) J per count; wrap_max: counts until the counter starts again, 'none' (never) or None (unknown). Raises meter.bad_input or meter.bad_unit.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields as a dict.
        """
    @property
    def accuracy(self) -> float | None:
        """
        Relative half width at 95 %; None: 0.
        """
    @property
    def control(self) -> str:
        """
        Control type of a powercap zone, or the library of a GPU.
        """
    @property
    def device(self) -> str:
        """
        cpu, dram, gpu, platform, board, ram or npu.
        """
    @property
    def domain(self) -> str:
        """
        Which part of it; decides what is added to what.
        """
    @property
    def flags(self) -> list[str]:
        """
        Issue codes that hold for every value of the meter.
        """
    @property
    def id(self) -> str:
        """
        Stable: zone path, GPU UUID, PCI address.
        """
    @property
    def kind(self) -> str:
        """
        counter or power.
        """
    @property
    def least_window_s(self) -> float | None:
        """
        A counter shows too few steps in less; None: that of the device.
        """
    @property
    def modelled(self) -> bool:
        """
        Computed from utilisation or size, not measured.
        """
    @property
    def name(self) -> str:
        """
        The platform's own name.
        """
    @property
    def p_max_w(self) -> float | None:
        """
        Ceiling of the power; None: that of the domain.
        """
    @property
    def parent(self) -> str:
        """
        Id of the meter this one is a part of; empty if none.
        """
    @property
    def provenance(self) -> str:
        """
        Model parameters, driver version, and what else a reader must know.
        """
    @property
    def provider(self) -> str:
        """
        What it is read with.
        """
    @property
    def quick(self) -> bool:
        """
        A read takes microseconds and cannot hang.
        """
    @property
    def scope(self) -> str:
        """
        machine, module, or of a division process, container, other, idle.
        """
    @property
    def slack_s(self) -> float | None:
        """
        By how much a counter's value can lag; None: the update period.
        """
    @property
    def stands_in_for(self) -> list[str]:
        """
        Ids of the meters that it is read in place of, should they not work.
        """
    @property
    def unit(self) -> tuple[int, int]:
        """
        J per count, as (numerator, denominator).
        """
    @property
    def update_period_s(self) -> float | None:
        """
        How often the hardware refreshes the value.
        """
    @property
    def wrap_max(self) -> typing.Any:
        """
        Counts until the counter starts again; 'none': never; None: unknown.
        """
class Record:
    """
    The result of one meter over one window.
    """
    def __repr__(self) -> str:
        ...
    @property
    def energy(self) -> co2lib._core.EnergyEstimate:
        """
        The energy with bounds and interval.
        """
    @property
    def glitches(self) -> int:
        """
        Readings that were dropped because the next ones showed them to be wrong.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        Subject: the meter's id.
        """
    @property
    def late_ticks(self) -> int:
        """
        Reads that came too late for the period asked for.
        """
    @property
    def mean_power(self) -> co2lib._core.Power | None:
        """
        Energy over duration.
        """
    @property
    def meter(self) -> MeterInfo:
        """
        What it is.
        """
    @property
    def method(self) -> str:
        """
        How the energy was obtained.
        """
    @property
    def missed_reads(self) -> int:
        """
        Reads that failed.
        """
    @property
    def resets(self) -> int:
        """
        Falls of the counter that are no wrap; the steps across them are gaps.
        """
    @property
    def window(self) -> WindowEnergy:
        """
        The numbers.
        """
    @property
    def wraps(self) -> int:
        """
        Steps in which the counter started again at its range.
        """
class Totals:
    """
    The sums of a machine.
    """
    @property
    def cpu(self) -> Part:
        """
        Packages, or their model.
        """
    @property
    def dram(self) -> Part:
        """
        Memory by a sensor.
        """
    @property
    def gpu(self) -> Part:
        """
        Graphics and neural processors.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        `incomplete` and `platform_only`, of the sum itself.
        """
    @property
    def platform(self) -> Part:
        """
        Stands beside the total and is never added.
        """
    @property
    def ram_model(self) -> Part:
        """
        Memory by a model.
        """
    @property
    def total(self) -> Part:
        """
        Of the machine; the platform's where that is all there is.
        """
class Count:
    """
    One cumulative count of a counter.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, value: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def value(self) -> int:
        """
        Raw, in counter units.
        """
class Watts:
    """
    A power in W, with the interval of a model.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, value: typing.SupportsFloat | typing.SupportsIndex, low: typing.SupportsFloat | typing.SupportsIndex | None = None, high: typing.SupportsFloat | typing.SupportsIndex | None = None, mean_since_previous: bool = False) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def high(self) -> float:
        """
        Upper end of a model's interval in W.
        """
    @property
    def low(self) -> float:
        """
        Lower end of a model's interval in W.
        """
    @property
    def mean_since_previous(self) -> bool:
        """
        True if the value is the mean since the previous good sample of this meter (models that read cumulative CPU time): the step is then value * length, and not a trapezoid.
        """
    @property
    def value(self) -> float:
        """
        W
        """
class Failed:
    """
    A read that did not succeed; never a number.
    """
    def __init__(self, why: str = 'io', text: str = '') -> None:
        """
        why: no_permission, absent, io, lost, parse or blocked.
        """
    def __repr__(self) -> str:
        ...
    @property
    def text(self) -> str:
        """
        The reason, for people; may be empty.
        """
    @property
    def why(self) -> str:
        """
        The reason, for programs.
        """
class Meter:
    """
    A source of samples. Derive from it, or pass any object with info() and sample(now_s).
    """
    def __init__(self) -> None:
        ...
    def info(self) -> MeterInfo:
        """
        What this meter is; constant during its life.
        """
    def sample(self, now_s: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> Count | Watts | Failed:
        """
        Read once: a Count, Watts or Failed. A meter written in Python may also return an int (a count), a float or a Power (W); what it raises is a failed read.
        """
class EnergyShare:
    """
    The share of one target.
    """
    @property
    def bounds(self) -> co2lib._core.EnergyInterval:
        """
        Hard, under the assumption that energy follows CPU time.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        In proportion to its CPU time.
        """
    @property
    def name(self) -> str:
        """
        Of the target.
        """
class Attribution:
    """
    The division of an energy; its parts sum to the whole.
    """
    @property
    def idle(self) -> co2lib._core.Energy:
        """
        Of CPU time that nobody used, or of the idle power given.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        `cpu_time_clipped`.
        """
    @property
    def other(self) -> co2lib._core.Energy:
        """
        Of processes that are not targets.
        """
    @property
    def targets(self) -> dict[str, typing.Any]:
        """
        In the order given.
        """
    @property
    def total(self) -> co2lib._core.Energy:
        """
        The sum of all parts.
        """
class MachineCpuTime:
    """
    The CPU time of all processes since boot, and the logical CPUs.
    """
    @property
    def busy_s(self) -> float:
        """
        Of all processes since boot, user and system, s.
        """
    @property
    def cpus(self) -> float:
        """
        Online logical CPUs.
        """
class ContainerLimits:
    """
    What a container may use; None where unknown.
    """
    @property
    def cpus(self) -> float | None:
        """
        May be fractional.
        """
    @property
    def cpus_limited(self) -> bool:
        """
        Fewer than the machine has.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        `limit_unreadable`: a file whose text is no limit, and which sets none.
        """
    @property
    def memory_bytes(self) -> int | None:
        """
        Of the limit, or MemTotal of the machine.
        """
    @property
    def memory_limited(self) -> bool:
        """
        Less than the machine has.
        """
    @property
    def version(self) -> int:
        """
        Of the control groups, 1 or 2.
        """
class GpuDevice:
    """
    A GPU as the driver lists it.
    """
    def __init__(self, index: typing.SupportsInt | typing.SupportsIndex, uuid: str, name: str = '', mig_uuids: collections.abc.Sequence[str] = []) -> None:
        ...
    @property
    def index(self) -> int:
        """
        In the driver's order (NVML: by PCI address).
        """
    @property
    def mig_uuids(self) -> list[str]:
        """
        `MIG-...` of its instances.
        """
    @property
    def name(self) -> str:
        """
        Model of the GPU.
        """
    @property
    def uuid(self) -> str:
        """
        `GPU-...`.
        """
class GpuSelection:
    """
    The GPUs chosen, in the order they were named.
    """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        `mig`, `invalid_entry`, `cuda_order_assumed`, `cuda_order_ambiguous`.
        """
    @property
    def selected(self) -> list[int]:
        """
        Driver indices, each once.
        """
class PowercapUnit:
    """
    What the range of a powercap zone tells about its counter.
    """
    def raw_count(self, energy_uj: typing.SupportsInt | typing.SupportsIndex) -> int | None:
        """
        The count in the text of energy_uj, or None if there is none.
        """
    @property
    def exact_unit_j(self) -> float | None:
        """
        J per count, exactly; None where it is not known.
        """
    @property
    def exact_unit_ratio(self) -> tuple[int, int] | None:
        """
        J per count as (numerator, denominator), or None.
        """
    @property
    def modulus_counts(self) -> int:
        """
        Counts until the counter starts again.
        """
    @property
    def truncation_ppm(self) -> float | None:
        """
        By how much the kernel's text reads low, in parts per million.
        """
    @property
    def unit_nj(self) -> int:
        """
        The unit as the kernel holds it, in whole nJ.
        """
class Finding:
    """
    One provider as found on this machine, with the reason and the remedy.
    """
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The finding as a dict.
        """
    @property
    def availability(self) -> str:
        """
        available, absent, no_permission, masked or failed.
        """
    @property
    def fix(self) -> str:
        """
        One command or action; empty if nothing is to be done.
        """
    @property
    def meters(self) -> list[MeterInfo]:
        """
        What it measures, also while not permitted.
        """
    @property
    def method(self) -> str:
        """
        counter, integral or model.
        """
    @property
    def provider(self) -> str:
        """
        `powercap`, `model.cpu_load`, ...
        """
    @property
    def reason(self) -> str:
        """
        The path, mode, owner, error text.
        """
    @property
    def used(self) -> bool:
        """
        A tracker with default options uses it.
        """
    @property
    def value(self) -> str:
        """
        What it reads now, as text.
        """
class WindowEnergy:
    """
    Energy of one meter in one window, in J and s.
    """
    @property
    def bounds_j(self) -> tuple[float, float]:
        """
        hard bounds that follow from the data alone
        """
    @property
    def coverage(self) -> float | None:
        """
        0..1; None for a window of length zero
        """
    @property
    def duration_s(self) -> float:
        """
        Of the window.
        """
    @property
    def energy_j(self) -> float | None:
        """
        measured + estimated; None where nothing was covered
        """
    @property
    def estimated_j(self) -> float | None:
        """
        fill for uncovered time
        """
    @property
    def interval_j(self) -> tuple[float, float]:
        """
        bounds widened by sensor or model error, 95 %
        """
    @property
    def measured_j(self) -> float:
        """
        accepted steps only
        """
class ZoneRole:
    """
    What the counting of zones decides for one meter.
    """
    @property
    def counted(self) -> bool:
        """
        Belongs to the CPU, DRAM or GPU part, also while its value is None.
        """
    @property
    def duplicate_of(self) -> int | None:
        """
        Index of the meter of the first control type.
        """
    @property
    def in_total(self) -> bool:
        """
        Belongs to the total: what is counted, or the platform and GPUs where that is all there is.
        """
    @property
    def mirror_of(self) -> int | None:
        """
        Index of the meter that shows the same register.
        """
class Part:
    """
    A part of a total.
    """
    @property
    def bounds_j(self) -> tuple[float, float]:
        """
        Lower and upper hard bound, J.
        """
    @property
    def energy_j(self) -> float | None:
        """
        Of the meters that have a value.
        """
    @property
    def incomplete(self) -> bool:
        """
        A meter of it has no value.
        """
    @property
    def interval_j(self) -> tuple[float, float]:
        """
        Lower and upper end of the interval, J.
        """
    @property
    def present(self) -> bool:
        """
        There is a meter for it.
        """
class ZoneResult:
    """
    What the counters of a machine add up to.
    """
    @property
    def records(self) -> list[Record]:
        """
        One per trace, in order.
        """
    @property
    def roles(self) -> list[ZoneRole]:
        """
        One per trace, in order.
        """
    @property
    def totals(self) -> Totals:
        """
        Of what counts.
        """
class PowerSummary:
    """
    Energy and mean power of a sequence of intervals.
    """
    @property
    def duration_s(self) -> float:
        """
        Sum over the intervals, s.
        """
    @property
    def energy(self) -> co2lib._core.Energy:
        """
        Sum over the intervals.
        """
    @property
    def mean(self) -> co2lib._core.Power | None:
        """
        energy / duration; None for a duration of zero
        """
def as_meter(object: typing.Any) -> Meter:
    """
    What a Meter is made of a user's object, as the option `meters` of the tracker does it.
    """
def attribute(energy: co2lib._core.Energy, duration_s: typing.SupportsFloat | typing.SupportsIndex, cpus: typing.SupportsFloat | typing.SupportsIndex, busy_cpu_s: typing.SupportsFloat | typing.SupportsIndex, targets_cpu_s: dict[str, typing.Any], idle_power: co2lib._core.Power | None = None) -> Attribution:
    """
    Divide CPU energy by CPU time: {name: CPU-seconds}; raises meter.bad_input.
    """
def container_limits(files: collections.abc.Mapping[str, str] | collections.abc.Sequence[collections.abc.Mapping[str, str]], cpus: typing.SupportsFloat | typing.SupportsIndex | None = None, memory_bytes: typing.SupportsInt | typing.SupportsIndex | None = None) -> ContainerLimits:
    """
    The limits in {path: text} of a control group, or a list of them from the group to the root; cpus and memory_bytes are the machine's. Raises meter.bad_input.
    """
def cpu_constant_power(*, tdp_w: typing.SupportsFloat | typing.SupportsIndex | None = None, cpus: typing.SupportsInt | typing.SupportsIndex | None = None) -> Watts:
    """
    CPU power in W when the utilisation is unknown.
    """
def cpu_load_power(utilisation: typing.SupportsFloat | typing.SupportsIndex, *, tdp_w: typing.SupportsFloat | typing.SupportsIndex | None = None, cpus: typing.SupportsInt | typing.SupportsIndex | None = None) -> Watts:
    """
    CPU power in W at a utilisation of 0..1, from the TDP or else the number of logical CPUs.
    """
def integrate_counter(info: MeterInfo, samples: collections.abc.Sequence[tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex | None]], window: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex] | None = None) -> Record:
    """
    Energy of a counter trace [(seconds, count or None)]; a window (begin, end) in s, default the trace's own.
    """
def integrate_power(info: MeterInfo, samples: collections.abc.Sequence[tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex | None]], max_gap_s: typing.SupportsFloat | typing.SupportsIndex = 10.0, window: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex] | None = None) -> Record:
    """
    Energy of a power trace [(seconds, watts or None)] by the trapezoid rule.
    """
def integrate_zones(zones: collections.abc.Sequence[tuple[MeterInfo, collections.abc.Sequence[tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex | None]]]], window: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex] | None = None) -> ZoneResult:
    """
    Counter traces of one machine: records, what is counted once, and totals.
    """
def make_meter(function: typing.Any, info: MeterInfo) -> Meter:
    """
    A callable without arguments as a meter: it returns an int (counts) or a float (W), as info.kind says.
    """
def mean_power(intervals: collections.abc.Sequence[tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]]) -> PowerSummary:
    """
    Mean power of intervals (seconds, watts): energy over duration.
    """
def open(*, host: co2lib._core.Host = ..., meters: collections.abc.Sequence[typing.Any] | None = None, tdp_w: typing.SupportsFloat | typing.SupportsIndex | None = None, ram_w: typing.SupportsFloat | typing.SupportsIndex | None = None, modulus: str = 'kernel_max', container_scope: bool = False, powercap_root: os.PathLike[str] | str | bytes | None = None, gpus: str | collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex | str] | None = None) -> list[Meter]:
    """
    The meters of this machine: counters, else models. Raises meter.bad_option.
    """
def powercap_range_uj(unit_nj: typing.SupportsInt | typing.SupportsIndex) -> int | None:
    """
    The range in uJ that the kernel shows for a unit in nJ, or None if it does not fit.
    """
def ram_power(gib: typing.SupportsFloat | typing.SupportsIndex) -> Watts:
    """
    Power in W of a memory of `gib` GiB.
    """
def read_container_limits(host: co2lib._core.Host = ...) -> ContainerLimits:
    """
    What this process may use on this machine.
    """
def read_cpu_time(host: co2lib._core.Host = ...) -> MachineCpuTime:
    """
    What attribute() needs of the machine, from /proc/stat; raises meter.unreadable.
    """
def recover_powercap_unit(max_energy_range_uj: typing.SupportsInt | typing.SupportsIndex) -> PowercapUnit | None:
    """
    The unit that gives max_energy_range_uj, or None if no unit gives that range.
    """
def region_energies(info: MeterInfo, samples: collections.abc.Sequence[tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex | None]], regions: collections.abc.Sequence[tuple[str, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex | None]]) -> tuple[list[typing.Any], float | None, Record]:
    """
    Regions (name, begin_s, end_s, thread, parent index or None) on one counter: their (inclusive, exclusive J), the union's energy in J, and the record of the whole trace.
    """
def select_gpus(devices: collections.abc.Sequence[GpuDevice], option: str | collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex | str] | None = None, cuda_visible_devices: str | None = None, cuda_device_order: str | None = None) -> GpuSelection:
    """
    Choose GPUs: the option (indices, UUID prefixes, or "none"), else CUDA_VISIBLE_DEVICES, else all.
    """
def sensors(host: co2lib._core.Host = ..., powercap_root: os.PathLike[str] | str | bytes | None = None, gpus: str | collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex | str] | None = None) -> list[Finding]:
    """
    What this machine can measure with, what not, why, and the remedy; one Finding per provider.

    Raises meter.bad_option for a GPU in gpus that is not there.
    """
def zone_domain(name: str, parent_domain: str | None = None) -> str:
    """
    The domain of a RAPL zone by its name and its parent's domain. Raises meter.bad_input.
    """
