# SPDX-License-Identifier: MIT
"""What a region says of itself, what is kept one by one, and regions that nobody ends."""

import gc
import itertools
import threading
import weakref
from datetime import UTC, timedelta
from typing import Any

import pytest

import co2lib
from co2lib import tracker


def test_a_region_says_what_it_used(bench: Any) -> None:
    with bench.track(pue=1.5) as run:
        with run.region("epoch") as e:
            bench.go(36)
            with run.region("part") as part:
                bench.go(4)
        bench.go(100)
    assert e.energy.joules == pytest.approx(4000)
    assert e.energy.bounds.low.joules <= 4000 <= e.energy.bounds.high.joules
    assert e.exclusive.joules == pytest.approx(3600)
    assert e.duration == timedelta(seconds=40)
    assert e.duration_s == 40
    assert e.carbon.grams == pytest.approx(4000 / 3.6e6 * 100 * 1.5)
    assert part.energy.joules == pytest.approx(400)
    assert part.result.parent == e.result.id
    assert (e.result.name, e.result.start.tzinfo) == ("epoch", UTC)
    assert "ended" in repr(e)


def test_it_says_so_while_the_run_goes_on(bench: Any) -> None:
    with bench.track() as run:
        with run.region("epoch") as e:
            bench.go(2)
        assert e.energy.joules == pytest.approx(200)


def test_what_was_not_measured_has_no_result(bench: Any) -> None:
    with bench.track() as run:
        with run.region("open") as region:
            with pytest.raises(co2lib.Error, match="open still") as error:
                _ = region.energy
            assert error.value.code == "tracker.no_result"
            assert isinstance(error.value, RuntimeError)
        with run.region("cancelled") as cancelled:
            cancelled.cancel()
        with pytest.raises(co2lib.Error, match="not measured: it was never entered, or was cancelled"):
            _ = cancelled.energy
        with pytest.raises(co2lib.Error, match="not measured"):
            _ = run.region("never entered").energy
    with run.region("after the stop") as late:
        pass
    with pytest.raises(co2lib.Error, match="not measured: no run goes on"):
        _ = late.energy


def test_a_region_entered_twice_names_the_remedy(bench: Any) -> None:
    with bench.track() as run:
        region = run.region("once")
        with region, pytest.raises(co2lib.Error, match="enter another one") as error:
            region.__enter__()
        with region:  # after its end it may begin again
            bench.go(1)
        assert region.energy.joules == pytest.approx(100)
    assert error.value.code == "tracker.open"
    assert run.footprint.regions["once"].count == 2


def test_by_id_it_is_what_the_region_used(bench: Any) -> None:
    with bench.track() as run:
        region = run.begin("epoch")
        bench.go(5)
        result = run.end(region)
        assert result.name == "epoch"
        assert result.energy.joules == pytest.approx(500)
        assert result.duration == timedelta(seconds=5)
        assert run.end(region) is None
        assert run.end(region + 1000) is None


@pytest.mark.parametrize("wrong", [-1, 2**64, "1", 1.0, None])
def test_an_id_that_is_none_is_refused(bench: Any, wrong: Any) -> None:
    with bench.track() as run, pytest.raises((TypeError, ValueError, OverflowError)):
        run.end(wrong)


def test_the_newest_of_a_name_are_kept(bench: Any) -> None:
    with bench.track() as run:
        for _ in range(2500):
            with run.region("step", marker=True):
                pass
        bench.go(1)
        with run.region("step"):
            bench.go(3)
    region = run.footprint.regions["step"]
    assert region.count == 2501
    assert len(region.each) == 1000
    assert region.each[0].energy.joules == pytest.approx(300)
    assert [one.start for one in region.each] == sorted((one.start for one in region.each), reverse=True)
    ids = [one.id for one in region.each]
    assert ids == sorted(ids, reverse=True)


def test_regions_left_open_end_with_the_run_and_are_named(bench: Any) -> None:
    log = bench.folder / "run.jsonl"
    with bench.track(log=log) as run:
        run.begin("forgotten")
        entered = run.region("entered")
        entered.__enter__()
        run.mark("a mark is never ended")
        bench.go(7)
    for f in (run.footprint, tracker.load(log).footprint()):
        assert f.regions["forgotten"].inclusive.joules == pytest.approx(700)
        assert {i.subject for i in f.issues if i.code == "region_open"} == {"forgotten", "entered"}
    entered.__exit__(None, None, None)  # too late, and no error
    assert run.footprint.regions["entered"].count == 1


