# SPDX-License-Identifier: MIT
"""CodeCarbon on the traces: its tracker, its own schedulers, its own files; run by ../run.py."""

from __future__ import annotations

import csv
import logging
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.append(str(Path(__file__).parent))

from truthfakes import (
    Nvml,
    Powercap,
    amdsmi_module,
    duration_of,
    frozen_script,
    intervals_as_counter,
    package,
    part_as_counter,
    power_script,
    ranks_script,
)
from truthlib import SCRATCH, answer, main, row, said, sum_of_ranks
from truthprocs import Procfs, number, of_parts
from truthtime import VirtualTime

COUNTER = (
    "OfflineEmissionsTracker on a fake powercap tree (its rapl_dir), stop() at the end; final_emissions_data."
)


def fake_program(name: str) -> None:
    """CodeCarbon looks for GPUs by running nvidia-smi or rocm-smi."""
    folder = SCRATCH / "bin"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\nexit 0\n")
    (folder / name).chmod(0o755)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"


def offline(**options):
    """The tracker without a network, for France, without files."""
    from codecarbon import OfflineEmissionsTracker

    return OfflineEmissionsTracker(**{"country_iso_code": "FRA", "save_to_file": False, **options})


def on_tree(vector: dict, clock: VirtualTime) -> None:
    """Point the rapl_dir of its classes at a fake tree."""
    from codecarbon.core import cpu
    from codecarbon.external import hardware

    tree = Powercap(vector["input"]["zones"])
    place = str(tree.root / "intel-rapl" / "subsystem")
    cpu.is_rapl_available.__defaults__ = (place,)
    hardware.CPU.__init__.__defaults__ = (place, *hardware.CPU.__init__.__defaults__[1:])
    clock.play = tree.play


def run_counter(vector: dict, period_s: float, clock: VirtualTime | None = None, **options):
    """One run over the whole trace."""
    clock = clock or VirtualTime()
    import codecarbon  # noqa: F401

    on_tree(vector, clock)
    clock.install()
    tracker = offline(measure_power_secs=period_s, **options)
    tracker.start()
    clock.advance_to(duration_of(vector))
    tracker.stop()
    return tracker.final_emissions_data


def joules(kwh: float) -> float:
    """What the tool's kWh are in J."""
    return kwh * 3.6e6


@row("T01", COUNTER)
def t01(vector):
    return answer(joules(run_counter(vector, 10).cpu_energy))


@row("T02", COUNTER + " No max_energy_range_uj.")
def t02(vector):
    return answer(joules(run_counter(vector, 10).cpu_energy), log=said("max_energy_range|wrap"))


@row("T03", COUNTER + " measure_power_secs=10, so that the read at 10 s fails (EIO).")
def t03(vector):
    return answer(joules(run_counter(vector, 10).cpu_energy), log=said("read RAPL|energy_uj"))


@row("T04", COUNTER + " rapl_include_dram=True.")
def t04(vector):
    data = run_counter(vector, 10, rapl_include_dram=True)
    note = f"cpu_energy; its RAM model adds {joules(data.ram_energy):.4g} J for the memory of this machine"
    return answer(joules(data.cpu_energy), note=note)


@row("T05", COUNTER)
def t05(vector):
    return answer(joules(run_counter(vector, 10).cpu_energy))


@row("T06", COUNTER + " measure_power_secs=1.")
def t06(vector):
    return answer(joules(run_counter(vector, 1).cpu_energy))


@row("T07", COUNTER + " measure_power_secs=1.")
def t07(vector):
    return answer(joules(run_counter(vector, 1).cpu_energy))


@row("T08", "As T01, with start_task at 0 s and stop_task at 5 s; the task's cpu_energy.")
def t08(vector):
    clock = VirtualTime()
    import codecarbon  # noqa: F401

    on_tree(vector, clock)
    clock.install()
    tracker = offline(measure_power_secs=1)
    tracker.start_task("region")
    clock.advance_to(vector["input"]["region"][1])
    data = tracker.stop_task("region")
    clock.advance_to(duration_of(vector))
    tracker.stop()
    return answer(joules(data.cpu_energy))


def run_gpu(script: str, seconds: float, period_s: float):
    """One run with the fake NVML."""
    clock = VirtualTime()
    fake_program("nvidia-smi")
    clock.play = Nvml(script).play
    import codecarbon  # noqa: F401

    clock.install()
    tracker = offline(measure_power_secs=period_s)
    tracker.start()
    clock.advance_to(seconds)
    tracker.stop()
    return tracker.final_emissions_data


