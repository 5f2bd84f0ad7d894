# SPDX-License-Identifier: MIT
"""The figures of a run: power over time, energy and carbon by region, what the interval is made of."""

from __future__ import annotations

import math
from typing import Any

from co2lib.report import _runs, _text, _theme
from co2lib.report._charts import (
    Cell,
    Column,
    Figure,
    G,
    altair,
    axis,
    colour,
    dash,
    data,
    few_ticks,
    finish,
    length,
    parameters,
    priced,
    ticks,
    time_axis,
)
from co2lib.report._log import Power, decimate
from co2lib.report._runs import RunView

MOST_POINTS = 1000
MOST_STRETCHES = 1500
MOST_REGIONS = 24
FAINT = [0.06, 1]
MANY_ROWS = 40
"""A longer table can be searched."""


def bars(
    rows: list[dict[str, Any]], kind: str, mode: str, title: str, *, error: bool = False, hue: str = "c1"
) -> Any:
    """Draw one bar per row, in the order of the rows: J, or g by the page's price."""
    alt = altair()
    palette = _theme.MODES[mode]
    for i, row in enumerate(rows):
        row["rank"] = i
    value = "g" if kind == "mass" else "x"
    size, unit = _text.best((row.get("high") or row["j"] or 0.0 for row in rows), _text.ENERGY)
    base = alt.Chart(data(rows)).transform_filter("isValid(datum.j)")
    if kind == "mass":
        base = base.transform_calculate(g=G)
        label, scale_axis = _text.expression(kind, "datum.g"), axis(kind, title)
    else:
        base = base.transform_calculate(x=f"datum.j/{size!r}")
        label, scale_axis = (
            _text.expression(kind, "datum.j"),
            alt.Axis(title=f"{title} ({unit})", tickCount=few_ticks()),
        )
    base = base.transform_calculate(
        text=f"{label}+(isValid(datum.percent)?' ('+format(datum.percent,'.1f')+' %)':'')"
    ).encode(
        y=alt.Y(
            "name:N",
            title=None,
            sort=alt.EncodingSortField(field="rank", op="min", order="ascending"),
            axis=alt.Axis(labelColor=palette["ink"], labelLimit=130),
        ),
        tooltip=[alt.Tooltip("name:N", title="name"), alt.Tooltip("text:N", title=title)],
        description="text:N",
    )
    drawn = base.mark_bar(color=palette[hue], height={"band": 0.62}).encode(
        x=alt.X(f"{value}:Q", axis=scale_axis, scale=length())
    )
    labels = base.mark_text(align="left", dx=6, baseline="middle", color=palette["ink"]).encode(
        x=alt.X(f"{value}:Q"), text="text:N"
    )
    # Room for the labels right of the longest bar.
    room = (
        base.mark_point(opacity=0, size=0, aria=False)
        .transform_calculate(edge=f"datum.{value}*max(1.1,width/max(60,width-135))")
        .encode(x="edge:Q")
    )
    lost = [row for row in rows if row["j"] is None]
    layers = [drawn, labels, room]
    if lost:
        unknown = alt.Chart(data(lost)).mark_text(
            align="left", baseline="middle", color=palette["soft"], fontStyle="italic"
        )
        unknown = unknown.encode(
            y=base.encoding.y, x=alt.value(6), text=alt.value("unknown"), description="name:N"
        )
        if len(lost) == len(rows):  # bars of nothing would have no extent
            return finish(unknown, mode, height=max(60, 30 * len(rows) + 12))
        layers.append(unknown)
    if error:
        known = base.transform_filter("isValid(datum.low)")
        factor = f"{1 / size!r}" if kind == "energy" else "datum.g/datum.j"
        whiskers = (
            known.transform_calculate(lo=f"datum.low*{factor}", hi=f"datum.high*{factor}")
            .mark_rule(color=palette["ink"], strokeWidth=1.5, aria=False)
            .encode(x="lo:Q", x2="hi:Q")
        )
        labels = labels.encode(x="edge0:Q").transform_calculate(
            edge0=f"isValid(datum.high)?datum.high*{factor}:datum.{value}"
        )
        layers = [drawn, whiskers, labels, *layers[2:]]
    chart = alt.layer(*layers)
    if kind == "mass":
        chart = chart.add_params(*parameters())
    return finish(chart, mode, height=max(60, 30 * len(rows) + 12))


