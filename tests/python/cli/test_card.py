# SPDX-License-Identifier: MIT
"""``co2lib card``, ``label``, ``export`` and ``read``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import co2lib
from co2lib import hub
from co2lib.cli import main


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "run.jsonl"
    with co2lib.track(location="FRA", log=file):
        pass
    return file


def test_a_card_is_shown_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = tmp_path / "README.md"
    card.write_text('---\nco2_eq_emissions: "1.5 kg"\n---\n')
    assert main(["card", str(card)]) == 0
    shown = capsys.readouterr().out
    assert "grams: 1500.0 g" in shown
    assert "warning unit_not_grams" in shown
    assert main(["card", str(card), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["grams"] == 1500.0
    card.write_text("---\nco2_eq_emissions: 1,234\n---\n")
    assert main(["card", str(card)]) == 1
    assert main(["card", str(tmp_path / "none.md")]) == 2
    assert "hub.cannot_read" in capsys.readouterr().err


def test_a_footprint_goes_into_a_card(tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = tmp_path / "README.md"
    card.write_bytes(b"---\nlicense: mit\n---\n# M\xff\n")
    assert main(["card", str(card), "--write", str(log), "--training-type", "fine-tuning"]) == 0
    written = card.read_bytes()
    assert written.startswith(b"---\nlicense: mit\nco2_eq_emissions:\n")
    assert written.endswith(b"---\n# M\xff\n")
    assert hub.read_card(written).training_type == "fine-tuning"
    assert main(["card", str(card), "--write", str(log), "--training-type", "fine-tuning"]) == 0
    assert card.read_bytes() == written
    assert "unchanged" in capsys.readouterr().err


def test_a_block_is_rewritten_where_it_is_certain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = tmp_path / "README.md"
    card.write_text('---\nco2_eq_emissions:\n  emissions: "1.5 kg"\n  epochs: 3\n---\n')
    assert main(["card", str(card), "--fix"]) == 0
    assert card.read_text() == "---\nco2_eq_emissions:\n  emissions: 1500.0\n  epochs: 3.0\n---\n"
    card.write_text("---\nco2_eq_emissions: 1,234\n---\n")
    assert main(["card", str(card), "--fix"]) == 2
    assert "ambiguous" in capsys.readouterr().err


def test_exports_are_read_back_and_checked(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bom = tmp_path / "bom.json"
    arguments = ["export", str(log), "--as", "cyclonedx", "--activity", "training", "--model", "m"]
    assert main([*arguments, "--output", str(bom)]) == 0
    main(["read", str(bom), "--json"])
    (line,) = capsys.readouterr().out.splitlines()
    footprint = co2lib.tracker.load(log).footprint()
    assert json.loads(line)["operational_g"] == footprint.operational.grams
    card = tmp_path / "README.md"
    card.write_text(hub.update_card("# M\n", footprint.to_model_card()))
    assert main(["card", str(card), "--check", str(bom)]) == 0
    card.write_text(hub.update_card("# M\n", {"emissions": 5.0}))
    assert main(["card", str(card), "--check", str(bom)]) == 1
    capsys.readouterr()
    assert main(["export", str(log), "--as", "card"]) == 0
    assert capsys.readouterr().out.startswith("co2_eq_emissions:\n")
    assert main(["export", str(log), "--as", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--as", "pdf"], "core.bad_option"),
        (["--as", "cyclonedx", "--model", "m"], "exchange.missing_field"),
        (["--as", "cyclonedx", "--licence", "MIT"], "core.bad_option"),
        (["--as", "boamps", "--counts", "request"], "core.bad_option"),
        (["--as", "sci-ai"], "core.bad_option"),
    ],
)
def test_what_is_wrong_is_one_line(
    log: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: str
) -> None:
    assert main(["export", str(log), *more]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert code in line


def test_a_table_is_labelled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    table = tmp_path / "models.csv"
    table.write_text("id,co2_eq_emissions\na,50\nb,5000\nc,\n")
    assert main(["label", str(table)]) == 0
    shown = capsys.readouterr().out
    assert "3 models: A 1, E 1, none 1" in shown
    assert main(["label", str(table), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["label"] == "A"
    assert main(["label", str(table), "--badge", "a"]) == 0
    assert capsys.readouterr().out.startswith("<svg")
    table.write_text("modelId,co2_eq_emissions\na,50\n")
    assert main(["label", str(table)]) == 0
    assert "A: a" in capsys.readouterr().out
    table.write_text("name,co2_eq_emissions\na,50\n")
    assert main(["label", str(table)]) == 2
    assert "has no column id or modelId" in capsys.readouterr().err
    table.write_text("id,co2_eq_emissions\na,50\n")
    assert main(["label", str(table), "--preset", "none"]) == 2
    assert "hub.unknown_preset" in capsys.readouterr().err
