# SPDX-License-Identifier: MIT
"""Calls of co2lib inside one Python process, each beside the raw operation; prints one JSON object."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import co2lib
from co2lib.testing import fake_powercap

clock = time.perf_counter_ns


def percentiles(call: Callable[[], object], times: int) -> dict[str, float]:
    """Return the median and the 99th percentile of a call in us, less what timing itself costs."""

    def sample(function: Callable[[], object]) -> list[int]:
        taken = []
        for _ in range(times):
            start = clock()
            function()
            taken.append(clock() - start)
        return sorted(taken)

    nothing = statistics.median(sample(lambda: None))
    taken = sample(call)
    return {
        "p50_us": (taken[len(taken) // 2] - nothing) / 1e3,
        "p99_us": (taken[len(taken) * 99 // 100] - nothing) / 1e3,
    }


def main() -> None:
    """Measure."""
    zones = {"package-0": 10**11, "package-0/dram": 10**10, "package-1": 10**11, "package-1/dram": 10**10}
    machine = fake_powercap(zones)
    host = machine.host
    root = Path(host.sysfs) / "class/powercap"
    files = [os.open(file, os.O_RDONLY) for file in sorted(root.glob("*:*/energy_uj"))]
    if len(files) != 4:
        raise SystemExit(f"expected 4 zones below {root}, found {len(files)}")
    options = {"host": host, "meters": ["powercap"], "location": "FRA"}
    start = clock()
    track = co2lib.track(**options).start()
    track.stop()
    result: dict[str, object] = {"first_start_stop_s": (clock() - start) / 1e9}

    def preads() -> None:
        for _ in range(2):
            for file in files:
                int(os.pread(file, 32, 0))

    with co2lib.track(**options) as run:
        # As those of any machine do within a second; before, a model stands in for them, and is read too.
        for number, file in enumerate(root.glob("*:*/energy_uj"), start=1):
            machine.set_energy(file.parent.name, int(file.read_text()) + 1000 * number)
        with run.region("first"):
            pass

        def region() -> None:
            with run.region("step"):
                pass

        def marker() -> None:
            with run.region("step", marker=True):
                pass

        def begin_end() -> None:
            run.end(run.begin("step"))

        result["preads"] = percentiles(preads, 50_000)
        result["region"] = percentiles(region, 50_000)
        result["begin_end"] = percentiles(begin_end, 50_000)
        result["marker"] = percentiles(marker, 50_000)

    stops = []
    for _ in range(500):
        track = co2lib.track(**options).start()
        start = clock()
        track.stop()
        stops.append((clock() - start) / 1e3)
    result["stop_p50_us"] = statistics.median(stops)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
