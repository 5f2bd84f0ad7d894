# SPDX-License-Identifier: MIT
"""Fits one forest per kernel and target with scikit-learn, and writes it as ``co2lib-forest/1``."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import ceil
from typing import Any

from co2lib._extras import require

SPLIT_SEED = 10
TEST_SHARE = 0.2
TREES = 100


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

    def predict(self, rows: Any) -> list[float]:
        """Return the predictions for rows of features."""
        np = self._np
        made = np.exp(self._forest.predict(np.asarray(rows, dtype=np.float32)))
        return [float(each) for each in made]

    def oob_rmspe_percent(self) -> float | None:
        """Return the error of each row by the trees that have not seen it; None for few rows."""
        np = self._np
        found = getattr(self._forest, "oob_prediction_", None)
        if found is None:
            return None
        ratio = np.exp(found) / self._y - 1
        ratio = ratio[np.isfinite(ratio) & (found != 0)]
        return float(100 * np.sqrt(np.mean(ratio**2))) if len(ratio) else None

    def document(self, kernel: str, features: list[str], target: str) -> dict[str, Any]:
        """Return the file without ``residual`` and ``meta``."""
        return {
            "format": "co2lib-forest/1",
            "kernel": kernel,
            "features": features,
            "target": target,
            "log": True,
            "trees": [_tree(each.tree_) for each in self._forest.estimators_],
            "range": {
                name: [float(low), float(high)]
                for name, low, high in zip(features, self._low, self._high, strict=True)
            },
        }


def _tree(tree: Any) -> dict[str, Any]:
    leaf = [int(left) < 0 for left in tree.children_left]
    feature = [-1 if is_leaf else int(f) for f, is_leaf in zip(tree.feature, leaf, strict=True)]
    threshold = [0 if is_leaf else float(t) for t, is_leaf in zip(tree.threshold, leaf, strict=True)]
    left = [0 if is_leaf else int(each) for each, is_leaf in zip(tree.children_left, leaf, strict=True)]
    right = [0 if is_leaf else int(each) for each, is_leaf in zip(tree.children_right, leaf, strict=True)]
    value = [float(v) if is_leaf else 0 for v, is_leaf in zip(tree.value[:, 0, 0], leaf, strict=True)]
    return {"feature": feature, "threshold": threshold, "left": left, "right": right, "value": value}


def residual(true: list[float], predicted: list[float]) -> dict[str, float]:
    """Return the 5th and 95th percentile of true / predicted."""
    import numpy as np

    ratios = [t / p for t, p in zip(true, predicted, strict=True)]
    return {"p5": float(np.percentile(ratios, 5)), "p95": float(np.percentile(ratios, 95))}
