# SPDX-License-Identifier: MIT
"""Live sources, the chain after them, and the one text that names an intensity."""

import gzip
import json
import logging
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import intensity, tracker
from co2lib._errors import Error

SECRET = "PLANTED-SECRET-1"


def half_hour(value: str = "200", actual: str = "null") -> bytes:
    now = datetime.now(UTC)
    start = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    end = start + timedelta(minutes=30)
    return json.dumps(
        {
            "data": [
                {
                    "from": start.strftime("%Y-%m-%dT%H:%MZ"),
                    "to": end.strftime("%Y-%m-%dT%H:%MZ"),
                    "intensity": {
                        "forecast": json.loads(value),
                        "actual": json.loads(actual),
                        "index": "low",
                    },
                }
            ]
        }
    ).encode()


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("CO2LIB_") and name != "CO2LIB_TEST_ENV"]:
        monkeypatch.delenv(name)


def test_a_transport_is_any_function() -> None:
    asked: list[str] = []

    def transport(request: Any) -> tuple[int, dict[str, str], bytes]:
        asked.append(request.url)
        return 200, {"Content-Type": "application/json"}, half_hour("210", "220")

    gb = intensity.neso_gb(transport=transport)
    assert asked == []
    record = gb.at(datetime.now(UTC))
    assert record.value is not None
    assert record.value.g_per_kwh == 220
    assert record.origin == "live"
    assert len(asked) == 1
    assert "neso_gb:GB" in repr(gb)


FAULTS = [
    ("401 Unauthorized", b"no", "", "intensity.auth"),
    (
        "403 Forbidden",
        b"<html><body>Go away</body></html>",
        "Content-Type: text/html\r\n",
        "intensity.forbidden",
    ),
    ("404 Not Found", b"{}", "", "intensity.no_data"),
    ("408 Request Timeout", b"", "", "intensity.timeout"),
    ("425 Too Early", b"", "", "intensity.server"),
    ("429 Too Many Requests", b"{}", "Retry-After: 120\r\n", "intensity.rate_limited"),
    ("429 Too Many Requests", b"{}", "", "intensity.rate_limited"),
    ("500 Internal Server Error", b"<html>", "", "intensity.server"),
    ("502 Bad Gateway", b"", "", "intensity.server"),
    ("302 Found", b"", "Location: http://127.0.0.2/\r\n", "intensity.server"),
    ("200 OK", gzip.compress(b'{"data":[]}'), "Content-Encoding: gzip\r\n", "intensity.bad_body"),
    ("200 OK", b" " * (17 << 20), "", "intensity.bad_body"),
    ("200 OK", b'{"data":[{"from":null,"to":null,"intensity":null}]}', "", "intensity.bad_"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0])
def test_a_run_survives_each_fault_of_its_provider(
    server: Any, reply: Any, fault: tuple[str, bytes, str, str]
) -> None:
    status, body, headers, code = fault
    server.reply = lambda head: reply(status, body, headers)
    source = intensity.neso_gb(base_url=server.url, attempts=1)
    run = co2lib.track(
        meters=[lambda: 10.0], intensity=source, location="GBR", power_period_s=0.05, flush_s=0.1
    )
    with run:
        deadline = time.monotonic() + 20
        while not server.heads and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
    footprint = run.footprint
    assert server.heads
    assert footprint.energy.joules > 0
    assert [o.origin for o in footprint.origins] == ["annual_factor"]
    assert any(issue.code.startswith(code) for issue in footprint.issues), footprint.issues


def test_what_a_transport_raises_is_a_failure_of_the_live_link() -> None:
    for raised, code in (
        (TimeoutError(), "timeout"),
        (OSError("down"), "transport"),
        (KeyError("x"), "transport"),
    ):

        def transport(_: Any, raised: Exception = raised) -> Any:
            raise raised

        gb = intensity.neso_gb(transport=transport, attempts=1)
        with pytest.raises(ConnectionError) as caught:
            gb.at(datetime.now(UTC))
        assert caught.value.code == f"intensity.{code}"  # type: ignore[attr-defined]
        record = intensity.with_fallback(gb, "GBR").at(datetime.now(UTC))
        assert record.origin == "annual_factor"
        assert f"intensity.{code}" in record.flags


def test_secrets_come_from_arguments_environment_and_files_and_go_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    sent: list[Any] = []

    def leaky(request: Any) -> tuple[int, dict[str, str], bytes]:
        sent.append(request)
        return 400, {}, f'{{"error":"bad token {SECRET}"}}'.encode()

    caplog.set_level(logging.DEBUG)
    with pytest.raises(PermissionError):
        intensity.electricity_maps("DE", transport=leaky)
    Path("co2lib.toml").write_text(f'electricitymaps_token = "{SECRET}"\n')
    by_file = intensity.electricity_maps("DE", transport=leaky, attempts=1)
    monkeypatch.setenv("CO2LIB_ELECTRICITYMAPS_TOKEN", SECRET + "\n")
    by_environment = intensity.electricity_maps("DE", transport=leaky, attempts=1)
    by_argument = intensity.electricity_maps("DE", token=SECRET, transport=leaky, attempts=1)
    shown = []
    for source in (by_file, by_environment, by_argument):
        with pytest.raises(Error) as caught:
            source.at(datetime.now(UTC))
        shown += [str(caught.value), repr(caught.value.details), repr(source), str(source.failure)]
    with co2lib.track(intensity=by_argument, location="DEU", log="run.jsonl", meters=[]) as run:
        pass
    shown += [str(run.footprint), run.footprint.to_json(), caplog.text, *map(repr, sent)]
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.name != "co2lib.toml":
            shown.append(file.read_text(errors="replace"))
    assert len(sent) >= 3
    assert not [text for text in shown if SECRET in text]


