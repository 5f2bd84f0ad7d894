# SPDX-License-Identifier: MIT
"""Two sets of energies side by side: paired bootstrap, and what these numbers could have shown at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from co2lib.report._figures import bad

RESAMPLES = 10_000
SURE = 0.95
"""Below this probability nothing is called lower or higher (ours)."""
POWER = 0.8
LEAST_PAIRS = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a candidate differs from a baseline, pair by pair.

    Attributes
    ----------
    pairs : int
        How many.
    difference : float
        Mean of candidate minus baseline, in the unit of the values.
    low, high : float
        95 % interval of the mean difference, by the paired bootstrap.
    p_lower : float
        Share of resamples whose mean difference is below 0; those at 0 count half.
    detectable : float
        The smallest mean difference that so many pairs with this scatter show in 4 of 5 cases, two-sided at
        5 %.
    baseline : float
        Mean of the baseline's values.
    """

    pairs: int
    difference: float
    low: float
    high: float
    p_lower: float
    detectable: float
    baseline: float

    @property
    def verdict(self) -> str:
        """``lower``, ``higher``, or empty while the probability of either is below 0.95."""
        return "lower" if self.p_lower >= SURE else "higher" if self.p_lower <= 1 - SURE else ""

    def percent(self, value: float) -> float | None:
        """Return a difference in percent of the baseline; None where that is 0."""
        return 100 * value / self.baseline if self.baseline else None


def compare(baseline: Sequence[float], candidate: Sequence[float], *, seed: int = 0) -> Comparison:
    """Compare values that belong together pair by pair.

    Parameters
    ----------
    baseline, candidate : sequence of float
        Of one length, at least 3, in one unit: the k-th of each were measured under like conditions.
    seed : int
        Of the resampling (10,000 resamples of pairs); the same seed gives the same answer.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for lists of different lengths, fewer than three pairs, or numbers that are not
        finite.
    """
    import numpy as np

    from co2lib import numeric

    if len(baseline) != len(candidate):
        raise bad(f"compare: {len(baseline)} values beside {len(candidate)}; give pairs")
    if len(baseline) < LEAST_PAIRS:
        raise bad(f"compare: {len(baseline)} pairs; at least {LEAST_PAIRS} are needed, 10 are better")
    if not all(math.isfinite(value) for value in (*baseline, *candidate)):
        raise bad("compare: expected finite numbers")
    differences = np.asarray(candidate, float) - np.asarray(baseline, float)
    n = len(differences)
    random = np.random.default_rng(seed)
    block = max(1, 1_000_000 // n)
    parts = (min(block, RESAMPLES - at) for at in range(0, RESAMPLES, block))
    means = np.concatenate([differences[random.integers(0, n, (part, n))].mean(axis=1) for part in parts])
    spread = float(differences.std(ddof=1)) / math.sqrt(n)
    quantiles = numeric.student_quantile(0.975, n - 1) + numeric.student_quantile(POWER, n - 1)
    return Comparison(
        pairs=n,
        difference=float(differences.mean()),
        low=numeric.percentile(means.tolist(), 0.025),
        high=numeric.percentile(means.tolist(), 0.975),
        p_lower=float((means < 0).mean() + (means == 0).mean() / 2),
        detectable=quantiles * spread,
        baseline=float(np.mean(baseline)),
    )
