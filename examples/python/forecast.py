# SPDX-License-Identifier: MIT
"""After a few epochs: what will the whole training use?"""

import math

import co2lib

EPOCHS = 20

with co2lib.track(location="DEU") as run:
    for epoch in range(EPOCHS):
        with run.region("epoch"):
            sum(math.sqrt(i) for i in range(200_000))
        if epoch == 4:
            forecast = run.forecast("epoch", EPOCHS)
            print(
                f"after {forecast.units_done} epochs: {forecast.total} in all, give or take {forecast.half_width}"
            )
print(f"in the end: {run.footprint.energy}")
