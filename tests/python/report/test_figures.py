# SPDX-License-Identifier: MIT
"""The arithmetic of the report, its laws and what it refuses; the vectors are run by test_golden.py."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import co2lib
from co2lib import report
from co2lib.report import _text
from co2lib.testing import run_vector

GOLDEN = Path(__file__).parents[2] / "golden" / "hub.json"
positive = st.floats(0, 1e12, allow_subnormal=False)
names = st.text(max_size=8)


def test_the_vectors_of_the_report_pass() -> None:
    vectors = json.loads(GOLDEN.read_text(encoding="utf-8"))["vectors"]
    mine = [v for v in vectors if v["kind"].startswith("hub.report.")]
    assert mine
    for vector in mine:
        outcome = run_vector(vector)
        assert outcome.status == "passed", (outcome.id, outcome.reason, outcome.differences)


def test_a_phase_missing_in_the_total_cannot_happen() -> None:
    # What MIEV showed: the first phase twice and the third never.
    grams = [0.0000752916, 0.602791812, 1.124901677, 0.124158017]
    phases = [
        {"name": str(i), "grams": g, "energy_kwh": g / 435, "seconds": 1.0} for i, g in enumerate(grams)
    ]
    found = report.phase_summary(phases)
    assert found.total_grams == pytest.approx(sum(grams))
    assert found.not_total_grams == pytest.approx(0.7271, abs=1e-4)
    assert found.not_total_grams != pytest.approx(found.total_grams)
    assert math.fsum(s for s in found.share_percent if s is not None) == pytest.approx(100)


@given(st.lists(positive, min_size=1, max_size=9))
def test_shares_add_up(grams: list[float]) -> None:
    found = report.phase_summary([{"grams": g, "energy_kwh": g, "seconds": g} for g in grams])
    if found.total_grams > 1e-300:
        assert math.fsum(s for s in found.share_percent if s is not None) == pytest.approx(100, rel=1e-9)
    else:
        assert set(found.share_percent) <= {None, 100.0} or found.total_grams > 0


@given(positive, st.floats(0, 2000), st.floats(1, 3))
def test_a_price_is_linear_and_comes_back(energy: float, factor: float, pue: float) -> None:
    grams = report.reprice(energy, factor, pue)
    assert report.reprice(energy, factor, 1) * pue == pytest.approx(grams, rel=1e-12)
    assert report.reprice(2 * energy, factor, pue) == pytest.approx(2 * grams, rel=1e-12)


points = st.lists(st.tuples(st.none() | positive, st.none() | st.floats(-10, 10)), max_size=12)


@given(points)
def test_the_front_is_what_no_point_beats(given_points: list[tuple[float | None, float | None]]) -> None:
    def beats(a: tuple[Any, Any], b: tuple[Any, Any]) -> bool:
        return None not in a and a[0] <= b[0] and a[1] >= b[1] and a != b

    expected = [
        i
        for i, p in enumerate(given_points)
        if None not in p and not any(beats(q, p) for q in given_points if None not in q)
    ]
    assert report.pareto(given_points) == expected


items = st.lists(st.fixed_dictionaries({"name": names, "grams": st.none() | positive}), max_size=9)


@given(items)
def test_sorting_keeps_every_model_and_failed_ones_are_last(models: list[dict[str, Any]]) -> None:
    up, down = (report.sort_models(models, "emission", order) for order in ("ascending", "descending"))
    assert sorted(up) == sorted(down) == sorted(m["name"] for m in models)
    by_name = report.sort_models(models, "name", "ascending")
    assert report.sort_models(models, "name", "descending") == by_name[::-1]
    failed = sum(m["grams"] is None for m in models)
    if len({m["name"] for m in models}) == len(models):
        grams = {m["name"]: m["grams"] for m in models}
        for order in (up, down):
            assert all(grams[name] is None for name in order[len(order) - failed :])


@given(st.recursive(st.none() | st.text() | st.floats(allow_nan=False, allow_infinity=False), st.lists))
def test_json_for_a_script_is_the_value_and_ends_no_script(value: Any) -> None:
    text = report.json_for_script(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)


@pytest.mark.parametrize(
    "call",
    [
        lambda: report.phase_summary([]),
        lambda: report.phase_summary([{"grams": -1, "energy_kwh": 1, "seconds": 1}]),
        lambda: report.phase_summary([{"grams": 1, "seconds": 1}]),
        lambda: report.grid_factor([], []),
        lambda: report.grid_factor([1.0], [1.0, 2.0]),
        lambda: report.reprice(-1, 1),
        lambda: report.reprice(1, -1),
        lambda: report.reprice(1, 1, 0.9),
        lambda: report.reprice(math.nan, 1),
        lambda: report.amortise(1, 1, 0.5),
        lambda: report.amortise(1, -1, 1),
        lambda: report.median_interval([]),
        lambda: report.median_interval([1.0], 1.0),
        lambda: report.sort_models([], "weight"),
        lambda: report.compare([1, 2, 3], [1, 2]),
        lambda: report.compare([1, 2], [1, 2]),
        lambda: report.json_for_script(math.nan),
    ],
)
def test_what_is_no_value_is_refused(call: Any) -> None:
    with pytest.raises(ValueError, match=r"\[hub\.bad_value\]") as caught:
        call()
    assert isinstance(caught.value, co2lib.Error)


@pytest.mark.parametrize(
    ("grams", "text"),
    [
        (0, "0 g"),
        (None, "unknown"),
        (1.2345e-7, "0.123 µg"),
        (9.994e-4, "999 µg"),
        (9.996e-4, "1.00 mg"),
        (0.0123, "12.3 mg"),
        (0.99949, "999 mg"),
        (0.9996, "1.00 g"),
        (12, "12.0 g"),
        (999.6, "1.00 kg"),
        (2.5e6, "2.50 t"),
    ],
)
def test_masses_are_read_with_three_digits(grams: float | None, text: str) -> None:
    assert _text.mass(grams) == text


def test_energies_change_their_unit_after_rounding() -> None:
    assert [_text.energy(j) for j in (0.25, 999.6, 3599, 3600, 3.6e6)] == [
        "250 mJ",
        "1000 J",
        "1.00 Wh",
        "1.00 Wh",
        "1.00 kWh",
    ]


class TestCompare:
    def test_a_lower_candidate_is_called_lower(self) -> None:
        base = [10.0, 11.0, 9.5, 10.5, 10.2]
        found = report.compare(base, [b - 1 - 0.01 * i for i, b in enumerate(base)])
        assert found.verdict == "lower"
        assert found.p_lower == 1
        assert found.low <= found.difference <= found.high < 0
        assert found.detectable < 0.1

    def test_without_a_difference_nothing_is_called(self) -> None:
        found = report.compare([10, 11, 9, 10], [11, 10, 10, 9])
        assert found.verdict == ""
        assert 0.05 < found.p_lower < 0.95
        assert found.detectable > abs(found.difference)

    def test_equal_values_are_neither(self) -> None:
        found = report.compare([1, 2, 3], [1, 2, 3])
        assert (found.difference, found.p_lower, found.verdict) == (0, 0.5, "")

    @settings(max_examples=20)
    @given(st.lists(st.tuples(st.floats(1, 100), st.floats(1, 100)), min_size=3, max_size=8))
    def test_exchanging_the_two_turns_the_answer(self, pairs: list[tuple[float, float]]) -> None:
        a, b = [p[0] for p in pairs], [p[1] for p in pairs]
        one, other = report.compare(a, b), report.compare(b, a)
        assert other.difference == pytest.approx(-one.difference)
        assert other.p_lower == pytest.approx(1 - one.p_lower, abs=1e-9)


class TestLabel:
    def test_it_says_the_letter_and_what_it_is_relative_to(self) -> None:
        from xml.etree import ElementTree

        facts = {"label": "B", "preset": "card-1", "population": "image models", "date": "2026-11", "n": 812}
        svg = ElementTree.fromstring(report.label_svg(facts, "</svg><script>x</script> & co", note="0.6 mg"))
        texts = [node.text for node in svg.iter("{http://www.w3.org/2000/svg}text")]
        assert texts[0] == "</svg><script>x</script> & co"
        assert texts.count("B") == 2
        assert texts.count("A") == 1
        assert (
            " ".join(t or "" for t in texts).count("relative to: card-1, image models, 2026-11, 812 models")
            == 1
        )
        assert texts[-1] == "0.6 mg"
        assert "letter B" in svg.attrib["aria-label"]
        assert "relative to what is not known" in report.label_svg("E", "m")

    @pytest.mark.parametrize("wrong", ["F", "", "AB", None, {"label": None}, {}])
    def test_another_letter_is_refused(self, wrong: Any) -> None:
        with pytest.raises(co2lib.Error, match="A to E"):
            report.label_svg(wrong, "m")
