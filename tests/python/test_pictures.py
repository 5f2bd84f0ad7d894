# SPDX-License-Identifier: MIT
"""The pictures of docs/measurement.md show what their captions say."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.fixture(scope="module")
def draw(load_script: Callable[[Path], ModuleType]) -> ModuleType:
    return load_script(FOLDER / "draw.py")


def test_every_scene_has_its_picture_and_is_shown(draw: ModuleType) -> None:
    page = (FOLDER.parent / "measurement.md").read_text(encoding="utf-8")
    assert {file.stem for file in FOLDER.glob("*.svg")} == set(draw.SCENES)
    for name in draw.SCENES:
        assert f"pictures/{name}.svg" in page


def test_wraps_are_unwound(draw: ModuleType) -> None:
    rows = draw.wraps()
    ours = [row["kJ"] for row in rows if row["what"] == "co2lib"]
    truth = sum(60 * (200 + 50 * draw.math.sin(minute / 20)) for minute in range(180)) / 1e3
    assert ours[-1] == pytest.approx(truth, rel=1e-8)
    assert ours == sorted(ours)
    assert min(row["kJ"] for row in rows if row["what"] == "last minus first read") < 0


def test_a_failed_read_is_no_energy(draw: ModuleType) -> None:
    last = {row["what"]: row["J"] for row in draw.failed_read() if row["s"] == 10}
    assert last["co2lib"] == 500
    assert last["failure taken for 0"] > 262_000


def test_bounds_hold_the_value(draw: ModuleType) -> None:
    for scene in (draw.reset, draw.cut):
        rows = scene()
        assert all(row["low"] <= row["J"] <= row["high"] for row in rows)
        assert any(row["low"] < row["high"] for row in rows)


def test_counters_see_bursts_that_slow_sampling_misses(draw: ModuleType) -> None:
    errors = {row["how"]: abs(row["percent"]) for row in draw.bursts()}
    assert errors["counter every 1 s"] < 1e-6
    assert errors["power every 1 s"] > 1
    assert errors["power every 0.02 s"] < errors["power every 1 s"]


def test_the_pictures_can_be_drawn(draw: ModuleType, tmp_path: Path) -> None:
    altair = pytest.importorskip("altair", reason="needs altair")
    pytest.importorskip("vl_convert", reason="needs vl-convert-python")
    for name in draw.SCENES:
        file = tmp_path / f"{name}.svg"
        draw.chart(altair, name).save(file)
        assert file.read_text(encoding="utf-8").startswith("<svg")
