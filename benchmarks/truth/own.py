# SPDX-License-Identifier: MIT
"""co2lib on the traces, through its public interface.

Counters go the whole way: a fake machine or a fake NVIDIA library, the reader, the tracker and its sampling
thread under a clock that is moved by hand. The other traces go to the function that a user would call.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import co2lib
from co2lib import intensity, meter, tracker
from co2lib.testing import ManualClock
from co2lib.testing.fakes import FakeHost, fake_powercap

sys.path.append(str(Path(__file__).resolve().parent / "peers"))

import truthprocs

Answer = dict[str, Any]
Vector = dict[str, Any]
ROWS: dict[str, tuple[Callable[..., Answer], str]] = {}
TRACKED = "co2lib.track on a fake powercap tree with a ManualClock, ram_w=0; energy of the counters."
POWER = "meter.integrate_power on the readings."


def row(name: str, how: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Register a function that answers a trace, with one line on how."""

    def register(function: Callable[..., Answer]) -> Callable[..., Answer]:
        ROWS[name] = (function, how)
        return function

    return register


def answer(
    value: Any, unit: str = "J", *, text: str = "", flags: Any = (), bounds: Any = None, note: str = ""
) -> Answer:
    """Make an answer in the form that the peers' scripts use, with flags and bounds."""
    return {
        "value": value, "unit": unit, "text": text, "log": ", ".join(sorted(flags)), "also": [], "raises": "",
        "note": note, "bounds": bounds,
    }  # fmt: skip


def codes(issues: list[co2lib.Issue]) -> set[str]:
    """Stable codes of issues."""
    return {issue.code for issue in issues}


def tracked(vector: Vector, region: str = "") -> co2lib.Footprint:
    """Play the zones of a trace to a tracker."""
    given = vector["input"]
    zones = given["zones"]
    machine = FakeHost()
    machine.set_cpus(4)
    machine.set_memory(16 << 30)
    machine.set_cpu_ticks(busy=1000, idle=9000)
    for zone in zones:
        machine.add_zone(
            zone["id"],
            name=zone["name"],
            energy_uj=zone["samples"][0][1],
            max_energy_range_uj=zone["wrap_max"],
        )
    times = [t for t, _ in zones[0]["samples"]]
    clock = ManualClock()
    options: dict[str, Any] = {
        "host": machine.host, "clock": clock, "intensity": 100, "meters": ["powercap"], "ram_w": 0,
        "period_s": max(b - a for a, b in pairwise(times)),
        "slack_s": {"package": 0, "core": 0, "dram": 0},
    }  # fmt: skip
    with co2lib.track(**options) as run:
        opened = run.begin(region) if region else None
        for index, (before, now) in enumerate(pairwise(times), start=1):
            for zone in zones:
                count = zone["samples"][index][1]
                if count is None:
                    machine.set_energy_text(zone["id"], "")
                else:
                    machine.set_energy(zone["id"], count)
            if not clock.wait_for_waiters(1) or not clock.advance(now - before):
                raise RuntimeError("the sampling thread did not come back")
            if opened is not None and now == given["region"][1]:
                run.end(opened)
        return run.stop()


def counted(footprint: co2lib.Footprint) -> list[meter.Record]:
    """Records of the counters that the total holds."""
    return [d.record for d in footprint.devices if d.counted and d.provider == "powercap"]


def one(vector: Vector) -> Answer:
    """The single counter of a trace."""
    record = next(d.record for d in tracked(vector).devices if d.provider == "powercap")
    return answer(record.window.energy_j, flags=codes(record.issues), bounds=list(record.window.bounds_j))


@row("T01", TRACKED)
def t01(vector: Vector) -> Answer:
    return one(vector)


@row("T02", TRACKED)
def t02(vector: Vector) -> Answer:
    return one(vector)


@row("T03", TRACKED + " The read at 10 s gives no digits.")
def t03(vector: Vector) -> Answer:
    return one(vector)


@row("T04", TRACKED)
def t04(vector: Vector) -> Answer:
    footprint = tracked(vector)
    modelled = [d.id for d in footprint.devices if d.method == "model"]
    energy = footprint.energy.value
    note = f"modelled as well: {', '.join(modelled)}" if modelled else "RAM model off"
    return answer(None if energy is None else energy.joules, note=note)


