# SPDX-License-Identifier: MIT
"""The validation study of PreIndex: its quick version runs, and docs/preindex.md shows what its runs say."""

from __future__ import annotations

import csv
import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from co2lib import preindex

torch = pytest.importorskip("torch", reason="needs PyTorch (only in the full environment)")
pytest.importorskip("sklearn", reason="needs scikit-learn (only in the full environment)")
stats = pytest.importorskip("scipy.stats", reason="needs SciPy (only in the full environment)")

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples" / "python" / "preindex_study.py"
SCIPY = {"pearson": stats.pearsonr, "spearman": stats.spearmanr, "kendall": stats.kendalltau}


@pytest.fixture(scope="module")
def script(load_script: Callable[[Path], ModuleType]) -> Iterator[ModuleType]:
    module = load_script(SCRIPT)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the study does
    yield module
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT), "--quick", "--out", str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "| model | predictor | epochs | energy_kwh | gradient_norm | parameter_change |" in done.stdout
    return folder


def lines(folder: Path) -> list[dict[str, str]]:
    with (folder / "runs.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_retraining_is_a_complete_row(script: ModuleType, quick: Path) -> None:
    rows = lines(quick)
    assert [(row["corruption"], row["level"]) for row in rows] == [
        ("gauss", "0.08"), ("gauss", "0.2"), ("blur", "0.5"), ("blur", "0.9")
    ]  # fmt: skip
    for row in rows:
        assert set(row) == {field.name for field in dataclasses.fields(script.Row)}
        assert row["model"] == "mlp"
        assert int(row["seed"]) >= 11
        value = {key: float(row[key]) for key in (*script.PREDICTORS, *script.COSTS, "gco2e", "train_s")}
        assert all(np.isfinite(x) and x > 0 for x in value.values())
        assert value["preindex"] == preindex.combine(value["p"], value["inv_ari"])
        assert value["p"] <= np.log(2)
        assert value["resque"] <= 1
        assert value["error"] <= 1
        assert value["epochs"] % 0.25 == 0
        assert value["epochs"] <= script.MOST_EPOCHS
        assert (row["reached"] == "True") or value["epochs"] == script.MOST_EPOCHS
        assert float(row["energy_low_kwh"]) <= value["energy_kwh"] <= float(row["energy_high_kwh"])
        assert row["provider"]
        assert row["method"]
    # One price for all: the carbon of a run is that of its energy.
    prices = [float(row["gco2e"]) / float(row["energy_kwh"]) for row in rows]
    assert prices == pytest.approx([prices[0]] * 4, rel=1e-9)
    # Where no sensor is read, every row says that its energy is a model's.
    for row in rows:
        assert ("model_only" in row["issues"]) == (row["method"] == "model")


def test_the_stronger_shift_has_the_greater_index_and_costs_more(quick: Path) -> None:
    rows = lines(quick)
    for weak, strong in ((rows[0], rows[1]), (rows[2], rows[3])):
        for key in ("preindex", "resque", "epochs", "parameter_change"):
            assert float(weak[key]) < float(strong[key]), key


def test_correlations_are_those_of_scipy(script: ModuleType, quick: Path) -> None:
    rows = lines(quick)
    entries = json.loads((quick / "results.json").read_text(encoding="utf-8"))["correlations"]
    pooled = [entry for entry in entries if entry["settings"] == "all"]
    assert {(e["predictor"], e["cost"]) for e in pooled} == {
        (predictor, cost) for predictor in script.PREDICTORS for cost in script.COSTS
    }
    for entry in entries:
        some = [row for row in rows if entry["settings"] in ("all", row["corruption"])]
        x, y = ([float(row[entry[key]]) for row in some] for key in ("predictor", "cost"))
        assert entry["n"] == len(some)
        for name, statistic in SCIPY.items():
            assert -1 <= entry[name] <= 1
            assert entry[name] == pytest.approx(float(statistic(x, y)[0]), abs=1e-9), (name, entry)
    for entry in pooled:
        for name in SCIPY:
            low, high = entry["bootstrap_95"][name]
            assert -1 <= low <= high <= 1
            assert entry["by_seed"][name] == [entry[name]]  # there is one seed


def test_stored_runs_are_evaluated_the_same(script: ModuleType, quick: Path, tmp_path: Path) -> None:
    script.main(["--quick", "--from", str(quick / "runs.csv"), "--out", str(tmp_path)])
    again, first = (json.loads((f / "results.json").read_text(encoding="utf-8")) for f in (tmp_path, quick))
    assert again["correlations"] == first["correlations"]
    assert again["energy_kwh_of_all_retrainings"] == pytest.approx(
        sum(float(row["energy_kwh"]) for row in lines(quick))
    )


def test_retraining_leaves_the_base_alone_and_stops_at_the_target(script: ModuleType) -> None:
    data = script.digits(3)
    x, y = data.images[data.train], data.labels[data.train]
    assert not set(data.train.tolist()) & set(data.test.tolist())
    assert len(y) + len(data.test) == 1797
    torch.manual_seed(3)
    base = script.MLP()
    script.train_base(base, x, y, 5, 3)
    before = [w.detach().clone() for w in base.parameters()]
    metered: dict[str, Any] = {"scope": "process", "location": "FRA"}
    cost = script.retrain(base, x, y, 3, metered)
    assert all(torch.equal(a, b) for a, b in zip(before, base.parameters(), strict=True))
    assert cost["reached"]
    assert 0 < cost["epochs"] < 60
    assert script.accuracy(base, x, y) < 0.99
    assert cost["parameter_change"] > 0
    # The same again, but for the energy: nothing else is random.
    again = script.retrain(base, x, y, 3, metered)
    for key in ("epochs", "gradient_norm", "parameter_change"):
        assert again[key] == pytest.approx(cost[key], rel=1e-4), key


@pytest.mark.parametrize("wrong", [0, 11, 12, 500])
def test_the_target_is_99_percent(script: ModuleType, wrong: int) -> None:
    scores = torch.zeros(1198, 10)
    scores[torch.arange(1198), 3] = 1
    labels = torch.full((1198,), 3)
    labels[torch.randperm(1198, generator=torch.Generator().manual_seed(wrong))[:wrong]] = 4
    model = torch.nn.Identity()
    assert script.knows(model, scores, labels) == (script.accuracy(model, scores, labels) >= 0.99)


def test_impulse_only_darkens(script: ModuleType) -> None:
    images = script.digits(3).images[:40]
    dark = script.corrupted(images, "impulse", 0.2, 3)
    changed = (dark - images).abs() > 1 / 255 + 1e-6
    assert 0.05 < changed[images > 0.5].double().mean() < 0.3
    assert (dark <= images + 1 / 255 + 1e-6).all()


def test_backtest_covers_exchangeable_runs_and_not_a_new_kind(script: ModuleType) -> None:
    random = np.random.default_rng(1)
    filler = {field.name: 0.0 for field in dataclasses.fields(script.Row)}
    rows = []
    for corruption in script.LEVELS:
        for _ in range(20):
            x = random.random()
            offset = 60 if corruption == "blur" else 0
            epochs = 5 + 20 * x + 2 * random.normal() + offset
            made = {"model": "mlp", "corruption": corruption, "preindex": x, "epochs": max(0.0, epochs)}
            rows.append(script.Row(**{**filler, **made, "energy_kwh": 1e-6 * max(0.0, epochs)}))
    calm = [row for row in rows if row.corruption != "blur"]
    for entry in script.backtest(calm, splits=40):
        assert entry["unbounded"] == 0
        if entry["split"] == "random":
            assert 0.75 <= entry["coverage"] <= 0.92, entry
    unseen = [e for e in script.backtest(rows, splits=1) if e["split"] == "new corruption"]
    assert unseen
    # Blur is like no other: a fifth of these forecasts are of it, and miss.
    assert all(entry["coverage"] <= 0.9 for entry in unseen)


def test_the_picture_shows_every_setting(script: ModuleType, quick: Path, tmp_path: Path) -> None:
    pytest.importorskip("altair", reason="needs altair")
    pytest.importorskip("vl_convert", reason="needs vl-convert-python")
    for predictor in ("preindex", "resque"):
        svg = (quick / f"{predictor}.svg").read_text(encoding="utf-8")
        assert svg.startswith("<svg")
        # Two settings of blur in each of four panels, and its sign in the legend.
        assert svg.count('fill="#2e8b57"') == 2 * 4 + 1


# ----------------------------------------------------------------------------------------------------------
# What docs/preindex.md says
# ----------------------------------------------------------------------------------------------------------
def test_the_page_shows_what_the_stored_runs_say(script: ModuleType) -> None:
    page = (ROOT / "docs" / "preindex.md").read_text(encoding="utf-8")
    rows = script.read(ROOT / "docs" / "study" / "runs.csv")
    settings = {(row.model, row.corruption, row.level, row.seed) for row in rows}
    seeds = {row.seed for row in rows}
    assert len(rows) == len(settings) == len(script.MODELS) * 25 * len(seeds)
    assert min(seeds) >= 11
    results = script.evaluate(rows, resamples=2000)
    for table in (script.correlation_table, script.spread_table, script.coverage_table):
        for line in table(results).splitlines():
            assert line in page, line
    assert f"{len(rows)} retrainings" in page
    assert f"{results['runs_at_the_epoch_limit']} of them stopped at the limit" in page
