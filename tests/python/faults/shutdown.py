# SPDX-License-Identifier: MIT
"""Programs that end with a live tracker, each in another way. The argument names the way."""

import atexit
import os
import sys
import threading
import time

import co2lib
from co2lib import meter

FAST = {"intensity": 1, "power_period_s": 0.001, "period_s": 0.001, "flush_s": 0.002}


def module_level() -> None:
    globals()["kept"] = co2lib.Tracker(meters=[lambda: 10.0], **FAST)
    globals()["region"] = globals()["kept"].region("never left").__enter__()


def daemon_thread() -> None:
    """A daemon thread enters and leaves regions while the interpreter goes away."""
    run = co2lib.Tracker(meters=[lambda: 10.0, counter()], **FAST)
    started = threading.Event()

    def forever() -> None:
        while True:
            with run.region("step"):
                started.set()

    threading.Thread(target=forever, daemon=True).start()
    started.wait()


def exit_at_once() -> None:
    run = co2lib.track(meters=[lambda: 10.0], **FAST).start()
    run.region("open").__enter__()
    print("alive", flush=True)
    os._exit(0)


def exit_in_a_thread() -> None:
    run = co2lib.track(meters=[lambda: 10.0], **FAST).start()

    def leave() -> None:
        with run.region("left"):
            sys.exit(3)

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    assert run.stop().regions["left"].count == 1


def blocked_meter() -> None:
    """A meter hangs in Python code while the interpreter ends."""
    asked = threading.Event()

    def hangs() -> float:
        asked.set()
        time.sleep(600)
        return 10.0

    globals()["kept"] = co2lib.track(meters=[hangs], **FAST).start()
    asked.wait()


def slow_meter() -> None:
    """A meter comes back from a long read just while the interpreter is being torn down."""

    def slow() -> float:
        time.sleep(0.002)
        return 10.0

    globals()["kept"] = [co2lib.Tracker(meters=[slow, slow_counter()], **FAST) for _ in range(4)]


def stopped_at_exit() -> None:
    run = co2lib.track(meters=[lambda: 10.0], **FAST).start()
    atexit.register(lambda: print(run.stop().complete, flush=True))


def counter() -> meter.Meter:
    count = 0

    def read() -> int:
        nonlocal count
        count += 1000
        return count

    return meter.make_meter(read, meter.MeterInfo("counter", kind="counter"))


def slow_counter() -> meter.Meter:
    def read() -> int:
        time.sleep(0.002)
        return time.monotonic_ns() // 1000

    return meter.make_meter(read, meter.MeterInfo("slow counter", kind="counter"))


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    print("alive")
