# SPDX-License-Identifier: MIT
"""A training loop of one's own on PyTorch; the same class with one or with many processes (DDP, FSDP).

>>> from co2lib.integrations.pytorch import Training          # doctest: +SKIP
>>> with Training(epochs=10, location="FRA", card="README.md") as training:   # doctest: +SKIP
...     for epoch in training.epochs():
...         for x, y in training.steps(loader):
...             step(x, y)
"""

from __future__ import annotations

from co2lib._extras import require
from co2lib.integrations._torch import TorchTraining as Training
from co2lib.integrations._torch import any_process, wait_for_gpu

require("torch", extra="torch", needed_for="co2lib.integrations.pytorch")

__all__ = ["Training", "any_process", "wait_for_gpu"]
