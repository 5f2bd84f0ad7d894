# SPDX-License-Identifier: MIT
"""The functions on arrays: vectors, histograms, distances, clusterings, RESQUE, corruptions."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from co2lib._core import preindex as _core
from co2lib._core.preindex import ClusterResult, Distances, Options, Reducer, Resque
from co2lib._errors import BadValueError
from co2lib.preindex import _arguments as arguments
from co2lib.preindex._arrays import Array, Labels, array, vector
from co2lib.preindex._arrays import labels as _labels

Mode = Literal["cnn", "vit"]
EdgeRule = Literal["numpy1", "numpy2"]
Variant = Literal["clean", "noise_1", "noise_2", "clean_kpp", "noise_1_kpp"]
Channels = Literal["first", "last"]


def _threads(value: Any) -> int:
    return arguments.integer("threads", value, 0, 4096)


def combine(
    p: float, inv_ari: float, s: float = 0.0, s_bar: float = 0.0, inv_ari_denominator: float | None = None
) -> float:
    """Return PreIndex = (p + inv_ari) / (1 + (p + d) s) - s_bar, d = `inv_ari_denominator` or `inv_ari`.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_option`` for s < 0, a denominator <= 0, or what is not finite.
    """
    d = None if inv_ari_denominator is None else arguments.number("inv_ari_denominator", inv_ari_denominator)
    return _core.combine(
        arguments.number("p", p),
        arguments.number("inv_ari", inv_ari),
        arguments.number("s", s),
        arguments.number("s_bar", s_bar),
        d,
    )


def sample_vectors(
    output: Array, mode: Mode = "cnn", *, convolution_1d: bool = False, channels: Channels = "first"
) -> npt.NDArray[np.float32]:
    """Return the vectors of the samples of a layer's raw output, one row per sample.

    Parameters
    ----------
    output : array
        Batch axis first; float16, bfloat16, float32 or float64.
    mode : str
        ``cnn``: mean over all axes but the batch and the channels, summed in double; ``vit``: flattened.
    convolution_1d : bool
        In mode ``cnn``, a 3-D output is one of a 1-D convolution (samples, channels, positions).
    channels : str
        In mode ``cnn``: ``first``, channels are the axis after the batch (PyTorch); ``last``, the last one
        (TensorFlow, JAX). Nothing in an array tells.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_shape``, ``preindex.empty``.
    """
    found = channels_first(array(output), channels)
    return _core.sample_vectors(
        found, arguments.text("mode", mode), arguments.flag("convolution_1d", convolution_1d)
    )


def channels_first(output: npt.NDArray[Any], channels: Channels) -> npt.NDArray[Any]:
    """Return a view with the channels after the batch."""
    if channels not in ("first", "last"):
        arguments.refuse("channels", channels, "'first' or 'last'")
    return np.moveaxis(output, -1, 1) if channels == "last" and output.ndim > 2 else output


def histogram(values: Array, bins: int, edge_rule: EdgeRule = "numpy1") -> list[int]:
    """Return the counts of a vector over its own range, with NumPy's edges bit for bit."""
    return _core.histogram(
        vector(values), arguments.integer("bins", bins, 2, 4096), arguments.text("edge_rule", edge_rule)
    )


def edges(low: float, high: float, bins: int, edge_rule: EdgeRule = "numpy1") -> npt.NDArray[np.float32]:
    """Return the bins + 1 edges of `histogram` for a vector of this range."""
    return _core.edges(
        arguments.number("low", low),
        arguments.number("high", high),
        arguments.integer("bins", bins, 2, 4096),
        arguments.text("edge_rule", edge_rule),
    )


def distances(clean: Array, shifted: Array, options: Options | None = None) -> Distances:
    """Return the distances between the histograms of a vector before and after the shift."""
    return _core.distances(vector(clean), vector(shifted), checked_options(options or Options()))


def checked_options(options: Any) -> Options:
    """Return options, and nothing else."""
    if not isinstance(options, Options):
        arguments.refuse("options", options, "what make_options returns")
    return options


def adjusted_rand(truth: Array, predicted: Labels | None = None) -> float:
    """Return the adjusted Rand index of a contingency table (classes x clusters), or of two labellings."""
    if predicted is not None:
        return _core.adjusted_rand_labels(_labels(truth), _labels(predicted))
    table = array(truth)
    if table.dtype.kind not in "iu":
        raise BadValueError(
            "preindex.bad_shape", f"contingency: expected whole numbers, got the type {table.dtype}"
        )
    return _core.adjusted_rand_table(table)


def class_means(rows: Array, labels: Labels, *, threads: int = 0) -> npt.NDArray[np.float64]:
    """Return the mean row of each class, labels ascending."""
    return _core.class_means(array(rows), _labels(labels), _threads(threads))


def lloyd(
    rows: Array,
    centres: Array,
    *,
    tolerance: float = 1e-4,
    max_iterations: int = 300,
    threads: int = 0,
    reducer: Reducer | None = None,
) -> ClusterResult:
    """Run Lloyd's algorithm from given centres as scikit-learn does; labels are those of a double run.

    With a `reducer` the rows are those of this process, and the clusters those of the rows of all processes,
    bit for bit as if one had them.
    """
    start = array(centres)
    if start.dtype.kind not in "fiu":
        raise BadValueError("preindex.bad_shape", f"centres: expected numbers, got the type {start.dtype}")
    return _core.lloyd(
        array(rows),
        np.asarray(start, np.float64),
        arguments.number("tolerance", tolerance),
        arguments.integer("max_iterations", max_iterations, 1, 2**31 - 1),
        _threads(threads),
        reducer,
    )


def inv_ari(
    clean: Array,
    shifted: Array,
    labels: Labels,
    variant: Variant = "noise_2",
    *,
    threads: int = 0,
    seed: int = 0,
) -> ClusterResult:
    """Return 1 - ARI of a variant: the damage to the class structure of embeddings (N x D)."""
    return _core.inv_ari(
        array(clean),
        array(shifted),
        _labels(labels),
        arguments.text("variant", variant),
        _threads(threads),
        arguments.integer("seed", seed, 0),
    )


def resque_shift(clean: Array, labels_clean: Labels, shifted: Array, labels_shifted: Labels) -> Resque:
    """Return RESQUE's shift index; rows (N x C) per side, unpaired, with the labels of each side."""
    return _core.resque_shift(array(clean), _labels(labels_clean), array(shifted), _labels(labels_shifted))


def resque_task(rows: Array, labels: Labels, *, threads: int = 0) -> ClusterResult:
    """Return RESQUE's task index: 1 - ARI of the new task's rows from their own class means."""
    return _core.resque_task(array(rows), _labels(labels), _threads(threads))


def to_u8(values: Array, *, wrap: bool = False) -> npt.NDArray[np.uint8]:
    """Return the 8-bit step of float32 values in [0, 1]; with `wrap` that of the published chain."""
    return _core.to_u8(vector(values), wrap)
