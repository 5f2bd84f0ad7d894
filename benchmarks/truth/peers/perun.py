# SPDX-License-Identifier: MIT
"""perun on the traces: its decorator, loop and processing, its process as a thread; run by ../run.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from truthfakes import (
    Nvml,
    Powercap,
    amdsmi_module,
    duration_of,
    frozen_script,
    intervals_as_counter,
    part_as_counter,
    power_script,
    ranks_script,
)
from truthlib import SCRATCH, answer, main, row, said, sum_of_ranks
from truthprocs import number, of_parts
from truthtime import VirtualTime, processes_as_threads

COUNTER = (
    "A function under @perun with powercap_rapl.RAPL_PATH on a fake tree, sampling_period=1; energy of the "
    "run. Its process runs as a thread; the trace begins with its first read."
)


def run(
    clock: VirtualTime, seconds: float, period_s: float, *, root: Path | None = None, work=None, results=None
) -> dict:
    """Monitor a function that takes this long; the metrics of the run by name."""
    import cpuinfo

    facts = cpuinfo.get_cpu_info()  # starts processes: before the clock stands still
    cpuinfo.get_cpu_info = lambda: facts
    clock.install()
    os.environ["HOME"] = str(SCRATCH)
    import perun
    from perun.backend import powercap_rapl
    from perun.configuration import config
    from perun.core import Perun
    from perun.monitoring import monitor

    powercap_rapl.RAPL_PATH = str(root or SCRATCH / "none")
    threads = processes_as_threads()
    monitor.Process, monitor.Queue, monitor.Event = threads.Process, threads.Queue, threads.Event
    nodes = []
    owner = Perun(config)
    owner._postprocess_callbacks["truth"] = nodes.append

    def app():
        began = work(perun) if work else clock.now
        clock.advance_to(began + seconds)

    perun.perun(sampling_period=period_s, data_out=str(results or SCRATCH / "results"), format="json")(app)()
    if not nodes:
        return {}
    run_node = next(iter(nodes[0].nodes.values()))
    metrics = {kind.name: metric.value for kind, metric in run_node.metrics.items()}
    return {**metrics, "node": run_node}


def first_read(clock: VirtualTime, period_s: float) -> float:
    """Wait for perun's first read: its process looks for the start every half period."""
    when = clock.now + period_s / 2
    clock.advance_to(when + 1e-9)
    return when


def on_counters(vector: dict, period_s: float = 1.0, work=None, clock=None, results=None) -> dict:
    """One run over the counters of a trace, whose time begins with perun's first read."""
    clock = clock or VirtualTime()
    tree = Powercap(vector["input"]["zones"], fail="empty")
    start = []

    def play(t: float) -> None:
        tree.play(t - start[0] if start else 0.0)

    clock.play = play

    def begin(perun) -> float:
        start.append(clock.now + period_s / 2)
        first_read(clock, period_s)
        if work:
            work(perun)
        return start[0]

    return run(clock, duration_of(vector), period_s, root=tree.root, work=begin, results=results)


def energy(metrics: dict, note: str = "", log_pattern: str = "", also=()) -> dict:
    """Answer with the energy of the run, if it has one."""
    if "ENERGY" not in metrics:
        return answer(
            text="no energy", log=said("dependecy Powercap") or "no energy in the report", note=note
        )
    return answer(
        float(metrics["ENERGY"]), log=said(log_pattern) if log_pattern else "", note=note, also=also
    )


@row("T01", COUNTER)
def t01(vector):
    return energy(on_counters(vector))


@row("T02", COUNTER + " No max_energy_range_uj.")
def t02(vector):
    return energy(on_counters(vector), "the counters are left out")


@row("T03", COUNTER + " sampling_period=10; at 10 s the open file has no content.")
def t03(vector):
    return energy(on_counters(vector, 10), "a failed read is recorded as 0", log_pattern="error reading")


@row("T04", COUNTER)
def t04(vector):
    return energy(on_counters(vector))


@row("T05", COUNTER)
def t05(vector):
    return energy(on_counters(vector))


@row("T06", COUNTER)
def t06(vector):
    note = "a counter is made a power at each sample, which is integrated as a trapezoid"
    return energy(on_counters(vector), note)


@row("T07", COUNTER)
def t07(vector):
    return energy(on_counters(vector), "as T06")


@row("T08", COUNTER + " A @monitor region of the first 5 s; its mean power times its runtime.")
def t08(vector):
    low, high = vector["input"]["region"]

    def region(perun) -> None:
        @perun.monitor("region")
        def first():
            import time

            time.sleep(high - low)

        first()

    metrics = on_counters(vector, work=region)
    measured = metrics["node"].regions["region"].metrics
    values = {kind.name: stats.mean for kind, stats in measured.items()}
    from perun.processing import processEnergyData

    raw = next(
        sensor.raw_data
        for host in metrics["node"].nodes.values()
        for group in host.nodes.values()
        for sensor in group.nodes.values()
        if sensor.id.endswith("package-0")
    )
    inner = float(processEnergyData(raw, low, high)[0])
    return answer(
        float(values["POWER"] * values["RUNTIME"]),
        note=f"its processEnergyData(start=0, end=5) gives {inner:g} J: a start of 0 is taken as none given",
    )


