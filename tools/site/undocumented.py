# SPDX-License-Identifier: MIT
"""List the public members of the headers that have no sentence in the reference; without any, say so.

    python tools/site/undocumented.py

Doxygen reads the headers with the settings of the site and writes what it found as XML. Every class,
structure, concept, enumeration and enumerator, field, function, type and macro must be described. What
explains itself need not be: what is defaulted or deleted, destructors, moves, specialisations of a template
that is described, friends that are classes, and the namespaces `detail`, which the settings leave out.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
_TYPES = {"class", "struct", "union", "concept"}


def settings(include: Path, output: Path) -> str:
    """Doxygen's settings of the site, for XML alone and without warnings."""
    text = (HERE / "Doxyfile").read_text(encoding="utf-8")
    return text + "\n".join(
        (
            "",
            f"INPUT = {include}",
            f"EXCLUDE = {include / 'co2lib/format.hpp'}",
            f"STRIP_FROM_PATH = {include}",
            f"OUTPUT_DIRECTORY = {output}",
            "GENERATE_HTML = NO",
            "GENERATE_XML = YES",
            "XML_PROGRAMLISTING = NO",
            "WARN_AS_ERROR = NO",
            "WARNINGS = NO",
            "",
        )
    )


def described(element: ET.Element) -> bool:
    """Whether an element has a text of its own."""
    found = (element.find(part) for part in ("briefdescription", "detaileddescription"))
    return any(part is not None and "".join(part.itertext()).strip() for part in found)


def explains_itself(member: ET.Element, parent: str) -> bool:
    """Whether a member needs no sentence."""
    name = member.findtext("name") or ""
    arguments = member.findtext("argsstring") or ""
    specialisation = "<" in name and not name.startswith("operator")
    if member.get("prot") in {"private", "protected"} or specialisation or name.startswith("~"):
        return True
    if member.get("kind") == "friend" and not arguments:
        return True
    moves = name in {"operator=", parent.rsplit("::", 1)[-1]} and "&&" in arguments and "," not in arguments
    return moves or re.search(r"=\s*(default|delete)$", arguments) is not None


def missing_in(compound: ET.Element) -> Iterator[tuple[str, int, str]]:
    """File, line and name of all without a sentence in one compound of Doxygen's."""
    name = compound.findtext("compoundname") or ""
    if compound.get("prot") in {"private", "protected"} or compound.get("kind") in {"dir", "page"}:
        return

    def at(element: ET.Element) -> tuple[str, int]:
        place = element.find("location")
        return ("", 0) if place is None else (place.get("file", ""), int(place.get("line", "0")))

    if compound.get("kind") in _TYPES and "<" not in name and not described(compound):
        yield (*at(compound), name)
    for member in compound.iter("memberdef"):
        full = f"{name}::{member.findtext('name')}"
        if not explains_itself(member, name) and not described(member):
            yield (*at(member), full)
        for enumerator in member.iter("enumvalue"):
            if member.get("prot") == "public" and not described(enumerator):
                yield (*at(member), f"{full}::{enumerator.findtext('name')}")


def undocumented(include: Path) -> list[str]:
    """`file:line: name` of every public member below a folder that has no sentence."""
    program = shutil.which("doxygen")
    if program is None:
        raise SystemExit(
            "tools/site: doxygen is not installed; on Debian and Ubuntu: apt-get install doxygen"
        )
    found: set[tuple[str, int, str]] = set()
    with tempfile.TemporaryDirectory() as folder:
        text = settings(include, Path(folder))
        subprocess.run([program, "-"], input=text, text=True, check=True, capture_output=True)
        files = sorted((Path(folder) / "xml").glob("*.xml"))
        if len(files) < 2:
            raise SystemExit(f"tools/site: doxygen found no header in {include}")
        for file in files:
            for compound in ET.parse(file).getroot().iter("compounddef"):
                found.update(missing_in(compound))
    return [f"{file}:{line}: {name}" for file, line, name in sorted(found)]


def main() -> None:
    """Print them; end with 1 if there are any."""
    found = undocumented(ROOT / "include")
    print("\n".join(found))
    if found:
        raise SystemExit(
            f"tools/site: {len(found)} public members of the headers have no sentence; write one each: "
            "what it is, its unit and range, what none or empty means, what it throws"
        )


if __name__ == "__main__":
    sys.exit(main())