@row("T05", TRACKED)
def t05(vector: Vector) -> Answer:
    footprint = tracked(vector)
    mirrors = [d.id for d in footprint.devices if d.mirror_of]
    value = sum(record.window.energy_j or 0 for record in counted(footprint))
    return answer(value, flags=codes(footprint.issues), note=f"copies: {', '.join(mirrors)}")


@row("T06", TRACKED)
def t06(vector: Vector) -> Answer:
    return one(vector)


@row("T07", TRACKED)
def t07(vector: Vector) -> Answer:
    return one(vector)


@row("T08", TRACKED + " A region from 0 s to 5 s.")
def t08(vector: Vector) -> Answer:
    energy = tracked(vector, "region").regions["region"].inclusive.value
    return answer(None if energy is None else energy.joules)


def on_gpu(vector: Vector, script: str, period_s: float, seconds: float, **more: Any) -> Answer:
    """Play a script of the fake NVML to a tracker; LD_LIBRARY_PATH must lead to that library."""
    now = Path(os.environ["FAKE_NVML_CLOCK"])
    given = vector["input"]
    p_max_w = given["zones"][0]["p_max_w"] if "zones" in given else given["p_max_w"]
    Path(os.environ["FAKE_NVML_SCRIPT"]).write_text(f"device\nlimit_mw {p_max_w * 500}\n{script}\n")
    now.write_text("0")
    clock = ManualClock()
    machine = FakeHost()
    host = co2lib.Host(machine.host.sysfs, machine.host.procfs, machine.host.dev)
    options: dict[str, Any] = {
        "host": host, "clock": clock, "intensity": 100, "meters": ["nvml"], "gpus": [0],
        "slack_s": {"gpu": 0}, "period_s": period_s, "power_period_s": period_s, **more,
    }  # fmt: skip
    with co2lib.track(**options) as run:
        for step in range(1, round(seconds / period_s) + 1):
            now.write_text(str(step * period_s))
            if not clock.wait_for_waiters(1) or not clock.advance(period_s):
                raise RuntimeError("the sampling thread did not come back")
        footprint = run.stop()
    record = next(d.record for d in footprint.devices if d.provider == "nvml" and d.counted)
    flags = {issue.code for d in footprint.devices if d.provider == "nvml" for issue in d.record.issues}
    bounds = list(record.window.bounds_j)
    return answer(record.window.energy_j, flags=flags, bounds=bounds, note=f"method {record.method}")


@row("T09", "co2lib.track with the fake NVML.")
def t09(vector: Vector) -> Answer:
    samples = vector["input"]["zones"][0]["samples"]
    found = on_gpu(vector, "energy_mj " + " ".join(f"{t}@{v}" for t, v in samples), 10, samples[-1][0])
    return {**found, "text": "{:g} J in [{:g}, {:g}] J".format(found["value"], *found["bounds"])}


@row("T10", "co2lib.track with the fake NVML, which has no energy counter.")
def t10(vector: Vector) -> Answer:
    t, watts = vector["input"]["samples"][-1]
    return on_gpu(vector, f"instant_mw {watts * 1000}\npower_mw {watts * 1000}", 1, t)


def integral(samples: list[tuple[float, float]], p_max_w: float) -> Answer:
    """The integral of a power."""
    info = meter.MeterInfo("gpu", kind="power", device="gpu", p_max_w=p_max_w)
    record = meter.integrate_power(info, samples)
    return answer(record.window.energy_j, flags=codes(record.issues), note=f"method {record.method}")


@row("T11", "meter.mean_power of the intervals.")
def t11(vector: Vector) -> Answer:
    power = meter.mean_power(vector["input"]["intervals"]).mean
    return answer(None if power is None else power.watts, "W")


@row("T12", "co2lib.track without location and intensity; the carbon intensity it uses.")
def t12(vector: Vector) -> Answer:
    del vector
    clock = ManualClock()
    with co2lib.track(
        host=FakeHost().host, clock=clock, meters=[lambda: 100.0], on_log=lambda *_: None
    ) as run:
        clock.wait_for_waiters(1)
        clock.advance(10)
        footprint = run.stop()
    used = footprint.carbon_intensity
    value = None if used is None else used.g_per_kwh
    return answer(value, "g/kWh", text=f"{value:g} g/kWh, world", flags=codes(footprint.issues))


