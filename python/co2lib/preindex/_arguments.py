# SPDX-License-Identifier: MIT
"""Checks of what callers hand over: each error has a code and says what is taken instead."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from co2lib._errors import BadValueError


def refuse(option: str, value: Any, allowed: str, code: str = "preindex.bad_option") -> NoReturn:
    """Raise the error for an argument outside of what is allowed."""
    text = repr(value)
    if len(text) > 80:
        text = f"a {type(value).__name__}"
    raise BadValueError(code, f"{option}: {text} is not allowed; use {allowed}", {"option": option})


def number(option: str, value: Any, code: str = "preindex.bad_option") -> float:
    """Return a number as float: NumPy's scalars are some, texts and booleans are none."""
    if not isinstance(value, str | bytes | bool) and type(value).__name__ not in {"bool", "bool_"}:
        try:
            return float(value)
        except (TypeError, ValueError, RuntimeError):
            pass
    refuse(option, value, "a number", code)


def integer(option: str, value: Any, low: int, high: int = 2**63 - 1) -> int:
    """Return a whole number between two bounds."""
    try:
        number_given = None if type(value).__name__ in {"bool", "bool_"} else operator.index(value)
    except (TypeError, RuntimeError):
        number_given = None
    if number_given is None or not low <= number_given <= high:
        allowed = f"a whole number >= {low}" if high >= 2**63 - 1 else f"a whole number from {low} to {high}"
        refuse(option, value, allowed)
    return number_given


def text(option: str, value: Any) -> str:
    """Return a text."""
    return value if isinstance(value, str) else refuse(option, value, "a text")


def flag(option: str, value: Any) -> bool:
    """Return a truth value."""
    if type(value).__name__ not in {"bool", "bool_"}:
        refuse(option, value, "True or False")
    return bool(value)


def names(option: str, value: Any) -> list[str]:
    """Return a list of texts; a text alone would be read letter by letter."""
    if isinstance(value, str):
        refuse(option, value, f"a list: [{value!r}]")
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes):
        refuse(option, value, "a list of texts")
    found = list(value)
    for one in found:
        if not isinstance(one, str):
            refuse(option, one, "a list of texts")
    return found


def known(given: Iterable[str], allowed: Iterable[str], what: str = "option") -> None:
    """Raise for a name that is none of the allowed ones, with the nearest of them."""
    allowed = list(allowed)
    for name in given:
        if name in allowed:
            continue
        near = difflib.get_close_matches(name, allowed, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise BadValueError(
            "preindex.bad_option",
            f"{name}: not a known {what}; {hint}known: {', '.join(sorted(allowed))}",
            {"option": name},
        )
