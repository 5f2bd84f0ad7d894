# SPDX-License-Identifier: MIT
"""Issue, Source, Interval and Estimate."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from co2lib import CarbonMass, Energy, EnergyEstimate, EnergyInterval, Issue, Source

ISSUE = Issue("gap", "intel-rapl:0", "2 reads failed")
SOURCE = Source("ember", "Ember Yearly Electricity Data", 2024, "CC-BY-4.0")
INTERVAL = EnergyInterval(Energy.from_joules(1), Energy.from_joules(3), 0.9)
ESTIMATE = EnergyEstimate(Energy.from_joules(2), INTERVAL, INTERVAL, [ISSUE], [SOURCE])
RECORDS = [ISSUE, SOURCE, INTERVAL, ESTIMATE]


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
    assert repr(INTERVAL) == "<EnergyInterval 1 J to 3 J>"
    with pytest.raises(TypeError):
        EnergyInterval(1.0, 2.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        EnergyInterval(CarbonMass(), CarbonMass())  # type: ignore[arg-type]


def test_estimate_reads_like_its_quantity() -> None:
    assert ESTIMATE.joules == 2
    assert ESTIMATE.kwh == Energy.from_joules(2).kwh
    assert str(ESTIMATE) == "2 J (1 J to 3 J)"
    assert repr(ESTIMATE) == "<EnergyEstimate 2 J (1 J to 3 J)>"
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
