# SPDX-License-Identifier: MIT
"""Jobs of many processes: torchrun for real, nodes as fixture trees, arrays that resume, the recipes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import tracker
from co2lib.testing import ManualClock, fake_powercap

CLUSTERS = Path(__file__).resolve().parents[3] / "examples" / "clusters"


def torchrun(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("torch", reason="needs PyTorch")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CO2LIB_FSYNC": "0"}
    return subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc-per-node",
            "2",
            str(CLUSTERS / "train.py"),
            *arguments,
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_ranks_of_torchrun_are_one_footprint(tmp_path: Path) -> None:
    done = torchrun(tmp_path, "--epochs", "2")
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"rank (\d): 2 epochs", done.stdout)) == ["0", "1"]
    runs = [tracker.load(tmp_path / f"run-{rank}.jsonl") for rank in (0, 1)]
    first, second = (run.footprint() for run in runs)
    merged = tracker.merge(runs).footprint()
    # The machine is reported by one of them, and counts once.
    assert first.energy.joules is not None
    assert second.energy.joules is None
    assert "not_owner" in {issue.code for issue in second.issues}
    assert merged.energy.joules == pytest.approx(first.energy.joules, rel=1e-9)
    assert merged.regions["epoch"].count == 4
    assert merged.duration_s < first.duration_s + second.duration_s


def test_a_budget_stops_all_ranks_at_one_epoch(tmp_path: Path) -> None:
    done = torchrun(tmp_path, "--epochs", "50", "--budget-kwh", "1e-12")
    assert done.returncode == 0, done.stderr
    # Rank 1 knows no energy: it stops because rank 0 does.
    assert sorted(re.findall(r"rank (\d): 1 epochs", done.stdout)) == ["0", "1"]


class Node:
    """A machine of files: one package of 100 W; its processes share it."""

    def __init__(self, number: int, clock: ManualClock) -> None:
        self.tree = fake_powercap({"package-0": 0})
        self.tree.write(
            Path("proc/sys/kernel/random/boot_id"), f"0000000{number}-0000-4000-8000-000000000000\n"
        )
        self.tree.write(Path("proc/sys/kernel/hostname"), f"node{number}\n")
        self.clock = clock

    def rank(self, monkeypatch: pytest.MonkeyPatch, number: int, local: int, log: Path) -> Any:
        values = {"RANK": number, "LOCAL_RANK": local, "WORLD_SIZE": 4, "LOCAL_WORLD_SIZE": 2}
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))
        return co2lib.track(
            host=self.tree.host, clock=self.clock, intensity=360, log=log, fsync=False, ram_w=0
        ).start()


def test_four_ranks_on_two_nodes_count_each_node_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    nodes = [Node(number, clock) for number in (1, 2)]
    runs = [
        nodes[number // 2].rank(monkeypatch, number, number % 2, tmp_path / "run-{rank}.jsonl")
        for number in range(4)
    ]
    for second in range(1, 11):
        for node in nodes:
            node.tree.set_energy("intel-rapl:0", second * 100_000_000)
        assert clock.wait_for_waiters(4)
        assert clock.advance(1)
    for run in runs:
        run.stop()
    logs = [tracker.load(tmp_path / f"run-{number}.jsonl") for number in range(4)]
    merged = tracker.merge(logs).footprint()
    assert merged.totals.cpu.energy_j == pytest.approx(2000)
    assert merged.duration_s == pytest.approx(10)
    assert merged == tracker.merge(list(reversed(logs))).footprint()
    halves = [tracker.merge(logs[:2]), tracker.merge(logs[2:])]
    assert tracker.merge(halves).footprint().totals.cpu.energy_j == pytest.approx(2000)


def test_a_card_is_not_written_by_one_of_two_nodes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from co2lib.integrations import Training

    for name, value in {"RANK": 0, "LOCAL_RANK": 0, "WORLD_SIZE": 4, "LOCAL_WORLD_SIZE": 2}.items():
        monkeypatch.setenv(name, str(value))
    training = Training(epochs=1, card="README.md", meters=[], intensity=1, fsync=False)
    training.begin()
    with pytest.warns(UserWarning, match="this process knows one of 2 nodes"):
        training.end()
    assert not Path("README.md").exists()


ARRAY_TASK = """
import os, sys, co2lib
with co2lib.track(
    log=f"task-{os.environ['SLURM_ARRAY_TASK_ID']}.jsonl", log_exists="resume", intensity=100, meters=[]
) as run, run.region("epoch"):
    sum(range(200_000))
    if sys.argv[1:] == ["preempted"]:
        run.tracker.mark("last")
        os.kill(os.getpid(), 9)
"""


def test_a_task_of_an_array_that_was_preempted_goes_on_in_its_log(tmp_path: Path) -> None:
    def task(number: int, *arguments: str) -> int:
        environment = {**os.environ, "SLURM_ARRAY_TASK_ID": str(number)}
        command = [sys.executable, "-P", "-c", ARRAY_TASK, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, timeout=60, check=False).returncode

    assert task(3, "preempted") == -9
    assert task(3) == 0
    assert task(4) == 0
    assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == ["task-3.jsonl", "task-4.jsonl"]
    resumed = tracker.load(tmp_path / "task-3.jsonl").footprint()
    assert resumed.segments == 2
    assert resumed.downtime_s > 0
    assert not resumed.complete  # a part of it was killed: what that cost is not known
    both = tracker.merge([tracker.load(path) for path in sorted(tmp_path.glob("*.jsonl"))]).footprint()
    assert both.regions["epoch"].count == 2


# The recipes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted(CLUSTERS.glob("*.sbatch")), ids=lambda file: file.name)
def test_a_batch_script_is_a_script(file: Path) -> None:
    done = subprocess.run(["bash", "-n", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = file.read_text(encoding="utf-8").splitlines()
    first_command = next(n for n, line in enumerate(lines) if line.strip() and not line.startswith("#"))
    # What comes after a command is no option of sbatch.
    assert not any(line.startswith("#SBATCH") for line in lines[first_command:])


@pytest.mark.parametrize("file", sorted(CLUSTERS.glob("*")), ids=lambda file: file.name)
def test_a_recipe_uses_variables_and_options_that_there_are(file: Path) -> None:
    from typer.testing import CliRunner

    from co2lib import _config
    from co2lib.cli.app import app

    text = file.read_text(encoding="utf-8")
    for name in re.findall(r"CO2LIB_(\w+)", text):
        assert name.lower() in _config.OPTIONS, name
    known = CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "200"}).stdout
    flat = re.sub(r'[",]', " ", text.replace("\\\n", " "))
    for part in re.findall(r"co2lib\s+run\s(.*?)\s--\s", flat):
        for option in re.findall(r"--[a-z][\w-]*", part):
            assert option in known, option


@pytest.mark.parametrize("name", ["kubernetes.yaml", "compose.yaml"])
def test_a_manifest_is_yaml_and_mounts_nothing_writable_of_the_host(name: str) -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    text = (CLUSTERS / name).read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    assert "privileged" not in json.dumps(document)
    if name == "kubernetes.yaml":
        pod = document["spec"]["template"]["spec"]
        host_paths = {volume["name"] for volume in pod["volumes"] if "hostPath" in volume}
        mounts = pod["containers"][0]["volumeMounts"]
        assert all(mount.get("readOnly") for mount in mounts if mount["name"] in host_paths)
    else:
        assert "/sys/devices/virtual/powercap:/powercap:ro" in text
