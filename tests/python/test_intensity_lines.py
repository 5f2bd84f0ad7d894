# SPDX-License-Identifier: MIT
"""Records as JSON lines in Python: every attribute, refusals, whole hours, climatology."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import co2lib
from co2lib import CarbonIntensity, intensity

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

texts = st.text(max_size=8)
times = st.none() | st.datetimes(
    min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def records(draw: st.DrawFn) -> intensity.Record:
    start = draw(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)))
    low = draw(st.floats(-1, 0))
    values = st.none() | st.floats(0, 1e9).map(CarbonIntensity.from_g_per_kwh)
    return intensity.Record(
        start.replace(tzinfo=UTC),
        start.replace(tzinfo=UTC) + draw(st.timedeltas(timedelta(microseconds=1), timedelta(days=400))),
        draw(values),
        signal=draw(st.sampled_from(["average", "marginal"])),
        scope=draw(st.sampled_from(["lifecycle", "direct"])),
        basis=draw(st.sampled_from(["unknown", "consumption", "production"])),
        method=draw(st.sampled_from(["location", "market"])),
        status=draw(st.sampled_from(["measured", "estimated", "forecast", "statistic"])),
        provider=draw(texts),
        zone=draw(texts),
        origin=draw(texts),
        factor_set=draw(texts),
        gas=draw(texts),
        raw_value=draw(st.none() | numbers),
        raw_unit=draw(texts),
        generated_at=draw(times),
        updated_at=draw(times),
        error=draw(st.none() | st.floats(low, 9).map(lambda high: intensity.RelativeError(low, high))),
        source=draw(st.builds(co2lib.Source, texts, texts, st.integers(0, 3000), texts)),
        flags=draw(st.lists(texts, max_size=3)),
    )


@given(st.lists(records(), max_size=3))
def test_what_is_written_is_read_back(written: list[intensity.Record]) -> None:
    text = "".join(intensity.json_line(r) + "\n" for r in written)
    assert intensity.parse_json_lines(text) == written
    for line in text.split("\n")[:-1]:  # splitlines() also cuts at U+0085, which texts may hold
        json.loads(line)


def test_a_file_is_replaced_and_read(tmp_path: Path) -> None:
    file = tmp_path / "grid.jsonl"
    record = intensity.Record(START, START + HOUR, CarbonIntensity.from_g_per_kwh(1), zone="DE", gas="CO2")
    intensity.write_json_lines(file, [record, record])
    intensity.write_json_lines(file, [record])
    assert intensity.read_json_lines(file) == [record]
    assert intensity.Trace(intensity.read_json_lines(file)).zone == "DE"


def test_a_refusal_names_file_line_and_field(tmp_path: Path) -> None:
    file = tmp_path / "grid.jsonl"
    line = intensity.json_line(intensity.Record(START, START + HOUR, None))
    file.write_text(f"{line}\n{line.replace('null', 'true')}\n", encoding="utf-8")
    with pytest.raises(co2lib.Error, match="g_per_kwh: expected a finite number") as caught:
        intensity.read_json_lines(file)
    assert caught.value.code == "intensity.bad_value"
    assert str(caught.value).startswith(f"{file}:2: ")
    assert caught.value.details == {"file": str(file), "line": 2}
    with pytest.raises(OSError, match="nowhere"):
        intensity.read_json_lines(tmp_path / "nowhere")
    with pytest.raises(OSError, match="nowhere"):
        intensity.write_json_lines(tmp_path / "nowhere" / "file", [])


def test_hours_and_climatology() -> None:
    trace = intensity.Trace.regular(START, HOUR / 2, [float(i) for i in range(24 * 2 * 8)])
    hours = intensity.hourly_means(trace)
    assert len(hours) == 24 * 8
    assert hours.at(START + 5 * HOUR) == CarbonIntensity.from_g_per_kwh(10.5)
    assert trace.mean(START, START + 2 * HOUR) == CarbonIntensity.from_g_per_kwh(1.5)
    expected = 0.5 + 48 * 3
    assert intensity.climatology(trace, START + 7 * 24 * HOUR) == CarbonIntensity.from_g_per_kwh(expected)
    assert intensity.climatology(trace, START + HOUR) is None
    assert intensity.climatology(trace, START + 24 * HOUR, days=1, at_least=1) is not None
