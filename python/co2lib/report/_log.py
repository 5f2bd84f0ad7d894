# SPDX-License-Identifier: MIT
"""A log's lines as series: the power of each device, and every region with the energy of each device.

The footprint comes from :func:`co2lib.tracker.load`; what is here is for pictures over time and for traces.
A log is read line by line, also while another process writes it: :class:`LogReader` goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from co2lib._errors import SystemFailureError


class Power(NamedTuple):
    """Mean power of one device between two flushes; times in s since the Unix epoch."""

    start: float
    end: float
    device: str
    watts: float


@dataclass(slots=True)
class Stretch:
    """One closed region; times in s since the Unix epoch, energies in J."""

    name: str
    id: int
    parent: int
    thread: int
    start: float
    end: float
    joules: float | None
    exclusive: float | None
    devices: dict[str, float] = field(default_factory=dict)

    @property
    def watts(self) -> float | None:
        """Mean power while it was open."""
        return (
            self.joules / (self.end - self.start)
            if self.joules is not None and self.end > self.start
            else None
        )


@dataclass(slots=True)
class _Segment:
    """What the lines of one segment (a run, or its resumption) share."""

    meters: list[dict[str, Any]]
    # Time on the monotonic clock in ns, and where the wall clock stood then, by each line that has both.
    mono_ns: int
    utc: float
    before: dict[str, tuple[int, float, int]] = field(default_factory=dict)

    def at(self, mono_ns: int) -> float:
        return self.utc + (mono_ns - self.mono_ns) / 1e9


def _utc(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def device_names(meters: list[dict[str, Any]]) -> dict[str, str]:
    """Return what people call each meter, by its id."""
    return {m["id"]: m.get("name") or m["id"] for m in meters}


class LogReader:
    """Reads a log's new lines each time that it is asked; a line that is not whole yet waits.

    Parameters
    ----------
    path : path
        The log; it may still be written, also by another process.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file: tuple[int, int] | None = None
        self._reset()

    def _reset(self) -> None:
        self.powers: list[Power] = []
        self.stretches: list[Stretch] = []
        self.ended = False
        self.lines = 0
        self._at = 0
        self._segment: _Segment | None = None
        self._names: dict[str, str] = {}

    def read(self) -> bool:
        """Read what is new; returns whether there was anything.

        Raises
        ------
        co2lib.Error
            ``tracker.bad_log`` if the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                status = self.path.stat()
                identity = (status.st_dev, status.st_ino)
                if self._file not in (None, identity) or status.st_size < self._at:
                    self._reset()  # another file has taken its place
                self._file = identity
                file.seek(self._at)
                text = file.read()
        except OSError as error:
            raise SystemFailureError(
                "tracker.bad_log", f"{self.path}: cannot read the log: {error.strerror or error}"
            ) from error
        whole = text.rfind(b"\n") + 1
        if not whole:
            return False
        self._at += whole
        for line in text[:whole].splitlines():
            self._take(line)
        return True

    def _take(self, line: bytes) -> None:
        self.lines += 1
        try:
            values = json.loads(line)
            kind = values["type"]
        except (ValueError, KeyError, TypeError):
            return  # torn: the footprint says so
        if kind in ("run", "resume"):
            meters = values.get("meters", [])
            self._names.update(device_names(meters))
            self._segment = _Segment(meters, values["mono_ns"], _utc(values["utc"]))
            self.ended = False
        elif self._segment is not None and kind == "totals":
            self._totals(self._segment, values)
        elif self._segment is not None and kind == "region":
            self._region(self._segment, values)
        elif kind == "end":
            self.ended = True

    def _totals(self, segment: _Segment, values: dict[str, Any]) -> None:
        now = values["mono_ns"]
        for info in segment.meters:
            state = values["m"].get(info["id"])
            if state is None or info["id"] not in self._names:
                continue
            joules = _joules(info, state)
            if joules is None:
                continue
            window = state.get("reached_ns") or state.get("window_ns") or [segment.mono_ns, now]
            start_ns, before, covered_before = segment.before.get(info["id"], (window[0], 0.0, 0))
            end_ns, covered = window[1], state.get("covered_ns", 0)
            if end_ns <= start_ns or covered <= covered_before:
                continue  # nothing was measured since
            segment.before[info["id"]] = (end_ns, joules, covered)
            watts = (joules - before) / ((covered - covered_before) / 1e9)
            self.powers.append(Power(segment.at(start_ns), segment.at(end_ns), info["id"], watts))

    def _region(self, segment: _Segment, values: dict[str, Any]) -> None:
        parts = values.get("meters_j") or []
        ids = [m["id"] for m in segment.meters]
        self.stretches.append(
            Stretch(
                name=values["name"],
                id=values["id"],
                parent=values.get("parent", 0),
                thread=values.get("thread", 0),
                start=segment.at(values["t0_ns"]),
                end=segment.at(values["t1_ns"]),
                joules=values.get("inclusive_j"),
                exclusive=values.get("exclusive_j"),
                devices={name: j for name, j in zip(ids, parts, strict=False) if j},
            )
        )

    def name(self, device: str) -> str:
        """Return what people call a meter."""
        return self._names.get(device, device)


def _joules(info: dict[str, Any], state: dict[str, Any]) -> float | None:
    if "c" in state:
        over, under = info["unit_j"]
        return float(state["c"] * over / under)
    return state.get("j")


def read_log(path: str | Path) -> LogReader:
    """Read a whole log."""
    reader = LogReader(path)
    reader.read()
    return reader


def summed(powers: Sequence[Power], devices: Collection[str]) -> list[Power]:
    """Add the powers of several devices, between the lines of the one that has most of them.

    Each device's energy is spread over its own lines, which are not those of the others. Where less than half
    of such a stretch was measured of any device, there is no sum.
    """
    import numpy as np

    series = {d: sorted(p for p in powers if p.device == d) for d in devices}
    series = {d: rows for d, rows in series.items() if rows}
    if not series:
        return []
    grid = max(series.values(), key=len)
    edges = np.array([(p.start, p.end) for p in grid])
    watts, known = np.zeros(len(grid)), np.ones(len(grid), bool)
    for rows in series.values():
        at = np.array([(p.start, p.end) for p in rows]).ravel()
        lasted = np.array([(p.end - p.start, 0.0) for p in rows]).ravel()
        joules = np.array([((p.end - p.start) * p.watts, 0.0) for p in rows]).ravel()
        covered = np.diff(np.interp(edges, at, np.concatenate([[0.0], np.cumsum(lasted)[:-1]])))[:, 0]
        spent = np.diff(np.interp(edges, at, np.concatenate([[0.0], np.cumsum(joules)[:-1]])))[:, 0]
        enough = covered >= 0.5 * (edges[:, 1] - edges[:, 0])
        watts[enough] += spent[enough] / covered[enough]
        known &= enough
    return [Power(p.start, p.end, "", float(w)) for p, w, k in zip(grid, watts, known, strict=True) if k]


def buckets(rows: list[Power], most: int) -> Iterator[list[Power]]:
    """Cut one device's series into at most `most` runs of neighbours."""
    size = max(1, -(-len(rows) // most))
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


def decimate(rows: list[Power], most: int = 1000) -> list[Power]:
    """Thin one device's series for a picture: of each run of neighbours the least and the greatest stay.

    The picture's envelope is that of all values (min-max decimation); order is by time.
    """
    if len(rows) <= most:
        return rows
    kept: list[Power] = []
    for run in buckets(rows, max(1, most // 2)):
        low, high = min(run, key=lambda p: p.watts), max(run, key=lambda p: p.watts)
        first, last = run[0].start, run[-1].end
        middle = run[len(run) // 2].start
        pair = (low, high) if low.start <= high.start else (high, low)
        if low is high:
            kept.append(low._replace(start=first, end=last))
        else:
            kept += [pair[0]._replace(start=first, end=middle), pair[1]._replace(start=middle, end=last)]
    return kept
