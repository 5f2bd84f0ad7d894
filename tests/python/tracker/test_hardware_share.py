# SPDX-License-Identifier: MIT
"""The share of the machine's hardware: the option, what is shown of it, logs and copies."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import CarbonMass, Host, embodied, tracker
from co2lib.cli import _view

HOUR = 3600.0
YEARS4_H = 4 * 8760


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A server with two sockets, 64 GB and an SSD."""
    files = {
        "proc/cpuinfo": "".join(f"processor : {i}\nphysical id : {i // 2}\n\n" for i in range(4)),
        "proc/meminfo": "MemTotal: 62500000 kB\n",
        "sys/class/dmi/id/chassis_type": "17\n",
        "sys/block/nvme0n1/size": "1000\n",
        "sys/block/nvme0n1/queue/rotational": "0\n",
    }
    for name, text in files.items():
        file = tmp_path / "host" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    root = tmp_path / "host"
    return Host(sysfs=root / "sys", procfs=root / "proc", dev=root / "dev", nvml="")


def footprint(bench: Any, **options: Any) -> co2lib.Footprint:
    with bench.track(**options) as run:
        bench.go(HOUR)
    found: co2lib.Footprint = run.footprint
    return found


def test_it_is_the_machine_by_default(bench: Any, host: Host) -> None:
    f = footprint(bench, host=host)
    whole = embodied.rack_server(cpus=2, ram_gb=64, ssd=1)
    (machine,) = f.machines
    assert machine.basis == "detected"
    assert machine.reserved_s == HOUR
    assert machine.hardware.kilograms == pytest.approx(whole)
    assert f.embodied.kilograms == pytest.approx(whole / YEARS4_H)
    assert f.embodied.interval is not None
    assert f.embodied.interval.confidence == 0.95
    assert (machine.lifetime_low_years, machine.lifetime_years, machine.lifetime_high_years) == (3, 4, 6)
    (part,) = machine.parts
    assert part.name == "2 sockets, 64 GB, 1 SSD"
    assert "Cloud Carbon Footprint" in part.source
    assert part.bounds.low < part.value < part.bounds.high
    assert f.operational.grams is not None
    assert f.embodied.grams is not None
    assert f.sci(2) == pytest.approx((f.operational.grams + f.embodied.grams) / 2)


def test_it_is_shown_everywhere(bench: Any, host: Host) -> None:
    f = footprint(bench, host=host)
    assert "embodied" in str(f)
    assert "detected" in f._repr_html_()
    text = _view.plain(_view.footprint_view(f))
    assert "making it: detected, 1 h 00 min of 4 years (3 to 6)" in text
    assert "2 sockets, 64 GB, 1 SSD" in text
    document = f.to_dict()
    assert document["embodied"]["interval_g"][0] < document["embodied"]["value_g"]
    assert document["machines"][0]["parts"][0]["factors"] == ["model"]
    for other in (tracker.Footprint.from_json(f.to_json()), pickle.loads(pickle.dumps(f)), copy.deepcopy(f)):
        assert other == f
        assert other.embodied == f.embodied


@pytest.mark.parametrize("off", ["off", False])
def test_off_leaves_no_score(bench: Any, host: Host, off: Any) -> None:
    f = footprint(bench, host=host, embodied=off)
    assert f.embodied.value is None
    assert bench.codes(f.embodied) == {"embodied_off"}
    assert f.machines == []
    assert f.sci(1) is None
    assert "embodied_off" in _view.plain(_view.footprint_view(f))


@pytest.mark.parametrize("mass", ["1200 kg", "1.2 t", CarbonMass.from_kilograms(1200)], ids=str)
def test_a_mass_is_the_whole_machine(bench: Any, host: Host, mass: Any) -> None:
    f = footprint(bench, host=host, embodied=mass)
    assert f.embodied.kilograms == pytest.approx(1200 / YEARS4_H)
    assert f.machines[0].basis == "mass"


def test_a_bill_is_in_the_log(bench: Any, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    bill = bench.folder / "node.json"
    part = {"id": "a", "class": "manual", "carbon": {"value": 8, "low": 4, "high": 16}, "source": "me"}
    bill.write_text(json.dumps({"schema": "carbon-bom/1", "lifetime_years": 2, "parts": [part]}))
    monkeypatch.setenv("CO2LIB_EMBODIED", str(bill))
    f = footprint(bench, host=host, log="run.jsonl")
    assert f.embodied.kilograms == pytest.approx(8 / (2 * 8760))
    assert f.machines[0].basis == "node.json"
    bill.unlink()
    assert tracker.load("run.jsonl").footprint() == f


def test_what_cannot_be_read_is_said_before_the_run(bench: Any, host: Host) -> None:
    error = bench.refused(**bench.options(host=host, embodied="none.yaml"))
    assert error.code == "embodied.bad_bom"
    bad = bench.folder / "bad.yaml"
    bad.write_text("schema: carbon-bom/1\nparts: [{id: a, class: row, factor: no.such_row}]\n")
    error = bench.refused(**bench.options(host=host, embodied=bad))
    assert error.code == "embodied.unknown_factor"


def test_a_log_that_does_not_say_has_no_value(bench: Any, host: Host) -> None:
    footprint(bench, host=host, log="run.jsonl")
    log = bench.folder / "run.jsonl"
    lines = log.read_text().splitlines()
    head = json.loads(lines[0])
    del head["context"]["hardware"], head["config"]["embodied"]
    log.write_text("\n".join([json.dumps(head), *lines[1:]]) + "\n")
    f = tracker.load(log).footprint()
    assert f.embodied.value is None
    assert bench.codes(f.embodied) == {"machine_unknown"}
    assert f.sci(1) is None
