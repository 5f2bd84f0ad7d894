# SPDX-License-Identifier: MIT
"""The truth bench: traces whose energy is known, through co2lib and through other tools' own code.

    make truth          everything: environments, runs, docs/truth.md
    python run.py --only zeus --rows T01,T03    a part of it; other cells keep their last answers
    python run.py --only attribution            the division among processes alone (attribution.py)

Each peer gets an environment of its own, from ../requirements/<peer>.txt, and a process of its own per trace,
without network and with a limit of time. Answers are kept in build/truth/answers.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peers import environment
from truth import attribution
from truth.rows import MISSING, ROWS, vectors_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "truth"
PAGE = ROOT / "docs" / "truth.md"
PEERS = ("codecarbon", "zeus", "carbontracker", "perun")
NAMES = {
    "co2lib": "co2lib",
    "codecarbon": "CodeCarbon",
    "zeus": "Zeus",
    "carbontracker": "carbontracker",
    "perun": "perun",
}
LIMIT_S = 400

Answer = dict[str, Any]


# ------------------------------------------------------------------------------------------------------------
# Runs
# ------------------------------------------------------------------------------------------------------------
def fake_nvml(folder: Path = BUILD / "nvml") -> Path:
    """Build the stand-in for NVIDIA's library."""
    folder.mkdir(parents=True, exist_ok=True)
    source = ROOT / "tests" / "fixtures" / "nvml" / "fake_nvml.c"
    compiler = os.environ.get("CC", "cc")
    library = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-lpthread"], check=True)
    return folder


def version_of(python: Path, package: str) -> str:
    """The version that is installed."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    if package == "co2lib":  # may be on PYTHONPATH and not installed
        code = "import co2lib; print(co2lib.__version__)"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def ask(peer: str, name: str, python: Path, nvml: Path) -> Answer:
    """Run one trace through a tool; `not_run` holds why there is no answer."""
    with tempfile.TemporaryDirectory(prefix="truth-") as folder:
        scratch = Path(folder)
        place = scratch / "answer.json"
        surroundings = {
            "PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "LD_LIBRARY_PATH": str(nvml),
            **{name: os.environ[name] for name in ("PYTHONPATH",) if peer == "co2lib" and name in os.environ},
            "TRUTH_SCRATCH": folder, "TRUTH_ANSWER": str(place),
            "FAKE_NVML_SCRIPT": str(scratch / "nvml.txt"), "FAKE_NVML_CLOCK": str(scratch / "clock.txt"),
            "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
        }  # fmt: skip
        # -P: the scripts are named like the packages they import.
        script = HERE / "own.py" if peer == "co2lib" else HERE / "peers" / f"{peer}.py"
        command = [python, "-P", script, name]
        try:
            done = subprocess.run(
                command, input=json.dumps(vectors_of(name)), capture_output=True, text=True, cwd=folder,
                env=surroundings, timeout=LIMIT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"not_run": f"no answer within {LIMIT_S} s"}
        if place.is_file():
            return json.loads(place.read_text(), parse_constant=lambda _: None)
        lines = done.stderr.strip().splitlines()
        return {"not_run": f"exit status {done.returncode}: {lines[-1] if lines else 'nothing said'}"[:200]}


# ------------------------------------------------------------------------------------------------------------
# Judgement
# ------------------------------------------------------------------------------------------------------------
VERDICTS = {
    "exact": "the truth",
    "flagged": "no number can be right, and the tool says so by flags, bounds or a warning",
    "depends": "the truth or something else, silently, by how the trace falls on the tool's own reads",
    "wrong": "another number, without a word",
    "wrong, logged": "another number; a line in the tool's log hints at it",
    "raises": "an exception in the user's program, or its end",
    "no value": "no number; at most a line in the log",
    "-": "the tool has no such operation",
    "not run": "could not be run here",
}


def verdict(name: str, found: Answer) -> str:
    """One of VERDICTS."""
    row = ROWS[name]
    if "missing" in found:
        return "-"
    if "not_run" in found:
        return "not run"
    if found["raises"]:
        return "raises"
    value, said = found["value"], found["log"]
    if value is None:
        return "flagged" if found.get("bounds") else "no value"
    if name == "T12":
        return "wrong" if not said else "flagged" if "world" in found["text"] else "wrong, logged"
    if row.right(value):
        if row.flagged:
            return "flagged" if said else "wrong"
        return "exact" if all(row.right(other) for _, other in found["also"]) else "depends"
    return "wrong, logged" if said else "wrong"


def number(value: Any, unit: str) -> str:
    """A number as the page shows it."""
    if not isinstance(value, int | float):
        return "none"
    if unit == "kWh":
        return f"{value:.8g} kWh"
    digits = 9 if abs(value) >= 1e6 else 7 if abs(value) >= 1e5 else 6
    return f"{value:.{digits}g} {unit}"


def shown(found: Answer) -> str:
    """The answer without its verdict."""
    if "missing" in found or "not_run" in found:
        return ""
    if found["raises"]:
        return "the program ends" if found["raises"].startswith("ends") else ""
    text = found["text"] or number(found["value"], found["unit"])
    if found["value"] is None and found.get("bounds"):
        low, high = found["bounds"]
        text = f"none, in [{low:g}, {high:g}] J"
    if found["also"] and not found["text"]:
        text += " or " + " or ".join(number(value, found["unit"]) for _, value in found["also"])
    return text


def cell(name: str, found: Answer) -> str:
    """A cell of the table."""
    judged = verdict(name, found)
    if judged == "exact":
        return "exact"
    text = shown(found)
    return f"{judged}: {text}" if text else judged


# ------------------------------------------------------------------------------------------------------------
# The page
# ------------------------------------------------------------------------------------------------------------
def escaped(text: str) -> str:
    """Fit for a cell of Markdown."""
    return " ".join(text.replace("|", "\\|").split())


def table(state: dict[str, Any]) -> list[str]:
    """Rows by tools."""
    tools = ["co2lib", *PEERS]
    versions = state["versions"]
    lines = [
        "| # | trace | truth | "
        + " | ".join(f"{NAMES[t]} {versions.get(t, '')}".strip() for t in tools)
        + " |",
        "|---|---|---|" + "---|" * len(tools),
    ]
    for name, row in ROWS.items():
        cells = [
            escaped(cell(name, state["answers"].get(t, {}).get(name, {"not_run": "not asked"})))
            for t in tools
        ]
        lines.append(f"| {name} | {row.title} | {row.truth} | " + " | ".join(cells) + " |")
    return lines


def details(state: dict[str, Any]) -> list[str]:
    """How each cell was obtained."""
    lines: list[str] = []
    for tool in ("co2lib", *PEERS):
        lines += [
            "",
            f"### {NAMES[tool]} {state['versions'].get(tool, '')}",
            "",
            "| # | answer | how it was driven, notes |",
        ]
        lines.append("|---|---|---|")
        for name in ROWS:
            found = state["answers"].get(tool, {}).get(name, {"not_run": "not asked"})
            parts = [
                found.get("how", ""),
                found.get("missing", ""),
                found.get("not_run", ""),
                found.get("note", ""),
            ]
            if found.get("raises"):
                parts.append(f"`{found['raises']}`")
            parts += [f"{when}: {number(value, found['unit'])}" for when, value in found.get("also", [])]
            if found.get("log"):
                parts.append(("flags: " if tool == "co2lib" else "log: ") + f"`{found['log']}`")
            told = " ".join(p if p.endswith(".") else p + "." for p in (escaped(part) for part in parts) if p)
            lines.append(f"| {name} | {escaped(cell(name, found))} | {told} |")
    return lines


def write_blocks(blocks: dict[str, list[str]], page: Path = PAGE) -> None:
    """Replace what stands between the markers of the page."""
    text = page.read_text()
    for marker, lines in blocks.items():
        begin, end = f"<!-- {marker}: written by benchmarks/truth/run.py -->", f"<!-- end of {marker} -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{page}: the markers of {marker} are missing")
        text = before + begin + "\n" + "\n".join(lines).strip("\n") + "\n" + end + after
    page.write_text(text)


def write_page(state: dict[str, Any], page: Path = PAGE) -> None:
    """Write the tables of the tools."""
    words = [f"* **{word}**: {meaning}." for word, meaning in VERDICTS.items()]
    write_blocks(
        {
            "table": [f"Run on {state['date']}, {state['machine']}.", "", *table(state), "", *words],
            "details": details(state),
        },
        page,
    )


def write_attribution(traces: int, page: Path = PAGE) -> None:
    """Run the attribution bench and write its table; a division that is wrong ends the program."""
    rows = attribution.all_rows(list(attribution.KINDS), traces)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    write_blocks(
        {"attribution": [f"Run on {today}, {traces} traces of each kind.", "", *attribution.table(rows)]},
        page,
    )
    if bad := [row.kind for row in rows if not row.right()]:
        raise SystemExit(f"the division is wrong: {', '.join(bad)}")


def machine() -> str:
    """The machine in words."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    )


