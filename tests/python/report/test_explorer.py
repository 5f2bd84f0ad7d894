# SPDX-License-Identifier: MIT
"""The explorer: exact energies in, exact medians out; what is dropped; the page in a browser."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import explorer, hub, meter, report
from co2lib.explorer import Model, Settings, _task
from co2lib.report._study import marginal_j, one_off_j
from co2lib.testing import FakeMeter, ManualClock

from .conftest import HOSTILE, Watched

QUICK = Settings(windows=6, window_s=1.0, idle_s=2.0, warmup_s=5.0)


class Lab:
    """A machine whose power is what a step says, and models that take their time on it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        info = meter.MeterInfo(
            "package-0",
            kind="counter",
            domain="package",
            provider="powercap",
            accuracy=0.01,
            least_window_s=0.1,
        )
        self.meter = FakeMeter.counter(self.clock, info, 10)
        self.steps: list[str] = []

    def step(self, name: str, seconds: float, watts: float, result: Any = None) -> Any:
        def run(*given: Any) -> Any:
            self.steps.append(name)
            self.meter.set_power(watts)
            assert self.clock.wait_for_waiters(1)
            assert self.clock.advance(seconds)
            self.meter.set_power(10)
            return result if result is not None else given[0] if given else None

        return run

    def model(self, name: str, seconds: float, watts: float = 100, **more: Any) -> Model:
        return Model(
            self.step(f"{name}/predict", seconds, watts),
            load=self.step(f"{name}/load", 3, 50),
            preprocess=self.step(f"{name}/preprocess", 0.5, 40),
            postprocess=self.step(f"{name}/postprocess", 0.25, 20, [("dog", 0.2), ("cat", 0.7)]),
            **more,
        )

    def measure(self, models: dict[str, Any], given: Any = b"picture", **more: Any) -> report.Study:
        more = {"settings": QUICK, "meters": [self.meter], "clock": self.clock, "region": 100.0, **more}
        return explorer.measure(models, given, **more)


@pytest.fixture
def lab() -> Lab:
    return Lab()


