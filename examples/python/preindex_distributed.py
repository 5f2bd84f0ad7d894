# SPDX-License-Identifier: MIT
"""PreIndex over processes: every rank reads its shard, all get the index that one process would get.

Run it alone, or with torchrun --nproc-per-node 2 examples/python/preindex_distributed.py.
"""

import os

import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

import co2lib
from co2lib import preindex

torch.manual_seed(0)
labels = torch.arange(200) % 4
images = (torch.rand(4, 1, 8, 8)[labels] + 0.1 * torch.rand(200, 1, 8, 8)).clamp(0, 1)
data = preindex.PairedDataset(TensorDataset(images, labels), ("gauss", 0.3))
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.Flatten(), nn.Linear(256, 4))

rank, size = 0, 1
if "RANK" in os.environ:  # set by torchrun
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()

# Shards that follow each other keep the order of the samples.
shard = Subset(data, range(len(data) * rank // size, len(data) * (rank + 1) // size))
loader = DataLoader(shard, batch_size=20)
with co2lib.track(location="FRA") as run:
    # The group is not kept in a variable: its threads must have ended before Python does.
    res = preindex.preindex(model, loader, embedding="2", tracker=run, group=dist.group.WORLD)
if rank == 0:
    print(f"PreIndex {res.value!r} of {res.pairs} pairs; energy of this rank: {res.cost.inclusive.value}")
if dist.is_initialized():
    dist.destroy_process_group()
