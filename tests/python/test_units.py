# SPDX-License-Identifier: MIT
"""Quantities, their intervals and estimates, and unit texts."""

from __future__ import annotations

import copy
import math
import pickle
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import co2lib
from co2lib import CarbonIntensity, CarbonMass, Energy, Power, Water, WaterIntensity

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


@given(text=st.text(alphabet="kWhgJsm2/*9 TiB", max_size=30))
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


def test_sci() -> None:
    score = co2lib.sci(Energy.from_kwh(2), CarbonIntensity.from_g_per_kwh(50), CarbonMass.from_grams(20), 10)
    assert score == 12
    for units in (0, -1, math.nan, math.inf):
        with pytest.raises(ValueError, match="functional_units"):
            co2lib.sci(Energy(), CarbonIntensity(), CarbonMass(), units)


def test_quantities_are_keys() -> None:
    assert len({Energy.from_kwh(1), Energy.from_joules(3.6e6), Energy.from_wh(1)}) == 2
