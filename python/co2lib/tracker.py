# SPDX-License-Identifier: MIT
"""Domain tracker: energy and carbon of a run.

>>> import co2lib
>>> with co2lib.track(location="FRA") as run:
...     with run.region("epoch"):
...         pass
>>> run.footprint.complete
True
"""

from __future__ import annotations

# What only some runs need (inspect, logging) is imported there: it would cost more than the rest of a start.
import functools
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Self, TypeVar, cast, overload

from co2lib import _config
from co2lib._core import CarbonIntensity, Host, append_csv
from co2lib._core import tracker as _tracker
from co2lib._core.tracker import (
    Account,
    DeviceFootprint,
    Facility,
    Footprint,
    RegionFootprint,
    Run,
    RunForecast,
    ScopeFootprint,
    account,
    choose_price,
    csv_columns,
    forecast_total,
    load,
    merge,
)
from co2lib._errors import BadValueError, WrongStateError

if TYPE_CHECKING:
    from co2lib.intensity import IntensitySource, Trace

__all__ = [
    "Account",
    "DeviceFootprint",
    "Facility",
    "Footprint",
    "Region",
    "RegionFootprint",
    "Run",
    "RunForecast",
    "ScopeFootprint",
    "Track",
    "Tracker",
    "account",
    "append_emissions_csv",
    "choose_price",
    "csv_columns",
    "forecast_total",
    "load",
    "merge",
    "reprice",
    "track",
]


_P = ParamSpec("_P")
_R = TypeVar("_R")

Intensity = Any
"""A number (g/kWh), a CarbonIntensity, a source or trace of co2lib.intensity, or a callable of the time."""

# The innermost open region of each tracker, per task and thread: regions of interleaved tasks are not nested.
_open_regions: ContextVar[Mapping[int, int]] = ContextVar("co2lib_open_regions", default={})  # noqa: B039


def _as_source(intensity: Any) -> CarbonIntensity | IntensitySource | None:
    """Turn what users write for an intensity into what the core takes."""
    if intensity is None or isinstance(intensity, CarbonIntensity):
        return intensity
    if isinstance(intensity, int | float) and not isinstance(intensity, bool):
        return CarbonIntensity.from_g_per_kwh(float(intensity))
    from co2lib import intensity as domain

    return domain.make_source(intensity)