def test_a_region_that_ends_in_another_thread(bench: Any) -> None:
    with bench.track() as run:
        region = run.region("handed over")
        region.__enter__()
        bench.go(1)
        thread = threading.Thread(target=region.__exit__, args=(None, None, None))
        thread.start()
        thread.join()
        bench.go(10)
        with run.region("next"):
            pass
    regions = run.footprint.regions
    assert regions["handed over"].inclusive.joules == pytest.approx(100)
    assert regions["next"].each[0].parent == 0


def test_regions_that_end_in_other_threads_leave_nothing_behind(bench: Any) -> None:
    with bench.track() as run:
        regions = [weakref.ref(hand_over(run)) for _ in range(20)]
        with run.region("next"):
            gc.collect()
            assert [region for region in regions if region() is not None] == []


def hand_over(run: Any) -> Any:
    region = run.region("handed over")
    region.__enter__()
    thread = threading.Thread(target=region.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    return region


def test_a_decorated_function_that_calls_itself(bench: Any) -> None:
    with bench.track() as run:

        @run.region("walk")
        def walk(depth: int) -> None:
            bench.clock.advance(1)
            if depth > 1:
                walk(depth - 1)

        walk(4)
    region = run.footprint.regions["walk"]
    assert region.count == 4
    assert region.inclusive.joules == pytest.approx(100 * (4 + 3 + 2 + 1))
    assert region.exclusive.joules == pytest.approx(400)
    assert region.union_energy.joules == pytest.approx(400)


def test_an_exception_in_the_body_is_the_programs(bench: Any) -> None:
    with bench.track() as run:

        def work() -> None:
            with run.region("epoch"):
                bench.go(1)
                raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            work()
        bench.go(10)
    assert run.footprint.regions["epoch"].inclusive.joules == pytest.approx(100)


def test_a_run_left_by_an_exception_is_ended(bench: Any) -> None:
    run = bench.track()

    def work() -> None:
        with run, run.region("epoch"):
            bench.go(1)
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert run.footprint.complete
    assert run.footprint.regions["epoch"].count == 1


ODD = ["caf\udce9.png", "\ud800", "a\0b", "\n", '"', "\\", "x" * 10_000, "\u2028", "\N{PILE OF POO}"]


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
def test_any_text_is_a_name(bench: Any, name: str) -> None:
    shown = name.encode("utf-8", "backslashreplace").decode()
    log = bench.folder / "run.jsonl"
    with bench.track(log=log, project=name, sync=None) as run:
        with run.region(name) as region:
            bench.go(1)
        run.end(run.begin(name))
        run.mark(name)
    assert region.result.name == shown
    stored = tracker.load(log)
    for f in (run.footprint, stored.footprint(), co2lib.Footprint.from_json(run.footprint.to_json())):
        assert list(f.regions) == [shown]
        assert f.regions[shown].count == 3
        assert f.project == shown
        assert str(f)


@pytest.mark.parametrize("name", ["", None, 3, b"epoch", ["epoch"]])
@pytest.mark.parametrize("open_one", ["region", "begin", "mark"])
def test_what_is_no_name_is_refused_in_one_line(bench: Any, name: Any, open_one: str) -> None:
    with bench.track() as run, pytest.raises(co2lib.Error) as error:
        getattr(run, open_one)(name)
    assert error.value.code == "tracker.bad_config"
    assert repr(name) in str(error.value)


def test_a_name_for_every_batch_is_kept_in_order(bench: Any) -> None:
    with bench.track() as run:
        for i in range(10_000):
            with run.region(f"batch {i}", marker=True):
                pass
        bench.go(1)
    regions = run.footprint.regions
    assert list(regions) == [f"batch {i}" for i in range(10_000)]
    assert {r.count for r in regions.values()} == {1}


@pytest.mark.parametrize("again", [1, 2])
def test_start_after_stop_is_a_run_of_its_own(bench: Any, again: int) -> None:
    run = bench.track(log="run.jsonl", log_exists="number").start()
    seen = []
    for number in itertools.count():
        with run.region("epoch"):
            bench.go(1 + number)
        seen.append((run.stop(), run.log))
        if number == again:
            break
        run.start()
    assert [f.energy.joules for f, _ in seen] == [pytest.approx(100.0 * (n + 1)) for n in range(again + 1)]
    assert len({f.run_id for f, _ in seen}) == again + 1
    assert all(f.regions["epoch"].count == 1 for f, _ in seen)
    assert [str(log) for _, log in seen] == ["run.jsonl", "run.2.jsonl", "run.3.jsonl"][: again + 1]


def test_start_while_it_runs_is_refused(bench: Any) -> None:
    with bench.track() as run:
        with pytest.raises(co2lib.Error) as error:
            run.start()
        bench.go(1)
    assert error.value.code == "tracker.running"
    assert isinstance(error.value, RuntimeError)
    assert run.footprint.energy.joules == 100
