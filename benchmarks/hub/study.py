# SPDX-License-Identifier: MIT
"""Labels and tests of the study on its own table, beside what was published.

`benchmarks/hub/study.py HFCO2.csv`: the table of 1,419 rows of the replication package of Castaño et al.
(ESEM 2023). It has no licence and is not here; who has it can see whether the numbers of docs/hub.md are
these. Ends with 1 if a letter or a frozen boundary differs.
"""

from __future__ import annotations

import argparse
import ast
import math
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from co2lib import hub

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from page import table

LETTERS = {"castano2023": (37, 486, 826, 55, 15), "castano2023_consistent": (15, 197, 547, 456, 204)}
SPEARMAN = {"accuracy": 0.0032, "f1": -0.0144, "rouge1": -0.0195, "rougeL": -0.0521}
DRIVERS = {"is_nlp": -1.872, "is_cv": -2.634, "ln_size": 0.771}


def metrics(text: Any) -> dict[str, float]:
    """Return the metrics of a row, whose missing values are written `nan`."""
    found: dict[str, float] = ast.literal_eval(str(text).replace("nan", "None"))
    return {name: math.nan if value is None else value for name, value in found.items()}


def models(study: Any) -> Any:
    """Return the study's rows as a table of `co2lib mine`."""
    found = pd.DataFrame(
        {
            "status": "ok",
            "grams": study["co2_eq_emissions"],
            "auto": study["auto"].astype(str) == "True",
            "domain": study["domain"],
            "size_pytorch_bin_bytes": study["size"],
            "created_at": study.get("created_at", "2023-01-01"),
        }
    )
    parsed = pd.DataFrame([metrics(text) for text in study["performance_metrics"]], index=study.index)
    return found.join(parsed)


def labels(study: Any) -> tuple[list[list[str]], bool]:
    """Return letters and boundaries beside the published ones, and whether all are the same."""
    rows, same = [], True
    for name, published in LETTERS.items():
        counts = Counter(hub.label(study, name)["label"])
        here = tuple(counts[letter] for letter in "ABCDE")
        frozen, fitted = hub.preset(name), hub.fit(study, name, "distilgpt2")
        equal = all(
            a.reference == b.reference and a.boundaries == b.boundaries
            for a, b in zip(frozen.metrics, fitted.metrics, strict=True)
        )
        rows.append([f"letters A to E, {name}", *(" ".join(map(str, x)) for x in (published, here))])
        rows.append([f"frozen boundaries, {name}", "", "the same bits" if equal else "others"])
        same &= here == published and equal
    return rows, same


def tests(found: Any) -> list[list[str]]:
    """Return the tests that this table decides beside the published ones."""
    second = hub.rq2(found).set_index("test")
    rows = []
    for metric, published in SPEARMAN.items():
        row = second.loc[f"{metric}, AutoTrain"]
        rows.append(
            [f"rho of grams with {metric}, AutoTrain", f"{published:.4f}", f"{row.effect:.4f} (n {row.n})"]
        )
    row = second.loc["computer vision against NLP"]
    here = f"U {row.statistic:.0f}, p {row.p:.4e} (n {row.n})"
    rows.append(["computer vision against NLP", "U 69376, p 1.1409e-15 (n 1348)", here])
    driven = hub.drivers(found).set_index("term")
    for term, published in DRIVERS.items():
        row = driven.loc[term]
        rows.append([f"regression, {term}", f"{published} (n 1038)", f"{row.coefficient:.3f} (n {row.n})"])
    return rows


def main() -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="HFCO2.csv of the study's replication package")
    study = pd.read_csv(parser.parse_args().table)
    rows, same = labels(study)
    print(f"{len(study)} rows")
    print(table(["what", "published", "here"], rows + tests(models(study))))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
