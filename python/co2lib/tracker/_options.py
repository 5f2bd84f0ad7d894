# SPDX-License-Identifier: MIT
"""The options of a tracker: their types, and what users may write for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from co2lib import _config
from co2lib._core import CarbonIntensity, Host, Issue
from co2lib._core import tracker as _tracker
from co2lib._errors import BadValueError

if TYPE_CHECKING:
    from co2lib.intensity import IntensitySource

Intensity = Any
"""A number (g/kWh), a CarbonIntensity, a source or trace of co2lib.intensity, the path of a CSV file with a
trace, or a function of the time that returns a number or a CarbonIntensity."""


class TrackOptions(TypedDict, total=False):
    """The options of :func:`track` and :class:`Tracker`; what they mean is said at :func:`track`."""

    location: str | None
    intensity: Intensity
    pue: float | None
    wue: float | None
    log: str | Path | None
    log_exists: Literal["error", "number", "resume", "overwrite"] | None
    run_id: str | None
    resume: bool | None
    period_s: float | None
    power_period_s: float | None
    flush_s: float | None
    fsync: bool | None
    meters: Iterable[Any] | str | None
    gpus: Iterable[str | int] | str | int | None
    scope: Literal["machine", "process", "container"] | None
    idle_w: float | None
    tdp_w: float | None
    ram_w: float | None
    modulus: Literal["kernel_max", "exact_unit"] | None
    p_max_w: Mapping[str, float] | None
    slack_s: Mapping[str, float] | None
    owner: bool | None
    project: str | None
    command: str | None
    sync: Callable[[], object] | None
    on_log: Callable[[str, str], object] | None
    host: Host | None
    powercap_root: str | Path | None
    clock: Any
    issues: list[Issue] | None


def as_source(intensity: Any) -> CarbonIntensity | IntensitySource | None:
    """Turn what users write for an intensity into what the core takes."""
    if intensity is None or isinstance(intensity, CarbonIntensity):
        return intensity
    if _config.is_truth(intensity):
        raise BadValueError("tracker.bad_config", f"intensity: takes a number of g/kWh, not {intensity!r}")
    if isinstance(intensity, str | Path):
        return _intensity_from_text(str(intensity))
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


def _intensity_from_text(text: str) -> CarbonIntensity | IntensitySource:
    """Read an intensity from a text: a number of g/kWh, a number with its unit, or the path of a CSV file."""
    from co2lib import intensity as domain
    from co2lib._errors import Error

    try:
        return CarbonIntensity.from_g_per_kwh(float(text))
    except ValueError:
        pass
    if Path(text).is_file():
        return domain.make_source(domain.read_csv(text))
    try:  # "g CO2e/kWh" is what our own texts say
        return CarbonIntensity.parse(re.sub(r"(?i)\s*CO2(e|eq)?(?=/)", "", text))
    except Error:
        raise BadValueError(
            "tracker.bad_config",
            f"intensity: {text!r} is neither a number of g CO2e/kWh, nor a number with its unit (56 g/kWh), "
            "nor a CSV file that is there",
        ) from None


def _tried(function: Callable[..., Any]) -> Callable[[Any], CarbonIntensity]:
    """Wrap a function of the time, or of nothing; called once now, so that it fails before the run."""
    from datetime import UTC, datetime

    def value_of(answer: Any) -> CarbonIntensity:
        if isinstance(answer, CarbonIntensity):
            return answer
        if _config.is_truth(answer) or isinstance(answer, str) or not hasattr(answer, "__float__"):
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


def core_options(options: Mapping[str, Any]) -> _tracker.Options:
    values = {name: value for name, value in options.items() if value is not None}
    for name in values:
        if name not in _config.KINDS:
            raise _config.unknown_option(name)
    if "intensity" in values:
        values["intensity"] = as_source(values["intensity"])
    values.setdefault("on_log", log_message)
    return _tracker.make_options(values)


def log_message(level: str, text: str) -> None:
    import logging

    log = logging.getLogger("co2lib")
    if not log.handlers:  # a library's messages are shown only where the program wants them
        log.addHandler(logging.NullHandler())
    log.log(logging.WARNING if level == "warning" else logging.INFO, "%s", text)
