# SPDX-License-Identifier: MIT
"""Columns of a table of models: the names that one quantity has, and what can be made of others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from co2lib._extras import require

IDENTITIES = ("id", "modelId", "model_id", "model")
"""Columns that may name a model, the first that is there: the Hub's, the study's, and those of others."""

EMISSIONS = "co2_eq_emissions"
PER_GRAM = {
    "size_efficiency": "size_pytorch_bin_bytes",
    "datasets_size_efficiency": "datasets_size_bytes",
}
"""Bytes per gram, and the bytes it is made of."""

_SPELT = {
    "size_efficency": "size_efficiency",
    "datasets_size_efficency": "datasets_size_efficiency",
}


def spelt(name: str) -> str:
    """Return our name of a metric that the study spells otherwise."""
    return _SPELT.get(name, name)


def named(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a model, or whole columns, by our names, with the emissions in grams."""
    values = {spelt(name): value for name, value in record.items()}
    if "grams" in values:
        values.setdefault(EMISSIONS, values["grams"])
    return values


def is_there(value: Any) -> bool:
    """Say whether a cell holds something; NaN does, as a number that is none."""
    return value is not None and type(value).__name__ != "NAType"


def per_gram(size: float, grams: float) -> float:
    """Return bytes per gram; infinite at 0 g."""
    return size / grams if grams > 0 else math.inf


def all_per_gram(sizes: Any, grams: Any) -> Any:
    """Return :func:`per_gram` of whole columns; NaN where one of both is."""
    numpy = require("numpy", needed_for="a table of labels")
    sizes, grams = numpy.asarray(sizes, dtype="float64"), numpy.asarray(grams, dtype="float64")
    rates = numpy.full(sizes.shape, math.nan)
    numpy.divide(sizes, grams, out=rates, where=grams > 0)
    rates[(grams == 0) & ~numpy.isnan(sizes)] = math.inf
    return rates
