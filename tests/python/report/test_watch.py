# SPDX-License-Identifier: MIT
"""The live page: what it reads, whom it answers, what it shows."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import tracker
from co2lib.cli import main
from co2lib.cli.watch import budget_of, units_of

from .conftest import Log, Watched

pytest.importorskip("altair", reason="needs altair")
from co2lib.report._live import Server, Watch


def ask(server: Server, path: str, host: str | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.split(":")[2].strip("/")), timeout=10)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_it_shows_what_the_log_holds_and_then_only_news(log: Log, tmp_path: Path) -> None:
    lines = log().read_bytes().splitlines(keepends=True)
    grown = tmp_path / "grown.jsonl"
    grown.write_bytes(b"".join(lines[: len(lines) // 2]))
    clock = iter(float(i) for i in range(0, 10**6, 100))
    watch = Watch(grown, clock=lambda: next(clock))
    first = watch.look()
    assert "running" in first["texts"]["state"]
    assert watch.look(first["seen"]) == {"seen": first["seen"]}
    grown.write_bytes(b"".join(lines))
    now = watch.look(first["seen"])
    assert now["texts"]["state"].startswith("ended")
    footprint = tracker.load(grown).footprint()
    assert now["texts"]["energy"] != first["texts"]["energy"]
    assert [row[0] for row in now["regions"]] == list(footprint.regions)


def test_the_footprint_is_not_renewed_more_often_than_it_may_cost(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = log().read_bytes().splitlines(keepends=True)
    grown = tmp_path / "grown.jsonl"
    now, loads = [0.0], []
    real = tracker.load

    def load(path: Any) -> Any:
        loads.append(now[0])
        now[0] += 0.01  # what a load costs
        return real(path)

    monkeypatch.setattr(tracker, "load", load)
    grown.write_bytes(b"".join(lines[:5]))
    watch = Watch(grown, clock=lambda: now[0])
    for n in range(6, len(lines) - 1):
        grown.write_bytes(b"".join(lines[:n]))
        watch.look()
        now[0] += 1
    assert loads[1] - loads[0] >= 10
    assert 0.01 * len(loads) <= 0.001 * (now[0] + 10)


def test_a_day_of_samples_is_thinned(log: Log) -> None:
    from co2lib.report._log import Power

    watch = Watch(log())
    watch.look()
    start = watch.reader.powers[-1].end
    powers = [Power(start + i, start + i + 1, "gpu-0", 100 + i % 977) for i in range(100_000)]
    watch.reader.powers += powers
    series = watch._series("gpu-0")
    assert len(series) <= 800
    assert max(p.watts for p in series) == max(p.watts for p in powers)
    assert series[-1].end == powers[-1].end


def test_the_end_is_forecast_fromunits_of(log: Log) -> None:
    path = log(stop=False)
    texts = Watch(path, units=("epoch", 60)).look()["texts"]
    done = tracker.load(path).footprint().regions["epoch"]
    assert done.inclusive.joules is not None
    assert f"{done.count} of 60 epoch" in texts["end-more"]
    assert texts["end"].endswith("Wh")
    assert "--units" in Watch(path).look()["texts"]["end-more"]


def test_the_end_has_a_mass_and_a_place_in_the_budget(log: Log) -> None:
    path = log(stop=False)
    footprint = tracker.load(path).footprint()
    more = Watch(path, units=("epoch", 60), budget=budget_of("1 kWh")).look()["texts"]["end-more"]
    grams = float(footprint.operational.grams or 0) / float(footprint.energy.joules or 1)
    found = re.search(r"; ([\d.]+) g CO2e at the mean price so far; ([\d.]+) % of the budget", more)
    assert found is not None
    joules = 0.01 * float(found[2]) * 3.6e6
    assert float(found[1]) == pytest.approx(grams * joules, rel=0.02)
    assert "of the budget" not in Watch(path, units=("epoch", 60)).look()["texts"]["end-more"]


def test_regions_are_drawn_as_they_were_open(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    from co2lib.report import _live

    path = log()
    shown = Watch(path).look()
    assert shown["names"] == ["A  forward", "B  backward", "C  epoch", "D  validate"]
    assert len(shown["open"]) == 36
    assert shown["open-more"] == ""
    monkeypatch.setattr(_live, "MOST_OPEN", 10)
    few = Watch(path).look()
    assert len(few["open"]) == 10
    assert "longest are drawn, 10 of 36" in few["open-more"]


@pytest.mark.parametrize(
    ("amount", "over"), [("1 Wh", True), ("100 kWh", False), ("1 kg", False), ("1 mg", True)]
)
def test_a_budget_is_compared(log: Log, amount: str, over: bool) -> None:
    found = Watch(log(), budget=budget_of(amount)).look()["budget"]
    assert found["over"] is over
    assert (found["percent"] > 100) is over


@pytest.mark.parametrize("wrong", ["5", "5 parsecs", "-1 kWh", "0 kg", ""])
def test_what_is_no_budget_is_refused(wrong: str) -> None:
    with pytest.raises(co2lib.Error, match="--budget"):
        budget_of(wrong)


@pytest.mark.parametrize("wrong", ["epoch", "=3", "epoch=0", "epoch=x"])
def test_what_are_no_units_is_refused(wrong: str) -> None:
    with pytest.raises(co2lib.Error, match="--units"):
        units_of(wrong)


def test_it_answers_this_machine_only_and_leaves_nothing(log: Log) -> None:
    before = threading.active_count()
    with Server(Watch(log())) as server:
        assert ask(server, "/")[0] == 200
        assert json.loads(ask(server, "/data")[1])["seen"]
        assert ask(server, "/", host="evil.example")[0] == 403
        assert ask(server, "/../etc/passwd")[0] == 404
        port = int(server.url.split(":")[2].strip("/"))
    assert threading.active_count() <= before + 1
    with Server(Watch(log("other")), port) as again:
        assert str(port) in again.url


def test_a_log_that_is_gone_is_said_in_the_page(log: Log) -> None:
    path = log()
    with Server(Watch(path)) as server:
        path.unlink()
        assert "tracker.bad_log" in json.loads(ask(server, "/data")[1])["error"]


@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_shows_the_run(log: Log, browser: Watched, width: int) -> None:
    path = log("<img src=x onerror=window.hit=1>", stop=False)
    with browser.at(Server(Watch(path, budget=budget_of("3 Wh"), units=("epoch", 60)))) as server:
        page = browser.open(server.url, width=width)
        footprint = tracker.load(path).footprint()
        assert page.evaluate("window.hit") is None
        assert page.inner_text("#energy") in f"{footprint.energy.value} {page.inner_text('#energy')}"
        assert page.locator("#chart-power path").count() >= 2
        bars = page.locator("#chart-open [aria-roledescription=bar]")
        assert bars.count() == sum(region.count for region in footprint.regions.values())
        assert page.locator("#regions tr").count() == len(footprint.regions)
        assert "of 3.00 Wh" in page.inner_text("#budget-text")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_verb_serves_until_ctrl_c(log: Log) -> None:
    path = log()
    command = [sys.executable, "-P", "-m", "co2lib", "watch", str(path), "--budget", "2kWh"]
    # A shell starts its background jobs with SIGINT ignored, and so would the program.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    with started as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[0]
        connection = http.client.HTTPConnection("127.0.0.1", int(url.split(":")[2].strip("/")), timeout=30)
        connection.request("GET", "/data")
        assert json.loads(connection.getresponse().read())["budget"]["over"] is False
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


def test_a_run_shows_its_own_page_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    command = [sys.executable, "-P", "-m", "co2lib", "run", "--live", "--budget", "2kWh", "--", "cat"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    ) as process:
        assert process.stderr is not None
        url = process.stderr.readline().removeprefix("live: ").strip()
        connection = http.client.HTTPConnection("127.0.0.1", int(url.split(":")[2].strip("/")), timeout=60)
        connection.request("GET", "/data")
        shown = json.loads(connection.getresponse().read())
        connection.close()
        out, err = process.communicate("the command's own words", timeout=60)
    assert shown["texts"]["state"].startswith("running")
    assert shown["budget"]["over"] is False
    assert (process.returncode, out) == (0, "the command's own words")
    assert "Energy" in err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--budget", "1kg"), "give --live"),
        (("--live", "-q"), "--quiet"),
        (("--live", "--units", "x"), "--units"),
    ],
)
def test_a_run_refuses_before_it_starts(
    options: tuple[str, ...], says: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *options, "--", "touch", str(tmp_path / "started")]) == 2
    assert says in capfd.readouterr().err
    assert not (tmp_path / "started").exists()


def test_a_run_that_has_only_begun_is_shown(log: Log, tmp_path: Path) -> None:
    lines = log().read_bytes().splitlines(keepends=True)
    begun = tmp_path / "begun.jsonl"
    begun.write_bytes(lines[0])
    shown = Watch(begun).look()
    assert shown["points"] == []
    assert shown["texts"]["state"].startswith("running")
