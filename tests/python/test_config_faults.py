# SPDX-License-Identifier: MIT
"""Whatever a configuration file or the environment holds, it gives options or an error that names it."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import co2lib
from co2lib import _config

some = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
names = st.sampled_from(_config.OPTIONS)
values = st.recursive(
    st.one_of(
        st.booleans().map(lambda b: str(b).lower()),
        st.integers().map(str),
        st.floats().map(repr),
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="'")).map(
            lambda t: f"'{t}'"
        ),
        st.sampled_from(["1979-05-27T07:32:00Z", "nan", "-inf", "1e999", "''", "[]", "{}", "9" * 400]),
    ),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"[{', '.join(parts)}]"),
    max_leaves=6,
)


def read(folder: Path, environment: dict[str, str] | None = None) -> dict[str, object] | None:
    """What is read; None for an error, which must say where it comes from."""
    try:
        found = _config.resolve({}, environment=environment or {}, folder=folder, home=folder / "none")
    except co2lib.Error as raised:
        error = raised
    else:
        error = None
    if error is not None:
        assert error.code == "tracker.bad_config"
        assert "co2lib.toml" in str(error) or "CO2LIB_" in str(error)
        return None
    assert set(found) <= set(_config.OPTIONS)
    assert _config.resolve(found, environment={}, folder=folder / "none", home=folder / "none") == found
    return found


@some
@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbfpue = 1.2")
@example(b"pue = " + b"[" * 5000)
@example(b"[pue]\n[pue]")
@example(b"pue = 1\npue = 2")
@example(b"a" * 200 + b" = 1")
def test_any_bytes_as_a_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "co2lib.toml").write_bytes(content)
    read(tmp_path)


@some
@given(st.dictionaries(names, values, max_size=6))
def test_any_values_in_a_file(tmp_path: Path, options: dict[str, str]) -> None:
    text = "".join(f"{name} = {value}\n" for name, value in options.items())
    (tmp_path / "co2lib.toml").write_text(text, encoding="utf-8")
    found = read(tmp_path)
    assert found is None or set(found) == set(options)


@some
@given(st.dictionaries(names, st.text(), max_size=6))
@example({"pue": "nan"})
@example({"gpus": ",,"})
@example({"resume": "TRUE"})
def test_any_text_in_the_environment(tmp_path: Path, options: dict[str, str]) -> None:
    found = read(tmp_path, {f"CO2LIB_{name.upper()}": text for name, text in options.items()})
    assert found is None or set(found) == set(options)


@some
@given(
    st.sampled_from(["pue", "wue", "period_s", "power_period_s", "flush_s", "tdp_w", "ram_w", "intensity"]),
    values,
)
@example("pue", "9" * 400)
@example("intensity", "nan")
@example("flush_s", "1e300")
@example("period_s", "1e-300")
def test_any_number_starts_a_run_or_is_refused(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "co2lib.toml").write_text(f"{name} = {value}\n", encoding="utf-8")
    found = read(tmp_path)
    if found is None:
        return
    with contextlib.suppress(co2lib.Error):
        co2lib.Tracker(**{"meters": [], **found}).stop()  # type: ignore[arg-type]


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "co2lib.toml").mkdir()
    with pytest.raises(co2lib.Error, match=r"co2lib\.toml"):
        _config.resolve({}, environment={}, folder=tmp_path, home=tmp_path / "none")


FUZZ = Path(__file__).parents[1] / "fuzz"


@pytest.fixture(scope="module")
def fuzz_target(load_script: Callable[[Path], ModuleType]) -> ModuleType:
    return load_script(FUZZ / "configuration.py")


@pytest.mark.parametrize("file", sorted((FUZZ / "configuration").iterdir()), ids=lambda file: file.name)
def test_the_corpus_of_the_fuzz_target(fuzz_target: ModuleType, file: Path, tmp_path: Path) -> None:
    fuzz_target.one_input(file.read_bytes(), tmp_path)
