# SPDX-License-Identifier: MIT
"""How many requests the Hub still takes: one count per kind of request, shared by all workers.

The Hub counts requests in fixed windows of 5 minutes, and says after each how many are left, for how long
(``RateLimit: "api";r=<left>;t=<seconds>``). Answers come out of order, requests are under way, so:

1. Each request takes one from the count before it is sent.
2. Within a window the count only falls: to what an answer says less what is under way, if that is lower. What
   was sent in an earlier window says nothing of this one.
3. When none is left, all wait until the window has ended, and a second more.
4. A request that was refused (429) makes all wait for as long as it was told.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Final

WINDOW_S: Final = 300.0
"""Length of a window (documentation of the Hub, rate limits, September 2025)."""

ANONYMOUS: Final = {"api": 500, "resolvers": 3000}
"""Requests per window without an account (the same)."""

_LEFT = re.compile(r'"(?P<kind>\w+)"\s*;\s*r\s*=\s*(?P<left>\d{1,9})\s*;\s*t\s*=\s*(?P<seconds>\d{1,6})')
_POLICY = re.compile(r"\bq\s*=\s*(?P<quota>\d{1,9})\b.*?\bw\s*=\s*(?P<window>\d{1,6})\b")


class Stopped(Exception):  # noqa: N818 - says that the work was ended, not that it failed
    """The run ends: no further request is sent."""


class Time:
    """Seconds that pass, and waiting for them; ends when told."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def now(self) -> float:
        """Return seconds of a clock that never goes back."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait, or raise :class:`Stopped` as soon as the run ends."""
        if self._ended.wait(max(0.0, seconds)):
            raise Stopped

    def end(self) -> None:
        """End all waiting, now and later."""
        self._ended.set()


class Quota:
    """The count of one kind of request.

    Parameters
    ----------
    quota : int
        Requests per window, until an answer says otherwise.
    time : Time
        To wait with.
    waiting : callable
        Told the seconds of each wait.
    """

    def __init__(self, quota: int, time: Time, waiting: Callable[[float], None] = lambda _: None) -> None:
        self._time, self._waiting = time, waiting
        self._lock = threading.Lock()
        self._quota, self._window = quota, WINDOW_S
        self._left = quota
        self._ends = time.now() + WINDOW_S
        self._blocked_until = 0.0
        self._heard = False
        self._under_way = 0
        self._number = 0

    def take(self) -> int:
        """Take one request from the count, and return the number of its window; waits where none is left."""
        while True:
            seconds, window = self._try()
            if seconds <= 0:
                return window
            self._waiting(seconds)
            self._time.wait(seconds)

    def _try(self) -> tuple[float, int]:
        with self._lock:
            now = self._time.now()
            if now >= self._ends:
                self._left, self._ends, self._heard = self._quota, now + self._window, False
                self._number += 1
            if now < self._blocked_until:
                return self._blocked_until - now, self._number
            if self._left > 0:
                self._left -= 1
                self._under_way += 1
                return 0.0, self._number
            return self._ends - now, self._number

    def answered(self, rate_limit: str | None, policy: str | None, kind: str, window: int) -> None:
        """Learn from the headers of an answer, or that there was none (None), of a request of a window."""
        with self._lock:
            self._under_way -= 1
            if policy and (found := _POLICY.search(policy)):
                self._quota = max(1, int(found["quota"]))
                self._window = max(1.0, float(found["window"]))
            if not rate_limit or not (found := _LEFT.search(rate_limit)) or found["kind"] != kind:
                return
            if window != self._number:
                return
            left = max(0, int(found["left"]) - self._under_way)
            ends = self._time.now() + int(found["seconds"]) + 1
            self._left = min(self._left, left) if self._heard else left
            self._ends = max(self._ends, ends) if self._heard else ends
            self._heard = True

    def refused(self, seconds: float) -> None:
        """Let all wait: the Hub has refused a request for so long."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._time.now() + seconds)
