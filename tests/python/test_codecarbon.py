# SPDX-License-Identifier: MIT
"""The compatibility arithmetic: its laws, bad input, and CodeCarbon's own code where that is installed."""

from __future__ import annotations

import csv
import importlib
import importlib.metadata
import json
import math
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import co2lib
from co2lib import codecarbon
from co2lib.codecarbon import Zone

KWH = st.floats(min_value=0, max_value=1e6)
WATTS = st.floats(min_value=0, max_value=1e5)
RANGE_UJ = 262143328850
DEU = codecarbon.factor(country_iso_code="DEU").kg_per_kwh
TABLES = ("world", "countries", "usa_states", "canada_mix", "canada_fuels", "nordic_zones", "gcp_regions")


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ValueError, match=r"\[meter\.") as caught:
        call()
    assert isinstance(caught.value, co2lib.Error)
    return caught.value.code


# ------------------------------------------------------------------------------------------------------------
# Units and models
# ------------------------------------------------------------------------------------------------------------


@given(st.floats(min_value=0, max_value=1e18))
def test_counter_energy_is_eight_in_ten_million_too_high(uj: float) -> None:
    exact = uj / 3.6e12
    assert codecarbon.kwh(uj, "uJ") == pytest.approx(exact * (1 + 8e-7), rel=1e-14)
    assert codecarbon.kwh(uj / 1000, "mJ") == pytest.approx(codecarbon.kwh(uj, "uJ"), rel=1e-14)


@given(WATTS, st.floats(min_value=0, max_value=1e7))
def test_power_times_time_has_no_such_error(watts: float, seconds: float) -> None:
    exact = co2lib.Power.from_watts(watts).times(seconds).kwh
    assert codecarbon.power_time(watts, seconds) == pytest.approx(exact, rel=1e-14)


@given(st.floats(min_value=0, max_value=100), st.floats(min_value=0, max_value=100), WATTS)
def test_load_power_is_monotone_between_a_tenth_of_the_tdp_and_the_tdp(
    a: float, b: float, tdp: float
) -> None:
    low, high = (codecarbon.cpu_load(load, tdp) for load in sorted((a, b)))
    assert low.watts <= high.watts
    assert codecarbon.cpu_load(0, tdp).watts == pytest.approx(0.1 * tdp)
    assert codecarbon.cpu_load(100, tdp).watts == pytest.approx(tdp)
    assert high.kilowatts == pytest.approx(high.watts / 1000)


def test_an_unknown_tdp_is_85_w() -> None:
    assert codecarbon.cpu_constant() == codecarbon.cpu_constant(85)
    assert codecarbon.cpu_load(40) == codecarbon.cpu_load(40, 85)
    assert codecarbon.cpu_process([3.0], 10, 4) == codecarbon.cpu_process([3.0], 10, 4, 85)


@given(st.lists(st.floats(min_value=-5, max_value=50), max_size=8), st.integers(min_value=1, max_value=256))
def test_process_power_ignores_cpu_time_that_shrank(deltas: list[float], cpus: int) -> None:
    grown = [d for d in deltas if d > 0]
    power = codecarbon.cpu_process(deltas, 15, cpus, 120)
    assert power == codecarbon.cpu_process(grown, 15, cpus, 120)
    assert power.watts == pytest.approx(120 * math.fsum(grown) / (15 * cpus))


def test_the_first_process_sample_is_zero() -> None:
    assert codecarbon.cpu_process([20.0], 0, 16, 120) == codecarbon.ModelPower(0.0, 0.0)


@pytest.mark.parametrize(
    ("gb", "count"),
    [(0, 1), (2, 1), (2.1, 2), (16, 2), (16.1, 4), (64, 4), (64.1, 8), (128, 8), (128.1, 9), (1e6, 32)],
)
def test_modules_by_size(gb: float, count: int) -> None:
    assert codecarbon.dimm_count(gb) == count


@given(st.floats(min_value=0, max_value=1e6))
def test_memory_power_has_a_floor_and_a_ceiling(gb: float) -> None:
    assert 1 <= codecarbon.dimm_count(gb) <= 32
    assert 10 <= codecarbon.ram_power_w(gb) <= 126
    assert 3 <= codecarbon.ram_power_w(gb, arm=True) <= 37.8


def test_memory_power_is_not_monotone() -> None:
    assert (codecarbon.ram_power_w(251.5), codecarbon.ram_power_w(256)) == (70, 38)


