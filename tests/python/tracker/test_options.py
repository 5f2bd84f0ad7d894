# SPDX-License-Identifier: MIT
"""Options: what the message about a wrong one names, what counts as right, and that they are said once."""

import inspect
import logging
import pydoc
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import _config, tracker
from co2lib._core import tracker as _tracker

ROOT = Path(__file__).resolve().parents[3]

NUMBERS = ("pue", "wue", "period_s", "power_period_s", "flush_s", "idle_w", "tdp_w", "ram_w")
SCOPED = {"idle_w": {"scope": "process"}}

# What each option does not take, and what its message says that it takes.
WRONG: list[tuple[str, Any, str]] = [
    *((name, value, "a number") for name in NUMBERS for value in ("1.2", True, [1.0], b"1", 1j, {})),
    *((name, value, "True or False") for name in ("resume", "fsync", "owner") for value in (1, "yes", [])),
    *((name, value, "a text") for name in ("run_id", "project", "command") for value in (3, b"x", ["x"])),
    ("location", 250, "a text"),
    ("location", Path("FRA"), "a text"),
    ("embodied", 3, "a mass such as"),
    ("embodied", ["on"], "a mass such as"),
    ("embodied", "", "a mass or a file"),
    ("log", 3, "a path"),
    ("log", ["run.jsonl"], "a path"),
    ("log", "run\0.jsonl", "a path, which has no NUL"),
    ("powercap_root", 3, "a path"),
    ("log_exists", "append", "error, number, resume or overwrite"),
    ("log_exists", True, "error, number, resume or overwrite"),
    ("scope", "job", "machine, process or container"),
    ("scope", 1, "machine, process or container"),
    ("modulus", "exact", "kernel_max or exact_unit"),
    ("meters", 5, "a list of providers and meters"),
    ("gpus", 1.5, "a list of indices and UUID prefixes"),
    ("gpus", [True], "a list of indices and UUID prefixes"),
    ("gpus", [None], "a list of indices and UUID prefixes"),
    ("p_max_w", 500, "a mapping of domains to numbers"),
    ("slack_s", [("package", 1)], "a mapping of domains to numbers"),
    ("p_max_w", {"package": "500"}, "a number"),
    ("host", "node1", "a co2lib.Host"),
    ("clock", "now", "a clock"),
    ("on_log", "print", "a callable"),
    ("sync", "wait", "a callable"),
    ("intensity", True, "a number of g/kWh"),
    ("intensity", [56.0], "a number of g/kWh"),
    ("intensity", {"FRA": 56}, "a number of g/kWh"),
    ("intensity", object(), "a number of g/kWh"),
]


@pytest.mark.parametrize(("name", "value", "takes"), WRONG, ids=lambda x: str(x)[:20])
def test_a_wrong_type_names_option_value_and_what_is_taken(
    bench: Any, name: str, value: Any, takes: str
) -> None:
    error = bench.refused(**bench.options(**{**SCOPED.get(name, {}), name: value}))
    shown = next(iter(value.values())) if takes == "a number" and name == "p_max_w" else value
    assert error.code in ("tracker.bad_config", "meter.bad_option")
    assert str(error).startswith(f"{name}: ")
    assert takes in str(error)
    assert repr(shown)[:40] in str(error)


def test_every_option_has_a_wrong_type_here() -> None:
    options = {name for name, _, _ in WRONG}
    assert options >= set(tracker.TrackOptions.__annotations__) - {"issues"}


def test_numpys_scalars_are_numbers(bench: Any) -> None:
    np = pytest.importorskip("numpy")
    for kind in (np.float64, np.float32, np.int64, np.uint8, np.float16):
        with bench.track(
            pue=kind(2), wue=kind(1), intensity=kind(50), period_s=kind(1), p_max_w={"package": kind(200)}
        ) as run:
            bench.go(36)
        f = run.footprint
        assert (f.facility.pue, f.facility.wue) == (2, 1)
        assert f.operational.grams == pytest.approx(0.1)
    with bench.track(intensity=np.array(50.0), pue=np.array(2)) as run:
        bench.go(36)
    assert run.footprint.operational.grams == pytest.approx(0.1)
    for wrong in (np.array([1.0, 2.0]), np.bool_(True), np.str_("1.2")):
        error = bench.refused(**bench.options(pue=wrong))
        assert "pue: takes a number" in str(error)
    assert "intensity: takes a number" in str(bench.refused(**bench.options(intensity=np.bool_(True))))
    assert "gpus: takes a list" in str(bench.refused(gpus=[np.bool_(False)]))
    with bench.track(fsync=np.bool_(False)):
        pass


