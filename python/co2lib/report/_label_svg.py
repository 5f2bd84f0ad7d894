# SPDX-License-Identifier: MIT
"""An efficiency letter as a picture: the five letters, the model's own, and what it is relative to."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from co2lib.report import _theme
from co2lib.report._charts import cut
from co2lib.report._figures import bad

LETTERS = "ABCDE"
WIDTH, ROW, TOP = 340, 34, 58
FONT = "system-ui, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"
PALE = "AE"
"""Letters that are read better in white on their colour."""
INK, SOFT = _theme.LIGHT["ink"], _theme.LIGHT["soft"]


def _points(corners: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in corners)


def _arrow(x: float, y: float, width: float, height: float, fill: str) -> str:
    tip = height / 2
    corners = [
        (x, y),
        (x + width - tip, y),
        (x + width, y + tip),
        (x + width - tip, y + height),
        (x, y + height),
    ]
    points = _points(corners)
    return f'<polygon points="{points}" fill="{fill}" stroke="{INK}" stroke-width="0.8"/>'


def _text(x: float, y: float, text: str, **more: Any) -> str:
    style = {"font-size": 13, "fill": INK, **{key.replace("_", "-"): value for key, value in more.items()}}
    attributes = " ".join(f'{key}="{value}"' for key, value in style.items())
    return f'<text x="{x}" y="{y}" {attributes}>{escape(text)}</text>'


def label_svg(label: str | Mapping[str, Any], name: str, *, note: str = "") -> str:
    """Return a model's efficiency letter as an SVG picture.

    Parameters
    ----------
    label : str or mapping
        The letter, A to E; or a mapping with ``label`` and what it is relative to: ``preset``,
        ``population``, ``date``, ``n``. A letter alone says that this is not known.
    name : str
        Of the model; shown as text, whatever is in it.
    note : str
        A line below, such as the carbon per inference.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for another letter.
    """
    facts: Mapping[str, Any] = label if isinstance(label, Mapping) else {"label": label}
    letter = facts.get("label")
    if not isinstance(letter, str) or len(letter) != 1 or letter not in LETTERS:
        raise bad(f"label: expected one of A to E, got {letter!r}")
    parts = [str(facts[key]) for key in ("preset", "population", "date") if facts.get(key)]
    parts += [f"{facts['n']} models"] if facts.get("n") else []
    relative = f"relative to: {', '.join(parts)}" if parts else "relative to what is not known"
    bottom = TOP + len(LETTERS) * ROW
    lines = textwrap.wrap(relative, 50)[:4]
    height = bottom + 24 + 18 * (len(lines) + bool(note))
    drawn = [
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10" fill="#ffffff" '
        f'stroke="{SOFT}"/>',
        _text(16, 28, cut(name, 38), font_size=16, font_weight=600),
        _text(16, 46, "carbon efficiency", font_size=12, fill=SOFT),
    ]
    for i, one in enumerate(LETTERS):
        y = TOP + i * ROW
        drawn.append(_arrow(16, y, 90 + 26 * i, ROW - 6, _theme.LABELS[one]))
        colour = "#ffffff" if one in PALE else "#000000"
        drawn.append(_text(26, y + 20, one, font_size=17, font_weight=700, fill=colour))
    y = TOP + LETTERS.index(letter) * ROW
    left, right, top, low = WIDTH - 66, WIDTH - 16, y - 5, y + ROW - 1
    pointer = [(WIDTH - 84, y + ROW / 2 - 3), (left, top), (right, top), (right, low), (left, low)]
    drawn.append(f'<polygon points="{_points(pointer)}" fill="{INK}"/>')
    drawn.append(_text(WIDTH - 50, y + 23, letter, font_size=26, font_weight=700, fill="#ffffff"))
    below = [(text, {"font_size": 12, "fill": SOFT}) for text in lines] + (
        [(cut(note, 46), {})] if note else []
    )
    for i, (text, style) in enumerate(below):
        drawn.append(_text(16, bottom + 22 + 18 * i, text, **style))
    said = escape(f"{name}: letter {letter}, {relative}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{said}" font-family="{FONT}">'
        f"{''.join(drawn)}</svg>\n"
    )
