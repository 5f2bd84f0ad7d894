# SPDX-License-Identifier: MIT
"""Arrays in: NumPy's, PyTorch's, or anything with DLPack, the array interface or the buffer protocol."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from co2lib._errors import BadValueError
from co2lib.preindex import _arguments as arguments

Array = Any
"""A NumPy array, a tensor, or an object with DLPack, the array interface or the buffer protocol."""
Labels = Any
"""Integers or texts, one per sample: a sequence or an array."""


def _unreadable(x: Any, why: str) -> NoReturn:
    raise BadValueError("preindex.bad_shape", f"a {type(x).__name__} cannot be read as an array: {why}")


def _of_tensor(x: Any) -> npt.NDArray[Any]:
    """Return the array of a PyTorch tensor, on the host; widened where NumPy has no such type."""
    torch = sys.modules["torch"]
    x = x.detach()
    if x.is_complex():
        _unreadable(x, "its values are complex")
    if x.layout is not torch.strided or x.is_nested:
        _unreadable(x, "it is sparse or nested; call to_dense() or pad it before")
    if x.is_meta:
        _unreadable(x, "it is on the meta device and has no values")
    if x.is_quantized:
        x = x.dequantize()
    if x.is_floating_point() and x.dtype not in {torch.float32, torch.float64, torch.float16}:
        x = x.float()
    return np.asarray(x.cpu().resolve_neg().numpy())


def array(x: Array) -> npt.NDArray[Any]:
    """Return a NumPy view of an array; a copy only of what is no array."""
    try:
        if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
            _unreadable(x, "values are masked; drop those samples, or fill them")
        if isinstance(x, np.ndarray):
            return x
        if "torch" in sys.modules and isinstance(x, sys.modules["torch"].Tensor):
            return _of_tensor(x)
        if hasattr(x, "__dlpack__"):
            return np.from_dlpack(x)
        return np.asarray(x)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, BadValueError):
            raise
        _unreadable(x, f"{error}; give an array in the memory of the host")


def vector(x: Array) -> npt.NDArray[np.float32]:
    """Return float32 values side by side."""
    found = array(x)
    if found.dtype.kind not in "fiu" and found.dtype.name != "bfloat16":
        _unreadable(x, f"expected numbers, got the type {found.dtype}")
    return np.ascontiguousarray(found, np.float32)


def labels(given: Labels) -> Any:
    """Return labels as a sequence or an array with one axis."""
    if isinstance(given, str | bytes) or not hasattr(given, "__iter__") or hasattr(given, "keys"):
        arguments.refuse("labels", given, "one integer or text per sample")
    if isinstance(given, set | frozenset):
        arguments.refuse("labels", given, "a list, in the order of the samples")
    if isinstance(given, list | tuple):
        # Tensors with one value, as a loader may give them.
        return [x.item() if hasattr(x, "item") and getattr(x, "ndim", 1) == 0 else x for x in given]
    return array(given) if hasattr(given, "__array__") or hasattr(given, "__dlpack__") else list(given)
