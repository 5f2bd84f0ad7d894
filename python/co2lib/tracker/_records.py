# SPDX-License-Identifier: MIT
"""A run as rows: its regions one by one, or its power over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from co2lib._errors import BadValueError

if TYPE_CHECKING:
    from co2lib.tracker import Run

_WHAT = ("regions", "power")


def _region_rows(run: Run) -> list[dict[str, Any]]:
    rows = []
    for region in run.footprint().regions.values():
        for one in region.each:
            interval = one.energy.interval
            rows.append(
                {
                    "name": one.name,
                    "id": one.id,
                    "parent": one.parent,
                    "thread": one.thread,
                    "start": one.start,
                    "duration_s": one.duration_s,
                    "energy_j": one.energy.joules,
                    "energy_low_j": None if interval is None else interval.low.joules,
                    "energy_high_j": None if interval is None else interval.high.joules,
                    "exclusive_j": None if one.exclusive is None else one.exclusive.joules,
                    "carbon_g": one.carbon.grams,
                }
            )
    return sorted(rows, key=lambda row: (row["start"], row["id"]))


def _power_rows(run: Run) -> list[dict[str, Any]]:
    return [
        {"start": start, "end": end, "duration_s": (end - start).total_seconds(), "mean_w": watts}
        for start, end, watts in run.power()
    ]


def records(run: Run, what: str = "regions") -> list[dict[str, Any]]:
    """Return rows of a run in the order of time.

    Parameters
    ----------
    run : Run
        From :func:`co2lib.tracker.load` or ``run.run()``.
    what : str
        ``regions``: the newest 1000 of each name, one by one; ``power``: the mean power of what belongs to
        the total between two flushes (``flush_s``).

    Returns
    -------
    list of dict
        Energies in J, carbon in g CO2e, power in W, times in s and as datetimes in UTC.

    Raises
    ------
    co2lib.Error
        ``tracker.bad_input`` for another ``what``.
    """
    if what not in _WHAT:
        raise BadValueError("tracker.bad_input", f"what: {what!r} is not known; known: {', '.join(_WHAT)}")
    return _region_rows(run) if what == "regions" else _power_rows(run)


def frame(run: Run, what: str = "regions") -> Any:
    """Return :func:`records` as a pandas DataFrame; ``core.missing_extra`` without pandas."""
    from co2lib._extras import require

    pandas = require("pandas", needed_for="to_frame")
    rows = records(run, what)
    return pandas.DataFrame(rows)
