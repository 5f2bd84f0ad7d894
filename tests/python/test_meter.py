# SPDX-License-Identifier: MIT
from __future__ import annotations

import gc
import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import meter
from co2lib.testing.fakes import FakeHost, FakeMeter, ManualClock, fake_powercap

GOLDEN = Path(os.environ.get("CO2LIB_GOLDEN_DIR", Path(__file__).parents[1] / "golden")) / "meters.json"
VECTORS = json.loads(GOLDEN.read_text(encoding="utf-8"))["vectors"]


def vectors(kind: str) -> list[Any]:
    chosen = [
        v
        for v in VECTORS
        if v["kind"] == f"meter.{kind}" and not v["input"].get("model", "").startswith("codecarbon.")
    ]
    assert chosen, f"no vector of kind meter.{kind}"
    return [pytest.param(v, id=v["id"]) for v in chosen]


def matches(actual: Any, expected: Any, tolerance: Any) -> bool:
    """Compare as VECTORS.md says; only the keys of `expected`."""
    if isinstance(expected, dict):
        return all(matches(actual[k], v, tolerance) for k, v in expected.items())
    if isinstance(expected, list):
        return len(actual) == len(expected) and all(
            matches(a, e, tolerance) for a, e in zip(actual, expected, strict=True)
        )
    if isinstance(expected, float) or (isinstance(expected, int) and isinstance(actual, float)):
        if not isinstance(tolerance, dict):
            return bool(actual == expected)
        limit = max(tolerance.get("abs", 0), tolerance.get("rel", 0) * abs(expected))
        return bool(abs(actual - expected) <= limit)
    return bool(actual == expected and type(actual) is type(expected))


@pytest.mark.parametrize("vector", vectors("model"))
def test_golden_model(vector: dict[str, Any]) -> None:
    given = vector["input"]
    size = {"tdp_w": given.get("tdp_w"), "cpus": given.get("cpus")}
    watts = {
        "cpu_load": lambda: meter.cpu_load_power(given["utilisation"], **size),
        "cpu_constant": lambda: meter.cpu_constant_power(**size),
        "ram": lambda: meter.ram_power(given["gib"]),
    }[given["model"]]()
    actual = {"power_w": watts.value, "bounds_w": [watts.low, watts.high]}
    assert matches(actual, vector["expected"], vector["tolerance"]), actual


@pytest.mark.parametrize("vector", vectors("attribution"))
def test_golden_attribution(vector: dict[str, Any]) -> None:
    given = vector["input"]
    idle = given["idle_power_w"]
    result = meter.attribute(
        co2lib.Energy.from_joules(given["energy_j"]),
        given["duration_s"],
        given["cpus"],
        given["busy_cpu_s"],
        given["process_cpu_s"],
        idle_power=None if idle is None else co2lib.Power.from_watts(idle),
    )
    actual = {
        "processes": {
            name: {
                "energy_j": share.energy.joules,
                "bounds_j": [share.bounds.low.joules, share.bounds.high.joules],
            }
            for name, share in result.targets.items()
        },
        "other_j": result.other.joules,
        "idle_j": result.idle.joules,
        "sum_j": result.total.joules,
    }
    assert matches(actual, vector["expected"], vector["tolerance"]), actual


@pytest.mark.parametrize("vector", vectors("gpu_select"))
def test_golden_gpu_select(vector: dict[str, Any]) -> None:
    given = vector["input"]
    result = meter.select_gpus(
        [meter.GpuDevice(**d) for d in given["devices"]],
        option=given["option"],
        cuda_visible_devices=given["env"].get("CUDA_VISIBLE_DEVICES"),
        cuda_device_order=given["env"].get("CUDA_DEVICE_ORDER"),
    )
    assert result.selected == vector["expected"]["selected"]
    assert {i.code for i in result.issues} == set(vector["expected"]["flags"])


@pytest.mark.parametrize("vector", vectors("cgroup"))
def test_golden_cgroup(vector: dict[str, Any]) -> None:
    given = vector["input"]
    limits = meter.container_limits(
        given["files"], cpus=given["host"]["cpus"], memory_bytes=given["host"]["mem_bytes"]
    )
    actual = {"version": limits.version, "cpus": limits.cpus, "memory_bytes": limits.memory_bytes}
    assert matches(actual, vector["expected"], vector["tolerance"]), actual


@pytest.mark.parametrize("vector", vectors("powercap_unit"))
def test_golden_powercap_unit(vector: dict[str, Any]) -> None:
    unit = meter.recover_powercap_unit(vector["input"]["max_energy_range_uj"])
    assert unit is not None
    actual = {
        name: getattr(unit, name) for name in ("unit_nj", "exact_unit_j", "modulus_counts", "truncation_ppm")
    }
    assert matches(actual, vector["expected"], vector["tolerance"]), actual


def test_no_unit_gives_this_range() -> None:
    assert meter.recover_powercap_unit(262143328851) is None


