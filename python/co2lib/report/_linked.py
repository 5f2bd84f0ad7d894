# SPDX-License-Identifier: MIT
"""A study as one figure of linked views: a click on a model opens its phases and answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from co2lib.report import _study_charts, _theme
from co2lib.report._charts import altair
from co2lib.report._study import Study

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
"""Gradio draws with Vega-Lite 5, which has all that these figures need; Altair would name its own version."""
WIDTH = 640
GAP = 190


def parameters(
    study: Study, *, g_per_kwh: float, pue: float, n: float, load: bool, order: Sequence[int]
) -> list[Any]:
    """Return what a figure outside of a page is drawn with: a price, and over how many loading is spread."""
    alt = altair()
    values = {"grid": g_per_kwh, "pue": pue, "n": n, "load": load, "rank": _study_charts.ranks(order)}
    values["kept"] = [True] * len(study.models)
    return [alt.param(name=name, value=value) for name, value in values.items()]


def _bare(chart: Any) -> Any:
    """Leave out what only the outermost chart may have."""
    for name in ("config", "usermeta", "padding", "autosize"):
        setattr(chart, name, altair().Undefined)
    return chart


def linked(study: Study, picked: int, params: list[Any], mode: str = "light") -> Any:
    """Draw all models, and the phases and answers of the one that is picked first, or clicked on."""
    alt = altair()
    total = _study_charts.total(study, mode, [], str(WIDTH))
    chosen = alt.selection_point(name="chosen", fields=["model"], empty=False, value=[{"model": picked}])
    total.layer[0] = total.layer[0].add_params(chosen)
    total.layer[0].encoding.color.legend = alt.Legend(columns=4, title=None)
    half = WIDTH // 2 - GAP // 2
    below = [_bare(_study_charts.phases(study, mode, [], str(half)).properties(width=half))]
    if any(m.get("predictions") for m in study.models):
        answers = _study_charts.answers(study, mode, [])
        below.append(_bare(answers.properties(width=half)))
    open_one = alt.param(name="picked", expr="isValid(chosen.model)?chosen.model[0]:-1")
    figure = alt.vconcat(_bare(total.properties(width=WIDTH)), alt.hconcat(*below, spacing=24), spacing=28)
    name = "Carbon per inference, and the phases and answers of one model"
    return dressed(figure.add_params(*params, open_one), name, mode)


def alone(figure: Any, name: str, mode: str = "light") -> Any:
    """Give one chart of a page a width of its own, and what :func:`dressed` gives."""
    return dressed(_bare(figure).properties(width=WIDTH), name, mode)


def dressed(figure: Any, name: str, mode: str = "light") -> Any:
    """Give a figure the theme, a name for those who hear it, and marks that are elements of the page."""
    alt = altair()
    settings = {k: v for k, v in _theme.config(mode).items() if k not in ("padding", "autosize")}
    figure.config = alt.Config(**settings)
    figure.padding = 8
    figure.description = f"{name}: chart; the tables below have the same values"
    figure.usermeta = {"embedOptions": {"renderer": "svg", "actions": False}}
    figure["$schema"] = SCHEMA
    return figure