@pytest.mark.parametrize("number", [2, 2.0, Fraction(2), Decimal(2)], ids=lambda n: type(n).__name__)
def test_pythons_numbers_are_numbers(bench: Any, number: Any) -> None:
    with bench.track(pue=number, intensity=number * 25) as run:
        bench.go(36)
    assert run.footprint.operational.grams == pytest.approx(0.1)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -1.0, 10**400, -(10**400)], ids=lambda v: str(v)[:6]
)
def test_a_number_out_of_range_names_the_option(bench: Any, name: str, value: float) -> None:
    error = bench.refused(**bench.options(**{**SCOPED.get(name, {}), name: value}))
    assert error.code in ("tracker.bad_config", "meter.bad_input", "meter.bad_option")
    assert str(error).startswith(name)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("locaton", "location"),
        ("Location", "location"),
        ("country_iso_code", "location"),
        ("measure_power_secs", "power_period_s"),
        ("project_name", "project"),
        ("output_file", "log"),
        ("tracking_mode", "scope"),
        ("gpu_ids", "gpus"),
        ("period", "period_s"),
        ("meter", "meters"),
    ],
)
def test_a_misspelt_option_names_the_one_that_was_meant(bench: Any, written: str, meant: str) -> None:
    for call in (lambda: co2lib.track(**{written: 1}), lambda: co2lib.Tracker(**{written: 1})):
        with pytest.raises(co2lib.Error) as error:
            call()
        assert error.value.code == "tracker.bad_config"
        assert repr(written) in str(error.value)
        assert f"did you mean '{meant}'?" in str(error.value)
        assert len(str(error.value).splitlines()) == 1


def test_an_option_like_none_lists_all(bench: Any) -> None:
    with pytest.raises(co2lib.Error) as error:
        co2lib.track(zzz=1)
    assert "did you mean" not in str(error.value)
    for name in ("location", "sync", "log_exists", "gpus"):
        assert name in str(error.value)


@pytest.mark.parametrize("given", ["FRA", 56, None, {"location": "FRA"}])
def test_a_place_without_its_name_says_how(given: Any) -> None:
    if given is None:
        assert isinstance(co2lib.track(None), tracker.Track)
        return
    with pytest.raises(co2lib.Error) as error:
        co2lib.track(given)
    assert f"track(location={given!r})" in str(error.value)
    assert error.value.code == "tracker.bad_config"


