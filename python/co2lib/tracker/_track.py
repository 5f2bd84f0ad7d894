# SPDX-License-Identifier: MIT
"""The tracker as a context manager, a decorator and an object with ``start`` and ``stop``."""

from __future__ import annotations

# Slow imports that only some runs need (inspect, logging, typing, pathlib) would cost more than a start does.
import sys

from co2lib import _config
from co2lib._core import tracker as _tracker
from co2lib._errors import BadValueError, WrongStateError

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Any, ParamSpec, Self, TypeVar, Unpack, overload

    from co2lib._core.tracker import Footprint, RegionResult, RunForecast
    from co2lib._html import Table
    from co2lib.tracker._region import Region
    from co2lib.tracker._types import TrackedFunction, TrackOptions

    _P = ParamSpec("_P")
    _R = TypeVar("_R")
else:

    def overload(function):
        """Stand in for `typing.overload`: the last definition counts."""
        return function


def _unknown(name: str) -> BadValueError:
    from co2lib._config import values

    return values.unknown_option(name)


def _core_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the core's tracker, by name."""
    values = {name: value for name, value in options.items() if value is not None}
    for name in values:
        if name not in _config.KINDS:
            raise _unknown(name)
    if "intensity" in values:
        from co2lib.tracker._intensity import as_source

        values["intensity"] = as_source(values["intensity"])
    values.setdefault("on_log", _log_message)
    return values


def _log_message(level: str, text: str) -> None:
    # Where it is not imported nobody listens, and its import would take longer than all of a short run.
    if "logging" not in sys.modules:
        return
    import logging

    log = logging.getLogger("co2lib")
    if not log.handlers:  # a library's messages are shown only where the program wants them
        log.addHandler(logging.NullHandler())
    log.log(logging.WARNING if level == "warning" else logging.INFO, "%s", text)


def name_of(name: Any) -> str:
    """Return the name of a region; what is not Unicode in it, as in odd file names, is written out."""
    if not isinstance(name, str) or not name:
        raise BadValueError("tracker.bad_config", f"region: a name is a text and not empty, not {name!r}")
    return name.encode("utf-8", "backslashreplace").decode()


_region_class: list[type[Region]] = []


def _find_region_class() -> list[type[Region]]:
    """Import what regions need (contextvars) with the first of them."""
    from co2lib.tracker._region import Region

    _region_class[:] = [Region]
    return _region_class


class Tracker(_tracker.Tracker):
    """Meters the machine from construction to :meth:`stop`; the same class as ``co2lib::Tracker`` in C++.

    Parameters are those of :func:`track`, without environment and configuration files.
    """

    def __init__(self, **options: Unpack[TrackOptions]) -> None:
        # Called here and not by the core, so that what it raises (Ctrl-C, too) reaches the program.
        self._sync = options.pop("sync", None)
        if self._sync is not None and not callable(self._sync):
            raise BadValueError("tracker.bad_config", f"sync: takes a callable, not {self._sync!r}")
        super().__init__(**_core_options(options))

    def region(self, name: str, *, marker: bool = False) -> Region:
        """Return a region of this run: ``with tracker.region("epoch"): ...``.

        Parameters
        ----------
        name : str
            Names may repeat; statistics are per name.
        marker : bool
            Store two timestamps only and interpolate, instead of reading the counters at both edges.
        """
        if not self.running:
            _log_message("warning", f"region {name!r} was made while no run goes on: it is not measured")
        return (_region_class or _find_region_class())[0](self, name, marker=marker)

    def begin(
        self, name: str, *, marker: bool = False, parent: int | None = None, thread: int | None = None
    ) -> int:
        """Open a region and return its id for :meth:`end`; 0 where the tracker is stopped or inert.

        Parameters
        ----------
        name : str
            Names may repeat; statistics are per name.
        marker : bool
            Store two timestamps only and interpolate.
        parent : int, optional
            Id of the region around it, 0 for none; default: the innermost of this thread.
        thread : int, optional
            The line of execution it belongs to; default: this thread.
        """
        if self._sync is not None:
            self._sync()
        return super().begin(name_of(name), marker=marker, parent=parent, thread=thread)

    def close(self, id: int) -> bool:
        """End a region by its id; False if it is not open. What ``sync`` raises comes out after that."""
        try:
            if self._sync is not None:
                self._sync()
        finally:
            closed = super().close(id)
        return closed

    def end(self, id: int) -> RegionResult | None:
        """End a region by its id and return what it used; None for an id that is not open."""
        return self.result(id) if self.close(id) else None

    def mark(self, name: str) -> None:
        """Begin a stretch that lasts until this thread's next mark, or the stop."""
        if self._sync is not None:
            self._sync()
        super().mark(name_of(name))

    def to_records(self, what: str = "regions") -> list[dict[str, Any]]:
        """Return the run so far as rows, ``regions`` or ``power`` over time; see :meth:`Run.to_records`."""
        return self.run().to_records(what)

    def to_frame(self, what: str = "regions") -> Any:
        """Return :meth:`to_records` as a pandas DataFrame; ``core.missing_extra`` without pandas."""
        return self.run().to_frame(what)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _in_notebook() -> bool:
    """Return whether a cell of IPython or Jupyter runs, which is run again as a matter of course."""
    return "get_ipython" in getattr(sys.modules.get("builtins"), "__dict__", {})


