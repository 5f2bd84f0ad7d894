# SPDX-License-Identifier: MIT
"""Which file a log is, and what happens where that one is taken."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import tracker

BEGIN = """
import sys, co2lib
from co2lib.testing import FakeMeter, ManualClock
options = dict(meters=[], clock=ManualClock(), intensity=1, fsync=False)
"""


def joules(file: Path | str) -> float | None:
    value: float | None = tracker.load(file).footprint().energy.joules
    return value


@pytest.fixture
def taken(bench: Any) -> Path:
    """A log of 300 J."""
    with bench.track(log="run.jsonl", run_id="first") as run:
        bench.go(3)
    assert run.log == Path("run.jsonl")
    return Path("run.jsonl")


@pytest.mark.parametrize("explicit", [{}, {"log_exists": "error"}])
def test_one_the_program_names_is_never_replaced(bench: Any, taken: Path, explicit: dict[str, Any]) -> None:
    before = taken.read_bytes()
    error = bench.refused(**bench.options(log=taken, **explicit))
    assert error.code == "tracker.bad_log"
    assert isinstance(error, OSError)
    for said in (str(taken), "first", "log_exists", '"number"', '"resume"', '"overwrite"'):
        assert said in str(error), error
    assert taken.read_bytes() == before
    assert list(Path().glob("run*")) == [taken]


def test_number_takes_the_next_free_name_and_says_so(bench: Any, taken: Path) -> None:
    before = taken.read_bytes()
    for number in (2, 3):
        with bench.track(log=taken, log_exists="number") as run:
            bench.go(number)
        assert run.log == Path(f"run.{number}.jsonl")
        [issue] = [i for i in run.footprint.issues if i.code == "log_numbered"]
        assert issue.subject == f"run.{number}.jsonl"
        assert "run.jsonl was taken" in issue.text
        assert joules(run.log) == 100 * number
        assert "log_numbered" in bench.codes(tracker.load(run.log).footprint())
    assert taken.read_bytes() == before


def test_resume_goes_on_in_it(bench: Any, taken: Path) -> None:
    bench.clock.advance(50)
    with bench.track(log=taken, log_exists="resume") as run:
        bench.go(4)
    for f in (run.footprint, tracker.load(taken).footprint()):
        assert (f.run_id, f.energy.joules, f.segments, f.downtime_s) == ("first", 700, 2, 50)
    error = bench.refused(**bench.options(log=taken, log_exists="resume", run_id="another"))
    assert "first" in str(error)
    assert "another" in str(error)


def test_resume_of_nothing_begins(bench: Any) -> None:
    with bench.track(log="new.jsonl", log_exists="resume") as run:
        bench.go(2)
    assert (run.footprint.energy.joules, run.footprint.segments) == (200, 1)


def test_overwrite_replaces_it(bench: Any, taken: Path) -> None:
    with bench.track(log=taken, log_exists="overwrite", run_id="second") as run:
        bench.go(1)
    assert (run.footprint.segments, joules(taken)) == (1, 100)
    assert "first" not in taken.read_text()


@pytest.mark.parametrize("how", ["error", "number", "resume", "overwrite"])
@pytest.mark.parametrize("content", ["epoch,loss\n1,0.5\n", "{}\n", "\x00" * 100, '{"type": "run"}\n'])
def test_a_file_that_is_no_log_is_left_alone(bench: Any, how: str, content: str) -> None:
    file = Path("precious.csv")
    file.write_text(content)
    options = bench.options(log=file, log_exists=how)
    if how == "number":
        with co2lib.track(**options) as run:
            bench.go(1)
        assert run.log == Path("precious.2.csv")
    else:
        assert "precious.csv" in str(bench.refused(**options))
    assert file.read_text() == content


@pytest.mark.parametrize("how", ["env", "file", "home"])
def test_one_that_the_configuration_names_ends_no_program(
    bench: Any, taken: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(".config/co2lib")
    home.mkdir(parents=True)
    if how == "env":
        monkeypatch.setenv("CO2LIB_LOG", str(taken))
    else:
        (home / "config.toml" if how == "home" else Path("co2lib.toml")).write_text(f'log = "{taken}"\n')
    with bench.track() as run:
        bench.go(1)
    assert run.log == Path("run.2.jsonl")
    assert "log_numbered" in bench.codes(run.footprint)
    assert joules(taken) == 300
    error = bench.refused(**bench.options(log_exists="error"))  # unless the program says so
    assert "run.jsonl" in str(error)


def test_the_environment_may_say_what_to_do(bench: Any, taken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CO2LIB_LOG", str(taken))
    monkeypatch.setenv("CO2LIB_LOG_EXISTS", "resume")
    with bench.track() as run:
        bench.go(1)
    assert run.footprint.segments == 2
    monkeypatch.setenv("CO2LIB_LOG_EXISTS", "append")
    error = bench.refused(**bench.options())
    assert error.code == "tracker.bad_config"
    assert "error, number, resume or overwrite" in str(error)


def test_a_notebooks_second_run_is_numbered(bench: Any, taken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.get_ipython", lambda: None, raising=False)
    with bench.track(log=taken) as run:
        bench.go(1)
    assert run.log == Path("run.2.jsonl")
    assert "log_numbered" in bench.codes(run.footprint)
    assert "run.jsonl" in str(bench.refused(**bench.options(log=taken, log_exists="error")))


def test_later_calls_of_a_function_are_numbered_and_the_first_is_not(bench: Any) -> None:
    @co2lib.track(**bench.options(log="calls.jsonl"))
    def work() -> None:
        bench.go(1)

    for name in ("calls.jsonl", "calls.2.jsonl", "calls.3.jsonl"):
        work()
        assert work.run is not None
        assert work.run.log == Path(name)

    @co2lib.track(**bench.options(log="calls.jsonl"))
    def other() -> None:
        pytest.fail("the log was there before the first call")

    with pytest.raises(co2lib.Error, match="log_exists"):
        other()


HOLD = (
    BEGIN
    + "run = co2lib.track(log='run.jsonl', **options).start(); print('ready', flush=True); sys.stdin.read()"
)


@pytest.fixture
def held(bench: Any) -> Any:
    """Another process that is writing run.jsonl."""
    command = [sys.executable, "-P", "-c", HOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        yield other
        other.communicate("", timeout=60)


@pytest.mark.parametrize("how", ["error", "resume", "overwrite"])
def test_two_processes_do_not_share_one(bench: Any, held: Any, how: str) -> None:
    error = bench.refused(**bench.options(log="run.jsonl", log_exists=how))
    for said in ("another process is writing", 'log="run-{rank}.jsonl"', 'log_exists="number"'):
        assert said in str(error)


def test_the_second_process_takes_the_next_name(bench: Any, held: Any) -> None:
    with bench.track(log="run.jsonl", log_exists="number") as run:
        bench.go(1)
    assert run.log == Path("run.2.jsonl")
    [issue] = [i for i in run.footprint.issues if i.code == "log_numbered"]
    assert "another process is writing it" in issue.text


def test_ranks_that_resume_one_file_are_told_what_to_do(bench: Any, held: Any) -> None:
    for rank in ("1", "2"):
        done = bench.python(
            BEGIN + "co2lib.track(log='run.jsonl', resume=True, **options).start()", LOCAL_RANK=rank
        )
        assert done.returncode == 1
        last = done.stderr.strip().splitlines()[-1]
        assert "another process is writing this log" in last
        assert 'log="run-{rank}.jsonl"' in last


def test_ranks_with_their_number_in_the_name_share_nothing(bench: Any) -> None:
    code = BEGIN + (
        "with co2lib.track(log='run-{rank}.{local_rank}.jsonl', resume=True, **options) as run: pass\n"
        "print(run.log)"
    )
    for launcher in (("RANK", "LOCAL_RANK"), ("SLURM_PROCID", "SLURM_LOCALID")):
        done = bench.python(code, **dict(zip(launcher, ("5", "1"), strict=True)))
        assert done.stdout == "run-5.1.jsonl\n", done.stderr
    assert tracker.load("run-5.1.jsonl").footprint().segments == 2


def test_the_name_is_filled_in(bench: Any) -> None:
    with bench.track(log="{host}-{run_id}.jsonl", run_id="mine") as run:
        pass
    assert str(run.log) == f"{run.footprint.host}-mine.jsonl"
    assert run.log.exists()
    with bench.track(log="{other}.jsonl") as run:
        pass
    assert str(run.log) == "{other}.jsonl"


@pytest.mark.parametrize("name", [".", "/", "no/such/folder/run.jsonl", "caf\udce9/run.jsonl"])
def test_a_log_that_cannot_be_is_refused(bench: Any, name: str) -> None:
    error = bench.refused(**bench.options(log=name))
    assert error.code in ("tracker.bad_log", "tracker.bad_config")


def test_a_name_that_is_not_unicode(bench: Any) -> None:
    name = "caf\udce9.jsonl"
    with bench.track(log=name) as run:
        bench.go(1)
    assert joules(name) == 100
    assert run.log == Path(name)
    error = bench.refused(**bench.options(log=name))
    assert error.code == "tracker.bad_log"
    assert "caf" in str(error)
    with bench.track(log=name, log_exists="number") as run:
        bench.go(1)
    assert run.log == Path("caf\udce9.2.jsonl")
    for f in (run.footprint, tracker.load(run.log).footprint()):
        assert "log_numbered" in bench.codes(f)
        assert json.loads(f.to_json())


def test_a_full_disk_is_said_and_the_run_goes_on(bench: Any) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with bench.track(log="/dev/full", log_exists="number") as run:
        bench.go(30)
    assert run.footprint.energy.joules == 3000
    assert "log_write_failed" in bench.codes(run.footprint)
