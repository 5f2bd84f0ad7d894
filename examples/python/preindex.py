# SPDX-License-Identifier: MIT
"""How much would noise on the images hurt this network? One number per level, from forward passes."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import co2lib
from co2lib import preindex

torch.manual_seed(0)

# Three classes of small images: stripes of different width.
labels = torch.arange(240) % 3
axis = torch.arange(12) * torch.tensor([1.0, 2.0, 3.0])[labels][:, None]
images = (0.5 + 0.3 * torch.sin(axis))[:, None, None, :].expand(-1, 1, 12, -1)
images = (images + 0.05 * torch.randn(240, 1, 12, 12)).clamp(0, 1)
data = TensorDataset(images, labels)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(512, 3)
)
optimizer = torch.optim.Adam(model.parameters(), 1e-3)
for _ in range(10):
    for x, y in DataLoader(data, batch_size=48, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

with co2lib.track(location="FRA") as run:
    for level in (0.0, 0.1, 0.3, 0.6):
        pairs = preindex.PairedDataset(data, ("gauss", level), quantise=False)
        res = preindex.preindex(model, DataLoader(pairs, batch_size=48), embedding="2", tracker=run)
        print(f"gauss {level:.1f}: PreIndex {res.value:.3f} = p {res.p:.3f} + inv_ari {res.inv_ari:.3f}")
print(f"energy of the passes: {res.cost.inclusive.value}")
