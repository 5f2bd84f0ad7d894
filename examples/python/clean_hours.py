# SPDX-License-Identifier: MIT
"""When to start a job of four hours: the cleanest window of the next two days, and how sure that is."""

from __future__ import annotations

import math
from datetime import timedelta

from co2lib import Energy, intensity

HOURS = 4

# The past of a grid; with yours: intensity.read_csv("grid.csv")
days = [300 + 80 * math.sin(2 * math.pi * h / 24) + 25 * math.cos(h / 26.7) for h in range(24 * 90)]
past = intensity.Trace.regular("2024-01-01T00:00:00Z", 3600, days, zone="DE")

forecast = intensity.forecast(past, horizon_h=48)
trace = forecast.trace()


def grams(first: int) -> float:
    """Return the carbon of 2 kWh used evenly from that hour on."""
    start = forecast.start + timedelta(hours=first)
    return trace.price([(start, start + timedelta(hours=HOURS), Energy.from_kwh(2))]).mass.grams


best = min(range(48 - HOURS + 1), key=grams)
before = intensity.backtest(past, horizon_h=48)
print(
    f"now {grams(0):.0f} g, in {best} h {grams(best):.0f} g; interval of that hour {forecast.interval(best)}"
)
print(f"before, the first day was {before.days[0].mape_percent:.1f} % off on average")
