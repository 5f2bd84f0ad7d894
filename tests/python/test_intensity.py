# SPDX-License-Identifier: MIT
"""Domain intensity in Python: vectors, laws and refusals."""

from __future__ import annotations

import itertools
import json
import math
import os
import pickle
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import co2lib
from co2lib import CarbonIntensity, Energy, intensity
from co2lib.testing import compare
from co2lib.testing._skip import SkipVector
from co2lib.testing.intensity import KINDS

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "intensity.json"
VECTORS = [v for v in json.loads(GOLDEN.read_text(encoding="utf-8"))["vectors"] if v["kind"] in KINDS]
START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def kwh(x: float) -> Energy:
    return Energy.from_kwh(x)


def series(values: list[float | None], **more: Any) -> intensity.Trace:
    return intensity.Trace.regular(START, HOUR, values, **more)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vector(vector: dict[str, Any]) -> None:
    try:
        got = KINDS[vector["kind"]](vector["input"])
    except co2lib.Error as error:
        got = {"error": error.code}
    except SkipVector as reason:
        pytest.skip(str(reason))
    assert compare(vector["expected"], got, vector.get("tolerance")) == []


def test_vectors_are_all_there() -> None:
    document = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert document["count"] == len(document["vectors"]) == len(VECTORS)
    assert {v["kind"] for v in VECTORS} == set(KINDS)


# --- laws ------------------------------------------------------------------------------------------------

values = st.lists(st.floats(0, 2000), min_size=6, max_size=6)
minute = st.integers(0, 360)


@given(values, minute, minute, st.lists(minute, max_size=8), st.sampled_from(["step", "linear"]))
def test_cutting_a_sample_changes_nothing(v: list[float], a: int, b: int, cuts: list[int], mode: str) -> None:
    a, b = min(a, b), max(a, b)
    if a == b:
        return
    trace = series([*v])
    whole = trace.price([(START + timedelta(minutes=a), START + timedelta(minutes=b), kwh(3))], mode=mode)
    edges = sorted({a, b, *(c for c in cuts if a < c < b)})
    parts = trace.price(
        [
            (START + timedelta(minutes=p), START + timedelta(minutes=q), kwh(3 * (q - p) / (b - a)))
            for p, q in itertools.pairwise(edges)
        ],
        mode=mode,
    )
    assert math.isclose(whole.mass.grams, parts.mass.grams, rel_tol=1e-12, abs_tol=1e-300)


@given(values, minute, minute, minute)
def test_adjacent_windows_add_up(v: list[float], a: int, b: int, c: int) -> None:
    a, b, c = sorted((a, b, c))
    trace = series([*v])

    def grams(p: int, q: int) -> float:
        sample = (START + timedelta(minutes=p), START + timedelta(minutes=q), kwh((q - p) / 60))
        return trace.price([sample]).mass.grams if p < q else 0.0

    assert math.isclose(grams(a, b) + grams(b, c), grams(a, c), rel_tol=1e-12, abs_tol=1e-300)


@given(values, st.floats(0, 1e6))
def test_the_series_scales_the_grams(v: list[float], factor: float) -> None:
    samples = [
        (START + timedelta(minutes=17 * i), START + timedelta(minutes=17 * i + 17), kwh(0.1 * i))
        for i in range(20)
    ]
    trace = series([*v])
    scaled = trace.scaled(factor).price(samples)
    assert math.isclose(
        scaled.mass.grams, factor * trace.price(samples).mass.grams, rel_tol=1e-12, abs_tol=1e-290
    )
    assert scaled.energy == trace.price(samples).energy


@given(
    st.floats(0, 1e9),
    st.sampled_from(
        ["lb/MWh", "lbs_co2_per_mwh", "kgCO2/MWh", "t/MWh", "kg/kWh", "t/kWh", "g/MJ", "gCO2eq/kWh"]
    ),
)
def test_units_round_trip(x: float, unit: str) -> None:
    there = intensity.convert(x, unit, "g/kWh")
    assert math.isclose(intensity.convert(there, "g/kWh", unit), x, rel_tol=1e-15, abs_tol=1e-300)


