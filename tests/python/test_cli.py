# SPDX-License-Identifier: MIT
"""The command line: exit statuses, signals, the terminal, untouched output, and readable errors."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import co2lib
from co2lib import tracker
from co2lib.cli import _view, main
from co2lib.cli.app import app
from co2lib.testing.fakes import FakeHost, fake_powercap

CO2LIB = [sys.executable, "-P", "-m", "co2lib"]
PYTHON = [sys.executable, "-c"]
BUSY = "import time; end = time.process_time() + 0.05\nwhile time.process_time() < end: pass\n"
TIMEOUT_S = 120


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the machine reaches the tests."""
    for name in list(os.environ):
        if name.startswith("CO2LIB_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)


# ruff: noqa: PLW1509 -- no test has another thread while it starts a process


def default_signals() -> None:
    """A test run in the background ignores some of these, and the command would keep that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)


def co2lib_run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*CO2LIB, *map(str, arguments)],
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def invoke(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    """Two logs of runs one after the other."""
    paths = [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
    for path in paths:
        with co2lib.track(location="FRA", log=path) as run, run.region("epoch"):
            exec(BUSY)
    return paths


# ------------------------------------------------------------------------------------------------------------
# run: exit statuses
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 128 + 9), ("kill -15 $$", 128 + 15)],
)
def test_run_returns_the_status_of_the_command(script: str, status: int) -> None:
    done = co2lib_run("run", "-l", "FRA", "--", "sh", "-c", script)
    assert done.returncode == status
    assert done.stdout == b""
    assert b"Energy" in done.stderr
    assert b"Carbon" in done.stderr


@pytest.mark.parametrize("name", ["no-such-command", "./no-such-command", ""])
def test_run_of_nothing_is_127(name: str, tmp_path: Path) -> None:
    status, out, err = invoke("run", "--log", tmp_path / "a.jsonl", "--", name)
    assert (status, out) == (127, "")
    assert err == f"error: {name}: command not found\n"
    assert not (tmp_path / "a.jsonl").exists()  # so that the corrected command can write it


def test_run_of_what_cannot_be_executed_is_126(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    for name in ("./plain", str(tmp_path), "plain"):
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
        status, _, err = invoke("run", "--", name)
        assert (status, err) == (126, f"error: {name}: not executable\n")
    plain.chmod(0o755)  # executable by its mode, but of no format that the system knows
    status, _, err = invoke("run", "--", "./plain")
    assert status == 126
    assert err.startswith("error: ./plain: Exec format error")


def test_run_needs_no_dashes_and_takes_options_of_the_command(tmp_path: Path) -> None:
    done = co2lib_run("run", "-q", "sh", "-c", 'printf %s "$*" --', "sh", "--json", "-q", "--", "-x")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"--json -q -- -x--", b"")


# ------------------------------------------------------------------------------------------------------------
# run: output
# ------------------------------------------------------------------------------------------------------------


def test_run_leaves_stdin_and_stdout_of_the_command_untouched() -> None:
    data = bytes(range(256)) * 300
    done = subprocess.run(
        [*CO2LIB, "run", "--", "cat"], input=data, capture_output=True, timeout=TIMEOUT_S, check=False
    )
    assert done.stdout == data
    assert done.returncode == 0
    assert b"\x1b" not in done.stderr  # neither colours nor a live line where there is no terminal
    assert not any(line.endswith(b" ") for line in done.stderr.splitlines())


def test_run_reports_json_with_the_share_of_the_command(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = co2lib_run(
        "run",
        "-l",
        "FRA",
        "--json",
        "-o",
        report,
        "--project",
        "p",
        "--",
        *PYTHON,
        BUSY + "raise SystemExit(3)",
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, b"", b"")
    document = json.loads(report.read_text())
    assert document["schema"] == "co2lib-footprint/1"
    assert document["complete"] is True
    assert document["exit_status"] == 3
    assert document["location"] == "FRA"
    assert document["context"]["project"] == "p"
    process, cpu = document["process"], document["totals"]["cpu"]["energy_j"]
    assert process["energy_j"] + process["other_j"] + process["idle_j"] == pytest.approx(cpu, rel=1e-9)
    assert process["bounds_j"][0] <= process["energy_j"] <= process["bounds_j"][1]
    assert process["energy_j"] > 0
    assert process["cpu_s"] > 0.05


def test_run_counts_the_cpu_time_of_grandchildren(tmp_path: Path) -> None:
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}], check=True)"
    co2lib_run("run", "--json", "-o", tmp_path / "r.json", "--", *PYTHON, nested)
    assert json.loads((tmp_path / "r.json").read_text())["process"]["cpu_s"] > 0.05


def test_run_takes_options_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CO2LIB_LOCATION", "DEU")
    (tmp_path / "co2lib.toml").write_text('pue = 1.5\nlocation = "FRA"\n')
    assert invoke("run", "-q", "--json", "-o", "r.json", "--wue", "2", "--", "true")[0] == 0
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["location"] == "DEU"
    assert document["facility"]["pue"] == 1.5
    assert document["facility"]["wue_l_per_kwh"] == 2


def test_run_given_intensity_wins(tmp_path: Path) -> None:
    assert invoke("run", "-q", "--json", "-o", "r.json", "--intensity", "50", "--", *PYTHON, BUSY)[0] == 0
    assert json.loads((tmp_path / "r.json").read_text())["intensity"]["mean_g_per_kwh"] == pytest.approx(50)


def test_run_appends_csv_rows(tmp_path: Path) -> None:
    for _ in range(2):
        assert invoke("run", "-q", "--csv", "emissions.csv", "--", "true") == (0, "", "")
    with (tmp_path / "emissions.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream, strict=True))
    assert [len(row) for row in rows] == [38, 38, 38]
    assert rows[0] == tracker.csv_columns()


@pytest.mark.parametrize("option", ["--output", "--csv"])
def test_run_refuses_at_once_what_cannot_be_written_later(option: str, tmp_path: Path) -> None:
    status, _, err = invoke("run", option, tmp_path / "no" / "x", "--", "touch", tmp_path / "ran")
    assert status == 2
    assert err.startswith(f"error: {tmp_path}/no/x: No such file or directory")
    assert err.endswith("[core.cannot_write]\n")
    assert not (tmp_path / "ran").exists()


def test_run_shows_the_report_that_a_file_does_not_take(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    done = co2lib_run("run", "-o", tmp_path / "d" / "x", "--", "rmdir", tmp_path / "d")
    assert done.returncode == 0
    assert b"[core.cannot_write]" in done.stderr
    assert b"Energy" in done.stderr


def test_run_names_the_nearest_location(tmp_path: Path) -> None:
    done = co2lib_run("run", "-l", "FRX", "--", "touch", tmp_path / "ran")
    assert done.returncode == 2
    text = done.stderr.decode()
    assert text.startswith("error: the location 'FRX' is in no table; nearest: FRA")
    assert text.endswith("[intensity.unknown_zone]\n")
    assert text.count("\n") == 1
    assert not (tmp_path / "ran").exists()


# ------------------------------------------------------------------------------------------------------------
# run: signals and the terminal
# ------------------------------------------------------------------------------------------------------------

CATCHING = f"""
import os, signal, sys
signal.alarm({2 * TIMEOUT_S})  # ends it whatever happens to the test
def caught(number, frame):
    print("caught", number, flush=True)
    sys.exit(7)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, caught)
