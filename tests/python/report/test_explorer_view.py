# SPDX-License-Identifier: MIT
"""What the explorer shows in a browser: order, phases, marks, tooltips, prices, tabs, files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import explorer, report
from co2lib.report import _text

from .conftest import HOSTILE, Watched
from .test_explorer import Lab
from .test_explorer_browser import QUALITY, measured, shows, two, waits, whole
from .test_explorer_page import SOON, Launch, begin, cat, launch, says
from .test_study_browser import MASS, tip

pytestmark = pytest.mark.filterwarnings("ignore")
__all__ = ["cat", "launch"]  # fixtures
FRA = co2lib.intensity.factor("FRA").value.g_per_kwh
BARS = "#co2-chart [aria-roledescription=bar]"


def rows(page: Any, name: str) -> list[list[str]]:
    """Return the cells of a table, row by row."""
    found: list[list[str]] = page.locator(f"#co2-{name} [role=row]").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('[role=gridcell]')].map(n => n.innerText.trim()))"
    )
    return [row for row in found if any(row)]


def row_of(page: Any, head: str, model: str) -> str:
    """Return the cell of a model below a head."""
    from co2lib.explorer._view import HEADS

    row = next(row for row in rows(page, "table") if row[0].removeprefix("▶ ") == model)
    return dict(zip(HEADS, row, strict=True))[head]


def parts(m: dict[str, Any], g_per_kwh: float, n: float = 1000) -> list[str]:
    joules = [p["energy_j"]["median"] / (n if p["kind"] == "one_off" else 1) for p in m["phases"]]
    return [f"{_text.mass(report.reprice(j, g_per_kwh))} ({100 * j / sum(joules):.1f} %)" for j in joules]


def opened(page: Any, wanted: list[str]) -> None:
    """Wait until the figure shows these phases."""
    waits(
        page,
        """wanted => [...document.querySelectorAll("#co2-chart [aria-roledescription=bar]")]
          .map(n => n.ariaLabel).filter(text => text.endsWith(" %)")).join("|") === wanted.join("|")""",
        wanted,
    )


def test_every_model_gets_the_input_that_is_shown(
    launch: Launch, browser: Watched, cat: Path, tmp_path: Path
) -> None:
    lab = Lab()
    got: dict[str, set[bytes]] = {}
    models = two(lab)

    def noted(name: str, step: Any) -> Any:
        def run(given: bytes) -> Any:
            got.setdefault(name, set()).add(given)
            return step(given)

        return run

    for name, model in models.items():
        model.preprocess = noted(name, model.preprocess)
    with launch(lab, models) as running:
        page = measured(browser, running.url, cat)
        whole(page)
        assert got == {name: {cat.read_bytes()} for name in models}
        assert page.evaluate("document.querySelector('#co2-input img').naturalWidth") == 40
        assert page.locator("#co2-input img").is_visible()
        assert page.locator("#co2-chart svg.marks").is_visible()
        page.get_by_role("tab", name="Export").click()
        with page.expect_download(timeout=SOON) as download:
            page.click("#co2-export-html")
        download.value.save_as(tmp_path / "s.html")
    exported = browser.open((tmp_path / "s.html").as_uri())
    assert exported.locator("img.thumbnail").evaluate("n => n.naturalWidth") == 40


def test_the_explorer_orders_by_name_and_by_carbon(launch: Launch, browser: Watched, cat: Path) -> None:
    lab = Lab()
    sizes = {"Zeta": 2, "alpha": 4, "Beta": 1}
    models: dict[str, Any] = {name: lab.model(name, size) for name, size in sizes.items()}
    models["gone"] = lambda _: 1 / 0
    with launch(lab, models) as running:
        page = measured(browser, running.url, cat, "3 of 4")
        whole(page)
        assert page.locator("#co2-order-by input:checked").input_value() == "Carbon"
        assert page.locator("#co2-order input:checked").input_value() == "Descending"
        items = [{"name": name, "grams": sizes.get(name)} for name in models]
        for by, way in (
            ("Carbon", "Descending"),
            ("Name", "Ascending"),
            ("Carbon", "Ascending"),
            ("Name", "Descending"),
        ):
            page.locator("#co2-order-by").get_by_label(by, exact=True).check()
            page.locator("#co2-order").get_by_label(way, exact=True).check()
            wanted = report.sort_models(items, "name" if by == "Name" else "emission", way.lower())
            waits(
                page,
                """wanted => [...document.querySelectorAll("#co2-chart .role-axis-label text")]
                  .filter(n => wanted.includes(n.textContent))
                  .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
                  .map(n => n.textContent).join("|") === wanted.join("|")""",
                wanted,
            )
            assert [row[0].removeprefix("▶ ") for row in rows(page, "table")] == wanted
        titles = page.locator("#co2-chart .role-axis-title").all_text_contents()
        assert titles.count("carbon per inference (g CO2e)") == 2
        zero, left = page.evaluate(
            """() => {
              const middle = (n) => { const b = n.getBoundingClientRect(); return b.left + b.width / 2; };
              const zero = [...document.querySelectorAll("#co2-chart .role-axis-label text")]
                .find(n => n.textContent === "0");
              const bars = [...document.querySelectorAll("#co2-chart [aria-roledescription=bar]")];
              const load = bars.filter(n => n.ariaLabel.includes(", load:"));
              return [middle(zero), load.map(n => n.getBoundingClientRect().left)];
            }"""
        )
        assert left == pytest.approx([zero] * 3, abs=2)


def test_a_click_a_row_or_the_keyboard_opens_a_model_which_is_marked(
    launch: Launch, browser: Watched, cat: Path
) -> None:
    lab = Lab()
    models = two(lab) | {HOSTILE: lab.model(HOSTILE, 2, quality={**QUALITY, "value": 0.75})}
    outlined = """nodes => [...new Set(nodes.filter(n => n.getAttribute("stroke-width") > 1 &&
      n.getAttribute("stroke") && n.ariaLabel.includes(": ")).map(n => n.ariaLabel.split(",")[0]))]"""
    with launch(lab, models) as running:
        page = measured(browser, running.url, cat, "3 of 3")
        whole(page)
        study = lab.measure(dict(models), cat.read_bytes(), region="FRA")
        found = {m["name"]: m for m in study.models}
        opened(page, parts(found["large"], FRA))
        assert page.locator(BARS).evaluate_all(outlined) == ["large"]
        page.locator(f"{BARS}[aria-label^='small, inference']").click()
        opened(page, parts(found["small"], FRA))
        assert page.locator(BARS).evaluate_all(outlined) == ["small"]
        # A row of the table, and the radio, which is the way by keyboard.
        page.locator("#co2-table [role=gridcell]", has_text="small").first.click()
        shows(page, "#co2-phases", "Phases of small")
        page.wait_for_selector("#co2-detail input:checked[value=small]", state="attached", timeout=SOON)
        assert [row[2] for row in rows(page, "phases")] == ["150 mJ", "20.0 J", "100 J", "5.00 J"]
        assert [row[0] for row in rows(page, "table")] == ["large", HOSTILE, "▶ small"]
        chosen = page.locator("#co2-table [role=gridcell]", has_text="▶ small").first
        assert chosen.evaluate("n => getComputedStyle(n).outlineStyle") == "solid"
        page.get_by_role("radio", name=HOSTILE).check()
        shows(page, "#co2-phases", f"Phases of {HOSTILE}")
        opened(page, parts(found[HOSTILE], FRA))
        assert page.locator(BARS).evaluate_all(outlined) == ["</script><img src=x onerror=window.hit=1>"]
        texts = page.locator("#co2-chart .mark-text text").all_text_contents()
        assert len([text for text in texts if text.startswith("▶ ")]) == 1
        shows(page, "#co2-answers", f"Answers of {HOSTILE}")
        shows(page, "#co2-table", f"▶ {HOSTILE}")
        # What it answers, and how well, stands beside its carbon.
        assert rows(page, "answers") == [["cat", "0.700"], ["dog", "0.200"]]
        assert row_of(page, "Carbon", "small").endswith("g")
        assert row_of(page, "Answer", "small") == "cat (0.700)"
        assert row_of(page, "Quality", "small") == "0.7 accuracy"
        page.get_by_role("tab", name="Trade-off").click()
        page.wait_for_selector("#co2-tradeoff svg.marks :text('▶ ')", state="attached", timeout=SOON)
        points = page.locator("#co2-tradeoff [aria-roledescription=point]")
        assert len(points.evaluate_all("n => n.filter(x => x.getAttribute('stroke-width') > 1)")) == 1
        page.get_by_role("tab", name="Regions").click()
        shows(page, "#co2-places", f"{HOSTILE} in other places")
        assert page.evaluate("window.hit") is None


def test_a_bar_says_what_it_is_made_of_and_how_sure_it_is(
    launch: Launch, browser: Watched, cat: Path
) -> None:
    lab = Lab()
    turn = iter(range(10_000))
    model = two(lab)
    step = model["small"].predict

    def unsteady(given: Any) -> Any:
        lab.meter.set_power(10)
        assert lab.clock.wait_for_waiters(1)
        assert lab.clock.advance(0.1 * (next(turn) % 4))
        return step(given)

    model["small"].predict = unsteady
    with launch(lab, model) as running:
        page = measured(browser, running.url, cat)
        whole(page)
        found = tip(page, f"{BARS}[aria-label^='large, inference']")
        assert found == {
            "model": "large",
            "phase": "inference",
            "carbon": _text.mass(report.reprice(400, FRA)),
            "energy": "400 J",
            "interval": "400 J to 400 J",
            "time": "4.00 s",
            "mean power": "100 W",
            "repetitions": "6",
            "priced with": f"{FRA:.4g} g CO2e/kWh, PUE 1",
        }
        lines = page.locator("#co2-chart .mark-rule.role-mark line").evaluate_all(
            "n => n.map(x => x.getBoundingClientRect().width)"
        )
        assert len(lines) == 2
        assert min(lines) < 1 < max(lines)
        low, high = re.findall(r"([\d.]+) J", row_of(page, "95 % interval", "small"))
        assert float(low) < float(high)


def masses(page: Any) -> list[float]:
    """Return the grams of tiles, tables and the figure."""
    texts = page.evaluate(
        """() => [...document.querySelectorAll(
          "#co2-tiles b, #co2-table [role=gridcell], #co2-phases [role=gridcell], " +
          "#co2-chart [aria-roledescription=bar]")]
          .filter(n => n.ariaLabel || n.checkVisibility()).map(n => n.ariaLabel ?? n.innerText)"""
    )
    sizes = {unit: size for size, unit in _text.MASS}
    return [float(x) * sizes[unit] for text in texts for x, unit in MASS.findall(text)]


def test_another_place_pue_or_n_measures_nothing(launch: Launch, browser: Watched, cat: Path) -> None:
    lab = Lab()
    with launch(lab, two(lab)) as running:
        page = measured(browser, running.url, cat)
        whole(page)
        lab.steps.clear()
        assert page.locator("#co2-n input").input_value() == "1000"
        cost = report.amortise(150, 425, 1000)
        assert row_of(page, "Loading", "large") == "150 J"
        assert row_of(page, "Energy", "large") == _text.energy(cost.per_inference_j)
        assert row_of(page, "Energy of all N", "large") == _text.energy(cost.total_j)
        assert row_of(page, "Carbon of all N", "large") == _text.mass(report.reprice(cost.total_j, FRA))
        before, joules = masses(page), [row[1] for row in rows(page, "table")]
        assert len(before) > 20

        def scaled(ratio: float, carbon: str) -> None:
            waits(page, "text => document.querySelector('#co2-tiles b').innerText === text", carbon)
            inference = _text.mass(report.reprice(100, FRA) * ratio)
            page.wait_for_selector(f"{BARS}[aria-label='small, inference: {inference}']", timeout=SOON)
            assert masses(page) == pytest.approx([ratio * g for g in before], rel=0.011)
            assert [row[1] for row in rows(page, "table")] == joules

        total = sum((marginal + 150 / 1000) for marginal in (125, 425))
        germany = co2lib.intensity.factor("DEU").value.g_per_kwh
        page.locator("#co2-region input").click()
        page.get_by_role("option").filter(has_text="(DEU)").click()
        scaled(germany / FRA, _text.mass(report.reprice(total, germany)))
        page.fill("#co2-pue input", "1.5")
        page.press("#co2-pue input", "Tab")
        scaled(1.5 * germany / FRA, _text.mass(report.reprice(total, germany, 1.5)))
        page.fill("#co2-n input", "10")
        page.press("#co2-n input", "Tab")
        few = report.amortise(150, 425, 10)
        shows(page, "#co2-table", _text.energy(few.total_j))
        assert row_of(page, "Energy", "large") == _text.energy(few.per_inference_j)
        assert row_of(page, "Carbon of all N", "large") == _text.mass(
            report.reprice(few.total_j, germany, 1.5)
        )
        page.locator("#co2-load input").uncheck()
        shows(page, "#co2-table", "425 J")
        assert lab.steps == []


def test_every_tab_states_how_it_was_measured(launch: Launch, browser: Watched, cat: Path) -> None:
    lab = Lab()
    models = {"m": lab.model("m", 1, version="7", quality={**QUALITY, "value": 0.7})}
    with launch(lab, models) as running:
        page = browser.open(running.url, ready="#co2-models label")
        begin(page, "m", cat)
        says(page, "Measured 1 of 1")
        whole(page)
        for tab in ("Compare", "Trade-off", "Regions", "Method", "Export"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_selector(f"[role=tab][aria-selected=true]:text('{tab}')")
            assert page.locator("#co2-line").is_visible()
        text = page.inner_text("#co2-line")
        device = lab.measure(dict(models)).document["device"]
        for fact in (
            "machine: package-0",
            "coverage 100.0 %",
            "idle power not subtracted (10.0 W",
            "batch size 1, float32",
            "medians of 6 repetitions",
            f"{FRA:g} g CO2e/kWh, PUE 1",
            device["name"],
            device["cpu"],
            "versions: m 7",
            f"by co2lib {co2lib.__version__}",
        ):
            assert fact in text
        assert re.search(r"measured \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)


def test_the_front_the_suggestion_and_other_places_are_shown(
    launch: Launch, browser: Watched, cat: Path
) -> None:
    lab = Lab()
    models = two(lab) | {"worse": lab.model("worse", 5, quality={**QUALITY, "value": 0.6})}
    with launch(lab, models) as running:
        page = measured(browser, running.url, cat, "3 of 3")
        whole(page)
        page.get_by_role("radio", name="worse").check()
        page.get_by_role("tab", name="Trade-off").click()
        costs = {"worse": (525.15, 0.6), "large": (425.15, 0.8), "small": (125.15, 0.7)}
        front = [list(costs)[i] for i in report.pareto(list(costs.values()))]
        assert front == ["large", "small"]
        shows(page, "#co2-fronts", "beaten by another")
        assert rows(page, "fronts") == [
            [
                f"▶ {name}" if name == "worse" else name,
                _text.mass(report.reprice(j, FRA)),
                f"{quality:g}",
                "accuracy",
                "on the front" if name in front else "beaten by another",
            ]
            for name, (j, quality) in costs.items()
        ]
        points = page.locator("#co2-tradeoff [aria-roledescription=point]")
        points.first.wait_for(state="attached", timeout=SOON)
        said = points.evaluate_all("n => n.map(x => x.ariaLabel)")
        assert len(said) == 3
        assert len([text for text in said if "on the front" in text]) == 2
        saved = 100 * (1 - 125.15 / 525.15)
        shows(page, "#co2-suggestion", f"small is at least as good as worse for {saved:.0f} % less carbon.")
        page.get_by_role("tab", name="Regions").click()
        germany = co2lib.intensity.factor("DEU").value.g_per_kwh
        shows(page, "#co2-places", "(DEU)")
        row = next(row for row in rows(page, "places") if "(DEU)" in row[0])
        assert row[1:] == [f"{germany:g}", _text.mass(report.reprice(525.15, germany))]
        bars = page.locator("#co2-regions [aria-roledescription=bar]")
        bars.first.wait_for(state="attached", timeout=SOON)
        assert row[2] in bars.evaluate_all("n => n.map(x => x.ariaLabel)")


def test_what_was_not_measured_says_so_in_every_table_figure_and_file(
    launch: Launch, browser: Watched, cat: Path
) -> None:
    mark = "ESTIMATED, not measured"
    model = explorer.Model(
        len,
        postprocess=lambda size: [("long", 1.0)],
        quality={**QUALITY, "value": 0.7},
        label={"label": "B", "preset": "card-1", "population": "image models", "date": "2026-11", "n": 812},
    )
    lab = Lab()
    with launch(lab, {"m": model}, meters=[], clock=None) as running:
        page = browser.open(running.url, ready="#co2-models label")
        begin(page, "m", cat)
        says(page, "Measured 1 of 1")
        whole(page)
        for tab, figures, tables in (
            ("Compare", ["chart"], ["table", "phases", "answers"]),
            ("Trade-off", ["tradeoff"], ["fronts"]),
            ("Regions", ["regions"], ["places"]),
        ):
            page.get_by_role("tab", name=tab).click()
            for name in figures:
                page.wait_for_selector(f"#co2-{name} svg.marks :text('{mark}')", timeout=SOON)
            for name in tables:
                shows(page, f"#co2-{name}", mark)
        page.get_by_role("tab", name="Export").click()
        for what in ("html", "csv", "card", "label", "svg"):
            page.wait_for_selector(f"#co2-export-{what}:not([disabled])", timeout=SOON)
            with page.expect_download(timeout=SOON) as download:
                page.click(f"#co2-export-{what}")
            text = Path(download.value.path()).read_text(encoding="utf-8")
            assert mark in text, what
            if what == "label":
                assert "letter B, relative to: card-1, image models, 2026-11, 812 models" in text
        with page.expect_download(timeout=SOON) as download:
            page.click("#co2-export-json")
        assert report.Study.load(Path(download.value.path())).watermark == mark
        with page.expect_download(timeout=SOON) as download:
            page.click("#co2-export-png")
        assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_series_have_letters_beside_their_colours_in_the_explorer(
    launch: Launch, browser: Watched, cat: Path
) -> None:
    lab = Lab()
    with launch(lab, two(lab)) as running:
        page = measured(browser, running.url, cat)
        whole(page)
        legend = page.locator("#co2-chart .role-legend-label text").all_text_contents()
        assert legend == ["A  load", "B  preprocess", "C  inference", "D  postprocess"]
        name = "Carbon per inference, and the phases and answers of one model: chart"
        assert page.locator(f"#co2-chart [aria-label^='{name}']").count() >= 1
        # The numbers of the figure are those of its tables.
        large = [f"{row[3]} ({row[4]})" for row in rows(page, "phases")]
        bars = page.locator(BARS).evaluate_all("n => n.map(x => x.ariaLabel)")
        assert set(large) <= set(bars)
