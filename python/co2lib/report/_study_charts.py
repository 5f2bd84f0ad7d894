# SPDX-License-Identifier: MIT
"""The charts of a study of inference: all models, the phases and the answers of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from co2lib.report import _text, _theme
from co2lib.report._charts import CARBON, G, altair, axis, colour, cut, data, few_ticks, length, marked
from co2lib.report._study import Study, least, marginal_interval, marginal_j, one_off_j
from co2lib.report._study import answers as answers_of

MOST_BARS = 60


def ranks(order: Sequence[int]) -> list[int]:
    """Return the place of each model in an order of models."""
    found = [0] * len(order)
    for place, model in enumerate(order):
        found[model] = place
    return found


def _phase_rows(study: Study) -> list[dict[str, Any]]:
    rows = []
    for i, model in enumerate(study.models):
        for k, phase in enumerate(model.get("phases") or []):
            energy = phase.get("energy_j") or {}
            rows.append(
                {
                    "model": i,
                    "name": model["name"],
                    "phase": phase["name"],
                    "at": k,
                    "once": phase["kind"] == "one_off",
                    "j0": energy.get("median") or 0.0,
                    "below": "below_resolution" in phase.get("flags", ()),
                    "low": energy.get("low"),
                    "high": energy.get("high"),
                    "top": energy.get("high") or 0.0,
                    "s": (phase.get("seconds") or {}).get("median"),
                    "n": energy.get("n") or 0,
                    "own": study.g_per_kwh,
                    "pue0": study.pue,
                }
            )
    return rows


PRICED = "format(grid<0?datum.own:grid,'.4~r')+' g CO2e/kWh, PUE '+format(pue<0?datum.pue0:pue,'.3~r')"
PART = "datum.once?(load?1/n:0):1"
"""How much of a phase one inference has: loading is spread over all of them."""
TIPS = {
    "phase": "phase",
    "text": "carbon",
    "joules": "energy",
    "between": "interval",
    "time": "time",
    "watts": "mean power",
    "n": "repetitions",
    "priced": "priced with",
}


def _priced(chart: Any) -> Any:
    """Give the bars of phases their J and g for one inference, and the texts that their tooltips have."""

    def energy(value: str) -> str:
        return _text.expression("energy", value)

    texts = {
        "text": _text.expression("mass", "datum.g"),
        "joules": energy("datum.j"),
        "between": "datum.low==null||datum.high==null?'':"
        f"{energy('datum.low*datum.part')}+' to '+{energy('datum.high*datum.part')}",
        "time": f"datum.s==null?'':{_text.expression('time', 'datum.s*datum.part')}",
        "watts": f"datum.s?{_text.expression('power', 'datum.j0/datum.s')}:''",
        "priced": PRICED,
    }
    chart = chart.transform_calculate(part=PART).transform_calculate(j="datum.j0*datum.part")
    return chart.transform_calculate(g=G).transform_calculate(**texts)


def _tips(*first: Any) -> list[Any]:
    """Return what a bar of a phase says when it is pointed at."""
    return [*first, *(altair().Tooltip(f"{name}:N", title=title) for name, title in TIPS.items())]


def _models_axis(mode: str) -> Any:
    alt = altair()
    return alt.Y(
        "name:N",
        title=None,
        sort=alt.EncodingSortField(field="key", op="min", order="ascending"),
        axis=alt.Axis(labelColor=_theme.MODES[mode]["ink"], labelLimit=140),
    )


def _ranked(rows: list[dict[str, Any]]) -> Any:
    """Return the base of a layer: the models that are kept, in the page's order."""
    chart = altair().Chart(data(rows))
    chart = chart.transform_filter(f"kept[datum.model]&&rank[datum.model]<{MOST_BARS}")
    return chart.transform_calculate(key="rank[datum.model]")


def _stacked(study: Study, mode: str, width: str) -> Any:
    """Draw the phases of each model as one bar, that of the chosen one with an outline."""
    alt = altair()
    rows = _phase_rows(study)
    letters = _theme.lettered(list(dict.fromkeys(row["phase"] for row in rows)))
    ink = _theme.MODES[mode]["ink"]
    base = _priced(_ranked([{**row, "series": letters[row["phase"]]} for row in rows]))
    return (
        base.transform_calculate(label="datum.name+', '+datum.phase+': '+datum.text")
        .mark_bar(height={"band": 0.6}, cornerRadius=0)
        .encode(
            y=_models_axis(mode),
            x=alt.X(
                "g:Q",
                axis=axis("mass", CARBON, tickCount=few_ticks(width)),
                scale=length(),
                stack="zero",
            ),
            color=colour(list(letters.values()), mode),
            order=alt.Order("at:Q"),
            stroke=alt.condition("datum.model==picked", alt.value(ink), alt.value(None)),
            strokeWidth=alt.condition("datum.model==picked", alt.value(2), alt.value(0)),
            description="label:N",
            tooltip=_tips(alt.Tooltip("name:N", title="model")),
        )
    )


