# SPDX-License-Identifier: MIT
"""The notebooks of examples/ run, and so does the cell magic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib.integrations.notebook import load_ipython_extension, options

NOTEBOOKS = sorted((Path(__file__).parents[3] / "examples" / "notebooks").glob("*.ipynb"))


def test_the_line_of_the_magic_is_read() -> None:
    found = options("--location FRA --pue 1.2 --project 'my cell'")
    assert found == {"location": "FRA", "pue": 1.2, "project": "my cell"}
    assert options("") == {}


@pytest.mark.parametrize("wrong", ["FRA", "--location", "--speed 3", "--pue x", "'open"])
def test_a_wrong_line_is_said(wrong: str) -> None:
    with pytest.raises(co2lib.Error, match="%%co2lib"):
        options(wrong)


def test_the_extension_is_a_name_of_the_package() -> None:
    assert co2lib.load_ipython_extension is load_ipython_extension


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_runs(file: Path, tmp_path: Path) -> None:
    nbformat: Any = pytest.importorskip("nbformat", reason="needs nbformat")
    nbclient: Any = pytest.importorskip("nbclient", reason="needs nbclient")
    pytest.importorskip("ipykernel", reason="needs ipykernel")
    notebook = nbformat.read(file, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    outputs = [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    assert outputs
    if file.stem == "first_run":
        assert any("text/html" in out.get("data", {}) for out in outputs)
