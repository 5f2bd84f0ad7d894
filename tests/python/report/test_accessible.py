# SPDX-License-Identifier: MIT
"""Every kind of page: nothing serious for axe-core, a table per chart, paper without controls."""

from __future__ import annotations

import base64
import struct
from pathlib import Path
from typing import Any

import pytest

from co2lib import report

from .conftest import Log, Watched, serious
from .test_documents import LABELS, a_bill, a_plan
from .test_study_report import study

pytest.importorskip("altair", reason="needs altair")
KINDS = ("run", "runs", "study", "plan", "bill", "labels")


@pytest.fixture
def source(request: pytest.FixtureRequest, log: Log, tmp_path: Path) -> Any:
    table = tmp_path / "labels.csv"
    table.write_text(LABELS, encoding="utf-8")
    makers = {
        "labels": lambda: table,
        "run": log,
        "runs": lambda: [log(name, gpu_w=200 + 10 * i, epochs=3) for i, name in enumerate("abc")],
        "study": study,
        "plan": a_plan,
        "bill": a_bill,
    }
    return makers[request.param]()


@pytest.mark.parametrize("source", KINDS, indirect=True)
def test_axe_finds_nothing_serious(source: Any, axe: str, browser: Watched, tmp_path: Path) -> None:
    url = report.html(source, tmp_path / "r.html").as_uri()
    page = browser.open(url, bypass_csp=True)
    page.evaluate(axe)
    for theme in ("light", "dark"):
        page.evaluate(f"document.body.dataset.theme = '{theme}'")
        assert serious(page) == []


def test_axe_finds_nothing_serious_in_the_live_page(log: Log, axe: str, browser: Watched) -> None:
    from co2lib.report._live import Server, Watch

    with browser.at(Server(Watch(log(stop=False), units=("epoch", 60)))) as server:
        page = browser.open(server.url, bypass_csp=True)
        page.evaluate(axe)
        for theme in ("light", "dark"):
            page.evaluate(f"document.body.dataset.theme = '{theme}'")
            assert serious(page) == []


@pytest.mark.parametrize("source", KINDS, indirect=True)
def test_every_chart_has_its_table_and_paper_has_no_controls(
    source: Any, browser: Watched, tmp_path: Path
) -> None:
    page = browser.open(report.html(source, tmp_path / "r.html").as_uri(), width=400)
    for figure in page.locator(".figure:has(.chart)").all():
        assert figure.locator("table tbody tr").count() >= 1
        assert figure.locator("table caption").count() == 1
        assert figure.locator("table th[scope=col]").count() >= 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#controls").is_hidden()
    assert page.locator(".actions:visible").count() == 0
    assert page.locator("details:not([open]):not(.filters)").count() == 0
    picture = page.screenshot()
    width, height = struct.unpack(">II", picture[16:24])
    assert (width, height) == (400, 900)
    assert len(base64.b64encode(picture)) > 5000  # not blank


@pytest.mark.parametrize("source", KINDS, indirect=True)
def test_no_chart_is_cut_on_paper(source: Any, browser: Watched, tmp_path: Path) -> None:
    pdfium: Any = pytest.importorskip("pypdfium2", reason="needs pypdfium2")
    page = browser.open(report.html(source, tmp_path / "r.html").as_uri())
    figures = [
        (one.locator("h2").inner_text(), one.locator(".caption").inner_text().split()[:3])
        for one in page.locator(".figure:has(.chart)").all()
    ]
    file = tmp_path / "r.pdf"
    page.pdf(path=file, format="A4")
    document = pdfium.PdfDocument(file)
    try:
        texts = [" ".join(sheet.get_textpage().get_text_range().split()) for sheet in document]
    finally:
        document.close()
    # What stands above and below a chart is on one sheet, and so is the chart.
    for title, caption in figures:
        assert any(title in text and " ".join(caption) in text for text in texts), title
    # It is drawn for the sheet, not shrunk to it: letters keep their size.
    widths = page.evaluate("""async () => {
      dispatchEvent(new Event("beforeprint"));
      await Promise.resolve();
      return [...document.querySelectorAll(".chart svg")].map((n) => n.viewBox.baseVal.width);
    }""")
    assert len(widths) == len(figures)
    assert max(widths) <= 660
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function(
        "[...document.querySelectorAll('.wide .chart svg')].every(n => n.viewBox.baseVal.width > 900)"
    )


@pytest.mark.parametrize("source", ["run", "study", "plan"], indirect=True)
def test_the_focus_is_seen_and_goes_from_top_to_bottom(source: Any, browser: Watched, tmp_path: Path) -> None:
    page = browser.open(report.html(source, tmp_path / "r.html").as_uri())
    tops: list[float] = []
    for _ in range(14):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(() => { const n = document.activeElement, s = getComputedStyle(n).outlineStyle;"
            "return n === document.body ? null : [n.getBoundingClientRect().top + scrollY, s]; })()"
        )
        if found is None:
            break
        assert found[1] != "none"
        tops.append(found[0])
    assert len(tops) >= 6
    rows = [round(top / 40) for top in tops[1:]]  # the first is the link that skips to the figures
    assert rows == sorted(rows)
