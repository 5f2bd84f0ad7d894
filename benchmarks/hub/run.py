# SPDX-License-Identifier: MIT
"""Cards per second beside other readers, and a million cards in one process and over Dask.

Prints the tables and writes them into docs/hub.md. `--cards N` (100,000) are read from memory, `--models N`
(1,000,000) from a dump in a temporary folder; `--no-write` leaves the page alone.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from huggingface_hub import ModelCard

from co2lib import hub

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from page import machine, table, write_measured  # noqa: E402

GROUP = 10_000
WORDS = (
    "model",
    "card",
    "data",
    "training",
    "evaluation",
    "results",
    "intended",
    "use",
    "bias",
    "text",
    "base",
)


def _body(rng: random.Random, size: int) -> str:
    lines = ["# Model", ""]
    while sum(map(len, lines)) < size:
        lines.append(" ".join(rng.choices(WORDS, k=12)))
    return "\n".join(lines) + "\n"


def _metadata(rng: random.Random, i: int, large: bool) -> str:
    lines = ["license: apache-2.0", "language:", "- en", "tags:", "- generated", f"- tag-{i % 97}"]
    if rng.random() < 0.5:
        lines += [
            "model-index:",
            f"- name: m{i}",
            "  results:",
            "  - task:",
            "      type: text-classification",
        ]
        lines += ["    metrics:", "    - type: accuracy", f"      value: {rng.random():.4f}"]
    if large:
        lines += ["widget:"]
        lines += [f"- text: {' '.join(rng.choices(WORDS, k=10))}" for _ in range(500)]
    if rng.random() < 0.02:
        grams = f"{rng.uniform(0.1, 500):.3f}"
        block = ["co2_eq_emissions:", f"  emissions: {grams}", "  source: codecarbon"]
        lines += rng.choice([block, [f"co2_eq_emissions: {grams}"], [f'co2_eq_emissions: "{grams} kg"']])
    return "\n".join(lines) + "\n"


def corpus(count: int, seed: int = 1) -> Iterator[str]:
    """Generate cards of 4.6 kB on average: 2 % report, 1 % have metadata above 30 kB."""
    rng = random.Random(seed)
    bodies = [_body(rng, rng.randint(500, 7500)) for _ in range(200)]
    for i in range(count):
        yield f"---\n{_metadata(rng, i, rng.random() < 0.01)}---\n{rng.choice(bodies)}"


def rate(read: Callable[[Sequence[str]], Any], cards: Sequence[str], least_s: float = 1.0) -> float:
    """Return cards per second: the best of three, each of at least a second or of all cards."""
    best = 0.0
    for _ in range(3):
        done, start = 0, time.perf_counter()
        while done < len(cards) and (done == 0 or time.perf_counter() - start < least_s):
            some = cards[done : done + 500]
            read(some)
            done += len(some)
        best = max(best, done / (time.perf_counter() - start))
    return best


def at_once(cards: Sequence[str]) -> dict[str, float]:
    """Return cards per second of all cards in one call: the best of eight, one and two threads in turns."""
    least = dict.fromkeys(("one thread", "two threads"), math.inf)
    for _ in range(8):
        for threads, name in enumerate(least, 1):
            least[name] = min(least[name], _timed(lambda n=threads: hub.read_cards(cards, threads=n)))
    return {f"all cards in one call, {name}": len(cards) / s for name, s in least.items()}


def _pyyaml(texts: Sequence[str]) -> None:
    for text in texts:
        yaml.safe_load(text.split("---\n")[1]).get("co2_eq_emissions")


def _huggingface(texts: Sequence[str]) -> None:
    for text in texts:
        ModelCard(text, ignore_metadata_errors=True).data.to_dict().get("co2_eq_emissions")


def readers(count: int) -> str:
    """Return the table of readers."""
    cards = list(corpus(count))
    size = sum(map(len, cards)) / len(cards)
    found = {
        "`hub.read_cards`, one thread": rate(lambda x: hub.read_cards(x, threads=1), cards),
        **at_once(cards),
        "`hub.read_cards(thorough=True)`: yaml-cpp parses all metadata": rate(
            lambda x: hub.read_cards(x, threads=1, thorough=True), cards
        ),
        "PyYAML `safe_load` of the metadata": rate(_pyyaml, cards),
        "huggingface_hub `ModelCard`": rate(_huggingface, cards),
    }
    first = next(iter(found.values()))
    rows = [[name, f"{one:,.0f}", f"{first / one:.2f}"] for name, one in found.items()]
    return f"{count:,} generated cards of {size / 1000:.1f} kB on average:\n\n" + table(
        ["reader", "cards per second", "`read_cards` is faster by"], rows
    )


def _timed(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def write_dump(file: Path, count: int) -> None:
    """Write a dump as others publish them: one row per model, with its card."""
    schema = pa.schema(
        [
            ("modelId", pa.string()),
            ("createdAt", pa.string()),
            ("downloads", pa.int64()),
            ("card", pa.string()),
        ]
    )
    cards = corpus(count)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for start in range(0, count, GROUP):
            rows = range(start, min(start + GROUP, count))
            columns = [
                [f"author-{i % 5000}/model-{i}" for i in rows],
                [f"2022-{i % 12 + 1:02}-01T00:00:00.000Z" for i in rows],
                [i % 1000 for i in rows],
                [next(cards) for _ in rows],
            ]
            writer.write_table(pa.table(columns, schema=schema))


ONE = """
import json, resource, sys, time
import pandas
from co2lib import hub

