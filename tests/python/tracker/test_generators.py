# SPDX-License-Identifier: MIT
"""Regions inside of generators and coroutines: whose parent is who, and when they end."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any

import pytest


def parents(run: Any) -> dict[str, set[str]]:
    """The names of the regions around those of each name; an empty name where there is none."""
    each = [one for region in run.footprint.regions.values() for one in region.each]
    names = {one.id: one.name for one in each} | {0: ""}
    found: dict[str, set[str]] = {}
    for one in each:
        found.setdefault(one.name, set()).add(names[one.parent])
    return found


def test_a_region_in_a_generator_is_no_parent_of_its_consumers(bench: Any) -> None:
    with bench.track() as run:

        def batches() -> Iterator[int]:
            with run.region("load"):
                for i in range(3):
                    with run.region("read"):
                        bench.clock.advance(1)
                    yield i

        with run.region("epoch"):
            for _ in batches():
                with run.region("step"):
                    bench.clock.advance(1)
    assert parents(run) == {"epoch": {""}, "load": {"epoch"}, "read": {"load"}, "step": {"epoch"}}


def test_interleaved_generators_keep_their_own_parents(bench: Any) -> None:
    with bench.track() as run:

        def worker(name: str) -> Iterator[None]:
            with run.region(name):
                for _ in range(3):
                    with run.region(f"{name}.part"):
                        bench.clock.advance(1)
                    yield

        for _ in zip(worker("one"), worker("two"), strict=True):
            pass
    assert parents(run) == {"one": {""}, "two": {""}, "one.part": {"one"}, "two.part": {"two"}}


def test_a_generator_ended_early_ends_its_region(bench: Any) -> None:
    with bench.track() as run:

        def forever() -> Generator[int, None, None]:
            with run.region("stream"):
                while True:
                    bench.clock.advance(1)
                    yield 0

        closed = forever()
        next(closed)
        closed.close()
        thrown = forever()
        next(thrown)
        with pytest.raises(KeyError):
            thrown.throw(KeyError("mine"))
        left = forever()
        next(left)
        del left
        gc.collect()
        bench.go(10)
    stream = run.footprint.regions["stream"]
    assert (stream.count, stream.inclusive.joules) == (3, pytest.approx(300))
    assert "region_open" not in bench.codes(run.footprint)


def test_a_decorated_generator_takes_and_returns_values(bench: Any) -> None:
    with bench.track() as run:

        @run.region("echo")
        def echo() -> Generator[str, str, str]:
            got = yield "first"
            try:
                got += yield "second"
            except KeyError:
                got += "!"
            return got

        one = echo()
        assert next(one) == "first"
        assert one.send("a") == "second"
        with pytest.raises(StopIteration) as ended:
            one.throw(KeyError())
        assert ended.value.value == "a!"
    assert run.footprint.regions["echo"].count == 1


def test_a_decorated_async_generator_takes_send_throw_and_close(bench: Any) -> None:
    seen: list[str] = []

    async def use(run: Any) -> None:
        @run.region("stream")
        async def stream() -> AsyncGenerator[str, str]:
            try:
                while True:
                    try:
                        seen.append(await asyncio.sleep(0, (yield "item")))
                    except KeyError:
                        seen.append("thrown")
                        yield "after"
            finally:
                seen.append("closed")

        one = stream()
        assert await anext(one) == "item"
        assert await one.asend("sent") == "item"
        assert await one.athrow(KeyError()) == "after"
        assert await anext(one) == "item"
        await one.aclose()
        assert seen[-1] == "closed"  # at once, and not when it is collected
        with pytest.raises(StopAsyncIteration):
            await anext(one)
        two = stream()
        await anext(two)
        with pytest.raises(ZeroDivisionError):
            await two.athrow(ZeroDivisionError())

    with bench.track() as run:
        asyncio.run(use(run))
    assert seen == ["sent", "thrown", "closed", "closed"]
    assert run.footprint.regions["stream"].count == 2
    assert "region_open" not in bench.codes(run.footprint)


def test_an_async_generator_is_no_parent_of_its_consumers(bench: Any) -> None:
    with bench.track() as run:

        async def source() -> AsyncIterator[int]:
            with run.region("fetch"):
                for i in range(2):
                    with run.region("read"):
                        await asyncio.sleep(0)
                    yield i

        async def use() -> None:
            with run.region("epoch"):
                async for _ in source():
                    with run.region("step"):
                        await asyncio.sleep(0)

        asyncio.run(use())
    assert parents(run) == {"epoch": {""}, "fetch": {"epoch"}, "read": {"fetch"}, "step": {"epoch"}}


def test_tasks_have_the_parent_of_where_they_were_made(bench: Any) -> None:
    async def work(run: Any, name: str, turns: int) -> None:
        with run.region(name):
            for _ in range(turns):
                with run.region(f"{name}.part"):
                    await asyncio.sleep(0)

    async def all_of_them(run: Any) -> None:
        with run.region("outer"):
            await asyncio.gather(*(work(run, f"task{i}", 2 + i) for i in range(3)))
        await work(run, "after", 1)

    with bench.track() as run:
        asyncio.run(all_of_them(run))
    expected = {"outer": {""}, "after": {""}, "after.part": {"after"}}
    for i in range(3):
        expected |= {f"task{i}": {"outer"}, f"task{i}.part": {f"task{i}"}}
    assert parents(run) == expected


def test_a_cancelled_task_ends_its_regions(bench: Any) -> None:
    async def work(run: Any) -> None:
        with run.region("waits"):
            await asyncio.Event().wait()

    async def cancel(run: Any) -> None:
        task = asyncio.create_task(work(run))
        await asyncio.sleep(0)
        bench.clock.advance(2)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with bench.track() as run:
        asyncio.run(cancel(run))
        bench.go(10)
    assert run.footprint.regions["waits"].inclusive.joules == pytest.approx(200)


def test_a_region_may_end_in_another_task_than_it_began(bench: Any) -> None:
    async def handed_over(run: Any) -> None:
        region = run.region("request")
        region.__enter__()

        async def end() -> None:
            bench.clock.advance(1)
            region.__exit__(None, None, None)

        await asyncio.create_task(end())
        with run.region("next"):
            pass

    with bench.track() as run:
        asyncio.run(handed_over(run))
    assert run.footprint.regions["request"].inclusive.joules == pytest.approx(100)
    assert parents(run)["next"] == {""}