@row("T13", "tracker.append_emissions_csv of two runs into one file.")
def t13(vector: Vector) -> Answer:
    del vector
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "emissions.csv"
        for _ in range(2):
            clock = ManualClock()
            with co2lib.track(
                host=FakeHost().host, clock=clock, meters=[lambda: 100.0], location="FRA"
            ) as run:
                clock.wait_for_waiters(1)
                clock.advance(10)
                tracker.append_emissions_csv(file, run.stop())
        with file.open(newline="") as stream:
            fields = [len(line) for line in csv.reader(stream)]
    return answer(fields, "fields", text=f"header {fields[0]}, rows " + " and ".join(map(str, fields[1:])))


@row("T14", "meter.ram_power of 251.5 and of 256 GiB.")
def t14(small: Vector, large: Vector) -> Answer:
    watts = [meter.ram_power(vector["input"]["gib"]).value for vector in (small, large)]
    return answer(watts, "W", text="{:.4g} W and {:.4g} W".format(*watts))


@row("T15", "meter.attribute.")
def t15(vector: Vector) -> Answer:
    given = vector["input"]
    parts = meter.attribute(
        co2lib.Energy.from_joules(given["energy_j"]), given["duration_s"], given["cpus"], given["busy_cpu_s"],
        given["process_cpu_s"],
    )  # fmt: skip
    share = parts.targets["job"]
    bounds = [share.bounds.low.joules, share.bounds.high.joules]
    return answer(
        share.energy.joules,
        bounds=bounds,
        note=f"other {parts.other.joules:g} J, idle {parts.idle.joules:g} J",
    )


@row("T16", "co2lib.convert.")
def t16(vector: Vector) -> Answer:
    given = vector["input"]
    return answer(co2lib.convert(float(given["value"]), given["from"], given["to"]), "kWh")


@row("T17", POWER)
def t17(vector: Vector) -> Answer:
    return integral(vector["input"]["samples"], vector["input"]["p_max_w"])


@row("T18", POWER)
def t18(vector: Vector) -> Answer:
    g = vector["input"]["generator"]
    steps = round((g["stop_s"] - g["start_s"]) / g["period_s"])
    samples = [(g["start_s"] + i * g["period_s"], float(g["watts"])) for i in range(steps + 1)]
    return integral(samples, vector["input"]["p_max_w"])


@row("T19", "co2lib.track with the fake NVML and a log in each rank; tracker.merge of both logs.")
def t19(vector: Vector) -> Answer:
    n, scratch = truthprocs.number(), Path(os.environ["TRUTH_SCRATCH"])
    if n is not None:
        counters = [f"energy_mj 0@5000000+{watts * 1000}/s" for watts in vector["input"]["watts"]]
        script, log = "\ndevice\n".join(counters), scratch / "run.jsonl"
        return on_gpu(vector, script, 1, vector["input"]["duration_s"], gpus=None, log=log)
    ranks = truthprocs.of_ranks(vector, scratch)
    runs = [tracker.load(scratch / str(n) / "run.jsonl") for n in range(len(ranks))]
    merged = tracker.merge(runs).footprint()
    each = " and ".join(f"{found['value']:g}" for found in ranks)
    value = merged.totals.gpu.energy_j
    return answer(value, flags=codes(merged.issues), note=f"ranks {each} J")


@row("T20", TRACKED)
def t20(vector: Vector) -> Answer:
    footprint = tracked(vector)
    mirrors = [d.id for d in footprint.devices if d.mirror_of]
    value = sum(record.window.energy_j or 0 for record in counted(footprint))
    return answer(value, flags=codes(footprint.issues), note=f"copies: {', '.join(mirrors) or 'none'}")


@row("T21", TRACKED)
def t21(vector: Vector) -> Answer:
    return one(vector)


