# SPDX-License-Identifier: MIT
"""The arithmetic of the report: sums of phases, prices, amortisation, order, front."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from co2lib._errors import BadValueError, Error

if TYPE_CHECKING:
    from co2lib._core.numeric import MedianInterval

J_PER_KWH = 3.6e6


class PhaseSummary(NamedTuple):
    """The sums of the phases of one request."""

    total_grams: float
    total_energy_kwh: float
    total_seconds: float
    share_percent: list[float | None]
    """Of the grams; None for each phase if the total is 0."""
    labels: list[str]
    """As MIEV wrote them: both numbers to three decimals, ties away from zero."""
    not_total_grams: float | None
    """Phases 0 + 1 + 0 + 3, the sum that MIEV displayed; None unless there are four. Never the total."""


class Amortised(NamedTuple):
    """What N inferences cost, with the one-off part spread over them."""

    total_j: float
    per_inference_j: float
    one_off_share_percent: float | None
    """Of the total; None if that is 0."""


def bad(message: str) -> BadValueError:
    """Return the error of a value that the report cannot take."""
    return BadValueError("hub.bad_value", message)


def _number(name: str, value: Any, least: float = 0.0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad(f"{name}: expected a number, got {value!r}")
    if not math.isfinite(value) or value < least:
        raise bad(f"{name}: expected a finite number of at least {least:g}, got {value!r}")
    return float(value)


def _sum(values: Sequence[float]) -> float:
    from co2lib import numeric

    return numeric.compensated_sum(values)


def rounded(value: float, decimals: int) -> str:
    """Return a number with so many decimals; ties go away from zero."""
    return str(Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def phase_summary(phases: Sequence[Mapping[str, Any]]) -> PhaseSummary:
    """Add up the phases of one request.

    Parameters
    ----------
    phases : sequence of mapping
        In the order of the pipeline: `name`, `grams` in g CO2e, `energy_kwh` in kWh, `seconds` in s.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for no phase, or a number that is missing, negative or not finite.
    """
    if not phases:
        raise bad("phases: none given; give at least one")
    columns = [
        [_number(f"phases[{i}].{key}", phase.get(key)) for i, phase in enumerate(phases)]
        for key in ("grams", "energy_kwh", "seconds")
    ]
    grams, energy, seconds = columns
    total = _sum(grams)
    shares: list[float | None] = [100 * g / total if total > 0 else None for g in grams]
    labels = [
        f"{rounded(g, 3)} grams \n {'' if share is None else rounded(share, 3) + '%'}".rstrip()
        for g, share in zip(grams, shares, strict=True)
    ]
    wrong = _sum([grams[0], grams[1], grams[0], grams[3]]) if len(grams) == 4 else None
    return PhaseSummary(total, _sum(energy), _sum(seconds), shares, labels, wrong)


def grid_factor(grams: Sequence[float], energy_kwh: Sequence[float]) -> float | None:
    """Return the carbon intensity in g/kWh that several results were priced with: total g / total kWh.

    None at 0 kWh. Raises ``hub.bad_value`` for empty lists, lists of different lengths and negative numbers.
    """
    if not grams or len(grams) != len(energy_kwh):
        raise bad("grams, energy_kwh: expected two lists of one length, with at least one number")
    total = _sum([_number(f"grams[{i}]", g) for i, g in enumerate(grams)])
    kwh = _sum([_number(f"energy_kwh[{i}]", e) for i, e in enumerate(energy_kwh)])
    return total / kwh if kwh > 0 else None


def reprice(energy_j: float, g_per_kwh: float, pue: float = 1.0) -> float:
    """Return the carbon in g CO2e of an energy in J: J / 3.6e6 times g/kWh times PUE.

    Raises ``hub.bad_value`` for a negative energy or intensity, or a PUE below 1.
    """
    energy = _number("energy_j", energy_j)
    return energy / J_PER_KWH * _number("g_per_kwh", g_per_kwh) * _number("pue", pue, 1.0)


def amortise(one_off_j: float, marginal_j: float, inferences: float) -> Amortised:
    """Spread the one-off energy (loading) over N inferences; energies in J.

    Raises ``hub.bad_value`` for a negative energy or fewer than one inference.
    """
    one_off, n = _number("one_off_j", one_off_j), _number("inferences", inferences, 1.0)
    total = one_off + n * _number("marginal_j", marginal_j)
    return Amortised(total, total / n, 100 * one_off / total if total > 0 else None)


def median_interval(values: Sequence[float], confidence: float = 0.95) -> MedianInterval:
    """Return the median with an interval that assumes no distribution.

    It is that of :func:`co2lib.numeric.median_interval`. Raises ``hub.bad_value`` where that raises
    ``numeric.bad_input``.
    """
    from co2lib import numeric

    try:
        return numeric.median_interval(values, confidence)
    except Error as error:
        raise bad(error.message) from error


def pareto(points: Sequence[Sequence[float | None]]) -> list[int]:
    """Return the indices of the points that no other beats: (carbon in g, quality), higher quality is better.

    A point is beaten if another has no more carbon and no less quality, and one of them strictly. Equal
    points are all on the front; a point without carbon or quality never is.
    """
    known = []
    for i, point in enumerate(points):
        if len(point) != 2:
            raise bad(f"points[{i}]: expected [carbon, quality], got {list(point)!r}")
        grams, quality = point
        if grams is None or quality is None:
            continue
        known.append((_number(f"points[{i}][0]", grams), _number(f"points[{i}][1]", quality, -math.inf), i))
    front: list[int] = []
    best: tuple[float, float] | None = None
    for grams, quality, i in sorted(known, key=lambda p: (p[0], -p[1])):
        if best is None or quality > best[1]:
            best = (grams, quality)
        if (grams, quality) == best:
            front.append(i)
    return sorted(front)


def sort_models(
    items: Sequence[Mapping[str, Any]], by: str = "emission", order: str = "descending"
) -> list[str]:
    """Return the names of models in the order that every chart and table has.

    Parameters
    ----------
    items : sequence of mapping
        `name`, and `grams` in g CO2e or None for a model that failed.
    by : str
        ``name``: by case-folded name, then by code points; descending is exactly the reverse. ``emission``:
        equal values by name, ascending; failed models last, by name, in both directions.
    order : str
        ``ascending`` or ``descending``.
    """
    if by not in ("name", "emission") or order not in ("ascending", "descending"):
        raise bad(f"by, order: {by!r}, {order!r} not known; known: name, emission; ascending, descending")
    pairs = [(str(item["name"]), item.get("grams")) for item in items]
    for i, (_, grams) in enumerate(pairs):
        if grams is not None:
            _number(f"items[{i}].grams", grams)
    pairs.sort(key=lambda pair: (pair[0].casefold(), pair[0]))
    if by == "name":
        names = [name for name, _ in pairs]
        return names if order == "ascending" else names[::-1]
    sign = 1 if order == "ascending" else -1
    pairs.sort(key=lambda pair: (pair[1] is None, 0.0 if pair[1] is None else sign * pair[1]))
    return [name for name, _ in pairs]


_ESCAPED = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def json_for_script(value: Any) -> str:
    """Return JSON that may stand inside of a script element, whatever texts are in it.

    ``<``, ``>``, ``&`` and the two line separators of Unicode are written as escapes; other characters stay.
    Raises ``hub.bad_value`` for numbers that JSON does not have.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise bad(f"not JSON: {error}") from error
    return "".join(_ESCAPED.get(c, c) for c in text) if any(c in text for c in _ESCAPED) else text
