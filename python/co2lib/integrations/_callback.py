# SPDX-License-Identifier: MIT
"""What the callbacks of Keras, Lightning and transformers share: how they are made, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from co2lib.integrations._budget import Budget, Outlook
from co2lib.integrations._training import Sink, Training
from co2lib.tracker import Footprint, Track, Tracker


class TrainingCallback:
    """Stands before a framework's own class among the bases of its callback, whose hooks steer `training`.

    Parameters
    ----------
    run, card, card_options, budget, unit, sinks, every
        As `Training`.
    **options
        Those of `co2lib.track`, if no run is given.
    """

    _training_type: ClassVar[type[Training]] = Training

    def __init__(
        self,
        run: Track | Tracker | None = None,
        *,
        card: str | os.PathLike[str] | None = None,
        card_options: Mapping[str, Any] | None = None,
        budget: Budget | None = None,
        unit: str = "auto",
        sinks: Iterable[Sink] = (),
        every: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.training = self._training_type(
            run,
            card=card,
            card_options=card_options,
            budget=budget,
            unit=unit,
            sinks=sinks,
            every=every,
            **options,
        )

    @property
    def footprint(self) -> Footprint:
        """Of the last training, or of the one that goes on."""
        return self.training.footprint

    @property
    def outlooks(self) -> tuple[Outlook, ...]:
        """What the budget said last."""
        return self.training.outlooks
