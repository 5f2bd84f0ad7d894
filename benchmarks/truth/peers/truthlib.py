# SPDX-License-Identifier: MIT
"""What the scripts of all peers share: a clock moved by hand, fake counters, no network, and how to answer.

This file is imported in the peer's own environment and uses the standard library alone.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import queue
import re
import socket
import sys
import threading
import time
import types
from collections import deque
from pathlib import Path

KERNEL_RANGE_UJ = 262143328850
"""What a counter wraps at where the trace hides it."""
EPOCH_S = 1_750_000_000
"""Wall clock at the start of every trace."""

SCRATCH = Path(os.environ["TRUTH_SCRATCH"])
LOGGED: list[str] = []
"""Everything the tool logged at WARNING or above, or warned."""


# ------------------------------------------------------------------------------------------------------------
# No network
# ------------------------------------------------------------------------------------------------------------
class NoNetworkError(OSError):
    """Raised for every connection and look-up."""


def block_network() -> None:
    """Let no connection out and resolve no name."""

    def refuse(*_args, **_kwargs):
        raise NoNetworkError(101, "Network is unreachable (truth bench)")

    socket.socket.connect = refuse
    socket.socket.connect_ex = refuse
    socket.getaddrinfo = refuse
    socket.gethostbyname = refuse


# ------------------------------------------------------------------------------------------------------------
# What the tool says
# ------------------------------------------------------------------------------------------------------------
def record_log() -> None:
    """Keep every log record that its logger lets through at WARNING or above."""
    call = logging.Logger.callHandlers

    def keep(self, record):
        if record.levelno >= logging.WARNING:
            LOGGED.append(record.getMessage())
        return call(self, record)

    logging.Logger.callHandlers = keep
    logging.captureWarnings(True)


def said(pattern: str) -> str:
    """Return the first log line that matches, on one line, or nothing."""
    return next((in_one_line(line) for line in LOGGED if re.search(pattern, line, re.IGNORECASE)), "")


def in_one_line(text: str) -> str:
    """Shorten a message, without the paths of this machine."""
    for path, name in ((str(SCRATCH), "TREE"), (sys.prefix, "ENV")):
        text = text.replace(path, name)
    text = re.sub(r"ENV/lib/\S*site-packages/", "", " ".join(text.split()))
    return text if len(text) <= 160 else text[:157] + "..."


# ------------------------------------------------------------------------------------------------------------
# Time
# ------------------------------------------------------------------------------------------------------------
class VirtualTime:
    """A clock that stands still until the main thread moves it; other threads sleep and wait on it.

    Time moves from one deadline to the next. Before each move all other threads must wait again: a run is the
    same each time. A deadline at the very end of an advance stays in the future.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.play = lambda t: None
        self._main = threading.current_thread()
        self._cv = threading.Condition(threading.RLock())
        self._parked: dict[int, tuple[float, object]] = {}
        self._sleep = time.sleep
        self._real = time.monotonic

    def install(self) -> VirtualTime:
        """Replace the clocks, sleep, and the waiting of threading.Event (so also Timer and Thread.start)."""
        clock = self

        class Event:
            def __init__(self):
                self._flag = False

            def is_set(self):
                return self._flag

            def set(self):
                with clock._cv:
                    self._flag = True
                    clock._release(lambda deadline, owner: owner is self)

            def clear(self):
                with clock._cv:
                    self._flag = False

            def wait(self, timeout=None):
                clock._wait(self, timeout, lambda: self._flag)
                return self._flag

            def _at_fork_reinit(self):
                pass

        def sleep(seconds):
            clock._wait(object(), seconds, lambda: False)

        threading.Event = Event
        time.sleep = sleep
        time.time = lambda: EPOCH_S + self.now
        time.time_ns = lambda: EPOCH_S * 10**9 + round(self.now * 1e9)
        time.monotonic = lambda: 1000.0 + self.now
        time.monotonic_ns = lambda: 1000 * 10**9 + round(self.now * 1e9)
        # Code takes time: two calls never give the same number, as a tool may divide by their difference.
        calls = itertools.count()
        time.perf_counter = lambda: 1000.0 + self.now + 1e-9 * next(calls)
        time.perf_counter_ns = lambda: 1000 * 10**9 + round(self.now * 1e9) + next(calls)
        self.play(0.0)
        return self

    def advance_to(self, when: float) -> None:
        """Move on, each deadline before `when` in its turn."""
        with self._cv:
            while (due := self._next()) < when:
                self._move(due)
            self._move(when, release=False)

    def _wait(self, owner, timeout, done) -> None:
        if timeout is not None and timeout < 0:
            timeout = 0
        with self._cv:
            deadline = float("inf") if timeout is None else self.now + timeout
            if threading.current_thread() is self._main:
                while not done():
                    due = self._next(done)
                    if done():
                        break
                    if deadline <= due:
                        if deadline == float("inf"):
                            raise RuntimeError("the main thread waits for ever")
                        self._move(deadline, release=False)
                        break
                    self._move(due)
                return
            while not done() and self.now < deadline:
                self._parked[threading.get_ident()] = (deadline, owner)
                self._cv.notify_all()
                self._cv.wait()
            self._parked.pop(threading.get_ident(), None)

    def _release(self, which) -> None:
        self._parked = {k: v for k, v in self._parked.items() if not which(*v)}
        self._cv.notify_all()

    def _move(self, when: float, release: bool = True) -> None:
        self.now = max(self.now, when)
        self.play(self.now)
        if release:
            self._release(lambda deadline, _owner: deadline <= self.now)

    def _next(self, done=lambda: False) -> float:
        """The next deadline, once every other thread waits or `done`."""
        limit = self._real() + 60
        while not done():
            others = [t.ident for t in threading.enumerate() if t is not self._main]
            if all(ident in self._parked for ident in others):
                return min((deadline for deadline, _ in self._parked.values()), default=float("inf"))
            if self._real() > limit:
                raise RuntimeError(f"a thread does not wait: {threading.enumerate()}")
            self._cv.wait(0.002)
        return self.now


