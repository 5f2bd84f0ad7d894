# SPDX-License-Identifier: MIT
"""The trackers of co2lib.codecarbon: their surface, files and numbers."""

from __future__ import annotations

import asyncio
import csv
import importlib.metadata
import inspect
import json
import logging
import math
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import co2lib
from co2lib import codecarbon
from co2lib.codecarbon import (
    BaseOutput,
    EmissionsData,
    EmissionsTracker,
    LoggerOutput,
    OfflineEmissionsTracker,
    OutputMethod,
    TaskEmissionsTracker,
    track_emissions,
    track_task_emissions,
)
from co2lib.codecarbon._engine import PublishedEngine, location_of
from co2lib.codecarbon._settings import DEFAULTS, PLACE, settings_of

GOLDEN = Path(os.environ.get("CO2LIB_GOLDEN_DIR", Path(__file__).resolve().parents[1] / "golden"))
FAST: dict[str, Any] = {"force_ram_power": 10, "force_cpu_power": 50}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.lower().startswith("codecarbon_") or (
            name.startswith("CO2LIB_") and name not in ("CO2LIB_TEST_ENV", "CO2LIB_TRACES")
        ):
            monkeypatch.delenv(name)
    logging.getLogger("co2lib.codecarbon").setLevel(logging.NOTSET)  # what the option log_level has changed


