# SPDX-License-Identifier: MIT
"""Domain embodied: every value pickles, copies and compares; design spaces."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import timedelta
from typing import Any

import pytest

import co2lib
from co2lib import embodied

CAMERA: dict[str, Any] = {
    "schema": "carbon-bom/1",
    "name": "camera node",
    "lifetime_years": {"value": 4, "low": 3, "high": 6},
    "profile_gsd": 1.2,
    "parts": [
        {
            "id": "soc",
            "class": "ic.logic",
            "area": {"value": "60 mm2", "low": "50 mm2", "high": "80 mm2"},
            "node": "14nm",
            "yield": {"model": "murphy", "d0_per_cm2": "logic.d0.default"},
            "interpolate": False,
        },
        {"id": "dram", "class": "ic.dram", "capacity": "1 GB", "process": "dram.generic", "qty": 2},
        {"id": "pcb", "class": "pcb", "area": "40 cm2", "layers": 6, "scope": "complete", "note": "n"},
        {
            "id": "psu",
            "class": "manual",
            "carbon": {"value": 1, "dist": "lognormal", "gsd": 1.3},
            "source": "s",
        },
    ],
    "truncation": {"value": 1.4, "low": 1.0, "high": 2.0},
}
TABLE = "id,value,unit,low,high,boundary,year,region,source,licence\nmine,1,kg,,,b,2025,,me,CC0-1.0\n"


def values() -> list[Any]:
    """One of every type of the domain."""
    bill = embodied.parse(CAMERA)
    footprint = bill.footprint(seed=3, draws=50)
    comparison = embodied.compare(bill, embodied.machine(gpus=["NVIDIA B200"]), draws=50)
    space = embodied.explore(bill, {"soc.node": ["14nm", "7nm"]}, figure=len, draws=20)
    validation = embodied.validate([(str(i), 5.0 + i, {"casing": i}, 1.0) for i in (1, 2, 3)])
    return [
        embodied.factor("logic.epa.7nm"),
        embodied.parse_factors(TABLE),
        bill,
        embodied.from_levels({"casing": 2}),
        embodied.parse(
            {
                "schema": "carbon-bom/1",
                "factors": ["t.csv"],
                "lifetime_years": "server.lifetime",
                "parts": [{"id": "a", "class": "row", "factor": "mine"}],
            },
            files={"t.csv": TABLE},
        ),
        footprint,
        footprint.parts[0],
        footprint.factors[0],
        comparison,
        comparison.ratio,
        comparison.drivers[0],
        space,
        space.points[1],
        space.axes[0],
        embodied.logic_cpa("7nm"),
        embodied.effective_area(814),
        embodied.chiplet("logic", 14, 30),
        embodied.rdl_package([("logic", 14, 30.0), ("sram", 14, 20.0)]),
        embodied.act_footprint({"silicon": {"a": {"area": "1 mm2", "process": "7nm"}}}),
        validation,
        validation.model,
        validation.trivial[0],
    ]


@pytest.mark.parametrize("value", values(), ids=lambda value: type(value).__name__)
def test_a_value_pickles_and_copies(value: Any) -> None:
    for other in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert type(other) is type(value)
        assert other == value
        if hasattr(value, "to_json"):
            assert other.to_json() == value.to_json()
        if isinstance(value, embodied.Bom):
            assert other.footprint(seed=1, draws=30) == value.footprint(seed=1, draws=30)


def test_every_type_is_among_them() -> None:
    types = {
        getattr(embodied, name) for name in embodied.__all__ if isinstance(getattr(embodied, name), type)
    }
    assert types == {type(value) for value in values()}


def test_values_that_differ_are_not_equal() -> None:
    bill = embodied.parse(CAMERA)
    other = copy.deepcopy(CAMERA)
    other["parts"][0]["node"] = "7nm"
    assert bill != embodied.parse(other)
    assert bill.footprint(seed=1, draws=20) != bill.footprint(seed=2, draws=20)


def test_a_state_of_another_version_is_refused() -> None:
    empty = embodied.Spread.__new__(embodied.Spread)
    with pytest.raises(co2lib.Error) as error:
        empty.__setstate__((99, 1.0, 1.0, 1.0, 1.0))  # type: ignore[attr-defined]
    assert error.value.code == "embodied.bad_state"
    assert "Spread" in str(error.value)


def test_a_space_is_every_combination_and_its_front() -> None:
    bill = embodied.parse(CAMERA)
    asked: list[dict[str, Any]] = []

    def delay(given: dict[str, Any]) -> float:
        asked.append(given)
        return {"14nm": 30.0, "7nm": 20.0}[given["soc.node"]] / given["dram.qty"]

    axes = {"soc.node": ["14nm", "7nm"], "dram.qty": [1, 2], "soc.yield": [None, 0.9]}
    space = embodied.explore(bill, axes, figure=delay)
    assert len(space) == len(space.points) == len(asked) == 8
    assert asked[1] == {"soc.node": "14nm", "dram.qty": 1, "soc.yield": 0.9}
    for given, point in zip(list(asked), space.points, strict=True):
        document = copy.deepcopy(CAMERA)
        soc, dram = document["parts"][:2]
        soc["node"], dram["qty"] = given["soc.node"], given["dram.qty"]
        soc.pop("yield") if given["soc.yield"] is None else soc.update({"yield": given["soc.yield"]})
        assert point.value == embodied.parse(document).footprint(draws=0).value
        assert point.figure == delay(given)
        beaten = any(
            other.value <= point.value
            and other.figure <= point.figure
            and (other.value < point.value or other.figure < point.figure)
            for other in space.points
        )
        assert point.on_front != beaten
    assert [point.value for point in space.front] == sorted(point.value for point in space.front)
    document = json.loads(space.to_json())
    assert document["points"][3]["value_kg"] == space.values_kg[3]


def test_a_space_of_years_is_the_share_of_a_use() -> None:
    bill = embodied.parse(CAMERA)
    space = embodied.explore(bill, {"lifetime_years": [2, 4]}, reserved=timedelta(days=1), draws=40, seed=2)
    assert space.values_kg[0] == pytest.approx(2 * space.values_kg[1])
    alone = embodied.share(bill.footprint(seed=2, draws=40), reserved=timedelta(days=1), lifetime_years=4)
    assert space.points[1].interval == alone.interval


def test_every_level_expands_to_parts_that_have_a_footprint() -> None:
    seen = 0
    for row in embodied.factors():
        if not row.id.startswith("hsl.qty."):
            continue
        block, level = row.id.split(".")[2:4]
        bill = embodied.expand_hsl(block, int(level))
        left_out = [issue.subject for issue in bill.issues if issue.code == "not_expanded"]
        assert (row.id in left_out) or len(bill) > 0 or row.value == 0
        assert bill.footprint(draws=0).kilograms >= 0
        seen += 1
    assert seen > 60
    memory = embodied.expand_hsl("memory", 2)
    assert memory.part_ids == ["memory.dram", "memory.flash"]
    # 1 GB of DRAM at 0.29 kg/GB and 4 GB of flash at 0.018 kg/GB.
    assert memory.footprint(draws=0).kilograms == pytest.approx(0.29 + 4 * 0.018)
    with pytest.raises(LookupError):
        embodied.expand_hsl("processing", 9)


def test_an_axis_that_is_none_is_refused() -> None:
    bill = embodied.parse(CAMERA)
    for axes, code in (
        ({}, "embodied.out_of_range"),
        ({"soc.node": []}, "embodied.out_of_range"),
        ({"gpu.node": ["7nm"]}, "embodied.bad_bom"),
        ({"soc.area": ["1 kg"]}, "embodied.bad_unit"),
        ({"soc.area": [object()]}, "embodied.bad_bom"),
        ({"soc.area": [float("nan")]}, "embodied.bad_bom"),
        ({"dram.qty": [-1]}, "embodied.out_of_range"),
    ):
        with pytest.raises(co2lib.Error) as error:
            embodied.explore(bill, axes)
        assert error.value.code == code, axes

    def broken(given: dict[str, Any]) -> float:
        raise ZeroDivisionError(given["soc.node"])

    with pytest.raises(ZeroDivisionError, match="7nm"):
        embodied.explore(bill, {"soc.node": ["7nm"]}, figure=broken)
