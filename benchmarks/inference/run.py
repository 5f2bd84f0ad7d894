# SPDX-License-Identifier: MIT
"""How fast kernels are predicted beside scikit-learn, and graphs extracted; writes docs/inference.md.

A forest of 100 trees is grown on 10 000 simulated convolutions; both predict the same 200 of them on one
thread. The program is `co2lib_inference` of benchmarks/cpp; another one may be the first argument.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from co2lib import inference

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from page import machine, table, write_measured  # noqa: E402

ROWS, TREES, KERNELS = 10_000, 100, 200


def configurations(count: int) -> list[inference.KernelConfig]:
    """Return convolutions drawn with a seed."""
    rng = np.random.default_rng(1)
    return [
        inference.KernelConfig(
            "conv-bn-relu",
            h=int(rng.choice([7, 14, 28, 56, 112])),
            cin=int(rng.integers(3, 512)),
            cout=int(rng.integers(8, 512)),
            k=int(rng.choice([1, 3, 5, 7])),
            s=int(rng.choice([1, 2])),
            pad=3,
            w_bits=8,
            a_bits=8,
        )
        for _ in range(count)
    ]


def forest_document(fitted: Any) -> dict[str, Any]:
    """Return the trees of a fitted forest in the form that this library reads."""
    trees = []
    for estimator in fitted.estimators_:
        t = estimator.tree_
        leaf = t.children_left < 0
        trees.append(
            {
                "feature": np.where(leaf, -1, t.feature).tolist(),
                "threshold": np.where(leaf, 0, t.threshold).tolist(),
                "left": t.children_left.tolist(),
                "right": t.children_right.tolist(),
                "value": t.value.ravel().tolist(),
            }
        )
    return {
        "format": "co2lib-forest/1",
        "kernel": "conv-bn-relu",
        "features": inference.feature_names("conv-bn-relu"),
        "target": "latency_us",
        "log": True,
        "trees": trees,
    }


def least_us(call: Any, times: int = 7) -> float:
    """Return the least CPU time of some calls, in us."""
    found = []
    for _ in range(times):
        begin = time.process_time()
        call()
        found.append(time.process_time() - begin)
    return min(found) * 1e6


def main() -> int:
    """Grow the forest, time both, print the table and write the page."""
    about = machine()
    built = ROOT / "build" / "release" / "benchmarks" / "cpp" / "co2lib_inference"
    program = sys.argv[1] if len(sys.argv) > 1 else str(built)
    configs = configurations(ROWS + KERNELS)
    x = np.array([inference.training_vector(config) for config in configs], dtype=np.float32)
    y = np.log(inference.simulate("sim-npu", configs).kernel_latency_us)
    y += np.random.default_rng(2).normal(0, 0.02, len(y))
    fitted = RandomForestRegressor(TREES, max_features=12, random_state=1, n_jobs=1).fit(x[:ROWS], y[:ROWS])
    theirs = least_us(lambda: np.exp(fitted.predict(x[ROWS:])))
    with tempfile.TemporaryDirectory() as folder:
        file, rows = Path(folder, "forest.json"), Path(folder, "rows.txt")
        file.write_text(json.dumps(forest_document(fitted)), encoding="utf-8")
        np.savetxt(rows, x[ROWS:].astype(float), fmt="%.17g")
        done = subprocess.run([program, str(file), str(rows)], capture_output=True, text=True, check=True)
        ours = json.loads(done.stdout)
        forest = inference.load_forest(file)
        same = np.abs(
            forest.predict_many(x[ROWS:].astype(float)) / np.exp(fitted.predict(x[ROWS:])) - 1
        ).max()
    ratio, growth = theirs / ours["forest_us"], ours["extract_10000_us"] / ours["extract_1000_us"]
    heads = ("what", "time", "beside", "ratio", "wanted")
    body = table(
        heads,
        [
            [
                f"{KERNELS} conv kernels, {TREES} trees of {ROWS} rows ({forest.nodes / 1e6:.2f}e6 nodes)",
                f"{ours['forest_us']:.0f} us, {ours['forest_us'] / KERNELS:.2f} us each",
                f"scikit-learn, one thread: {theirs:.0f} us",
                f"{ratio:.1f} times faster",
                "3",
            ],
            [
                "the same kernels one by one",
                f"{ours['forest_one_by_one_us']:.0f} us",
                "together",
                f"{ours['forest_one_by_one_us'] / ours['forest_us']:.1f} times slower",
                "",
            ],
            [
                "kernels of 10 000 operators",
                f"{ours['extract_10000_us'] / 1000:.2f} ms",
                f"1000 operators: {ours['extract_1000_us'] / 1000:.3f} ms",
                f"{growth:.1f}",
                "at most 15",
            ],
            ["parts of a step of 64 requests", f"{ours['split_64_us']:.3f} us", "", "", "at most 1 us"],
        ],
    )
    note = f"CPU times, the least of seven. Largest relative difference to scikit-learn: {same:.1e}."
    text = f"{about}. {note}\n\n{body}"
    print(text)
    write_measured(ROOT / "docs" / "inference.md", text)
    return 0 if ratio >= 3 and growth <= 15 and ours["split_64_us"] <= 1 and same < 1e-12 else 1


if __name__ == "__main__":
    sys.exit(main())
