# SPDX-License-Identifier: MIT
"""One palette for every chart: colours that colour-blind people can tell apart, in light and dark.

In the page the charts name CSS variables, so that theme and print switch without drawing again; elsewhere
they have the colours themselves.
"""

from __future__ import annotations

from typing import Any

FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"

# Okabe and Ito's colours, darkened or lightened to a contrast of 3:1 on the page's ground, and moved apart
# until each two differ by 10 in CIELAB for every kind of colour blindness; a test computes both.
LIGHT = {
    "page": "#f6f7f5",
    "card": "#ffffff",
    "ink": "#1b2320",
    "soft": "#5b6661",
    "line": "#dfe4e0",
    "accent": "#00634a",
    "warn": "#a04000",
    "c1": "#0072b2",
    "c2": "#d55e00",
    "c3": "#04875c",
    "c4": "#b0578d",
    "c5": "#725700",
    "c6": "#4494c9",
    "c7": "#5c48b7",
    "c8": "#596260",
}
DARK = {
    "page": "#111614",
    "card": "#1a211e",
    "ink": "#e9eeeb",
    "soft": "#a3afa9",
    "line": "#313b36",
    "accent": "#5cc9a4",
    "warn": "#ffa45c",
    "c1": "#56b4e9",
    "c2": "#f08a3c",
    "c3": "#35c79a",
    "c4": "#dd8fbd",
    "c5": "#e6c229",
    "c6": "#92cdef",
    "c7": "#a580bf",
    "c8": "#83918d",
}
CSS = {name: f"var(--{name})" for name in LIGHT}
MODES = {"light": LIGHT, "dark": DARK, "css": CSS}
SERIES = tuple(f"c{i}" for i in range(1, 9))
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LABELS = {"A": "#0072B2", "B": "#56B4E9", "C": "#F0E442", "D": "#E69F00", "E": "#D55E00"}
"""Colours of the efficiency letters (Okabe and Ito); the letter itself is always written too."""


def lettered(names: list[str]) -> dict[str, str]:
    """Return each name with a letter in front, so that colour is never the only mark."""
    return {
        name: f"{LETTERS[i % len(LETTERS)]}{i // len(LETTERS) or ''}  {name}" for i, name in enumerate(names)
    }


def config(mode: str = "light") -> dict[str, Any]:
    """Return the Vega-Lite configuration of a mode: ``light``, ``dark``, or ``css`` for the page."""
    c = MODES[mode]
    return {
        "background": "transparent" if mode == "css" else c["card"],
        # A picture that is saved is measured with the fonts of this machine.
        "font": FONT if mode == "css" else "sans-serif",
        "view": {"stroke": None},
        "padding": 4,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "axis": {
            "labelColor": c["soft"],
            "titleColor": c["soft"],
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "gridColor": c["line"],
            "domainColor": c["line"],
            "tickColor": c["line"],
            "labelLimit": 150,
        },
        "axisY": {"domain": False, "ticks": False, "labelPadding": 8},
        "axisX": {
            "grid": True,
            "ticks": False,
            "labelPadding": 6,
            "labelFlush": False,
            "labelOverlap": "greedy",
            "labelSeparation": 10,
        },
        "legend": {
            "labelColor": c["ink"],
            "titleColor": c["soft"],
            "titleFontWeight": "normal",
            "titleFontSize": 12,
            "labelFontSize": 12,
            "orient": "top",
            "title": None,
            "symbolType": "square",
            "symbolSize": 90,
            "offset": 8,
            "labelLimit": 220,
            "columnPadding": 14,
        },
        "text": {"color": c["ink"], "fontSize": 12},
        "title": {"color": c["ink"], "anchor": "start", "fontSize": 14},
        "rule": {"color": c["ink"]},
        "bar": {"cornerRadiusEnd": 2, "color": c["c1"]},
        "range": {"category": [c[name] for name in SERIES]},
    }
