# SPDX-License-Identifier: MIT
"""Accumulators over the processes of torch.distributed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist

from co2lib._errors import BadValueError, Error, WrongStateError
from co2lib.preindex import Accumulator, Reducer

_T = TypeVar("_T")


def exchange(value: Any, group: Any = None) -> list[Any]:
    """Return what every rank gave, in the order of the ranks."""
    if not (dist.is_available() and dist.is_initialized()):
        raise WrongStateError(
            "preindex.not_distributed", "torch.distributed is not initialised; call init_process_group before"
        )
    values: list[Any] = [None] * dist.get_world_size(group)
    dist.all_gather_object(values, value, group=group)
    return values


def together(work: Callable[[], _T], group: Any = None) -> list[_T]:
    """Do the work of this rank and return what it gave on every rank; raise on all if it failed on one.

    What fails between two exchanges would leave the other ranks waiting in the second one.
    """
    failure, value, text = None, None, None
    try:
        value = work()
    except Exception as error:  # the other ranks must hear of everything
        failure = error
        text = str(error) if isinstance(error, Error) else f"{type(error).__name__}: {error}"
    outcomes = exchange((value, text), group)
    if failure is not None:
        try:
            raise failure
        finally:
            failure = None  # else error and frame keep each other, and with them the group and its threads
    for rank, (_, why) in enumerate(outcomes):
        if why is not None:
            raise WrongStateError("preindex.rank_failed", f"rank {rank} failed: {why}", {"rank": rank})
    return [value for value, _ in outcomes]


def union(labels: Callable[[], Iterable[Any]], group: Any = None) -> set[Any]:
    """Return the labels of all ranks."""
    return set().union(*together(lambda: set(labels()), group))


def _device(group: Any) -> torch.device:
    """Return where the tensors of this group must be."""
    if dist.get_backend(group) == "nccl":
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


class Processes(Reducer):
    """The processes of torch.distributed, for the passes of the clustering."""

    def __init__(self, group: Any = None) -> None:
        super().__init__()
        self._group = group
        self._device = _device(group)

    def rank(self) -> int:
        """Return the number of this process in the group."""
        return dist.get_rank(self._group)

    def size(self) -> int:
        """Return the number of processes."""
        return dist.get_world_size(self._group)

    def sum(self, values: npt.NDArray[Any]) -> None:
        """Replace each value by its sum over the processes."""
        self._reduce(values, dist.ReduceOp.SUM)

    def max(self, values: npt.NDArray[np.float64]) -> None:
        """Replace each value by its maximum over the processes."""
        self._reduce(values, dist.ReduceOp.MAX)

    def _reduce(self, values: npt.NDArray[Any], operation: Any) -> None:
        shared = torch.from_numpy(values)
        tensor = shared.to(self._device)  # the same memory on the CPU
        dist.all_reduce(tensor, operation, group=self._group)
        if tensor is not shared:
            shared.copy_(tensor)


def _mismatch(keys: list[str]) -> BadValueError:
    return BadValueError(
        "preindex.config_mismatch",
        f"the ranks differ in: {', '.join(keys)}; run all of them with the same options and model",
        {"keys": keys},
    )


def _differing(shards: list[dict[str, Any]]) -> list[str]:
    """Return what the ranks do not agree upon."""
    keys: list[str] = []
    if len({shard["hash"] for shard in shards}) > 1:
        first = shards[0]["config"]
        keys += [k for k in first if any(shard["config"][k] != first[k] for shard in shards)]
    if len({tuple(shard["layers"]) for shard in shards if shard["layers"]}) > 1:
        keys.append("layers")
    for i, what in enumerate(["embedding width"] * 2 + ["RESQUE width"] * 2):
        if len({shard["widths"][i] for shard in shards if shard["widths"][i]}) > 1 and what not in keys:
            keys.append(what)
    if len({type(label) for shard in shards for label in shard["labels"]}) > 1:
        keys.append("type of the labels")
    return keys


def all_reduce(accumulator: Accumulator, group: Any = None) -> Accumulator:
    """Unite the accumulators of all ranks in every rank's; the same on all of them, p bit for bit.

    Integers and fixed-point sums are added in one all_reduce, class sums in double in a second one. Then all
    ranks cluster the stored embeddings together: each reads its own in every pass and sums are reduced, so
    that no rank needs the memory of more than its shard. `Accumulator.result` needs no other rank after that;
    its clusters are the same on all, its labels those of this rank's samples.

    Parameters
    ----------
    accumulator : Accumulator
        The shard of this rank, changed in place; it may be empty. Its stored embeddings stay its own.
    group : torch.distributed.ProcessGroup, optional
        Default: all processes.

    Returns
    -------
    Accumulator
        The same object.

    Raises
    ------
    co2lib.Error
        ``preindex.config_mismatch`` on every rank, naming what differs; ``preindex.not_distributed``,
        ``preindex.rank_failed`` where another rank raised (RuntimeError).
    """
    shards = together(
        lambda: {
            "hash": accumulator.config_hash,
            "config": json.loads(accumulator.config),
            "layers": accumulator.layers,
            "labels": accumulator.labels,
            "widths": accumulator.widths,
        },
        group,
    )
    differing = _differing(shards)
    if differing:
        raise _mismatch(differing)
    layers: list[tuple[str, int, bool]] = next((shard["layers"] for shard in shards if shard["layers"]), [])
    for name, width, _ in layers:
        accumulator.layer(name, width)
    classes = sorted({label for shard in shards for label in shard["labels"]})
    widths = np.max([shard["widths"] for shard in shards], axis=0).tolist()

    integers, doubles = accumulator.pack(classes, widths)
    processes = Processes(group)
    processes.sum(integers)
    if len(doubles):
        processes.sum(doubles)
    accumulator.unpack(integers, doubles, classes, widths)
    accumulator.cluster(processes)
    return accumulator
