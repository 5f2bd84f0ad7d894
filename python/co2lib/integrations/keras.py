# SPDX-License-Identifier: MIT
"""A callback for Keras 3, on whatever backend.

>>> from co2lib.integrations.keras import FootprintCallback               # doctest: +SKIP
>>> model.fit(x, y, epochs=10, callbacks=[FootprintCallback(location="FRA")])               # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

from co2lib._extras import require
from co2lib.integrations._callback import TrainingCallback
from co2lib.integrations._torch import wait_for_gpu
from co2lib.integrations._training import Training

__all__ = ["FootprintCallback"]

_Base: Any = require("keras", needed_for="co2lib.integrations.keras").callbacks.Callback


class _Training(Training):
    def sync(self) -> None:
        wait_for_gpu()  # with the backend torch; the others hand over results that are ready


class FootprintCallback(TrainingCallback, _Base):  # type: ignore[misc]
    """Tracks `Model.fit()`: regions ``epoch``, ``step`` and ``validation``, the card's block, a budget.

    Energy and carbon so far enter the logs of each epoch as ``energy_kwh`` and ``co2e_g``, hence
    `History.history` and the callbacks that come after this one (CSVLogger, TensorBoard).

    Parameters
    ----------
    run, card, card_options, budget, unit, sinks, every
        As `co2lib.integrations.Training`.
    **options
        Those of `co2lib.track`, if no run is given.
    """

    _training_type = _Training

    # The hooks, by the names of Keras ----------------------------------------------------------------------

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin."""
        epochs, steps = self.params.get("epochs"), self.params.get("steps")
        self.training.begin(epochs=epochs, steps=epochs * steps if epochs and steps else None)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Open a region."""
        self.training.enter("epoch")

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Open a region."""
        self.training.enter("step")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Close the region; stop where the budget says so."""
        self.training.leave("step")
        self._stop()

    def on_test_begin(self, logs: Any = None) -> None:
        """Open a region."""
        self.training.enter("validation")

    def on_test_end(self, logs: Any = None) -> None:
        """Close the region."""
        self.training.leave("validation")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Close the region; stop where the budget says so; add to the logs."""
        self.training.leave("epoch")
        self._stop()
        if logs is not None:
            values = self.training.metrics()
            for name in ("energy_kwh", "co2e_g"):
                if f"co2lib/{name}" in values:
                    logs[name] = values[f"co2lib/{name}"]

    def on_train_end(self, logs: Any = None) -> None:
        """End: card, sinks."""
        self.training.end()

    def _stop(self) -> None:
        if self.training.stopping:
            self.model.stop_training = True
