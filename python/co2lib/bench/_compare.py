# SPDX-License-Identifier: MIT
"""The gate: whether the second benchmark needs more than the first, by more than a limit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from co2lib._errors import BadValueError
from co2lib.bench._file import Bench
from co2lib.bench._measure import rounds_of
from co2lib.bench._statistics import BETWEEN_SESSIONS, Ratio, paired_ratio, unpaired_ratio

DECISIONS = ("within", "increase", "undecided")
METRICS = ("energy", "net", "time")
_LEAST_RUNS = 4


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two benchmarks say together; changes are relative (0.03: 3 % more).

    Attributes
    ----------
    decision : str
        ``within``: the change is below the limit; ``increase``: it is above, either with at most 5 % chance
        of being wrong; ``undecided``: the runs do not tell.
    metric : str
        ``energy``, ``net`` (above idle) or ``time``.
    change, low, high : float or None
        b/a - 1 with its two-sided 95 % interval.
    limit : float
        What was allowed.
    detects : float or None
        An increase of so much above the limit would be found in nine of ten cases.
    a, b : float or None
        Geometric mean per run, J or s.
    paired, drift, n
        As `Ratio`.
    reasons : tuple of str
        Why it is undecided, and what else is to be known of the two; each with its remedy.
    """

    decision: str
    metric: str
    change: float | None
    low: float | None
    high: float | None
    limit: float
    detects: float | None
    paired: bool
    drift: float | None
    n: tuple[int, int]
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON takes it."""
        return {"schema": "co2lib-compare/1", **asdict(self)}


def compare(
    a: Bench,
    b: Bench,
    *,
    max_increase: float,
    metric: str = "energy",
    between: float = BETWEEN_SESSIONS,
) -> Comparison:
    """Compare two benchmarks.

    Parameters
    ----------
    a, b : Bench
        Before and after. Of one session they are compared round by round.
    max_increase : float
        In percent; 0 and negative ones are allowed (-5: it must need 5 % less).
    metric : str
        ``energy``, ``net`` or ``time``.
    between : float
        For two sessions: the relative standard deviation of a session that its own runs do not show.

    Raises
    ------
    co2lib.Error
        ``bench.bad_option``.
    """
    if metric not in METRICS:
        raise BadValueError(
            "bench.bad_option", f"metric: {metric!r} is not known; known: {', '.join(METRICS)}"
        )
    if not -100 < max_increase < float("inf"):
        raise BadValueError("bench.bad_option", f"max_increase: takes percent above -100, not {max_increase}")
    if not 0 <= between < 1:
        raise BadValueError("bench.bad_option", f"between: takes a part of 1, not {between}")
    limit = max_increase / 100
    paired = a.session == b.session and a.name != b.name
    reasons = _doubts(a, b, paired=paired, metric=metric)
    ratio = _ratio_of(a, b, metric, paired=paired, between=between)
    if ratio is None:
        reasons.insert(0, f"a file has no {metric} per run; look at the issues of `co2lib sensors`")
        return Comparison(
            "undecided", metric, None, None, None, limit, None, paired, None, (0, 0), tuple(reasons)
        )
    decision = "increase" if ratio.above(1 + limit) else "within" if ratio.below(1 + limit) else "undecided"
    if _different_machines(a, b) and metric != "time":
        decision = "undecided"
    found = ratio.detects()
    detects = None if found is None else found - 1
    if decision == "undecided":
        reasons.insert(0, _why(ratio, detects))
    return Comparison(
        decision=decision,
        metric=metric,
        change=ratio.value - 1,
        low=None if ratio.low is None else ratio.low - 1,
        high=None if ratio.high is None else ratio.high - 1,
        limit=limit,
        detects=detects,
        paired=paired,
        drift=ratio.drift,
        n=ratio.n,
        reasons=tuple(reasons),
    )


def _ratio_of(a: Bench, b: Bench, metric: str, *, paired: bool, between: float) -> Ratio | None:
    if paired:
        pairs = rounds_of(a, b, metric)
        return (
            paired_ratio([p[0] for p in pairs], [p[1] for p in pairs], [p[2] for p in pairs])
            if pairs
            else None
        )
    values = [[value for value in bench.values(metric) if value > 0] for bench in (a, b)]
    if not all(values):
        return None
    return unpaired_ratio(values[0], values[1], between=between)


def _why(ratio: Ratio, detects: float | None) -> str:
    if detects is None:
        return f"{min(ratio.n)} runs are too few to tell (at least {_LEAST_RUNS}); measure more"
    if not ratio.paired:
        return (
            "the two were measured in different sessions, whose machine may have changed; measure both "
            "by turns: co2lib bench --base COMMAND"
        )
    return "the interval holds the limit; measure more rounds (--max-rounds), or longer runs"


def _different_machines(a: Bench, b: Bench) -> bool:
    return any(
        a.machine.get(key) and b.machine.get(key) and a.machine[key] != b.machine[key]
        for key in ("cpu", "cpus", "gpus", "meters")
    )


def _doubts(a: Bench, b: Bench, *, paired: bool, metric: str) -> list[str]:
    found = []
    if _different_machines(a, b):
        found.append(
            "they were measured on different machines or meters, whose energies cannot be compared; measure "
            "both on one machine"
        )
    elif not paired:
        hosts = {bench.machine.get("host") for bench in (a, b)}
        if len(hosts) > 1:
            found.append(f"measured on different hosts ({', '.join(sorted(map(str, hosts)))}) of one kind")
    if metric != "time" and any(bench.method.get("model") for bench in (a, b)):
        found.append(
            "the energy is modelled from load and time (model_only): a change that neither shows is not seen"
        )
    found += [
        f"{bench.name or 'a file'}: the benchmark did not end" for bench in (a, b) if not bench.complete
    ]
    return found
