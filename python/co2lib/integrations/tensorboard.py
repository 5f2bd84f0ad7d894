# SPDX-License-Identifier: MIT
"""Scalars of TensorBoard, by any writer that has `add_scalar` (torch.utils.tensorboard, tensorboardX).

>>> from co2lib.integrations.tensorboard import sink
>>> class Writer:
...     def add_scalar(self, name, value, step):
...         print(name, value, step)
>>> sink(Writer())({"co2lib/energy_kwh": 0.5}, 3)
co2lib/energy_kwh 0.5 3
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from co2lib.integrations._metrics import metrics_of
from co2lib.tracker import Footprint

__all__ = ["log_footprint", "sink"]


def sink(writer: Any) -> Callable[[Mapping[str, float], int], None]:
    """Return a sink for callbacks, which writes scalars."""

    def log(values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    return log


def log_footprint(writer: Any, footprint: Footprint, step: int = 0) -> None:
    """Write the scalars of a footprint, and its text where the writer takes one."""
    sink(writer)(metrics_of(footprint), step)
    if hasattr(writer, "add_text"):
        writer.add_text("co2lib/footprint", f"```\n{footprint}\n```", step)
