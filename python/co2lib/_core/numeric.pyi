# SPDX-License-Identifier: MIT
"""
Room numeric.
"""
from __future__ import annotations
import collections.abc
import typing
__all__: list[str] = ['compensated_sum', 'student_quantile']
def compensated_sum(values: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float:
    """
    Neumaier's compensated sum.
    """
def student_quantile(p: typing.SupportsFloat | typing.SupportsIndex, df: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    The t with P(T <= t) = p of Student's distribution.
    """
