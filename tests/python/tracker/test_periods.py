# SPDX-License-Identifier: MIT
"""How often is read and written changes no energy; nor does time that other guests of a host were given."""

from typing import Any

import pytest

from co2lib import tracker
from co2lib.testing.fakes import fake_powercap

PERIODS = [1e-3, 0.1, 1, 7, 15, 60, 299, 1e3, 1e9]
FLUSHES = [0.5, 10, 15, 60, 1e3, 1e9]


@pytest.mark.parametrize("flush", FLUSHES)
@pytest.mark.parametrize("period", PERIODS)
def test_a_steady_power_gives_its_energy(bench: Any, period: float, flush: float) -> None:
    seconds = 3 if period < 0.01 else 600
    options = {"power_period_s": period, "flush_s": flush, "log": "run.jsonl"}
    with bench.track(meters=[bench.power(100)], **options) as run:
        with run.region("half") as half:
            bench.go(seconds / 2)
        bench.go(seconds / 2)
    for f in (run.footprint, tracker.load("run.jsonl").footprint()):
        assert f.energy.joules == pytest.approx(100 * seconds)
        assert f.coverage == pytest.approx(1)
        assert bench.codes(f) <= {"short_window"}
    assert half.energy.joules == pytest.approx(50 * seconds)


@pytest.mark.parametrize("period", [0.1, 1, 15, 60])
def test_counters_give_their_energy_at_any_period(bench: Any, period: float) -> None:
    with bench.track(period_s=period, flush_s=60) as run:
        bench.go(600)
    assert run.footprint.energy.joules == 60_000


def test_a_power_read_seldom_is_said_to_be_uncertain(bench: Any) -> None:
    supply = bench.power(100)
    with bench.track(meters=[supply], power_period_s=60, flush_s=60) as run:
        for watts in (100, 200) * 5:
            supply.set_power(watts)
            bench.go(60)
    assert run.footprint.energy.joules == pytest.approx(90_000, rel=0.15)
    assert "short_window" in bench.codes(run.footprint)


def stat(user: int, idle: int, steal: int) -> str:
    return f"cpu  {user} 0 0 {idle} 0 0 0 {steal} 0 0\ncpu0 0 0 0 0\n"


def joules(bench: Any, user: int, idle: int, steal: int) -> float:
    """Energy of the CPU model over 10 s with so many ticks in each of 4 CPUs' seconds."""
    host = fake_powercap({})
    host.write("proc/stat", stat(0, 0, 0))
    with bench.track(meters=None, host=host.host, tdp_w=100, ram_w=0, gpus="none") as run:
        for second in range(1, 11):
            host.write("proc/stat", stat(user * second, idle * second, steal * second))
            bench.go(1)
    [cpu] = [d for d in run.footprint.devices if d.provider == "model.cpu_load"]
    assert cpu.energy.joules is not None
    return float(cpu.energy.joules)


def test_time_that_other_guests_had_is_not_ours(bench: Any) -> None:
    idle, half, full = joules(bench, 0, 400, 0), joules(bench, 200, 200, 0), joules(bench, 400, 0, 0)
    assert idle < half < full
    assert joules(bench, 0, 0, 400) == pytest.approx(idle)
    assert joules(bench, 200, 0, 200) == pytest.approx(half)