@given(
    st.datetimes(datetime(1750, 1, 1), datetime(2150, 1, 1)),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_times_round_trip(moment: datetime, offset: int) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert intensity.parse_time(intensity.format_time(aware)) == aware
    assert intensity.parse_time(aware.isoformat()) == aware


# --- pricing ---------------------------------------------------------------------------------------------


def test_a_sample_across_an_edge_is_not_priced_with_its_end() -> None:
    priced = series([100, 300]).price(
        [(START + timedelta(minutes=45), START + timedelta(minutes=75), kwh(1))]
    )
    assert priced.mass.grams == pytest.approx(200, rel=1e-12)
    assert priced.mean is not None
    assert priced.mean.g_per_kwh == pytest.approx(200, rel=1e-12)
    assert priced.hours == 0.5
    assert [(o.origin, o.energy.kwh) for o in priced.origins] == [("trace", 1.0)]


def test_filled_time_has_its_own_line_and_issue() -> None:
    trace = series([100, None, 300])
    priced = trace.price([(START, START + 3 * HOUR, kwh(3))], gap="hold")
    assert {o.origin: o.mass.grams for o in priced.origins} == pytest.approx({"trace": 400, "hold": 100})
    assert priced.coverage == pytest.approx(2 / 3)
    assert [i.code for i in priced.issues] == ["filled_hold"]


def test_a_hole_between_records_is_a_gap_like_a_missing_value() -> None:
    holed = intensity.Trace(
        [
            intensity.Record(START, START + HOUR, CarbonIntensity.from_g_per_kwh(100)),
            intensity.Record(START + 3 * HOUR, START + 4 * HOUR, CarbonIntensity.from_g_per_kwh(250)),
        ]
    )
    sample = [(START, START + 4 * HOUR, kwh(4))]
    with pytest.raises(co2lib.Error) as caught:
        holed.price(sample)
    assert caught.value.code == "intensity.gap"
    assert caught.value.details == {"start": "2024-03-01T01:00:00Z", "end": "2024-03-01T03:00:00Z"}
    assert holed.price(sample, gap="interpolate").mass.grams == pytest.approx(100 + 150 + 200 + 250)
    assert holed.price(sample, gap="hold").mass.grams == pytest.approx(100 * 3 + 250)
    # the window ends inside the hole
    half = [(START, START + 2 * HOUR, kwh(2))]
    assert holed.price(half, gap="interpolate").mass.grams == pytest.approx(250)
    assert holed.price(half, gap="interpolate", mode="linear").mass.grams == pytest.approx(125 + 175)


def test_no_samples_have_no_mean() -> None:
    nothing = series([100]).price([])
    assert nothing.mass.grams == 0
    assert nothing.mean is None


@pytest.mark.parametrize(
    ("samples", "code"),
    [
        ([(START, START + HOUR, kwh(math.nan))], "intensity.bad_value"),
        ([(START, START + HOUR, kwh(math.inf))], "intensity.bad_value"),
        ([(START + HOUR, START, kwh(1))], "intensity.bad_time"),
        ([(START + HOUR, START + 2 * HOUR, kwh(1)), (START, START + HOUR, kwh(1))], "intensity.bad_time"),
        ([(START - HOUR, START + HOUR, kwh(1))], "intensity.out_of_range"),
        ([(START + 2 * HOUR, START + 2 * HOUR, kwh(1))], "intensity.out_of_range"),
        ([("2024-03-01T00:00:00", START + HOUR, kwh(1))], "intensity.bad_time"),
        ([(START.replace(tzinfo=None), START + HOUR, kwh(1))], "intensity.bad_time"),
    ],
)
def test_samples_that_cannot_be_priced(samples: list[Any], code: str) -> None:
    with pytest.raises(co2lib.Error) as caught:
        series([100, 200]).price(samples)
    assert caught.value.code == code
    assert isinstance(caught.value, ValueError)


def test_records_that_disagree() -> None:
    def record(hours: tuple[float, float], g: float, **more: Any) -> intensity.Record:
        return intensity.Record(
            START + hours[0] * HOUR, START + hours[1] * HOUR, CarbonIntensity.from_g_per_kwh(g), **more
        )

    later = {"updated_at": START + 9 * HOUR}
    assert len(intensity.Trace([record((0, 1), 5), record((0, 1), 5)])) == 1
    newest = intensity.Trace([record((0, 1), 5, **later), record((0, 1), 6, updated_at=START)])
    assert newest.at(START) == CarbonIntensity.from_g_per_kwh(5)
    for second, code in [
        (record((0, 1), 6), "intensity.overlap"),
        (record((0.5, 1.5), 5), "intensity.overlap"),
        (record((1, 2), 5, signal="marginal"), "intensity.mixed_signals"),
        (record((1, 2), 5, scope="direct"), "intensity.mixed_signals"),
        (record((1, 2), -5), "intensity.bad_value"),
        (record((1, 2), math.nan), "intensity.bad_value"),
        (record((2, 1), 5), "intensity.bad_time"),
    ]:
        with pytest.raises(co2lib.Error) as caught:
            intensity.Trace([record((0, 1), 5), second])
        assert caught.value.code == code
    negative = intensity.Trace([record((0, 1), -5, signal="marginal")])
    assert negative[0].flags == ["negative"]
    assert [i.code for i in negative.price([(START, START + HOUR, kwh(1))]).issues] == ["negative"]


# --- sources and places ----------------------------------------------------------------------------------


def test_a_function_is_a_source_also_from_threads() -> None:
    def by_hour(t: datetime) -> CarbonIntensity:
        return CarbonIntensity.from_g_per_kwh(100 + t.hour)

    source = intensity.make_source(by_hour, name="ours", resolution=HOUR, relative_error=(-0.1, 0.2))
    results: list[float] = []

    def work() -> None:
        results.append(intensity.price([(START, START + 2 * HOUR, kwh(2))], source).mass.grams)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [pytest.approx(201)] * 4
    assert source.relative_error == intensity.RelativeError(-0.1, 0.2)
    assert source.at(START + HOUR).value == CarbonIntensity.from_g_per_kwh(101)
    assert source.describe().name == "ours"


def test_errors_of_a_function_pass_through() -> None:
    def broken(_: datetime) -> CarbonIntensity:
        raise KeyError("no data today")

    with pytest.raises(KeyError, match="no data today"):
        intensity.price([(START, START + HOUR, kwh(1))], broken)
    with pytest.raises(co2lib.Error, match="must return a co2lib"):
        intensity.price([(START, START + HOUR, kwh(1))], lambda _: 100)


def test_a_location_is_priced_by_the_year_of_the_time() -> None:
    new_year = datetime(2025, 1, 1, tzinfo=UTC)
    source = intensity.location_source("deu")
    assert len(source.between(new_year - HOUR, new_year + HOUR)) == 2
    priced = intensity.price([(new_year - HOUR, new_year + HOUR, kwh(2))], source)
    assert priced.mass.grams == pytest.approx(380.95 + 329.65)
    assert [o.origin for o in priced.origins] == ["annual_factor"]
    assert sorted(s.year for s in priced.sources) == [2023, 2025]
    assert priced.error == intensity.RelativeError(-0.4, 0.4)


def test_the_world_average_is_flagged() -> None:
    priced = intensity.price([(START, START + HOUR, kwh(1))], intensity.world_average())
    assert priced.mass.grams == pytest.approx(472.94)
    assert [i.code for i in priced.issues] == ["world_average"]
    assert priced.error == intensity.RelativeError(-0.95, 1.85)
    by_name = intensity.price([(START, START + HOUR, kwh(1))], intensity.location_source("WORLD"))
    assert by_name.mass == priced.mass
    assert by_name.error == priced.error
    assert by_name.issues == []  # it was asked for


def test_an_old_factor_is_flagged() -> None:
    assert [i.code for i in intensity.factor("ESH", year=2015).issues] == ["old_factor"]
    assert intensity.factor("ESH", year=2014).issues == []
    assert intensity.factor("FRA", year=2025).issues == []


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("Germany", "DEU"),
        ("FRNA", "FRA"),
        ("eu-north-1", "aws:eu-north-1"),
        ("aws:eu-nort-1", "aws:eu-north-1"),
        ("US-WX", "US-WA"),
        ("CAF", "CAN"),
        ("", None),
        ("UK", "GBR"),
        ("Türkiye", "TUR"),
    ],
)
def test_an_unknown_place_names_the_nearest(asked: str, nearest: str | None) -> None:
    for call in (intensity.factor, intensity.location_source):
        with pytest.raises(LookupError) as caught:
            call(asked)
        assert isinstance(caught.value, co2lib.Error)
        assert caught.value.code == "intensity.unknown_zone"
        assert len(caught.value.details["nearest"]) == 3
        assert nearest is None or nearest in caught.value.details["nearest"]
        assert pickle.loads(pickle.dumps(caught.value)).details == caught.value.details


