# SPDX-License-Identifier: MIT
"""co2lib.Error: one class with a code and details, and a built-in exception beside it."""

from __future__ import annotations

import builtins
import os
import pickle
from pathlib import Path

import pytest

import co2lib
from co2lib import _core, _errors, numeric, tracker

CLASSES = {
    _errors.BadValueError: builtins.ValueError,
    _errors.NotFoundError: builtins.LookupError,
    _errors.NotPermittedError: builtins.PermissionError,
    _errors.ProviderError: builtins.ConnectionError,
    _errors.SystemFailureError: builtins.OSError,
    _errors.NoSolutionError: builtins.ArithmeticError,
    _errors.WrongStateError: builtins.RuntimeError,
    _errors.MissingExtraError: builtins.ImportError,
}


@pytest.mark.parametrize(("cls", "builtin"), CLASSES.items())
def test_every_error_is_also_the_built_in(cls: type[co2lib.Error], builtin: type[Exception]) -> None:
    error = cls("domain.code", "the message: do this", {"nearest": ["a", "b"], "least": 3.5})
    assert isinstance(error, builtin)
    assert isinstance(error, co2lib.Error)
    assert error.code == "domain.code"
    assert error.message == "the message: do this"
    assert error.details == {"nearest": ["a", "b"], "least": 3.5}
    assert str(error) == "the message: do this [domain.code]"


@pytest.mark.parametrize("cls", [co2lib.Error, *CLASSES])
def test_errors_cross_processes(cls: type[co2lib.Error]) -> None:
    error = pickle.loads(pickle.dumps(cls("domain.code", "message", {"n": 1})))
    assert type(error) is cls
    assert (error.code, error.message, error.details) == ("domain.code", "message", {"n": 1})


def test_an_error_has_no_details_by_default() -> None:
    assert co2lib.Error("domain.code", "message").details == {}


def test_the_core_raises_the_very_same_classes() -> None:
    with pytest.raises(_errors.BadValueError) as bad_unit:
        co2lib.convert(1, "kwh", "J")
    assert bad_unit.value.code == "meter.bad_unit"
    assert "kwh" in bad_unit.value.message
    assert bad_unit.value.details == {}
    with pytest.raises(_errors.NotFoundError):
        _core.table("no_such_table")
    with pytest.raises(_errors.SystemFailureError, match="no such folder"):
        _core.append_csv("/no such folder/log.csv", ["a"], ["1"])
    with pytest.raises(ValueError, match="0 < p < 1") as bad_input:
        numeric.student_quantile(1.5, 3)
    assert isinstance(bad_input.value, co2lib.Error)
    assert bad_input.value.code == "numeric.bad_input"


def test_numeric_has_the_bits_of_the_core() -> None:
    assert numeric.student_quantile(0.975, 1) == pytest.approx(12.706204736174694, rel=1e-11)
    assert numeric.student_quantile(0.5, 1) == 0.0
    assert numeric.compensated_sum([0.1] * 1_000_000) == 100000.0
    assert numeric.compensated_sum([1.0, 1e100, 1.0, -1e100]) == 2.0
    assert numeric.compensated_sum([]) == 0.0


def test_names_of_files_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jsonl")
    with pytest.raises(co2lib.Error, match=r"caf\\xe9.jsonl: cannot be read") as caught:
        tracker.load(tmp_path / name)
    assert caught.value.details["file"] == os.fspath(tmp_path / name)
    with pytest.raises(co2lib.Error, match=r"\\xe9"):
        co2lib.track(log=tmp_path / os.fsdecode(b"absent\xe9") / "x", meters=[]).start()
    for _ in range(2):
        with co2lib.track(log=tmp_path / name, log_exists="number", meters=[]) as run:
            pass
    (issue,) = [i for i in run.footprint.issues if i.code == "log_numbered"]
    assert issue.subject == str(tmp_path) + r"/caf\xE9.2.jsonl"
    assert run.log == tmp_path / os.fsdecode(b"caf\xe9.2.jsonl")
