# SPDX-License-Identifier: MIT
"""Issue, Source, Interval and Estimate."""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from co2lib import (
    CarbonMass,
    CarbonMassEstimate,
    CarbonMassInterval,
    Energy,
    EnergyEstimate,
    EnergyInterval,
    Issue,
    Source,
    TimeEstimate,
    TimeInterval,
)

ISSUE = Issue("gap", "intel-rapl:0", "2 reads failed")
SOURCE = Source("ember", "Ember Yearly Electricity Data", 2024, "CC-BY-4.0")
INTERVAL = EnergyInterval(Energy.from_joules(1), Energy.from_joules(3), 0.9)
ESTIMATE = EnergyEstimate(Energy.from_joules(2), INTERVAL, INTERVAL, [ISSUE], [SOURCE])
TIME = TimeEstimate(2e-6, interval=TimeInterval(1e-6, 3.5e-6))
RECORDS = [ISSUE, SOURCE, INTERVAL, ESTIMATE, TIME, TIME.interval]


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: type(r).__name__)
def test_records_are_pickled_compared_and_hashed(record: Any) -> None:
    again = pickle.loads(pickle.dumps(record))
    assert again == record
    assert hash(again) == hash(record)
    assert (again != record) is False


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: type(r).__name__)
@pytest.mark.parametrize("other", [3, None, "gap", object()])
def test_a_record_differs_from_what_is_none(record: Any, other: Any) -> None:
    assert record != other
    assert (record == other) is False


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: type(r).__name__)
def test_records_cannot_be_changed(record: Any) -> None:
    for name in ("code", "id", "low", "value"):
        if hasattr(record, name):
            with pytest.raises(AttributeError):
                setattr(record, name, getattr(record, name))


def test_issue() -> None:
    assert (ISSUE.code, ISSUE.subject, ISSUE.text) == ("gap", "intel-rapl:0", "2 reads failed")
    assert ISSUE.to_dict() == {"code": "gap", "subject": "intel-rapl:0", "text": "2 reads failed"}
    assert str(ISSUE) == "gap (intel-rapl:0): 2 reads failed"
    assert repr(ISSUE) == f"<co2lib.Issue {ISSUE}>"
    assert str(Issue(code="gap")) == "gap"
    assert Issue("gap", "a") != Issue("gap", "b")


def test_source() -> None:
    assert SOURCE.to_dict() == {
        "id": "ember",
        "text": "Ember Yearly Electricity Data",
        "year": 2024,
        "licence": "CC-BY-4.0",
    }
    assert repr(SOURCE) == "<co2lib.Source ember 2024>"
    assert repr(Source("ember")) == "<co2lib.Source ember>"
    assert Source("ember").year == 0


