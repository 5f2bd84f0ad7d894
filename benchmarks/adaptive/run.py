# SPDX-License-Identifier: MIT
"""What adapting is worth on the traces at hand, and how fast; prints the tables and writes docs/adaptive.md.

The traces are third-party files that are not in the repository: hourly CSV files of Electricity Maps in the
folder CO2LIB_TRACES, or in shared/data/traces beside the repository. Where SciPy is installed, the plan of a
year of 5-minute slots and 10 models is compared with the same linear program solved by HiGHS.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from page import machine, write_measured  # noqa: E402


def highs(budget_g: float) -> tuple[float, float]:
    """Solve the large case as a linear program; returns the mean accuracy and the seconds of the solver."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    from co2lib._core import random

    slots, count = 105_120, 10
    energy = np.arange(1, count + 1, dtype=float)
    accuracy = np.array([60 + 10 * math.log1p(i) for i in range(count)])
    c = np.array([50 + 500 * random.draw(1, t, "adaptive.benchmark") for t in range(slots)])
    rows = np.repeat(np.arange(slots), count)
    one_each = csr_matrix((np.ones(slots * count), (rows, np.arange(slots * count))))
    begin = time.process_time()
    found = linprog(
        -np.tile(accuracy, slots),
        A_ub=csr_matrix(np.outer(c, energy).reshape(1, -1)),
        b_ub=[budget_g],
        A_eq=one_each,
        b_eq=np.ones(slots),
        method="highs",
    )
    return -found.fun / slots, time.process_time() - begin


def main() -> int:
    """Run the benchmark program that was built, given as the first argument."""
    folder = Path(os.environ.get("CO2LIB_TRACES") or ROOT.parent / "shared" / "data" / "traces")
    if not folder.is_dir():
        print(f"no traces: {folder} is not there; set CO2LIB_TRACES to a folder with hourly CSV files")
        return 0
    about = machine()
    built = ROOT / "build" / "release" / "benchmarks" / "cpp" / "co2lib_adaptive"
    program = sys.argv[1] if len(sys.argv) > 1 else str(built)
    answer = subprocess.run([program, str(folder)], check=True, capture_output=True, text=True)
    text = f"{about}. Times are of one core's CPU, the least of five.\n\n{answer.stdout.strip()}"
    if importlib.util.find_spec("scipy") is not None:
        one = subprocess.run([program, str(folder), "one"], check=True, capture_output=True, text=True)
        ours = json.loads(one.stdout)
        accuracy, seconds = highs(ours["budget_g"])
        ratio, off = seconds * 1e3 / ours["ms"], abs(accuracy / ours["accuracy"] - 1)
        text += f"\n| 105,120 slots, 10 models: HiGHS over ours, CPU | {ratio:.0f} x | 100 x |"
        text += f"\n| its optimum and ours, relative difference | {off:.1e} | 1e-9 |"
    print(text)
    write_measured(ROOT / "docs" / "adaptive.md", text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
