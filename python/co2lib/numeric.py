# SPDX-License-Identifier: MIT
"""Room numeric: the few statistics that results need, with the same bits in C++ and Python."""

from __future__ import annotations

from co2lib._core.numeric import (
    MedianInterval,
    compensated_sum,
    kendall_tau_b,
    median_interval,
    pearson,
    percentile,
    spearman,
    student_quantile,
)

__all__ = [
    "MedianInterval",
    "compensated_sum",
    "kendall_tau_b",
    "median_interval",
    "pearson",
    "percentile",
    "spearman",
    "student_quantile",
]
