# SPDX-License-Identifier: MIT
"""What the explorer's controls do, without its page: visitors in a line, results as they come, cancelling."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from co2lib import hub, report
from co2lib.explorer import Model, Settings, _line, _session, _task
from co2lib.explorer._session import offered
from co2lib.report._study import marginal_j

from .test_explorer import QUICK, Lab

SAME = "as it is"
GRADIO = SimpleNamespace(skip=lambda: SAME, update=lambda **values: values)
TEXT = "text-classification"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    pytest.importorskip("altair", reason="needs altair")
    monkeypatch.setattr(_session, "_gradio", lambda: GRADIO)
    monkeypatch.setattr(_task, "SETTLE_S", 0.0)
    monkeypatch.setattr(_task, "POLL_S", 0.01)
    monkeypatch.setattr(_session, "POLL_S", 0.01)
    return Lab()


def session(lab: Lab, models: dict[str, Any], settings: Settings = QUICK) -> _session.Session:
    return _session.Session(
        models,
        region="FRA",
        pue=1.0,
        settings=settings,
        meters=[lab.meter],
        clock=lab.clock,
        cache=None,
        folder=None,
    )


def to_the_end(run: Iterator[Any]) -> tuple[Any, str]:
    """Return the last study of a run, and what was said last."""
    study, text = None, ""
    for shown, said, _ in run:
        study, text = shown if shown != SAME else study, said
    return study, text


def until(run: Iterator[Any], wanted: str) -> str:
    """Follow a run until it says something; return it."""
    return next(text for _, text, _ in run if wanted in text)


class Gate(Lab):
    """A machine on which a model waits until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()

    def slow(self, name: str) -> Model:
        model = self.model(name, 1, task=TEXT)
        step = model.predict

        def waits(given: Any) -> Any:
            assert self.open.wait(30)
            return step(given)

        model.predict = waits
        return model


def test_results_come_while_it_is_measured(lab: Lab) -> None:
    it = session(lab, {"m": lab.model("m", 1, task=TEXT), "x": Model(lambda _: 1 / 0, task=TEXT)})
    studies = [shown for shown, _, _ in it.run(["m", "x"], "a text", {}, fresh=False) if shown != SAME]
    # What failed is known first; what is measured after five of six repetitions, and then whole.
    assert [m["name"] for m in studies[0].models] == ["x"]
    assert studies[1].models[0]["flags"] == ["repetitions_5_of_6"]
    assert studies[-1].models[0]["flags"] == []
    assert marginal_j(studies[1].models[0]) == pytest.approx(marginal_j(studies[-1].models[0]))
    rows = it.look(studies[1], "Name", "Ascending", "FRA", None, 1.0, 1000, True, None)[3]["value"]["data"]
    assert rows[0][-1] == "measured, 5 of 6 repetitions"


def test_one_measures_while_the_others_wait_in_their_order(lab: Lab) -> None:
    gate = Gate()
    it = session(gate, {"slow": gate.slow("slow"), "other": gate.model("other", 2, task=TEXT)})
    first, second, third = (it.run([n], "a text", {}, fresh=False) for n in ("slow", "other", "other"))
    until(first, "Measuring")
    assert "you are number 1" in next(second)[1]
    assert "you are number 2" in next(third)[1]
    gate.open.set()
    study, text = to_the_end(first)
    assert ([m["name"] for m in study.models], text) == (["slow"], _task.said("Measured 1 of 1 model."))
    assert "you are number 1" in until(third, "number 1")
    study, text = to_the_end(second)
    assert [m["name"] for m in study.models] == ["other"]
    gate.steps.clear()
    study, text = to_the_end(third)
    assert "Measured 1 of 1" in text
    assert gate.steps == []  # the second visitor's result is also the third's


def test_what_the_cache_has_is_shown_without_a_turn(lab: Lab) -> None:
    gate = Gate()
    it = session(gate, {"slow": gate.slow("slow"), "other": gate.model("other", 2, task=TEXT)})
    to_the_end(it.run(["other"], "a text", {}, fresh=False))
    first = it.run(["slow"], "another", {}, fresh=False)
    until(first, "Measuring")
    gate.steps.clear()
    # All of it is known: nobody is waited for.
    ((study, text, _),) = it.run(["other"], "a text", {}, fresh=False)
    assert [m["name"] for m in study.models] == ["other"]
    assert "1 of 1 model known from before; nothing is measured." in text
    # A part of it: that is shown while the rest waits.
    both = it.run(["slow", "other"], "a text", {}, fresh=False)
    study, text, _ = next(both)
    assert [m["name"] for m in study.models] == ["other"]
    assert "1 of 2 models known from before so far." in text
    assert "you are number 1" in next(both)[1]
    # And what is to be measured again is.
    again = it.run(["other"], "a text", {}, fresh=True)
    assert "you are number 2" in next(again)[1]
    assert "other/predict" not in gate.steps
    again.close()
    gate.open.set()
    assert [m["name"] for m in to_the_end(both)[0].models] == ["slow", "other"]
    it.close()


