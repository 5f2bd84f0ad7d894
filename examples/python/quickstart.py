# SPDX-License-Identifier: MIT
"""The README's ten lines of Python."""

import math

import co2lib


def train_one_epoch() -> float:
    return sum(math.sin(i) for i in range(500_000))


with co2lib.track(location="FRA") as run:  # also a decorator: @co2lib.track(location="FRA")
    for _ in range(3):
        with run.region("epoch"):
            train_one_epoch()

print(run.footprint)
print(run.footprint.energy.kwh, run.footprint.operational.grams, run.footprint.embodied.grams)
print(run.footprint.to_model_card())
