# SPDX-License-Identifier: MIT
"""The study's two questions (Castaño et al., ESEM 2023) on a table of models: SciPy and pandas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from co2lib._errors import BadValueError
from co2lib._extras import require
from co2lib.hub._tests import (
    NEEDED_FOR,
    holm,
    least_squares,
    log_pearson,
    mann_whitney,
    spearman,
    trend,
)

Frame = Any
"""A DataFrame of pandas, which is optional."""

COLUMNS = ("test", "call", "statistic", "p", "holm_p", "n", "effect", "effect_name", "low", "high")


def _pandas() -> Any:
    return require("pandas", extra="hub", needed_for=NEEDED_FOR)


def _need(table: Frame, *columns: str) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise BadValueError(
            "hub.bad_value", f"the table has no column {', '.join(missing)}; see docs/hub.md, 'The study'"
        )


def _reported(table: Frame) -> Any:
    return table["status"].isin(["ok", "ok_from_body"]) & table["grams"].notna()


def rq1(table: Frame, *, first: str = "2021-10", last: str = "2023-03") -> tuple[Frame, Frame]:
    """Return reporting over time: a row per month, and the trends of ratio and median.

    Parameters
    ----------
    table : DataFrame
        One row per model: `created_at` (UTC), `status`, `grams`.
    first, last : str
        Months of creation, both included.

    Returns
    -------
    months : DataFrame
        `month`, `models`, `reporting`, `ratio_percent`, `median_grams` (None in a month without reporting
        models).
    trends : DataFrame
        Slope on the month number 0, 1, ..., its two-sided p (``scipy.stats.linregress``), and Holm's.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for a missing column or months that are none; ``core.missing_extra``.
    """
    pandas = _pandas()
    _need(table, "created_at", "status", "grams")
    try:
        months = pandas.period_range(first, last, freq="M")
    except ValueError as error:
        raise BadValueError("hub.bad_value", f"first and last: write months as 2021-10: {error}") from error
    created = pandas.to_datetime(table["created_at"], utc=True).dt.tz_localize(None).dt.to_period("M")
    reporting = _reported(table)
    rows = []
    for month in months:
        here = created == month
        grams = table.loc[here & reporting, "grams"]
        models, reports = int(here.sum()), int((here & reporting).sum())
        rows.append(
            {
                "month": str(month),
                "models": models,
                "reporting": reports,
                "ratio_percent": 100 * reports / models if models else None,
                "median_grams": float(grams.median()) if reports else None,
            }
        )
    ratio = [row["ratio_percent"] for row in rows if row["ratio_percent"] is not None]
    median = [row["median_grams"] for row in rows if row["median_grams"] is not None]
    tests = [
        _trend_row("slope of the monthly reporting ratio", ratio),
        _trend_row("slope of the monthly median emission", median),
    ]
    return pandas.DataFrame(rows), _corrected(tests)


def _trend_row(name: str, values: Sequence[Any]) -> dict[str, Any]:
    found = trend(values) if values else None
    slope = None if found is None else found.slope
    p = None if found is None else found.p
    return _row(
        name, "linregress(range(n), y)", slope, p, len(values), effect=slope, effect_name="slope per month"
    )


def _row(
    test: str,
    call: str,
    statistic: float | None,
    p: float | None,
    n: int,
    *,
    effect: float | None,
    effect_name: str,
    low: float | None = None,
    high: float | None = None,
) -> dict[str, Any]:
    return {
        "test": test,
        "call": call,
        "statistic": statistic,
        "p": p,
        "holm_p": None,
        "n": n,
        "effect": effect,
        "effect_name": effect_name,
        "low": low,
        "high": high,
    }


def _corrected(rows: list[dict[str, Any]]) -> Frame:
    defined = [row for row in rows if row["p"] is not None]
    if defined:
        for row, adjusted in zip(defined, holm([row["p"] for row in defined])[0], strict=True):
            row["holm_p"] = adjusted
    frame = _pandas().DataFrame(rows, columns=list(COLUMNS)).astype(object)
    return frame.where(frame.notna(), None)


def _rank_row(table: Frame, metric: str, group: str) -> dict[str, Any]:
    name = f"{metric}, {group}"
    call = "spearmanr(grams, metric)"
    if metric not in table.columns:
        return _row(name, call, None, None, 0, effect=None, effect_name="rho")
    both = table[["grams", metric]].dropna()
    if both.empty:
        return _row(name, call, None, None, 0, effect=None, effect_name="rho")
    found = spearman(both["grams"].tolist(), both[metric].tolist())
    return _row(name, call, found.r, found.p, found.n, effect=found.r, effect_name="rho")


def _groups_row(name: str, x: Any, y: Any, seed: int) -> dict[str, Any]:
    call = "mannwhitneyu(x, y, alternative='two-sided', method='auto')"
    if not len(x) or not len(y):
        return _row(name, call, None, None, len(x) + len(y), effect=None, effect_name="rank-biserial")
    found = mann_whitney(x.tolist(), y.tolist())
    low, high = _median_difference(x.to_numpy(), y.to_numpy(), seed)
    return _row(
        name,
        call,
        found.u,
        found.p,
        len(x) + len(y),
        effect=found.rank_biserial,
        effect_name="rank-biserial",
        low=low,
        high=high,
    )


def _median_difference(x: Any, y: Any, seed: int) -> tuple[float | None, float | None]:
    if min(len(x), len(y)) < 3:
        return None, None
    numpy = require("numpy", needed_for=NEEDED_FOR)
    stats = require("scipy.stats", extra="hub", needed_for=NEEDED_FOR)

    def difference(a: Any, b: Any, axis: int = -1) -> Any:
        return numpy.median(a, axis=axis) - numpy.median(b, axis=axis)

    found = stats.bootstrap(
        (x, y),
        difference,
        n_resamples=9999,
        method="percentile",
        rng=numpy.random.default_rng(seed),
        vectorized=True,
    ).confidence_interval
    ends = float(found.low), float(found.high)
    return ends if all(math.isfinite(end) for end in ends) else (None, None)


def _size_row(name: str, table: Frame, column: str) -> dict[str, Any]:
    call = "pearsonr(ln(x + 1e-6), ln(grams + 1e-6))"
    if column not in table.columns:
        return _row(name, call, None, None, 0, effect=None, effect_name="r")
    both = table[[column, "grams"]].dropna()
    if both.empty:
        return _row(name, call, None, None, 0, effect=None, effect_name="r")
    found = log_pearson(both[column].tolist(), both["grams"].tolist())
    return _row(name, call, found.r, found.p, found.n, effect=found.r, effect_name="r")


METRICS = ("accuracy", "f1", "rouge1", "rougeL")


def rq2(
    table: Frame,
    curated: Frame | None = None,
    *,
    first: str = "2021-10",
    last: str = "2023-03",
    seed: int = 0,
) -> Frame:
    """Return the study's 14 tests of what drives emissions, corrected together after Holm.

    Parameters
    ----------
    table : DataFrame
        One row per model: `created_at`, `status`, `grams`, `auto`, `domain`, the metrics by name.
    curated : DataFrame, optional
        Models with checked values: `grams`, `training_class`, `size_pytorch_bin_bytes`,
        `datasets_size_bytes`, the metrics. Default: the models of `table` that are not `auto`.
    seed : int
        Of the bootstrap interval of the difference of medians.

    Returns
    -------
    DataFrame
        Per test: name, the call of SciPy, statistic, p, Holm p, n, effect size, and for two groups the 95 %
        interval of the difference of medians in g. A test that is undefined (fewer than three values,
        constant ones) has None, and does not enter the correction.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for a missing column; ``core.missing_extra``.
    """
    _need(table, "status", "grams", "auto", "domain")
    reported = table[_reported(table)]
    automatic = reported["auto"].astype(bool)
    checked = reported[~automatic] if curated is None else curated
    _need(checked, "grams")
    trends = rq1(table, first=first, last=last)[1].to_dict("records")
    rows = [{**row, "holm_p": None} for row in trends]
    rows += [_rank_row(reported[automatic], metric, "AutoTrain") for metric in METRICS]
    rows += [_rank_row(checked, metric, "curated") for metric in METRICS]

    def kind(name: str) -> Any:
        if "training_class" not in checked.columns:
            return checked["grams"].iloc[:0]
        return checked.loc[checked["training_class"] == name, "grams"].dropna()

    rows.append(
        _groups_row("pre-training against fine-tuning", kind("pre-training"), kind("fine-tuning"), seed)
    )
    rows.append(_size_row("log emissions and log model size", checked, "size_pytorch_bin_bytes"))
    rows.append(_size_row("log emissions and log dataset size", checked, "datasets_size_bytes"))
    vision = reported.loc[reported["domain"] == "Computer Vision", "grams"].dropna()
    language = reported.loc[reported["domain"] == "NLP", "grams"].dropna()
    rows.append(_groups_row("computer vision against NLP", vision, language, seed))
    return _corrected(rows)


def drivers(table: Frame) -> Frame:
    """Return the study's regression of emissions on domain and size: ln g on is NLP, is CV and ln size.

    Parameters
    ----------
    table : DataFrame
        One row per model: `status`, `grams`, `domain`, `size_pytorch_bin_bytes`. Models that report more than
        0 g and have a size enter.

    Returns
    -------
    DataFrame
        A row per term (`intercept`, `is_nlp`, `is_cv`, `ln_size`): coefficient, its p (not corrected), n, R²
        of all; None where the fit is not determined.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for a missing column; ``core.missing_extra``.
    """
    _need(table, "status", "grams", "domain", "size_pytorch_bin_bytes")
    some = table[_reported(table) & (table["grams"] > 0) & (table["size_pytorch_bin_bytes"] > 0)]
    variables = {
        "is_nlp": (some["domain"] == "NLP").astype(float).tolist(),
        "is_cv": (some["domain"] == "Computer Vision").astype(float).tolist(),
        "ln_size": [math.log(x) for x in some["size_pytorch_bin_bytes"]],
    }
    found = least_squares([math.log(x) for x in some["grams"]], variables)
    rows = [
        {
            "term": term,
            "coefficient": None if found is None else found.coefficients[term],
            "p": None if found is None else found.p[term],
            "n": len(some),
            "r_squared": None if found is None else found.r_squared,
        }
        for term in ("intercept", *variables)
    ]
    frame = _pandas().DataFrame(rows).astype(object)
    return frame.where(frame.notna(), None)
