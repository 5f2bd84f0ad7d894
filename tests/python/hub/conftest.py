# SPDX-License-Identifier: MIT
"""A Hub on loopback, with the manners and the faults of the real one."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

CARDS: list[str] = [
    "---\nco2_eq_emissions: 12.5\n---\n# Model\n",
    "---\nco2_eq_emissions:\n  emissions: 0.5\n  source: codecarbon\n  training_type: fine-tuning\n  "
    "hardware_used: 1 x T4\n---\n",
    '---\r\nco2_eq_emissions: "1.5 kg"\r\n---\r\n',
    "---\nco2_eq_emissions: 1,234\n---\n",
    "---\na: &a [x, x]\nb: &b [*a, *a]\nco2_eq_emissions: 3\n---\n",
    "\ufeff---\nco2_eq_emissions: 4\n---\n<script>alert(1)</script>\n",
    "---\nco2_eq_emissions: 5\n",
    "# no metadata\n\n- **Carbon Emitted:** 7 g\n",
]


class Hub:
    """Models, what the server says of them, and what it has been asked."""

    def __init__(self) -> None:
        self.models: list[dict[str, Any]] = []
        self.cards: dict[str, bytes] = {}
        self.files: dict[str, list[dict[str, Any]]] = {}
        self.datasets: dict[str, Any] = {}
        self.commits: dict[str, list[list[str]]] = {}
        self.page_size = 50
        self.faults: dict[str, list[Callable[[BaseHTTPRequestHandler], bool]]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.quota: dict[str, int] = {}
        self.now: Callable[[], float] = time.monotonic
        self.exceeded = 0
        self._windows: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self) -> Counter[str]:
        """How often each address was asked for."""
        return Counter(path for path, _ in self.requests)

    def count(self, kind: str) -> tuple[bool, str]:
        """Count a request in its window; whether it is within the quota, and what the header says."""
        with self._lock:
            quota = self.quota.get(kind, 10**6)
            began, used = self._windows.get(kind, (self.now(), 0))
            if self.now() >= began + 300:
                began, used = self.now(), 0
            used += 1
            self._windows[kind] = began, used
            left = max(0, quota - used)
            if used > quota:
                self.exceeded += 1
            seconds = int(began + 300 - self.now()) + 1
            return used <= quota, f'"{kind}";r={left};t={seconds}'

    def add(self, name: str, card: str | bytes | None, metadata: Any = None, **more: Any) -> None:
        """Add a model."""
        sha = more.pop("sha", f"{len(self.models):040x}")
        if card is not None:
            self.cards[name] = card if isinstance(card, bytes) else card.encode("utf-8", "surrogatepass")
        self.files.setdefault(name, [{"rfilename": "README.md", "size": 10}])
        self.models.append(
            {
                "id": name,
                "author": name.split("/", maxsplit=1)[0],
                "sha": sha,
                "createdAt": "2023-01-05T10:00:00.000Z",
                "lastModified": "2023-02-05T10:00:00.000Z",
                "likes": 3,
                "downloads": 100,
                "tags": ["co2_eq_emissions"],
                **({} if metadata is None else {"cardData": metadata}),
                **more,
            }
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        hub = self.hub
        hub.requests.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        kind = "resolvers" if "/resolve/" in path else "api"
        within, header = hub.count(kind)
        self.more = {"RateLimit": header}
        if kind in hub.quota:
            self.more["RateLimit-Policy"] = f'"fixed window";"{kind}";q={hub.quota[kind]};w=300'
        if not within:
            return self.send(429, b"", {"Retry-After": "7"})
        for prefix, faults in hub.faults.items():
            if path.startswith(prefix) and faults and faults.pop(0)(self):
                return None
        query = parse_qs(parts.query)
        if path == "/api/models":
            return self._list(query)
        if kind == "resolvers":
            return self._card(path)
        if path.startswith("/api/datasets/"):
            return self._known(hub.datasets.get(path.removeprefix("/api/datasets/")))
        name = path.removeprefix("/api/models/")
        if "/revision/" in name:
            name = name.split("/revision/")[0]
            return self._known({"id": name, "siblings": hub.files[name]} if name in hub.files else None)
        if "/commits/" in name:
            return self._commits(name.split("/commits/")[0], query)
        return self._known(None)

    def _list(self, query: dict[str, list[str]]) -> None:
        size = min(int(query["limit"][0]), self.hub.page_size)
        start = int(query.get("cursor", ["0"])[0])
        models = self.hub.models
        if "filter" in query:
            models = [model for model in models if query["filter"][0] in model.get("tags", ())]
        more = {}
        if start + size < len(models):
            link = f"{self.hub.url}/api/models?limit={size}&cursor={start + size}"
            link += "".join(f"&filter={one}" for one in query.get("filter", ()))
            more["Link"] = f'<{link}>; rel="next"'
        self.send(200, json.dumps(models[start : start + size]).encode(), more)

    def _card(self, path: str) -> None:
        name = path.lstrip("/").split("/resolve/")[0]
        card = self.hub.cards.get(name)
        if card is None:
            return self.send(404, b"", {"X-Error-Code": "EntryNotFound"})
        etag = f'"{hash(card):x}"'
        if self.headers.get("If-None-Match") == etag:
            return self.send(304, b"", {"ETag": etag})
        return self.send(200, card, {"ETag": etag, "X-Repo-Commit": "a" * 40})

    def _commits(self, name: str, query: dict[str, list[str]]) -> None:
        pages = self.hub.commits.get(name, [[]])
        number = int(query.get("p", ["0"])[0])
        more = {}
        if number + 1 < len(pages):
            path = urlsplit(self.path).path
            more["Link"] = f'<{self.hub.url}{path}?p={number + 1}>; rel="next"'
        self.send(200, json.dumps([{"id": "x", "date": date} for date in pages[number]]).encode(), more)

    def _known(self, value: Any) -> None:
        if value is None:
            return self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        return self.send(200, json.dumps(value).encode())

    def send(self, status: int, body: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, text in (self.more | (more or {})).items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Clock:
    """Waits in no time: the seconds are added to those of the real clock."""

    def __init__(self) -> None:
        self.waited: list[float] = []
        self._lock = threading.Lock()
        self._ahead = 0.0
        self._ended = False

    def now(self) -> float:
        with self._lock:
            return time.monotonic() + self._ahead

    def wait(self, seconds: float) -> None:
        from co2lib.hub._quota import Stopped

        if self._ended:
            raise Stopped
        with self._lock:
            self.waited.append(seconds)
            self._ahead += max(0.0, seconds)

    def end(self) -> None:
        self._ended = True


@pytest.fixture
def fake_hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_clock() -> type[Clock]:
    return Clock


@pytest.fixture
def world(fake_hub: Hub) -> Hub:
    """250 models of all kinds."""
    for i in range(250):
        name = f"author-{i % 7}/model-{i:03}"
        card = None if i % 25 == 3 else CARDS[i % len(CARDS)]
        metadata: Any = {"co2_eq_emissions": float(i), "datasets": [f"data-{i % 4}"], "license": "mit"}
        more: dict[str, Any] = {}
        if i % 10 == 1:
            more["createdAt"] = "2022-03-02T23:29:04.000Z"
            fake_hub.commits[name] = [["2021-12-03T00:00:00.000Z"], ["2021-06-01T00:00:00.000Z"]]
        if i % 10 == 2:
            more["pipeline_tag"] = "text-classification"
        fake_hub.files[name] = [
            {"rfilename": "pytorch_model.bin", "size": 1000 + i},
            {"rfilename": "x", "size": 1},
        ]
        fake_hub.add(name, card, metadata, **more)
    fake_hub.datasets |= {
        "data-0": {"cardData": {"dataset_info": {"dataset_size": 100}}},
        "data-1": {"cardData": {"dataset_info": [{"dataset_size": 7}, {"dataset_size": 8}]}},
        "data-2": {"cardData": {}},
    }
    return fake_hub
