# SPDX-License-Identifier: MIT
"""CodeCarbon's trackers over co2lib: the same names, arguments and files.

1. Nothing is looked up on the network, nothing is locked, no signal is taken.
2. What fails inside is logged (logger ``co2lib.codecarbon``) and does not reach the program, as its users
   expect; arguments that cannot be used are errors.
3. A task is the difference of two states of the run, so that tasks nest and overlap.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import platform
import threading
import time
import uuid
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import co2lib
from co2lib._errors import BadValueError
from co2lib.codecarbon._data import EmissionsData, TaskEmissionsData
from co2lib.codecarbon._engine import Engine, ExactEngine, PublishedEngine
from co2lib.codecarbon._hardware import hardware
from co2lib.codecarbon._outputs import LOG, BaseOutput, handlers_of, show_log
from co2lib.codecarbon._settings import DEFAULTS, NOT_GIVEN, PLACE, settings_of

ARITHMETICS = ("exact", "codecarbon")


@dataclasses.dataclass
class _Task:
    name: str
    before: EmissionsData
    begin_s: float
    result: EmissionsData | None = None


class BaseEmissionsTracker:
    """What both trackers are; see `EmissionsTracker`."""

    _takes_place = False

    def __init__(self, *args: Any, arithmetic: str = "exact", **kwargs: Any) -> None:
        if arithmetic not in ARITHMETICS:
            raise BadValueError(
                "codecarbon.bad_option",
                f"arithmetic: {arithmetic!r} is not known; known: {', '.join(ARITHMETICS)}",
            )
        given = _bound(type(self).__name__, args, kwargs, place=self._takes_place)
        self._settings = settings_of(given, place=self._takes_place)
        self._set_log_level()
        if self._settings.logger_preamble:
            LOG.info("%s", self._settings.logger_preamble)
        self._output_handlers: list[BaseOutput] = [
            *handlers_of(self._settings.output_methods, self._settings),
            *(self._settings.output_handlers or ()),
        ]
        self._arithmetic = arithmetic
        self._engine: Engine | None = None
        self._lock = threading.RLock()
        self._ticks: threading.Thread | None = None
        self._stopped = threading.Event()
        self._tasks: dict[str, _Task] = {}
        self._start_time: float | None = None
        self._previous: EmissionsData | None = None
        self.run_id = uuid.uuid4()
        self.final_emissions: float | None = None
        self.final_emissions_data: EmissionsData | None = None

    # The surface -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to measure; a second call warns and does nothing."""
        with self._lock:
            if self._start_time is not None:
                LOG.warning("already started tracking")
                return
            try:
                self._engine = self._make_engine()
                self._engine.start()
            except Exception:
                LOG.exception("the tracker could not start; nothing is measured")
                self._engine = None
                return
            self._start_time = time.perf_counter()
            if self._needs_ticks():
                self._ticks = threading.Thread(target=self._tick, name="co2lib-codecarbon", daemon=True)
                self._ticks.start()

    def stop(self) -> float | None:
        """End the run and write it; return kg CO2e, None if never started or where it has no value."""
        with self._lock:
            if self._engine is None:
                LOG.error("the tracker was never started")
                return None
            if self.final_emissions_data is not None:
                LOG.warning("the tracker is already stopped")
                return self.final_emissions
            for name in [name for name, task in self._tasks.items() if task.result is None]:
                self.stop_task(name)
            self._stopped.set()
            try:
                self._engine.stop()
                data = self._data()
            except Exception:
                LOG.exception("the tracker could not be stopped")
                return None
            self.final_emissions_data, self.final_emissions = data, data.emissions
            self._write(data, final=True)
        if self._ticks is not None and self._ticks is not threading.current_thread():
            self._ticks.join(5)
        return self.final_emissions

    def flush(self) -> float | None:
        """Write the run so far; return kg CO2e."""
        with self._lock:
            if self._engine is None or self.final_emissions_data is not None:
                LOG.error("the tracker does not run")
                return self.final_emissions
            try:
                self._engine.measure()
                data = self._data()
            except Exception:
                LOG.exception("the run could not be written")
                return None
            self._write(data, final=False)
            return data.emissions

    def start_task(self, task_name: str | None = None) -> None:
        """Begin a task; it may be inside of another one. Starts the tracker if need be."""
        with self._lock:
            if self._engine is None:
                self.start()
            if self._engine is None or self.final_emissions_data is not None:
                return
            name = task_name or str(uuid.uuid4())
            if name in self._tasks:
                name = f"{name}_{uuid.uuid4()}"
            try:
                self._engine.measure()
                self._tasks[name] = _Task(name, self._data(), time.perf_counter())
            except Exception:
                LOG.exception("the task %s could not be started", name)

    def stop_task(self, task_name: str | None = None) -> EmissionsData | None:
        """End a task, by default the one that began last; return what it used."""
        with self._lock:
            open_tasks = [task for task in self._tasks.values() if task.result is None]
            named = [task for task in open_tasks if task.name == task_name] if task_name else open_tasks
            if not named or self._engine is None:
                LOG.warning("stop_task: no such task is open")
                return None
            task = named[-1]
            try:
                self._engine.measure()
                data = self._data()
            except Exception:
                LOG.exception("the task %s could not be ended", task.name)
                return None
            data.compute_delta_emission(task.before)
            data.duration = time.perf_counter() - task.begin_s
            if data.emissions is not None:
                data.emissions_rate = data.emissions / data.duration if data.duration > 0 else 0.0
            task.result = data
            return data

    def get_detected_hardware(self) -> dict[str, Any]:
        """Return memory in GB (2^30 B), CPUs and GPUs of this machine."""
        about = self._about()
        return {
            "ram_total_size": about["ram_total_size"],
            "cpu_count": about["cpu_count"],
            "cpu_physical_count": about["cpu_physical_count"],
            "cpu_model": about["cpu_model"],
            "gpu_count": about["gpu_count"],
            "gpu_model": about["gpu_model"],
            "gpu_ids": self._settings.gpu_ids,
        }

    @property
    def footprint(self) -> co2lib.Footprint:
        """co2lib's own result, with bounds, interval and issues; with the exact arithmetic only."""
        if not isinstance(self._engine, ExactEngine):
            raise BadValueError(
                "codecarbon.no_footprint", "there is a footprint after start(), with arithmetic='exact'"
            )
        return self._engine.footprint()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Inside; the first two are read by sentence-transformers and setfit -------------------------------------

    def _prepare_emissions_data(self) -> EmissionsData:
        """Return the run so far; for readers that compute with it, what is unknown is not a number."""
        data = dataclasses.replace(self._data())
        for name in ("emissions", "energy_consumed"):
            if getattr(data, name) is None:
                setattr(data, name, math.nan)
        return data

    def _make_engine(self) -> Engine:
        return (ExactEngine if self._arithmetic == "exact" else PublishedEngine)(self._settings)

    def _needs_ticks(self) -> bool:
        live = any(type(h).live_out is not BaseOutput.live_out for h in self._output_handlers if _is(h))
        live |= any(not _is(h) and hasattr(h, "live_out") for h in self._output_handlers)
        return self._arithmetic == "codecarbon" or live

    def _tick(self) -> None:
        interval, since = self._settings.api_call_interval, 0
        while not self._stopped.wait(self._settings.measure_power_secs):
            with self._lock:
                if self._stopped.is_set() or self._engine is None:
                    return
                try:
                    self._engine.measure()
                    since += 1
                    if interval != -1 and since >= interval:
                        since = 0
                        self._live()
                except Exception:
                    LOG.exception("a measurement failed")

    def _live(self) -> None:
        data = self._data()
        delta = self._delta(data)
        for handler in self._output_handlers:
            _call(handler, "live_out", data, delta)

    def _write(self, data: EmissionsData, *, final: bool) -> None:
        delta = self._delta(data)
        tasks = [TaskEmissionsData(t.name, t.result) for t in self._tasks.values() if t.result is not None]
        for handler in self._output_handlers:
            _call(handler, "out", data, delta)
            if tasks:
                _call(handler, "task_out", tasks, self._settings.experiment_name)
            if final:
                _call(handler, "exit")

    def _delta(self, data: EmissionsData) -> EmissionsData:
        delta = dataclasses.replace(data)
        if self._previous is not None:
            delta.compute_delta_emission(self._previous)
        self._previous = data
        return delta

    def _data(self) -> EmissionsData:
        if self.final_emissions_data is not None:
            return dataclasses.replace(self.final_emissions_data)
        if self._engine is None:
            raise BadValueError("codecarbon.not_started", "nothing is measured before start()")
        settings = self._settings
        columns: dict[str, Any] = {**self._about(), **self._engine.columns()}
        columns.pop("cpu_physical_count")
        return EmissionsData(
            **columns,
            timestamp=datetime.now().strftime("%Y-%m-%dT%H:%M:%S"),
            project_name=settings.project_name,
            run_id=str(self.run_id),
            experiment_id=str(settings.experiment_id),
            os=platform.platform(),
            python_version=platform.python_version(),
            codecarbon_version=f"co2lib-{co2lib.__version__}",
            longitude=None,
            latitude=None,
            tracking_mode=settings.tracking_mode,
            cpu_utilization_percent=None,
            gpu_utilization_percent=None,
            ram_utilization_percent=None,
            ram_used_gb=None,
            pue=settings.pue,
            wue=settings.wue,
        )

    @functools.cached_property
    def _hardware(self) -> dict[str, Any]:
        return hardware(self._settings.gpu_ids)

    def _about(self) -> dict[str, Any]:
        return dict(self._hardware)

    def _set_log_level(self) -> None:
        show_log()
        level = self._settings.log_level
        try:
            LOG.setLevel(level.upper() if isinstance(level, str) else level)
        except ValueError:
            LOG.error("log_level: %r is not known", level)