def _sums(study: Study, mode: str, width: str) -> list[Any]:
    """Write each model's total, and draw the interval of its marginal part."""
    rows = []
    for i, model in enumerate(study.models):
        j = marginal_j(model)
        if j is not None:
            low, high = marginal_interval(model) or (j, j)
            base = {"model": i, "name": model["name"], "own": study.g_per_kwh, "pue0": study.pue}
            base |= {"least": least(model), "low": low, "high": high, "j0": j}
            rows.append({**base, "once_j": one_off_j(model) or 0.0})
    ink = _theme.MODES[mode]["ink"]
    sums = (
        _ranked(rows)
        .transform_calculate(extra="load?datum.once_j/n:0")
        .transform_calculate(j="datum.j0+datum.extra")
        .transform_calculate(g=G)
        .transform_calculate(
            lo="datum.j>0?datum.g*(datum.low+datum.extra)/datum.j:0",
            hi="datum.j>0?datum.g*(datum.high+datum.extra)/datum.j:0",
            text=f"(datum.model==picked?'▶ ':'')+datum.least+{_text.expression('mass', 'datum.g')}",
            edge="max(datum.g,datum.j>0?datum.g*(datum.high+datum.extra)/datum.j:0)"
            f"*max(1.1,{width}/max(60,{width}-110))",
        )
        .encode(y=_models_axis(mode))
    )
    return [
        sums.mark_rule(color=ink, strokeWidth=1.5, aria=False).encode(x="lo:Q", x2="hi:Q"),
        sums.mark_text(align="left", dx=6, color=ink, aria=False).encode(x="hi:Q", text="text:N"),
        sums.mark_point(opacity=0, size=0, aria=False).encode(x="edge:Q"),
    ]


def _failed(study: Study, mode: str, width: str) -> list[Any]:
    """Write why there is no bar."""
    alt = altair()
    rows = [
        {"model": i, "name": m["name"], "text": f"failed: {cut(str(m.get('error') or 'unknown'), 60)}"}
        for i, m in enumerate(study.models)
        if m["status"] != "ok"
    ]
    if not rows:
        return []
    texts = _ranked(rows).encode(y=_models_axis(mode))
    most = alt.ExprRef(f"max(60,{width}-12)")
    texts = texts.mark_text(align="left", color=_theme.MODES[mode]["warn"], limit=most)
    return [texts.encode(x=alt.value(6), text="text:N")]


def total(study: Study, mode: str, params: list[Any], width: str = "width") -> Any:
    """Draw each model's carbon per inference, its phases stacked, with the interval of the marginal part.

    `width` is what expressions call the width of the figure; one inside of another figure gives the number.
    """
    layers = [_stacked(study, mode, width), *_sums(study, mode, width), *_failed(study, mode, width)]
    chart = altair().layer(*layers).add_params(*params)
    return marked(study.watermark, chart, mode, height=max(90, 34 * min(MOST_BARS, len(study.models)) + 20))


def phases(study: Study, mode: str, params: list[Any], width: str = "width") -> Any:
    """Draw the phases of the chosen model, absolute and in percent; `width` as that of :func:`total`."""
    alt = altair()
    palette = _theme.MODES[mode]
    rows = _phase_rows(study)
    names = list(dict.fromkeys(row["phase"] for row in rows))
    base = (
        _priced(alt.Chart(data(rows)).transform_filter("datum.model==picked"))
        .transform_joinaggregate(all="sum(g)")
        .transform_calculate(top_g=f"datum.below?{G.replace('datum.j', 'datum.top', 1)}:0")
        .transform_calculate(
            label=f"datum.below?'below the resolution, at most '+{_text.expression('mass', 'datum.top_g')}:"
            "datum.text+(datum.all>0?' ('+format(100*datum.g/datum.all,'.1f')+' %)':'')",
            end="max(datum.g,datum.top_g)",
            edge=f"max(datum.all,datum.top_g)*max(1.1,{width}/max(60,{width}-140))",
        )
        .encode(y=alt.Y("phase:N", title=None, sort=names, axis=alt.Axis(labelColor=palette["ink"])))
    )
    bars = base.mark_bar(height={"band": 0.6}, color=palette["c1"]).encode(
        x=alt.X("g:Q", axis=axis("mass", CARBON, tickCount=few_ticks(width)), scale=length()),
        description="label:N",
        tooltip=_tips(),
    )
    labels = base.mark_text(align="left", dx=6, color=palette["ink"], aria=False).encode(
        x="end:Q", text="label:N"
    )
    # Without a filter: an empty layer would have no extent.
    outline = base.mark_bar(
        height={"band": 0.6}, fillOpacity=0, stroke=palette["c1"], strokeDash=[4, 3], aria=False
    ).encode(
        x=alt.X("top_g:Q", stack=None),
        strokeOpacity=alt.condition("datum.below", alt.value(1), alt.value(0)),
    )
    room = base.mark_point(opacity=0, size=0, aria=False).encode(x="edge:Q")
    layers = alt.layer(bars, outline, labels, room).add_params(*params)
    return marked(study.watermark, layers, mode, height=34 * len(names) + 20)


def answers(study: Study, mode: str, params: list[Any]) -> Any:
    """Draw what the chosen model answered, best first."""
    alt = altair()
    palette = _theme.MODES[mode]
    rows = [
        {"model": i, "rank": k, "label": f"{k + 1}. {p['label']}", "p": p["probability"], "text": p["text"]}
        for i, m in enumerate(study.models)
        for k, p in enumerate(answers_of(m))
    ]
    base = (
        alt.Chart(data(rows))
        .transform_filter("datum.model==picked")
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
