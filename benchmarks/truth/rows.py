# SPDX-License-Identifier: MIT
"""The rows of the truth bench: what each trace is, what is true of it, and which tools cannot be asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parents[1] / "tests" / "golden" / "meters.json"
"""The traces of T01 to T18; those of the rows after them are in traces.json, in the same form."""

Vector = dict[str, Any]


def near(truth: float, rel: float = 1e-5) -> Callable[[Any], bool]:
    """Check a number; 1e-5 lets the rounded kWh of CodeCarbon pass, which T16 tests."""
    allowed = rel * abs(truth) if truth else 1e-6
    return lambda value: isinstance(value, int | float) and abs(value - truth) <= allowed


def resumed(value: Any) -> bool:
    """Check the energy in J and, for tools that take a place, carbon over that of each part at its own."""
    return near(120_000)(value[0]) and all(near(1)(priced) for priced in value[1:])


@dataclass(frozen=True)
class Row:
    """One trace."""

    title: str
    truth: str
    right: Callable[[Any], bool]
    flagged: bool = False
    """The truth is not a number: right means that the tool says so."""


ROWS = {
    "T01": Row("one wrap, range known", "1 J", near(1)),
    "T02": Row("wrap, range unreadable", "unknown", near(1)),
    "T03": Row("one failed read, same count after", "0 J", near(0)),
    "T04": Row("package 100 J, its DRAM 30 J", "130 J", near(130)),
    "T05": Row("two mirrored dies of 68 J", "68 J", near(68)),
    "T06": Row("0 W for 10 s, 100 W for 10 s", "1000 J", near(1000)),
    "T07": Row("2.3 s: 20 W, then 200 W", "280 J", near(280)),
    "T08": Row("region [0, 5] s of 20 s at 100 W", "500 J", near(500)),
    "T09": Row(
        "GPU counter restarts: 6000 J, then 1 J",
        "1001 J or more",
        lambda v: v is not None and v >= 1001,
        True,
    ),
    "T10": Row("GPU without counter, 200 W for 10 s", "2000 J", near(2000)),
    "T11": Row("mean of 4 x 15 s at 100 W and 0.1 s at 10 W", "99.85 W", near(99.85024958402663)),
    "T12": Row("no network, no location", "unknown", lambda _: False, True),
    "T13": Row("two runs into one CSV", "38 fields each", lambda v: v == [38, 38, 38]),
    "T14": Row("memory of 251.5 and of 256 GiB", "equal within 1 %", lambda v: abs(v[0] / v[1] - 1) < 0.01),
    "T15": Row("a job with half of the busy time, 1000 J", "250 J (250 to 500)", near(250)),
    "T16": Row("3.6e6 J in kWh", "1 kWh", near(1, 1e-9)),
    "T17": Row("AMD GPU, 249.9 W for 10 s", "2499 J", near(2499)),
    "T18": Row("48 h at 700 W", "120.96 MJ", near(120.96e6, 1e-6)),
    "T19": Row("two ranks with a GPU each, 100 W and 200 W for 10 s", "3000 J", near(3000)),
    "T20": Row("two alike dies, 50 W and 50.05 W for 60 s", "6003 J", near(6003)),
    "T21": Row(
        "package counter that never moves, 60 s", "unknown, not 0 J", lambda v: v is not None and v > 0, True
    ),
    "T22": Row("GPU counter that never moves, power 200 W for 10 s", "2000 J", near(2000)),
    "T23": Row("100 W for 600 s, resumed elsewhere with the clock set back by 600 s", "120000 J", resumed),
    "T24": Row("as T15, by children that nobody waits for", "250 J (250 to 500)", near(250)),
}

MISSING = {
    "zeus": {
        "T11": "reports no mean power",
        "T13": "writes no emissions file",
        "T14": "has no model of memory",
        "T15": "measures the machine only",
        "T16": "reports J; kWh only inside its carbon and cost monitors",
        "T23": "keeps no run that can go on: its log holds GPUs alone and begins anew with each monitor",
        "T24": "measures the machine only",
    },
    "carbontracker": {
        "T09": "reads power, never the counter",
        "T13": "writes logs, no table",
        "T14": "has no model of memory",
        "T17": "reads no AMD GPUs",
    },
    "perun": {
        "T09": "reads power, never the counter",
        "T13": "writes no emissions table",
        "T14": "has no model of memory power",
        "T15": "measures the machine only",
        "T24": "measures the machine only",
    },
}


def vectors_of(name: str) -> list[Vector]:
    """The vectors of a row, its own first."""
    vectors = [v for file in (GOLDEN, HERE / "traces.json") for v in json.loads(file.read_text())["vectors"]]
    found = [v for v in vectors if v["id"].startswith(name)]
    return found if name == "T14" else found[:1]