class TestMeasure:
    def test_exact_energies_in_are_exact_medians_out(self, lab: Lab) -> None:
        study = lab.measure({"small": lab.model("small", 1), "large": lab.model("large", 4)})
        small, large = study.models
        assert marginal_j(small) == pytest.approx(0.5 * 40 + 1 * 100 + 0.25 * 20, rel=1e-6)
        assert marginal_j(large) == pytest.approx(0.5 * 40 + 4 * 100 + 0.25 * 20, rel=1e-6)
        assert one_off_j(small) == pytest.approx(150, rel=1e-6)
        assert [p["name"] for p in small["phases"]] == ["load", "preprocess", "inference", "postprocess"]
        assert study.document["provenance"] == "measured"
        assert study.document["boundary"]["idle_w"] == pytest.approx(10)
        assert small["predictions"][0] == {"label": "cat", "probability": 0.7}
        # A window is as long as it must be: two passes of half a second, four of a quarter.
        assert [p["inner"] for p in small["phases"]] == [1, 2, 1, 4]

    def test_a_study_comes_back_from_its_file(self, lab: Lab, tmp_path: Path) -> None:
        study = lab.measure({"m": lab.model("m", 1)})
        assert report.Study.load(study.save(tmp_path / "s.json")) == study

    def test_loading_is_never_part_of_an_inference(self, lab: Lab) -> None:
        model = lab.model("m", 1)
        with_load = lab.measure({"m": model}).models[0]
        model.load = None
        without = lab.measure({"m": model}).models[0]
        assert marginal_j(with_load) == pytest.approx(marginal_j(without))
        assert one_off_j(without) is None
        assert "load_not_measured" in without["flags"]

    def test_a_model_that_raises_fails_alone(self, lab: Lab) -> None:
        def broken(_: Any) -> Any:
            raise MemoryError(f"no room\nfor {HOSTILE}")

        study = lab.measure({"broken": broken, "good": lab.model("good", 1)})
        assert study.models[0]["error"] == f"MemoryError: no room for {HOSTILE}"
        assert marginal_j(study.models[0]) is None
        assert marginal_j(study.models[1]) is not None

    def test_nothing_is_measured_twice(self, lab: Lab) -> None:
        cache: dict[str, Any] = {}
        first = lab.measure({"m": lab.model("m", 1)}, cache=cache)
        lab.steps.clear()
        again = lab.measure({"m": lab.model("m", 1)}, cache=cache, region=300.0)
        assert lab.steps == []
        assert again.models == first.models
        assert again.g_per_kwh == 300
        lab.measure({"m": lab.model("m", 1)}, b"another", cache=cache)
        lab.measure({"m": lab.model("m", 1, version="2")}, cache=cache)
        assert lab.steps.count("m/load") == 2

    def test_windows_with_missed_reads_are_dropped(self, lab: Lab) -> None:
        model = lab.model("m", 1)
        plain, calls = model.predict, []

        def fails_at_times(given: Any) -> Any:
            calls.append(1)
            if len(calls) == 9:
                lab.meter.fail(meter.Failed("lost"))
            found = plain(given)
            lab.meter.recover()
            return found

        model.predict = fails_at_times
        (found,) = lab.measure({"m": model}).models
        inference = next(p for p in found["phases"] if p["name"] == "inference")
        dropped = [f for f in inference["flags"] if f.startswith("dropped_")]
        values = (inference["energy_j"] or {}).get("values", [])
        assert len(values) + sum(int(f.split("_")[1]) for f in dropped) == QUICK.windows
        assert all(v == pytest.approx(100) for v in values)

    def test_cancelling_keeps_what_was_finished_and_invents_nothing(self, lab: Lab) -> None:
        told: list[str] = []
        study = lab.measure(
            {"m": lab.model("m", 1)},
            progress=lambda text, part: told.append(text),
            cancelled=lambda: len(told) > 5,
        )
        assert study.models[0]["status"] == "failed"
        assert "cancelled" in study.models[0]["error"]
        assert marginal_j(study.models[0]) is None

    def test_without_a_sensor_it_is_called_an_estimate(self) -> None:
        study = explorer.measure(
            {"m": lambda x: sum(range(1000))},
            1,
            meters=[],
            settings=Settings(windows=2, window_s=0.01, idle_s=0, warmup_s=0.05),
        )
        assert study.document["provenance"] == "modelled"
        assert study.watermark == "ESTIMATED, not measured"
        assert study.document["grid"]["assumed"]

    @pytest.mark.parametrize(
        ("call", "code"),
        [
            (lambda lab: lab.measure({}), "no_models"),
            (lambda lab: lab.measure({"m": 3}), "bad_model"),
            (lambda lab: lab.measure({"m": len}, settings=Settings(windows=0)), "bad_settings"),
            (lambda lab: report.Study({"schema": "co2lib-study/2"}), "bad_study"),
            (lambda lab: report.Study({"schema": "co2lib-study/1", "provenance": "random"}), "bad_study"),
        ],
    )
    def test_misuse_is_refused(self, lab: Lab, call: Any, code: str) -> None:
        with pytest.raises(ValueError, match=rf"explorer\.{code}"):
            call(lab)


class TestView:
    def test_the_order_and_the_price_change_without_measuring(self, lab: Lab) -> None:
        from co2lib.explorer._view import View

        study = lab.measure({"b": lab.model("b", 1), "A": lab.model("A", 4), "x": lambda _: 1 / 0})
        lab.steps.clear()
        assert [m["name"] for m in View(study, g_per_kwh=100).models] == ["A", "b", "x"]
        assert [m["name"] for m in View(study, g_per_kwh=100, descending=False).models] == ["b", "A", "x"]
        assert [m["name"] for m in View(study, g_per_kwh=100, by="Name", descending=False).models] == [
            "A",
            "b",
            "x",
        ]
        one, two = View(study, g_per_kwh=100), View(study, g_per_kwh=200, pue=1.5)
        assert two.grams(1) == pytest.approx(3 * (one.grams(1) or 0))
        shares = [float(row[4].removesuffix(" %")) for row in one.phases("A")]
        assert sum(shares) == pytest.approx(100, abs=0.2)
        assert one.rows()[2][-1] == "failed: ZeroDivisionError: division by zero"
        assert lab.steps == []

    def test_names_are_text_in_what_is_html(self, lab: Lab) -> None:
        from co2lib.explorer._view import View

        study = lab.measure({HOSTILE: lab.model("m", 1)})
        assert "<img" not in View(study, g_per_kwh=100).tiles()

    def test_a_search_loses_no_selection(self) -> None:
        from co2lib.explorer._session import matches

        assert matches(["Alpha", "beta", "gamma"], "AL", ["gamma"]) == ["Alpha", "gamma"]