class Region:
    """An open stretch of a program; a context manager and a decorator.

    As a decorator every call of the function (plain or ``async``) is a region of its own.
    """

    def __init__(self, tracker: _tracker.Tracker, name: str, *, marker: bool = False) -> None:
        self._tracker = tracker
        self._name = name
        self._marker = marker
        self._id = 0
        self._before: Mapping[int, int] | None = None

    def __enter__(self) -> Self:
        if self._id:
            raise WrongStateError("tracker.open", f"region {self._name!r} is open; enter another one")
        self._before = _open_regions.get()
        key = id(self._tracker)
        self._id = self._tracker.begin(
            self._name, marker=self._marker, parent=self._before.get(key, 0), thread=threading.get_ident()
        )
        _open_regions.set({**self._before, key: self._id})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(self._tracker.end)

    def cancel(self) -> None:
        """Forget the region: it enters no statistics."""
        self._leave(self._tracker.cancel)

    def restart(self) -> None:
        """Begin the region anew, as if it had been entered now."""
        self._tracker.restart(self._id)

    def _leave(self, how: Callable[[int], bool]) -> None:
        region, self._id = self._id, 0
        if region:
            how(region)
        if self._before is not None:
            _open_regions.set(self._before)
            self._before = None

    def __call__(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        """Decorate a function: every call is a region of its own."""
        return _around(function, lambda: Region(self._tracker, self._name, marker=self._marker))


def _around(function: Callable[_P, _R], make: Callable[[], Any]) -> Callable[_P, _R]:
    """Wrap a plain, async, generator or async generator function in a context manager made for each call."""
    import inspect

    wrapped: Any = function
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            with make():
                return await wrapped(*args, **kwargs)

        return cast("Callable[_P, _R]", coroutine)
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def async_generator(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            with make():
                async for item in wrapped(*args, **kwargs):
                    yield item

        return cast("Callable[_P, _R]", async_generator)
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            with make():
                return (yield from wrapped(*args, **kwargs))

        return cast("Callable[_P, _R]", generator)

    @functools.wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:
        with make():
            return wrapped(*args, **kwargs)

    return cast("Callable[_P, _R]", plain)


class Tracker(_tracker.Tracker):
    """Meters the machine from construction to :meth:`stop`; the same class as ``co2lib::Tracker`` in C++.

    Parameters are those of :func:`track`, without environment and configuration files.
    """

    def __init__(
        self, *, intensity: Intensity = None, meters: Iterable[Any] | None = None, **options: Any
    ) -> None:
        source = _as_source(intensity)
        if source is not None:
            options["intensity"] = source
        if meters is not None:
            from co2lib.meter import as_meter

            options["meters"] = [m if isinstance(m, str) else as_meter(m) for m in meters]
        options.setdefault("on_log", _log_message)
        if isinstance(options.get("location"), type(None)):
            options.pop("location", None)
        super().__init__(**{k: v for k, v in options.items() if v is not None})

    def region(self, name: str, *, marker: bool = False) -> Region:
        """Return a region of this run: ``with tracker.region("epoch"): ...``.

        Parameters
        ----------
        name : str
            Names may repeat; statistics are per name.
        marker : bool
            Store two timestamps only and interpolate, instead of reading the counters at both edges.
        """
        return Region(self, name, marker=marker)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _log_message(level: str, text: str) -> None:
    import logging

    log = logging.getLogger("co2lib")
    if not log.handlers:  # a library's messages are shown only where the program wants them
        log.addHandler(logging.NullHandler())
    log.log(logging.WARNING if level == "warning" else logging.INFO, "%s", text)


class Track:
    """What :func:`track` returns: a context manager, a decorator, an object with ``start`` and ``stop``."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = dict(options)
        self._tracker: Tracker | None = None
        self._stop_at_exit: weakref.finalize[..., Any] | None = None

    def start(self) -> Self:
        """Begin a run; ``tracker.running`` (a RuntimeError) while one runs."""
        if self._tracker is None:
            self._tracker = Tracker(**_config.resolve(self._options))
        else:
            self._tracker.start()
        # Stops a run that nobody stopped while the interpreter still works: a sampling thread that calls
        # Python meters must be gone by then.
        self._stop_at_exit = weakref.finalize(self, self._tracker.stop)
        return self

    def stop(self) -> Footprint:
        """End the run and return its footprint; again the same for a second call."""
        footprint = self.tracker.stop()
        if self._stop_at_exit is not None:
            self._stop_at_exit.detach()
        return footprint

    @property
    def tracker(self) -> Tracker:
        """The tracker behind it; ``tracker.not_started`` (RuntimeError) before the start."""
        if self._tracker is None:
            raise WrongStateError(
                "tracker.not_started",
                "not started; use `with co2lib.track(...) as run:` or run.start()",
            )
        return self._tracker

    @property
    def footprint(self) -> Footprint:
        """The footprint: final after the end, so far while running."""
        return self.tracker.snapshot()

    @property
    def running(self) -> bool:
        """True from start to stop."""
        return self._tracker is not None and self._tracker.running

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.tracker.run_id

    def region(self, name: str, *, marker: bool = False) -> Region:
        """Return a region of this run; see :meth:`Tracker.region`."""
        return self.tracker.region(name, marker=marker)

    def begin(self, name: str) -> int:
        """Open a region without a ``with``; returns its id for :meth:`end`."""
        return self.tracker.begin(name)

    def end(self, region: int) -> bool:
        """End a region by its id; False if it was not open."""
        return self.tracker.end(region)

    def mark(self, name: str) -> None:
        """Begin a stretch that lasts until this thread's next mark, or the stop."""
        self.tracker.mark(name)

    def snapshot(self) -> Footprint:
        """Return the footprint so far."""
        return self.tracker.snapshot()

    def forecast(self, region_name: str, units_total: int) -> RunForecast:
        """Forecast the run's total energy from the regions of one name done so far.

        Parameters
        ----------
        region_name : str
            Equal units of work, such as epochs.
        units_total : int
            How many there will be in all.
        """
        return self.tracker.forecast(region_name, units_total)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __call__(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        """Decorate a function: each call is a run; ``function.footprint`` is that of the last one."""
        wrapper: Any = None

        class _Call:
            def __init__(self, options: Mapping[str, Any]) -> None:
                self._track = Track(options)

            def __enter__(self) -> Track:
                return self._track.start()

            def __exit__(self, *_: object) -> None:
                wrapper.footprint = self._track.stop()

        wrapper = _around(function, lambda: _Call(self._options))
        wrapper.footprint = None
        return cast("Callable[_P, _R]", wrapper)


@overload
def track(function: Callable[_P, _R], /) -> Callable[_P, _R]: ...
@overload
def track(
    *,
    location: str | None = ...,
    intensity: Intensity = ...,
    pue: float | None = ...,
    wue: float | None = ...,
    log: str | Path | None = ...,
    run_id: str | None = ...,
    resume: bool | None = ...,
    period_s: float | None = ...,
    power_period_s: float | None = ...,
    flush_s: float | None = ...,
    fsync: bool | None = ...,
    meters: Iterable[Any] | None = ...,
    gpus: Iterable[str | int] | Literal["none"] | None = ...,
    tdp_w: float | None = ...,
    ram_w: float | None = ...,
    modulus: str | None = ...,
    scope: str | None = ...,
    idle_w: float | None = ...,
    p_max_w: Mapping[str, float] | None = ...,
    slack_s: Mapping[str, float] | None = ...,
    owner: bool | None = ...,
    project: str | None = ...,
    sync: Callable[[], object] | None = ...,
    on_log: Callable[[str, str], object] | None = ...,
    host: Host | None = ...,
    clock: Any = ...,
    powercap_root: str | Path | None = ...,
) -> Track: ...
def track(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Track energy and carbon of a block, a function or a whole program.

    Every option may also be set by an environment variable ``CO2LIB_<NAME>``, in ``./co2lib.toml`` or in
    ``~/.config/co2lib/config.toml``, in this order of precedence below the argument.

    Parameters
    ----------
    location : str
        Country (``FRA``), subdivision (``US-WY``) or cloud region (``gcp:us-central1``).
    intensity : float, CarbonIntensity, Trace, IntensitySource or callable
        Carbon intensity in g CO2e/kWh; wins over ``location``.
    pue, wue : float
        Facility energy per IT energy (at least 1); litres of water per kWh of IT energy.
    log : path
        Append-only JSON Lines log; a kill loses at most ``flush_s`` of it.
    run_id, resume : str, bool
        Continue the run in ``log``.
    period_s, power_period_s, flush_s : float
        Seconds between reads of counters, of power that is integrated, and between log lines.
    meters : list
        Provider names and meters (objects with ``info()`` and ``sample()``, or callables returning W);
        ``[]``: models.
    gpus : list
        NVIDIA GPUs by index or UUID prefix; ``[]`` or ``"none"``: none. Default: those of
        ``CUDA_VISIBLE_DEVICES``, else all.
    tdp_w, ram_w : float
        Power of CPU and memory in W for the models.
    modulus : str
        ``kernel_max``, or ``exact_unit`` to read powercap counters in their exact unit.
    scope : str
        Whose CPU and memory energy is counted: ``machine``, or the share of this ``process`` and its
        descendants, or of its ``container``; the remainder is ``footprint.scope.other`` and ``.idle``.
    idle_w : float
        Measured idle power of the CPUs in W, taken off before a scope's share.
    p_max_w, slack_s : mapping
        By domain (``package``, ``gpu``, ...): ceiling of the power in W, lag of the counter in s.
    owner : bool
        Whether this process reports the node's devices.
    project : str
        A name for reports.
    sync : callable
        Runs before every region edge, e.g. ``torch.cuda.synchronize``.
    on_log : callable
        Takes (level, text); default: the logger ``co2lib``.

    Returns
    -------
    Track
        Used as ``with co2lib.track(...) as run:``, as ``@co2lib.track(...)`` or with ``.start()``.

    Raises
    ------
    co2lib.Error
        ``tracker.bad_config``, ``meter.bad_input``, ``meter.bad_option``, ``intensity.unknown_zone``,
        ``tracker.bad_log``.
    """
    unknown = set(options) - set(_ARGUMENTS)
    if unknown:
        raise BadValueError(
            "tracker.bad_config",
            f"unknown option {sorted(unknown)[0]!r}; known: {', '.join(sorted(_ARGUMENTS))}",
        )
    made = Track({name: value for name, value in options.items() if value is not None})
    return made if function is None else made(function)


_ARGUMENTS = (*_config.OPTIONS, "p_max_w", "slack_s", "sync", "on_log", "host", "clock")


def reprice(run: Run, intensity: IntensitySource | Trace | CarbonIntensity | float) -> Run:
    """Price a stored run with another intensity; its energy stays the same bit for bit.

    Parameters
    ----------
    run : Run
        From :func:`load`.
    intensity
        As the option ``intensity`` of :func:`track`.
    """
    from co2lib import intensity as domain

    source = _as_source(intensity)
    if isinstance(source, CarbonIntensity):
        source = domain.make_source(source)
    if source is None:
        raise BadValueError("tracker.bad_config", "intensity: none given; reprice needs one")
    return _tracker.reprice(run, source)


def append_emissions_csv(
    path: str | Path, footprint: Footprint, known: Mapping[str, str] | None = None
) -> Path | None:
    """Append the footprint to a CodeCarbon-compatible emissions.csv, under a file lock.

    Parameters
    ----------
    path : path
        A file with another header is renamed to ``.bak``, never overwritten.
    footprint : Footprint
        What to write.
    known : mapping, optional
        Columns to fill or replace.

    Returns
    -------
    Path or None
        Where a file with another header was moved.
    """
    import platform

    values = {"python_version": platform.python_version(), **(known or {})}
    row = footprint.csv_row(values)
    return append_csv(Path(path), list(row), list(row.values()))
