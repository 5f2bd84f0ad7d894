# SPDX-License-Identifier: MIT
"""A training with a budget: each epoch is forecast, and the training ends where the budget would not last."""

import warnings

from co2lib.integrations import Budget, BudgetWarning, Outlook, Training


def train_one_epoch() -> None:
    sum(range(300_000))


def show(outlook: Outlook) -> None:
    print(outlook, f"({outlook.state})")


warnings.simplefilter("ignore", BudgetWarning)  # `on_change` says the same
budget = Budget(energy_kwh=1e-7, action="stop", on_change=show)
with Training(epochs=100, location="FRA", tdp_w=15, ram_w=2, budget=budget) as training:
    for _ in training.epochs():
        train_one_epoch()

epochs = training.footprint.regions["epoch"].count
print(f"{epochs} of 100 epochs, energy {training.footprint.energy}")
