# SPDX-License-Identifier: MIT
"""What a convolution is, whatever framework it is of."""

from __future__ import annotations

from typing import Any


def square(values: Any) -> int | None:
    """Return the one number of both axes; None where they differ."""
    if isinstance(values, int):
        return values
    found = {int(value) for value in values}
    return found.pop() if len(found) == 1 else None


def conv_attrs(
    weight: Any, stride: Any, padding: Any, dilation: Any, groups: int, *, bias: bool
) -> dict[str, Any]:
    """Return the attributes of a convolution; those whose axes differ are None."""
    return {
        "k": square(weight[2:]),
        "s": square(stride),
        "pad": square(padding),
        "dilation": square(dilation),
        "groups": groups,
        "cout": int(weight[0]),
        "bias": bias,
    }


def conv(
    attrs: dict[str, Any], cin: int, source: Any, w_bits: int
) -> tuple[str, list[Any], dict[str, Any]] | None:
    """Return a convolution, depthwise or not; None where its axes differ."""
    if any(value is None for value in attrs.values()):
        return None
    op = "dwconv" if attrs["groups"] == cin == attrs["cout"] and cin > 1 else "conv"
    return op, [source], attrs | {"w_bits": w_bits}
