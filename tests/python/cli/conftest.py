# SPDX-License-Identifier: MIT
"""Ways to run the command line: in this process, as a program, in a terminal, under a shell with jobs."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import co2lib
from co2lib.cli.app import app

TIMEOUT_S = 120
CO2LIB = [sys.executable, "-P", "-m", "co2lib"]
BUSY = "import time; end = time.process_time() + 0.05\nwhile time.process_time() < end: pass\n"

# ruff: noqa: PLW1509 -- no test has another thread while it starts a process


def default_signals() -> None:
    """A test run in the background ignores some of these, and the command would keep that."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)


class Cli:
    """What tests of the command line need."""

    python = [sys.executable, "-c"]
    busy = BUSY
    timeout_s = TIMEOUT_S
    default_signals = staticmethod(default_signals)

    @staticmethod
    def invoke(*arguments: str | Path) -> tuple[int, str, str]:
        """Run in this process; returns the exit status, stdout and stderr."""
        result = CliRunner().invoke(app, [os.fspath(a) for a in arguments])
        return result.exit_code, result.stdout, result.stderr

    @staticmethod
    def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run as a program."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.run(
            [*CO2LIB, *map(os.fspath, arguments)], timeout=TIMEOUT_S, check=False, **{**streams, **options}
        )

    @staticmethod
    def shell(script: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run a script of bash in which ``co2lib`` is the program."""
        bash = shutil.which("bash")
        if bash is None:
            pytest.skip("no bash")
        return subprocess.run(
            [bash, "-c", script], capture_output=True, timeout=TIMEOUT_S, check=False, **options
        )

    @staticmethod
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


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a program ``co2lib``, which shells find."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "co2lib"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m co2lib "$@"\n')
    script.chmod(0o755)
    return folder


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Path) -> Cli:
    """No configuration of the machine reaches the tests."""
    for name in list(os.environ):
        if name.startswith("CO2LIB_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{program}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)
    return Cli()


@pytest.fixture
def logs(cli: Cli, tmp_path: Path) -> list[Path]:
    """Two logs of runs one after the other."""
    paths = [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
    for path in paths:
        with co2lib.track(location="FRA", meters=[], log=path) as run, run.region("epoch"):
            exec(BUSY)
    return paths


class Terminal:
    """A program in a session of its own with a pseudo-terminal."""

    def __init__(self, command: list[str], rows: int, columns: int, environment: dict[str, str]) -> None:
        self._end, end = os.openpty()
        termios.tcsetwinsize(end, (rows, columns))

        def enter() -> None:
            default_signals()
            os.login_tty(end)

        variables = {**os.environ, "TERM": "xterm-256color", **environment}
        self.process = subprocess.Popen(command, preexec_fn=enter, pass_fds=[end], env=variables)
        os.close(end)
        self.text = ""
        self._seen = 0

    def _read(self) -> bool:
        assert select.select([self._end], [], [], TIMEOUT_S)[0], self.text
        try:
            read = os.read(self._end, 65536)
        except OSError:  # the other end is closed
            return False
        self.text += read.decode("utf-8", "replace")
        return bool(read)

    def until(self, pattern: str) -> str:
        """Read until a pattern comes after what was waited for before; return all that came so far."""
        while (found := re.compile(pattern).search(self.text, self._seen)) is None:
            assert self._read(), f"{pattern!r} did not come: {self.text[self._seen :]!r}"
        self._seen = found.end()
        return self.text

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def wait(self) -> int:
        """Read all there is and return the exit status."""
        while self._read():
            pass
        return self.process.wait(TIMEOUT_S)

    @property
    def plain(self) -> str:
        """The text without colours and carriage returns."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.text).replace("\r\n", "\n")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        with suppress(OSError):
            os.close(self._end)


@pytest.fixture
def terminal(cli: Cli) -> Iterator[Callable[..., Terminal]]:
    """Start co2lib in a terminal of its own, without a shell."""
    opened: list[Terminal] = []

    def start(*arguments: str, rows: int = 24, columns: int = 80, **environment: str) -> Terminal:
        opened.append(Terminal([*CO2LIB, *arguments], rows, columns, environment))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def job_shell(cli: Cli) -> Iterator[Terminal]:
    """An interactive bash in a terminal; its prompt is ``READY>``."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    environment = {"PS1": "READY> ", "HISTFILE": "", "INPUTRC": "/dev/null"}
    shell = Terminal([bash, "--norc", "--noprofile", "-i"], 24, 200, environment)
    shell.until("READY> ")
    shell.type("bind 'set enable-bracketed-paste off'\n")
    shell.until("READY> ")
    yield shell
    shell.close()
