# SPDX-License-Identifier: MIT
"""The page of a table of labelled models: how many have which letter, what the letters are made of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from co2lib._errors import BadValueError
from co2lib.report import _text, _theme
from co2lib.report._charts import Cell, Column, Figure, altair, data, few_ticks, finish, length
from co2lib.report._page import Page, Tile

if TYPE_CHECKING:
    from co2lib.hub import Preset

LETTERS = "ABCDE"
NONE = "none"
MOST_ROWS = 2000
MOST_POINTS = 5000
MOST_LETTERS = 150
"""Of points that have room for a letter each."""
DARK_LETTERS = "AE"
"""Those on whose colour white is read better than black."""


def _number(value: Any) -> float | None:
    """Return a cell of a table as a number; None for what is missing."""
    if value is None or isinstance(value, str | bool) or type(value).__name__ == "NAType":
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def labelled(table: Any, rules: Preset | None = None) -> tuple[list[dict[str, Any]], Preset]:
    """Return the rows of a table with their letters, and the rules; one that has none yet is labelled.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for a table without the column id, or with labels other than A to E.
    """
    from co2lib import hub

    rules = hub.preset() if rules is None else rules
    if "id" not in table.columns:
        raise BadValueError("hub.bad_value", "label table: has no column id; name the models there")
    if "label" not in table.columns:
        table = hub.label(table, rules)
    rows = [dict(row) for row in table.to_dict("records")]
    for row in rows:
        letter = row["label"]
        row["label"] = letter if isinstance(letter, str) and letter else NONE
        if row["label"] not in (*LETTERS, NONE):
            raise BadValueError(
                "hub.bad_value", f"label of {row['id']!r}: expected one of A to E, got {letter!r}"
            )
    return rows, rules


def _counts(rows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    return Counter(row["label"] for row in rows)


def _letters(rows: list[dict[str, Any]], rules: Preset, mode: str) -> Figure:
    alt = altair()
    palette = _theme.MODES[mode]
    counts = _counts(rows)
    shown = [*LETTERS, *([NONE] if counts[NONE] else [])]
    bars = [
        {
            "letter": letter,
            "n": counts[letter],
            "text": f"{counts[letter]} ({_text.percent(100 * counts[letter] / max(1, len(rows)))})",
        }
        for letter in shown
    ]
    colours = [_theme.LABELS.get(letter, palette["c8"]) for letter in shown]
    base = alt.Chart(data(bars)).encode(
        y=alt.Y(
            "letter:N",
            title=None,
            sort=shown,
            axis=alt.Axis(labelFontSize=15, labelFontWeight="bold", labelColor=palette["ink"]),
        ),
        x=alt.X("n:Q", title="models", scale=length(), axis=alt.Axis(tickCount=few_ticks(), format="d")),
    )
    drawn = base.mark_bar(height={"band": 0.66}, stroke=palette["ink"], strokeWidth=0.8).encode(
        color=alt.Color("letter:N", scale=alt.Scale(domain=shown, range=colours), legend=None),
        tooltip=[alt.Tooltip("letter:N"), alt.Tooltip("text:N", title="models")],
        description="text:N",
    )
    texts = base.mark_text(align="left", dx=6, color=palette["ink"], aria=False).encode(text="text:N")
    room = (
        base.transform_calculate(edge="datum.n*max(1.1,width/max(60,width-110))")
        .mark_point(opacity=0, size=0, aria=False)
        .encode(x="edge:Q")
    )
    table = [
        [Cell(bar["letter"]), Cell(str(bar["n"]), number=True), Cell(str(bar["text"]), number=True)]
        for bar in bars
    ]
    caption = (
        f"By {rules.name}, relative to {_population(rules)}. A is the least carbon for what the model does."
    )
    return Figure(
        "label-letters",
        "Models by letter",
        caption,
        finish(alt.layer(drawn, texts, room), mode, height=34 * len(shown) + 20),
        [Column("Letter"), Column("Models"), Column("Share")],
        [[*row[:2], Cell(row[2].text.partition("(")[2].rstrip(")"), number=True)] for row in table],
    )


def _population(rules: Preset) -> str:
    date = f", {rules.population_date}" if rules.population_date else ""
    return f"{rules.population} {rules.population_name}{date}"


def _metrics(rows: list[dict[str, Any]], rules: Preset) -> list[Any]:
    there = rows[0] if rows else {}
    return [metric for metric in rules.metrics if f"{metric.name}_rating" in there]


def _ratings(rows: list[dict[str, Any]], rules: Preset, mode: str) -> Figure | None:
    metrics = _metrics(rows, rules)
    if not metrics:
        return None
    alt = altair()
    palette = _theme.MODES[mode]
    cells, table = [], []
    for metric in metrics:
        found = [_number(row.get(f"{metric.name}_rating")) for row in rows]
        counts = Counter(LETTERS[int(r)] for r in found if r is not None and 0 <= r <= 4)
        total = sum(counts.values())
        cells += [
            {
                "metric": metric.name,
                "letter": letter,
                "n": counts[letter],
                "share": counts[letter] / total if total else 0.0,
            }
            for letter in LETTERS
        ]
        table.append(
            [
                Cell(metric.name),
                Cell(f"{metric.weight:g}", number=True),
                *(Cell(str(counts[letter]), number=True) for letter in LETTERS),
                Cell(str(len(rows) - total), number=True),
            ]
        )
    base = alt.Chart(data(cells)).encode(
        x=alt.X(
            "letter:N",
            title=None,
            sort=list(LETTERS),
            axis=alt.Axis(labelAngle=0, labelFontWeight="bold", grid=False),
        ),
        y=alt.Y("metric:N", title=None, sort=[m.name for m in metrics], axis=alt.Axis(labelLimit=150)),
    )
    drawn = base.mark_rect(color=palette["c1"], stroke=palette["line"]).encode(
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.75]), legend=None),
        tooltip=[alt.Tooltip("metric:N"), alt.Tooltip("letter:N"), alt.Tooltip("n:Q", title="models")],
    )
    texts = base.mark_text(color=palette["ink"], aria=False).encode(text="n:Q")
    return Figure(
        "label-ratings",
        "What the letters are made of",
        "Each measure has a rating of its own; the weighted mean of the ratings is the letter.",
        finish(alt.layer(drawn, texts), mode, height=34 * len(metrics) + 20),
        [Column("Measure"), Column("Weight"), *(Column(letter) for letter in LETTERS), Column("Unknown")],
        table,
    )


def _log_axis() -> Any:
    label = "datum.value<1?format(datum.value,'~g'):format(datum.value,'~s')"
    return altair().Axis(tickCount=5, labelExpr=label)


def _apart(points: list[tuple[float, float]]) -> bool:
    """Return whether letters have room in all points, also on a telephone: else shapes tell them apart."""
    if len(points) > MOST_LETTERS:
        return False
    at = [(math.log(g), math.log(v)) for g, v in points]
    spans = [max(axis) - min(axis) or 1.0 for axis in zip(*at, strict=True)]
    pixels = [(220 * x / spans[0], 260 * y / spans[1]) for x, y in at]
    return all(math.dist(a, b) >= 17 for a, b in combinations(pixels, 2))


def _spread(rows: list[dict[str, Any]], rules: Preset, mode: str) -> Figure | None:
    """Draw carbon against another measure of the preset, with the lines between the letters."""
    metrics = [m for m in rules.metrics if rows and m.name in rows[0]]
    carbon = next((m for m in metrics if "co2" in m.name), None)
    known = {m.name: sum((_number(r.get(m.name)) or 0) > 0 for r in rows) for m in metrics}
    others = [m for m in metrics if m is not carbon and known[m.name] >= 2]
    if carbon is None or not others or known[carbon.name] < 2:
        return None
    other = max(others, key=lambda m: m.weight)
    points = []
    for row in rows:
        g, value = _number(row.get(carbon.name)), _number(row.get(other.name))
        if g is not None and value is not None and g > 0 and value > 0:
            points.append({"name": str(row["id"]), "g": g, "v": value, "letter": row["label"]})
    if not points:
        return None
    alt = altair()
    palette = _theme.MODES[mode]
    drawn, left = points[:MOST_POINTS], len(rows) - len(points)
    shown = [letter for letter in (*LETTERS, NONE) if any(p["letter"] == letter for p in drawn)]
    colours = [_theme.LABELS.get(letter, palette["c8"]) for letter in shown]
    base = alt.Chart(data(drawn)).encode(
        x=alt.X(
            "g:Q",
            title=f"{carbon.name} ({carbon.unit or 'g'}), log scale",
            scale=alt.Scale(type="log", padding=14),
            axis=_log_axis(),
        ),
        y=alt.Y(
            "v:Q",
            title=f"{other.name}, log scale",
            scale=alt.Scale(type="log", padding=14),
            axis=_log_axis(),
        ),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("letter:N"), alt.Tooltip("g:Q"), alt.Tooltip("v:Q")],
    )
    scale = alt.Scale(domain=shown, range=colours)
    dots = base.mark_point(filled=True, size=110, opacity=1, stroke=palette["ink"], strokeWidth=0.6).encode(
        color=alt.Color("letter:N", scale=scale, legend=None)
    )
    few = _apart([(p["g"], p["v"]) for p in drawn])
    ink = "indexof('" + DARK_LETTERS + "',datum.letter)>=0"
    texts = (
        base.transform_filter("datum.letter!='none'")
        .mark_text(fontSize=9, fontWeight="bold", aria=False)
        .encode(text="letter:N", color=alt.condition(ink, alt.value("#fff"), alt.value("#000")))
    )
    layers = [
        dots.mark_point(filled=True, size=230, opacity=1, stroke=palette["ink"], strokeWidth=0.6),
        texts,
    ]
    if not few:
        legend = alt.Legend(title=None)
        layers = [
            dots.mark_point(
                filled=True,
                size=70 if len(drawn) <= MOST_LETTERS else 36,
                opacity=0.85,
                stroke=palette["ink"],
                strokeWidth=0.5,
            ).encode(
                color=alt.Color("letter:N", scale=scale, legend=legend),
                shape=alt.Shape("letter:N", scale=alt.Scale(domain=shown), legend=legend),
            )
        ]
    table = [
        [
            Cell(p["name"]),
            Cell(p["letter"]),
            Cell(_text.plain(p["g"]), number=True),
            Cell(_text.plain(p["v"]), number=True),
        ]
        for p in drawn[:MOST_ROWS]
    ]
    more = f" {left} without both are not drawn." if left else ""
    if len(points) > len(drawn):
        more += f" The first {len(drawn)} of {len(points)} are drawn."
    return Figure(
        "label-spread",
        f"Carbon against {other.name}",
        ("Each point is a model with its letter." if few else "Each point is a model.") + more,
        finish(alt.layer(*layers), mode, height=300),
        [
            Column("Model"),
            Column("Letter"),
            Column(f"{carbon.name}, {carbon.unit or 'g'}"),
            Column(other.name),
        ],
        table,
        wide=True,
        search=True,
    )


def _table(rows: list[dict[str, Any]], rules: Preset) -> Figure:
    metrics = [m for m in rules.metrics if rows and m.name in rows[0]]
    ranked = sorted(
        rows, key=lambda row: (row["label"] == NONE, row["label"], _number(row.get("mean")) or 0.0)
    )
    table = []
    for row in ranked[:MOST_ROWS]:
        cells = [Cell(str(row["id"])), Cell(row["label"])]
        mean = _number(row.get("mean"))
        cells.append(Cell("" if mean is None else f"{mean:.2f}", number=True))
        for metric in metrics:
            value, rating = _number(row.get(metric.name)), _number(row.get(f"{metric.name}_rating"))
            letter = "" if rating is None else f" {LETTERS[int(rating)]}"
            cells.append(Cell("" if value is None else f"{_text.plain(value)}{letter}", number=True))
        table.append(cells)
    columns = [Column("Model"), Column("Letter"), Column("Mean rating")]
    columns += [Column(m.name if m.unit in ("", "1") else f"{m.name}, {m.unit}") for m in metrics]
    more = f" The first {MOST_ROWS} of {len(rows)} are listed." if len(rows) > MOST_ROWS else ""
    return Figure(
        "label-table",
        "The models",
        "Best first; behind each measure stands its own letter." + more,
        None,
        columns,
        table,
        wide=True,
        search=True,
    )


def labels_figures(rows: list[dict[str, Any]], rules: Preset, mode: str) -> list[Figure]:
    """Return the figures of labelled models."""
    found = [
        _letters(rows, rules, mode),
        _ratings(rows, rules, mode),
        _spread(rows, rules, mode),
        _table(rows, rules),
    ]
    return [figure for figure in found if figure is not None]


def labels_page(rows: list[dict[str, Any]], rules: Preset, title: str | None = None) -> Page:
    """Return the page of labelled models, as :func:`labelled` gives them."""
    counts = _counts(rows)
    rated = [letter for letter in LETTERS if counts[letter]]
    common = max(rated, key=lambda letter: counts[letter]) if rated else NONE
    good = counts["A"] + counts["B"]
    tiles = [
        Tile("Models", str(len(rows))),
        Tile("Most common letter", common, f"{counts[common]} models"),
        Tile("A or B", str(good), _text.percent(100 * good / len(rows)) if rows else ""),
        Tile("Not rated", str(counts[NONE]), "nothing reported that could be rated" if counts[NONE] else ""),
    ]
    method = [
        ("Rules", rules.name),
        ("Relative to", _population(rules)),
        ("Reference", rules.reference_model or ""),
        ("Measures", ", ".join(f"{m.name} (weight {m.weight:g})" for m in rules.metrics)),
        (
            "Limits",
            "a letter is relative to its population; downloads are a measure of reuse, not of efficiency",
        ),
    ]
    return Page(
        title=title or "Efficiency labels",
        facts=[f"{len(rows)} models", f"by {rules.name}"],
        tiles=tiles,
        figures=labels_figures(rows, rules, "css"),
        method=[(what, text) for what, text in method if text],
        rescales=False,
        heading="How it was labelled",
    )
