# SPDX-License-Identifier: MIT
"""Quantities, their intervals and estimates, and unit texts."""

from __future__ import annotations

import copy
import csv
import math
import os
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import co2lib
from co2lib import CarbonIntensity, CarbonMass, Energy, Power, Water, WaterIntensity, _core

FACTORIES = {
    Energy: ("joules", "kwh", "wh"),
    Power: ("watts", "kilowatts"),
    CarbonMass: ("grams", "kilograms", "tonnes"),
    CarbonIntensity: ("g_per_kwh", "kg_per_kwh"),
    Water: ("litres",),
    WaterIntensity: ("l_per_kwh",),
}
QUANTITIES = list(FACTORIES)
PAIRS = [(cls, name) for cls, names in FACTORIES.items() for name in names]

finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e100, max_value=1e100)
canonical = st.sampled_from(QUANTITIES).flatmap(
    lambda cls: finite.map(getattr(cls, f"from_{FACTORIES[cls][0]}"))
)


def one(cls: type, value: float = 1.0) -> Any:
    return getattr(cls, f"from_{FACTORIES[cls][0]}")(value)


@pytest.mark.parametrize(("cls", "name"), PAIRS)
@given(value=finite)
def test_a_unit_is_read_back_as_it_was_given(cls: type, name: str, value: float) -> None:
    quantity = getattr(cls, f"from_{name}")(value)
    assert getattr(quantity, name) == pytest.approx(value, rel=1e-15, abs=1e-300)


@given(quantity=canonical)
def test_repr_pickle_and_copy_give_the_same_quantity(quantity: Any) -> None:
    assert eval(repr(quantity), {type(quantity).__name__: type(quantity)}) == quantity
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(quantity, protocol)) == quantity
    assert copy.deepcopy(quantity) == quantity
    assert hash(copy.copy(quantity)) == hash(quantity)


@given(a=finite, b=finite)
def test_sums_and_order_are_those_of_the_numbers(a: float, b: float) -> None:
    x, y = Energy.from_joules(a), Energy.from_joules(b)
    assert (x + y).joules == a + b
    assert (x - y).joules == a - b
    assert x + y == y + x
    assert (-x).joules == -a
    assert (x < y, x <= y, x > y, x >= y, x == y, x != y) == (a < b, a <= b, a > b, a >= b, a == b, a != b)
    assert sorted([x, y]) == [Energy.from_joules(v) for v in sorted([a, b])]


def test_constants_are_exact() -> None:
    assert Energy.from_kwh(1).joules == 3.6e6
    assert Energy.from_wh(1).joules == 3600
    assert CarbonMass.from_tonnes(1).grams == 1e6
    assert Energy().joules == 0


def test_zero_and_negative_zero_are_equal_with_one_hash() -> None:
    assert Energy.from_joules(-0.0) == Energy()
    assert hash(Energy.from_joules(-0.0)) == hash(Energy())


def test_products_and_quotients_belong_together() -> None:
    energy = Power.from_watts(250).times(7200)
    assert energy == Energy.from_wh(500)
    assert Power.from_watts(250).times(timedelta(hours=2)) == energy
    assert energy.over(1800) == energy.over(timedelta(minutes=30)) == Power.from_kilowatts(1)
    assert energy / Power.from_watts(250) == 7200.0
    mass = energy * CarbonIntensity.from_g_per_kwh(400)
    assert mass == CarbonIntensity.from_g_per_kwh(400) * energy == CarbonMass.from_grams(200)
    assert mass / energy == CarbonIntensity.from_g_per_kwh(400)
    assert mass / CarbonIntensity.from_g_per_kwh(400) == energy
    water = energy * WaterIntensity.from_l_per_kwh(1.8)
    assert water == WaterIntensity.from_l_per_kwh(1.8) * energy == Water.from_litres(0.9)
    assert (water / energy).l_per_kwh == pytest.approx(1.8)
    assert energy / energy == 1.0
    assert energy * 2 == 2 * energy == energy + energy
    assert energy / 2 == Energy.from_wh(250)