# ------------------------------------------------------------------------------------------------------------
# Factors
# ------------------------------------------------------------------------------------------------------------


def key(**place: Any) -> str:
    return codecarbon.factor(**place).key


def test_what_is_not_found_falls_to_the_next() -> None:
    gcp = {"cloud_provider": "gcp", "cloud_region": "us-central1"}
    texas = {"country_iso_code": "USA", "region": "texas"}
    assert key(force_carbon_intensity_g_co2e_kwh=0, **gcp, **texas) == "forced"
    assert key(**gcp, **texas) == "gcp:us-central1"
    assert key(cloud_provider="gcp", cloud_region="nowhere", **texas) == "USA/texas"
    assert key(cloud_provider="gcp", **texas) == "USA/texas"
    assert key(cloud_provider="aws", cloud_region="us-central1", **texas) == "USA/texas"
    assert key(country_iso_code="USA", region="nowhere") == "USA"
    assert key(country_iso_code="XXX", region="texas") == "WORLD"
    assert key(region="texas") == "WORLD"
    assert key(**gcp | {"cloud_region": "nowhere"}) == "WORLD"
    assert key() == "WORLD"


@pytest.mark.parametrize(
    ("country", "region", "expected"),
    [
        ("USA", "California", "USA/california"),
        ("USA", "NEW YORK", "USA/new york"),
        ("usa", "texas", "USA/texas"),
        ("USA", "usa", "USA/usa"),
        ("CAN", "Quebec", "CAN/quebec"),
        ("USA", "quebec", "USA"),
        ("CAN", "texas", "CAN"),
        ("SWE", "se3", "SWE/SE3"),
        ("SWE", "SE3", "SWE/SE3"),
        ("NOR", "No5", "NOR/NO5"),
        ("FIN", "fi", "FIN/FI"),
        ("swe", "se1", "SWE/SE1"),
        ("SWE", "NO1", "SWE"),
        ("SWE", "SE5", "SWE"),
        ("NOR", "FI", "NOR"),
        ("DEU", "SE3", "DEU"),
        ("FRA", "texas", "FRA"),
        ("fra", None, "FRA"),
        ("USA", "", "USA"),
        ("", None, "WORLD"),
    ],
)
def test_regions_and_countries_are_found_in_any_case(country: str, region: str | None, expected: str) -> None:
    assert key(country_iso_code=country, region=region) == expected


@given(st.floats(min_value=1e-100, max_value=1e6), st.floats(min_value=1e-100, max_value=1e4))
def test_a_forced_factor_is_linear_and_beats_every_place(energy_kwh: float, grams: float) -> None:
    forced = {"force_carbon_intensity_g_co2e_kwh": grams}
    kg = codecarbon.emissions_kg(energy_kwh, country_iso_code="POL", **forced)
    assert kg == codecarbon.emissions_kg(energy_kwh, **forced)
    assert codecarbon.emissions_kg(2 * energy_kwh, **forced) == 2 * kg
    assert kg == pytest.approx(energy_kwh * grams / 1000, rel=1e-15)


@given(KWH, st.sampled_from(sorted(codecarbon.factor_tables()["country_g_per_kwh"])))
def test_emissions_are_energy_times_the_factor(energy_kwh: float, country: str) -> None:
    chosen = codecarbon.factor(country_iso_code=country)
    assert codecarbon.emissions_kg(energy_kwh, country_iso_code=country) == energy_kwh * chosen.kg_per_kwh
    assert chosen.key == country


