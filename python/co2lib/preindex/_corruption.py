# SPDX-License-Identifier: MIT
"""Corruptions of images; what is no image in [0, 1], channels first, is refused and not reinterpreted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from co2lib._core import preindex as _core
from co2lib._errors import BadValueError
from co2lib.preindex import _arguments as arguments
from co2lib.preindex._arrays import Array, array
from co2lib.preindex._functions import Channels

_CHANNELS = (1, 3, 4)


def image_of(given: Array, channels: Channels | None) -> npt.NDArray[np.float32]:
    """Return an image as float32, channels x height x width."""
    found = array(given)
    if found.dtype.kind != "f" and found.dtype.name != "bfloat16":
        raise BadValueError(
            "preindex.bad_sample",
            f"an image of the type {found.dtype}: levels are for values in [0, 1]; give floating-point "
            "values, 8-bit ones divided by 255 (torchvision: ToTensor)",
        )
    if found.ndim != 3:
        raise BadValueError(
            "preindex.bad_shape",
            f"an image of shape {found.shape}: give three axes, channels x height x width",
        )
    if channels is None and found.shape[2] in _CHANNELS and found.shape[0] not in _CHANNELS:
        raise BadValueError(
            "preindex.bad_shape",
            f"an image of shape {found.shape} may have its channels last: say channels='last' (height x "
            "width x channels), or channels='first' if it is channels x height x width",
        )
    if channels not in (None, "first", "last"):
        arguments.refuse("channels", channels, "'first' or 'last'")
    if channels == "last":
        found = np.moveaxis(found, -1, 0)
    return np.ascontiguousarray(found, np.float32)


def corrupt(
    image: Array,
    name: str,
    level: float,
    *,
    seed: int = 0,
    item: int = 0,
    quantise: bool = True,
    clamp: bool = True,
    wrap_u8: bool = False,
    any_range: bool = False,
    channels: Channels | None = None,
) -> npt.NDArray[np.float32]:
    """Corrupt an image (C, H, W) with values in [0, 1].

    Parameters
    ----------
    image : array
        Channels x height x width, floating point.
    name : str
        ``gauss``, ``salt_pepper``, ``blur``, ``shot``, ``impulse`` or ``frost``.
    level : float
        Standard deviation, probability, sigma, strength, probability, or severity 1..10.
    seed, item : int
        Random numbers depend on these and the name alone; `item` is the image's number in its data set.
    quantise : bool
        Round to the 256 values of an 8-bit image. What it is compared with must be rounded alike, as
        `PairedDataset` does.
    clamp : bool
        Without `quantise`: cut at 0 and 1.
    wrap_u8 : bool
        Parity with the published chain: truncate, modulo 256.
    any_range : bool
        Take values outside of [0, 1], for which levels mean something else; with ``quantise=False,
        clamp=False`` nothing is cut.
    channels : str, optional
        ``last``: the image, and what is returned, is height x width x channels. Must be said where the shape
        leaves it open.

    Returns
    -------
    numpy.ndarray
        float32, of the shape of the image.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_corruption``, ``preindex.bad_sample`` (NaN, values outside of [0, 1], 8-bit images),
        ``preindex.bad_shape``, ``preindex.bad_option``.
    """
    values = _core.corrupt(
        image_of(image, channels),
        _name(name),
        arguments.number("level", level, "preindex.bad_corruption"),
        arguments.integer("seed", seed, 0),
        arguments.integer("item", item, 0),
        quantise,
        clamp,
        wrap_u8,
        any_range,
    )
    return np.moveaxis(values, 0, -1) if channels == "last" else values


def _name(name: Any) -> str:
    if not isinstance(name, str):
        arguments.refuse("corruption", name, "a name, such as 'gauss'", "preindex.bad_corruption")
    return name


def finished(
    image: Array, *, quantise: bool, clamp: bool, wrap_u8: bool, channels: Channels | None
) -> npt.NDArray[np.float32]:
    """Return an image after the last step of a corruption alone: what the clean side goes through."""
    values = _core.finished(image_of(image, channels), quantise, clamp, wrap_u8)
    return np.moveaxis(values, 0, -1) if channels == "last" else values
