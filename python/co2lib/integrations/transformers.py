# SPDX-License-Identifier: MIT
"""The Trainer of Hugging Face transformers, and what is built on it (TRL, sentence-transformers, setfit).

>>> from co2lib.integrations.transformers import FootprintCallback        # doctest: +SKIP
>>> trainer = Trainer(..., callbacks=[FootprintCallback(location="FRA", card="README.md")])  # doctest: +SKIP
"""

from __future__ import annotations

import math
from typing import Any

from co2lib._extras import require
from co2lib.integrations._callback import TrainingCallback
from co2lib.integrations._torch import TorchTraining

__all__ = ["FootprintCallback"]

_Base: Any = require("transformers", needed_for="co2lib.integrations.transformers").TrainerCallback


class _Training(TorchTraining):
    main = True

    def writes_card(self) -> bool:
        return self.main


class FootprintCallback(TrainingCallback, _Base):  # type: ignore[misc]
    """Tracks `Trainer.train()`: regions ``epoch`` and ``step``, the model card's block, a budget.

    Parameters
    ----------
    run : Track or Tracker, optional
        The run to use; one that is running goes on afterwards. Default: one of its own, with the other
        options.
    card : path, optional
        Model card that gets the block at the end. A card that the Trainer writes afterwards (``push_to_hub``,
        ``create_model_card``) replaces it: then call `write_card` when all else is done.
    card_options, budget, unit, sinks, every
        As `co2lib.integrations.Training`.
    **options
        Those of `co2lib.track`, if no run is given.

    Attributes
    ----------
    training : Training
        Its `footprint`, `metrics()` and `outlooks`.
    """

    training: _Training
    _training_type = _Training

    # The hooks, by the names of transformers ---------------------------------------------------------------

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Begin; what a checkpoint has done already is not to come again."""
        steps = state.max_steps - state.global_step if state.max_steps > 0 else None
        epochs = None
        if state.num_train_epochs:
            epochs = max(1, math.ceil(state.num_train_epochs - (state.epoch or 0)))
        self.training.main = state.is_world_process_zero
        self.training.begin(epochs=epochs, steps=steps)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Open a region."""
        self.training.enter("epoch")

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Open a region."""
        self.training.enter("step")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Close the region; stop where the budget says so."""
        self.training.leave("step")
        return self._stopped(control)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Close the region; stop where the budget says so."""
        self.training.leave("epoch")
        return self._stopped(control)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """End: card, sinks."""
        self.training.end()

    def _stopped(self, control: Any) -> Any:
        if self.training.stopping:
            control.should_training_stop = True
        return control
