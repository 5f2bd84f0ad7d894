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

    def test_a_click_on_a_run_finds_its_regions(self, log: Log, browser: Watched, tmp_path: Path) -> None:
        files = [log("day", epochs=2), log("day 2", epochs=3)]
        page = browser.open(report.html(files, tmp_path / "r.html").as_uri())
        heads = page.locator("#fig-runs-regions tbody tr:visible th")
        assert heads.count() == 0  # closed
        page.locator("#chart-runs-energy [aria-roledescription=bar]").first.click()
        assert heads.all_inner_texts() == ["day"] * 4
        # By keyboard: the field above the table, which finds parts of names.
        field = page.locator("[data-find=runs-regions]")
        assert field.input_value() == "day"
        field.press("End")
        field.press("Backspace")
        assert heads.count() == 8


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


class TestSummed:
    @staticmethod
    def rows(device: str, edges: list[float], watts: list[float]) -> list[_log.Power]:
        return [_log.Power(a, b, device, w) for (a, b), w in zip(pairwise(edges), watts, strict=True)]

    def test_the_energy_of_a_sum_is_the_sum_of_the_energies(self) -> None:
        powers = self.rows("a", [0, 1, 2, 3, 4], [10, 20, 30, 40])
        powers += self.rows("b", [0, 1.5, 4], [100, 300])
        powers += self.rows("c", [0, 4], [7])
        found = _log.summed(powers, ["a", "b", "c"])
        assert [p.watts for p in found] == pytest.approx([117, 227, 337, 347])
        joules = sum(p.watts * (p.end - p.start) for p in powers)
        assert sum(p.watts * (p.end - p.start) for p in found) == pytest.approx(joules)

    def test_what_was_not_measured_of_one_has_no_sum(self) -> None:
        powers = self.rows("a", [0, 1, 2, 3], [10, 20, 30])
        powers += self.rows("b", [0, 1], [100]) + self.rows("b", [2, 3], [300])
        found = _log.summed(powers, ["a", "b"])
        assert [(p.start, round(p.watts, 6)) for p in found] == [(0, 110), (2, 330)]

    def test_others_and_nothing(self) -> None:
        powers = self.rows("a", [0, 1], [10])
        assert _log.summed(powers, ["b"]) == []
        assert _log.summed([], []) == []


