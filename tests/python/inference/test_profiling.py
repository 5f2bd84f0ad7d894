# SPDX-License-Identifier: MIT
"""Profiles of devices: samples, forests, resuming, accuracy on the simulated devices."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import co2lib
from co2lib import inference
from co2lib.inference.profiling import _sampling
from co2lib.inference.profiling._clock import ClockWatch, cpu_clock_mhz
from co2lib.inference.profiling._windows import Plan, Windows

ROOT = Path(__file__).resolve().parents[3]
INT8 = {"w_bits": 8, "a_bits": 8}

needs_sklearn = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("sklearn") is None,
    reason="needs scikit-learn (only in the full environment)",
)
ABOUT = {
    "device": "phone",
    "processor": "cpu",
    "runtime": "tflite 2.1",
    "firmware": "14",
    "clocks": "2.0 GHz",
}
NETWORK_KERNELS = (
    "conv-bn-relu",
    "dwconv-bn-relu",
    "fc",
    "maxpool",
    "global-avgpool",
    "relu",
    "add",
    "addrelu",
)


# ----------------------------------------------------------------------------------------------------------
# Sampling
# ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", _sampling.KERNELS)
def test_samples_differ_and_are_configurations(kernel: str) -> None:
    drawn = _sampling.sample(kernel, 40, 3, bits=INT8)
    assert len({_sampling.key(each) for each in drawn}) == 40
    for each in drawn:
        config = inference.kernel_config(each)
        assert inference.features(config).bytes > 0
        assert _sampling.macs(each) <= _sampling.MAX_MACS


def test_the_seed_decides_what_is_drawn() -> None:
    one, again, other = (_sampling.sample("conv-bn-relu", 30, seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_levels_have_their_sizes() -> None:
    quick, smoke = _sampling.counts("quick"), _sampling.counts("smoke")
    assert [quick(kernel) for kernel in ("conv-bn-relu", "dwconv-bn-relu", "fc")] == [500, 250, 150]
    assert smoke("conv-bn-relu") == 40
    with pytest.raises(ValueError, match="smoke, quick, full"):
        _sampling.counts("slow")


def test_neighbours_have_other_channels_only() -> None:
    config = {"kernel": "conv-bn-relu", "h": 28, "cin": 64, "cout": 128, "k": 3, "s": 1, "pad": 1} | INT8
    found = _sampling.neighbours(config, 20, np.random.default_rng(1))
    assert len(found) == 20
    assert all(32 <= each["cin"] < 76 and 64 <= each["cout"] < 153 for each in found)
    assert all(
        {k: v for k, v in each.items() if k not in ("cin", "cout")}.items() <= config.items()
        for each in found
    )


def aligned(configs: list[dict[str, Any]], name: str, unit: int = 8) -> float:
    return sum(each[name] % unit == 0 for each in configs) / len(configs)


def test_channels_are_drawn_as_networks_have_them_and_otherwise() -> None:
    for kernel in ("conv-bn-relu", "dwconv-bn-relu", "relu", "maxpool", "fc"):
        drawn = _sampling.sample(kernel, 200, 5, bits=INT8)
        assert 0.65 <= aligned([each for each in drawn if each["cin"] > 3], "cin") <= 0.95, kernel
        assert 0.3 <= aligned(drawn, "cin", 32) + aligned(drawn, "cin", 16) <= 1.3, kernel
    conv = _sampling.sample("conv-bn-relu", 300, 5, bits=INT8)
    same = [each["pad"] == each["k"] // 2 for each in conv if each["k"] > 1]
    assert 0.8 <= sum(same) / len(same) < 1


def test_neighbours_of_multiples_of_eight_are_mostly_such() -> None:
    config = {"kernel": "dwconv-bn-relu", "h": 14, "cin": 128, "cout": 128, "groups": 128, "k": 3} | INT8
    found = _sampling.neighbours(config, 40, np.random.default_rng(1))
    assert all(64 <= each["cin"] < 153 for each in found)
    assert all(each["cin"] == each["cout"] == each["groups"] for each in found)
    assert 0.2 <= aligned(found, "cin") < 1
    odd = _sampling.neighbours(config | {"cin": 114}, 40, np.random.default_rng(1))
    assert aligned(odd, "cin") < 0.3


def test_an_unknown_kernel_is_named() -> None:
    with pytest.raises(LookupError, match=r"'winograd' cannot be sampled; known: conv-bn-relu"):
        _sampling.sample("winograd", 5, 1)


def test_the_layers_are_those_that_the_tool_counts(load_script: Callable[[Path], ModuleType]) -> None:
    tool = load_script(ROOT / "tools/layer_priors.py")
    layers: dict[str, Any] = {}
    for graph in tool.models():
        for node in graph["nodes"]:
            tool._count(layers, graph, node)
    kept = json.loads(tool.FILE.read_text(encoding="utf-8"))["layers"]
    assert kept == {kind: [[*row, n] for row, n in sorted(c.items())] for kind, c in sorted(layers.items())}


# ----------------------------------------------------------------------------------------------------------
# Windows
# ----------------------------------------------------------------------------------------------------------


def test_windows_measure_time_and_the_energy_of_a_meter() -> None:
    info = co2lib.meter.MeterInfo("psu", kind="power", device="platform", domain="psys")
    meter = co2lib.meter.make_meter(lambda: 100.0, info)
    plan = Plan(windows=3, window_s=0.02, idle_s=0.02, pause_s=0.0)
    with Windows(plan, {"meters": [meter], "power_period_s": 0.01}) as windows:
        assert windows.measures_energy
        found = windows.measure(lambda: sum(range(2000)))
    assert found.windows == 3
    assert 1 < found.latency_us < 1e5
    assert found.energy_mj == pytest.approx(100 * found.latency_us * 1e-3, rel=0.2)
    assert found.net_energy_mj is not None
    assert abs(found.net_energy_mj) < 0.3 * found.energy_mj


def test_a_model_of_the_energy_is_no_measurement() -> None:
    with Windows(Plan(windows=2, window_s=0.005, pause_s=0.0), {"meters": []}) as windows:
        found = windows.measure(lambda: None)
    assert found.latency_us > 0
    assert (windows.measures_energy, found.energy_mj, found.net_energy_mj) == (False, None, None)


def test_what_varies_is_repeated_and_marked() -> None:
    spans = iter([1, 3] * 100)
    pauses: list[float] = []
    plan = Plan(windows=2, window_s=0.0, pause_s=0.25)
    with Windows(plan, {"meters": []}, wait=pauses.append) as windows:
        found = windows.measure(lambda: sum(range(20_000 * next(spans))))
    assert found.unstable
    assert pauses == [0.25] * 3


def test_a_processor_that_is_slowed_down_is_noticed() -> None:
    clocks = iter([3000.0, 3000.0, 2990.0, 2000.0] + [2500.0] * 7)
    watch = ClockWatch(lambda: next(clocks))
    plan = Plan(windows=2, window_s=0.0, pause_s=0.1, max_cv=10.0)
    pauses: list[float] = []
    with Windows(plan, {"meters": []}, wait=pauses.append, clock=watch) as windows:
        fast = windows.measure(lambda: None)
        slow = windows.measure(lambda: None)
    assert (fast.clock_mhz, fast.slowed, fast.unstable) == (3000, False, False)
    assert (slow.clock_mhz, slow.slowed, slow.unstable) == (2500, True, True)
    assert pauses == [0.1] * 3


def test_a_campaign_that_goes_on_remembers_how_fast_the_processor_was() -> None:
    watch = ClockWatch(lambda: 2500.0, [3000.0] * 10)
    assert watch.fell([watch.read()]) == (2500, True)
    assert ClockWatch().fell([ClockWatch().read()]) == (None, False)


def test_the_clock_is_that_of_the_fastest_core(tmp_path: Path) -> None:
    assert cpu_clock_mhz(str(tmp_path)) is None
    for number, khz in enumerate(("800000", "2400000", "odd")):
        folder = tmp_path / f"devices/system/cpu/cpu{number}/cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_cur_freq").write_text(khz + "\n", encoding="ascii")
    assert cpu_clock_mhz(str(tmp_path)) == 2400


# ----------------------------------------------------------------------------------------------------------
# Forests
# ----------------------------------------------------------------------------------------------------------


@needs_sklearn
def test_a_written_forest_predicts_what_scikit_learn_does() -> None:
    from co2lib.inference.profiling._forests import Fitted

    rng = np.random.default_rng(4)
    configs = [inference.kernel_config(each) for each in _sampling.sample("fc", 60, 1, bits=INT8)]
    rows = [inference.training_vector(config) for config in configs]
    fit = Fitted(rows, rng.uniform(1, 1000, len(rows)), trees=20)
    document = fit.document("fc", list(inference.feature_names("fc")), "latency_us")
    places = [inference.feature_names("fc").index(name) for name in document["features"]]
    mine = inference.parse_forest(json.dumps(document)).predict_many(np.asarray(rows)[:, places])
    assert mine == pytest.approx(fit.predict(rows), rel=1e-12)
    assert document["range"][document["features"][0]] == [min(r[0] for r in rows), max(r[0] for r in rows)]


@needs_sklearn
def test_what_is_the_same_in_all_rows_is_no_feature_but_bounds_the_box() -> None:
    from co2lib.inference.profiling._forests import Fitted

    columns = ["HW", "batch", "CIN"]
    fit = Fitted([[i, 1, i * i] for i in range(1, 20)], list(range(1, 20)), trees=3)
    document = fit.document("relu", columns, "latency_us")
    assert document["features"] == ["HW", "CIN"]
    assert document["range"] == {"HW": [1, 19], "batch": [1, 1], "CIN": [1, 361]}


@needs_sklearn
def test_one_forest_of_two_precisions_is_about_as_good_as_two(tmp_path: Path) -> None:
    from co2lib.inference.profiling._forests import Fitted, residual

    def drawn(bits: int, count: int, seed: int) -> tuple[list[Any], list[float]]:
        both = {"w_bits": bits, "a_bits": bits}
        found = _sampling.sample("conv-bn-relu", count, seed, bits=both)
        configs = [
            inference.kernel_config({**each, "array": [64, 64]})
            for each in found
            if each["cin"] * each["cout"] > 64
        ]
        return configs, inference.simulate("sim-npu", configs).kernel_latency_us

    def vectors(configs: list[Any]) -> list[list[float]]:
        return [inference.training_vector(each) for each in configs]

    train, test = (
        {bits: drawn(bits, count, seed) for bits in (8, 16)} for count, seed in ((250, 1), (100, 2))
    )
    apart = [
        abs(value / true - 1)
        for bits in (8, 16)
        for value, true in zip(
            Fitted(vectors(train[bits][0]), train[bits][1], trees=40).predict(vectors(test[bits][0])),
            test[bits][1],
            strict=True,
        )
    ]
    configs, times = ([*train[8][part], *train[16][part]] for part in (0, 1))
    fit = Fitted(vectors(configs), times, trees=40)
    unseen, true_times = ([*test[8][part], *test[16][part]] for part in (0, 1))
    together = [abs(v / t - 1) for v, t in zip(fit.predict(vectors(unseen)), true_times, strict=True)]
    assert np.mean(together) <= 1.2 * np.mean(apart)

    document = fit.document("conv-bn-relu", inference.feature_names("conv-bn-relu"), "latency_us")
    document |= {"residual": residual([1.0, 2.0], [1.0, 2.0]), "meta": {"precision": "int8+fp16"}}
    (tmp_path / "conv.json").write_text(json.dumps(document), encoding="utf-8")
    forest = {"kernel": "conv-bn-relu", "precision": "int8+fp16", "target": "latency_us", "file": "conv.json"}
    said = ABOUT | {"format": "co2lib-device/1", "date": "2026-11-29", "energy": "none", "array": [64, 64]}
    (tmp_path / "device.json").write_text(json.dumps(said | {"forests": [forest]}), encoding="utf-8")
    device = inference.Device.load(tmp_path)
    assert sorted(device.precisions) == ["fp16", "int8"]
    for config in (unseen[0], unseen[-1]):
        (value,) = fit.predict(vectors([config]))
        predicted = device.predict_kernels([config]).latency.seconds
        assert predicted * 1e6 == pytest.approx(value, rel=1e-9)


# ----------------------------------------------------------------------------------------------------------
# The simulated devices
# ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Profiles of level quick, made when first asked for, with fewer trees than a user's."""
    made: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in made:
            made[name] = inference.profile(
                inference.SimulatedRunner(name),
                tmp_path_factory.mktemp(name),
                kernels=NETWORK_KERNELS,
                trees=40,
                networks=100 if name == "sim-npu" else 20,
            )
        return made[name]

    return get


