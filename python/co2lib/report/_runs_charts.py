# SPDX-License-Identifier: MIT
"""The figures of several runs: one bar each, and how they differ from the first."""

from __future__ import annotations

from typing import Any

from co2lib.report import _runs, _text, _theme
from co2lib.report._charts import (
    Cell,
    Column,
    Figure,
    altair,
    colour,
    cut,
    data,
    few_ticks,
    finish,
    priced,
    ticks,
    time_axis,
)
from co2lib.report._log import Power, summed
from co2lib.report._run_charts import bars, lines, steps
from co2lib.report._runs import RunView

MOST_LINES = 16
MOST_PARTS = 8
OTHERS = "(all others)"


def overview(views: list[RunView], mode: str) -> list[Figure]:
    """Draw several runs, one bar each, in energy and in carbon."""
    rows, table = [], []
    for view in views:
        document = view.document
        low, high = document["energy"].get("interval_j") or (None, None)
        price = view.price(document["energy"]["value_j"], document["operational"]["value_g"])
        rows.append({"name": view.name, "run": view.name, "low": low, "high": high, **price})
        table.append(
            [
                Cell(view.name),
                Cell(document["start"][:16].replace("T", " ")),
                Cell(
                    _text.seconds(document["duration_s"]) + ("" if document["complete"] else ", not ended"),
                    number=True,
                ),
                Cell(_text.energy(price["j"]), number=True),
                Cell(_text.between(low, high, _text.ENERGY), number=True),
                priced(price["j"], price["own"], price["pue0"]),
                Cell(document["intensity"]["priced_with"]),
                Cell(_text.mass(document["embodied"].get("value_g")), number=True),
                Cell(str(len(document["issues"])), number=True),
            ]
        )
    columns = [
        Column("Run"),
        Column("Start (UTC)"),
        Column("Time"),
        Column("Energy"),
        Column("95 % interval"),
    ]
    columns += [Column("Carbon"), Column("Priced with"), Column("Embodied carbon"), Column("Issues")]
    caption = "The lines are 95 % intervals of each run's own energy."
    return [
        Figure(
            "runs-energy",
            "Energy of the runs",
            caption,
            bars([dict(r) for r in rows], "energy", mode, "energy", error=True),
            columns,
            table,
            wide=True,
        ),
        Figure(
            "runs-carbon",
            "Carbon of the runs",
            "With the same place and PUE for all of them once you choose one above.",
            bars([dict(r) for r in rows], "mass", mode, "carbon (CO2e)", hue="c3"),
            [columns[0], columns[5], columns[6]],
            [[row[0], row[5], row[6]] for row in table],
            wide=True,
        ),
    ]


def comparison(views: list[RunView], mode: str) -> Figure | None:
    """Draw how each run differs from the first, with what these runs could have shown at all."""
    found = _runs.comparisons(views)
    if not found:
        return None
    alt = altair()
    palette = _theme.MODES[mode]
    rows, table = [], []
    for i, one in enumerate(found):
        if one.result is None:
            table.append([Cell(one.name), Cell(one.why_not), *[Cell("")] * 6])
            continue
        r = one.result
        arrow = {"lower": "↓ lower", "higher": "↑ higher"}.get(r.verdict, "not shown")
        share = [r.percent(value) for value in (r.difference, r.low, r.high)]
        if None not in share:
            mark = {"lower": "↓", "higher": "↑"}.get(r.verdict, "")
            rows.append(
                {"name": one.name, "rank": i, "d": share[0], "low": share[1], "high": share[2], "mark": mark}
            )
        table.append(
            [
                Cell(one.name),
                Cell(f"{r.pairs} pairs, {one.unit}" + (f"; {one.why_not}" if one.why_not else "")),
                Cell(_signed(r.difference), number=True),
                Cell(_percent(r, r.difference), number=True),
                Cell(f"{_signed(r.low)} to {_signed(r.high)}", number=True),
                Cell(f"{r.p_lower:.3f}", number=True),
                Cell(f"{_text.energy(r.detectable)} ({_percent(r, r.detectable).lstrip('+')})", number=True),
                Cell(arrow),
            ]
        )
    chart = None
    if rows:
        base = alt.Chart(data(rows)).encode(
            y=alt.Y(
                "name:N",
                title=None,
                sort=alt.EncodingSortField(field="rank", op="min"),
                axis=alt.Axis(labelLimit=130),
            )
        )
        zero = (
            alt.Chart(data([{"x": 0}]))
            .mark_rule(color=palette["soft"], strokeDash=[4, 3], aria=False)
            .encode(x="x:Q")
        )
        lines = base.mark_rule(strokeWidth=2, color=palette["ink"]).encode(
            x=alt.X(
                "low:Q",
                title=f"energy, difference from {found[0].baseline} in percent",
                axis=alt.Axis(tickCount=few_ticks()),
            ),
            x2="high:Q",
        )
        dots = base.mark_point(filled=True, size=70, opacity=1, color=palette["c1"]).encode(
            x="d:Q", tooltip=[alt.Tooltip("name:N"), alt.Tooltip("d:Q", title="%", format="+.3r")]
        )
        marks = base.mark_text(dy=-12, fontSize=14, fontWeight="bold", color=palette["ink"]).encode(
            x="d:Q", text="mark:N"
        )
        chart = finish(alt.layer(zero, lines, dots, marks), mode, height=40 * len(rows) + 20)
    columns = [Column("Run"), Column("Compared by"), Column("Mean difference"), Column("In percent")]
    columns += [
        Column("95 % interval"),
        Column("P(lower)"),
        Column("Smallest difference shown"),
        Column("Verdict"),
    ]
    within = any(one.unit.startswith("region") for one in found)
    caption = (
        "Energy beside the first, pair by pair (paired bootstrap, 10,000 resamples). "
        "Nothing is called lower or higher below P = 0.95. "
        "The smallest difference is what so many pairs show in 4 of 5 cases."
    )
    if within:
        caption += (
            " Pairs within one run each tell how these runs differ, not how the next ones will: "
            "repeat runs for that."
        )
    if others := _runs.unlike(views):
        caption += f" These runs are not alike ({'; '.join(others)}): a difference may come from that."
    return Figure("comparison", f"Beside {found[0].baseline}", caption, chart, columns, table, wide=True)


