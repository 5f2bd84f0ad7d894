# SPDX-License-Identifier: MIT
"""The view of the explorer in the address of its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from co2lib.explorer import _address

from .conftest import HOSTILE, Watched
from .test_explorer import Lab
from .test_explorer_browser import shows, two
from .test_explorer_page import SOON, Launch, cat, launch, says

pytestmark = pytest.mark.filterwarnings("ignore")
__all__ = ["cat", "launch"]  # fixtures
NAMES, PLACES = ["small", "large", HOSTILE], ["FRA", "DEU"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", {}),
        ("by=Name&order=Ascending&place=DEU", {"by": "Name", "order": "Ascending", "place": "DEU"}),
        ("place=custom&grid=12.5&pue=1.2&n=10", {"place": "custom", "grid": 12.5, "pue": 1.2, "n": 10.0}),
        ("load=false&model=large", {"load": False, "model": "large"}),
        ("load=true", {"load": True}),
        ("models=large&models=small&models=other", {"models": ["small", "large"]}),
        ("models=other", {"models": []}),
        ("by=Colour&order=Up&place=XXX&model=other&load=yes&theme=dark", {}),
        ("pue=0.9&n=0&grid=-1", {}),
        ("pue=nan&n=inf&grid=1e999", {}),
        ("pue=1,5&n=ten", {}),
        ("%FF%00&&==&pue", {}),
        ("&".join(["models=small"] * 2000), {"models": ["small"]}),
    ],
)
def test_what_an_address_names_is_checked(text: str, asked: dict[str, Any]) -> None:
    assert _address.read(text, NAMES, PLACES) == asked


def test_a_script_in_a_name_stays_a_text() -> None:
    written = _address.writer({"place": "</script><script>alert(1)</script>"})
    assert "<" not in written.replace("i < ", "")


def test_the_address_of_the_explorer_keeps_the_view(launch: Launch, browser: Watched, cat: Path) -> None:
    lab = Lab()

    def named(page: Any, wanted: dict[str, list[str]]) -> str:
        page.wait_for_function(
            "wanted => decodeURIComponent(location.hash) === wanted",
            arg="#" + "&".join(f"{key}={value}" for key, values in wanted.items() for value in values),
            timeout=SOON,
        )
        assert parse_qs(urlsplit(page.url).fragment) == wanted
        return str(page.url)

    with launch(lab, two(lab)) as running:
        page = browser.open(running.url, ready="#co2-models label")
        assert urlsplit(page.url).fragment == ""
        page.get_by_label("Name", exact=True).check()
        page.fill("#co2-pue input", "1.5")
        page.press("#co2-pue input", "Tab")
        page.locator("#co2-load input").uncheck()
        page.click("#co2-all")
        view = {"by": ["Name"], "pue": ["1.5"], "load": ["false"], "models": ["small", "large"]}
        named(page, view)
        page.set_input_files("#co2-input input[type=file]", cat)
        page.wait_for_selector("#co2-run:not([disabled])", timeout=SOON)
        page.click("#co2-run")
        says(page, "Measured 2 of 2")
        shows(page, "#co2-phases", "postprocess")
        page.get_by_role("radio", name="large").check()
        url = named(
            page,
            {key: view[key] for key in ("by", "pue", "load")}
            | {"model": ["large"], "models": view["models"]},
        )
        other = browser.open(url, ready="#co2-models label")
        other.wait_for_function(
            "document.querySelectorAll('#co2-models input:checked').length === 2", timeout=SOON
        )
        assert other.get_by_label("Name", exact=True).is_checked()
        assert other.locator("#co2-pue input").input_value() == "1.5"
        assert not other.locator("#co2-load input").is_checked()
        other.set_input_files("#co2-input input[type=file]", cat)
        other.wait_for_selector("#co2-run:not([disabled])", timeout=SOON)
        lab.steps.clear()
        other.click("#co2-run")
        says(other, "2 of 2 models known from before")
        shows(other, "#co2-phases", "400 J")
        assert other.locator("#co2-detail input:checked").input_value() == "large"
        assert lab.steps == []
        wrong = browser.open(
            f"{running.url}#by=%3Cb%3E&pue=99&models=%3Cimg%20src%3Dx%3E&place=XXX", ready="#co2-models label"
        )
        assert wrong.get_by_label("Carbon", exact=True).is_checked()
        assert wrong.locator("#co2-pue input").input_value() == "1"
