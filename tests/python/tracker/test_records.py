# SPDX-License-Identifier: MIT
"""A run as rows: its regions one by one, and its power over time."""

import importlib.util
from datetime import UTC
from itertools import pairwise
from typing import Any

import pytest

import co2lib
from co2lib import tracker


@pytest.fixture
def run(bench: Any) -> Any:
    with bench.track(log="run.jsonl", flush_s=5, pue=2) as made:
        for watts, seconds in ((100, 20), (300, 10)):
            bench.cpu.set_power(watts)
            with made.region("epoch"):
                bench.go(seconds)
                with made.region("eval", marker=True):
                    bench.go(1)
    return made


def test_regions_are_rows_in_the_order_of_time(run: Any) -> None:
    rows = run.tracker.to_records()
    assert [row["name"] for row in rows] == ["epoch", "eval", "epoch", "eval"]
    first, inner, second, _ = rows
    assert (first["duration_s"], second["duration_s"]) == (21, 11)
    assert (first["energy_j"], second["energy_j"]) == (pytest.approx(2100), pytest.approx(3300))
    assert first["energy_low_j"] <= first["energy_j"] <= first["energy_high_j"]
    assert first["exclusive_j"] == pytest.approx(2000)
    assert first["carbon_g"] == pytest.approx(2100 / 3.6e6 * 100 * 2)
    assert (first["parent"], inner["parent"]) == (0, first["id"])
    assert (second["start"] - first["start"]).total_seconds() == 21
    assert first["start"].tzinfo == UTC


def test_power_is_that_of_the_total_between_flushes(run: Any) -> None:
    rows = run.tracker.to_records("power")
    assert rows == sorted(rows, key=lambda row: row["start"])
    assert all(a["end"] == b["start"] for a, b in pairwise(rows))
    assert sum(row["mean_w"] * row["duration_s"] for row in rows) == pytest.approx(5400)
    assert sum(row["duration_s"] for row in rows) == pytest.approx(32)
    assert {round(row["mean_w"]) for row in rows} >= {100, 300}
    assert all((row["end"] - row["start"]).total_seconds() == row["duration_s"] for row in rows)


@pytest.mark.parametrize("what", ["regions", "power"])
def test_the_log_gives_the_same_rows(run: Any, what: str) -> None:
    stored = tracker.load("run.jsonl")
    assert stored.to_records(what) == run.tracker.to_records(what) == run.tracker.run().to_records(what)


@pytest.mark.parametrize("what", ["", "energy", None, 3])
def test_another_table_is_refused(run: Any, what: Any) -> None:
    for asked in (run.tracker, tracker.load("run.jsonl")):
        with pytest.raises((co2lib.Error, TypeError)) as error:
            asked.to_records(what)
        if isinstance(what, str):
            assert isinstance(error.value, co2lib.Error)
            assert error.value.code == "tracker.bad_input"
            assert "regions, power" in str(error.value)


def test_frames(run: Any) -> None:
    if importlib.util.find_spec("pandas") is None:
        with pytest.raises(co2lib.Error, match="pandas") as error:
            run.tracker.to_frame()
        assert error.value.code == "core.missing_extra"
        return
    frame = run.tracker.to_frame()
    assert list(frame["name"]) == ["epoch", "eval", "epoch", "eval"]
    assert frame["energy_j"].sum() == pytest.approx(5400 + 400)
    assert list(run.tracker.to_frame("power").columns) == ["start", "end", "duration_s", "mean_w"]


def test_a_run_of_nothing_has_no_rows(bench: Any) -> None:
    with bench.track(meters=[]) as empty:
        pass
    assert empty.tracker.to_records() == []
    assert empty.tracker.to_records("power") == []


def test_energy_that_is_not_known_is_none(bench: Any) -> None:
    bench.cpu.throw_error("unplugged")
    with bench.track() as unknown, unknown.region("epoch"):
        bench.go(10)
    [row] = unknown.tracker.to_records()
    assert (row["energy_j"], row["exclusive_j"], row["carbon_g"]) == (None, None, None)
    assert unknown.tracker.to_records("power") == []


def test_a_stretch_that_was_not_measured_has_no_power(bench: Any) -> None:
    supply = bench.power(100)
    with bench.track(meters=[supply], flush_s=10) as run:
        bench.go(30)
        supply.throw_error("unplugged")
        bench.go(25)
        supply.recover()
        bench.go(45)
    rows = run.tracker.to_records("power")
    assert {round(row["mean_w"], 6) for row in rows} == {100}
    assert 70 <= sum(row["duration_s"] for row in rows) <= 90