def errors(device: Any, name: str, numbers: range) -> tuple[list[float], list[float], list[Any]]:
    exact = inference.SimulatedRunner(name, noise=False)
    latency, energy, predictions = [], [], []
    for number in numbers:
        graph = inference.draw_network(1000, number, **INT8)
        true, predicted = exact.measured_network(graph), device.predict(graph)
        latency.append(predicted.latency.seconds * 1e6 / true.latency_us - 1)
        energy.append(predicted.energy.joules * 1e3 / true.energy_mj - 1)
        predictions.append((predicted, true))
    return latency, energy, predictions


def within(found: list[float], limit: float) -> float:
    return sum(abs(each) <= limit for each in found) / len(found)


@needs_sklearn
@pytest.mark.parametrize(("name", "latency_share"), [("sim-npu", 0.85), ("sim-mcu", 0.95), ("sim-gpu", 0.95)])
def test_a_quick_profile_predicts_networks_that_it_has_not_seen(
    profiles: Callable[[str], Any], name: str, latency_share: float
) -> None:
    latency, energy, _ = errors(profiles(name), name, range(40))
    assert within(latency, 0.10) >= latency_share
    assert within(energy, 0.15) >= 0.95


@needs_sklearn
def test_the_interval_of_measured_networks_covers_others(profiles: Callable[[str], Any]) -> None:
    _, _, predictions = errors(profiles("sim-npu"), "sim-npu", range(40, 240))
    inside = 0
    for predicted, true in predictions:
        interval = predicted.latency.interval
        inside += interval.low <= true.latency_us * 1e-6 <= interval.high
    assert 0.83 * 200 <= inside <= 0.97 * 200


