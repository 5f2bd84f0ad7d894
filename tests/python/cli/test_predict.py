# SPDX-License-Identifier: MIT
"""``co2lib predict``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

GRAPH = {
    "nodes": [
        {"name": "c", "op": "conv", "inputs": ["x"], "attrs": {"k": 3, "s": 2, "pad": 1, "cout": 16}},
        {"name": "r", "op": "relu", "inputs": ["c"]},
    ],
    "outputs": ["r"],
    "shapes": {"x": [1, 3, 96, 96]},
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "model.json"
    file.write_text(json.dumps(GRAPH), encoding="utf-8")
    return file


def test_seconds_joules_and_grams(cli: Any, model: Path) -> None:
    status, out, err = cli.invoke("predict", "h100_sxm", model, "--precision", "int8", "--location", "FRA")
    assert (status, err) == (0, "")
    assert "Latency" in out
    assert "90 %" in out
    assert "roofline 100 % of the energy" in out
    assert "conv-relu" in out
    assert "data_sheet" in out
    status, out, _ = cli.invoke(
        "predict", "sim-npu", model, "--precision", "int8", "--intensity", "360", "--pue", "1.5", "--json"
    )
    document = json.loads(out)
    assert status == 0
    assert document["schema"] == "co2lib-prediction/1"
    joules = document["energy_j"]["value"]
    assert document["carbon_g"]["value"] == pytest.approx(joules / 3.6e6 * 360 * 1.5)


def test_a_workload_of_a_board(cli: Any, tmp_path: Path) -> None:
    series = tmp_path / "grid.csv"
    row = "2026-01-01T{}:00:00Z,2026-01-01T{}:00:00Z,{},gCO2e/kWh,average,lifecycle\n"
    series.write_text(
        "start,end,value,unit,signal,scope\n" + row.format("00", "01", 100) + row.format("01", "02", 300),
        encoding="utf-8",
    )
    status, out, err = cli.invoke("predict", "rp2350", "kws-s", "--intensity", series)
    assert (status, err) == (0, "")
    assert "858 uJ" in out
    assert "no interval is known" in out
    assert "200 g/kWh (the mean of grid.csv)" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("h1000", "m.json"), "inference.unknown_device"),
        (("rp2350", "bert"), "inference.no_profile"),
        (("h100_sxm", "m.pt"), "inference.bad_graph"),
        (("rp2350", "kws-s", "--intensity", "-1"), "core.bad_option"),
        (("rp2350", "kws-s", "--intensity", "1", "--location", "FRA"), "core.bad_option"),
        (("rp2350", "kws-s", "--input-shape", "1,x"), "core.bad_option"),
        (("rp2350", "kws-s", "--intensity", "1", "--pue", "0.5"), "inference.out_of_range"),
    ],
)
def test_what_is_wrong_is_said(cli: Any, arguments: tuple[str, ...], code: str) -> None:
    status, out, err = cli.invoke("predict", *arguments)
    assert status != 0
    assert out == ""
    assert f"[{code}]" in err


def test_a_precision_that_was_not_profiled_is_an_error(cli: Any, model: Path, tmp_path: Path) -> None:
    profile = tmp_path / "pi"
    profile.mkdir()
    said = dict.fromkeys(("device", "processor", "runtime", "firmware", "clocks"), "x") | {
        "date": "2026-11-29"
    }
    forests = [
        {"kernel": "conv", "precision": "fp32", "target": "latency_us", "file": "fp32.conv.latency_us.json"}
    ]
    (profile / "device.json").write_text(
        json.dumps({"format": "co2lib-device/1", **said, "energy": "none", "forests": forests}),
        encoding="utf-8",
    )
    status, out, err = cli.invoke("predict", profile, model, "--precision", "int8")
    assert (status, out) == (2, "")
    assert "[inference.no_profile]" in err
    assert "was not profiled in int8; it was in fp32. Another precision is not used in its place" in err