def on_gpu(script: str, seconds: float, period_s: float = 1.0) -> dict:
    """One run with the fake NVML."""
    clock = VirtualTime()
    clock.play = Nvml(script).play
    return run(clock, seconds, period_s, work=lambda _: first_read(clock, period_s))


@row("T10", "As T01 with the fake NVML in place of the tree; GPU_ENERGY.")
def t10(vector):
    return answer(float(on_gpu(power_script(vector), duration_of(vector))["GPU_ENERGY"]))


@row("T11", "As T01 with the intervals as a counter, sampling_period=15; POWER.")
def t11(vector):
    metrics = on_counters(intervals_as_counter(vector), 15)
    return answer(float(metrics["POWER"]), "W", note="plain mean over samples")


@row("T12", "As T10 with every connection refused; CO2 / energy.")
def t12(_vector):
    metrics = on_gpu("power_mw 200000\n", 10)
    factor = float(metrics["CO2"] / (metrics["ENERGY"] / 3.6e6))
    return answer(factor, "g/kWh", log=said("emission|location|average"), text=f"{factor:.4g} g/kWh, Germany")


@row("T16", "As T10 with 1000 W for 3600 s; CO2 in g / its factor in g/kWh.")
def t16(_vector):
    metrics = on_gpu("power_mw 1000000\n", 3600, 10)
    from perun.configuration import config

    return answer(float(metrics["CO2"]) / config.getfloat("post-processing", "emissions_factor"), "kWh")


@row("T17", "As T10 with a stand-in for the module amdsmi, whose power is in whole watts; GPU_ENERGY.")
def t17(vector):
    clock = VirtualTime()
    sys.modules["amdsmi"] = amdsmi_module(vector["input"]["samples"][0][1], clock)
    metrics = run(clock, duration_of(vector), 1, work=lambda _: first_read(clock, 1))
    return answer(float(metrics["GPU_ENERGY"]), note="it integrates the whole watts of amdsmi_get_power_info")


@row(
    "T18",
    "As T10 over 48 h with sampling_period=10; GPU_ENERGY. Also processEnergyData at 1 Hz.",
)
def t18(vector):
    clock = VirtualTime()
    Nvml(power_script(vector))
    metrics = run(clock, duration_of(vector), 10, work=lambda _: first_read(clock, 10))
    import numpy as np
    from perun.data_model.data import RawData
    from perun.data_model.measurement_type import Magnitude, MetricMetaData, Unit
    from perun.processing import processEnergyData

    def of(unit, magnitude, kind):
        return MetricMetaData(unit, magnitude, np.dtype(kind), np.float32(0), np.float32(1e9), np.float32(-1))

    given = vector["input"]["generator"]
    times = np.arange(given["start_s"], given["stop_s"] + 1, given["period_s"], dtype="float32")
    milliwatts = np.full(len(times), given["watts"] * 1000, dtype="uint32")
    seconds, power = of(Unit.SECOND, Magnitude.ONE, "float32"), of(Unit.WATT, Magnitude.MILI, "uint32")
    every_second = float(processEnergyData(RawData(times, milliwatts, seconds, power))[0])
    return answer(
        float(metrics["GPU_ENERGY"]),
        also=[("a reading a second", every_second)],
        note="times and powers are float32",
    )


@row("T19", "A function under @perun in each rank, as T10; GPU_ENERGY of both.")
def t19(vector):
    if number() is None:
        return sum_of_ranks(vector)
    return answer(
        float(on_gpu(ranks_script(vector), duration_of(vector))["GPU_ENERGY"]),
        note="each measures all GPUs; ranks know of each other by MPI alone, and mpi4py is not installed",
    )


@row("T20", COUNTER)
def t20(vector):
    return energy(on_counters(vector), "it adds all; see T05")


@row("T21", COUNTER)
def t21(vector):
    return energy(on_counters(vector), log_pattern="zero|stuck|frozen")


@row("T22", "As T10; the counter shows 5000 J for ever.")
def t22(vector):
    metrics = on_gpu(frozen_script(vector), duration_of(vector))
    return answer(float(metrics["GPU_ENERGY"]), note="it never reads the counter")


@row("T23", COUNTER + " A run for each part, both with one data_out; ENERGY of the runs in its file.")
def t23(vector):
    n = number()
    if n is not None:
        clock = VirtualTime()
        on_counters(part_as_counter(vector, n, clock), clock=clock, results=SCRATCH.parent / "results")
        return answer()
    of_parts(vector, SCRATCH)
    from perun.io.io import IOFormat, importFrom

    app = importFrom(next((SCRATCH / "results").glob("*.hdf5")), IOFormat.HDF5)
    runs = [run for multirun in app.nodes.values() for run in multirun.nodes.values()]
    values = [float(m.value) for run in runs for kind, m in run.metrics.items() if kind.name == "ENERGY"]
    return answer(
        [sum(values)], text=f"{sum(values):g} J",
        note=f"it resumes no run; {len(values)} runs in one file, added here; takes no place",
    )  # fmt: skip


if __name__ == "__main__":
    main()