def main():
    file, workers = sys.argv[1], int(sys.argv[2])
    start, client = time.perf_counter(), None
    if workers:
        from distributed import Client, LocalCluster
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        )
        client = Client(cluster)
    began = time.perf_counter()
    table = hub.read_dump(file, scheduler=client)
    read = time.perf_counter() - began
    start = time.perf_counter()
    labels = hub.label(table)["label"]
    label = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    hashed = int(pandas.util.hash_pandas_object(table.astype(str), index=False).sum())
    print(json.dumps([read, label, peak, len(table), int(table["grams"].notna().sum()), hashed]))
    if client is not None:
        client.close()
        cluster.close()

if __name__ == "__main__":
    main()
"""


def million(count: int) -> str:
    """Return the table of a dump read in one process and over Dask."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dump.parquet"
        write_dump(file, count)
        program = Path(folder) / "one.py"
        program.write_text(ONE, encoding="utf-8")
        found = {}
        for workers in (0, 2):
            done = subprocess.run(
                [sys.executable, "-P", str(program), str(file), str(workers)],
                capture_output=True,
                text=True,
                check=True,
            )
            found[workers] = json.loads(done.stdout.splitlines()[-1])
        size = file.stat().st_size
    if found[0][3:] != found[2][3:]:
        raise SystemExit(f"Dask gives another table: {found[0][3:]} and {found[2][3:]}")
    rows = [
        [
            "one process" if workers == 0 else f"Dask, {workers} workers (their memory not counted)",
            f"{read:.0f} s",
            f"{n / read:,.0f}",
            f"{label:.1f} s",
            f"{peak / 1e9:.2f} GB",
        ]
        for workers, (read, label, peak, n, _, _) in found.items()
    ]
    _, _, _, n, reporting, _ = found[0]
    head = (
        f"A dump of {n:,} models with cards ({size / 1e6:,.0f} MB of Parquet), {reporting:,} report; "
        "both give the same table:"
    )
    columns = ["`hub.read_dump`", "time", "models per second", "`hub.label`", "most memory (with the table)"]
    return f"{head}\n\n" + table(columns, rows)


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cards", type=int, default=100_000)
    options.add_argument("--models", type=int, default=1_000_000)
    options.add_argument("--no-write", action="store_true")
    given = options.parse_args()
    text = "\n\n".join([f"{machine()}.", readers(given.cards), million(given.models)])
    print(text)
    if not given.no_write:
        write_measured(ROOT / "docs" / "hub.md", text)


if __name__ == "__main__":
    main()
