# SPDX-License-Identifier: MIT
"""The first start and stop of a process; prints one JSON object."""

import json
import time

import co2lib
from co2lib.testing import fake_powercap

ZONES = {"package-0": 10**11, "package-0/dram": 10**10, "package-1": 10**11, "package-1/dram": 10**10}

if __name__ == "__main__":
    machine = fake_powercap(ZONES)
    start = time.perf_counter()
    co2lib.track(host=machine.host, meters=["powercap"], location="FRA").start().stop()
    print(json.dumps({"first_start_stop_s": time.perf_counter() - start}))
