# SPDX-License-Identifier: MIT
"""Energy benchmarks: a command measured again and again, and two of them compared.

>>> from co2lib import bench
>>> (base, head) = bench.measure({"base": lambda: sum(range(1000)), "head": lambda: sum(range(1000))},
...     cooldown_s=0, min_rounds=4, max_rounds=4, wait=lambda s: None)
>>> bench.compare(base, head, max_increase=5).decision in bench.DECISIONS
True
"""

from __future__ import annotations

from co2lib.bench._compare import DECISIONS, METRICS, Comparison, compare
from co2lib.bench._file import Bench, BenchRun, load
from co2lib.bench._measure import measure
from co2lib.bench._statistics import Mean, Ratio, mean_of, paired_ratio, unpaired_ratio

__all__ = [
    "DECISIONS",
    "METRICS",
    "Bench",
    "BenchRun",
    "Comparison",
    "Mean",
    "Ratio",
    "compare",
    "load",
    "mean_of",
    "measure",
    "paired_ratio",
    "unpaired_ratio",
]