def time(unit: str, name: str = "t") -> Any:
    """Return the axis of time."""
    alt = altair()
    return alt.X(
        f"{name}:Q",
        title=f"time since the start ({unit})",
        axis=alt.Axis(grid=False, tickCount=ticks()),
        scale=alt.Scale(nice=False),
    )


def _steps(most: float) -> list[float]:
    """Return a few round numbers up to `most`."""
    size = 10.0 ** (math.floor(math.log10(most)) if most > 0 else 0)
    step = next(s * size for s in (0.2, 0.5, 1.0, 2.0, 5.0) if most / (s * size) <= 5)
    return [step * i for i in range(1, 6) if step * i <= most]


def steps(series: list[Power], start: float, size: float, label: str) -> list[dict[str, Any]]:
    """Return the points of one line, thinned: `size` s are one unit of the axis, which begins at `start`."""
    points: list[dict[str, Any]] = []
    thin = decimate(series, MOST_POINTS)
    for p, after in zip(thin, [*thin[1:], None], strict=True):
        points.append({"t": (p.start - start) / size, "w": p.watts, "series": label})
        if after is None or after.start > p.end + 1e-6:  # nothing was measured in between
            points.append({"t": (p.end - start) / size, "w": p.watts, "series": label})
            if after is not None:
                points.append({"t": (p.end - start) / size, "w": None, "series": label})
    return points


def lines(points: list[dict[str, Any]], labels: list[str], unit: str, what: str, mode: str) -> Any:
    """Draw the power of series over time."""
    alt = altair()
    return (
        alt.Chart(data(points))
        .mark_line(interpolate="step-after", strokeWidth=2, strokeJoin="round")
        .encode(
            x=time(unit),
            y=alt.Y("w:Q", axis=axis("power", "power", tickCount=4), scale=alt.Scale(zero=True)),
            color=colour(labels, mode, line=True),
            strokeDash=dash(labels),
            tooltip=[
                alt.Tooltip("series:N", title=what),
                alt.Tooltip("w:Q", title="W", format=".4~r"),
                alt.Tooltip("t:Q", title=unit, format=".4~r"),
            ],
        )
    )


def power(view: RunView, mode: str) -> Figure | None:
    """Draw the power of each device over time."""
    if view.log is None or not view.log.powers:
        return None
    shown = [d for d in _runs.devices(view) if d["in_total"]]
    letters = _theme.lettered([d["name"] for d in shown])
    start = min(p.start for p in view.log.powers)
    end = max(p.end for p in view.log.powers)
    size, unit = time_axis(end - start)
    points: list[dict[str, Any]] = []
    rows: list[list[Cell]] = []
    for device in shown:
        series = [p for p in view.log.powers if p.device == device["id"]]
        if not series:
            continue
        label = letters[device["name"]]
        points += steps(series, start, size, label)
        watts = [p.watts for p in series]
        rows.append(
            [
                Cell(label),
                Cell(_text.power(device["mean_w"]), number=True),
                Cell(_text.power(min(watts)), number=True),
                Cell(_text.power(max(watts)), number=True),
                Cell(str(len(series)), number=True),
            ]
        )
    if not points:
        return None
    chart = lines(points, list(letters.values()), unit, "device", mode)
    caption = "Mean power between two lines of the log; what was not measured is left out."
    if len(view.log.powers) > MOST_POINTS * len(shown):
        caption += " Of neighbouring values the least and the greatest are drawn."
    columns = [Column("Device"), Column("Mean"), Column("Least"), Column("Greatest"), Column("Values")]
    return Figure(
        "power", "Power by device", caption, finish(chart, mode, height=230), columns, rows, wide=True
    )


