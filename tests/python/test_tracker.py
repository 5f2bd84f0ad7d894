# SPDX-License-Identifier: MIT
import asyncio
import csv
import gc
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import intensity, meter, tracker
from co2lib.testing import FakeMeter, ManualClock

INFO = meter.MeterInfo("package-0", kind="counter", domain="package", provider="powercap", accuracy=0.05)


class Setup:
    """A counter of 100 W under a clock that is moved by hand."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.cpu = FakeMeter.counter(self.clock, INFO, 100)

    def options(self, **more: Any) -> dict[str, Any]:
        return {"meters": [self.cpu], "clock": self.clock, "intensity": 100, "fsync": False, **more}

    def go(self, seconds: float) -> None:
        assert self.clock.wait_for_waiters(1)
        assert self.clock.advance(seconds)


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setup:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [
        n for n in os.environ if n.startswith("CO2LIB_") and n not in ("CO2LIB_TEST_ENV", "CO2LIB_TRACES")
    ]:
        monkeypatch.delenv(name)
    return Setup()


def test_context_manager(setup: Setup) -> None:
    with co2lib.track(**setup.options()) as run:
        with run.region("epoch"):
            setup.go(5)
        setup.go(5)
        assert run.running
        assert run.snapshot().energy.joules == pytest.approx(1000)
        assert not run.snapshot().complete
    f = run.footprint
    assert not run.running
    assert f.complete
    assert f.energy.joules == 1000
    assert f.energy.kwh == pytest.approx(1000 / 3.6e6)
    assert f.operational.grams == pytest.approx(1000 / 3.6e6 * 100)
    assert f.embodied.grams is not None
    assert f.regions["epoch"].inclusive.joules == pytest.approx(500)
    assert f.method == {"counter": 1.0}
    assert f.start.tzinfo == UTC
    assert f.to_dict()["schema"] == "co2lib-footprint/1"
    assert "energy       1000 J" in str(f)
    assert "<table>" in f._repr_html_()


def test_decorator_of_all_kinds_of_function(setup: Setup) -> None:
    track = co2lib.track(meters=[], intensity=10)

    @track
    def plain(x: int, *, y: int = 1) -> int:
        """Doc."""
        return x + y

    @track
    async def coroutine(x: int) -> int:
        await asyncio.sleep(0)
        return x

    @track
    def generator(n: int) -> Iterator[int]:
        yield from range(n)

    @track
    async def async_generator(n: int) -> AsyncIterator[int]:
        for i in range(n):
            yield i

    async def collect() -> list[int]:
        return [i async for i in async_generator(3)]

    assert plain(1, y=2) == 3
    assert plain.__name__ == "plain"
    assert plain.__doc__ == "Doc."
    assert plain.footprint.complete  # type: ignore[attr-defined]
    first = plain.footprint.run_id  # type: ignore[attr-defined]
    plain(1)
    assert plain.footprint.run_id != first  # type: ignore[attr-defined]
    assert asyncio.run(coroutine(7)) == 7  # type: ignore[arg-type]
    assert coroutine.footprint.complete  # type: ignore[attr-defined]
    assert list(generator(3)) == [0, 1, 2]
    assert generator.footprint.complete  # type: ignore[attr-defined]
    assert asyncio.run(collect()) == [0, 1, 2]
    assert async_generator.footprint.complete  # type: ignore[attr-defined]

    @co2lib.track
    def bare() -> int:
        return 5

    assert bare() == 5


def test_decorated_exceptions_pass_and_the_run_is_kept(setup: Setup) -> None:
    @co2lib.track(meters=[], intensity=10)
    def fails() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fails()
    assert fails.footprint.complete  # type: ignore[attr-defined]


def test_region_as_decorator_and_by_id(setup: Setup) -> None:
    with co2lib.track(**setup.options()) as run:

        @run.region("step")
        def step() -> None:
            setup.clock.advance(1)

        step()
        step()
        region = run.begin("by id")
        setup.go(2)
        assert run.end(region)
        assert not run.end(region)
        with run.region("gone") as gone:
            gone.cancel()
        run.mark("a")
        setup.go(1)
        run.mark("b")
    regions = run.footprint.regions
    assert regions["step"].count == 2
    assert regions["step"].inclusive.joules == pytest.approx(200)
    assert regions["by id"].inclusive.joules == pytest.approx(200)
    assert "gone" not in regions
    assert regions["a"].inclusive.joules == pytest.approx(100)


def test_interleaved_tasks_are_not_nested(setup: Setup) -> None:
    async def work(
        run: co2lib.tracker.Track, name: str, gate: asyncio.Event, open_gate: asyncio.Event
    ) -> None:
        with run.region(name), run.region(f"{name}.inner"):
            open_gate.set()
            await gate.wait()
            setup.clock.advance(1)

    async def both(run: co2lib.tracker.Track) -> None:
        a, b = asyncio.Event(), asyncio.Event()
        with run.region("outer"):
            await asyncio.gather(work(run, "one", b, a), work(run, "two", a, b))

    with co2lib.track(**setup.options()) as run:
        asyncio.run(both(run))
    regions = run.footprint.regions
    assert regions["one"].exclusive.joules == pytest.approx(0, abs=1e-6)
    assert regions["two"].exclusive.joules == pytest.approx(0, abs=1e-6)
    # The two tasks overlap: the outer region loses the union of them, not their sum.
    assert regions["outer"].exclusive.joules >= -1e-6


def test_regions_of_many_threads(setup: Setup) -> None:
    with co2lib.track(meters=[], intensity=1) as run:

        def work() -> None:
            for _ in range(20):
                with run.region("outer"), run.region("inner", marker=True):
                    pass

        threads = [threading.Thread(target=work) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert run.footprint.regions["outer"].count == 160
    assert run.footprint.regions["inner"].count == 160


def test_python_meters(setup: Setup) -> None:
    class Supply:
        calls = 0

        def info(self) -> meter.MeterInfo:
            return meter.MeterInfo("supply", kind="power", device="platform", domain="psys")

        def sample(self, now_s: float) -> float:
            self.calls += 1
            if self.calls == 3:
                raise OSError("unplugged for a moment")
            return 50.0

    supply = Supply()
    with co2lib.track(meters=[supply], clock=setup.clock, intensity=1) as run:
        setup.go(10)
    f = run.footprint
    assert supply.calls > 90
    assert f.energy.joules == pytest.approx(500)
    assert f.devices[0].record.missed_reads == 1
    assert {i.code for i in f.issues} == {"platform_only", "missed_reads"}


def test_callable_meter_that_stops_with_the_gil_held_elsewhere() -> None:
    # The sampling thread wants the GIL while stop() joins it.
    run = co2lib.track(meters=[lambda: 10.0], power_period_s=0.001, intensity=1).start()
    sum(range(200_000))
    assert run.stop().complete
    # And while the garbage collector destroys the tracker.
    run = co2lib.track(meters=[lambda: 10.0], power_period_s=0.001, intensity=1).start()
    del run
    gc.collect()


def test_interpreter_ends_with_a_live_tracker() -> None:
    code = (
        "import co2lib\n"
        "run = co2lib.track(meters=[lambda: 10.0], power_period_s=0.001, intensity=1).start()\n"
        "bare = co2lib.Tracker(meters=[lambda: 10.0], power_period_s=0.001, intensity=1)\n"
        "print('alive')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "alive\n", "")


def test_log_resume_merge_reprice(setup: Setup, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    with co2lib.track(**setup.options(log=log)) as run:
        setup.go(20)
    stored = tracker.load(log)
    assert stored.run_id == run.run_id
    assert stored.footprint().to_json() == run.footprint.to_json()
    for line in log.read_text().splitlines():
        assert {"v", "type", "run_id", "seq", "mono_ns", "utc"} <= set(json.loads(line))
    assert tracker.reprice(stored, 200).footprint().operational.grams == pytest.approx(
        2 * run.footprint.operational.grams
    )
    assert tracker.merge([stored, stored]).footprint().energy.joules == run.footprint.energy.joules
    with pytest.raises(co2lib.Error) as refused:
        co2lib.track(**setup.options(log=log)).start()
    assert refused.value.code == "tracker.bad_log"
    assert isinstance(refused.value, OSError)
    with co2lib.track(**setup.options(log=log, resume=True)) as again:
        setup.go(10)
    assert again.run_id == run.run_id
    assert again.footprint.energy.joules == 3000
    assert again.footprint.segments == 2


def test_killed_process_leaves_a_readable_log(tmp_path: Path) -> None:
    log = tmp_path / "killed.jsonl"
    code = (
        "import os, signal, time, co2lib\n"
        f"run = co2lib.track(log={str(log)!r}, meters=[], intensity=1, flush_s=0.01).start()\n"
        "with run.region('work'):\n"
        "    time.sleep(0.05)\n"
        "time.sleep(0.04)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == -9
    f = tracker.load(log).footprint()
    assert not f.complete
    assert f.energy.joules is not None
    assert f.energy.joules > 0
    assert f.duration_s > 0.04
    assert f.regions["work"].count == 1


def test_forked_child_is_inert(setup: Setup) -> None:
    with co2lib.track(meters=[lambda: 25.0], intensity=1, power_period_s=0.002) as run:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                with run.region("ignored"):
                    pass
                codes = {issue.code for issue in run.footprint.issues}
                status = 0 if "forked" in codes and not run.running else 2
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0
    assert "forked" not in {issue.code for issue in run.footprint.issues}
    assert run.footprint.regions == {}


def test_forked_child_ends_by_itself() -> None:
    # Its copy of the tracker is destroyed with no sampling thread to join.
    code = (
        "import os, sys, co2lib\n"
        "run = co2lib.track(meters=[lambda: 10.0], intensity=1).start()\n"
        "bare = co2lib.Tracker(meters=[], intensity=1)\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    del bare\n"
        "    sys.exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "7\n", "")


MULTIPROCESSING = """
import multiprocessing, sys
import co2lib