def test_every_factor_of_every_table_is_reached_and_names_its_source() -> None:
    tables = codecarbon.factor_tables()
    places: list[dict[str, Any]] = [{"country_iso_code": iso3} for iso3 in tables["country_g_per_kwh"]]
    places += [{"country_iso_code": "USA", "region": state} for state in tables["usa_lb_per_mwh"]]
    places += [{"country_iso_code": "CAN", "region": province} for province in tables["canada_mix_percent"]]
    places += [{"cloud_provider": "gcp", "cloud_region": region} for region in tables["gcp_g_per_kwh"]]
    zones = {"SE": "SWE", "NO": "NOR", "FI": "FIN"}
    places += [{"country_iso_code": zones[zone[:2]], "region": zone} for zone in tables["nordic_g_per_kwh"]]
    found = [codecarbon.factor(**place) for place in places]
    assert len({factor.key for factor in found}) == len(places)
    for factor in [*found, codecarbon.factor()]:
        assert factor.kg_per_kwh >= 0
        assert factor.source is not None
        assert factor.source.text
        assert factor.source.licence
        assert 2000 < factor.source.year < 2030
    assert codecarbon.factor(force_carbon_intensity_g_co2e_kwh=1.0).source is None


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_source_a_licence_and_numbers(name: str) -> None:
    folder = resources.files("co2lib.codecarbon") / "data"
    rows = list(csv.DictReader((folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
    assert rows
    first, *rest = rows[0]
    assert len({row[first] for row in rows}) == len(rows)
    for row in rows:
        assert row["source"]
        assert row["licence"]
        # The year of the fuel factors is not stated by their publisher.
        assert row["year"].isdigit() or (name == "canada_fuels" and not row["year"])
        assert all(float(row[column]) >= 0 for column in rest if column not in ("source", "licence", "year"))


def test_the_tables_are_the_files_of_the_folder() -> None:
    folder = resources.files("co2lib.codecarbon") / "data"
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{name}.csv" for name in TABLES)


def test_changing_the_tables_given_out_changes_no_factor() -> None:
    codecarbon.factor_tables()["country_g_per_kwh"]["FRA"] = 0.0
    assert codecarbon.factor(country_iso_code="FRA").kg_per_kwh == 56.039 * 0.001


# ------------------------------------------------------------------------------------------------------------
# Steps and runs
# ------------------------------------------------------------------------------------------------------------

increments = st.lists(st.integers(min_value=0, max_value=10**11), min_size=1, max_size=20)
pues = st.floats(min_value=1, max_value=3)


def readings(start: int, steps: list[int], seconds: int = 15) -> list[tuple[float, int]]:
    """A counter of the range RANGE_UJ that starts at `start` and grows by `steps`."""
    samples: list[tuple[float, int]] = [(0.0, start)]
    count = start
    for i, step in enumerate(steps, start=1):
        count = (count + step) % RANGE_UJ
        samples.append((float(i * seconds), count))
    return samples


@given(st.integers(min_value=0, max_value=RANGE_UJ - 1), increments, pues)
def test_steps_add_up_over_any_number_of_wraps(start: int, steps: list[int], pue: float) -> None:
    rows = codecarbon.rapl_steps(readings(start, steps), factor_kg_per_kwh=DEU, wrap_max=RANGE_UJ, pue=pue)
    truth_kwh = sum(steps) * 1e-6 * codecarbon.J_TO_KWH
    # Each reading is converted before the difference is taken: that costs bits of the range, not of the step.
    noise = len(steps) * 1e-15 * RANGE_UJ * 1e-6 * codecarbon.J_TO_KWH
    assert rows[-1].total_kwh == pytest.approx(truth_kwh * pue, rel=1e-12, abs=4 * noise * pue)
    assert rows[-1].emissions_kg == pytest.approx(rows[-1].total_kwh * DEU, rel=1e-12)
    assert math.fsum(row.delta_kwh for row in rows) * pue == pytest.approx(rows[-1].total_kwh, rel=1e-12)
    for row, step in zip(rows, steps, strict=True):
        watts = step * 1e-6 * codecarbon.J_TO_KWH * 3.6e6 / 15
        assert row.power_w == pytest.approx(watts, rel=1e-9, abs=1e-3)


@given(increments, increments, pues, st.floats(min_value=0, max_value=3), WATTS)
def test_a_run_is_the_sum_of_its_parts(
    first: list[int], second: list[int], pue: float, wue: float, ram_w: float
) -> None:
    length = min(len(first), len(second))
    zones = [Zone(f"package-{i}", readings(7, s[:length]), RANGE_UJ) for i, s in enumerate((first, second))]
    times = [t for t, _ in zones[0].samples]
    ticks, stop = times[1:-1], times[-1]
    options = {"factor_kg_per_kwh": DEU, "pue": pue}
    total = codecarbon.run(zones, tick_s=ticks, stop_s=stop, ram_power_w=ram_w, wue=wue, **options)
    parts = [
        codecarbon.rapl_steps(zone.samples, wrap_max=RANGE_UJ, **options)[-1].total_kwh for zone in zones
    ]
    assert total.cpu_energy == pytest.approx(sum(parts), rel=1e-12, abs=1e-15)
    assert total.ram_energy == pytest.approx(codecarbon.power_time(ram_w, stop) * pue, rel=1e-12)
    assert total.energy_consumed == pytest.approx(
        total.cpu_energy + total.ram_energy + total.gpu_energy, rel=1e-12
    )
    assert total.water_consumed == pytest.approx(total.energy_consumed * wue, rel=1e-12)
    assert total.emissions == total.energy_consumed * DEU
    assert total.emissions_rate == total.emissions / stop
    assert total.ram_power == pytest.approx(ram_w, rel=1e-12)
    assert total.duration == stop


def test_the_first_measurement_counts_in_the_power_columns() -> None:
    zone = Zone("package-0", [(0, 0), (10, 10_000_000)])
    total = codecarbon.run([zone], tick_s=[], stop_s=10, ram_power_w=20, factor_kg_per_kwh=DEU)
    assert total.cpu_power == pytest.approx(0.5, rel=1e-6)  # (0 W + 1 W) / 2, for 10 J in 10 s
    assert total.ram_power == 20


def test_a_run_without_length_has_no_rate() -> None:
    zone = Zone("package-0", [(0, 5)])
    total = codecarbon.run([zone], tick_s=[], stop_s=0, ram_power_w=20, factor_kg_per_kwh=DEU)
    assert total.emissions_rate is None
    assert total.energy_consumed == 0


def test_one_reading_makes_no_step() -> None:
    assert codecarbon.rapl_steps([], factor_kg_per_kwh=DEU) == []
    assert codecarbon.rapl_steps([(0, 5)], factor_kg_per_kwh=DEU) == []


def test_power_means_ignore_the_length_of_intervals() -> None:
    assert codecarbon.unweighted_mean_w([100, 100, 100, 100, 10]) == 82


def _run(samples: list[Any], **changed: Any) -> object:
    given_ = {"tick_s": [15], "stop_s": 30, "ram_power_w": 20, "factor_kg_per_kwh": DEU, **changed}
    return codecarbon.run([Zone("package-0", samples, changed.pop("wrap_max", None))], **given_)


SOUND: list[Any] = [(0, 10), (15, 20), (30, 30)]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: codecarbon.kwh(1, "J"), "meter.bad_unit"),
        (lambda: codecarbon.kwh(math.nan, "uJ"), "meter.bad_input"),
        (lambda: codecarbon.power_time(100, -1), "meter.bad_input"),
        (lambda: codecarbon.cpu_load(-1, 100), "meter.bad_input"),
        (lambda: codecarbon.cpu_load(1, -100), "meter.bad_input"),
        (lambda: codecarbon.cpu_process([1.0], 1, 0, 100), "meter.bad_input"),
        (lambda: codecarbon.cpu_process([1.0], -1, 1, 100), "meter.bad_input"),
        (lambda: codecarbon.ram_power_w(-1), "meter.bad_input"),
        (lambda: codecarbon.emissions_kg(-1), "meter.bad_input"),
        (lambda: codecarbon.emissions_kg(math.inf), "meter.bad_input"),
        (lambda: codecarbon.factor(force_carbon_intensity_g_co2e_kwh=-1), "meter.bad_input"),
        (lambda: codecarbon.unweighted_mean_w([]), "meter.bad_input"),
        (lambda: codecarbon.rapl_steps(SOUND, factor_kg_per_kwh=DEU, pue=0.9), "meter.bad_input"),
        (lambda: codecarbon.rapl_steps([(0, 10), (15, None)], factor_kg_per_kwh=DEU), "meter.bad_input"),
        (lambda: codecarbon.rapl_steps([(0, 10), (15, 9)], factor_kg_per_kwh=DEU), "meter.bad_input"),
        (lambda: codecarbon.rapl_steps([(15, 10), (0, 20)], factor_kg_per_kwh=DEU), "meter.bad_window"),
        (lambda: _run([(0, 10), (15, 20)]), "meter.bad_input"),
        (lambda: _run([(0, 10), (15, None), (30, 30)]), "meter.bad_input"),
        (lambda: _run([(0, 10), (15, 9), (30, 30)]), "meter.bad_input"),
        (lambda: _run(SOUND, pue=0.5), "meter.bad_input"),
        (lambda: _run(SOUND, wue=-1), "meter.bad_input"),
        (lambda: _run(SOUND, tick_s=[30], stop_s=15), "meter.bad_window"),
    ],
)
def test_what_is_unsound_is_refused_and_never_a_number(call: Callable[[], object], code: str) -> None:
    assert code_of(call) == code


