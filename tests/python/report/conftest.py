# SPDX-License-Identifier: MIT
"""Logs of runs under a clock that is moved by hand, and a browser for the pages made from them."""

from __future__ import annotations

import importlib.util
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import meter
from co2lib.testing import FakeMeter, ManualClock

HOSTILE = "</script><img src=x onerror=window.hit=1>"
Log = Callable[..., Path]
PATIENCE_MS = 240_000
"""How long a page is waited for, also on a machine that others use: it says nothing about speed."""


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.chdir(tmp_path)
    # The lock of the explorer's measurements lies there: tests of other processes are not waited for.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.startswith("CO2LIB_") and name not in ("CO2LIB_TEST_ENV", "CO2LIB_TRACES"):
            monkeypatch.delenv(name)


def _counter(clock: ManualClock, name: str, domain: str, watts: float) -> FakeMeter:
    info = meter.MeterInfo(
        name,
        kind="counter",
        domain=domain,
        device="gpu" if domain == "gpu" else "cpu",
        provider="nvml" if domain == "gpu" else "powercap",
        accuracy=0.05,
        least_window_s=0.1,
    )
    return FakeMeter.counter(clock, info, watts)


def make_log(path: Path, *, gpu_w: float = 200, epochs: int = 6, stop: bool = True, **options: Any) -> Path:
    """Write the log of a run with a CPU of 60 W and a GPU whose power changes from epoch to epoch."""
    clock = ManualClock()
    cpu, gpu = _counter(clock, "package-0", "package", 60), _counter(clock, "gpu-0", "gpu", gpu_w)
    options = {"location": "FRA", "fsync": False, "meters": [cpu, gpu], "project": path.stem, **options}
    run = co2lib.track(clock=clock, log=path, **options).start()

    def go(seconds: float) -> None:
        assert clock.wait_for_waiters(1)
        assert clock.advance(seconds)

    for epoch in range(epochs):
        gpu.set_power(gpu_w * (1 + 0.05 * math.sin(epoch)))
        with run.region("epoch"):
            for _ in range(2):
                with run.region("forward"):
                    go(2)
                with run.region("backward"):
                    go(3)
        with run.region("validate"):
            go(1)
    if stop:
        run.stop()
        return path
    copy = path.with_name(f"killed-{path.name}")
    shutil.copy(path, copy)
    run.stop()
    return copy


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Give a function that writes the log of a run."""
    return lambda name="run", **more: make_log(tmp_path / f"{name}.jsonl", **more)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Give the distribution's Chromium, headless."""
    if os.environ.get("CO2LIB_TEST_ENV") in ("core", "full"):
        # Its event loop stays, and tests of other files in this process start one.
        pytest.skip("make browser-test runs it")
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("needs playwright and the distribution's chromium")
    found = next((path for n in ("chromium", "chromium-browser") if (path := shutil.which(n))), None)
    if found is None:
        pytest.skip("needs the distribution's chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Give the script of axe-core, which a package of Python brings."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("needs axe-playwright-python")
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")


class Watched:
    """Pages that fail the test for a request to elsewhere, an error, or a warning on the console."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._contexts: list[Any] = []
        self.wrong: list[str] = []
        self.hosts: set[str] = set()

    def open(
        self,
        url: str,
        *,
        width: int = 1200,
        ready: str = "body[data-ready]",
        route: Callable[[Any], None] | None = None,
        **more: Any,
    ) -> Any:
        more.setdefault("offline", url.startswith("file:"))
        context = self._browser.new_context(viewport={"width": width, "height": 900}, **more)
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        if route is not None:
            page.route("**/*", route)
        origin = "/".join(url.split("/")[:3])

        def asked(request: Any) -> None:
            self.hosts.add("/".join(request.url.split("/")[:3]))
            if not request.url.startswith((origin, "data:", "blob:")):
                self.wrong.append(f"asked for {request.url}")

        page.on("request", asked)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        # Gradio's own remark, whatever its page shows.
        page.on(
            "console",
            lambda said: (
                self.wrong.append(f"console: {said.text} ({said.location.get('url')})")
                if said.type in ("error", "warning") and said.text != "Method not implemented."
                else None
            ),
        )
        page.goto(url)
        page.wait_for_selector(ready)
        return page

    @contextmanager
    def at(self, server: AbstractContextManager[Any]) -> Iterator[Any]:
        """Give a server that ends after all pages: one that still asks it would find nothing there."""
        with server as running:
            try:
                yield running
            finally:
                self.close()

    def close(self) -> None:
        """Close all pages."""
        while self._contexts:
            self._contexts.pop().close()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Watched]:
    """Give pages that are watched."""
    watched = Watched(chromium)
    yield watched
    watched.close()
    assert watched.wrong == []


def serious(page: Any) -> list[tuple[str, str]]:
    """Return what axe-core, which the page has loaded, finds serious or critical."""
    found = page.evaluate("axe.run()")["violations"]
    bad = [v for v in found if v["impact"] in ("serious", "critical")]
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in bad]
