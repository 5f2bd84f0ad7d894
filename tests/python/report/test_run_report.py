# SPDX-License-Identifier: MIT
"""Pages of runs: what they hold, in the file and in a browser."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import co2lib
from co2lib import report, tracker
from co2lib.cli import main
from co2lib.report import _log, _runs, _text

from .conftest import HOSTILE, Log, Watched

needs_altair = pytest.mark.skipif(
    "not __import__('importlib').util.find_spec('altair')", reason="needs altair"
)


class TestRows:
    def test_the_powers_of_a_log_hold_its_energy(self, log: Log) -> None:
        path = log()
        reader, footprint = _log.read_log(path), tracker.load(path).footprint()
        for device in footprint.devices:
            energy = sum(p.watts * (p.end - p.start) for p in reader.powers if p.device == device.id)
            assert energy == pytest.approx(device.energy.joules, rel=1e-9)

    def test_the_regions_add_up_to_the_whole(self, log: Log) -> None:
        view = _runs.view_of(log())
        rows = _runs.regions(view)
        assert sum(row["j"] for row in rows) == pytest.approx(view.footprint.energy.joules, rel=1e-9)
        assert sum(row["percent"] for row in rows) == pytest.approx(100)

    def test_a_log_that_grows_is_read_on(self, log: Log, tmp_path: Path) -> None:
        lines = log().read_bytes().splitlines(keepends=True)
        grown = tmp_path / "grown.jsonl"
        grown.write_bytes(b"".join(lines[:9]) + lines[9][:20])
        reader = _log.LogReader(grown)
        assert reader.read()
        assert reader.lines == 9
        assert not reader.read()
        grown.write_bytes(b"".join(lines))
        assert reader.read()
        whole = _log.read_log(grown)
        assert (reader.powers, reader.stretches) == (whole.powers, whole.stretches)
        assert reader.ended

    def test_another_file_in_its_place_is_read_anew(self, log: Log, tmp_path: Path) -> None:
        first, other = log("first"), log("other", epochs=2)
        reader = _log.LogReader(first)
        reader.read()
        other.replace(first)
        reader.read()
        assert reader.stretches == _log.read_log(first).stretches

    def test_thinning_keeps_the_least_and_the_greatest(self) -> None:
        rows = [_log.Power(i, i + 1, "d", 100 + (i * 37) % 50) for i in range(10_000)]
        thin = _log.decimate(rows, 100)
        assert len(thin) <= 100
        assert min(p.watts for p in thin) == min(p.watts for p in rows)
        assert max(p.watts for p in thin) == max(p.watts for p in rows)
        assert all(a.end <= b.start for a, b in pairwise(thin))
        assert (thin[0].start, thin[-1].end) == (0, 10_000)

    def test_the_parts_of_the_interval_are_its_width(self, log: Log) -> None:
        view = _runs.view_of(log())
        grams = view.document["operational"]
        low, high = grams["interval_g"]
        width = sum(part["percent"] for part in _runs.interval_parts(view))
        assert width == pytest.approx(100 * (high - low) / grams["value_g"], rel=1e-6)

    def test_regions_are_paired_in_their_order(self, log: Log) -> None:
        views = [_runs.view_of(log(name, gpu_w=watts)) for name, watts in (("a", 200), ("b", 180))]
        (found,) = _runs.comparisons(views)
        assert found.unit == "region epoch"
        assert found.result is not None
        assert (found.result.pairs, found.result.verdict) == (6, "lower")

    def test_projects_that_were_repeated_are_compared_as_such(self, log: Log) -> None:
        views = [
            _runs.view_of(log(f"{project}{i}", gpu_w=watts + i, project=project, epochs=1))
            for i in range(3)
            for project, watts in (("slow", 300), ("fast", 200))
        ]
        (found,) = _runs.comparisons(views)
        assert found.unit == "run"
        assert found.result is not None
        assert found.result.pairs == 3

    def test_runs_without_pairs_are_not_compared(self, log: Log) -> None:
        views = [_runs.view_of(log(name, epochs=1)) for name in ("a", "b")]
        (found,) = _runs.comparisons(views)
        assert found.result is None
        assert "repeat" in found.why_not


@needs_altair
class TestFile:
    def test_it_asks_for_nothing(self, log: Log, tmp_path: Path) -> None:
        page = report.html(log(), tmp_path / "r.html").read_text(encoding="utf-8")
        assert "connect-src 'none'" in unescape(page)
        assert "unsafe-eval" not in page
        assert not re.search(r"<script[^>]+src=", page)
        markup = re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.DOTALL)
        assert not re.search(r"<(link|img|iframe|style)[^>]+(src|href)=|url\(|@import", markup)

    def test_hostile_names_are_text(self, log: Log, tmp_path: Path) -> None:
        path = log(project=HOSTILE)
        page = report.html(path, tmp_path / "r.html", title=HOSTILE).read_text(encoding="utf-8")
        assert HOSTILE not in page
        assert "&lt;/script&gt;" in page

    def test_a_killed_run_is_reported_as_far_as_it_goes(self, log: Log, tmp_path: Path) -> None:
        page = report.html(log(stop=False), tmp_path / "r.html").read_text(encoding="utf-8")
        assert "not ended" in page

    def test_a_footprint_alone_has_a_page(self, log: Log, tmp_path: Path) -> None:
        footprint = tracker.load(log()).footprint()
        page = report.html(footprint, tmp_path / "r.html").read_text(encoding="utf-8")
        assert 'id="fig-devices"' in page
        assert 'id="fig-power"' not in page

    def test_issues_are_shown(self, log: Log, tmp_path: Path) -> None:
        page = report.html(log(location="US-WY"), tmp_path / "r.html").read_text(encoding="utf-8")
        for issue in tracker.load(tmp_path / "run.jsonl").footprint().issues:
            assert issue.code in page

    def test_charts_are_drawn_without_a_browser(self, log: Log, tmp_path: Path) -> None:
        path = log()
        for kind in ("power", "stretches", "region-energy", "region-carbon", "devices", "interval"):
            file = tmp_path / f"{kind}.svg"
            report.chart(path, kind).save(file)
            assert file.read_text(encoding="utf-8").startswith("<svg")
        spec = report.vegalite([path, log("other")], "comparison", theme="dark")
        assert "vega-lite" in spec["$schema"]

    def test_the_verb_writes_the_page_beside_the_log(
        self, log: Log, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        path = log()
        assert main(["report", str(path), "--theme", "dark"]) == 0
        assert capfd.readouterr().out == f"{tmp_path / 'run.html'}\n"
        assert 'data-theme="dark"' in (tmp_path / "run.html").read_text(encoding="utf-8")
        before = path.read_bytes()
        assert main(["report", str(path), "-o", str(path)]) == 2
        assert main(["report", str(path), "--theme", "pink"]) == 2
        assert main(["report", str(tmp_path / "none.jsonl")]) == 2
        assert path.read_bytes() == before

    @pytest.mark.parametrize("wrong", ["speed", ""])
    def test_a_kind_that_is_not_there_names_those_that_are(self, log: Log, wrong: str) -> None:
        with pytest.raises(co2lib.Error, match="region-energy"):
            report.chart(log(), wrong)

    def test_what_is_no_run_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(co2lib.Error, match=r"hub\.bad_value"):
            report.html(42, tmp_path / "r.html")
        with pytest.raises(co2lib.Error, match="at least one"):
            report.html([], tmp_path / "r.html")


def _grams(text: str) -> float:
    number, unit = text.split()[:2]
    return float(number) * next(size for size, name in _text.MASS if name == unit)


class TestBrowser:
    @pytest.fixture
    def page(self, log: Log, browser: Watched, tmp_path: Path) -> Any:
        return browser.open(report.html(log(project=HOSTILE), tmp_path / "r.html", title=HOSTILE).as_uri())

    def test_it_opens_from_disk_and_shows_names_as_text(self, page: Any) -> None:
        assert page.inner_text("h1") == HOSTILE
        assert page.evaluate("window.hit") is None
        bars = page.locator("#chart-region-energy [aria-roledescription=bar]")
        assert bars.count() == 4

    def test_every_chart_has_a_table_with_its_values(self, page: Any) -> None:
        for figure in page.locator(".figure:has(.chart)").all():
            assert figure.locator("table caption").count() == 1
            assert figure.locator("thead th[scope=col]").count() >= 2
            assert figure.locator("tbody th[scope=row]").count() >= 1
        labels = page.locator("#chart-region-energy [aria-roledescription=bar]").evaluate_all(
            "nodes => nodes.map(n => n.getAttribute('aria-label'))"
        )
        cells = page.locator("#fig-region-energy tbody tr").evaluate_all(
            "rows => rows.map(r => r.cells[3].textContent + ' (' + r.cells[4].textContent + ')')"
        )
        assert sorted(labels) == sorted(cells)

    def test_another_place_scales_every_carbon_and_no_energy(self, page: Any) -> None:
        before = page.locator("[data-j]").evaluate_all("n => n.map(x => x.textContent)")
        energy = page.locator("#fig-devices tbody td:nth-child(2)").all_inner_texts()
        page.select_option("#grid", "DEU")
        ratio = (
            co2lib.intensity.factor("DEU").value.g_per_kwh / co2lib.intensity.factor("FRA").value.g_per_kwh
        )
        after = page.locator("[data-j]").evaluate_all("n => n.map(x => x.textContent)")
        for one, other in zip(before, after, strict=True):
            if not one.startswith("0 "):
                assert _grams(other) == pytest.approx(ratio * _grams(one), rel=0.011)
        assert page.locator("#fig-devices tbody td:nth-child(2)").all_inner_texts() == energy
        page.wait_for_function(
            "document.querySelector('#chart-region-carbon [aria-roledescription=bar]').ariaLabel"
            ".startsWith(document.querySelector('#fig-region-carbon [data-j]').textContent)"
        )
        assert "nothing was measured again" in page.inner_text("#priced")

    def test_the_pue_scales_and_the_address_keeps_the_view(self, page: Any, browser: Watched) -> None:
        before = _grams(page.inner_text("#tile-carbon"))
        page.fill("#pue", "1.5")
        assert _grams(page.inner_text("#tile-carbon")) == pytest.approx(1.5 * before, rel=0.011)
        page.select_option("#grid", "custom")
        page.fill("#custom", "1000")
        url = page.evaluate("location.href")
        assert "pue=1.5" in url
        other = browser.open(url)
        assert other.inner_text("#tile-carbon") == page.inner_text("#tile-carbon")
        bad = browser.open(url.split("#")[0] + "#grid=<img>&pue=99&x=1")
        assert _grams(bad.inner_text("#tile-carbon")) == before

    def test_the_keyboard_reaches_everything_in_the_order_of_the_page(self, page: Any) -> None:
        seen = []
        for _ in range(6):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        assert seen[:5] == ["skip", "grid", "pue", "reset", "theme"]
        page.focus("#fig-devices summary")
        page.keyboard.press("Enter")
        assert page.locator("#fig-devices details").get_attribute("open") is not None

    def test_it_prints_tables_and_no_controls(self, page: Any, tmp_path: Path) -> None:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert not page.locator("#controls").is_visible()
        assert page.locator("details:not([open])").count() == 0
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert len(page.pdf(format="A4")) > 10_000

    @pytest.mark.parametrize("width", [1200, 390])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_nothing_scrolls_sideways_in_either_theme(
        self, log: Log, browser: Watched, tmp_path: Path, width: int, scheme: str
    ) -> None:
        files = [log(name, project=HOSTILE * 3) for name in ("a", "b")]
        for source in (files[0], files):
            target = report.html(source, tmp_path / "r.html")
            page = browser.open(target.as_uri(), width=width, color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (ground == "rgb(17, 22, 20)") == (scheme == "dark")

    def test_several_runs_are_ranked_only_when_sure(self, log: Log, browser: Watched, tmp_path: Path) -> None:
        files = [log("a"), log("b", gpu_w=180), log("c", gpu_w=200)]
        page = browser.open(report.html(files, tmp_path / "r.html").as_uri())
        page.click("#fig-comparison summary")
        rows = page.locator("#fig-comparison tbody tr").all_inner_texts()
        assert "↓ lower" in rows[0]
        assert "not shown" in rows[1]
        page.click("[data-csv=comparison]")


@needs_altair
def test_runs_of_different_times_have_a_history(log: Log) -> None:
    from co2lib.report import _runs_charts

    views = [_runs.view_of(log(name, epochs=1)) for name in "abc"]
    assert _runs_charts.history(views, "light") is None  # all began at once
    assert _runs_charts.history(views[:2], "light") is None
    for i, view in enumerate(views):
        real: Any = view.footprint
        later = real.start + timedelta(days=i)
        moved: Any = SimpleNamespace(energy=real.energy, start=later, to_dict=real.to_dict)
        view.footprint = moved
    found = _runs_charts.history(views[::-1], "light")
    assert found is not None
    assert [row[0].text for row in found.rows] == ["a", "b", "c"]
    assert [point["t"] for point in found.chart.to_dict()["data"]["values"]] == [0, 1, 2]
