# SPDX-License-Identifier: MIT
"""The cell magic ``%%co2lib``: measures a cell and shows its footprint (docs/report.md, "In notebooks").

``%load_ext co2lib`` brings it.
"""

from __future__ import annotations

import shlex
from typing import Any

from co2lib import tracker
from co2lib._errors import BadValueError
from co2lib._extras import require

TEXTS = ("location", "intensity", "log", "project")
NUMBERS = ("pue", "tdp_w", "ram_w")
SHORT = {"-l": "--location"}  # as `co2lib run` has it


def options(line: str) -> dict[str, Any]:
    """Return the options of :func:`co2lib.track` on the magic's line: ``--location FRA --pue 1.2``.

    Raises ``tracker.bad_config`` for others, and for a number that is none.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise BadValueError("tracker.bad_config", f"%%co2lib: {error}") from error
    keys = (*TEXTS, *NUMBERS)
    known = ", ".join(f"--{key}".replace("_", "-") for key in keys)
    found: dict[str, Any] = {}
    for name, value in zip(words[::2], [*words[1::2], None], strict=False):
        long = SHORT.get(name, name)
        key = long.removeprefix("--").replace("-", "_")
        if not long.startswith("--") or key not in keys:
            raise BadValueError(
                "tracker.bad_config", f"%%co2lib: {name!r} is no option; give options with values: {known}"
            )
        if value is None:
            raise BadValueError("tracker.bad_config", f"%%co2lib: {name}: give its value after it")
        try:
            found[key] = float(value) if key in NUMBERS else value
        except ValueError as error:
            raise BadValueError("tracker.bad_config", f"%%co2lib: {name}: {value!r} is no number") from error
    return found


def load_ipython_extension(shell: Any) -> None:
    """Register the magic with IPython."""
    display = require("IPython.display", needed_for="the magic %%co2lib").display

    def co2lib(line: str, cell: str) -> None:
        """Measure a cell: what it used is shown below it and stays in the variable `footprint`."""
        run = tracker.track(**options(line))
        with run:
            result = shell.run_cell(cell)
        shell.user_ns["footprint"] = run.footprint
        display(run.footprint)
        result.raise_error()

    shell.register_magic_function(co2lib, "cell", "co2lib")