def test_a_wider_place_and_an_estimate_are_told_in_the_price() -> None:
    samples = [(datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 6, 2, tzinfo=UTC), kwh(1))]
    priced = intensity.price(samples, intensity.location_source("no-no1", scope="direct"))
    assert [(i.code, i.subject) for i in priced.issues] == [
        ("wider_place", "NO-NO1"),
        ("estimated_factor", "NO-NO1"),
    ]
    assert "that of NOR is used" in priced.issues[0].text
    assert [(s.id, s.year) for s in priced.sources] == [("NOR", 2023)]


def test_a_factor_says_what_was_asked_and_what_answered() -> None:
    found = intensity.factor("azure:westus2", scope="direct", year=2024)
    assert (found.place, found.via, found.year) == ("azure:westus2", "US-WA", 2023)
    assert (found.method, found.gas, found.basis) == ("published", "CO2", "production")
    assert found.line == "azure:westus2 by US-WA 2023, published"
    assert str(found).startswith(
        "azure:westus2 by US-WA 2023, published: 120.2 g CO2e/kWh (direct; EPA eGRID2023"
    )
    source = intensity.location_source("azure:westus2", scope="direct")
    assert source.line("2022-12-31T23:00Z", "2023-01-01T01:00Z") == (
        "azure:westus2 by US-WA 2016, published; azure:westus2 by US-WA 2023, published"
    )