def power(views: list[RunView], mode: str) -> Figure | None:
    """Draw the power of each run over the time since its own start; None without logs."""
    known: list[tuple[RunView, list[Power]]] = []
    for view in views:
        counted = {d["id"] for d in _runs.devices(view) if d["in_total"]}
        if view.log is not None and (series := summed(view.log.powers, counted)):
            known.append((view, series))
    if not known:
        return None
    drawn = known[:MOST_LINES]
    letters = _theme.lettered([view.name for view, _ in drawn])
    size, unit = time_axis(max(series[-1].end - series[0].start for _, series in drawn))
    points = [
        point for view, series in drawn for point in steps(series, series[0].start, size, letters[view.name])
    ]
    table = [
        [
            Cell(letters.get(view.name, view.name)),
            Cell(_text.power(_mean(view)), number=True),
            Cell(_text.power(min(p.watts for p in series)), number=True),
            Cell(_text.power(max(p.watts for p in series)), number=True),
            Cell(str(len(series)), number=True),
        ]
        for view, series in known
    ]
    caption = "All devices of a run that count, from its own start; what was not measured is left out."
    if len(known) > len(drawn):
        caption += f" The first {len(drawn)} of {len(known)} are drawn."
    without = [view.name for view in views if view.name not in {v.name for v, _ in known}]
    if without:
        caption += f" Without a log that tells power: {cut(', '.join(without), 120)}."
    return Figure(
        "runs-power",
        "Power of the runs",
        caption,
        finish(lines(points, list(letters.values()), unit, "run", mode), mode, height=230),
        [Column("Run"), Column("Mean"), Column("Least"), Column("Greatest"), Column("Values")],
        table,
        wide=True,
    )


def _mean(view: RunView) -> float | None:
    joules, seconds = view.footprint.energy.joules, view.document["duration_s"]
    return joules / seconds if joules is not None and seconds > 0 else None


