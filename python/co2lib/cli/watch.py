# SPDX-License-Identifier: MIT
"""``co2lib watch``: a page that shows a run while it goes on."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from co2lib import CarbonMass, Energy, Error
from co2lib._errors import BadValueError
from co2lib.cli import _out


def budget_of(text: str | None) -> Energy | CarbonMass | None:
    """Return what the run may use; ``core.bad_option`` for a text that is no amount."""
    if text is None:
        return None
    with suppress(Error):
        if (energy := Energy.parse(text)).joules > 0:
            return energy
    with suppress(Error):
        if (carbon := CarbonMass.parse(text)).grams > 0:
            return carbon
    raise BadValueError(
        "core.bad_option", f"--budget: {text!r} is no energy (2 kWh) and no mass (5 kg) above 0"
    )


def units_of(text: str | None) -> tuple[str, int] | None:
    """Return a region's name and how many there will be; ``core.bad_option`` for another text."""
    if text is None:
        return None
    name, _, count = text.rpartition("=")
    if not name or not count.isdecimal() or int(count) < 1:
        raise BadValueError(
            "core.bad_option", f"--units: {text!r}: give a region and how many, such as epoch=100"
        )
    return name, int(count)


def watch(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Log of a run.", readable=False)],
    *,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Of the page; 0 takes a free one.")
    ] = 0,
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="AMOUNT", help="What the run may use: 2kWh or 5kg.")
    ] = None,
    units: Annotated[
        str | None,
        typer.Option("--units", metavar="REGION=N", help="Forecast the end: N regions of this name in all."),
    ] = None,
) -> None:
    """Show a run on a page of this machine while it goes on, or after it was killed, until Ctrl-C.

    The page reads the log of the run, which another process writes; the run itself notices nothing. It is
    served on 127.0.0.1 only.

    Needs the extra viz: pip install 'co2lib[viz]'.
    """
    from co2lib.report._live import Server, Watch

    live = Watch(file, budget=budget_of(budget), units=units_of(units))
    live.look()  # what cannot be read is said now
    with Server(live, port) as server:
        _out.deliver(f"{server.url} shows {file}; Ctrl-C ends it")
        threading.Event().wait()
