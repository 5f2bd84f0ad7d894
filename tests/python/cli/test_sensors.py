# SPDX-License-Identifier: MIT
"""co2lib sensors: every reason and fix, also of options that are wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib.testing.fakes import FakeHost, fake_powercap


@pytest.fixture
def machine(cli: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeHost]:
    """Makes the machine that `co2lib sensors` sees, from its energy counters."""
    made: list[FakeHost] = []

    def make(**zones: int) -> FakeHost:
        made.append(fake_powercap({name.replace("_", "-"): count for name, count in zones.items()}))
        monkeypatch.setattr("co2lib.cli.sensors.Host", lambda: made[-1].host)
        return made[-1]

    return make


def flat(text: str) -> str:
    """The words of a text, however it is wrapped."""
    return " ".join(text.split())


def test_sensors_says_every_reason_and_fix(cli: Any, machine: Callable[..., FakeHost]) -> None:
    host = machine()
    status, out, _ = cli.invoke("sensors")
    assert status == 1
    for finding in co2lib.sensors(host.host):
        assert f"{finding.provider}: {finding.availability.replace('_', ' ')}" in out
        assert flat(finding.reason) in flat(out)
        assert flat(finding.fix) in flat(out)
    assert "location: absent" in out
    assert "world average used" in out
    assert "CO2LIB_LOCATION" in out


def test_sensors_with_a_counter(
    cli: Any, machine: Callable[..., FakeHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(package_0=1_000_000)
    monkeypatch.setenv("CO2LIB_LOCATION", "FRA")
    status, out, _ = cli.invoke("sensors", "--json")
    assert status == 0
    document = json.loads(out)
    assert document["counters"] is True
    found = {f["provider"]: f for f in document["findings"]}
    assert found["powercap"]["availability"] == "available"
    assert found["powercap"]["used"] is True
    assert found["location"]["availability"] == "available"
    assert "FRA" in found["location"]["reason"]


def test_sensors_misses_the_counter_of_a_visible_gpu(cli: Any, machine: Callable[..., FakeHost]) -> None:
    host = machine(package_0=1_000_000)
    host.write("dev/nvidia0", "")
    host.write("dev/nvidiactl", "")
    status, out, _ = cli.invoke("sensors")
    assert status == 1
    assert "nvml: absent" in out
    assert str(host.host.dev / "nvidia0") in out
    assert "nvidiactl" not in out


@pytest.mark.parametrize(
    ("variable", "code"),
    [
        ("CO2LIB_LOCATION=FRX", "intensity.unknown_zone"),
        ("CO2LIB_LOCATION=\udcff", "tracker.bad_config"),
        ("CO2LIB_PUE=much", "tracker.bad_config"),
    ],
)
def test_sensors_shows_what_it_can_where_an_option_is_wrong(
    cli: Any,
    machine: Callable[..., FakeHost],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    code: str,
) -> None:
    machine(package_0=1_000_000)
    monkeypatch.setenv(*variable.split("="))
    status, out, err = cli.invoke("sensors")
    assert status == 2
    assert "powercap: available, used" in out
    assert "location: failed" in out
    assert err.endswith(f"[{code}]\n")
    assert err.count("\n") == 1


def test_sensors_shows_what_it_can_where_the_configuration_is_wrong(
    cli: Any, machine: Callable[..., FakeHost], tmp_path: Path
) -> None:
    machine(package_0=1_000_000)
    (tmp_path / "co2lib.toml").write_text("colour = 1\n")
    status, out, err = cli.invoke("sensors")
    assert status == 2
    assert "powercap: available, used" in out
    assert "unknown option 'colour'" in err


@pytest.mark.parametrize("columns", [80, 40, 20])
def test_sensors_in_a_narrow_terminal_cuts_nothing(terminal: Any, columns: int) -> None:
    term = terminal("sensors", columns=columns)
    term.wait()
    assert "…" not in term.plain
    lines = term.plain.splitlines()
    assert max(map(len, lines)) <= columns
    # Words go over the edge only where they are longer than a line.
    together = re.sub(r"\s+", "", term.plain)
    for finding in co2lib.sensors():
        for word in (finding.reason + " " + finding.fix).split():
            assert re.sub(r"\s+", "", word) in together
            if len(word) <= columns - 4 and columns < 80:
                assert any(word in line.split() for line in lines)