def test_interval() -> None:
    assert INTERVAL.low == Energy.from_joules(1)
    assert INTERVAL.high.joules == 3
    assert INTERVAL.confidence == 0.9
    assert EnergyInterval(Energy(), Energy()).confidence == 0.95
    assert repr(INTERVAL) == "<EnergyInterval 1.00 to 3.00 J>"
    assert str(INTERVAL) == "1.00 to 3.00 J"
    with pytest.raises(TypeError):
        EnergyInterval(1.0, 2.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        EnergyInterval(CarbonMass(), CarbonMass())  # type: ignore[arg-type]


def test_estimate_reads_like_its_quantity() -> None:
    assert ESTIMATE.joules == 2
    assert ESTIMATE.kwh == Energy.from_joules(2).kwh
    assert str(ESTIMATE) == "2.00 J (1.00 to 3.00 J)"
    assert repr(ESTIMATE) == "<EnergyEstimate 2.00 J (1.00 to 3.00 J)>"
    assert (ESTIMATE.value_text, ESTIMATE.interval_text) == ("2.00 J", "1.00 to 3.00 J")
    assert ESTIMATE.issues == [ISSUE]
    assert ESTIMATE.sources == [SOURCE]
    assert not hasattr(ESTIMATE, "grams")


def test_an_unknown_estimate_is_none_and_never_zero() -> None:
    unknown = EnergyEstimate(issues=[ISSUE])
    assert unknown.value is None
    assert unknown.joules is None
    assert unknown.kwh is None
    assert unknown.bounds is None
    assert unknown.interval is None
    assert str(unknown) == "unknown"
    assert unknown != EnergyEstimate(Energy(), issues=[ISSUE])


def test_the_lists_of_an_estimate_are_its_own() -> None:
    issues = [ISSUE]
    estimate = EnergyEstimate(issues=issues)
    issues.clear()
    estimate.issues.clear()
    assert estimate.issues == [ISSUE]


def test_an_estimate_has_one_unit_for_its_value_and_its_interval() -> None:
    grams = CarbonMass.from_grams
    mass = CarbonMassEstimate(grams(1.11e-5), interval=CarbonMassInterval(grams(9.662e-7), grams(3.02e-5)))
    assert str(mass) == "0.0111 mg CO2e (0.000966 to 0.0302 mg)"
    assert str(EnergyEstimate(Energy.from_joules(0.02))) == "20.0 mJ"
    zero = EnergyEstimate(Energy(), interval=EnergyInterval(Energy(), Energy.from_wh(2)))
    assert str(zero) == "0 Wh (0 to 2.00 Wh)"
    unknown = EnergyEstimate(interval=EnergyInterval(Energy(), Energy.from_wh(2)))
    assert str(unknown) == "unknown (0 to 2.00 Wh)"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("", "2.00 J (1.00 to 3.00 J)"),
        (".1f", "2.0 J (1.0 to 3.0 J)"),
        ("+.0e", "+2e+00 J (+1e+00 to +3e+00 J)"),
        (">26", "   2.00 J (1.00 to 3.00 J)"),
        ("*<25s", "2.00 J (1.00 to 3.00 J)**"),
    ],
)
def test_a_format_is_for_each_number_of_an_estimate(spec: str, text: str) -> None:
    assert format(ESTIMATE, spec) == text
    assert format(EnergyEstimate(), ".3f") == "unknown"


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize("other", [ESTIMATE, EnergyEstimate(), Energy.from_joules(2), 3, None])
def test_estimates_are_not_ordered_and_say_what_to_compare(
    compare: Callable[[Any, Any], bool], other: Any
) -> None:
    for left, right in ((ESTIMATE, other), (other, ESTIMATE)):
        with pytest.raises(TypeError, match=r"a\.interval\.high < b\.interval\.low"):
            compare(left, right)


def test_estimates_are_not_added_and_say_what_to_add() -> None:
    attempts: list[Callable[[], Any]] = [
        lambda: ESTIMATE + ESTIMATE,  # type: ignore[operator]
        lambda: sum([ESTIMATE, ESTIMATE]),  # type: ignore[list-item]
        lambda: ESTIMATE + Energy(),  # type: ignore[operator]
        lambda: Energy() + ESTIMATE,  # type: ignore[operator]
        lambda: TIME + TIME,  # type: ignore[operator]
    ]
    for attempt in attempts:
        with pytest.raises(TypeError, match=r"sum\(e\.value for e in"):
            attempt()


def test_the_estimate_of_a_time_keeps_what_a_timedelta_would_cut() -> None:
    assert TIME.seconds == TIME.value == 2e-6
    assert TIME.interval is not None
    assert (TIME.interval.low, TIME.interval.high) == (1e-6, 3.5e-6)
    assert str(TIME) == "2.00 us (1.00 to 3.50 us)"
    fine = TimeEstimate(1.25e-7)
    assert fine.seconds == 1.25e-7
    assert pickle.loads(pickle.dumps(fine)).seconds == 1.25e-7
    assert TimeEstimate(timedelta(milliseconds=3)) == TimeEstimate(0.003)
    assert TimeEstimate().seconds is None
    assert not hasattr(TIME, "joules")
    with pytest.raises(TypeError, match="a number of seconds or a timedelta, not str"):
        TimeEstimate("1 s")  # type: ignore[arg-type]
