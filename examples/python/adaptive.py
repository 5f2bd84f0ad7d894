# SPDX-License-Identifier: MIT
"""Two models, a day of intensities, a budget of carbon: which serves when, and what is that worth?"""

import math

from co2lib import CarbonIntensity, CarbonMass, Energy, adaptive

models = [
    adaptive.Model("resnet18", Energy.from_wh(0.8), 69.8),
    adaptive.Model("resnet50", Energy.from_wh(1.8), 76.1),
    adaptive.Model("resnet101", Energy.from_wh(3.4), 77.4),
]
# g/kWh of ten days with much sun.
day = [300 - 220 * max(0.0, math.sin((hour - 6) / 12 * math.pi)) for hour in range(24)]
intensity = day * 10
demand = [1000.0] * len(intensity)

budget = CarbonMass.from_kilograms(85)
plan = adaptive.plan(models, intensity, demand=demand, budget=budget)
print(adaptive.report(plan))

pacer = adaptive.Pacer(models, budget, horizon_h=len(intensity), requests_per_slot=1000)
served = [0] * len(models)
for hour, g_per_kwh in enumerate(intensity):
    now = f"2026-06-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z"
    for _ in range(10):
        served[pacer.choose(now, CarbonIntensity.from_g_per_kwh(g_per_kwh), requests=100)] += 100
print(f"the pacer, which saw one hour after the other, spent {pacer.spent} of {budget}")
print("requests by model:", dict(zip([m.name for m in models], served, strict=True)))
print("when to start 3 hours of work:", adaptive.shift(day, hours=3).slots, "in hours of the day")
