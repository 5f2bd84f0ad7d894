# SPDX-License-Identifier: MIT
"""A service that adapts: two networks behind HTTP, a day of the grid replayed, a budget of carbon for it.

Each request is served by the network that the pacer chooses for the intensity now; the tracker meters it.
Both stay in memory: a switch decides which one the next request gets, so that no request waits or fails.
"""

from __future__ import annotations

import http.client
import math
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import torch
from torch import nn

import co2lib
from co2lib import CarbonIntensity, CarbonMass, Energy, adaptive
from co2lib.tracker import OPENMETRICS_TYPE, MetricFamily, OpenMetrics, Track

SIDE = 12
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)


def pictures(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ten shapes, each moved by up to two pixels and under noise: (N, 1, 12, 12), and labels (N,)."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(10, (count,), generator=generator)
    moved = torch.randint(-2, 3, (count, 2, 1, 1), generator=generator)
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    v = (rows + moved[:, 0] - 5.5) / 3
    u = (columns + moved[:, 1] - 5.5) / 3
    kind = labels[:, None, None]
    angle = torch.atan2(v, u) * (kind % 5) + 1.6 * (kind >= 5)
    shapes = torch.exp(-(u**2 + v**2)) * (1 + torch.cos(angle))
    noise = 0.9 * (torch.rand(count, SIDE, SIDE, generator=generator) - 0.5)
    return (shapes + noise)[:, None], labels


def train(net: nn.Module, epochs: int) -> nn.Module:
    """Fit a network to 3000 pictures."""
    images, labels = pictures(3000, 1)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(labels)).split(100):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images[batch]), labels[batch]).backward()
            optimizer.step()
    return net.eval()


def networks() -> dict[str, nn.Module]:
    """Train a linear network and a convolutional one, which is more accurate."""
    torch.manual_seed(0)
    torch.set_num_threads(1)  # each request is small
    convolutional = nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 9, 10),
    )
    linear = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 10))
    return {"linear": train(linear, 5), "convolutional": train(convolutional, 6)}


def measured(run: Track, nets: dict[str, nn.Module], seconds: float = 0.3) -> list[adaptive.Model]:
    """Measure the energy of one request and the accuracy of each network."""
    images, labels = pictures(400, 2)
    models = []
    for name, net in nets.items():
        with torch.inference_mode():
            accuracy = 100 * float((net(images).argmax(1) == labels).float().mean())
            with run.region(f"calibrate {name}") as region:
                count, end = 0, time.monotonic() + seconds
                while time.monotonic() < end:
                    net(images[count % 400][None])
                    count += 1
        energy = region.energy.value
        assert energy is not None, "the energy of a request is unknown; `co2lib sensors` says why"
        models.append(adaptive.Model(name, energy / count, accuracy))
    return models


