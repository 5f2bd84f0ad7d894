# SPDX-License-Identifier: MIT
"""The explorer's page in a browser: two visitors, states, bad uploads, what it asks for, what it leaves."""

from __future__ import annotations

import io
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from co2lib import explorer
from co2lib.explorer import _task

from .conftest import HOSTILE, PATIENCE_MS, Watched
from .test_explorer import QUICK, Lab, picture
from .test_explorer_session import Gate

pytestmark = pytest.mark.filterwarnings("ignore")
SOON = PATIENCE_MS
Launch = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def launch(monkeypatch: pytest.MonkeyPatch, browser: Watched) -> Launch:
    """Give the launch of a page on which results are drawn without waiting for it."""
    pytest.importorskip("gradio", reason="needs gradio")
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    monkeypatch.setattr(_task, "SETTLE_S", 0.0)

    @contextmanager
    def launched(lab: Lab, models: dict[str, Any], **more: Any) -> Iterator[Any]:
        options = {"meters": [lab.meter], "clock": lab.clock, "settings": QUICK, "region": "FRA", **more}
        with browser.at(explorer.launch(models, block=False, **options)) as running:
            yield running

    return launched


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    file = tmp_path / "cat.png"
    file.write_bytes(picture())
    return file


def says(page: Any, text: str) -> None:
    page.wait_for_selector(f"#co2-status :text({text!r})", timeout=SOON)


def begin(page: Any, model: str, image: Path) -> None:
    page.get_by_label(model, exact=True).first.check()
    page.set_input_files("#co2-input input[type=file]", image)
    page.wait_for_selector("#co2-run:not([disabled])", timeout=SOON)
    page.click("#co2-run")


def names(page: Any) -> list[str]:
    page.wait_for_selector("#co2-detail label", timeout=SOON)
    found: list[str] = page.locator("#co2-detail label").all_inner_texts()
    return found


def test_two_visitors_have_their_own_view_and_the_second_waits(
    launch: Launch, browser: Watched, cat: Path
) -> None:
    gate = Gate()
    slow = gate.slow("slow")
    slow.task = ""
    with launch(gate, {"slow": slow, "other": gate.model("other", 2)}) as running:
        one, two = (browser.open(running.url, ready="#co2-models label") for _ in range(2))
        begin(one, "slow", cat)
        says(one, "Measuring 1 model")
        assert not two.get_by_label("slow", exact=True).first.is_checked()
        begin(two, "other", cat)
        says(two, "you are number 1")
        gate.open.set()
        says(one, "Measured 1 of 1")
        says(two, "Measured 1 of 1")
        assert (names(one), names(two)) == (["slow"], ["other"])
        two.get_by_label("Ascending").check()
        assert one.get_by_label("Descending").is_checked()


def test_a_visitor_who_goes_away_makes_room(launch: Launch, browser: Watched, cat: Path) -> None:
    gate = Gate()
    slow = gate.slow("slow")
    slow.task = ""
    with launch(gate, {"slow": slow, "other": gate.model("other", 2)}) as running:
        one, two = (browser.open(running.url, ready="#co2-models label") for _ in range(2))
        begin(one, "slow", cat)
        says(one, "Measuring 1 model")
        begin(two, "other", cat)
        says(two, "you are number 1")
        tasks = list(running.blocks.co2lib_session._tasks)
        one.context.close()
        deadline = time.monotonic() + SOON / 1000
        while not any(task.cancelled() for task in tasks):
            assert time.monotonic() < deadline
            two.wait_for_timeout(20)
        gate.open.set()
        says(two, "Measured 1 of 1")
        assert gate.steps.count("slow/predict") < 5


