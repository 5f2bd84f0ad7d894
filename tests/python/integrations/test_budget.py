# SPDX-License-Identifier: MIT
"""Budgets by a clock moved by hand: what is used, expected, and how sure that is."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import co2lib
from co2lib import meter
from co2lib.integrations import Budget, BudgetWarning, Outlook, Training
from co2lib.testing import FakeMeter, ManualClock


class Bench:
    """A training on a counter of 100 W, exact to 1 %, priced with 360 g/kWh: 10 mg a second."""

    def __init__(self, **more: Any) -> None:
        self.clock = ManualClock()
        info = meter.MeterInfo("package-0", kind="counter", domain="package", accuracy=0.01)
        self.cpu = FakeMeter.counter(self.clock, info, 100)
        options = {"meters": [self.cpu], "clock": self.clock, "intensity": 360, "fsync": False}
        self.training = Training(**options, **more)

    def go(self, seconds: float) -> None:
        assert self.clock.wait_for_waiters(1)
        assert self.clock.advance(seconds)

    def train(self, seconds: float = 10) -> int:
        """Epochs of so many seconds; returns how many there were."""
        done = 0
        with self.training:
            for _ in self.training.epochs():
                self.go(seconds)
                done += 1
        return done


def kwh(joules: float) -> float:
    return joules / 3.6e6


def test_a_training_within_its_budget_warns_of_nothing() -> None:
    bench = Bench(epochs=5, budget=Budget(energy_kwh=kwh(6000), carbon_g=1, action="stop"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bench.train() == 5
    energy, carbon = bench.training.outlooks
    assert energy.state == carbon.state == "within"
    assert energy.used == pytest.approx(kwh(5000))
    assert carbon.used == pytest.approx(0.5)
    assert energy.low is not None
    assert energy.high is not None
    assert energy.low <= kwh(5000) <= energy.high
    assert (energy.units_done, energy.units_total) == (5, 5)


def test_a_forecast_above_the_budget_warns_and_the_training_goes_on() -> None:
    bench = Bench(epochs=5, budget=Budget(energy_kwh=kwh(4900)))
    with pytest.warns(BudgetWarning, match=r"energy budget 0.001361 kWh: .* used, .* expected") as found:
        assert bench.train() == 5
    # likely after the first epoch, sure after the second, spent at the end
    assert [str(w.message).rsplit("(", 1)[1] for w in found] == ["likely)", "sure)", "spent)"]


def test_it_stops_once_the_whole_forecast_is_above() -> None:
    seen: list[Outlook] = []
    bench = Bench(epochs=100, budget=Budget(carbon_g=1, action="stop", on_change=seen.append))
    with pytest.warns(BudgetWarning):
        assert bench.train() == 2
    assert [outlook.state for outlook in seen] == ["likely", "sure"]
    assert seen[-1].forecast == pytest.approx(10, rel=1e-6)
    assert seen[-1].low is not None
    assert 1 < seen[-1].low < 10
    assert bench.training.footprint.regions["epoch"].count == 2


def test_stop_when_spent_goes_on_until_it_is() -> None:
    bench = Bench(epochs=100, budget=Budget(energy_kwh=kwh(3500), action="stop", stop_when="spent"))
    with pytest.warns(BudgetWarning):
        assert bench.train() == 4


def test_stop_when_likely_needs_one_unit() -> None:
    bench = Bench(epochs=100, budget=Budget(energy_kwh=kwh(3500), action="stop", stop_when="likely"))
    with pytest.warns(BudgetWarning):
        assert bench.train() == 1


def test_validation_between_the_epochs_is_in_the_forecast() -> None:
    bench = Bench(epochs=10, budget=Budget(energy_kwh=1))
    with bench.training as training:
        bench.go(30)  # loads data: warm-up, and no part of what is to come
        for epoch in training.epochs():
            bench.go(10)
            if epoch == 4:
                break
            training.leave("epoch")
            bench.go(5)  # validates
    (outlook,) = training.outlooks
    assert outlook.units_done == 4
    assert outlook.used == pytest.approx(kwh(100 * (30 + 10 + 3 * 15)))
    assert outlook.forecast == pytest.approx(kwh(100 * (30 + 10 + 9 * 15)))


def test_a_run_that_has_used_energy_before_has_used_it() -> None:
    bench = Bench(epochs=1)
    track = bench.training.run
    with track:
        bench.go(100)
        inner = Training(track, epochs=4, budget=Budget(energy_kwh=1))
        with inner:
            for _ in inner.epochs():
                bench.go(10)
        (outlook,) = inner.outlooks
        assert outlook.used == outlook.forecast == pytest.approx(kwh(14_000))


def test_a_wide_meter_makes_a_wide_forecast() -> None:
    bench = Bench(epochs=10, budget=Budget(energy_kwh=1))
    bench.train()
    (outlook,) = bench.training.outlooks
    assert outlook.low == pytest.approx(kwh(10_000) * 0.99, rel=1e-3)
    assert outlook.high == pytest.approx(kwh(10_000) * 1.01, rel=1e-3)


def test_energy_without_a_value_is_said_once() -> None:
    clock = ManualClock()
    training = Training(
        epochs=3, meters=[], owner=False, clock=clock, intensity=1, budget=Budget(energy_kwh=1, action="stop")
    )
    with pytest.warns(BudgetWarning, match="what is used is unknown") as found, training:
        assert list(training.epochs()) == [0, 1, 2]
    assert len(found) == 1


def test_steps_are_the_unit_where_epochs_are_few() -> None:
    bench = Bench(epochs=1, steps=100, budget=Budget(energy_kwh=kwh(5000), action="stop"))

    def train() -> int:
        with bench.training as training:
            return sum(bench.go(1) or 1 for _ in training.epochs() for _ in training.steps(range(100)))

    with pytest.warns(BudgetWarning):
        assert train() == 20  # two stretches of 10 steps have an interval
    assert bench.training.outlooks[0].state == "sure"


def test_the_other_processes_are_told_of_an_error() -> None:
    asked: list[bool] = []

    class Job(Training):
        def agree(self, stop: bool) -> bool:
            asked.append(stop)
            return stop

    def fail(_: Outlook) -> None:
        raise RuntimeError("enough")

    budget = Budget(energy_kwh=1e-12, on_change=fail)
    training = Job(epochs=3, meters=[], tdp_w=50, intensity=1, fsync=False, budget=budget)

    def train() -> None:
        with training:
            for _ in training.epochs():
                sum(range(10_000))

    with pytest.warns(BudgetWarning), pytest.raises(RuntimeError, match="enough"):
        train()
    assert asked == [True]


def test_units_of_a_run_that_was_stopped_count_for_the_job() -> None:
    asked: list[bool] = []

    class Job(Training):
        def agree(self, stop: bool) -> bool:
            asked.append(stop)
            return stop

    training = Job(epochs=3, meters=[], intensity=1, fsync=False, budget=Budget(energy_kwh=1))
    with training:
        for epoch in training.epochs():
            if epoch == 0:
                training.run.stop()
    assert len(asked) == 3


def test_the_run_of_others_goes_on() -> None:
    bench = Bench(epochs=1)
    track = bench.training.run
    with track:
        with Training(track, epochs=2) as inner:
            for _ in inner.epochs():
                bench.go(1)
        assert track.running
        assert inner.footprint.regions["epoch"].count == 2
    assert not track.running


def test_a_loop_that_is_left_early_leaves_no_part_of_a_unit() -> None:
    bench = Bench(epochs=3)
    with bench.training as training:
        for epoch in training.epochs():
            bench.go(1)
            if epoch == 1:
                break
    assert training.footprint.regions["epoch"].count == 1
    assert not {i.code for i in training.footprint.issues} & {"region_open"}


def test_sinks_get_metrics_and_forecast() -> None:
    taken: list[tuple[dict[str, float], int]] = []
    bench = Bench(
        epochs=4, budget=Budget(energy_kwh=1), sinks=[lambda values, unit: taken.append((dict(values), unit))]
    )
    bench.train()
    assert [unit for _, unit in taken] == [1, 2, 3, 4, 4]
    assert taken[1][0]["co2lib/energy_kwh"] == pytest.approx(kwh(2000))
    assert taken[1][0]["co2lib/forecast_energy_kwh"] == pytest.approx(kwh(4000))
    assert taken[-1][0]["co2lib/co2e_g"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "give energy_kwh, carbon_g or both"),
        ({"energy_kwh": 0}, "energy_kwh: takes a number above 0, not 0"),
        ({"carbon_g": True}, "carbon_g"),
        ({"carbon_g": float("nan")}, "carbon_g"),
        ({"carbon_g": 1, "action": "kill"}, "known: warn, stop"),
        ({"carbon_g": 1, "stop_when": "never"}, "known: likely, sure, spent"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text) as found:
        Budget(**options)
    assert isinstance(found.value, co2lib.Error)
    assert found.value.code == "integrations.bad_budget"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"unit": "day"}, "known: auto, epoch, step"),
        ({"epochs": 0}, "epochs: takes a count from 1"),
        ({"card_options": {"licence": "MIT"}}, "'licence' is not known"),
    ],
)
def test_a_training_that_makes_no_sense_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Training(**options)


def test_options_beside_a_run_are_refused() -> None:
    with pytest.raises(ValueError, match="location: give options to co2lib"):
        Training(co2lib.track(), location="FRA")
