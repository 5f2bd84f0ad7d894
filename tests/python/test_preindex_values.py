# SPDX-License-Identifier: MIT
"""co2lib.preindex: values that travel (pickle, copy), arrays of every kind, images, configurations."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import co2lib
from co2lib import preindex
from co2lib.preindex._state import restore

RNG = np.random.default_rng(5)
LABELS = np.arange(40) % 4
CLEAN = {
    "conv": (RNG.normal(size=(4, 6, 2, 3))[LABELS] + RNG.normal(size=(40, 6, 2, 3))).astype(np.float32),
    "fc": RNG.normal(size=(40, 9)).astype(np.float32),
}
SHIFTED = {name: x + 0.3 * RNG.normal(size=x.shape).astype(np.float32) for name, x in CLEAN.items()}


def refused(call: Any, code: str) -> Any:
    with pytest.raises(co2lib.Error) as caught:
        call()
    assert caught.value.code == f"preindex.{code}"
    return caught.value


def runs(**fields: Any) -> list[preindex.CalibrationRun]:
    return [preindex.CalibrationRun(x, epochs=1 + 10 * x**2, **fields) for x in (0.1, 0.2, 0.4, 0.6, 0.8)]


def result(**options: Any) -> preindex.Result:
    return preindex.from_activations(CLEAN, SHIFTED, LABELS, **options)


def things() -> list[Any]:
    index = result(distance="all")
    index.cost = {"any": "thing"}
    fitted = preindex.CostForecast.fit(runs(model="a"), alpha=0.3, select={"model": "a"})
    predicted = fitted.predict(0.5)
    report = preindex.retrain_or_not(
        index,
        preindex.CostForecast.fit(runs()).predict(index),
        accuracy=0.5,
        required_accuracy=0.8,
        budget=preindex.Costs(epochs=3),
        candidates={"mild": predicted},
    )
    text = preindex.from_activations(CLEAN, SHIFTED, [*"abcd"] * 10)
    return [
        index,
        text,
        index.cluster,
        index.layers[0],
        preindex.distances(CLEAN["fc"][0], SHIFTED["fc"][0]),
        preindex.resque_shift(CLEAN["fc"], LABELS, SHIFTED["fc"], LABELS),
        preindex.make_options(distance="all", include=["fc"], store="file", s=2, threads=3),
        runs(model="ä", time="now")[0],
        preindex.forecast([0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4], 0.2),
        predicted,
        preindex.Costs(epochs=2, gco2e=0.5),
        report,
        fitted,
    ]


def told(thing: Any) -> Any:
    """All that a value says, to be compared."""
    found = {}
    for name in dir(thing):
        value = None if name.startswith("__") or name == "_core" else getattr(thing, name)
        if value is None or callable(value):
            continue
        if isinstance(value, np.ndarray):
            value = value.tolist()
        nested = isinstance(value, list) and bool(value) and type(value[0]).__module__.startswith("co2lib")
        if nested:
            value = [told(one) for one in value]
        elif type(value).__module__.startswith("co2lib"):
            value = told(value)
        found[name] = value
    if hasattr(thing, "to_json"):
        found["json"] = thing.to_json()
    return found


@pytest.mark.parametrize("number", range(13))
def test_values_travel(number: int) -> None:
    thing = things()[number]
    for call in (lambda t: pickle.loads(pickle.dumps(t)), copy.copy, copy.deepcopy):
        again = call(thing)
        assert type(again) is type(thing)
        assert told(again) == told(thing)


def test_values_are_read_by_a_process_that_has_imported_nothing() -> None:
    code = "import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])).to_json())"
    index = result()
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, pickle.dumps(index).hex()],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == index.to_json()


def test_a_state_of_another_version_is_refused() -> None:
    _, (kind, version, state), _ = preindex.Costs(epochs=1).__reduce__()  # type: ignore[misc]
    assert restore(kind, version, state).epochs == 1
    assert "reads 1" in refused(lambda: restore(kind, version + 1, state), "bad_state").message
    assert "does not know it" in refused(lambda: restore("Cost", version, state), "bad_state").message
    for bad in (state[:-1], ("a", None, None), None, 3):
        assert "corrupt" in refused(lambda: restore(kind, version, bad), "bad_state").message  # noqa: B023


def test_an_accumulator_travels_with_its_embeddings() -> None:
    def shard(rows: slice) -> preindex.Accumulator:
        sums = preindex.Accumulator(preindex.make_options(store="file", threads=2), 4)
        sums.add_pairs(sums.layer("fc", 9), CLEAN["fc"][rows], SHIFTED["fc"][rows])
        for side, x in (("clean", CLEAN), ("shifted", SHIFTED)):
            sums.add_embedding(side, x["fc"][rows], LABELS[rows])  # type: ignore[arg-type]
        return sums

    open_batch = shard(slice(None))
    refused(lambda: pickle.dumps(open_batch), "bad_state")
    only_embeddings = preindex.Accumulator(preindex.make_options(), 4)
    only_embeddings.add_embedding("clean", CLEAN["fc"], LABELS)
    refused(only_embeddings.to_json, "bad_state")
    open_batch.end_batch()
    again = pickle.loads(pickle.dumps(open_batch))
    assert again.result().to_json() == open_batch.result().to_json()
    assert (again.options.store, again.options.threads) == ("file", 2)
    half, rest = shard(slice(0, 20)), shard(slice(20, 40))
    half.end_batch(), rest.end_batch()
    half = copy.deepcopy(half)
    half.merge(pickle.loads(pickle.dumps(rest)))
    assert half.result().value == open_batch.result().value
    state = preindex.Accumulator.from_json(open_batch.to_json())
    assert state.result().value is None
    assert "no_index" in [issue.code for issue in state.result().issues]


# ----------------------------------------------------------------------------------------------------------
# Configurations
# ----------------------------------------------------------------------------------------------------------
def test_the_same_index_has_the_same_configuration() -> None:
    plain = result()
    for options in (
        {"distance": "all"},
        {"distance": ["js", "kl"], "bins": [64, 7]},
        {"include": ["conv", "fc"]},
        {"include": ["fc", "conv"], "classes": 8},
        {"nonfinite": "skip_pair"},
        {"s": -0.0},
        {"threads": 1, "store": "file"},
    ):
        other = result(**options)
        assert other.value == plain.value, options
        assert other.config_hash == plain.config_hash, options
        assert preindex.CostForecast.fit(runs(config=plain.config_hash)).predict(other).x == plain.value
    assert (
        result(weights="count").config_hash
        == result(weights="count", degenerate="error").config_hash
        != plain.config_hash
    )
    for options in (
        {"distance": "kl"},
        {"bins": 32},
        {"embedding": "fc"},
        {"exclude": ["fc"]},
        {"ari": "clean"},
        {"s": 1},
        {"edge_rule": "numpy2"},
        {"mode": "vit"},
    ):
        assert result(**options).config_hash != plain.config_hash, options


# ----------------------------------------------------------------------------------------------------------
# Arrays
# ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "bad",
    [
        np.ma.masked_equal(CLEAN["fc"], CLEAN["fc"][0, 0]),
        CLEAN["fc"].astype(complex),
        CLEAN["fc"].astype(str),
        CLEAN["fc"].astype(object),
        CLEAN["fc"] > 0,
        [[1, 2], [3]],
        "text",
        None,
    ],
)
def test_arrays_that_hold_no_numbers_are_refused(bad: Any) -> None:
    refused(lambda: preindex.inv_ari(bad, bad, LABELS), "bad_shape")
    with pytest.raises(co2lib.Error):
        preindex.from_activations({"a": bad}, {"a": bad}, LABELS)


def test_tensors_are_arrays_too() -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch (only in the full environment)")
    rows = torch.from_numpy(CLEAN["fc"])
    want = preindex.inv_ari(CLEAN["fc"], SHIFTED["fc"], LABELS).inv_ari
    for x in (rows, rows.clone().requires_grad_(), rows.t().contiguous().t(), rows.double()):
        assert preindex.inv_ari(x, SHIFTED["fc"], torch.from_numpy(LABELS)).inv_ari == want
    half = preindex.sample_vectors(rows[:, None].bfloat16(), "vit")
    assert np.array_equal(half, rows.bfloat16().float().numpy())
    assert preindex.from_activations({"a": rows.bfloat16()}, {"a": rows.bfloat16()}, LABELS).p == 0
    for bad in (rows.to_sparse(), rows.to("meta"), torch.complex(rows, rows)):
        refused(lambda: preindex.inv_ari(bad, bad, LABELS), "bad_shape")  # noqa: B023


def test_labels_that_would_wrap_or_are_none_are_refused() -> None:
    for labels in (
        LABELS.astype(np.uint64) + 2**63,
        [2**64] * 40,
        "a" * 40,
        dict.fromkeys(range(40)),
        3,
        set("ab"),
    ):
        refused(lambda: preindex.inv_ari(CLEAN["fc"], SHIFTED["fc"], labels), "bad_option")  # noqa: B023
    big = LABELS.astype(np.uint64) + np.uint64(2**62)
    assert preindex.inv_ari(CLEAN["fc"], SHIFTED["fc"], big).classes == [2**62 + i for i in range(4)]


def test_channels_may_be_last() -> None:
    last = np.moveaxis(CLEAN["conv"], 1, -1)
    want = preindex.sample_vectors(CLEAN["conv"])
    assert np.array_equal(preindex.sample_vectors(last, channels="last"), want)
    moved = [{"conv": np.moveaxis(x["conv"], 1, -1), "fc": x["fc"]} for x in (CLEAN, SHIFTED)]
    assert preindex.from_activations(*moved, LABELS, channels="last").p == result().p


def test_numbers_of_a_wrong_type_are_named() -> None:
    for call in (
        lambda: preindex.combine("0.1", 0.2),  # type: ignore[arg-type]
        lambda: preindex.forecast([0.1, "0.2", 0.3], [1, 2, 3], 0.2),  # type: ignore[list-item]
        lambda: preindex.histogram([1.0, 2.0], 2.5),  # type: ignore[arg-type]
        lambda: preindex.CalibrationRun("0.1"),  # type: ignore[arg-type]
        lambda: preindex.CalibrationRun(0.1, epochs=True),
        lambda: preindex.CalibrationRun(0.1, model=3),  # type: ignore[arg-type]
        lambda: preindex.Costs(kwh="1"),  # type: ignore[arg-type]
        lambda: preindex.Accumulator(preindex.make_options(), 2.5),  # type: ignore[arg-type]
        lambda: preindex.Accumulator({}, 3),  # type: ignore[arg-type]
        lambda: preindex.CostForecast.fit([{"x": 1}]),  # type: ignore[list-item]
        lambda: preindex.CostForecast.fit(3),  # type: ignore[arg-type]
        lambda: preindex.CostForecast.fit(runs()).predict("1"),  # type: ignore[arg-type]
        lambda: preindex.read_runs(3),  # type: ignore[arg-type]
        lambda: preindex.retrain_or_not(0.5, 3, accuracy=0.5, required_accuracy=0.9),  # type: ignore[arg-type]
        lambda: preindex.lloyd(CLEAN["fc"], CLEAN["fc"][:2], threads=-1),
    ):
        refused(call, "bad_option")
    assert preindex.combine(np.float32(0.25), np.int64(1)) == 1.25
    assert preindex.Costs(kwh=np.float64(2)).kwh == 2


# ----------------------------------------------------------------------------------------------------------
# Images
# ----------------------------------------------------------------------------------------------------------
IMAGE = np.random.default_rng(0).random((3, 8, 9)).astype(np.float32)
LEVELS = {"gauss": 0.1, "salt_pepper": 0.1, "blur": 1.0, "shot": 0.1, "impulse": 0.1, "frost": 3}


@pytest.mark.parametrize("name", LEVELS)
def test_images_must_be_what_levels_are_for(name: str) -> None:
    level = LEVELS[name]
    want = preindex.corrupt(IMAGE, name, level)
    assert want.shape == IMAGE.shape
    assert np.array_equal(preindex.corrupt(IMAGE.astype(np.float64), name, level), want)
    error = refused(lambda: preindex.corrupt(2 * IMAGE - 1, name, level), "bad_sample")
    assert error.details["low"] < 0
    for other in ((255 * IMAGE).astype(np.uint8), (255 * IMAGE).astype(int), 255 * IMAGE, IMAGE > 0.5):
        refused(lambda: preindex.corrupt(other, name, level), "bad_sample")  # noqa: B023
    last = np.moveaxis(IMAGE, 0, -1)
    assert "channels='last'" in refused(lambda: preindex.corrupt(last, name, level), "bad_shape").message
    assert np.array_equal(preindex.corrupt(last, name, level, channels="last"), np.moveaxis(want, 0, -1))
    assert np.array_equal(preindex.corrupt(IMAGE, name, level, channels="first"), want)
    nearly = IMAGE.copy()
    nearly[0, 0, 0], nearly[0, 0, 1] = 1 + 1e-6, -1e-6  # as resampling leaves them
    assert preindex.corrupt(nearly, name, level).max() <= 1
    for x in (IMAGE[0], IMAGE[None], IMAGE[:, :0]):
        refused(lambda: preindex.corrupt(x, name, level), "bad_shape")  # noqa: B023


def test_images_outside_of_the_range_are_corrupted_when_asked_for() -> None:
    wide = 4 * IMAGE - 2
    options = {"any_range": True, "quantise": False, "clamp": False}
    assert np.array_equal(preindex.corrupt(wide, "gauss", 0, **options), wide)  # type: ignore[arg-type]
    blurred = preindex.corrupt(wide, "blur", 1.0, **options)  # type: ignore[arg-type]
    assert blurred.min() < 0
    assert blurred.mean() == pytest.approx(wide.mean(), abs=0.02)
    refused(lambda: preindex.corrupt(wide, "frost", 3, **options), "bad_sample")  # type: ignore[arg-type]
    refused(lambda: preindex.corrupt(wide, "shot", 0.1, **options), "bad_sample")  # type: ignore[arg-type]


def test_levels_and_names_of_other_types_are_refused() -> None:
    for name, level in (("gauss", "0.1"), ("gauss", None), ("gauss", float("nan")), (3, 0.1), ("blur", -1)):
        refused(lambda: preindex.corrupt(IMAGE, name, level), "bad_corruption")  # type: ignore[arg-type]  # noqa: B023
    refused(lambda: preindex.corrupt(IMAGE, "gauss", 0.1, seed=-1), "bad_option")
    refused(lambda: preindex.corrupt(IMAGE, "gauss", 0.1, item=1.5), "bad_option")  # type: ignore[arg-type]


def test_results_say_what_they_are_in_json() -> None:
    told_as = json.loads(result().to_json())
    assert told_as["layers_unseen"] == []
    assert told_as["observed_share"] is None
