# SPDX-License-Identifier: MIT
"""Adapters of the `hub.*` vectors of tests/golden/hub.json."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from co2lib import hub, numeric
from co2lib._errors import BadValueError
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)
BAD = "hub.bad_value"


@kind("hub.read_card")
def _read_card(given: dict[str, Any]) -> Answer:
    return hub.read_card(Fields(given, BAD).text("card")).to_dict()


@kind("hub.read_metadata")
def _read_metadata(given: dict[str, Any]) -> Answer:
    return hub.read_metadata(Fields(given, BAD).object("card_data")).to_dict()


@kind("hub.write_block")
def _write_block(given: dict[str, Any]) -> Answer:
    block = hub.write_block(Fields(given, BAD).object("record"))
    return {"yaml": block.yaml, "warnings": [issue.code for issue in block.issues]}


@kind("hub.update_card")
def _update_card(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    return {"card": hub.update_card(fields.text("card"), fields.object("record"))}


@kind("hub.report_class")
def _report_class(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    found = hub.report_class(
        emissions_reported=fields.boolean("emissions_reported"),
        hardware_used=fields.text("hardware_used", None),
        geographical_location=fields.text("geographical_location", None),
        cloud_provider=fields.text("cloud_provider", None),
        hours_used=fields.number("hours_used", None),
        tags=fields.list("tags", []),
        context=fields.text("context", "hardware"),
    )
    return {"class": found.id, "name": found.name}


@kind("hub.percentile")
def _percentile(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    values, percent = fields.numbers("values"), fields.number("percent")
    try:
        return {"value": numeric.percentile(values, percent / 100)}
    except ValueError as error:
        raise BadValueError(BAD, str(error)) from error


@kind("hub.rating")
def _rating(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    cap = fields.number("upper_cap", None)
    return {"rating": hub.rating(fields.number("index"), fields.numbers("boundaries"), upper_cap=cap)}


@kind("hub.compound")
def _compound(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    return {"rating": hub.compound(fields.list("ratings"), fields.numbers("weights"), fields.text("mode"))[0]}


@kind("hub.preset")
def _preset(given: dict[str, Any]) -> Answer:
    found = hub.preset(Fields(given, BAD).text("preset"))
    return {
        "weights": {m.name: m.weight for m in found.metrics},
        "reference": {m.name: m.reference for m in found.metrics},
        "boundaries": {m.name: m.boundaries for m in found.metrics},
        "population": found.population,
        "upper_cap": found.upper_cap,
        "higher_is_better": [m.name for m in found.metrics if m.higher_is_better],
        "reference_model": found.reference_model,
    }


MODES = (
    "optimistic_mean",
    "pessimistic_mean",
    "optimistic_median",
    "pessimistic_median",
    "median_as_coded_2022",
    "best",
    "worst",
    "majority",
    "mean_half_even",
)


def _metrics(given: dict[str, Any]) -> dict[str, Any]:
    return {name: math.inf if value == "inf" else value for name, value in given.items()}


@kind("hub.label")
def _label(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    metrics, name = _metrics(fields.object("metrics")), fields.text("preset")
    more: dict[str, Any] = {
        "task": fields.text("task", "inference"),
        "reference": given.get("reference") or {},
    }
    label = hub.label_one(metrics, name, **more)
    answer: Answer = {
        "index": {m.name: m.index for m in label.metrics},
        "ratings": {m.name: m.rating for m in label.metrics},
        "mean": label.mean,
        "label": label.label,
    }
    if hub.preset(name).own_reference:
        answer["labels"] = {mode: hub.label_one(metrics, name, mode=mode, **more).label for mode in MODES}
    return answer


@kind("hub.label_population")
def _label_population(given: dict[str, Any]) -> Answer:
    from co2lib._core import hub as core
    from co2lib.hub._labels import _rows

    fields = Fields(given, BAD)
    base = hub.preset(fields.text("preset"))
    if base.own_reference:
        columns = fields.list("columns")
        table = [dict(zip(columns, row, strict=True)) for row in fields.list("rows")]
        fitted = hub.fit(table, base, base.reference_model)
        labels = {
            mode: "".join(one.label or "?" for one in core.label_rows(_rows(table, fitted), fitted, mode))
            for mode in MODES
        }
        counts = {mode: {letter: text.count(letter) for letter in "ABCDE"} for mode, text in labels.items()}
        boundaries = {m.name: m.boundaries for m in fitted.metrics}
        return {"labels": labels, "counts": counts, "boundaries": boundaries}
    rows = [_metrics(row) for row in fields.list("rows")]
    fitted = hub.fit(rows, base, fields.text("reference"))
    letters = [one.label for one in core.label_rows(_rows(rows, fitted), fitted, None)]
    count = Counter(letters)
    return {
        "reference": {m.name: m.reference for m in fitted.metrics},
        "boundaries": {m.name: m.boundaries for m in fitted.metrics},
        "labels": {row["id"]: letter for row, letter in zip(rows, letters, strict=True)},
        "counts": {letter: count[letter] for letter in "ABCDE"},
    }


@kind("hub.stars")
def _stars(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    return {"stars": hub.stars(fields.numbers("energy_wh"), fields.text("mode", "quantile"))}


@kind("hub.performance_score")
def _performance_score(given: dict[str, Any]) -> Answer:
    return {"score": hub.performance_score(Fields(given, BAD).object("metrics"))}


@kind("hub.holm")
def _holm(given: dict[str, Any]) -> Answer:
    adjusted, rejected = hub.holm(Fields(given, BAD).numbers("p"))
    return {"adjusted": adjusted, "reject_at_0.05": rejected}


@kind("hub.pearson")
def _pearson(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    found = hub.pearson(fields.numbers("x"), fields.numbers("y"))
    return {"r": found.r, "p": found.p}


@kind("hub.spearman")
def _spearman(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    found = hub.spearman(fields.numbers("x"), fields.numbers("y"))
    return {"rho": found.r, "p": found.p}


@kind("hub.log_pearson")
def _log_pearson(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    found = hub.log_pearson(
        fields.list("x_bytes"), fields.list("y_grams"), offset=fields.number("offset", 1e-6)
    )
    return {"r": found.r, "p": found.p, "n": found.n}


@kind("hub.mann_whitney")
def _mann_whitney(given: dict[str, Any]) -> Answer:
    fields = Fields(given, BAD)
    found = hub.mann_whitney(fields.numbers("x"), fields.numbers("y"), method=fields.text("method", "auto"))
    return {"u": found.u, "p": found.p, "rank_biserial": found.rank_biserial}


@kind("hub.trend")
def _trend(given: dict[str, Any]) -> Answer:
    found = hub.trend(Fields(given, BAD).numbers("y"))
    return {"slope": found.slope, "intercept": found.intercept, "p": found.p}
