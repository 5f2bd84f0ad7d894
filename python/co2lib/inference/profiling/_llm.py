# SPDX-License-Identifier: MIT
"""The energy of one step of a batch of a language model: non-negative least squares on relative errors.

Energy = a weight bytes + b FLOPs + c cache bytes + d layers + e sequences, with coefficients of at least 0 in
J per unit; columns are scaled by their largest value; the solver is SciPy's `nnls` (Lawson and Hanson). The
interval is the jackknife+ of Barber et al. (2021), on relative errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, isfinite
from typing import Any

from co2lib._errors import BadValueError
from co2lib._extras import require

FIELDS = ("weight_bytes", "flops", "kv_bytes", "layers", "batch")
LEAST = 8
Point = Mapping[str, Any]


def fit_llm(points: Sequence[Point]) -> dict[str, Any]:
    """Fit the energy of a step from measured steps of one device and precision.

    Parameters
    ----------
    points : sequence of mappings
        At least 8 with ``weight_bytes``, ``flops``, ``kv_bytes``, ``layers``, ``batch``, ``energy_j`` (J)
        and, for an error of models left out, ``group`` (the model's name).

    Returns
    -------
    dict
        ``coefficients`` in J per unit and, with two groups or more, ``left_one_group_out_mape_percent``: the
        mean absolute error of points whose group was left out.

    Raises
    ------
    co2lib.Error
        ``inference.out_of_range`` for fewer points, an energy that is not above 0, a number that is not
        finite or negative; ``core.missing_extra`` without SciPy.
    """
    x, y = _arrays(points)
    found: dict[str, Any] = {"coefficients": dict(zip(FIELDS, map(float, _solve(x, y)), strict=True))}
    groups = [point.get("group") for point in points]
    if all(group is not None for group in groups) and len(set(groups)) > 1:
        errors: list[float] = []
        for group in dict.fromkeys(groups):
            out = [place for place, each in enumerate(groups) if each == group]
            kept = [place for place, each in enumerate(groups) if each != group]
            theta = _solve(x[kept], y[kept])
            errors += [abs(float(x[place] @ theta) - float(y[place])) / float(y[place]) for place in out]
        found["left_one_group_out_mape_percent"] = 100 * sum(errors) / len(errors)
    return found


def predict_llm(points: Sequence[Point], at: Point, *, alpha: float = 0.1) -> dict[str, Any]:
    """Predict the energy of a step, with the jackknife+ interval.

    Parameters
    ----------
    points : sequence of mappings
        As of `fit_llm`.
    at : mapping
        The five fields of the step.
    alpha : float
        Share of steps that may lie outside, in (0, 1).

    Returns
    -------
    dict
        ``energy_j``, ``low_j``, ``high_j`` (J; ``"inf"`` where there are too few points), ``bounded``,
        ``extrapolated`` (a field outside the range of the points).

    Raises
    ------
    co2lib.Error
        As of `fit_llm`.
    """
    import numpy as np

    x, y = _arrays(points)
    if not 0 < alpha < 1:
        raise BadValueError("inference.out_of_range", f"alpha: {alpha} is not between 0 and 1")
    here = np.asarray([_number(at, name, "at") for name in FIELDS])
    count = len(y)
    lows, highs = [], []
    for left_out in range(count):
        kept = [place for place in range(count) if place != left_out]
        theta = _solve(x[kept], y[kept])
        error = abs(float(x[left_out] @ theta) - float(y[left_out])) / float(y[left_out])
        value = float(here @ theta)
        lows.append(value * (1 - error))
        highs.append(value * (1 + error))
    first, last = floor(alpha * (count + 1)), ceil((1 - alpha) * (count + 1))
    bounded = first >= 1 and last <= count
    return {
        "energy_j": float(here @ _solve(x, y)),
        "low_j": max(0.0, sorted(lows)[first - 1]) if bounded else 0.0,
        "high_j": sorted(highs)[last - 1] if bounded else "inf",
        "bounded": bounded,
        "extrapolated": bool(((here < x.min(axis=0)) | (here > x.max(axis=0))).any()),
    }


def _arrays(points: Sequence[Point]) -> tuple[Any, Any]:
    import numpy as np

    if len(points) < LEAST:
        raise BadValueError(
            "inference.out_of_range", f"points: {len(points)} are too few; five coefficients need {LEAST}"
        )
    rows = [[_number(point, name, f"points[{i}]") for name in FIELDS] for i, point in enumerate(points)]
    energies = [_number(point, "energy_j", f"points[{i}]") for i, point in enumerate(points)]
    for place, energy in enumerate(energies):
        if energy <= 0:
            raise BadValueError(
                "inference.out_of_range", f"points[{place}].energy_j: {energy} is not above 0"
            )
    return np.asarray(rows, dtype=float), np.asarray(energies, dtype=float)


def _number(point: Point, name: str, where: str) -> float:
    value = point.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise BadValueError("inference.out_of_range", f"{where}.{name}: {value!r} is no number of at least 0")
    return float(value)


def _solve(x: Any, y: Any) -> Any:
    import numpy as np

    optimize = require("scipy.optimize", extra="profile", needed_for="fitting the energy of a language model")
    relative = x / y[:, None]
    scale = np.where(relative.max(axis=0) > 0, relative.max(axis=0), 1.0)
    found, _ = optimize.nnls(relative / scale, np.ones(len(y)))
    return found / scale
