# SPDX-License-Identifier: MIT
"""Regions as context managers and decorators, and which of them is inside of which."""

from __future__ import annotations

import sys
from _thread import get_ident
from contextvars import ContextVar

from co2lib._errors import BadValueError, WrongStateError
from co2lib.tracker._track import name_of

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from datetime import timedelta
    from types import FrameType, TracebackType
    from typing import Any, ParamSpec, Self, TypeVar

    from co2lib._core import CarbonMassEstimate, Energy, EnergyEstimate
    from co2lib._core.tracker import RegionResult
    from co2lib.tracker._track import Tracker

    _P = ParamSpec("_P")
    _R = TypeVar("_R")


# The regions that are open, by task and thread. One that was opened inside of a generator is seen by whoever
# runs the generator, and is no parent of his regions while the generator stands still.
_open_regions: ContextVar[tuple[Region, ...]] = ContextVar("co2lib_open_regions", default=())

_CO_GENERATORS = 0x20 | 0x200  # inspect.CO_GENERATOR, CO_ASYNC_GENERATOR


class Region:
    """An open stretch of a program; a context manager and a decorator.

    As a decorator every call of the function (plain, ``async`` or a generator) is a region of its own. Once
    it has ended, it says what it used.
    """

    def __init__(self, tracker: Tracker, name: str, *, marker: bool = False) -> None:
        self._tracker = tracker
        self._name = name_of(name)
        self._marker = marker
        self._id = 0
        self._ended = 0
        self._frame: FrameType | None = None

    def __enter__(self) -> Self:
        if self._id:
            raise WrongStateError("tracker.open", f"region {self._name!r} is open; enter another one")
        # Those that ended in another thread or task are in the list of this one still.
        outer = tuple(region for region in _open_regions.get() if region._id)
        parent = next((r._id for r in reversed(outer) if r._tracker is self._tracker and r._isaround()), 0)
        self._id = self._tracker.begin(self._name, marker=self._marker, parent=parent, thread=get_ident())
        self._ended = 0
        frame = sys._getframe(1)
        # Only a frame that can stand still needs to be asked again.
        self._frame = frame if frame.f_code.co_flags & _CO_GENERATORS else None
        if self._id:
            _open_regions.set((*outer, self))
        return self

    def _isaround(self) -> bool:
        """Return whether what runs now is inside of this region."""
        return self._id != 0 and (self._frame is None or self._frame.f_back is not None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        region = self._leave()
        if region:
            self._ended = region
            self._tracker.close(region)

    def cancel(self) -> None:
        """Forget the region: it enters no statistics."""
        region = self._leave()
        if region:
            self._tracker.cancel(region)

    def restart(self) -> None:
        """Begin the region anew, as if it had been entered now."""
        self._tracker.restart(self._id)

    def _leave(self) -> int:
        region, self._id = self._id, 0
        self._frame = None
        open_regions = _open_regions.get()
        if open_regions and open_regions[-1] is self:
            _open_regions.set(open_regions[:-1])
        else:  # it ends in another order, or in another task, than it began
            _open_regions.set(tuple(r for r in open_regions if r is not self))
        return region

    @property
    def result(self) -> RegionResult:
        """What it used; ``tracker.no_result`` (RuntimeError) while it is open or if it was not measured."""
        result = self._tracker.result(self._ended) if self._ended else None
        if result is None:
            if self._id:
                why = "is open still; leave it first"
            elif self._ended:
                why = "was measured too long ago; ask for its result sooner"
            elif not self._tracker.running:
                why = "was not measured: no run goes on; enter it between the run's start and its end"
            else:
                why = "was not measured: it was never entered, or was cancelled"
            raise WrongStateError("tracker.no_result", f"region {self._name!r} {why}")
        return result

    @property
    def energy(self) -> EnergyEstimate:
        """Energy of the run's scope, with bounds and interval."""
        return self.result.energy

    @property
    def exclusive(self) -> Energy | None:
        """Energy without the direct children of the same thread."""
        return self.result.exclusive

    @property
    def carbon(self) -> CarbonMassEstimate:
        """Carbon by the intensity of its time, PUE included."""
        return self.result.carbon

    @property
    def duration(self) -> timedelta:
        """How long it lasted."""
        return self.result.duration

    @property
    def duration_s(self) -> float:
        """How long it lasted in s."""
        return self.result.duration_s

    def __repr__(self) -> str:
        state = "open" if self._id else "ended" if self._ended else "not entered"
        return f"<co2lib.tracker.Region {self._name} {state}>"

    def __call__(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        """Decorate a function: every call is a region of its own."""
        return around(function, lambda: Region(self._tracker, self._name, marker=self._marker))


def around(function: Callable[_P, _R], make: Callable[[], Any]) -> Callable[_P, _R]:
    """Wrap a plain, async, generator or async generator function in a context manager made for each call."""
    import functools
    import inspect
    from typing import cast

    if not callable(function):
        raise BadValueError("tracker.bad_config", f"a function is decorated, not {function!r}")
    wrapped: Any = function
    # What is called: an object's class has its `__call__`.
    known = inspect.isroutine(function) or isinstance(function, functools.partial | type)
    called: Any = function if known else type(function).__call__
    if inspect.iscoroutinefunction(called):

        @functools.wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            with make():
                return await wrapped(*args, **kwargs)

        return cast("Callable[_P, _R]", coroutine)
    if inspect.isasyncgenfunction(called):

        @functools.wraps(function)
        async def async_generator(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            inner = wrapped(*args, **kwargs)
            with make():
                try:
                    item = await inner.asend(None)
                    while True:
                        try:
                            sent = yield item
                        except GeneratorExit:
                            await inner.aclose()
                            raise
                        except BaseException as error:
                            item = await inner.athrow(error)
                        else:
                            item = await inner.asend(sent)
                except StopAsyncIteration:
                    return

        return cast("Callable[_P, _R]", async_generator)
    if inspect.isgeneratorfunction(called):

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
