# SPDX-License-Identifier: MIT
"""A job of any number of processes on any number of nodes: each writes its log, `co2lib merge` joins them.

torchrun --standalone --nproc-per-node 2 examples/clusters/train.py --log 'run-{rank}.jsonl'
co2lib merge run-*.jsonl
"""

import argparse
import gc
import os

import torch
import torch.distributed as dist

from co2lib.integrations import Budget
from co2lib.integrations.pytorch import Training


def train(options: argparse.Namespace) -> None:
    rank = dist.get_rank()
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(64, 1).to(device))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    budget = Budget(energy_kwh=options.budget_kwh, action="stop") if options.budget_kwh else None
    training = Training(
        epochs=options.epochs, log=options.log, log_exists="resume", location="FRA", budget=budget
    )
    done = 0
    with training:
        for _ in training.epochs():
            for _ in range(20):
                optimizer.zero_grad()
                model(torch.randn(256, 64, device=device)).square().mean().backward()
                optimizer.step()
            done += 1
    print(f"rank {rank}: {done} epochs, energy {training.footprint.energy}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", default="run-{rank}.jsonl")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--budget-kwh", type=float)
    options = parser.parse_args()
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    train(options)
    # The model holds the group, and a gloo group that is let go of at Python's end may abort the process.
    gc.collect()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
