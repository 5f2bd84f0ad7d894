# SPDX-License-Identifier: MIT
"""co2lib.preindex: arrays, results, forecasts; the numbers themselves are checked by the golden vectors."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import co2lib
from co2lib import numeric, preindex

CLASSES = 4


@pytest.fixture
def activations() -> tuple[dict[str, Any], dict[str, Any], np.ndarray]:
    rng = np.random.default_rng(1)
    labels = np.arange(40) % CLASSES
    centres = rng.normal(size=(CLASSES, 6, 2, 2))
    conv = (centres[labels] + rng.normal(size=(40, 6, 2, 2))).astype(np.float32)
    clean = {"conv": conv, "fc": rng.normal(size=(40, 9)).astype(np.float32), "head": conv[:, :4, 0, 0]}
    shifted = {name: x + 0.3 * rng.normal(size=x.shape).astype(np.float32) for name, x in clean.items()}
    return clean, shifted, labels


def code_of(call: Any) -> str:
    with pytest.raises(co2lib.Error) as caught:
        call()
    return str(caught.value.code)


def test_from_activations(activations: Any) -> None:
    clean, shifted, labels = activations
    result = preindex.from_activations(clean, shifted, labels, s=0.5, s_bar=0.1, distance="all")
    assert [(layer.name, layer.width, layer.kept) for layer in result.layers] == [
        ("conv", 6, True),
        ("fc", 9, True),
        ("head", 4, False),
    ]
    assert result.inv_ari is not None
    assert result.value == preindex.combine(result.p, result.inv_ari, 0.5, 0.1)
    assert result.p == result.all_distances[64]["js"]
    assert set(result.all_distances) == {16, 32, 64}
    assert result.config["embedding"] == "conv"
    assert result.config["layers_kept"] == ["conv", "fc"]
    assert result.label == "preindex"
    assert result.cost is None
    assert json.loads(result.to_json())["value"] == result.value
    vectors = preindex.sample_vectors(clean["conv"]), preindex.sample_vectors(shifted["conv"])
    each = [preindex.distances(a, b).values[64]["js"] for a, b in zip(*vectors, strict=True)]
    assert result.per_layer["conv"][64]["js"] == pytest.approx(np.mean(each), abs=1e-15)


def test_from_activations_reads_batch_by_batch() -> None:
    rng = np.random.default_rng(2)
    n = 2500
    labels = np.arange(n) % 3
    clean = (rng.normal(size=(3, 7))[labels] + rng.normal(size=(n, 7))).astype(np.float32)
    shifted = clean + rng.normal(size=(n, 7)).astype(np.float32)
    whole = preindex.Accumulator(preindex.make_options(embedding="a"), 3)
    whole.add_pairs(whole.layer("a", 7), clean, shifted)
    whole.add_embedding("clean", clean, labels)
    whole.add_embedding("shifted", shifted, labels)
    whole.end_batch()
    result = preindex.from_activations({"a": clean}, {"a": shifted}, labels)
    assert result.pairs == n
    assert result.to_json() == whole.result().to_json()
    shifted[2222, 1] = np.nan
    with pytest.raises(co2lib.Error, match="sample 2222"):
        preindex.from_activations({"a": clean}, {"a": shifted}, labels)
    mixed = [*labels.tolist()[:-1], "last"]
    shifted[2222, 1] = 0
    assert (
        code_of(lambda: preindex.from_activations({"a": clean}, {"a": shifted}, mixed))
        == "preindex.bad_option"
    )


def test_a_shift_of_zero_gives_p_zero(activations: Any) -> None:
    clean, _, labels = activations
    result = preindex.from_activations(clean, clean, labels)
    assert result.p == 0.0
    assert result.inv_ari == preindex.from_activations(clean, clean, labels, ari="clean").inv_ari


def test_labels_may_be_texts_lists_or_arrays(activations: Any) -> None:
    clean, shifted, labels = activations
    expected = preindex.from_activations(clean, shifted, labels).value
    for other in (labels.tolist(), labels.astype(np.uint8), np.array(list("abcd"))[labels], [*"abcd"] * 10):
        assert preindex.from_activations(clean, shifted, other).value == expected
    missing = [None, *labels.tolist()[1:]]
    assert code_of(lambda: preindex.from_activations(clean, shifted, missing)) == "preindex.bad_sample"
    floats = labels.astype(np.float32)
    assert code_of(lambda: preindex.from_activations(clean, shifted, floats)) == "preindex.bad_option"
    mixed = ["a", *labels.tolist()[1:]]
    assert code_of(lambda: preindex.from_activations(clean, shifted, mixed)) == "preindex.bad_option"


def test_arrays_of_every_kind_are_read(activations: Any) -> None:
    clean, shifted, labels = activations
    expected = preindex.inv_ari(clean["fc"], shifted["fc"], labels).inv_ari
    fortran = np.asfortranarray(clean["fc"])
    strided = np.zeros((80, 18), np.float32)
    strided[::2, ::2] = clean["fc"]
    big_endian = clean["fc"].astype(">f4")
    for x in (
        fortran,
        strided[::2, ::2],
        clean["fc"].astype(np.float64),
        big_endian,
        memoryview(clean["fc"]),
    ):
        assert preindex.inv_ari(x, shifted["fc"], labels).inv_ari == expected

    class Foreign:
        """An array of another framework."""

        def __dlpack__(self, **options: Any) -> Any:
            return clean["fc"].__dlpack__(**options)

        def __dlpack_device__(self) -> Any:
            return clean["fc"].__dlpack_device__()

    assert preindex.inv_ari(Foreign(), shifted["fc"], labels).inv_ari == expected
    with pytest.raises(co2lib.Error, match="two axes"):
        preindex.inv_ari(clean["conv"], shifted["conv"], labels)


def test_halves_are_widened() -> None:
    half = np.arange(24, dtype=np.float16).reshape(2, 3, 2, 2)
    assert preindex.sample_vectors(half).tolist() == [[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]
    assert preindex.sample_vectors(half[:, :, ::-1], "vit")[0, :4].tolist() == [2, 3, 0, 1]
    assert code_of(lambda: preindex.sample_vectors(half[0])) == "preindex.bad_shape"
    assert code_of(lambda: preindex.sample_vectors(half.astype(np.int32))) == "preindex.bad_shape"


def test_bad_input_is_named(activations: Any) -> None:
    clean, shifted, labels = activations
    run = preindex.from_activations
    assert code_of(lambda: run(clean, {"conv": shifted["conv"]}, labels)) == "preindex.unpaired"
    assert code_of(lambda: run(clean, shifted, labels[:-1])) == "preindex.unpaired"
    assert code_of(lambda: run(clean, shifted, labels, classes=100)) == "preindex.no_layer"
    assert code_of(lambda: run(clean, shifted, labels, bins=1)) == "preindex.bad_option"
    assert code_of(lambda: run(clean, shifted, labels, distance="euclid")) == "preindex.bad_option"
    assert code_of(lambda: run(clean, shifted, labels, s=-1)) == "preindex.bad_option"
    with pytest.raises(co2lib.Error, match=r"conv \(6\), fc \(9\), head \(4\)") as caught:
        run(clean, shifted, labels, embedding="layer9")
    assert caught.value.code == "preindex.unknown_layer"
    assert caught.value.details["layers"] == ["conv", "fc", "head"]
    shifted["fc"][7, 3] = np.nan
    with pytest.raises(co2lib.Error, match="layer fc, shifted side, sample 7") as caught:
        run(clean, shifted, labels)
    assert caught.value.code == "preindex.nonfinite"
    assert run(clean, shifted, labels, nonfinite="skip_pair").skipped == 1
    tokens = {"t": np.zeros((40, 5, 8), np.float32)}
    with pytest.raises(co2lib.Error, match=r"layer t.*'vit'") as caught:
        run(tokens, tokens, labels)
    assert caught.value.code == "preindex.bad_shape"
    assert run(tokens, tokens, labels, mode="vit").p == 0


def test_accumulators_merge_and_travel_as_text(activations: Any) -> None:
    clean, shifted, labels = activations

    def shard(rows: slice) -> preindex.Accumulator:
        shard = preindex.Accumulator(preindex.make_options(distance="all"), CLASSES)
        shard.add_pairs(shard.layer("fc", 9), clean["fc"][rows], shifted["fc"][rows])
        shard.add_embedding("clean", clean["fc"][rows], labels[rows])
        shard.add_embedding("shifted", shifted["fc"][rows], labels[rows])
        shard.end_batch()
        return shard

    whole = shard(slice(None))
    total = shard(slice(0, 13))
    total.merge(shard(slice(13, 40)))
    assert total.result().all_distances == whole.result().all_distances
    assert total.result().value == whole.result().value
    assert np.array_equal(total.embeddings(), shifted["fc"])
    assert total.embedding_labels() == labels.tolist()
    again = preindex.Accumulator.from_json(whole.to_json())
    assert again.result().p == whole.result().p
    assert again.result().value is None
    integers, doubles = (
        a + b for a, b in zip(*(shard(r).pack(range(4)) for r in (slice(0, 9), slice(9, 40))), strict=True)
    )
    again.unpack(integers, doubles, range(4))
    assert again.result().all_standard_errors == whole.result().all_standard_errors
    assert np.allclose(
        again.class_means("clean"), preindex.class_means(clean["fc"], labels), rtol=0, atol=1e-12
    )
    other = preindex.Accumulator(preindex.make_options(distance="all"), 5)
    assert code_of(lambda: total.merge(other)) == "preindex.config_mismatch"


def test_two_accumulators_run_at_once(activations: Any) -> None:
    clean, shifted, labels = activations
    expected = preindex.from_activations(clean, shifted, labels).value
    found: list[float | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(preindex.from_activations(clean, shifted, labels).value))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 300), st.integers(0, 2**31), st.sampled_from([0.0, 1.0, 1e3]))
def test_histograms_are_those_of_numpy(width: int, seed: int, offset: float) -> None:
    values = (np.random.default_rng(seed).normal(size=width) + offset).astype(np.float32)
    rule = "numpy2" if int(np.__version__.split(".", maxsplit=1)[0]) >= 2 else "numpy1"
    counts, edges = np.histogram(values, bins=32)
    assert preindex.histogram(values, 32, rule) == counts.tolist()
    assert np.array_equal(preindex.edges(values.min(), values.max(), 32, rule), edges)


def test_clustering_agrees_with_scikit_learn() -> None:
    cluster = pytest.importorskip(
        "sklearn.cluster", reason="needs scikit-learn (only in the full environment)"
    )
    rng = np.random.default_rng(3)
    for _ in range(10):
        labels = rng.integers(0, 5, 400)
        labels[:5] = range(5)
        x = (rng.normal(size=(5, 30))[labels] + 1.5 * rng.normal(size=(400, 30))).astype(np.float32)
        start = preindex.class_means(x, labels)
        theirs = cluster.KMeans(5, init=start.astype(np.float32), n_init=1).fit(x)
        ours = preindex.lloyd(x, start)
        assert ours.iterations == theirs.n_iter_
        assert np.array_equal(ours.labels, theirs.labels_)
        assert ours.inertia == pytest.approx(theirs.inertia_, rel=1e-4)


def test_images_are_corrupted_alike_in_every_order() -> None:
    image = np.full((3, 8, 8), 0.5, np.float32)
    a = preindex.corrupt(image, "gauss", 0.2, seed=1, item=4)
    assert np.array_equal(a, preindex.corrupt(image, "gauss", 0.2, seed=1, item=4))
    assert not np.array_equal(a, preindex.corrupt(image, "gauss", 0.2, seed=1, item=5))
    assert np.array_equal(np.rint(a * 255), preindex.to_u8(a))
    assert code_of(lambda: preindex.corrupt(image, "fog", 1)) == "preindex.bad_corruption"
    assert code_of(lambda: preindex.corrupt(image[0], "gauss", 1)) == "preindex.bad_shape"


def runs(**fields: Any) -> list[preindex.CalibrationRun]:
    return [
        preindex.CalibrationRun(x, epochs=1 + 10 * x, energy=co2lib.Energy.from_kwh(x), **fields)
        for x in (0.1, 0.2, 0.4, 0.6, 0.8)
    ]


def test_costs_are_forecast_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    for run in runs(machine="a"):
        preindex.append_run(file, run)
    forecast = preindex.CostForecast.fit(file)
    assert forecast.runs == runs(machine="a")
    predicted = forecast.predict(0.5)
    assert predicted["epochs"].value == pytest.approx(6)
    assert predicted["kwh"].value == pytest.approx(0.5)
    assert list(predicted.keys()) == ["epochs", "kwh"]
    with pytest.raises(KeyError):
        predicted["gco2e"]
    carbon = preindex.carbon_of(predicted["kwh"], co2lib.CarbonIntensity.from_g_per_kwh(50))
    assert carbon.value == pytest.approx(25)
    preindex.append_run(file, preindex.CalibrationRun(0.3, epochs=900, machine="b"))
    with pytest.raises(co2lib.Error, match="machine") as caught:
        preindex.CostForecast.fit(file)
    assert caught.value.code == "preindex.config_mismatch"
    assert preindex.CostForecast.fit(file, select={"machine": "a"}).predict(0.5)[
        "epochs"
    ].value == pytest.approx(6)
    with file.open("a", encoding="utf-8") as stream:
        stream.write("{oops\n")
    with pytest.raises(co2lib.Error, match=r"runs.jsonl:7"):
        preindex.CostForecast.fit(file)
    assert code_of(lambda: preindex.CostForecast.fit(runs()[:2])) == "preindex.not_enough_calibration"
    assert code_of(lambda: preindex.CostForecast.fit([*runs(), preindex.CalibrationRun(1, epochs=-1)])) == (
        "preindex.bad_cost"
    )


def test_a_result_of_other_choices_is_not_forecast(activations: Any) -> None:
    result = preindex.from_activations(*activations)
    fitting = preindex.CostForecast.fit(runs(config=result.config_hash))
    assert fitting.predict(result).x == result.value
    other = preindex.from_activations(*activations, s=1)
    assert code_of(lambda: fitting.predict(other)) == "preindex.config_mismatch"


@pytest.mark.parametrize(
    ("accuracy", "budget", "decision"),
    [
        (0.9, {}, "not_needed"),
        (0.5, {"gco2e": 1.0}, "no_forecast"),
        (0.5, {"epochs": 1.0}, "over_budget"),
        (0.5, {"epochs": 100.0}, "retrain"),
        (0.5, {}, "retrain"),
        (0.5, {"epochs": 6.0}, "uncertain"),
    ],
)
def test_the_report_decides_by_the_first_rule(
    accuracy: float, budget: dict[str, float], decision: str
) -> None:
    noisy = [
        preindex.CalibrationRun(run.x, epochs=run.epochs + (-1) ** i, kwh=run.kwh)  # type: ignore[operator]
        for i, run in enumerate(runs())
    ]
    forecast = preindex.CostForecast.fit(noisy, model="linear")
    report = preindex.retrain_or_not(
        0.5,
        forecast.predict(0.5),
        accuracy=accuracy,
        required_accuracy=0.8,
        budget=preindex.Costs(**budget),
        from_scratch=preindex.Costs(epochs=200),
        candidates={"mild": forecast.predict(0.2), "strong": forecast.predict(0.9)},
    )
    assert report.decision == decision
    assert json.loads(report.to_json())["decision"] == decision
    assert str(report).startswith(f"Decision: {decision}")
    assert ("mild" in report.advice) == (decision == "uncertain")
    assert ("no_budget" in [issue.code for issue in report.issues]) == (decision == "retrain" and not budget)


def test_without_a_forecast_there_is_no_decision() -> None:
    assert preindex.retrain_or_not(0.5, None, accuracy=0.1, required_accuracy=0.2).decision == "no_forecast"
    bad = lambda: preindex.retrain_or_not(0.5, None, accuracy=50, required_accuracy=80)  # noqa: E731
    assert code_of(bad) == "preindex.bad_option"


def test_correlations_are_not_available_rather_than_zero() -> None:
    for correlation in (numeric.pearson, numeric.spearman, numeric.kendall_tau_b):
        assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1, abs=1e-15)
        assert correlation([1, 2, 3], [5, 5, 5]) is None
        assert correlation([1], [2]) is None
        assert correlation([], []) is None
        with pytest.raises(co2lib.Error) as caught:
            correlation([1, 2], [1])
        assert caught.value.code == "numeric.bad_input"
        with pytest.raises(co2lib.Error):
            correlation([1, float("nan")], [1, 2])
