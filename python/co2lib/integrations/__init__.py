# SPDX-License-Identifier: MIT
"""Plugs into other people's frameworks; each module imports its framework, this one none.

>>> from co2lib.integrations import Budget, Training
>>> with Training(epochs=3, location="FRA", budget=Budget(energy_kwh=1)) as training:
...     for _ in training.epochs():
...         pass
>>> training.footprint.regions["epoch"].count
3
"""

from __future__ import annotations

from co2lib.integrations._budget import Budget, BudgetWarning, Outlook
from co2lib.integrations._card import write_card
from co2lib.integrations._metrics import metrics_of
from co2lib.integrations._training import Training

__all__ = [
    "Budget",
    "BudgetWarning",
    "Outlook",
    "Training",
    "metrics_of",
    "write_card",
]
