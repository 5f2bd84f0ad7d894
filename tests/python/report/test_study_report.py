# SPDX-License-Identifier: MIT
"""The page of a study: order, detail, filter, price, watermark; in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import report
from co2lib.report import _text
from co2lib.report._study import marginal_j, one_off_j

from .conftest import HOSTILE, Watched

pytest.importorskip("altair", reason="needs altair")
LABEL = "<svg onload=window.hit=1>"


def phase(name: str, kind: str, joules: float, n: int = 10) -> dict[str, Any]:
    values = [joules * (1 + 0.01 * (i - (n - 1) / 2)) for i in range(n)]
    energy = {"median": joules, "low": values[0], "high": values[-1], "n": n, "values": values}
    return {"name": name, "kind": kind, "energy_j": energy, "seconds": {"median": 0.1}, "flags": []}


def model(name: str, size: float, quality: float) -> dict[str, Any]:
    return {
        "name": name,
        "status": "ok",
        "quality": {"metric": "accuracy", "value": quality},
        "phases": [
            phase("load", "one_off", 900 * size, 1),
            phase("preprocess", "marginal", 0.3),
            phase("inference", "marginal", 2 * size),
        ],
        "predictions": [{"label": LABEL, "probability": 0.8125}, {"label": "cat", "probability": 0.1}],
    }


def study(provenance: str = "measured") -> report.Study:
    failed = {"name": "broken", "status": "failed", "error": 'out of "memory" <b>', "phases": []}
    return report.Study(
        {
            "schema": "co2lib-study/1",
            "provenance": provenance,
            "grid": {"region": "DEU", "g_per_kwh": 329.65, "year": 2025, "source": "Ember", "pue": 1.0},
            "models": [model("small", 1, 0.7), model(HOSTILE, 6, 0.8), model("worse", 7, 0.6), failed],
        }
    )


class TestFile:
    def test_a_bad_file_names_its_field(self, tmp_path: Path) -> None:
        document = json.loads(study().to_json())
        document["models"][0]["phases"][0]["energy_j"]["median"] = -1
        file = tmp_path / "s.json"
        file.write_text(json.dumps(document))
        with pytest.raises(co2lib.Error, match=r"models\[0\]\.phases\[0\]\.energy_j\.median") as caught:
            report.Study.load(file)
        assert caught.value.code == "explorer.bad_study"
        file.write_text("{")
        with pytest.raises(co2lib.Error, match="not JSON"):
            report.Study.load(file)

    def test_unknown_keys_stay(self) -> None:
        document = {**study().document, "later": 1}
        assert report.Study(document).document["later"] == 1

    def test_the_table_of_a_notebook_has_names_as_text(self) -> None:
        assert "<img" not in study()._repr_html_()

    @pytest.mark.parametrize("provenance", ["modelled", "simulated"])
    def test_what_was_not_measured_is_said_in_pictures_too(self, tmp_path: Path, provenance: str) -> None:
        s = study(provenance)
        for kind in ("total", "phases", "answers", "tradeoff"):
            file = tmp_path / f"{kind}.svg"
            report.chart(s, kind).save(file)
            assert s.watermark in file.read_text(encoding="utf-8")
        assert s.watermark in str(s)


class TestPage:
    @pytest.fixture
    def page(self, browser: Watched, tmp_path: Path) -> Any:
        return browser.open(report.html(study(), tmp_path / "s.html").as_uri())

    @staticmethod
    def order(page: Any) -> list[str]:
        found: list[str] = page.locator("#fig-total tbody tr th").evaluate_all(
            "n => n.map(x => x.textContent)"
        )
        return found

    def test_the_order_is_that_of_sort_models(self, page: Any) -> None:
        items = [{"name": m["name"], "grams": marginal_j(m)} for m in study().models]
        for by, way, choice in (
            ("emission", "descending", "carbon-desc"),
            ("emission", "ascending", "carbon-asc"),
            ("name", "ascending", "name-asc"),
            ("name", "descending", "name-desc"),
        ):
            page.select_option("#order", choice)
            assert self.order(page) == report.sort_models(items, by, way)

    def test_numbers_are_those_of_the_formula(self, page: Any) -> None:
        page.fill("#n", "10")
        page.fill("#pue", "1.5")
        s = study()
        for m in s.models[:3]:
            cost = report.amortise(one_off_j(m) or 0, marginal_j(m) or 0, 10)
            index = s.models.index(m)
            row = page.locator(f"#fig-total tr[data-model='{index}']")
            cells = row.locator("td").evaluate_all("n => n.map(x => x.textContent)")
            assert cells[0] == _text.mass(report.reprice(cost.per_inference_j, 329.65, 1.5))
            assert cells[1] == _text.energy(cost.per_inference_j)
            assert cells[4] == _text.energy(cost.total_j)
        page.uncheck("#load")
        first = page.locator("#fig-total tr[data-model='0'] td").nth(1)
        assert first.text_content() == _text.energy(marginal_j(s.models[0]))

    def test_a_click_opens_the_model_and_so_does_the_keyboard(self, page: Any) -> None:
        page.locator("#chart-total [aria-roledescription=bar][aria-label^='worse, inference']").click()
        assert page.locator("#model").input_value() == "2"
        assert page.locator("tr.picked").first.get_attribute("data-model") == "2"
        page.focus("#model")
        page.keyboard.press("ArrowUp")
        assert page.locator("tr.picked").first.get_attribute("data-model") == "1"
        page.wait_for_function(
            "document.querySelector('#chart-phases svg').textContent.includes('inference')"
        )

    def test_a_filter_to_nothing_says_so(self, page: Any) -> None:
        page.fill("#filter", "no such model")
        assert page.inner_text("#empty") == "No model matches the filters."
        assert page.inner_text("#tile-count") == "0 of 4"
        assert page.inner_text("#tile-total") == "0 g"
        page.fill("#filter", "")
        assert not page.locator("#empty").is_visible()
        assert page.inner_text("#tile-count") == "4 of 4"

    def test_everything_from_outside_is_text(self, page: Any) -> None:
        assert page.evaluate("window.hit") is None
        assert HOSTILE in self.order(page)
        page.click("#fig-answers summary")
        assert LABEL in page.inner_text("#fig-answers table")
        page.click("#fig-total summary")
        assert 'failed: out of "memory" <b>' in page.inner_text("#fig-total table")

    def test_the_address_keeps_the_view(self, page: Any, browser: Watched) -> None:
        page.select_option("#model", "2")
        page.fill("#n", "7")
        page.select_option("#order", "name-asc")
        other = browser.open(page.evaluate("location.href"))
        assert self.order(other) == self.order(page)
        assert other.locator("#model").input_value() == "2"

    def test_the_front_of_the_page_is_pareto(self, page: Any) -> None:
        s = study()
        front = report.pareto([(marginal_j(m), (m.get("quality") or {}).get("value")) for m in s.models])
        labels = page.locator("#chart-tradeoff [aria-roledescription=point]").evaluate_all(
            "n => n.map(x => x.getAttribute('aria-label'))"
        )
        on = [label for label in labels if "on the front" in label]
        assert len(labels) == 3
        assert len(on) == len(front)

    def test_a_simulated_study_is_marked(self, browser: Watched, tmp_path: Path) -> None:
        page = browser.open(report.html(study("simulated"), tmp_path / "s.html").as_uri())
        assert page.locator(".watermark").count() >= 4
        assert "SIMULATED DATA" in page.locator("#chart-total svg").text_content()
