# SPDX-License-Identifier: MIT
"""Tests of the study, with SciPy; an undefined one has None, never NaN."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from co2lib._errors import BadValueError
from co2lib._extras import require

NEEDED_FOR = "the tests of the study"


class Correlation(NamedTuple):
    """A coefficient and its two-sided p; None where undefined."""

    r: float | None
    p: float | None
    n: int


class MannWhitney(NamedTuple):
    """U of the first sample, two-sided p, rank-biserial 2U/(n1 n2) - 1."""

    u: float | None
    p: float | None
    rank_biserial: float | None


class Trend(NamedTuple):
    """A least-squares line on 0, 1, ..., and the two-sided p of its slope."""

    slope: float | None
    intercept: float | None
    p: float | None


def _stats() -> Any:
    return require("scipy.stats", extra="hub", needed_for=NEEDED_FOR)


def _numbers(name: str, values: Sequence[float]) -> list[float]:
    numbers = [float(x) for x in values]
    if not all(math.isfinite(x) for x in numbers):
        raise BadValueError("hub.bad_value", f"{name}: must be finite numbers; leave missing ones out")
    return numbers


def _pairs(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    if len(x) != len(y) or not len(x):
        raise BadValueError("hub.bad_value", "x and y: need the same number of values, at least one")
    return _numbers("x", x), _numbers("y", y)


def _constant(values: Sequence[float]) -> bool:
    return min(values) == max(values)


def holm(p: Sequence[float], *, alpha: float = 0.05) -> tuple[list[float], list[bool]]:
    """Return p-values adjusted after Holm (1979), and which hypotheses are rejected at `alpha`.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for no p, NaN, or p outside [0, 1].
    """
    values = [float(x) for x in p]
    if not values or not all(0 <= x <= 1 for x in values):
        raise BadValueError("hub.bad_value", "p: needs at least one value, all in [0, 1]")
    adjusted = [0.0] * len(values)
    highest = 0.0
    for k, i in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        highest = max(highest, min(1.0, (len(values) - k) * values[i]))
        adjusted[i] = highest
    return adjusted, [x <= alpha for x in adjusted]


def pearson(x: Sequence[float], y: Sequence[float]) -> Correlation:
    """Return Pearson's r and its p (``scipy.stats.pearsonr``)."""
    a, b = _pairs(x, y)
    if len(a) < 3 or _constant(a) or _constant(b):
        return Correlation(None, None, len(a))
    found = _stats().pearsonr(a, b)
    return Correlation(float(found.statistic), float(found.pvalue), len(a))


def spearman(x: Sequence[float], y: Sequence[float]) -> Correlation:
    """Return Spearman's rho and its p (``scipy.stats.spearmanr``)."""
    a, b = _pairs(x, y)
    if len(a) < 3 or _constant(a) or _constant(b):
        return Correlation(None, None, len(a))
    found = _stats().spearmanr(a, b)
    return Correlation(float(found.statistic), float(found.pvalue), len(a))


def log_pearson(
    x_bytes: Sequence[float | None], y_grams: Sequence[float | None], *, offset: float = 1e-6
) -> Correlation:
    """Return Pearson's r of ln(x + offset) with ln(y + offset); pairs with None are left out.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for lists of unequal length, no pair, or a logarithm of what is not above 0.
    """
    if len(x_bytes) != len(y_grams):
        raise BadValueError("hub.bad_value", "x_bytes and y_grams: need the same number of values")
    pairs = [(x, y) for x, y in zip(x_bytes, y_grams, strict=True) if x is not None and y is not None]
    if any(not x + offset > 0 or not y + offset > 0 for x, y in pairs):
        raise BadValueError("hub.bad_value", "x_bytes and y_grams: values plus offset must be above 0")
    return pearson([math.log(x + offset) for x, _ in pairs], [math.log(y + offset) for _, y in pairs])


def mann_whitney(x: Sequence[float], y: Sequence[float], *, method: str = "auto") -> MannWhitney:
    """Return the two-sided Mann-Whitney test (``scipy.stats.mannwhitneyu``)."""
    a, b = _numbers("x", x), _numbers("y", y)
    if method not in ("auto", "exact", "asymptotic"):
        raise BadValueError("hub.bad_value", f"method {method!r}: use auto, exact or asymptotic")
    if not a or not b:
        raise BadValueError("hub.bad_value", "x and y: need at least one value each")
    found = _stats().mannwhitneyu(a, b, alternative="two-sided", method=method)
    u = float(found.statistic)
    p = None if math.isnan(found.pvalue) or _constant(a + b) else float(found.pvalue)
    return MannWhitney(u, p, 2 * u / (len(a) * len(b)) - 1)


class Regression(NamedTuple):
    """Ordinary least squares: the intercept and a coefficient per variable, their two-sided p, R²."""

    coefficients: dict[str, float]
    p: dict[str, float | None]
    r_squared: float | None
    n: int


def least_squares(y: Sequence[float], variables: Mapping[str, Sequence[float]]) -> Regression | None:
    """Return the least-squares fit of y on an intercept and the variables; None where it is not determined.

    Coefficients by `numpy.linalg.lstsq`, p by Student's t with n - k degrees of freedom.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for values that are not finite, or lists of unequal length.
    """
    numpy = require("numpy", needed_for=NEEDED_FOR)
    target = numpy.array(_numbers("y", y))
    columns = [numpy.array(_numbers(name, values)) for name, values in variables.items()]
    if any(len(column) != len(target) for column in columns):
        raise BadValueError("hub.bad_value", "y and the variables: need the same number of values")
    n, k = len(target), len(columns) + 1
    if n <= k:
        return None
    design = numpy.column_stack([numpy.ones(n), *columns])
    solution, _, rank, _ = numpy.linalg.lstsq(design, target, rcond=None)
    if rank < k:
        return None
    rest = target - design @ solution
    inverse = numpy.linalg.pinv(design)
    errors = numpy.sqrt(float(rest @ rest) / (n - k) * numpy.sum(inverse**2, axis=1))
    names = ("intercept", *variables)
    p: dict[str, float | None] = {}
    for name, value, error in zip(names, solution, errors, strict=True):
        p[name] = 2 * float(_stats().t.sf(abs(value / error), n - k)) if error > 0 else None
    spread = target - target.mean()
    total = float(spread @ spread)
    r_squared = 1 - float(rest @ rest) / total if total > 0 else None
    return Regression(dict(zip(names, map(float, solution), strict=True)), p, r_squared, n)


def trend(y: Sequence[float]) -> Trend:
    """Return the least-squares line of y on 0, 1, ... (``scipy.stats.linregress``)."""
    values = _numbers("y", y)
    if not values:
        raise BadValueError("hub.bad_value", "y: needs at least one value")
    if len(values) < 3:
        return Trend(None, None, None)
    found = _stats().linregress(range(len(values)), values)
    p = None if math.isnan(found.pvalue) else float(found.pvalue)
    return Trend(float(found.slope), float(found.intercept), p)
