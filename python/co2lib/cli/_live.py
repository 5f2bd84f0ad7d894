# SPDX-License-Identifier: MIT
"""One line that stays at the foot of the terminal while a command writes above it."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from rich.text import Text

from co2lib import Error, Footprint, Power
from co2lib.cli._out import encode
from co2lib.cli._view import clock_text, console, quantity_text
from co2lib.tracker import Track

_SAVE, _RESTORE = "\x1b7", "\x1b8"
_ERASE_LINE = "\x1b[2K"


class Meter:
    """Turns footprints so far into the line: elapsed, power now, energy and carbon so far."""

    def __init__(self, over_s: float = 2.0) -> None:
        self._over_s = over_s
        self._past: deque[tuple[float, float]] = deque()

    def power(self, footprint: Footprint) -> Power | None:
        """Mean power of the last two seconds, None where it is unknown."""
        joules, now = footprint.energy.joules, footprint.duration_s
        if joules is None:
            return None
        self._past.append((now, joules))
        while len(self._past) > 2 and now - self._past[1][0] >= self._over_s:
            self._past.popleft()
        then, before = self._past[0]
        return Power.from_watts(max(0.0, joules - before) / (now - then)) if now > then else None

    def line(self, footprint: Footprint, columns: int) -> Text:
        """Return the line; what does not fit is left out whole: the name, then power, carbon and energy."""
        name, elapsed = (" co2lib  ", "dim"), (clock_text(footprint.duration_s), "bold")
        values = (self.power(footprint), footprint.energy.value, footprint.operational.value)
        power, energy, carbon = (
            [("  ·  ", "dim"), (quantity_text(value), style)] if value is not None else []
            for value, style in zip(values, ("yellow", "green", "green"), strict=True)
        )
        choices: list[list[tuple[str, str]]] = [
            [name, elapsed, *power, *energy, *carbon],
            [elapsed, *power, *energy, *carbon],
            [elapsed, *energy, *carbon],
            [elapsed, *energy],
            [elapsed],
        ]
        lines = (Text.assemble(*parts) for parts in choices)
        return next((line for line in lines if line.cell_len <= columns), Text())


class LiveLine:
    """Shows a run on the last row of the terminal, which scrolls no more; a context manager.

    The command's own output goes on above, byte for byte. Nothing happens unless stderr is a terminal.

    Parameters
    ----------
    track : Track
        The run, started.
    foreground : callable
        Tells whether the terminal is ours; a shell that runs us with ``&`` has it to itself.
    shown : bool
        False shows nothing.
    period_s : float
        Between two updates.
    """

    def __init__(
        self, track: Track, foreground: Callable[[], bool], *, shown: bool = True, period_s: float = 0.5
    ) -> None:
        self._track = track
        self._foreground = foreground
        self._meter = Meter()
        self._period_s = period_s
        self._rows = 0
        self._drawing = threading.Lock()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")
        if shown and not dumb and sys.stderr is not None and sys.stderr.isatty():
            self._console = console(sys.stderr)
            self._thread = threading.Thread(target=self._draw_all, name="co2lib-live", daemon=True)

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._done.set()
            self._thread.join()
            self._release_row(wait=True)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Give the row back for the time in it, in which the shell has the terminal."""
        with self._drawing:
            self._release_row()
            yield

    def _draw_all(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while not self._done.wait(self._period_s):
            with suppress(Error, OSError):  # the next one may succeed
                footprint = self._track.snapshot()
                with self._drawing:
                    self._draw(footprint)

    def _draw(self, footprint: Footprint) -> None:
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
        if rows < 3 or not self._foreground():
            return
        if rows != self._rows:
            self._reserve_row(rows)
        with self._console.capture() as capture:
            self._console.print(
                self._meter.line(footprint, columns - 1), end="", no_wrap=True, soft_wrap=True
            )
        self._write(f"{_SAVE}\x1b[{rows};1H{_ERASE_LINE}{capture.get()}{_RESTORE}")

    def _reserve_row(self, rows: int) -> None:
        self._release_row()
        # A line feed first, so that the cursor is above the last row whatever the height.
        self._write(f"\n{_SAVE}\x1b[1;{rows - 1}r{_RESTORE}\x1b[1A")
        self._rows = rows

    def _release_row(self, *, wait: bool = False) -> None:
        if self._rows:
            self._write(f"{_SAVE}\x1b[r\x1b[{self._rows};1H{_ERASE_LINE}{_RESTORE}", wait=wait)
            self._rows = 0

    def _write(self, text: str, *, wait: bool = False) -> None:
        """One write, so that no output of the command falls inside; Ctrl-S holds up the last one only."""
        number = sys.stderr.fileno()
        ready = select.poll()
        ready.register(number, select.POLLOUT)
        with suppress(OSError):
            if ready.poll(None if wait else 0):
                os.write(number, encode(text, sys.stderr.encoding))
