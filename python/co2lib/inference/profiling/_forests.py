# SPDX-License-Identifier: MIT
"""Fits one forest per kernel and target with scikit-learn, and writes it as ``co2lib-forest/1``.

The trees predict the logarithm, and exp of a mean of logarithms is below the mean: networks, which are sums,
would come out too low. So each leaf holds the smearing factor of Duan (1983), the mean of true / predicted of
rows by the trees that have not seen them, as its logarithm (ours, at most 10 %).

Columns that are the same in all rows are no features: they would only take the place of others where a tree
looks at some of them. Their value stays in ``range``, so that a kernel with another one is extrapolated.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import ceil, log
from typing import Any

from co2lib._extras import require

SPLIT_SEED = 10
TEST_SHARE = 0.2
TREES = 100
MAX_SMEAR = 0.1


@dataclass(frozen=True)
class Report:
    """How a kernel's forest does on configurations that it has not seen."""

    kernel: str
    target: str
    rows: int
    rmse: float
    rmspe_percent: float
    nrmse: float
    """RMSE over the mean."""
    acc5: float
    acc10: float
    acc15: float


def split(count: int) -> tuple[list[int], list[int]]:
    """Return the places of the training and the test part, 80 and 20 %, always the same."""
    from numpy.random import default_rng

    order = [int(place) for place in default_rng(SPLIT_SEED).permutation(count)]
    test = max(1, round(TEST_SHARE * count)) if count > 1 else 0
    return sorted(order[test:]), sorted(order[:test])


class Fitted:
    """A forest of scikit-learn that knows how its features and target are made."""

    def __init__(self, rows: Any, target: Any, *, trees: int = TREES, seed: int = 1) -> None:
        import numpy as np

        ensemble = require("sklearn.ensemble", extra="profile", needed_for="co2lib.inference.profile")
        self._np = np
        x = np.asarray(rows, dtype=np.float32)  # as scikit-learn does inside
        self._low, self._high = x.min(axis=0), x.max(axis=0)
        varies = self._low < self._high
        self._kept = np.flatnonzero(varies if varies.any() else ~varies)
        x = x[:, self._kept]
        self._y = np.asarray(target, dtype=float)
        self._forest = ensemble.RandomForestRegressor(
            n_estimators=trees,
            max_features=min(x.shape[1], ceil(2 * x.shape[1] / 3)),
            oob_score=len(self._y) > 2,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # few rows: some are in all bags
            self._forest.fit(x, np.log(self._y))
        unseen = getattr(self._forest, "oob_prediction_", np.zeros(0))
        self._seen_by_others = np.isfinite(unseen) & (unseen != 0) if len(unseen) else np.zeros(len(x), bool)
        self._log_smear = 0.0
        if self._seen_by_others.any():
            self._unseen = np.exp(unseen[self._seen_by_others])
            factor = float(np.mean(self._y[self._seen_by_others] / self._unseen))
            self._log_smear = min(MAX_SMEAR, max(-MAX_SMEAR, log(factor)))

    def _seen(self, rows: Any) -> Any:
        return self._np.asarray(rows, dtype=self._np.float32)[:, self._kept]

    def predict(self, rows: Any) -> list[float]:
        """Return the predictions for rows of features."""
        np = self._np
        made = np.exp(self._log_smear + self._forest.predict(self._seen(rows)))
        return [float(each) for each in made]

    def oob_rmspe_percent(self) -> float | None:
        """Return the error of each row by the trees that have not seen it; None for few rows."""
        np = self._np
        if not self._seen_by_others.any():
            return None
        ratio = self._unseen * np.exp(self._log_smear) / self._y[self._seen_by_others] - 1
        return float(100 * np.sqrt(np.mean(ratio**2)))

    def document(self, kernel: str, columns: list[str], target: str) -> dict[str, Any]:
        """Return the file without ``residual`` and ``meta``; `columns` names all that rows have."""
        return {
            "format": "co2lib-forest/1",
            "kernel": kernel,
            "features": [columns[place] for place in self._kept],
            "target": target,
            "log": True,
            "trees": [_tree(each.tree_, self._log_smear) for each in self._forest.estimators_],
            "range": {
                name: [float(low), float(high)]
                for name, low, high in zip(columns, self._low, self._high, strict=True)
            },
        }


def _tree(tree: Any, log_smear: float) -> dict[str, Any]:
    leaf = [int(left) < 0 for left in tree.children_left]
    feature = [-1 if is_leaf else int(f) for f, is_leaf in zip(tree.feature, leaf, strict=True)]
    threshold = [0 if is_leaf else float(t) for t, is_leaf in zip(tree.threshold, leaf, strict=True)]
    left = [0 if is_leaf else int(each) for each, is_leaf in zip(tree.children_left, leaf, strict=True)]
    right = [0 if is_leaf else int(each) for each, is_leaf in zip(tree.children_right, leaf, strict=True)]
    value = [
        float(v) + log_smear if is_leaf else 0 for v, is_leaf in zip(tree.value[:, 0, 0], leaf, strict=True)
    ]
    return {"feature": feature, "threshold": threshold, "left": left, "right": right, "value": value}


def residual(true: list[float], predicted: list[float]) -> dict[str, float]:
    """Return the 5th and 95th percentile of true / predicted."""
    import numpy as np

    ratios = [t / p for t, p in zip(true, predicted, strict=True)]
    return {"p5": float(np.percentile(ratios, 5)), "p95": float(np.percentile(ratios, 95))}
