# SPDX-License-Identifier: MIT
"""The columns of CodeCarbon's ``emissions.csv`` and rows appended to one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from co2lib._core import append_csv
from co2lib._core.tracker import csv_columns
from co2lib._errors import BadValueError

CSV_COLUMNS = tuple(csv_columns())
"""The 38 columns in their order; units in docs/codecarbon.md."""


def _field(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValueError(
            "meter.bad_input", f"{column}: {value!r} is not a number; None leaves the field empty"
        )
    return str(value)


def append_row(file: str | Path, row: Mapping[str, Any]) -> Path | None:
    """Append one run to an ``emissions.csv`` under a file lock: always 38 fields, empty when unknown.

    Parameters
    ----------
    file : path-like
        Begun with a header if it is new or empty.
    row : mapping
        Values by column; a column left out or None is unknown.

    Returns
    -------
    Path or None
        Where a file with another header was moved (``.bak``, then ``.bak_0``, ...).

    Raises
    ------
    co2lib.Error
        ``meter.bad_input`` for a column that does not exist or a number that is not finite;
        ``tracker.bad_log`` (also an ``OSError``) if the file cannot be written.
    """
    unknown = sorted(set(row) - set(CSV_COLUMNS))
    if unknown:
        raise BadValueError(
            "meter.bad_input", f"{', '.join(unknown)}: no column of emissions.csv has this name"
        )
    fields = [_field(column, row.get(column)) for column in CSV_COLUMNS]
    moved: Path | None = append_csv(Path(file), list(CSV_COLUMNS), fields)
    return moved
