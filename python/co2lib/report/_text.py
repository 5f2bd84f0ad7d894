# SPDX-License-Identifier: MIT
"""Quantities as people read them: three significant digits, the unit chosen after rounding.

The page's script and the charts' expressions follow the same table, so that a table, a tooltip and a tile
agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

Scale = tuple[tuple[float, str], ...]
"""The size of each unit in the base unit, the least first."""

MASS: Scale = ((1e-6, "µg"), (1e-3, "mg"), (1.0, "g"), (1e3, "kg"), (1e6, "t"))
ENERGY: Scale = ((1e-6, "µJ"), (1e-3, "mJ"), (1.0, "J"), (3.6e3, "Wh"), (3.6e6, "kWh"), (3.6e9, "MWh"))
TIME: Scale = ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86400.0, "d"))
POWER: Scale = ((1e-3, "mW"), (1.0, "W"), (1e3, "kW"))
SCALES = {"mass": MASS, "energy": ENERGY, "time": TIME, "power": POWER}
DIGITS = 3


def significant(value: float, digits: int = DIGITS) -> str:
    """Return a number with so many significant digits, never in exponents; ties go away from zero."""
    if value == 0:
        return "0"
    exact = Decimal(value)
    place = exact.adjusted() - digits + 1
    number = exact.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_UP)
    if number.adjusted() > exact.adjusted():
        number = exact.quantize(Decimal(1).scaleb(place + 1), rounding=ROUND_HALF_UP)
    return format(number, "f")


def amount(value: float | None, scale: Scale) -> str:
    """Return an amount of the base unit with its unit; exactly 0 is ``0``, unknown is ``unknown``."""
    if value is None:
        return "unknown"
    if value == 0:
        return f"0 {next(unit for size, unit in scale if size == 1)}"
    for (size, unit), bigger in zip(scale, [*scale[1:], (float("inf"), "")], strict=True):
        text = significant(value / size)
        if abs(float(text)) * size < bigger[0]:
            return f"{text} {unit}"
    raise AssertionError("the last unit takes everything")  # pragma: no cover


def mass(grams: float | None) -> str:
    """Return a mass in g CO2e: below 1 mg in µg, below 1 g in mg, from 1 kg in kg."""
    return amount(grams, MASS)


def energy(joules: float | None) -> str:
    """Return an energy in J, from 1 Wh in Wh."""
    return amount(joules, ENERGY)


def seconds(value: float | None) -> str:
    """Return a time in s."""
    return amount(value, TIME)


def power(watts: float | None) -> str:
    """Return a power in W."""
    return amount(watts, POWER)


def percent(share: float | None) -> str:
    """Return a share of 100 with one decimal."""
    return "" if share is None else f"{Decimal(share).quantize(Decimal('0.1'), rounding=ROUND_HALF_UP)} %"


def between(low: float | None, high: float | None, scale: Scale) -> str:
    """Return an interval; empty where it is unknown."""
    return "" if low is None or high is None else f"{amount(low, scale)} to {amount(high, scale)}"


def span(low: float | None, high: float | None, scale: Scale) -> str:
    """Return an interval for a place with little room, its unit once where both ends have the same."""
    if low is None or high is None:
        return ""
    one, other = amount(low, scale).split(" "), amount(high, scale).split(" ")
    first = one[0] if one[1] == other[1] else "\u00a0".join(one)
    return first + " to " + "\u00a0".join(other)


def plain(value: float, digits: int = 4) -> str:
    """Return a number without a unit, with so many digits or all before the point, never in exponents."""
    if abs(value) >= 10**digits:
        return f"{value:,.0f}"
    text = significant(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def best(values: Iterable[float], scale: Scale) -> tuple[float, str]:
    """Return the unit in which the greatest of several amounts is read: its size, and its name."""
    greatest = max((abs(value) for value in values), default=0.0)
    found = next((size, unit) for size, unit in scale if size == 1)
    if greatest > 0:
        found = max(((size, unit) for size, unit in scale if size <= greatest), default=scale[0])
    return found


def expression(name: str, value: str, *, trim: bool = False) -> str:
    """Return :func:`amount` as a Vega expression of `value`; `trim` leaves zeros at the end out."""
    scale, trimmed = SCALES[name], "~" if trim else ""
    base = next(unit for size, unit in scale if size == 1)
    text = f"format(({value})/{scale[-1][0]!r},'.{DIGITS}{trimmed}r')+' {scale[-1][1]}'"
    for (size, unit), (bigger, _) in reversed(list(pairwise(scale))):
        limit = bigger / size
        digits = len(str(int(limit - 1)))  # what rounds up to the next unit belongs there
        edge = limit - 0.5 * 10.0 ** (digits - DIGITS) if digits >= DIGITS or limit > 1 else limit
        text = (
            f"abs({value})<{edge * size!r}?format(({value})/{size!r},'.{DIGITS}{trimmed}r')+' {unit}':{text}"
        )
    return f"(({value})==null?'unknown':({value})==0?'0 {base}':{text})"
