# SPDX-License-Identifier: MIT
"""Exporters with the packages that they are for; nothing leaves the machine."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import meter
from co2lib.integrations import Training, metrics_of
from co2lib.integrations._series import SERIES, Reader
from co2lib.testing import FakeMeter, ManualClock
from co2lib.tracker import MetricFamily, OpenMetrics, to_openmetrics

pytestmark = pytest.mark.filterwarnings("default")

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


class Run:
    """A package of 100 W with its cores, priced with 360 g/kWh."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        package = meter.MeterInfo("package-0", kind="counter", domain="package", provider="powercap")
        core = meter.MeterInfo("core", kind="counter", domain="core", provider="powercap", parent="package-0")
        self.package = FakeMeter.counter(self.clock, package, 100)
        self.core = FakeMeter.counter(self.clock, core, 60)
        self.track = co2lib.track(
            meters=[self.package, self.core],
            clock=self.clock,
            intensity=360,
            wue=1.8,
            fsync=False,
            project="test",
            ram_w=0,
        )

    def go(self, seconds: float) -> None:
        assert self.clock.wait_for_waiters(1)
        assert self.clock.advance(seconds)


@pytest.fixture
def run() -> Iterator[Run]:
    one = Run()
    with one.track:
        yield one


def energy(values: Any) -> float:
    return sum(values["co2lib_energy_joules"].values())


# What all exporters show ------------------------------------------------------------------------------------


def test_devices_of_the_total_are_shown_and_counted_once(run: Run) -> None:
    run.go(10)
    values = Reader(run.track).read()
    assert energy(values) == pytest.approx(1000)
    assert {labels[0] for labels in values["co2lib_energy_joules"]} >= {"package-0"}
    assert not any(labels[0] == "core" for labels in values["co2lib_energy_joules"])
    assert values["co2lib_emissions_grams"][()] == pytest.approx(0.1)
    assert values["co2lib_water_litres"][()] == pytest.approx(1000 / 3.6e6 * 1.8)
    assert values["co2lib_carbon_intensity_grams_per_kwh"][()] == pytest.approx(360)
    assert set(values) == {series.name for series in SERIES}


def test_power_is_that_since_the_last_reading(run: Run) -> None:
    reader = Reader(run.track)
    run.go(10)
    assert sum(reader.read()["co2lib_power_watts"].values()) == pytest.approx(100)
    run.package.set_power(20)
    run.go(5)
    assert sum(reader.read()["co2lib_power_watts"].values()) == pytest.approx(20)


def test_a_counter_never_falls(run: Run) -> None:
    run.go(10)
    high, footprints = run.track.snapshot(), []
    run.go(10)
    footprints = [run.track.snapshot(), high]
    reader = Reader(lambda: footprints.pop(0))
    assert energy(reader.read()) == pytest.approx(2000)
    values = reader.read()
    assert energy(values) == pytest.approx(2000)
    assert not values["co2lib_power_watts"]


def test_what_is_unknown_is_left_out() -> None:
    with co2lib.track(meters=[], owner=False, intensity=1, fsync=False) as run:
        values = Reader(run).read()
    assert not values["co2lib_energy_joules"]
    assert len(values["co2lib"]) == 1
    assert "co2lib/energy_kwh" not in metrics_of(run.footprint)


def test_what_is_no_run_is_refused() -> None:
    with pytest.raises(ValueError, match="a run or a function"):
        Reader("run.jsonl").read()  # type: ignore[arg-type]


# Prometheus ------------------------------------------------------------------------------------------------


def test_prometheus_reads_an_endpoint(run: Run) -> None:
    pytest.importorskip("prometheus_client", reason="needs prometheus-client")
    from prometheus_client.parser import text_string_to_metric_families

    from co2lib.integrations.prometheus import serve

    run.go(10)
    with serve(run.track, port=0) as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        with pytest.raises(OSError, match="give another port"), serve(run.track, port=port):
            pass
    samples = {
        sample.name: sample for family in text_string_to_metric_families(text) for sample in family.samples
    }
    assert samples["co2lib_energy_joules_total"].value == pytest.approx(1000)
    assert samples["co2lib_energy_joules_total"].labels == {
        "device": "package-0",
        "domain": "package",
        "provider": "powercap",
        "method": "counter",
    }
    assert samples["co2lib_emissions_grams_total"].value == pytest.approx(0.1)
    assert samples["co2lib_info"].labels["project"] == "test"


