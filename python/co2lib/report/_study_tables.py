# SPDX-License-Identifier: MIT
"""The figures of a study: each chart with the table that says the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from co2lib.report import _study_more, _text
from co2lib.report._charts import Cell, Column, Figure, altair
from co2lib.report._study import (
    Study,
    above_idle,
    answers,
    best_answer,
    marginal_interval,
    marginal_j,
    one_off_j,
    per_inference,
)
from co2lib.report._study_charts import MOST_BARS, ranks
from co2lib.report._study_charts import answers as answers_chart
from co2lib.report._study_charts import phases as phases_chart
from co2lib.report._study_charts import total as total_chart
from co2lib.report._study_more import quality_of
from co2lib.report._tradeoff import tradeoff as tradeoff_chart


def default_order(study: Study, n: float) -> list[int]:
    """Return the models in the order of the page when it opens: carbon, most first."""
    from co2lib.report._figures import sort_models

    items = [{"name": m["name"], "grams": study.grams(per_inference(m, n))} for m in study.models]
    at = {m["name"]: i for i, m in enumerate(study.models)}
    return [at[name] for name in sort_models(items, "emission", "descending")]


def _params(study: Study, n: float) -> list[Any]:
    order = default_order(study, n)
    values = {"grid": -1, "pue": -1, "n": n, "load": True, "picked": 0, "rank": ranks(order)}
    values["kept"] = [True] * len(study.models)
    return [altair().param(name=name, value=value) for name, value in values.items()]


def _cell(i: int, what: str) -> Cell:
    """Return a cell that the page fills with a number of a model."""
    return Cell("", number=True, what=what, model=i)


def _columns(*heads: str) -> list[Column]:
    return [Column(head) for head in heads if head]


def _state(study: Study, model: Mapping[str, Any]) -> Cell:
    """Return how a model was measured, and how often; or why it has no numbers."""
    if model["status"] != "ok":
        return Cell(f"failed: {model.get('error') or 'unknown'}")
    counts = [
        (p.get("energy_j") or {}).get("n") for p in model.get("phases") or [] if p["kind"] == "marginal"
    ]
    least = min((count for count in counts if count), default=None)
    how = str(study.document["provenance"])
    return Cell(how if least is None else f"{how}, n {least}")


def total(study: Study, mode: str, params: list[Any]) -> Figure:
    """Return all models, what each answers or how well beside its carbon."""
    answered, rated = any(map(best_answer, study.models)), any(map(quality_of, study.models))
    table = []
    for i, m in enumerate(study.models):
        low, high = marginal_interval(m) or (None, None)
        once = one_off_j(m)
        table.append(
            [
                Cell(m["name"], model=i),
                _cell(i, "g"),
                _cell(i, "j"),
                Cell(_text.between(low, high, _text.ENERGY)),
                Cell(_text.energy(once) if once is not None else "not measured", number=True),
                _cell(i, "wholeJ"),
                _cell(i, "wholeG"),
                *([Cell(best_answer(m))] if answered else []),
                *([Cell(quality_of(m))] if rated else []),
                _state(study, m),
            ]
        )
    count = len(study.models)
    few = f" The first {MOST_BARS} of {count} in this order are drawn." if count > MOST_BARS else ""
    return Figure(
        "total",
        "Carbon per inference",
        "Lines are 95 % intervals of what each inference repeats. "
        "Loading is spread over the inferences chosen above." + few,
        total_chart(study, mode, params),
        _columns(
            *("Model", "Carbon per inference", "Energy per inference", "95 % interval, without loading"),
            *("Loading, once", "All N: energy", "All N: carbon"),
            *("Answer" if answered else "", "Quality" if rated else "", "State"),
        ),
        table,
        wide=True,
    )


def _phase_energy(phase: Mapping[str, Any]) -> str:
    energy = phase.get("energy_j") or {}
    if "below_resolution" in phase.get("flags", ()):
        return f"below the resolution, at most {_text.energy(energy.get('high'))}"
    return _text.energy(energy.get("median"))


def _part(i: int, phase: Mapping[str, Any]) -> Cell:
    """Return the cell of what one inference has of a phase, in g and in percent."""
    j = (phase.get("energy_j") or {}).get("median")
    what = "part-once" if phase["kind"] == "one_off" else "part"
    return Cell("unknown") if j is None else Cell("", number=True, what=what, model=i, j=j)


def phases(study: Study, mode: str, params: list[Any]) -> Figure:
    """Return where the carbon of the model in detail goes; the table has the phases of all models."""
    idle = (study.document.get("boundary") or {}).get("idle_w") is not None
    table = [
        [
            Cell(m["name"], model=i),
            Cell(p["name"]),
            Cell("once" if p["kind"] == "one_off" else "each inference"),
            Cell(_phase_energy(p), number=True),
            *([Cell(above_idle(study, [p]), number=True)] if idle else []),
            _part(i, p),
            Cell(_text.seconds((p.get("seconds") or {}).get("median")), number=True),
            Cell(", ".join(p.get("flags") or [])),
        ]
        for i, m in enumerate(study.models)
        for p in m.get("phases") or []
    ]
    return Figure(
        "phases",
        "Where it goes",
        "The phases of the model in detail; the parts add up to its total.",
        phases_chart(study, mode, params),
        _columns(
            *("Model", "Phase", "When", "Energy", "Above idle" if idle else ""),
            *("Carbon per inference", "Time", "Remarks"),
        ),
        table,
        one=True,
    )


def answered(study: Study, mode: str, params: list[Any]) -> Figure | None:
    """Return what the model in detail answers; None where no model does."""
    table = [
        [Cell(m["name"], model=i), Cell(p["label"]), Cell(p["text"], number=True)]
        for i, m in enumerate(study.models)
        for p in answers(m)
    ]
    if not table:
        return None
    return Figure(
        "answers",
        "What it answers",
        "The answers of the model in detail for the study's input.",
        answers_chart(study, mode, params),
        _columns("Model", "Answer", "Probability"),
        table,
        one=True,
    )


def tradeoff(study: Study, mode: str, params: list[Any]) -> Figure | None:
    """Return carbon against quality; None where no model has a quality."""
    front = tradeoff_chart(study, mode, params)
    if front is None:
        return None
    drawn = [
        (i, m)
        for i, m in enumerate(study.models)
        if marginal_j(m) is not None and _study_more.value_of(m) is not None
    ]
    missing = len(study.models) - len(drawn)
    more = f" {missing} without a quality or carbon are not drawn." if missing else ""
    return Figure(
        "tradeoff",
        "Carbon against quality",
        "No model on the dashed line is beaten by another in both." + more,
        front,
        _columns("Model", "Carbon", "Quality", "Measure", "Front"),
        [
            [
                Cell(m["name"], model=i),
                _cell(i, "g"),
                Cell(f"{m['quality']['value']:g}", number=True),
                Cell(str(m["quality"].get("metric") or "")),
                _cell(i, "front"),
            ]
            for i, m in drawn
        ],
        wide=True,
        live="suggestion",
    )


def figures(study: Study, mode: str, *, n: float = 1000) -> list[Figure]:
    """Return the figures of a study."""
    params = _params(study, n)
    found = [
        total(study, mode, params),
        phases(study, mode, params),
        answered(study, mode, params),
        tradeoff(study, mode, params),
        _study_more.amortisation(study, mode, params),
        _study_more.regions(study, mode, params, "datum.j0+(load?datum.once_j/n:0)"),
        _study_more.labels(study, mode),
        _study_more.equivalences(study),
    ]
    return [figure for figure in found if figure is not None]
