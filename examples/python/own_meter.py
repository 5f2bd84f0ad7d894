# SPDX-License-Identifier: MIT
"""Meters written in Python: a callable that returns watts, and a class."""

import time

import co2lib
from co2lib import meter


class Pdu:
    """A power distribution unit that is asked over the network, say."""

    def info(self) -> meter.MeterInfo:
        return meter.MeterInfo("pdu-7", kind="power", device="platform", domain="psys", accuracy=0.01)

    def sample(self, now_s: float) -> float:
        return 412.5


with co2lib.track(intensity=50, meters=[Pdu()]) as run, run.region("work"):
    time.sleep(0.05)
print(run.footprint)

with co2lib.track(intensity=50, meters=[lambda: 180.0]) as run:
    time.sleep(0.05)
print(run.footprint.energy)
