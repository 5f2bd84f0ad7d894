# SPDX-License-Identifier: MIT
"""CodeCarbon's decorators, and a task as a context manager."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from co2lib._errors import BadValueError
from co2lib.codecarbon._settings import DEFAULTS, NOT_GIVEN, PLACE
from co2lib.codecarbon._tracker import (
    BaseEmissionsTracker,
    EmissionsTracker,
    OfflineEmissionsTracker,
    signature,
)

_F = TypeVar("_F", bound=Callable[..., Any])

_DECORATOR = [n for n in DEFAULTS if n != "force_mode_cpu_load"]
_AFTER = _DECORATOR.index("logger_preamble") + 1
DECORATOR_ARGUMENTS = ("offline", *PLACE)
_DECORATOR = [*_DECORATOR[:_AFTER], *DECORATOR_ARGUMENTS, *_DECORATOR[_AFTER:]]


def track_emissions(fn: Any = None, *args: Any, arithmetic: str = "exact", **kwargs: Any) -> Any:
    """Decorate a function: each call is a run. With and without parentheses.

    Parameters
    ----------
    fn : callable, optional
        The function.
    *args, **kwargs
        As `EmissionsTracker`, but for ``force_mode_cpu_load``; ``offline`` and the place besides.

    Raises
    ------
    TypeError
        For arguments that do not exist.
    Exception
        At the call, for ``offline=True`` without a country and without a cloud.
    """
    if len(args) > len(_DECORATOR):
        raise TypeError(f"track_emissions() takes {len(_DECORATOR) + 1} arguments, not {len(args) + 1}")
    given = dict(zip(_DECORATOR, args, strict=False))
    for name, value in kwargs.items():
        if name not in _DECORATOR:
            raise TypeError(f"track_emissions() got an unexpected argument {name!r}")
        if name in given:
            raise TypeError(f"track_emissions() got two values for {name!r}")
        given[name] = value
    offline = given.pop("offline", None)

    def decorate(function: _F) -> _F:
        def tracker() -> BaseEmissionsTracker:
            place = {name: given[name] for name in PLACE if given.get(name) not in (None, NOT_GIVEN)}
            rest = {name: value for name, value in given.items() if name not in PLACE}
            if offline is True:
                if not ("country_iso_code" in place or "cloud_provider" in place):
                    raise BadValueError(
                        "codecarbon.no_place", "offline=True: give country_iso_code, or cloud_provider"
                    )
                return OfflineEmissionsTracker(arithmetic=arithmetic, **rest, **place)
            return EmissionsTracker(arithmetic=arithmetic, **rest)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def coroutine(*call_args: Any, **call_kwargs: Any) -> Any:
                with tracker():
                    return await function(*call_args, **call_kwargs)

            return coroutine  # type: ignore[return-value]

        @functools.wraps(function)
        def plain(*call_args: Any, **call_kwargs: Any) -> Any:
            with tracker():
                return function(*call_args, **call_kwargs)

        return plain  # type: ignore[return-value]

    return decorate(fn) if fn is not None else decorate


track_emissions.__signature__ = signature(  # type: ignore[attr-defined]
    [inspect.Parameter("fn", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)], _DECORATOR, []
)


class TaskEmissionsTracker:
    """A task as a context manager: ``with TaskEmissionsTracker("load", tracker=tracker): ...``.

    Parameters
    ----------
    task_name : str
        Its name.
    tracker : EmissionsTracker, optional
        Default: one of its own, which stops with it.
    """

    def __init__(self, task_name: str, tracker: BaseEmissionsTracker | None = None) -> None:
        self.is_default_tracker = tracker is None
        self.tracker = EmissionsTracker() if tracker is None else tracker
        self.task_name = task_name

    def __enter__(self) -> Self:
        self.tracker.start_task(self.task_name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.tracker.stop_task()
        if self.is_default_tracker:
            self.tracker.stop()


def track_task_emissions(
    fn: Any = None, tracker: BaseEmissionsTracker | None = None, task_name: str = ""
) -> Any:
    """Decorate a function: each call is a task of a tracker, by default of one of its own."""

    def decorate(function: _F) -> _F:
        @functools.wraps(function)
        def task(*args: Any, **kwargs: Any) -> Any:
            with TaskEmissionsTracker(task_name or function.__name__, tracker=tracker):
                return function(*args, **kwargs)

        return task  # type: ignore[return-value]

    return decorate(fn) if fn is not None else decorate