def test_a_place_has_one_key_however_it_is_written() -> None:
    for text in ("de", "DEU", " deu\n"):
        assert intensity.place(text).key == "DEU"
    place = intensity.place("AWS:us-west-2")
    assert (place.key, place.name, place.country, place.subdivision) == (
        "aws:us-west-2",
        "Oregon",
        "USA",
        "US-OR",
    )
    assert [p.key for p in intensity.places()] == intensity.locations()


def test_the_error_for_an_unknown_place_tells_names_and_the_way_to_the_list() -> None:
    with pytest.raises(LookupError, match=r"nearest: DEU \(Germany\), ") as caught:
        intensity.factor("Germany")
    assert "co2lib intensity --list" in str(caught.value)
    with pytest.raises(LookupError, match="'EU' is a group of countries"):
        intensity.factor("EU")
    for text in ("日本", "é" * 100, "\ud7ff", "\0", "x\ny"):
        with pytest.raises(LookupError):
            intensity.factor(text)


def test_a_year_has_four_digits() -> None:
    with pytest.raises(ValueError, match="the year is 25; give all four digits"):
        intensity.factor("FRA", year=25)


def test_the_spot_values_of_the_tables() -> None:
    spots = {
        "lifecycle": {"DEU": 329.65, "GBR": 217.41, "FRA": 41.45, "POL": 590.8, "LSO": 20.83, "TKM": 1306.27}
        | {
            "US-WY": 878.739277,
            "CA-QC": 27.633294,
            "AU-VIC": 870,
            "gcp:us-central1": 452.474779,
            "WORLD": 458.49,
        },
        "direct": {
            "US-WY": 825.674191,
            "USA": 347.996066,
            "US-VT": 19.504472,
            "CA-QC": 2.565,
            "CA-AB": 346.102,
        }
        | {"FRA": 36, "DEU": 291, "gcp:us-central1": 412.72, "WORLD": 475},
    }
    for scope, values in spots.items():
        found = {place: intensity.factor(place, scope=scope, year=2026).g_per_kwh for place in values}
        assert found == pytest.approx(values, abs=1e-6)
    countries = [p.key for p in intensity.places() if p.key == p.country]
    assert len(countries) == 212
    assert sum(intensity.factor(p).g_per_kwh for p in countries) == pytest.approx(90428.124, abs=1e-6)
    assert max(countries, key=lambda p: intensity.factor(p).g_per_kwh) == "TKM"
    regions = [p for p in intensity.locations() if p.startswith("gcp:")]
    assert sum(intensity.factor(p, scope="direct").g_per_kwh for p in regions) == pytest.approx(
        13642.60, abs=1e-6
    )


# --- files -----------------------------------------------------------------------------------------------

OURS = "start,end,value,unit,signal,scope\n2024-01-01T00:00Z,2024-01-01T01:00Z,916,lb/MWh,average,direct\n"
CARBONCAST = ",UTC time,carbon_intensity,coal\n0,01/31/2020 00:00:00,330.62,12\n1,01/31/2020 01:00:00,,15\n"
MAPS = (
    "Datetime (UTC),Country,Zone Name,Zone Id,Carbon Intensity gCO₂eq/kWh (direct),"
    "Carbon Intensity gCO₂eq/kWh (LCA),Data Estimated\r\n"
    "2022-01-01 00:00:00,X,Y,XX,52.2,89.98,false\r\n2022-01-01 02:00:00,X,Y,XX,53,91,true\r\n"
    "2022-01-01 01:00:00,X,Y,XX,,,false\r\n"
)


