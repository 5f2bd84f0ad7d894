# SPDX-License-Identifier: MIT
"""Whether a processor still runs as fast as at the beginning of a campaign, or was slowed down by heat.

The clock is read after each window, while the processor is still at work. The median of the first 100 windows
that were not slowed down is what it can do (ours); a measurement whose median is more than 3 % below is
repeated after a pause, like one whose windows differ.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

FIRST = 100
DROP = 0.03

ReadClock = Callable[[], "float | None"]
"""Returns MHz, or None where the clock is not known."""


class ClockWatch:
    """Remembers the clocks of a campaign.

    Parameters
    ----------
    read : callable, optional
        Returns MHz or None; without it nothing is watched.
    before : sequence of float
        Clocks of what the campaign measured before it was interrupted.
    """

    def __init__(self, read: ReadClock | None = None, before: Sequence[float] = ()) -> None:
        self._read = read
        self._first = list(before[:FIRST])

    def read(self) -> float | None:
        """Return the clock now, in MHz."""
        return None if self._read is None else self._read()

    def fell(self, windows: Sequence[float | None]) -> tuple[float | None, bool]:
        """Return the median clock of a measurement's windows, and whether it is below what it was."""
        known = [clock for clock in windows if clock is not None]
        if not known:
            return None, False
        now = statistics.median(known)
        slowed = bool(self._first) and now < (1 - DROP) * statistics.median(self._first)
        if not slowed:
            self._first += known[: FIRST - len(self._first)]
        return now, slowed


def cpu_clock_mhz(root: str = "/sys") -> float | None:
    """Return the clock of the fastest core, in MHz; None where it is not told, as in most guests."""
    found = []
    for file in Path(root, "devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_cur_freq"):
        with suppress(OSError, ValueError):
            found.append(int(file.read_text(encoding="ascii")) / 1000)
    return max(found, default=None)
