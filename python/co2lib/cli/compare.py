# SPDX-License-Identifier: MIT
"""``co2lib compare``: the gate."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from co2lib import Energy, bench
from co2lib._errors import BadValueError
from co2lib.cli import _out
from co2lib.cli._table import Rows
from co2lib.cli._view import duration_text, quantity_text, show
from co2lib.cli.bench import percent_of

UNDECIDED = 3
STATUS = {"within": 0, "increase": 1, "undecided": UNDECIDED}


def compare(
    before: Annotated[
        Path, typer.Argument(metavar="A", help="What it was: a file of `co2lib bench`.", readable=False)
    ],
    after: Annotated[
        Path, typer.Argument(metavar="B", help="What it is: a file of `co2lib bench`.", readable=False)
    ],
    *,
    max_increase: Annotated[
        str, typer.Option(metavar="P%", help="What B may need more; negative: must need less.")
    ] = "0%",
    metric: Annotated[str, typer.Option(metavar="WHAT", help="energy, net (above idle) or time.")] = "energy",
    between: Annotated[
        str,
        typer.Option(
            metavar="P%",
            help="For two sessions: how much sessions differ (standard deviation) by themselves.",
        ),
    ] = "2%",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON of schema co2lib-compare/1.")] = False,
) -> None:
    """Tell whether the second of two benchmarks needs more than the first, by more than a limit.

    The exit status is 0 if it does not, 1 if it does, 3 if the runs do not tell, 2 where something is wrong.
    A decision is wrong in at most 5 % of cases.
    """
    limit = percent_of(max_increase, "--max-increase")
    session_error = percent_of(between, "--between") / 100
    if metric not in bench.METRICS:
        raise BadValueError(
            "core.bad_option", f"--metric: {metric!r} is not known; known: {', '.join(bench.METRICS)}"
        )
    a, b = bench.load(before), bench.load(after)
    result = bench.compare(a, b, max_increase=limit, metric=metric, between=session_error)
    if as_json:
        files = {"files": [os.fspath(before), os.fspath(after)]}
        _out.deliver(json.dumps({**result.to_dict(), **files}, indent=2), as_json=True)
    else:
        _present(result, (a, b), (before, after))
    raise typer.Exit(STATUS[result.decision])


def _present(
    result: bench.Comparison, benches: tuple[bench.Bench, bench.Bench], files: tuple[Path, Path]
) -> None:
    rows = Rows("", "Per run", "Change", "95 %", "Runs", right=("Per run", "Change", "Runs"))
    for one, file in zip(benches, files, strict=True):
        mean = one.mean(result.metric)
        text = "no value"
        if mean is not None:
            joules = mean.value
            text = (
                duration_text(joules)
                if result.metric == "time"
                else quantity_text(Energy.from_joules(joules))
            )
        last = file is files[1]
        change = "" if result.change is None or not last else f"{result.change:+.2%}"
        interval = ""
        if last and result.low is not None and result.high is not None:
            interval = f"{result.low:+.2%} to {result.high:+.2%}"
        rows.add(file.name, text, change, interval, str(0 if mean is None else mean.n))
    style = {"within": "bold green", "increase": "bold red", "undecided": "bold yellow"}[result.decision]
    parts: list[RenderableType] = [rows, Text(f"{_sentence(result)}.", style=style)]
    if result.detects is not None and result.detects < 10:
        how = "by turns" if result.paired else "in two sessions"
        parts.append(
            Text(
                f"Measured {how}; an increase of {result.detects:.2%} above the limit is found "
                "in 9 of 10 cases."
            )
        )
    if result.drift is not None:
        parts.append(Text(f"The machine drifted by {result.drift:+.3%} from a run to the next; taken out."))
    parts += [Text(f"{reason[:1].upper()}{reason[1:]}.") for reason in result.reasons]
    show(*parts)


def _sentence(result: bench.Comparison) -> str:
    limit = f"{result.limit:+.2%}"
    if result.decision == "within":
        return f"Within the limit of {limit}"
    if result.decision == "increase":
        return f"Above the limit of {limit}"
    return f"Undecided: the runs do not tell whether it is within the limit of {limit}"