class Service:
    """An HTTP server on loopback: POST /classify (144 float32), GET /metrics.

    Parameters
    ----------
    intensity : callable
        Gives (time, CarbonIntensity) for a request: here of a replayed day; in a service of the clock and a
        live source.
    """

    def __init__(
        self,
        run: Track,
        nets: dict[str, nn.Module],
        pacer: adaptive.Pacer,
        intensity: Callable[[], tuple[datetime, CarbonIntensity]],
    ) -> None:
        self.run, self.nets, self.pacer, self.intensity = run, nets, pacer, intensity
        self.requests: Counter[str] = Counter()
        self.joules: Counter[str] = Counter()
        self.grams = 0.0
        self._metrics = OpenMetrics()
        self._one = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Service:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def classify(self, body: bytes) -> tuple[int, dict[str, str]]:
        """Return the label of a picture, and headers with what it cost."""
        image = torch.tensor(struct.unpack(f"{SIDE * SIDE}f", body)).reshape(1, 1, SIDE, SIDE)
        now, intensity = self.intensity()
        name = list(self.nets)[self.pacer.choose(now, intensity)]
        # One at a time, so that the energy of a region is that of one request.
        with self._one, torch.inference_mode():
            with self.run.region(name) as region:
                label = int(self.nets[name](image).argmax())
            headers = {"X-Model": name}
            self.requests[name] += 1
            energy = region.energy.value
            if energy is not None:
                carbon = energy * intensity
                self.joules[name] += energy.joules
                self.grams += carbon.grams
                headers |= {"X-Energy-Joules": repr(energy.joules), "X-CO2e-Grams": repr(carbon.grams)}
        return label, headers

    def metrics(self) -> str:
        """Return the run and the requests by model as OpenMetrics text."""
        with self._one:
            samples = [([name], float(count)) for name, count in self.requests.items()]
        requests = MetricFamily("service_requests", type="counter", labels=["model"], samples=samples)
        return self._metrics.text(self.run.snapshot(), [requests])


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self, status: int, text: str, kind: str, headers: dict[str, str] | None = None) -> None:
            body = text.encode()
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Type": kind}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if len(body) != 4 * SIDE * SIDE:
                self.answer(400, f"the body must be {SIDE * SIDE} numbers as float32\n", "text/plain")
                return
            label, headers = service.classify(body)
            self.answer(200, str(label), "text/plain", headers)

        def do_GET(self) -> None:
            self.answer(200, service.metrics(), OPENMETRICS_TYPE)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def ask(port: int, images: torch.Tensor, labels: torch.Tensor) -> tuple[int, int]:
    """Ask a service for the labels of pictures over one connection; return (right, failed)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    right = failed = 0
    for image, label in zip(images, labels, strict=True):
        connection.request("POST", "/classify", struct.pack(f"{SIDE * SIDE}f", *image.flatten().tolist()))
        answer = connection.getresponse()
        text = answer.read().decode()
        failed += answer.status != 200
        right += answer.status == 200 and text == str(int(label))
    connection.close()
    return right, failed


def ask_at_once(port: int, images: torch.Tensor, labels: torch.Tensor, clients: int = 4) -> tuple[int, int]:
    """Ask with several clients at the same time; return (right, failed) of all."""
    answers: list[tuple[int, int]] = []
    threads = [
        threading.Thread(target=lambda x=x, y=y: answers.append(ask(port, x, y)))
        for x, y in zip(images.chunk(clients), labels.chunk(clients), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == clients, "a client did not end"
    return sum(right for right, _ in answers), sum(failed for _, failed in answers)


def main(each: int = 32) -> None:
    """Replay a day with `each` requests per hour, and print what it was worth."""
    # g/kWh with much sun; whole hours go to one network, so that about one hour of the budget can be left.
    day = [420 + 2 * h - 330 * max(0.0, math.sin((h - 6) / 12 * math.pi)) for h in range(24)]
    nets, hour = networks(), 0
    with co2lib.track(intensity=sum(day) / 24) as run:
        models = measured(run, nets)
        budget = CarbonMass.from_grams(sum(day) * each * sum(m.energy.kwh for m in models) / 2)
        pacer = adaptive.Pacer(
            models, budget, horizon_h=24, start=MIDNIGHT, method="mpc", requests_per_slot=each, hard_stop=True
        )
        pacer.expect(MIDNIGHT, [x + 3 for x in day])  # yesterday, as the forecast
        images, labels = pictures(each * 24, 3)

        def now() -> tuple[datetime, CarbonIntensity]:
            return MIDNIGHT + timedelta(hours=hour), CarbonIntensity.from_g_per_kwh(day[hour])

        right = failed = 0
        with Service(run, nets, pacer, now) as service:
            for hour in range(24):
                part = slice(hour * each, (hour + 1) * each)
                good, bad = ask_at_once(service.port, images[part], labels[part])
                right, failed = right + good, failed + bad

    plan = adaptive.plan(models, intensity=day, demand=[each] * 24, budget=budget)
    print(adaptive.report(plan))
    print(f"served: {dict(service.requests)}, {failed} failed, {right / each / 24:.1%} right")
    print(f"carbon: {pacer.spent} charged of {budget}")
    metered = Energy.from_joules(sum(service.joules.values()))
    print(f"metered with everything around it: {metered}, {CarbonMass.from_grams(service.grams)}")
    assert failed == 0


if __name__ == "__main__":
    main()
