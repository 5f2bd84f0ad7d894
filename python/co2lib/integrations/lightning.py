# SPDX-License-Identifier: MIT
"""A callback for Lightning, as `lightning` or `pytorch_lightning`.

>>> from co2lib.integrations.lightning import FootprintCallback           # doctest: +SKIP
>>> trainer = Trainer(callbacks=[FootprintCallback(location="FRA", card="README.md")])      # doctest: +SKIP
"""

from __future__ import annotations

import importlib.util
import math
from typing import Any

from co2lib._extras import require
from co2lib.integrations._callback import TrainingCallback
from co2lib.integrations._torch import TorchTraining
from co2lib.tracker import Track, Tracker

__all__ = ["FootprintCallback"]

_NAME = next(
    (name for name in ("lightning", "pytorch_lightning") if importlib.util.find_spec(name)), "lightning"
)
_Base: Any = require(
    f"{_NAME}.pytorch.callbacks" if _NAME == "lightning" else f"{_NAME}.callbacks",
    needed_for="co2lib.integrations.lightning",
).Callback


class _Training(TorchTraining):
    trainer: Any = None

    def agree(self, stop: bool) -> bool:
        return bool(self.trainer.strategy.reduce_boolean_decision(stop, all=False))

    def writes_card(self) -> bool:
        return bool(self.trainer.is_global_zero)


class FootprintCallback(TrainingCallback, _Base):  # type: ignore[misc]
    """Tracks `Trainer.fit()`: regions ``epoch``, ``step`` and ``validation``, the card's block, a budget.

    Parameters
    ----------
    run, card, card_options, budget, unit, sinks, every
        As `co2lib.integrations.Training`.
    log : bool
        Whether energy and carbon so far go to the trainer's loggers after each epoch, as
        ``co2lib/energy_kwh`` and ``co2lib/co2e_g``.
    **options
        Those of `co2lib.track`, if no run is given.
    """

    training: _Training
    _training_type = _Training

    def __init__(self, run: Track | Tracker | None = None, *, log: bool = True, **options: Any) -> None:
        super().__init__(run, **options)
        self._log = log

    # The hooks, by the names of Lightning ------------------------------------------------------------------

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin; what a checkpoint has done already is not to come again."""
        self.training.trainer = trainer
        epochs = trainer.max_epochs
        left = epochs - trainer.current_epoch if epochs and epochs > 0 else None
        steps = trainer.estimated_stepping_batches
        known = isinstance(steps, int) or math.isfinite(steps)
        batches = int(steps) * trainer.accumulate_grad_batches - trainer.fit_loop.total_batch_idx - 1
        self.training.begin(epochs=left or None, steps=batches if known and batches > 0 else None)

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Open a region."""
        self.training.enter("epoch")

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Open a region."""
        self.training.enter("step")

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Close the region; stop where the budget says so."""
        self.training.leave("step")
        self._stop(trainer)

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Open a region."""
        self.training.enter("validation")

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Close the region."""
        self.training.leave("validation")

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Close the region; stop where the budget says so."""
        self.training.leave("epoch")
        self._stop(trainer)
        if self._log and trainer.loggers:
            values = self.training.metrics()
            kept = {n: v for n, v in values.items() if n in ("co2lib/energy_kwh", "co2lib/co2e_g")}
            if kept:
                pl_module.log_dict(kept, rank_zero_only=True)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """End: card, sinks."""
        self.training.end()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End what an exception ends, so that the run does not go on."""
        if self.training.active:  # not where it came before the training: nothing may hide it
            self.training.end()

    def _stop(self, trainer: Any) -> None:
        if self.training.stopping:
            trainer.should_stop = True
