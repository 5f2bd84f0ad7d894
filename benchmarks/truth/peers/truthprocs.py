# SPDX-License-Identifier: MIT
"""Processes: a /proc in which those of a trace come and go, and runs of a script as each process of a job.

For the scripts of the peers and for ../own.py; it uses the standard library alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
BOOT_S = 1_740_000_000
"""Wall clock at which the machine of a trace was booted."""
IGNORES_SIGCHLD = f"{1 << (17 - 1):016x}"


# ------------------------------------------------------------------------------------------------------------
# /proc
# ------------------------------------------------------------------------------------------------------------
class Procfs:
    """A folder like /proc for the processes of a trace; the first of them is the process that measures.

    Each process is there from its first time to its last, and what it has used grows evenly between two
    times. No parent ever waits for a child, so nothing of a child is passed on to it.
    """

    def __init__(self, root: Path, vector: dict) -> None:
        self.root = root
        self._given = vector["input"]
        self._pids = {
            process["name"]: os.getpid() if n == 0 else 4_000_000 + n
            for n, process in enumerate(self._given["processes"])
        }
        self.play(0.0)

    def play(self, t: float) -> None:
        """Show the processes as they are at time t."""
        alive = [p for p in self._given["processes"] if p["cpu_s"][0][0] <= t <= p["cpu_s"][-1][0]]
        for process in self._given["processes"]:
            if process not in alive:
                shutil.rmtree(self.root / str(self._pids[process["name"]]), ignore_errors=True)
        for process in alive:
            self._show(
                process, [self._pids[p["name"]] for p in alive if p.get("parent") == process["name"]], t
            )
        busy = round(sum(used_at(p["cpu_s"], t) for p in self._given["processes"]) * TICKS_PER_S)
        idle = round(t * self._given["cpus"] * TICKS_PER_S) - busy
        cpus = "".join(f"cpu{n} 0 0 0 0 0 0 0 0 0 0\n" for n in range(self._given["cpus"]))
        self._write("stat", f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\n{cpus}btime {BOOT_S}\n")

    def _show(self, process: dict, children: list[int], t: float) -> None:
        pid = self._pids[process["name"]]
        parent = self._pids.get(process.get("parent"), 1)
        used = round(used_at(process["cpu_s"], t) * TICKS_PER_S)
        began = 1000 + round(process["cpu_s"][0][0] * TICKS_PER_S)
        # proc(5): from the state on to the number of threads, the start, and what no tool here asks for.
        fields = ["S", parent, parent, 1, 0, -1, 0, 0, 0, 0, 0, used, 0, 0, 0, 20, 0, 1, 0, began, *[0] * 30]
        self._write(f"{pid}/stat", f"{pid} ({process['name']}) {' '.join(map(str, fields))}\n")
        self._write(
            f"{pid}/status", f"Name:\t{process['name']}\nVmRSS:\t1024 kB\nSigIgn:\t{IGNORES_SIGCHLD}\n"
        )
        self._write(f"{pid}/statm", "256 256 0 0 0 0 0\n")
        self._write(f"{pid}/task/{pid}/children", " ".join(map(str, children)))

    def _write(self, place: str, text: str) -> None:
        file = self.root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def used_at(points: list, t: float) -> float:
    """CPU-seconds used at time t."""
    before = points[0]
    for at, used in points[1:]:
        if t < at:
            return before[1] + (used - before[1]) * max(0.0, t - before[0]) / (at - before[0])
        before = (at, used)
    return before[1]


# ------------------------------------------------------------------------------------------------------------
# Processes of one job
# ------------------------------------------------------------------------------------------------------------
def number() -> int | None:
    """Which process of a job this is; None in the one that has started them."""
    text = os.environ.get("TRUTH_PROCESS")
    return None if text is None else int(text)


def of_processes(vector: dict, scratch: Path, surroundings: list[dict], *, beside: bool) -> list[dict]:
    """Run this script once more for each process of a job, beside each other or one after the other.

    Each has a folder of its own, scratch/<number>, and these variables besides; returns their answers.
    """
    answers = []
    processes = []
    for n, more in enumerate(surroundings):
        folder = scratch / str(n)
        folder.mkdir()
        answers.append(folder / "answer.json")
        whole = {
            **os.environ, "TRUTH_PROCESS": str(n), "TRUTH_SCRATCH": str(folder), "HOME": str(folder),
            "TRUTH_ANSWER": str(answers[-1]), "FAKE_NVML_SCRIPT": str(folder / "nvml.txt"),
            "FAKE_NVML_CLOCK": str(folder / "clock.txt"), **more,
        }  # fmt: skip
        command = [sys.executable, "-P", *sys.argv]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=whole, cwd=folder, text=True)
        process.stdin.write(json.dumps([vector]))
        process.stdin.close()
        processes.append(process)
        if not beside:
            process.wait()
    for process in processes:
        process.wait()
    return [json.loads(place.read_text()) for place in answers]


def of_ranks(vector: dict, scratch: Path) -> list[dict]:
    """Run this script as each rank of a job, as a launcher of one GPU per process does."""
    count = len(vector["input"]["watts"])
    ranks = [
        {"CUDA_VISIBLE_DEVICES": str(n), "RANK": str(n), "LOCAL_RANK": str(n), "WORLD_SIZE": str(count),
         "LOCAL_WORLD_SIZE": str(count)} for n in range(count)
    ]  # fmt: skip
    return of_processes(vector, scratch, ranks, beside=True)


def of_parts(vector: dict, scratch: Path) -> list[dict]:
    """Run this script as each part of a job that is resumed."""
    return of_processes(vector, scratch, [{} for _ in vector["input"]["parts"]], beside=False)
