# SPDX-License-Identifier: MIT
"""What trainings on PyTorch share: waiting for the GPU, and the processes of a job agreeing to stop."""

from __future__ import annotations

import sys
from typing import Any

from co2lib.integrations._training import Training


def wait_for_gpu() -> None:
    """Wait for the work on the current CUDA device; nothing where PyTorch has not used one."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.synchronize()


def any_process(stop: bool) -> bool:
    """Return whether any process of the default group of torch.distributed says so; all must ask."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not torch.distributed.is_available() or not torch.distributed.is_initialized():
        return stop
    if torch.distributed.get_world_size() == 1:
        return stop
    device = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
    flag = torch.tensor([int(stop)], device=device)
    torch.distributed.all_reduce(flag, op=torch.distributed.ReduceOp.MAX)
    return bool(flag.item())


class TorchTraining(Training):
    """A `Training` whose regions end with the GPU's work, and whose processes stop together."""

    def agree(self, stop: bool) -> bool:
        """Return whether any process wants to stop."""
        return any_process(stop)

    def sync(self) -> None:
        """Wait for the current CUDA device, if there is one in use."""
        wait_for_gpu()
