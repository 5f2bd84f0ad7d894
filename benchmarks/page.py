# SPDX-License-Identifier: MIT
"""Tables of measurements and the pages they stand in."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def machine() -> str:
    """Name this machine and how busy it was."""
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {model}, {os.cpu_count()} CPUs, {platform.system()} "
        f"{platform.release()}, "
        f"Python {platform.python_version()}, load {load:.1f} at the start"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay rows out as Markdown."""
    rule = "|" + "---|" * len(header)
    lines = ["| " + " | ".join(line) + " |" for line in (header, *rows)]
    return "\n".join([lines[0], rule, *lines[1:]])


def write_measured(page: Path, text: str) -> None:
    """Replace what stands between the marks of a page."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
