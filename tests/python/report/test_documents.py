# SPDX-License-Identifier: MIT
"""Pages of plans, bills of materials and labelled models: the same numbers, any name as text."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import adaptive, embodied, report
from co2lib.cli import main
from co2lib.report import _bom_page, _plan_charts, _text

from .conftest import HOSTILE, Watched

pytest.importorskip("altair", reason="needs altair")
HOURS = 72


def a_plan(**limits: Any) -> adaptive.Plan:
    models = [
        adaptive.Model("small", co2lib.Energy.from_kwh(0.001), 60),
        adaptive.Model(HOSTILE, co2lib.Energy.from_kwh(0.002), 80),
        adaptive.Model("large", co2lib.Energy.from_kwh(0.004), 90),
        adaptive.Model("beaten", co2lib.Energy.from_kwh(0.0035), 75),
    ]
    intensity = [300 + 150 * math.sin(h / 24 * math.tau) for h in range(HOURS)]
    limits = limits or {"budget": co2lib.CarbonMass.from_grams(60)}
    return adaptive.plan(models, intensity=intensity, pue=1.2, **limits)


def a_bill() -> embodied.Bom:
    return embodied.parse(
        {
            "schema": "carbon-bom/1",
            "name": HOSTILE,
            "lifetime_years": 5,
            "parts": [
                {"id": "soc", "class": "ic.logic", "area": "60 mm2", "node": "14nm"},
                {"id": "dram", "class": "ic.dram", "capacity": "1 GB", "process": "dram.generic"},
                {"id": "psu", "class": "manual", "carbon": "1.3 kg", "source": HOSTILE},
            ],
        }
    )


LABELS = "\n".join(
    [
        "id,co2_eq_emissions,downloads",
        *(f"org/m{i},{10 ** (i % 5)},{10 ** (i % 7)}" for i in range(40)),
        f'"{HOSTILE}",3,50',
        "org/silent,,",
    ]
)


class TestPlan:
    def test_the_document_says_what_the_plan_says(self) -> None:
        plan = a_plan()
        document = plan.to_dict()
        assert document["schema"] == "co2lib-plan/1"
        assert json.loads(json.dumps(document)) == document
        assert math.fsum(row["carbon_g"] for row in plan.table()) == pytest.approx(document["carbon_g"])
        assert document["pue"] == 1.2
        mean = math.fsum(row["accuracy"] for row in plan.table()) / HOURS
        assert mean == pytest.approx(plan.accuracy)

    def test_steps_that_are_put_together_keep_the_sums(self, monkeypatch: pytest.MonkeyPatch) -> None:
        plan = a_plan().to_dict()
        monkeypatch.setattr(_plan_charts, "MOST_STEPS", 10)
        steps = _plan_charts.Steps(plan)
        assert len(steps.rows) <= 10
        assert sum(row["grams"] for row in steps.rows) == pytest.approx(plan["carbon_g"])
        assert all(sum(row["shares"].values()) == pytest.approx(1) for row in steps.rows)

    def test_ways_are_those_of_the_report(self) -> None:
        plan = a_plan()
        page = _plan_charts.ways({**plan.to_dict(), "reports": {}})
        assert page[0] == ("this plan", plan.accuracy, plan.carbon.grams)
        singles = {f"always {one.name}": one.carbon.grams for one in plan.singles}
        assert {name: grams for name, _, grams in page if name in singles} == pytest.approx(singles)

    @pytest.mark.parametrize("width", [_plan_charts.NARROW, _plan_charts.WIDE])
    def test_letters_of_points_that_lie_together_are_one_text(self, width: float) -> None:
        found = [("a", 80.0, 14.0), ("b", 79.8, 14.1), ("c", 79.9, 17.0), ("d", 60.0, 40.0), ("e", 90.0, 2.0)]
        letters = {name: f"{name.upper()}  {name}" for name, _, _ in found}
        marks = _plan_charts._marks(found, letters, width)
        assert sorted(" ".join(marks).split()) == list("ABCDE")
        assert marks[3:] == ["D", "E"]
        # On a telephone the third lies so near that its letter would be written over the others'.
        wanted = ["A B C", "", ""] if width == _plan_charts.NARROW else ["A B", "", "C"]
        assert marks[:3] == wanted

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"mixes": []}, "mixes: expected a list"),
            ({"demand": [1.0]}, "demand: expected 72 numbers"),
            ({"g_per_kwh": ["x"] * HOURS}, "g_per_kwh: expected 72 numbers"),
            ({"pue": None}, "pue: expected a number"),
            ({"models": [{"name": "small"}]}, r"models\[0\]: expected name"),
            ({"mixes": [{"model": "x", "upgraded": "x", "share": 0}] * HOURS}, r"mixes\[0\]"),
            ({"schema": "co2lib-plan/2"}, "this version reads co2lib-plan/1"),
        ],
    )
    def test_a_plan_that_is_none_names_its_field(self, change: dict[str, Any], says: str) -> None:
        with pytest.raises(co2lib.Error, match=says) as caught:
            report.vegalite({**a_plan().to_dict(), **change}, "plan-models")
        assert caught.value.code == "hub.bad_value"

    def test_the_page_shows_it(self, browser: Watched, tmp_path: Path) -> None:
        plan = a_plan()
        page = browser.open(report.html(plan, tmp_path / "p.html").as_uri(), width=390)
        assert page.evaluate("window.hit") is None
        assert page.locator("#grid").count() == 0
        assert page.locator("[id^=chart-plan] svg").count() == 5
        rows = page.locator("#fig-plan-models tbody tr")
        assert rows.count() == HOURS
        text = page.locator("#fig-plan-ways tbody tr").first.inner_text()
        assert text.split("\t")[1:3] == [f"{plan.accuracy:.4g}", _text.mass(plan.carbon.grams)]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

    def test_the_verb_takes_what_the_verb_plan_wrote(self, tmp_path: Path) -> None:
        file = tmp_path / "plan.json"
        file.write_text(json.dumps(a_plan(price=0.5).to_dict()))
        assert main(["report", str(file)]) == 0
        assert HOSTILE not in (tmp_path / "plan.html").read_text(encoding="utf-8")


class TestBill:
    def test_bins_hold_every_draw(self) -> None:
        draws = a_bill().footprint(seed=1).draws_kg
        found = _bom_page.bins(draws)
        assert sum(count for _, _, count in found) == len(draws)
        assert (found[0][0], found[-1][1]) == pytest.approx((min(draws), max(draws)))
        assert _bom_page.bins([1.0, 1.0]) == []

    @pytest.mark.parametrize("kind", ["bill", "footprint", "document", "yaml", "json"])
    def test_all_its_forms_have_the_page(self, tmp_path: Path, kind: str) -> None:
        bill = a_bill()
        source: Any = {"bill": bill, "footprint": bill.footprint()}.get(kind)
        if source is None:
            source = tmp_path / f"b.{'yaml' if kind == 'yaml' else 'json'}"
            text = bill.footprint().to_json()
            source.write_text(
                'schema: carbon-bom/1\nparts: [{id: psu, class: manual, carbon: 1.3 kg, source: "x"}]\n'
                if kind == "yaml"
                else text
            )
            source = json.loads(text) if kind == "document" else source
        spec = report.vegalite(source, "bom-parts")
        assert "psu" in json.dumps(spec)

    def test_a_bill_that_is_none_names_its_field(self) -> None:
        document = json.loads(a_bill().footprint().to_json())
        document["parts"][1]["value_kg"] = None
        with pytest.raises(co2lib.Error, match=r"parts\[1\]\.value_kg"):
            report.vegalite(document, "bom-parts")

    def test_the_page_shows_it(self, browser: Watched, tmp_path: Path) -> None:
        footprint = a_bill().footprint()
        page = browser.open(report.html(footprint, tmp_path / "b.html").as_uri(), width=390)
        assert page.evaluate("window.hit") is None
        assert page.inner_text("h1") == HOSTILE
        first = max(footprint.parts, key=lambda part: part.value.grams)
        cells = page.locator("#fig-bom-parts tbody tr").first.locator("th, td")
        texts = cells.evaluate_all("n => n.map(x => x.textContent)")
        assert texts[0] == first.id
        assert texts[3] == _text.mass(first.value.grams)
        assert page.locator("[id^=chart-bom] svg").count() == 3
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


class TestLabels:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        pytest.importorskip("pandas", reason="needs pandas")
        path = tmp_path / "labels.csv"
        path.write_text(LABELS)
        return path

    def test_the_letters_are_those_of_the_label(self, file: Path) -> None:
        import pandas

        labelled = co2lib.hub.label(pandas.read_csv(file))
        spec = report.vegalite(labelled, "label-letters")
        base = spec if "values" in spec.get("data", {}) else spec["layer"][0]
        bars = {row["letter"]: row["n"] for row in base["data"]["values"]}
        counts = labelled["label"].value_counts().to_dict()
        assert {letter: n for letter, n in bars.items() if n and letter != "none"} == counts
        assert bars["none"] == labelled["label"].isna().sum()

    @pytest.mark.parametrize(
        ("text", "says"), [("a,b\n1,2\n", "no column id"), ("id,label\nx,Z\n", "expected one of A to E")]
    )
    def test_a_table_that_is_none_is_refused(self, file: Path, text: str, says: str) -> None:
        file.write_text(text)
        with pytest.raises(co2lib.Error, match=says):
            report.html(file, file.with_suffix(".html"))

    def test_the_page_shows_them_and_finds_rows(self, file: Path, browser: Watched, tmp_path: Path) -> None:
        page = browser.open(report.html(file, tmp_path / "l.html").as_uri(), width=390)
        assert page.evaluate("window.hit") is None
        rows = page.locator("#fig-label-table tbody tr:visible")
        assert rows.count() == 42
        page.fill("[data-find=label-table]", "IMG SRC")
        assert rows.count() == 1
        assert page.inner_text("#found-label-table") == "1 of 42 rows"
        page.fill("[data-find=label-table]", "no such model")
        assert page.inner_text("#found-label-table") == "No row matches."
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


class TestCodecarbon:
    """The log of MIEV's own server: one request, measured by CodeCarbon."""

    HEAD = "timestamp,project_name,duration,emissions,energy_consumed,cpu_power"
    ROWS = (
        ("decode", 0.0377497673034668, 0.0000752916, 1.7306083958575376e-07),
        ("load", 12.315958023071287, 0.602791812, 0.0013855418150754),
        ("resize", 23.169793367385864, 1.124901677, 0.0025856328494313),
        ("inference", 2.5811448097229004, 0.124158017, 0.0002853823161288),
    )

    def write(self, file: Path, cpu: str = "0") -> Path:
        lines = [f"2023-03-01T00:00:00,{n},{s!r},{g / 1e3!r},{kwh!r},{cpu}" for n, s, g, kwh in self.ROWS]
        file.write_text("\n".join([self.HEAD, *lines]) + "\n")
        return file

    def test_every_phase_counts_once(self, tmp_path: Path) -> None:
        study = report.Study.from_codecarbon(self.write(tmp_path / "emissions.csv"))
        (model,) = study.models
        joules = {p["name"]: p["energy_j"]["median"] for p in model["phases"]}
        assert sum(joules.values()) == pytest.approx(3.6e6 * 0.004256730041475086, rel=1e-12)
        assert study.g_per_kwh == pytest.approx(435.058549582785, rel=1e-6)
        assert study.grams(sum(joules.values())) == pytest.approx(1.85192679780956, rel=1e-6)
        kinds = {p["name"]: p["kind"] for p in model["phases"]}
        assert kinds == {
            "decode": "marginal",
            "load": "one_off",
            "resize": "marginal",
            "inference": "marginal",
        }
        assert all(p["flags"] == ["cpu_not_measured"] for p in model["phases"])
        assert study.watermark

    def test_a_page_is_made_of_it(self, tmp_path: Path) -> None:
        file = self.write(tmp_path / "emissions.csv", cpu="80")
        assert not any(p["flags"] for p in report.Study.from_codecarbon(file).models[0]["phases"])
        assert 'id="fig-total"' in report.html(file, tmp_path / "e.html").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("a,b\n", "no column project_name"),
            (HEAD + "\n", "has no row"),
            (HEAD + "\n2023,x,1,abc,1,0\n", r"csv:2: emissions: .*'abc'"),
            (HEAD + "\n2023,x,1,0,0,0\n", "energy_consumed is 0"),
        ],
    )
    def test_a_file_that_is_none_names_its_line(self, tmp_path: Path, text: str, says: str) -> None:
        file = tmp_path / "e.csv"
        file.write_text(text)
        with pytest.raises(co2lib.Error, match=says) as caught:
            report.Study.from_codecarbon(file)
        assert caught.value.code == "explorer.bad_study"
