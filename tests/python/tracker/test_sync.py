# SPDX-License-Identifier: MIT
"""What `sync` raises reaches the program, at every edge of a region, and ends no region late."""

from typing import Any

import pytest

import co2lib


class Sync:
    """Moves the clock by a second at every edge, and raises at the one that is asked for."""

    def __init__(self, bench: Any, error: BaseException | None = None, at: int = 2) -> None:
        self.bench, self.error, self.at, self.calls = bench, error, at, 0

    def __call__(self) -> None:
        self.calls += 1
        self.bench.clock.advance(1)
        if self.error is not None and self.calls == self.at:
            raise self.error


ERRORS = [KeyboardInterrupt(), RuntimeError("CUDA error"), SystemExit(3)]
names = pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)


@names
def test_at_the_end_it_comes_out_and_the_region_ends_there(bench: Any, error: BaseException) -> None:
    sync = Sync(bench, error)
    with bench.track(sync=sync) as run:
        with pytest.raises(type(error)) as raised, run.region("epoch"):
            bench.go(3)
        bench.go(100)
    assert raised.value is error
    region = run.footprint.regions["epoch"]
    assert (region.count, region.inclusive.joules) == (1, pytest.approx(400))
    assert "region_open" not in bench.codes(run.footprint)


@names
def test_at_the_begin_it_comes_out_and_no_region_is_there(bench: Any, error: BaseException) -> None:
    with bench.track(sync=Sync(bench, error, at=1)) as run:
        with pytest.raises(type(error)) as raised, run.region("epoch"):
            pytest.fail("the body must not run")
        with run.region("next"):
            bench.go(1)
    assert raised.value is error
    assert set(run.footprint.regions) == {"next"}
    assert "region_open" not in bench.codes(run.footprint)


def test_the_error_of_the_body_is_kept_beside_that_of_sync(bench: Any) -> None:
    with (
        bench.track(sync=Sync(bench, RuntimeError("of sync"))) as run,
        pytest.raises(RuntimeError, match="of sync") as raised,
        run.region("epoch"),
    ):
        raise KeyError("of the body")
    assert isinstance(raised.value.__context__, KeyError)
    assert run.footprint.regions["epoch"].count == 1


def test_by_id_it_comes_out_and_the_region_ends_there(bench: Any) -> None:
    with bench.track(sync=Sync(bench, KeyboardInterrupt())) as run:
        region = run.begin("epoch")
        with pytest.raises(KeyboardInterrupt):
            run.end(region)
        bench.go(50)
        assert run.end(region) is None
    assert run.footprint.regions["epoch"].inclusive.joules == pytest.approx(100)


def test_regions_around_it_end_at_their_own_time(bench: Any) -> None:
    with bench.track(sync=Sync(bench, KeyboardInterrupt(), at=3)) as run:

        def work() -> None:
            with run.region("outer"):  # sync 1
                bench.go(10)
                with run.region("inner"):  # sync 2, and 3 at its end
                    bench.go(5)

        with pytest.raises(KeyboardInterrupt):
            work()  # sync 4 at the end of outer
        bench.go(100)
    regions = run.footprint.regions
    assert regions["inner"].inclusive.joules == pytest.approx(600)
    assert regions["outer"].inclusive.joules == pytest.approx(1800)
    assert regions["outer"].exclusive is not None
    assert regions["outer"].exclusive.joules == pytest.approx(1200)


def test_a_mark_runs_it_and_lets_it_out(bench: Any) -> None:
    with bench.track(sync=Sync(bench, KeyboardInterrupt())) as run:
        run.mark("a")
        bench.go(1)
        with pytest.raises(KeyboardInterrupt):
            run.mark("b")
    assert set(run.footprint.regions) == {"a"}


def test_a_sync_that_is_no_callable_is_refused(bench: Any) -> None:
    error = bench.refused(sync="torch.cuda.synchronize")
    assert error.code == "tracker.bad_config"
    assert "sync" in str(error)
    assert "'torch.cuda.synchronize'" in str(error)
    with pytest.raises(co2lib.Error):
        co2lib.Tracker(sync=3)  # type: ignore[arg-type]
