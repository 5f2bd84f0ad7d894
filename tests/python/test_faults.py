# SPDX-License-Identifier: MIT
"""What goes wrong around a run in Python; docs/faults.md says what is expected."""

import importlib.util
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import meter, tracker
from co2lib.testing import FakeMeter, ManualClock

PROGRAMS = Path(__file__).parent / "faults"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CO2LIB_LOCATION", "CO2LIB_LOG", "CO2LIB_METERS"):
        monkeypatch.delenv(name, raising=False)


def program(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAMS / name), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def advance(clock: ManualClock, seconds: float) -> None:
    assert clock.wait_for_waiters(1)
    assert clock.advance(seconds)


def cpu(clock: ManualClock, power_w: float = 100) -> FakeMeter:
    info = meter.MeterInfo("package-0", kind="counter", domain="package", provider="powercap", accuracy=0.05)
    return FakeMeter.counter(clock, info, power_w)


# ------------------------------------------------------------------------------------------------
# Processes
# ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch")
def test_data_loader_workers_leave_the_run_alone() -> None:
    done = program("data_loader.py", "fork")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_started_during_a_run(method: str) -> None:
    done = program("pool.py", method)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("module_level", "alive\n"),
        ("daemon_thread", "alive\n"),
        ("exit_at_once", "alive\n"),
        ("exit_in_a_thread", "alive\n"),
        ("blocked_meter", "alive\n"),
        ("slow_meter", "alive\n"),
        ("stopped_at_exit", "alive\nTrue\n"),
    ],
)
def test_the_interpreter_ends_with_a_live_tracker(way: str, expected: str) -> None:
    done = program("shutdown.py", way)
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


# ------------------------------------------------------------------------------------------------
# Signals
# ------------------------------------------------------------------------------------------------


def test_keyboard_interrupt_in_a_region_leaves_a_correct_footprint() -> None:
    clock = ManualClock()
    run = co2lib.track(meters=[cpu(clock)], clock=clock, intensity=100)

    def work() -> None:
        with run, run.region("epoch"):
            advance(clock, 7)
            signal.raise_signal(signal.SIGINT)
            advance(clock, 100)

    # A shell starts its background jobs with SIGINT ignored, and Python then leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.signal(signal.SIGINT, before)
    assert not run.running
    assert run.footprint.complete
    assert run.footprint.energy.joules == 700
    assert run.footprint.regions["epoch"].inclusive.joules == pytest.approx(700)