def measure_here(queue):
    with co2lib.track(meters=[], intensity=1) as run:
        pass
    queue.put((run.footprint.complete, sorted({i.code for i in run.footprint.issues})))

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with co2lib.track(meters=[], intensity=1) as run:
        queue = context.Queue()
        child = context.Process(target=measure_here, args=(queue,))
        child.start()
        print(queue.get(timeout=60))
        child.join(60)
        print(child.exitcode, run.running)
    print(run.footprint.complete)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(method: str, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(MULTIPROCESSING)
    done = subprocess.run(
        [sys.executable, str(script), method], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(True, ['model_only'])\n0 True\nTrue\n"


def test_intensity_of_all_kinds(setup: Setup) -> None:
    start = datetime(2024, 12, 31, tzinfo=UTC)
    trace = intensity.Trace.regular(start, 3600, [300.0] * 48)
    for given in (
        300,
        300.0,
        co2lib.CarbonIntensity.from_g_per_kwh(300),
        trace,
        intensity.make_source(trace),
        lambda _: co2lib.CarbonIntensity.from_g_per_kwh(300),
    ):
        fresh = Setup()
        with co2lib.track(**fresh.options(intensity=given)) as run:
            fresh.go(36)
        assert run.footprint.operational.grams == pytest.approx(0.3), given


def test_intensity_that_does_not_reach_leaves_no_number(setup: Setup, tmp_path: Path) -> None:
    trace = intensity.Trace.regular(datetime(1990, 1, 1, tzinfo=UTC), 3600, [300.0])
    log = tmp_path / "run.jsonl"
    with co2lib.track(**setup.options(intensity=trace, log=log)) as run:
        setup.go(36)
    for f in (run.footprint, tracker.load(log).footprint()):
        assert f.energy.joules == 3600
        assert f.operational.grams is None
        assert "intensity.out_of_range" in {issue.code for issue in f.issues}
    with pytest.raises(co2lib.Error) as none:
        run.footprint.to_model_card()
    assert none.value.code == "tracker.no_value"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"location": "FRE"}, "intensity.unknown_zone"),
        ({"pue": 0.5}, "meter.bad_input"),
        ({"intensity": -1}, "tracker.bad_config"),
        ({"meters": ["nvidia"]}, "meter.bad_option"),
        ({"period_s": 0}, "tracker.bad_config"),
        ({"modulus": "exact"}, "meter.bad_option"),
        ({"p_max_w": {"packages": 10}}, "tracker.bad_config"),
        ({"slack_s": {"package": -1}}, "tracker.bad_config"),
        ({"log": "/nowhere/at/all.jsonl"}, "tracker.bad_log"),
        ({"locaton": "FRA"}, "tracker.bad_config"),
    ],
)
def test_misuse_is_named(setup: Setup, options: dict[str, Any], code: str) -> None:
    with pytest.raises(co2lib.Error) as error:
        co2lib.track(**options).start()
    assert error.value.code == code


