# SPDX-License-Identifier: MIT
"""Metrics of MLflow.

>>> from co2lib.integrations import mlflow as co2lib_mlflow                # doctest: +SKIP
>>> FootprintCallback(location="FRA", sinks=[co2lib_mlflow.sink()])        # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from co2lib._extras import require
from co2lib.integrations._metrics import metrics_of
from co2lib.tracker import Footprint

__all__ = ["log_footprint", "sink"]

_mlflow: Any = require("mlflow", needed_for="co2lib.integrations.mlflow")


def sink(run_id: str | None = None) -> Callable[[Mapping[str, float], int], None]:
    """Return a sink for callbacks, which logs to a run of MLflow; default: the active one."""

    def log(values: Mapping[str, float], step: int) -> None:
        _mlflow.log_metrics(dict(values), step=step, run_id=run_id)

    return log


def log_footprint(footprint: Footprint, run_id: str | None = None) -> None:
    """Log a footprint: its metrics, ``co2lib/footprint.json``, and tags that say how it came about.

    Parameters
    ----------
    footprint : Footprint
        What to log.
    run_id : str, optional
        Default: the active run.
    """
    _mlflow.log_metrics(metrics_of(footprint), run_id=run_id)
    _mlflow.log_dict(footprint.to_dict(), "co2lib/footprint.json", run_id=run_id)
    issues = sorted({issue.code for issue in footprint.issues})
    tags = {
        "co2lib.method": ", ".join(f"{name} {share:.0%}" for name, share in footprint.method.items()),
        "co2lib.priced_with": footprint.priced_with,
        "co2lib.issues": ", ".join(issues),
    }
    client = _mlflow.MlflowClient()
    run = run_id or _mlflow.active_run().info.run_id
    for name, text in tags.items():
        client.set_tag(run, name, text)
