# SPDX-License-Identifier: MIT
"""The attribution bench: seeded machines whose processes' energy is known, and what rules make of it.

    python benchmarks/truth/attribution.py [--traces 100] [--kinds wraps,resets]

A trace is a machine of some CPUs with processes that come and go. Its power is P0 + k * (busy CPUs), so that
the truth is known: a process uses k for each of its CPU-seconds. Whether P0 is told decides what a share is:

* told to the tracker (``idle_w``), the truth of a process is ``k c``, and P0 is nobody's;
* not told, a process is also due the idle power of the CPU time that it takes: ``(k + P0 / n) c``.

Ours is asked the whole way: a fake powercap tree and a fake /proc, the readers, the tracker with
``scope="process"`` and its sampling thread under a clock that is moved by hand. The rules of Kepler and
Scaphandre are written down here from their sources, and see the same files at the same times.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import co2lib
from co2lib import meter
from co2lib.testing import ManualClock
from co2lib.testing.fakes import FakeHost, fake_powercap

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
RANGE_UJ = 262_143_328_850
KINDS = {
    "idle": "a machine that mostly does nothing",
    "busy": "several processes, up to all CPUs",
    "children": "children of less than a second that the parent waits for",
    "orphans": "the same, and nobody waits for them",
    "wraps": "a counter that turns over every few seconds",
    "resets": "a counter that begins at 0 again, up to three times",
    "failed reads": "one reading in eight fails",
    "one GPU": "two processes on one GPU, by their time on its multiprocessors",
}


# ------------------------------------------------------------------------------------------------------------
# The machine
# ------------------------------------------------------------------------------------------------------------
@dataclass
class Process:
    """One process: when it lives, how many CPUs it uses from which time on, and whose child it is."""

    pid: int
    parent: int
    begin: float
    end: float
    rates: list[tuple[float, float]]
    waited_for: bool = True

    def used(self, t: float) -> float:
        """CPU-seconds used at time t."""
        total = 0.0
        for index, (start, cpus) in enumerate(self.rates):
            stop = self.rates[index + 1][0] if index + 1 < len(self.rates) else self.end
            total += cpus * max(0.0, min(t, stop, self.end) - max(start, self.begin))
        return total


@dataclass
class World:
    """A trace: its machine, its processes, and the times at which it is read."""

    cpus: int
    idle_w: float
    cpu_w: float
    length_s: float
    processes: list[Process]
    times: list[float]
    idle_known: bool
    range_uj: int = RANGE_UJ
    start_uj: int = 0
    resets: list[float] = field(default_factory=list)
    failing: set[int] = field(default_factory=set)
    p_max_w: float | None = None

    @property
    def own_pid(self) -> int:
        """The process that is asked about: the root of the first tree."""
        return self.processes[0].pid

    def busy(self, t: float) -> float:
        """CPU-seconds of all processes at time t."""
        return math.fsum(p.used(t) for p in self.processes)

    def energy(self, t: float) -> float:
        """Joules that the package has used at time t."""
        return self.idle_w * t + self.cpu_w * self.busy(t)

    def own(self) -> list[Process]:
        """The first tree."""
        mine = {self.own_pid}
        return [p for p in self.processes if p.pid in mine or (p.parent in mine and not mine.add(p.pid))]

    def truth(self, *, idle_known: bool) -> float:
        """Joules of the first tree between the first and the last reading."""
        used = math.fsum(p.used(self.times[-1]) - p.used(self.times[0]) for p in self.own())
        return used * (self.cpu_w if idle_known else self.cpu_w + self.idle_w / self.cpus)

    def count(self, t: float) -> int:
        """What the counter shows at time t."""
        since = max((r for r in self.resets if r <= t), default=0.0)
        begin = 0 if since else self.start_uj
        return (begin + int((self.energy(t) - self.energy(since)) * 1e6)) % (self.range_uj + 1)


def steps(
    rng: random.Random, begin: float, end: float, mean_s: float, most: float
) -> list[tuple[float, float]]:
    """A load that changes now and then."""
    rates, t = [], begin
    while t < end:
        rates.append((t, rng.choice([0.0, rng.uniform(0, most), most])))
        t += rng.expovariate(1 / mean_s)
    return rates


def world(kind: str, seed: int) -> World:
    """The trace of a kind and a seed."""
    rng = random.Random(f"{kind} {seed}")
    cpus = rng.choice([2, 4, 8, 16])
    length = rng.uniform(15, 30)
    begin = rng.uniform(0, 1)
    times = [begin]
    while times[-1] < length:
        times.append(round(times[-1] + 1, 9))
    times.append(round(times[-1] + rng.uniform(0.05, 0.95), 9))
    last = times[-1]
    trees = rng.randint(2, 4)
    most = cpus / trees * {"idle": 0.05, "busy": 1.0}.get(kind, 0.7)
    processes = []
    for n in range(trees):
        pid = os.getpid() if n == 0 else 4_000_000 + 10_000 * n
        short = kind in ("children", "orphans")
        share = most * (0.3 if short else 1)
        processes.append(Process(pid, 1, 0, last + 1, steps(rng, 0, last + 1, 3, share)))
        t = begin + rng.expovariate(2)
        while short and t < last - 1:
            until = t + rng.uniform(0.05, 0.9)
            child = Process(
                pid + 1 + len(processes), pid, t, until, [(t, most * 0.7)], waited_for=kind == "children"
            )
            processes.append(child)
            t = until + rng.expovariate(2)
    idle_w, cpu_w = rng.uniform(5, 80), rng.uniform(2, 12)
    made = World(
        cpus, idle_w, cpu_w, last, processes, times, idle_known=rng.random() < 0.5,
        start_uj=rng.randrange(RANGE_UJ),
    )  # fmt: skip
    if (
        kind == "wraps" or rng.random() < 0.5
    ):  # a ceiling that says nothing of turns that may have been missed
        made.p_max_w = 1.05 * (idle_w + cpu_w * cpus)
    if kind == "wraps":
        # The tracker reads a counter four times a turn: not more often than these times, with this range.
        made.range_uj = int(1.05 * (idle_w + cpu_w * cpus) * rng.uniform(4.1, 8) * 1e6)
        made.start_uj = rng.randrange(made.range_uj)
    if kind == "resets":
        made.resets = sorted(rng.uniform(times[1], last) for _ in range(rng.randint(1, 3)))
    if kind == "failed reads":
        made.failing = {n for n in range(1, len(times) - 1) if rng.random() < 1 / 8}
    return made


# ------------------------------------------------------------------------------------------------------------
# Files, as the kernel shows them
# ------------------------------------------------------------------------------------------------------------
def ticks(seconds: float) -> int:
    """CPU time as /proc says it: whole ticks, rounded down."""
    return math.floor(seconds * TICKS_PER_S + 1e-9)


class Files:
    """A fake machine that shows a world at one time after the other."""

    def __init__(self, made: World) -> None:
        self.world = made
        self.machine: FakeHost = fake_powercap({"package-0": 0}, cpus=made.cpus)
        zone = made.count(made.times[0])
        self.machine.add_zone(
            "intel-rapl:0", name="package-0", energy_uj=zone, max_energy_range_uj=made.range_uj
        )
        self.machine.write("proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n")
        self._shown: set[int] = set()
        self.show(0)

    def show(self, n: int) -> None:
        """Show the machine as it is at the n-th time."""
        made, t = self.world, self.world.times[n]
        if n in made.failing:
            self.machine.set_energy_text("intel-rapl:0", "")
        else:
            self.machine.set_energy("intel-rapl:0", made.count(t))
        alive = [p for p in made.processes if p.begin <= t < p.end]
        for pid in self._shown - {p.pid for p in alive}:
            shutil.rmtree(self.machine.root / "proc" / str(pid), ignore_errors=True)
        self._shown = {p.pid for p in alive}
        for process in alive:
            children = [p for p in made.processes if p.parent == process.pid]
            waited = math.fsum(p.used(t) for p in children if p.end <= t and p.waited_for)
            numbers = [process.parent, process.parent, 1, 0, -1, 0, 0, 0, 0, 0]
            fields = [*numbers, ticks(process.used(t)), 0, ticks(waited), 0, 20, 0, 1, 0]
            fields += [1000 + ticks(process.begin), *[0] * 30]
            ignored = 0 if all(p.waited_for for p in children) else 1 << 16
            place = f"proc/{process.pid}"
            self.machine.write(f"{place}/stat", f"{process.pid} (p) S {' '.join(map(str, fields))}\n")
            self.machine.write(f"{place}/status", f"Name:\tp\nVmRSS:\t1024 kB\nSigIgn:\t{ignored:016x}\n")
            listed = " ".join(str(p.pid) for p in children if p in alive)
            self.machine.write(f"{place}/task/{process.pid}/children", listed)
        busy = ticks(made.busy(t))
        idle = ticks(made.cpus * t) - busy
        each = "".join(f"cpu{n} 0 0 0 0 0 0 0 0 0 0\n" for n in range(made.cpus))
        self.machine.write("proc/stat", f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\n{each}btime 1740000000\n")


# ------------------------------------------------------------------------------------------------------------
# Answers
# ------------------------------------------------------------------------------------------------------------
@dataclass
class Look:
    """What lies between two readings: the counter, and CPU time in ticks."""

    a: int
    b: int
    own: int
    processes: int
    busy: int
    whole: int


@dataclass
class Division:
    """What a rule says of the first tree, and of the rest where it says so, in J."""

    own: float
    low: float = math.nan
    high: float = math.nan
    parts: float = math.nan
    energy: float = math.nan
    least: float = math.nan


@dataclass
class Answers:
    """The truth of a trace and what all rules say; `whole`: the truth where the idle power is not told."""

    truth: float
    whole: float
    idle_known: bool
    ours: Division
    kepler: float
    scaphandre: float


def ours(made: World) -> Division:
    """co2lib, from the files to the footprint."""
    files = Files(made)
    clock = ManualClock()
    options: dict[str, Any] = {
        "host": files.machine.host, "clock": clock, "intensity": 100, "meters": ["powercap"], "ram_w": 0,
        "gpus": "none", "scope": "process", "period_s": 1.0,
    }  # fmt: skip
    if made.p_max_w is not None:
        options["p_max_w"] = {"package": made.p_max_w}
    if made.idle_known:
        options["idle_w"] = made.idle_w
    with co2lib.track(**options) as run:
        for n in range(1, len(made.times)):
            if not clock.wait_for_waiters(1):
                raise RuntimeError("the sampling thread did not come back")
            files.show(n)
            if not clock.advance(made.times[n] - made.times[n - 1]):
                raise RuntimeError("the sampling thread did not come back")
        footprint = run.stop()
    scope = footprint.scope
    package = next(d for d in footprint.devices if d.provider == "powercap")
    if scope is None or scope.own.interval is None or package.record.window.energy_j is None:
        raise RuntimeError(f"the footprint has no share of a process: {footprint}")
    parts = [scope.own.joules, scope.other.joules, scope.idle.joules]
    interval = scope.own.interval
    return Division(
        own=parts[0], low=interval.low.joules, high=interval.high.joules, parts=math.fsum(parts),
        energy=package.record.window.energy_j, least=min(parts),
    )  # fmt: skip


def seen(made: World, n: int) -> dict[int, int]:
    """The CPU time in ticks that the n-th look at /proc finds for each process, its own alone."""
    t = made.times[n]
    return {p.pid: ticks(p.used(t)) for p in made.processes if p.begin <= t < p.end}


def by_looks(made: World, share: Callable[[Look], float]) -> float:
    """Add up, over the intervals between two readings, what a rule gives to the first tree's processes."""
    mine = {p.pid for p in made.own()}
    total, before = 0.0, 0
    for n in range(1, len(made.times)):
        if n in made.failing:
            continue
        a, b = made.times[before], made.times[n]
        old, new = seen(made, before), seen(made, n)
        deltas = {pid: now - old.get(pid, 0) for pid, now in new.items()}
        busy = ticks(made.busy(b)) - ticks(made.busy(a))
        whole = ticks(made.cpus * b) - ticks(made.cpus * a)
        own = sum(delta for pid, delta in deltas.items() if pid in mine)
        total += share(Look(made.count(a), made.count(b), own, sum(deltas.values()), busy, whole))
        before = n
    return total