def open_bars(rows: Any, unit: str, mode: str, scale: Any, legend: dict[str, Any]) -> Any:
    """Draw regions as bars as long as they were open, the stronger their colour the more their power."""
    alt = altair()
    return (
        alt.Chart(rows)
        .mark_bar(height={"band": 0.7}, color=_theme.MODES[mode]["c1"], cornerRadius=0)
        .encode(
            x=time(unit, "t0"),
            x2="t1:Q",
            y=alt.Y("series:N", title=None, sort=None, axis=alt.Axis(labelLimit=130)),
            opacity=alt.Opacity(
                "w:Q",
                scale=scale,
                legend=alt.Legend(
                    title="mean power (W)",
                    orient="top",
                    columns=4,
                    symbolOpacity=1,
                    symbolStrokeWidth=0,
                    **legend,
                ),
            ),
            tooltip=[alt.Tooltip("series:N", title="region"), alt.Tooltip("w:Q", title="W", format=".4~r")],
        )
    )


def stretches(view: RunView, mode: str) -> Figure | None:
    """Draw the mean power of every region, from when it was opened until it was closed."""
    if view.log is None or not view.log.stretches:
        return None
    alt = altair()
    known = [s for s in view.log.stretches if s.watts is not None]
    if not known:
        return None
    start = min([p.start for p in view.log.powers] + [s.start for s in known])
    size, unit = time_axis(max(s.end for s in known) - start)
    names = list(dict.fromkeys(s.name for s in sorted(known, key=lambda s: -(s.end - s.start))))
    letters = _theme.lettered(names)
    lasted: dict[str, float] = {}
    for s in known:
        lasted[s.name] = lasted.get(s.name, 0.0) + s.end - s.start
    longest = sorted(names, key=lambda name: -lasted[name])[:MOST_REGIONS]
    shown = [label for name, label in letters.items() if name in longest]
    drawn = [s for s in known if s.name in longest]
    step = len(drawn) - MOST_STRETCHES
    if step > 0:
        drawn = sorted(drawn, key=lambda s: -(s.end - s.start))[:MOST_STRETCHES]
    points = [
        {
            "t0": (s.start - start) / size,
            "t1": (s.end - start) / size,
            "w": s.watts,
            "series": letters[s.name],
        }
        for s in drawn
    ]
    most = max(s.watts or 0.0 for s in drawn)
    legend = {"values": _steps(most)}
    chart = open_bars(data(points), unit, mode, alt.Scale(domain=[0, most], range=FAINT), legend)
    chart = chart.encode(y=chart.encoding.y.copy(deep=True).sort(shown))
    rows = []
    for name in names:
        each = [s for s in known if s.name == name]
        watts = [s.watts for s in each if s.watts is not None]
        rows.append(
            [
                Cell(letters[name]),
                Cell(str(len(each)), number=True),
                Cell(_text.seconds(sum(s.end - s.start for s in each)), number=True),
                Cell(_text.power(min(watts)), number=True),
                Cell(_text.power(max(watts)), number=True),
            ]
        )
    caption = (
        "Each bar is one region, as long as it was open; the stronger its colour, the more its mean power."
    )
    if len(drawn) < len(known):
        caption += f" Those open longest are drawn, {len(drawn)} of {len(known)}."
    columns = [
        Column("Region"),
        Column("Times"),
        Column("Open"),
        Column("Least power"),
        Column("Greatest power"),
    ]
    return Figure(
        "stretches",
        "Power by region",
        caption,
        finish(chart, mode, height=30 * len(shown) + 10),
        columns,
        rows,
        wide=True,
        search=len(rows) > MANY_ROWS,
    )


def _number(value: float | None, text: str) -> Cell:
    return Cell("" if value is None else text, number=True)


