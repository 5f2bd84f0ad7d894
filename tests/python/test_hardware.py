# SPDX-License-Identifier: MIT
"""Machines made of files (tests/fixtures) measured end to end, from Python and from the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import co2lib
from co2lib import Host, meter
from co2lib.testing.fakes import ManualClock

TREES = Path(__file__).parents[1] / "fixtures"


def unpack(name: str, root: Path) -> Host:
    """Make a machine of tests/fixtures below `root`; the format is that of tests/fixtures/README.md."""
    folder = root
    for kind in ("sys", "proc", "dev"):
        (root / kind).mkdir(parents=True)
    for line in (TREES / f"{name}.tree").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            folder = root / line.strip("[]")
            continue
        found = re.fullmatch(r"(?P<file>.+?) (?:-> (?P<link>.+)|=(?: (?P<text>.*))?)", line)
        assert found is not None, line
        file = folder / found["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        if found["link"] is not None:
            file.symlink_to(found["link"])
        elif found["text"] is None:
            file.write_text("")
        else:
            file.write_text(found["text"].replace("\\n", "\n").replace("\\t", "\t") + "\n")
    return Host(sysfs=root / "sys", procfs=root / "proc", dev=root / "dev", nvml="")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Host, Path]]:
    for variable in ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(variable, raising=False)
    return lambda name: (unpack(name, tmp_path / name), tmp_path / name)


ALL = sorted(tree.stem for tree in TREES.glob("*.tree"))


@pytest.mark.parametrize("name", ALL)
def test_every_machine_has_findings_with_reasons(
    name: str, machine: Callable[[str], tuple[Host, Path]]
) -> None:
    host, _ = machine(name)
    for finding in co2lib.sensors(host):
        assert finding.reason, finding.provider
        assert finding.availability == "available" or finding.fix, finding.provider
        if finding.availability in ("absent", "no_permission", "masked"):
            assert not finding.used


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("intel_2s", {"powercap"}),
        ("intel_2_dies", {"powercap", "model.ram"}),
        ("amd_epyc", {"powercap", "model.ram"}),
        ("sapphire_rapids", {"powercap"}),
        ("laptop_mmio", {"powercap", "model.ram"}),
        ("jetson_orin_nx", {"ina3221"}),
        ("jetson_agx_orin", {"ina3221"}),
        ("jetson_tx2", {"ina3221"}),
        ("amdgpu", {"powercap", "hwmon", "model.ram"}),
        ("intel_gpu", {"powercap", "hwmon", "model.ram"}),
        ("grace_hopper", {"hwmon"}),
    ],
)
def test_every_machine_uses_its_sensors(
    name: str, used: set[str], machine: Callable[[str], tuple[Host, Path]]
) -> None:
    host, _ = machine(name)
    assert {finding.provider for finding in co2lib.sensors(host) if finding.used} == used


def advance(clock: ManualClock, seconds: int, each: Callable[[int], None]) -> None:
    assert clock.wait_for_waiters(1)
    for second in range(1, seconds + 1):
        each(second)
        clock.advance(1)


def test_two_sockets_are_summed_exactly(machine: Callable[[str], tuple[Host, Path]]) -> None:
    host, root = machine("intel_2s")
    clock = ManualClock()
    zones = root / "sys/class/powercap"

    def draw(second: int) -> None:
        (zones / "intel-rapl:0/energy_uj").write_text(f"{100_000_000 + second * 90_000_000}\n")
        (zones / "intel-rapl:1/energy_uj").write_text(f"{200_000_000 + second * 110_000_000}\n")
        (zones / "intel-rapl:0:0/energy_uj").write_text(f"{20_000_000 + second * 5_000_000}\n")

    with co2lib.track(host=host, clock=clock) as run:
        advance(clock, 10, draw)
    totals = run.footprint.to_dict()["totals"]
    assert totals["cpu"]["energy_j"] == 2000
    assert totals["dram"]["energy_j"] == 50
    assert totals["total"]["energy_j"] == 2050


def test_a_second_control_type_is_counted_once(machine: Callable[[str], tuple[Host, Path]]) -> None:
    host, root = machine("laptop_mmio")
    clock = ManualClock()
    zones = root / "sys/class/powercap"

    def draw(second: int) -> None:
        for zone in ("intel-rapl:0", "intel-rapl-mmio:0"):
            (zones / zone / "energy_uj").write_text(f"{50_000_000 + second * 15_000_000}\n")

    with co2lib.track(host=host, clock=clock) as run:
        advance(clock, 10, draw)
    document = run.footprint.to_dict()
    assert document["totals"]["cpu"]["energy_j"] == 150
    assert [d["duplicate_of"] for d in document["devices"] if "duplicate_of" in d] == ["intel-rapl:0"]


def test_mirrored_dies_are_counted_once(machine: Callable[[str], tuple[Host, Path]]) -> None:
    host, root = machine("intel_2_dies")
    clock = ManualClock()
    zones = root / "sys/class/powercap"

    def draw(second: int) -> None:
        watts = (
            ("intel-rapl:0", 1, 40),
            ("intel-rapl:1", 1, 40),
            ("intel-rapl:2", 5, 30),
            ("intel-rapl:3", 7, 50),
        )
        for zone, start, power in watts:
            (zones / zone / "energy_uj").write_text(f"{(start + second * power) * 1_000_000}\n")

    with co2lib.track(host=host, clock=clock) as run:
        advance(clock, 10, draw)
    assert run.footprint.to_dict()["totals"]["cpu"]["energy_j"] == 400 + 300 + 500


def test_amd_gpus_are_integrated_without_truncation(machine: Callable[[str], tuple[Host, Path]]) -> None:
    host, _ = machine("amdgpu")
    clock = ManualClock()
    with co2lib.track(host=host, clock=clock) as run:
        advance(clock, 10, lambda second: None)
    gpus = {d["id"]: d for d in run.footprint.to_dict()["devices"] if d["device"] == "gpu"}
    assert set(gpus) == {"0000:03:00.0", "0000:0c:00.0"}
    assert gpus["0000:0c:00.0"]["mean_w"] == pytest.approx(249.9, rel=1e-12)
    assert gpus["0000:0c:00.0"]["method"] == "integral"


def test_a_package_that_is_damaged_leaves_the_total_incomplete(
    machine: Callable[[str], tuple[Host, Path]],
) -> None:
    host, root = machine("broken")
    clock = ManualClock()

    def draw(second: int) -> None:
        (root / "sys/class/powercap/intel-rapl:3/energy_uj").write_text(f"{(1 + second * 20) * 1_000_000}\n")

    with co2lib.track(host=host, clock=clock) as run:
        advance(clock, 10, draw)
    totals = run.footprint.to_dict()["totals"]
    assert totals["cpu"]["energy_j"] == 200
    assert "incomplete" in [issue["code"] for issue in totals["issues"]]


def test_the_command_line_lists_the_sensors(
    machine: Callable[[str], tuple[Host, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, _ = machine("jetson_orin_nx")
    typer = pytest.importorskip("typer.testing")
    from co2lib.cli.app import app

    monkeypatch.setattr("co2lib.cli.sensors.Host", lambda: host)
    result = typer.CliRunner().invoke(app, ["sensors", "--json"])
    assert result.exit_code == 1, "a Jetson has no counter, only power"
    found = {f["provider"]: f for f in json.loads(result.stdout)["findings"]}
    assert found["ina3221"]["used"]
    assert found["ina3221"]["value"] == "board 9.5 W"
    assert found["perf_event"]["availability"] == "absent"


def test_findings_name_what_they_measure(machine: Callable[[str], tuple[Host, Path]]) -> None:
    host, _ = machine("grace_hopper")
    hwmon = next(f for f in meter.sensors(host) if f.provider == "hwmon")
    assert [m.name for m in hwmon.meters][:2] == ["Module Power Socket 0", "package-0"]


def test_this_machine_is_asked_without_an_error() -> None:
    code = "import co2lib; print(len(co2lib.sensors()))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(result.stdout) >= 7
    assert result.stderr == ""
