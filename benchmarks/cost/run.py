# SPDX-License-Identifier: MIT
"""What co2lib itself costs, beside the raw operations it stands on and beside its peers.

    make cost           everything: release builds, environments, docs/cost.md
    python run.py --quick   short runs, for a look

Every ratio is of two things measured in this run on this machine. Absolute times are of this machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CPP = ROOT / "build" / "release" / "benchmarks" / "cpp"
PAGE = ROOT / "docs" / "cost.md"

sys.path.insert(0, str(HERE.parent))
from page import machine, table, write_measured  # noqa: E402
from peers import environment, version_of  # noqa: E402

HEADER = ("what", "target", "co2lib", "ratio", "peers")
Row = tuple[str, str, str, str, str]


def output(*command: object, **more: Any) -> dict[str, Any]:
    """Run a program that prints one JSON object."""
    text = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **more)
    return json.loads(text.stdout)


def middle(make: Any, key: str, runs: int) -> float:
    """Return the median of one field over several runs."""
    return statistics.median(make()[key] for _ in range(runs))


def calls(repetitions: int) -> dict[str, dict[str, float]]:
    """Return the benchmarks inside one C++ process: name to p50 and p99 in us, median of the repetitions."""
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(repetitions):
        for one in output(CPP / "co2lib_bench", "--benchmark_format=json")["benchmarks"]:
            found.setdefault(one["name"].split("/")[0], []).append(
                {"p50": one.get("p50_us", one["real_time"] / 1e3), "p99": one.get("p99_us", 0.0)}
            )
    nothing = statistics.median(run["p50"] for run in found["clock_pair"])
    timed = {"region", "nested_region", "logged_region", "eight_preads", "snapshot", "start", "stop"}
    return {
        name: {
            key: statistics.median(run[key] for run in runs) - (nothing if name in timed else 0)
            for key in ("p50", "p99")
        }
        for name, runs in found.items()
    }


# The largest resident size of the process that says it; getrusage would count the parent's before exec.
PEAK_KB = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM:')))"


def over_bare(python: Path, line: str, runs: int) -> tuple[float, float]:
    """Return milliseconds and MB that a line adds to a fresh interpreter, medians; both take turns."""
    seconds: dict[str, list[float]] = {"pass": [], line: []}
    megabytes: dict[str, list[float]] = {"pass": [], line: []}
    for _ in range(runs):
        for code in ("pass", line):
            begin = time.perf_counter()
            child = subprocess.run(
                [python, "-I", "-c", f"{code}; {PEAK_KB}"], check=True, capture_output=True
            )
            seconds[code].append(time.perf_counter() - begin)
            megabytes[code].append(int(child.stdout.split()[-1]) / 1024)
    of = statistics.median
    return 1e3 * (of(seconds[line]) - of(seconds["pass"])), of(megabytes[line]) - of(megabytes["pass"])


def third_party(python: Path) -> list[str]:
    """Return the modules of other packages that `import co2lib` loads."""
    code = (
        "import sys; before=set(sys.modules); import co2lib; "
        "own=sys.stdlib_module_names; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules)-before} - own - {'co2lib'}))"
    )
    return subprocess.run(
        [python, "-I", "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()


def imports(runs: int, python: Path) -> list[Row]:
    """Measure imports over a bare interpreter."""
    ours = over_bare(python, "import co2lib", runs)
    others = third_party(python)
    peers = []
    for peer, line in (("codecarbon", "import codecarbon"), ("zeus", "from zeus.monitor import ZeusMonitor")):
        theirs = over_bare(environment(peer), line, max(3, runs // 6))
        peers.append(f"{version_of(peer)}: {theirs[0]:.0f} ms, {theirs[1]:.0f} MB")
    got = f"{ours[0]:.1f} ms, {ours[1]:.1f} MB, {len(others)} other packages"
    return [("`import co2lib` over bare Python", "<= 10 ms, <= 3 MB, 0 packages", got, "", "; ".join(peers))]


def in_process(runs: int, python: Path) -> list[Row]:
    """Measure calls of the libraries."""
    cpp = calls(runs)
    ours = output(python, "-I", HERE / "scripts" / "co2lib_calls.py")
    first = middle(lambda: output(CPP / "co2lib_whole", "first"), "start_stop_s", 3 * runs)
    first_python = middle(
        lambda: output(python, "-I", HERE / "scripts" / "co2lib_first.py"), "first_start_stop_s", 3 * runs
    )
    carbon = output(environment("codecarbon"), "-I", HERE / "scripts" / "codecarbon_calls.py", cwd="/tmp")
    zeus = output(environment("zeus"), "-I", HERE / "scripts" / "zeus_calls.py", cwd="/tmp")

    def us(value: float) -> str:
        return f"{value:.2f} us" if value < 1000 else f"{value / 1e3:.2f} ms"

    def peers(key: str, scale: float) -> str:
        def value(found: dict[str, Any]) -> str:
            one = found[key]
            return us((one["p50_us"] if isinstance(one, dict) else one) * scale)

        return f"{version_of('codecarbon')}: {value(carbon)}; {version_of('zeus')}: {value(zeus)}"

    region, preads = cpp["region"], cpp["eight_preads"]
    marker, clocks = cpp["marker_region"], cpp["two_clocks"]
    return [
        ("first start + stop, C++", "<= 1 ms", us(first * 1e6), "", ""),
        (
            "first start + stop, Python",
            "<= 3 ms",
            us(first_python * 1e6),
            f"CodeCarbon / co2lib {carbon['first_start_stop_s'] / first_python:.0f}",
            peers("first_start_stop_s", 1e6),
        ),
        (
            "region enter + exit, 4 RAPL zones, C++",
            "<= 1.8 x the 8 `pread`s",
            f"{us(region['p50'])} (p99 {us(region['p99'])})",
            f"{region['p50'] / preads['p50']:.2f} x {us(preads['p50'])}",
            "",
        ),
        (
            "the same, Python `with run.region()`",
            "<= 3 x the 8 `pread`s of C++",
            f"{us(ours['region']['p50_us'])} (p99 {us(ours['region']['p99_us'])})",
            f"{ours['region']['p50_us'] / preads['p50']:.2f} x; "
            f"{ours['region']['p50_us'] / ours['preads']['p50_us']:.2f} x those in Python",
            peers("region", 1.0),
        ),
        (
            "region with a log, C++",
            "",
            f"{us(cpp['logged_region']['p50'])} (p99 {us(cpp['logged_region']['p99'])})",
            f"{cpp['logged_region']['p50'] / preads['p50']:.2f} x {us(preads['p50'])}",
            "",
        ),
        (
            "region, marker mode, C++",
            "<= 0.1 us",
            us(marker["p50"]),
            f"{marker['p50'] / clocks['p50']:.1f} x two clock reads",
            "",
        ),
        ("region, marker mode, Python", "", us(ours["marker"]["p50_us"]), "", ""),
        ("`snapshot()`", "", us(cpp["snapshot"]["p50"]), "", ""),
        (
            "`stop()`, 10^4 times",
            "<= 1 ms",
            f"{us(cpp['stop']['p50'])} (p99 {us(cpp['stop']['p99'])})",
            "",
            "",
        ),
    ]


def long_runs(seconds: float) -> list[Row]:
    """Measure what shows over time."""
    idle = output(CPP / "co2lib_whole", "background", seconds)
    bare = output(CPP / "co2lib_whole", "bare", seconds)
    day = output(CPP / "co2lib_whole", "day")
    share, least = (100 * x["cpu_s"] / x["wall_s"] for x in (idle, bare))
    return [
        (
            f"background at 10 Hz, 4 counters, {idle['wall_s']:.0f} s idle",
            "<= 0.05 % of a core",
            f"{share:.3f} %",
            f"{share / least:.2f} x a thread that only reads the 4 files ({least:.3f} %)",
            "",
        ),
        (
            "memory over 24 h, default periods (simulated)",
            "<= 4 MB",
            f"{day['heap_bytes'] / 1e6:.2f} MB",
            "",
            "",
        ),
        ("log growth, one region a minute", "", f"{day['log_bytes'] / 24 / 1e3:.0f} kB per hour", "", ""),
    ]


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short runs; the page is not written")
    given = parser.parse_args()
    python = Path(sys.executable)
    where = machine()
    rows = [
        *imports(6 if given.quick else 36, python),
        *in_process(1 if given.quick else 11, python),
        *long_runs(5 if given.quick else 60),
    ]
    text = f"{where}.\n\n{table(HEADER, rows)}"
    print(text)
    if given.quick:
        return
    write_measured(PAGE, text)
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
