# SPDX-License-Identifier: MIT
"""The page of a bill of materials: its parts, the spread of its carbon, and what drives that."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from co2lib._errors import BadValueError
from co2lib.report import _text, _theme
from co2lib.report._charts import Cell, Column, Figure, altair, axis, data, finish, length
from co2lib.report._page import Page, Tile

if TYPE_CHECKING:
    from co2lib.embodied import BomFootprint

SCHEMA = "co2lib-embodied/1"
MOST_BARS = 20
BINS = 36


def _bad(message: str) -> BadValueError:
    return BadValueError("hub.bad_value", message)


def _number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)


def document_of(footprint: BomFootprint) -> dict[str, Any]:
    """Return a footprint's JSON with the bins of its draws, which the JSON itself does not have."""
    found: dict[str, Any] = json.loads(footprint.to_json())
    return {**found, "bins_kg": bins(footprint.draws_kg)}


def bins(draws_kg: Sequence[float]) -> list[list[float]]:
    """Return how many draws lie where: [from kg, to kg, draws]; empty without a spread."""
    low, high = min(draws_kg, default=0.0), max(draws_kg, default=0.0)
    if not high > low:
        return []
    counts = [0] * BINS
    for kg in draws_kg:
        counts[min(BINS - 1, int(BINS * (kg - low) / (high - low)))] += 1
    step = (high - low) / BINS
    return [[low + i * step, low + (i + 1) * step, count] for i, count in enumerate(counts)]


