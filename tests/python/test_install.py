# SPDX-License-Identifier: MIT
"""README names the packages that the build asks for; CTest runs its commands (house.readme_installs)."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def packages_of_readme() -> set[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## Install", 1)[1]
    (line,) = re.findall(r"^apt-get install ([^#\n]+)", text, re.MULTILINE)
    return set(line.split())


def packages_of_setup() -> set[str]:
    """What tools/setup.sh installs for `make demo`, which installs the package as README says."""
    script = (ROOT / "tools/setup.sh").read_text(encoding="utf-8")
    needs = script.split("demo_needs=(", 1)[1].split(")", 1)[0]
    return {line.split()[-1] for line in re.findall(r'"([^"]+)"', needs)}


def packages_of_cmake() -> set[str]:
    """What cmake/dependencies.cmake asks for where tests and benchmarks are off."""
    text = (ROOT / "cmake/dependencies.cmake").read_text(encoding="utf-8")
    always = re.sub(
        r"^if\(CO2LIB_(TESTS|BENCHMARKS)\).*?^endif\(\)", "", text, flags=re.MULTILINE | re.DOTALL
    )
    calls = re.findall(r"^co2lib_dependency\(\S+ \S+ (\S+)", always, re.MULTILINE)
    assert len(calls) >= 4
    return set(calls)


def test_readme_names_every_package_that_the_build_asks_for_and_no_other() -> None:
    tools = {"g++", "cmake", "ninja-build"}
    assert packages_of_readme() == packages_of_cmake() | tools
    assert packages_of_readme() == packages_of_setup()


def test_the_package_of_pkg_config_and_cmake_is_that_of_readme() -> None:
    """Users of the static library link what is private to it."""
    config = (ROOT / "cmake/co2libConfig.cmake.in").read_text(encoding="utf-8")
    assert set(re.findall(r"find_dependency\((\S+)\)", config)) == {
        "Threads",
        "fmt",
        "yaml-cpp",
        "pugixml",
        "CURL",
    }
    install = (ROOT / "cmake/install.cmake").read_text(encoding="utf-8")
    assert 'set(co2lib_pc_requires "yaml-cpp pugixml")' in install
