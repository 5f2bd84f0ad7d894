# SPDX-License-Identifier: MIT
"""When an answer equals the expected one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from co2lib._errors import BadValueError

SETS = frozenset({"flags", "issues", "warnings"})
"""Keys whose lists of texts are compared as sets."""
Tolerance = Literal["exact", "bit-exact"] | tuple[float, float]
"""The last is (abs, rel)."""


def compare(expected: Any, actual: Any, tolerance: str | Mapping[str, float] | None = "exact") -> list[str]:
    """Compare an answer with the expected one.

    Only the keys that `expected` lists are compared, in nested objects too. Integers, texts, booleans and
    null are always exact (JSON does not tell 51 from 51.0: an answer that is a float is compared as one); a
    boolean is not a number, and NaN equals nothing. Lists of texts named ``flags``,
    ``issues`` or ``warnings`` are sets; every other list is compared in order. The text ``"inf"`` is positive
    infinity.

    Parameters
    ----------
    expected, actual
        JSON values; in `actual` tuples may stand for lists, sets for lists that are compared as sets, and the
        float infinity for ``"inf"``.
    tolerance : str or mapping, optional
        ``"exact"`` (also None), ``"bit-exact"`` (equal IEEE-754 doubles), or ``{"abs": a, "rel": r}``:
        ``|x - e| <= max(a, r * |e|)``, a key left out is 0.

    Returns
    -------
    list of str
        One line per difference; empty if there is none.

    Raises
    ------
    co2lib.Error
        ``core.bad_tolerance`` for another tolerance.
    """
    return list(_compare(expected, actual, _checked(tolerance)))


def _checked(tolerance: str | Mapping[str, float] | None) -> Tolerance:
    if tolerance is None or tolerance == "exact":
        return "exact"
    if tolerance == "bit-exact":
        return "bit-exact"
    if isinstance(tolerance, Mapping) and set(tolerance) <= {"abs", "rel"}:
        limits = (tolerance.get("abs", 0), tolerance.get("rel", 0))
        if all(_is_number(x) and 0 <= x < math.inf for x in limits):
            return limits
    raise BadValueError(
        "core.bad_tolerance",
        f'tolerance {tolerance!r}: expected "exact", "bit-exact" or an object with abs, rel or both',
    )


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool)


def _is_texts(x: Any) -> bool:
    return isinstance(x, list | tuple | set | frozenset) and all(isinstance(item, str) for item in x)


def _compare(
    expected: Any, actual: Any, tolerance: Tolerance, path: str = "", key: str = ""
) -> Iterator[str]:
    def differ(why: str = "") -> str:
        difference = f"{path or 'answer'}: expected {expected!r}, got {actual!r}"
        return f"{difference} ({why})" if why else difference

    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            yield differ()
            return
        for name, value in expected.items():
            inner = f"{path}.{name}" if path else str(name)
            if name in actual:
                yield from _compare(value, actual[name], tolerance, inner, str(name))
            else:
                error = f" (the answer is the error {actual['error']})" if "error" in actual else ""
                yield f"{inner}: expected {value!r}, got no such key{error}"
    elif isinstance(expected, list | tuple):
        if key in SETS and _is_texts(expected):
            if not _is_texts(actual):
                yield differ()
            elif set(expected) != set(actual):
                missing, extra = sorted(set(expected) - set(actual)), sorted(set(actual) - set(expected))
                yield differ(f"missing {missing}, unexpected {extra}")
        elif not isinstance(actual, list | tuple):
            yield differ()
        elif len(expected) != len(actual):
            yield differ(f"{len(expected)} entries expected, {len(actual)} there")
        else:
            for i, (e, a) in enumerate(zip(expected, actual, strict=True)):
                yield from _compare(e, a, tolerance, f"{path}[{i}]")
    elif expected is None or isinstance(expected, bool):
        if actual is not expected:
            yield differ()
    elif isinstance(expected, str):
        if not (isinstance(actual, str) and actual == expected) and not (
            expected == "inf" and isinstance(actual, float) and actual == math.inf
        ):
            yield differ()
    else:
        try:
            equal = _is_number(actual) and _close(expected, actual, tolerance)
        except OverflowError:  # an integer beyond the doubles
            equal = False
        if not equal:
            yield differ()


def _close(expected: int | float, actual: int | float, tolerance: Tolerance) -> bool:
    if tolerance == "exact" or (isinstance(expected, int) and isinstance(actual, int)):
        return actual == expected
    if tolerance == "bit-exact":
        return not math.isnan(expected) and float(actual).hex() == float(expected).hex()
    if actual == expected:
        return True
    absolute, relative = tolerance
    difference = abs(actual - expected)
    return math.isfinite(difference) and difference <= max(float(absolute), float(relative) * abs(expected))
