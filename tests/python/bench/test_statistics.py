# SPDX-License-Identifier: MIT
"""Decisions on simulated meters that are noisy and drift: how often they are wrong, what they find."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from co2lib.bench import Ratio, mean_of, paired_ratio, unpaired_ratio
from co2lib.bench._statistics import _chi2_quantile

CASES = 400


@dataclass(frozen=True)
class Simulated:
    """Relative: noise of a run; steady drift, wandering and swing per run; how often a run is far too
    high."""

    noise: float = 0.01
    drift: float = 0.0
    walk: float = 0.0
    swing: float = 0.0
    outliers: float = 0.0

    def runs(self, rng: random.Random) -> Iterator[float]:
        """Errors of run after run, as factors."""
        wandered, number = 0.0, 0
        phase, period = rng.uniform(0, 2 * math.pi), rng.uniform(5, 60)
        while True:
            number += 1
            wandered += rng.gauss(0, self.walk)
            error = wandered + self.drift * number + rng.gauss(0, self.noise)
            error += self.swing * math.sin(phase + 2 * math.pi * number / period)
            if rng.random() < self.outliers:
                error += abs(rng.gauss(0, 5 * self.noise))
            yield math.exp(error)


METERS = {
    "quiet": Simulated(),
    "noisy": Simulated(noise=0.03),
    "drifts": Simulated(noise=0.015, drift=0.003),
    "wanders": Simulated(noise=0.01, walk=0.01),
    "swings": Simulated(noise=0.01, swing=0.03),
    "all of it": Simulated(noise=0.015, drift=0.002, walk=0.004, swing=0.01, outliers=0.05),
}


def by_turns(meter: Simulated, rng: random.Random, change: float, precision: float = 0.02) -> Ratio:
    """A session as `co2lib bench --base` makes it: until the interval is narrow, 10 to 50 rounds."""
    runs = meter.runs(rng)
    a: list[float] = []
    b: list[float] = []
    first: list[bool] = []
    while True:
        first.append(len(first) % 2 == 0)
        one, two = 100 * next(runs), 100 * next(runs)
        a.append(one if first[-1] else two)
        b.append((two if first[-1] else one) * (1 + change))
        if len(a) >= 10 and len(a) % 2 == 0:
            ratio = paired_ratio(a, b, first)
            assert ratio.low is not None
            assert ratio.high is not None
            if (ratio.high - ratio.low) / 2 <= precision or len(a) >= 50:
                return ratio


def in_sessions(meter: Simulated, rng: random.Random, change: float, session: float) -> Ratio:
    values = []
    for factor in (1.0, 1 + change):
        runs, offset = meter.runs(rng), math.exp(rng.gauss(0, session))
        values.append([100 * factor * offset * next(runs) for _ in range(20)])
    return unpaired_ratio(*values, between=session)


def test_false_alarms_by_turns_are_at_most_5_percent() -> None:
    rng = random.Random(1)
    cases = [by_turns(meter, rng, 0.05) for meter in METERS.values() for _ in range(CASES)]
    assert sum(ratio.above(1.05) for ratio in cases) / len(cases) <= 0.05
    assert sum(ratio.below(1.05) for ratio in cases) / len(cases) <= 0.05
    for number, name in enumerate(METERS):  # none of them much worse than all
        mine = cases[number * CASES : (number + 1) * CASES]
        assert sum(ratio.above(1.05) for ratio in mine) / CASES <= 0.07, name


def test_an_equal_command_is_never_an_increase_of_5_percent() -> None:
    rng = random.Random(2)
    cases = [by_turns(meter, rng, 0.0) for meter in METERS.values() for _ in range(CASES // 4)]
    assert not any(ratio.above(1.05) for ratio in cases)
    assert sum(ratio.below(1.05) for ratio in cases) / len(cases) > 0.95


def test_a_change_of_3_percent_is_found_in_nine_of_ten_cases_that_promise_it() -> None:
    rng = random.Random(3)
    for precision in (0.015, 0.02):
        cases = [
            by_turns(meter, rng, 0.03, precision) for meter in METERS.values() for _ in range(CASES // 2)
        ]
        promised = [ratio for ratio in cases if (ratio.detects() or 9) <= 1.03]
        assert len(promised) > len(cases) / 4
        assert sum(ratio.above(1.0) for ratio in promised) / len(promised) >= 0.9
    # Those that promise it only just are the hard ones.
    noisy = [by_turns(METERS["noisy"], rng, 0.03, 0.0155) for _ in range(3 * CASES)]
    promised = [ratio for ratio in noisy if (ratio.detects() or 9) <= 1.03]
    assert 20 < len(promised) < len(noisy)
    assert sum(ratio.above(1.0) for ratio in promised) / len(promised) >= 0.9


@pytest.mark.parametrize("session", [0.005, 0.02])
def test_two_sessions_are_wrong_in_5_percent_too_and_say_less(session: float) -> None:
    rng = random.Random(4)
    meters = [METERS[name] for name in ("quiet", "noisy", "swings")]
    cases = [in_sessions(meter, rng, 0.05, session) for meter in meters for _ in range(CASES)]
    assert sum(ratio.above(1.05) for ratio in cases) / len(cases) <= 0.05
    assert sum(ratio.below(1.05) for ratio in cases) / len(cases) <= 0.05
    promise = [ratio.detects() or 0 for ratio in cases]
    assert min(promise) > 1 + 3 * session  # never more than the sessions allow


def test_steady_drift_is_taken_out_exactly() -> None:
    drift = [1.01**n for n in range(20)]
    first = [n % 2 == 0 for n in range(10)]
    a = [drift[2 * n if one else 2 * n + 1] for n, one in enumerate(first)]
    b = [1.2 * drift[2 * n + 1 if one else 2 * n] for n, one in enumerate(first)]
    ratio = paired_ratio(a, b, first)
    assert ratio.value == pytest.approx(1.2, rel=1e-12)
    assert ratio.drift == pytest.approx(0.01, rel=1e-9)
    assert ratio.above(1.19)
    assert ratio.below(1.21)


def test_few_rounds_and_one_order_tell_nothing() -> None:
    few = paired_ratio([1, 1, 1], [2, 2, 2], [True, False, True])
    assert (few.value, few.low, few.detects()) == (2.0, None, None)
    assert not few.above(1.0)
    assert not few.below(3.0)
    assert paired_ratio([1] * 8, [2] * 8, [True] * 8).low is None


def test_the_interval_of_a_mean_holds_it_in_95_percent() -> None:
    rng = random.Random(5)
    held = 0
    for _ in range(2000):
        mean = mean_of([rng.gauss(10, 1) for _ in range(10)])
        assert mean.low is not None
        assert mean.high is not None
        held += mean.low <= 10 <= mean.high
    assert 0.945 <= held / 2000 <= 0.99


def test_values_that_resemble_their_neighbours_widen_it() -> None:
    rising = mean_of([float(n) for n in range(20)])
    mixed = mean_of([float((n * 7) % 20) for n in range(20)])
    assert rising.relative_half_width is not None
    assert mixed.relative_half_width is not None
    assert rising.relative_half_width > 2 * mixed.relative_half_width
    assert mean_of([5.0]).low is None


@pytest.mark.parametrize(
    ("p", "df", "value"),
    [
        (0.001, 2, 0.002001),
        (0.001, 4, 0.0908),
        (0.001, 8, 0.8571),
        (0.001, 18, 4.9048),
        (0.001, 48, 23.2949),
        (0.1, 48, 35.9491),
    ],
)
def test_the_quantile_of_chi_squared(p: float, df: float, value: float) -> None:
    assert 0.9 * value <= _chi2_quantile(p, df) <= 1.001 * value


def test_runs_that_differ_wildly_promise_nothing() -> None:
    a, b = [1e-3, 1e3, 1e-3, 1e3], [1e3, 1e-3, 1e-3, 1e3]
    ratio = paired_ratio(a, b, [True, False, True, False])
    assert not ratio.above(1.0)
    assert (ratio.detects() or math.inf) > 1e6
    wild = [1e-300, 1e300, 1e300, 1e-300]
    assert paired_ratio(wild, [1 / v for v in wild], [True, False, True, False]).detects() is None