class _Pipe:
    """A multiprocessing.Queue between threads."""

    def __init__(self, *_args):
        self._items = deque()
        self._some = threading.Event()

    def put(self, item, *_args, **_kwargs):
        self._items.append(item)
        self._some.set()

    def get(self, block=True, timeout=None):
        if block and not self._items:
            self._some.wait(timeout)
        if not self._items:
            raise queue.Empty
        item = self._items.popleft()
        if not self._items:
            self._some.clear()
        return item

    def get_nowait(self):
        return self.get(block=False)

    def empty(self):
        return not self._items

    def close(self):
        pass


class _Process(threading.Thread):
    """A multiprocessing.Process that is a thread, so that it lives on the bench's clock."""

    def __init__(self, target=None, args=(), kwargs=None, name=None, daemon=True, **_ignored):
        super().__init__(target=target, args=tuple(args), kwargs=kwargs or {}, name=name, daemon=True)

    pid = property(lambda self: self.ident)
    exitcode = property(lambda self: None if self.is_alive() else 0)

    def join(self, timeout=None):
        for _ in range(1000):
            if not self.is_alive():
                return
            time.sleep((timeout or 10) / 1000)

    def terminate(self):
        pass

    kill = terminate


class _Value:
    def __init__(self, _type, value):
        self.value = value
        self._lock = threading.RLock()

    def get_lock(self):
        return self._lock


def processes_as_threads() -> types.SimpleNamespace:
    """Make a stand-in for the module multiprocessing whose processes are threads."""
    parts = types.SimpleNamespace(
        Queue=_Pipe, Process=_Process, Value=_Value, Event=threading.Event, active_children=list
    )
    parts.get_context = lambda *_: parts
    return parts


