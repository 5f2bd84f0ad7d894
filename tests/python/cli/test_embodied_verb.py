# SPDX-License-Identifier: MIT
"""``co2lib embodied`` and ``co2lib factors``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from co2lib.cli.app import app

CAMERA = """\
schema: carbon-bom/1
name: camera node
lifetime_years: 5
parts:
  - {id: soc,  class: ic.logic, area: 60 mm2, node: 14nm}
  - {id: dram, class: ic.dram, capacity: 1 GB, process: dram.generic}
  - {id: psu,  class: manual, carbon: 1.3 kg, source: supplier declaration}
"""


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the machine reaches the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    Path("camera.yaml").write_text(CAMERA)
    Path("small.yaml").write_text(CAMERA.replace("1.3 kg", "1.2 kg"))


def invoke(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_the_verb_prints_the_range_first_then_parts_factors_and_issues() -> None:
    status, out, err = invoke("embodied", "camera.yaml")
    assert (status, err) == (0, "")
    lines = [line.strip() for line in out.splitlines() if line.strip()]
    assert lines[0] == "camera node"
    assert lines[1].startswith("Range")
    assert "90 % of 10000 draws" in out
    for text in ("soc", "ic.logic", "dram.generic", "! truncation_absent", "! default_used", "5 years"):
        assert text in out


def test_the_verb_prints_json() -> None:
    status, out, _ = invoke("embodied", "camera.yaml", "--json", "--draws", "0")
    assert status == 0
    document = json.loads(out)
    assert document["schema"] == "co2lib-embodied/1"
    assert [part["id"] for part in document["parts"]] == ["soc", "dram", "psu"]
    assert document["interval_kg"] is None


def test_compare_says_which_is_lower_or_that_it_is_undecided() -> None:
    status, out, _ = invoke("embodied", "compare", "small.yaml", "camera.yaml")
    assert status == 0
    assert "A is lower" in out
    status, out, _ = invoke("embodied", "compare", "camera.yaml", "camera.yaml")
    assert "undecided" in out
    status, out, _ = invoke("embodied", "compare", "camera.yaml", "small.yaml", "--json")
    assert json.loads(out)["verdict"] == "b_lower"


def test_wrong_use_and_wrong_files_are_one_line() -> None:
    assert invoke("embodied", "absent.yaml")[0] == 2
    status, _, err = invoke("embodied", "compare", "camera.yaml")
    assert status == 2
    assert "compare a.yaml b.yaml" in err
    Path("bad.yaml").write_text(CAMERA.replace("60 mm2", "60 kg"))
    status, out, err = invoke("embodied", "bad.yaml")
    assert (status, out) == (2, "")
    assert err.startswith("error: bad.yaml:5: parts[0].area: '60 kg'")
    assert "[embodied.bad_unit]" in err


def test_a_table_of_ones_own_and_an_act_file() -> None:
    header = "id,value,unit,low,high,boundary,year,region,source,licence\n"
    Path("mine.csv").write_text(header + "dram.generic,9,kg/GB,,,all,2025,,me,CC0-1.0\n")
    _, out, _ = invoke("embodied", "camera.yaml", "--table", "mine.csv", "--json", "--draws", "0")
    assert json.loads(out)["parts"][1]["value_kg"] == 9
    Path("act.yaml").write_text("name: x\nmaterials: {b: {category: pcb, area: 10 cm2, layers: 4}}\n")
    status, out, _ = invoke("embodied", "--act", "act.yaml")
    assert status == 0
    assert "act_defect" in out


def test_factors_shows_a_row_with_range_boundary_year_source_and_licence() -> None:
    status, out, _ = invoke("factors", "logic.epa.7nm")
    assert status == 0
    for text in ("2.15 kWh/cm2", "1.72 to 2.795", "fab gate", "2022", "ACT", "MIT"):
        assert text in out
    assert json.loads(invoke("factors", "logic.epa.7nm", "--json")[1])["low"] == 1.72
    status, _, err = invoke("factors", "logic.epa.7mn")
    assert status == 2
    assert "logic.epa.7nm" in err


def test_factors_searches() -> None:
    status, out, _ = invoke("factors", "--search", "DRAM")
    assert status == 0
    assert "dram.generic" in out
    assert "material.steel" not in out
    rows = json.loads(invoke("factors", "--unverified", "--json")[1])["factors"]
    assert rows
    assert all("unverified" in row["boundary"] + row["source"] for row in rows)
    assert invoke("factors", "--search", "unobtainium")[0] == 1
