# SPDX-License-Identifier: MIT
"""What a study rests on: one input for all, warm-up, ten repetitions, medians, keys of the cache, facts."""

from __future__ import annotations

import platform
import re
from dataclasses import replace
from typing import Any

import pytest

import co2lib
from co2lib import report
from co2lib.explorer import Settings
from co2lib.report._study import marginal_j, one_off_j

from .test_explorer import QUICK, Lab


@pytest.fixture
def lab() -> Lab:
    return Lab()


def test_every_model_gets_the_same_input(lab: Lab) -> None:
    got: dict[str, set[bytes]] = {"a": set(), "b": set()}

    def noting(name: str) -> Any:
        model = lab.model(name, 1)
        step = model.preprocess

        def preprocess(given: bytes) -> Any:
            got[name].add(given)
            assert step is not None
            return step(given)

        model.preprocess = preprocess
        return model

    lab.measure({"a": noting("a"), "b": noting("b")}, b"the same")
    assert got == {"a": {b"the same"}, "b": {b"the same"}}


def test_a_result_takes_ten_repetitions_after_a_warm_up(lab: Lab) -> None:
    told: list[str] = []
    before: list[int] = []

    def progress(text: str, part: float) -> None:
        if "repetition 1 of" in text and not before:
            before.append(lab.steps.count("m/predict"))
        told.append(text)

    (m,) = lab.measure({"m": lab.model("m", 1)}, settings=Settings(), progress=progress).models
    assert [p["energy_j"]["n"] for p in m["phases"] if p["kind"] == "marginal"] == [10, 10, 10]
    assert "m, inference, repetition 10 of 10" in told
    # One pass makes the input of the next phase, three warm up, and one tells how long a pass is.
    assert before == [1 + 3 + 1]
    assert m["warmup_j"] == pytest.approx(3 * 125)
    assert (marginal_j(m), one_off_j(m)) == (pytest.approx(125), pytest.approx(150))


def test_the_value_is_the_median_with_its_interval(lab: Lab) -> None:
    watts = [100.0, 100.0, 110.0, 130.0, 700.0, 900.0, 100.0, 120.0, 100.0, 800.0]
    now = {"w": 100.0}

    def progress(text: str, part: float) -> None:
        found = re.search(r"repetition (\d+) of", text)
        now["w"] = watts[int(found[1]) - 1] if found else 100.0

    model = lab.model("m", 1)

    def predict(given: Any) -> Any:
        return lab.step("m/predict", 1, now["w"])(given)

    model.predict = predict
    (m,) = lab.measure({"m": model}, settings=replace(QUICK, windows=10), progress=progress).models
    energy = next(p for p in m["phases"] if p["name"] == "inference")["energy_j"]
    assert energy["values"] == pytest.approx(watts)
    wanted = report.median_interval(watts, 0.95)
    assert (energy["median"], energy["low"], energy["high"]) == pytest.approx(
        (wanted.median, wanted.low, wanted.high)
    )
    assert energy["median"] == pytest.approx(115)


OTHERS: dict[str, dict[str, Any]] = {
    "windows": {"settings": replace(QUICK, windows=7)},
    "window_s": {"settings": replace(QUICK, window_s=2.0)},
    "batch_size": {"settings": replace(QUICK, batch_size=2)},
    "precision": {"settings": replace(QUICK, precision="float16")},
    "seed": {"settings": replace(QUICK, seed=1)},
    "input": {"given": b"another"},
    "version": {"version": "2"},
    "name": {"name": "other"},
    "device": {},
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_result_is_known_by_all_that_it_depends_on(
    lab: Lab, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache: dict[str, Any] = {}

    def measure(name: str = "m", version: str = "", given: bytes = b"picture", **more: Any) -> None:
        lab.steps.clear()
        lab.measure({name: lab.model("m", 1, version=version)}, given, cache=cache, **more)

    measure()
    measure(region=300.0, pue=1.5)
    assert lab.steps == []
    if what == "device":
        monkeypatch.setattr(platform, "node", lambda: "node7")
    measure(**OTHERS[what])
    assert "m/predict" in lab.steps
    assert len(cache) == 2
    measure(**OTHERS[what])
    assert lab.steps == []


def test_measuring_again_empties_the_entry_first(lab: Lab) -> None:
    cache: dict[str, Any] = {}
    models = {"m": lab.model("m", 1), "other": lab.model("other", 1)}
    lab.measure(models, cache=cache)
    lab.steps.clear()
    lab.measure({"m": models["m"]}, cache=cache, fresh=True)
    assert "m/predict" in lab.steps
    assert len(cache) == 2
    lab.measure({"m": models["m"]}, cache=cache, fresh=True, cancelled=lambda: True)
    assert [entry["model"]["name"] for entry in cache.values()] == ["other"]


def test_a_study_states_how_it_was_measured(lab: Lab) -> None:
    settings = replace(QUICK, batch_size=4, precision="bfloat16")
    study = lab.measure({"m": lab.model("m", 1, version="7")}, settings=settings)
    d = study.document
    assert (d["provenance"], d["models"][0]["version"]) == ("measured", "7")
    assert (d["settings"]["batch_size"], d["settings"]["precision"]) == (4, "bfloat16")
    boundary = d["boundary"]
    assert (boundary["scope"], boundary["meters"], boundary["net"]) == ("machine", ["package-0"], False)
    assert boundary["coverage"] == pytest.approx(1)
    assert boundary["idle_w"] == pytest.approx(10)
    assert (d["device"]["name"], d["device"]["gpus"]) == (platform.node(), [])
    assert d["device"]["cpu"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", d["created_utc"])
    assert d["co2lib_version"] == co2lib.__version__
    # Energy only: what it costs in carbon is a matter of the place.
    assert not re.search(r'"[^"]*(grams|carbon|co2e?_g)[^"]*":', study.to_json())
