# SPDX-License-Identifier: MIT
"""Draws the gallery of docs/report.md from runs under a clock that is moved by hand.

    make report    # writes the SVG files beside this one; needs altair and vl-convert-python

The power of the devices is made up; everything else is what co2lib makes of it.
"""

from __future__ import annotations

import contextlib
import math
import random
import tempfile
from pathlib import Path
from typing import Any

import co2lib
from co2lib import adaptive, embodied, explorer, meter, report
from co2lib.report import _linked
from co2lib.testing import FakeMeter, ManualClock

HERE = Path(__file__).parent
KINDS = ("power", "stretches", "region-energy", "interval")


def counter(clock: ManualClock, name: str, domain: str, watts: float) -> FakeMeter:
    """Return a counter of a package or a GPU."""
    provider, device = ("nvml", "gpu") if domain == "gpu" else ("powercap", "cpu")
    info = meter.MeterInfo(
        name,
        kind="counter",
        domain=domain,
        device=device,
        provider=provider,
        accuracy=0.05,
        least_window_s=0.1,
    )
    return FakeMeter.counter(clock, info, watts)


def training(log: Path, *, gpu_w: float, seed: int) -> Path:
    """Write the log of a training of 12 epochs."""
    clock, noise = ManualClock(), random.Random(seed)
    cpu, gpu = counter(clock, "package-0", "package", 60), counter(clock, "gpu-0", "gpu", gpu_w)
    options: dict[str, Any] = {"location": "FRA", "fsync": False, "meters": [cpu, gpu], "clock": clock}
    with co2lib.track(log=log, **options) as run:
        for epoch in range(12):
            with run.region("epoch"):
                for name, seconds, part in (("forward", 6, 0.9), ("backward", 9, 1.05)):
                    gpu.set_power(gpu_w * part * (1 + 0.04 * math.sin(epoch) + noise.uniform(-0.03, 0.03)))
                    with run.region(name):
                        clock.wait_for_waiters(1)
                        clock.advance(seconds)
            gpu.set_power(gpu_w * 0.5)
            with run.region("validate"):
                clock.wait_for_waiters(1)
                clock.advance(3)
    return log


def study() -> report.Study:
    """Measure three models that wait on the clock instead of computing."""
    clock = ManualClock()
    supply = counter(clock, "package-0", "package", 15)
    noise = random.Random(1)

    def step(seconds: float, watts: float) -> Any:
        def run(given: Any = None) -> Any:
            supply.set_power(watts * noise.uniform(0.95, 1.05))
            clock.wait_for_waiters(1)
            clock.advance(seconds)
            supply.set_power(15)
            return given

        return run

    models = {
        name: explorer.Model(
            step(size, 65),
            load=step(20 * size, 40),
            preprocess=step(0.08, 30),
            quality={"metric": "accuracy", "value": accuracy, "higher_is_better": True},
        )
        for name, size, accuracy in (("small", 0.1, 0.71), ("medium", 0.25, 0.78), ("large", 0.9, 0.82))
    }
    settings = explorer.Settings(windows=10, window_s=1, idle_s=2)
    found = explorer.measure(models, b"", meters=[supply], clock=clock, region="FRA", settings=settings)
    return report.Study({**found.document, "provenance": "simulated"})


def plan() -> adaptive.Plan:
    """Plan four days of a grid with solar power for a budget."""
    models = [
        adaptive.Model(name, co2lib.Energy.from_kwh(kwh), accuracy)
        for name, kwh, accuracy in (("small", 0.0002, 66), ("medium", 0.0005, 79), ("large", 0.0015, 86))
    ]
    noise = random.Random(4)
    intensity = [
        320
        - 190 * max(0.0, math.sin((h - 6) / 12 * math.pi))
        + 40 * math.sin(h / 19)
        + noise.uniform(-10, 10)
        for h in range(96)
    ]
    demand = [1000 * (1 + 0.6 * math.sin((h - 9) / 12 * math.pi)) for h in range(96)]
    budget = co2lib.CarbonMass.from_kilograms(14)
    return adaptive.plan(models, intensity=intensity, demand=demand, budget=budget)


def bill() -> embodied.BomFootprint:
    """Compute the carbon of a small camera."""
    parts = [
        {"id": "processor", "class": "ic.logic", "area": "60 mm2", "node": "14nm"},
        {"id": "memory", "class": "ic.dram", "capacity": "1 GB", "process": "dram.generic"},
        {"id": "power supply", "class": "manual", "carbon": "1.3 kg", "source": "supplier declaration"},
    ]
    document: dict[str, Any] = {"schema": "carbon-bom/1", "name": "camera", "parts": parts}
    return embodied.parse(document).footprint(seed=1)


def labels() -> Any:
    """Make up a table of models; needs pandas."""
    import pandas

    noise = random.Random(3)
    rows = [
        {
            "id": f"model-{i}",
            "co2_eq_emissions": math.exp(noise.gauss(4, 2)),
            "downloads": 10 ** noise.uniform(0, 4),
        }
        for i in range(120)
    ]
    return pandas.DataFrame(rows)


def scenes(folder: Path) -> dict[str, Any]:
    """Return the charts of the gallery by name."""
    one = training(folder / "float32.jsonl", gpu_w=250, seed=1)
    two = training(folder / "bfloat16.jsonl", gpu_w=215, seed=2)
    three = training(folder / "again.jsonl", gpu_w=250, seed=3)
    found = {kind: report.chart(one, kind) for kind in KINDS}
    found["comparison"] = report.chart([one, two, three], "comparison")
    measured = study()
    found |= {f"study-{kind}": report.chart(measured, kind) for kind in ("total", "tradeoff")}
    shown = _linked.parameters(measured, g_per_kwh=41.45, pue=1.0, n=1000, load=True, order=[2, 1, 0])
    found["study-linked"] = _linked.linked(measured, 2, shown)
    found |= {kind: report.chart(plan(), kind) for kind in ("plan-models", "plan-intensity")}
    found |= {kind: report.chart(bill(), kind) for kind in ("bom-parts", "bom-draws")}
    with contextlib.suppress(ImportError):
        found["label-letters"] = report.chart(labels(), "label-letters")
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for name, chart in scenes(Path(temporary)).items():
            chart.save(HERE / f"{name}.svg")
