# SPDX-License-Identifier: MIT
"""``co2lib plan``: the plan with every baseline, as text and as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

MODELS = """
- {name: small, energy: 1 Wh, accuracy: 60}
- {name: medium, energy: 2 Wh, accuracy: 80}
- {name: large, energy: 4 Wh, accuracy: 90}
"""


def at(hour: int) -> str:
    return f"2026-03-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    models, trace = tmp_path / "models.yaml", tmp_path / "trace.csv"
    models.write_text(MODELS)
    rows = [
        f"{at(h)},{at(h + 1)},{300 + 150 * math.sin(h / 24 * math.tau):.2f},g/kWh,average,lifecycle"
        for h in range(24 * 14)
    ]
    trace.write_text("\n".join(["start,end,value,unit,signal,scope", *rows]) + "\n")
    return models, trace


def test_plan_prints_every_baseline(cli: Any, files: tuple[Path, Path]) -> None:
    status, out, err = cli.invoke("plan", *files, "--budget", "250g")
    assert (status, err) == (0, "")
    for says in (
        "Can adapting help?",
        "always small",
        "always large",
        "carbon-agnostic mix at this carbon",
        "carbon-agnostic mix of this accuracy",
        "yesterday's curve",
        "offline optimum",
        "in sample",
    ):
        assert says in out


def test_plan_json_and_controllers(cli: Any, files: tuple[Path, Path]) -> None:
    status, out, err = cli.invoke(
        "plan", *files, "--budget", "2.5kg", "--requests", "10", "--json", "--controller", "pacing"
    )
    assert (status, err) == (0, "")
    document = json.loads(out)
    assert document["schema"] == "co2lib-plan/1"
    assert document["slots"] == len(document["mixes"]) == 336
    assert set(document["reports"]) == {"plan", "pacing"}
    best, served = (document["reports"][name]["rows"][0] for name in ("plan", "pacing"))
    assert served["accuracy"] < best["accuracy"]
    assert document["carbon_g"] == pytest.approx(2500)


def test_plan_of_a_part_for_an_accuracy(cli: Any, files: tuple[Path, Path]) -> None:
    status, out, _ = cli.invoke(
        "plan",
        *files,
        "--accuracy",
        "85",
        "--from",
        "2026-03-02T00:00:00Z",
        "--to",
        "2026-03-03T00:00:00Z",
        "--json",
    )
    assert status == 0
    assert json.loads(out)["slots"] == 24
    assert json.loads(out)["accuracy"] == pytest.approx(85)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "exactly one of --budget"),
        (("--budget", "1g", "--price", "1"), "exactly one of --budget"),
        (("--accuracy", "80", "--controller", "pacing"), "--controller needs --budget"),
        (("--budget", "1g"), "least carbon"),
        (("--budget", "1 cow"), "cow"),
        (("--budget", "1kg", "--controller", "magic"), "known: pacing, mpc, primal_dual"),
    ],
)
def test_plan_refuses(cli: Any, files: tuple[Path, Path], options: tuple[str, ...], says: str) -> None:
    status, out, err = cli.invoke("plan", *files, *options)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_plan_without_its_files(cli: Any, files: tuple[Path, Path], tmp_path: Path) -> None:
    status, out, err = cli.invoke("plan", tmp_path / "no.yaml", files[1], "--budget", "1kg")
    assert (status, out) == (2, "")
    assert "no.yaml" in err
    assert "[adaptive.bad_file]" in err
