# SPDX-License-Identifier: MIT
"""A benchmark on a counter under a clock moved by hand: order, idle baseline, when it ends, its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import bench, meter
from co2lib.testing import FakeMeter, ManualClock


class Bench:
    """A counter whose power a task can choose: 20 W of rest."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        info = meter.MeterInfo("package-0", kind="counter", domain="package", accuracy=0.05)
        self.cpu = FakeMeter.counter(self.clock, info, 20)
        self.order: list[str] = []

    def go(self, seconds: float, watts: float = 20) -> None:
        self.cpu.set_power(watts)
        assert self.clock.wait_for_waiters(1)
        assert self.clock.advance(seconds)
        self.cpu.set_power(20)

    def task(self, name: str, seconds: float, watts: float) -> Any:
        def run() -> None:
            self.order.append(name)
            self.go(seconds, watts)

        return run

    def measure(self, tasks: dict[str, Any], **more: Any) -> list[bench.Bench]:
        options = {"meters": [self.cpu], "clock": self.clock, "intensity": 1, "fsync": False}
        return bench.measure(tasks, wait=self.go, **{"min_rounds": 4, **options, **more})


def test_one_command_has_its_energy_and_its_idle_baseline() -> None:
    machine = Bench()
    (one,) = machine.measure({"": machine.task("a", 2, 100)}, warmup=2, cooldown_s=3)
    assert machine.order == ["a"] * 6  # ends after the fewest: they are all alike
    assert [run.round for run in one.runs] == [0, 1, 2, 3]
    assert one.values() == pytest.approx([200] * 4)
    assert one.values("time") == pytest.approx([2] * 4)
    assert one.values("net") == pytest.approx([160] * 4)
    idle = one.idle()
    assert idle is not None
    assert (idle.value, idle.low, idle.n) == (pytest.approx(20), pytest.approx(20), 4)
    assert one.meter_interval() == pytest.approx((0.95, 1.05), rel=1e-3)
    assert one.machine["meters"] == ["user:package-0"]
    assert one.complete


def test_two_commands_are_measured_by_turns() -> None:
    machine = Bench()
    tasks = {"base": machine.task("base", 1, 100), "head": machine.task("head", 1, 110)}
    base, head = machine.measure(tasks, warmup=1, cooldown_s=1)
    assert machine.order == ["base", "head", "base", "head", "head", "base", "base", "head", "head", "base"]
    assert [run.place for run in base.runs] == [0, 1, 0, 1]
    assert base.session == head.session
    result = bench.compare(base, head, max_increase=5)
    assert result.decision == "increase"
    assert result.change == pytest.approx(0.1)
    assert result.paired
    assert bench.compare(base, head, max_increase=11).decision == "within"
    assert bench.compare(base, head, max_increase=5, metric="time").decision == "within"
    assert bench.compare(head, base, max_increase=-5).decision == "within"
    assert bench.compare(base, head, max_increase=5, metric="net").change == pytest.approx(90 / 80 - 1)


def test_it_goes_on_until_the_interval_is_narrow() -> None:
    def rounds_of(precision: float) -> int:
        machine = Bench()
        watts = iter([100, 104] * 50)
        (one,) = machine.measure(
            {"": lambda: machine.go(1, next(watts))},
            cooldown_s=0,
            warmup=0,
            precision=precision,
            max_rounds=30,
        )
        return len(one.runs)

    assert rounds_of(0.05) == 4
    assert 4 < rounds_of(0.02) < rounds_of(0.01) <= 30
    assert rounds_of(0.001) == 30


def test_it_ends_in_time() -> None:
    machine = Bench()
    watts = iter([100, 150] * 50)
    (one,) = machine.measure({"": lambda: machine.go(1, next(watts))}, warmup=0, max_s=10, cooldown_s=1)
    assert len(one.runs) == 5  # the fifth ends after 10 s


def test_a_task_that_fails_comes_out() -> None:
    machine = Bench()

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        machine.measure({"": fail})


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"min_rounds": 3}, "4 <= 3"),
        ({"max_rounds": 3}, "4 <= 3"),
        ({"precision": 2.0}, "precision"),
        ({"cooldown_s": -1}, "cooldown_s"),
        ({"warmup": -1}, "warmup"),
    ],
)
def test_options_that_make_no_sense_are_refused(more: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text) as found:
        Bench().measure({"": print}, **more)
    assert isinstance(found.value, co2lib.Error)
    assert found.value.code == "bench.bad_option"