# ------------------------------------------------------------------------------------------------------------
# Counters of the processor
# ------------------------------------------------------------------------------------------------------------
class Powercap:
    """A tree like /sys/class/powercap for the zones of a trace, whose files follow the clock.

    Between two samples of the trace a counter grows evenly; it wraps at its range, or, where the trace hides
    that, at the one of most Intel packages. A failed read is a real failure of read(2), EIO, or with
    `fail="empty"` a file without content, for tools that hold the file open.
    """

    def __init__(self, zones: list[dict], fail: str = "EIO") -> None:
        self.base = SCRATCH / "powercap"
        self._zones = zones
        self._fail = fail
        self._files: dict[str, Path] = {}
        devices, links = self.base / "devices", self.base / "class"
        links.mkdir(parents=True)
        for control in {zone["control"] for zone in zones}:
            (devices / control).mkdir(parents=True)
            (links / control).symlink_to(devices / control)
            (devices / control / "subsystem").symlink_to(links)
        for zone in zones:
            folder = devices / zone["control"] / (zone["parent"] or "") / zone["id"]
            folder.mkdir()
            (links / zone["id"]).symlink_to(folder)
            (folder / "name").write_text(zone["name"] + "\n")
            if zone["wrap_max"] is not None:
                (folder / "max_energy_range_uj").write_text(f"{zone['wrap_max']}\n")
            self._files[zone["id"]] = folder / "energy_uj"
            (folder / "energy_uj").write_text("0\n")
        self.play(0.0)

    @property
    def root(self) -> Path:
        """What stands for /sys/class/powercap."""
        return self.base / "class"

    def play(self, t: float) -> None:
        """Show the counters as they are at time t."""
        for zone in self._zones:
            self._show(self._files[zone["id"]], counter_at(zone, t))

    def _show(self, file: Path, value: int | None) -> None:
        if value is None and self._fail == "EIO":
            if not file.is_symlink():
                file.rename(file.with_name("kept"))
                file.symlink_to("/proc/self/mem")  # opens, and fails to be read at offset 0: EIO
            return
        if file.is_symlink():
            file.unlink()
            file.with_name("kept").rename(file)
        with file.open("r+") as stream:
            stream.write("" if value is None else f"{value}\n")
            stream.truncate()


def counter_at(zone: dict, t: float) -> int | None:
    """The count of a zone at time t; None where the read fails."""
    samples = zone["samples"]
    wrap = zone["wrap_max"] or KERNEL_RANGE_UJ
    failed = [at for at, value in samples if value is None]
    if any(at == t for at in failed):
        return None
    good = [(at, value) for at, value in samples if value is not None]
    previous = good[0]
    for at, value in good[1:]:
        if t < at:
            grown = (value - previous[1]) % wrap
            return (previous[1] + int(grown * max(0.0, t - previous[0]) / (at - previous[0]))) % wrap
        previous = (at, value)
    return previous[1]


# ------------------------------------------------------------------------------------------------------------
# GPUs
# ------------------------------------------------------------------------------------------------------------
class Nvml:
    """The script and the clock of the fake libnvidia-ml.so.1; to be made before the tool is imported."""

    def __init__(self, lines: str) -> None:
        self._clock = Path(os.environ["FAKE_NVML_CLOCK"])
        Path(os.environ["FAKE_NVML_SCRIPT"]).write_text("device\n" + lines)
        self.play(0.0)

    def play(self, t: float) -> None:
        """Set the time of the library."""
        self._clock.write_text(f"{t!r}\n")


def amdsmi_module(power_w: float, clock: VirtualTime) -> types.ModuleType:
    """Make a stand-in for AMD's module amdsmi with one board at constant power.

    As there, the energy counter counts 15.259 uJ and socket power is in whole watts.
    """
    resolution_uj = 15.259
    module = types.ModuleType("amdsmi")

    class AmdSmiException(Exception):  # noqa: N818 (its name there)
        pass

    class AmdSmiLibraryException(AmdSmiException):
        ret_code = 2

        def get_error_code(self):
            return self.ret_code

        def get_error_info(self):
            return "not supported"

    def refuse(*_args, **_kwargs):
        raise AmdSmiLibraryException

    watts = int(power_w)
    power = {"current_socket_power": watts, "average_socket_power": watts, "socket_power": watts,
             "power_limit": 500_000_000}  # fmt: skip
    answers = {
        "init": None,
        "shut_down": None,
        "get_processor_handles": ["board"],
        "get_gpu_enumeration_info": {"hip_id": 0},
        "get_gpu_asic_info": {"market_name": "Fake Instinct"},
        "get_gpu_board_info": {"product_name": "Fake Instinct"},
        "get_gpu_device_uuid": "0000-fake",
        "get_gpu_device_bdf": "0000:01:00.0",
        "get_gpu_vram_usage": {"vram_total": 65536, "vram_used": 1024},
        "get_gpu_activity": {"gfx_activity": 50},
        "get_lib_version": {"major": 26, "minor": 0, "release": 0},
        "get_power_cap_info": {"power_cap": 500_000_000},
        "get_power_info": power,
    }
    for name, answer in answers.items():
        setattr(module, "amdsmi_" + name, lambda *_a, _answer=answer, **_k: _answer)
    module.amdsmi_get_energy_count = lambda _handle: {
        "energy_accumulator": int((1000 + clock.now) * power_w * 1e6 / resolution_uj),
        "counter_resolution": resolution_uj,
        "timestamp": int(clock.now * 1e9),
    }
    module.amdsmi_get_gpu_memory_usage = refuse
    module.amdsmi_get_gpu_memory_total = refuse
    module.AmdSmiException = AmdSmiException
    module.AmdSmiLibraryException = AmdSmiLibraryException
    module.amdsmi_exception = module
    module.AmdSmiInitFlags = types.SimpleNamespace(INIT_AMD_GPUS=2)
    module.AmdSmiMemoryType = types.SimpleNamespace(VRAM=0)
    return module


