# SPDX-License-Identifier: MIT
"""What each front-door header costs a file that includes it, beside <fmt/format.h>.

    make headers   prints the table

The compiler's CPU time to read the header and nothing else, the least of a few rounds in which all headers
take turns; and how many lines of code of this library come in with it (of other libraries none are counted).
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASELINE = "fmt/format.h"
_INCLUDE = re.compile(r"^\s*#\s*include\s*<(co2lib/[^>]+)>", re.MULTILINE)


def own_lines(include: Path, header: str) -> int:
    """Count the lines of code of all headers of this library that come in with one of them, itself included.

    Blank lines and comments are left out: they cost the compiler next to nothing, and a limit on them would
    be paid for with members that have no sentence.
    """
    seen: set[str] = set()
    waiting = [header]
    lines = 0
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        text = (include / name).read_text(encoding="utf-8")
        lines += sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("//"))
        waiting += _INCLUDE.findall(text)
    return lines


def cpu_seconds(command: list[str]) -> float:
    """Run a command; give the CPU time it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def front_doors(include: Path) -> list[str]:
    """List the headers beside the folders of the domains, but for those that need LibTorch."""
    found = sorted(path.relative_to(include).as_posix() for path in (include / "co2lib").glob("*.hpp"))
    return [header for header in found if header != "co2lib/torch.hpp"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    include = ROOT / "include"
    headers = [BASELINE, *front_doors(include)]
    least = dict.fromkeys(headers, float("inf"))
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.rounds):
            for number, header in enumerate(headers):
                source = Path(folder) / f"{number}.cpp"
                source.write_text(f"#include <{header}>\n", encoding="utf-8")
                command = [arguments.compiler, "-std=c++20", "-fsyntax-only", "-DFMT_HEADER_ONLY=1"]
                took = cpu_seconds([*command, f"-I{include}", str(source)])
                least[header] = min(least[header], took)
    print(f"{'header':28} {'own lines':>9} {'CPU s':>6} {'of fmt':>7}")
    for header in sorted(headers, key=lambda h: least[h]):
        lines = "" if header == BASELINE else str(own_lines(include, header))
        print(f"{header:28} {lines:>9} {least[header]:6.2f} {least[header] / least[BASELINE]:6.1f}x")


if __name__ == "__main__":
    main()
