# SPDX-License-Identifier: MIT
"""
Room numeric.
"""
from __future__ import annotations
import collections.abc
import typing
__all__: list[str] = ['MedianInterval', 'compensated_sum', 'kendall_tau_b', 'median_interval', 'pearson', 'percentile', 'spearman', 'student_quantile']
class MedianInterval:
    """
    A median with an interval that assumes no distribution.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    @property
    def below_confidence(self) -> bool:
        """
        Too few values: even the least and greatest have less than the confidence asked.
        """
    @property
    def coverage(self) -> float:
        """
        Probability that [low, high] holds the median of the population.
        """
    @property
    def high(self) -> float:
        """
        An order statistic of the values.
        """
    @property
    def low(self) -> float:
        """
        An order statistic of the values.
        """
    @property
    def median(self) -> float:
        """
        Of the values; the mean of the middle two.
        """
def compensated_sum(values: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float:
    """
    Neumaier's compensated sum.
    """
def kendall_tau_b(x: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], y: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float | None:
    """
    Kendall's tau-b; None as for `pearson`.
    """
def median_interval(values: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> MedianInterval:
    """
    The median, and the narrowest pair of order statistics around it that reaches `confidence`.

    With n sorted values the pair is x_k and x_(n+1-k), k the greatest with
    2 P(Bin(n, 1/2) <= k - 1) <= 1 - confidence (David and Nagaraja, Order Statistics, 7.1). Fewer than 6 values have
    none at 0.95: then the whole range, and `below_confidence`.

    Parameters
    ----------
    values : sequence of float
        Finite, in any order.
    confidence : float, optional
        In (0, 1).

    Raises
    ------
    co2lib.Error
        ``numeric.bad_input`` for no values, values that are not finite, or a confidence outside (0, 1).
    """
def pearson(x: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], y: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float | None:
    """
    Pearson's correlation; None for fewer than two points or a constant side.
    """
def percentile(values: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], p: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    The value below which the share `p` of `values` lies, by linear interpolation.

    The same bits as ``numpy.quantile(values, p)`` wherever that is finite.

    Parameters
    ----------
    values : sequence of float
        In any order; infinite values are taken, NaN is not.
    p : float
        In [0, 1]: 0.95 is the 95th percentile.

    Raises
    ------
    co2lib.Error
        ``numeric.bad_input`` for no values, a NaN, or `p` outside [0, 1].
    """
def spearman(x: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], y: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float | None:
    """
    Spearman's rank correlation, average ranks for ties; None as for `pearson`.
    """
def student_quantile(p: typing.SupportsFloat | typing.SupportsIndex, df: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    The t with P(T <= t) = p of Student's distribution.
    """
