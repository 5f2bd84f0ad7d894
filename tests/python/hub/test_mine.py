# SPDX-License-Identifier: MIT
"""Mining a Hub on loopback: what is in the table, and what happens when things go wrong."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import hub

pytest.importorskip("huggingface_hub", reason="needs huggingface_hub")
pandas = pytest.importorskip("pandas", reason="needs pandas")
pytest.importorskip("pyarrow", reason="needs pyarrow")


def mined(folder: Path, url: str, clock: Any, **more: Any) -> Any:
    found = hub.mine(folder, endpoint=url, time=clock, timeout_s=more.pop("timeout_s", 5.0), **more)
    return found, hub.load(folder).set_index("id")


def answer(status: int, body: bytes = b"", **headers: str) -> Any:
    def fault(handler: BaseHTTPRequestHandler) -> bool:
        handler.send(status, body, {name.replace("_", "-"): text for name, text in headers.items()})  # type: ignore[attr-defined]
        return True

    return fault


def nothing(handler: BaseHTTPRequestHandler) -> bool:
    """Hang, until the other side gives up."""
    with contextlib.suppress(OSError):
        handler.connection.recv(1)
    handler.close_connection = True
    return True


def pass_on(handler: BaseHTTPRequestHandler) -> bool:
    return False


# ----------------------------------------------------------------------------------------------------------
# What is in the table
# ----------------------------------------------------------------------------------------------------------
def test_a_hub_becomes_a_table(tmp_path: Path, world: Any, clock: Any) -> None:
    stages: list[tuple[str, int]] = []
    found, table = mined(tmp_path, world.url, clock, progress=lambda s, n, _: stages.append((s, n)))
    assert found.models == len(table) == 250
    assert list(table.index) == sorted(table.index)
    assert found.reporting == table["grams"].notna().sum()
    assert set(table["status"]) == {"ok", "ok_from_body", "ambiguous", "missing"}
    plain = table.loc["author-0/model-000"]
    assert (plain["grams"], plain["status"], plain["report_class"]) == (12.5, "ok", 2)
    assert (plain["size_pytorch_bin_bytes"], plain["weights_bytes"]) == (1000, 1000)
    assert plain["size_efficiency"] == 1000 / 12.5
    assert (plain["datasets_size_bytes"], plain["datasets_missing"]) == (100, 0)
    full = table.loc["author-1/model-001"]
    assert (full["source_class"], full["training_class"], full["report_class"]) == (
        "CodeCarbon",
        "fine-tuning",
        3,
    )
    assert str(full["created_at"]) == "2021-06-01 00:00:00+00:00"
    assert full["datasets_size_bytes"] == 15
    assert table.loc["author-2/model-002", "domain"] == "NLP"
    assert table.loc["author-2/model-002", "grams"] == 1500.0
    unknown = table.loc["author-2/model-002"]
    assert unknown["datasets_missing"] == 1
    assert unknown.isna()["datasets_size_bytes"]
    without = table.loc["author-3/model-003"]
    assert list(without["errors"]) == ["card: HTTP 404 EntryNotFound"]
    assert without["grams"] == 3.0
    assert found.errors == 10
    assert set(table["label"].dropna()) <= set("ABCDE")
    assert {"list", "models", "data sets", "table"} <= {stage for stage, _ in stages}
    assert stages[-1] == ("table", 5)
    assert max(world.asked().values()) == 1


def test_nothing_but_the_endpoint_is_asked_and_the_token_stays(
    tmp_path: Path, world: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "hf_" + "q" * 34
    with caplog.at_level(logging.DEBUG):
        mined(tmp_path, world.url, clock, token=secret, limit=30)
    assert all(headers.get("authorization") == f"Bearer {secret}" for _, headers in world.requests)
    assert all(headers["host"] == world.url.removeprefix("http://") for _, headers in world.requests)
    assert all("co2lib/" in headers["user-agent"] for _, headers in world.requests)
    assert secret not in caplog.text
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
    world.requests.clear()
    mined(tmp_path / "anonymous", world.url, clock.__class__(), limit=1)
    assert all("authorization" not in headers for _, headers in world.requests)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_another_host_is_never_asked(tmp_path: Path, world: Any, clock: Any, status: int) -> None:
    elsewhere = answer(status, Location="http://127.0.0.2:9/x")
    world.faults = {"/author-0/model-000/resolve": [elsewhere]}
    world.faults["/author-1/model-001/resolve"] = [answer(307, Location="/author-2/model-002/resolve/x/y")]
    _, table = mined(tmp_path, world.url, clock, limit=2)
    assert list(table.loc["author-0/model-000", "errors"]) == ["card: no answer leads to another host"]
    assert table.loc["author-1/model-001", "grams"] == 1500
    world.faults = {"/api/models": [answer(200, b"[]", Link='<http://127.0.0.2:9/x>; rel="next"')]}
    with pytest.raises(ConnectionError, match=r"another host.*\[hub\.unreachable\]"):
        mined(tmp_path / "more", world.url, clock.__class__())


def test_names_that_are_none_are_not_asked_for(tmp_path: Path, fake_hub: Any, clock: Any) -> None:
    for name in ("../../etc/passwd", "a/b/c", "x?y=1", "a b", ".hidden/x", "\ud800"):
        fake_hub.add(name, None, {"co2_eq_emissions": 1, "datasets": ["../x", "ok/data"]})
    fake_hub.models += [7, {"noid": 1}, {"id": ""}, {"id": ["x"]}]  # type: ignore[list-item]
    _, table = mined(tmp_path, fake_hub.url, clock, query="all")
    assert len(table) == 6
    assert all(
        list(errors) == ["id: is no name of a repository, nothing was asked for"]
        for errors in table["errors"]
    )
    assert {path.split("?")[0] for path in fake_hub.asked()} == {"/api/models", "/api/datasets/ok/data"}


def test_hostile_entries_become_rows(tmp_path: Path, fake_hub: Any, clock: Any) -> None:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    fake_hub.add("a/deep", None, {"co2_eq_emissions": deep})
    fake_hub.add("a/list", b"---\nco2_eq_emissions: 3\n---\n\xff\xfe\x00", ["no", "map"])
    fake_hub.add(
        "a/types", None, {"co2_eq_emissions": "2 kg", "license": 7, "language": {"a": 1}}, likes="many"
    )
    fake_hub.models[-1] |= {
        "tags": "one",
        "createdAt": 5,
        "safetensors": [],
        "baseModels": "x",
        "downloads": -1,
    }
    fake_hub.models[-1]["model-index"] = [
        {"results": [{"metrics": [{"type": "Accuracy", "value": "91,5 %"}, 3]}]},
        4,
    ]
    fake_hub.add("a/huge", b"x" * (17 << 20), {"co2_eq_emissions": 10**400})
    fake_hub.add("a/text", "---\nco2_eq_emissions: '<b>5</b> kg'\n---\n</script>\ud800", {})
    found, table = mined(tmp_path, fake_hub.url, clock, query="all")
    assert found.models == 5
    assert table.loc["a/list", "grams"] == 3.0
    assert table.loc["a/deep", "status"] in ("invalid", "ambiguous")
    assert table.loc["a/types", "grams"] == 2000.0
    assert table.loc["a/types", "accuracy"] == 0.915
    assert table.loc["a/huge", "status"] == "invalid"
    assert list(table.loc["a/huge", "errors"]) == ["card: HTTP 200 too large"]
    assert table.loc["a/text", "grams"] == 5000.0


def test_what_a_base_model_reports_is_not_reported_again(tmp_path: Path, fake_hub: Any, clock: Any) -> None:
    fake_hub.add("a/base", None, {"co2_eq_emissions": 149200})
    fake_hub.add("b/derived", None, {"co2_eq_emissions": 149200, "base_model": "a/base"})
    fake_hub.add("b/other", None, {"co2_eq_emissions": 5, "base_model": ["a/base"]})
    _, table = mined(tmp_path, fake_hub.url, clock, cards="none", sizes=False)
    assert list(table.loc["b/derived", "warnings"]) == ["inherited_from_base_model"]
    assert list(table.loc["b/other", "warnings"]) == []
    assert list(fake_hub.asked().values()) == [1]


# ----------------------------------------------------------------------------------------------------------
# Faults
# ----------------------------------------------------------------------------------------------------------
def test_what_heals_is_asked_again_and_what_does_not_is_said(tmp_path: Path, world: Any, clock: Any) -> None:
    undisturbed = mined(tmp_path / "calm", world.url, clock, limit=60)[1]
    world.faults = {
        "/api/models/author-1/model-001/revision": [answer(500), answer(503), answer(408)],
        "/author-2/model-002/resolve": [nothing],
        "/author-4/model-004/resolve": [answer(403, X_Error_Code="GatedRepo")],
        "/author-5/model-005/resolve": [answer(502)] * 6,
        "/author-6/model-006/resolve": [answer(429, Retry_After="11")],
        "/api/models/author-6/model-006/revision": [answer(200, b'{"siblings": ')],
        "/api/models": [answer(429, Retry_After="33"), pass_on, answer(200, b"[{"), answer(500)],
    }
    clock = clock.__class__()
    found, table = mined(tmp_path / "storm", world.url, clock, limit=60, timeout_s=0.3)
    assert {33.0, 11.0, 1.0, 2.0, 4.0, 8.0, 16.0} <= {round(seconds) for seconds in clock.waited}
    said = {name: list(errors) for name, errors in table["errors"].items() if len(errors)}
    assert said.pop("author-4/model-004") == ["card: HTTP 403 GatedRepo"]
    assert said.pop("author-5/model-005") == ["card: HTTP 502"]
    assert said.pop("author-6/model-006") == ["files: HTTP 200 not JSON"]
    others = undisturbed.drop(["author-4/model-004", "author-5/model-005", "author-6/model-006"])
    assert found.models == 60
    rest = table.drop(["author-4/model-004", "author-5/model-005", "author-6/model-006"])
    pandas.testing.assert_frame_equal(rest, others, check_dtype=False)  # some counts are missing here
    # What may have healed is asked for again when the run is refreshed, and only that.
    world.requests.clear()
    _, table = mined(tmp_path / "storm", world.url, clock.__class__(), limit=60, refresh=True)
    asked = {path.split("?")[0] for path in world.asked()} - {"/api/models"}
    assert asked
    assert all("model-005" in path or "model-006" in path for path in asked)
    assert list(table.loc["author-5/model-005", "errors"]) == []


def test_a_list_that_cannot_be_read_is_an_error_and_goes_on_later(
    tmp_path: Path, world: Any, clock: Any
) -> None:
    world.faults = {"/api/models": [pass_on, *[answer(500)] * 6]}
    with pytest.raises(ConnectionError, match=r"mine again.*\[hub\.unreachable\]"):
        hub.mine(tmp_path, endpoint=world.url, time=clock, cards="none", sizes=False)
    with pytest.raises(OSError, match=r"co2lib mine"):
        hub.load(tmp_path)
    before = world.asked()
    mined(tmp_path, world.url, clock.__class__(), cards="none", sizes=False)
    first = [path for path in before if "cursor" not in path]
    assert world.asked()[first[0]] == 1


@pytest.mark.parametrize(
    "body",
    [b'{"error": "x"}', b"7", b"[" * 5000, b"\xff\xfe", b""],
    ids=["map", "number", "deep", "bytes", "none"],
)
def test_a_list_that_is_none_is_an_error(tmp_path: Path, fake_hub: Any, clock: Any, body: bytes) -> None:
    fake_hub.faults = {"/api/models": [answer(200, body)] * 3}
    with pytest.raises(ConnectionError, match=r"hub\.unreachable"):
        hub.mine(tmp_path, endpoint=fake_hub.url, time=clock)


def test_pages_in_a_circle_end(tmp_path: Path, world: Any, clock: Any) -> None:
    link = f'<{world.url}/api/models?limit=50&cursor=50&filter=co2_eq_emissions>; rel="next"'
    world.faults = {"/api/models": [pass_on, answer(200, b"[]", Link=link)]}
    assert mined(tmp_path, world.url, clock, cards="none", sizes=False)[0].models == 50


def test_the_quota_is_never_exceeded(tmp_path: Path, world: Any, clock: Any) -> None:
    world.quota = {"api": 40, "resolvers": 30}
    world.now = clock.now
    waits: list[int] = []

    def waiting(stage: str, seconds: int, _: int | None) -> None:
        if stage == "waiting":
            waits.append(seconds)

    found, _ = mined(tmp_path, world.url, clock, limit=100, progress=waiting)
    assert found.models == 100
    assert world.exceeded <= 8  # the first answer says how many are left, to those that were under way
    assert waits


def test_offline_is_said(tmp_path: Path, world: Any, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "is_offline_mode", lambda: True)
    with pytest.raises(ConnectionError, match=r"HF_HUB_OFFLINE.*\[hub\.offline\]"):
        hub.mine(tmp_path, endpoint=world.url, time=clock)


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": "x"},
        {"cards": "x"},
        {"workers": 0},
        {"limit": 0},
        {"endpoint": "ftp://x"},
        {"endpoint": "x"},
    ],
)
def test_wrong_options_are_named(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(co2lib.Error, match=r"hub\.bad_value"):
        hub.mine(tmp_path, **{"endpoint": "http://127.0.0.1:9", **wrong})


# ----------------------------------------------------------------------------------------------------------
# Ending and going on
# ----------------------------------------------------------------------------------------------------------
class EndedError(Exception):
    pass


def test_a_run_that_is_ended_after_every_step_gives_the_same(
    tmp_path: Path, world: Any, new_clock: Any
) -> None:
    world.page_size = 4
    calm = mined(tmp_path / "calm", world.url, new_clock(), limit=14)[1]
    asked = world.asked()
    world.requests.clear()
    reached: set[tuple[str, int]] = set()

    def end_once(stage: str, done: int, _: int | None) -> None:
        step = (stage, done if stage != "models" else len(reached))
        if step not in reached:
            reached.add(step)
            raise EndedError

    for _ in range(100):
        try:
            mined(tmp_path / "torn", world.url, new_clock(), limit=14, workers=2, progress=end_once)
            break
        except EndedError:
            assert not list((tmp_path / "torn").glob(".models*"))
    assert len(reached) > 10
    assert hub.load(tmp_path / "torn").set_index("id").equals(calm)
    assert world.asked() == asked


def test_a_run_that_is_killed_goes_on(tmp_path: Path, world: Any, clock: Any) -> None:
    calm = mined(tmp_path / "calm", world.url, clock, limit=60)[1]
    world.requests.clear()
    program = (
        "import sys; from co2lib import hub\n"
        f"hub.mine({str(tmp_path / 'torn')!r}, endpoint={world.url!r}, workers=2, limit=60)"
    )
    run = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
    latest = time.monotonic() + 60
    while len(world.requests) < 40 and time.monotonic() < latest:
        time.sleep(0.005)
        assert run.poll() is None, run.communicate()
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    assert not (tmp_path / "torn" / "models.parquet").exists()
    _, table = mined(tmp_path / "torn", world.url, clock.__class__(), limit=60)
    assert table.equals(calm)
    twice = sum(count - 1 for count in world.asked().values())
    assert twice <= 4 * 2 * 3  # what was under way


def test_a_folder_belongs_to_its_run(tmp_path: Path, world: Any, new_clock: Any) -> None:
    mined(tmp_path, world.url, new_clock(), limit=5)
    with pytest.raises(co2lib.Error, match=r"was begun with limit 5, not 6.*\[hub\.bad_value\]"):
        mined(tmp_path, world.url, new_clock(), limit=6)
    with pytest.raises(co2lib.Error, match=r"holds a run already"):
        mined(tmp_path, world.url, new_clock(), limit=5, resume=False)
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(co2lib.Error, match=r"is no state"):
        mined(tmp_path, world.url, new_clock(), limit=5)


def test_two_runs_do_not_share_a_folder(tmp_path: Path, world: Any, new_clock: Any) -> None:
    def second(stage: str, *_: Any) -> None:
        if stage == "models":
            with pytest.raises(RuntimeError, match=r"another process is mining.*\[hub\.busy\]"):
                mined(tmp_path, world.url, new_clock(), limit=5)

    mined(tmp_path, world.url, new_clock(), limit=5, progress=second)


def test_refreshing_asks_for_what_has_changed(tmp_path: Path, world: Any, new_clock: Any) -> None:
    mined(tmp_path, world.url, new_clock(), limit=20)
    world.requests.clear()
    world.models[0]["sha"] = "f" * 40
    world.models[1]["sha"] = "e" * 40
    world.cards[world.models[1]["id"]] = b"---\nco2_eq_emissions: 99\n---\n"
    _, table = mined(tmp_path, world.url, new_clock(), limit=20, refresh=True)
    assert table.loc["author-0/model-000", "grams"] == 12.5
    assert table.loc["author-1/model-001", "grams"] == 99
    cards = [headers for path, headers in world.requests if "/resolve/" in path]
    assert len(cards) == 2
    assert all(headers["if-none-match"] for headers in cards)
    assert all(
        "/resolve/" in path or "model-00" in path or "/api/models?" in path for path, _ in world.requests
    )


def test_a_page_that_is_damaged_is_named(tmp_path: Path, world: Any, new_clock: Any) -> None:
    mined(tmp_path, world.url, new_clock(), limit=20)
    page = tmp_path / "raw" / "list-00000.jsonl.gz"
    page.write_bytes(page.read_bytes()[:-20])
    with pytest.raises(co2lib.Error, match=r"list-00000.*remove it.*\[hub\.cannot_read\]"):
        mined(tmp_path, world.url, new_clock(), limit=20)
    page.unlink()
    assert mined(tmp_path, world.url, new_clock(), limit=20)[0].models == 20


def test_the_verb(tmp_path: Path, world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from co2lib.cli import main

    assert main(["mine", str(tmp_path), "--endpoint", world.url, "--limit", "5", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["models"], said["reporting"]) == (5, 5)
    assert main(["mine", str(tmp_path), "--endpoint", world.url, "--limit", "6"]) == 2
    assert "choose another folder" in capsys.readouterr().err
    assert main(["label", said["table"]]) == 0
    assert "5 models" in capsys.readouterr().out
