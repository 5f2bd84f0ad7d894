# SPDX-License-Identifier: MIT
"""Build the documentation site into build/site/html; any warning ends it.

1. The pages are laid out in build/site/src as they are in the repository, so that links work in both places,
   with the front page and the pages of the reference of this folder. Pages that the front page does not list
   stand at the end of the domains.
2. Doxygen makes the reference of the headers, and fails where a comment is wrong or a public member has none
   (undocumented.py).
3. Sphinx makes the rest, with the reference of Python from the docstrings of the package that is installed.
"""

from __future__ import annotations

import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import co2lib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "build" / "site"
SOURCES = WORK / "src"
INTERNAL = {"cli", "testing"}


def listed(front: str) -> set[str]:
    """Pages that a front page lists, without their suffix."""
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```", front, re.MULTILINE | re.DOTALL)
    return {line for block in blocks for line in block.splitlines() if line and not line.startswith(":")}


def with_all_pages(front: str, pages: set[str]) -> str:
    """Add what a front page does not list at the end of its domains."""
    more = "".join(f"{page}\n" for page in sorted(pages - listed(front)))
    before, caption, after = front.partition(":caption: Domains\n")
    if not caption:
        raise SystemExit("tools/site/index.md: has no list of the domains")
    entries, end, rest = after.partition("```")
    return before + caption + entries + more + end + rest


def lay_out() -> None:
    """Copy everything that the pages are made of."""
    shutil.rmtree(SOURCES, ignore_errors=True)
    shutil.copytree(HERE / "reference", SOURCES / "reference")
    shutil.copytree(ROOT / "docs", SOURCES / "docs")
    shutil.copytree(ROOT / "examples", SOURCES / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    for page in (
        HERE / "index.md",
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ):
        shutil.copy(page, SOURCES / page.name)


def modules() -> list[str]:
    """Every public module of the package, itself first."""
    found = ["co2lib"]
    for info in pkgutil.walk_packages(co2lib.__path__, "co2lib."):
        parts = info.name.split(".")[1:]
        if parts[0] not in INTERNAL and not any(part.startswith("_") for part in parts):
            found.append(info.name)
    return found


def python_pages() -> None:
    """Write a page for each module."""
    folder = SOURCES / "reference"
    names = modules()
    lines = ["# Python reference", "", "```{toctree}", *(f"python/{name}" for name in names), "```", ""]
    (folder / "python.md").write_text("\n".join(lines), encoding="utf-8")
    (folder / "python").mkdir()
    for name in names:
        text = f"# `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n"
        text += "   :no-index:\n" if name == "co2lib" else "   :imported-members:\n"
        (folder / "python" / f"{name}.md").write_text(text + "```\n", encoding="utf-8")


def doxygen() -> None:
    """Make the reference of the headers; its settings come on the standard input."""
    done = subprocess.run([sys.executable, "-P", str(HERE / "undocumented.py")], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    program = shutil.which("doxygen")
    if program is None:
        raise SystemExit(
            "tools/site: doxygen is not installed; on Debian and Ubuntu: apt-get install doxygen"
        )
    target = SOURCES / "extra" / "cpp"
    target.mkdir(parents=True)
    settings = (HERE / "Doxyfile").read_text(encoding="utf-8")
    settings += (
        f"\nPROJECT_NUMBER = {co2lib.__version__}\nINPUT = {ROOT / 'include'}\nHTML_OUTPUT = {target}\n"
    )
    settings += f"EXCLUDE = {ROOT / 'include/co2lib/format.hpp'}\n"  # a specialisation in fmt's namespace
    settings += f"OUTPUT_DIRECTORY = {WORK}\nSTRIP_FROM_PATH = {ROOT / 'include'}\n"
    subprocess.run([program, "-"], input=settings, text=True, check=True)


def main() -> None:
    """Build it."""
    lay_out()
    python_pages()
    doxygen()
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE)]
    command += ["-D", f"html_extra_path={SOURCES / 'extra'}", str(SOURCES), str(WORK / "html")]
    done = subprocess.run(command, check=False)
    if done.returncode:
        raise SystemExit("tools/site: the pages have warnings")
    print(f"Written: {WORK.relative_to(ROOT)}/html/index.html")


if __name__ == "__main__":
    main()
