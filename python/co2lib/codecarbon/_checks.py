# SPDX-License-Identifier: MIT
"""Checks of arguments; a bad one is `meter.bad_input` naming the field."""

from __future__ import annotations

import math

from co2lib._errors import BadValueError


def number(name: str, value: object) -> float:
    """Return a finite number as a double."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadValueError("meter.bad_input", f"{name}: expected a finite number, got {value!r}")
    return float(value)


def not_negative(name: str, value: object) -> float:
    """Return a number that is 0 or above as a double."""
    x = number(name, value)
    if x < 0:
        raise BadValueError("meter.bad_input", f"{name}: must not be negative, got {value!r}")
    return x


def at_least_one(name: str, value: object) -> float:
    """Return a number that is 1 or above as a double: a PUE, or a count."""
    x = number(name, value)
    if x < 1:
        raise BadValueError("meter.bad_input", f"{name}: must be at least 1, got {value!r}")
    return x