def kepler(made: World) -> float:
    """Kepler 0.10 and later (internal/monitor/node.go, process.go).

    The energy of an interval times the node's CPU usage ratio is divided among the processes by CPU time. A
    counter that falls has wrapped: its range is added.
    """

    def share(look: Look) -> float:
        joules = (look.b - look.a if look.b >= look.a else made.range_uj - look.a + look.b) / 1e6
        ratio = min(1.0, look.busy / look.whole) if look.whole else 0.0
        return joules * ratio * look.own / look.processes if look.processes else 0.0

    return by_looks(made, share)


def scaphandre(made: World) -> float:
    """Scaphandre 1.0 (src/sensors/mod.rs): the energy of an interval times the share of all CPU time.

    An interval in which the counter falls has no value.
    """

    def share(look: Look) -> float:
        return (look.b - look.a) / 1e6 * look.own / look.whole if look.b >= look.a and look.whole else 0.0

    return by_looks(made, share)


def gpu(seed: int) -> Answers:
    """Two processes on one GPU: the truth, ours, and the two rules on the same numbers.

    The counter is the board's; the time of a process on the multiprocessors is what NVML's utilisation per
    process gives. The idle power of the board is told or not, as for CPUs.
    """
    rng = random.Random(f"one GPU {seed}")
    idle_w, busy_w, known = rng.uniform(20, 90), rng.uniform(100, 600), rng.random() < 0.5
    counts, used, t, energy = [(0.0, 0)], [0.0, 0.0], 0.0, 0.0
    for _ in range(rng.randint(10, 40)):
        first = rng.choice([0.0, rng.random()])
        second = rng.choice([0.0, rng.random()]) * (1 - first)
        length = rng.uniform(0.5, 1.5)
        t += length
        energy += (idle_w + busy_w * (first + second)) * length
        used = [used[0] + first * length, used[1] + second * length]
        counts.append((t, int(energy * 1000)))
    record = meter.integrate_counter(
        meter.MeterInfo("GPU-1", device="gpu", domain="gpu", kind="counter", unit=(1, 1000)), counts
    )
    joules = record.window.energy_j or 0.0
    division = meter.attribute(
        co2lib.Energy.from_joules(joules), t, 1, sum(used), {"a": used[0], "b": used[1]},
        idle_power=co2lib.Power.from_watts(idle_w) if known else None,
    )  # fmt: skip
    share = division.targets["a"]
    parts = [
        share.energy.joules,
        division.targets["b"].energy.joules,
        division.other.joules,
        division.idle.joules,
    ]
    resolution = 1e-3  # J, of the counter
    answer = Division(
        parts[0], share.bounds.low.joules - resolution, share.bounds.high.joules + resolution,
        math.fsum(parts), joules, min(parts),
    )  # fmt: skip
    whole = used[0] * (busy_w + idle_w)
    active = joules * (sum(used) / t)
    return Answers(
        truth=used[0] * busy_w if known else whole, whole=whole, idle_known=known, ours=answer,
        kepler=active * used[0] / sum(used) if sum(used) else 0.0, scaphandre=joules * used[0] / t,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------
# The table
# ------------------------------------------------------------------------------------------------------------
RULES = ("co2lib, idle power told", "co2lib", "Kepler", "Scaphandre")


@dataclass
class Row:
    """What a kind's traces came to."""

    kind: str
    traces: int = 0
    held: int = 0
    worst_sum: float = 0.0
    least: float = math.inf
    errors: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in RULES})

    def add(self, found: Answers) -> None:
        """Count one trace."""
        self.traces += 1
        division = found.ours
        self.held += division.low <= found.truth <= division.high
        if division.energy > 0:
            self.worst_sum = max(self.worst_sum, abs(division.parts / division.energy - 1))
        self.least = min(self.least, division.least, division.low)
        self._error(RULES[0 if found.idle_known else 1], division.own, found.truth, division.energy)
        self._error("Kepler", found.kepler, found.whole, division.energy)
        self._error("Scaphandre", found.scaphandre, found.whole, division.energy)

    def _error(self, name: str, value: float, truth: float, energy: float) -> None:
        """Keep a relative error; where a process used next to nothing, of a thousandth of it all."""
        self.errors[name].append(abs(value - truth) / max(truth, 1e-3 * energy, 1e-9))

    def right(self) -> bool:
        """The parts are the whole, none is below 0, and the bounds hold the truth."""
        return self.worst_sum <= 1e-12 and self.least >= 0 and self.held >= 0.99 * self.traces