def test_one_text_everywhere(
    server: Any, reply: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.reply = lambda head: reply("200 OK", half_hour("240"))
    monkeypatch.setenv("CO2LIB_NESO_GB_URL", server.url)
    assert intensity.read_intensity("neso_gb:GB").at(datetime.now(UTC)).value.g_per_kwh == 240  # type: ignore[union-attr]
    for given in ({"intensity": "neso_gb:GB", "location": "GBR"}, {}):
        if not given:  # a location among the arguments would take the place of both
            monkeypatch.setenv("CO2LIB_INTENSITY", "neso_gb:GB")
            monkeypatch.setenv("CO2LIB_LOCATION", "GBR")
        with co2lib.track(log="run.jsonl", log_exists="overwrite", meters=[], **given) as run:
            deadline = datetime.now(UTC) + timedelta(seconds=5)
            while not server.heads and datetime.now(UTC) < deadline:
                pass
        assert run.footprint.intensity_source == "neso_gb:GB"
        stored = tracker.load("run.jsonl").footprint()
        assert stored.operational.grams == run.footprint.operational.grams
        assert [o.origin for o in stored.origins] == ["live"]
        server.heads.clear()


def test_an_unknown_provider_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(Error, match="did you mean neso_gb:GB"):
        intensity.read_intensity("neso_gp:GB")
    with pytest.raises(Error, match="neither a number"):
        intensity.read_intensity("aws:eu-north-1")


def test_the_command_line_prices_with_the_live_grid_and_reprices(
    server: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reply = lambda head: reply("200 OK", half_hour("240"))
    monkeypatch.setenv("CO2LIB_NESO_GB_URL", server.url)
    program = [sys.executable, "-c", "import time; time.sleep(0.5)"]
    command = [sys.executable, "-P", "-m", "co2lib", "run", "--intensity", "neso_gb:GB", "--location", "GBR"]
    subprocess.run(
        [*command, "--log", "run.jsonl", "--meters", "none", "--", *program], check=True, capture_output=True
    )
    footprint = tracker.load("run.jsonl").footprint()
    assert [o.origin for o in footprint.origins] == ["live"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "co2lib", "reprice", "run.jsonl", "--intensity", "neso_gb:GB", "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    again = json.loads(done.stdout)
    assert again["after"]["operational_g"] == pytest.approx(footprint.operational.grams)


def test_a_folder_of_a_cache_is_used_and_holds_no_secret(
    server: Any, reply: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.reply = lambda head: reply("200 OK", half_hour("240"))
    monkeypatch.setenv("CO2LIB_NESO_GB_URL", server.url)
    monkeypatch.setenv("CO2LIB_INTENSITY_CACHE", str(tmp_path / "cache"))
    now = datetime.now(UTC)
    source = intensity.read_intensity("neso_gb:GB")
    assert isinstance(source, intensity.IntensitySource)
    assert intensity.with_fallback(source, "GBR").at(now).origin == "live"
    files = list((tmp_path / "cache").glob("*.jsonl"))
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o777 == 0o600
    other = intensity.read_intensity("neso_gb:GB")
    assert isinstance(other, intensity.IntensitySource)
    asked = len(server.heads)
    record = intensity.with_fallback(other, "GBR").at(now)
    assert (record.origin, len(server.heads)) == ("cache", asked)


BLOCKED = """
import socket
def refuse(*_, **__):
    raise SystemExit("a socket was opened")
socket.socket.connect = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
import co2lib
with co2lib.track(location="FRA", meters=[], log="run.jsonl") as run:
    with run.region("a"):
        pass
run.footprint.to_json()
co2lib.intensity.factor("DEU")
co2lib.intensity.with_fallback(None, "DEU").at("2024-05-08T12:30:00Z")
gb = co2lib.intensity.neso_gb()
gb.describe()
from co2lib.cli import main
for words in (["show", "run.jsonl"], ["intensity", "FRA"], ["sensors"],
              ["reprice", "run.jsonl", "--intensity", "50"],
              ["run", "--location", "FRA", "--meters", "none", "--", "true"]):
    import sys
    sys.argv = ["co2lib", *words]
    try:
        main()
    except SystemExit as end:
        assert end.code in (0, None), (words, end.code)
"""


def test_nothing_is_contacted_unless_a_provider_is_asked() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", BLOCKED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert socket.socket.connect is not None


FORKED = """
import os, sys, time, warnings, co2lib
from co2lib import intensity

warnings.simplefilter("ignore", DeprecationWarning)  # of os.fork with threads
source = intensity.neso_gb(base_url=sys.argv[1], attempts=1)
options = dict(meters=[lambda: 10.0], intensity=source, location="GBR", power_period_s=0.05, flush_s=0.1)
run = co2lib.track(**options)
run.start()
time.sleep(0.5)  # it asks, and holds what it needs for that
child = os.fork()
if child == 0:
    run.footprint
    with co2lib.track(**options) as own:
        time.sleep(0.2)
    os._exit(0 if own.footprint.energy.joules > 0 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
run.stop()
"""


def test_a_fork_while_a_provider_is_asked_holds_up_nobody(server: Any) -> None:
    server.reply, server.hold = (lambda head: b""), True
    done = subprocess.run(
        [sys.executable, "-P", "-c", FORKED, server.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "0\n"
    assert server.heads
