# SPDX-License-Identifier: MIT
"""Traces of a run: the weights are the log's energy."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest

from co2lib import tracker
from co2lib.cli.export import TRACES
from co2lib.report import _trace

from .conftest import HOSTILE, Log


def test_folded_stacks_add_up_to_the_run(log: Log) -> None:
    path = log()
    lines = _trace.folded(path).splitlines()
    weights = {name: float(joules) for name, joules in (line.rsplit(" ", 1) for line in lines)}
    total = tracker.load(path).footprint().energy.joules
    assert total is not None
    assert math.fsum(weights.values()) == pytest.approx(total, rel=1e-12)
    assert {"epoch;forward", "epoch;backward", "validate", "epoch"} <= set(weights)
    assert weights["epoch;backward"] > weights["epoch;forward"] > 0


def test_the_trace_has_every_region_and_the_power_of_each_device(log: Log) -> None:
    path = log()
    document = json.loads(_trace.perfetto(path))
    slices = [e for e in document["traceEvents"] if e["ph"] == "X"]
    own = [e["args"]["own_energy_j"] for e in slices]
    total = tracker.load(path).footprint().energy.joules
    assert math.fsum([*own, document["otherData"]["outside_of_regions_j"]]) == pytest.approx(total, rel=1e-12)
    assert len(slices) == 6 * (1 + 4 + 1)
    for e in slices:
        assert sum(v for k, v in e["args"].items() if k.endswith("(J)")) == pytest.approx(
            e["args"]["energy_j"]
        )
    assert {e["name"] for e in document["traceEvents"] if e["ph"] == "C"} == {
        "package-0 power (W)",
        "gpu-0 power (W)",
    }


def test_names_cannot_break_a_line() -> None:
    assert _trace._name(f"a;b\n{HOSTILE}") == f"a,b {HOSTILE}"
    assert _trace._name("\n") == "(no name)"


def test_the_verb_writes_it_and_names_the_formats(log: Log) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "co2lib", "export", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    path = str(log())
    done = run(path, "--as", "folded")
    assert done.returncode == 0, done.stderr
    assert done.stdout == _trace.folded(path)
    assert json.loads(run(path, "--as", "perfetto").stdout)["otherData"]["energy_j"] > 0
    assert set(TRACES) == set(_trace.FORMATS)
    wrong = run(path, "--as", "svg")
    assert wrong.returncode == 2
    assert "perfetto, folded" in wrong.stderr
