# SPDX-License-Identifier: MIT
"""The figures of a plan: who serves when, at which intensity, carbon over time, and other ways to serve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

from co2lib.report import _text, _theme
from co2lib.report._charts import Cell, Column, Figure, altair, axis, colour, data, finish, ticks, time_axis

MOST_STEPS = 600
MARGIN = 64
HEIGHT = 220
WIDE, NARROW = 480, 230
"""Widths in points of a figure whose letters are placed apart: on paper or a screen, and on a telephone."""
LETTER = (16, 16)
"""Points that a letter with its space takes."""


class Steps:
    """The slots of a plan, put together to so many that a picture can show them."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self.models = {str(m["name"]): m for m in plan["models"]}
        self.order = [str(name) for name in plan["hull"] if str(name) in self.models]
        self.order += [name for name in self.models if name not in self.order]
        count = len(plan["mixes"])
        self.size = max(1, -(-count // MOST_STEPS))
        step_s = 3600 * float(plan["step_h"])
        self.unit_s, self.unit = time_axis(step_s * count)
        self.rows = [
            self._row(plan, i, min(i + self.size, count), step_s / self.unit_s)
            for i in range(0, count, self.size)
        ]

    def _row(self, plan: Mapping[str, Any], begin: int, end: int, step: float) -> dict[str, Any]:
        shares = dict.fromkeys(self.order, 0.0)
        requests = grams = points = 0.0
        for i in range(begin, end):
            mix, demand = plan["mixes"][i], plan["demand"][i]
            low, high = self.models[str(mix["model"])], self.models[str(mix["upgraded"])]
            shares[str(mix["model"])] += demand * (1 - mix["share"])
            shares[str(mix["upgraded"])] += demand * mix["share"]
            kwh = low["energy_kwh"] + mix["share"] * (high["energy_kwh"] - low["energy_kwh"])
            points += demand * (low["accuracy"] + mix["share"] * (high["accuracy"] - low["accuracy"]))
            grams += demand * kwh * plan["g_per_kwh"][i] * plan["pue"]
            requests += demand
        return {
            "t0": begin * step,
            "t1": end * step,
            "c": math.fsum(plan["g_per_kwh"][begin:end]) / (end - begin),
            "shares": {name: (value / requests if requests else 0.0) for name, value in shares.items()},
            "accuracy": points / requests if requests else None,
            "requests": requests,
            "grams": grams,
        }

    def when(self, row: Mapping[str, Any]) -> str:
        """Return where a step lies, for tables."""
        return f"{row['t0']:.5g} to {row['t1']:.5g} {self.unit}"

    def caption(self) -> str:
        """Return what a reader must know of what was put together."""
        return f" Each step is the mean of {self.size} slots." if self.size > 1 else ""


def _x(steps: Steps, plan: Mapping[str, Any], name: str = "t0") -> Any:
    alt = altair()
    since = (
        f"since {str(plan['start'])[:16].replace('T', ' ')} UTC" if plan.get("start") else "since the start"
    )
    end = steps.rows[-1]["t1"]
    return alt.X(
        f"{name}:Q",
        title=f"time {since} ({steps.unit})",
        axis=alt.Axis(grid=False, tickCount=ticks()),
        scale=alt.Scale(domain=[0, end], nice=False),
    )


def _who(steps: Steps, plan: Mapping[str, Any], mode: str) -> Figure:
    alt = altair()
    letters = _theme.lettered(steps.order)
    table = []
    for row in steps.rows:
        table.append(
            [
                Cell(steps.when(row)),
                Cell(f"{row['c']:.4g}", number=True),
                *(Cell(_text.percent(100 * share), number=True) for share in row["shares"].values()),
                Cell("" if row["accuracy"] is None else f"{row['accuracy']:.4g}", number=True),
                Cell(_text.mass(row["grams"]), number=True),
            ]
        )
    chart = (
        alt.Chart(data(_stretches(steps, letters)))
        .mark_rect()
        .encode(
            x=_x(steps, plan),
            x2="t1:Q",
            y=alt.Y("y0:Q", title="requests (%)", scale=alt.Scale(domain=[0, 100]), axis=_left()),
            y2="y1:Q",
            color=colour(list(letters.values()), mode),
            tooltip=[
                alt.Tooltip("series:N", title="model"),
                alt.Tooltip("p:Q", title="% of the requests", format=".3~r"),
                alt.Tooltip("t0:Q", title=f"from ({steps.unit})", format=".4~r"),
            ],
        )
    )
    columns = [Column("Time"), Column("g CO2e/kWh"), *(Column(letters[name]) for name in steps.order)]
    columns += [Column("Mean accuracy"), Column("Carbon")]
    caption = "The part of the requests that each model serves; large models serve when electricity is clean."
    return Figure(
        "plan-models",
        "Who serves when",
        caption + steps.caption(),
        finish(chart, mode, height=190),
        columns,
        table,
        wide=True,
    )


def _stretches(steps: Steps, letters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one rectangle per model and stretch of time in which the shares stay the same."""
    found: list[dict[str, Any]] = []
    begin = 0
    for i, row in enumerate(steps.rows):
        if i + 1 < len(steps.rows) and steps.rows[i + 1]["shares"] == row["shares"]:
            continue
        low = 0.0
        for name, share in row["shares"].items():
            if share > 0:
                found.append(
                    {
                        "t0": steps.rows[begin]["t0"],
                        "t1": row["t1"],
                        "y0": 100 * low,
                        "y1": 100 * (low + share),
                        "p": 100 * share,
                        "series": letters[name],
                    }
                )
                low += share
        begin = i + 1
    return found


def _left() -> Any:
    return altair().Axis(tickCount=4, minExtent=MARGIN, maxExtent=MARGIN)


def _when(steps: Steps, plan: Mapping[str, Any], mode: str) -> Figure:
    alt = altair()
    palette = _theme.MODES[mode]
    points = [{"t": row["t0"], "c": row["c"]} for row in steps.rows]
    points.append({"t": steps.rows[-1]["t1"], "c": points[-1]["c"]})
    most = max(point["c"] for point in points)
    limits = []
    for i, value in enumerate(plan.get("thresholds_g_per_kwh") or []):
        if i + 1 < len(plan["hull"]):
            limits.append({"c": value, "name": str(plan["hull"][i + 1]), "t": steps.rows[-1]["t1"]})
    line = (
        alt.Chart(data(points))
        .mark_line(interpolate="step-after", strokeWidth=2, color=palette["c1"])
        .encode(
            x=_x(steps, plan, "t"),
            y=alt.Y("c:Q", title="g CO2e/kWh", scale=alt.Scale(zero=True), axis=_left()),
            tooltip=[
                alt.Tooltip("c:Q", title="g CO2e/kWh", format=".4~r"),
                alt.Tooltip("t:Q", title=steps.unit, format=".4~r"),
            ],
        )
    )
    layers = [line]
    shown = [limit for limit in limits if limit["c"] <= 1.05 * most]
    if shown:
        rules = (
            alt.Chart(data(shown))
            .mark_rule(strokeDash=[5, 4], color=palette["ink"], aria=False)
            .encode(y="c:Q")
        )
        named = (
            alt.Chart(data(shown))
            .transform_calculate(text="'below: '+datum.name")
            .encode(x="t:Q", y="c:Q", text="text:N")
        )
        place = {"align": "right", "dx": -4, "dy": -8, "limit": 160}
        halo = named.mark_text(
            **place, color=palette["card"], stroke=palette["card"], strokeWidth=5, aria=False
        )
        layers += [rules, halo, named.mark_text(**place, color=palette["ink"])]
    table = [[Cell(steps.when(row)), Cell(f"{row['c']:.4g}", number=True)] for row in steps.rows]
    caption = (
        "Below a dashed line the named model serves, or a larger one." if shown else "What the plan knew."
    )
    if plan.get("forecast"):
        caption += " These intensities are a forecast."
    return Figure(
        "plan-intensity",
        "Carbon intensity",
        caption + steps.caption(),
        finish(alt.layer(*layers), mode, height=170),
        [Column("Time"), Column("g CO2e/kWh")],
        table,
        wide=True,
    )


def _spent(steps: Steps, plan: Mapping[str, Any], mode: str) -> Figure:
    alt = altair()
    palette = _theme.MODES[mode]
    budget = plan.get("budget_g")
    points, table, total = [{"t": 0.0, "g": 0.0}], [], 0.0
    for row in steps.rows:
        total += row["grams"]
        points.append({"t": row["t1"], "g": total})
        table.append(
            [
                Cell(steps.when(row)),
                Cell(_text.mass(row["grams"]), number=True),
                Cell(_text.mass(total), number=True),
                Cell(_text.percent(100 * total / budget) if budget else "", number=True),
            ]
        )
    area = (
        alt.Chart(data(points))
        .mark_area(color=palette["c3"], opacity=0.25, line={"color": palette["c3"], "strokeWidth": 2})
        .encode(
            x=_x(steps, plan, "t"),
            y=alt.Y(
                "g:Q", axis=axis("mass", "carbon so far (CO2e)", tickCount=4), scale=alt.Scale(zero=True)
            ),
        )
    )
    layers = [area]
    if budget:
        row_of = data([{"g": budget, "t": 0.0, "text": f"budget {_text.mass(budget)}"}])
        layers.append(alt.Chart(row_of).mark_rule(strokeDash=[5, 4], color=palette["ink"]).encode(y="g:Q"))
        layers.append(
            alt.Chart(row_of)
            .mark_text(align="left", dx=4, dy=-7, color=palette["ink"])
            .encode(x="t:Q", y="g:Q", text="text:N")
        )
    columns = [Column("Time"), Column("Carbon"), Column("So far"), Column("Of the budget")]
    return Figure(
        "plan-carbon",
        "Carbon over time",
        "Energy of the requests times carbon intensity times PUE, added up." + steps.caption(),
        finish(alt.layer(*layers), mode, height=220),
        columns if budget else columns[:3],
        table if budget else [row[:3] for row in table],
    )


def ways(plan: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Return the ways to serve: name, mean accuracy in points, carbon in g; the plan first."""
    reports = plan.get("reports") or {}
    found: list[tuple[str, float, float]] = []
    for name, report in reports.items():
        rows = report.get("rows") or []
        for i, row in enumerate(rows):
            label = ("this plan" if name == "plan" else str(name)) if i == 0 else str(row["name"])
            if label not in {one[0] for one in found}:
                found.append((label, float(row["accuracy"]), float(row["carbon_g"])))
    if not found:
        found.append(("this plan", plan["accuracy"], plan["carbon_g"]))
        requests = [d * c for d, c in zip(plan["demand"], plan["g_per_kwh"], strict=True)]
        for model in plan["models"]:
            grams = math.fsum(requests) * model["energy_kwh"] * plan["pue"]
            found.append((f"always {model['name']}", float(model["accuracy"]), grams))
        found.append(("carbon-agnostic mix of this accuracy", plan["accuracy"], plan["agnostic_carbon_g"]))
    return found


def _marks(found: list[tuple[str, float, float]], letters: Mapping[str, str], width: float) -> list[str]:
    """Return what stands at each point in a picture of this width: letters, no two texts of which overlap.

    Points whose texts would lie on each other share one, at the first of them.
    """
    most = max(g for _, _, g in found) or 1.0
    least = min(a for _, a, _ in found)
    span = (max(a for _, a, _ in found) - least) or 1.0
    at = [(g / most * 0.9 * width, (a - least) / span * (HEIGHT - 50)) for _, a, g in found]
    groups = [[i] for i in range(len(found))]

    def touch(one: list[int], other: list[int]) -> bool:
        (x, y), (u, v) = at[one[0]], at[other[0]]
        return abs(y - v) < LETTER[1] and abs(x - u) < LETTER[0] * (len(one) + len(other)) / 2

    while pair := next(((a, b) for a, b in combinations(groups, 2) if touch(a, b)), None):
        pair[0].extend(pair[1])
        pair[0].sort()
        groups.remove(pair[1])
    marks = [""] * len(found)
    for group in groups:
        marks[group[0]] = " ".join(letters[found[i][0]].split()[0] for i in group)
    return marks


def _beside(plan: Mapping[str, Any], mode: str) -> Figure:
    alt = altair()
    palette = _theme.MODES[mode]
    found = ways(plan)
    letters = _theme.lettered([name for name, _, _ in found])
    rows = [
        {"name": name, "wide": wide, "narrow": narrow, "a": accuracy, "g": grams, "own": i == 0}
        for i, ((name, accuracy, grams), wide, narrow) in enumerate(
            zip(found, _marks(found, letters, WIDE), _marks(found, letters, NARROW), strict=True)
        )
    ]
    base = alt.Chart(data(rows[::-1])).encode(  # this plan last, above the others
        x=alt.X("g:Q", axis=axis("mass", "carbon (CO2e)"), scale=alt.Scale(zero=True)),
        y=alt.Y("a:Q", title="mean accuracy (points)", scale=alt.Scale(zero=False, padding=22)),
    )
    points = base.mark_point(filled=True, opacity=1).encode(
        size=alt.condition("datum.own", alt.value(190), alt.value(80)),
        shape=alt.condition("datum.own", alt.value("diamond"), alt.value("circle")),
        color=alt.condition("datum.own", alt.value(palette["c2"]), alt.value(palette["c1"])),
        tooltip=[
            alt.Tooltip("name:N"),
            alt.Tooltip("a:Q", title="accuracy", format=".4~r"),
            alt.Tooltip("g:Q", title="g CO2e", format=".4~r"),
        ],
    )
    names = (
        base.transform_calculate(at=f"width<{WIDE}?datum.narrow:datum.wide")
        .mark_text(dy=-14, color=palette["ink"], fontWeight="bold", aria=False)
        .encode(text="at:N")
    )
    budget = plan.get("budget_g")
    table = [
        [
            Cell(letters[name]),
            Cell(f"{accuracy:.4g}", number=True),
            Cell(_text.mass(grams), number=True),
            Cell(_text.percent(100 * grams / budget) if budget else "", number=True),
        ]
        for name, accuracy, grams in found
    ]
    columns = [Column("Way to serve"), Column("Accuracy"), Column("Carbon"), Column("Of the budget")]
    return Figure(
        "plan-ways",
        "Beside what else could be done",
        "Left is less carbon, up is better answers. The diamond is this plan; the table names the letters.",
        finish(alt.layer(points, names), mode, height=HEIGHT),
        columns if budget else columns[:3],
        table if budget else [row[:3] for row in table],
        wide=True,
        shown=True,
    )


def _family(plan: Mapping[str, Any], mode: str) -> Figure:
    alt = altair()
    palette = _theme.MODES[mode]
    hull = {str(name): i for i, name in enumerate(plan["hull"])}
    size, unit = _text.best((3.6e6 * m["energy_kwh"] for m in plan["models"]), _text.ENERGY)
    rows = [
        {
            "name": str(m["name"]),
            "j": 3.6e6 * m["energy_kwh"],
            "x": 3.6e6 * m["energy_kwh"] / size,
            "a": m["accuracy"],
            "hull": str(m["name"]) in hull,
        }
        for m in plan["models"]
    ]
    base = alt.Chart(data(rows)).encode(
        x=alt.X("x:Q", title=f"energy per request ({unit})", scale=alt.Scale(domainMin=0, nice=True)),
        y=alt.Y("a:Q", title="accuracy (points)", scale=alt.Scale(zero=False, padding=22)),
    )
    line = base.transform_filter("datum.hull").mark_line(color=palette["soft"], strokeDash=[4, 3], aria=False)
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        color=alt.condition("datum.hull", alt.value(palette["c1"]), alt.value(palette["c8"])),
        shape=alt.condition("datum.hull", alt.value("circle"), alt.value("square")),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("a:Q", title="accuracy", format=".4~r")],
    )
    named = base.encode(text="name:N")
    halo = named.mark_text(
        dy=-12, color=palette["card"], stroke=palette["card"], strokeWidth=4, limit=140, aria=False
    )
    names = named.mark_text(dy=-12, color=palette["ink"], limit=140, aria=False)
    table = [
        [
            Cell(row["name"]),
            Cell(_text.energy(row["j"]), number=True),
            Cell(f"{row['a']:.4g}", number=True),
            Cell("yes" if row["hull"] else "no: a mix of others is better"),
        ]
        for row in rows
    ]
    return Figure(
        "plan-family",
        "The models",
        "Mixes of two models lie on the line between them; a square is never worth serving.",
        finish(alt.layer(line, halo, points, names), mode, height=220),
        [Column("Model"), Column("Energy per request"), Column("Accuracy"), Column("Used by plans")],
        table,
    )


def plan_figures(plan: Mapping[str, Any], mode: str) -> list[Figure]:
    """Return the figures of a plan."""
    steps = Steps(plan)
    return [
        _who(steps, plan, mode),
        _when(steps, plan, mode),
        _spent(steps, plan, mode),
        _family(plan, mode),
        _beside(plan, mode),
    ]
