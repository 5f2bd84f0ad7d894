# SPDX-License-Identifier: MIT
"""The explorer as its visitors use it: by keyboard, without a network, on a telephone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import hub, report
from co2lib.report import _text
from co2lib.report._study import marginal_j, one_off_j

from .conftest import Watched, serious
from .test_explorer import Lab
from .test_explorer_page import SOON, Launch, begin, cat, launch, says

pytestmark = pytest.mark.filterwarnings("ignore")
__all__ = ["cat", "launch"]  # fixtures
QUALITY = {"metric": "accuracy", "higher_is_better": True}


def two(lab: Lab) -> dict[str, Any]:
    """Return two models, of which the larger answers better."""
    return {
        "small": lab.model("small", 1, quality={**QUALITY, "value": 0.7}),
        "large": lab.model("large", 4, quality={**QUALITY, "value": 0.8}),
    }


def shows(page: Any, where: str, text: str) -> None:
    """Wait for a text; a table of Gradio's has rows that are hidden, so that a selector may find those."""
    page.wait_for_function(
        "([where, text]) => document.querySelector(where).innerText.includes(text)",
        arg=[where, text],
        timeout=SOON,
    )


def waits(page: Any, condition: str, wanted: Any) -> None:
    page.wait_for_function(condition, arg=wanted, timeout=SOON)


def whole(page: Any) -> None:
    """Wait until all repetitions are in what is shown: partial results are drawn before."""
    waits(
        page,
        r"""() => {
          const text = document.querySelector("#co2-table").innerText;
          return /measured|modelled/.test(text) && !/\d of \d+ repetitions/.test(text) &&
            document.querySelector("#co2-chart svg.marks");
        }""",
        None,
    )


def measured(browser: Watched, url: str, image: Path, told: str = "2 of 2", **more: Any) -> Any:
    """Open the page and measure all models; return it once the figure is drawn."""
    page = browser.open(url, ready="#co2-models label", **more)
    page.click("#co2-all")
    page.wait_for_function(f"document.querySelectorAll('#co2-models input:checked').length == {told[-1]}")
    page.set_input_files("#co2-input input[type=file]", image)
    page.wait_for_selector("#co2-run:not([disabled])", timeout=SOON)
    page.click("#co2-run")
    says(page, f"Measured {told}")
    page.wait_for_selector("#co2-chart svg.marks", timeout=SOON)
    shows(page, "#co2-phases", "postprocess")
    return page


FOCUSED = """(() => {
  const node = document.activeElement;
  if (node === document.body) return null;
  const box = node.closest("[id^=co2-]");
  const top = (box ?? node).getBoundingClientRect().top + scrollY;
  return { id: box?.id ?? "", top, seen: getComputedStyle(node).outlineStyle !== "none" };
})()"""


