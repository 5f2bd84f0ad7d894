# SPDX-License-Identifier: MIT
"""Domain embodied: factors, bills of materials, comparison, shares; laws on random bills."""

from __future__ import annotations

import copy
import json
import math
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import co2lib
from co2lib import embodied, numeric
from co2lib._core import random

CAMERA: dict[str, Any] = {
    "schema": "carbon-bom/1",
    "name": "camera node",
    "parts": [
        {"id": "soc", "class": "ic.logic", "area": "60 mm2", "node": "14nm"},
        {"id": "dram", "class": "ic.dram", "capacity": "1 GB", "process": "dram.generic"},
        {"id": "pcb", "class": "pcb", "area": "40 cm2", "layers": 6},
        {"id": "cell", "class": "battery.liion.nmc", "energy": "10 Wh"},
    ],
    "truncation": {"value": 1.4, "low": 1.0, "high": 2.0},
}


def range_of(footprint: embodied.BomFootprint) -> tuple[float, float]:
    assert footprint.bounds is not None
    return footprint.bounds.low.kilograms, footprint.bounds.high.kilograms


def test_a_footprint_has_range_interval_parts_factors_and_sources() -> None:
    footprint = embodied.parse(CAMERA).footprint(seed=1)
    low, high = range_of(footprint)
    interval = footprint.interval
    assert interval is not None
    assert low < interval.low.kilograms < footprint.kilograms < interval.high.kilograms < high
    assert interval.confidence == 0.9
    assert [part.id for part in footprint.parts] == ["soc", "dram", "pcb", "cell"]
    assert sum(part.value.kilograms for part in footprint.parts) * 1.4 == pytest.approx(footprint.kilograms)
    assert {use.factor.id for use in footprint.factors} >= {"logic.epa.14nm", "dram.generic", "truncation"}
    assert all(source.text and source.licence for source in footprint.sources)
    assert {issue.code for issue in footprint.issues} >= {"default_used", "truncation_applied"}
    document = json.loads(footprint.to_json())
    assert document["value_kg"] == footprint.kilograms
    assert document["interval_kg"]["low"] == interval.low.kilograms


def test_the_draws_are_those_of_philox_by_name() -> None:
    bill = embodied.parse(
        {
            "schema": "carbon-bom/1",
            "parts": [
                {
                    "id": "a",
                    "class": "manual",
                    "source": "s",
                    "carbon": {"value": 2, "low": 1, "high": 5, "share": "mine"},
                }
            ],
        }
    )
    footprint = bill.footprint(seed=7, draws=300)
    expected = [random.triangular(random.draw(7, d, "mine"), 1, 2, 5) for d in range(300)]
    assert footprint.draws_kg == expected
    assert footprint.mean is not None
    assert footprint.mean.kilograms == pytest.approx(numeric.compensated_sum(expected) / 300)
    assert footprint.p50 is not None
    assert footprint.p50.kilograms == numeric.percentile(expected, 0.5)


def test_no_draws_give_bounds_only_and_one_is_refused() -> None:
    bill = embodied.parse(CAMERA)
    footprint = bill.footprint(draws=0)
    assert footprint.interval is None
    assert footprint.mean is None
    assert range_of(footprint) == range_of(bill.footprint(draws=100))
    with pytest.raises(ValueError, match="draws") as caught:
        bill.footprint(draws=1)
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "embodied.out_of_range"


def test_an_unknown_row_is_a_lookup_error_that_names_the_nearest() -> None:
    with pytest.raises(LookupError, match=r"logic\.epa\.7nm") as caught:
        embodied.factor("logic.epa.7mn")
    assert isinstance(caught.value, co2lib.Error)
    assert "logic.epa.7nm" in caught.value.details["nearest"]
    with pytest.raises(LookupError, match="the nearest: 10nm, 14nm"):
        embodied.logic_cpa("11nm")


