# SPDX-License-Identifier: MIT
"""Rooms numeric and random beside NumPy and the definitions."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import co2lib
from co2lib import numeric
from co2lib._core import random

INF, NAN = math.inf, math.nan

sizes = st.floats(min_value=-1e150, max_value=1e150, allow_nan=False)
shares = st.floats(min_value=0, max_value=1)


@given(values=st.lists(sizes, min_size=1, max_size=40), p=shares)
def test_a_percentile_has_the_bits_of_numpy(values: list[float], p: float) -> None:
    assert numeric.percentile(values, p) == np.quantile(values, p)


@given(seed=st.integers(0, 2**32 - 1), percent=st.integers(0, 100))
def test_a_percentile_of_many_values_has_the_bits_of_numpy(seed: int, percent: int) -> None:
    values = np.random.default_rng(seed).lognormal(size=1 + seed % 300)
    assert numeric.percentile(values, percent / 100) == np.percentile(values, percent)


@pytest.mark.parametrize(
    ("values", "p"), [([], 0.5), ([1.0, NAN], 0.5), ([1.0], -0.1), ([1.0], 95), ([1.0], NAN)]
)
def test_a_percentile_of_nothing_is_an_error(values: list[float], p: float) -> None:
    with pytest.raises(ValueError, match="percentile") as caught:
        numeric.percentile(values, p)
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "numeric.bad_input"


def test_infinite_values_are_taken_and_nothing_becomes_nan() -> None:
    assert numeric.percentile([1.0, 2.0, INF], 0.8) == INF
    assert numeric.percentile([1.0, 2.0, INF], 0.5) == 2.0
    assert numeric.percentile([-INF, 2.0], 0.5) == -INF


def tail(n: int, k: int) -> float:
    """Give P(Bin(n, 1/2) <= k) from the integers."""
    return sum(math.comb(n, i) for i in range(k + 1)) / 2**n


@given(values=st.lists(sizes, min_size=1, max_size=80), confidence=st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_a_median_interval_is_that_of_its_definition(values: list[float], confidence: float) -> None:
    found = numeric.median_interval(values, confidence)
    x, n = sorted(values), len(values)
    ks = [k for k in range(1, (n + 1) // 2 + 1) if 2 * tail(n, k - 1) <= 1 - confidence]
    k = max(ks, default=1)
    assert (found.low, found.high) == (x[k - 1], x[n - k])
    assert found.below_confidence == (not ks)
    assert found.coverage == pytest.approx(1 - 2 * tail(n, k - 1), abs=1e-12)
    assert found.median == np.percentile(values, 50)


@pytest.mark.parametrize(
    ("values", "confidence"), [([], 0.95), ([1.0, NAN], 0.95), ([1.0, INF], 0.95), ([1.0], 95), ([1.0], 0.0)]
)
def test_a_median_of_nothing_is_an_error(values: list[float], confidence: float) -> None:
    with pytest.raises(ValueError, match="median_interval") as caught:
        numeric.median_interval(values, confidence)
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "numeric.bad_input"


def test_a_median_interval_is_a_value() -> None:
    found = numeric.median_interval([3.0, 1.0, 2.0])
    assert found == numeric.median_interval([1.0, 2.0, 3.0])
    assert pickle.loads(pickle.dumps(found)) == found
    assert len({found, numeric.median_interval([2.0, 1.0, 3.0])}) == 1
    assert repr(found) == "<MedianInterval 2.0 (1.0 to 3.0), coverage 0.75>"


def test_draws_depend_on_seed_index_and_name_alone() -> None:
    forth = [random.draw(7, d, "logic.epa.7nm") for d in range(20)]
    assert forth == [random.draw(7, d, "logic.epa.7nm") for d in reversed(range(20))][::-1]
    assert len(set(forth)) == 20
    assert random.draw(7, 0, "logic.epa.7nm") != random.draw(8, 0, "logic.epa.7nm")
    assert random.draw(2**64 - 1, 2**64 - 1, "\u00e4") != random.draw(2**64 - 1, 0, "\u00e4")
    with pytest.raises(TypeError):
        random.draw(-1, 0, "x")


@given(u=st.floats(min_value=1e-6, max_value=1 - 1e-6), data=st.data())
def test_a_quantile_is_the_inverse_of_its_distribution(u: float, data: Any) -> None:
    low, mode, high = sorted(data.draw(st.lists(st.integers(0, 1000), min_size=3, max_size=3)))
    x = random.triangular(u, low, mode, high)
    assert low <= x <= high
    if low < high:
        area = (high - low) / 2  # of the triangle with height 1
        below = (
            (x - low) ** 2 / (2 * (mode - low))
            if x < mode
            else area - (high - x) ** 2 / (2 * (high - mode) or 1)
        )
        assert below / area == pytest.approx(u, abs=1e-9)
    assert random.uniform(u, low, high) == pytest.approx(low + u * (high - low))
    assert math.log(random.lognormal(u, 2.0, 1.5) / 2) == pytest.approx(
        math.log(1.5) * random.normal(u), abs=1e-12
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: random.normal(0.0),
        lambda: random.normal(1.0),
        lambda: random.triangular(0.5, 2, 1, 3),
        lambda: random.triangular(1.0, 1, 2, 3),
        lambda: random.uniform(0.5, 3, 1),
        lambda: random.lognormal(0.5, 1, 0.5),
        lambda: random.lognormal(NAN, 1, 2),
    ],
)
def test_a_quantile_of_no_distribution_is_an_error(call: Any) -> None:
    with pytest.raises(ValueError, match="needs") as caught:
        call()
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "numeric.bad_input"
