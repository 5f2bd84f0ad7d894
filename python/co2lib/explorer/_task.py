# SPDX-License-Identifier: MIT
"""One measurement of a visitor, on a thread of its own: what it tells, and how it is stopped.

Drawing costs energy too, on the machine that is measured. So results are shown between windows only, and the
measurement waits `SETTLE_S` until the page has drawn them.
"""

from __future__ import annotations

import html
import queue
import threading
import time
from collections.abc import Callable, Iterator

from co2lib._errors import Error
from co2lib.explorer._records import one_line
from co2lib.report import Study

POLL_S = 0.5
"""How often a page is told what goes on."""
SETTLE_S = 1.0
"""How long a measurement waits until results are drawn (ours)."""
PATIENCE_S = 10.0
"""How long a page that closes waits for a window to end."""


def said(text: str) -> str:
    """Return a line that a screen reader says; the text is text."""
    return f"<div role='status'>{html.escape(text)}</div>"


class Task:
    """A measurement that is to be made.

    Parameters
    ----------
    ended : callable
        Called once, when it has ended or was stopped before it began.

    Attributes
    ----------
    study : Study or None
        What was measured, once it has ended.
    error : str
        Why there is none.
    """

    def __init__(self, ended: Callable[[], object]) -> None:
        self.study: Study | None = None
        self.error = ""
        self._ended = ended
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._now = ("", 0.0)
        self._shown: queue.SimpleQueue[Study | None] = queue.SimpleQueue()

    def start(self, measure: Callable[[], Study]) -> None:
        """Measure on a thread."""

        def work() -> None:
            try:
                self.study = measure()
            except Error as error:
                self.error = error.message
            except Exception as error:  # said on the page
                self.error = one_line(error)
            finally:
                self._ended()
                self._shown.put(None)

        self._thread = threading.Thread(target=work, name="co2lib-explorer", daemon=True)
        self._thread.start()

    def progress(self, text: str, part: float) -> None:
        """Note what is being done."""
        self._now = (text, part)

    def partial(self, study: Study) -> None:
        """Hand over what is known so far, and wait until it is drawn."""
        self._shown.put(study)
        time.sleep(SETTLE_S)

    def cancelled(self) -> bool:
        """Return whether it is to stop."""
        return self._stop.is_set()

    def news(self, what: str) -> Iterator[tuple[Study | None, str]]:
        """Yield what is known so far and what to say, until the measurement has ended."""
        while True:
            text, part = self._now
            more = "Cancelling after this window" if self.cancelled() else text
            line = f"<div class='co2-part'>{html.escape(more)}</div>"
            yield (
                None,
                f"{said(what)}{line}<progress max='1' value='{part:.3f}' aria-label='progress'></progress>",
            )
            try:
                study = self._shown.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if study is None:
                return
            yield study, f"{said(what + ', results so far')}{line}"

    def stop(self) -> None:
        """Stop after the window that goes on."""
        self._stop.set()
        if self._thread is None:
            self._ended()

    def join(self) -> None:
        """Wait until it has ended, not forever: a model may hang."""
        if self._thread is not None:
            self._thread.join(PATIENCE_S)