_running: dict[int, Tracker] = {}


def _stop_at_exit(tracker: Tracker) -> None:
    # A sampling thread that calls Python meters must be gone before the interpreter is. (As weakref.finalize
    # does it, whose import is a good part of a start.)
    import atexit

    atexit.unregister(_stop_running)
    atexit.register(_stop_running)
    _running[id(tracker)] = tracker


def _stop_running() -> None:
    while _running:
        try:
            _running.popitem()[1].stop()
        except Exception:
            sys.excepthook(*sys.exc_info())


class Track:
    """What :func:`track` returns: a context manager, a decorator, an object with ``start`` and ``stop``."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = dict(options)
        self._tracker: Tracker | None = None
        self._calls = 0

    def start(self) -> Self:
        """Begin a run, or another one after the end; ``tracker.running`` (a RuntimeError) while one runs."""
        if self._tracker is None:
            options = _config.resolve(self._options)
            # What the environment asks for does not end a program, nor does a cell that is run again.
            if "log" in options and ("log" not in self._options or _in_notebook()):
                options.setdefault("log_exists", "number")
            self._tracker = Tracker(**options)
        else:
            self._tracker.start()
        _stop_at_exit(self._tracker)
        return self

    def stop(self) -> Footprint:
        """End the run and return its footprint; again the same for a second call."""
        footprint = self.tracker.stop()
        _running.pop(id(self._tracker), None)
        return footprint

    def __del__(self, running: dict[int, Tracker] = _running) -> None:
        # Nobody can stop it any more. (A default: the names of this module may be gone.)
        tracker = getattr(self, "_tracker", None)
        if tracker is not None and running.pop(id(tracker), None) is not None:
            tracker.stop()

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
    def devices(self) -> Table:
        """What each device used so far, as rows; a table in notebooks and terminals."""
        from co2lib._html import devices

        return devices(self.footprint)

    @property
    def regions(self) -> Table:
        """What the regions of each name used so far, as rows; a table in notebooks and terminals."""
        from co2lib._html import regions

        return regions(self.footprint)

    @property
    def running(self) -> bool:
        """True from start to stop."""
        return self._tracker is not None and self._tracker.running

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.tracker.run_id

    @property
    def log(self) -> Path | None:
        """The file of the log, which may be numbered; None if there is none."""
        return self.tracker.log

    def region(self, name: str, *, marker: bool = False) -> Region:
        """Return a region of this run; see :meth:`Tracker.region`."""
        return self.tracker.region(name, marker=marker)

    def begin(self, name: str) -> int:
        """Open a region without a ``with``; returns its id for :meth:`end`."""
        return self.tracker.begin(name)

    def end(self, region: int) -> RegionResult | None:
        """End a region by its id and return what it used; None if it was not open."""
        return self.tracker.end(region)

    def mark(self, name: str) -> None:
        """Begin a stretch that lasts until this thread's next mark, or the stop."""
        self.tracker.mark(name)

    def snapshot(self) -> Footprint:
        """Return the footprint so far."""
        return self.tracker.snapshot()

    def to_records(self, what: str = "regions") -> list[dict[str, Any]]:
        """Return the run so far as rows; see :meth:`Run.to_records`."""
        return self.tracker.to_records(what)

    def to_frame(self, what: str = "regions") -> Any:
        """Return :meth:`to_records` as a pandas DataFrame; ``core.missing_extra`` without pandas."""
        return self.tracker.to_frame(what)

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

    def __repr__(self) -> str:
        if self._tracker is None:
            return "<co2lib.tracker.Track not started>"
        footprint = self.footprint
        energy = "energy unknown" if footprint.energy.value is None else str(footprint.energy.value)
        state = "running" if self.running else "ended"
        return f"<co2lib.tracker.Track {self.run_id} {state}, {footprint.duration_s:.4g} s, {energy}>"

    def __call__(self, function: Callable[_P, _R]) -> TrackedFunction[_P, _R]:
        """Decorate a function: each call is a run; see :class:`TrackedFunction`."""
        from co2lib.tracker._decorator import decorated

        return decorated(function, self._next)

    def _next(self) -> Track:
        """Return the run of another call of a decorated function."""
        options = dict(self._options)
        if self._calls:  # the log that is in the way is that of an earlier call
            options.setdefault("log_exists", "number")
        self._calls += 1
        return Track(options)


