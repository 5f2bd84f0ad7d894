# SPDX-License-Identifier: MIT
"""Room numeric: the few statistics that results need, with the same bits in C++ and Python."""

from __future__ import annotations

from co2lib._core.numeric import compensated_sum, kendall_tau_b, pearson, spearman, student_quantile

__all__ = ["compensated_sum", "kendall_tau_b", "pearson", "spearman", "student_quantile"]
