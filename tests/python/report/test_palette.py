# SPDX-License-Identifier: MIT
"""The palette: colours that are seen on their ground, and told apart without seeing all colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import pytest

from co2lib.report import _theme

# What is left of linear RGB: Machado, Oliveira, Fernandes, "A Physiologically-based Model for Simulation of
# Color Vision Deficiency", 2009, severity 1.0.
EYES = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
# IEC 61966-2-1: linear sRGB to CIE XYZ, and its white.
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)
Matrix = Sequence[Sequence[float]]


def times(matrix: Matrix, vector: Sequence[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def lab(rgb: Sequence[float]) -> tuple[float, float, float]:
    x, y, z = (
        part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
        for part in (a / b for a, b in zip(times(XYZ, rgb), WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour: str, eyes: Matrix) -> tuple[float, float, float]:
    return lab([min(1.0, max(0.0, part)) for part in times(eyes, linear(colour))])


def contrast(one: str, other: str) -> float:
    """Return the contrast of WCAG 2."""
    dark, light = sorted(times(XYZ, linear(colour))[1] for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


PALETTES = {name: [_theme.MODES[name][one] for one in _theme.SERIES] for name in ("light", "dark")}


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize(
    "colours", [*PALETTES.values(), list(_theme.LABELS.values())], ids=[*PALETTES, "letters"]
)
def test_colours_are_told_apart(colours: list[str], eyes: str) -> None:
    for one, other in combinations(colours, 2):
        assert math.dist(seen(one, EYES[eyes]), seen(other, EYES[eyes])) >= 10, (one, other)


@pytest.mark.parametrize("mode", PALETTES)
def test_colours_are_seen_on_their_ground(mode: str) -> None:
    for ground in ("card", "page"):
        found = {
            name: contrast(_theme.MODES[mode][name], _theme.MODES[mode][ground]) for name in _theme.SERIES
        }
        assert min(found.values()) >= 3, found
        assert (
            min(contrast(_theme.MODES[mode][text], _theme.MODES[mode][ground]) for text in ("ink", "soft"))
            >= 4.5
        )
