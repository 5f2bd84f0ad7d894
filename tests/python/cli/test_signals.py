# SPDX-License-Identifier: MIT
"""co2lib run: signals that reach it, reach the command, and it survives them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Prints each signal that it gets, and ends with 7 after SIGTERM, or when none comes any more.
LISTENING = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
print(os.getpid(), os.getpgrp(), flush=True)
while got := signal.sigtimedwait(signal.valid_signals(), 240):
    print("got", got.si_signo, flush=True)
    if got.si_signo == signal.SIGTERM:
        sys.exit(7)
"""
NOT_FOR_THE_COMMAND = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGCONT, signal.SIGTERM}


def state(pid: int) -> str:
    """The state of a process: R, S, T (stopped), ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_run_passes_every_signal_on_and_survives_it(cli: Any, tmp_path: Path) -> None:
    command = ["run", "--meters", "none", "--log", "run.jsonl", "-o", "report", "--", *cli.python, LISTENING]
    with cli.started(*command, preexec_fn=cli.default_signals) as process:
        pid, group = map(int, process.stdout.readline().split())
        assert pid == group != os.getpgrp()  # a group of its own
        for number in sorted(signal.valid_signals() - NOT_FOR_THE_COMMAND):
            process.send_signal(number)  # to co2lib alone
            assert process.stdout.readline() == f"got {int(number)}\n".encode()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=cli.timeout_s)
    assert out == b"got 15\n"
    assert process.returncode == 7
    assert "Energy" in (tmp_path / "report").read_text()
    types = [json.loads(line)["type"] for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert (types[0], types[-1]) == ("run", "end")


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGQUIT, signal.SIGALRM, signal.SIGRTMIN])
def test_run_returns_128_and_the_signal_that_it_passed_on(cli: Any, number: int) -> None:
    waiting = "print('ready', flush=True); import signal; signal.alarm(240); signal.pause()"

    def no_cores() -> None:
        import resource

        cli.default_signals()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with cli.started("run", "-q", "--", *cli.python, waiting, preexec_fn=no_cores) as process:
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(cli.timeout_s) == 128 + number


def test_a_signal_after_the_report_leaves_the_exit_status(cli: Any) -> None:
    late = """
import atexit, os, signal, sys
from co2lib.cli import main
atexit.register(os.kill, os.getpid(), signal.SIGUSR1)
sys.argv[1:] = ["run", "-q", "--", "sh", "-c", "exit 3"]
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-P", "-c", late], check=False, timeout=cli.timeout_s)
    assert done.returncode == 3


def ignoring(*numbers: int) -> Callable[[], None]:
    def prepare() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    return prepare


def test_run_keeps_ignoring_what_nohup_ignores(cli: Any) -> None:
    ignored = (signal.SIGHUP, signal.SIGUSR1)
    with cli.started("run", "-q", "--", *cli.python, LISTENING, preexec_fn=ignoring(*ignored)) as process:
        process.stdout.readline()
        for number in (*ignored, signal.SIGTERM):
            process.send_signal(number)
        out, _ = process.communicate(timeout=cli.timeout_s)
    assert out == b"got 15\n"  # also a command that listens to them does not get them from us


def test_run_waits_for_the_command_where_sigchld_is_ignored(cli: Any) -> None:
    done = cli.run("run", "--", "sh", "-c", "exit 3", preexec_fn=ignoring(signal.SIGCHLD))
    assert done.returncode == 3
    assert b"Energy" in done.stderr


def test_run_stops_and_goes_on_with_the_command(cli: Any) -> None:
    command = "import os, signal; signal.alarm(240); print(os.getpid(), flush=True); input()"
    with cli.started(
        "run",
        "-q",
        "--",
        *cli.python,
        command,
        stdin=subprocess.PIPE,
        process_group=0,  # not orphaned, as under a shell
        preexec_fn=cli.default_signals,
    ) as process:
        pid = int(process.stdout.readline())
        process.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert state(pid) == "T"
        process.send_signal(signal.SIGCONT)
        process.communicate(b"word\n", timeout=cli.timeout_s)
    assert process.returncode == 0


def test_a_command_that_someone_else_stops_does_not_stop_us(cli: Any) -> None:
    command = "import os, signal; signal.alarm(240); print(os.getpid(), flush=True); input(); print('end')"
    with cli.started("run", "-q", "--", *cli.python, command, stdin=subprocess.PIPE) as process:
        pid = int(process.stdout.readline())
        os.kill(pid, signal.SIGSTOP)
        while state(pid) != "T":
            pass
        os.kill(pid, signal.SIGCONT)
        assert process.communicate(b"\n", timeout=cli.timeout_s)[0] == b"end\n"
    assert process.returncode == 0


def test_a_run_that_is_killed_can_be_shown(cli: Any) -> None:
    arguments = ("run", "--log", "run.jsonl", "--", *cli.python, LISTENING)
    with cli.started(*arguments, stderr=subprocess.DEVNULL) as process:
        pid = int(process.stdout.readline().split()[0])
        process.kill()
        os.kill(pid, signal.SIGTERM)
        process.communicate(timeout=cli.timeout_s)
    status, out, _ = cli.invoke("show", "run.jsonl")
    assert status == 0
    assert "not ended" in out