def main() -> None:
    """Ask everything that is asked for and write the page."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--only", default=",".join(("co2lib", *PEERS, "attribution")), help="tools, and attribution"
    )
    arguments.add_argument("--rows", default=",".join(ROWS), help="rows, separated by commas")
    arguments.add_argument("--keep", action="store_true", help="ask only for what has no answer yet")
    arguments.add_argument("--traces", type=int, default=100, help="traces of each kind of the attribution")
    given = arguments.parse_args()
    tools, rows = given.only.split(","), given.rows.split(",")
    if "attribution" in tools:
        tools.remove("attribution")
        write_attribution(given.traces)
    if not tools:
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    kept = BUILD / "answers.json"
    state = json.loads(kept.read_text()) if kept.is_file() else {"versions": {}, "answers": {}}
    nvml = fake_nvml()
    for tool in tools:
        answers = state["answers"].setdefault(tool, {})
        python = Path(sys.executable) if tool == "co2lib" else environment(tool)
        state["versions"][tool] = version_of(python, tool)
        for name in rows:
            if given.keep and name in answers and "not_run" not in answers[name]:
                continue
            reason = MISSING.get(tool, {}).get(name)
            answers[name] = {"missing": reason} if reason else ask(tool, name, python, nvml)
            if "not_run" in answers[name]:  # some tools give their processes little time to start
                answers[name] = ask(tool, name, python, nvml)
            print(f"{NAMES[tool]:14} {name}  {cell(name, answers[name])}", flush=True)
            kept.write_text(json.dumps(state, indent=1))
    state["date"] = datetime.now(UTC).strftime("%Y-%m-%d")
    state["machine"] = machine()
    kept.write_text(json.dumps(state, indent=1))
    write_page(state)
    print("\n".join(table(state)))
    print(f"Written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