def row_of(kind: str, traces: int, first: int = 0) -> Row:
    """Ask everything about the traces of a kind."""
    row = Row(kind)
    for seed in range(first, first + traces):
        if kind == "one GPU":
            row.add(gpu(seed))
            continue
        made = world(kind, seed)
        row.add(
            Answers(
                truth=made.truth(idle_known=made.idle_known), whole=made.truth(idle_known=False),
                idle_known=made.idle_known, ours=ours(made), kepler=kepler(made), scaphandre=scaphandre(made),
            )
        )  # fmt: skip
    return row


def percent(value: float) -> str:
    """A relative error for people."""
    return f"{100 * value:.2g} %" if value < 10 else f"{value:.3g} times"


def table(rows: list[Row]) -> list[str]:
    """The rows as Markdown: median and largest error."""
    lines = [
        "| kind | what it is | bounds hold | parts - energy | " + " | ".join(RULES) + " |",
        "|---|---|---|---|" + "---|" * len(RULES),
    ]
    for row in rows:
        cells = []
        for name in RULES:
            errors = sorted(row.errors[name])
            cells.append(f"{percent(errors[len(errors) // 2])}, {percent(errors[-1])}" if errors else "-")
        lines.append(
            f"| {row.kind} | {KINDS[row.kind]} | {row.held} of {row.traces} | {row.worst_sum:.0e} | "
            + " | ".join(cells)
            + " |"
        )
    return lines


def all_rows(kinds: list[str], traces: int, first: int = 0) -> list[Row]:
    """Ask everything, and print each row when it is known."""
    rows = []
    for kind in kinds:
        rows.append(row_of(kind, traces, first))
        print(table(rows)[-1], flush=True)
    return rows


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--traces", type=int, default=100, help="traces of each kind")
    arguments.add_argument("--kinds", default=",".join(KINDS), help="kinds, separated by commas")
    arguments.add_argument("--first", type=int, default=0, help="seed of the first")
    given = arguments.parse_args()
    rows = all_rows(given.kinds.split(","), given.traces, given.first)
    if bad := [row.kind for row in rows if not row.right()]:
        sys.exit(f"the division is wrong: {', '.join(bad)}")


if __name__ == "__main__":
    main()
