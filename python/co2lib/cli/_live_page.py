# SPDX-License-Identifier: MIT
"""The page that ``co2lib run --live`` serves while the command runs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from co2lib._errors import BadValueError
from co2lib.cli import _out
from co2lib.cli.watch import budget_of, units_of

if TYPE_CHECKING:
    from co2lib.report._live import Server
    from co2lib.tracker import Track

FLUSH_S = 1.0
"""Between two lines of the log, which is all that the page sees."""


class LivePage:
    """The page of a run of this process; a context manager once :meth:`follow` was told the run.

    Parameters
    ----------
    title : str
        Heading of the page.
    budget, units : str, optional
        As those of ``co2lib watch``.
    """

    def __init__(self, title: str, budget: str | None, units: str | None) -> None:
        from co2lib.report._live import prepare

        self._title = title
        self._budget, self._units = budget_of(budget), units_of(units)
        prepare()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: Server | None = None
        self._track: Track | None = None

    def settle(self, arguments: dict[str, Any], resolved: dict[str, Any]) -> None:
        """Give a run a log where it has none, and lines as often as the page looks."""
        if "log" not in resolved:
            self._folder = tempfile.TemporaryDirectory(prefix="co2lib-")
            arguments |= {"log": Path(self._folder.name) / "run.jsonl", "fsync": False}
        if "flush_s" not in resolved:
            arguments["flush_s"] = FLUSH_S

    def follow(self, track: Track) -> Self:
        """Say which run the page shows."""
        self._track = track
        return self

    def __enter__(self) -> Self:
        from co2lib.report._live import Server, Watch

        log = None if self._track is None else self._track.log
        if log is None:
            raise BadValueError("core.bad_option", "--live: the run has no log that the page could read")
        watch = Watch(log, budget=self._budget, units=self._units)
        self._server = Server(watch, title=self._title)
        self._server.__enter__()
        _out.remark(f"live: {self._server.url}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            if error is None:
                self._server.farewell()
            self._server.close()
        if self._folder is not None:
            self._folder.cleanup()
