# SPDX-License-Identifier: MIT
"""Pages of many points beside pages of few, and a million samples beside the values that are drawn of them.

    python benchmarks/report/run.py     prints the table and writes it into docs/report.md

Both sizes take turns in one process, so that ratios hold where times do not.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "report.md"
sys.path[:0] = [str(HERE.parent)]
from page import machine, table, write_measured  # noqa: E402

from co2lib import report  # noqa: E402
from co2lib.explorer._view import View  # noqa: E402
from co2lib.report._log import Power, decimate  # noqa: E402

ROUNDS = 3
MOST = 800


def study(count: int) -> report.Study:
    """Return a simulated study of so many models."""
    models: list[dict[str, Any]] = []
    for i in range(count):
        joules = 1.0 + i % 97
        energy = {
            "median": joules,
            "low": 0.9 * joules,
            "high": 1.1 * joules,
            "n": 10,
            "values": [joules] * 10,
        }
        models.append(
            {
                "name": f"model {i}",
                "status": "ok",
                "quality": {"metric": "accuracy", "value": 0.5 + (i * 37 % 100) / 250},
                "phases": [{"name": "inference", "kind": "marginal", "energy_j": energy, "flags": []}],
            }
        )
    grid = {"region": "FRA", "g_per_kwh": 41.45, "pue": 1.0}
    return report.Study(
        {"schema": "co2lib-study/1", "provenance": "simulated", "grid": grid, "models": models}
    )


def in_turns(few: Callable[[], object], many: Callable[[], object]) -> tuple[float, float]:
    """Return the median processor seconds of two calls that take turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, spent in zip((few, many), times, strict=True):
            begin = time.process_time()
            call()
            spent.append(time.process_time() - begin)
    return statistics.median(times[0]), statistics.median(times[1])


def powers(count: int) -> list[Power]:
    """Return so many samples of one device."""
    return [Power(float(i), i + 1.0, "gpu-0", 200.0 + (i * 7919) % 101) for i in range(count)]


def main() -> None:
    """Measure, print, and write the page."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "r.html"
        small, large = study(50), study(5000)
        few, many = in_turns(lambda: report.html(small, target), lambda: report.html(large, target))
        rows.append(("page of a study", "50 models", "5,000 models", few, many))
    views = [View(study(count), g_per_kwh=100.0) for count in (20, 200)]

    def look(view: View) -> object:
        return view.chart("model 0").to_dict(), view.rows(), view.tiles()

    few, many = in_turns(lambda: look(views[0]), lambda: look(views[1]))
    rows.append(("explorer after a change of place", "20 models", "200 models", few, many))
    some, all_of_them = powers(1000), powers(1_000_000)
    few, many = in_turns(lambda: decimate(some, MOST), lambda: decimate(all_of_them, MOST))
    rows.append((f"samples to at most {MOST} drawn values", "1,000", "1,000,000", few, many))
    header = ("what", "few", "many", "seconds of few", "seconds of many", "ratio")
    text = table(header, [(*r[:3], f"{r[3]:.3f}", f"{r[4]:.3f}", f"{r[4] / r[3]:.1f}") for r in rows])
    text = f"{text}\n\nProcessor time, median of {ROUNDS}; {machine()}."
    print(text)
    write_measured(PAGE, text)


if __name__ == "__main__":
    main()
