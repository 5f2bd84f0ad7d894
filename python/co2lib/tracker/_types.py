# SPDX-License-Identifier: MIT
"""Types of the tracker; imported when asked for, as typing costs more than a start does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, ParamSpec, Protocol, TypedDict, TypeVar

from co2lib._core import CarbonMass, Host
from co2lib._core.tracker import Footprint
from co2lib.tracker._track import Track

_P = ParamSpec("_P")
_R_co = TypeVar("_R_co", covariant=True)

Intensity = Any
"""A number (g/kWh), a CarbonIntensity, a source or trace of co2lib.intensity, the path of a CSV file with a
trace, or a function of the time that returns a number or a CarbonIntensity."""


Embodied = Literal["on", "off"] | bool | str | Path | CarbonMass | None
"""The hardware of which a run gets its share: that of the machine (``"on"``), none (``"off"``), the carbon of
making the machine (a CarbonMass, or a text such as ``"1200 kg"``), or the file of a bill of materials."""


class TrackOptions(TypedDict, total=False):
    """The options of :func:`track` and :class:`Tracker`; what they mean is said at :func:`track`.

    Names, defaults and what each takes are those of ``co2lib::tracker::Options`` in C++; a test compares.
    """

    location: str | None
    intensity: Intensity
    pue: float | None
    wue: float | None
    embodied: Embodied
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


class TrackedFunction(Protocol[_P, _R_co]):
    """A function decorated with :func:`track`.

    Attributes
    ----------
    run : Track or None
        The run of the last call, also while it goes on: regions inside are ``f.run.region(...)``. Where calls
        run at the same time, in threads or tasks, use ``with co2lib.track(...) as run:`` inside instead.
    footprint : Footprint or None
        That of the last call that ended.
    """

    run: Track | None
    footprint: Footprint | None

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R_co: ...