def picture() -> bytes:
    pil = pytest.importorskip("PIL.Image", reason="needs pillow")
    file = io.BytesIO()
    pil.new("RGB", (40, 30), (200, 30, 30)).save(file, "PNG")
    return file.getvalue()


class TestImages:
    def test_an_image_is_decoded_now(self) -> None:
        from co2lib.explorer._torch import decode

        assert decode(picture()).size == (40, 30)

    @pytest.mark.parametrize("data", [b"", b"a text file named .png", b"\x89PNG\r\n\x1a\n", None])
    def test_what_is_no_image_is_said(self, data: Any) -> None:
        from co2lib.explorer._torch import decode

        pytest.importorskip("PIL.Image", reason="needs pillow")
        with pytest.raises(co2lib.Error, match=r"explorer\.bad_image"):
            decode(data)

    def test_a_truncated_and_a_huge_image_are_refused(self) -> None:
        from co2lib.explorer._torch import decode

        pil = pytest.importorskip("PIL.Image", reason="needs pillow")
        with pytest.raises(co2lib.Error, match=r"explorer\.bad_image"):
            decode(picture()[:60])
        file = io.BytesIO()
        pil.new("1", (8000, 7500)).save(file, "PNG")
        with pytest.raises(co2lib.Error, match="50000000 pixels"):
            decode(file.getvalue())

    def test_a_torch_classifier_answers_with_probabilities(self) -> None:
        torch = pytest.importorskip("torch", reason="needs torch")
        data = picture()

        def transform(image: Any) -> Any:
            return (
                torch.tensor(list(image.resize((4, 4)).tobytes()), dtype=torch.float32).reshape(3, 4, 4) / 255
            )

        net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 3))
        model = explorer.torch_image_classifier(net, transform, ["a", "b", "c"])
        assert model.preprocess is not None
        assert model.postprocess is not None
        answer = model.postprocess(model.predict(model.preprocess(data)))
        assert sum(p for _, p in answer) == pytest.approx(1)
        wrong = explorer.torch_image_classifier(net, transform, ["a"])
        assert wrong.postprocess is not None
        with pytest.raises(co2lib.Error, match=r"explorer\.bad_labels"):
            wrong.postprocess(wrong.predict(model.preprocess(data)))


@pytest.mark.parametrize("more", [{"share": True}, {"server_name": "0.0.0.0"}])
def test_a_page_that_others_reach_needs_a_password(more: dict[str, Any]) -> None:
    with pytest.raises(co2lib.Error, match=r"explorer\.needs_auth"):
        explorer.launch({}, **more)


