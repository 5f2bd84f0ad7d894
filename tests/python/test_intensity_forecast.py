# SPDX-License-Identifier: MIT
"""Mixes, flows, local times, forecasts and backtests in Python: laws, refusals, and no look ahead."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import co2lib
from co2lib import CarbonIntensity, Energy, intensity

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def g(x: float) -> CarbonIntensity:
    return CarbonIntensity.from_g_per_kwh(x)


def grid(days: int, later: float = 0) -> intensity.Trace:
    """A grid whose hours from day 80 on are `later` higher."""
    values = [
        300 + 80 * math.sin(2 * math.pi * h / 24) + 25 * math.cos(h / 26.7) + 13 * math.sin(h * h)
        for h in range(24 * days)
    ]
    values = [v + later if h >= 24 * 80 else v for h, v in enumerate(values)]
    return intensity.Trace.regular(START, HOUR, list(values), zone="DE")


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1e6), min_size=1),
    st.permutations(list("abcdef")),
)
def test_a_mix_knows_no_order_and_lies_between_its_factors(
    energy: dict[str, float], order: list[str]
) -> None:
    factors = {"a": 820.0, "b": 490.0, "c": 12.0, "d": 48.0, "e": 11.0, "f": 700.0}
    if sum(energy.values()) <= 0:
        with pytest.raises(LookupError, match="no energy"):
            intensity.fuel_mix(energy, factors)
        return
    mix = intensity.fuel_mix(energy, factors)
    assert mix == intensity.fuel_mix({f: energy[f] for f in order if f in energy}, factors)
    used = [factors[f] for f, e in energy.items() if e > 0]
    assert min(used) * (1 - 1e-12) <= mix.value.g_per_kwh <= max(used) * (1 + 1e-12)


def test_flows_and_one_hop() -> None:
    used = intensity.flow_trace({"A": (100, g(500)), "B": (0, None)}, [("A", "B", 20)])
    assert used == {"A": g(500), "B": g(500)}
    assert intensity.one_hop(1, g(100), [(3, g(200))]) == g(175)
    with pytest.raises(LookupError) as caught:
        intensity.flow_trace({"A": (100, g(500)), "B": (0, None)}, [])
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.details == {"zone": "B"}


def test_local_times() -> None:
    assert intensity.parse_local_time("2022-07-01T12:00:00", "Europe/Copenhagen") == datetime(
        2022, 7, 1, 10, tzinfo=UTC
    )
    for text, zone, why in [
        ("2022-11-06T01:30:00", "America/Los_Angeles", "twice"),
        ("2022-03-13T02:30:00", "America/Los_Angeles", "never"),
        ("2022-03-13T02:30:00+01:00", "Europe/Paris", "bad_time"),
        ("2022-03-13T02:30:00", "Europe/Nowhere", "not an IANA time zone"),
        ("2022-03-13T02:30:00", "../etc/passwd", "not an IANA time zone"),
    ]:
        with pytest.raises(co2lib.Error, match=why) as caught:
            intensity.parse_local_time(text, zone)
        assert caught.value.code == "intensity.bad_time"


@pytest.mark.parametrize(
    "method", ["persistence", "same_hour_yesterday", "same_hour_last_week", "mean7", "blend", "ridge28"]
)
def test_no_value_after_the_issue_is_used(method: str) -> None:
    issue = START + 80 * 24 * HOUR
    made = intensity.forecast(grid(100), issue, method=method)
    assert made == intensity.forecast(grid(100, later=500), issue, method=method)
    assert made == intensity.forecast(grid(80), method=method)


def test_a_forecast_has_values_intervals_and_prices_energy() -> None:
    made = intensity.forecast(grid(90), horizon_h=48)
    assert (made.method, len(made), made.step_s) == ("blend", 48, 3600)
    assert made.issued_at == made.start == START + 90 * 24 * HOUR
    assert made.end == made.start + 48 * HOUR
    limits = made.interval(3, 0.9)
    assert limits is not None
    assert limits.low < made.value(3) < limits.high
    assert made.half_widths[3][0] <= made.half_widths[3][1] <= made.half_widths[3][2]
    priced = made.trace().price([(made.start, made.start + 2 * HOUR, Energy.from_kwh(1))])
    assert priced.mass.grams == pytest.approx(sum(made.g_per_kwh[:2]) / 2)
    assert made.trace()[0].generated_at == made.issued_at
    assert intensity.make_source(grid(90)).forecast(made.issued_at, horizon_h=48) == made
    assert intensity.make_source(g(50)).forecast(START, horizon_h=3).g_per_kwh == [50, 50, 50]


def test_backtest_scores_every_day_of_lead() -> None:
    tested = intensity.backtest(grid(120), first_issue="2024-03-01")
    assert tested.first == datetime(2024, 3, 1, tzinfo=UTC)
    assert len(tested.days) == 4
    day = tested.days[0]
    assert day.pairs == 24 * tested.issues
    assert [x.level for x in day.levels] == [0.8, 0.9, 0.95]
    assert 0.5 < day.levels[1].coverage <= 1
    assert tested == intensity.backtest(
        grid(120), first_issue=datetime(2024, 3, 1, tzinfo=UTC), method="blend"
    )
    assert tested.mean_spearman_day1 is not None
    forecasts = [intensity.forecast(grid(120), tested.first + i * 24 * HOUR) for i in range(tested.issues)]
    assert intensity.score(forecasts, grid(120)) == tested


def test_forecasts_are_kept_in_lines(tmp_path: Path) -> None:
    made = [intensity.forecast(grid(90), horizon_h=200), intensity.forecast(grid(30), intervals=False)]
    intensity.write_forecasts(tmp_path / "made.jsonl", made)
    assert intensity.read_forecasts(tmp_path / "made.jsonl") == made
    assert intensity.parse_forecast_line(intensity.json_line(made[0])) == made[0]
    with pytest.raises(ValueError, match=r"x:1: "):
        intensity.parse_forecasts("{}", "x")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: intensity.forecast(grid(7)), "intensity.too_short"),
        (lambda: intensity.forecast(grid(9), START + 200.5 * HOUR), "intensity.bad_time"),
        (lambda: intensity.forecast(grid(9), START + 300 * HOUR), "intensity.gap"),
        (lambda: intensity.forecast(grid(9), method="arima"), "intensity.bad_value"),
        (lambda: intensity.backtest(grid(9), first_issue="2024-01-02"), "intensity.too_short"),
        (lambda: intensity.fuel_factors("ar6"), "intensity.bad_value"),
        (lambda: intensity.fuel_mix({"peat": 1}, {}), "intensity.unknown_fuel"),
    ],
)
def test_refusals(call: object, code: str) -> None:
    with pytest.raises(co2lib.Error) as caught:
        call()  # type: ignore[operator]
    assert caught.value.code == code