def test_use_before_the_start_says_so() -> None:
    with pytest.raises(co2lib.Error, match="not started") as error:
        _ = co2lib.track().footprint
    assert isinstance(error.value, RuntimeError)


def test_unknown_location_is_said_once(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="co2lib")
    with co2lib.track(meters=[setup.cpu], clock=setup.clock) as run:
        setup.go(40)
    assert [r.message for r in caplog.records if "location_unknown" in r.message] == [
        caplog.records[0].message
    ]
    assert len(caplog.records) == 1
    assert "location_unknown" in {issue.code for issue in run.footprint.issues}


def test_forecast(setup: Setup) -> None:
    with co2lib.track(**setup.options()) as run:
        for watts in (130.0, 100.0, 104.0, 98.0):
            setup.cpu.set_power(watts)
            with run.region("epoch"):
                setup.go(10)
        forecast = run.forecast("epoch", 10)
    assert forecast.total.joules == pytest.approx(10360)
    assert forecast.half_width is not None
    assert forecast.half_width.joules == pytest.approx(557.6875331360604)


def test_emissions_csv(setup: Setup, tmp_path: Path) -> None:
    with co2lib.track(**setup.options(location="DEU", intensity=None, project='a "b", c')) as run:
        setup.go(36)
    file = tmp_path / "emissions.csv"
    file.write_text("another,header\n1,2\n")
    moved = tracker.append_emissions_csv(file, run.footprint)
    assert moved == tmp_path / "emissions.csv.bak"
    assert tracker.append_emissions_csv(file, run.footprint, {"experiment_id": "x"}) is None
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream, strict=True))
    assert [len(row) for row in rows] == [38, 38]
    assert list(rows[0]) == tracker.csv_columns()
    assert rows[0]["country_iso_code"] == "DEU"
    assert rows[0]["country_name"] == "Germany"
    assert rows[0]["project_name"] == 'a "b", c'
    assert rows[0]["gpu_power"] == ""
    assert rows[1]["experiment_id"] == "x"
    assert float(rows[0]["energy_consumed"]) == pytest.approx(0.001)