def check(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return a document that is the footprint of a bill; ``hub.bad_value`` naming the field that is wrong."""
    if document.get("schema") != SCHEMA:
        raise _bad(f"{where}: schema is {document.get('schema')!r}; this version reads {SCHEMA}")
    for key in ("parts", "factors"):
        if not isinstance(document.get(key), list):
            raise _bad(f"{where}: {key}: expected a list")
        for i, row in enumerate(document[key]):
            if not isinstance(row, dict) or not isinstance(row.get("id"), str):
                raise _bad(f"{where}: {key}[{i}]: expected an object with an id")
    for i, part in enumerate(document["parts"]):
        for key in ("value_kg", "share", "qty"):
            if not _number(part.get(key)):
                raise _bad(f"{where}: parts[{i}].{key}: expected a number, got {part.get(key)!r}")
    for i, factor in enumerate(document["factors"]):
        if not _number(factor.get("swing_kg")):
            raise _bad(f"{where}: factors[{i}].swing_kg: expected a number, got {factor.get('swing_kg')!r}")
    return dict(document)


def _grams(interval: Mapping[str, float] | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (1e3 * interval["low"], 1e3 * interval["high"])


def _bars(rows: list[dict[str, Any]], mode: str, title: str, hue: str) -> Any:
    """Draw a mass per row, in the order of the rows, with its bounds."""
    alt = altair()
    palette = _theme.MODES[mode]
    for i, row in enumerate(rows):
        row["rank"] = i
    base = (
        alt.Chart(data(rows))
        .transform_calculate(
            edge="max(abs(datum.g),datum.high||0)*max(1.1,width/max(60,width-135))",
            end="max(datum.g,datum.high||0)",
        )
        .encode(
            y=alt.Y(
                "name:N",
                title=None,
                sort=alt.EncodingSortField(field="rank", op="min"),
                axis=alt.Axis(labelColor=palette["ink"], labelLimit=150),
            ),
            tooltip=[alt.Tooltip("name:N"), alt.Tooltip("text:N", title=title)],
        )
    )
    drawn = base.mark_bar(color=palette[hue], height={"band": 0.62}).encode(
        x=alt.X("g:Q", axis=axis("mass", title), scale=length()), description="label:N"
    )
    labels = base.mark_text(align="left", dx=6, baseline="middle", color=palette["ink"], aria=False).encode(
        x="end:Q", text="text:N"
    )
    room = base.mark_point(opacity=0, size=0, aria=False).encode(x="edge:Q")
    layers = [drawn, labels, room]
    if any(row["low"] is not None for row in rows):
        lines = base.transform_filter("isValid(datum.low)").encode(x="low:Q", x2="high:Q")
        layers.insert(1, lines.mark_rule(color=palette["ink"], strokeWidth=1.5, aria=False))
    return finish(alt.layer(*layers), mode, height=max(60, 30 * len(rows) + 12))


def _parts(bom: Mapping[str, Any], mode: str) -> Figure | None:
    parts = sorted(bom["parts"], key=lambda part: -part["value_kg"])
    if not parts:
        return None
    rows, table = [], []
    for part in parts:
        grams, (low, high) = 1e3 * part["value_kg"], _grams(part.get("bounds_kg"))
        share = _text.percent(100 * part["share"])
        text = f"{_text.mass(grams)} ({share})"
        exact = low == high
        rows.append(
            {
                "name": part["id"],
                "g": grams,
                "low": None if exact else low,
                "high": None if exact else high,
                "text": text,
                "label": f"{part['id']}: {text}",
            }
        )
        table.append(
            [
                Cell(part["id"]),
                Cell(str(part.get("class") or "")),
                Cell(f"{part['qty']:g}", number=True),
                Cell(_text.mass(grams), number=True),
                Cell("exact" if exact else _text.between(low, high, _text.MASS), number=True),
                Cell(share, number=True),
                Cell("; ".join(str(x) for x in (part.get("source"), part.get("note")) if x)),
            ]
        )
    columns = [Column("Part"), Column("Class"), Column("Pieces"), Column("Carbon"), Column("Range")]
    columns += [Column("Of all"), Column("Source and remarks")]
    more = f" The {MOST_BARS} greatest of {len(rows)} are drawn." if len(rows) > MOST_BARS else ""
    return Figure(
        "bom-parts",
        "Carbon by part",
        "Bars are the most likely values; the lines reach from the least to the most that the factors allow."
        + more,
        _bars(rows[:MOST_BARS], mode, "carbon (CO2e)", "c1"),
        columns,
        table,
        wide=True,
    )


def _factors(bom: Mapping[str, Any], mode: str) -> Figure | None:
    if not bom["factors"]:
        return None
    ranked = sorted(bom["factors"], key=lambda use: -abs(use["swing_kg"]))
    rows = [
        {
            "name": use["id"],
            "g": 1e3 * abs(use["swing_kg"]),
            "text": _text.mass(1e3 * abs(use["swing_kg"]))
            + ("" if use["swing_kg"] >= 0 else " (the other way)"),
            "label": f"{use['id']}: {_text.mass(1e3 * abs(use['swing_kg']))}",
            "low": None,
            "high": None,
        }
        for use in ranked
        if use["swing_kg"]
    ]
    table = [
        [
            Cell(use["id"]),
            Cell(f"{use.get('value') or 0:.4g} {use.get('unit') or ''}".strip(), number=True),
            Cell(_range(use), number=True),
            Cell(_text.mass(1e3 * abs(use["swing_kg"])) if use["swing_kg"] else "-", number=True),
            Cell(
                _text.percent(100 * use["rho2_share"]) if use.get("rho2_share") is not None else "",
                number=True,
            ),
            Cell(", ".join(str(x) for x in (use.get("source"), use.get("year"), use.get("licence")) if x)),
        ]
        for use in ranked
    ]
    columns = [Column("Factor"), Column("Value"), Column("Range"), Column("Moves the total by")]
    columns += [Column("Of the spread"), Column("Source")]
    more = f" The {MOST_BARS} greatest of {len(rows)} are drawn." if len(rows) > MOST_BARS else ""
    return Figure(
        "bom-factors",
        "What drives the range",
        "By how much the total moves when one factor goes from its low to its high end and all others stay."
        + more,
        _bars(rows[:MOST_BARS], mode, "change of the total (CO2e)", "c4") if rows else None,
        columns,
        table,
        wide=True,
    )


def _range(use: Mapping[str, Any]) -> str:
    low, high = use.get("low"), use.get("high")
    if use.get("gsd") is not None:
        return f"lognormal, spread {use['gsd']:g}"
    if not _number(low) or not _number(high) or low == high:
        return "none known"
    return f"{low:.4g} to {high:.4g}"


def _spread(bom: Mapping[str, Any], mode: str) -> Figure | None:
    found = bom.get("bins_kg") or []
    if not found:
        return None
    alt = altair()
    palette = _theme.MODES[mode]
    total = sum(count for _, _, count in found)
    rows = [{"g0": 1e3 * low, "g1": 1e3 * high, "p": 100 * count / total} for low, high, count in found]
    most = max(row["p"] for row in rows)
    bars = (
        alt.Chart(data(rows))
        .mark_rect(color=palette["c1"], opacity=0.65)
        .encode(
            x=alt.X("g0:Q", axis=axis("mass", "carbon (CO2e)"), scale=alt.Scale(zero=False, nice=False)),
            x2="g1:Q",
            y=alt.Y("p:Q", title="draws (%)", scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=4)),
            tooltip=[alt.Tooltip("p:Q", title="% of the draws", format=".3~r")],
        )
    )
    marks = [("value", bom.get("value_kg"), most * 1.2)]
    if bom.get("interval_kg"):
        likely = bom["interval_kg"]
        marks += [("5 %", likely["low"], most * 1.06), ("95 %", likely["high"], most * 1.06)]
    lines = [{"g": 1e3 * kg, "name": name, "y": y} for name, kg, y in marks if kg is not None]
    rules = alt.Chart(data(lines)).encode(x="g:Q")
    rule = rules.mark_rule(strokeDash=[5, 4], color=palette["ink"], aria=False)
    names = rules.mark_text(align="left", dx=4, color=palette["ink"]).encode(y="y:Q", text="name:N")
    table = [
        [
            Cell(f"{_text.mass(row['g0'])} to {_text.mass(row['g1'])}"),
            Cell(_text.percent(row["p"]), number=True),
        ]
        for row in rows
    ]
    return Figure(
        "bom-draws",
        "How likely",
        f"{total} draws of all factors within their ranges; what parts share is drawn once.",
        finish(alt.layer(bars, rule, names), mode, height=200),
        [Column("Carbon"), Column("Draws")],
        table,
        wide=True,
    )


def bom_figures(bom: Mapping[str, Any], mode: str) -> list[Figure]:
    """Return the figures of a bill of materials; those without anything to show are left out."""
    found = [_parts(bom, mode), _spread(bom, mode), _factors(bom, mode)]
    return [figure for figure in found if figure is not None]


def bom_page(bom: Mapping[str, Any], title: str | None = None) -> Page:
    """Return the page of a bill of materials, as :func:`check` gives it."""
    low, high = _grams(bom.get("bounds_kg"))
    likely = _text.span(*_grams(bom.get("interval_kg")), _text.MASS)
    value = None if bom.get("value_kg") is None else 1e3 * bom["value_kg"]
    lifetime = bom.get("lifetime_years") or {}
    years = lifetime.get("value")
    tiles = [
        Tile(
            "Carbon, likely",
            likely or _text.mass(value),
            f"90 % of {bom.get('draws')} draws" if likely else "",
        ),
        Tile("With the most likely factors", _text.mass(value)),
        Tile("Everything the factors allow", _text.span(low, high, _text.MASS) or "unknown"),
        Tile(
            "Per year of use",
            _text.mass(value / years) if value is not None and years else "unknown",
            f"lifetime {years:g} years" if years else "the file states no lifetime",
        ),
    ]
    truncation = bom.get("truncation") or {}
    method = [
        ("Parts", str(len(bom["parts"]))),
        ("Without a known range", f"{_text.percent(100 * (bom.get('points_share') or 0))} of the value"),
        (
            "Not listed",
            "nothing was added for it"
            if truncation.get("value", 1) == 1
            else f"{truncation['value']:g} x the parts: {truncation.get('source') or 'given'}",
        ),
        ("Draws", f"{bom.get('draws')}, seed {bom.get('seed')}" if bom.get("draws") else "none: bounds only"),
        ("Factors", f"{len(bom['factors'])}, each with its source in the table above"),
    ]
    return Page(
        title=title or str(bom.get("name") or "Bill of materials"),
        facts=["carbon of making the hardware (embodied)", f"{len(bom['parts'])} parts"],
        tiles=tiles,
        figures=bom_figures(bom, "css"),
        method=[(what, text) for what, text in method if text],
        issues=[dict(issue) for issue in bom.get("issues") or []],
        rescales=False,
        heading="How it was computed",
    )