def by_region(view: RunView, mode: str) -> list[Figure]:
    """Draw energy and carbon of the regions, each without the regions inside of it."""
    rows = _runs.regions(view)
    if not rows:
        return []
    columns = [Column("Region"), Column("Times"), Column("Open"), Column("Own energy"), Column("Share")]
    columns += [Column("With inner regions"), Column("95 % interval"), Column("Own carbon")]
    table = [
        [
            Cell(row["name"]),
            _number(row["count"], str(row["count"])),
            _number(row["duration_s"], _text.seconds(row["duration_s"])),
            Cell(_text.energy(row["j"]), number=True),
            Cell(_text.percent(row["percent"]), number=True),
            Cell(_text.energy(row["inclusive_j"]), number=True),
            Cell(_text.between(row["low"], row["high"], _text.ENERGY), number=True),
            priced(row["j"], row["own"], row["pue0"]),
        ]
        for row in rows
    ]
    shown = [{k: v for k, v in row.items() if k in ("name", "j", "own", "pue0", "percent")} for row in rows]
    shown = shown[:MOST_REGIONS]
    more = f" The {MOST_REGIONS} greatest of {len(rows)} are drawn." if len(rows) > MOST_REGIONS else ""
    caption = "Each region without the regions inside of it, so that the parts add up to the whole." + more
    energy = bars([dict(row) for row in shown], "energy", mode, "energy")
    carbon = bars([dict(row) for row in shown], "mass", mode, "carbon (CO2e)", hue="c3")
    return [
        Figure(
            "region-energy",
            "Energy by region",
            caption,
            energy,
            columns,
            table,
            search=len(table) > MANY_ROWS,
        ),
        Figure(
            "region-carbon",
            "Carbon by region",
            "Energy times carbon intensity times PUE." + more,
            carbon,
            [columns[0], columns[3], columns[7]],
            [[row[0], row[3], row[7]] for row in table],
        ),
    ]


def by_device(view: RunView, mode: str) -> Figure | None:
    """Draw the energy of each device with its interval."""
    rows = _runs.devices(view)
    if not rows:
        return None
    shown = [{k: row[k] for k in ("name", "j", "low", "high")} for row in rows if row["in_total"]]
    columns = [
        Column("Device"),
        Column("Energy"),
        Column("95 % interval"),
        Column("Carbon"),
        Column("Mean power"),
    ]
    columns += [Column("How"), Column("Coverage"), Column("In the total")]
    table = [
        [
            Cell(row["name"]),
            Cell(_text.energy(row["j"]), number=True),
            Cell(_text.between(row["low"], row["high"], _text.ENERGY), number=True),
            priced(row["j"], row["own"], row["pue0"]),
            Cell(_text.power(row["mean_w"]), number=True),
            Cell(row["method"]),
            _number(row["coverage"], _text.percent(100 * (row["coverage"] or 0))),
            Cell("yes" if row["in_total"] else "no"),
        ]
        for row in rows
    ]
    chart = bars(shown, "energy", mode, "energy", error=True) if any(row["j"] for row in shown) else None
    return Figure("devices", "Energy by device", "The lines are 95 % intervals.", chart, columns, table)


def interval(view: RunView, mode: str) -> Figure | None:
    """Draw what the interval of the carbon is made of."""
    rows = _runs.interval_parts(view)
    if not rows:
        return None
    alt = altair()
    whats = _theme.lettered(list(dict.fromkeys(row["what"] for row in rows)))
    for i, row in enumerate(rows):
        row |= {"series": whats[row["what"]], "rank": i}
    chart = (
        alt.Chart(data(rows))
        .mark_bar(height={"band": 0.62})
        .encode(
            y=alt.Y(
                "part:N",
                title=None,
                sort=alt.EncodingSortField(field="rank", op="min"),
                axis=alt.Axis(labelLimit=130),
            ),
            x=alt.X("percent:Q", title="width in percent of the value", axis=alt.Axis(tickCount=few_ticks())),
            color=colour(list(whats.values()), mode, legend=alt.Legend(columns=1)),
            tooltip=[
                alt.Tooltip("part:N"),
                alt.Tooltip("series:N", title="from"),
                alt.Tooltip("percent:Q", title="%", format=".3~r"),
            ],
        )
    )
    table = [
        [Cell(row["part"]), Cell(row["what"]), Cell(_text.percent(row["percent"]), number=True)]
        for row in rows
    ]
    parts = len({row["part"] for row in rows})
    return Figure(
        "interval",
        "What the interval is made of",
        "How wide the 95 % interval of the carbon is, by what makes it wide, as the run was priced.",
        finish(chart, mode, height=34 * parts + 20),
        [Column("Part"), Column("From"), Column("Width, percent of the value")],
        table,
    )


def run_figures(view: RunView, mode: str) -> list[Figure]:
    """Return the figures of one run; those without anything to show are left out."""
    found = [
        power(view, mode),
        stretches(view, mode),
        *by_region(view, mode),
        by_device(view, mode),
        interval(view, mode),
    ]
    return [figure for figure in found if figure is not None]