def test_sync_runs_at_every_edge(setup: Setup) -> None:
    calls: list[int] = []
    with co2lib.track(**setup.options(sync=lambda: calls.append(1))) as run, run.region("a"):
        assert len(calls) == 1
    assert len(calls) == 2


def test_sync_that_raises_is_the_users_error(setup: Setup) -> None:
    def broken() -> None:
        raise ZeroDivisionError("mine")

    with co2lib.track(**setup.options(sync=broken)) as run, pytest.raises(ZeroDivisionError), run.region("a"):
        pass
    assert run.footprint.complete


def test_tracker_class(setup: Setup) -> None:
    with co2lib.Tracker(**setup.options()) as t, t.region("a"):
        setup.go(1)
    assert t.stop().regions["a"].inclusive.joules == pytest.approx(100)
    assert isinstance(t.stop(), co2lib.Footprint)


def test_process_scope_counts_the_share_and_states_the_remainder(setup: Setup) -> None:
    with co2lib.track(**setup.options(scope="process")) as run:
        setup.go(5)
    f = run.footprint
    assert f.scope is not None
    assert f.scope.scope == "process"
    parts = [e.joules for e in (f.scope.own, f.scope.other, f.scope.idle)]
    assert sum(parts) == pytest.approx(500)
    assert f.energy.joules == pytest.approx(parts[0])
    assert f.to_dict()["scope"]["own"]["value_j"] == pytest.approx(parts[0])


def test_machine_scope_has_no_division(setup: Setup) -> None:
    with co2lib.track(**setup.options()) as run:
        setup.go(1)
    assert run.footprint.scope is None


def test_unknown_scope_is_refused(setup: Setup) -> None:
    with pytest.raises(co2lib.Error, match="machine, process or container"):
        co2lib.track(**setup.options(scope="job")).start()