def test_a_sound_run_is_not_refused() -> None:
    assert _run(SOUND)


# ------------------------------------------------------------------------------------------------------------
# emissions.csv
# ------------------------------------------------------------------------------------------------------------


def test_rows_keep_their_columns_whatever_is_unknown(tmp_path: Path) -> None:
    file = tmp_path / "emissions.csv"
    assert codecarbon.append_row(file, {"project_name": 'a, "b"\nc', "emissions": 1e-05}) is None
    assert codecarbon.append_row(file, {"region": None, "wue": 0}) is None
    with file.open(newline="", encoding="utf-8") as stream:
        header, first, second = csv.reader(stream, strict=True)
    assert tuple(header) == codecarbon.CSV_COLUMNS
    assert len(set(header)) == len(first) == len(second) == 38
    assert dict(zip(header, first, strict=True))["project_name"] == 'a, "b"\nc'
    assert float(dict(zip(header, first, strict=True))["emissions"]) == 1e-05
    assert second == [""] * 37 + ["0"]


def test_a_file_with_another_header_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "emissions.csv"
    file.write_text("old,header\n1,2\n", encoding="utf-8")
    moved = codecarbon.append_row(file, {"emissions": 1})
    assert moved == tmp_path / "emissions.csv.bak"
    assert moved.read_text(encoding="utf-8") == "old,header\n1,2\n"