@pytest.mark.filterwarnings("ignore")
class TestPage:
    @pytest.fixture
    def page(self, lab: Lab, browser: Watched, monkeypatch: pytest.MonkeyPatch) -> Any:
        pytest.importorskip("gradio", reason="needs gradio")
        monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        monkeypatch.setattr(_task, "SETTLE_S", 0.0)
        models = {"small": lab.model("small", 1), "large": lab.model("large", 4), HOSTILE: lab.model("h", 2)}
        options: dict[str, Any] = {"meters": [lab.meter], "clock": lab.clock, "settings": QUICK}
        with browser.at(explorer.launch(models, region="FRA", block=False, **options)) as running:
            yield browser.open(running.url, ready="#co2-models label")

    def test_it_measures_and_rescales(self, lab: Lab, page: Any, tmp_path: Path) -> None:
        file = tmp_path / "cat.png"
        file.write_bytes(picture())
        assert page.locator("#co2-run").is_disabled()
        page.get_by_label("small").check()
        page.fill("#co2-search textarea, #co2-search input", "LAR")
        page.wait_for_function("document.querySelectorAll('#co2-models label').length == 2")
        page.get_by_label("large").check()
        page.set_input_files("#co2-input input[type=file]", file)
        page.wait_for_selector("#co2-run:not([disabled])")
        page.click("#co2-run")
        page.wait_for_selector("#co2-chart svg.marks")
        tile = page.locator("#co2-tiles b").first
        before = tile.inner_text()
        assert "Measured 2 of 2 models." in page.inner_text("#co2-status")
        # A click on a bar opens its model inside of the figure; the radio does it by keyboard.
        page.locator("#co2-chart [aria-roledescription=bar][aria-label^='small, inference']").click()
        page.wait_for_function("document.querySelector('#co2-chart svg.marks').textContent.includes('▶ ')")
        page.get_by_role("radio", name="small").check()
        # Another price measures nothing, and a second run finds everything in the cache.
        lab.steps.clear()
        page.fill("#co2-pue input", "2")
        page.press("#co2-pue input", "Tab")
        page.wait_for_function(f"document.querySelector('#co2-tiles b').textContent != {before!r}")
        page.click("#co2-run")
        page.wait_for_selector("#co2-status :text('2 of 2 models known from before')")
        assert lab.steps == []
        assert page.evaluate("window.hit") is None
        # Other inputs grey the results until they are measured.
        page.get_by_label("small").first.uncheck()
        page.wait_for_selector("#co2-stale :text('inputs changed')")
        page.get_by_role("tab", name="Export").click()
        files = {}
        for what in ("json", "csv", "card", "html"):
            with page.expect_download() as download:
                page.click(f"#co2-export-{what}")
            files[what] = Path(download.value.path()).read_text(encoding="utf-8")
        study = report.Study(json.loads(files["json"]))
        assert [m["name"] for m in study.models] == ["small", "large"]
        assert files["csv"].startswith("Model,")
        assert hub.read_card(f"---\n{files['card']}---\n").grams == pytest.approx(
            study.grams(one_off_j(study.models[0]) + 1000 * marginal_j(study.models[0]), None, 2.0)
        )
        assert 'id="fig-total"' in files["html"]

    def test_what_is_no_image_is_said_and_another_run_measures(
        self, lab: Lab, page: Any, tmp_path: Path
    ) -> None:
        page.click("#co2-all")
        file = tmp_path / "text.png"
        file.write_text("no image")
        page.set_input_files("#co2-input input[type=file]", file)
        page.wait_for_selector("#co2-run:not([disabled])")
        page.click("#co2-run")
        page.wait_for_selector("#co2-status :text('cannot be decoded')")
        assert lab.steps == []


