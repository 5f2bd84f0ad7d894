# SPDX-License-Identifier: MIT
"""Models of frameworks as the graph description that the C++ library reads (docs/inference.md).

`co2lib.inference.graph` calls these; they need the framework's package, and keep no weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

__all__ = ["onnx_graph", "torch_graph"]


def torch_graph(module: Any, input_shape: Any = None) -> dict[str, Any]:
    """Read a PyTorch model by running it once on inputs of zeros.

    Parameters
    ----------
    module : torch.nn.Module or torch.export.ExportedProgram
        Also with quantised modules, whose bits are read. Its mode and hooks stay as they are.
    input_shape : sequence, optional
        The shape of the input, such as ``(1, 3, 224, 224)``, a list of shapes, or example tensors. An
        exported program has its own.

    Returns
    -------
    dict
        ``nodes``, ``outputs`` and ``shapes``. An operator without a mapping is ``other``, with its
        ``type``; one that is counted as another (GELU as swish) has what it ``stands_for``.

    Raises
    ------
    co2lib.Error
        ``inference.bad_graph`` where the model does not run on such inputs, ``inference.out_of_range`` for a
        size below 1, ``core.missing_extra`` without PyTorch.
    """
    from co2lib.inference.importers import _emit, _torch

    draft, batch = _torch.read(module, input_shape)
    return _emit.finish(draft, batch=batch)


def onnx_graph(file: str | PathLike[str], input_shape: Sequence[Any] | None = None) -> dict[str, Any]:
    """Read a model from an ONNX file, which may come from anywhere.

    Parameters
    ----------
    file : path
        At most 2 GB; data in other files is not read.
    input_shape : sequence, optional
        The shape of the first input, or a list with those of all; needed where the file has dynamic sizes.

    Returns
    -------
    dict
        As of `torch_graph`.

    Raises
    ------
    co2lib.Error
        ``inference.bad_graph``, naming the file and the node, for what is no model, is too large or nested,
        or has dynamic sizes without ``input_shape``; ``core.missing_extra`` without the package onnx.
    """
    from co2lib.inference.importers import _emit, _onnx

    draft, batch = _onnx.read(file, input_shape)
    return _emit.finish(draft, batch=batch)
