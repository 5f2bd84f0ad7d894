# SPDX-License-Identifier: MIT
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import _config


def resolve(
    tmp_path: Path, given: dict[str, Any], environment: dict[str, str] | None = None
) -> dict[str, Any]:
    home, folder = tmp_path / "home", tmp_path / "here"
    return _config.resolve(given, environment=environment or {}, folder=folder, home=home)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "home" / ".config" / "co2lib").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    return tmp_path


def test_precedence(files: Path) -> None:
    (files / "home/.config/co2lib/config.toml").write_text(
        'location = "FRA"\npue = 1.1\nwue = 1\ntdp_w = 65\n'
    )
    (files / "here/co2lib.toml").write_text("pue = 1.2\nwue = 2\n")
    assert resolve(files, {}) == {"location": "FRA", "pue": 1.2, "wue": 2, "tdp_w": 65}
    assert resolve(files, {"wue": 4}, {"CO2LIB_WUE": "3", "CO2LIB_TDP_W": "95"}) == {
        "location": "FRA",
        "pue": 1.2,
        "wue": 4,
        "tdp_w": 95.0,
    }


def test_a_given_location_wins_over_an_intensity_from_a_lower_source(files: Path) -> None:
    environment = {"CO2LIB_INTENSITY": "50"}
    assert resolve(files, {"location": "FRA"}, environment) == {"location": "FRA"}
    assert resolve(files, {}, environment) == {"intensity": 50.0}
    assert resolve(files, {"location": "FRA", "intensity": 7}, environment) == {
        "location": "FRA",
        "intensity": 7,
    }


def test_a_place_of_the_environment_wins_over_the_intensity_of_a_file(files: Path) -> None:
    (files / "home/.config/co2lib/config.toml").write_text("intensity = 50\n")
    assert resolve(files, {}, {"CO2LIB_LOCATION": "POL"}) == {"location": "POL"}
    (files / "here/co2lib.toml").write_text('location = "FRA"\n')
    assert resolve(files, {}) == {"location": "FRA"}
    assert resolve(files, {}, {"CO2LIB_INTENSITY": "7"}) == {"intensity": 7.0}


def test_a_home_that_is_not_ours_is_ignored_and_said(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = files / "home/.config/co2lib/config.toml"
    real = open

    def read(file: Any, *arguments: Any, **options: Any) -> Any:
        if str(file) == str(secret):
            raise PermissionError(13, "Permission denied", str(file))
        return real(file, *arguments, **options)

    monkeypatch.setattr("builtins.open", read)
    (issue,) = resolve(files, {})["issues"]
    assert (issue.code, issue.subject) == ("config_unreadable", str(secret))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("location = [1]", "location"),
        ("colour = 1", "unknown option 'colour'"),
        ("pue = 'x'", "pue"),
        ("resume = 1", "resume"),
        ("pue = = 2", "not valid TOML"),
    ],
)
def test_bad_files_are_named(files: Path, text: str, says: str) -> None:
    (files / "here/co2lib.toml").write_text(text)
    with pytest.raises(co2lib.Error, match=says) as error:
        resolve(files, {})
    assert error.value.code == "tracker.bad_config"
    assert "co2lib.toml" in str(error.value)


@pytest.mark.parametrize(
    ("name", "text"), [("CO2LIB_PUE", "much"), ("CO2LIB_RESUME", "perhaps"), ("CO2LIB_TDP_W", "")]
)
def test_bad_variables_are_named(files: Path, name: str, text: str) -> None:
    with pytest.raises(co2lib.Error, match=name):
        resolve(files, {}, {name: text})


def test_lists_and_truths(files: Path) -> None:
    environment = {"CO2LIB_GPUS": "0, GPU-77", "CO2LIB_METERS": "none", "CO2LIB_FSYNC": "False"}
    assert resolve(files, {}, environment) == {"gpus": ["0", "GPU-77"], "meters": [], "fsync": False}


def test_track_reads_the_environment_and_tracker_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CO2LIB_LOCATION", "NOR")
    with co2lib.track(meters=[]) as run:
        pass
    assert run.footprint.location == "NOR"
    with co2lib.Tracker(meters=[]) as bare:
        pass
    assert bare.stop().location == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('pue = "1.2"', "pue: takes a number, not '1.2' (str)"),
        ("fsync = 1", "fsync: takes true or false, not 1 (int)"),
        ("location = 5", "location: takes a text, not 5 (int)"),
        ('meters = "powercap"', "meters: takes a list of texts, not 'powercap' (str)"),
        ("intensity = []", "intensity: takes a number of g/kWh, or a text, not [] (list)"),
        ("p_max_w = {package = 5}", "p_max_w: this option is set in the program only: track(p_max_w=...)"),
        ('sync = "wait"', "sync: this option is set in the program only: track(sync=...)"),
        ("issues = []", "unknown option 'issues'"),
        ("[tracker]\npue = 1.2", "unknown option 'tracker'"),
    ],
)
def test_a_wrong_value_of_a_file_says_what_is_taken(files: Path, text: str, says: str) -> None:
    (files / "here" / "co2lib.toml").write_text(text)
    with pytest.raises(co2lib.Error) as error:
        resolve(files, {})
    assert says in str(error.value)
    assert "'clock'" not in str(error.value)


def test_a_variable_of_an_option_of_the_program_says_so(files: Path) -> None:
    [issue] = resolve(files, {}, {"CO2LIB_P_MAX_W": "5"})["issues"]
    assert "track(p_max_w=...)" in issue.text


def test_a_number_with_an_underscore_is_none(files: Path) -> None:
    with pytest.raises(co2lib.Error, match="'1_2' is not a number"):
        resolve(files, {}, {"CO2LIB_PUE": "1_2"})