def test_bad_rows_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "emissions.csv"
    assert code_of(lambda: codecarbon.append_row(file, {"emission": 1})) == "meter.bad_input"
    assert code_of(lambda: codecarbon.append_row(file, {"emissions": math.nan})) == "meter.bad_input"
    assert not file.exists()
    with pytest.raises(OSError, match="emissions"):
        codecarbon.append_row(tmp_path / "absent" / "emissions.csv", {"emissions": 1})


# ------------------------------------------------------------------------------------------------------------
# CodeCarbon's own code: no tracker, no network, only its functions and tables
# ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def peer() -> Callable[[str], ModuleType]:
    try:
        version = importlib.metadata.version("codecarbon")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("codecarbon is not installed")
    if version != "3.3.0":
        pytest.skip(f"codecarbon {version} is installed, the reference is 3.3.0")
    return lambda name: importlib.import_module(f"codecarbon.{name}")


pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:codecarbon", "ignore::FutureWarning:codecarbon"
)
SIZES_GB = [0.5, 1, 2, 3, 4, 7.7, 8, 15.5, 16, 24, 31.3, 32, 48, 64, 96, 128, 129, 160, 192, 251.5, 256]
SIZES_GB += [384, 512, 768, 1007.4, 1024, 1536, 2048, 2688, 3000, 3840, 4096, 8192]


def test_peer_units(peer: Callable[[str], ModuleType]) -> None:
    units = peer("core.units")
    assert codecarbon.J_TO_KWH == units.Energy.JOULES_TO_KWH
    for value in (1.0, 3.6e12, 123456789.0, 262143328850.0, 1e-3):
        assert codecarbon.kwh(value, "uJ") == units.Energy.from_ujoules(value).kWh
        assert codecarbon.kwh(value, "mJ") == units.Energy.from_millijoules(value).kWh
    for watts in (0.0, 12.3, 42.5, 250.5):
        for seconds in (0.1, 15.0, 3601.7):
            power, time = units.Power.from_watts(watts), units.Time.from_seconds(seconds)
            theirs = units.Energy.from_power_and_time(power=power, time=time).kWh
            assert codecarbon.power_time(watts, seconds) == theirs


@pytest.mark.parametrize("arm", [False, True])
def test_peer_memory(peer: Callable[[str], ModuleType], arm: bool) -> None:
    ram_module = peer("external.ram")
    power = peer("core.units").Power
    ram = ram_module.RAM()
    ram.is_arm_cpu = arm
    for gb in SIZES_GB:
        assert codecarbon.dimm_count(gb) == ram._estimate_dimm_count(gb)
        assert codecarbon.ram_power_w(gb, arm=arm) == power.from_watts(ram._calculate_ram_power(gb)).W