def rows(file: str | Path = "emissions.csv") -> list[dict[str, str]]:
    with open(file, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def offline(**more: Any) -> OfflineEmissionsTracker:
    return OfflineEmissionsTracker(**{"country_iso_code": "FRA", **FAST, **more})


# Surface ---------------------------------------------------------------------------------------------------


def test_the_arguments_are_those_of_the_release() -> None:
    assert len(DEFAULTS) == 35
    names = list(inspect.signature(EmissionsTracker).parameters)
    assert names == [*DEFAULTS, "arithmetic"]
    assert list(inspect.signature(OfflineEmissionsTracker).parameters) == [*DEFAULTS, *PLACE, "arithmetic"]
    decorator = list(inspect.signature(track_emissions).parameters)
    assert len(decorator) == 41 + 1
    assert decorator[0] == "fn"
    after = decorator.index("logger_preamble")
    assert decorator[after + 1 : after + 7] == ["offline", *PLACE]
    assert "force_mode_cpu_load" not in decorator


def real() -> Any:
    # By its distribution: a script of the truth bench has the same name.
    try:
        version = importlib.metadata.version("codecarbon")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("needs codecarbon")
    if version != "3.3.0":
        pytest.skip(f"codecarbon {version} is installed, the reference is 3.3.0")
    return importlib.import_module("codecarbon")


@pytest.mark.filterwarnings("default")
def test_the_arguments_are_those_of_the_real_package() -> None:
    theirs = real()
    for name in ("EmissionsTracker", "track_emissions"):
        expected = list(inspect.signature(getattr(theirs, name)).parameters)
        assert list(inspect.signature(getattr(codecarbon, name)).parameters)[:-1] == expected, name
    from codecarbon.output_methods.emissions_data import EmissionsData as Theirs

    assert [f.name for f in Theirs.__dataclass_fields__.values()] == list(EmissionsData.__dataclass_fields__)
    assert [m.value for m in theirs.OutputMethod] == [m.value for m in OutputMethod]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: EmissionsTracker(country_iso_code="FRA"), "OfflineEmissionsTracker takes it"),
        (lambda: EmissionsTracker(no_such=1), "unexpected argument 'no_such'"),
        (lambda: EmissionsTracker("a", project_name="b"), "two values for 'project_name'"),
        (lambda: track_emissions(no_such=1), "unexpected argument 'no_such'"),
    ],
)
def test_arguments_that_do_not_exist_are_type_errors(call: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        call()


def test_arguments_that_cannot_be_used_are_errors() -> None:
    with pytest.raises(OSError, match="does not exist"):
        EmissionsTracker(output_dir="nowhere")
    with pytest.raises(ValueError, match="known: append, update"):
        EmissionsTracker(on_csv_write="replace")
    with pytest.raises(ValueError, match="known: exact, codecarbon"):
        EmissionsTracker(arithmetic="both")
    with pytest.raises(ValueError, match="nonsense"):
        EmissionsTracker(output_methods="csv,nonsense")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("country_iso_code", "location"),
        ("region", "location"),
        ("project_name", "project"),
        ("gpu_ids", "gpus"),
        ("force_cpu_power", "tdp_w"),
        ("tracking_mode", "scope"),
    ],
)
def test_their_names_are_errors_of_track_that_name_ours(theirs: str, ours: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean '{ours}'") as found:
        co2lib.track(**{theirs: "FRA"})
    assert isinstance(found.value, co2lib.Error)
    assert found.value.code == "tracker.bad_config"


# A run -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arithmetic", ["exact", "codecarbon"])
def test_a_run_from_start_to_file(arithmetic: str) -> None:
    tracker = offline(arithmetic=arithmetic, project_name="demo", pue=1.5, wue=2.0)
    assert tracker.start() is None
    tracker.start()  # warns in the log only
    sum(range(1_000_000))
    flushed = tracker.flush()
    kg = tracker.stop()
    assert kg is not None
    assert flushed is not None
    assert kg >= flushed > 0
    assert tracker.stop() == tracker.final_emissions == kg
    data = tracker.final_emissions_data
    assert data is not None
    assert data.emissions == kg
    assert data.energy_consumed == pytest.approx((data.cpu_energy or 0) + (data.ram_energy or 0))
    assert data.emissions_rate == pytest.approx(kg / data.duration)
    first, last = rows()
    assert list(last) == list(codecarbon.CSV_COLUMNS)
    assert None not in last  # no field too many
    assert float(last["emissions"]) == kg
    assert last["country_iso_code"] == "FRA"
    assert last["project_name"] == "demo"
    assert last["codecarbon_version"] == f"co2lib-{co2lib.__version__}"
    assert first["run_id"] == last["run_id"] == str(tracker.run_id)
    assert float(last["pue"]) == 1.5


def test_the_default_numbers_are_those_of_the_footprint() -> None:
    with offline() as tracker:
        sum(range(1_000_000))
    footprint = tracker.footprint
    assert tracker.final_emissions == pytest.approx(footprint.operational.kilograms, rel=1e-12)
    data = tracker.final_emissions_data
    assert data is not None
    assert data.energy_consumed == pytest.approx(footprint.energy.kwh, rel=1e-12)
    assert footprint.location == "FRA"


def test_a_tracker_that_was_never_started_has_nothing(caplog: pytest.LogCaptureFixture) -> None:
    tracker = offline()
    assert tracker.stop() is None
    assert tracker.flush() is None
    assert tracker.stop_task("x") is None
    assert tracker._start_time is None
    with pytest.raises(ValueError, match="before start"):
        tracker._prepare_emissions_data()
    assert "never started" in caplog.text
    assert not Path("emissions.csv").exists()


def test_what_there_is_to_know_is_shown_on_stderr(tmp_path: Path) -> None:
    code = "from co2lib.codecarbon import EmissionsTracker as T\nT({}save_to_file=False).__enter__().stop()"

    def stderr(arguments: str, before: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-c", before + code.format(arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout == ""
        return done.stderr

    shown = stderr("")
    assert shown.count("location_unknown") == 1
    assert "[co2lib.codecarbon WARNING @ " in shown
    assert stderr("log_level='error', ") == ""
    own = "import logging; logging.basicConfig(format='mine %(message)s')\n"
    assert "mine location_unknown" in stderr("", own)
    assert "WARNING @" not in stderr("", own)


def test_an_exception_of_the_block_comes_out_and_the_row_is_written() -> None:
    with pytest.raises(ZeroDivisionError), offline():
        raise ZeroDivisionError
    assert len(rows()) == 1


def test_a_failure_inside_does_not_reach_the_program(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = offline()

    def fail() -> None:
        raise RuntimeError("no sensors today")

    monkeypatch.setattr(tracker, "_make_engine", fail)
    tracker.start()
    assert tracker.stop() is None
    assert "no sensors today" in caplog.text


def test_two_runs_never_shift_a_column() -> None:
    for _ in range(2):
        with offline():
            pass
    with open("emissions.csv", encoding="utf-8", newline="") as stream:
        assert {len(row) for row in csv.reader(stream, strict=True)} == {38}


def test_update_replaces_the_row_of_this_run_alone() -> None:
    with offline() as other:
        pass
    tracker = offline(on_csv_write="update")
    tracker.start()
    tracker.flush()
    tracker.flush()
    tracker.stop()
    assert [row["run_id"] for row in rows()] == [str(other.run_id), str(tracker.run_id)]


def test_a_file_with_other_columns_is_kept() -> None:
    Path("emissions.csv").write_text("a,b\n1,2\n")
    with offline(on_csv_write="update"):
        pass
    assert len(rows()) == 1
    assert Path("emissions.csv.bak").read_text() == "a,b\n1,2\n"


# Tasks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arithmetic", ["exact", "codecarbon"])
def test_tasks_nest_and_overlap(arithmetic: str) -> None:
    tracker = offline(arithmetic=arithmetic)
    tracker.start_task("outer")
    sum(range(1_000_000))
    tracker.start_task("inner")
    sum(range(1_000_000))
    inner = tracker.stop_task()
    outer = tracker.stop_task("outer")
    assert inner is not None
    assert outer is not None
    assert 0 < (inner.energy_consumed or 0) < (outer.energy_consumed or 0)
    assert inner.duration < outer.duration
    assert tracker.stop_task() is None
    tracker.start_task("open")
    tracker.start_task("open")  # another name
    kg = tracker.stop()
    assert kg is not None
    assert kg >= (outer.emissions or 0)
    names = [row["task_name"] for row in rows(f"emissions_base_{tracker.run_id}.csv")]
    assert names[:3] == ["outer", "inner", "open"]
    assert names[3].startswith("open_")
    columns = list(rows(f"emissions_base_{tracker.run_id}.csv")[0])
    left_out = ("experiment_id", "pue", "wue")
    assert columns == ["task_name", *(c for c in codecarbon.CSV_COLUMNS if c not in left_out)]


def test_task_helpers() -> None:
    tracker = offline(save_to_file=False)

    @track_task_emissions(tracker=tracker, task_name="work")
    def work() -> int:
        return 3

    with TaskEmissionsTracker("load", tracker=tracker) as task:
        assert not task.is_default_tracker
    assert work() == 3
    assert tracker.stop() is not None
    assert list(tracker._tasks) == ["load", "work"]


# Decorator -------------------------------------------------------------------------------------------------


def test_the_decorator_with_and_without_parentheses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CO2LIB_LOCATION", "SWE")

    @track_emissions
    def plain(x: int) -> int:
        """Add one."""
        return x + 1

    @track_emissions(project_name="b", offline=True, country_iso_code="FRA", **FAST)
    def offline_one() -> str:
        return "done"

    @track_emissions(project_name="c", offline=True, country_iso_code="FRA")
    async def waits() -> int:
        await asyncio.sleep(0)
        return 7

    assert plain(1) == 2
    assert plain.__doc__ == "Add one."
    assert offline_one() == "done"
    assert asyncio.run(waits()) == 7
    assert [(row["project_name"], row["country_iso_code"]) for row in rows()] == [
        ("codecarbon", "SWE"),
        ("b", "FRA"),
        ("c", "FRA"),
    ]


def test_offline_without_a_place_raises_at_the_call() -> None:
    @track_emissions(offline=True)
    def function() -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="give country_iso_code, or cloud_provider"):
        function()


# Settings --------------------------------------------------------------------------------------------------


def test_settings_of_argument_environment_and_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    (home / ".codecarbon.config").write_text(
        "[codecarbon]\nproject_name = home\nexperiment_name = home\npue = 1.1\nsave_to_file = false\n"
    )
    Path(".codecarbon.config").write_text("[codecarbon]\nproject_name = here\nexperiment_name = here\n")
    monkeypatch.setenv("CODECARBON_PROJECT_NAME", "variable")
    found = settings_of({"pue": 2.0}, place=False)
    assert found.project_name == "variable"
    assert found.experiment_name == "here"
    assert found.pue == 2.0
    assert found.output_methods == []
    assert settings_of({"project_name": "given"}, place=False).project_name == "given"
    monkeypatch.setenv("CODECARBON_PUE", "much")
    assert settings_of({}, place=False).pue == 1.0
    Path(".codecarbon.config").write_text("no section")
    assert settings_of({}, place=False).project_name == "variable"


def test_gpus_and_methods_are_read_from_texts() -> None:
    found = settings_of({"gpu_ids": "[0, GPU-ab]", "output_methods": "csv, logger"}, place=False)
    assert found.gpu_ids == ["0", "GPU-ab"]
    assert found.output_methods == [OutputMethod.CSV, OutputMethod.LOGGER]


def test_ignored_arguments_are_one_debug_line_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="co2lib.codecarbon")
    settings_of({"api_key": "hunter2", "save_to_api": True, "rapl_include_dram": True}, place=False)
    assert len(caplog.records) == 3
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    ("place", "location"),
    [
        ({"country_iso_code": "fra"}, "FRA"),
        ({"country_iso_code": "USA", "region": "California"}, "US-CA"),
        ({"country_iso_code": "CAN", "region": "alberta"}, "CA-AB"),
        ({"country_iso_code": "USA", "region": "atlantis"}, "USA"),
        ({"cloud_provider": "gcp", "cloud_region": "us-central1"}, "gcp:us-central1"),
        ({"cloud_provider": "gcp", "cloud_region": "mars", "country_iso_code": "DEU"}, "DEU"),
        ({}, None),
    ],
)
def test_places(place: dict[str, str], location: str | None) -> None:
    assert location_of(SimpleNamespace(**{**PLACE, **place})) == location


