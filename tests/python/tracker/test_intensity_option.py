# SPDX-License-Identifier: MIT
"""What users write for an intensity, and functions that fail."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import tracker

HEAD = "start,end,value,unit,signal,scope\n"
HOURS_10 = 36_000.0  # of 100 W: 1 kWh


def grams(bench: Any, intensity: Any) -> float | None:
    with bench.track(intensity=intensity, period_s=600, flush_s=600, log="run.jsonl") as run:
        bench.go(HOURS_10)
    stored = tracker.load("run.jsonl").footprint()
    value: float | None = run.footprint.operational.grams
    assert stored.operational.grams == value
    assert stored.priced_with == run.footprint.priced_with
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("56", 56),
        ("56.5", 56.5),
        ("5.6e1", 56),
        (" 56 ", 56),
        ("56 g/kWh", 56),
        ("56 gCO2e/kWh", 56),
        ("56 g CO2e/kWh", 56),
        ("56 kgCO2eq/MWh", 56),
        ("0.056 kg/kWh", 56),
        ("56 kg/MWh", 56),
        ("0", 0),
    ],
)
def test_a_text_with_or_without_its_unit(bench: Any, text: str, value: float) -> None:
    assert grams(bench, text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["", "FRA", "56 g", "56 g/kWh of coal", "no/such/file.csv", "-5", "nan", "inf"]
)
def test_a_text_that_is_none_names_the_option(bench: Any, text: str) -> None:
    error = bench.refused(**bench.options(intensity=text))
    assert error.code in ("tracker.bad_config", "meter.bad_input")
    assert "intensity" in str(error)


@pytest.mark.parametrize("kind", [str, Path])
def test_the_path_of_a_csv_file(bench: Any, kind: type) -> None:
    rows = ("2024-12-31T00:00:00Z,2025-01-01T05:00:00Z,200", "2025-01-01T05:00:00Z,2025-01-02T00:00:00Z,400")
    lines = [f"{row},g/kWh,average,lifecycle\n" for row in rows]
    Path("grid.csv").write_text(HEAD + "".join(lines))
    value = grams(bench, kind("grid.csv"))
    assert value == pytest.approx((5 * 200 + 5 * 400) / 10)


def test_a_csv_file_that_is_wrong_is_named_with_its_line(bench: Any) -> None:
    Path("grid.csv").write_text(HEAD + "yesterday,today,200,g/kWh,average,lifecycle\n")
    error = bench.refused(**bench.options(intensity="grid.csv"))
    assert "grid.csv" in str(error)
    assert "2" in str(error).split("grid.csv")[1][:8]


def test_a_function_of_the_time(bench: Any) -> None:
    asked: list[datetime] = []

    def now(time: datetime) -> float:
        asked.append(time)
        return 250.0

    assert grams(bench, now) == pytest.approx(250)
    assert all(time.tzinfo is not None for time in asked)
    assert any(time.astimezone(UTC).year == 2025 for time in asked)  # by the run's clock


@pytest.mark.parametrize(
    "function",
    [
        lambda: 250,
        lambda: co2lib.CarbonIntensity.from_g_per_kwh(250),
        lambda _: co2lib.CarbonIntensity.from_g_per_kwh(250),
        lambda time=None: 250.0,
    ],
)
def test_what_a_function_may_be(bench: Any, function: Any) -> None:
    assert grams(bench, function) == pytest.approx(250)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda: "250", "'250'"),
        (lambda _: None, "None"),
        (lambda _: True, "True"),
        (lambda _: [1], "[1]"),
        (lambda a, b: 1, "takes the time"),
        (lambda *, key: 1, "takes the time"),
    ],
)
def test_a_function_that_is_none_is_refused_before_the_run(bench: Any, function: Any, said: str) -> None:
    error = bench.refused(**bench.options(intensity=function))
    assert error.code == "tracker.bad_config"
    assert str(error).startswith("intensity: ")
    assert said in str(error)


def test_what_it_raises_before_the_run_is_the_programs(bench: Any) -> None:
    def offline(_: datetime) -> float:
        raise ConnectionError("no network")

    with pytest.raises(ConnectionError, match="no network"):
        co2lib.track(**bench.options(intensity=offline)).start()


@pytest.mark.parametrize("wrong", ["raise", "nan", "none", "text", "negative", "infinite", "interrupt"])
def test_one_that_fails_later_leaves_energy_and_no_number(
    bench: Any, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    calls = 0

    def sometimes(_: datetime) -> Any:
        nonlocal calls
        calls += 1
        if calls < 4:
            return 250.0
        if wrong == "raise":
            raise ConnectionError("no network")
        if wrong == "interrupt":
            raise KeyboardInterrupt
        return {
            "nan": float("nan"),
            "none": None,
            "text": "250",
            "negative": -250.0,
            "infinite": float("inf"),
        }[wrong]

    with bench.track(intensity=sometimes, log="run.jsonl") as run:
        for _ in range(10):
            bench.go(10)
    assert calls > 4
    for f in (run.footprint, tracker.load("run.jsonl").footprint()):
        assert f.energy.joules == 10_000
        assert f.operational.grams is None
        assert any("intensity" in (i.code + i.subject) for i in f.issues), f.issues
    assert not caplog.records


def test_a_place_that_was_not_given_is_said_with_the_remedy(bench: Any) -> None:
    with bench.track(intensity=None) as run:
        bench.go(1)
    [issue] = [i for i in run.footprint.issues if i.code == "location_unknown"]
    assert "location" in issue.text


def test_a_clock_of_1970_is_said_and_priced_with_the_newest_year(bench: Any) -> None:
    bench.clock = co2lib.testing.ManualClock(utc="1970-01-01T00:00:05Z")
    bench.cpu = bench.counter(100)
    with bench.track(intensity=None, location="FRA", period_s=600, flush_s=600, log="run.jsonl") as run:
        with run.region("epoch") as epoch:
            bench.go(HOURS_10)
        bench.go(HOURS_10)
    newest = co2lib.intensity.factor("FRA").g_per_kwh
    assert epoch.carbon.grams == pytest.approx(newest)
    for f in (run.footprint, tracker.load("run.jsonl").footprint()):
        assert f.start.year == 1970
        assert f.operational.grams == pytest.approx(2 * newest)
        assert f.regions["epoch"].each[0].carbon.grams == pytest.approx(newest)
        [issue] = [i for i in f.issues if i.code == "clock_unset"]
        assert "1970-01-01" in issue.text
