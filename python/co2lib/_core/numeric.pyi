# SPDX-License-Identifier: MIT
"""
Room numeric.
"""
from __future__ import annotations
import collections.abc
import typing
__all__: list[str] = ['compensated_sum', 'kendall_tau_b', 'pearson', 'spearman', 'student_quantile']
def compensated_sum(values: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float:
    """
    Neumaier's compensated sum.
    """
def kendall_tau_b(x: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], y: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float | None:
    """
    Kendall's tau-b; None as for `pearson`.
    """
def pearson(x: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], y: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float | None:
    """
    Pearson's correlation; None for fewer than two points or a constant side.
    """
def spearman(x: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], y: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float | None:
    """
    Spearman's rank correlation, average ranks for ties; None as for `pearson`.
    """
def student_quantile(p: typing.SupportsFloat | typing.SupportsIndex, df: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    The t with P(T <= t) = p of Student's distribution.
    """
