# SPDX-License-Identifier: MIT
"""Adapters of the `preindex.*` vectors; their file is run by :func:`run_file`."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from co2lib import numeric, preindex
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar
from co2lib.testing._preindex_file import run_file
from co2lib.testing._skip import SkipVector

__all__ = ["KINDS", "run_file"]

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)

DISTANCES = ("js", "wasserstein", "bhattacharyya", "kl")
BINS = (64, 32, 16)


def _fields(given: dict[str, Any]) -> Fields:
    return Fields(given, "preindex.bad_option")


def _floats(value: Any) -> npt.NDArray[np.float32]:
    return np.asarray(value, np.float32)


def _options(fields: Fields, **further: Any) -> preindex.Options:
    bins = fields.any("bins", list(BINS))
    return preindex.Options(
        bins=[bins] if isinstance(bins, int) else [int(b) for b in bins],
        distances=list(fields.list("distances", list(DISTANCES))),
        edge_rule=fields.text("edge_rule", "numpy1"),
        weights=fields.text("weights", "density"),
        degenerate=fields.text("degenerate", "count"),
        **further,
    )


def _number(x: float) -> float | None:
    """Return the number; not available (nan) and infinite are null."""
    return x if math.isfinite(x) else None


def _table(table: dict[int, dict[str, float]]) -> Answer:
    return {str(b): {name: _number(x) for name, x in row.items()} for b, row in table.items()}


@kind("preindex.distances")
def _distances(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    options = _options(fields)
    found = preindex.distances(_floats(fields.any("x")), _floats(fields.any("y")), options)
    bins = options.bins[0]
    return {
        **{name: _number(x) for name, x in found.values[bins].items()},
        "counts_x": found.counts_clean[bins],
        "counts_y": found.counts_shifted[bins],
    }


@kind("preindex.vectors")
def _vectors(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    return {"rows": preindex.sample_vectors(_floats(fields.any("output")), fields.any("mode"))}


@kind("preindex.p")
def _p(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    clean, shifted = fields.object("clean"), fields.object("shifted")
    accumulator = preindex.Accumulator(_options(fields), fields.integer("classes"))
    for name, rows in clean.items():
        before, after = _floats(rows), _floats(shifted[name])
        accumulator.add_pairs(accumulator.layer(name, before.shape[1]), before, after)
    accumulator.end_batch()
    result = accumulator.result()
    return {
        "kept_layers": [layer.name for layer in result.layers if layer.kept],
        "p": _table(result.all_distances),
        "per_layer": {name: _table(table) for name, table in result.per_layer.items()},
        "standard_error": {
            str(b): {name: None if x is None else _number(x) for name, x in row.items()}
            for b, row in result.all_standard_errors.items()
        },
    }


def _labels(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


@kind("preindex.inv_ari")
def _inv_ari(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    clean, shifted = _floats(fields.any("clean")), _floats(fields.any("shifted"))
    found = preindex.inv_ari(
        clean.reshape(len(clean), -1),
        shifted.reshape(len(shifted), -1),
        _labels(fields.any("labels")),
        fields.any("variant", "noise_2"),
    )
    return {
        "inv_ari": found.inv_ari,
        "ari": found.ari,
        "labels": found.labels.tolist(),
        "n_iter": found.iterations,
        "stop": found.stop,
        "tol_abs": found.tol_abs,
        "issues": [issue.code for issue in found.issues],
    }


@kind("preindex.combine")
def _combine(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    value = preindex.combine(
        fields.number("p"),
        fields.number("inv_ari"),
        fields.number("s", 0.0),
        fields.number("s_bar", 0.0),
        fields.number("inv_ari_denominator", None),
    )
    return {"value": value}


@kind("preindex.ari")
def _ari(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    table = fields.any("contingency", None)
    if table is not None:
        counts = np.asarray(table, np.int64)
        return {"ari": preindex.adjusted_rand(counts.reshape(len(counts), -1))}
    return {
        "ari": preindex.adjusted_rand(_labels(fields.any("labels_true")), _labels(fields.any("labels_pred")))
    }


@kind("preindex.resque_shift")
def _resque_shift(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    found = preindex.resque_shift(
        _floats(fields.any("clean")),
        _labels(fields.any("labels_clean")),
        _floats(fields.any("shifted")),
        _labels(fields.any("labels_shifted")),
    )
    return {"angles": found.angles, "index": found.index}


@kind("preindex.resque_task")
def _resque_task(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    found = preindex.resque_task(_floats(fields.any("x")), _labels(fields.any("labels")))
    return {"inv_ari": found.inv_ari, "n_iter": found.iterations}


@kind("preindex.forecast")
def _forecast(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    found = preindex.forecast(
        fields.list("x"),
        fields.list("y"),
        fields.number("x_new"),
        fields.text("model", "auto"),
        fields.number("alpha", 0.2),
    )
    return {
        "point": found.value,
        "lower": found.lower,
        "upper": _number(found.upper),
        "bounded": found.bounded,
        "extrapolated": found.extrapolated,
    }


@kind("preindex.blur")
def _blur(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    image = _floats(fields.any("image"))
    return {"output": preindex.corrupt(image, "blur", fields.number("sigma"), quantise=False)}


@kind("preindex.to_u8")
def _to_u8(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    return {"q": preindex.to_u8(_floats(fields.any("x")), wrap=fields.boolean("wrap")).tolist()}


@kind("preindex.correlations")
def _correlations(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    x, y = fields.list("x"), fields.list("y")
    return {
        "pearson": numeric.pearson(x, y),
        "spearman": numeric.spearman(x, y),
        "kendall_tau_b": numeric.kendall_tau_b(x, y),
    }


@kind("preindex.end_to_end")
def _end_to_end(given: dict[str, Any]) -> Answer:
    if importlib.util.find_spec("torch") is None:
        raise SkipVector("end_to_end needs PyTorch")
    from co2lib.testing import _preindex_net

    if "weights" not in given or "images" not in given or not _preindex_net.knows(given["weights"]):
        raise SkipVector("end_to_end needs images and the weights of the architecture that is known here")
    found = _preindex_net.p_of(given["weights"], given["images"], int(given["classes"]))
    return {"p": {str(bins): row for bins, row in found.items()}}
