# SPDX-License-Identifier: MIT
"""What the scripts of all peers share: no network, what the tool said, and how to answer.

This file is imported in the peer's own environment and uses the standard library alone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import socket
import sys
from pathlib import Path

from truthprocs import of_ranks

SCRATCH = Path(os.environ["TRUTH_SCRATCH"])
LOGGED: list[str] = []
"""Everything the tool logged at WARNING or above, or warned."""


# ------------------------------------------------------------------------------------------------------------
# No network
# ------------------------------------------------------------------------------------------------------------
class NoNetworkError(OSError):
    """Raised for every connection and look-up."""


def block_network() -> None:
    """Let no connection out and resolve no name."""

    def refuse(*_args, **_kwargs):
        raise NoNetworkError(101, "Network is unreachable (truth bench)")

    socket.socket.connect = refuse
    socket.socket.connect_ex = refuse
    socket.getaddrinfo = refuse
    socket.gethostbyname = refuse


# ------------------------------------------------------------------------------------------------------------
# What the tool says
# ------------------------------------------------------------------------------------------------------------
def record_log() -> None:
    """Keep every log record that its logger lets through at WARNING or above."""
    call = logging.Logger.callHandlers

    def keep(self, record):
        if record.levelno >= logging.WARNING:
            LOGGED.append(record.getMessage())
        return call(self, record)

    logging.Logger.callHandlers = keep
    logging.captureWarnings(True)


def said(pattern: str) -> str:
    """Return the first log line that matches, on one line, or nothing."""
    return next((in_one_line(line) for line in LOGGED if re.search(pattern, line, re.IGNORECASE)), "")


def in_one_line(text: str) -> str:
    """Shorten a message, without the paths of this machine."""
    for path, name in ((str(SCRATCH), "TREE"), (sys.prefix, "ENV")):
        text = text.replace(path, name)
    text = re.sub(r"ENV/lib/\S*site-packages/", "", " ".join(text.split()))
    return text if len(text) <= 160 else text[:157] + "..."


# ------------------------------------------------------------------------------------------------------------
# Rows and answers
# ------------------------------------------------------------------------------------------------------------
ROWS: dict[str, tuple[object, str]] = {}


def row(name: str, how: str):
    """Register a function that answers a trace, with one line on how the tool is driven."""

    def register(function):
        ROWS[name] = (function, how)
        return function

    return register


def answer(value=None, unit="J", *, text="", log="", also=(), raises="", note="") -> dict:
    """Make an answer.

    `value` in `unit` or `raises`; `log`: what the tool itself said about it; `also`: (when, value) of other
    timings of the same trace; `text` replaces the number in the table.
    """
    return {
        "value": value, "unit": unit, "text": text, "log": log, "also": list(also), "raises": raises,
        "note": note,
    }  # fmt: skip


def sum_of_ranks(vector: dict) -> dict:
    """Answer with the sum of what the ranks of a job answer, which is what its user adds up."""
    answers = of_ranks(vector, SCRATCH)
    bad = next((found for found in answers if found["raises"] or found["value"] is None), None)
    if bad:
        return bad
    each = " and ".join(f"{found['value']:g}" for found in answers)
    log = next((found["log"] for found in answers if found["log"]), "")
    note = f"{each} J, added here" + "".join(f"; {found['note']}" for found in answers[:1] if found["note"])
    return answer(sum(found["value"] for found in answers), log=log, note=note)


def raised(error: BaseException) -> str:
    """An exception in one line."""
    return in_one_line(f"{type(error).__name__}: {error}")


def write(result: dict) -> None:
    """Leave an answer where the bench finds it; a later one replaces it."""
    Path(os.environ["TRUTH_ANSWER"]).write_text(json.dumps(result))


def main() -> None:
    """Answer the row named in the arguments; its vectors come by the standard input, its own one first."""
    function, how = ROWS[sys.argv[1]]
    vectors = json.load(sys.stdin)
    block_network()
    record_log()
    with contextlib.redirect_stdout(sys.stderr):
        result = function(*vectors)
    write({**result, "how": how})
    sys.stderr.flush()
    os._exit(0)  # threads of the tool may still wait on a clock that nobody moves any more