def test_prometheus_registers_without_a_reading_and_writes_a_file(run: Run, tmp_path: Path) -> None:
    client = pytest.importorskip("prometheus_client", reason="needs prometheus-client")
    from co2lib.integrations.prometheus import Collector, write_textfile

    registry = client.CollectorRegistry()
    registry.register(Collector(run.track))
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(Collector(run.track))
    run.go(1)
    write_textfile(run.track, tmp_path / "co2lib.prom")
    assert "co2lib_power_watts{" in (tmp_path / "co2lib.prom").read_text()
    with pytest.raises(OSError, match="No such file"):
        write_textfile(run.track, tmp_path / "none" / "co2lib.prom")


def test_the_endpoint_answers_in_openmetrics_with_the_names_of_the_text(run: Run) -> None:
    pytest.importorskip("prometheus_client", reason="needs prometheus-client")
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    from co2lib.integrations.prometheus import serve

    run.go(10)
    with serve(run.track, port=0) as port:
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=accept)
        with urllib.request.urlopen(request, timeout=10) as answer:
            served = list(text_string_to_metric_families(answer.read().decode()))
    text = OpenMetrics().text(run.track.snapshot())
    ours = {family.name: family for family in text_string_to_metric_families(text)}
    assert {family.name for family in served} == set(ours)
    for family in served:
        assert (family.type, family.unit) == (ours[family.name].type, ours[family.name].unit)
        shown, written = (
            {(s.name, *sorted(s.labels.items())) for s in f.samples} for f in (family, ours[family.name])
        )
        assert shown == written


# OpenMetrics -----------------------------------------------------------------------------------------------


def test_the_text_is_read_by_the_parser_of_prometheus(run: Run) -> None:
    pytest.importorskip("prometheus_client", reason="needs prometheus-client")
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    name = 'a "quoted"\\ name\nof two lines, \xfc'
    with run.track.region(name):
        run.go(10)
    text = OpenMetrics().text(run.track.snapshot())
    families = {family.name: family for family in text_string_to_metric_families(text)}
    device = {"device": "package-0", "domain": "package", "provider": "powercap", "method": "counter"}
    energy_family = families["co2lib_energy_joules"]
    assert (energy_family.type, energy_family.unit) == ("counter", "joules")
    (sample,) = energy_family.samples
    assert (sample.name, sample.labels) == ("co2lib_energy_joules_total", device)
    assert sample.value == pytest.approx(1000)
    (sample,) = families["co2lib_device_emissions_grams"].samples
    assert sample.labels == device
    assert sample.value == pytest.approx(0.1)
    (sample,) = families["co2lib_region_energy_joules"].samples
    assert sample.labels == {"region": name}
    assert sample.value == pytest.approx(1000)
    (sample,) = families["co2lib_region_emissions_grams"].samples
    assert sample.value == pytest.approx(0.1)
    assert families["co2lib"].type == "info"
    assert families["co2lib"].samples[0].labels["project"] == "test"


def test_families_of_a_program_go_into_the_same_text(run: Run) -> None:
    pytest.importorskip("prometheus_client", reason="needs prometheus-client")
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    requests = MetricFamily(
        "shop_requests", type="counter", help="Served.", labels=["model"], samples=[(["small"], 2)]
    )
    text = OpenMetrics().text(run.track.snapshot(), [requests])
    last = list(text_string_to_metric_families(text))[-1]
    assert (last.name, last.samples[0].name, last.samples[0].value) == (
        "shop_requests",
        "shop_requests_total",
        2,
    )


@pytest.mark.parametrize(
    ("family", "why"),
    [
        ({"name": "1st"}, "not the name of a metric"),
        ({"name": "a_total", "type": "counter"}, "leave out '_total'"),
        ({"name": "a", "unit": "joules"}, "must end in '_joules'"),
        ({"name": "a", "labels": ["__b"]}, "not the name of a label"),
        ({"name": "a", "labels": ["b", "b"]}, "'b' is there twice"),
        ({"name": "a", "labels": ["b"], "samples": [([], 1)]}, "0 labels, the family 1"),
        ({"name": "a", "type": "counter", "samples": [([], -1)]}, "not negative"),
        ({"name": "a", "type": "info", "samples": [([], 2)]}, "an info is 1"),
        ({"name": "a", "labels": ["b"], "samples": [(["x"], 1), (["x"], 2)]}, "there twice"),
        ({"name": "a", "type": "histogram"}, "counter, gauge, info"),
    ],
)
def test_what_the_standard_does_not_allow_is_refused(family: dict[str, Any], why: str) -> None:
    with pytest.raises(co2lib.Error, match=why) as caught:
        to_openmetrics([MetricFamily(**family)])
    assert caught.value.code == "tracker.bad_metric"


# OpenTelemetry ---------------------------------------------------------------------------------------------


