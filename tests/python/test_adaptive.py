# SPDX-License-Identifier: MIT
"""co2lib.adaptive: plans, controllers, shifts and reports as a user calls them."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import co2lib
from co2lib import CarbonIntensity, CarbonMass, Energy, Power, adaptive, intensity

TOY = [
    adaptive.Model("small", Energy.from_kwh(1), 60),
    adaptive.Model("medium", Energy.from_kwh(2), 80),
    adaptive.Model("large", Energy.from_kwh(4), 90),
]
START = datetime(2026, 3, 1, tzinfo=UTC)


def grams(x: float) -> CarbonMass:
    return CarbonMass.from_grams(x)


def g_per_kwh(x: float) -> CarbonIntensity:
    return CarbonIntensity.from_g_per_kwh(x)


def grid(hours: int) -> intensity.Trace:
    values = [300 + 150 * math.sin(h / 24 * math.tau) + h % 7 for h in range(hours)]
    return intensity.Trace.regular(START, 3600, values)


def test_a_plan_takes_traces_forecasts_and_numbers() -> None:
    trace = grid(400)
    of_trace = adaptive.plan(TOY, trace, budget="200 kg")
    of_numbers = adaptive.plan(TOY, adaptive.Slots(trace).g_per_kwh, budget=CarbonMass.from_kilograms(200))
    assert of_trace.accuracy == of_numbers.accuracy
    assert not of_trace.forecast
    ahead = adaptive.plan(TOY, intensity.forecast(trace, horizon_h=24), budget="20 kg")
    assert ahead.forecast
    # 30 issues are needed for an interval; there are 9 days
    assert ahead.carbon_interval is None
    assert "forecast" in str(adaptive.report(ahead))
    longer = adaptive.plan(TOY, intensity.forecast(grid(24 * 60), horizon_h=24), budget="20 kg")
    assert longer.carbon_interval is not None
    assert longer.carbon_interval.low <= longer.carbon <= longer.carbon_interval.high


def test_refusals_name_the_field_and_the_nearest_feasible_value() -> None:
    with pytest.raises(ValueError, match="least carbon 700 g") as low:
        adaptive.plan(TOY, [100, 200, 400], budget=grams(699))
    assert isinstance(low.value, co2lib.Error)
    assert (low.value.code, low.value.details) == ("adaptive.infeasible", {"min_carbon_g": 700.0})
    assert adaptive.plan(TOY, [100, 200, 400], budget=grams(low.value.details["min_carbon_g"])).accuracy == 60
    with pytest.raises(ArithmeticError) as same:
        adaptive.cee(70, 1, 70, 1)
    assert isinstance(same.value, co2lib.Error)
    assert same.value.code == "adaptive.undefined"
    for arguments, says in [
        ({"intensity": [100, None], "budget": grams(1)}, r"intensity\[1\] is missing"),
        ({"intensity": [100, "x"], "budget": grams(1)}, r"intensity\[1\]: expected a number"),
        ({"intensity": "abc", "budget": grams(1)}, "intensity: expected numbers"),
        ({"intensity": [], "budget": grams(1)}, "intensity: there is none"),
        ({"intensity": [1, 2], "budget": grams(1), "demand": [1]}, "demand: 1 values for 2 slots"),
        ({"intensity": [1]}, "exactly one of budget, accuracy and price"),
        ({"intensity": [1], "price": -1}, "price"),
    ]:
        with pytest.raises(ValueError, match=says):
            adaptive.plan(TOY, **arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not a finite number > 0"):
        adaptive.Model("x", Energy.from_kwh(0), 1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(1, 900), min_size=1, max_size=30),
    st.floats(1.0, 4.0),
    st.floats(1.0, 4.0),
)
def test_accuracy_does_not_fall_with_the_budget_and_never_beats_its_price(
    c: list[float], a: float, b: float
) -> None:
    low, high = sorted((a, b))
    less, more = (adaptive.plan(TOY, c, budget=grams(x * math.fsum(c) * (1 + 1e-12))) for x in (low, high))
    assert less.accuracy <= more.accuracy + 1e-9
    assert less.carbon.grams <= low * math.fsum(c) * (1 + 1e-9)
    assert less.accuracy >= less.agnostic_accuracy - 1e-9


def test_a_report_has_every_baseline_and_says_whether_adapting_can_help() -> None:
    trace = grid(24 * 70)
    made = adaptive.plan(TOY, trace, budget="1200 kg")
    report = adaptive.report(made, seed=3)
    assert {row.kind for row in report.rows} == {
        "policy",
        "optimum",
        "agnostic_same_carbon",
        "agnostic_same_accuracy",
        "yesterday",
        "single",
    }
    text = str(report)
    assert text.index("Can adapting help?") < text.index("this plan")
    assert "always large" in text
    assert report.in_sample
    assert report.saving_interval is not None
    low, high, confidence = report.saving_interval
    assert report.saving is not None
    assert low <= report.saving <= high
    assert confidence == 0.95
    assert adaptive.report(made, seed=3).saving_interval == report.saving_interval
    served = adaptive.evaluate(TOY, trace, budget="1200 kg", controller="pacing", tuned_on="2021")
    assert "tuned on 2021" in str(served)
    assert served.gap_in_accuracy is not None
    assert served.gap_in_accuracy < 1


def test_a_controller_takes_the_options_of_a_pacer() -> None:
    trace, budget = grid(24 * 30), CarbonMass.from_kilograms(500)
    plain = adaptive.control(TOY, trace, budget=budget)
    assert adaptive.control(TOY, trace, budget=budget, beyond=0).carbon == plain.carbon
    paced = adaptive.control(TOY, trace, budget=budget, beyond=1440, requests_per_slot=1, window=720)
    assert paced.carbon != plain.carbon
    assert paced.carbon.kilograms <= 505
    served = adaptive.evaluate(
        TOY, trace, budget=budget, beyond=1440, requests_per_slot=1, window=720, resamples=20
    )
    (row,) = (row for row in served.rows if row.kind == "policy")
    assert row.carbon == paced.carbon
    with pytest.raises(ValueError, match="beyond: it must be at most 87840"):
        adaptive.evaluate(TOY, trace, budget=budget, beyond=87841)


def test_when_shall_i_start() -> None:
    past = grid(24 * 60)
    found = adaptive.shift(past, hours=3, within=24)
    assert found.forecast
    assert found.start is not None
    assert past.end <= found.start <= past.end + timedelta(hours=21)
    assert found.interval is not None
    assert found.interval.low <= found.carbon <= found.interval.high
    assert found.saved == found.start_now - found.carbon
    assert found.saved.grams > 100
    known = adaptive.shift(past, hours=3, within=24, start="2026-03-02T00:00:00Z")
    assert not known.forecast
    assert known.interval is None
    assert known.start == datetime(2026, 3, 2, 17, tzinfo=UTC)
    with pytest.raises(ValueError, match="do not fit") as too_long:
        adaptive.shift(past, hours=25, within=24)
    assert isinstance(too_long.value, co2lib.Error)
    assert too_long.value.details == {"max_work": 24.0}
    with pytest.raises(ValueError, match="within"):
        adaptive.shift([1, 2, 3], hours=1, within=7)
    assert adaptive.shift([5, 1, 2, 0], hours=1, within=3).slots == [1]
    with pytest.raises(co2lib.Error) as short:
        adaptive.shift(grid(24), hours=3)
    assert short.value.code == "intensity.too_short"


def test_a_pacer_is_saved_restored_and_called_from_threads() -> None:
    pacer = adaptive.Pacer(TOY, grams(20_000), horizon_h=48, requests_per_slot=400)

    def serve() -> None:
        for call in range(400):
            now = START + timedelta(hours=call // 100)
            pacer.choose(now, g_per_kwh(100 + call % 5))

    threads = [threading.Thread(target=serve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pacer.requests == 1600
    again = adaptive.Pacer.restore(TOY, pacer.save())
    assert again.save() == pacer.save()
    now = START + timedelta(hours=30)
    assert again.decide(now, g_per_kwh(90)).carbon == pacer.decide(now, g_per_kwh(90)).carbon
    with pytest.raises(ValueError, match="other models"):
        adaptive.Pacer.restore(TOY[:2], pacer.save())
    with pytest.raises(ValueError, match="beyond the horizon"):
        pacer.choose(START + timedelta(hours=48), g_per_kwh(1))
    with pytest.raises(ValueError, match="no time zone"):
        pacer.choose(datetime(2026, 1, 1), g_per_kwh(1))


def test_classes_of_requests_share_a_budget() -> None:
    classes = {"easy": TOY[:2], "hard": [TOY[0], adaptive.Model("large", Energy.from_kwh(2), 99)]}
    pacer = adaptive.Pacer(classes, grams(100 * 24 * 2.5), horizon_h=24, requests_per_slot=2)
    upgraded = [0, 0]
    for hour in range(24):
        for kind in (0, 1):
            upgraded[kind] += pacer.choose(START + timedelta(hours=hour), g_per_kwh(100), kind=kind)
    assert upgraded == [0, 12]  # half of what gains more per gram, evenly
    made = adaptive.plan_classes(
        classes, [100] * 24, demand={"easy": [1] * 24, "hard": [1] * 24}, budget=grams(6000)
    )
    assert made.accuracy == pytest.approx(60 + 39 / 4)
    assert made.because_of_carbon == pytest.approx(0, abs=1e-9)  # all hours are alike
    with pytest.raises(ValueError, match="class 'hard'"):
        adaptive.plan_classes(classes, [100], demand={"easy": [1]}, budget=grams(6000))


def test_a_pacer_keeps_receipts_and_limits_of_latency(tmp_path: Path) -> None:
    pacer = adaptive.Pacer(TOY, grams(1e9), horizon_h=24)
    book = adaptive.ReceiptBook(tmp_path / "receipts.jsonl")
    pacer.keep_receipts(book)
    chosen = [pacer.choose(START, g_per_kwh(100), user="ann")]
    pacer.limit_latency(0.2, [0.1, 0.15] + [0.3] * (len(TOY) - 2))
    chosen.append(pacer.decide(START, g_per_kwh(100), requests=3).model)
    pacer.keep_receipts(None)
    with pytest.raises(ValueError, match="the quickest takes 1 s") as slow:
        pacer.limit_latency(0.5, [1, 2, 3])
    assert isinstance(slow.value, co2lib.Error)
    assert slow.value.details == {"min_latency_s": 1.0}
    receipts, skipped = adaptive.read_receipts(tmp_path / "receipts.jsonl")
    assert (skipped, [r.user for r in receipts], [r.requests for r in receipts]) == (0, ["ann", ""], [1, 3])
    assert [r.model for r in receipts] == [TOY[m].name for m in chosen]
    assert chosen == [len(TOY) - 1, 1]
    assert book.carbon == pacer.spent


def test_a_limit_of_latency_drops_models_of_a_class() -> None:
    classes = {"easy": TOY[:2], "hard": TOY[:2]}
    demand = {"easy": [1, 1], "hard": [1, 1]}
    made = adaptive.plan_classes(
        classes,
        [100, 100],
        demand=demand,
        budget=grams(1e9),
        latency_limit_s={"hard": 1},
        latency_s={"hard": [[0.1, 0.2], [0.5, 2]]},
    )
    assert [[mix.model for mix in slots] for slots in made.mixes] == [[1, 1], [1, 0]]
    with pytest.raises(ValueError, match="a class that classes has not"):
        adaptive.plan_classes(
            classes, [100, 100], demand=demand, budget=grams(1e9), latency_limit_s={"no": 1}
        )


def test_models_and_regions_at_once() -> None:
    clean = adaptive.ServingRegion("clean", [10, 500])
    home = adaptive.ServingRegion("home", [400, 100])
    made = adaptive.plan_where(TOY, [home, clean], budget=grams(1e9))
    assert [mix.pair for mix in made.mixes] == [(1, len(TOY) - 1), (0, len(TOY) - 1)]
    assert made.least_carbon.grams == pytest.approx((10 + 100) * TOY[0].energy.kwh)
    with pytest.raises(ValueError, match="its slots are not those of 'home'"):
        adaptive.plan_where(TOY, [home, adaptive.ServingRegion("b", [1])], budget=grams(1e9))


def test_models_files(tmp_path: object) -> None:
    text = "- {name: a, energy: 2 Wh, accuracy: 70}\n- {name: b, energy_kwh: 0.004, accuracy: 80}\n"
    assert [m.name for m in adaptive.parse_models(text)] == ["a", "b"]
    with pytest.raises(ValueError, match=r"m\.yaml:2:3: accuracy is missing") as missing:
        adaptive.parse_models(
            "- {name: a, energy_kwh: 2, accuracy: 70}\n- {name: b, energy_kwh: 1}\n", "m.yaml"
        )
    assert isinstance(missing.value, co2lib.Error)
    assert missing.value.code == "adaptive.bad_model"
    with pytest.raises(OSError, match=r"no\.yaml"):
        adaptive.read_models("no.yaml")


def test_places_and_pauses() -> None:
    found = adaptive.place(
        [adaptive.CandidateRegion("b", g_per_kwh(100)), adaptive.CandidateRegion("a", g_per_kwh(100))],
        source="b",
        energy=Energy.from_kwh(1),
    )
    assert found.best == "a"  # ties by name
    test = adaptive.suspend(
        power=Power.from_kilowatts(1),
        left_s=3600,
        run=g_per_kwh(300),
        later=g_per_kwh(100),
        pause=g_per_kwh(300),
        checkpoint=Energy.from_kwh(1),
    )
    assert not test.pause


def test_counts_that_are_negative_are_refused_with_a_code() -> None:
    with pytest.raises(co2lib.Error, match="k: -1"):
        adaptive.k_search_thresholds(-1, upper=400, lower=100)
    with pytest.raises(co2lib.Error, match="upper: 100 is not above"):
        adaptive.k_search_thresholds(1, upper=100, lower=100)
