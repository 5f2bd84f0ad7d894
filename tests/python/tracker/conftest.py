# SPDX-License-Identifier: MIT
"""A counter under a clock that is moved by hand, programs of their own, and GPUs that play a script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import meter
from co2lib.testing import FakeMeter, ManualClock

NVML = Path(__file__).resolve().parents[2] / "fixtures" / "nvml" / "fake_nvml.c"
KEPT = ("CO2LIB_TEST_ENV", "CO2LIB_TRACES")
LAUNCHERS = ("LOCAL_", "RANK", "WORLD_SIZE", "SLURM_", "OMPI_", "PMI", "MPI_", "MV2_", "PALS_", "CUDA_")


class Bench:
    """What most tests of the tracker need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.cpu = self.counter(100)

    def counter(self, watts: float, name: str = "package-0", **more: Any) -> FakeMeter:
        more = {"accuracy": 0.05, "least_window_s": 0.1, **more}
        info = meter.MeterInfo(name, kind="counter", domain="package", provider="powercap", **more)
        return FakeMeter.counter(self.clock, info, watts)

    def power(self, watts: float, name: str = "supply", domain: str = "package") -> FakeMeter:
        info = meter.MeterInfo(name, kind="power", device="cpu", domain=domain, provider="user")
        return FakeMeter.power(self.clock, info, watts)

    def options(self, **more: Any) -> dict[str, Any]:
        """Options of a run with a counter of 100 W, priced with 100 g/kWh."""
        return {"meters": [self.cpu], "clock": self.clock, "intensity": 100, "fsync": False, **more}

    def track(self, **more: Any) -> Any:
        return co2lib.track(**self.options(**more))

    def go(self, seconds: float) -> None:
        """Let the run go on for so long."""
        assert self.clock.wait_for_waiters(1)
        assert self.clock.advance(seconds)

    @staticmethod
    def codes(found: Any) -> set[str]:
        return {issue.code for issue in found.issues}

    @staticmethod
    def refused(**options: Any) -> co2lib.Error:
        """The error of options that are refused: one line."""
        with pytest.raises(co2lib.Error) as error:
            co2lib.track(**options).start()
        assert len(str(error.value).splitlines()) == 1
        return error.value

    def python(self, code: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of Python in the test's folder."""
        return subprocess.run(
            [sys.executable, "-P", "-c", code, *arguments],
            env={**os.environ, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bench:
    """A bench in a folder of its own, which no configuration of the machine reaches."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if (name.startswith("CO2LIB_") and name not in KEPT) or name.startswith(LAUNCHERS):
            monkeypatch.delenv(name)
    return Bench(tmp_path)


@pytest.fixture(scope="session")
def nvml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a libnvidia-ml.so.1 that plays a script."""
    compiler = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    if compiler is None:
        pytest.skip("there is no C compiler to build the fake library with")
    folder = tmp_path_factory.mktemp("nvml")
    target = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", target, NVML, "-lpthread"], check=True, timeout=60)
    return folder


RANK = """
import os, sys
from pathlib import Path
import co2lib
from co2lib.testing import ManualClock

clock = ManualClock()
time = Path(os.environ["FAKE_NVML_CLOCK"])
time.write_text("0")
run = co2lib.track(clock=clock, location="FRA", tdp_w=1e-9, ram_w=0, log="run-{rank}.jsonl").start()
for second in range(1, 11):
    time.write_text(str(second))
    assert clock.wait_for_waiters(1) and clock.advance(1)
f = run.stop()
print(f.totals.gpu.energy_j, sorted({i.code for i in f.issues}))
"""


@pytest.fixture
def rank(bench: Bench, nvml: Path) -> Callable[..., str]:
    """Measure 10 s as a rank beside the GPUs of a script; returns what it prints. The log: run-RANK.jsonl."""

    def measure(number: int, script: str, **variables: str) -> str:
        (bench.folder / "script").write_text(script)
        environment = {
            "LD_LIBRARY_PATH": str(nvml),
            "FAKE_NVML_SCRIPT": str(bench.folder / "script"),
            "FAKE_NVML_CLOCK": str(bench.folder / "clock"),
            "LOCAL_RANK": str(number),
            **variables,
        }
        done = bench.python(RANK, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return measure
