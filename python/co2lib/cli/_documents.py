# SPDX-License-Identifier: MIT
"""Footprints and documents that the command line is given."""

from __future__ import annotations

import json
from pathlib import Path

from co2lib import Footprint, tracker
from co2lib._errors import SystemFailureError


def read_bytes(file: Path, code: str) -> bytes:
    """Return a file, or raise an error with this code."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise SystemFailureError(code, f"{file}: {error.strerror}; name a file that can be read") from error


def is_footprint(text: bytes) -> bool:
    """Tell whether a text is the JSON of a footprint, and not a log."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return isinstance(document, dict) and str(document.get("schema", "")).startswith("co2lib-footprint/")


def load_footprint(file: Path) -> Footprint:
    """Return the footprint of a log, or of its JSON."""
    text = read_bytes(file, "tracker.bad_log")
    if is_footprint(text):
        return Footprint.from_json(text.decode("utf-8"))
    return tracker.load(file).footprint()
