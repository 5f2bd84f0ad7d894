# SPDX-License-Identifier: MIT
"""The figures of a study of inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from co2lib.report import _study_more, _text, _theme
from co2lib.report._charts import (
    Cell,
    Column,
    Figure,
    G,
    altair,
    axis,
    colour,
    cut,
    data,
    few_ticks,
    length,
    marked,
    priced,
)
from co2lib.report._study import Study, above_idle, least, marginal_interval, marginal_j, one_off_j
from co2lib.report._tradeoff import tradeoff

MOST_ANSWERS = 10
MOST_BARS = 60


def ranks(order: Sequence[int]) -> list[int]:
    """Return the place of each model in an order of models."""
    found = [0] * len(order)
    for place, model in enumerate(order):
        found[model] = place
    return found


def _params(study: Study, n: float, load: bool, picked: int, order: list[int]) -> list[Any]:
    alt = altair()
    values = {"grid": -1, "pue": -1, "n": n, "load": load, "picked": picked, "rank": ranks(order)}
    values["kept"] = [True] * len(study.models)
    return [alt.param(name=name, value=value) for name, value in values.items()]


def _phase_rows(study: Study) -> list[dict[str, Any]]:
    rows = []
    for i, model in enumerate(study.models):
        for k, phase in enumerate(model.get("phases") or []):
            energy = phase.get("energy_j") or {}
            seconds = (phase.get("seconds") or {}).get("median")
            median = energy.get("median")
            rows.append(
                {
                    "model": i,
                    "name": model["name"],
                    "phase": phase["name"],
                    "at": k,
                    "once": phase["kind"] == "one_off",
                    "j0": median or 0.0,
                    "below": "below_resolution" in phase.get("flags", ()),
                    "top": energy.get("high") or 0.0,
                    "s": _text.seconds(seconds) if seconds is not None else "",
                    "w": _text.power(median / seconds) if median and seconds else "",
                    "n": energy.get("n") or 0,
                    "between": _text.between(energy.get("low"), energy.get("high"), _text.ENERGY),
                    "own": study.g_per_kwh,
                    "pue0": study.pue,
                }
            )
    return rows


PRICED = "format(grid<0?datum.own:grid,'.4~r')+' g CO2e/kWh, PUE '+format(pue<0?datum.pue0:pue,'.3~r')"
SPREAD = "datum.once?(load?datum.j0/n:0):datum.j0"


def default_order(study: Study, grams: bool = True) -> list[int]:
    """Return the models in the order of the page when it opens: carbon, most first."""
    from co2lib.report._figures import sort_models

    items = [
        {"name": m["name"], "grams": study.grams(marginal_j(m)) if grams else None} for m in study.models
    ]
    at = {m["name"]: i for i, m in enumerate(study.models)}
    return [at[name] for name in sort_models(items, "emission", "descending")]


def total(study: Study, mode: str, params: list[Any], width: str = "width") -> Any:
    """Draw each model's carbon per inference, its phases stacked, with the interval of the marginal part.

    `width` is what expressions call the width of the figure; one inside of another figure gives the number.
    """
    alt = altair()
    palette = _theme.MODES[mode]
    phases = list(dict.fromkeys(row["phase"] for row in _phase_rows(study)))
    letters = _theme.lettered(phases)
    rows = [{**row, "series": letters[row["phase"]]} for row in _phase_rows(study)]
    whiskers = []
    for i, model in enumerate(study.models):
        found = marginal_interval(model)
        j = marginal_j(model)
        if j is not None:
            low, high = found or (j, j)
            once = one_off_j(model) or 0.0
            base = {"model": i, "name": model["name"], "own": study.g_per_kwh, "pue0": study.pue}
            base["least"] = least(model)
            whiskers.append({**base, "low": low, "high": high, "once_j": once, "j0": j})
    y = alt.Y(
        "name:N",
        title=None,
        sort=alt.EncodingSortField(field="key", op="min", order="ascending"),
        axis=alt.Axis(labelColor=palette["ink"], labelLimit=140),
    )
    bars = (
        alt.Chart(data(rows))
        .transform_filter(f"kept[datum.model]&&rank[datum.model]<{MOST_BARS}")
        .transform_calculate(key="rank[datum.model]", j=SPREAD)
        .transform_calculate(g=G)
        .transform_calculate(
            text=_text.expression("mass", "datum.g"), joules=_text.expression("energy", "datum.j")
        )
        .transform_calculate(label="datum.name+', '+datum.phase+': '+datum.text", priced=PRICED)
        .mark_bar(height={"band": 0.6}, cornerRadius=0)
        .encode(
            y=y,
            x=alt.X(
                "g:Q",
                axis=axis("mass", "carbon per inference (CO2e)", tickCount=few_ticks(width)),
                scale=length(),
                stack="zero",
            ),
            color=colour(list(letters.values()), mode),
            order=alt.Order("at:Q"),
            stroke=alt.condition("datum.model==picked", alt.value(palette["ink"]), alt.value(None)),
            strokeWidth=alt.condition("datum.model==picked", alt.value(2), alt.value(0)),
            description="label:N",
            tooltip=[
                alt.Tooltip("name:N", title="model"),
                alt.Tooltip("phase:N"),
                alt.Tooltip("text:N", title="carbon"),
                alt.Tooltip("joules:N", title="energy"),
                alt.Tooltip("between:N", title="interval"),
                alt.Tooltip("s:N", title="time"),
                alt.Tooltip("w:N", title="mean power"),
                alt.Tooltip("n:Q", title="repetitions"),
                alt.Tooltip("priced:N", title="priced with"),
            ],
        )
    )
    sums = (
        alt.Chart(data(whiskers))
        .transform_filter(f"kept[datum.model]&&rank[datum.model]<{MOST_BARS}")
        .transform_calculate(key="rank[datum.model]", extra="load?datum.once_j/n:0")
        .transform_calculate(j="datum.j0+datum.extra")
        .transform_calculate(g=G)
        .transform_calculate(
            lo="datum.j>0?datum.g*(datum.low+datum.extra)/datum.j:0",
            hi="datum.j>0?datum.g*(datum.high+datum.extra)/datum.j:0",
            text=f"(datum.model==picked?'▶ ':'')+datum.least+{_text.expression('mass', 'datum.g')}",
            edge="max(datum.g,datum.j>0?datum.g*(datum.high+datum.extra)/datum.j:0)"
            f"*max(1.1,{width}/max(60,{width}-110))",
        )
        .encode(y=y)
    )
    lines = sums.mark_rule(color=palette["ink"], strokeWidth=1.5, aria=False).encode(x="lo:Q", x2="hi:Q")
    labels = sums.mark_text(align="left", dx=6, color=palette["ink"], aria=False).encode(
        x="hi:Q", text="text:N"
    )
    room = sums.mark_point(opacity=0, size=0, aria=False).encode(x="edge:Q")
    layers = [bars, lines, labels, room]
    gone = [
        {"model": i, "name": m["name"], "text": f"failed: {cut(str(m.get('error') or 'unknown'), 60)}"}
        for i, m in enumerate(study.models)
        if m["status"] != "ok"
    ]
    if gone:
        failed = (
            alt.Chart(data(gone))
            .transform_filter(f"kept[datum.model]&&rank[datum.model]<{MOST_BARS}")
            .transform_calculate(key="rank[datum.model]")
            .encode(y=y)
        )
        layers.append(
            failed.mark_text(
                align="left", color=palette["warn"], limit=alt.ExprRef(f"max(60,{width}-12)")
            ).encode(x=alt.value(6), text="text:N")
        )
    chart = alt.layer(*layers).add_params(*params)
    return marked(study.watermark, chart, mode, height=max(90, 34 * min(MOST_BARS, len(study.models)) + 20))


def phases(study: Study, mode: str, params: list[Any], width: str = "width") -> Any:
    """Draw the phases of the chosen model, absolute and in percent; `width` as that of :func:`total`."""
    alt = altair()
    palette = _theme.MODES[mode]
    names = list(dict.fromkeys(row["phase"] for row in _phase_rows(study)))
    base = (
        alt.Chart(data(_phase_rows(study)))
        .transform_filter("datum.model==picked")
        .transform_calculate(j=SPREAD)
        .transform_calculate(g=G)
        .transform_joinaggregate(all="sum(g)")
        .transform_calculate(
            top_g=f"datum.below?{G.replace('datum.j', 'datum.top', 1)}:0",
        )
        .transform_calculate(
            text=f"datum.below?'below the resolution, at most '+{_text.expression('mass', 'datum.top_g')}:"
            f"{_text.expression('mass', 'datum.g')}"
            "+(datum.all>0?' ('+format(100*datum.g/datum.all,'.1f')+' %)':'')",
            end="max(datum.g,datum.top_g)",
            edge=f"max(datum.all,datum.top_g)*max(1.1,{width}/max(60,{width}-140))",
        )
        .encode(y=alt.Y("phase:N", title=None, sort=names, axis=alt.Axis(labelColor=palette["ink"])))
    )
    bars = base.mark_bar(height={"band": 0.6}, color=palette["c1"]).encode(
        x=alt.X(
            "g:Q",
            axis=axis("mass", "carbon per inference (CO2e)", tickCount=few_ticks(width)),
            scale=length(),
        ),
        description="text:N",
        tooltip=[alt.Tooltip("phase:N"), alt.Tooltip("text:N", title="carbon")],
    )
    labels = base.mark_text(align="left", dx=6, color=palette["ink"], aria=False).encode(
        x="end:Q", text="text:N"
    )
    # Without a filter: an empty layer would have no extent.
    outline = base.mark_bar(
        height={"band": 0.6}, fillOpacity=0, stroke=palette["c1"], strokeDash=[4, 3], aria=False
    ).encode(
        x=alt.X("top_g:Q", stack=None),
        strokeOpacity=alt.condition("datum.below", alt.value(1), alt.value(0)),
    )
    room = base.mark_point(opacity=0, size=0, aria=False).encode(x="edge:Q")
    return marked(
        study.watermark,
        alt.layer(bars, outline, labels, room).add_params(*params),
        mode,
        height=34 * len(names) + 20,
    )


def answers(study: Study, mode: str, params: list[Any]) -> Any:
    """Draw what the chosen model answered, best first."""
    alt = altair()
    palette = _theme.MODES[mode]
    rows = [
        {"model": i, "rank": k, "label": f"{k + 1}. {p['label']}", "p": p["probability"]}
        for i, m in enumerate(study.models)
        for k, p in enumerate((m.get("predictions") or [])[:MOST_ANSWERS])
    ]
    base = (
        alt.Chart(data(rows))
        .transform_filter("datum.model==picked")
        .transform_calculate(text="format(datum.p,'.3f')")
        .encode(
            y=alt.Y(
                "label:N",
                title=None,
                sort=alt.EncodingSortField(field="rank", op="min"),
                axis=alt.Axis(labelColor=palette["ink"], labelLimit=170),
            )
        )
    )
    bars = base.mark_bar(height={"band": 0.6}, color=palette["c4"]).encode(
        x=alt.X(
            "p:Q", title="probability", scale=alt.Scale(domain=[0, 1.15]), axis=alt.Axis(values=[0, 0.5, 1])
        )
    )
    labels = base.mark_text(align="left", dx=6, color=palette["ink"], aria=False).encode(
        x="p:Q", text="text:N"
    )
    return marked(study.watermark, alt.layer(bars, labels).add_params(*params), mode, height=150)


def _phase_energy(phase: Mapping[str, Any]) -> str:
    energy = phase.get("energy_j") or {}
    if "below_resolution" in phase.get("flags", ()):
        return f"below the resolution, at most {_text.energy(energy.get('high'))}"
    return _text.energy(energy.get("median"))


def figures(study: Study, mode: str, *, n: float = 1000) -> list[Figure]:
    """Return the figures of a study."""
    params = _params(study, n, True, 0, default_order(study))
    models = study.models

    def cell(i: int, what: str) -> Cell:
        return Cell("", number=True, what=what, model=i)

    columns = [
        Column("Model"),
        Column("Carbon per inference"),
        Column("Energy per inference"),
        Column("95 % interval, without loading"),
    ]
    columns += [
        Column("Loading, once"),
        Column("All N: energy"),
        Column("All N: carbon"),
        Column("Repetitions"),
        Column("State"),
    ]
    table = []
    for i, m in enumerate(models):
        low, high = marginal_interval(m) or (None, None)
        counts = [
            (p.get("energy_j") or {}).get("n") for p in m.get("phases") or [] if p["kind"] == "marginal"
        ]
        table.append(
            [
                Cell(m["name"], model=i),
                cell(i, "g"),
                cell(i, "j"),
                Cell(_text.between(low, high, _text.ENERGY), number=True),
                Cell(_text.energy(one_off_j(m)) if one_off_j(m) is not None else "not measured", number=True),
                cell(i, "wholeJ"),
                cell(i, "wholeG"),
                Cell(str(min((c for c in counts if c), default="")), number=True),
                Cell("measured" if m["status"] == "ok" else f"failed: {m.get('error') or 'unknown'}"),
            ]
        )
    few = (
        f" The first {MOST_BARS} of {len(models)} in this order are drawn." if len(models) > MOST_BARS else ""
    )
    found = [
        Figure(
            "total",
            "Carbon per inference",
            "Lines are 95 % intervals of what each inference repeats. "
            "Loading is spread over the inferences chosen above." + few,
            total(study, mode, params),
            columns,
            table,
            wide=True,
        )
    ]
    idle = (study.document.get("boundary") or {}).get("idle_w") is not None
    phase_table = [
        [
            Cell(m["name"], model=i),
            Cell(p["name"]),
            Cell("once" if p["kind"] == "one_off" else "each inference"),
            Cell(_phase_energy(p), number=True),
            *([Cell(above_idle(study, [p]), number=True)] if idle else []),
            priced((p.get("energy_j") or {}).get("median"), study.g_per_kwh, study.pue),
            Cell(_text.seconds((p.get("seconds") or {}).get("median")), number=True),
            Cell(", ".join(p.get("flags") or [])),
        ]
        for i, m in enumerate(models)
        for p in m.get("phases") or []
    ]
    columns = [
        Column("Model"),
        Column("Phase"),
        Column("When"),
        Column("Energy"),
        *([Column("Above idle")] if idle else []),
        Column("Carbon"),
        Column("Time"),
        Column("Remarks"),
    ]
    found.append(
        Figure(
            "phases",
            "Where it goes",
            "The phases of the model in detail; the parts add up to its total.",
            phases(study, mode, params),
            columns,
            phase_table,
        )
    )
    answer_table = [
        [Cell(m["name"], model=i), Cell(p["label"]), Cell(f"{p['probability']:.3f}", number=True)]
        for i, m in enumerate(models)
        for p in (m.get("predictions") or [])[:MOST_ANSWERS]
    ]
    if answer_table:
        found.append(
            Figure(
                "answers",
                "What it answers",
                "The answers of the model in detail for the study's input.",
                answers(study, mode, params),
                [Column("Model"), Column("Answer"), Column("Probability")],
                answer_table,
            )
        )
    front = tradeoff(study, mode, params)
    if front is not None:
        rows = [
            [
                Cell(m["name"], model=i),
                cell(i, "g"),
                Cell(f"{m['quality']['value']:g}", number=True),
                Cell(str(m["quality"].get("metric") or "")),
            ]
            for i, m in enumerate(models)
            if m.get("quality")
        ]
        missing = len(models) - len(rows)
        more = f" {missing} without a quality or carbon are not drawn." if missing else ""
        found.append(
            Figure(
                "tradeoff",
                "Carbon against quality",
                "No model on the dashed line is beaten by another in both." + more,
                front,
                [Column("Model"), Column("Carbon"), Column("Quality"), Column("Measure")],
                rows,
                wide=True,
                live="suggestion",
            )
        )
    found += [
        figure
        for figure in (
            _study_more.amortisation(study, mode, params),
            _study_more.regions(study, mode, params, "datum.j0+(load?datum.once_j/n:0)"),
            _study_more.labels(study, mode),
            _study_more.equivalences(study),
        )
        if figure is not None
    ]
    return found