@pytest.mark.parametrize("cls", QUANTITIES)
@pytest.mark.parametrize("other", [*QUANTITIES, float, int, str, None])
def test_only_meaningful_operators_exist(cls: type, other: Any) -> None:
    left = one(cls)
    right = None if other is None else one(other) if other in FACTORIES else other(1)
    if other is not cls:
        with pytest.raises(TypeError):
            left + right
        with pytest.raises(TypeError):
            right - left
        with pytest.raises(TypeError):
            _ = left < right
        with pytest.raises(TypeError):
            _ = right >= left
        assert left != right
        assert (left == right) is False
    if other is cls or other in (str, None):
        with pytest.raises(TypeError):
            left * right
    with pytest.raises(TypeError):
        left % right
    with pytest.raises(TypeError):
        1.0 / left


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Energy, Power),
        (Energy, CarbonMass),
        (Power, CarbonIntensity),
        (CarbonMass, CarbonIntensity),
        (CarbonIntensity, WaterIntensity),
        (Water, Energy),
    ],
)
def test_products_without_a_meaning_do_not_exist(left: type, right: type) -> None:
    with pytest.raises(TypeError):
        one(left) * one(right)
    with pytest.raises(TypeError):
        one(right) * one(left)


@pytest.mark.parametrize("cls", QUANTITIES)
def test_a_quantity_is_no_number(cls: type) -> None:
    with pytest.raises(TypeError):
        float(one(cls))
    with pytest.raises(TypeError):
        cls(3.0)
    with pytest.raises(TypeError):
        getattr(cls, f"from_{FACTORIES[cls][0]}")("3")
    with pytest.raises(AttributeError):
        setattr(one(cls), FACTORIES[cls][0], 3.0)


def test_duration_must_be_a_number_or_a_timedelta() -> None:
    with pytest.raises(TypeError):
        Power.from_watts(1).times("1 h")
    with pytest.raises(TypeError):
        Energy.from_joules(1).over(None)


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Energy.from_kwh(1.25), "1.25 kWh"),
        (Energy.from_wh(999.96), "1 kWh"),
        (Energy.from_joules(12), "12 J"),
        (Power.from_watts(0.25), "250 mW"),
        (CarbonMass.from_grams(1500), "1.5 kg CO2e"),
        (CarbonIntensity.from_g_per_kwh(56), "56 g CO2e/kWh"),
        (Water.from_litres(0.5), "500 mL"),
        (WaterIntensity.from_l_per_kwh(1.8), "1.8 L/kWh"),
    ],
)
def test_text_is_for_people(quantity: Any, text: str) -> None:
    assert str(quantity) == text
    assert f"{quantity}" == text


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (".3f", "1.234 kWh"),
        (".1f", "1.2 kWh"),
        ("8.2f", "    1.23 kWh"),
        ("08.2f", "00001.23 kWh"),
        ("+.2e", "+1.23e+00 kWh"),
        (",.0f", "1 kWh"),
        ("g", "1.2345 kWh"),
        (">12", "   1.234 kWh"),
        ("^13s", "  1.234 kWh  "),
        ("f<10", "1.234 kWhf"),
        ("20", "1.234 kWh           "),
    ],
)
def test_a_format_is_for_the_number_and_the_unit_stays(spec: str, text: str) -> None:
    assert format(Energy.from_kwh(1.2345), spec) == text


@pytest.mark.parametrize("cls", QUANTITIES)
def test_every_quantity_is_formatted_summed_and_rounded(cls: type) -> None:
    x = one(cls, 1.2345)
    assert f"{x:.2f}".startswith("1.23 ")
    assert f"{x:.2f}".split(" ", 1)[1] == str(x).split(" ", 1)[1]
    assert sum([x, x, x]) == x + x + x
    assert sum([x], cls()) == x
    assert abs(-x) == x == abs(x)
    assert getattr(round(x, 2), FACTORIES[cls][0]) == 1.23
    assert round(x) == one(cls, 1)