@row("T09", "As T01 with the fake NVML (an nvidia-smi that exits 0); gpu_energy of the whole trace.")
def t09(vector):
    samples = vector["input"]["zones"][0]["samples"]
    script = "energy_mj " + " ".join(f"{t}@{v}" for t, v in samples) + "\npower_mw 100000\n"
    return answer(
        joules(run_gpu(script, duration_of(vector), 10).gpu_energy), log=said("negative|reset|fell")
    )


@row("T10", "As T09; nvmlDeviceGetTotalEnergyConsumption is not supported, power reads 200 W.")
def t10(vector):
    data = run_gpu(power_script(vector), duration_of(vector), 1)
    return answer(joules(data.gpu_energy), log=said("energy consumption"))


@row("T11", "As T01 with the intervals as a counter, measure_power_secs=15; the column cpu_power.")
def t11(vector):
    return answer(
        run_counter(intervals_as_counter(vector), 15).cpu_power,
        "W",
        note="mean over six measurements, one at start()",
    )


@row("T12", "EmissionsTracker() with every connection refused, 1 kWh by force_ram_power; emissions / energy.")
def t12(_vector):
    clock = VirtualTime()
    from codecarbon import EmissionsTracker

    clock.install()
    tracker = EmissionsTracker(save_to_file=False, force_ram_power=1000, measure_power_secs=60)
    tracker.start()
    clock.advance_to(3600)
    tracker.stop()
    data = tracker.final_emissions_data
    return answer(
        1000 * data.emissions / data.energy_consumed, "g/kWh", log=said("default value"),
        text=f"{1000 * data.emissions / data.energy_consumed:.3g} g/kWh, {data.region or data.country_name}",
    )  # fmt: skip


@row("T13", "Two runs of OfflineEmissionsTracker(country_iso_code='FRA') into one emissions.csv.")
def t13(_vector):
    clock = VirtualTime()
    import codecarbon  # noqa: F401

    clock.install()
    for _ in range(2):
        tracker = offline(save_to_file=True, output_dir=str(SCRATCH), measure_power_secs=1)
        tracker.start()
        clock.advance_to(clock.now + 3)
        tracker.stop()
    with (SCRATCH / "emissions.csv").open(newline="") as stream:
        fields = [len(line) for line in csv.reader(stream)]
    return answer(fields, "fields", text=f"header {fields[0]}, rows " + " and ".join(map(str, fields[1:])))


@row("T14", "RAM().total_power() with psutil's total memory set to 251.5 and to 256 GiB.")
def t14(small, large):
    from codecarbon.external import ram

    watts = []
    for vector in (small, large):
        total = vector["input"]["gib"] * 2**30
        ram.psutil.virtual_memory = lambda total=total: SimpleNamespace(total=total)
        watts.append(ram.RAM().total_power().W)
    return answer(watts, "W", text="{:.4g} W and {:.4g} W".format(*watts))


@row("T15", "As T01 with a package of 1000 J in 10 s and tracking_mode='process'; cpu_energy.")
def t15(vector):
    trace = package([[0, 0], [10, vector["input"]["energy_j"] * 10**6]])
    data = run_counter(trace, 10, tracking_mode="process")
    return answer(
        joules(data.cpu_energy), log=said("process"), note="tracking_mode has no effect on counters"
    )


@row("T16", "As T09 with an energy counter that grows by 3.6e9 mJ; gpu_energy in kWh.")
def t16(_vector):
    return answer(run_gpu("energy_mj 0@0 10@3600000000\npower_mw 100000\n", 10, 10).gpu_energy, "kWh")


@row("T17", "As T09 with a stand-in for the module amdsmi (energy counter of 15.259 uJ); gpu_energy.")
def t17(vector):
    clock = VirtualTime()
    fake_program("rocm-smi")
    sys.modules["amdsmi"] = amdsmi_module(vector["input"]["samples"][0][1], clock)
    import codecarbon  # noqa: F401

    clock.install()
    tracker = offline(measure_power_secs=1)
    tracker.start()
    clock.advance_to(duration_of(vector))
    tracker.stop()
    return answer(joules(tracker.final_emissions_data.gpu_energy), note="from the energy counter")