def package(samples: list) -> dict:
    """Make a vector of one processor package with these samples."""
    zone = {"id": "intel-rapl:0", "parent": None, "control": "intel-rapl", "name": "package-0",
            "wrap_max": KERNEL_RANGE_UJ, "samples": samples}  # fmt: skip
    return {"input": {"zones": [zone]}}


def intervals_as_counter(vector: dict) -> dict:
    """Make a counter of intervals of power."""
    samples, t, uj = [[0, 10**9]], 0.0, 10**9
    for seconds, watts in vector["input"]["intervals"]:
        t, uj = t + seconds, uj + round(seconds * watts * 1e6)
        samples.append([round(t, 6), uj])
    return package(samples)


def power_script(vector: dict) -> str:
    """The line of a GPU that has no energy counter and shows the power of a trace."""
    given = vector["input"]
    watts = given["generator"]["watts"] if "generator" in given else given["samples"][0][1]
    milliwatts = round(watts * 1000)
    return f"power_mw {milliwatts}\ninstant_mw {milliwatts}\nlimit_mw {given.get('p_max_w', 700) * 1000}\n"


def duration_of(vector: dict) -> float:
    """The length of a trace in s."""
    given = vector["input"]
    if "generator" in given:
        return given["generator"]["stop_s"]
    if "zones" in given:
        return max(zone["samples"][-1][0] for zone in given["zones"])
    return given["samples"][-1][0]


# ------------------------------------------------------------------------------------------------------------
# Rows and answers
# ------------------------------------------------------------------------------------------------------------
ROWS: dict[str, tuple[object, str]] = {}


def row(name: str, how: str):
    """Register a function that answers a trace, with one line on how the tool is driven."""

    def register(function):
        ROWS[name] = (function, how)
        return function

    return register


def answer(value=None, unit="J", *, text="", log="", also=(), raises="", note="") -> dict:
    """Make an answer.

    `value` in `unit` or `raises`; `log`: what the tool itself said about it; `also`: (when, value) of other
    timings of the same trace; `text` replaces the number in the table.
    """
    return {
        "value": value, "unit": unit, "text": text, "log": log, "also": list(also), "raises": raises,
        "note": note,
    }  # fmt: skip


def raised(error: BaseException) -> str:
    """An exception in one line."""
    return in_one_line(f"{type(error).__name__}: {error}")


def write(result: dict) -> None:
    """Leave an answer where the bench finds it; a later one replaces it."""
    Path(os.environ["TRUTH_ANSWER"]).write_text(json.dumps(result))


def main() -> None:
    """Answer the row named in the arguments; its vectors come by the standard input, its own one first."""
    function, how = ROWS[sys.argv[1]]
    vectors = json.load(sys.stdin)
    block_network()
    record_log()
    with contextlib.redirect_stdout(sys.stderr):
        result = function(*vectors)
    write({**result, "how": how})
    sys.stderr.flush()
    os._exit(0)  # threads of the tool may still wait on a clock that nobody moves any more
