# SPDX-License-Identifier: MIT
"""Carbon against quality, with the models that no other beats in both."""

from __future__ import annotations

from typing import Any

from co2lib.report import _text, _theme
from co2lib.report._charts import CARBON, G, altair, axis, data, marked
from co2lib.report._study import Study, marginal_j, one_off_j

MOST_NAMES = 40
STATES = ["on the front", "beaten by another"]


def tradeoff(study: Study, mode: str, params: list[Any]) -> Any | None:
    """Draw carbon against quality with the Pareto front; None where no model has a quality."""
    alt = altair()
    palette = _theme.MODES[mode]
    rows = []
    for i, model in enumerate(study.models):
        quality, j = model.get("quality"), marginal_j(model)
        if quality and quality.get("value") is not None and j is not None:
            sign = 1 if quality.get("higher_is_better", True) else -1
            rows.append(
                {
                    "model": i,
                    "name": model["name"],
                    "q": quality["value"],
                    "sign": sign,
                    "better": sign * quality["value"],
                    "j0": j,
                    "once_j": one_off_j(model) or 0.0,
                    "own": study.g_per_kwh,
                    "pue0": study.pue,
                }
            )
    if not rows:
        return None
    metric = next(str(m["quality"].get("metric") or "quality") for m in study.models if m.get("quality"))
    # The axis is that of the values, so it says which end of it is the better one.
    metric += " (lower is better)" if all(row["sign"] < 0 for row in rows) else ""
    base = (
        alt.Chart(data(rows))
        .transform_filter("kept[datum.model]")
        .transform_calculate(j="datum.j0+(load?datum.once_j/n:0)")
        .transform_calculate(g=G)
        .transform_window(
            best="max(better)",
            sort=[alt.SortField("g", order="ascending")],
            frame=[None, 0],
            ignorePeers=False,
        )
        .transform_window(
            least="min(g)",
            sort=[alt.SortField("better", order="descending")],
            frame=[None, 0],
            ignorePeers=False,
        )
        .transform_calculate(front="datum.best==datum.better&&datum.least==datum.g")
        .transform_calculate(
            text=_text.expression("mass", "datum.g"), state=f"datum.front?'{STATES[0]}':'{STATES[1]}'"
        )
    )
    x = alt.X("g:Q", axis=axis("mass", CARBON), scale=alt.Scale(zero=True))
    y = alt.Y("q:Q", title=metric, scale=alt.Scale(zero=False, padding=18))
    line = base.transform_filter("datum.front").mark_line(
        interpolate="step-after", color=palette["soft"], strokeDash=[4, 3], aria=False
    )
    chosen = "datum.model==picked"
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        stroke=alt.condition(chosen, alt.value(palette["ink"]), alt.value(None)),
        strokeWidth=alt.condition(chosen, alt.value(2.5), alt.value(0)),
        shape=alt.Shape("state:N", title=None, scale=alt.Scale(domain=STATES, range=["circle", "square"])),
        color=alt.Color(
            "state:N", title=None, scale=alt.Scale(domain=STATES, range=[palette["c1"], palette["c8"]])
        ),
        tooltip=[
            alt.Tooltip("name:N", title="model"),
            alt.Tooltip("text:N", title="carbon"),
            alt.Tooltip("q:Q", title=metric),
            alt.Tooltip("state:N"),
        ],
    )
    named = base if len(rows) <= MOST_NAMES else base.transform_filter(f"datum.front||{chosen}")
    # Names stand on the side that has room, so that none lies on the axis or beyond the edge. Nothing is
    # filtered: a layer that is empty has no extent.
    named = named.transform_joinaggregate(most="max(g)").transform_calculate(
        called=f"({chosen}?'▶ ':'')+datum.name"
    )
    named = named.transform_calculate(
        left="datum.g>0.5*datum.most?'':datum.called", right="datum.g>0.5*datum.most?datum.called:''"
    )
    halo = {"color": palette["card"], "stroke": palette["card"], "strokeWidth": 4}
    names = [
        named.mark_text(align=align, dx=dx, dy=-10, aria=False, limit=140, **dress).encode(text=f"{field}:N")
        for dress in (halo, {"color": palette["ink"]})
        for field, align, dx in (("left", "left", 7), ("right", "right", -7))
    ]
    chart = alt.layer(line, points, *names).encode(x=x, y=y).add_params(*params)
    return marked(study.watermark, chart, mode, height=260)
