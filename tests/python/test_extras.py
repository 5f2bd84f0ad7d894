# SPDX-License-Identifier: MIT
"""Optional packages: a call that misses one says which extra to install."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import sys

import pytest

import co2lib
from co2lib._extras import require

# The environment with everything for the tests and the documentation: no call of users needs it.
NOT_FOR_USERS = {"test", "docs"}


def extras() -> dict[str, list[str]]:
    """The optional packages of each extra, as the installed package declares them."""
    found: dict[str, list[str]] = {}
    for requirement in importlib.metadata.requires("co2lib") or []:
        match = re.match(r"([\w.-]+).*;.*extra\s*==\s*['\"]([\w-]+)['\"]", requirement)
        if match and match[2] not in NOT_FOR_USERS:
            found.setdefault(match[2], []).append(match[1])
    return found


# Where a package is imported by another name than it is installed by.
MODULE = {
    "scikit-learn": "sklearn",
    "vl-convert-python": "vl_convert",
    "prometheus-client": "prometheus_client",
    "opentelemetry-sdk": "opentelemetry.sdk",
}


def module_of(package: str) -> str:
    return MODULE.get(package, package.replace("-", "_"))


def installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(module_of(package)) is not None
    except ModuleNotFoundError:
        return False


def test_a_missing_package_is_named_with_its_extra() -> None:
    with pytest.raises(ImportError) as caught:
        require("no_such_package.part", extra="viz", needed_for="the chart")
    error = caught.value
    assert isinstance(error, co2lib.Error)
    assert error.code == "core.missing_extra"
    assert "the chart needs the package 'no_such_package.part'" in error.message
    assert "pip install 'co2lib[viz]'" in error.message
    assert error.details == {"package": "no_such_package.part", "install": "co2lib[viz]"}
    assert isinstance(error.__cause__, ImportError)


def test_without_an_extra_the_package_itself_is_named() -> None:
    with pytest.raises(ImportError, match=r"pip install 'no_such_package'"):
        require("no_such_package.part", needed_for="the chart")


def test_a_package_that_is_there_is_imported() -> None:
    assert require("json", extra="viz", needed_for="nothing") is sys.modules["json"]


def test_a_hidden_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError, match=r"pip install 'numpy'"):
        require("numpy", needed_for="arrays")


@pytest.mark.skipif(
    os.environ.get("CO2LIB_TEST_ENV") != "core", reason="only in the environment without optional packages"
)
def test_the_core_environment_names_each_missing_extra() -> None:
    declared = extras()
    assert declared
    for extra, packages in declared.items():
        missing = [package for package in packages if not installed(package)]
        assert missing, f"the core environment holds every package of the extra {extra}: {packages}"
        for package in missing:
            with pytest.raises(ImportError, match=rf"pip install 'co2lib\[{extra}\]'") as caught:
                require(module_of(package), extra=extra, needed_for="the test")
            assert isinstance(caught.value, co2lib.Error)


@pytest.mark.skipif(
    os.environ.get("CO2LIB_TEST_ENV") != "full", reason="only in the environment with all optional packages"
)
def test_the_full_environment_has_the_optional_packages() -> None:
    assert installed("sklearn")
    assert installed("pybind11_stubgen")
