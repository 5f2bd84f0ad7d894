# SPDX-License-Identifier: MIT
"""The page of a study: order, detail, filter, price, watermark; in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import hub, report
from co2lib.report import _text
from co2lib.report._study import REPORT_CLASSES, marginal_j, one_off_j

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
    def test_reporting_classes_are_those_of_the_hub(self) -> None:
        assert list(REPORT_CLASSES) == hub.report_class_names()
        known = report.Study.schema()["properties"]["models"]["items"]["properties"]["report_class"]
        assert known["enum"] == [*REPORT_CLASSES, None]

    def test_a_bad_file_names_its_field(self, tmp_path: Path) -> None:
        document = json.loads(study().to_json())
        document["models"][0]["phases"][0]["energy_j"]["median"] = -1
        file = tmp_path / "s.json"
        file.write_text(json.dumps(document))
        with pytest.raises(co2lib.Error, match=r"models\[0\]\.phases\[0\]\.energy_j\.median") as caught:
            report.Study.load(file)
        assert caught.value.code == "explorer.bad_study"
        document = json.loads(study().to_json())
        for field, wrong in (("label", "b"), ("label", {"label": "AB"}), ("report_class", "basics")):
            named = {**document, "models": [{**document["models"][0], field: wrong}]}
            with pytest.raises(co2lib.Error, match=rf"models\[0\]\.{field}: expected one of"):
                report.Study(named)
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

    def test_every_phase_is_a_bar_that_says_model_value_and_unit(self, page: Any) -> None:
        bars = page.locator("#chart-total [aria-roledescription=bar]")
        labels = bars.evaluate_all("n => n.map(x => x.getAttribute('aria-label'))")
        assert len(labels) == 3 * 3  # models that were measured, times their phases
        s = study()
        m = s.models[0]
        inference = m["phases"][2]["energy_j"]["median"]
        assert f"small, inference: {_text.mass(s.grams(inference))}" in labels
        assert all(label.endswith("g") for label in labels)

    def test_the_parts_of_a_model_are_its_total(self, page: Any) -> None:
        page.select_option("#model", "2")
        page.wait_for_function(
            "document.querySelectorAll('#chart-phases [aria-roledescription=bar]').length == 3"
        )
        labels = page.locator("#chart-phases [aria-roledescription=bar]").evaluate_all(
            "n => n.map(x => x.getAttribute('aria-label'))"
        )
        # Three digits each: microgram, milligram and gram in one unit.
        sizes = {unit: size for size, unit in _text.MASS}
        grams = sum(float(text.split()[0]) * sizes[text.split()[1]] for text in labels)
        shares = sum(float(text.split("(")[1].split()[0]) for text in labels)
        m = study().models[2]
        whole = report.reprice((marginal_j(m) or 0) + (one_off_j(m) or 0) / 1000, 329.65)
        assert grams == pytest.approx(whole, rel=0.01)
        assert shares == pytest.approx(100, abs=0.2)

    def test_another_place_scales_grams_and_no_joules(self, page: Any) -> None:
        def cells(what: str) -> list[str]:
            found: list[str] = page.locator(f"[data-what={what}]").all_text_contents()
            return found

        joules = cells("j"), cells("wholeJ")
        page.select_option("#grid", "FRA")
        factor = co2lib.intensity.factor("FRA").value.g_per_kwh
        for i, m in enumerate(study().models[:3]):
            j = (marginal_j(m) or 0) + (one_off_j(m) or 0) / 1000
            row = page.locator(f"#fig-total tr[data-model='{i}'] td").first
            assert row.text_content() == _text.mass(report.reprice(j, factor))
        assert (cells("j"), cells("wholeJ")) == joules
        total = sum((marginal_j(m) or 0) + (one_off_j(m) or 0) / 1000 for m in study().models[:3])
        assert page.inner_text("#tile-total") == _text.mass(report.reprice(total, factor))
        page.wait_for_function(
            "[...document.querySelectorAll('#chart-total [aria-roledescription=bar]')].some("
            f"n => n.ariaLabel == 'small, inference: {_text.mass(report.reprice(2, factor))}')"
        )

    def test_an_address_that_says_nonsense_is_the_first_view(self, browser: Watched, tmp_path: Path) -> None:
        url = report.html(study(), tmp_path / "s.html").as_uri()
        plain = browser.open(url)
        odd = browser.open(
            f"{url}#grid=<img>&pue=99&n=-3&order=size&model={HOSTILE}x&filter=&load=perhaps&y=1"
        )
        for page in (plain, odd):
            assert page.evaluate("window.hit") is None
        assert odd.locator("#fig-total").inner_text() == plain.locator("#fig-total").inner_text()
        assert odd.inner_text("#tile-total") == plain.inner_text("#tile-total")

    def test_the_front_follows_the_number_of_inferences(self, browser: Watched, tmp_path: Path) -> None:
        document = json.loads(study().to_json())
        document["models"] = [*document["models"][:1], model("heavy to load", 0.5, 0.75)]
        document["models"][1]["phases"][0]["energy_j"] |= {"median": 9000, "low": 9000, "high": 9000}
        page = browser.open(report.html(report.Study(document), tmp_path / "s.html").as_uri())
        s = report.Study(document)
        fronts = []
        for n in (10, 1_000_000):
            page.fill("#n", str(n))
            points = []
            for m in s.models:
                cost = report.amortise(one_off_j(m) or 0, marginal_j(m) or 0, n)
                points.append((cost.per_inference_j, m["quality"]["value"]))
            wanted = len(report.pareto(points))
            page.wait_for_function(
                "[...document.querySelectorAll('#chart-tradeoff [aria-roledescription=point]')]"
                f".filter(n => n.ariaLabel.includes('on the front')).length == {wanted}"
            )
            fronts.append(wanted)
        assert fronts == [2, 1]

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
        charts = page.locator(".chart svg")
        assert charts.count() >= 5
        for text in [*charts.all_text_contents(), *page.locator("table caption").all_text_contents()]:
            assert "SIMULATED DATA" in text
        with page.expect_download() as download:
            page.click("[data-csv=total]")
        assert download.value.path().read_text(encoding="utf-8").startswith('"SIMULATED DATA"')

    def test_filters_leave_what_they_name(self, browser: Watched, tmp_path: Path) -> None:
        document = json.loads(study().to_json())
        for i, m in enumerate(document["models"]):
            m |= {"domain": ("vision", "text")[i % 2], "parameters": 10**6 * (i + 1), "label": "ABCE"[i]}
        page = browser.open(report.html(report.Study(document), tmp_path / "s.html").as_uri())
        page.click(".filters summary")
        page.select_option("#is-domain", "vision")
        assert page.inner_text("#tile-count") == "2 of 4"
        page.select_option("#is-domain", "")
        page.fill("#min-quality", "0.65")
        assert page.inner_text("#tile-count") == "2 of 4"
        page.fill("#max-size", "1")
        assert page.inner_text("#tile-count") == "1 of 4"
        assert page.inner_text("#tile-best") == "small"
        page.fill("#max-carbon", "0.0000001")
        assert page.inner_text("#empty") == "No model matches the filters."
        other = browser.open(page.evaluate("location.href"))
        assert other.inner_text("#tile-count") == "0 of 4"
        page.click("#reset")
        assert page.inner_text("#tile-count") == "4 of 4"
        assert page.locator("#chart-labels [aria-roledescription=bar]").count() == 5

    def test_it_suggests_the_least_carbon_for_at_least_the_quality(self, page: Any) -> None:
        page.select_option("#model", "2")
        text = page.inner_text("#suggestion")
        assert text.startswith("small is at least as good as worse for ")
        small, worse = (marginal_j(study().models[i]) or 0 for i in (0, 2))
        once = [one_off_j(study().models[i]) or 0 for i in (0, 2)]
        saved = 100 * (1 - (small + once[0] / 1000) / (worse + once[1] / 1000))
        assert f"{saved:.0f} % less carbon" in text
        page.select_option("#model", "0")
        assert page.inner_text("#suggestion") == "No model here is at least as good as small for less carbon."

    def test_other_places_are_priced_by_the_same_formula(self, page: Any) -> None:
        page.fill("#pue", "1.5")
        row = page.locator("#fig-regions tbody tr", has_text="(FRA)")
        j = (marginal_j(study().models[0]) or 0) + (one_off_j(study().models[0]) or 0) / 1000
        g = float(row.locator("td").nth(0).text_content())
        assert row.locator("td").nth(1).text_content() == _text.mass(report.reprice(j, g, 1.5))

    def test_what_is_saved_is_what_is_shown(self, page: Any) -> None:
        with page.expect_download() as download:
            page.click("#save-study")
        assert report.Study.load(download.value.path()) == study()
        with page.expect_download() as download:
            page.click("[data-png=total]")
        assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_where_one_model_overtakes_another() -> None:
    from co2lib.report._study_more import crossing

    n = crossing(100, 1, 10, 4)
    assert n == 30
    assert report.amortise(100, 1, n).total_j == report.amortise(10, 4, n).total_j
    assert crossing(10, 4, 100, 1) is None
    assert crossing(5, 1, 10, 4) is None


def test_a_card_is_of_so_many_inferences() -> None:
    card = co2lib.hub.read_card(f"---\n{study().card('small', n=10)}---\n")
    m = study().models[0]
    joules = report.amortise(one_off_j(m) or 0, marginal_j(m) or 0, 10).total_j
    assert card.grams == pytest.approx(report.reprice(joules, 329.65))
    assert "10 inferences" in study().card("small", n=10)
    with pytest.raises(co2lib.Error, match="broken"):
        study().card("broken")


def test_a_notebook_gets_a_picture_without_a_script() -> None:
    bundle = study()._repr_mimebundle_()
    assert "data:image/svg+xml;base64," in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert bundle["text/plain"] == str(study())


@pytest.mark.parametrize("wrong", ["javascript:x", "data:text/html;base64,AAAA", "https://x/y.png", 3])
def test_a_thumbnail_is_a_picture_or_nothing(wrong: Any, tmp_path: Path) -> None:
    document = {**study().document, "input": {"thumbnail": wrong}}
    assert 'class="thumbnail"' not in report.html(report.Study(document), tmp_path / "s.html").read_text()


def test_equivalences_are_closed_and_have_sources(browser: Watched, tmp_path: Path) -> None:
    page = browser.open(report.html(study(), tmp_path / "s.html").as_uri())
    assert page.locator("#fig-equivalences table").is_hidden()
    page.click("#fig-equivalences summary")
    page.fill("#n", "1000000")
    rows = page.locator("#fig-equivalences tbody tr")
    assert rows.count() == 2
    m = study().models[0]
    joules = report.amortise(one_off_j(m) or 0, marginal_j(m) or 0, 1e6).total_j
    days = float(rows.nth(0).locator("td").nth(0).text_content())
    assert days == pytest.approx(joules / (3600 * 3.6e6 / 365), rel=0.005)
    litres = float(rows.nth(1).locator("td").nth(0).text_content())
    assert litres == pytest.approx(report.reprice(joules, 329.65) / 2348.5, rel=0.005)
    for text in rows.locator("td:last-child").all_text_contents():
        assert ":" in text


def test_an_appendix_of_a_study_has_what_its_page_shows(tmp_path: Path) -> None:
    s = study("simulated")
    (*pictures, tables) = report.appendix(s, tmp_path, formats=["svg"], n=10)
    assert {f.name for f in pictures} >= {"total.svg", "phases.svg", "tradeoff.svg"}
    text = tables.read_text(encoding="utf-8")
    assert text.count("**SIMULATED DATA**") >= 5
    m = s.models[0]
    cost = report.amortise(one_off_j(m) or 0, marginal_j(m) or 0, 10)
    row = next(line for line in text.splitlines() if line.startswith("| small | "))
    for amount in (
        _text.mass(report.reprice(cost.per_inference_j, 329.65)),
        _text.energy(cost.per_inference_j),
        _text.energy(cost.total_j),
        _text.mass(report.reprice(cost.total_j, 329.65)),
    ):
        assert f"| {amount} |" in row
    assert "<img" not in text.replace("\\<img", "")


def below_resolution() -> report.Study:
    document = json.loads(study().to_json())
    for m in document["models"][:2]:
        m["phases"][1] |= {
            "energy_j": {"median": None, "low": None, "high": 0.5, "n": 10},
            "flags": ["below_resolution"],
        }
    return report.Study(document)


def test_a_total_without_what_no_meter_saw_says_so() -> None:
    s = below_resolution()
    assert str(s).splitlines()[0].startswith("small: ≥ 2.00 J, ")
    assert "≥" not in str(s).splitlines()[2]
    assert "<td>≥ 2.00 J</td>" in s._repr_html_()
    assert "below the meter's resolution not included" in s.card("small")
    assert "resolution" not in s.card("worse")
    whiskers = json.dumps(report.vegalite(s, "total"))
    # Each layer has the three models, of which two are lower bounds.
    assert whiskers.count('"least": "\\u2265 "') == 2 * whiskers.count('"least": ""') > 0


def test_the_page_marks_what_is_a_lower_bound(browser: Watched, tmp_path: Path) -> None:
    s = below_resolution()
    page = browser.open(report.html(s, tmp_path / "s.html").as_uri())
    first = page.locator("#fig-total tr[data-model='0'] td").first
    assert first.text_content().startswith("≥ ")
    assert not page.locator("#fig-total tr[data-model='2'] td").first.text_content().startswith("≥")
    assert page.inner_text("#tile-total").startswith("≥ ")
    text = page.locator("#chart-phases svg").text_content()
    assert f"below the resolution, at most {_text.mass(s.grams(0.5))}" in text
    page.click("#fig-phases summary")
    assert f"below the resolution, at most {_text.energy(0.5)}" in page.inner_text("#fig-phases table")


def test_a_study_without_models_is_none() -> None:
    with pytest.raises(co2lib.Error, match="at least one"):
        report.Study({**study().document, "models": []})
