# SPDX-License-Identifier: MIT
"""A run's regions as traces for other people's viewers, with joules as the weight.

Each region's own energy (without the regions inside of it) is one weight, and what lies outside of all
regions is one too, so that the weights add up to the run's energy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from co2lib._errors import BadValueError
from co2lib.report._log import LogReader, Power, Stretch, read_log

OUTSIDE = "(outside of regions)"


def _own(stretches: list[Stretch], total: float | None) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield each region's path, from the outermost, and its own energy in J; the rest of the run last."""
    by_id = {s.id: s for s in stretches}
    weights = []
    for s in stretches:
        if s.exclusive is None:
            continue
        path, seen, at = [s.name], {s.id}, s.parent
        while at in by_id and at not in seen:
            seen.add(at)
            path.append(by_id[at].name)
            at = by_id[at].parent
        weights.append(s.exclusive)
        yield tuple(reversed(path)), s.exclusive
    if total is not None:
        yield (OUTSIDE,), total - math.fsum(weights)


def _total(path: Path) -> float | None:
    from co2lib import tracker

    return tracker.load(path).footprint().energy.joules


def _name(text: str) -> str:
    """Return a name that is one frame of a folded line: its separators are replaced."""
    return " ".join(text.replace(";", ",").split()) or "(no name)"


def folded(path: str | Path) -> str:
    """Return a log as folded stacks, as flame graphs take them: ``epoch;forward 1234.5`` with joules.

    Parameters
    ----------
    path : path
        The log.

    Returns
    -------
    str
        One line per path of regions, in the order of first appearance; the weights add up to the run's
        energy in J. Where regions of several threads overlap the line ``(outside of regions)`` is negative,
        and says so.

    Raises
    ------
    co2lib.Error
        ``tracker.bad_log``; ``hub.bad_value`` for a run whose energy is unknown.
    """
    log, total = read_log(path), _total(Path(path))
    if total is None:
        raise BadValueError(
            "hub.bad_value", f"{path}: the run's energy is unknown; there is nothing to weigh"
        )
    sums: dict[str, list[float]] = {}
    for names, joules in _own(log.stretches, total):
        sums.setdefault(";".join(map(_name, names)), []).append(joules)
    return "".join(f"{name} {math.fsum(parts)!r}\n" for name, parts in sums.items())


def _events(log: LogReader, run: str) -> Iterator[dict[str, Any]]:
    start = min([p.start for p in log.powers] + [s.start for s in log.stretches], default=0.0)

    def micro(time: float) -> float:
        return round((time - start) * 1e6, 3)

    yield {"ph": "M", "name": "process_name", "pid": 1, "args": {"name": f"co2lib {run}"}}
    threads = {thread: i + 1 for i, thread in enumerate(dict.fromkeys(s.thread for s in log.stretches))}
    for thread, number in threads.items():
        args = {"name": f"thread {number} ({thread})"}
        yield {"ph": "M", "name": "thread_name", "pid": 1, "tid": number, "args": args}
    for s in sorted(log.stretches, key=lambda s: (s.start, -s.end)):
        yield {
            "ph": "X",
            "cat": "region",
            "name": s.name,
            "pid": 1,
            "tid": threads[s.thread],
            "ts": micro(s.start),
            "dur": micro(s.end) - micro(s.start),
            "args": {
                "energy_j": s.joules,
                "own_energy_j": s.exclusive,
                "mean_power_w": s.watts,
                **{f"{log.name(device)} (J)": joules for device, joules in s.devices.items()},
            },
        }
    yield from _counters(log, micro)


def _counters(log: LogReader, micro: Callable[[float], float]) -> Iterator[dict[str, Any]]:
    by_device: dict[str, list[Power]] = {}
    for p in log.powers:
        by_device.setdefault(p.device, []).append(p)
    for device, powers in by_device.items():
        name = f"{log.name(device)} power (W)"
        for p, after in zip(powers, [*powers[1:], None], strict=True):
            yield {"ph": "C", "name": name, "pid": 1, "ts": micro(p.start), "args": {"W": p.watts}}
            if after is None or after.start > p.end:
                yield {"ph": "C", "name": name, "pid": 1, "ts": micro(p.end), "args": {"W": 0}}


def perfetto(path: str | Path) -> str:
    """Return a log in the JSON of trace events, which Perfetto and Chrome's tracing show.

    Parameters
    ----------
    path : path
        The log.

    Returns
    -------
    str
        Regions as slices with their energies in J as arguments; the power of each device in W as a counter;
        times in microseconds since the start. ``otherData`` has the run's energy and what no region had.

    Raises
    ------
    co2lib.Error
        ``tracker.bad_log``.
    """
    from co2lib import tracker

    footprint = tracker.load(path).footprint()
    log, total = read_log(path), footprint.energy.joules
    weights = [joules for _, joules in _own(log.stretches, total)]
    document = {
        "displayTimeUnit": "ms",
        "otherData": {
            "run_id": footprint.run_id,
            "energy_j": total,
            "outside_of_regions_j": weights[-1] if total is not None else None,
            "start_utc": footprint.start.isoformat(),
        },
        "traceEvents": list(_events(log, footprint.run_id)),
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


FORMATS: dict[str, Callable[[str | Path], str]] = {"perfetto": perfetto, "folded": folded}
"""Formats of ``co2lib export``: a function of the log's path that returns the text."""
