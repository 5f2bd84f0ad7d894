# SPDX-License-Identifier: MIT
"""A training loop under Hugging Face Accelerate.

>>> from co2lib.integrations.accelerate import Training                   # doctest: +SKIP
>>> with Training(accelerator, epochs=3, location="FRA", card="README.md") as training:     # doctest: +SKIP
...     for epoch in training.epochs():
...         for batch in training.steps(loader):
...             accelerator.backward(loss_of(batch))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from co2lib._extras import require
from co2lib.integrations._torch import TorchTraining

require("accelerate", needed_for="co2lib.integrations.accelerate")

__all__ = ["Training"]


class Training(TorchTraining):
    """A `Training` that asks the accelerator which process it is, and logs to its trackers.

    Parameters
    ----------
    accelerator : accelerate.Accelerator
        Its main process writes the card; its trackers (``log_with=``, once ``init_trackers`` was called) get
        the metrics; all its processes stop together.
    *args, **options
        As `co2lib.integrations.Training`.
    """

    def __init__(self, accelerator: Any, *args: Any, sinks: Any = (), **options: Any) -> None:
        self.accelerator = accelerator
        super().__init__(*args, sinks=(*sinks, self._log), **options)

    def writes_card(self) -> bool:
        """Return whether this is the main process."""
        return bool(self.accelerator.is_main_process)

    def _log(self, values: Mapping[str, float], step: int) -> None:
        if getattr(self.accelerator, "trackers", None):
            self.accelerator.log(dict(values), step=step)
