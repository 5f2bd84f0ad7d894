# SPDX-License-Identifier: MIT
"""The same calls of Zeus, with four RAPL zones as files; prints one JSON object."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

clock = time.perf_counter_ns


def zones(root: Path) -> None:
    """Write two packages with their DRAM."""
    for package in range(2):
        folder = root / f"intel-rapl:{package}"
        for at, name in ((folder, f"package-{package}"), (folder / f"intel-rapl:{package}:0", "dram")):
            at.mkdir(parents=True)
            (at / "name").write_text(name + "\n")
            (at / "energy_uj").write_text("123456789012\n")
            (at / "max_energy_range_uj").write_text("262143328850\n")


def main() -> None:
    """Measure."""
    start = clock()
    from zeus.device.cpu import rapl
    from zeus.monitor import ZeusMonitor

    result: dict[str, object] = {"import_s": (clock() - start) / 1e9}
    with tempfile.TemporaryDirectory() as folder:
        zones(Path(folder))
        rapl.RAPL_DIR = folder
        start = clock()
        monitor = ZeusMonitor(gpu_indices=[])
        monitor.begin_window("first")
        monitor.end_window("first")
        result["first_start_stop_s"] = (clock() - start) / 1e9
        result["zones"] = len(monitor.cpu_indices)
        taken = []
        for _ in range(5000):
            start = clock()
            monitor.begin_window("step")
            monitor.end_window("step")
            taken.append((clock() - start) / 1e3)
    taken.sort()
    result["region"] = {"p50_us": statistics.median(taken), "p99_us": taken[len(taken) * 99 // 100]}
    print(json.dumps(result))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
