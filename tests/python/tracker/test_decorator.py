# SPDX-License-Identifier: MIT
"""What can be decorated, and whose run is whose."""

import asyncio
import functools
from typing import Any

import pytest

import co2lib


class Callable:
    def __call__(self, x: int) -> int:
        return x


class AsyncCallable:
    def __init__(self, bench: Any) -> None:
        self.bench = bench

    async def __call__(self, x: int) -> int:
        await asyncio.sleep(0)
        self.bench.go(3)
        return x


def test_an_object_whose_call_is_async_is_measured_to_its_end(bench: Any) -> None:
    tracked: Any = bench.track()(AsyncCallable(bench))
    assert asyncio.run(tracked(4)) == 4
    assert tracked.footprint.energy.joules == 300
    with bench.track() as run:
        decorated: Any = run.region("call")(AsyncCallable(bench))
        assert asyncio.run(decorated(4)) == 4
    assert run.footprint.regions["call"].inclusive.joules == pytest.approx(300)


def test_partials_objects_and_builtins_are_functions(bench: Any) -> None:
    async def add(x: int, y: int) -> int:
        bench.go(2)
        return x + y

    tracked: Any = bench.track()(functools.partial(add, 1))
    assert asyncio.run(tracked(2)) == 3
    assert tracked.footprint.energy.joules == 200
    plain: Any = bench.track()(Callable())
    assert plain(5) == 5
    assert bench.track()(sum)([1, 2]) == 3


def test_methods_of_all_kinds(bench: Any) -> None:
    class Model:
        @co2lib.track(meters=[], intensity=1)
        def fit(self, x: int) -> int:
            return x

        @classmethod
        @co2lib.track(meters=[], intensity=1)
        def load(cls) -> str:
            return cls.__name__

        @staticmethod
        @co2lib.track(meters=[], intensity=1)
        def version() -> int:
            return 3

    model: Any = Model()
    assert (model.fit(1), model.load(), model.version()) == (1, "Model", 3)
    assert model.fit.footprint.complete


@pytest.mark.parametrize("what", [5, "train", None, [len]])
def test_what_is_no_function_is_refused_before_a_run(bench: Any, what: Any) -> None:
    with bench.track() as run:
        for decorator in (bench.track(), run.region("x")):
            with pytest.raises(co2lib.Error) as error:
                decorator(what)
            assert error.value.code == "tracker.bad_config"
            assert repr(what) in str(error.value)


def test_a_function_that_calls_itself_has_its_own_run_again_afterwards(bench: Any) -> None:
    @bench.track()
    def work(depth: int) -> None:
        mine = work.run
        if depth:
            work(depth - 1)
        assert work.run is mine
        with work.run.region(f"depth {depth}"):
            bench.clock.advance(1)
        seen[depth] = mine

    seen: dict[int, Any] = {}
    work(2)
    assert {depth: list(run.footprint.regions) for depth, run in seen.items()} == {
        depth: [f"depth {depth}"] for depth in range(3)
    }
    assert work.run is seen[2]


def test_a_function_that_raises_in_its_first_call_can_be_called_again(bench: Any) -> None:
    @bench.track(log="run.jsonl")
    def work(fail: bool) -> int:
        bench.go(1)
        if fail:
            raise KeyError("mine")
        return 1

    with pytest.raises(KeyError, match="mine"):
        work(True)
    assert work.footprint.energy.joules == 100
    assert work(False) == 1
    assert str(work.run.log) == "run.2.jsonl"