def test_the_states_of_a_page(launch: Launch, browser: Watched, cat: Path) -> None:
    gate = Gate()
    slow = gate.slow("slow")
    slow.task = ""
    models = {"broken": lambda _: 1 / 0, "slow": slow, HOSTILE: gate.model("h", 1)}
    with launch(gate, models) as running:
        page = browser.open(running.url, ready="#co2-models label")
        says(page, "Select at least one model.")
        page.click("#co2-all")
        says(page, "Give an image.")
        assert page.locator("#co2-run").is_disabled()
        page.set_input_files("#co2-input input[type=file]", cat)
        says(page, "Measure 3 models x 6 repetitions, about")
        page.wait_for_selector("#co2-run:not([disabled])")
        page.click("#co2-run")
        page.wait_for_selector("#co2-status progress", timeout=SOON)
        gate.open.set()
        says(page, "Measured 2 of 3 models.")
        page.wait_for_selector("#co2-chart svg.marks", timeout=SOON)
        assert "failed: ZeroDivisionError" in page.inner_text("#co2-table")
        assert "coverage 100.0 %" in page.inner_text("#co2-line")
        assert page.evaluate("window.hit") is None
        # The origin of the page is the only one that is asked for anything.
        assert {host for host in browser.hosts if host.startswith("http")} == {running.url.rstrip("/")}
        page.click("#co2-none")
        says(page, "Select at least one model.")
        page.get_by_label("broken", exact=True).first.check()
        page.click("#co2-run")
        says(page, "No model could be measured. broken: ZeroDivisionError")
        page.wait_for_function("!document.querySelector('#co2-chart svg.marks')")


def large() -> bytes:
    """Return a PNG of 60 million pixels, which is small as a file."""
    pil = pytest.importorskip("PIL.Image", reason="needs pillow")
    file = io.BytesIO()
    pil.new("1", (8000, 7500)).save(file, "PNG")
    return file.getvalue()


def test_bad_uploads_are_said_and_the_server_lives(
    launch: Launch, browser: Watched, cat: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lab = Lab()
    bad = {
        "text.png": b"no image",
        "huge.png": large(),
        "heavy.png": picture() + b"\0" * 25_000_000,
        "cut.jpg": picture()[:60],
    }
    with launch(lab, {"small": lab.model("small", 1)}) as running:
        page = browser.open(running.url, ready="#co2-models label")
        page.get_by_label("small", exact=True).first.check()
        for name, data in bad.items():
            file = tmp_path / name
            file.write_bytes(data)
            page.set_input_files("#co2-input input[type=file]", file)
            found = page.locator("#co2-status, [data-testid=toast-body], .toast-body, #co2-input")
            page.wait_for_function(
                "document.querySelector('#co2-run:not([disabled])') "
                "|| document.querySelector('.toast-body, [data-testid=toast-body]')",
                timeout=SOON,
            )
            if page.locator("#co2-run").is_enabled():
                page.click("#co2-run")
                says(page, "image:")
            text = " ".join(found.all_inner_texts())
            assert "Traceback" not in text
            page.reload()  # the selection is in the address
            page.wait_for_selector("#co2-models input:checked", timeout=SOON)
        assert lab.steps == []
        page.set_input_files("#co2-input input[type=file]", cat)
        page.wait_for_selector("#co2-run:not([disabled])", timeout=SOON)
        page.click("#co2-run")
        says(page, "Measured 1 of 1")
    browser.wrong.clear()  # what the browser says of refused uploads
    assert "Traceback" not in capfd.readouterr().err


def test_a_page_that_is_closed_leaves_nothing(
    launch: Launch, browser: Watched, cat: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    gate = Gate()
    slow = gate.slow("slow")
    slow.task = ""
    with launch(gate, {"slow": slow}) as running:
        page = browser.open(running.url, ready="#co2-models label")
        begin(page, "slow", cat)
        says(page, "Measuring")
        port = int(running.url.rsplit(":", 1)[1].strip("/"))
        gate.open.set()
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that were closed linger
        free.bind(("127.0.0.1", port))
    assert not any(t.name == "co2lib-explorer" for t in threading.enumerate())
    assert [f for f in folder.rglob("co2lib-*") if not f.name.endswith(".lock")] == []