@needs_sklearn
def test_thirty_kernels_make_the_profile_of_another_device(profiles: Callable[[str], Any]) -> None:
    first = profiles("sim-npu")
    other = inference.SimulatedRunner("sim-mcu")
    measured = []
    for kernel, count in (
        ("conv-bn-relu", 14),
        ("dwconv-bn-relu", 5),
        ("fc", 4),
        ("relu", 3),
        ("add", 2),
        ("maxpool", 2),
    ):
        for each in _sampling.sample(kernel, count, 7, bits=INT8):
            config = inference.kernel_config(each)
            cost = other.measured(config)
            measured.append((config, cost.latency_us, cost.energy_mj))
    assert len(measured) == 30
    before, _, _ = errors(first, "sim-mcu", range(20))
    after, _, _ = errors(first.transfer(measured, name="sim-mcu"), "sim-mcu", range(20))
    assert np.mean(np.abs(before)) >= 0.40
    assert np.mean(np.abs(after)) <= 0.15


class TwoAlgorithms(inference.SimulatedRunner):
    """A runtime whose depthwise convolution is 16 times slower unless 8 divides the channels, as FBGEMM's."""

    def measured(self, config: Any) -> Any:
        return self._slowed([config], super().measured(config))

    def measured_network(self, graph: Any) -> Any:
        found = inference.parse_graph(graph).kernels(self.rules)
        return self._slowed([each.config for each in found], super().measured_network(graph))

    def _slowed(self, configs: list[Any], measured: Any) -> Any:
        slow = [each for each in configs if each.kernel == "dwconv-bn-relu" and each.cin % 8]
        more = 15 * sum(inference.simulate("sim-mcu", [each]).latency_us for each in slow)
        return inference.Measured(measured.latency_us + more, measured.energy_mj)


