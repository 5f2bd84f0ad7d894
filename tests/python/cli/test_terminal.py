# SPDX-License-Identifier: MIT
"""co2lib run in a terminal: questions, keys, jobs of a shell, and the line at its foot."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib.cli import _live

ASKING = "import os; print('foreground', os.tcgetpgrp(0) == os.getpgrp(), flush=True); print('got', input())"
CATCHING = """
import signal, sys, time
signal.alarm(240)
def caught(number, frame):
    print("caught", number, flush=True)
    sys.exit(7)
signal.signal(signal.SIGINT, caught)
print("ready", flush=True)
while True:  # a signal just before a pause() would be handled after it
    time.sleep(0.05)
"""
# Says what it has read; a shell's echo of the typed line does not look like that. Ctrl-C ends it by the
# system's default: Python's handler takes a note, and one taken just before a read waits for the next line.
READING = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
for line in iter(sys.stdin.readline, ""):
    print(f"<{line.strip()}>", flush=True)
"""


def script(folder: Path, text: str) -> str:
    """A program for a shell, whose command lines are short then."""
    path = folder / "program.py"
    path.write_text(text)
    return f"{sys.executable} {path}"


# ------------------------------------------------------------------------------------------------------------
# without a shell, as in a container
# ------------------------------------------------------------------------------------------------------------


def test_the_command_can_ask_and_a_live_line_is_shown(terminal: Any, cli: Any) -> None:
    term = terminal("run", "-l", "FRA", "--meters", "none", "--", *cli.python, ASKING)
    term.until("foreground True")
    shown = term.until(r"co2lib\S*\s.*0:0\d.* J")
    assert re.search(r"\x1b\[1;\d+r", shown)  # the last row is kept
    term.type("word\n")
    term.until("got word")
    term.until(r"\x1b\[r")  # and given back
    term.until("Sources")
    assert term.wait() == 0


def test_ctrl_c_reaches_the_command(terminal: Any, cli: Any) -> None:
    term = terminal("run", "-q", "--", *cli.python, CATCHING)
    term.until("ready")
    term.type("\x03")
    term.until("caught 2")
    assert term.wait() == 7


def test_ctrl_c_gives_130_where_there_is_no_shell(terminal: Any, cli: Any) -> None:
    term = terminal("run", "-q", "--", "sh", "-c", "echo ready; exec sleep 240")
    term.until("ready")
    term.type("\x03")
    assert term.wait() == 130


def test_ctrl_z_stops_nothing_where_no_shell_could_continue_it(terminal: Any, cli: Any) -> None:
    term = terminal("run", "-q", "--", *cli.python, READING)
    term.type("one\n")
    term.until("<one>")
    term.type("\x1atwo\n")
    term.until("<two>")
    term.type("\x04")
    assert term.wait() == 0


def test_quiet_shows_no_live_line(terminal: Any, cli: Any) -> None:
    term = terminal("run", "-q", "--", *cli.python, "print('end')")
    term.until("end")
    assert term.wait() == 0
    assert "\x1b" not in term.text


def test_a_simple_terminal_gets_no_live_line_and_no_colours(terminal: Any, cli: Any) -> None:
    term = terminal("run", "-l", "FRA", "--", *cli.python, ASKING, TERM="dumb", columns=40)
    term.until("foreground True")
    term.type("word\n")
    term.until("Sources")
    assert term.wait() == 0
    assert "\x1b" not in term.text
    assert max(map(len, term.plain.splitlines())) <= 40


# ------------------------------------------------------------------------------------------------------------
# as a job of a shell
# ------------------------------------------------------------------------------------------------------------


def test_a_job_in_the_background_that_reads_stops_until_it_is_in_the_foreground(
    job_shell: Any, tmp_path: Path
) -> None:
    job_shell.type(f"co2lib run -q -- {script(tmp_path, READING)} &\n")
    job_shell.type("wait %1; jobs\n")  # the wait ends when the job stops
    job_shell.until("Stopped")
    job_shell.type("fg\n")
    job_shell.type("word\n")
    job_shell.until("<word>")
    job_shell.type("\x04")
    job_shell.until("READY> ")
    job_shell.type("echo status=$?\n")
    job_shell.until("status=0")


def test_ctrl_z_bg_and_fg_of_a_job_that_reads(job_shell: Any, tmp_path: Path) -> None:
    job_shell.type(f"co2lib run -q -- {script(tmp_path, READING)}\n")
    job_shell.type("one\n")
    job_shell.until("<one>")
    job_shell.type("\x1a")
    job_shell.until("Stopped")
    job_shell.type("bg\nfg\n")  # stops once more in between, or not yet
    job_shell.type("two\n")
    while not re.search("<two>|Stopped", job_shell.until(r"<two>\r|Stopped .*\r")[-60:]):
        pass
    if "<two>" not in job_shell.text:
        job_shell.type("fg\n")
        job_shell.until("<two>")
    job_shell.type("\x03")
    job_shell.until("READY> ")
    job_shell.type("echo status=$?\n")
    job_shell.until(r"status=(130|1)\r")