def tab_to(page: Any, wanted: str) -> dict[str, Any]:
    """Press Tab until a component has the focus; every place on the way must be seen to have it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found is None:
            continue
        assert found["seen"], f"the focus is not seen on {found}"
        if found["id"] == wanted:
            return dict(found)
    raise AssertionError(f"Tab never reaches {wanted}")


def test_it_is_used_by_keyboard_alone(launch: Launch, browser: Watched, cat: Path) -> None:
    lab = Lab()
    with launch(lab, two(lab)) as running:
        page = browser.open(running.url, ready="#co2-models label")
        tops = [tab_to(page, "co2-search")["top"]]
        page.keyboard.type("LAR")
        page.wait_for_function("document.querySelectorAll('#co2-models label').length == 1")
        tops.append(tab_to(page, "co2-models")["top"])
        page.keyboard.press("Space")
        page.set_input_files("#co2-input input[type=file]", cat)  # the system's own dialog has the keyboard
        page.wait_for_selector("#co2-run:not([disabled])", timeout=SOON)
        tops.append(tab_to(page, "co2-input")["top"])
        tops.append(tab_to(page, "co2-run")["top"])
        assert tops == sorted(tops)
        page.keyboard.press("Enter")
        says(page, "Measured 1 of 1")
        # The other one too: the search that is cleared brings it back, and has lost no selection.
        page.focus("#co2-search input, #co2-search textarea")
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.wait_for_function("document.querySelectorAll('#co2-models label').length == 2")
        assert page.get_by_label("large", exact=True).first.is_checked()
        tab_to(page, "co2-models")
        page.keyboard.press("Space")
        page.wait_for_function("document.querySelectorAll('#co2-models input:checked').length == 2")
        tab_to(page, "co2-run")
        page.keyboard.press("Enter")
        says(page, "Measured 2 of 2")
        page.wait_for_function("document.querySelectorAll('#co2-detail input').length == 2")
        shows(page, "#co2-phases", "400 J")
        # Order, direction, price and the model in detail, in the order in which they stand.
        tops = [
            tab_to(page, name)["top"]
            for name in ("co2-order-by", "co2-region", "co2-pue", "co2-n", "co2-load", "co2-detail")
        ]
        assert [round(top / 60) for top in tops] == sorted(round(top / 60) for top in tops)
        assert page.locator("#co2-detail input:checked").input_value() == "large"
        page.keyboard.press("Tab")  # each choice of Gradio's has its own place in this order
        page.keyboard.press("Space")
        shows(page, "#co2-phases", "100 J")
        assert page.locator("#co2-detail input:checked").input_value() == "small"


def test_it_works_where_nothing_else_can_be_reached(launch: Launch, browser: Watched, cat: Path) -> None:
    lab = Lab()
    with launch(lab, two(lab)) as running:
        own = running.url.rstrip("/")
        refused: list[str] = []

        def only_own(route: Any) -> None:
            url = route.request.url
            if url.startswith((own + "/", "data:", "blob:")):
                route.continue_()
            else:
                refused.append(url)
                route.abort()

        page = measured(browser, running.url, cat, route=only_own)
        for tab in ("Trade-off", "Regions", "Method", "Export"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_selector(f"[role=tab][aria-selected=true]:text('{tab}')")
        assert refused == []
        assert {host for host in browser.hosts if host.startswith("http")} == {own}
        # Connections that a page opens ahead of time are no requests: none may be asked for either.
        links = page.evaluate(
            "[...document.querySelectorAll('script[src],link[href],img[src],iframe[src]')]"
            ".map(n => n.src || n.href)"
        )
        assert links
        assert [link for link in links if not link.startswith((own + "/", "data:", "blob:"))] == []


def test_what_is_exported_is_what_was_measured(
    launch: Launch, browser: Watched, cat: Path, tmp_path: Path
) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema", reason="needs jsonschema")
    lab = Lab()
    files = {}
    with launch(lab, two(lab)) as running:
        page = measured(browser, running.url, cat)
        page.get_by_role("tab", name="Export").click()
        for what, name in (("html", "s.html"), ("json", "s.json"), ("card", "card.yaml")):
            with page.expect_download(timeout=SOON) as download:
                page.click(f"#co2-export-{what}")
            files[what] = tmp_path / name
            download.value.save_as(files[what])
    document = json.loads(files["json"].read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(report.Study.schema()).validate(document)
    study = report.Study.load(files["json"])
    assert study.document == document
    large = study.models[1]
    joules = (one_off_j(large) or 0) + 1000 * (marginal_j(large) or 0)
    card = hub.read_card(f"---\n{files['card'].read_text(encoding='utf-8')}---\n")
    assert card.grams == pytest.approx(study.grams(joules))
    exported_page(browser.open(files["html"].as_uri()), study)


def exported_page(page: Any, study: report.Study) -> None:
    """Check that a page holds a study, and that it can be sorted, opened and priced."""

    def labels() -> list[str]:
        bars = page.locator("#chart-total [aria-roledescription=bar]")
        found: list[str] = bars.evaluate_all("n => n.map(x => x.ariaLabel)")
        return found

    def grams(joules: float, place: str) -> str:
        return _text.mass(report.reprice(joules, co2lib.intensity.factor(place).value.g_per_kwh))

    assert len(labels()) == sum(len(m["phases"]) for m in study.models)
    assert f"small, inference: {grams(100, 'FRA')}" in labels()
    page.locator("#chart-total [aria-roledescription=bar][aria-label^='small, inference']").click()
    assert page.locator("tr.picked").first.get_attribute("data-model") == "0"
    page.focus("#model")
    page.keyboard.press("ArrowDown")
    assert page.locator("tr.picked").first.get_attribute("data-model") == "1"
    items = [{"name": m["name"], "grams": marginal_j(m)} for m in study.models]
    for choice, by, way in (("carbon-asc", "emission", "ascending"), ("name-asc", "name", "ascending")):
        page.select_option("#order", choice)
        rows = page.locator("#fig-total tbody tr th").evaluate_all("n => n.map(x => x.textContent)")
        assert rows == report.sort_models(items, by, way)
    joules = page.locator("[data-what=j]").all_text_contents()
    page.select_option("#grid", "DEU")
    whole = (marginal_j(study.models[1]) or 0) + (one_off_j(study.models[1]) or 0) / 1000
    assert page.locator("#fig-total tr[data-model='1'] td").first.text_content() == grams(whole, "DEU")
    assert page.locator("[data-what=j]").all_text_contents() == joules
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('#chart-total [aria-roledescription=bar]')]"
        ".some(n => n.ariaLabel === wanted)",
        arg=f"small, inference: {grams(100, 'DEU')}",
    )


def test_axe_finds_nothing_serious_in_the_explorer(
    launch: Launch, browser: Watched, cat: Path, axe: str
) -> None:
    lab = Lab()
    with launch(lab, two(lab)) as running:
        page = measured(browser, f"{running.url}?__theme=light", cat, bypass_csp=True)
        page.evaluate(axe)
        assert serious(page) == []
        page.evaluate("document.body.classList.add('dark')")
        assert serious(page) == []


def test_a_telephone_reaches_all_of_the_figure(launch: Launch, browser: Watched, cat: Path) -> None:
    lab = Lab()
    with launch(lab, two(lab)) as running:
        page = measured(browser, running.url, cat, width=390)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        # The input stands there, and what a model made of it.
        assert page.evaluate("document.querySelector('#co2-input img').naturalWidth") == 40
        shows(page, "#co2-answers", "0.700")
        ends = """at => {
          const box = document.querySelector("#co2-chart"), svg = box.querySelector("svg.marks");
          box.scrollLeft = at;
          const outer = box.getBoundingClientRect(), inner = svg.getBoundingClientRect();
          return [inner.left - outer.left, outer.right - inner.right];
        }"""
        left, right = page.evaluate(ends, 0)
        assert left >= 0  # the names of the models are there
        assert right < 0  # and there is something to scroll to
        left, right = page.evaluate(ends, 10_000)
        assert right >= 0
        assert left < 0


def test_without_a_sensor_the_page_says_that_it_is_an_estimate(
    launch: Launch, browser: Watched, cat: Path
) -> None:
    lab = Lab()
    with launch(lab, {"m": len}, meters=[], clock=None) as running:
        page = browser.open(running.url, ready="#co2-models label")
        begin(page, "m", cat)
        says(page, "Measured 1 of 1")
        page.wait_for_selector("#co2-tiles .co2-mark:text('ESTIMATED, not measured')", timeout=SOON)
        page.wait_for_selector("#co2-chart svg.marks :text('ESTIMATED, not measured')", timeout=SOON)


def test_a_search_finds_parts_of_names_and_loses_no_selection(launch: Launch, browser: Watched) -> None:
    lab = Lab()
    models = {name: lab.model(name, 1) for name in ("small", "Enlarged", "LARGE")}

    def listed() -> str:
        return "document.querySelectorAll('#co2-models label').length"

    def search(text: str, found: str, count: int) -> None:
        page.fill("#co2-search textarea, #co2-search input", text)
        shows(page, "#co2-found", found)
        waits(page, f"count => {listed()} === count", count)

    def selected() -> list[str]:
        labels = page.locator("#co2-models label:has(input:checked)").all_inner_texts()
        return [text.strip() for text in labels]

    with launch(lab, models) as running:
        page = browser.open(running.url, ready="#co2-models label")
        page.get_by_label("small", exact=True).first.check()
        search("arg", "2 of 3 models", 3)
        search("ENL", "1 of 3 models", 2)
        assert selected() == ["small"]
        search("no such model", "0 of 3 models", 1)
        assert selected() == ["small"]
        search("lArGe", "2 of 3 models", 3)
        page.click("#co2-all")
        waits(page, "count => document.querySelectorAll('#co2-models input:checked').length === count", 3)
        search("", "3 of 3 models", 3)
        assert selected() == ["small", "Enlarged", "LARGE"]


def test_measure_again_does_and_a_second_run_does_not(launch: Launch, browser: Watched, cat: Path) -> None:
    lab = Lab()
    with launch(lab, two(lab)) as running:
        page = measured(browser, running.url, cat)
        whole(page)
        lab.steps.clear()
        page.click("#co2-run")
        says(page, "2 of 2 models known from before")
        assert lab.steps == []
        page.click("#co2-again")
        says(page, "Measured 2 of 2")
        assert {"small/predict", "large/predict"} <= set(lab.steps)
