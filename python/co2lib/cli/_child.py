# SPDX-License-Identifier: MIT
"""A command in a process group of its own, with the signals and the terminal it would have without us.

1. Signals. All that can be held back are blocked in every thread, from before the first thread is there; one
   thread takes them and passes them on. So none ends us, and none gets lost between two steps. What is
   ignored when we are started stays ignored, as `nohup` wants it.
2. Terminal. The command's group is made the foreground where we are it and a shell made us a job of our own:
   Ctrl-C and Ctrl-Z then reach the command alone, as if the shell had started it. Elsewhere (in a script, a
   pipeline, under a launcher) the terminal's signals reach all, us too, and we pass them on; the terminal is
   lent when the command asks for it, which is when the kernel stops it.
3. Stops. The shell knows its job by us: where the command stops, we stop for the same reason, and when we are
   continued the command is. By the signal itself and not by SIGSTOP, so that the kernel's rule for groups
   without a shell holds.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

NOT_EXECUTABLE = 126
NOT_FOUND = 127
# Nobody can hold back the first two; the third is for us.
_OURS = frozenset({signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD})
# Python ignores these; a program expects them as they are after a start from a shell.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_TERMINAL_STOPS = (signal.SIGTTIN, signal.SIGTTOU)
# The code of a signal that no process has sent (SI_KERNEL of Linux), but a key.
_FROM_KERNEL = 0x80


def cannot_start(program: str) -> int | None:
    """Return the exit status of a shell that cannot start the program (126, 127); None if it can be tried."""
    if shutil.which(program):
        return None
    folders = [""] if os.sep in program else os.get_exec_path()
    there = bool(program) and any(os.path.exists(os.path.join(folder, program)) for folder in folders)
    return NOT_EXECUTABLE if there else NOT_FOUND


def _as_script(command: Sequence[str]) -> list[str]:
    """Return the command that runs a script without ``#!``, which the kernel refuses, as sh and env do."""
    path = shutil.which(command[0]) or command[0]
    with open(path, "rb") as file:
        if b"\0" in file.readline(80):
            raise OSError(errno.ENOEXEC, os.strerror(errno.ENOEXEC))
    return ["/bin/sh", path, *command[1:]]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    status : int
        Exit status as shells give it: 128 + n after signal n.
    cpu_s : float
        CPU time of the command and of all descendants that were waited for, in s.
    interrupted : bool
        Whether Ctrl-C ended it under a shell, which then expects that of us too.
    """

    status: int
    cpu_s: float
    interrupted: bool = False


class _Terminal:
    """The foreground of the controlling terminal, lent to the command while it runs."""

    def __init__(self) -> None:
        self._file = -1
        self.lent = False

    def open(self) -> None:
        # Not stdin: that can be a file while the command asks on the terminal.
        with suppress(OSError):
            self._file = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def holder(self) -> int:
        """Return the group in the foreground; -1 without a terminal."""
        with suppress(OSError):
            return os.tcgetpgrp(self._file)
        return -1

    def lend(self, group: int) -> bool:
        """Make the group the foreground if we are it now; tell whether it is."""
        with suppress(OSError):
            if os.tcgetpgrp(self._file) == os.getpgrp():
                os.tcsetpgrp(self._file, group)
            self.lent = os.tcgetpgrp(self._file) == group
        return self.lent

    def take_back(self, group: int) -> None:
        """Be the foreground again, unless a shell has given the terminal to someone else."""
        if self.lent:
            self.lent = False
            with suppress(OSError):
                holder = os.tcgetpgrp(self._file)
                if holder == group or not _exists(holder):
                    os.tcsetpgrp(self._file, os.getpgrp())


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


class Child:
    """A command; a context manager around its whole life and what must be there before.

    Every signal that reaches us is passed on to the command's group. See the head of this file.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    until_exit : bool
        Signals are held back for good: nothing comes after the command but the end of this process, whose
        exit status a late signal must not change.
    """

    def __init__(self, command: Sequence[str], *, until_exit: bool = False) -> None:
        self._command = list(command)
        self._until_exit = until_exit
        self._pid = 0
        self._ended = False
        self._lock = threading.RLock()
        self._asked_to_stop = False
        self._ctrl_c = False
        self._continued = 0
        self._terminal = _Terminal()
        taken = {
            number
            for number in signal.valid_signals() - _OURS
            if signal.getsignal(number) is not signal.SIG_IGN or number in _IGNORED_BY_PYTHON
        }
        self._signals = taken | {signal.SIGCONT}
        self._before: set[int] = set()
        self._on_child: Any = signal.SIG_DFL
        self._forwarder = threading.Thread(target=self._forward, name="co2lib-signals", daemon=True)

    def __enter__(self) -> Self:
        self._before = set(signal.pthread_sigmask(signal.SIG_BLOCK, self._signals))
        # Where it is ignored, nobody can be waited for.
        self._on_child = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._terminal.open()
        return self

    def start(self) -> None:
        """Start the command.

        Raises
        ------
        OSError
            If the system cannot start it.
        """
        try:
            self._pid = self._spawn(self._command)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            self._pid = self._spawn(_as_script(self._command))
        self._lend()  # where it has asked before, it is stopped, and `wait` lets it go on
        self._forwarder.start()

    def wait(self, away: Callable[[], AbstractContextManager[Any]] = nullcontext) -> Ended:
        """Wait for the command's end.

        Parameters
        ----------
        away : callable
            Gives a context manager to be in while we are stopped.
        """
        while True:
            # Not reaped yet: until the forwarder knows, its number must not become another process's.
            os.waitid(os.P_PID, self._pid, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
            with self._lock:
                changed, status, usage = os.wait4(self._pid, os.WUNTRACED | os.WNOHANG)
                self._ended = bool(changed) and not os.WIFSTOPPED(status)
                seen = self._continued
            if self._ended:
                break
            if changed:  # else it goes on already
                self._on_stop(os.WSTOPSIG(status), seen, away)
        code = os.waitstatus_to_exitcode(status)
        # With the terminal lent Ctrl-C reaches the command alone; else the forwarder has seen it.
        from_terminal = self._terminal.lent or self._ctrl_c
        under_shell = from_terminal and os.getsid(0) != os.getpid()
        self._terminal.take_back(self._pid)
        return Ended(
            128 - code if code < 0 else code,
            usage.ru_utime + usage.ru_stime,
            interrupted=under_shell and code == -signal.SIGINT,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pid:
            if not self._ended:
                self._send(signal.SIGTERM)
                self.wait()
            # Wakes the forwarder itself: a signal to the process could go to some other thread, such as BLAS.
            while self._forwarder.is_alive() and self._forwarder.ident is not None:
                with suppress(ProcessLookupError):  # a late signal has ended it
                    signal.pthread_kill(self._forwarder.ident, signal.SIGCONT)
                self._forwarder.join(0.05)
        self._terminal.close()
        if self._pid and self._until_exit:
            return
        # What came too late for the command is not for us either: its end is reported now.
        while self._pid and (late := signal.sigpending() & self._signals):
            signal.sigwait(late)
        if self._on_child is not None:
            signal.signal(signal.SIGCHLD, self._on_child)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

    def in_foreground(self) -> bool:
        """Tell whether the terminal is ours or the command's, or there is none."""
        return self._terminal.lent or self._terminal.holder() in (os.getpgrp(), -1)

    def _spawn(self, command: list[str]) -> int:
        return os.posix_spawnp(
            command[0],
            command,
            os.environ,
            setpgroup=0,
            setsigmask=self._before,
            setsigdef=_IGNORED_BY_PYTHON,
        )

    def _send(self, number: int) -> None:
        with self._lock, suppress(ProcessLookupError, PermissionError):
            if not self._ended:
                os.killpg(self._pid, number)

    def _continue(self) -> None:
        """Let the command go on, in the foreground where a shell puts it there."""
        with self._lock:
            self._continued += 1
            self._asked_to_stop = False
            self._lend()
            self._send(signal.SIGCONT)

    def _lend(self) -> None:
        if os.getpgrp() == os.getpid() and os.isatty(0) and os.isatty(1):
            self._terminal.lend(self._pid)

    def _forward(self) -> None:
        while True:
            taken = signal.sigwaitinfo(self._signals)
            if self._ended:
                return
            if taken.si_signo == signal.SIGCONT:
                self._continue()
            elif taken.si_signo != signal.SIGTSTP:
                self._ctrl_c |= taken.si_signo == signal.SIGINT and taken.si_code == _FROM_KERNEL
                self._send(taken.si_signo)
            elif taken.si_pid != os.getpid():  # not the one of _stop
                self._asked_to_stop = True
                self._send(signal.SIGTSTP)

    def _on_stop(self, number: int, seen: int, away: Callable[[], AbstractContextManager[Any]]) -> None:
        """Stop as the command has, if the shell should know; the forwarder then lets both go on."""
        with self._lock:
            if number in _TERMINAL_STOPS:
                if self._terminal.lend(self._pid):
                    self._send(signal.SIGCONT)
                    return
            elif not self._terminal.lent and not self._asked_to_stop:
                return  # someone has stopped the command alone, and will let it go on
        with away():
            self._stop(number, seen)

    def _stop(self, number: int, seen: int) -> None:
        ours = number if number in _TERMINAL_STOPS else signal.SIGTSTP
        with self._lock:
            if self._continued != seen or signal.SIGCONT in signal.sigpending():
                return  # the shell's `fg` was faster: nobody would continue us
            lent = self._terminal.lent
            self._terminal.take_back(self._pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [ours])  # from here on it stops us at once
        if lent and number == signal.SIGTSTP:  # Ctrl-Z reached the command alone, but means the whole job
            os.killpg(os.getpgrp(), ours)
        else:
            signal.pthread_kill(threading.get_ident(), ours)
        signal.pthread_sigmask(signal.SIG_BLOCK, [ours])
        if ours == signal.SIGTSTP:  # also where the kernel stops no group that no shell could continue
            self._continue()
