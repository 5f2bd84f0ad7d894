# SPDX-License-Identifier: MIT
"""``co2lib mine``: what the models of the Hub report, as a table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from co2lib import hub
from co2lib.cli import _out


def mine(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the run; made if need be.")],
    *,
    query: Annotated[
        str, typer.Option("--query", metavar="WHICH", help="Models: reporting, or all.")
    ] = "reporting",
    cards: Annotated[
        str, typer.Option("--cards", metavar="WHOSE", help="Cards to fetch: reporting, all or none.")
    ] = "reporting",
    sizes: Annotated[
        bool, typer.Option("--sizes/--no-sizes", help="Ask for sizes of files and data sets.")
    ] = True,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", help="Models, at most.")] = None,
    endpoint: Annotated[
        str, typer.Option("--endpoint", metavar="URL", help="The Hub; default: that of huggingface_hub.")
    ] = "",
    login: Annotated[
        bool, typer.Option("--login", help="Send the token that 'hf auth login' has kept, for higher limits.")
    ] = False,
    workers: Annotated[int, typer.Option("--workers", metavar="N", help="Requests at a time.")] = 8,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask for the list again, and for what has changed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Fetch what the models of the Hugging Face Hub report about emissions, and write it as a table.

    Goes on where an earlier run of the folder was ended, at whatever point. Keeps to the limits of the Hub,
    and waits as it asks. Nothing but the endpoint is asked.
    """
    with _Shown() as shown:
        found = hub.mine(
            folder,
            query=query,
            cards=cards,
            sizes=sizes,
            endpoint=endpoint,
            token=True if login else None,
            workers=workers,
            limit=limit,
            refresh=refresh,
            progress=shown.update,
        )
    if as_json:
        _out.deliver(json.dumps({**found._asdict(), "table": str(found.table)}), as_json=True)
    else:
        _out.deliver(
            f"{found.models} models, {found.reporting} with emissions, {found.errors} requests failed: "
            f"{found.table}"
        )


class _Shown:
    """A bar on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
            transient=True,
            disable=sys.stderr is None or not sys.stderr.isatty(),
        )
        self._stage = ""

    def __enter__(self) -> _Shown:
        self._bar.start()
        self._task = self._bar.add_task("list", total=None, note="")
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, stage: str, done: int, total: int | None) -> None:
        """Show how far it is."""
        if stage == "waiting":
            self._bar.update(self._task, note=f"waiting {done} s, as the Hub asks")
            return
        if stage != self._stage:
            self._stage = stage
            self._bar.reset(self._task, description=stage, total=total)
        self._bar.update(self._task, completed=done, total=total, note="")
