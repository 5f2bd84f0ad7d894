# SPDX-License-Identifier: MIT
"""PreIndex: distances against a NumPy/SciPy loop, the whole against the forward passes, clustering, memory.

    make speed             everything, and the table of docs/preindex.md
    python run.py --quick  short runs, for a look

Candidate and baseline take turns in one process, so that ratios hold where times do not; equality is checked
before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from co2lib import preindex

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "preindex.md"

sys.path[:0] = [str(HERE), str(HERE.parent)]
from page import machine, table, write_measured  # noqa: E402

HEADER = ("what", "target", "co2lib", "baseline", "ratio")
Row = tuple[str, str, str, str, str]
# The twenty convolutions of ResNet-18, 4,800 values of a sample.
WIDTHS = [64] * 5 + [128] * 5 + [256] * 5 + [512] * 5
BINS = (16, 32, 64)
NAMES = ("js", "wasserstein", "bhattacharyya", "kl")
ROUNDS = 3


def in_turns(*calls: Callable[[], object], rounds: int) -> list[list[float]]:
    """Time calls one after the other, `rounds` times, and return the seconds of each."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, times in zip(calls, seconds, strict=True):
            begin = time.perf_counter()
            call()
            times.append(time.perf_counter() - begin)
    return seconds


def stolen() -> float:
    """Return the seconds that the host of a virtual machine has given to others."""
    with open("/proc/stat", encoding="ascii") as file:
        return int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


def ratio(baseline: list[float], candidate: list[float]) -> str:
    """Name the median of the ratios of each round, and their range."""
    each = sorted(b / c for b, c in zip(baseline, candidate, strict=True))
    return f"{statistics.median(each):.3g} ({each[0]:.3g} to {each[-1]:.3g})"


# ------------------------------------------------------------------------------------------------------------
# Distances
# ------------------------------------------------------------------------------------------------------------
def loop(clean: list[np.ndarray], shifted: list[np.ndarray]) -> dict[int, dict[str, float]]:
    """Average the 12 distances with one call of NumPy or SciPy per step, sample by sample."""
    from scipy.special import rel_entr
    from scipy.stats import entropy, wasserstein_distance

    total = {b: dict.fromkeys(NAMES, 0.0) for b in BINS}
    for layer, other in zip(clean, shifted, strict=True):
        for x, y in zip(layer, other, strict=True):
            for bins in BINS:
                p = np.histogram(x, bins, density=True)[0]
                q = np.histogram(y, bins, density=True)[0]
                p, q = p / p.sum(), q / q.sum()
                middle = (p + q) / 2
                terms = rel_entr(p, q)
                sums = total[bins]
                sums["js"] += (entropy(p, middle) + entropy(q, middle)) / 2
                sums["wasserstein"] += wasserstein_distance(p, q)
                sums["bhattacharyya"] += 1 - np.sqrt(p * q).sum()
                sums["kl"] += terms[np.isfinite(terms)].sum()
    pairs = len(clean) * len(clean[0])
    return {b: {name: value / pairs for name, value in sums.items()} for b, sums in total.items()}


def ours(
    clean: list[np.ndarray], shifted: list[np.ndarray], threads: int, batches: int = 1
) -> dict[int, dict[str, float]]:
    """Average the same with the accumulator, the same batch several times."""
    options = preindex.make_options(distance="all", edge_rule="numpy2", threads=threads)
    sums = preindex.Accumulator(options, 10)
    for _ in range(batches):
        for i, (x, y) in enumerate(zip(clean, shifted, strict=True)):
            sums.add_pairs(sums.layer(f"conv{i}", x.shape[1]), x, y)
        sums.end_batch()
    return sums.result().all_distances


