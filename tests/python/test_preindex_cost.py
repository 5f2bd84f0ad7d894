# SPDX-License-Identifier: MIT
"""co2lib.preindex: calibration files, what forecasts may be used for, and the retrain-or-not report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import preindex
from co2lib.preindex import CalibrationRun, CostForecast, Costs

NAN, INF = float("nan"), float("inf")


def refused(call: Any, code: str) -> Any:
    with pytest.raises(co2lib.Error) as caught:
        call()
    assert caught.value.code == f"preindex.{code}"
    return caught.value


def runs(**fields: Any) -> list[CalibrationRun]:
    return [
        CalibrationRun(x, epochs=1 + 10 * x + 0.1 * i, **fields)
        for i, x in enumerate((0.1, 0.2, 0.4, 0.6, 0.8))
    ]


def codes(issues: Any) -> list[str]:
    return [issue.code for issue in issues]


# ----------------------------------------------------------------------------------------------------------
# Files
# ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("run", "code"),
    [
        (CalibrationRun(NAN, epochs=1), "bad_option"),
        (CalibrationRun(-INF, epochs=1), "bad_option"),
        (CalibrationRun(0.1, epochs=INF), "bad_cost"),
        (CalibrationRun(0.1, kwh=-1e-9), "bad_cost"),
        (CalibrationRun(0.1, gco2e=NAN), "bad_cost"),
    ],
)
def test_what_cannot_be_read_again_is_not_written(tmp_path: Path, run: CalibrationRun, code: str) -> None:
    file = tmp_path / "runs.jsonl"
    preindex.append_run(file, CalibrationRun(0.2, epochs=3))
    before = file.read_bytes()
    refused(lambda: preindex.append_run(file, run), code)
    assert file.read_bytes() == before


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    known = [
        CalibrationRun(
            -0.5, epochs=0, model='a "quote"\n', dataset="日本", protocol="\t", machine="\\", time="x" * 9000
        ),
        CalibrationRun(1e-300, kwh=5e-324, gco2e=1.7976931348623157e308),
        CalibrationRun(0.1),
    ]
    for run in known:
        preindex.append_run(file, run)
    assert preindex.read_runs(file) == known
    assert preindex.read_runs(str(file)) == known
    text = file.read_bytes()
    file.write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))
    assert preindex.read_runs(file) == known
    file.write_bytes(text[:-1])  # the last line is not ended
    preindex.append_run(file, known[2])
    assert preindex.read_runs(file) == [*known, known[2]]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"x": 0.1, "epoch": 3}', "'epoch' is not allowed; use config, dataset, epochs"),
        ('{"epochs": 3}', "'x' not found"),
        ('{"x": null, "epochs": 3}', "null"),
        ('{"x": "0.1", "epochs": 3}', "string"),
        ('{"x": 0.1, "epochs": -3}', "epochs of -3"),
        ('{"x": 1e999, "epochs": 3}', "number overflow"),
        ("[0.1, 3]", "JSON object"),
        ("3", "JSON object"),
        ("x,epochs", "parse error"),
        ("\x00\x01PK", "parse error"),
    ],
)
def test_what_is_no_run_is_named_with_its_line(tmp_path: Path, line: str, why: str) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text(f'{{"x": 0.2, "epochs": 3}}\n\n{line}\n', encoding="utf-8")
    message = refused(lambda: preindex.read_runs(file), "bad_calibration").message
    assert "runs.jsonl:3" in message
    assert why in message
    file.write_text(line + "\n", encoding="utf-8")
    refused(lambda: preindex.append_run(file, runs()[0]), "bad_calibration")  # another kind of file
    assert file.read_text(encoding="utf-8") == line + "\n"


def test_folders_and_files_that_cannot_be_had(tmp_path: Path) -> None:
    assert preindex.read_runs(tmp_path) == []
    error = refused(lambda: CostForecast.fit(tmp_path), "not_enough_calibration")
    assert "0 runs" in error.message
    for name, run in (("b", 1), ("a", 0), ("c", 2)):  # a file for each process
        preindex.append_run(tmp_path / f"{name}.jsonl", runs()[run])
    (tmp_path / "readme.txt").write_text("no runs", encoding="utf-8")
    assert preindex.read_runs(tmp_path) == runs()[:3]
    for bad in (tmp_path, tmp_path / "none" / "runs.jsonl", Path("/dev/null")):
        error = refused(lambda: preindex.append_run(bad, runs()[0]), "bad_calibration")  # noqa: B023
        assert isinstance(error, OSError)
    assert isinstance(refused(lambda: preindex.read_runs(tmp_path / "none"), "bad_calibration"), OSError)
    (tmp_path / "d.jsonl").write_bytes(b"\x80PNG")
    assert "d.jsonl:1" in refused(lambda: preindex.read_runs(tmp_path), "bad_calibration").message


def test_processes_append_to_one_file(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    code = (
        "import sys\nfrom co2lib import preindex\n"
        "for i in range(40):\n"
        "    run = preindex.CalibrationRun(i, epochs=int(sys.argv[2]), machine='m' * 5000)\n"
        "    preindex.append_run(sys.argv[1], run)\n"
    )
    jobs = [subprocess.Popen([sys.executable, "-P", "-c", code, file, str(k)]) for k in range(3)]
    assert [job.wait() for job in jobs] == [0, 0, 0]
    found = preindex.read_runs(file)
    assert sorted((run.epochs, run.x) for run in found) == [(k, i) for k in range(3) for i in range(40)]


# ----------------------------------------------------------------------------------------------------------
# Runs
# ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("field", ["model", "config", "dataset", "protocol", "machine"])
def test_runs_of_different_kinds_are_not_mixed(field: str) -> None:
    mixed = [*runs(**{field: "a"}), *runs(**{field: "b"}), *runs()]
    error = refused(lambda: CostForecast.fit(mixed), "config_mismatch")
    assert error.details["keys"] == [field]
    assert f"{field} ('', 'a', 'b')" in error.message
    assert len(CostForecast.fit(mixed, select={field: "a"}).runs) == 5
    refused(lambda: CostForecast.fit(mixed, select={"modell": "a"}), "bad_option")
    refused(lambda: CostForecast.fit(mixed, select={field: "c"}), "not_enough_calibration")


def test_a_run_that_is_there_twice_is_said() -> None:
    assert codes(CostForecast.fit(runs()).predict(0.5).issues) == []
    assert codes(CostForecast.fit([*runs(), runs()[2]]).predict(0.5).issues) == ["duplicate_runs"]
    assert codes(CostForecast.fit([*runs(time="a"), *runs(time="b")]).predict(0.5).issues) == []


def test_quantities_and_estimates_are_costs() -> None:
    run = CalibrationRun(0.1, energy=co2lib.Energy.from_kwh(2), carbon=co2lib.CarbonMass.from_grams(3))
    assert (run.kwh, run.gco2e) == (2, 3)
    with co2lib.track(meters=[], gpus=[], location="FRA") as tracked:
        pass
    footprint = tracked.footprint
    if footprint.energy.value is None:
        refused(lambda: CalibrationRun(0.1, energy=footprint.energy), "bad_cost")
    else:
        assert CalibrationRun(0.1, energy=footprint.energy).kwh == footprint.energy.kwh
    refused(lambda: CalibrationRun(0.1, kwh=1, energy=co2lib.Energy.from_kwh(2)), "bad_option")


def test_carbon_comes_of_energy_only() -> None:
    predicted = CostForecast.fit([CalibrationRun(r.x, epochs=r.epochs, kwh=r.x) for r in runs()]).predict(0.5)
    assert (predicted["kwh"].cost, predicted["epochs"].cost) == ("kwh", "epochs")
    grams = preindex.carbon_of(predicted["kwh"], co2lib.CarbonIntensity.from_g_per_kwh(100))
    assert grams.cost == "gco2e"
    assert grams.value == pytest.approx(50)
    for wrong in (predicted["epochs"], grams):
        refused(lambda: preindex.carbon_of(wrong, co2lib.CarbonIntensity.from_g_per_kwh(100)), "bad_cost")  # noqa: B023
    refused(lambda: preindex.carbon_of(predicted["kwh"], 100), "bad_option")  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------------
# The report
# ----------------------------------------------------------------------------------------------------------
def report(x: float, **options: Any) -> Any:
    falling = [CalibrationRun(r.x, epochs=10 - 10 * r.x, kwh=r.x) for r in runs()]
    forecast = CostForecast.fit(falling, model="linear").predict(options.pop("at", x))
    return preindex.retrain_or_not(x, forecast, **{"accuracy": 0.5, "required_accuracy": 0.9, **options})


@pytest.mark.parametrize("budget", [Costs(epochs=0.001), Costs(epochs=100), Costs(kwh=1e9), None])
@pytest.mark.parametrize("x", [2.0, 0.8001, 0.09])
def test_a_forecast_where_no_run_lies_decides_nothing(x: float, budget: Costs | None) -> None:
    found = report(x, budget=budget)
    assert found.decision == "uncertain"
    assert "outside of the range" in found.reason
    assert found.advice
    assert "extrapolated" in codes(found.issues)
    assert report(x, budget=budget, accuracy=0.95).decision == "not_needed"
    assert report(0.8, budget=Costs(epochs=100)).decision == "retrain"


def test_training_from_scratch_that_is_cheaper_is_said() -> None:
    sure = report(0.2, budget=Costs(epochs=100), from_scratch=Costs(epochs=3))
    assert sure.decision == "retrain"
    (issue,) = [one for one in sure.issues if one.code == "from_scratch_cheaper"]
    assert issue.subject == "epochs"
    assert "every point of the interval" in issue.text
    assert "from_scratch_cheaper" in str(sure)
    assert "from_scratch_cheaper" in sure.to_json()
    assert "from_scratch_cheaper" not in codes(report(0.2, from_scratch=Costs(epochs=9)).issues)
    assert "from_scratch_cheaper" not in codes(report(0.2, from_scratch=Costs(epochs=3), accuracy=1).issues)
    assert "from_scratch_cheaper" in codes(report(0.2, from_scratch=Costs(kwh=0.01)).issues)
    assert "from_scratch_cheaper" in codes(
        report(0.2, budget=Costs(epochs=1), from_scratch=Costs(epochs=3)).issues
    )


def test_a_report_is_of_one_index() -> None:
    assert "0.5" in refused(lambda: report(0.5, at=0.2), "bad_option").message
    refused(lambda: report(NAN, at=0.2), "bad_option")
    refused(lambda: report(0.5, budget=Costs(epochs=-1)), "bad_cost")
    refused(lambda: report(0.5, accuracy=50), "bad_option")
