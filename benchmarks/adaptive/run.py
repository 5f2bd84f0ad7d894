# SPDX-License-Identifier: MIT
"""What adapting is worth on the traces at hand, and how fast; prints the tables and writes docs/adaptive.md.

The traces are third-party files that are not in the repository: hourly CSV files of Electricity Maps in the
folder CO2LIB_TRACES, or in shared/data/traces beside the repository. Where SciPy is installed, the plan of a
day, a year of hours and a year of 5-minute slots with 10 models are compared with the same linear program
solved by HiGHS, which is stopped after some minutes (--solver-seconds).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from page import machine, write_measured  # noqa: E402

SLOTS = (288, 8_760, 105_120)


class Solved(NamedTuple):
    """What HiGHS found: None where it was stopped before the optimum."""

    accuracy: float | None
    cpu_s: float


def solve(slots: int, budget_g: float) -> None:
    """Solve a case of benchmarks/cpp/adaptive.cpp as a linear program by HiGHS; print its mean accuracy."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    from co2lib._core import random

    count = 10
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
        method="highs-ipm",  # its quickest here: the simplex has no answer after 20 minutes
    )
    print(json.dumps({"accuracy": -found.fun / slots, "cpu_s": time.process_time() - begin}))


def highs(slots: int, budget_g: float, limit_s: float) -> Solved:
    """Solve a case in a process that is ended after a time: HiGHS looks at its own limit too seldom."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = [sys.executable, "-P", __file__, "--solve", str(slots), repr(budget_g)]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return Solved(None, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    return Solved(**json.loads(done.stdout))


def beside_highs(program: str, folder: Path, limit_s: float) -> str:
    """Compare each case with HiGHS, as rows of the table."""
    text = ""
    for slots in SLOTS:
        one = subprocess.run([program, str(folder), str(slots)], check=True, capture_output=True, text=True)
        ours = json.loads(one.stdout)
        solved = highs(slots, ours["budget_g"], limit_s)
        ratio = solved.cpu_s * 1e3 / ours["ms"]
        if solved.accuracy is None:
            ending = (
                f"more than {ratio:,.0f} x: {solved.cpu_s:.0f} s were not enough; ours: {ours['ms']:.0f} ms"
            )
        else:
            off = abs(solved.accuracy / ours["accuracy"] - 1)
            ending = f"{ratio:,.0f} x, optimum {off:.0e} off"
        text += f"\n| {slots:,} slots, 10 models: HiGHS over ours, CPU | {ending} | 100 x, 1e-9 |"
    return text


def main() -> int:
    """Run the benchmark program that was built."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=ROOT / "build/release/benchmarks/cpp/co2lib_adaptive")
    parser.add_argument("--solver-seconds", type=float, default=300, help="that HiGHS has for each case")
    parser.add_argument("--solve", nargs=2, metavar=("SLOTS", "GRAMS"), help="only solve this case by HiGHS")
    given = parser.parse_args()
    if given.solve:
        solve(int(given.solve[0]), float(given.solve[1]))
        return 0
    program = str(given.program)
    folder = Path(os.environ.get("CO2LIB_TRACES") or ROOT.parent / "shared" / "data" / "traces")
    if not folder.is_dir():
        print(f"no traces: {folder} is not there; set CO2LIB_TRACES to a folder with hourly CSV files")
        return 0
    about = machine()
    answer = subprocess.run([program, str(folder)], check=True, capture_output=True, text=True)
    text = f"{about}. Times are of one core's CPU, the least of five.\n\n{answer.stdout.strip()}"
    if importlib.util.find_spec("scipy") is not None:
        text += beside_highs(program, folder, given.solver_seconds)
    print(text)
    write_measured(ROOT / "docs" / "adaptive.md", text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
