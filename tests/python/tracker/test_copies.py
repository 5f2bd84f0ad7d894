# SPDX-License-Identifier: MIT
"""A footprint is a value: it is copied, pickled and read back from its JSON, and stays what it was."""

import copy
import json
import multiprocessing
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import co2lib
from co2lib import Footprint, tracker

WAYS: dict[str, Callable[[Footprint], Footprint]] = {
    "pickle": lambda f: pickle.loads(pickle.dumps(f)),
    "old pickle": lambda f: pickle.loads(pickle.dumps(f, protocol=2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "json": lambda f: Footprint.from_json(f.to_json()),
    "dict": lambda f: Footprint.from_dict(f.to_dict()),
    "json of the dict": lambda f: Footprint.from_dict(json.loads(json.dumps(f.to_dict()))),
}
DEVICE = "id name device method counted in_total host rank mirror_of duplicate_of".split()  # noqa: SIM905
PARTS = ("cpu", "dram", "gpu", "platform", "ram_model", "total")
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def full(bench: Any) -> Footprint:
    """A footprint with everything in it."""
    meters = [bench.cpu, bench.power(30, "dimms", "dram")]
    options = {"meters": meters, "scope": "process", "pue": 1.3, "wue": 1.8, "project": 'a "b"'}
    priced = {"intensity": None, "location": "CN-BJ"}
    with bench.track(**options, **priced, command="python train.py") as run:
        for _ in range(3):
            with run.region("epoch"), run.region("step", marker=True):
                bench.go(4)
        run.begin("open")
        bench.clock.step_utc(100)
        bench.go(10)
        run.tracker.ended(3, 1.25)
    made: Footprint = run.footprint
    return made


def facts(f: Footprint) -> dict[str, Any]:
    """What users read, attribute by attribute, so that a field that JSON forgets is seen."""

    def estimate(e: Any) -> tuple[str, ...]:
        return tuple(repr(x) for x in (e.value, e.bounds, e.interval, e.issues, e.sources))

    def part(p: Any) -> Any:
        return p and (p.energy_j, p.bounds_j, p.interval_j, p.incomplete)

    simple = (
        "run_id start end duration_s suspended_s downtime_s segments location intensity_source priced_with "
    )
    simple += "coverage complete host project method"
    return {name: getattr(f, name) for name in simple.split()} | {
        "estimates": [estimate(e) for e in (f.energy, f.operational, f.embodied, f.water)],
        "facility": (f.facility.pue, f.facility.wue, repr(f.facility_energy)),
        "intensity": repr(f.carbon_intensity),
        "issues": [repr(i) for i in f.issues],
        "sources": [repr(s) for s in f.sources],
        "totals": [part(getattr(f.totals, name)) for name in PARTS],
        "command": f.command
        and (
            f.command.text,
            f.command.status,
            f.command.cpu_s,
            estimate(f.command.energy),
            repr(f.command.idle),
        ),
        "scope": f.scope and (f.scope.scope, f.scope.group, *map(estimate, (f.scope.own, f.scope.other))),
        "devices": [
            [getattr(d, name) for name in DEVICE]
            + [estimate(d.energy), repr(d.mean_power), repr(d.record.issues)]
            for d in f.devices
        ],
        "regions": [
            [getattr(r, name) for name in ("name", "count", "duration_s")]
            + [estimate(r.inclusive), *map(repr, (r.exclusive, r.union_energy, r.least, r.most))]
            for r in f.regions.values()
        ],
        "each": [
            [getattr(o, name) for name in ("name", "id", "parent", "thread", "start", "duration")]
            + [repr(o.exclusive), estimate(o.energy), estimate(o.carbon)]
            for r in f.regions.values()
            for o in r.each
        ],
    }


@ways
def test_every_way_gives_it_back(bench: Any, way: Callable[[Footprint], Footprint]) -> None:
    f = full(bench)
    assert f.command is not None
    assert f.scope is not None
    assert len(f.regions["epoch"].each) == 3
    assert "by CHN" in f.priced_with
    again = way(f)
    assert again == f
    assert hash(again) == hash(f)
    assert facts(again) == facts(f)
    assert str(again) == str(f)
    assert again.to_json() == f.to_json()
    assert again.csv_row() == f.csv_row()


@ways
def test_a_run_of_nothing_and_one_so_far(bench: Any, way: Callable[[Footprint], Footprint]) -> None:
    with bench.track(meters=[], location="FRA", intensity=None) as run:
        snapshot = run.snapshot()
        bench.cpu.throw_error("unplugged")
    with bench.track() as unmeasured:
        pass
    for f in (snapshot, run.footprint, unmeasured.footprint):
        assert facts(way(f)) == facts(f)


def test_others_are_not_equal(bench: Any) -> None:
    one = full(bench)
    assert one != full(bench)
    assert one != one.to_json()
    assert one is not None
    assert one != None  # noqa: E711 -- the comparison is what is tested
    assert len({one, copy.copy(one)}) == 1


def in_a_worker(_: int) -> Footprint:
    with co2lib.track(meters=[], intensity=1) as run, run.region("work"):
        pass
    return run.footprint  # type: ignore[no-any-return]


def test_a_worker_returns_it(bench: Any) -> None:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        (f,) = pool.map(in_a_worker, [1])
    assert f.regions["work"].count == 1


def without(field: str) -> Callable[[dict[str, Any]], object]:
    return lambda d: d.pop(field)


def with_(field: str, value: Any) -> Callable[[dict[str, Any]], object]:
    return lambda d: d.update({field: value})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without("energy"), "energy"),
        (without("regions"), "regions"),
        (with_("energy", 5), "energy"),
        (with_("duration_s", "long"), "duration_s"),
        (with_("devices", [{}]), "devices"),
        (with_("devices", {"a": 1}), "devices"),
        (with_("regions", [{"name": 3}]), "regions"),
        (with_("segments", 1.5), "segments"),
        (with_("complete", 1), "complete"),
        (with_("start_ns", 2**70), "start"),
        (with_("methods", [{"method": "guess", "share": 1}]), "methods"),
        (with_("facility", {"pue": 0.1, "wue_l_per_kwh": 0}), "facility"),
        (with_("schema", "co2lib-footprint/2"), "schema"),
        (with_("schema", 5), "schema"),
    ],
)
def test_a_wrong_field_is_named(bench: Any, change: Callable[[dict[str, Any]], object], named: str) -> None:
    values = full(bench).to_dict()
    change(values)
    for read in (lambda: Footprint.from_dict(values), lambda: Footprint.from_json(json.dumps(values))):
        with pytest.raises(co2lib.Error) as error:
            read()
        assert error.value.code == "tracker.bad_json"
        assert named in str(error.value)
        assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "{}", '{"schema": null}', "\0", "[" * 5000])
def test_what_is_no_footprint_is_refused(text: str) -> None:
    with pytest.raises(co2lib.Error, match="co2lib-footprint/1") as error:
        Footprint.from_json(text)
    assert error.value.code == "tracker.bad_json"


@pytest.mark.parametrize("cut", [0.25, 0.5, 0.9, 0.999])
def test_a_text_that_is_cut_is_refused(bench: Any, cut: float) -> None:
    text = full(bench).to_json()
    with pytest.raises(co2lib.Error) as error:
        Footprint.from_json(text[: int(len(text) * cut)])
    assert error.value.code == "tracker.bad_json"


def test_numbers_that_json_has_not(bench: Any) -> None:
    values = full(bench).to_dict()
    values["duration_s"] = float("nan")  # Python writes NaN
    with pytest.raises(co2lib.Error) as error:
        Footprint.from_dict(values)
    assert error.value.code == "tracker.bad_json"


def test_a_merged_footprint_goes_around_too(bench: Any) -> None:
    with bench.track() as run:
        bench.go(3)
    f = tracker.merge([run.tracker.run(), run.tracker.run()]).footprint()
    assert facts(pickle.loads(pickle.dumps(f))) == facts(f)
