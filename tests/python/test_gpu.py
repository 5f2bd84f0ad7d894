# SPDX-License-Identifier: MIT
"""NVIDIA GPUs in programs of their own, whose LD_LIBRARY_PATH leads to a library that plays a script."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import co2lib
from co2lib import meter
from co2lib.testing.fakes import fake_powercap

SOURCE = Path(__file__).resolve().parents[1] / "fixtures" / "nvml" / "fake_nvml.c"

COUNTER = """
device
uuid GPU-1111
name NVIDIA H200
limit_mw 700000
energy_mj 0@5000+200000/s
"""
POWER = """
device
uuid GPU-2222
name Tesla P100
limit_mw 250000
power_mw 150000
"""
TRACK = """
import os, sys
from pathlib import Path
import co2lib
from co2lib.testing.fakes import ManualClock

def loaded():
    return "libnvidia-ml" in Path("/proc/self/maps").read_text()

import co2lib.meter, co2lib.tracker
assert not loaded(), "opened at import"
time = Path(os.environ["FAKE_NVML_CLOCK"])

def joules(seconds=10, **options):
    clock = ManualClock()
    time.write_text("0")
    run = co2lib.track(clock=clock, power_period_s=seconds / 20, **options).start()
    for step in range(1, 21):
        time.write_text(str(seconds * step / 20))
        clock.wait_for_waiters(1)
        clock.advance(seconds / 20)
    return run.stop()
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the fake libnvidia-ml.so.1."""
    compiler = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    if compiler is None:
        pytest.skip("there is no C compiler to build the fake library with")
    folder = tmp_path_factory.mktemp("nvml")
    target = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", target, SOURCE, "-lpthread"], check=True, timeout=60)
    return folder


Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def program(library: Path, tmp_path: Path) -> Program:
    """Runs Python code, or the command line with arguments, beside GPUs as scripted."""

    def run(
        script: str, *arguments: str, code: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        (tmp_path / "script").write_text(script, encoding="utf-8")
        (tmp_path / "clock").write_text("0", encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CUDA_")}
        environment |= {
            "LD_LIBRARY_PATH": str(library),
            "FAKE_NVML_SCRIPT": str(tmp_path / "script"),
            "FAKE_NVML_CLOCK": str(tmp_path / "clock"),
            "HOME": str(tmp_path),
            **variables,
        }
        command = ["-c", TRACK + code] if code else ["-m", "co2lib", *arguments]
        return subprocess.run(
            [sys.executable, *command],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def counters() -> co2lib.testing.fakes.FakeHost:
    """A machine whose CPU has a counter."""
    return fake_powercap({"package-0": 1_000_000})


def powercap_root(host: co2lib.testing.fakes.FakeHost) -> str:
    return str(Path(host.host.sysfs) / "class" / "powercap")


def test_a_tracker_measures_counter_and_power(program: Program) -> None:
    done = program(
        COUNTER + POWER,
        code="""
f = joules()
assert loaded()
assert abs(f.totals.gpu.energy_j - 3500) < 1e-6, f.totals.gpu.energy_j
by_id = {d.record.meter.id: d.record for d in f.devices}
assert by_id["GPU-1111"].method == "counter"
assert by_id["GPU-2222"].method == "integral"
assert abs(joules(gpus=[1]).totals.gpu.energy_j - 1500) < 1e-6
assert abs(joules(gpus=["GPU-11"]).totals.gpu.energy_j - 2000) < 1e-6
assert f.totals.total.energy_j > f.totals.gpu.energy_j, "the CPU is in the total too"
""",
    )
    assert done.returncode == 0, done.stderr


def test_without_gpus_the_library_is_not_opened(program: Program) -> None:
    done = program(
        COUNTER,
        code="""
for none in ([], "none"):
    f = joules(gpus=none)
    assert f.totals.gpu.energy_j is None
os.environ["CUDA_VISIBLE_DEVICES"] = ""
joules()
assert not loaded()
""",
    )
    assert done.returncode == 0, done.stderr


def test_the_variable_selects_and_flags(program: Program) -> None:
    done = program(
        COUNTER + POWER,
        code="""
