# SPDX-License-Identifier: MIT
"""Functions of which every call is a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from co2lib.tracker._region import around

if TYPE_CHECKING:
    from collections.abc import Callable

    from co2lib.tracker._track import Track
    from co2lib.tracker._types import TrackedFunction

_P = ParamSpec("_P")
_R = TypeVar("_R")


def decorated(function: Callable[_P, _R], next_run: Callable[[], Track]) -> TrackedFunction[_P, _R]:
    """Return the function with a run around each call, of `next_run`; see :class:`TrackedFunction`."""
    wrapper: Any = None

    class _Call:
        def __init__(self) -> None:
            self._track = next_run()
            self._outer: Track | None = None

        def __enter__(self) -> Track:
            self._outer, wrapper.run = wrapper.run, self._track.start()
            return self._track

        def __exit__(self, *_: object) -> None:
            wrapper.footprint = self._track.stop()
            if self._outer is not None and self._outer.running:  # a function that has called itself
                wrapper.run = self._outer

    wrapper = around(function, _Call)
    wrapper.run = None
    wrapper.footprint = None
    tracked: TrackedFunction[_P, _R] = wrapper
    return tracked