def test_opentelemetry_collects(run: Run) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.metrics", reason="needs opentelemetry-sdk")
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    from co2lib.integrations.opentelemetry import instrument

    reader = InMemoryMetricReader()
    provider = sdk.MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    made = instrument(run.track, provider, {"service": "demo"})
    assert len(made) == len(SERIES)
    run.go(10)
    (resource,) = reader.get_metrics_data().resource_metrics
    found = {m.name: m for scope in resource.scope_metrics for m in scope.metrics}
    point = found["co2lib.energy"].data.data_points[0]
    assert point.value == pytest.approx(1000)
    assert point.attributes["device"] == "package-0"
    assert point.attributes["service"] == "demo"
    assert found["co2lib.energy"].unit == "J"
    assert found["co2lib.energy"].data.is_monotonic
    assert found["co2lib.power"].data.data_points[0].value == pytest.approx(100)
    assert found["co2lib.carbon_intensity"].unit == "g/kWh"
    provider.shutdown()


# Trackers of experiments -----------------------------------------------------------------------------------


def trained(*sinks: Any) -> Training:
    training = Training(epochs=3, sinks=sinks, meters=[], tdp_w=50, intensity=100, fsync=False, location=None)
    with training:
        for _ in training.epochs():
            sum(range(10_000))
    return training


def test_tensorboard_has_the_scalars(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs TensorBoard")
    pytest.importorskip("torch", reason="needs PyTorch, whose writer is used")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    from co2lib.integrations.tensorboard import log_footprint, sink

    with SummaryWriter(str(tmp_path / "tb")) as writer:
        training = trained(sink(writer))
        log_footprint(writer, training.footprint, step=9)
    events = EventAccumulator(str(tmp_path / "tb"))
    events.Reload()
    steps = [event.step for event in events.Scalars("co2lib/energy_kwh")]
    assert steps == [1, 2, 3, 3, 9]
    assert events.Scalars("co2lib/co2e_g")[-1].value == pytest.approx(training.footprint.operational.grams)


def test_mlflow_has_metrics_file_and_tags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow", reason="needs MLflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv("GIT_PYTHON_REFRESH", "quiet")
    from co2lib.integrations import mlflow as ours

    with mlflow.start_run() as active:
        training = trained(ours.sink())
        ours.log_footprint(training.footprint)
    client = mlflow.MlflowClient()
    history = client.get_metric_history(active.info.run_id, "co2lib/energy_kwh")
    assert [one.step for one in history] == [1, 2, 3, 3, 0]
    tags = client.get_run(active.info.run_id).data.tags
    assert tags["co2lib.method"] == "model 100%"
    file = mlflow.artifacts.download_artifacts(
        run_id=active.info.run_id, artifact_path="co2lib/footprint.json", dst_path=str(tmp_path / "got")
    )
    assert co2lib.Footprint.from_json(Path(file).read_text()) == training.footprint


def test_wandb_has_metrics_offline(tmp_path: Path) -> None:
    wandb = pytest.importorskip("wandb", reason="needs wandb")
    from co2lib.integrations import wandb as ours

    run = wandb.init(mode="offline", dir=str(tmp_path), settings=wandb.Settings(silent=True))
    training = trained(ours.sink(run))
    ours.log_footprint(run, training.footprint)
    assert run.summary["co2lib/energy_kwh"] == pytest.approx(training.footprint.energy.kwh)
    assert run.summary["co2lib/method"] == "model 100%"
    run.finish()
    assert list(tmp_path.glob("wandb/offline-run-*/run-*.wandb"))


# Dashboard -------------------------------------------------------------------------------------------------


def test_the_dashboard_shows_series_that_there_are() -> None:
    dashboard = json.loads((EXAMPLES / "grafana/co2lib.json").read_text(encoding="utf-8"))
    exported = {series.sample_name for series in SERIES}
    labels = {label for series in SERIES for label in series.labels} | {"job", "instance"}
    shown = set()
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            names = set(re.findall(r"\bco2lib_\w+", target["expr"]))
            assert names <= exported, target
            shown |= names
            for group in re.findall(r"by \(([^)]*)\)", target["expr"]):
                assert {one.strip() for one in group.split(",")} <= labels
    assert shown == exported
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_the_workflow_of_the_gate_uses_options_that_there_are() -> None:
    text = (EXAMPLES / "ci/energy-gate.yml").read_text(encoding="utf-8")
    from typer.testing import CliRunner

    from co2lib.cli.app import app

    for verb in ("bench", "compare"):
        part = text[text.index(f"co2lib {verb}") :].split("- ", 1)[0].replace("\\\n", " ").split(" -- ")[0]
        known = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200"}).stdout
        for option in re.findall(r"(?<=\s)--[a-z][\w-]*", part.split("\n")[0]):
            assert option in known, option