class EmissionsTracker(BaseEmissionsTracker):
    """CodeCarbon's `EmissionsTracker`, without a look-up of the place.

    Parameters
    ----------
    project_name, measure_power_secs, ... :
        The 35 arguments of CodeCarbon 3.3.0, in their order; docs/codecarbon.md says what each does here.
        The place is ``CO2LIB_LOCATION`` or that of ``co2lib.toml``, else the world average with a warning.
    arithmetic : str
        ``exact`` (default): co2lib's numbers; ``codecarbon``: the published arithmetic.

    Raises
    ------
    TypeError, ValueError, OSError
        For arguments that do not exist or cannot be used.
    """


class OfflineEmissionsTracker(BaseEmissionsTracker):
    """CodeCarbon's `OfflineEmissionsTracker`: also takes the place.

    Parameters
    ----------
    *args, **kwargs
        As `EmissionsTracker`.
    country_iso_code, region, cloud_provider, cloud_region : str, optional
        ``FRA``; a state or province by its name (``california``); ``gcp`` and ``us-central1``.
    """

    _takes_place = True


def _bound(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, place: bool) -> dict[str, Any]:
    names = list(DEFAULTS)
    if len(args) > len(names):
        raise TypeError(f"{name}() takes {len(names)} arguments, not {len(args)}")
    given = dict(zip(names, args, strict=False))
    known = {*names, *(PLACE if place else ())}
    for key, value in kwargs.items():
        if key not in known:
            hint = "; OfflineEmissionsTracker takes it" if key in PLACE else ""
            raise TypeError(f"{name}() got an unexpected argument {key!r}{hint}")
        if key in given:
            raise TypeError(f"{name}() got two values for {key!r}")
        given[key] = value
    return given


def signature(first: list[inspect.Parameter], names: list[str], more: list[str]) -> inspect.Signature:
    kind = inspect.Parameter
    named = [kind(n, kind.POSITIONAL_OR_KEYWORD, default=NOT_GIVEN) for n in names]
    extra = [kind(n, kind.KEYWORD_ONLY, default=NOT_GIVEN) for n in more]
    last = [kind("arithmetic", kind.KEYWORD_ONLY, default="exact")]
    return inspect.Signature([*first, *named, *extra, *last])


EmissionsTracker.__signature__ = signature([], list(DEFAULTS), [])  # type: ignore[attr-defined]
OfflineEmissionsTracker.__signature__ = signature(  # type: ignore[attr-defined]
    [], list(DEFAULTS), list(PLACE)
)


def _is(handler: object) -> bool:
    return isinstance(handler, BaseOutput)


def _call(handler: object, name: str, *args: Any) -> None:
    """Call what a handler has of this name; what it raises is logged."""
    method = getattr(handler, name, None)
    if method is None:
        return
    try:
        method(*args)
    except Exception:
        LOG.exception("%s.%s failed", type(handler).__name__, name)