@needs_sklearn
def test_a_forest_sees_by_what_a_runtime_chooses_its_algorithm(tmp_path: Path) -> None:
    runner = TwoAlgorithms("sim-mcu")
    device = inference.profile(
        runner, tmp_path, kernels=["dwconv-bn-relu"], samples=250, trees=40, networks=0, level="smoke"
    )
    for channels in ((96, 128, 200, 384, 576), (90, 114, 205, 380, 570)):
        off = []
        for cin in channels:
            config = inference.KernelConfig(
                "dwconv-bn-relu", h=14, cin=cin, cout=cin, groups=cin, k=3, pad=1, **INT8
            )
            true = runner.measured(config).latency_us
            off.append(abs(device.predict_kernels([config]).latency.seconds * 1e6 / true - 1))
        assert sum(off) / len(off) < 0.20, (channels, off)


@needs_sklearn
def test_layouts_that_were_not_sampled_are_extrapolated(profiles: Callable[[str], Any]) -> None:
    device = profiles("sim-gpu")
    plain = {"h": 28, "cin": 64, "cout": 128, "k": 3, "pad": 1} | INT8

    def extrapolated(**more: Any) -> bool:
        config = inference.KernelConfig("conv-bn-relu", **(plain | more))
        (kernel,) = device.predict_kernels([config]).kernels
        return bool(kernel.extrapolated)

    assert not extrapolated()
    assert not extrapolated(pad=0)
    assert extrapolated(groups=32)
    assert extrapolated(dilation=2, pad=2)
    assert extrapolated(batch=8)


