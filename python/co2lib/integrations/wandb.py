# SPDX-License-Identifier: MIT
"""Metrics of Weights & Biases, by its run; with ``WANDB_MODE=offline`` nothing is sent.

>>> from co2lib.integrations import wandb as co2lib_wandb                  # doctest: +SKIP
>>> FootprintCallback(location="FRA", sinks=[co2lib_wandb.sink(run)])      # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from co2lib.integrations._metrics import metrics_of
from co2lib.tracker import Footprint

__all__ = ["log_footprint", "sink"]


def sink(run: Any) -> Callable[[Mapping[str, float], int], None]:
    """Return a sink for callbacks, which logs to what `wandb.init` gave.

    The number of the epoch or step is the metric ``co2lib/unit``: steps of a run only grow, and are the
    program's.
    """
    run.define_metric("co2lib/*", step_metric="co2lib/unit")

    def log(values: Mapping[str, float], step: int) -> None:
        run.log({**values, "co2lib/unit": step})

    return log


def log_footprint(run: Any, footprint: Footprint) -> None:
    """Put a footprint into the run's summary: its metrics, how they came, and its issues."""
    run.summary.update(metrics_of(footprint))
    run.summary["co2lib/method"] = ", ".join(
        f"{name} {share:.0%}" for name, share in footprint.method.items()
    )
    run.summary["co2lib/priced_with"] = footprint.priced_with
    run.summary["co2lib/issues"] = ", ".join(sorted({issue.code for issue in footprint.issues}))
