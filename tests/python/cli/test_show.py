# SPDX-License-Identifier: MIT
"""co2lib show, merge and reprice: what logs hold, and logs that hold nothing."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import tracker

SERIES = "start,end,value,unit,signal,scope\n2020-01-01T00:00:00Z,{},{},g/kWh,average,lifecycle\n"


# ------------------------------------------------------------------------------------------------------------
# show
# ------------------------------------------------------------------------------------------------------------


def test_show(cli: Any, logs: list[Path]) -> None:
    status, out, err = cli.invoke("show", logs[0])
    assert (status, err) == (0, "")
    for wanted in ("first.jsonl", "Energy", "Carbon", "Device", "Region", "epoch", "g/kWh, FRA", "Sources"):
        assert wanted in out
    assert "not ended" not in out
    assert re.search(r"\n  RAM, [\d.]+ GiB +\d", out)


def test_show_json_is_that_of_the_footprint(cli: Any, logs: list[Path]) -> None:
    status, out, _ = cli.invoke("show", "--json", logs[0])
    assert status == 0
    assert out.rstrip("\n") == tracker.load(logs[0]).footprint().to_json().rstrip("\n")
    status, out, _ = cli.invoke("show", "--json", *logs)
    assert [f["run_id"] for f in json.loads(out)] == [tracker.load(log).run_id for log in logs]


def test_show_csv(cli: Any, logs: list[Path]) -> None:
    status, out, _ = cli.invoke("show", "--csv", *logs)
    assert status == 0
    header, *rows = csv.reader(out.splitlines(), strict=True)
    assert header == tracker.csv_columns()
    assert [row[header.index("run_id")] for row in rows] == [tracker.load(log).run_id for log in logs]


def test_show_refuses_two_formats(cli: Any, logs: list[Path]) -> None:
    status, _, err = cli.invoke("show", "--csv", "--json", logs[0])
    assert status == 2
    assert "cannot be given together" in err
    assert err.count("\n") == 1


def test_show_a_torn_log(cli: Any, logs: list[Path]) -> None:
    whole = logs[0].read_bytes()
    logs[0].write_bytes(whole[:-10])
    status, out, err = cli.invoke("show", logs[0])
    assert (status, err) == (0, "")
    assert "not ended" in out
    assert "! torn" in out


@pytest.mark.parametrize("verb", ["show", "merge"])
def test_an_unreadable_log_is_one_line(cli: Any, verb: str, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("no log\n")
    for name in ("absent.jsonl", "other.txt", str(tmp_path)):
        status, out, err = cli.invoke(verb, name)
        assert (status, out) == (2, "")
        assert err.startswith("error: ")
        assert name in err
        assert err.endswith("[tracker.bad_log]\n")
        assert err.count("\n") == 1


@pytest.fixture
def runs(cli: Any, tmp_path: Path) -> list[Path]:
    """Two logs of one name, of which one has a project."""
    paths = [tmp_path / folder / "run.jsonl" for folder in ("a", "b")]
    for path, project in zip(paths, ("resnet", ""), strict=True):
        path.parent.mkdir()
        with co2lib.track(location="FRA", meters=[], log=path, project=project):
            exec(cli.busy)
    return paths


def test_show_of_several_logs_is_a_table_with_a_row_per_run(cli: Any, runs: list[Path]) -> None:
    runs[1].write_bytes(runs[1].read_bytes()[:-10])  # killed
    status, out, err = cli.invoke("show", "a/run.jsonl", "b/run.jsonl")
    assert (status, err) == (0, "")
    head, *rows = (re.split(r"\s{2,}", line) for line in out.splitlines())
    assert head == [
        "Run",
        "Start (UTC)",
        "Time",
        "Energy",
        "Carbon",
        "Mean power",
        "Project",
        "Host",
        "Issues",
    ]
    footprints = [tracker.load(path).footprint() for path in runs]
    assert [row[0] for row in rows] == ["a/run.jsonl", "b/run.jsonl"]  # no two are called alike
    host = footprints[0].to_dict()["context"]["host"]
    assert [row[6:-1] for row in rows] == [["resnet", host], [host]]
    # as many as `co2lib show` of one of them lists
    counts = [len(f.issues) + len(f.embodied.issues) for f in footprints]
    assert [row[-1] for row in rows] == [str(count) for count in counts]
    assert rows[1][2].endswith(", not ended")
    for row, footprint in zip(rows, footprints, strict=True):
        assert row[1] == footprint.start.strftime("%Y-%m-%d %H:%M")
        value, unit = row[3].split()
        assert co2lib.convert(float(value), unit, "J") == pytest.approx(footprint.energy.joules, rel=0.01)
        value, unit = row[4].split()
        assert co2lib.convert(float(value), unit, "g") == pytest.approx(footprint.operational.grams, rel=0.01)
        power = footprint.energy.joules / footprint.duration_s
        assert float(row[5].split()[0]) == pytest.approx(power, rel=0.01)


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_show_shows_what_it_can(cli: Any, logs: list[Path], form: list[str]) -> None:
    status, out, err = cli.invoke("show", *form, logs[0], "missing.jsonl", logs[1])
    assert status == 2
    assert err.startswith("error: missing.jsonl: ")
    assert err.count("\n") == 1
    assert (status, out) == (2, cli.invoke("show", *form, *logs)[1])
    status, out, _ = cli.invoke("show", "--json", logs[0], "missing.jsonl")
    assert [run["run_id"] for run in json.loads(out)] == [tracker.load(logs[0]).run_id]


# ------------------------------------------------------------------------------------------------------------
# merge
# ------------------------------------------------------------------------------------------------------------


def test_merge_adds_logs_and_counts_none_twice(cli: Any, logs: list[Path], tmp_path: Path) -> None:
    each = [tracker.load(log).footprint().energy.joules for log in logs]
    status, out, _ = cli.invoke("merge", "--json", *logs)
    assert status == 0
    assert json.loads(out)["energy"]["value_j"] == pytest.approx(sum(each), rel=1e-9)
    status, out, _ = cli.invoke("merge", "--json", "-o", tmp_path / "one.json", logs[0], logs[0])
    assert (status, out) == (0, "")
    assert json.loads((tmp_path / "one.json").read_text())["energy"]["value_j"] == pytest.approx(
        each[0], rel=1e-9
    )


def test_merge_shows_and_writes_text(cli: Any, logs: list[Path], tmp_path: Path) -> None:
    status, out, _ = cli.invoke("merge", *logs)
    assert status == 0
    assert out.startswith("2 logs · ")
    assert cli.invoke("merge", "-o", "text", *logs) == (0, "", "")
    assert (tmp_path / "text").read_text() == out
    assert cli.invoke("merge", "-o", "-", *logs) == (0, out, "")
    status, _, err = cli.invoke("merge", "-o", tmp_path / "no" / "x", *logs)
    assert status == 2
    assert "[core.cannot_write]" in err


def test_merge_says_on_the_result_what_is_not_in_it(cli: Any, logs: list[Path]) -> None:
    status, out, err = cli.invoke("merge", *logs, "rank2.jsonl")
    assert status == 2
    assert err.startswith("error: rank2.jsonl: ")
    assert out.startswith("2 of 3 logs · ")
    assert "! incomplete" in out
    assert "not in this result: rank2.jsonl" in out
    status, out, _ = cli.invoke("merge", "--json", *logs, "rank2.jsonl")
    assert status == 2
    document = json.loads(out)
    assert document["issues"][-1]["code"] == "incomplete"
    assert "rank2.jsonl" in document["issues"][-1]["text"]
    del document["issues"][-1]
    assert document == json.loads(cli.invoke("merge", "--json", *logs)[1])


@pytest.mark.parametrize("verb", [["merge"], ["reprice", "-l", "DEU"]])
def test_a_result_never_replaces_a_log(cli: Any, logs: list[Path], verb: list[str]) -> None:
    before = logs[0].read_bytes()
    status, _, err = cli.invoke(*verb, "-o", *logs)  # as from -o *.jsonl
    assert status == 2
    assert "is the log of a run" in err
    assert logs[0].read_bytes() == before


# ------------------------------------------------------------------------------------------------------------
# reprice
# ------------------------------------------------------------------------------------------------------------


def test_reprice_lists_old_and_new_with_their_sources(cli: Any, logs: list[Path]) -> None:
    before = logs[0].read_bytes()
    status, out, err = cli.invoke("reprice", logs[0], "--location", "DEU")
    assert (status, err) == (0, "")
    found = {line.split()[0]: line for line in out.splitlines() if line.split()}
    assert out.startswith("first.jsonl · ")
    assert "g/kWh, FRA" in found["Before"]
    assert "g/kWh, DEU" in found["After"]
    assert re.search(r"mg CO2e +\+\d+ %", found["Difference"])
    assert logs[0].read_bytes() == before


def test_reprice_json(cli: Any, logs: list[Path], tmp_path: Path) -> None:
    old = tracker.load(logs[0]).footprint()
    assert cli.invoke("reprice", logs[0], "--intensity", "50", "--json", "-o", "r.json") == (0, "", "")
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["schema"] == "co2lib-reprice/1"
    assert document["run_id"] == old.run_id
    assert document["energy_j"] == old.energy.joules  # to the last bit
    assert document["before"]["operational_g"] == old.operational.grams
    assert document["before"]["source"] == "FRA"
    new = tracker.reprice(tracker.load(logs[0]), 50).footprint().operational.grams
    assert document["after"]["operational_g"] == new
    assert (document["after"]["source"], document["after"]["asked"]) == ("fixed", "50")
    assert document["after"]["mean_g_per_kwh"] == pytest.approx(50)
    assert document["difference_g"] == new - old.operational.grams
    assert document["after"]["sources"]
    status, out, _ = cli.invoke("reprice", *logs, "--intensity", "50", "--json")
    assert status == 0
    assert [one["file"] for one in json.loads(out)] == [str(log) for log in logs]


def test_reprice_with_a_series(cli: Any, logs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "grid.csv").write_text(SERIES.format("2100-01-01T00:00:00Z", 180))
    status, out, _ = cli.invoke("reprice", logs[0], "--intensity", "grid.csv")
    assert status == 0
    assert "180 g/kWh, trace of grid.csv" in out


def test_reprice_of_a_run_that_the_series_does_not_cover_is_unknown(
    cli: Any, logs: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "old.csv").write_text(SERIES.format("2020-01-02T00:00:00Z", 180))
    status, out, err = cli.invoke("reprice", logs[0], "--intensity", "old.csv", "--json")
    assert status == 2
    document = json.loads(out)
    assert document["after"]["operational_g"] is None
    assert document["difference_g"] is None
    assert "[intensity.out_of_range]" in err
    assert err.count("\n") == 1
    status, out, _ = cli.invoke("reprice", logs[0], "--intensity", "old.csv")
    assert status == 2
    assert re.search(r"After +unknown", out)
    assert "Difference" not in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "core.bad_option"),
        (["-l", "DEU", "--intensity", "5"], "core.bad_option"),
        (["-l", "XXX"], "intensity.unknown_zone"),
        (["-l", "\udcff"], "tracker.bad_config"),
        (["--intensity", "-5"], "intensity.bad_value"),
        (["--intensity", "none.csv"], "intensity.bad_value"),
        (["--intensity", "."], "core.io"),
    ],
)
def test_reprice_refuses_a_wrong_price_in_one_line(
    cli: Any, logs: list[Path], arguments: list[str], code: str
) -> None:
    status, out, err = cli.invoke("reprice", logs[0], *arguments)
    assert (status, out) == (2, "")
    assert err.endswith(f"[{code}]\n")
    assert err.count("\n") == 1


def test_reprice_shows_what_it_can(cli: Any, logs: list[Path]) -> None:
    status, out, err = cli.invoke("reprice", "missing.jsonl", logs[0], "-l", "DEU")
    assert status == 2
    assert "After" in out
    assert err.startswith("error: missing.jsonl: ")


def test_the_title_of_a_resumed_run_tells_which_part_has_no_end(cli: Any, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    for _ in range(2):
        assert cli.run("run", "-q", "--log", log, "--log-exists", "resume", "--", "true").returncode == 0
    lines = log.read_text().splitlines(keepends=True)
    first_end = next(i for i, line in enumerate(lines) if '"type":"end"' in line)
    log.write_text("".join(line for i, line in enumerate(lines) if i != first_end))
    title = cli.run("show", log).stdout.decode().splitlines()[0]
    assert "a segment not ended" in title
    assert "2 segments" in title
