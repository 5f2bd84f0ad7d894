# SPDX-License-Identifier: MIT
"""What the embodied model is worth on published footprints, and its Monte Carlo beside NumPy.

Prints the tables and writes them into docs/embodied.md. The devices and their levels are those of the vector
`validation-shared` of tests/golden/embodied.json.
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from co2lib import embodied

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from page import machine, table, write_measured  # noqa: E402

DRAWS = 10_000


def _percent(x: float | None) -> str:
    return "" if x is None else f"{100 * x:.1f} %"


def _number(x: float | None) -> str:
    return "" if x is None else f"{x:.2f}"


def validation() -> str:
    """Return the table of the published devices, of trivial predictors and of GPUs."""
    golden = json.loads((ROOT / "tests" / "golden" / "embodied.json").read_text(encoding="utf-8"))
    vector = next(v for v in golden["vectors"] if v["id"] == "validation-shared")
    devices = [
        (d["id"], d["published_kg"], d["levels"], d.get("mass_kg")) for d in vector["input"]["devices"]
    ]
    found = embodied.validate(devices)
    m = found.model
    rows = [
        [
            f"model, {len(devices)} devices (the truncation factor is fitted to them)",
            _percent(m.mape),
            "",
            _percent(m.bias),
            _percent(m.coverage),
            _number(m.median_width),
            _number(m.score),
        ]
    ]
    for line in found.trivial:
        name = {"constant": "constant", "mass": "k * mass", "sqrt_mass": "k * sqrt(mass)"}[line.name]
        rows.append(
            [
                f"{name}, k = {line.k:.1f} kg, {line.n} devices, left one out",
                _percent(line.mape),
                _percent(line.model_mape),
                "",
                _percent(line.coverage),
                _number(line.median_width),
                _number(line.score),
            ]
        )
    within = [abs(math.log(v / p)) for v, (_, p, _, _) in zip(found.predicted_kg, devices, strict=True)]
    counts = ", ".join(f"{sum(x <= math.log(f) for x in within)} within a factor of {f}" for f in (1.5, 2))
    gpus = [
        (
            "A100 SXM 40 GB",
            "gpu.lca.a100_sxm_40",
            {"node_nm": 7, "area_cm2": 8.26, "mem_gb": 40, "tdp_w": 400},
        ),
        (
            "B200 (die area unverified)",
            "gpu.pcf.hgx_b200_per_gpu",
            {"node_nm": 4, "area_cm2": 16.28, "mem_gb": 180, "tdp_w": 1000},
        ),
    ]
    cards = []
    for name, row, figures in gpus:
        published, ours = embodied.factor(row).value, embodied.interpolated_gpu(**figures)
        cards.append([name, f"{published:.1f}", f"{ours:.1f}", f"{100 * (ours / published - 1):+.0f} %"])
    gpu_heads = ("GPU", "published, kg", "interpolated, kg", "off by")
    heads = ("", "MAPE", "MAPE of the model there", "bias", "coverage", "width p95/p5", "score")
    return (
        f"{table(heads, rows)}\n\nOf the {len(devices)} devices {counts}. The 13 devices that were held "
        f"out are not in this repository.\n\n{table(gpu_heads, cards)}"
    )


def bill(count: int) -> dict[str, Any]:
    """Return a bill of `count` parts, each a generic one with two ranges of its own."""
    parts = []
    for i in range(count):
        parts.append(
            {
                "id": f"p{i}",
                "class": "generic",
                "source": "benchmark",
                "base": {"value": 1 + i % 50 / 50, "low": 0.5, "high": 3},
                "per": {"value": 0.2, "low": 0.1, "high": 0.5},
                "amount": 3,
            }
        )
    return {"schema": "carbon-bom/1", "parts": parts, "truncation": {"value": 1.4, "low": 1, "high": 2}}


def numpy_draws(document: dict[str, Any]) -> Any:
    """Return p5, p50, p95, mean and std of the same model by NumPy's own generator."""
    generator = np.random.default_rng(1)

    def of(field: dict[str, float]) -> Any:
        return generator.triangular(field["low"], field["value"], field["high"], DRAWS)

    total = np.zeros(DRAWS)
    for part in document["parts"]:
        total += of(part["base"]) + of(part["per"]) * part["amount"]
    total *= of(document["truncation"])
    return np.quantile(total, [0.05, 0.5, 0.95]), total.mean(), total.std(ddof=1)


def loop_draws(document: dict[str, Any], draws: int) -> list[float]:
    """Return totals by a loop in Python."""
    generator = random.Random(1)

    def of(field: dict[str, float]) -> float:
        return generator.triangular(field["low"], field["high"], field["value"])

    totals = []
    for _ in range(draws):
        total = 0.0
        for part in document["parts"]:
            total += of(part["base"]) + of(part["per"]) * part["amount"]
        totals.append(total * of(document["truncation"]))
    return totals


def least(call: Callable[[], Any], times: int = 7) -> float:
    """Return the least CPU time of some calls, in ms."""
    found = []
    for _ in range(times):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return 1e3 * min(found)


def speed() -> str:
    """Return the table of draws beside NumPy and a loop in Python, and what a sweep takes."""
    rows = []
    for count in (30, 50):
        document = bill(count)
        ready = embodied.parse(document)
        ours = least(lambda ready=ready: ready.footprint(seed=1, draws=DRAWS, ranks=False))
        ranked = least(lambda ready=ready: ready.footprint(seed=1, draws=DRAWS))
        array = least(lambda document=document: numpy_draws(document))
        loop = least(lambda document=document: loop_draws(document, DRAWS // 20), 3) * 20
        rows.append(
            [
                f"{count} parts",
                f"{ours:.2f}",
                f"{ranked:.2f}",
                f"{array:.2f}",
                f"{loop:.0f}",
                f"{array / ours:.1f}",
                f"{loop / ours:.0f}",
            ]
        )
    heads = (
        f"{DRAWS} draws, ms",
        "co2lib",
        "with ranks",
        "NumPy",
        "loop in Python",
        "NumPy / co2lib",
        "loop / co2lib",
    )
    ready = embodied.parse(bill(30))
    axes = {"p0.base": [1, 1.5, 2, 2.5], "p1.amount": list(range(10)), "p2.qty": list(range(10))}
    point = least(lambda: embodied.explore(ready, axes, figure=lambda given: given["p2.qty"])) / 400
    large = bill(1000)
    text = json.dumps(large)
    thousand = embodied.parse(large)
    bounds = least(lambda: thousand.footprint(draws=0, ranks=False))
    many = least(lambda: thousand.footprint(draws=2000, ranks=False), 3)
    one = (many - bounds) / 2000
    loading, plain = least(lambda: embodied.parse(text)), least(lambda: json.loads(text))
    return (
        f"{table(heads, rows)}\n\nA design point of a sweep (`explore`, bounds of 30 parts and a figure): "
        f"{point:.3f} ms, {60e3 / point:.0f} a minute on one core. 1000 parts: bounds {bounds:.2f} ms, "
        f"looking rows up included; a draw {1e3 * one:.1f} us; loading {loading:.1f} ms, "
        f"{loading / plain:.1f} times Python's reading of "
        "the JSON."
    )


def main() -> int:
    """Print both tables and write them into the page."""
    text = f"{machine()}. Times are of one core's CPU, the least of seven.\n\n{validation()}\n\n{speed()}"
    print(text)
    write_measured(ROOT / "docs" / "embodied.md", text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