def test_a_factor_is_whole_hashes_and_pickles() -> None:
    row = embodied.factor("logic.epa.7nm")
    assert (row.value, row.low, row.high, row.unit) == (2.15, 1.72, 2.795, "kWh/cm2")
    assert row.licence == "MIT"
    assert row.boundary.startswith("fab gate")
    assert pickle.loads(pickle.dumps(row)) == row
    assert hash(row) == hash(copy.copy(row))
    assert row in embodied.factors()


def test_a_table_of_ones_own_overrides_and_is_recorded() -> None:
    header = "id,value,unit,low,high,boundary,year,region,source,licence\n"
    own = embodied.parse_factors(
        header + "dram.generic,0.1,kg/GB,0.05,0.2,wafer fab,2025,,my supplier,CC0-1.0\n"
    )
    bill = embodied.parse(CAMERA)
    before, after = bill.footprint(draws=0), bill.footprint(draws=0, factors=[own])
    assert before.kilograms - after.kilograms == pytest.approx(1.4 * 0.19)
    used = next(use.factor for use in after.factors if use.factor.id == "dram.generic")
    assert (used.table, used.source) == ("table", "my supplier")
    with pytest.raises(ValueError, match="missing_source"):
        embodied.parse_factors(header + "x,1,kg,,,b,2025,,,CC0-1.0\n")


def test_a_comparison_shares_what_both_share() -> None:
    bigger = copy.deepcopy(CAMERA)
    bigger["parts"][2]["area"] = "44 cm2"
    a, b = embodied.parse(CAMERA), embodied.parse(bigger)
    result = embodied.compare(a, b, draws=2000)
    assert (result.verdict, result.p_a_lower) == ("a_lower", 1.0)
    assert result.difference_kg.p95 < 0
    assert all(driver.shared for driver in result.drivers)
    # Independent draws of the same pair would not see it.
    first = a.footprint(seed=1, draws=2000).draws_kg
    second = b.footprint(seed=2, draws=2000).draws_kg
    apart = sum(x < y for x, y in zip(first, second, strict=True)) / 2000
    assert 0.3 < apart < 0.7
    same = embodied.compare(a, a, draws=500)
    assert (same.p_a_lower, same.verdict, same.difference_kg.p5, same.difference_kg.p95) == (
        0.5,
        "undecided",
        0,
        0,
    )
    back = embodied.compare(b, a, draws=2000)
    assert back.p_a_lower == 1 - result.p_a_lower
    assert json.loads(result.to_json())["verdict"] == "a_lower"


def test_a_share_takes_the_lifetime_of_call_or_file() -> None:
    footprint = embodied.parse(CAMERA | {"lifetime_years": {"value": 4, "low": 3, "high": 6}}).footprint(
        seed=1
    )
    low, high = range_of(footprint)
    hour = timedelta(hours=1)
    mine = embodied.share(footprint, reserved=hour)
    assert mine.kilograms == pytest.approx(footprint.kilograms / (4 * 8760))
    assert mine.bounds is not None
    assert mine.bounds.low.kilograms == pytest.approx(low / (6 * 8760))
    assert mine.bounds.high.kilograms == pytest.approx(high / (3 * 8760))
    half = embodied.share(footprint, reserved=hour, lifetime_years=2, resource_share=0.5)
    assert half.kilograms == pytest.approx(footprint.kilograms / (4 * 8760))
    with pytest.raises(ValueError, match="no lifetime is given"):
        embodied.share(embodied.parse(CAMERA).footprint(draws=0), reserved=hour)


def test_the_machine_at_hand() -> None:
    footprint = embodied.machine(sockets=2, ram_gb=512, ssd=2, gpus=["NVIDIA B200"] * 2).footprint(seed=1)
    assert footprint.kilograms == pytest.approx(embodied.rack_server(cpus=2, ram_gb=512, ssd=2) + 2 * 284.25)
    assert footprint.lifetime is not None
    assert (footprint.lifetime.id, footprint.lifetime.value) == ("server.lifetime", 4)