def test_a_second_figure_is_without_the_idle_power(lab: Lab) -> None:
    from co2lib.explorer._view import HEADS

    it = session(lab, {"m": lab.model("m", 1, task=TEXT)})
    study, _ = to_the_end(it.run(["m"], "a text", {}, fresh=False))
    rows = it.look(study, "Carbon", "Descending", "FRA", None, 1.0, 1000, False, None)[3]["value"]["data"]
    row = dict(zip(HEADS, rows[0], strict=True))
    # 125 J in 1.75 s on a machine that takes 10 W anyway.
    assert (row["Energy"], row["Above idle"]) == ("125 J", "108 J")
    from co2lib.report import _study_tables

    phases = next(f for f in _study_tables.figures(study, "light") if f.id == "phases")
    at = [column.head for column in phases.columns].index("Above idle")
    assert [r[at].text for r in phases.rows] == ["120 J", "15.0 J", "90.0 J", "2.50 J"]


def test_a_visitor_who_leaves_ends_the_measurement(lab: Lab) -> None:
    gate = Gate()
    it = session(gate, {"slow": gate.slow("slow"), "other": gate.model("other", 2, task=TEXT)})
    first, second = it.run(["slow"], "a text", {}, fresh=False), it.run(["other"], "a text", {}, fresh=False)
    until(first, "Measuring")
    next(second)
    first.close()  # what Gradio does when a browser goes away
    gate.open.set()
    assert "Measured 1 of 1" in to_the_end(second)[1]
    assert gate.steps.count("slow/predict") < 5
    it.close()
    assert not any(t.name == "co2lib-explorer" for t in threading.enumerate())


def test_too_many_are_told_to_come_back(lab: Lab) -> None:
    gate = Gate()
    it = session(gate, {"slow": gate.slow("slow")})
    first = it.run(["slow"], "a text", {}, fresh=False)
    until(first, "Measuring")
    waiting = [it.run(["slow"], "a text", {}, fresh=False) for _ in range(_line.MOST)]
    for run in waiting:
        next(run)
    _, text = to_the_end(it.run(["slow"], "a text", {}, fresh=False))
    assert "Busy" in text
    for run in waiting:
        run.close()
    assert "Busy" not in next(it.run(["slow"], "a text", {}, fresh=False))[1]
    gate.open.set()
    it.close()


def test_cancelling_works_in_the_line_and_while_it_is_measured(lab: Lab) -> None:
    gate = Gate()
    it = session(gate, {"slow": gate.slow("slow")})
    mine: dict[str, Any] = {}
    yours: dict[str, Any] = {}
    first, second = it.run(["slow"], "a text", mine, fresh=False), it.run(["slow"], "x", yours, fresh=False)
    until(first, "Measuring")
    next(second)
    it.cancel(yours)
    assert "Cancelled before" in to_the_end(second)[1]
    it.cancel(mine)
    gate.open.set()
    study, text = to_the_end(first)
    assert "cancelled before it was measured" in text
    assert marginal_j(study.models[0]) is None
    assert (mine["tasks"], yours["tasks"]) == ([], [])


def test_what_was_cancelled_is_not_taken_for_the_result(lab: Lab) -> None:
    cache: dict[str, Any] = {}
    seen: list[report.Study] = []

    def enough() -> bool:
        return bool(seen)

    models = {"m": lab.model("m", 1)}
    cut = lab.measure(models, cache=cache, partial=seen.append, cancelled=enough)
    assert cut.models[0]["flags"] == ["repetitions_5_of_6"]
    assert marginal_j(cut.models[0]) is not None
    assert cache == {}
    assert lab.measure(models, cache=cache).models[0]["flags"] == []
    assert len(cache) == 1


def test_a_study_with_an_estimate_in_it_is_one(lab: Lab) -> None:
    cache: dict[str, Any] = {}
    lab.measure({"m": lab.model("m", 1)}, cache=cache)
    next(iter(cache.values()))["facts"]["provenance"] = "modelled"
    mixed = lab.measure({"m": lab.model("m", 1), "n": lab.model("n", 1)}, cache=cache)
    assert mixed.watermark == "ESTIMATED, not measured"


