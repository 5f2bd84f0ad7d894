# SPDX-License-Identifier: MIT
"""The page of a study as its readers use it: what it shows, how it marks and prices it, what it saves."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import report
from co2lib.report import _text
from co2lib.report._study import marginal_interval, marginal_j, one_off_j

from .conftest import PATIENCE_MS, Watched
from .test_study_report import study

pytest.importorskip("altair", reason="needs altair")
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
MASS = re.compile(r"([\d.]+) (µg|mg|g|kg)\b")
POINT = re.compile(r"\bg: ([\d.e+-]+)")
ENERGY = re.compile(r"([\d.]+) (?:µJ|mJ|J|Wh|kWh)\b")


def changed(change: Any = None, **more: Any) -> report.Study:
    """Return the study with other fields, after a function has changed its models."""
    document = {**json.loads(study().to_json()), **more}
    if change is not None:
        change(document["models"])
    return report.Study(document)


def opened(browser: Watched, folder: Path, s: report.Study, **more: Any) -> Any:
    return browser.open(report.html(s, folder / "s.html").as_uri(), **more)


@pytest.fixture
def page(browser: Watched, tmp_path: Path) -> Any:
    return opened(browser, tmp_path, study())


def labels(page: Any, chart: str, kind: str = "bar") -> list[str]:
    marks = page.locator(f"#chart-{chart} [aria-roledescription={kind}]")
    found: list[str] = marks.evaluate_all("n => n.map(x => x.ariaLabel)")
    return found


def cells(page: Any, figure: str, row: int) -> dict[str, str]:
    """Return the cells of a model in a table, by the head of their column."""
    found: dict[str, str] = page.evaluate(
        """([figure, row]) => {
          const heads = [...document.querySelectorAll(`#fig-${figure} thead th`)].map(n => n.textContent);
          const cells = document.querySelector(`#fig-${figure} tr[data-model="${row}"]`).cells;
          return Object.fromEntries(heads.map((head, i) => [head, cells[i].textContent]));
        }""",
        [figure, row],
    )
    return found


def drawn(page: Any, chart: str, names: list[str]) -> list[str]:
    """Return those of these names that stand beside the bars of a chart, from top to bottom."""
    found: list[str] = page.locator(f"#chart-{chart} .role-axis-label text").evaluate_all(
        """(nodes, names) => nodes.filter(n => names.includes(n.textContent))
          .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
          .map(n => n.textContent)""",
        names,
    )
    return found


def parts(m: dict[str, Any], g_per_kwh: float, n: float = 1000) -> list[str]:
    """Return what the phases of a model are called in its bars."""
    joules = [p["energy_j"]["median"] / (n if p["kind"] == "one_off" else 1) for p in m["phases"]]
    return [f"{_text.mass(report.reprice(j, g_per_kwh))} ({100 * j / sum(joules):.1f} %)" for j in joules]


def test_the_input_is_shown_and_named(browser: Watched, tmp_path: Path) -> None:
    given = {"kind": "bytes", "name": "cat.png", "sha256": "0123456789abcdef", "thumbnail": DOT}
    page = opened(browser, tmp_path, changed(input=given))
    picture = page.locator("header img.thumbnail")
    assert picture.evaluate("n => n.naturalWidth") == 1
    assert picture.get_attribute("alt") == "The input that every model got"
    assert "cat.png" in page.inner_text("header .facts")
    assert "cat.png 0123456789ab" in page.inner_text("dl.method")


def test_bars_begin_at_0_and_the_axis_names_its_unit(page: Any) -> None:
    assert (
        "carbon per inference (g CO2e)" in page.locator("#chart-total .role-axis-title").all_text_contents()
    )
    zero, bars = page.evaluate(
        """() => {
          const middle = (n) => { const b = n.getBoundingClientRect(); return b.left + b.width / 2; };
          const zero = [...document.querySelectorAll("#chart-total .role-axis-label text")]
            .find(n => n.textContent === "0");
          const bars = [...document.querySelectorAll("#chart-total [aria-roledescription=bar]")];
          const load = bars.filter(n => n.ariaLabel.includes(", load:"));
          return [middle(zero), load.map(n => n.getBoundingClientRect().left)];
        }"""
    )
    assert len(bars) == 3
    assert bars == pytest.approx([zero] * 3, abs=2)


def test_charts_and_tables_are_in_the_order_that_is_chosen(browser: Watched, tmp_path: Path) -> None:
    def named(models: list[Any]) -> None:
        for m, name in zip(models, ("Zeta", "alpha", "Beta", "gone"), strict=True):
            m["name"] = name

    s = changed(named)
    page = opened(browser, tmp_path, s)
    names = [m["name"] for m in s.models]
    costs = [(marginal_j(m), one_off_j(m)) for m in s.models]
    items = [
        {"name": name, "grams": None if j is None else j + (once or 0) / 1000}
        for name, (j, once) in zip(names, costs, strict=True)
    ]
    assert page.locator("#order").input_value() == "carbon-desc"
    for choice, by, way in (
        (None, "emission", "descending"),
        ("name-asc", "name", "ascending"),
        ("carbon-asc", "emission", "ascending"),
        ("name-desc", "name", "descending"),
    ):
        if choice is not None:
            page.select_option("#order", choice)
        wanted = report.sort_models(items, by, way)
        assert page.locator("#fig-total tbody tr th").all_text_contents() == wanted
        page.wait_for_function(
            """([names, wanted]) => [...document.querySelectorAll("#chart-total .role-axis-label text")]
              .filter(n => names.includes(n.textContent))
              .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
              .map(n => n.textContent).join("|") === wanted.join("|")""",
            arg=[names, wanted],
        )
        assert drawn(page, "total", names) == wanted
    assert report.sort_models(items, "name", "ascending") == ["alpha", "Beta", "gone", "Zeta"]


def opens(page: Any, wanted: list[str]) -> None:
    """Wait until the bars of the phases say this, and check that the table of the chosen model does."""
    page.wait_for_function(
        """wanted => [...document.querySelectorAll("#chart-phases [aria-roledescription=bar]")]
          .map(n => n.ariaLabel).join("|") === wanted.join("|")""",
        arg=wanted,
    )
    assert page.locator("#fig-phases tr.picked [data-what^=part]").all_text_contents() == wanted


def test_a_click_or_the_keyboard_opens_phases_in_grams_and_percent(page: Any) -> None:
    s = study()
    opens(page, parts(s.models[0], s.g_per_kwh))
    page.locator("#chart-total [aria-roledescription=bar][aria-label^='worse, inference']").click()
    opens(page, parts(s.models[2], s.g_per_kwh))
    page.focus("#model")
    page.keyboard.press("ArrowUp")
    opens(page, parts(s.models[1], s.g_per_kwh))
    page.uncheck("#load")
    assert (
        page.locator("#fig-phases tr.picked [data-what=part-once]").text_content().startswith("0 g (0.0 %)")
    )


def test_answers_and_quality_stand_beside_the_carbon(browser: Watched, tmp_path: Path) -> None:
    def answered(models: list[Any]) -> None:
        found = [{"label": f"l{i}", "probability": 0.001 * i} for i in range(12)]
        models[0]["predictions"] = [*found, {"label": "cat", "probability": 0.8125}]

    page = opened(browser, tmp_path, changed(answered))
    row = cells(page, "total", 0)
    assert row["Carbon per inference"].endswith("g")
    # A tie goes away from zero, as in the chart.
    assert (row["Answer"], row["Quality"]) == ("cat (0.813)", "0.7 accuracy")
    assert cells(page, "total", 3)["Answer"] == ""
    best = ["cat", *(f"l{i}" for i in range(11, 2, -1))]
    table = page.locator("#fig-answers tr[data-model='0']")
    assert table.locator("td:nth-child(2)").all_text_contents() == best
    assert table.locator("td:nth-child(3)").all_text_contents()[:2] == ["0.813", "0.011"]
    names = [f"{k + 1}. {name}" for k, name in enumerate(best)]
    assert drawn(page, "answers", names) == names
    assert len(labels(page, "answers")) == 10
    assert "0.813" in page.locator("#chart-answers .mark-text text").all_text_contents()


def test_the_chosen_model_has_an_outline_and_a_mark_everywhere(page: Any) -> None:
    page.select_option("#model", "2")
    page.wait_for_selector("#chart-tradeoff text:text('▶ worse')", state="attached")
    outlined = """nodes => nodes.filter(n => n.getAttribute("stroke-width") > 1 && n.getAttribute("stroke"))
      .map(n => n.ariaLabel)"""
    bars = page.locator("#chart-total [aria-roledescription=bar]").evaluate_all(outlined)
    assert [label.split(",")[0] for label in bars] == ["worse"] * 3
    points = page.locator("#chart-tradeoff [aria-roledescription=point]").evaluate_all(outlined)
    assert len(points) == 1
    assert "0.6" in points[0]
    lines = page.locator("#chart-amortisation .mark-line path").evaluate_all(
        "n => n.map(x => [x.getAttribute('stroke-width'), x.getAttribute('opacity')])"
    )
    assert [opacity for width, opacity in lines if width == "6"].count("1") == 1
    for chart in ("total", "tradeoff", "amortisation"):
        marks = page.locator(f"#chart-{chart} .mark-text text").all_text_contents()
        assert len({text for text in marks if text.startswith("▶ ")}) == 1, chart
    for figure in ("phases", "answers", "regions"):
        chosen = page.locator(f"#fig-{figure} .chosen")
        assert chosen.inner_text() == "▶\u00a0worse"
        assert chosen.evaluate("n => getComputedStyle(n).borderTopStyle") == "solid"
    for row in page.locator("tr.picked").all():
        assert row.get_attribute("data-model") == "2"
        assert row.evaluate("n => getComputedStyle(n).outlineStyle") == "solid"
        after = row.locator("th").evaluate("n => getComputedStyle(n, '::after').content")
        assert after == '" (chosen)"'
    assert page.locator("table:has(tr[data-model='2']):not(:has(tr.picked))").count() == 0


def tip(page: Any, bar: str) -> dict[str, str]:
    """Point at a bar and return what its tooltip says."""
    page.mouse.move(0, 0)
    page.wait_for_function("!document.querySelector('#vg-tooltip-element.visible')")
    page.locator(bar).hover()
    page.wait_for_selector("#vg-tooltip-element.visible")
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#vg-tooltip-element tr')]"
        ".map(row => [...row.cells].map(cell => cell.textContent.replace(/:$/, ''))))"
    )
    return found


def test_a_bar_says_what_it_is_made_of(page: Any) -> None:
    bar = "#chart-{} [aria-roledescription=bar]{}"
    for place, g_per_kwh in (("own", 329.65), ("FRA", co2lib.intensity.factor("FRA").value.g_per_kwh)):
        page.select_option("#grid", place)
        page.wait_for_selector(
            bar.format("total", f"[aria-label='small, inference: {_text.mass(2 * g_per_kwh / 3.6e6)}']"),
            state="attached",
        )
        inference = {
            "phase": "inference",
            "carbon": _text.mass(report.reprice(2, g_per_kwh)),
            "energy": "2.00 J",
            "interval": "1.91 J to 2.09 J",
            "time": "100 ms",
            "mean power": "20.0 W",
            "repetitions": "10",
            "priced with": f"{g_per_kwh:.4g} g CO2e/kWh, PUE 1",
        }
        found = tip(page, bar.format("total", "[aria-label^='small, inference']"))
        assert found == {"model": "small", **inference}
        assert tip(page, bar.format("phases", " >> nth=2")) == inference
    # What is spread over the inferences is so in all of its facts: 900 J in 0.1 s.
    found = tip(page, bar.format("phases", " >> nth=0"))
    assert (found["energy"], found["interval"]) == ("900 mJ", "900 mJ to 900 mJ")
    assert (found["time"], found["mean power"], found["repetitions"]) == ("100 µs", "9.00 kW", "1")


def test_loading_stays_apart_and_is_spread_over_n(page: Any) -> None:
    assert page.locator("#n").input_value() == "1000"
    m = study().models[0]
    for n in (1000, 10):
        page.fill("#n", str(n))
        cost, row = report.amortise(one_off_j(m) or 0, marginal_j(m) or 0, n), cells(page, "total", 0)
        assert cost.total_j == pytest.approx(900 + n * 2.3)
        assert row["Loading, once"] == _text.energy(900)
        assert row["Energy per inference"] == _text.energy(cost.per_inference_j)
        assert row["Carbon per inference"] == _text.mass(report.reprice(cost.per_inference_j, 329.65))
        assert row["All N: energy"] == _text.energy(cost.total_j)
        assert row["All N: carbon"] == _text.mass(report.reprice(cost.total_j, 329.65))


def test_intervals_are_drawn_as_long_as_they_are(page: Any) -> None:
    page.uncheck("#load")
    m = study().models[2]
    low, high = marginal_interval(m) or (0, 0)
    assert 0 < low < (marginal_j(m) or 0) < high
    wanted = (high - low) / (marginal_j(m) or 1)
    page.wait_for_function(
        """wanted => {
          const width = (n) => n.getBoundingClientRect().width;
          const lines = [...document.querySelectorAll("#chart-total .mark-rule.role-mark line")];
          const bars = [...document.querySelectorAll("#chart-total [aria-label^='worse,']")]
            .map(n => n.getBoundingClientRect());
          const whole = Math.max(...bars.map(b => b.right)) - Math.min(...bars.map(b => b.left));
          return lines.length === 3 && lines.some(n => Math.abs(width(n) / whole - wanted) < 0.01);
        }""",
        arg=wanted,
    )
    row = cells(page, "total", 2)
    assert row["95 % interval, without loading"] == _text.between(low, high, _text.ENERGY)
    assert row["State"] == "measured, n 10"


def amounts(page: Any, not_in: str) -> tuple[list[float], list[str]]:
    """Return the grams and the joules of all tiles, tables and charts, but for those of some figures."""
    texts = page.evaluate(
        """not_in => [...document.querySelectorAll(
          ".tile .value, main td, .chart .role-mark path[aria-label], .chart .role-mark.mark-text text")]
          .filter(n => !not_in || !n.closest(not_in)).map(n => n.ariaLabel ?? n.textContent)""",
        not_in,
    )
    sizes = {unit: size for size, unit in _text.MASS}
    grams = [float(x) * sizes[unit] for text in texts for x, unit in MASS.findall(text)]
    grams += [float(x) for text in texts for x in POINT.findall(text)]
    return grams, [found[0] for text in texts for found in ENERGY.finditer(text)]


def test_the_price_rescales_every_chart_tile_and_table(page: Any) -> None:
    def scaled(not_in: str, ratio: float) -> None:
        grams, joules = before
        assert len(grams) > 40
        wanted = pytest.approx([ratio * g for g in grams], rel=0.011)
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while (now := amounts(page, not_in))[0] != wanted and time.monotonic() < deadline:
            page.wait_for_timeout(20)
        assert now == (wanted, joules)

    sources = "#fig-equivalences"  # names a mass: what burning a gallon of petrol emits
    others = f"#fig-regions, {sources}"  # prices other places, whatever place is chosen
    page.select_option("#order", "name-asc")
    ratio = co2lib.intensity.factor("FRA").value.g_per_kwh / 329.65
    before = amounts(page, others)
    page.select_option("#grid", "FRA")
    scaled(others, ratio)
    before = amounts(page, sources)
    page.fill("#pue", "1.5")
    scaled(sources, 1.5)


def test_the_page_states_how_it_was_measured(browser: Watched, tmp_path: Path) -> None:
    def of_a_version(models: list[Any]) -> None:
        models[0]["version"] = "7"

    facts = {
        "created_utc": "2026-11-29T12:00:00Z",
        "co2lib_version": "0.1.0",
        "device": {"name": "node7", "cpu": "EPYC", "gpus": ["H200"]},
        "boundary": {
            "scope": "machine",
            "meters": ["package-0"],
            "net": False,
            "coverage": 0.995,
            "notes": ["x"],
        },
        "settings": {"batch_size": 4, "precision": "bfloat16", "windows": 10},
    }
    page = opened(browser, tmp_path, changed(of_a_version, **facts))
    found = dict(
        zip(*(page.locator(f"dl.method {tag}").all_text_contents() for tag in ("dt", "dd")), strict=True)
    )
    assert found == {
        "Device": "node7, EPYC, H200",
        "Boundary": "machine",
        "Meters": "package-0",
        "Idle power": "not subtracted",
        "Coverage": "99.5 %",
        "Remarks": "x",
        "Batch size": "4",
        "Precision": "bfloat16",
        "Repetitions": "10",
        "Priced with": "DEU 2025, 329.65 g CO2e/kWh (Ember)",
        "Versions": "small 7",
        "Measured": "2026-11-29T12:00:00Z",
        "By": "co2lib 0.1.0",
    }


def test_a_quality_that_is_better_lower_is_called_so(browser: Watched, tmp_path: Path) -> None:
    def errors(models: list[Any]) -> None:
        for m in models[:3]:
            m["quality"] |= {"metric": "error", "higher_is_better": False}

    s = changed(errors)
    page = opened(browser, tmp_path, s)
    assert "error (lower is better)" in page.locator("#chart-tradeoff .role-axis-title").all_text_contents()
    points = [
        ((marginal_j(m) or 0) + (one_off_j(m) or 0) / 1000, -m["quality"]["value"]) for m in s.models[:3]
    ]
    front = report.pareto(points)
    assert front == [0, 2]
    states = [cells(page, "tradeoff", i)["Front"] for i in range(3)]
    assert states == ["on the front" if i in front else "beaten by another" for i in range(3)]
    drawn_points = labels(page, "tradeoff", "point")
    assert len([label for label in drawn_points if "on the front" in label]) == 2
    assert "1 without a quality or carbon" in page.inner_text("#fig-tradeoff .caption")


@pytest.mark.parametrize("field", ["domain", "family", "training_type", "source"])
def test_a_filter_of_each_kind_leaves_what_it_names_and_the_tiles_follow(
    field: str, browser: Watched, tmp_path: Path
) -> None:
    def told(models: list[Any]) -> None:
        for m, value in zip(models, ("one", "two", "one", "two"), strict=True):
            m[field] = value

    s = changed(told)
    page = opened(browser, tmp_path, s)
    page.click(".filters summary")
    page.select_option(f"#is-{field}", "one")
    assert page.locator("#fig-total tbody tr:visible, #fig-total tbody tr:not([hidden])").count() == 2
    kept = [(marginal_j(m) or 0) + (one_off_j(m) or 0) / 1000 for m in (s.models[0], s.models[2])]
    grams = [report.reprice(j, 329.65) for j in kept]
    assert page.inner_text("#tile-total") == _text.mass(sum(grams))
    assert page.inner_text("#tile-mean") == _text.mass(sum(grams) / 2)
    assert page.inner_text("#tile-best") == "small"
    assert page.inner_text("#tile-count") == "2 of 4"
    page.wait_for_function(
        "document.querySelectorAll('#chart-total [aria-roledescription=bar]').length === 6"
    )


def test_series_have_letters_beside_their_colours(page: Any) -> None:
    legend = ".role-legend-label text"
    assert page.locator(f"#chart-total {legend}").all_text_contents() == [
        "A  load",
        "B  preprocess",
        "C  inference",
    ]
    lines = page.locator(f"#chart-amortisation {legend}").all_text_contents()
    assert [text.split("  ")[0] for text in lines] == ["A", "B", "C"]
    assert (
        page.locator("#chart-tradeoff .role-legend-symbol path").evaluate_all(
            "n => new Set(n.map(x => x.getAttribute('d'))).size"
        )
        == 2
    )
    names = page.locator(".chart").evaluate_all("n => n.map(x => x.getAttribute('aria-label'))")
    assert "Carbon per inference: chart; the table below has the same values" in names
    assert all(name.endswith("the table below has the same values") for name in names)


def test_letters_say_what_they_are_relative_to(browser: Watched, tmp_path: Path) -> None:
    facts = {"preset": "card-1", "population": "image models", "date": "2026-11", "n": 812}

    def labelled(models: list[Any]) -> None:
        models[0]["label"] = {"label": "B", **facts}
        models[2]["label"] = "B"
        models[2]["report_class"] = "awareness"

    page = opened(browser, tmp_path, changed(labelled))
    assert labels(page, "labels") == ["0", "2", "0", "0", "0"]
    assert drawn(page, "labels", list("ABCDE")) == list("ABCDE")
    found = [tuple(cells(page, "labels", i)[head] for head in ("Letter", "Relative to")) for i in (0, 1, 2)]
    assert found == [("B", "card-1, image models, 2026-11, n 812"), ("none", ""), ("B", "")]
    classes = [cells(page, "labels", i)["Reporting class"] for i in (0, 1, 2)]
    assert classes == ["not known", "not known", "3 (awareness)"]
    assert cells(page, "total", 2)["Quality"] == "0.6 accuracy, letter B, reporting class 3 (awareness)"
    assert cells(page, "total", 0)["Quality"] == "0.7 accuracy, letter B"