def test_three_tasks_are_refused() -> None:
    with pytest.raises(ValueError, match="one or two"):
        Bench().measure({"a": print, "b": print, "c": print})


# The file --------------------------------------------------------------------------------------------------


def made(tmp_path: Path) -> tuple[bench.Bench, Path]:
    machine = Bench()
    (one,) = machine.measure({"": machine.task("a", 2, 100)})
    one.write(tmp_path / "a.jsonl")
    return one, tmp_path / "a.jsonl"


def test_a_file_gives_what_was_measured(tmp_path: Path) -> None:
    one, file = made(tmp_path)
    assert bench.load(file) == one
    end = json.loads(file.read_text().splitlines()[-1])
    assert end["energy"]["n"] == 4
    assert end["idle_w"]["value"] == pytest.approx(20)


def test_a_torn_file_is_read_and_is_not_complete(tmp_path: Path) -> None:
    one, file = made(tmp_path)
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:4]) + "\n" + lines[4][:20])
    torn = bench.load(file)
    assert torn.runs == one.runs[:3]
    assert not torn.complete
    result = bench.compare(torn, one, max_increase=5)
    assert "a file: the benchmark did not end" in result.reasons


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("{}\n", r"x:1: not a file of `co2lib bench`"),
        ('{"type": "run", "run_id": "x"}\n', "not a file of `co2lib bench`"),
        (
            '{"type": "bench", "schema": "co2lib-bench/1"}\n{"type": "run"}\n',
            "x:2: .*takes a number, not None",
        ),
        ('{"type": "bench", "schema": "co2lib-bench/1"}\nnonsense\n', "x:2: not JSON"),
        (
            '{"type": "bench", "schema": "co2lib-bench/1"}\n'
            '{"type": "run", "round": 0, "place": 0, "start_s": 0, "duration_s": -1}\n',
            "x:2: a duration or an energy is negative",
        ),
    ],
)
def test_a_bad_file_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(ValueError, match=message) as found:
        bench.load(tmp_path / "x")
    assert isinstance(found.value, co2lib.Error)
    assert found.value.code == "bench.bad_file"


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        bench.load(tmp_path / "nothing")


# What a comparison must say --------------------------------------------------------------------------------


def test_different_machines_are_undecided(tmp_path: Path) -> None:
    one, file = made(tmp_path)
    other = bench.load(file)
    other.session, other.machine["cpu"] = "other", "another CPU"
    one.machine["cpu"] = "a CPU"
    result = bench.compare(one, other, max_increase=50)
    assert result.decision == "undecided"
    assert any("different machines" in reason for reason in result.reasons)
    assert bench.compare(one, other, max_increase=50, metric="time").decision == "within"


def test_two_sessions_of_one_machine_are_told_what_would_help(tmp_path: Path) -> None:
    one, file = made(tmp_path)
    other = bench.load(file)
    other.session = "other"
    assert bench.compare(one, other, max_increase=10).decision == "within"
    result = bench.compare(one, other, max_increase=1)
    assert result.decision == "undecided"
    assert "--base" in result.reasons[0]


def test_runs_without_energy_are_undecided() -> None:
    nothing = [bench.BenchRun(n, 0, n, 1.0, None, None, None, None) for n in range(5)]
    empty = [bench.Bench("s", name, "", {}, runs=nothing, complete=True) for name in ("base", "head")]
    result = bench.compare(*empty, max_increase=5)
    assert (result.decision, result.change) == ("undecided", None)
    assert "no energy per run" in result.reasons[0]
    assert json.dumps(result.to_dict())


@pytest.mark.parametrize("more", [{"metric": "carbon"}, {"max_increase": -100}, {"between": 1}])
def test_a_comparison_that_makes_no_sense_is_refused(more: dict[str, Any]) -> None:
    one = bench.Bench("s", "a", "", {})
    with pytest.raises(ValueError, match=r"takes|known"):
        bench.compare(one, one, **{"max_increase": 5, **more})
