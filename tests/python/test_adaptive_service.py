# SPDX-License-Identifier: MIT
"""The service of examples/python/adaptive_service.py: no request fails while models are switched."""

from __future__ import annotations

import importlib.util
import sys
import threading
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import CarbonIntensity, CarbonMass, Energy, adaptive

pytest.importorskip("torch", reason="needs PyTorch (only in the full environment)")

FILE = Path(__file__).resolve().parents[2] / "examples/python/adaptive_service.py"


@pytest.fixture(scope="module")
def example() -> Any:
    spec = importlib.util.spec_from_file_location("adaptive_service_example", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_no_request_fails_while_models_are_switched_at_every_call(example: Any) -> None:
    torch = sys.modules["torch"]
    nets = {"linear": torch.nn.Flatten(), "more": torch.nn.Sequential(torch.nn.Flatten(), torch.nn.ReLU())}
    models = [
        adaptive.Model("linear", Energy.from_joules(1), 50),
        adaptive.Model("more", Energy.from_joules(2), 90),
    ]
    calls, lock = iter(range(10**6)), threading.Lock()

    def now() -> tuple[Any, CarbonIntensity]:
        with lock:
            clean = next(calls) % 2 == 0
        return example.MIDNIGHT + timedelta(hours=1), CarbonIntensity.from_g_per_kwh(1 if clean else 10_000)

    # The price that the pacer finds in the first hour lies between the two intensities.
    pacer = adaptive.Pacer(models, CarbonMass.from_grams(1), horizon_h=24, start=example.MIDNIGHT)
    pacer.choose(example.MIDNIGHT, CarbonIntensity.from_g_per_kwh(100), requests=1000)
    images, labels = example.pictures(200, 5)
    with (
        co2lib.track(intensity=100) as run,
        example.Service(run, nets, pacer, now) as service,
    ):
        _, failed = example.ask_at_once(service.port, images, labels, clients=8)
        with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        bad = urllib.request.Request(f"http://127.0.0.1:{service.port}/classify", data=b"no picture")
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(bad, timeout=10)
    assert failed == 0
    assert sum(service.requests.values()) == 200
    assert min(service.requests["linear"], service.requests["more"]) > 50
    for name, count in service.requests.items():
        assert f'service_requests_total{{model="{name}"}} {float(count)}' in text
    assert run.footprint.regions["more"].count == service.requests["more"]
