# SPDX-License-Identifier: MIT
"""Time for the scripts of the peers: a clock moved by hand, and processes that live on it as threads.

This file is imported in the peer's own environment and uses the standard library alone.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
import types
from collections import deque

EPOCH_S = 1_750_000_000
"""Wall clock at the start of every trace."""


class VirtualTime:
    """A clock that stands still until the main thread moves it; other threads sleep and wait on it.

    Time moves from one deadline to the next. Before each move all other threads must wait again: a run is the
    same each time. A deadline at the very end of an advance stays in the future.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.wall_s = 0.0
        """How far the wall clock has been set, forward or back."""
        self.play = lambda t: None
        self._main = threading.current_thread()
        self._cv = threading.Condition(threading.RLock())
        self._parked: dict[int, tuple[float, object]] = {}
        self._sleep = time.sleep
        self._real = time.monotonic

    def install(self) -> VirtualTime:
        """Replace the clocks, sleep, and the waiting of threading.Event (so also Timer and Thread.start)."""
        clock = self

        class Event:
            def __init__(self):
                self._flag = False

            def is_set(self):
                return self._flag

            def set(self):
                with clock._cv:
                    self._flag = True
                    clock._release(lambda deadline, owner: owner is self)

            def clear(self):
                with clock._cv:
                    self._flag = False

            def wait(self, timeout=None):
                clock._wait(self, timeout, lambda: self._flag)
                return self._flag

            def _at_fork_reinit(self):
                pass

        def sleep(seconds):
            clock._wait(object(), seconds, lambda: False)

        threading.Event = Event
        time.sleep = sleep
        time.time = lambda: EPOCH_S + self.wall_s + self.now
        time.time_ns = lambda: EPOCH_S * 10**9 + round((self.wall_s + self.now) * 1e9)
        time.monotonic = lambda: 1000.0 + self.now
        time.monotonic_ns = lambda: 1000 * 10**9 + round(self.now * 1e9)
        # Code takes time: two calls never give the same number, as a tool may divide by their difference.
        calls = itertools.count()
        time.perf_counter = lambda: 1000.0 + self.now + 1e-9 * next(calls)
        time.perf_counter_ns = lambda: 1000 * 10**9 + round(self.now * 1e9) + next(calls)
        self.play(0.0)
        return self

    def advance_to(self, when: float) -> None:
        """Move on, each deadline before `when` in its turn."""
        with self._cv:
            while (due := self._next()) < when:
                self._move(due)
            self._move(when, release=False)

    def _wait(self, owner, timeout, done) -> None:
        if timeout is not None and timeout < 0:
            timeout = 0
        with self._cv:
            deadline = float("inf") if timeout is None else self.now + timeout
            if threading.current_thread() is self._main:
                while not done():
                    due = self._next(done)
                    if done():
                        break
                    if deadline <= due:
                        if deadline == float("inf"):
                            raise RuntimeError("the main thread waits for ever")
                        self._move(deadline, release=False)
                        break
                    self._move(due)
                return
            while not done() and self.now < deadline:
                self._parked[threading.get_ident()] = (deadline, owner)
                self._cv.notify_all()
                self._cv.wait()
            self._parked.pop(threading.get_ident(), None)

    def _release(self, which) -> None:
        self._parked = {k: v for k, v in self._parked.items() if not which(*v)}
        self._cv.notify_all()

    def _move(self, when: float, release: bool = True) -> None:
        self.now = max(self.now, when)
        self.play(self.now)
        if release:
            self._release(lambda deadline, _owner: deadline <= self.now)

    def _next(self, done=lambda: False) -> float:
        """The next deadline, once every other thread waits or `done`."""
        limit = self._real() + 60
        while not done():
            others = [t.ident for t in threading.enumerate() if t is not self._main]
            if all(ident in self._parked for ident in others):
                return min((deadline for deadline, _ in self._parked.values()), default=float("inf"))
            if self._real() > limit:
                raise RuntimeError(f"a thread does not wait: {threading.enumerate()}")
            self._cv.wait(0.002)
        return self.now


class _Pipe:
    """A multiprocessing.Queue between threads."""

    def __init__(self, *_args):
        self._items = deque()
        self._some = threading.Event()

    def put(self, item, *_args, **_kwargs):
        self._items.append(item)
        self._some.set()

    def get(self, block=True, timeout=None):
        if block and not self._items:
            self._some.wait(timeout)
        if not self._items:
            raise queue.Empty
        item = self._items.popleft()
        if not self._items:
            self._some.clear()
        return item

    def get_nowait(self):
        return self.get(block=False)

    def empty(self):
        return not self._items

    def close(self):
        pass


class _Process(threading.Thread):
    """A multiprocessing.Process that is a thread, so that it lives on the bench's clock."""

    def __init__(self, target=None, args=(), kwargs=None, name=None, daemon=True, **_ignored):
        super().__init__(target=target, args=tuple(args), kwargs=kwargs or {}, name=name, daemon=True)

    pid = property(lambda self: self.ident)
    exitcode = property(lambda self: None if self.is_alive() else 0)

    def join(self, timeout=None):
        for _ in range(1000):
            if not self.is_alive():
                return
            time.sleep((timeout or 10) / 1000)

    def terminate(self):
        pass

    kill = terminate


class _Value:
    def __init__(self, _type, value):
        self.value = value
        self._lock = threading.RLock()

    def get_lock(self):
        return self._lock


def processes_as_threads() -> types.SimpleNamespace:
    """Make a stand-in for the module multiprocessing whose processes are threads."""
    parts = types.SimpleNamespace(
        Queue=_Pipe, Process=_Process, Value=_Value, Event=threading.Event, active_children=list
    )
    parts.get_context = lambda *_: parts
    return parts
