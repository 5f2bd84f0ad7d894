# SPDX-License-Identifier: MIT
"""co2lib conform: vectors that hold, that fail, and files that hold none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def vectors(path: Path, *expected: float) -> Path:
    listed = [
        {
            "id": f"V{number}",
            "kind": "meter.convert",
            "input": {"value": 1, "from": "kWh", "to": "J"},
            "expected": {"value": value},
        }
        for number, value in enumerate(expected)
    ]
    path.write_text(json.dumps({"schema": "co2lib-vectors/1", "vectors": listed}))
    return path


def test_conform(cli: Any, tmp_path: Path) -> None:
    good, bad = vectors(tmp_path / "good.json", 3.6e6), vectors(tmp_path / "bad.json", 3.6e6, 1.0)
    assert cli.invoke("conform", good) == (0, "1 passed, 0 failed, 0 skipped\n", "")
    status, out, _ = cli.invoke("conform", good, bad)
    assert status == 1
    assert "V1" in out
    assert "V0" not in out
    assert out.endswith("\n2 passed, 1 failed, 0 skipped\n")


def test_conform_json(cli: Any, tmp_path: Path) -> None:
    bad = vectors(tmp_path / "bad.json", 3.6e6, 1.0)
    status, out, _ = cli.invoke("conform", "--json", bad)
    assert status == 1
    document = json.loads(out)
    assert (document["passed"], document["failed"], document["skipped"]) == (1, 1, 0)
    assert [o["status"] for o in document["outcomes"]] == ["passed", "failed"]
    assert document["outcomes"][1]["file"] == str(bad)
    assert document["outcomes"][1]["differences"]


def test_conform_of_no_vectors_is_an_error(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("[]")
    status, _, err = cli.invoke("conform", tmp_path / "no.json")
    assert status == 2
    assert err.endswith("[core.bad_vectors]\n")


def test_conform_runs_what_it_can(cli: Any, tmp_path: Path) -> None:
    good = vectors(tmp_path / "good.json", 3.6e6)
    status, out, err = cli.invoke("conform", "missing.json", good)
    assert (status, out) == (2, "1 passed, 0 failed, 0 skipped\n")
    assert err == "error: missing.json: No such file or directory [core.bad_vectors]\n"