f = joules()
(gpu,) = [d for d in f.devices if d.record.meter.device == "gpu"]
assert gpu.record.meter.id == "GPU-2222"
codes = {issue.code: issue.text for issue in gpu.record.issues}
assert "cuda_order_ambiguous" in codes and "CUDA_DEVICE_ORDER" in codes["cuda_order_ambiguous"], codes
""",
        CUDA_VISIBLE_DEVICES="1",
    )
    assert done.returncode == 0, done.stderr


def test_a_gpu_that_is_not_there_is_an_error(program: Program) -> None:
    done = program(
        COUNTER,
        code="""
for wrong in ([3], ["GPU-9"]):
    try:
        co2lib.track(gpus=wrong).start()
    except co2lib.Error as error:
        assert error.code == "meter.bad_option" and "0 GPU-1111" in str(error), error
    else:
        raise AssertionError(wrong)
""",
    )
    assert done.returncode == 0, done.stderr
    done = program(COUNTER, "run", "--gpus", "7", "--", "true")
    assert done.returncode == 2
    assert "GPU-1111" in done.stderr


def test_run_measures_gpus(program: Program) -> None:
    for gpus, wanted in (("0", {"GPU-1111"}), ("none", set())):
        done = program(COUNTER + POWER, "run", "--json", "--gpus", gpus, "--", "true")
        assert done.returncode == 0, done.stderr
        devices = json.loads(done.stderr)["devices"]
        found = {d["id"] for d in devices if d["device"] == "gpu"}
        assert found == wanted


def test_a_forked_child_initialises_for_itself(program: Program) -> None:
    done = program(
        COUNTER,
        code="""
with co2lib.track(clock=ManualClock()):
    pid = os.fork()
    if pid == 0:
        f = joules()
        os._exit(0 if abs(f.totals.gpu.energy_j - 2000) < 1e-6 else 1)
    assert os.waitpid(pid, 0)[1] == 0
""",
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (COUNTER, 0),
        (COUNTER + POWER, 1),
        (COUNTER + "device\nname GT 710\n", 1),
        (COUNTER + "device\ngeneration E15\n", 1),
        (COUNTER + "device\ngeneration E4\n", 0),
        ("", 0),
    ],
    ids=["counter", "power_only", "no_sensor", "lost", "of_others", "no_gpu"],
)
def test_sensors_exit_status(
    program: Program, counters: co2lib.testing.fakes.FakeHost, script: str, status: int
) -> None:
    done = program(script, "sensors", "--json", CO2LIB_POWERCAP_ROOT=powercap_root(counters))
    assert done.returncode == status, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert document["counters"] is (status == 0)
    (nvml,) = [f for f in document["findings"] if f["provider"] == "nvml"]
    assert nvml["availability"] == ("available" if script else "absent")
    if script:
        assert "NVIDIA H200 5 J" in nvml["value"]


def test_sensors_honours_the_option(program: Program, counters: co2lib.testing.fakes.FakeHost) -> None:
    root = powercap_root(counters)
    both = program(COUNTER + POWER, "sensors", CO2LIB_POWERCAP_ROOT=root)
    assert (
        "counter of NVIDIA H200, integral of Tesla P100, now NVIDIA H200 5 J, Tesla P100 150 W" in both.stdout
    )
    only = program(COUNTER + POWER, "sensors", CO2LIB_POWERCAP_ROOT=root, CO2LIB_GPUS="0")
    assert only.returncode == 0, only.stdout
    wrong = program(COUNTER, "sensors", CO2LIB_POWERCAP_ROOT=root, CO2LIB_GPUS="4")
    assert wrong.returncode == 2
    assert "GPU-1111" in wrong.stderr


def test_hosts_and_open_name_the_library(library: Path, counters: co2lib.testing.fakes.FakeHost) -> None:
    host = counters.host
    assert host.nvml == ""
    assert co2lib.Host().nvml == "libnvidia-ml.so.1"
    host.nvml = str(library / "libnvidia-ml.so.1")
    assert "nvml='" in repr(host)
    found = {f.provider: f for f in meter.sensors(host)}["nvml"]
    assert found.availability == "absent", "no script: the driver is not loaded"
    assert {f.provider: f for f in meter.sensors(host, gpus="none")}["nvml"].availability == "absent"
    assert [m.info().provider for m in meter.open(host=host, gpus=[])] == ["powercap", "model.ram"]
    with pytest.raises(co2lib.Error, match="no GPU can be measured"):
        meter.open(host=host, gpus=[0])
    with pytest.raises(co2lib.Error, match="a list of indices"):
        meter.open(host=host, gpus="all")