@needs_altair
class TestSeveral:
    def test_the_power_of_each_is_that_of_its_devices(self, log: Log) -> None:
        from co2lib.report import _runs_charts

        views = [_runs.view_of(log("a")), _runs.view_of(log("b", gpu_w=100, epochs=3))]
        figure = _runs_charts.power(views, "light")
        assert figure is not None
        assert [row[0].text for row in figure.rows] == ["A  a", "B  b"]
        for view, row in zip(views, figure.rows, strict=True):
            joules, seconds = view.footprint.energy.joules, view.document["duration_s"]
            assert row[1].text == _text.power(joules / seconds)
        points = figure.chart.to_dict()["data"]["values"]
        assert {point["series"] for point in points} == {"A  a", "B  b"}
        assert max(p["t"] for p in points if p["series"] == "B  b") == pytest.approx(33)

    def test_regions_stand_side_by_side_and_add_up(self, log: Log) -> None:
        from co2lib.report import _runs_charts

        views = [_runs.view_of(log("a")), _runs.view_of(log("b", epochs=3))]
        figure = _runs_charts.by_region(views, "light")
        assert figure is not None
        size, _ = _text.best([views[0].footprint.energy.joules], _text.ENERGY)
        for view in views:
            points = [p for p in figure.chart.to_dict()["data"]["values"] if p["name"] == view.name]
            assert sum(p["x"] for p in points) * size == pytest.approx(view.footprint.energy.joules)
        assert len(figure.rows) == 8

    def test_many_regions_become_one_part(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        from co2lib.report import _runs_charts

        monkeypatch.setattr(_runs_charts, "MOST_PARTS", 2)
        view = _runs.view_of(log("a"))
        figure = _runs_charts.by_region([view], "light")
        assert figure is not None
        points = figure.chart.to_dict()["data"]["values"]
        assert [p["series"] for p in points] == ["A  backward", "B  (all others)"]
        size, _ = _text.best([view.footprint.energy.joules], _text.ENERGY)
        assert sum(p["x"] for p in points) * size == pytest.approx(view.footprint.energy.joules)

    def test_what_has_no_log_is_named(self, log: Log) -> None:
        from co2lib.report import _runs_charts

        with_log = _runs.view_of(log("a"))
        without = _runs.RunView("only a footprint", with_log.footprint)
        figure = _runs_charts.power([with_log, without], "light")
        assert figure is not None
        assert "only a footprint" in figure.caption
        assert _runs_charts.power([without], "light") is None


@needs_altair
def test_the_ninth_line_is_told_from_the_first() -> None:
    from co2lib.report import _charts

    names = [f"gpu-{i}" for i in range(12)]
    assert "condition" not in str(_charts.dash(names))
    found = _charts.dash(names).to_dict()["scale"]["range"]
    colours = _charts.colour(names, "light").to_dict()["scale"]["range"]
    marks = {(str(dashes), hue) for dashes, hue in zip(found, colours, strict=True)}
    assert len(marks) == 12
    assert not hasattr(_charts.dash(names[:8]), "to_dict") or _charts.dash(names[:8]) is None


@needs_altair
class TestAppendix:
    def test_it_has_every_figure_and_every_number(self, log: Log, tmp_path: Path) -> None:
        path = log()
        files = report.appendix(path, tmp_path / "paper" / "run", formats=["svg", "pdf"])
        assert files[-1].name == "tables.md"
        assert {f.name for f in files} >= {"power.svg", "power.pdf", "region-energy.svg", "interval.pdf"}
        for file in files:
            data = file.read_bytes()
            assert data.startswith((b"<svg", b"%PDF", b"# run"))
        text = files[-1].read_text(encoding="utf-8")
        grams = tracker.load(path).footprint().operational.grams
        assert _text.mass(grams) in text
        rows = _runs.regions(_runs.view_of(path))
        for row in rows:
            carbon = _text.mass(report.reprice(row["j"], row["own"], row["pue0"]))
            assert f"| {row['name']} |" in text
            assert f"| {carbon} |" in text
        assert "## How it was measured" in text

    def test_names_are_text_in_it(self, log: Log, tmp_path: Path) -> None:
        name = f"{HOSTILE} | a *b* [c](d)\n\n# e"
        (*_, text) = report.appendix(log(project="p"), tmp_path, formats=[], title=name)
        first = text.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# \\</script\\>\\<img src=x onerror=window.hit=1\\> \\| a \\*b\\* \\[c\\](d) \\# e"
        assert [f.name for f in tmp_path.iterdir() if f.is_file() and f.suffix == ".svg"] == []

    def test_the_verb_writes_it(self, log: Log, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        paths = [str(log(name, epochs=2)) for name in "ab"]
        assert main(["report", *paths, "--appendix", str(tmp_path / "paper")]) == 0
        names = [Path(line).name for line in capfd.readouterr().out.splitlines()]
        assert "runs-power.pdf" in names
        assert names[-1] == "tables.md"
        assert main(["report", *paths, "--appendix", "x", "-o", "y.html"]) == 2
        assert "--appendix" in capfd.readouterr().err

    def test_what_is_wrong_is_said(self, log: Log, tmp_path: Path) -> None:
        path = log()
        with pytest.raises(co2lib.Error, match="known: svg, pdf, png"):
            report.appendix(path, tmp_path, formats=["docx"])
        (tmp_path / "file").write_text("")
        with pytest.raises(co2lib.Error, match="cannot write"):
            report.appendix(path, tmp_path / "file" / "folder", formats=[])


@needs_altair
def test_the_hardware_has_its_share_on_the_page(log: Log, tmp_path: Path) -> None:
    path = log()
    embodied = tracker.load(path).footprint().to_dict()["embodied"]
    page = report.html(path, tmp_path / "r.html").read_text(encoding="utf-8")
    assert f">{_text.mass(embodied['value_g'])}</p>" in page
    assert embodied["issues"]
    for issue in embodied["issues"]:
        assert unescape(issue["text"]) in unescape(page)
    several = report.html([path, log("other")], tmp_path / "several.html").read_text(encoding="utf-8")
    assert several.count(f">{_text.mass(embodied['value_g'])}</td>") == 2


class TestUnlike:
    def test_runs_that_are_alike_have_no_remark(self, log: Log) -> None:
        assert _runs.unlike([_runs.view_of(log("a")), _runs.view_of(log("b", gpu_w=100))]) == []

    def test_what_is_not_alike_is_named(self, log: Log) -> None:
        views = [_runs.view_of(log("a")), _runs.view_of(log("b", stop=False))]
        document = views[1].document
        document["context"] |= {"host": "node7", "cpu_model": ""}
        document["devices"] = [d for d in document["devices"] if d["device"] == "cpu"]
        document["scope"] = {"scope": "process"}
        document["methods"] = [{"method": "model", "share": 1.0}]
        other: Any = SimpleNamespace(document=document)
        found = _runs.unlike([views[0], other])
        here = views[0].document["context"]
        assert found == [
            f"machines: {here['host']}, node7",
            f"processors: {here['cpu_model']}, unknown",
            "counted: the whole machine, the share of a process",
            "devices in the total: 1 x cpu and 1 x gpu, 1 x cpu",
            "energy mostly from: sensors, models",
            "state: ended, not ended",
        ]

    @needs_altair
    def test_the_page_says_it(self, log: Log, tmp_path: Path) -> None:
        first, other = log("a"), log("b")
        text = other.read_text(encoding="utf-8")
        host = tracker.load(first).footprint().to_dict()["context"]["host"]
        other.write_text(text.replace(f'"host":"{host}"', '"host":"node7"'), encoding="utf-8")
        page = unescape(report.html([first, other], tmp_path / "r.html").read_text(encoding="utf-8"))
        assert f"These runs are not alike (machines: {host}, node7)" in page
        assert "runs_not_alike" in page


@needs_altair
class TestUnknown:
    @pytest.fixture
    def several(self, log: Log) -> list[_runs.RunView]:
        views = [_runs.view_of(log("a")), _runs.view_of(log("b"))]
        lost = Path(views[0].log.path if views[0].log else "").read_bytes().splitlines(keepends=True)[0]
        begun = Path("begun.jsonl")
        begun.write_bytes(lost)
        return [*views, _runs.view_of(begun)]

    def test_a_sum_that_lacks_a_run_is_a_lower_bound(self, several: list[_runs.RunView]) -> None:
        from co2lib.report import _run_page

        page = _run_page.runs_page(several)
        known = sum(view.footprint.energy.joules or 0.0 for view in several)
        grams = sum(view.footprint.operational.grams or 0.0 for view in several)
        energy, carbon = page.tiles[1:3]
        assert (energy.mark + energy.value, energy.more) == (
            f"≥ {_text.energy(known)}",
            "1 of 3 runs unknown",
        )
        assert carbon.mark == "≥ "
        assert report.reprice(carbon.j, carbon.own, carbon.pue) == pytest.approx(grams)
        whole = _run_page.runs_page(several[:2]).tiles
        assert [tile.mark for tile in whole] == [""] * 4
        none = _run_page.runs_page(several[2:]).tiles
        assert [none[1].value, none[2].value, none[3].value] == ["unknown"] * 3

    def test_carbon_without_an_energy_is_unknown_in_tables(self, several: list[_runs.RunView]) -> None:
        from co2lib.report import _runs_charts

        rows = _runs_charts.overview(several, "light")[0].rows
        assert [(row[3].text, row[5].text, row[5].j) for row in rows[2:]] == [("unknown", "unknown", None)]

    def test_a_bar_that_is_not_there_says_unknown(self, several: list[_runs.RunView]) -> None:
        spec = report.vegalite([view.footprint for view in several], "runs-energy")
        texts = [layer["encoding"].get("text", {}).get("value") for layer in spec["layer"]]
        assert texts.count("unknown") == 1
        spec = report.vegalite([view.footprint for view in several[:2]], "runs-energy")
        assert "unknown" not in [layer["encoding"].get("text", {}).get("value") for layer in spec["layer"]]

    def test_the_page_keeps_the_mark_when_it_prices_again(
        self, several: list[_runs.RunView], browser: Watched, tmp_path: Path
    ) -> None:
        url = report.html([view.footprint for view in several], tmp_path / "r.html").as_uri()
        page = browser.open(url)
        assert page.inner_text("#tile-carbon").startswith("≥ ")
        page.fill("#pue", "2")
        assert page.inner_text("#tile-carbon").startswith("≥ ")
        assert page.locator("#chart-runs-energy svg :text('unknown')").count() == 1
