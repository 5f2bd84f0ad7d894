# SPDX-License-Identifier: MIT
"""The truth bench: our own column holds the truth, and the judgement of answers can tell truth from error."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "benchmarks" / "truth"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"truth_{name}", BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


run, own = load("run"), load("own")
ON_GPU = ("T09", "T10", "T19", "T22")
FLAGGED = {
    "T02": "wrap_modulus_unknown",
    "T09": "reset",
    "T12": "location_unknown",
    "T21": "frozen",
}
SAID = {**FLAGGED, "T05": "mirrored", "T22": "frozen", "T23": "clock_step"}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CO2LIB_LOCATION", "CO2LIB_INTENSITY", "CO2LIB_METERS", "CO2LIB_LOG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def nvml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which(os.environ.get("CC", "cc")) is None:
        pytest.skip("there is no C compiler to build the fake library with")
    folder: Path = run.fake_nvml(tmp_path_factory.mktemp("nvml"))
    return folder


def ours(name: str) -> dict[str, Any]:
    found: dict[str, Any] = own.ROWS[name][0](*run.vectors_of(name))
    return found


@pytest.mark.parametrize("name", [name for name in run.ROWS if name not in ON_GPU])
def test_our_column(name: str) -> None:
    check(name, ours(name))


@pytest.mark.parametrize("name", ON_GPU)
def test_our_column_on_gpus(name: str, nvml: Path) -> None:
    check(name, run.ask("co2lib", name, Path(sys.executable), nvml))


def check(name: str, found: dict[str, Any]) -> None:
    assert run.verdict(name, found) == ("flagged" if name in FLAGGED else "exact"), found
    assert SAID.get(name, "") in found["log"]


def test_our_numbers_are_those_of_the_golden_vectors() -> None:
    for name in ("T01", "T07", "T18"):
        answer = ours(name)
        expected: Any = run.vectors_of(name)[0]["expected"]
        joules = expected["totals"]["total_j"] if "totals" in expected else expected["energy_j"]
        assert answer["value"] == pytest.approx(joules, rel=1e-12)
    assert ours("T20")["note"] == "copies: none"
    assert ours("T05")["note"] == "copies: intel-rapl:1"
    unknown = ours("T02")
    assert unknown["value"] is None
    assert unknown["bounds"] == [0.67115, 10000]


def answered(value: Any, **more: Any) -> dict[str, Any]:
    return {**own.answer(value), **more}


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("T05", answered(68.0), "exact"),
        ("T05", answered(136.0), "wrong"),
        ("T05", answered(68.0, also=[["two real packages", 51.0]]), "depends"),
        ("T10", answered(0.0, log="failed"), "wrong, logged"),
        ("T02", answered(None, raises="ValueError: no range"), "raises"),
        ("T02", answered(None, log="no range"), "no value"),
        ("T02", answered(-262142.3), "wrong"),
        ("T09", answered(-4999.0), "wrong"),
        ("T09", answered(2000.0), "wrong"),  # a value without a word about the reset
        ("T12", answered(3.94, text="3.94 g/kWh, quebec", log="using Canada"), "wrong, logged"),
        ("T12", answered(230.0, text="230 g/kWh, Germany"), "wrong"),
        ("T12", answered(445.0, text="445 g/kWh, world", log="global average"), "flagged"),
        ("T13", answered([38, 38, 35]), "wrong"),
        ("T14", answered([70.0, 38.0]), "wrong"),
        ("T16", answered(1.0000008), "wrong"),
        ("T18", answered(None, not_run="no answer"), "not run"),
        ("T08", {"missing": "no regions"}, "-"),
        ("T19", answered(1000.0), "wrong"),  # the first rank alone
        ("T20", answered(3001.5), "wrong"),
        ("T21", answered(0.0), "wrong"),
        ("T21", answered(0.0, log="measured as zero"), "wrong, logged"),
        ("T21", answered(540.0, log="frozen"), "flagged"),  # a model, and it says so
        ("T21", answered(540.0), "wrong"),
        ("T22", answered(0.0, log="measured as zero"), "wrong, logged"),
        ("T23", answered([120_000.0]), "exact"),  # a tool that takes no place
        ("T23", answered([120_000.0, 1.0]), "exact"),
        ("T23", answered([120_000.0, 1.8]), "wrong"),  # all of it priced with the second place
        ("T23", answered([60_000.0, 1.0]), "wrong"),
        ("T24", answered(156.25), "wrong"),
    ],
)
def test_judgement(name: str, found: dict[str, Any], expected: str) -> None:
    assert run.verdict(name, found) == expected


def test_the_traces_of_this_bench_are_what_they_say() -> None:
    own_traces = {name: run.vectors_of(name)[0]["input"] for name in run.ROWS if name > "T18"}
    assert sum(own_traces["T19"]["watts"]) * own_traces["T19"]["duration_s"] == 3000
    first, second = (zone["samples"] for zone in own_traces["T20"]["zones"])
    assert first[0] == second[0] == [0, 0]
    assert (first[-1][1] + second[-1][1]) / 1e6 == 6003
    assert len({value for _, value in own_traces["T21"]["zones"][0]["samples"]}) == 1
    parts = own_traces["T23"]["parts"]
    begins = [part["start_s"] + sum(p["clock_s"] for p in parts[: n + 1]) for n, part in enumerate(parts)]
    assert begins[0] < begins[1] < parts[0]["stop_s"]  # both parts claim the same time
    job = [p for p in own_traces["T24"]["processes"] if p["name"] != "neighbour"]
    assert sum(p["cpu_s"][-1][1] for p in job) == 20


def test_the_proc_of_a_trace_shows_who_is_alive(tmp_path: Path) -> None:
    root = tmp_path / "proc"
    tree = own.truthprocs.Procfs(root, run.vectors_of("T24")[0])
    tree.play(2.0)
    assert sorted(p.name for p in root.iterdir()) == sorted(["stat", str(os.getpid()), "4000001", "4000004"])
    fields = (root / "4000001" / "stat").read_text().rpartition(")")[2].split()
    assert int(fields[1]) == os.getpid()
    assert int(fields[11]) == 5 * os.sysconf("SC_CLK_TCK")
    tree.play(2.5)
    assert not (root / "4000001").exists()
    me = (root / str(os.getpid()) / "stat").read_text().rpartition(")")[2].split()
    assert me[13] == "0"  # nobody waited for it
    tree.play(10.0)
    busy = int((root / "stat").read_text().split()[1])
    assert busy == 40 * os.sysconf("SC_CLK_TCK")


def test_every_cell_of_the_page_was_asked() -> None:
    page = (BENCH.parents[1] / "docs" / "truth.md").read_text()
    rows = [
        line for line in page.split("## How the tools are driven")[0].splitlines() if line.startswith("| T")
    ]
    assert [line.split(" | ")[0].strip("| ") for line in rows] == list(run.ROWS)
    assert not [line for line in rows if "not asked" in line]
    assert all(line.split(" | ")[3].split(":")[0] in ("exact", "flagged") for line in rows)


# ------------------------------------------------------------------------------------------------------------
# Attribution
# ------------------------------------------------------------------------------------------------------------
attribution = run.attribution


@pytest.mark.parametrize("kind", attribution.KINDS)
def test_parts_are_the_whole_and_bounds_hold_the_truth(kind: str) -> None:
    row = attribution.row_of(kind, 2)
    assert row.right(), row
    assert row.held == row.traces == 2


def test_the_judgement_of_a_division_can_fail() -> None:
    def of(**wrong: float) -> Any:
        good = {"own": 5.0, "low": 4.0, "high": 6.0, "parts": 10.0, "energy": 10.0, "least": 2.0}
        row = attribution.Row("idle")
        row.add(attribution.Answers(5.0, 5.5, True, attribution.Division(**good | wrong), 5.0, 4.4))
        return row

    assert of().right()
    assert not of(low=5.1).right()
    assert not of(high=4.9).right()
    assert not of(parts=10.0001).right()
    assert not of(least=-1e-9).right()
    assert of().errors["Kepler"] == [pytest.approx(0.5 / 5.5)]
    assert of(own=6.0).errors["co2lib, idle power told"] == [pytest.approx(0.2)]


def test_a_simulated_machine_is_what_it_says() -> None:
    made = attribution.world("resets", 3)
    after = made.resets[-1] + 0.01
    assert made.count(after) == int((made.energy(after) - made.energy(made.resets[-1])) * 1e6)
    children = attribution.world("children", 0)
    assert len(children.own()) > 1
    assert children.truth(idle_known=True) < children.truth(idle_known=False)
    assert children.truth(idle_known=False) < children.energy(children.times[-1])
    assert attribution.kepler(children) > 0
    assert 0 < attribution.scaphandre(children) < children.energy(children.times[-1])
