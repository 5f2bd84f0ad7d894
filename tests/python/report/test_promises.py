# SPDX-License-Identifier: MIT
"""docs/explorer.md, "What is tested": every promise has a row, and every test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "explorer.md"


def test_the_table_of_what_is_tested_names_tests_that_are_there() -> None:
    table = PAGE.read_text(encoding="utf-8").split("\n## What is tested\n")[1]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| MV")]
    assert [row[0] for row in rows] == [f"MV{i}" for i in range(1, 25)]
    sources = "".join(file.read_text(encoding="utf-8") for file in HERE.glob("test_*.py"))
    there = set(re.findall(r"^ *def (test_\w+)\(", sources, re.MULTILINE))
    for row in rows:
        assert len(row) == 4, row[0]
        places = [set(re.findall(r"`(test_\w+)`", cell)) for cell in row[2:]]
        assert any(places), row[0]
        for cell, named in zip(row[2:], places, strict=True):
            assert bool(named) != (cell == "-"), f"{row[0]}: {cell}"
            assert named <= there, f"{row[0]}: {named - there}"
