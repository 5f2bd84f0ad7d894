# SPDX-License-Identifier: MIT
r"""Domain hub: what model cards say about emissions, and how models rank.

>>> from co2lib import hub
>>> print(hub.write_block({"emissions": 25.4, "source": "co2lib"}).yaml, end="")
co2_eq_emissions:
  emissions: 25.4
  source: "co2lib"
>>> card = hub.read_card('---\nco2_eq_emissions: "1.5 kg"\n---\n')
>>> card.status, card.grams, card.warnings
('ok', 1500.0, ['unit_not_grams', 'emissions_is_string'])
>>> hub.label_one({"co2_eq_emissions": 50.0}).label
'A'
"""

from __future__ import annotations

import importlib
from typing import Any

from co2lib._core.hub import (
    Card,
    CardBlock,
    CardRecord,
    Label,
    LabelMetric,
    LetterProbabilities,
    MetricLabel,
    Preset,
)
from co2lib.hub._cards import (
    card_warnings,
    hub_reader_grams,
    read_card,
    read_cards,
    read_metadata,
    update_card,
    write_block,
)
from co2lib.hub._labels import (
    ReportClass,
    badge,
    compound,
    fit,
    index,
    label,
    label_one,
    label_text,
    letter_probabilities,
    performance_score,
    preset,
    preset_names,
    rating,
    report_class,
    report_class_names,
    star_class,
    stars,
)

_LAZY = {
    "holm": "_tests",
    "mann_whitney": "_tests",
    "trend": "_tests",
    "log_pearson": "_tests",
    "pearson": "_tests",
    "spearman": "_tests",
    "least_squares": "_tests",
    "drivers": "_study",
    "rq1": "_study",
    "rq2": "_study",
    "load": "_dumps",
    "read_dump": "_dumps",
    "mine": "_mine",
    "Mined": "_mine",
}
"""What needs the extra `hub`, and its module: imported when first used."""

__all__ = [
    "Card",
    "CardBlock",
    "CardRecord",
    "Label",
    "LabelMetric",
    "LetterProbabilities",
    "MetricLabel",
    "Mined",
    "Preset",
    "ReportClass",
    "badge",
    "card_warnings",
    "compound",
    "drivers",
    "fit",
    "holm",
    "hub_reader_grams",
    "index",
    "label",
    "label_one",
    "label_text",
    "least_squares",
    "letter_probabilities",
    "load",
    "log_pearson",
    "mann_whitney",
    "mine",
    "pearson",
    "performance_score",
    "preset",
    "preset_names",
    "rating",
    "read_card",
    "read_cards",
    "read_dump",
    "read_metadata",
    "report_class",
    "report_class_names",
    "rq1",
    "rq2",
    "spearman",
    "star_class",
    "stars",
    "trend",
    "update_card",
    "write_block",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"co2lib.hub.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'co2lib.hub' has no attribute {name!r}")