def test_sensors_of_a_fake_machine() -> None:
    machine = fake_powercap({"package-0": 5_000_000, "package-0/dram": 0, "psys": 7})
    found = {f.provider: f for f in co2lib.sensors(machine.host)}
    assert found["powercap"].availability == "available"
    assert found["powercap"].used
    assert [m.domain for m in found["powercap"].meters] == ["package", "dram", "psys"]
    assert not found["model.ram"].used
    assert json.loads(json.dumps(found["powercap"].to_dict()))["meters"][0]["wrap_max"] == 262143328850
    assert str(found["powercap"]).startswith("powercap: available: 3 of 3 zones")


def test_parts_come_after_their_package() -> None:
    with pytest.raises(ValueError, match="before its package"):
        fake_powercap({"package-0/dram": 0, "package-0": 1})


def test_open_reads_the_counters() -> None:
    machine = fake_powercap({"package-0": 5_000_000})
    meters = meter.open(host=machine.host)
    assert [m.info().id for m in meters] == ["intel-rapl:0", "model.ram"]
    assert meters[0].sample() == meter.Count(5_000_000)
    machine.set_energy("intel-rapl:0", 6)
    assert meters[0].sample() == meter.Count(6)
    machine.set_energy_text("intel-rapl:0", "0x6\n")
    assert meters[0].sample().why == "parse"
    exact = meter.open(host=machine.host, modulus="exact_unit")[0].info()
    assert exact.unit == (1, 16384)
    assert exact.wrap_max == 2**32


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"meters": ["rapl"]}, "powercap"),
        ({"meters": [3]}, "or a callable"),
        ({"meters": [dict]}, "or a callable"),
        ({"modulus": "both"}, "kernel_max"),
        ({"tdp_w": -1}, "tdp_w"),
    ],
)
def test_wrong_options(options: dict[str, Any], text: str) -> None:
    with pytest.raises(co2lib.Error, match=text) as caught:
        meter.open(host=FakeHost().host, **options)
    assert caught.value.code == "meter.bad_option"
    assert isinstance(caught.value, ValueError)


def test_gpu_option() -> None:
    device = meter.GpuDevice(0, "GPU-1", "A", ["MIG-1"])
    assert meter.select_gpus([device], "none").selected == []
    assert meter.select_gpus([device], ["MIG-1", 0]).selected == [0]
    for bad in ([1], ["GPU-2"], "all"):
        with pytest.raises(co2lib.Error) as caught:
            meter.select_gpus([device], bad)
        assert caught.value.code == "meter.bad_option"