def test_a_forced_intensity_is_used_by_both() -> None:
    for arithmetic in ("exact", "codecarbon"):
        tracker = offline(force_carbon_intensity_g_co2e_kwh=1000, arithmetic=arithmetic)
        with tracker:
            sum(range(100_000))
        data = tracker.final_emissions_data
        assert data is not None
        assert data.emissions == pytest.approx(data.energy_consumed, rel=1e-9)  # 1 kg per kWh


# Handlers --------------------------------------------------------------------------------------------------


class Handler(BaseOutput):
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.totals: list[EmissionsData] = []

    def out(self, total: EmissionsData, delta: EmissionsData) -> None:
        self.calls.append("out")
        self.totals.append(total)
        assert (delta.emissions or 0) <= (total.emissions or 0)

    def live_out(self, total: EmissionsData, delta: EmissionsData) -> None:
        self.calls.append("live")

    def task_out(self, data: Any, experiment_name: str) -> None:
        self.calls.append(f"tasks {[one.task_name for one in data]} {experiment_name}")

    def exit(self) -> None:
        self.calls.append("exit")


def test_handlers_are_called_and_one_that_raises_stops_none(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(BaseOutput):
        def out(self, total: EmissionsData, delta: EmissionsData) -> None:
            raise RuntimeError("disk full")

    handler = Handler()
    with offline(
        output_handlers=[Broken(), handler], save_to_file=False, measure_power_secs=0.01, api_call_interval=2
    ) as tracker:
        tracker.start_task("a")
        tracker.stop_task()
        for _ in range(500):
            if "live" in handler.calls:
                break
            tracker._stopped.wait(0.01)
        tracker.flush()
    others = [call for call in handler.calls if call != "live"]
    assert others == ["out", "tasks ['a'] base", "out", "tasks ['a'] base", "exit"]
    assert "live" in handler.calls
    assert "disk full" in caplog.text
    assert not Path("emissions.csv").exists()


def test_the_logger_gets_a_line_of_json(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="mine")
    logger = LoggerOutput(logging.getLogger("mine"), logging.INFO)
    with offline(output_methods=[OutputMethod.LOGGER], logging_logger=logger):
        pass
    (record,) = [r for r in caplog.records if r.name == "mine"]
    assert json.loads(record.getMessage())["country_iso_code"] == "FRA"
    assert not Path("emissions.csv").exists()


def test_prometheus_is_pushed_to_where_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    client = pytest.importorskip("prometheus_client", reason="needs prometheus-client")
    pushed: list[Any] = []
    monkeypatch.setattr(client, "push_to_gateway", lambda url, job, registry: pushed.append((url, registry)))
    with offline(output_methods=["prometheus"], prometheus_url="localhost:1") as tracker:
        sum(range(100_000))
    (url, registry) = pushed[-1]
    labels = {"project_name": "codecarbon"}
    assert url == "localhost:1"
    assert registry.get_sample_value("codecarbon_emissions", labels) == tracker.final_emissions
    assert registry.get_sample_value("codecarbon_energy_total", labels) > 0


def test_the_data_as_their_users_read_it() -> None:
    with offline() as tracker:
        data = tracker._prepare_emissions_data()
        assert tracker._start_time is not None
    assert list(data.values) == list(codecarbon.CSV_COLUMNS)
    assert json.loads(data.toJSON())["on_cloud"] == "N"
    hardware = tracker.get_detected_hardware()
    assert set(hardware) == {
        "ram_total_size",
        "cpu_count",
        "cpu_physical_count",
        "cpu_model",
        "gpu_count",
        "gpu_model",
        "gpu_ids",
    }
    assert hardware["ram_total_size"] > 0


def test_an_unknown_energy_is_no_number_for_those_who_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    with offline(save_to_file=False) as tracker:
        engine: Any = tracker._engine
        columns = engine.columns()
        monkeypatch.setattr(
            engine, "columns", lambda: {**columns, "emissions": None, "energy_consumed": None}
        )
        assert math.isnan(tracker._prepare_emissions_data().emissions or 0)
        assert tracker._data().emissions is None
        tracker.start_task("x")
        task = tracker.stop_task()
        assert task is not None
        assert task.emissions is None


# The published arithmetic, live ----------------------------------------------------------------------------


class Trace:
    """Readings of a golden vector: counters at fixed times."""

    def __init__(self, zones: list[dict[str, Any]]) -> None:
        self._zones = [dict(map(tuple, zone["samples"])) for zone in zones]
        self.at = 0.0

    def now_s(self) -> float:
        return self.at

    def packages(self) -> list[int]:
        return [zone[self.at] for zone in self._zones]

    def gpus(self) -> list[int]:
        return []

    def cpu_model_w(self) -> float | None:
        return None


def golden_runs() -> list[dict[str, Any]]:
    vectors = json.loads((GOLDEN / "meters.json").read_text(encoding="utf-8"))["vectors"]
    return [vector for vector in vectors if vector["kind"] == "meter.codecarbon.run"]


@pytest.mark.parametrize("vector", golden_runs(), ids=lambda vector: vector["id"])
def test_a_tracker_gives_the_golden_numbers_bit_for_bit(
    vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = vector["input"]
    trace = Trace(given["zones"])
    tracker = OfflineEmissionsTracker(
        arithmetic="codecarbon",
        country_iso_code=given.get("country_iso_code"),
        region=given.get("region"),
        force_ram_power=given["force_ram_power_w"],
        pue=given.get("pue", 1.0),
        wue=given.get("wue", 0.0),
        measure_power_secs=3600,
    )
    ranges = [zone.get("wrap_max") for zone in given["zones"]]
    monkeypatch.setattr(tracker, "_make_engine", lambda: PublishedEngine(tracker._settings, trace, ranges))
    tracker.start()
    for tick in given["tick_s"]:
        trace.at = tick
        assert tracker._engine is not None
        tracker._engine.measure()
    trace.at = given["stop_s"]
    tracker.stop()
    data = tracker.final_emissions_data
    assert data is not None
    got = {name: getattr(data, name) for name in vector["expected"]}
    assert got == vector["expected"]


def test_a_reading_that_fails_makes_no_step(caplog: pytest.LogCaptureFixture) -> None:
    trace = Trace([{"samples": [[0, 0], [20, 2_000_000]]}])
    engine = PublishedEngine(settings_of({"force_ram_power": 0.0}, place=True), trace, [None])
    engine.start()

    def fail() -> list[int]:
        raise co2lib.Error("meter.unreadable", "package-0: no permission")

    trace.at = 10
    readings, trace.packages = trace.packages, fail  # type: ignore[method-assign]
    engine.measure()
    trace.at, trace.packages = 20, readings  # type: ignore[method-assign]
    engine.measure()
    assert engine.columns()["cpu_energy"] == codecarbon.kwh(2_000_000, "uJ")
    assert "no permission" in caplog.text


def test_the_page_for_those_who_come_names_every_argument() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/from_codecarbon.md").read_text(encoding="utf-8")
    table = page[page.index("## Argument by argument") :]
    for name in (*DEFAULTS, *PLACE, "offline", "start_task", "flush", "final_emissions_data"):
        assert f"`{name}`" in table, name
