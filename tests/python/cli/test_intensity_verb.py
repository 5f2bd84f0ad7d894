# SPDX-License-Identifier: MIT
"""``co2lib intensity``: one place, and the list of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from co2lib import intensity
from co2lib.cli.app import app


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the machine reaches the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_the_verb_says_value_interval_year_method_basis_source_and_licence() -> None:
    status, out, err = invoke("intensity", "us-wy")
    assert (status, err) == (0, "")
    lines = [line.split(maxsplit=1) for line in out.splitlines()]
    told = {words[0]: words[1] for words in lines if len(words) == 2}
    assert told["Place"] == "US-WY (Wyoming, United States)"
    assert told["Intensity"] == "878.7 g CO2e/kWh"
    assert "527 to 1230 g/kWh, 95 % interval" in out
    assert told["Of"] == "US-WY 2023, direct plus upstream"
    assert told["Scope"].startswith("lifecycle")
    assert told["Basis"].startswith("production")
    assert "EPA eGRID2023" in told["Source"]
    assert "CC-BY-4.0 (Ember)" in told["Licence"]


def test_the_verb_takes_year_and_scope_and_prints_remarks() -> None:
    _, out, _ = invoke("intensity", "ESH", "--year", "2020", "--scope", "direct")
    assert "715 g CO2/kWh" in out
    assert "ESH 2009, estimate" in out
    assert "! estimated_factor" in out
    assert "880 coal + 415 gas + 715 oil" in " ".join(out.split())
    assert "! old_factor         the factor is of 2009, 11 years before 2020" in out
    _, out, _ = invoke("intensity", "cn-bj")
    assert "! wider_place   CN-BJ has no lifecycle factor; that of CHN is used" in out


def test_the_verb_prints_json() -> None:
    status, out, _ = invoke("intensity", "aws:us-west-2", "--json", "--year", "2024")
    told = json.loads(out)
    assert status == 0
    assert told["schema"] == "co2lib-intensity/1"
    assert told["place"] == {
        "key": "aws:us-west-2",
        "name": "Oregon",
        "country": "USA",
        "country_name": "United States",
        "subdivision": "US-OR",
    }
    found = intensity.factor("aws:us-west-2", year=2024)
    assert (told["g_per_kwh"], told["year"], told["via"]) == (found.g_per_kwh, 2023, "US-OR")
    assert told["interval_g_per_kwh"] == pytest.approx([0.6 * found.g_per_kwh, 1.4 * found.g_per_kwh])
    assert (told["scope"], told["basis"], told["gas"]) == ("lifecycle", "production", "CO2e")
    assert told["method"] == "direct_plus_upstream"
    assert told["line"] == found.line
    assert told["source"]["licence"] == found.source.licence
    assert told["issues"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Germany"], "nearest: DEU"),
        (["--list", "--scope", "x"], "scope: 'x' is not known; known: lifecycle, direct"),
        (["FRA", "--scope", "x"], "scope: 'x' is not known; known: lifecycle, direct"),
        (["FRA", "--year", "25"], "the year is 25; give all four digits"),
        (["--year", "2020"], "give a place such as FRA"),
    ],
)
def test_the_verb_refuses_with_status_2(arguments: list[str], message: str) -> None:
    status, out, err = invoke("intensity", *arguments)
    assert (status, out) == (2, "")
    assert message in err


def keys_listed(*arguments: str) -> list[str]:
    status, out, _ = invoke("intensity", "--list", "--json", *arguments)
    assert status == 0
    return [place["key"] for place in json.loads(out)["places"]]


def test_the_verb_lists_every_place_in_both_scopes() -> None:
    assert keys_listed() == intensity.locations()
    status, out, _ = invoke("intensity", "--list")
    assert status == 0
    assert len(out.splitlines()) > len(intensity.locations())


def test_the_list_is_filtered_by_country_name_and_beginning_of_a_word() -> None:
    germany = keys_listed("DE")
    assert germany[0] == "DEU"
    assert germany == keys_listed("germany") == keys_listed("deu")
    assert all(intensity.place(key).country == "DEU" for key in germany)
    assert (
        keys_listed("montre")
        == keys_listed("Montré")
        == [
            "aws:ca-central-1",
            "gcp:northamerica-northeast1",
        ]
    )
    assert keys_listed("US-WY") == ["US-WY"]
    assert keys_listed("new y") == ["US-NY"]
    assert set(keys_listed("azure")) == {key for key in intensity.locations() if key.startswith("azure:")}
    assert keys_listed("World") == ["WORLD"]


def test_the_list_says_whose_values_these_are() -> None:
    _, out, _ = invoke("intensity", "--list", "aws:us-west-2")
    assert "227.5   US-OR 2023" in out
    _, out, _ = invoke("intensity", "--list", "TWN", "--scope", "direct")
    assert "555.1   2023, estimate" in out
    assert "ifecycle" not in out
    status, out, _ = invoke("intensity", "--list", "zzz")
    assert (status, out) == (1, "no place begins like 'zzz'\n")


def test_the_list_honours_the_year() -> None:
    _, out, _ = invoke("intensity", "--list", "--json", "DEU", "--year", "2024", "--scope", "lifecycle")
    (place,) = [place for place in json.loads(out)["places"] if place["key"] == "DEU"]
    assert (place["lifecycle"]["year"], place["lifecycle"]["g_per_kwh"]) == (2023, 380.95)
    assert "direct" not in place


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    """A hundred days of a grid as our own CSV."""
    file = tmp_path / "grid.csv"
    trace = intensity.Trace.regular(
        "2024-01-01T00:00:00Z", 3600, [200.0 + 50 * (h % 24 > 11) + h * h % 7 for h in range(24 * 100)]
    )
    lines = ["start,end,value,unit,signal,scope"]
    for r in trace.records():
        assert r.value is not None
        times = f"{intensity.format_time(r.start)},{intensity.format_time(r.end)}"
        lines.append(f"{times},{r.value.g_per_kwh},g/kWh,average,lifecycle")
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_the_verb_shows_the_next_days_and_how_well_it_did_before(grid: Path) -> None:
    status, out, err = invoke("intensity", "DEU", "--forecast", str(grid))
    assert (status, err) == (0, "")
    assert "DEU (Germany)" in out
    assert "blend, issued Wed 2024-04-10 00:00 UTC, from grid.csv" in out
    assert "Cleanest hour" in out
    assert "90 % interval" in out
    assert "Before (" in out
    assert "Day 4" in out
    _, out, _ = invoke(
        "intensity", "DEU", "--forecast", str(grid), "--method", "ridge28", "--hours", "30", "--json"
    )
    told = json.loads(out)
    assert told["schema"] == "co2lib-forecast/1"
    assert (told["method"], len(told["hours"]), len(told["backtest"]["days"])) == ("ridge28", 30, 2)
    assert told["hours"][0]["intervals_g_per_kwh"].keys() == {"80%", "90%", "95%"}


def test_a_series_too_short_for_a_backtest_is_forecast_all_the_same(grid: Path) -> None:
    lines = grid.read_text(encoding="utf-8").splitlines()
    grid.write_text("\n".join(lines[: 1 + 200]), encoding="utf-8")
    status, out, _ = invoke("intensity", "DEU", "--forecast", str(grid))
    assert status == 0
    assert "no backtest" in out
    assert "! no_interval" in out
    grid.write_text("\n".join(lines[: 1 + 100]), encoding="utf-8")
    status, _, err = invoke("intensity", "DEU", "--forecast", str(grid))
    assert status == 2
    assert "intensity.too_short" in err
    assert invoke("intensity", "DEU", "--method", "blend")[0] == 2


def test_the_verb_explains_which_row_answers_and_what_else_is_known() -> None:
    status, out, _ = invoke("intensity", "USA", "--explain", "--year", "2024")
    assert status == 0
    used = [line for line in out.splitlines() if line.startswith("used")]
    assert len(used) == 1
    factor = intensity.factor("USA", year=2024)
    assert str(factor.year) in used[0]
    assert "direct" in out
    assert "Inside of it" in out
    _, out, _ = invoke("intensity", "USA", "--explain", "--json")
    told = json.loads(out)
    assert {row["scope"] for row in told["rows"]} == {"lifecycle", "direct"}
    assert "US-WY" in told["inside"]
    assert not any(issue["code"] == "old_factor" for row in told["rows"] for issue in row["issues"])