# ----------------------------------------------------------------------------------------------------------
# Campaigns
# ----------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process."""


class Counting(inference.SimulatedRunner):
    """Counts what it is asked, and dies at one of them."""

    def __init__(self, dies_at: int | None = None) -> None:
        super().__init__("sim-mcu")
        self.calls = 0
        self._dies_at = dies_at

    def measured(self, config: Any) -> Any:
        self.calls += 1
        if self.calls == self._dies_at:
            raise Killed
        return super().measured(config)


def small(runner: Any, folder: Path, **more: Any) -> Any:
    settings: dict[str, Any] = {"kernels": ["fc", "relu"], "level": "smoke", "trees": 5, "networks": 0}
    return inference.profile(runner, folder, **(settings | more))


@needs_sklearn
def test_a_killed_campaign_goes_on(tmp_path: Path) -> None:
    whole = Counting()
    small(whole, tmp_path / "whole")
    folder = tmp_path / "killed"
    with pytest.raises(Killed):
        small(Counting(dies_at=30), folder)
    assert not (folder / "device.json").exists()
    with (folder / "int8.measurements.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"key": "torn')
    again = Counting()
    small(again, folder)
    assert again.calls == whole.calls - 29
    for file in sorted((tmp_path / "whole").glob("*.json")):
        assert json.loads((folder / file.name).read_text()) == json.loads(file.read_text()), file.name


@needs_sklearn
def test_other_settings_are_not_mixed_in(tmp_path: Path) -> None:
    small(Counting(), tmp_path)
    with pytest.raises(ValueError, match="another seed; use the same settings") as caught:
        small(Counting(), tmp_path, seed=2)
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "inference.bad_model"
    fresh = Counting()
    small(fresh, tmp_path, seed=2, restart=True)
    assert fresh.calls > 40


@needs_sklearn
def test_a_second_precision_joins_the_first(tmp_path: Path) -> None:
    small(inference.SimulatedRunner("sim-mcu"), tmp_path)
    device = small(inference.SimulatedRunner("sim-mcu", precision="fp16"), tmp_path)
    assert sorted(device.precisions) == ["fp16", "int8"]
    wide, narrow = (
        device.predict_kernels([inference.KernelConfig("fc", cin=400, cout=400, w_bits=bits, a_bits=bits)])
        for bits in (16, 8)
    )
    assert wide.latency.seconds > narrow.latency.seconds
    with pytest.raises(LookupError, match="fp32"):
        device.predict_kernels([inference.KernelConfig("fc", cin=400, cout=400)])


@needs_sklearn
def test_networks_of_kernels_that_were_not_asked_for_are_left_out(tmp_path: Path) -> None:
    device = small(inference.SimulatedRunner("sim-mcu"), tmp_path, networks=3)
    said = json.loads((tmp_path / "device.json").read_text())
    assert said["check"] == {}
    assert "int8: 3 of 3 whole networks need kernels that were not profiled" in said["flags"]
    config = inference.KernelConfig("fc", cin=400, cout=100, **INT8)
    assert "unchecked" in {issue.code for issue in device.predict_kernels([config]).issues}


@needs_sklearn
def test_another_machine_does_not_join_a_profile(tmp_path: Path) -> None:
    small(inference.SimulatedRunner("sim-mcu"), tmp_path)
    before = (tmp_path / "device.json").read_text()
    with pytest.raises(ValueError, match=r"is a profile of the device 'sim-mcu', and this is 'sim-gpu'"):
        small(inference.SimulatedRunner("sim-gpu", precision="fp16"), tmp_path)
    assert (tmp_path / "device.json").read_text() == before


@needs_sklearn
def test_networks_that_are_far_off_make_a_profile_invalid(tmp_path: Path) -> None:
    class Lying(inference.SimulatedRunner):
        def measured_network(self, graph: Any) -> Any:
            true = super().measured_network(graph)
            return inference.Measured(2 * true.latency_us, true.energy_mj)

    settings = {
        "kernels": [*NETWORK_KERNELS, "bn", "bnrelu"],
        "samples": 20,
        "networks": 3,
        "families": ["mobilenet"],
    }
    device = small(Lying("sim-mcu"), tmp_path, **settings)
    said = json.loads((tmp_path / "device.json").read_text())
    assert said["valid"] is False
    assert said["check"]["int8"]["latency_mape_percent"] > 25
    graph = inference.draw_network(1, 0, families=["mobilenet"], **INT8)
    assert "invalid_profile" in {issue.code for issue in device.predict(graph).issues}


@needs_sklearn
@pytest.mark.parametrize(
    ("processor", "factor", "said"),
    [("Cortex-A76", 1, False), ("Cortex-A76", 1e3, True), ("AMD EPYC", 1e3, False), ("Mali-G78", 1e4, True)],
)
def test_energies_of_phones_that_cannot_be_are_suspicious(
    tmp_path: Path, processor: str, factor: float, said: bool
) -> None:
    class Phone(inference.SimulatedRunner):
        def measured(self, config: Any) -> Any:
            true = super().measured(config)
            size = min(200.0, max(0.05, inference.features(config).ops / 1e7))
            return inference.Measured(true.latency_us, size * factor)

    runner = Phone("sim-gpu", precision="fp32")
    runner.about = {**runner.about, "processor": processor}
    kernels = ["conv-bn-relu"]
    device = small(runner, tmp_path, kernels=kernels, samples=10, max_macs=1e9)
    notes = [
        note for note in json.loads((tmp_path / "device.json").read_text())["flags"] if "suspicious" in note
    ]
    assert bool(notes) == said
    config = inference.KernelConfig("conv-bn-relu", h=28, cin=64, cout=64, k=3, pad=1)
    issues = device.predict_kernels([config]).issues
    assert ("DeepEn2023" in " ".join(issue.text for issue in issues if issue.code == "profile_note")) == said


def test_a_runner_that_does_not_say_what_it_is_is_refused(tmp_path: Path) -> None:
    runner = inference.SimulatedRunner("sim-mcu")
    runner.about = {**runner.about, "firmware": " "}
    with pytest.raises(ValueError, match="does not say firmware"):
        inference.profile(runner, tmp_path / "p")
    assert not (tmp_path / "p").exists()


@needs_sklearn
def test_time_that_is_over_ends_the_measurements(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="give more time"):
        small(Counting(), tmp_path, max_s=0)


# ----------------------------------------------------------------------------------------------------------
# Foreign measurements
# ----------------------------------------------------------------------------------------------------------


def table(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "phone.csv"
    file.write_text(
        "kernel,h,cin,cout,k,s,cins,latency_us,energy_mj,cv\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )
    return file


@needs_sklearn
def test_a_table_of_foreign_measurements_becomes_a_profile(tmp_path: Path) -> None:
    rows = [f"fc,,{64 * i},100,,,,{10 + i},{0.1 * i}," for i in range(1, 21)]
    runner = inference.CsvRunner(table(tmp_path, *rows, "fc,,5,5,,,,9,0.1,0.2"), ABOUT)
    device = small(runner, tmp_path / "phone", kernels=None)
    said = json.loads((tmp_path / "phone/device.json").read_text())
    assert (said["device"], said["energy"]) == ("phone", "measured")
    assert said["flags"] == ["int8: 1 unstable measurements left out"]
    config = inference.KernelConfig("fc", cin=640, cout=100, **INT8)
    assert device.predict_kernels([config]).latency.seconds == pytest.approx(20e-6, rel=0.3)


def test_branches_of_a_table_are_joined_by_semicolons(tmp_path: Path) -> None:
    (config,) = inference.CsvRunner(table(tmp_path, "concat,7,,,,,8;16;4,12,,"), ABOUT).rows()
    assert config.cins == [8, 16, 4]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("fc,,x,100,,,,10,,", "phone.csv:2: column cin: 'x'"),
        ("fc,,64,100,,,,0,,", "phone.csv:2: needs a kernel and a latency_us above 0"),
        (",,64,100,,,,10,,", "phone.csv:2: needs a kernel"),
        ("concat,7,,,,,8;a,12,,", "column cins: '8;a'"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        inference.CsvRunner(table(tmp_path, line), ABOUT)


# ----------------------------------------------------------------------------------------------------------
# This machine
# ----------------------------------------------------------------------------------------------------------


@needs_sklearn
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_this_machine_is_profiled_with_torch(tmp_path: Path, precision: str) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch (only in the full environment)")
    runner = inference.TorchRunner(precision)
    torch.set_num_threads(1)
    plan = Plan(windows=2, window_s=0.0005, pause_s=0.0, max_cv=10.0)
    bits = {"fp32": 32, "int8": 8}[precision]
    device = small(runner, tmp_path, kernels=["fc", "relu"], samples=12, windows=plan, meters=[])
    said = json.loads((tmp_path / "device.json").read_text())
    assert said["energy"] == "none"
    assert f"{precision}: latency alone, no sensor measured energy" in said["flags"]
    config = inference.KernelConfig("fc", cin=256, cout=1000, w_bits=bits, a_bits=bits)
    predicted = device.predict_kernels([config])
    assert predicted.latency.seconds > 0
    assert predicted.energy.joules is None


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_every_kernel_and_family_runs_with_torch(precision: str) -> None:
    pytest.importorskip("torch", reason="needs PyTorch (only in the full environment)")
    runner = inference.TorchRunner(precision)
    bits = {"fp32": 32, "int8": 8}[precision]
    both = {"w_bits": bits, "a_bits": bits}
    for kernel in runner.kernels:
        (smallest, *_) = sorted(_sampling.sample(kernel, 5, 1, bits=both), key=_sampling.macs)
        values = runner(inference.kernel_config(smallest))()
        assert values, kernel
    from co2lib.inference.profiling import _networks as nets

    small_ones = [
        nets.vgg(32, width=0.125, hidden=64, classes=10, **both),
        nets.resnet(32, width=0.125, depths=(1, 1), classes=10, **both),
        nets.mobilenet_v2(32, width=0.25, depth=0.3, classes=10, **both),
        nets.densenet(32, growth=8, depths=(2, 2), classes=10, **both),
        nets.transformer(8, hidden=32, heads=2, layers=1, vocabulary=10, **both),
    ]
    for graph in small_ones:
        last = runner.network(graph)()[graph["outputs"][0]]
        assert list(last.shape) == graph["shapes"][graph["outputs"][0]]
