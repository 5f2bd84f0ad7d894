# SPDX-License-Identifier: MIT
"""docs/environment.md names every variable that the sources read, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from co2lib import _config
from co2lib._config import values

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "environment.md"
# Read by what we stand on, and texts that are no variables.
BY_OTHERS = {"http_proxy", "https_proxy", "no_proxy"}
NO_VARIABLES = {"PCI_BUS_ID"}


def variables_of(text: str) -> set[str]:
    """Names in quotes of a source that reads the environment; it reads them one by one or from a list."""
    if not re.search(r"\benviron\b|getenv|\benvironment\(", text):
        return set()
    return (
        set(re.findall(r"\"([A-Z][A-Z0-9]{3,}(?:_[A-Z0-9]+)*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\"", text))
        - NO_VARIABLES
    )


def of_sources() -> set[str]:
    found: set[str] = set()
    for base, pattern in (("src", "*.[ch]pp"), ("bindings", "*.[ch]pp"), ("python/co2lib", "*.py")):
        for file in (ROOT / base).rglob(pattern):
            found |= variables_of(file.read_text(encoding="utf-8"))
    return found


def of_options() -> set[str]:
    names = (*_config.OPTIONS, *values.SECRETS)
    return {f"CO2LIB_{name.upper()}" for name in names} | set(values._OTHER_VARIABLES)


def of_page() -> list[str]:
    rows = re.findall(r"^\| (`[^|]*`) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def test_the_page_names_every_variable_once_and_no_other() -> None:
    named = of_page()
    assert len(named) == len(set(named))
    assert set(named) - BY_OTHERS == of_sources() | of_options()


def test_a_variable_of_a_source_is_found() -> None:
    assert variables_of('if os.environ.get("NEW_ONE"): ...') == {"NEW_ONE"}
    assert variables_of('for (auto n : {"RANK", "A_B"}) environment(n); f("PCI_BUS_ID", "GB", "x")') == {
        "RANK",
        "A_B",
    }
    assert variables_of('text("NEW_ONE")') == set()
    assert {"CUDA_VISIBLE_DEVICES", "OMPI_COMM_WORLD_RANK", "TERM"} <= of_sources()
