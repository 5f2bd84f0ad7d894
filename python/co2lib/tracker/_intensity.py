# SPDX-License-Identifier: MIT
"""What users may write for the option ``intensity``, and what the core takes."""

from __future__ import annotations

import os

from co2lib._config import values
from co2lib._core import CarbonIntensity
from co2lib._errors import BadValueError

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from co2lib.intensity import IntensitySource


def as_source(intensity: Any) -> CarbonIntensity | IntensitySource | None:
    """Turn what users write for an intensity into what the core takes."""
    if intensity is None or isinstance(intensity, CarbonIntensity):
        return intensity
    if values.is_truth(intensity):
        raise BadValueError("tracker.bad_config", f"intensity: takes a number of g/kWh, not {intensity!r}")
    if isinstance(intensity, str | os.PathLike):
        from co2lib import _providers

        return _providers.read_intensity(os.fspath(intensity))
    if not callable(intensity) and hasattr(intensity, "__float__"):  # also the scalars of NumPy
        return CarbonIntensity.from_g_per_kwh(float(intensity))
    from co2lib import intensity as domain

    if callable(intensity) and not isinstance(intensity, domain.IntensitySource):
        return domain.make_source(_tried(intensity))
    try:
        return domain.make_source(intensity)
    except BadValueError:
        raise BadValueError(
            "tracker.bad_config",
            "intensity: takes a number of g/kWh, a text, a CarbonIntensity, a Trace, an IntensitySource or a "
            f"function of the time, not {intensity!r}",
        ) from None


def _tried(function: Callable[..., Any]) -> Callable[[Any], CarbonIntensity]:
    """Wrap a function of the time, or of nothing; called once now, so that it fails before the run."""
    from datetime import UTC, datetime

    def value_of(answer: Any) -> CarbonIntensity:
        if isinstance(answer, CarbonIntensity):
            return answer
        if values.is_truth(answer) or isinstance(answer, str) or not hasattr(answer, "__float__"):
            raise BadValueError(
                "tracker.bad_config",
                f"intensity: the function returns a number of g/kWh or a CarbonIntensity, not {answer!r}",
            )
        return CarbonIntensity.from_g_per_kwh(float(answer))

    now = datetime.now(UTC)
    try:
        value_of(function(now))
    except TypeError as error:
        try:
            value_of(function())
        except TypeError:
            raise BadValueError(
                "tracker.bad_config",
                f"intensity: the function takes the time (a datetime in UTC), or nothing; it gave {error}",
            ) from error
        return lambda _: value_of(function())
    return lambda time: value_of(function(time))
