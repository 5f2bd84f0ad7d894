# SPDX-License-Identifier: MIT
"""The published arithmetic of CodeCarbon 3.3.0 on sound traces: IEEE doubles, left to right, plain sums.

Plain loops stand where `sum` would compensate (Python 3.12 and later), so that every Python gives the same
bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from co2lib._errors import BadValueError
from co2lib.codecarbon._checks import at_least_one, not_negative, number

UJ_TO_J: float = 10 ** (-6)
MJ_TO_J: float = 10 ** (-3)
J_TO_KWH = 2.77778e-7
"""kWh per J as published; 8.0e-7 (relative) above the exact 1 / 3.6e6."""
HOURS_PER_SECOND = 1 / 3600
DEFAULT_TDP_W = 85
"""Thermal design power in W where no model of the CPU is known."""


@dataclass(frozen=True, slots=True)
class ModelPower:
    """A modelled power, as reported in W (it has passed through kW) and in kW."""

    watts: float
    kilowatts: float


@dataclass(frozen=True, slots=True)
class RaplStep:
    """One step of one RAPL zone.

    Attributes
    ----------
    t_s : float
        End of the step in s.
    delta_kwh, power_w : float
        Energy and mean power of the step, without PUE.
    total_kwh, emissions_kg : float
        Energy with PUE, and emissions, from the start to `t_s`.
    """

    t_s: float
    delta_kwh: float
    power_w: float
    total_kwh: float
    emissions_kg: float


@dataclass(frozen=True, slots=True)
class Zone:
    """The readings of one RAPL package: (time in s, counter in uJ), and the range of the counter in uJ."""

    name: str
    samples: Sequence[tuple[float, int]]
    wrap_max: int | None = None


@dataclass(frozen=True, slots=True)
class RunTotals:
    """The numbers of a run, named as the columns of ``emissions.csv``.

    `duration` in s, `emissions` in kg, `emissions_rate` in kg/s (None for a run without length), powers in W
    without PUE, energies in kWh with PUE, `water_consumed` in L.
    """

    duration: float
    emissions: float
    emissions_rate: float | None
    cpu_power: float
    gpu_power: float
    ram_power: float
    cpu_energy: float
    gpu_energy: float
    ram_energy: float
    energy_consumed: float
    water_consumed: float


def kwh(value: float, unit: str) -> float:
    """Convert a counter difference to kWh with the published, rounded factor.

    Parameters
    ----------
    value : float
        Energy in `unit`.
    unit : str
        ``uJ`` or ``mJ``.

    Raises
    ------
    co2lib.Error
        ``meter.bad_unit`` for another unit, ``meter.bad_input`` for what is not a finite number.
    """
    if unit not in ("uJ", "mJ"):
        raise BadValueError("meter.bad_unit", f"unit: counters here are read in uJ or mJ, not in {unit!r}")
    return number("value", value) * (UJ_TO_J if unit == "uJ" else MJ_TO_J) * J_TO_KWH


def hours(seconds: float) -> float:
    """Convert s to h by the published product with 1/3600."""
    return seconds * HOURS_PER_SECOND


def power_time(watts: float, seconds: float) -> float:
    """Return the energy of a constant power in kWh; this path has no error beyond rounding.

    Raises
    ------
    co2lib.Error
        ``meter.bad_input`` for a negative duration or what is not a finite number.
    """
    return through_kw(number("watts", watts)).kilowatts * hours(not_negative("seconds", seconds))


def through_kw(watts: float) -> ModelPower:
    kilowatts = watts * 0.001
    return ModelPower(watts=kilowatts * 1000, kilowatts=kilowatts)


def _tdp(tdp_w: float | None) -> float:
    return float(DEFAULT_TDP_W) if tdp_w is None else not_negative("tdp_w", tdp_w)


def cpu_load(load_percent: float, tdp_w: float | None = None) -> ModelPower:
    """Return the power of a machine's CPU from its load: TDP * (0.1 + 0.9 * load^3).

    Parameters
    ----------
    load_percent : float
        0 to 100.
    tdp_w : float, optional
        Thermal design power in W; 85 if unknown.
    """
    load = not_negative("load_percent", load_percent) / 100.0
    return through_kw(_tdp(tdp_w) * (0.1 + 0.9 * math.pow(load, 3.0)))


def cpu_process(
    cpu_time_deltas_s: Iterable[float], seconds: float, cpus: int, tdp_w: float | None = None
) -> ModelPower:
    """Return the power of a process tree from its CPU time.

    Parameters
    ----------
    cpu_time_deltas_s : iterable of float
        Growth of the CPU time of each process in s; negative ones are not counted, as there.
    seconds : float
        Length of the interval in s; 0 for the first sample, which yields 0 W.
    cpus : int
        Logical CPUs of the machine, at least 1.
    tdp_w : float, optional
        Thermal design power in W; 85 if unknown.
    """
    cpu_s = 0.0
    for delta in cpu_time_deltas_s:
        if number("cpu_time_deltas_s", delta) > 0:
            cpu_s += delta
    count = at_least_one("cpus", cpus)
    wall_s = not_negative("seconds", seconds)
    load = (cpu_s / wall_s) * 100 if wall_s > 0 else 0.0
    return through_kw(_tdp(tdp_w) * (load / count) / 100)


def cpu_constant(tdp_w: float | None = None) -> ModelPower:
    """Return half of the thermal design power (W; 85 if unknown)."""
    return through_kw(_tdp(tdp_w) * 0.5)


def dimm_count(gb: float) -> int:
    """Guess the number of memory modules from the size in GB (2^30 B)."""
    size_gb = not_negative("gb", gb)
    for limit, count in ((2, 1), (16, 2), (64, 4), (128, 8)):
        if size_gb <= limit:
            return count
    module_gb = next(size for size in (128, 64, 32, 16, 8, 4) if size <= size_gb / 8)
    return min(32, math.ceil(size_gb / module_gb))


def ram_power_w(gb: float, *, arm: bool = False) -> float:
    """Return the modelled power of memory in W; not monotone in its size (251.5 GB: 70 W, 256 GB: 38 W).

    Parameters
    ----------
    gb : float
        Size in GB (2^30 B).
    arm : bool
        Whether the CPU is an ARM.
    """
    n = dimm_count(gb)
    base = 1.5 if arm else 5.0
    if n <= 4:
        watts = base * n
    elif n <= 8:
        watts = base * 4 + base * 0.9 * (n - 4)
    elif n <= 16:
        watts = base * 4 + base * 0.9 * 4 + base * 0.8 * (n - 8)
    else:
        watts = base * 4 + base * 0.9 * 4 + base * 0.8 * 8 + base * 0.7 * (n - 16)
    return through_kw(max(3.0 if arm else base * 2, watts)).watts


def unweighted_mean_w(powers_w: Sequence[float]) -> float:
    """Return the plain mean of interval powers in W, which ignores how long each lasted (power columns).

    Raises
    ------
    co2lib.Error
        ``meter.bad_input`` for an empty list.
    """
    if not powers_w:
        raise BadValueError("meter.bad_input", "powers_w: the mean of no power is not defined")
    total = 0.0
    for watts in powers_w:
        total += number("powers_w", watts)
    return total / len(powers_w)


class Counter:
    """The difference of two readings of one zone, each converted to kWh first."""

    def __init__(self, name: str, first: object, wrap_max: int | None, unit: str = "uJ") -> None:
        self._name = name
        self._unit = unit
        self._range_kwh = None if wrap_max is None else kwh(not_negative(f"{name}: wrap_max", wrap_max), unit)
        self._last_kwh = self._reading(first)

    def _reading(self, count: object) -> float:
        return kwh(not_negative(f"{self._name}: sample", count), self._unit)

    def step(self, uj: object) -> float:
        now_kwh = self._reading(uj)
        unwrapped_kwh = now_kwh
        if self._last_kwh > now_kwh:
            if self._range_kwh is None:
                raise BadValueError(
                    "meter.bad_input",
                    f"{self._name}: the counter fell and its range is unknown; give wrap_max, "
                    "or use the exact arithmetic, which bounds such steps",
                )
            unwrapped_kwh = now_kwh + self._range_kwh
        delta_kwh = unwrapped_kwh - self._last_kwh
        self._last_kwh = now_kwh
        return delta_kwh


def interval_w(delta_kwh: float, duration_s: float) -> float:
    """Return the mean power of an interval in W; 0 for one without length, as there."""
    length_h = hours(duration_s)
    return (abs(delta_kwh) / length_h if length_h != 0.0 else 0.0) * 1000


def length_s(begin_s: float, end_s: float) -> float:
    if end_s < begin_s:
        raise BadValueError(
            "meter.bad_window", f"{end_s} s comes after {begin_s} s: times must not run backwards"
        )
    return end_s - begin_s


def rapl_steps(
    samples: Sequence[tuple[float, int]],
    *,
    factor_kg_per_kwh: float,
    wrap_max: int | None = None,
    pue: float = 1.0,
) -> list[RaplStep]:
    """Return the steps of one RAPL zone, with emissions updated at every step.

    Parameters
    ----------
    samples : sequence of (float, int)
        Time in s and counter in uJ, in order of time.
    factor_kg_per_kwh : float
        From `co2lib.codecarbon.factor`.
    wrap_max : int, optional
        Range of the counter in uJ.
    pue : float
        Power usage effectiveness, at least 1; multiplies energy, not power.

    Raises
    ------
    co2lib.Error
        ``meter.bad_input`` for a failed or negative reading, for a counter that fell without `wrap_max` and
        for a PUE below 1; ``meter.bad_window`` for times that run backwards.
    """
    scale = at_least_one("pue", pue)
    steps: list[RaplStep] = []
    if not samples:
        return steps
    last_s = number("samples: time", samples[0][0])
    counter = Counter("zone", samples[0][1], wrap_max)
    total_kwh = covered_kwh = emissions_kg = 0.0
    for time, uj in samples[1:]:
        t_s = number("samples: time", time)
        delta_kwh = counter.step(uj)
        power_w = interval_w(delta_kwh, length_s(last_s, t_s))
        total_kwh += delta_kwh * scale
        emissions_kg += factor_kg_per_kwh * (total_kwh - covered_kwh)
        covered_kwh = total_kwh
        last_s = t_s
        steps.append(RaplStep(t_s, delta_kwh, power_w, total_kwh, emissions_kg))
    return steps