@overload
def track(function: Callable[_P, _R], /) -> TrackedFunction[_P, _R]: ...
@overload
def track(**options: Unpack[TrackOptions]) -> Track: ...  # noqa: F811
def track(function: Any = None, /, **options: Any) -> Any:  # noqa: F811
    """Track energy and carbon of a block, a function or a whole program.

    Every option may also be set by an environment variable ``CO2LIB_<NAME>``, in ``./co2lib.toml`` or in
    ``~/.config/co2lib/config.toml``, in this order of precedence below the argument.

    Parameters
    ----------
    location : str
        Country (``FRA``), subdivision (``US-WY``) or cloud region (``gcp:us-central1``).
    intensity : float, str, CarbonIntensity, Trace, IntensitySource or callable
        Carbon intensity in g CO2e/kWh; wins over ``location``. A text is a number, a number with its unit,
        the path of a CSV file, or ``<provider>:<zone>`` such as ``neso_gb:GB``. A callable takes the time, or
        nothing, returns a number or a CarbonIntensity, and is tried once at the start.
    pue, wue : float
        Facility energy per IT energy (at least 1); litres of water per kWh of IT energy.
    embodied : str, CarbonMass, path or bool
        The hardware of which the run gets its share, by time in use over its life: ``"on"`` (default): what
        this machine has; ``"off"``; the carbon of making the machine, such as ``"1200 kg"``; or the file of
        a bill of materials of `co2lib.embodied`.
    log : path
        Append-only JSON Lines log, for this process alone; a kill loses at most ``flush_s`` of it.
        ``{rank}``, ``{local_rank}``, ``{host}``, ``{pid}`` and ``{run_id}`` in the name are filled in.
    log_exists : str
        What to do if the log is there already or another process writes it: ``error``; ``number``: take the
        next free name (``run.2.jsonl``) and say so; ``resume`` the run in it; ``overwrite`` it. Default:
        ``error`` where the program gives ``log`` itself; ``number`` in notebooks, in later calls of a
        decorated function, and for a log that the environment or a configuration file asks for.
    run_id, resume : str, bool
        Continue the run in ``log``.
    period_s, power_period_s, flush_s : float
        Seconds between reads of counters, of power that is integrated, and between log lines.
    fsync : bool
        Flushed lines reach the disk; default True.
    meters : list
        Provider names and meters (objects with ``info()`` and ``sample()``, or callables returning W);
        ``[]``: models.
    gpus : list
        NVIDIA GPUs by index or UUID prefix; ``[]`` or ``"none"``: none. Default: those of
        ``CUDA_VISIBLE_DEVICES``, else all.
    scope : str
        Whose CPU and memory energy is counted: ``machine``, or the share of this ``process`` and its
        descendants, or of its ``container``; the remainder is ``footprint.scope.other`` and ``.idle``.
    idle_w : float
        Measured idle power of the CPUs in W, taken off before a scope's share.
    tdp_w, ram_w : float
        Power of CPU and memory in W for the models.
    modulus : str
        ``kernel_max``, or ``exact_unit`` to read powercap counters in their exact unit.
    p_max_w, slack_s : mapping
        By domain (``package``, ``gpu``, ...): ceiling of the power in W, lag of the counter in s.
    owner : bool
        Whether this process reports CPU, memory and board of the machine. Default: local rank 0 does. GPUs
        are reported by every process that sees them, and count once in a merge.
    project, command : str
        A name for reports; the command that runs under the tracker.
    sync : callable
        Runs before every region edge, e.g. ``torch.cuda.synchronize``. What it raises at a region's end comes
        out once the region has ended.
    on_log : callable
        Takes (level, text); default: the logger ``co2lib``.
    host, powercap_root, clock
        Where the machine is read and what time it is; for tests.

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
    for name in options:
        if name not in _config.NAMES:
            raise _unknown(name)
    made = Track({name: value for name, value in options.items() if value is not None})
    if function is None:
        return made
    if not callable(function):
        raise BadValueError(
            "tracker.bad_config",
            f"track: takes its options by name, and no other argument than a function; did you mean "
            f"track(location={function!r})?",
        )
    return made(function)
