# SPDX-License-Identifier: MIT
"""A whole run by the published arithmetic: measurement after measurement, then the columns of a row."""

from __future__ import annotations

from collections.abc import Sequence

from co2lib._errors import BadValueError
from co2lib.codecarbon._arithmetic import (
    Counter,
    RunTotals,
    Zone,
    hours,
    interval_w,
    length_s,
    through_kw,
    unweighted_mean_w,
)
from co2lib.codecarbon._checks import at_least_one, not_negative, number


class LiveTotals:
    """The sums of a run, measurement after measurement: RAM first, then CPU, then GPUs.

    Parameters
    ----------
    counters : sequence of Counter
        The RAPL packages, in their order.
    ram_w, pue, wue : float
        As `run`.
    gpus : sequence of Counter
        Energy counters of GPUs in mJ.
    """

    def __init__(
        self,
        counters: Sequence[Counter],
        *,
        ram_w: float,
        pue: float,
        wue: float,
        gpus: Sequence[Counter] = (),
    ) -> None:
        self._counters, self._gpus = counters, gpus
        self._ram = through_kw(not_negative("ram_power_w", ram_w))
        self._pue, self._wue = pue, wue
        self._last_s = 0.0
        self._powers: dict[str, list[float]] = {"ram": [], "cpu": [], "gpu": []}
        self._kwh = {"ram": 0.0, "cpu": 0.0, "gpu": 0.0}
        self._water_l = 0.0
        self.energy_kwh = 0.0

    def measure(
        self,
        t_s: float,
        readings: Sequence[object],
        gpu_readings: Sequence[object] = (),
        *,
        cpu_model_w: float | None = None,
    ) -> None:
        """Add what was used since the measurement before.

        Parameters
        ----------
        t_s : float
            Time since the start in s.
        readings, gpu_readings : sequence of int
            One per counter: uJ of packages, mJ of GPUs.
        cpu_model_w : float, optional
            Power of the CPU by a model, where there is no counter.
        """
        duration_s = length_s(self._last_s, t_s)
        # All counters first: what one of them refuses leaves no part of the measurement behind.
        cpu_kwh, cpu_w = _step_all(self._counters, readings, duration_s)
        gpu_kwh, gpu_w = _step_all(self._gpus, gpu_readings, duration_s)
        self._add("ram", self._ram.kilowatts * hours(duration_s), self._ram.watts)
        if cpu_model_w is None:
            self._add("cpu", cpu_kwh, through_kw(through_kw(cpu_w).watts).watts)
        else:
            power = through_kw(cpu_model_w)
            self._add("cpu", power.kilowatts * hours(duration_s), power.watts)
        if self._gpus:
            self._add("gpu", gpu_kwh, through_kw(gpu_w).watts)
        self._last_s = t_s

    def _add(self, part: str, kwh_used: float, watts: float) -> None:
        energy_kwh = kwh_used * self._pue
        self._water_l += self._wue * energy_kwh
        self.energy_kwh += energy_kwh
        self._kwh[part] += energy_kwh
        self._powers[part].append(watts)

    def result(self, duration_s: float, emissions_kg: float) -> RunTotals:
        """Return the totals for a run of this length (s) and emissions (kg)."""
        means = {part: unweighted_mean_w(values) if values else 0.0 for part, values in self._powers.items()}
        return RunTotals(
            duration=duration_s,
            emissions=emissions_kg,
            emissions_rate=emissions_kg / duration_s if duration_s > 0 else None,
            cpu_power=means["cpu"],
            gpu_power=means["gpu"],
            ram_power=means["ram"],
            cpu_energy=self._kwh["cpu"],
            gpu_energy=self._kwh["gpu"],
            ram_energy=self._kwh["ram"],
            energy_consumed=self.energy_kwh,
            water_consumed=self._water_l,
        )


def _step_all(
    counters: Sequence[Counter], readings: Sequence[object], duration_s: float
) -> tuple[float, float]:
    """Return the sum of the differences in kWh, and of their powers in W."""
    total_kwh = total_w = 0.0
    for counter, reading in zip(counters, readings, strict=True):
        delta_kwh = counter.step(reading)
        total_kwh += delta_kwh
        total_w += interval_w(delta_kwh, duration_s)
    return total_kwh, total_w


def run(
    zones: Sequence[Zone],
    *,
    tick_s: Sequence[float],
    stop_s: float,
    ram_power_w: float,
    factor_kg_per_kwh: float,
    pue: float = 1.0,
    wue: float = 0.0,
) -> RunTotals:
    """Return the totals of a run measured at 0, at each tick and at the stop; emissions once, at the stop.

    Parameters
    ----------
    zones : sequence of Zone
        The packages, each read at 0, at every tick and at the stop.
    tick_s : sequence of float
        Times of the periodic measurements in s, ascending.
    stop_s : float
        Time of the stop in s.
    ram_power_w : float
        Power of the memory in W, forced or from `ram_power_w`.
    factor_kg_per_kwh : float
        From `co2lib.codecarbon.factor`.
    pue : float
        Power usage effectiveness, at least 1; multiplies energy, not power.
    wue : float
        Water usage effectiveness in L/kWh, taken on energy that PUE has scaled.

    Raises
    ------
    co2lib.Error
        ``meter.bad_input`` for a missing, failed or negative reading, for a counter that fell without a range
        and for a PUE below 1; ``meter.bad_window`` for times that run backwards.
    """
    scale = at_least_one("pue", pue)
    litres_per_kwh = not_negative("wue", wue)
    times_s = [number("tick_s", t) for t in (0.0, *tick_s)] + [number("stop_s", stop_s)]
    readings = [dict(zone.samples) for zone in zones]
    for zone, reading in zip(zones, readings, strict=True):
        missing = [t for t in times_s if reading.get(t) is None]
        if missing:
            raise BadValueError(
                "meter.bad_input", f"{zone.name}: no reading at {missing[0]} s, where one is measured"
            )
    counters = [Counter(z.name, r[0.0], z.wrap_max) for z, r in zip(zones, readings, strict=True)]

    totals = LiveTotals(counters, ram_w=ram_power_w, pue=scale, wue=litres_per_kwh)
    for t_s in times_s:
        totals.measure(t_s, [reading[t_s] for reading in readings])
    return totals.result(times_s[-1], factor_kg_per_kwh * totals.energy_kwh)
