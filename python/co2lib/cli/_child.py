# SPDX-License-Identifier: MIT
"""A command in a process group of its own, with the signals and the terminal it would have without us."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

NOT_EXECUTABLE = 126
NOT_FOUND = 127
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT)
# Python ignores these; a program expects them as they are after a start from a shell.
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def cannot_start(program: str) -> int | None:
    """Return the exit status of a shell that cannot start the program (126, 127); None if it can be tried."""
    if shutil.which(program):
        return None
    folders = [""] if os.sep in program else os.get_exec_path()
    there = bool(program) and any(os.path.exists(os.path.join(folder, program)) for folder in folders)
    return NOT_EXECUTABLE if there else NOT_FOUND


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    status : int
        Exit status as shells give it: 128 + n after signal n.
    cpu_s : float
        CPU time of the command and of all descendants that were waited for, in s.
    """

    status: int
    cpu_s: float


class _Terminal:
    """The foreground of the controlling terminal, lent to the command while it runs."""

    def __init__(self) -> None:
        self._file = 0
        self.lent = False

    def lend(self, group: int) -> bool:
        """Make the group the foreground if we are it now."""
        with suppress(OSError):
            if os.tcgetpgrp(self._file) == os.getpgrp():
                os.tcsetpgrp(self._file, group)
                self.lent = True
                return True
        return False

    def take_back(self) -> None:
        if self.lent:
            self.lent = False
            with suppress(OSError):
                os.tcsetpgrp(self._file, os.getpgrp())


class Child:
    """A running command; a context manager around its whole life.

    SIGINT, SIGTERM, SIGHUP and SIGTSTP that reach us are passed on to the command's group. Started from a
    terminal it becomes the terminal's foreground group: it can ask questions, and Ctrl-C reaches it alone.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.

    Raises
    ------
    OSError
        On entering, if the system cannot start it.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._pid = 0
        self._ended = False
        self._terminal = _Terminal()
        # What nohup or a shell's `&` ignores stays ignored.
        self._signals = {s for s in HANDLED if signal.getsignal(s) is not signal.SIG_IGN} | {signal.SIGCONT}
        self._before: set[int] = set()
        self._on_background_write: Any = signal.SIG_DFL
        self._forwarder = threading.Thread(target=self._forward, name="co2lib-signals", daemon=True)

    def __enter__(self) -> Self:
        # Blocked in every thread: a signal waits until the forwarder takes it, also one that comes before it.
        self._before = set(signal.pthread_sigmask(signal.SIG_BLOCK, self._signals))
        try:
            self._pid = os.posix_spawnp(
                self._command[0],
                self._command,
                os.environ,
                setpgroup=0,
                setsigmask=self._before,
                setsigdef=IGNORED_BY_PYTHON,
            )
        except BaseException:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
            raise
        # While the command has the terminal we write to it, and take it back, from the background.
        self._on_background_write = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        self._continue()  # it may have asked the terminal too early, which stops it
        self._forwarder.start()
        return self

    def wait(self) -> Ended:
        """Wait for the command's end."""
        while True:
            _, status, usage = os.wait4(self._pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                break
            self._on_stop(os.WSTOPSIG(status))
        self._ended = True
        self._terminal.take_back()
        code = os.waitstatus_to_exitcode(status)
        return Ended(128 - code if code < 0 else code, usage.ru_utime + usage.ru_stime)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._ended:
            self._send(signal.SIGTERM)
            self.wait()
        # Wakes the forwarder itself: a signal to the process could go to some other thread, such as BLAS.
        while self._forwarder.is_alive() and self._forwarder.ident is not None:
            with contextlib.suppress(ProcessLookupError):  # a late signal has ended it
                signal.pthread_kill(self._forwarder.ident, signal.SIGCONT)
            self._forwarder.join(0.05)
        self._terminal.take_back()
        # What came too late for the command is not for us either: its end is reported now.
        while late := signal.sigpending() & self._signals:
            signal.sigwait(late)
        signal.signal(signal.SIGTTOU, self._on_background_write)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, number)

    def _continue(self) -> None:
        """Let the command go on, in the foreground if we are there and not part of a pipeline."""
        if os.isatty(0) and os.isatty(1):
            self._terminal.lend(self._pid)
        self._send(signal.SIGCONT)

    def _forward(self) -> None:
        while True:
            number = signal.sigwait(self._signals)
            if self._ended:
                return
            if number == signal.SIGCONT:
                self._continue()
                continue
            self._send(number)
            if number == signal.SIGTSTP:
                os.kill(os.getpid(), signal.SIGSTOP)

    def _on_stop(self, number: int) -> None:
        if number in (signal.SIGTTIN, signal.SIGTTOU) and self._terminal.lend(self._pid):
            self._send(signal.SIGCONT)
        elif self._terminal.lent:
            # Ctrl-Z reached the command alone; the shell gets its prompt when we stop too, and sends SIGCONT.
            self._terminal.take_back()
            os.kill(os.getpid(), signal.SIGSTOP)
