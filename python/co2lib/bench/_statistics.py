# SPDX-License-Identifier: MIT
"""How much a few noisy runs on a drifting machine tell.

1. Runs of two commands are measured in rounds, one of each, the order turned around every time (AB BA AB BA
   ...). The difference of a round, d = ln b - ln a, holds the change, the drift from one run to the next
   with the sign of the order, and noise. Least squares on (1, order) gives the change free of any steady
   drift; a drift that wanders has no memory left in differences of neighbours, and is noise. Degrees of
   freedom: rounds - 2.
2. Runs of one command, and those of two sessions, may resemble their neighbours: the variance of their mean
   is multiplied by (1 + r)/(1 - r), r the correlation of neighbours where it is positive, corrected for its
   bias.
3. Two sessions (another hour, another boot) differ for reasons that no run of either shows. Their difference
   has the variance of 2 more independent errors of `between`, 2 % if nothing is known (ours, unverified).
   That is why rounds tell more.
4. A change is *found* if its one-sided 97 % bound is beyond the limit, *excluded* if the other one is
   within. It is 97 for 95 %: to stop once the interval is narrow prefers intervals that are too narrow by
   chance. What would be found in nine of ten cases (`detects`) is the limit + t(0.97) e + z(0.9) e', with e'
   the standard error that is exceeded in one of a thousand cases only, for e itself is known from few runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist, fmean

from co2lib._errors import BadValueError
from co2lib.numeric import student_quantile

CONFIDENCE = 0.95
BETWEEN_SESSIONS = 0.02
"""Relative standard deviation of a session's error that its runs do not show; ours, unverified."""
_ONE_SIDED = 0.97
"""So that decisions are wrong in 5 % of cases at most, also after runs that ended when the interval was
narrow."""
_POWER, _ERROR_AT_MOST = 0.9, 0.999


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of n values, its standard error, and the 95 % interval by Student's t; None for one value."""

    value: float
    n: int
    error: float | None
    low: float | None
    high: float | None

    @property
    def relative_half_width(self) -> float | None:
        """Half of the interval over the mean."""
        if self.low is None or self.high is None or not self.value:
            return None
        return (self.high - self.low) / 2 / abs(self.value)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How the geometric means of two series of positive values relate, b/a.

    Attributes
    ----------
    value, low, high : float
        The ratio with its two-sided 95 % interval; the interval is None where nothing tells it.
    log_error, df : float or None
        Standard error of ln(b/a), and its degrees of freedom.
    paired : bool
        By rounds of one session.
    drift : float or None
        Relative drift from a run to the next one, where it is paired.
    n : (int, int)
        Values of a and b.
    """

    value: float
    low: float | None
    high: float | None
    log_error: float | None
    df: float | None
    paired: bool
    drift: float | None
    n: tuple[int, int]

    def above(self, ratio: float) -> bool:
        """Return whether the ratio is above this one, wrong in 5 % of cases at most."""
        if self.log_error is None or self.df is None:
            return False
        return math.log(self.value / ratio) > _t(_ONE_SIDED, self.df) * self.log_error

    def below(self, ratio: float) -> bool:
        """Return whether the ratio is below this one, wrong in 5 % of cases at most."""
        if self.log_error is None or self.df is None:
            return False
        return math.log(ratio / self.value) > _t(_ONE_SIDED, self.df) * self.log_error

    def detects(self) -> float | None:
        """Return the least factor above a limit that would be found in nine of ten cases (1.03: 3 % more)."""
        if self.log_error is None or self.df is None:
            return None
        z = NormalDist().inv_cdf(_POWER)
        worst = self.log_error * math.sqrt(self.df / _chi2_quantile(1 - _ERROR_AT_MOST, self.df))
        return _exp(_t(_ONE_SIDED, self.df) * self.log_error + z * worst)


def _t(p: float, df: float) -> float:
    return student_quantile(p, df) if df < 1e6 else NormalDist().inv_cdf(p)


def _chi2_quantile(p: float, df: float) -> float:
    """Return the lower quantile of chi-squared, at most 10 % too low for p from 0.001 to 0.1.

    The larger one of Wilson and Hilferty's cube (PNAS 17, 1931), which fails where df is small, and the
    first term of the series of the distribution, which is always below it.
    """
    c = 2 / (9 * df)
    cube = df * max(0.0, 1 - c + NormalDist().inv_cdf(p) * math.sqrt(c)) ** 3
    series = 2 * math.exp((math.log(p) + math.lgamma(df / 2 + 1)) * 2 / df)
    return max(cube, series)


def _exp(value: float) -> float | None:
    """Return e to the value; None where that is beyond all numbers."""
    try:
        return math.exp(value)
    except OverflowError:
        return None


def _inflation(values: Sequence[float], mean: float) -> float:
    """Return by how much the variance of the mean exceeds that of independent values; at least 1."""
    n = len(values)
    square = math.fsum((v - mean) ** 2 for v in values)
    if n < 4 or not square > 0:
        return 1.0
    product = math.fsum((a - mean) * (b - mean) for a, b in pairwise(values))
    r = product / square + 1 / n  # the estimate is about 1/n too low where there is none
    r = min(max(r, 0.0), 0.9)
    return (1 + r) / (1 - r)


def mean_of(values: Sequence[float], confidence: float = CONFIDENCE) -> Mean:
    """Return the mean of values in the order of time, with an interval that allows for drift (rule 2)."""
    n = len(values)
    mean = fmean(values)
    if n < 2:
        return Mean(mean, n, None, None, None)
    variance = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    error = math.sqrt(variance * _inflation(values, mean) / n)
    half = _t((1 + confidence) / 2, n - 1) * error
    return Mean(mean, n, error, mean - half, mean + half)


def paired_ratio(a: Sequence[float], b: Sequence[float], a_first: Sequence[bool]) -> Ratio:
    """Return b/a by rounds (rule 1).

    Parameters
    ----------
    a, b : sequence of float
        Positive; one value each per round.
    a_first : sequence of bool
        Whether a was measured before b in that round.
    """
    d = [math.log(y) - math.log(x) for x, y in zip(a, b, strict=True)]
    order = [1.0 if first else -1.0 for first in a_first]
    n = len(d)
    mean, middle = fmean(d), fmean(order)
    spread = math.fsum((s - middle) ** 2 for s in order)
    if n < 4 or not spread > 0:
        return Ratio(math.exp(mean), None, None, None, None, True, None, (n, n))
    slope = math.fsum((s - middle) * (v - mean) for s, v in zip(order, d, strict=True)) / spread
    change = mean - slope * middle
    rest = math.fsum((v - change - slope * s) ** 2 for s, v in zip(order, d, strict=True))
    df = n - 2
    error = math.sqrt(rest / df * (1 / n + middle * middle / spread))
    per_run = _exp(slope)
    drift = None if per_run is None else per_run - 1
    return _ratio(change, error, df, paired=True, drift=drift, n=(n, n))


def unpaired_ratio(a: Sequence[float], b: Sequence[float], *, between: float = BETWEEN_SESSIONS) -> Ratio:
    """Return b/a of two sessions (rules 2 and 3).

    Parameters
    ----------
    a, b : sequence of float
        Positive, each in the order of time.
    between : float
        Relative standard deviation of a session's error that its runs do not show.
    """
    means = [mean_of([math.log(v) for v in values]) for values in (a, b)]
    change = means[1].value - means[0].value
    n = (len(a), len(b))
    if means[0].error is None or means[1].error is None or min(n) < 4:
        return Ratio(math.exp(change), None, None, None, None, False, None, n)
    parts = [(m.error or 0.0) ** 2 for m in means]
    variance = math.fsum(parts) + 2 * between**2
    within = math.fsum(part**2 / (m.n - 1) for part, m in zip(parts, means, strict=True))
    df = min(1e9, variance**2 / within) if within > 0 else 1e9
    return _ratio(change, math.sqrt(variance), df, paired=False, drift=None, n=n)


def _ratio(
    change: float, error: float, df: float, *, paired: bool, drift: float | None, n: tuple[int, int]
) -> Ratio:
    half = _t((1 + CONFIDENCE) / 2, df) * error
    low, high = _exp(change - half), _exp(change + half)
    if low is None or high is None:
        low = high = None
    value = _exp(change)
    if value is None:
        raise BadValueError("bench.bad_value", "the values are too far apart to have a ratio")
    return Ratio(value, low, high, error, df, paired, drift, n)
