# SPDX-License-Identifier: MIT
"""Rows appended to files that others read, and the tables, seen from Python."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import co2lib
from co2lib import _core

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def read(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream, strict=True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(row=st.lists(texts, min_size=3, max_size=3))
def test_what_is_appended_is_what_pythons_csv_reads(tmp_path: Path, row: list[str]) -> None:
    file = tmp_path / "log.csv"
    file.unlink(missing_ok=True)
    assert _core.append_csv(file, ["a", "b,c", 'd "e"'], row) is None
    assert read(file) == [["a", "b,c", 'd "e"'], row]


def test_another_header_moves_the_file_away(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    _core.append_csv(file, ["a"], ["1"])
    assert _core.append_csv(file, ["b"], ["2"]) == tmp_path / "log.csv.bak"
    assert _core.append_csv(str(file), ["c"], ["3"]) == tmp_path / "log.csv.bak_0"
    assert [read(f) for f in sorted(tmp_path.iterdir())] == [
        [["c"], ["3"]],
        [["a"], ["1"]],
        [["b"], ["2"]],
    ]


APPEND_ROWS = """
import sys
from co2lib import _core
for i in range(40):
    _core.append_csv(sys.argv[1], ["process", "row"], [sys.argv[2], str(i)])
"""


def test_two_processes_lose_no_row(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("another,header\n")
    workers = [subprocess.Popen([sys.executable, "-c", APPEND_ROWS, file, str(p)]) for p in range(2)]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0]
    rows = read(file)
    assert rows[0] == ["process", "row"]
    assert sorted(rows[1:]) == sorted([str(p), str(i)] for p in range(2) for i in range(40))
    assert read(tmp_path / "log.csv.bak") == [["another", "header"]]
    assert not (tmp_path / "log.csv.bak_0").exists()


def test_a_row_of_another_width_is_refused(tmp_path: Path) -> None:
    with pytest.raises(co2lib.Error, match="fields"):
        _core.append_csv(tmp_path / "log.csv", ["a", "b"], ["1"])
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let root mount a file system (a container)")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_an_error_and_tears_no_row(tiny_disk: Path) -> None:
    file = tiny_disk / "log.csv"
    rows = 0

    def fill() -> None:
        nonlocal rows
        while rows < 1000:
            _core.append_csv(file, ["a", "b"], [str(rows), "x" * 300])
            rows += 1

    with pytest.raises(OSError, match=r"log\.csv") as caught:
        fill()
    assert isinstance(caught.value, co2lib.Error)
    assert "No space left" in caught.value.message
    assert rows > 1
    assert [row[0] for row in read(file)] == ["a", *map(str, range(rows))]
    assert file.read_bytes().endswith(b"\n")