def test_ctrl_c_ends_a_loop_of_the_shell(job_shell: Any) -> None:
    job_shell.type("for i in 1 2; do co2lib run -q -- sh -c 'echo \"round:\"'$i'; exec sleep 240'; done\n")
    job_shell.until("round:1")
    job_shell.type("\x03")
    job_shell.until("READY> ")
    job_shell.type("echo status=$?\n")
    job_shell.until("status=130")
    assert "round:2" not in job_shell.text


def test_ctrl_c_ends_a_script(job_shell: Any, tmp_path: Path) -> None:
    (tmp_path / "job.sh").write_text("co2lib run -q -- sh -c 'echo begun; exec sleep 240'\necho next\n")
    job_shell.type("bash job.sh\n")
    job_shell.until("begun")
    job_shell.type("\x03")
    job_shell.until("READY> ")
    assert "next" not in job_shell.text


def test_a_script_can_read_after_the_command_has(job_shell: Any, tmp_path: Path) -> None:
    run = f"co2lib run -q -- {script(tmp_path, READING)}"
    (tmp_path / "job.sh").write_text(f'{run}\nread answer\necho "[$answer]"\n')
    job_shell.type("bash job.sh\n")
    job_shell.type("one\n")
    job_shell.until("<one>")
    job_shell.type("\x1a")
    job_shell.until("Stopped")
    job_shell.type("fg\n")
    job_shell.type("two\n")
    job_shell.until("<two>")
    job_shell.type("\x04")
    job_shell.type("three\n")
    job_shell.until(r"\[three\]")


def test_ctrl_z_stops_the_whole_pipeline(job_shell: Any, tmp_path: Path) -> None:
    job_shell.type(f"co2lib run -q -- {script(tmp_path, READING)} | cat\n")
    job_shell.type("one\n")
    job_shell.until("<one>")
    job_shell.type("\x1a")
    job_shell.until("Stopped")
    job_shell.type("fg\n")
    job_shell.type("two\n")
    job_shell.until("<two>")
    job_shell.type("\x04")
    job_shell.until("READY> ")


def test_a_command_can_ask_on_the_terminal_while_stdin_is_a_file(job_shell: Any) -> None:
    job_shell.type("co2lib run -q -- sh -c 'read x </dev/tty; echo \"<$x>\"' </dev/null\n")
    job_shell.type("word\n")
    job_shell.until("<word>")


def test_a_background_job_leaves_the_terminal_to_the_shell(job_shell: Any) -> None:
    os.mkfifo("go")
    job_shell.type("co2lib run -q -- sh -c 'echo be\"\"gun; read x < go'\n")
    job_shell.until("begun")
    job_shell.type("\x1a")
    job_shell.until("Stopped")
    job_shell.type("bg; echo > go; wait; echo done:$?\n")
    job_shell.until(r"done:\d")
    job_shell.type('read x; echo "[$x]"\n')  # the shell still has the terminal
    job_shell.type("word\n")
    job_shell.until(r"\[word\]")


# ------------------------------------------------------------------------------------------------------------
# the line
# ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def footprint() -> co2lib.Footprint:
    with co2lib.track(location="FRA", meters=[]) as run:
        sum(range(100_000))
    return run.footprint


def test_the_line_leaves_whole_parts_out_where_it_is_narrow(footprint: co2lib.Footprint) -> None:
    whole = str(_live.Meter().line(footprint, 200))
    assert whole.startswith(" co2lib  0:00")
    assert [part.split()[-1] for part in whole.split("·")] == ["0:00", "mJ", "CO2e"]
    for columns in range(len(whole) + 1):
        line = str(_live.Meter().line(footprint, columns))
        assert len(line) <= columns
        assert not line.rstrip().endswith("·")
        assert line in whole
    assert str(_live.Meter().line(footprint, 4)) == "0:00"
    assert str(_live.Meter().line(footprint, 3)) == ""


class FakeTrack:
    """A run whose footprint is asked for; tells when."""

    def __init__(self, footprint: co2lib.Footprint, asked: Callable[[], None]) -> None:
        self._footprint = footprint
        self._asked = asked

    def snapshot(self) -> co2lib.Footprint:
        self._asked()
        return self._footprint


@pytest.mark.parametrize("foreground", [True, False])
def test_the_line_is_drawn_in_the_foreground_only(
    footprint: co2lib.Footprint, foreground: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import termios
    import threading

    near, far = os.openpty()
    termios.tcsetwinsize(far, (24, 80))
    times = threading.Semaphore(0)
    with open(far, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        track: Any = FakeTrack(footprint, times.release)
        with _live.LiveLine(track, lambda: foreground, period_s=0.001) as line:
            for _ in range(3):
                times.acquire()
            with line.away():
                pass
            for _ in range(3):
                times.acquire()
        stream.write("end")
    text = ""
    while not text.endswith("end"):
        text += os.read(near, 65536).decode()
    os.close(near)
    assert ("co2lib" in text) == foreground
    # Kept and given back the same number of times: away, and at the end.
    assert len(re.findall(r"\x1b\[1;23r", text)) == len(re.findall(r"\x1b\[r", text)) == 2 * foreground