class Psu(meter.Meter):
    """A meter in Python, by inheritance."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []
        self.answer: Any = 120.5

    def info(self) -> meter.MeterInfo:
        return meter.MeterInfo("psu", kind="power", device="platform", domain="psys")

    def sample(self, now_s: float = 0.0) -> Any:
        self.times.append(now_s)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Duck:
    """A meter in Python that derives from nothing."""

    def info(self) -> meter.MeterInfo:
        return meter.MeterInfo("duck", kind="counter", unit="mJ", wrap_max=1000)

    def sample(self, now_s: float) -> int:
        return int(now_s * 10)


def read(m: meter.Meter, now_s: float = 0.0) -> Any:
    """Sample as C++ does, through the virtual function."""
    return meter.Meter.sample(m, now_s)


def test_a_python_class_is_a_meter() -> None:
    psu = Psu()
    assert read(psu, 1.5) == meter.Watts(120.5)
    assert psu.times == [1.5]
    psu.answer = co2lib.Power.from_kilowatts(0.1)
    assert read(psu) == meter.Watts(100)
    psu.answer = 7
    assert read(psu) == meter.Watts(7)
    psu.answer = meter.Watts(5, 4, 6, mean_since_previous=True)
    assert read(psu).high == 6


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (RuntimeError("broken"), "io"),
        (PermissionError("no"), "no_permission"),
        (FileNotFoundError("gone"), "absent"),
        (None, "absent"),
        (math.nan, "parse"),
        ("120", "parse"),
        (True, "parse"),
        (meter.Failed("lost", "told so"), "lost"),
    ],
)
def test_a_failure_in_python_is_a_failed_read(answer: Any, why: str) -> None:
    psu = Psu()
    psu.answer = answer
    reading = read(psu)
    assert isinstance(reading, meter.Failed)
    assert reading.why == why
    assert reading.text


def test_objects_and_callables_become_meters() -> None:
    duck = meter.as_meter(Duck())
    assert duck.info().unit == (1, 1000)
    assert duck.info().wrap_max == 1000
    assert duck.sample(4.0) == meter.Count(40)
    power = meter.as_meter(lambda: 33)
    assert power.info().kind == "power"
    assert power.info().domain == "psys"
    assert power.sample() == meter.Watts(33)
    counts = meter.make_meter(lambda: 2**64 - 1, meter.MeterInfo("c", kind="counter"))
    assert counts.sample() == meter.Count(2**64 - 1)
    for bad in (-1, 2**64, 1.5, "7"):
        assert meter.make_meter(lambda x=bad: x, meter.MeterInfo("c", kind="counter")).sample().why == "parse"


def test_a_meter_outlives_its_python_name() -> None:
    meters = meter.open(host=FakeHost().host, meters=[Psu(), Duck(), lambda: 1.0])
    gc.collect()
    assert [m.info().id for m in meters] == ["psu", "duck", "user.<lambda>"]
    assert read(meters[0]) == meter.Watts(120.5)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"id": ""}, "meter.bad_input"),
        ({"id": "x", "kind": "energy"}, "meter.bad_input"),
        ({"id": "x", "unit": "kWh"}, "meter.bad_unit"),
        ({"id": "x", "wrap_max": 0}, "meter.bad_input"),
        ({"id": "x", "device": "toaster"}, "meter.bad_input"),
    ],
)
def test_bad_info(options: dict[str, Any], code: str) -> None:
    with pytest.raises(co2lib.Error) as caught:
        meter.MeterInfo(**options)
    assert caught.value.code == code


def test_info_takes_and_shows_every_field() -> None:
    given: dict[str, Any] = {
        "parent": "b",
        "control": "c",
        "name": "n",
        "device": "gpu",
        "domain": "gpu",
        "provider": "mine",
        "kind": "counter",
        "unit": (1, 1000),
        "wrap_max": 7,
        "flags": ["f"],
        "update_period_s": 0.5,
        "slack_s": 0.25,
        "p_max_w": 300.0,
        "accuracy": 0.125,
        "least_window_s": 2.0,
        "modelled": True,
        "quick": True,
        "scope": "module",
        "stands_in_for": ["d"],
        "provenance": "p",
    }
    info = meter.MeterInfo("a", **given)
    assert info.to_dict() == {"id": "a", **given}
    assert {name: getattr(info, name) for name in info.to_dict()} == info.to_dict()
    plain = meter.MeterInfo("a").to_dict()
    assert plain == meter.MeterInfo(**plain).to_dict()
    assert plain["kind"] == "power"
    assert plain["provider"] == "user"
    assert plain["accuracy"] is None
    assert not plain["quick"]


def test_a_meter_written_in_python_is_never_quick() -> None:
    info = meter.MeterInfo("a", quick=True)

    class Own(meter.Meter):
        def info(self) -> meter.MeterInfo:
            return info

        def sample(self, now_s: float) -> float:
            return now_s

    assert info.quick
    assert not meter.make_meter(lambda: 1.0, info).info().quick
    footprint = co2lib.track(meters=[Own()], clock=ManualClock(), intensity=100).start().stop()
    assert not footprint.to_dict()["devices"][0]["meter"]["quick"]


def test_clock_and_fake_meter() -> None:
    clock = ManualClock("2024-05-01T12:00:00Z", 5)
    fake = FakeMeter.counter(clock, meter.MeterInfo("c", kind="counter", wrap_max=1_000_000), power_w=0.5)
    assert clock.advance(1.5)
    clock.suspend(60)
    assert clock.utc == "2024-05-01T12:01:01.500Z"
    assert clock.monotonic_s == 6.5
    assert fake.sample() == meter.Count(750_000)
    clock.advance(1)
    assert fake.sample() == meter.Count(250_000)
    fake.fail(meter.Failed("io"))
    assert fake.sample().why == "io"
    script = FakeMeter(meter.MeterInfo("s"), [meter.Watts(1), meter.Failed("absent")])
    assert [type(script.sample()).__name__ for _ in range(3)] == ["Watts", "Failed", "Failed"]


def test_a_blocked_meter_lets_python_run() -> None:
    clock = ManualClock()
    fake = FakeMeter.power(clock, meter.MeterInfo("p"), power_w=3)
    fake.block()
    readings: list[Any] = []
    thread = threading.Thread(target=lambda: readings.append(fake.sample()))
    thread.start()
    assert fake.wait_blocked()
    fake.release()
    thread.join()
    assert readings == [meter.Watts(3)]


def test_import_is_lazy() -> None:
    code = "import sys, co2lib; assert 'co2lib.meter' not in sys.modules; co2lib.sensors; co2lib.meter"
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))


def test_the_machines_cpu_time_is_what_attribute_needs(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text(
        "cpu  100 0 50 800 50 0 0 0\ncpu0 100 0 50 800 50 0 0 0\n", encoding="ascii"
    )
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nprocessor\t: 1\n", encoding="ascii")
    host = co2lib.Host(procfs=tmp_path, sysfs=tmp_path / "none")
    time = meter.read_cpu_time(host)
    assert time.busy_s == 150 / os.sysconf("SC_CLK_TCK")
    assert time.cpus == 2
    (tmp_path / "stat").unlink()
    with pytest.raises(co2lib.Error, match="stat") as caught:
        meter.read_cpu_time(host)
    assert caught.value.code == "meter.unreadable"
    assert isinstance(caught.value, OSError)