@pytest.mark.parametrize("spec", [".2%", "d", "x", ".3q", "%Y"])
def test_a_format_that_no_number_has_is_an_error(spec: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)format"):
        format(Energy.from_kwh(1), spec)


def test_rounding_is_in_the_unit_that_is_written() -> None:
    assert round(Energy.from_joules(4_444_444), 1) == Energy.from_kwh(1.2)
    assert round(Energy.from_joules(999.6)) == Energy.from_joules(1000)
    assert round(CarbonMass.from_grams(0.0123456), 2).grams == pytest.approx(0.01235)
    assert round(Energy.from_kwh(15), -1) == Energy.from_kwh(20)  # half to even, as Python's
    with pytest.raises(TypeError):
        round(Energy.from_kwh(1), 1.5)  # type: ignore[arg-type]


def test_only_the_zero_of_sum_is_added() -> None:
    for number in (1, 0.0, -1, "0"):
        with pytest.raises(TypeError):
            number + Energy()  # type: ignore[operator]
    assert sum([], Energy()) == Energy()


@pytest.mark.parametrize("cls", QUANTITIES)
@pytest.mark.parametrize("bare", [5, 5.0, "5 kWh", None, timedelta(seconds=1)])
def test_a_quantity_without_a_unit_says_how_to_make_one(cls: type, bare: Any) -> None:
    with pytest.raises(TypeError, match=rf"{cls.__name__}\.from_\w+\(\.\.\.\).*{cls.__name__}\.parse"):
        cls(bare)


def test_parse_reads_a_number_and_a_unit() -> None:
    assert CarbonMass.parse("5kg") == CarbonMass.from_kilograms(5)
    assert Energy.parse("1.5 kWh") == Energy.from_kwh(1.5)


@given(value=st.floats(min_value=-1e9, max_value=1e9), cls=st.sampled_from(QUANTITIES))
def test_parse_reads_what_python_writes(value: float, cls: Any) -> None:
    unit = {
        Energy: "J",
        Power: "W",
        CarbonMass: "g",
        CarbonIntensity: "g/kWh",
        Water: "L",
        WaterIntensity: "L/kWh",
    }[cls]
    assert getattr(cls.parse(f"{value!r} {unit}"), FACTORIES[cls][0]) == pytest.approx(value, rel=1e-15)


@given(value=st.floats(min_value=1e-9, max_value=1e15), cls=st.sampled_from(QUANTITIES))
def test_parse_reads_what_is_printed(value: float, cls: Any) -> None:
    quantity = one(cls, value)
    assert str(cls.parse(str(quantity))) == str(quantity)


@pytest.mark.parametrize("text", ["kgCO2e/MWh", "g CO2e/kWh", "gCO2/kWh", "gCO2eq/kWh", "kg/MWh"])
def test_one_vocabulary_reads_the_gas_of_a_mass(text: str) -> None:
    assert co2lib.convert(56, text, "g/kWh") == co2lib.intensity.convert(56, text, "g/kWh") == 56
    assert CarbonIntensity.parse(f"56 {text}") == CarbonIntensity.from_g_per_kwh(56)


@pytest.mark.parametrize("text", ["", "5", "five kWh", "nan J", "1e999 J", "1e308 GWh", "5 kwh"])
def test_parse_names_what_it_cannot_read(text: str) -> None:
    with pytest.raises(ValueError, match="units are written exactly") as caught:
        Energy.parse(text)
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "meter.bad_unit"