def test_our_own_csv() -> None:
    trace = intensity.parse_csv(OURS)
    assert trace.scope == "direct"
    assert trace[0].value == CarbonIntensity.from_g_per_kwh(415.49061092)
    bare = "start,end,value\n2024-01-01T00:00Z,2024-01-01T01:00Z,0\n2024-01-01T01:00Z,2024-01-01T02:00Z,\n"
    trace = intensity.parse_csv(bare, unit="gCO2eq/kWh", signal="average", scope="lifecycle")
    assert [r.value for r in trace.records()] == [CarbonIntensity.from_g_per_kwh(0), None]


def test_electricity_maps_csv() -> None:
    lifecycle = intensity.parse_csv(MAPS)
    assert [r.value and r.value.g_per_kwh for r in lifecycle.records()] == [89.98, None, 91]
    assert [r.status for r in lifecycle.records()] == ["measured", "measured", "estimated"]
    assert lifecycle.zone == "XX"
    assert lifecycle.source.licence == "ODbL-1.0"
    direct = intensity.parse_csv(MAPS, scope="direct")
    assert direct[0].value == CarbonIntensity.from_g_per_kwh(52.2)
    assert direct.scope == "direct"


def test_carboncast_csv() -> None:
    trace = intensity.parse_csv(CARBONCAST, zone="CISO")
    assert trace.start == datetime(2020, 1, 31, tzinfo=UTC)
    assert trace[1].value is None
    assert trace.zone == "CISO"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("time,grams\n1,2\n", "bad_value", "not one of the three"),
        ("", "bad_value", "no header"),
        (OURS.replace("lb/MWh", "index"), "not_convertible", "f.csv:2"),
        (OURS.replace("lb/MWh", "furlong"), "bad_unit", "f.csv:2"),
        (OURS.replace("916", "-1"), "bad_value", "f.csv:2"),
        (OURS.replace("916", "many"), "bad_value", "f.csv:2"),
        (OURS.replace("916", "nan"), "bad_value", "f.csv:2"),
        (OURS.replace("00:00Z", "00:00"), "bad_time", "f.csv:2"),
        (OURS.replace("T01:00Z", "T00:00Z"), "bad_time", "f.csv:2"),
        (OURS.replace("average", "typical"), "bad_value", "f.csv:2"),
        (OURS.replace(",unit", ",einheit"), "bad_value", "einheit"),
        (OURS + OURS.splitlines()[1].replace("916", "917") + "\n", "overlap", "f.csv"),
        (
            OURS + OURS.splitlines()[1].replace("T0", "T1").replace("direct", "lifecycle") + "\n",
            "mixed_signals",
            "f.csv",
        ),
        ("start,end,value\n2024-01-01T00:00Z,2024-01-01T01:00Z,0\n", "bad_unit", "unit"),
        (MAPS.replace("(LCA)", "(other)"), "bad_value", "(LCA)"),
        (MAPS.replace("2022-01-01 02", "2022-02-30 02"), "bad_time", "f.csv:3"),
        (MAPS.replace("X,Y,XX,53", "X,Y,ZZ,53"), "mixed_signals", "f.csv:3"),
        (CARBONCAST.replace("01/31", "31/01"), "bad_time", "f.csv:2"),
        (CARBONCAST.replace(",12", ",12,13"), "bad_value", "line 2"),
    ],
)
def test_a_bad_file_names_its_line(text: str, code: str, words: str) -> None:
    with pytest.raises(co2lib.Error) as caught:
        intensity.parse_csv(text, name="f.csv")
    assert caught.value.code == f"intensity.{code}"
    assert words in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(OSError, match="cannot be read") as caught:
            intensity.read_csv(path)
        assert isinstance(caught.value, co2lib.Error)
        assert caught.value.code == "core.io"


def test_units_keep_to_their_quantity() -> None:
    assert intensity.convert(1, "kgCO2eq/kWh", "g/kWh") == 1000
    for pair, code in {
        ("kWh", "g/kWh"): "bad_unit",
        ("gco2/kWh", "g/kWh"): "bad_unit",
        ("gCO2eqs/kWh", "g/kWh"): "bad_unit",
        ("g/kWh", "percent"): "not_convertible",
    }.items():
        with pytest.raises(co2lib.Error) as caught:
            intensity.convert(1, *pair)
        assert caught.value.code == f"intensity.{code}"


def test_the_module_imports_neither_numpy_nor_ssl() -> None:
    code = "import sys, co2lib.intensity; print(sorted({'numpy', 'ssl'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert done.stdout.strip() == "[]"