def by_region(views: list[RunView], mode: str) -> Figure | None:
    """Draw what each run's energy went to: its regions, side by side with those of the other runs."""
    parts = {view.name: _runs.regions(view) for view in views}
    sums: dict[str, float] = {}
    for rows in parts.values():
        for row in rows:
            sums[row["name"]] = sums.get(row["name"], 0.0) + (row["j"] or 0.0)
    if not sums:
        return None
    alt = altair()
    by_size = sorted(sums, key=lambda name: -sums[name])
    named = by_size if len(by_size) <= MOST_PARTS else by_size[: MOST_PARTS - 1]
    letters = _theme.lettered([*named, *([OTHERS] if len(named) < len(by_size) else [])])
    size, unit = _text.best((sum(r["j"] or 0.0 for r in rows) for rows in parts.values()), _text.ENERGY)
    drawn: dict[tuple[str, str], float] = {}
    for run, rows in parts.items():
        for row in rows:
            key = (run, letters.get(row["name"], letters.get(OTHERS, "")))
            drawn[key] = drawn.get(key, 0.0) + max(0.0, row["j"] or 0.0)
    at = {label: i for i, label in enumerate(letters.values())}
    points = [
        {"name": run, "rank": i, "series": label, "at": at[label], "x": j / size, "text": _text.energy(j)}
        for i, run in enumerate(parts)
        for (which, label), j in drawn.items()
        if which == run
    ]
    chart = (
        alt.Chart(data(points))
        .transform_calculate(label="datum.name+', '+datum.series+': '+datum.text")
        .mark_bar(height={"band": 0.62}, cornerRadius=0)
        .encode(
            y=alt.Y(
                "name:N",
                title=None,
                sort=alt.EncodingSortField(field="rank", op="min"),
                axis=alt.Axis(labelColor=_theme.MODES[mode]["ink"], labelLimit=130),
            ),
            x=alt.X("x:Q", title=f"energy ({unit})", stack="zero", axis=alt.Axis(tickCount=few_ticks())),
            color=colour(list(letters.values()), mode),
            order=alt.Order("at:Q"),
            description="label:N",
            tooltip=[
                alt.Tooltip("name:N", title="run"),
                alt.Tooltip("series:N", title="region"),
                alt.Tooltip("text:N", title="energy"),
            ],
        )
    )
    table = [
        [
            Cell(run),
            Cell(row["name"]),
            Cell("" if row["count"] is None else str(row["count"]), number=True),
            Cell(_text.energy(row["j"]), number=True),
            Cell(_text.percent(row["percent"]), number=True),
            priced(row["j"], row["own"], row["pue0"]),
        ]
        for run, rows in parts.items()
        for row in rows
    ]
    caption = "Each region without the regions inside of it."
    without = [run for run, rows in parts.items() if not rows]
    if without:
        caption += f" Without regions: {cut(', '.join(without), 120)}."
    columns = [Column("Run"), Column("Region"), Column("Times"), Column("Own energy"), Column("Share")]
    return Figure(
        "runs-regions",
        "Where the energy went",
        caption,
        finish(chart, mode, height=max(60, 30 * len(parts) + 12)),
        [*columns, Column("Own carbon")],
        table,
        wide=True,
        search=True,
    )


def _signed(joules: float) -> str:
    return ("+" if joules > 0 else "-" if joules < 0 else "") + _text.energy(abs(joules))


def _percent(result: Any, joules: float) -> str:
    share = result.percent(joules)
    return "" if share is None else f"{share:+.2f} %"


def history(views: list[RunView], mode: str) -> Figure | None:
    """Draw the energy of three or more runs by when they began."""
    known = [view for view in views if view.footprint.energy.joules is not None]
    if len(known) < 3:
        return None
    alt = altair()
    palette = _theme.MODES[mode]
    known.sort(key=lambda view: view.footprint.start)
    first = known[0].footprint.start
    span = (known[-1].footprint.start - first).total_seconds()
    if span <= 0:
        return None
    seconds, unit = time_axis(span)
    size, name = _text.best((view.footprint.energy.joules or 0.0 for view in known), _text.ENERGY)
    rows, table = [], []
    for view in known:
        joules = view.footprint.energy.joules or 0.0
        began = view.footprint.start
        rows.append(
            {
                "name": view.name,
                "run": view.name,
                "t": (began - first).total_seconds() / seconds,
                "e": joules / size,
                "text": _text.energy(joules),
            }
        )
        table.append(
            [
                Cell(view.name),
                Cell(f"{began:%Y-%m-%d %H:%M}"),
                Cell(_text.energy(joules), number=True),
                Cell(_text.seconds(view.document["duration_s"]), number=True),
            ]
        )
    base = alt.Chart(data(rows)).encode(
        x=alt.X(
            "t:Q",
            title=f"began, since {first:%Y-%m-%d %H:%M} UTC ({unit})",
            axis=alt.Axis(tickCount=ticks(), grid=False),
        ),
        y=alt.Y("e:Q", title=f"energy ({name})", scale=alt.Scale(zero=True)),
    )
    line = base.mark_line(color=palette["line"], strokeWidth=2, aria=False)
    points = base.mark_point(filled=True, size=80, opacity=1, color=palette["c1"]).encode(
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("text:N", title="energy")]
    )
    return Figure(
        "runs-history",
        "Over time",
        "Each point is a run, where it began; a click on it finds its regions in 'Where the energy went'.",
        finish(alt.layer(line, points), mode, height=200),
        [Column("Run"), Column("Began (UTC)"), Column("Energy"), Column("Time")],
        table,
        wide=True,
    )


def runs_figures(views: list[RunView], mode: str) -> list[Figure]:
    """Return the figures of several runs."""
    found = [
        *overview(views, mode),
        power(views, mode),
        by_region(views, mode),
        comparison(views, mode),
        history(views, mode),
    ]
    return [figure for figure in found if figure is not None]