def test_gpus_are_within_20_percent_of_what_their_makers_publish() -> None:
    a100 = embodied.interpolated_gpu(node_nm=7, area_cm2=8.26, mem_gb=40, tdp_w=400)
    b200 = embodied.interpolated_gpu(node_nm=4, area_cm2=16.28, mem_gb=180, tdp_w=1000)
    assert a100 == pytest.approx(embodied.factor("gpu.lca.a100_sxm_40").value, rel=0.2)
    assert b200 == pytest.approx(embodied.factor("gpu.pcf.hgx_b200_per_gpu").value, rel=0.2)


def test_act_files_have_acts_numbers_and_say_so() -> None:
    footprint = embodied.act_footprint(
        {"name": "x", "materials": {"board": {"category": "pcb", "area": "10 cm2", "layers": 4}}}
    )
    assert footprint.total_kg == pytest.approx(0.43e-3)
    assert [issue.code for issue in footprint.issues] == ["act_defect"]


def test_files_are_read_with_their_imports(tmp_path: Path) -> None:
    (tmp_path / "radio.json").write_text(
        json.dumps({"schema": "carbon-bom/1", "parts": [{"id": "plug", "class": "connector"}]})
    )
    top = tmp_path / "top.yaml"
    top.write_text("schema: carbon-bom/1\nimports: {r: {file: radio.json, qty: 3}}\n")
    footprint = embodied.load(top).footprint(draws=0)
    assert [(part.id, part.quantity) for part in footprint.parts] == [("r.plug", 3)]
    (tmp_path / "bad.yaml").write_text(
        "schema: carbon-bom/1\nparts:\n  - {id: a, class: pcb, area: 10 kg, layers: 4}\n"
    )
    with pytest.raises(ValueError, match=r"bad\.yaml:3: parts\[0\]\.area: '10 kg'"):
        embodied.load(tmp_path / "bad.yaml")
    with pytest.raises(OSError, match="absent"):
        embodied.load(tmp_path / "absent.yaml")


# ----------------------------------------------------------------------------------------------------------
# Laws on random bills
# ----------------------------------------------------------------------------------------------------------
sizes = st.floats(1e-3, 1e3)


@st.composite
def parts(draw: st.DrawFn) -> dict[str, Any]:
    size = draw(sizes)
    spread = {"value": size, "low": size * draw(st.floats(0.1, 1)), "high": size * draw(st.floats(1, 10))}
    return draw(
        st.sampled_from(
            [
                {"class": "ic.logic", "area": spread, "node": "7nm"},
                {"class": "ic.logic", "area": size / 100, "node": "28nm", "yield": {"model": "murphy"}},
                {"class": "ic.dram", "capacity": spread, "process": "dram.generic"},
                {"class": "pcb", "area": spread, "layers": 2},
                {"class": "material.steel", "mass": spread},
                {"class": "battery.liion.nmc", "energy": spread},
                {"class": "generic", "base": spread, "source": "s"},
            ]
        )
    )


@given(st.lists(parts(), min_size=1, max_size=6), st.integers(0, 2**64 - 1), st.integers(2, 50))
@settings(max_examples=60, deadline=None)
def test_laws_of_random_bills(some: list[dict[str, Any]], seed: int, count: int) -> None:
    listed = [{"id": f"p{i}", **part} for i, part in enumerate(some)]
    footprint = embodied.parse({"schema": "carbon-bom/1", "parts": listed}).footprint(seed=seed, draws=64)
    low, high = range_of(footprint)
    assert 0 <= low <= footprint.kilograms * (1 + 1e-12)
    assert footprint.kilograms <= high * (1 + 1e-12)
    assert all(low * (1 - 1e-9) <= x <= high * (1 + 1e-9) for x in footprint.draws_kg)
    assert math.fsum(part.value.kilograms for part in footprint.parts) == pytest.approx(footprint.kilograms)
    many = embodied.parse(
        {"schema": "carbon-bom/1", "parts": [part | {"qty": count} for part in listed]}
    ).footprint(seed=seed, draws=64)
    assert many.draws_kg == pytest.approx([count * x for x in footprint.draws_kg])
    more = embodied.parse({"schema": "carbon-bom/1", "parts": [*listed, {"id": "x", "class": "connector"}]})
    assert range_of(more.footprint(draws=0)) > (low, high)