@pytest.mark.filterwarnings("ignore")
def test_a_page_without_models_says_what_to_pass_and_leaves_nothing(
    browser: Watched, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("gradio", reason="needs gradio")
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with browser.at(explorer.launch({}, block=False)) as running:
        page = browser.open(running.url, ready="#co2-status div[role=status]")
        assert "No models. Pass a mapping" in page.inner_text("#co2-status")
        assert page.locator("#co2-run").is_disabled()
        assert page.locator("#co2-search textarea, #co2-search input").first.is_disabled()
    assert list(tmp_path.glob("co2lib-*")) == []


class FakePipeline:
    """What transformers' pipelines have, as far as it is used."""

    task = "text-classification"
    _postprocess_params = {"top_k": 2}

    def preprocess(self, text: str) -> int:
        return len(text)

    def forward(self, size: int) -> list[float]:
        return [1 / size, 1 - 1 / size]

    def postprocess(self, output: list[float], top_k: int = 1) -> list[dict[str, Any]]:
        return [{"label": f"l{i}", "score": s} for i, s in enumerate(output)][:top_k]


class TestPipeline:
    def test_its_steps_are_phases(self) -> None:
        model = explorer.from_pipeline(FakePipeline(), family="fake")
        assert (model.task, model.family, model.load) == ("text-classification", "fake", None)
        settings = Settings(windows=2, window_s=0.01, idle_s=0, warmup_s=0.05)
        study = explorer.measure({"m": model}, "four", meters=[], settings=settings)
        (found,) = study.models
        assert [p["name"] for p in found["phases"]] == ["preprocess", "inference", "postprocess"]
        assert found["predictions"][0] == {"label": "l1", "probability": 0.75}
        assert found["flags"][0] == "load_not_measured"

    def test_what_is_none_is_refused(self) -> None:
        class InChunks(FakePipeline):
            def preprocess(self, text: str) -> Any:
                yield text

        for wrong in (object(), InChunks()):
            with pytest.raises(co2lib.Error, match=r"explorer\.bad_model"):
                explorer.from_pipeline(wrong)


class TestDefectsOfMiev:
    """What its code did (docs/explorer.md, "Defects of MIEV") cannot happen here."""

    def test_every_phase_is_in_the_total_once(self, lab: Lab) -> None:
        (m,) = lab.measure({"m": lab.model("m", 1)}).models
        medians = [p["energy_j"]["median"] for p in m["phases"] if p["kind"] == "marginal"]
        assert len(medians) == 3
        assert marginal_j(m) == pytest.approx(sum(medians), rel=1e-12)

    def test_no_number_is_random(self, lab: Lab) -> None:
        first, second = (Lab(), Lab())
        one, two = (x.measure({"m": x.model("m", 1), "n": x.model("n", 2)}) for x in (first, second))
        assert [marginal_j(m) for m in one.models] == pytest.approx([marginal_j(m) for m in two.models])

    def test_decoding_is_paid_where_it_is_named(self) -> None:
        pytest.importorskip("PIL.Image", reason="needs pillow")
        from co2lib.explorer._torch import decode

        image = decode(picture())
        assert not hasattr(image, "tile") or not image.tile  # nothing is left to be read later

    def test_loading_is_repeated_where_it_can_be_undone(self, lab: Lab) -> None:
        undone: list[int] = []
        model = lab.model("m", 1, unload=lambda: undone.append(1))
        (m,) = lab.measure({"m": model}).models
        assert lab.steps.count("m/load") == 3
        assert len(undone) == 2
        load = next(p for p in m["phases"] if p["kind"] == "one_off")
        assert load["energy_j"]["n"] == 3

    def test_answers_with_equal_labels_stay_apart(self, lab: Lab) -> None:
        model = lab.model("m", 1)
        model.postprocess = lambda _: [("cat", 0.5), ("cat", 0.4), *[(f"l{i}", 0.001) for i in range(30)]]
        (m,) = lab.measure({"m": model}).models
        assert [p["label"] for p in m["predictions"]][:2] == ["cat", "cat"]
        assert len(m["predictions"]) == 10

    def test_the_picture_is_not_kept_unless_wanted(self, lab: Lab) -> None:
        pytest.importorskip("PIL.Image", reason="needs pillow")
        data = picture()
        document = lab.measure({"m": lab.model("m", 1)}, data).document
        assert document["input"]["thumbnail"] is None
        kept = lab.measure({"m": lab.model("m", 1)}, data, keep_thumbnail=True).document
        assert kept["input"]["thumbnail"].startswith("data:image/jpeg;base64,")
        assert len(kept["input"]["thumbnail"]) < 27_000

    def test_small_amounts_are_never_0_000(self) -> None:
        from co2lib.report import _text

        assert _text.mass(7.52916e-5) == "75.3 µg"
        assert _text.mass(0.0) == "0 g"


def test_sums_that_do_not_agree_are_flagged() -> None:
    from co2lib.explorer._subject import Phase, Subject, mismatch

    same = Subject("m", Model(len))
    same.phases = [Phase("a", lambda: 0, joules=[1, 2, 3]), Phase("b", lambda: 0, joules=[3, 2, 1])]
    assert mismatch(same) == []
    same.phases = [Phase("a", lambda: 0, joules=[1, 1, 9]), Phase("b", lambda: 0, joules=[1, 9, 1])]
    assert mismatch(same) == ["phase_sum_mismatch"]


def test_studies_are_what_the_schema_says(lab: Lab) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema", reason="needs jsonschema")
    study = lab.measure({"m": lab.model("m", 1), "x": lambda _: 1 / 0})
    schema = report.Study.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(study.document)) == []
    for path, wrong in (
        (("grid", "pue"), 0.5),
        (("provenance",), "random"),
        (("models", 0, "status"), "fine"),
    ):
        document = json.loads(study.to_json())
        place = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = wrong
        assert list(validator.iter_errors(document))
        with pytest.raises(co2lib.Error, match=r"explorer\.bad_study"):
            report.Study(document)