def distances(samples: int, rounds: int) -> list[Row]:
    """Compare all 12 averages at the widths of ResNet-18."""
    rng = np.random.default_rng(11)
    clean = [np.maximum(rng.normal(0.3, 1, (samples, w)), 0).astype(np.float32) for w in WIDTHS]
    shifted = [np.maximum(x + rng.normal(0, 0.3, x.shape), 0).astype(np.float32) for x in clean]
    want, got = loop(clean, shifted), ours(clean, shifted, 1)
    worst = max(abs(want[b][n] - got[b][n]) for b in BINS for n in NAMES)
    if not worst < 1e-9:
        raise SystemExit(f"the averages differ by {worst}")
    theirs, mine = in_turns(lambda: loop(clean, shifted), lambda: ours(clean, shifted, 1), rounds=rounds)
    batches = 20
    cpu: dict[int, list[float]] = {1: [], 2: []}

    def threads(number: int) -> None:
        begin = time.process_time()
        ours(clean, shifted, number, batches)
        cpu[number].append(time.process_time() - begin)

    def apart() -> None:
        """Do the work of one thread twice at once, on two accumulators: what the machine gives."""
        workers = [threading.Thread(target=ours, args=(clean, shifted, 1, batches)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    begin, lost = time.perf_counter(), stolen()
    one, two, both = in_turns(lambda: threads(1), lambda: threads(2), apart, rounds=5 * rounds)
    limit = 2 * statistics.median(one) / statistics.median(both)
    lost = (stolen() - lost) / (time.perf_counter() - begin)
    import scipy

    name = f"NumPy {np.__version__}, SciPy {scipy.__version__}: "
    per = 1e3 / samples
    return [
        (
            f"12 distances, {sum(WIDTHS)} values per sample and side, 1 thread, per pair",
            ">= 100 times faster",
            f"{per * statistics.median(mine):.3f} ms",
            f"{name}{per * statistics.median(theirs):.1f} ms",
            ratio(theirs, mine),
        ),
        (
            f"the same, {batches} batches of {samples} pairs, 2 threads, per pair",
            "efficiency >= 0.8: 1.6 times faster",
            f"{per / batches * statistics.median(two):.3f} ms",
            f"1 thread: {per / batches * statistics.median(one):.3f} ms; "
            f"2 threads use {statistics.median(cpu[2]) / statistics.median(cpu[1]):.2f} x its CPU time; "
            f"limit, two accumulators of 1 thread at once: {limit:.2f}; {lost:.2f} CPUs lost to the host",
            ratio(one, two),
        ),
    ]


# ------------------------------------------------------------------------------------------------------------
# The whole
# ------------------------------------------------------------------------------------------------------------
def whole(samples: int, rounds: int) -> list[Row]:
    """Compare PreIndex of ResNet-18 with its forward passes alone, on one thread."""
    import torch
    from resnet import ResNet18

    torch.set_num_threads(1)
    torch.manual_seed(11)
    model = ResNet18().eval()
    images = torch.rand(samples, 3, 32, 32)
    noisy = (images + 0.1 * torch.randn(images.shape)).clamp(0, 1)
    labels = torch.arange(samples) % 10
    sides = [[(x[i : i + 64], labels[i : i + 64]) for i in range(0, samples, 64)] for x in (images, noisy)]

    def forward() -> None:
        with torch.inference_mode():
            for batches in zip(*sides, strict=True):
                for x, _ in batches:
                    model(x)

    def named() -> preindex.Result:
        return preindex.preindex(
            model, *sides, embedding="body.10.conv2", progress=False, classes=10, threads=1
        )

    def unclustered() -> None:
        sums = preindex.PreIndex(model, embedding="body.10.conv2", classes=10, threads=1)
        for (x, y), (shifted, _) in zip(*sides, strict=True):
            sums.update(x, shifted, y)

    forward()
    named()
    alone, all_of_it, distances_only = in_turns(forward, named, unclustered, rounds=rounds)
    per = 1e3 / samples
    baseline = f"both forward passes, PyTorch {torch.__version__}: {per * statistics.median(alone):.1f} ms"
    return [
        (
            f"PreIndex of ResNet-18, 32 x 32, {samples} pairs, clustering 8,192 values, per pair",
            "<= 1.10 x the forward passes",
            f"{per * statistics.median(all_of_it):.1f} ms",
            baseline,
            ratio(all_of_it, alone),
        ),
        (
            "the same without clustering",
            "<= 1.10 x, wished 1.02",
            f"{per * statistics.median(distances_only):.1f} ms",
            "the same",
            ratio(distances_only, alone),
        ),
    ]


# ------------------------------------------------------------------------------------------------------------
# Clustering
# ------------------------------------------------------------------------------------------------------------
def embeddings(samples: int, width: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 embeddings whose classes overlap, so that clustering has work to do, and labels."""
    rng = np.random.default_rng(12)
    labels = np.arange(samples) % classes
    rows = rng.standard_normal((samples, width), np.float32)
    rows += 0.005 * rng.standard_normal((classes, width), np.float32)[labels]
    return rows, labels


def clustering(samples: int, threads: int, rounds: int) -> Row:
    """Compare Lloyd's algorithm with scikit-learn's, from the class means of other data."""
    import sklearn
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rows, labels = embeddings(samples, 8192, 10)
    centres = preindex.class_means(rows[: samples // 2], labels[: samples // 2])

    def theirs() -> Any:
        with threadpool_limits(threads), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return KMeans(10, init=centres.astype(np.float32), n_init=1, algorithm="lloyd").fit(rows)

    def mine() -> preindex.ClusterResult:
        return preindex.lloyd(rows, centres, threads=threads)

    a, b = theirs(), mine()
    same = np.mean(a.labels_ == np.asarray(b.labels))
    slow, fast = in_turns(theirs, mine, rounds=rounds)
    return (
        f"Lloyd, {samples:,} x 8,192, K = 10, {threads} thread{'s' if threads > 1 else ''}, "
        f"{b.iterations} iterations (scikit-learn {a.n_iter_}), {100 * same:.2f} % equal labels",
        "not slower, wished 2 x",
        f"{statistics.median(fast):.2f} s",
        f"scikit-learn {sklearn.__version__}: {statistics.median(slow):.2f} s",
        ratio(slow, fast),
    )


# ------------------------------------------------------------------------------------------------------------
# Memory
# ------------------------------------------------------------------------------------------------------------
def peak_mb() -> float:
    """Return the largest resident size so far; getrusage would count the parent's before exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) / 1024


def memory_of(samples: int) -> None:
    """Print by how many MB a run of noise_2 makes this process grow; run in a process of its own."""
    options = preindex.make_options(ari="noise_2", threads=1)
    sums = preindex.Accumulator(options, 10)
    layer = sums.layer("fc", 64)
    rng = np.random.default_rng(13)
    x = rng.standard_normal((64, 64), np.float32)
    rows = rng.standard_normal((64, 8192), np.float32)
    before = peak_mb()
    for begin in range(0, samples, 64):
        n = min(64, samples - begin)
        labels = np.arange(begin, begin + n) % 10
        rows[:, 0] = labels[0] if n < 64 else labels
        sums.add_pairs(layer, x[:n], x[:n] + 1)
        for side in ("clean", "shifted"):
            sums.add_embedding(side, rows[:n], labels)
        sums.end_batch()
    sums.result()
    print(json.dumps({"mb": peak_mb() - before}))


def memory(samples: int) -> Row:
    """Measure the peak of a run with clustering in a fresh process."""
    child = subprocess.run(
        [sys.executable, "-P", __file__, "--memory", str(samples)], check=True, capture_output=True, text=True
    )
    grown = json.loads(child.stdout)["mb"]
    stored = 4 * samples * 8192 / 2**20
    return (
        f"memory of a run with clustering, {samples:,} x 8,192",
        "1 U + 10 % + 200 MB (U = 4 N D bytes)",
        f"{grown:.0f} MB",
        f"U = {stored:.0f} MB; limit {1.1 * stored + 200:.0f} MB",
        f"{grown / stored:.2f} U",
    )


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short runs; the page is not written")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory:
        memory_of(given.memory)
        return
    where = machine()
    quick = given.quick
    rounds = 1 if quick else ROUNDS
    n = 1_000 if quick else 10_000
    rows = [
        *distances(20 if quick else 50, rounds),
        *whole(64 if quick else 256, rounds),
        clustering(n, 1, rounds),
        clustering(n, 2, rounds),
        *([] if quick else [clustering(50_000, 2, 1)]),
        memory(n),
    ]
    text = f"{where}.\n\n{table(HEADER, rows)}"
    print(text)
    if not quick:
        write_measured(PAGE, text)
        print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
