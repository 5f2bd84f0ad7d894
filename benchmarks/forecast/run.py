# SPDX-License-Identifier: MIT
"""Backtests of the forecasters on the traces at hand; prints the table and writes it into docs/forecast.md.

The traces are third-party files that are not in the repository: hourly CSV files of Electricity Maps or
CarbonCast in the folder CO2LIB_TRACES, or in shared/data/traces beside the repository.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from page import machine, write_measured  # noqa: E402


def main() -> int:
    """Run the benchmark programs, built in the folder that is given or in build/release/benchmarks/cpp."""
    traces = Path(os.environ.get("CO2LIB_TRACES") or ROOT.parent / "shared" / "data" / "traces")
    files = sorted(traces.glob("*_hourly.csv")) or sorted(traces.glob("*.csv"))
    if not files:
        print(f"no traces: no CSV file in {traces}; set CO2LIB_TRACES to a folder with hourly CSV files")
        return 0
    about = machine()
    built = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "release" / "benchmarks" / "cpp"

    def answer(program: str, argument: Path) -> str:
        done = subprocess.run([built / program, argument], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    text = (
        f"{about}. Times are of one core's CPU, the least of several rounds.\n\n"
        f"{answer('co2lib_forecast', traces)}\n\n"
        f"Pricing, and reading {files[0].name}:\n\n{answer('co2lib_price', files[0])}"
    )
    print(text)
    write_measured(ROOT / "docs" / "forecast.md", text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
