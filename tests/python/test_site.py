# SPDX-License-Identifier: MIT
"""The documentation site has every page and every module; `make site` builds it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "tools" / "site"
needs_doxygen = pytest.mark.skipif(shutil.which("doxygen") is None, reason="doxygen is not installed")
TASKS = [
    "first run",
    "epochs",
    "Trainer",
    "Slurm",
    "Docker",
    "C++ service",
    "IoT device",
    "CodeCarbon",
    "model_only",
    "so wide",
    "TDP",
]


@pytest.fixture
def build(load_script: Callable[[Path], ModuleType]) -> ModuleType:
    return load_script(SITE / "build.py")


def test_the_front_page_has_every_page_and_begins_with_tasks(build: ModuleType) -> None:
    front = (SITE / "index.md").read_text(encoding="utf-8")
    pages = {f"docs/{page.stem}" for page in (ROOT / "docs").glob("*.md")}
    own = {"reference/python", "reference/cpp", "README", "CONTRIBUTING", "CHANGELOG"}
    assert build.listed(front) - own <= pages
    assert build.listed(build.with_all_pages(front, pages)) == pages | own
    tasks = front[: front.index("{toctree}")]
    assert [task for task in TASKS if task not in tasks] == []


def test_links_of_the_front_page_lead_to_headings() -> None:
    for page in (SITE / "index.md", *(SITE / "reference").glob("*.md")):
        base = ROOT if page.parent == SITE else ROOT / "docs"
        for target, heading in re.findall(
            r"\]\(([\w./]+\.md)(?:#([\w-]+))?\)", page.read_text(encoding="utf-8")
        ):
            file = (base / target).resolve()
            assert file.is_file(), f"{page.name}: {target}"
            slugs = {
                re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).strip().replace(" ", "-")
                for line in file.read_text(encoding="utf-8").splitlines()
                if line.startswith("#")
            }
            assert not heading or heading in slugs, f"{page.name}: {target}#{heading}"


def test_every_public_module_has_a_page(build: ModuleType) -> None:
    names = build.modules()
    assert {"co2lib", "co2lib.meter", "co2lib.tracker", "co2lib.integrations.keras"} <= set(names)
    assert not [name for name in names if "._" in name or name.startswith(("co2lib.cli", "co2lib.testing"))]


def test_a_page_that_is_not_listed_is_added_to_the_domains(build: ModuleType) -> None:
    front = "```{toctree}\n:caption: A\n\ndocs/a\n```\n\n```{toctree}\n:caption: Domains\n\ndocs/b\n```\n"
    assert build.listed(front) == {"docs/a", "docs/b"}
    assert build.with_all_pages(front, {"docs/a", "docs/b", "docs/c"}) == front.replace(
        "/b\n", "/b\ndocs/c\n"
    )


@needs_doxygen
def test_every_public_member_of_the_headers_has_a_sentence(
    load_script: Callable[[Path], ModuleType],
) -> None:
    assert load_script(SITE / "undocumented.py").undocumented(ROOT / "include") == []


@needs_doxygen
def test_a_member_without_a_sentence_is_named(
    tmp_path: Path, load_script: Callable[[Path], ModuleType]
) -> None:
    (tmp_path / "co2lib").mkdir()
    (tmp_path / "co2lib/a.hpp").write_text(
        """
namespace co2lib {
namespace detail { struct Hidden { int a; }; }
/// Said.
template <class T> inline constexpr bool said = false;
template <> inline constexpr bool said<int> = true;
/// Said.
struct Said {
  Said() = default;
  Said(Said&&) noexcept;
  ~Said();
  int a = 0;  ///< said
  int b = 0;
  bool operator==(const Said&) const = default;
  bool operator<(const Said&) const;
  friend class Other;
 private:
  struct Own { int c; };
  enum class Hidden { d };
};
/// Said.
enum class Kind { e, /**< said */ f };
struct Silent { int g = 0; /**< said */ };
int function(int default_value = 1);
}
""",
        encoding="utf-8",
    )
    found = load_script(SITE / "undocumented.py").undocumented(tmp_path)
    assert {line.rsplit(" ", 1)[-1] for line in found} == {
        "co2lib::Said::b",
        "co2lib::Said::operator<",
        "co2lib::Kind::f",
        "co2lib::Silent",
        "co2lib::function",
    }
    assert all(line.startswith("co2lib/a.hpp:") for line in found)
