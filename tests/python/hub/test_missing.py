# SPDX-License-Identifier: MIT
"""Without the optional packages, the call that needs one names its extra."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from co2lib import hub

HTTP = "http://127.0.0.1:9"


@pytest.mark.parametrize("package", ["huggingface_hub", "pyarrow.parquet"])
def test_mining_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"pip install 'co2lib\[hub\]'"):
        hub.mine(tmp_path / "new", endpoint=HTTP)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("package", ["pandas", "pyarrow"])
def test_tables_name_their_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "a/b"}\n')
    monkeypatch.setitem(sys.modules, package, None)
    calls: list[Any] = [lambda: hub.read_dump(tmp_path / "a.jsonl")]
    if package == "pandas":
        calls.append(lambda: hub.label([{"co2_eq_emissions": 1.0}]))
    for call in calls:
        with pytest.raises(ImportError, match=r"pip install 'co2lib\[hub\]'"):
            call()


def test_dask_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="needs pandas")
    (tmp_path / "a.jsonl").write_text('{"id": "a/b"}\n')
    monkeypatch.setitem(sys.modules, "dask.bag", None)
    with pytest.raises(ImportError, match=r"pip install 'dask'"):
        hub.read_dump(tmp_path / "a.jsonl", scheduler="synchronous")