@row("T22", "co2lib.track with the fake NVML; the counter shows 5000 J for ever, power reads 200 W.")
def t22(vector: Vector) -> Answer:
    t, watts = vector["input"]["samples"][-1]
    power = f"instant_mw {watts * 1000}\npower_mw {watts * 1000}"
    return on_gpu(vector, f"energy_mj {vector['input']['counter_mj']}\n{power}", 1, t)


@row(
    "T23",
    "co2lib.track for each part on a machine of its own, the second with resume=True; the log's footprint.",
)
def t23(vector: Vector) -> Answer:
    given = vector["input"]
    clock = ManualClock(utc="2025-06-15T12:00:00Z")
    with tempfile.TemporaryDirectory() as folder:
        log, stopped = Path(folder) / "run.jsonl", 0.0
        for n, part in enumerate(given["parts"]):
            clock.advance(part["start_s"] - stopped)
            clock.step_utc(part["clock_s"])
            resumed_part(part, given["watts"], clock, n, log)
            stopped = part["stop_s"]
        footprint = tracker.load(log).footprint()
    joules = footprint.energy.joules
    own = sum(
        intensity.factor(part["location"]).g_per_kwh * part["pue"] * (part["stop_s"] - part["start_s"])
        for part in given["parts"]
    ) * given["watts"] / 3.6e6  # fmt: skip
    grams = footprint.operational.grams
    priced = None if grams is None else grams / own
    return answer(
        [joules, priced], text=f"{joules:g} J", flags=codes(footprint.issues),
        note=f"duration {footprint.duration_s:g} s, {footprint.intensity_source}",
    )  # fmt: skip


def resumed_part(part: Vector, watts: float, clock: ManualClock, n: int, log: Path) -> None:
    """One part of a job, on a machine that was booted for it."""
    machine = fake_powercap({"package-0": round(part["start_s"] * watts * 1e6)})
    machine.write("proc/sys/kernel/random/boot_id", f"boot-{n}\n")
    options: dict[str, Any] = {
        "host": machine.host, "clock": clock, "location": part["location"], "pue": part["pue"], "log": log,
        "resume": n > 0, "meters": ["powercap"], "ram_w": 0, "slack_s": {"package": 0}, "period_s": 10,
    }  # fmt: skip
    with co2lib.track(**options):
        for t in range(part["start_s"] + 10, part["stop_s"] + 1, 10):
            machine.set_energy("intel-rapl:0", round(t * watts * 1e6))
            if not clock.wait_for_waiters(1) or not clock.advance(10):
                raise RuntimeError("the sampling thread did not come back")


@row(
    "T24",
    "co2lib.track on a fake powercap tree and a fake /proc, scope='process', ram_w=0; the process's share.",
)
def t24(vector: Vector) -> Answer:
    given = vector["input"]
    machine = fake_powercap({"package-0": 0}, cpus=given["cpus"])
    machine.write("proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n")
    processes = truthprocs.Procfs(machine.root / "proc", vector)
    clock = ManualClock()
    options: dict[str, Any] = {
        "host": machine.host, "clock": clock, "intensity": 100, "meters": ["powercap"], "ram_w": 0,
        "slack_s": {"package": 0}, "scope": "process",
    }  # fmt: skip
    with co2lib.track(**options) as run:
        for t in range(1, given["duration_s"] + 1):
            processes.play(t)
            machine.set_energy("intel-rapl:0", round(given["energy_j"] * 1e6 * t / given["duration_s"]))
            if not clock.wait_for_waiters(1) or not clock.advance(1):
                raise RuntimeError("the sampling thread did not come back")
        footprint = run.stop()
    scope = footprint.scope
    if scope is None or scope.own.interval is None:
        raise RuntimeError("the footprint has no share of a process")
    interval = scope.own.interval
    return answer(
        scope.own.joules, flags=codes(footprint.issues),
        note=f"interval {interval.low.joules:g} to {interval.high.joules:g} J, other {scope.other.joules:g} "
        f"J, idle {scope.idle.joules:g} J",
    )  # fmt: skip


def main() -> None:
    """Answer the row named in the arguments, as the peers' scripts do."""
    logging.getLogger("co2lib").setLevel(logging.CRITICAL)
    function, how = ROWS[sys.argv[1]]
    found = {**function(*json.load(sys.stdin)), "how": how}
    Path(os.environ["TRUTH_ANSWER"]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
