# SPDX-License-Identifier: MIT
"""A location on its way: the footprint, its reports and its log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import co2lib
from co2lib import Footprint, intensity, meter, tracker
from co2lib.cli import _view
from co2lib.cli.app import app
from co2lib.testing import FakeMeter, ManualClock

INFO = meter.MeterInfo("package-0", kind="counter", domain="package", provider="powercap", accuracy=0.05)
KILOWATT_HOUR_S = 36_000.0  # at the 100 W of the counter


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the machine reaches the tests."""
    for name in list(os.environ):
        if name.startswith("CO2LIB_") and name not in ("CO2LIB_TEST_ENV", "CO2LIB_TRACES"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)


def run_at(utc: str, seconds: float = 5, **options: Any) -> Footprint:
    """The footprint of a run of a counter of 100 W, begun at that time."""
    clock = ManualClock(utc)
    cpu = FakeMeter.counter(clock, INFO, 100)
    with co2lib.track(meters=[cpu], clock=clock, fsync=False, **options) as run:
        assert clock.wait_for_waiters(1)
        assert clock.advance(seconds)
    footprint = run.footprint
    assert footprint is not None
    return footprint


def codes(footprint: Footprint) -> set[str]:
    return {issue.code for issue in footprint.issues}


def invoke(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_a_state_is_priced_with_its_own_value_and_not_with_its_countrys() -> None:
    grams = {
        place: run_at("2026-03-01T00:00:00Z", location=place).carbon_intensity
        for place in ("US-WY", "US-VT", "USA")
    }
    assert {place: g.g_per_kwh for place, g in grams.items() if g} == pytest.approx(
        {"US-WY": 878.739277, "US-VT": 76.472142, "USA": 384.4}
    )


@pytest.mark.parametrize("text", ["us-wy", " US-WY ", "Us-Wy"])
def test_the_footprint_has_the_place_by_its_key(text: str) -> None:
    footprint = run_at("2026-03-01T00:00:00Z", location=text)
    assert (footprint.location, footprint.intensity_source) == ("US-WY", "US-WY")
    assert footprint.priced_with == "US-WY 2023, direct plus upstream"
    assert codes(footprint) == set()
    assert footprint.to_dict()["location"] == "US-WY"
    assert footprint.to_dict()["intensity"]["priced_with"] == "US-WY 2023, direct plus upstream"


def test_alpha_2_is_the_country() -> None:
    footprint = run_at("2026-03-01T00:00:00Z", location="fr", log="run.jsonl")
    assert footprint.location == "FRA"
    assert footprint.csv_row()["country_iso_code"] == "FRA"
    assert tracker.load("run.jsonl").footprint().to_dict() == footprint.to_dict()
    assert '"location":"FRA"' in Path("run.jsonl").read_text()


def test_that_a_wider_place_answers_is_on_the_footprint_and_in_every_report() -> None:
    footprint = run_at("2026-03-01T00:00:00Z", location="cn-bj", log="run.jsonl")
    text = "CN-BJ has no lifecycle factor; that of CHN is used"
    assert [(i.code, i.subject, i.text) for i in footprint.issues] == [("wider_place", "CN-BJ", text)]
    assert footprint.priced_with == "CN-BJ by CHN 2025, published"
    reports = {
        "text": str(footprint),
        "notebook": footprint._repr_html_(),
        "terminal": _view.plain(_view.footprint_view(footprint)),
        "JSON": footprint.to_json(),
        "log": str(tracker.load("run.jsonl").footprint()),
    }
    for name, report in reports.items():
        assert text in report, name
        assert "CN-BJ by CHN 2025, published" in report, name


def test_old_and_unknown_are_told() -> None:
    old = run_at("2026-03-01T00:00:00Z", location="ESH")
    assert codes(old) == {"old_factor"}
    unknown = run_at("2026-03-01T00:00:00Z")
    assert codes(unknown) == {"location_unknown"}
    assert (unknown.location, unknown.intensity_source) == ("", "world_average")
    assert unknown.priced_with == "WORLD 2025, published"


def test_what_a_given_intensity_prices_has_no_remarks_of_the_place() -> None:
    footprint = run_at("2026-03-01T00:00:00Z", location="cn-bj", intensity=50)
    assert codes(footprint) == set()
    assert (footprint.location, footprint.priced_with) == ("CN-BJ", "fixed")


def test_a_run_is_priced_by_its_own_year_and_keeps_that_when_loaded_or_repriced() -> None:
    old = run_at("2023-06-01T00:00:00Z", location="CA-QC", log="run.jsonl")
    assert old.priced_with == "CA-QC 2023, generation mix"
    loaded = tracker.load("run.jsonl")
    assert loaded.footprint().to_json() == old.to_json()
    again = tracker.reprice(loaded, intensity.location_source("ca-qc")).footprint()
    assert again.operational.grams == old.operational.grams
    assert again.priced_with == old.priced_with


def test_a_run_over_new_year_is_priced_with_both_years() -> None:
    footprint = run_at(
        "2024-12-31T19:00:00Z", KILOWATT_HOUR_S, location="DEU", power_period_s=3600.0, flush_s=3600.0
    )
    assert footprint.energy.kwh == pytest.approx(1)
    assert footprint.priced_with == "DEU 2023, published; DEU 2025, published"
    assert footprint.operational.grams == pytest.approx((380.95 + 329.65) / 2)
    assert {(s.id, s.year) for s in footprint.sources if s.id == "DEU"} == {("DEU", 2023), ("DEU", 2025)}


@pytest.mark.parametrize(
    ("location", "country", "region", "cloud"),
    [
        ("de-by", ("DEU", "Germany"), "DE-BY", ("", "")),
        ("in-mh", ("IND", "India"), "IN-MH", ("", "")),
        ("aws:us-west-2", ("USA", "United States"), "", ("aws", "us-west-2")),
        ("AU", ("AUS", "Australia"), "", ("", "")),
        ("WORLD", ("", ""), "", ("", "")),
    ],
)
def test_the_emissions_row_names_country_and_region(
    location: str, country: tuple[str, str], region: str, cloud: tuple[str, str]
) -> None:
    row = run_at("2026-03-01T00:00:00Z", location=location).csv_row()
    assert (row["country_iso_code"], row["country_name"]) == country
    assert row["region"] == region
    assert (row["cloud_provider"], row["cloud_region"]) == cloud
    assert row["on_cloud"] == ("Y" if cloud[0] else "N")


def test_the_sensors_say_what_a_run_would_be_priced_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CO2LIB_LOCATION", "cn-bj")
    _, out, _ = invoke("sensors")
    assert "CN-BJ by CHN 2025, published: 526.2 g CO2e/kWh (lifecycle; " in out
    assert "location CN-BJ; CN-BJ has no lifecycle factor; that of CHN is used" in out
    monkeypatch.setenv("CO2LIB_INTENSITY", "50")
    assert "location CN-BJ, but an intensity is given" in invoke("sensors")[1]
    monkeypatch.delenv("CO2LIB_LOCATION")
    monkeypatch.delenv("CO2LIB_INTENSITY")
    assert "WORLD 2025, published: 458.5 g CO2e/kWh" in invoke("sensors")[1]