@row("T18", "A tracker of 48 h with force_ram_power=700 and its default 15 s; ram_energy.")
def t18(vector):
    clock = VirtualTime()
    import codecarbon  # noqa: F401

    clock.install()
    tracker = offline(force_ram_power=vector["input"]["generator"]["watts"], log_level="error")
    tracker.start()
    clock.advance_to(duration_of(vector))
    tracker.stop()
    return answer(
        joules(tracker.final_emissions_data.ram_energy), note="its only integral of power is that of a model"
    )


@row("T19", "A tracker in each rank, as T09, measure_power_secs=10; gpu_energy of both.")
def t19(vector):
    if number() is None:
        return sum_of_ranks(vector)
    data = run_gpu(ranks_script(vector), duration_of(vector), 10)
    return answer(joules(data.gpu_energy), note="it measures what CUDA_VISIBLE_DEVICES names")


@row("T20", COUNTER)
def t20(vector):
    return answer(joules(run_counter(vector, 10).cpu_energy), note="it adds all; see T05")


@row("T21", COUNTER)
def t21(vector):
    return answer(joules(run_counter(vector, 10).cpu_energy), log=said("zero|stuck|frozen"))


@row("T22", "As T09; the counter shows 5000 J for ever, power reads 200 W.")
def t22(vector):
    data = run_gpu(frozen_script(vector), duration_of(vector), 1)
    return answer(joules(data.gpu_energy), log=said("zero|stuck|frozen"))


@row(
    "T23",
    "A tracker for each part with its country and pue, both into one emissions.csv; its rows without pue.",
)
def t23(vector):
    n = number()
    if n is not None:
        clock = VirtualTime()
        part = vector["input"]["parts"][n]
        run_counter(
            part_as_counter(vector, n, clock), 10, clock, country_iso_code=part["location"], pue=part["pue"],
            save_to_file=True, output_dir=str(SCRATCH.parent),
        )  # fmt: skip
        return answer()
    of_parts(vector, SCRATCH)
    with (SCRATCH / "emissions.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    parts = vector["input"]["parts"]
    energy = sum(joules(float(r["cpu_energy"])) / p["pue"] for r, p in zip(rows, parts, strict=True))
    own = sum(
        float(r["energy_consumed"]) * own_factor(p["location"]) for r, p in zip(rows, parts, strict=True)
    )
    priced = sum(float(r["emissions"]) for r in rows) / own
    return answer(
        [energy, priced], text=f"{energy:g} J",
        note="it resumes no run; two rows, added here, each at its own country and pue; in the second the "
        "columns from cloud_provider on are shifted (T13)",
    )  # fmt: skip


def own_factor(country: str) -> float:
    """What the tool takes for a country, in kg/kWh."""
    from codecarbon.core.emissions import Emissions
    from codecarbon.core.units import Energy
    from codecarbon.external.geography import GeoMetadata
    from codecarbon.input import DataSource

    return Emissions(DataSource()).get_private_infra_emissions(
        Energy.from_energy(kWh=1), GeoMetadata(country_iso_code=country)
    )


@row(
    "T24",
    "tracking_mode='process', force_mode_cpu_load=True, force_cpu_power=100, measure_power_secs=1; psutil "
    "on a fake /proc of 8 CPUs (its PROCFS_PATH); cpu_energy. With counters the mode has no effect (T15).",
)
def t24(vector):
    clock = VirtualTime()
    import codecarbon  # noqa: F401
    import psutil

    given = vector["input"]
    tree = Procfs(SCRATCH / "proc", vector)
    for name in ("meminfo", "cpuinfo"):
        shutil.copy(f"/proc/{name}", tree.root / name)
    psutil.PROCFS_PATH = str(tree.root)
    psutil.cpu_count = lambda logical=True: given["cpus"]
    clock.play = tree.play
    clock.install()
    tracker = offline(
        measure_power_secs=1, tracking_mode="process", force_mode_cpu_load=True,
        force_cpu_power=given["energy_j"] / given["duration_s"],
    )  # fmt: skip
    tracker.start()
    clock.advance_to(duration_of(vector))
    tracker.stop()
    return answer(
        joules(tracker.final_emissions_data.cpu_energy), log=said("child|disappeared"),
        note="what a child uses before it is first seen or after it is last seen is lost, waited for or not",
    )  # fmt: skip


if __name__ == "__main__":
    logging.getLogger("codecarbon").propagate = False
    main()