def test_signal_handlers_stay_those_of_the_program() -> None:
    before = {s: signal.getsignal(s) for s in signal.valid_signals()}
    with co2lib.track(meters=[], intensity=1):
        assert {s: signal.getsignal(s) for s in signal.valid_signals()} == before
    assert {s: signal.getsignal(s) for s in signal.valid_signals()} == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_that_is_ended_leaves_a_readable_log(number: signal.Signals, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    code = (
        "import os, co2lib\n"
        "from co2lib import meter\n"
        "from co2lib.testing import FakeMeter, ManualClock\n"
        "clock = ManualClock()\n"
        "cpu = FakeMeter.counter(clock, meter.MeterInfo('c', kind='counter', domain='package'), 100)\n"
        f"run = co2lib.track(meters=[cpu], clock=clock, intensity=1, log={str(log)!r}).start()\n"
        "with run.region('work'):\n"
        "    clock.wait_for_waiters(1)\n"
        "    clock.advance(25)\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == -number
    f = tracker.load(log).footprint()
    assert not f.complete
    assert f.energy.joules == 2000


# ------------------------------------------------------------------------------------------------
# Meters
# ------------------------------------------------------------------------------------------------


def raising(error: BaseException) -> Callable[[], Any]:
    def read() -> Any:
        raise error

    return read


@pytest.mark.parametrize(
    "nonsense",
    [
        raising(KeyboardInterrupt()),
        raising(SystemExit(3)),
        raising(GeneratorExit()),
        raising(MemoryError("no room")),
        raising(ValueError("\ud800 is no text")),
        lambda: None,
        lambda: True,
        lambda: "12",
        lambda: b"12",
        lambda: [1.0],
        object,
        lambda: math.nan,
        lambda: math.inf,
        lambda: -math.inf,
        lambda: -1.0,
        lambda: 10**400,
        lambda: complex(1, 1),
        lambda: meter.Watts(10, low=math.nan),
        lambda: meter.Count(5),
    ],
    ids=lambda f: "",
)
def test_what_a_power_meter_says_wrongly_is_no_energy(nonsense: Callable[[], Any]) -> None:
    calls = 0

    def supply() -> Any:
        nonlocal calls
        calls += 1
        return nonsense() if 20 <= calls < 40 else 50.0

    clock = ManualClock()
    with co2lib.track(meters=[supply], clock=clock, intensity=1) as run:
        advance(clock, 10)
    f = run.footprint
    assert f.energy.joules == pytest.approx(500)
    assert f.devices[0].record.missed_reads + f.devices[0].record.glitches == 20


@pytest.mark.parametrize("nonsense", [-1, 2**64, 10**400, 1.5, "5", None, True, 2**64 - 1, meter.Watts(5)])
def test_what_a_counter_says_wrongly_is_no_energy(nonsense: Any) -> None:
    clock = ManualClock()
    calls = 0

    def read() -> Any:
        nonlocal calls
        calls += 1
        return nonsense if calls % 4 == 2 else (calls - 1) * 100_000_000

    counter = meter.make_meter(read, meter.MeterInfo("c", kind="counter", domain="package"))
    with co2lib.track(meters=[counter], clock=clock, intensity=1) as run:
        advance(clock, 10)
    f = run.footprint
    assert f.energy.joules is not None
    assert 900 <= f.energy.joules <= 1100
    assert f.devices[0].record.missed_reads + f.devices[0].record.glitches >= 2


def test_a_python_meter_that_blocks_holds_up_nobody() -> None:
    gate = threading.Event()
    clock = ManualClock()

    class Stuck:
        def info(self) -> meter.MeterInfo:
            return meter.MeterInfo("stuck", kind="counter", domain="package")

        def sample(self, now_s: float) -> int:
            gate.wait()
            return 0

    run = co2lib.track(meters=[Stuck(), cpu(clock)], clock=clock, intensity=1).start()
    try:
        with run.region("epoch"):
            advance(clock, 10)
        assert run.snapshot().devices[1].energy.joules == 1000
        f = run.stop()
    finally:
        gate.set()
    assert "blocked" in {issue.code for issue in f.issues}
    assert f.devices[0].energy.joules is None
    assert f.devices[1].energy.joules == 1000


def test_a_meter_that_needs_a_lock_of_its_caller_ends_in_no_deadlock() -> None:
    lock = threading.Lock()
    clock = ManualClock()

    def read() -> int:
        with lock:
            return 0

    locked = meter.make_meter(read, meter.MeterInfo("locked", kind="counter"))
    with co2lib.track(meters=[locked, cpu(clock)], clock=clock, intensity=1) as run:
        with lock, run.region("with the lock"):
            pass
        advance(clock, 5)
    f = run.footprint
    assert {i.subject for i in f.issues if i.code == "blocked"} == {"locked"}
    assert f.devices[1].energy.joules == 500
    assert f.regions["with the lock"].count == 1


# ------------------------------------------------------------------------------------------------
# Disks
# ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_issue_that_names_the_file() -> None:
    clock = ManualClock()
    with co2lib.track(meters=[cpu(clock)], clock=clock, intensity=1, log="/dev/full") as run:
        advance(clock, 30)
    f = run.footprint
    assert f.energy.joules == 3000
    [issue] = [i for i in f.issues if i.code == "log_write_failed"]
    assert issue.subject == "/dev/full"
    assert "No space left" in issue.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_log_that_may_not_be_read_is_an_os_error(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    log.write_text("{}\n")
    log.chmod(0)
    with pytest.raises(co2lib.Error, match=r"run\.jsonl") as error:
        tracker.load(log)
    assert isinstance(error.value, OSError)
