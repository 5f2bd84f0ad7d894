# SPDX-License-Identifier: MIT
"""The gallery can be drawn, and the example measures real models on real pictures."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from co2lib import explorer
from co2lib.report._study import marginal_j

ROOT = Path(__file__).parents[3]


def test_the_gallery_is_that_of_its_script(load_script: Callable[[Path], ModuleType], tmp_path: Path) -> None:
    pytest.importorskip("altair", reason="needs altair")
    scenes = load_script(ROOT / "docs/gallery/draw.py").scenes(tmp_path)
    assert {f"{name}.svg" for name in scenes} == {file.name for file in (ROOT / "docs/gallery").glob("*.svg")}
    pages = "".join(
        (ROOT / "docs" / page).read_text(encoding="utf-8") for page in ("report.md", "explorer.md")
    )
    for name in scenes:
        assert f"gallery/{name}.svg" in pages


@pytest.mark.filterwarnings("ignore")
def test_three_classifiers_of_digits_are_measured(load_script: Callable[[Path], ModuleType]) -> None:
    for package in ("torch", "sklearn", "PIL"):
        pytest.importorskip(package, reason=f"needs {package}")
    app = load_script(ROOT / "examples/explorer/app.py")
    models = app.trained(epochs=2)
    assert len(models) == 3
    file = io.BytesIO()
    app.pictures()[0][0].save(file, "PNG")
    settings = explorer.Settings(windows=2, window_s=0.01, warmup_s=0.05, idle_s=0)
    study = explorer.measure(models, file.getvalue(), settings=settings, region="FRA")
    for found in study.models:
        assert found["status"] == "ok", found["error"]
        assert [p["name"] for p in found["phases"]] == ["preprocess", "inference", "postprocess"]
        assert len(found["predictions"]) == 10
        assert marginal_j(found) is not None
