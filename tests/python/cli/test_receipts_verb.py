# SPDX-License-Identifier: MIT
"""``co2lib receipts``: sums by user, model and day, and lines that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from co2lib import CarbonIntensity, Energy, adaptive


@pytest.fixture
def file(tmp_path: Path) -> Path:
    book = adaptive.ReceiptBook(tmp_path / "receipts.jsonl")
    for hour in range(30):
        book.add(
            adaptive.Receipt(
                f"2026-05-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z",
                "small" if hour % 3 else "large",
                Energy.from_joules(1000 + hour),
                CarbonIntensity.from_g_per_kwh(360),
                user="ann" if hour % 2 else "bob",
                rejected=["large"],
            )
        )
    assert book.carbon.grams == pytest.approx(0.1 * 30 + 0.0001 * sum(range(30)))
    return tmp_path / "receipts.jsonl"


def test_sums_add_up_to_the_total(cli: Any, file: Path) -> None:
    status, out, err = cli.invoke("receipts", file, "--by", "user,model,day", "--json")
    assert (status, err) == (0, "")
    document = json.loads(out)
    assert document["schema"] == "co2lib-receipts/1"
    assert len(document["sums"]) == 8
    assert sum(one["carbon_g"] for one in document["sums"]) == pytest.approx(
        document["total"]["carbon_g"], rel=1e-12
    )
    assert {one["user"] for one in document["sums"]} == {"ann", "bob"}


def test_text_and_lines_that_are_no_receipts(cli: Any, file: Path) -> None:
    status, out, _ = cli.invoke("receipts", file)
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["Model", "large", "small", "all"]
    with file.open("a") as stream:
        stream.write('{"v":1,"utc"')
    status, out, _ = cli.invoke("receipts", file, "--by", "day")
    assert status == 1
    assert "1 lines are no receipts" in out


def test_refusals(cli: Any, file: Path, tmp_path: Path) -> None:
    status, _, err = cli.invoke("receipts", file, "--by", "moon")
    assert status == 2
    assert "known: user, model, day" in err
    status, _, err = cli.invoke("receipts", tmp_path / "none.jsonl")
    assert status == 2
    assert "[adaptive.bad_receipts]" in err
