# SPDX-License-Identifier: MIT
"""carbontracker on the traces: its CarbonTracker with its own threads; run by ../run.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from truthfakes import (
    Nvml,
    Powercap,
    counter_at,
    duration_of,
    frozen_script,
    package,
    part_as_counter,
    power_script,
    ranks_script,
)
from truthlib import ROWS, SCRATCH, answer, main, row, said, sum_of_ranks, write
from truthprocs import number, of_parts
from truthtime import VirtualTime

COUNTER = (
    "CarbonTracker(epochs=1, components='cpu') with intel.RAPL_DIR on a fake tree; energy without its "
    "PUE of 1.58."
)


def joules(thread) -> list[float]:
    """Energy of each epoch, in J, before the tool multiplies it by its PUE."""
    from carbontracker import constants

    return [kwh * 3.6e6 / constants.PUE_2023 for kwh in thread.total_energy_per_epoch()]


def run(clock: VirtualTime, epochs: list[float], component: str, **options):
    """Epochs that end at these times; the monitoring thread."""
    from carbontracker.tracker import CarbonTracker

    tracker = CarbonTracker(epochs=len(epochs), components=component, verbose=0, **options)
    thread = tracker.tracker
    for end in epochs:
        tracker.epoch_start()
        clock.advance_to(end)
        tracker.epoch_end()
    return thread


def counters(vector: dict, epochs: list[float] | None = None, clock: VirtualTime | None = None, **options):
    """The monitoring thread after epochs on the counters of a trace."""
    clock = (clock or VirtualTime()).install()
    from carbontracker.components.cpu import intel

    tree = Powercap(vector["input"]["zones"])
    intel.RAPL_DIR = str(tree.root) + "/"
    clock.play = tree.play
    return run(clock, epochs or [duration_of(vector)], "cpu", **options)


def wrap_elsewhere(vector: dict, at_s: float) -> dict:
    """The same trace with its wrap at another time."""
    zone = vector["input"]["zones"][0]
    (t0, first), (t1, last) = zone["samples"]
    moved = {**zone, "samples": [[t0, first], [at_s, 0], [t1, last]]}
    return {"input": {"zones": [moved]}}


def replayed(vector: dict) -> float:
    """What its own pairs of reads, 1 s apart every 2 s, give for a trace; for other timings of it."""
    from carbontracker.components.cpu.intel import IntelCPU

    handler = IntelCPU([], False)
    zone, end = vector["input"]["zones"][0], int(duration_of(vector))
    pairs = [handler._compute_power(counter_at(zone, t), counter_at(zone, t + 1)) for t in range(0, end, 2)]
    return sum(w if w >= 0 else 0.0 for w in pairs) / len(pairs) * end


@row("T01", COUNTER)
def t01(vector):
    other = replayed(wrap_elsewhere(vector, 2.5))
    return answer(
        joules(counters(vector))[0], also=[("wrap inside one of its 1 s pairs of reads", other)],
        note="it reads 1 s in 2; a pair that falls counts as 0 W",
    )  # fmt: skip


@row("T02", COUNTER + " No max_energy_range_uj, which it never reads.")
def t02(vector):
    other = replayed(wrap_elsewhere(vector, 2.5))
    return answer(joules(counters(vector))[0], also=[("wrap inside one of its 1 s pairs of reads", other)])


@row("T03", COUNTER + " The read at 10 s fails (EIO); ignore_errors is left at its default.")
def t03(vector):
    write({**answer(raises="ends the user's program with exit status 70"), "how": ROWS["T03"][1]})
    return answer(joules(counters(vector))[0])


@row("T04", COUNTER)
def t04(vector):
    return answer(joules(counters(vector))[0], note="the mean of its zones, not their sum")


@row("T05", COUNTER)
def t05(vector):
    thread = counters(vector)
    value = joules(thread)[0]
    component = thread.components[0]
    component.power_usages = [
        [6.8, 3.4] * 5
    ]  # what its handler returns for two packages of 68 J and 34 J in 10 s
    other = component.energy_usage([10.0])[0] * 3.6e6
    return answer(
        value,
        text=f"{value:g} J, but {other:g} J for two real ones of 102 J",
        also=[("two real packages of 68 J and 34 J", other)],
        note="the mean of its zones, not their sum",
    )


@row("T06", COUNTER + " The second number: started 1 s later.")
def t06(vector):
    value = joules(counters(vector))[0]
    zone = vector["input"]["zones"][0]
    later = {**zone, "samples": [[max(0, t - 1), v] for t, v in zone["samples"][1:]]}
    return answer(
        value, also=[("started 1 s later", replayed({"input": {"zones": [later]}}))], note="it reads 1 s in 2"
    )


@row("T07", COUNTER)
def t07(vector):
    return answer(joules(counters(vector))[0], note="one pair of reads, [0, 1] s, stands for the whole run")


@row("T08", "As T01 with two epochs, [0, 5] and [5, 20] s; the energy of the first.")
def t08(vector):
    return answer(joules(counters(vector, [vector["input"]["region"][1], duration_of(vector)]))[0])


def gpu(script: str, seconds: float, **options):
    """The thread of one epoch with the fake NVML."""
    clock = VirtualTime().install()
    clock.play = Nvml(script).play
    return run(clock, [seconds], "gpu", **options)


@row("T10", "CarbonTracker(components='gpu') on the fake NVML; energy without its PUE of 1.58.")
def t10(vector):
    return answer(joules(gpu(power_script(vector), duration_of(vector)))[0])


@row("T11", "As T10 with the powers of the intervals, read every second; the mean power that it logs.")
def t11(vector):
    import numpy as np

    t, levels = 0.0, []
    for seconds, watts in vector["input"]["intervals"]:
        levels.append(f"{t}@{watts * 1000}")
        t += seconds
    thread = gpu("power_mw " + " ".join(levels) + "\n", t)
    return answer(
        float(np.mean(thread.components[0].power_usages[-1], axis=0)), "W",
        note="plain mean of readings 1 s apart; the last 0.1 s weighs as much as 1 s",
    )  # fmt: skip


@row("T12", "CarbonTracker() with every connection refused; the intensity it uses.")
def t12(_vector):
    clock = VirtualTime()
    clock.play = Nvml("power_mw 200000\n").play
    clock.install()
    from carbontracker.tracker import CarbonTracker

    tracker = CarbonTracker(epochs=1, components="gpu", verbose=0)
    value = tracker.intensity_updater.average_carbon_intensity()
    return answer(value, "g/kWh", log=said("global average"), text=f"{value:g} g/kWh, world")


@row("T15", COUNTER + " devices_by_pid=True.")
def t15(vector):
    trace = package([[0, 0], [10, vector["input"]["energy_j"] * 10**6]])
    thread = counters(trace, devices_by_pid=True)
    return answer(joules(thread)[0], log=said("pid|process"), note="devices_by_pid has no effect on the CPU")


@row("T16", "As T10 with 1000 W for 3600 s, in kWh.")
def t16(_vector):
    from carbontracker import constants

    thread = gpu("power_mw 1000000\n", 3600)
    return answer(float(thread.total_energy_per_epoch()[0]) / constants.PUE_2023, "kWh")


@row("T18", "As T10 with one epoch of 48 h, update_interval=10.")
def t18(vector):
    return answer(joules(gpu(power_script(vector), duration_of(vector), update_interval=10))[0])


@row("T19", "A CarbonTracker in each rank, as T10; energy of both.")
def t19(vector):
    if number() is None:
        return sum_of_ranks(vector)
    value = joules(gpu(ranks_script(vector), duration_of(vector)))[0]
    return answer(value, note="it measures what CUDA_VISIBLE_DEVICES names")


@row("T20", COUNTER)
def t20(vector):
    return answer(joules(counters(vector))[0], note="the mean of its zones, not their sum")


@row("T21", COUNTER)
def t21(vector):
    return answer(joules(counters(vector))[0], log=said("zero|stuck|frozen"))


@row("T22", "As T10; the counter shows 5000 J for ever.")
def t22(vector):
    return answer(
        joules(gpu(frozen_script(vector), duration_of(vector)))[0], note="it never reads the counter"
    )


@row(
    "T23",
    "A CarbonTracker for each part, both with one log_dir; parser.aggregate_consumption, without its PUE.",
)
def t23(vector):
    from carbontracker import constants, parser

    n = number()
    if n is not None:
        clock = VirtualTime()
        counters(part_as_counter(vector, n, clock), None, clock, log_dir=str(SCRATCH.parent / "logs"))
        return answer()
    of_parts(vector, SCRATCH)
    kwh, _, _ = parser.aggregate_consumption(str(SCRATCH / "logs"))
    value = kwh * 3.6e6 / constants.PUE_2023
    return answer(
        [value], text=f"{value:g} J", note="it resumes no run, but adds all logs of a folder; takes no place"
    )


@row("T24", COUNTER + " devices_by_pid=True.")
def t24(vector):
    trace = package([[0, 0], [10, vector["input"]["energy_j"] * 10**6]])
    thread = counters(trace, devices_by_pid=True)
    return answer(joules(thread)[0], log=said("pid|process"), note="as T15, the whole package")


if __name__ == "__main__":
    main()
