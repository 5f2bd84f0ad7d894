# SPDX-License-Identifier: MIT
"""Visitors who wait for the one measurement that a page makes at a time, in the order in which they came."""

from __future__ import annotations

import threading

MOST = 8
"""How many may wait (ours); the next one is told to come back."""


class Line:
    """A line of visitors; the first of them measures.

    Parameters
    ----------
    most : int
        How many may wait behind the one that measures.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._moved = threading.Condition()
        self._line: list[object] = []

    def enter(self) -> object | None:
        """Take the last place and return its ticket; None where too many wait."""
        with self._moved:
            if len(self._line) > self._most:
                return None
            ticket = object()
            self._line.append(ticket)
            return ticket

    def ahead(self, ticket: object, wait_s: float = 0.0) -> int:
        """Return how many are before this ticket, after so many seconds at most; 0 for one that has left."""
        with self._moved:
            if wait_s > 0 and ticket in self._line[1:]:
                self._moved.wait(wait_s)
            return self._line.index(ticket) if ticket in self._line else 0

    def leave(self, ticket: object) -> None:
        """Give the place up; nothing happens for one that has left."""
        with self._moved:
            if ticket in self._line:
                self._line.remove(ticket)
                self._moved.notify_all()
