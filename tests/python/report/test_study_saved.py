# SPDX-License-Identifier: MIT
"""The page of a study as a file, what is saved from it, and its theme."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("altair", reason="needs altair")

import co2lib
from co2lib import report
from co2lib.report import _text

from .conftest import Watched
from .test_study_browser import cells, changed, opened, page
from .test_study_report import model, study

__all__ = ["page"]  # fixtures


@pytest.mark.parametrize("provenance", ["simulated", "modelled"])
def test_what_was_not_measured_says_so_in_all_that_is_saved(
    browser: Watched, tmp_path: Path, provenance: str
) -> None:
    s = study(provenance)
    page = opened(browser, tmp_path, s)
    assert page.inner_text("header .watermark") == s.watermark
    assert cells(page, "total", 0)["State"] == f"{provenance}, n 10"
    for kind, buttons in (
        ("svg", page.locator("[data-svg]").all()),
        ("csv", page.locator("[data-csv]").all()),
    ):
        assert len(buttons) >= 6
        for button in buttons:
            page.wait_for_timeout(150)  # Chromium begins at most ten downloads of a page in a second
            with page.expect_download() as download:
                button.click()
            text = download.value.path().read_text(encoding="utf-8")
            assert s.watermark in text, button.get_attribute(f"data-{kind}")
    with page.expect_download() as download:
        page.click("#save-study")
    assert report.Study.load(download.value.path()).watermark == s.watermark
    assert s.watermark in s.card("small")


def test_a_picture_is_saved_as_it_is_shown(page: Any) -> None:
    page.select_option("#grid", "FRA")
    g_per_kwh = co2lib.intensity.factor("FRA").value.g_per_kwh
    wanted = f"small, inference: {_text.mass(report.reprice(2, g_per_kwh))}"
    page.wait_for_selector(f"#chart-total [aria-label='{wanted}']", state="attached")
    with page.expect_download() as download:
        page.click("[data-svg=total]")
    text = download.value.path().read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "var(--" not in text
    assert wanted in text
    with page.expect_download() as download:
        page.click("[data-csv=total]")
    assert cells(page, "total", 0)["Carbon per inference"] in download.value.path().read_text(
        encoding="utf-8"
    )


def test_the_button_changes_the_theme(browser: Watched, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, study(), color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    bar = "getComputedStyle(document.querySelector('#chart-total [aria-roledescription=bar]')).fill"
    before = page.evaluate(ground), page.evaluate(bar)
    page.click("#theme")
    assert page.evaluate(ground) == "rgb(17, 22, 20)"
    assert page.evaluate(bar) != before[1]
    page.click("#theme")
    assert (page.evaluate(ground), page.evaluate(bar)) == before


def test_all_of_it_is_one_file(tmp_path: Path) -> None:
    s = changed(lambda models: models.append(model("again", 2, 0.9)))
    text = report.html(s, tmp_path / "s.html").read_text(encoding="utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["s.html"]
    assert not re.search(r"<script[^>]+src=", text)
    markup = re.sub(r"<script[^>]*>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"<(link|img|iframe)[^>]+(src|href)=|url\(|@import", markup)