print(os.getpid(), os.getpgrp(), flush=True)
while True:
    signal.pause()
"""


@contextmanager
def started(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A running co2lib that does not outlive a test that fails."""
    process = subprocess.Popen([*CO2LIB, *arguments], stdout=subprocess.PIPE, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_run_passes_signals_on_and_still_reports(number: signal.Signals, tmp_path: Path) -> None:
    command = ["run", "--log", "run.jsonl", "-o", "report", "--", *PYTHON, CATCHING]
    with started(*command, preexec_fn=default_signals) as process:
        assert process.stdout is not None
        pid, group = map(int, process.stdout.readline().split())
        assert pid == group != os.getpgrp()  # a group of its own
        process.send_signal(number)  # to co2lib alone
        out, _ = process.communicate(timeout=TIMEOUT_S)
    assert out == f"caught {int(number)}\n".encode()
    assert process.returncode == 7
    assert "Energy" in (tmp_path / "report").read_text()
    types = [json.loads(line)["type"] for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert (types[0], types[-1]) == ("run", "end")


def test_run_keeps_ignoring_what_nohup_ignores(tmp_path: Path) -> None:
    def nohup() -> None:
        default_signals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with started("run", "-q", "--", *PYTHON, CATCHING, preexec_fn=nohup) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=TIMEOUT_S)
    assert out == b"caught 15\n"  # also a command that listens to SIGHUP does not get it from us


def test_a_run_that_is_killed_can_be_shown(tmp_path: Path) -> None:
    with started("run", "--log", "run.jsonl", "--", *PYTHON, CATCHING, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline().split()[0])
        process.kill()
        os.kill(pid, signal.SIGTERM)
        process.communicate(timeout=TIMEOUT_S)
    status, out, _ = invoke("show", "run.jsonl")
    assert status == 0
    assert "not ended" in out


class Terminal:
    """A program in a session of its own with a pseudo-terminal."""

    def __init__(self, *arguments: str) -> None:
        self._end, end = os.openpty()
        termios.tcsetwinsize(end, (24, 80))

        def enter() -> None:
            default_signals()
            os.login_tty(end)

        environment = {**os.environ, "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [*CO2LIB, *arguments], preexec_fn=enter, pass_fds=[end], env=environment
        )
        os.close(end)
        self.text = ""

    def until(self, wanted: str) -> str:
        """Read until a text comes, or the program's end; return all that came so far."""
        while wanted not in self.text:
            assert select.select([self._end], [], [], TIMEOUT_S)[0], self.text
            try:
                read = os.read(self._end, 65536)
            except OSError:  # the other end is closed
                break
            self.text += read.decode("utf-8", "replace")
        assert wanted in self.text, self.text
        return self.text

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def wait(self) -> int:
        status = self.process.wait(TIMEOUT_S)
        os.close(self._end)
        return status


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        opened.append(Terminal(*arguments))
        return opened[-1]

    yield start
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


ASKING = "import os; print('foreground', os.tcgetpgrp(0) == os.getpgrp(), flush=True); print('got', input())"


def test_run_in_a_terminal_lets_the_command_ask_and_shows_a_live_line(
    terminal: Callable[..., Terminal],
) -> None:
    term = terminal("run", "-l", "FRA", "--", *PYTHON, ASKING)
    term.until("foreground True")
    shown = term.until(" J")
    assert re.search(r"co2lib.*0:0\d", shown)
    assert re.search(r"\x1b\[1;\d+r", shown)  # the last row is kept
    term.type("word\n")
    assert "got word" in term.until("Sources")
    after = term.until("\x1b[r")  # and given back
    assert "Energy" in after
    assert term.wait() == 0


def test_ctrl_c_in_a_terminal_reaches_the_command(terminal: Callable[..., Terminal]) -> None:
    term = terminal("run", "-q", "--", *PYTHON, CATCHING)
    term.until("\n")
    term.type("\x03")
    term.until("caught 2")
    assert term.wait() == 7


def test_run_quiet_shows_no_live_line(terminal: Callable[..., Terminal]) -> None:
    term = terminal("run", "-q", "--", *PYTHON, "print('end')")
    term.until("end")
    assert term.wait() == 0
    assert "\x1b" not in term.text


# ------------------------------------------------------------------------------------------------------------
# show and merge
# ------------------------------------------------------------------------------------------------------------


def test_show(logs: list[Path]) -> None:
    status, out, err = invoke("show", logs[0])
    assert (status, err) == (0, "")
    for wanted in ("first.jsonl", "Energy", "Carbon", "Device", "Region", "epoch", "g/kWh, FRA", "Sources"):
        assert wanted in out
    assert "not ended" not in out


def test_show_json_is_that_of_the_footprint(logs: list[Path]) -> None:
    status, out, _ = invoke("show", "--json", logs[0])
    assert status == 0
    assert out.rstrip("\n") == tracker.load(logs[0]).footprint().to_json().rstrip("\n")
    status, out, _ = invoke("show", "--json", *logs)
    assert [f["run_id"] for f in json.loads(out)] == [tracker.load(log).run_id for log in logs]


def test_show_csv(logs: list[Path]) -> None:
    status, out, _ = invoke("show", "--csv", *logs)
    assert status == 0
    header, *rows = csv.reader(out.splitlines(), strict=True)
    assert header == tracker.csv_columns()
    assert [row[header.index("run_id")] for row in rows] == [tracker.load(log).run_id for log in logs]


def test_show_refuses_two_formats(logs: list[Path]) -> None:
    status, _, err = invoke("show", "--csv", "--json", logs[0])
    assert status == 2
    assert "cannot be given together" in err


def test_show_a_torn_log(logs: list[Path]) -> None:
    whole = logs[0].read_bytes()
    logs[0].write_bytes(whole[:-10])
    status, out, err = invoke("show", logs[0])
    assert (status, err) == (0, "")
    assert "not ended" in out
    assert "! torn" in out


@pytest.mark.parametrize("verb", ["show", "merge"])
def test_an_unreadable_log_is_one_line(verb: str, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("no log\n")
    for name in ("absent.jsonl", "other.txt", str(tmp_path)):
        status, out, err = invoke(verb, name)
        assert (status, out) == (2, "")
        assert err.startswith("error: ")
        assert name in err
        assert err.endswith("[tracker.bad_log]\n")
        assert err.count("\n") == 1


def test_merge_adds_logs_and_counts_none_twice(logs: list[Path], tmp_path: Path) -> None:
    each = [tracker.load(log).footprint().energy.joules for log in logs]
    status, out, _ = invoke("merge", "--json", *logs)
    assert status == 0
    assert json.loads(out)["energy"]["value_j"] == pytest.approx(sum(each), rel=1e-9)
    status, out, _ = invoke("merge", "--json", "-o", tmp_path / "one.json", logs[0], logs[0])
    assert (status, out) == (0, "")
    assert json.loads((tmp_path / "one.json").read_text())["energy"]["value_j"] == pytest.approx(
        each[0], rel=1e-9
    )


def test_merge_shows_and_writes_text(logs: list[Path], tmp_path: Path) -> None:
    status, out, _ = invoke("merge", *logs)
    assert status == 0
    assert out.startswith("2 logs · ")
    assert invoke("merge", "-o", "text", *logs) == (0, "", "")
    assert (tmp_path / "text").read_text() == out
    status, _, err = invoke("merge", "-o", tmp_path / "no" / "x", *logs)
    assert status == 2
    assert "[core.cannot_write]" in err


# ------------------------------------------------------------------------------------------------------------
# sensors
# ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeHost]:
    """Makes the machine that `co2lib sensors` sees, from its energy counters."""
    made: list[FakeHost] = []

    def make(**zones: int) -> FakeHost:
        made.append(fake_powercap({name.replace("_", "-"): count for name, count in zones.items()}))
        monkeypatch.setattr("co2lib.cli.sensors.Host", lambda: made[-1].host)
        return made[-1]

    return make


def flat(text: str) -> str:
    """The words of a text, however it is wrapped."""
    return " ".join(text.split())


def test_sensors_says_every_reason_and_fix(machine: Callable[..., FakeHost]) -> None:
    host = machine()
    status, out, _ = invoke("sensors")
    assert status == 1
    for finding in co2lib.sensors(host.host):
        assert f"{finding.provider}: {finding.availability.replace('_', ' ')}" in out
        assert flat(finding.reason) in flat(out)
        assert flat(finding.fix) in flat(out)
    assert "location: absent" in out
    assert "world average used" in out
    assert "CO2LIB_LOCATION" in out


def test_sensors_with_a_counter(machine: Callable[..., FakeHost], monkeypatch: pytest.MonkeyPatch) -> None:
    machine(package_0=1_000_000)
    monkeypatch.setenv("CO2LIB_LOCATION", "FRA")
    status, out, _ = invoke("sensors", "--json")
    assert status == 0
    document = json.loads(out)
    assert document["counters"] is True
    found = {f["provider"]: f for f in document["findings"]}
    assert found["powercap"]["availability"] == "available"
    assert found["powercap"]["used"] is True
    assert found["location"]["availability"] == "available"
    assert "FRA" in found["location"]["reason"]


def test_sensors_misses_the_counter_of_a_visible_gpu(machine: Callable[..., FakeHost]) -> None:
    host = machine(package_0=1_000_000)
    host.write("dev/nvidia0", "")
    host.write("dev/nvidiactl", "")
    status, out, _ = invoke("sensors")
    assert status == 1
    assert "nvml: absent" in out
    assert str(host.host.dev / "nvidia0") in out
    assert "nvidiactl" not in out


def test_sensors_in_a_narrow_terminal_cuts_nothing(terminal: Callable[..., Terminal]) -> None:
    term = terminal("sensors")
    term.until("CO2LIB_INTENSITY")
    term.wait()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", term.text)
    assert "…" not in plain
    for finding in co2lib.sensors():
        for word in (finding.reason + " " + finding.fix).split():
            assert word in plain.replace("\r\n", "\n") or word in re.sub(r"\s+", "", plain)


# ------------------------------------------------------------------------------------------------------------
# conform
# ------------------------------------------------------------------------------------------------------------


def vectors(path: Path, *expected: float) -> Path:
    listed = [
        {
            "id": f"V{number}",
            "kind": "meter.convert",
            "input": {"value": 1, "from": "kWh", "to": "J"},
            "expected": {"value": value},
        }
        for number, value in enumerate(expected)
    ]
    path.write_text(json.dumps({"schema": "co2lib-vectors/1", "vectors": listed}))
    return path


def test_conform(tmp_path: Path) -> None:
    good, bad = vectors(tmp_path / "good.json", 3.6e6), vectors(tmp_path / "bad.json", 3.6e6, 1.0)
    assert invoke("conform", good) == (0, "1 passed, 0 failed, 0 skipped\n", "")
    status, out, _ = invoke("conform", good, bad)
    assert status == 1
    assert "V1" in out
    assert "V0" not in out
    assert out.endswith("\n2 passed, 1 failed, 0 skipped\n")


def test_conform_json(tmp_path: Path) -> None:
    bad = vectors(tmp_path / "bad.json", 3.6e6, 1.0)
    status, out, _ = invoke("conform", "--json", bad)
    assert status == 1
    document = json.loads(out)
    assert (document["passed"], document["failed"], document["skipped"]) == (1, 1, 0)
    assert [o["status"] for o in document["outcomes"]] == ["passed", "failed"]
    assert document["outcomes"][1]["file"] == str(bad)
    assert document["outcomes"][1]["differences"]


def test_conform_of_no_vectors_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("[]")
    status, _, err = invoke("conform", tmp_path / "no.json")
    assert status == 2
    assert err.endswith("[core.bad_vectors]\n")


# ------------------------------------------------------------------------------------------------------------
# the program
# ------------------------------------------------------------------------------------------------------------


def test_version_and_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capfd.readouterr().out == f"co2lib {co2lib.__version__}\n"
    assert main(["--help"]) == 0
    shown = capfd.readouterr().out
    for verb in ("run", "sensors", "show", "merge", "conform"):
        assert f" {verb} " in shown
        assert main([verb, "--help"]) == 0
        assert "Usage: co2lib " + verb in capfd.readouterr().out


def test_wrong_use_is_2(capfd: pytest.CaptureFixture[str]) -> None:
    for arguments in (["no-such-verb"], ["run"], ["show"], ["run", "--intensity", "much", "--", "true"]):
        assert main(arguments) == 2, arguments
        assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_a_missing_package_is_named(package: str) -> None:
    script = f"""
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
from co2lib.cli import main
sys.exit(main(["sensors"]))
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 1
    text = done.stderr.decode()
    assert f"pip install '{package}'" in text
    assert "[core.missing_extra]" in text
    assert text.count("\n") == 1


def test_import_of_the_command_line_is_lazy() -> None:
    script = "import sys, co2lib.cli; print({'typer', 'rich', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, timeout=TIMEOUT_S, check=True
    )
    assert done.stdout == b"set()\n"


# ------------------------------------------------------------------------------------------------------------
# texts
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (co2lib.Energy.from_joules(0), "0 J"),
        (co2lib.Energy.from_joules(0.001234), "1.23 mJ"),
        (co2lib.Energy.from_joules(999.96), "1000 J"),
        (co2lib.Energy.from_joules(3599), "3599 J"),
        (co2lib.Energy.from_kwh(1.5), "1.50 kWh"),
        (co2lib.CarbonMass.from_grams(0.000247), "0.247 mg CO2e"),
        (co2lib.CarbonMass.from_kilograms(12.34), "12.3 kg CO2e"),
        (co2lib.Power.from_watts(-12.5), "-12.5 W"),
        (co2lib.Power.from_watts(1e-30), "0.000000000 mW"),
        (co2lib.Water.from_litres(2), "2.00 L"),
        (None, "unknown"),
    ],
)
def test_quantity_text(quantity: Any, text: str) -> None:
    assert _view.quantity_text(quantity) == text


def test_spans_durations_and_shares() -> None:
    joules = co2lib.Energy.from_joules
    assert _view.span(joules(8.7), joules(4000), joules(50)) == "8.70 to 4000 J"
    assert _view.span(joules(0), joules(0.5)) == "0 to 500 mJ"
    assert [_view.duration_text(s) for s in (0, 0.0123, 3.456, 59.4, 59.6, 61, 3661)] == [
        "0 s",
        "12.3 ms",
        "3.46 s",
        "59.4 s",
        "1 min 00 s",
        "1 min 01 s",
        "1 h 01 min",
    ]
    assert [_view.clock_text(s) for s in (0, 61.9, 3661)] == ["0:00", "1:01", "1:01:01"]
    assert [_view.percent(s) for s in (1, 0.99999, 0.5, 0)] == ["100 %", "99.9 %", "50 %", "0 %"]


# ------------------------------------------------------------------------------------------------------------
# the demo
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["torch", "sklearn", "numpy"])
def test_demo(backend: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    demo = Path(__file__).parents[2] / "examples" / "python" / "demo.py"
    done = subprocess.run(
        [sys.executable, "-P", demo, "--backend", backend, "--epochs", "6", "--log", "demo.jsonl"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "After 5 epochs: all 6 will use" in done.stdout
    assert "demo.jsonl · " in done.stdout
    footprint = tracker.load(tmp_path / "demo.jsonl").footprint()
    assert footprint.complete
    assert footprint.regions["epoch"].count == 6
