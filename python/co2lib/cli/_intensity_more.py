# SPDX-License-Identifier: MIT
"""What ``co2lib intensity`` shows besides a factor: the next days, and what is known of a place."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from co2lib import Error, Issue, intensity
from co2lib.cli._table import Rows
from co2lib.intensity import Backtest, Factor, Forecast, Place

LEVEL = 0.9
_SHOWN_EVERY_H = 3
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


def _g(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _hour(time: datetime) -> str:
    return f"{time:%a %Y-%m-%d %H:%M}"


# ----------------------------------------------------------------------------------------------------------
# --forecast
# ----------------------------------------------------------------------------------------------------------
def forecast_and_past(
    file: Path, place: Place, scope: str | None, method: str, horizon_h: int
) -> tuple[Forecast, Backtest | Issue]:
    """Return the forecast of a series from where it ends, and how the method did on it before, or why not."""
    trace = intensity.read_csv(file, scope=scope, zone=place.key)
    made = intensity.forecast(trace, method=method, horizon_h=horizon_h)
    try:
        return made, intensity.backtest(trace, method=method, horizon_h=min(horizon_h, 168))
    except Error as error:  # the forecast stands
        return made, Issue(error.code, str(file), error.message)


def _interval_text(made: Forecast, step: int) -> str:
    limits = made.interval(step, LEVEL)
    return "" if limits is None else f"{_g(limits.low.g_per_kwh)} to {_g(limits.high.g_per_kwh)}"


def forecast_rows(place: Place, file: Path, made: Forecast, past: Backtest | Issue) -> list[Rows]:
    """Return what people see: a head, the hours to come, the scores of the past."""
    head = Rows("", "", words=(1,), styles=("dim",))
    cleanest = min(range(len(made)), key=made.g_per_kwh.__getitem__)
    scope = made.attributes.scope
    head.add("Place", f"{place.key} ({place.name or place.country_name})".replace(" ()", ""))
    head.add("Forecast", f"{made.method}, issued {_hour(made.issued_at)} UTC, from {file.name}")
    head.add("Scope", f"{scope}, {made.attributes.signal}")
    head.add("Mean", f"{_g(sum(made.g_per_kwh) / len(made))} g CO2e/kWh over {len(made)} h")
    when = made.trace()[cleanest].start
    head.add("Cleanest hour", f"{_hour(when)} UTC, {_g(made.g_per_kwh[cleanest])} g CO2e/kWh")
    for issue in made.issues:
        head.add(Text(f"! {issue.code}", style="yellow"), issue.text)

    percent = f"{LEVEL:.0%}".replace("%", " %")
    hours = Rows("Hour (UTC)", "g/kWh", f"{percent} interval", right=("g/kWh", f"{percent} interval"))
    trace = made.trace()
    for step in range(0, len(made), _SHOWN_EVERY_H):
        hours.add(_hour(trace[step].start), _g(made.g_per_kwh[step]), _interval_text(made, step))

    if isinstance(past, Issue):
        scores = Rows("", "", words=(1,), styles=("dim",))
        scores.add("Before", f"no backtest: {past.text} [{past.code}]")
        return [head, hours, scores]
    heads = ("Mean error %", "Mean error g/kWh", f"Inside {percent}")
    title = f"Before ({past.issues} forecasts)"
    scores = Rows(title, *heads, right=heads)
    for day, score in enumerate(past.days, start=1):
        inside = next((f"{x.coverage:.0%}".replace("%", " %") for x in score.levels if x.level == LEVEL), "")
        mape = "" if score.mape_percent is None else f"{score.mape_percent:.1f}"
        scores.add(f"Day {day}", mape, _g(score.mae_g_per_kwh), inside)
    return [head, hours, scores]


def _backtest_dict(past: Backtest) -> dict[str, Any]:
    return {
        "method": past.method,
        "issues": past.issues,
        "first": intensity.format_time(past.first),
        "last": intensity.format_time(past.last),
        "mean_spearman_day1": past.mean_spearman_day1,
        "days": [
            {
                "mape_percent": day.mape_percent,
                "mae_g_per_kwh": day.mae_g_per_kwh,
                "pairs": day.pairs,
                "with_interval": day.with_interval,
                "pinball_g_per_kwh": day.pinball_g_per_kwh,
                "levels": [
                    {"level": x.level, "coverage": x.coverage, "winkler_g_per_kwh": x.winkler}
                    for x in day.levels
                ],
            }
            for day in past.days
        ],
    }


def forecast_dict(
    place: dict[str, Any], file: Path, made: Forecast, past: Backtest | Issue
) -> dict[str, Any]:
    """Return the same for ``--json``, with every hour and every level."""
    hours = []
    for step, record in enumerate(made.trace().records()):
        limits = {f"{level:.0%}": made.interval(step, level) for level in (0.8, 0.9, 0.95)}
        hours.append(
            {
                "start": intensity.format_time(record.start),
                "g_per_kwh": made.g_per_kwh[step],
                "intervals_g_per_kwh": {
                    level: None if x is None else [x.low.g_per_kwh, x.high.g_per_kwh]
                    for level, x in limits.items()
                },
                "flags": record.flags,
            }
        )
    issues = [*made.issues, *([past] if isinstance(past, Issue) else [])]
    return {
        "schema": "co2lib-forecast/1",
        "place": place,
        "file": str(file),
        "method": made.method,
        "issued_at": intensity.format_time(made.issued_at),
        "signal": made.attributes.signal,
        "scope": made.attributes.scope,
        "hours": hours,
        "backtest": None if isinstance(past, Issue) else _backtest_dict(past),
        "issues": [i.to_dict() for i in issues],
    }


# ----------------------------------------------------------------------------------------------------------
# --explain
# ----------------------------------------------------------------------------------------------------------
def rows_of(place: Place) -> list[Factor]:
    """Return every row that answers for a place in some year: both scopes, newest first."""
    found: dict[tuple[str, str, int], Factor] = {}
    for scope in ("lifecycle", "direct"):
        newest = intensity.factor(place.key, scope=scope, year=_LAST_YEAR).year
        for year in range(newest, _FIRST_YEAR - 1, -1):
            row = intensity.factor(place.key, scope=scope, year=year)
            if (scope, row.via, row.year) not in found:  # asked anew, without remarks on its age
                found[scope, row.via, row.year] = intensity.factor(place.key, scope=scope, year=row.year)
    return list(found.values())


def places_inside(place: Place) -> list[Place]:
    """Return the places of a country that have a key of their own."""
    if place.key != place.country:
        return []
    return [p for p in intensity.places() if p.country == place.country and p.key != place.key]


def explain_rows(used: Factor, known: list[Factor], inside: list[Place]) -> list[Rows]:
    """Return what people see: the rows known, the one used marked, and what lies inside of the place."""
    table = Rows("", "Scope", "Year", "g/kWh", "Row of", "Made by", "Source", right=("g/kWh",), words=(6,))
    for row in known:
        mine = (row.scope, row.year, row.via) == (used.scope, used.year, used.via)
        table.add(
            "used" if mine else "",
            row.scope,
            str(row.year),
            f"{row.g_per_kwh:.4g}",
            row.via,
            row.method.replace("_", " "),
            row.source.text,
            style="bold" if mine else "",
        )
    if not inside:
        return [table]
    more = Rows("", "", words=(1,), styles=("dim",))
    more.add("Inside of it", _inside_text(used, inside))
    return [table, more]


def _inside_text(used: Factor, inside: list[Place]) -> str:
    values = [intensity.factor(p.key, scope=used.scope) for p in inside]
    own = [f for f in values if f.via != used.via]
    text = f"{len(inside)} places with a key of their own"
    if own:
        low, high = min(own, key=lambda f: f.g_per_kwh), max(own, key=lambda f: f.g_per_kwh)
        text += (
            f", {len(own)} with a {used.scope} value of their own: {low.g_per_kwh:.4g} ({low.via}) to "
            f"{high.g_per_kwh:.4g} ({high.via}) g/kWh"
        )
    return f"{text}; `co2lib intensity --list {used.via}` lists them"
