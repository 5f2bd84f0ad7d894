# SPDX-License-Identifier: MIT
"""The network of the golden case `end_to_end`; imported by its adapter only, because it needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from co2lib import preindex


class Network(nn.Module):
    """The architecture that the golden file describes, named as its weights are."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=4, padding=1)
        self.conv2 = nn.Conv2d(8, 24, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(24, eps=1e-5)
        self.conv3 = nn.Conv2d(24, 40, 3, stride=2, padding=1, bias=False)
        self.shortcut = nn.Conv2d(8, 40, 1, stride=2, bias=False)
        self.head = nn.Sequential(nn.Linear(40, 20), nn.ReLU(), nn.Linear(20, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        stem = torch.relu(self.stem(x))
        x = torch.relu(self.bn2(self.conv2(stem)))
        x = torch.relu(self.conv3(x) + self.shortcut(stem))
        found: Tensor = self.head(x.mean((2, 3)))
        return found


def knows(weights: Mapping[str, Any]) -> bool:
    """Return whether the weights are those of this network."""
    return set(weights) == set(Network().state_dict()) - {"bn2.num_batches_tracked"}


def p_of(weights: Mapping[str, Any], images: Mapping[str, Any], classes: int) -> dict[int, dict[str, float]]:
    """Return the 12 averages of the network for 8-bit images, through hooks."""
    model = Network()
    model.load_state_dict({name: torch.tensor(value) for name, value in weights.items()}, strict=False)

    def prepared(side: str) -> Tensor:
        return (torch.tensor(images[side]).float() / 255 - 0.5) / 0.5

    estimate = preindex.PreIndex(model, classes=classes, embedding="conv3", distance="all")
    estimate.update(prepared("clean"), prepared("shifted"), [0] * len(images["clean"]))
    return estimate.result().all_distances