@pytest.mark.parametrize(
    ("models", "says"),
    [
        ({"x": lambda _: 1 / 0}, "No model could be measured. x: ZeroDivisionError: division by zero"),
        ({"x": lambda _: [] + 1}, "No model could be measured. x: TypeError"),  # type: ignore[operator]
    ],
)
def test_why_nothing_could_be_measured_is_one_line(lab: Lab, models: dict[str, Any], says: str) -> None:
    it = session(lab, {name: Model(step, task=TEXT) for name, step in models.items()})
    study, text = to_the_end(it.run(["x"], "a text", {}, fresh=False))
    assert text.startswith(_task.said(says).removesuffix("</div>"))
    assert "Traceback" not in text
    tiles, chart, *_ = it.look(study, "Carbon", "Descending", "FRA", None, 1.0, 1000, True, None)
    assert "0 of 1" in tiles
    assert chart is None


def test_an_image_that_is_gone_is_said(lab: Lab, tmp_path: Any) -> None:
    it = session(lab, {"m": lab.model("m", 1)})
    _, text = to_the_end(it.run(["m"], str(tmp_path / "gone.png"), {}, fresh=False))
    assert "the image is gone" in text
    assert lab.steps == []


def test_another_program_that_measures_is_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from co2lib.explorer._model import one_at_a_time

    monkeypatch.setattr("co2lib.explorer._model.POLL_S", 0.001)
    told: list[str] = []
    stop = threading.Event()

    def note(text: str, part: float) -> None:
        told.append(text)
        stop.set()

    with one_at_a_time(), one_at_a_time(note, stop.is_set):
        assert "another program measures" in told[0]


def test_what_is_shown_has_totals_quality_and_method(lab: Lab) -> None:
    quality = {"metric": "accuracy", "value": 0.8125, "higher_is_better": True}
    more = {"report_class": hub.report_class(emissions_reported=True, hardware_used="A100")}
    it = session(
        lab, {"m": lab.model("m", 1, task=TEXT, quality=quality, label={"label": "B", "n": 40}, **more)}
    )
    study, _ = to_the_end(it.run(["m"], "a text", {}, fresh=False))
    choices = ("Carbon", "Descending", "FRA", None, 1.5, 10, True, None)
    _, _, line, table, *_ = it.look(study, *choices)
    from co2lib.explorer._view import HEADS

    row = dict(zip(HEADS, table["value"]["data"][0], strict=True))
    cost = report.amortise(150, 125, 10)
    assert row["Energy of all N"] == f"{cost.total_j:.0f} J"
    assert row["Quality"] == "0.8125 accuracy, letter B, reporting class 3 (awareness)"
    for fact in ("machine: package-0", "coverage 100.0 %", "not subtracted", "batch size 1", "PUE 1.5"):
        assert fact in line
    svg, png = (button["value"] for button in it.pictures(study, *choices))
    with open(svg, encoding="utf-8") as file:
        text = file.read()
    assert "var(--" not in text
    assert "cat" in text
    with open(png, "rb") as image:
        assert image.read(8) == b"\x89PNG\r\n\x1a\n"
    assert it.pictures(None, *choices) == [offered()] * 2
    assert [button["interactive"] for button in it.pictures(None, *choices)] == [False] * 2
    assert [button["interactive"] for button in it.whole({}, study, *choices)] == [True] * 2
    assert all("value" not in button for button in it.whole({"tasks": [None]}, study, *choices))


def test_another_value_than_that_of_a_place_is_a_price_too(lab: Lab) -> None:
    it = session(lab, {"m": lab.model("m", 1, task=TEXT)})
    study, _ = to_the_end(it.run(["m"], "a text", {}, fresh=False))
    lab.steps.clear()
    _, _, line, table, *_ = it.look(study, "Carbon", "Descending", "custom", 1000, 1.5, 10, False, None)
    assert table["value"]["data"][0][2] == "52.1 mg"  # 125 J
    assert "1000 g CO2e/kWh, PUE 1.5" in line
    assert lab.steps == []


def test_a_line_keeps_its_order_and_lets_go() -> None:
    line = _line.Line(1)
    first, second = line.enter(), line.enter()
    assert first is not None
    assert second is not None
    assert line.enter() is None
    assert (line.ahead(first), line.ahead(second)) == (0, 1)
    threading.Timer(0.02, line.leave, (first,)).start()
    before = time.monotonic()
    assert line.ahead(second, 20) == 0
    assert time.monotonic() - before < 10
    line.leave(first)
    line.leave(second)
    assert line.ahead(second) == 0