def test_convert_is_exact_where_the_ratio_is() -> None:
    assert co2lib.convert(937, "lb/MWh", "g/kWh") == pytest.approx(425.01605069, rel=1e-15)
    assert co2lib.convert(1, "kWh", "J") == 3.6e6
    assert co2lib.convert(0.1, "kg", "kg") == 0.1


UNITS = ["J", "kWh", "MWh", "GJ", "W*s", "mW*h", "kW*d"]


@given(value=finite, there=st.sampled_from(UNITS), back=st.sampled_from(UNITS))
def test_convert_there_and_back(value: float, there: str, back: str) -> None:
    assert co2lib.convert(co2lib.convert(value, there, back), back, there) == pytest.approx(value, rel=1e-14)


@given(text=st.text(alphabet="kWhgJsm12/*()9 TiB", max_size=30))
def test_any_text_is_a_unit_or_a_bad_unit(text: str) -> None:
    try:
        same = co2lib.convert(1.0, text, text)
    except co2lib.Error as error:
        same = None
        code = error.code
    assert same == 1.0 or (same is None and code == "meter.bad_unit")


@pytest.mark.parametrize(("source", "target"), [("kWh", "kg"), ("kwh", "J"), ("J", ""), ("g/kWh/", "g/kWh")])
def test_convert_refuses(source: str, target: str) -> None:
    with pytest.raises(co2lib.Error) as caught:
        co2lib.convert(1, source, target)
    assert caught.value.code == "meter.bad_unit"


def unreadable_units(rows: list[dict[str, str]]) -> set[str]:
    """Texts of the column `unit` that are none."""
    bad = set()
    for text in {row["unit"] for row in rows if "unit" in row}:
        try:
            assert co2lib.convert(1.0, text, text) == 1.0
        except co2lib.Error:
            bad.add(text)
    return bad


def test_the_unit_of_every_row_of_a_table_is_read() -> None:
    for _, name in _core.table_names():
        assert unreadable_units(_core.table(name)) == set(), name


# Tables of hardware that no domain has moved in yet, beside the repository where there are any.
FACTORS = Path(
    os.environ.get("CO2LIB_FACTORS") or Path(__file__).resolve().parents[3] / "shared" / "data" / "factors"
)


@pytest.mark.skipif(
    not FACTORS.is_dir(), reason="no tables beside the repository; CO2LIB_FACTORS names their folder"
)
def test_the_unit_of_every_row_of_a_table_to_come_is_read() -> None:
    files = sorted(FACTORS.glob("*.csv"))
    assert files
    for file in files:
        with file.open(encoding="utf-8", newline="") as stream:
            assert unreadable_units(list(csv.DictReader(stream))) == set(), file.name


def test_units_that_cannot_be_read_are_found() -> None:
    rows = [{"unit": "kg"}, {"unit": "kg/(t*km)"}, {"unit": "kg per km"}, {"unit": ""}]
    assert unreadable_units(rows) == {"kg per km", ""}


def test_a_year_has_8760_hours_and_a_circuit_is_a_piece() -> None:
    assert co2lib.convert(4, "year", "h") == 35040
    assert co2lib.convert(1, "day", "h") == 24
    assert co2lib.convert(150, "g/IC", "kg/pc") == 0.15
    assert co2lib.convert(1, "kg/(t*km)", "g/(kg*km)") == 1
    assert Energy.parse("10 mWh") == Energy.from_joules(36)
    assert co2lib.convert(2, "1", "1") == 2


def test_sci() -> None:
    score = co2lib.sci(Energy.from_kwh(2), CarbonIntensity.from_g_per_kwh(50), CarbonMass.from_grams(20), 10)
    assert score == 12
    for units in (0, -1, math.nan, math.inf):
        with pytest.raises(ValueError, match="functional_units"):
            co2lib.sci(Energy(), CarbonIntensity(), CarbonMass(), units)


def test_quantities_are_keys() -> None:
    assert len({Energy.from_kwh(1), Energy.from_joules(3.6e6), Energy.from_wh(1)}) == 2
