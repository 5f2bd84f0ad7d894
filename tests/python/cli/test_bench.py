# SPDX-License-Identifier: MIT
"""`co2lib bench` and `co2lib compare` as programs: files, exit statuses, what is said."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from co2lib import bench

FAST = ["--cooldown-s", "0", "--warmup", "0", "--min-rounds", "4", "--max-rounds", "4", "--no-fsync"]
MODEL = ["--meters", "none", "--tdp-w", "10"]


def series(path: Path, energies: list[float], session: str = "s", **more: Any) -> Path:
    runs = [
        bench.BenchRun(n, (n + (path.stem != "a")) % 2, float(n), 1.0, e, 0.95 * e, 1.05 * e, 2.0)
        for n, e in enumerate(energies)
    ]
    bench.Bench(session, path.stem, "train", {}, runs=runs, complete=True, **more).write(path)
    return path


def test_a_command_is_measured_into_a_file(cli: Any) -> None:
    status, out, err = cli.invoke(
        "bench", *FAST, *MODEL, "-o", "one.jsonl", "--", sys.executable, "-c", cli.busy
    )
    assert status == 0, err
    assert "energy" in out
    assert "above idle" in out
    one = bench.load("one.jsonl")
    assert one.complete
    assert len(one.runs) == 4
    assert sys.executable in one.command
    assert one.values()


def test_two_commands_are_compared(cli: Any) -> None:
    base = f"{sys.executable} -c pass"
    command = [sys.executable, "-c", "import time; time.sleep(0.2)"]
    status, _, err = cli.invoke(
        "bench", *FAST, *MODEL, "--base", base, "--base-output", "a.jsonl", "-o", "b.jsonl", "--", *command
    )
    assert status == 0, err
    status, out, _ = cli.invoke("compare", "a.jsonl", "b.jsonl", "--metric", "time", "--max-increase", "20%")
    assert status == 1
    assert "Above the limit of +20.00%" in out
    status, out, _ = cli.invoke("compare", "b.jsonl", "a.jsonl", "--metric", "time", "--json")
    assert status == 0
    assert json.loads(out)["decision"] == "within"


def test_the_exit_status_is_the_decision(cli: Any, tmp_path: Path) -> None:
    noise = [1.0, 1.001, 0.999, 1.002, 0.998, 1.0, 1.001, 0.999]
    a = series(tmp_path / "a.jsonl", [100 * n for n in noise])
    b = series(tmp_path / "b.jsonl", [104 * n for n in reversed(noise)])
    assert cli.invoke("compare", a, b, "--max-increase", "5%")[0] == 0
    status, out, _ = cli.invoke("compare", a, b, "--max-increase", "3%")
    assert status == 1
    assert "+4.00%" in out
    status, out, _ = cli.invoke("compare", a, b, "--max-increase", "4%")
    assert status == 3
    assert "Undecided" in out
    assert "more rounds" in out


def test_a_single_run_is_undecided(cli: Any, tmp_path: Path) -> None:
    a, b = series(tmp_path / "a.jsonl", [100.0]), series(tmp_path / "b.jsonl", [900.0])
    status, out, _ = cli.invoke("compare", a, b, "--max-increase", "5%")
    assert status == 3
    assert "too few" in out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["a.jsonl", "b.jsonl", "--max-increase", "5"], "'5' is not a percentage, such as 5%"),
        (["a.jsonl", "b.jsonl", "--max-increase", "nan%"], "not a percentage"),
        (["a.jsonl", "b.jsonl", "--metric", "carbon"], "known: energy, net, time"),
        (["a.jsonl", "none.jsonl", "--max-increase", "5%"], "No such file"),
    ],
)
def test_wrong_use_is_2(cli: Any, tmp_path: Path, arguments: list[str], text: str) -> None:
    series(tmp_path / "a.jsonl", [1.0])
    series(tmp_path / "b.jsonl", [1.0])
    status, _, err = cli.invoke("compare", *arguments)
    assert status == 2
    assert text in err
    assert len(err.splitlines()) == 1


def test_the_log_of_a_run_is_no_benchmark(cli: Any, logs: list[Path]) -> None:
    status, _, err = cli.invoke("compare", *logs)
    assert status == 2
    assert "not a file of `co2lib bench`" in err


def test_a_command_that_fails_ends_it_with_its_status(cli: Any) -> None:
    status, _, err = cli.invoke("bench", *FAST, *MODEL, "--", sys.executable, "-c", "raise SystemExit(7)")
    assert status == 7
    assert "ended with status 7" in err


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["--", "no-such-program"], 127, "command not found"),
        (["--base", "no-such-program", "--", sys.executable], 127, "command not found"),
        (["--base-output", "a.jsonl", "--", sys.executable], 2, "give the command too"),
        (["--base", "'", "--", sys.executable], 2, "--base"),
        (["--precision", "2", "--", sys.executable], 2, "not a percentage"),
        (["-o", "-", "--", sys.executable], 2, "takes a file"),
        (["-o", "none/a.jsonl", "--", sys.executable], 2, "cannot_write"),
        (["--min-rounds", "2", "--", sys.executable, "-c", "pass"], 2, "4 <= 2"),
    ],
)
def test_wrong_use_of_bench(cli: Any, arguments: list[str], status: int, text: str) -> None:
    found, _, err = cli.invoke("bench", *arguments)
    assert found == status
    assert text in err


def test_secrets_of_the_command_stay_out_of_the_file(cli: Any) -> None:
    status, _, err = cli.invoke(
        "bench", *FAST, *MODEL, "-o", "x.jsonl", "--", sys.executable, "-c", "pass", "--token", "hunter2"
    )
    assert status == 0, err
    assert "hunter2" not in Path("x.jsonl").read_text()