def test_unknown_variables_are_said_with_what_was_meant(
    bench: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CO2LIB_LOCATON", "FRA")
    monkeypatch.setenv("CO2LIB_QUUX", "1")
    monkeypatch.setenv("CO2LIB_PUE", "1.5")
    caplog.set_level(logging.WARNING, logger="co2lib")
    log = bench.folder / "run.jsonl"
    with bench.track(log=log) as run:
        bench.go(1)
    for f in (run.footprint, tracker.load(log).footprint()):
        found = {i.subject: i.text for i in f.issues if i.code == "unknown_variable"}
        assert set(found) == {"CO2LIB_LOCATON", "CO2LIB_QUUX"}
        assert "did you mean CO2LIB_LOCATION?" in found["CO2LIB_LOCATON"]
        assert "did you mean" not in found["CO2LIB_QUUX"]
        assert f.facility.pue == 1.5
    assert any("CO2LIB_LOCATON" in r.message for r in caplog.records)


def test_the_variables_of_the_tests_are_known(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CO2LIB_GOLDEN_DIR", "/nowhere")
    with bench.track() as run:
        pass
    assert "unknown_variable" not in bench.codes(run.footprint)


def test_a_list_that_is_one_text_is_no_list_of_letters(bench: Any) -> None:
    error = bench.refused(meters="powercp")
    assert "'powercp'" in str(error)
    assert error.code == "meter.bad_option"


def test_two_meters_without_a_name_are_told_apart(bench: Any) -> None:
    with bench.track(meters=[lambda: 10.0, lambda: 20.0]) as run:
        bench.go(10)
    f = run.footprint
    assert len({d.id for d in f.devices}) == 2
    assert f.energy.joules == pytest.approx(300)


def test_what_a_meter_answers_wrongly_is_named(bench: Any) -> None:
    for wrong, said in (
        (lambda: [1.0], "number"),
        (lambda: None, "None"),
        (lambda: 1 / 0, "division by zero"),
    ):
        with bench.track(meters=[wrong]) as run:
            bench.go(10)
        f = run.footprint
        assert f.energy.joules is None
        texts = [i.text for i in f.issues if i.code == "missed_reads"]
        assert any(said in text for text in texts), texts


def test_names_that_are_not_unicode_are_written_out(bench: Any) -> None:
    with bench.track(project="caf\udce9", command="\udcff x", run_id="id\udce9", log="run.jsonl") as run:
        bench.go(1)
    for f in (run.footprint, tracker.load("run.jsonl").footprint()):
        assert f.project == r"caf\udce9"
        assert f.run_id == r"id\udce9"
        assert f.command is not None
        assert f.command.text == r"\udcff x"
        assert f.csv_row()["project_name"] == r"caf\udce9"
    error = bench.refused(location="caf\udce9")
    assert error.code == "intensity.unknown_zone"
    error = bench.refused(powercap_root="caf\udce9", p_max_w={"caf\udce9": 1})
    assert "p_max_w" in str(error)


# ------------------------------------------------------------------------------------------------------------
# One list of options: that of the C++ struct
# ------------------------------------------------------------------------------------------------------------
KINDS_OF_TYPES = {
    "float": "number",
    "bool": "truth",
    "str": "text",
    "Literal": "text",
    "str | Path": "path",
    "Iterable": "list",
    "Mapping": "mapping",
    "Intensity": "intensity",
    "Embodied": "text",
}
"""The first words of a type in `TrackOptions`, and what the C++ field takes."""


def test_the_types_in_python_are_those_of_cpp() -> None:
    types = {name: hint.__forward_arg__ for name, hint in tracker.TrackOptions.__annotations__.items()}
    assert tuple(types) == _config.NAMES
    for name, hint in types.items():
        kind = next(
            (kind for start, kind in sorted(KINDS_OF_TYPES.items(), reverse=True) if hint.startswith(start)),
            "object",
        )
        assert kind == _config.KINDS[name], (name, hint)


def test_a_default_is_that_of_cpp_and_of_the_page() -> None:
    page = (ROOT / "docs/tracker.md").read_text(encoding="utf-8")
    page = page.split("| option | default | meaning |", 1)[1].split("\n\n", 1)[0]
    options = _tracker.Options()
    told = {}
    for names, defaults in re.findall(r"^\| (`[\w`, ]+`) \| ([^|]+) \|", page, re.MULTILINE):
        listed = re.findall(r"`(\w+)`", names)
        told |= dict(zip(listed, [part.strip(" `") for part in defaults.split(",")], strict=False))
    assert set(told) >= {"pue", "wue", "period_s", "power_period_s", "flush_s", "fsync", "scope", "modulus"}
    for name, text in told.items():
        value = getattr(options, name)
        if isinstance(value, bool):
            assert text == str(value).lower(), name
        elif isinstance(value, float):
            assert float(text) == value, name
        elif name in ("scope", "modulus", "embodied"):
            assert text == value, name
        elif name not in ("log_exists", "host"):
            assert not value, name


def test_options_are_read_back_as_they_were_given() -> None:
    given = {
        "location": "FRA",
        "intensity": co2lib.CarbonIntensity.from_g_per_kwh(50),
        "pue": 1.5,
        "log": Path("run.jsonl"),
        "log_exists": "number",
        "resume": True,
        "meters": ["powercap"],
        "gpus": ["0", "GPU-1"],
        "scope": "process",
        "tdp_w": 65.0,
        "modulus": "exact_unit",
        "p_max_w": {"package": 300.0},
        "owner": False,
        "issues": [co2lib.Issue("x", "y", "z")],
    }
    options = _tracker.Options(**given)
    assert {name: getattr(options, name) for name in given} == given
    for name in _config.KINDS:
        value = getattr(_tracker.Options(), name)
        if value is not None:  # as it is shown, it can be given
            setattr(options, name, value)
            assert repr(getattr(options, name)) == repr(value)
    with pytest.raises(co2lib.Error, match="pue: takes a number"):
        options.pue = "1.2"
    with pytest.raises(co2lib.Error, match="'pu' is not an option of a tracker"):
        _tracker.Options(pu=1.2)


def test_an_argument_of_another_class_is_refused() -> None:
    """Signatures name the classes of the rest of the domain by text, before these are registered."""
    core: Any = _tracker.Tracker
    footprint: Any = core(_tracker.Options(meters=[], gpus=[], embodied="off")).stop()
    for call in (
        lambda: core(5),
        lambda: core("FRA"),
        lambda: footprint.where(5),
        lambda: footprint.where(None),
    ):
        with pytest.raises(TypeError, match="incompatible"):
            call()
    with pytest.raises(co2lib.Error, match="'options' is not an option of a tracker"):
        core(options=5)
    assert footprint.where(footprint.devices[0]) == ""


def test_help_says_every_option() -> None:
    text = pydoc.render_doc(co2lib.track)
    for name in _config.NAMES:
        assert re.search(rf"^ +([\w, ]+, )?{name}\b", text, re.MULTILINE), name
    assert "Unpack[TrackOptions]" in str(inspect.signature(co2lib.Tracker))


USERS_SCRIPT = """
import co2lib

with co2lib.track(location="FRA", gpus=[0, "GPU-1"], log_exists="number", p_max_w={"package": 300.0}) as run:
    reveal_type(run)
co2lib.Tracker(scope="process", idle_w=2)
co2lib.track(locaton="FRA")  # error
co2lib.track(pue="1.2")  # error
co2lib.track(log_exists="append")  # error
co2lib.Tracker(flush=1)  # error


@co2lib.track(project="x")
def train(epochs: int) -> float:
    return 0.5


reveal_type(train(3))
reveal_type(train.footprint)
train("3")  # error
"""


def test_a_type_checker_knows_every_option(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="needs mypy (only in the full environment)")
    script = tmp_path / "script.py"
    script.write_text(USERS_SCRIPT)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    wrong = {int(line) for line in re.findall(r"script\.py:(\d+): error", done.stdout)}
    lines = USERS_SCRIPT.splitlines()
    assert wrong == {number for number, line in enumerate(lines, 1) if line.endswith("# error")}, done.stdout
    for known in ("tracker._track.Track", "float", "_core.tracker.Footprint | None"):
        assert re.search(rf'Revealed type is "(co2lib\.)?{re.escape(known)}"', done.stdout), done.stdout