def test_peer_cpu_load(peer: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = peer("external.hardware")
    cpu = hardware.CPU(output_dir="", mode="cpu_load", model="any", tdp=137)
    for load in (0.0, 0.1, 3.3, 12.5, 33.3, 50.0, 77.7, 99.9, 100.0):
        monkeypatch.setattr(hardware.psutil, "cpu_percent", lambda load=load, **_: load)
        theirs = cpu._get_power_from_cpu_load()
        ours = codecarbon.cpu_load(load, 137)
        assert (ours.watts, ours.kilowatts) == (theirs.W, theirs.kW)
    constant = hardware.CPU(output_dir="", mode="constant", model="any", tdp=137)._get_power_from_cpus()
    assert codecarbon.cpu_constant(137).watts == constant.W
    assert codecarbon.DEFAULT_TDP_W == hardware.POWER_CONSTANT


def test_peer_emissions_of_every_place(peer: Callable[[str], ModuleType]) -> None:
    emissions = peer("core.emissions").Emissions(peer("input").DataSource())
    energy = peer("core.units").Energy.from_energy(0.123456789)
    geo = peer("external.geography").GeoMetadata
    cloud = peer("external.geography").CloudMetadata
    tables = codecarbon.factor_tables()
    places = [(country, None) for country in (*tables["country_g_per_kwh"], "XXX", "fra")]
    places += [("USA", state) for state in (*tables["usa_lb_per_mwh"], "atlantis", "New York")]
    places += [("CAN", province) for province in (*tables["canada_mix_percent"], "atlantis", "Quebec")]
    for country in ("SWE", "NOR", "FIN", "DEU"):
        places += [(country, zone) for zone in (*tables["nordic_g_per_kwh"], "se2", "SE9")]
    for country, region in places:
        theirs = emissions.get_private_infra_emissions(energy, geo(country_iso_code=country, region=region))
        ours = codecarbon.emissions_kg(energy.kWh, country_iso_code=country, region=region)
        assert ours == theirs, (country, region)
    for provider, region in [
        *(("gcp", r) for r in tables["gcp_g_per_kwh"]),
        ("aws", "us-east-1"),
        ("gcp", "x"),
    ]:
        there = geo(country_iso_code="POL")
        theirs = emissions.get_cloud_emissions(energy, cloud(provider=provider, region=region), there)
        ours = codecarbon.emissions_kg(
            energy.kWh, country_iso_code="POL", cloud_provider=provider, cloud_region=region
        )
        assert ours == theirs, (provider, region)


def test_peer_has_no_place_that_is_missing_here(peer: Callable[[str], ModuleType]) -> None:
    source = peer("input").DataSource()
    tables = codecarbon.factor_tables()
    assert set(source.get_global_energy_mix_data()) == set(tables["country_g_per_kwh"])
    assert set(source.get_country_emissions_data("usa")) - {"_unit"} == set(tables["usa_lb_per_mwh"])
    assert set(source.get_country_energy_mix_data("can")) == set(tables["canada_mix_percent"])
    assert set(source.get_nordic_country_energy_mix_data()["data"]) == set(tables["nordic_g_per_kwh"])
    cloud = source.get_cloud_emissions_data()
    priced = cloud[cloud["impact"].notna()]
    assert set(priced["provider"]) == {"gcp"}
    assert set(priced["region"]) == set(tables["gcp_g_per_kwh"])


def test_peer_columns(peer: Callable[[str], ModuleType]) -> None:
    fields = peer("output_methods.emissions_data").EmissionsData.__dataclass_fields__
    assert tuple(fields) == codecarbon.CSV_COLUMNS


def test_peer_counter_differences(peer: Callable[[str], ModuleType], tmp_path: Path) -> None:
    rapl, time = peer("core.rapl"), peer("core.units").Time
    counter, limit = tmp_path / "energy_uj", tmp_path / "max_energy_range_uj"
    limit.write_text(f"{RANGE_UJ}\n")
    samples = readings(RANGE_UJ - 950_000_000, [123456789, 1_900_000_001, 7, 2_500_000_000])
    counter.write_text(f"{samples[0][1]}\n")
    zone = rapl.RAPLFile(name="Processor Energy Delta_0", path=str(counter), max_path=str(limit))
    ours = codecarbon.rapl_steps(samples, factor_kg_per_kwh=DEU, wrap_max=RANGE_UJ)
    for step, (_, uj) in zip(ours, samples[1:], strict=True):
        counter.write_text(f"{uj}\n")
        zone.delta(time.from_seconds(15.0))
        assert (step.delta_kwh, step.power_w) == (zone.energy_delta.kWh, zone.power.W)


def test_the_golden_vectors_hold_every_row_of_the_tables() -> None:
    golden = Path(__file__).parents[1] / "golden" / "meters.json"
    vectors = json.loads(golden.read_text(encoding="utf-8"))["vectors"]
    (tables,) = [v["expected"] for v in vectors if v["kind"] == "meter.codecarbon.factor_tables"]
    assert codecarbon.factor_tables() == tables
