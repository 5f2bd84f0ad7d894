# SPDX-License-Identifier: MIT
"""Zeus on the traces: its ZeusMonitor and its helper processes, run as threads; run by ../run.py."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from truthfakes import Nvml, Powercap, amdsmi_module, duration_of, frozen_script, ranks_script
from truthlib import answer, main, raised, row, said, sum_of_ranks
from truthprocs import number
from truthtime import VirtualTime, processes_as_threads

PASCAL = 4
"""An architecture of NVML older than the energy counter; newer ones are asked for the counter alone."""
COUNTER = (
    "ZeusMonitor with rapl.RAPL_DIR on a fake tree; one window over the trace; its processes run as threads."
)


def monitor_on(vector: dict, clock: VirtualTime):
    """A ZeusMonitor for the counters of a trace."""
    clock.install()
    from zeus.device.cpu import rapl

    tree = Powercap(vector["input"]["zones"])
    rapl.RAPL_DIR = str(tree.root / "intel-rapl")
    rapl.mp = processes_as_threads()
    clock.play = tree.play
    from zeus.monitor import ZeusMonitor

    return ZeusMonitor(gpu_indices=[])


def window(vector: dict, start: float = 0.0, end: float | None = None):
    """One window of the trace."""
    clock = VirtualTime()
    monitor = monitor_on(vector, clock)
    monitor.begin_window("w")
    clock.advance_to(duration_of(vector) if end is None else end)
    return monitor.end_window("w")


def packages(measurement) -> float:
    """All packages."""
    return sum(measurement.cpu_energy.values())


@row("T01", COUNTER)
def t01(vector):
    clock = VirtualTime()
    monitor = monitor_on(vector, clock)
    zone = vector["input"]["zones"][0]
    (_, first), (end, _) = zone["samples"]
    wrapped_s = end * (zone["wrap_max"] - first) / 1e6  # the trace uses 1 J evenly
    for name in ("short", "whole"):
        monitor.begin_window(name)
    clock.advance_to(wrapped_s + 0.005)
    early = packages(monitor.end_window("short"))
    clock.advance_to(end)
    return answer(
        packages(monitor.end_window("whole")), also=[("window that ends 5 ms after the wrap", early)],
        note="its poller wakes every 0.1 s near the end of the range, else every 1 s",
    )  # fmt: skip


@row("T02", COUNTER + " No max_energy_range_uj.")
def t02(vector):
    try:
        return answer(packages(window(vector)))
    except Exception as error:  # whatever the tool raises is its answer
        return answer(raises=raised(error))


@row("T03", COUNTER + " The read of a window edge at 10 s fails (EIO).")
def t03(vector):
    clock = VirtualTime()
    monitor = monitor_on(vector, clock)
    monitor.begin_window("whole")
    monitor.begin_window("first half")
    clock.advance_to(10)
    try:
        monitor.end_window("first half")
    except OSError as error:
        return answer(raises=raised(error))
    clock.advance_to(20)
    return answer(packages(monitor.end_window("whole")))


@row("T04", COUNTER)
def t04(vector):
    measured = window(vector)
    cpu, dram = packages(measured), sum(measured.dram_energy.values())
    return answer(
        cpu + dram, text=f"{cpu:g} J and {dram:g} J", note="reported apart; no sum of the two is made"
    )


@row("T05", COUNTER)
def t05(vector):
    return answer(packages(window(vector)), note="one value per zone; added here")


@row("T06", COUNTER)
def t06(vector):
    return answer(packages(window(vector)))


@row("T07", COUNTER)
def t07(vector):
    return answer(packages(window(vector)))


@row("T08", COUNTER.replace("one window over the trace", "window [0, 5]"))
def t08(vector):
    return answer(packages(window(vector, end=vector["input"]["region"][1])))


def gpu_monitor(script: str, clock: VirtualTime):
    """A ZeusMonitor on the fake NVML."""
    clock.play = Nvml(script).play
    clock.install()
    from zeus.monitor import ZeusMonitor, power

    power.mp = processes_as_threads()
    return ZeusMonitor(cpu_indices=[])


def gpu_window(script: str, seconds: float):
    """One window over a script of the fake NVML."""
    clock = VirtualTime()
    monitor = gpu_monitor(script, clock)
    monitor.begin_window("w", sync_execution=False)
    clock.advance_to(seconds)
    return monitor.end_window("w", sync_execution=False)


@row("T09", "ZeusMonitor on the fake NVML; one window over the whole trace.")
def t09(vector):
    samples = vector["input"]["zones"][0]["samples"]
    script = "energy_mj " + " ".join(f"{t}@{v}" for t, v in samples) + "\npower_mw 100000\n"
    return answer(gpu_window(script, duration_of(vector)).total_energy, log=said("negative|reset"))


@row(
    "T10",
    "ZeusMonitor and its real PowerMonitor process on the fake NVML, no energy counter, 10 s in real time.",
)
def t10(vector):
    milliwatts = vector["input"]["samples"][0][1] * 1000
    changing = " ".join(f"{i / 10:.1f}@{milliwatts + (100 if i % 2 else -100)}" for i in range(500))
    del os.environ["FAKE_NVML_CLOCK"]
    os.environ["FAKE_NVML_T0"] = str(time.monotonic())
    script = "".join(
        f"device\narchitecture {PASCAL}\npower_mw {milliwatts}\ninstant_mw {levels}\n"
        for levels in (milliwatts, changing)
    )
    Path(os.environ["FAKE_NVML_SCRIPT"]).write_text(script)
    from zeus.monitor import ZeusMonitor

    monitor = ZeusMonitor(cpu_indices=[])
    seconds = duration_of(vector)
    monitor.begin_window("w", sync_execution=False)
    time.sleep(seconds)
    measured = monitor.end_window("w", sync_execution=False)
    monitor.power_monitor.stop()
    steady, jittering = (measured.gpu_energy[i] * seconds / measured.time for i in (0, 1))
    return answer(
        steady, log=said("measured as zero"),
        also=[("power that changes by 0.1 % every 0.1 s", round(jittering))],
        note="equal readings are stored once, and an integral of fewer than two is 0",
    )  # fmt: skip


@row("T12", "ElectrictyMapsClient, whose location is required, with every connection refused.")
def t12(_vector):
    from zeus.monitor.carbon import ElectrictyMapsClient

    try:
        ElectrictyMapsClient()
        demands = "no location needed"
    except TypeError:
        demands = "a location is required"
    try:
        return answer(ElectrictyMapsClient((48.9, 2.3)).get_current_carbon_intensity(), "g/kWh")
    except Exception as error:  # whatever the tool raises is its answer
        return answer(raises=raised(error), note=demands)


@row("T17", "ZeusMonitor with a stand-in for the module amdsmi (energy counter of 15.259 uJ).")
def t17(vector):
    clock = VirtualTime()
    sys.modules["amdsmi"] = amdsmi_module(vector["input"]["samples"][0][1], clock)
    clock.install()
    from zeus.monitor import ZeusMonitor

    monitor = ZeusMonitor(cpu_indices=[])
    began = clock.now
    monitor.begin_window("w", sync_execution=False)
    clock.advance_to(began + duration_of(vector))
    measured = monitor.end_window("w", sync_execution=False)
    return answer(measured.total_energy, note="from the energy counter")


@row(
    "T18",
    "PowerMonitor(update_period=10).get_energy over 48 h on the fake NVML; its process runs as a thread.",
)
def t18(vector):
    clock = VirtualTime()
    given = vector["input"]["generator"]
    milliwatts, seconds = round(given["watts"] * 1000), given["stop_s"]
    changing = " ".join(f"{i * seconds / 500}@{milliwatts + (1 if i % 2 else -1)}" for i in range(500))
    clock.play = Nvml(f"instant_mw {milliwatts}\ndevice\ninstant_mw {changing}\n").play
    clock.install()
    from zeus.monitor import power

    power.mp = processes_as_threads()
    monitor = power.PowerMonitor(update_period=10.0)
    began = time.time()
    clock.advance_to(clock.now + seconds)
    energy = monitor.get_energy(began, time.time())
    return answer(energy[0], also=[("power that changes by 2 mW every 346 s", energy[1])], note="as T10")


@row("T19", "A ZeusMonitor in each rank, as T09; total_energy of both windows.")
def t19(vector):
    if number() is None:
        return sum_of_ranks(vector)
    measured = gpu_window(ranks_script(vector), duration_of(vector))
    return answer(measured.total_energy, note="it measures what CUDA_VISIBLE_DEVICES names")


@row("T20", COUNTER)
def t20(vector):
    return answer(packages(window(vector)), note="one value per zone, added here; see T05")


@row("T21", COUNTER)
def t21(vector):
    return answer(packages(window(vector)), log=said("zero|stuck|frozen"))


@row("T22", "As T09; the counter shows 5000 J for ever, power reads 200 W.")
def t22(vector):
    return answer(gpu_window(frozen_script(vector), duration_of(vector)).total_energy, log=said("zero"))


if __name__ == "__main__":
    main()
