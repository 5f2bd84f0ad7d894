# SPDX-License-Identifier: MIT
"""PreIndex of recorded activations: arrays of any framework, no model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from co2lib._core import preindex as _core
from co2lib._core.preindex import Result
from co2lib._errors import BadValueError
from co2lib.preindex import _arguments as arguments
from co2lib.preindex._accumulator import Accumulator
from co2lib.preindex._arrays import Array, Labels, array
from co2lib.preindex._arrays import labels as _labels
from co2lib.preindex._functions import Channels, Mode, channels_first, sample_vectors
from co2lib.preindex._options import make_options

_BATCH = 1024


def from_activations(  # noqa: PLR0917
    clean: Mapping[str, Array],
    shifted: Mapping[str, Array],
    labels: Labels,
    classes: int | None = None,
    embedding: str | None = None,
    mode: Mode = "cnn",
    channels: Channels = "first",
    **options: Any,
) -> Result:
    """Return PreIndex of recorded activations; needs no PyTorch.

    Parameters
    ----------
    clean, shifted : mapping
        Raw outputs by layer, in forward order; (samples, ...) arrays of the same samples in the same order.
    labels : sequence or array
        Integers or texts, one per sample.
    classes : int, optional
        Number of distinct labels; counted if not given.
    embedding : str, optional
        The layer that is clustered, flattened. Default (ours): the last kept layer with a 4-D output in
        ``cnn``, or else the last kept layer.
    mode : str
        ``cnn`` or ``vit``.
    channels : str
        In mode ``cnn``, where the channels of outputs with more than two axes are: ``first`` (PyTorch) or
        ``last`` (TensorFlow, JAX).
    **options
        As for `make_options`: `distance`, `bins`, `ari`, `s`, `s_bar`, ...

    Raises
    ------
    co2lib.Error
        ``preindex.unpaired``, ``preindex.unknown_layer``, ``preindex.no_layer``, ``preindex.nonfinite``, and
        more.
    """
    before_after = _paired(clean, shifted, channels if mode == "cnn" else "first")
    labels = _labels(labels)
    distinct = len(set(labels)) if isinstance(labels, list) else len(np.unique(labels))
    count = distinct if classes is None else arguments.integer("classes", classes, 1)
    if count == 0:
        raise BadValueError("preindex.empty", "there are no labels, and so no samples")
    probe = Accumulator(make_options(mode=mode, **options), count)
    widths: dict[str, int] = {}
    for name, (before, _) in before_after.items():
        if len(before) != len(labels):
            raise BadValueError(
                "preindex.unpaired", f"layer {name}: {len(before)} samples and {len(labels)} labels"
            )
        widths[name] = _width(name, before, mode)
        probe.layer(name, widths[name])
    if embedding is None:
        embedding = _core.default_embedding(
            probe.layers, [a.ndim == 4 for a, _ in before_after.values()], mode
        )
    elif embedding not in before_after:
        _core.unknown_layer("embedding", str(embedding), probe.layers)
    accumulator = Accumulator(make_options(mode=mode, embedding=embedding, **options), count)
    # Batch by batch, as the accumulator copies the embeddings of a batch.
    for begin in range(0, max(1, len(labels)), _BATCH):
        batch = slice(begin, begin + _BATCH)
        for name, (before, after) in before_after.items():
            layer = accumulator.layer(name, widths[name])
            if accumulator.layers[layer][2]:
                accumulator.add_pairs(layer, _rows(before[batch], mode), _rows(after[batch], mode))
        before, after = (side[batch] for side in before_after[embedding])
        accumulator.add_embedding("clean", before.reshape(len(before), -1), labels[batch])
        accumulator.add_embedding("shifted", after.reshape(len(after), -1), labels[batch])
        accumulator.end_batch()
    return accumulator.result()


def _paired(
    clean: Mapping[str, Array], shifted: Mapping[str, Array], channels: Channels
) -> dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """Return the arrays of both sides by layer, channels first."""
    for side, outputs in (("clean", clean), ("shifted", shifted)):
        if not isinstance(outputs, Mapping) or not all(isinstance(name, str) for name in outputs):
            arguments.refuse(side, outputs, "a mapping from the names of layers to their outputs")
    if set(clean) != set(shifted):
        only = sorted(set(clean) ^ set(shifted))
        raise BadValueError("preindex.unpaired", f"layers on one side only: {', '.join(only)}")
    found = {}
    for name, output in clean.items():
        before, after = array(output), array(shifted[name])
        if before.shape != after.shape:
            raise BadValueError(
                "preindex.unpaired", f"layer {name}: shape {before.shape} before and {after.shape} after"
            )
        if before.ndim < 2:
            raise BadValueError(
                "preindex.bad_shape",
                f"layer {name}: an output of shape {before.shape}; give (samples, values, ...)",
            )
        found[name] = channels_first(before, channels), channels_first(after, channels)
    return found


def _rows(output: npt.NDArray[Any], mode: Mode) -> npt.NDArray[Any]:
    """Return the vectors of an output; a matrix is its own, without a copy."""
    return output if output.ndim == 2 else sample_vectors(output, mode)


def _width(name: str, output: npt.NDArray[Any], mode: Mode) -> int:
    try:
        return int(_rows(output[:1], mode).shape[1])
    except BadValueError as error:
        raise BadValueError(error.code, f"layer {name}: {error.message}") from None
