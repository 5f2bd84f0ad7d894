# SPDX-License-Identifier: MIT
"""Parts of a study file: statistics, answers, errors as one line, a small picture of the input."""

from __future__ import annotations

from typing import Any

from co2lib.report import median_interval
from co2lib.report._study import MOST_ANSWERS

MOST_THUMBNAIL = 20_000


def one_line(error: BaseException) -> str:
    """Return an error as one line of at most 300 characters."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__


def record(values: list[float], confidence: float) -> dict[str, Any]:
    """Return the statistics of repetitions: median, interval, and the values."""
    found = median_interval(values, confidence)
    names = ("median", "low", "high", "coverage", "below_confidence")
    return {**{name: getattr(found, name) for name in names}, "n": len(values), "values": values}


def predictions(output: Any) -> list[dict[str, Any]]:
    """Return the answers of a model, best first; none for another output."""
    try:
        pairs = [(str(label), float(p)) for label, p in output]
    except (TypeError, ValueError):
        return []
    pairs.sort(key=lambda pair: -pair[1])
    return [{"label": label, "probability": p} for label, p in pairs[:MOST_ANSWERS]]


def thumbnail(data: Any) -> str | None:
    """Return a small picture of an image as a data URI; None for what is no image, or stays too large."""
    import base64
    import io

    from co2lib._errors import Error
    from co2lib.explorer._torch import decode

    try:
        image = decode(data)
    except (Error, ImportError):
        return None
    image.thumbnail((256, 256))
    for quality in (85, 60, 30):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        if file.tell() <= MOST_THUMBNAIL:
            return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
    return None
