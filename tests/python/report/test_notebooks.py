# SPDX-License-Identifier: MIT
"""The notebooks of examples/ run, and so does the cell magic."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import adaptive, embodied, intensity, preindex, tracker
from co2lib._html import Table
from co2lib.integrations.notebook import load_ipython_extension, options

from .conftest import HOSTILE, Log

NOTEBOOKS = sorted((Path(__file__).parents[3] / "examples" / "notebooks").glob("*.ipynb"))


def test_the_line_of_the_magic_is_read() -> None:
    found = options("--location FRA --pue 1.2 --project 'my cell'")
    assert found == {"location": "FRA", "pue": 1.2, "project": "my cell"}
    assert options("") == {}
    assert options("-l FRA --tdp-w 20") == {"location": "FRA", "tdp_w": 20.0}


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


def shown(thing: Any) -> str:
    bundle = thing._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/plain"] == str(thing)
    html: str = bundle["text/html"]
    assert html == thing._repr_html_()
    assert "<table>" in html
    return html


class TestTables:
    def test_a_plan(self) -> None:
        models = [
            adaptive.Model(name, co2lib.Energy.from_kwh(kwh), points)
            for name, kwh, points in ((HOSTILE, 0.001, 60), ("large", 0.002, 80))
        ]
        plan = adaptive.plan(models, intensity=[100, 200, 400], price=0.05)
        html = shown(plan)
        assert HOSTILE not in html
        assert str(plan.carbon) in html
        table = plan.table()
        assert [row["g_per_kwh"] for row in table] == [100, 200, 400]
        assert HOSTILE not in table._repr_html_()
        assert len(str(table).splitlines()) == 4

    def test_a_bill_of_materials(self) -> None:
        part = {"id": HOSTILE, "class": "manual", "carbon": "1.3 kg", "source": "x"}
        document: Any = {"schema": "carbon-bom/1", "name": HOSTILE, "parts": [part]}
        html = shown(embodied.parse(document).footprint(draws=10))
        assert HOSTILE not in html
        assert "1.3 kg CO2e" in html

    def test_forecasts(self, log: Log) -> None:
        footprint = tracker.load(log(epochs=2)).footprint()
        html = shown(footprint)
        assert "epoch" in html
        units = [co2lib.Energy.from_joules(j) for j in (10.0, 11.0, 12.0)]
        assert "3 of 9 units done" in shown(tracker.forecast_total(units, 9))
        start = datetime(2026, 3, 1, tzinfo=UTC)
        values = [300.0 + i % 24 for i in range(24 * 40)]
        trace = intensity.Trace.regular(start, 3600, values)
        forecast = intensity.forecast(trace, horizon_h=24)
        assert shown(forecast).count("<tr>") == len(forecast) + 1

    def test_costs_of_retraining(self) -> None:
        runs = [preindex.CalibrationRun(x / 10, epochs=5 + x, kwh=1 + x / 3) for x in range(8)]
        prediction = preindex.CostForecast.fit(runs).predict(0.35)
        assert "epochs" in shown(prediction)
        assert "kwh" in shown(prediction["kwh"])

    def test_devices_and_regions_of_a_run(self) -> None:
        with co2lib.track(location="FRA", meters=[]) as run, run.region(HOSTILE):
            pass
        assert [row["region"] for row in run.regions] == [HOSTILE]
        assert HOSTILE not in run.regions._repr_html_()
        assert [row["energy"] for row in run.devices] == [d.energy for d in run.footprint.devices]
        assert str(run.devices).count("\n") == len(run.devices)

    def test_long_tables_say_that_there_is_more(self) -> None:
        table = Table({"i": i} for i in range(1000))
        assert "1000 rows" in table._repr_html_()
        assert table._repr_html_().count("<tr>") < 100
        assert str(table).endswith("... 1000 rows")
        assert str(Table()) == "(empty)"
