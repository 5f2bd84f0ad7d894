# SPDX-License-Identifier: MIT
"""Accumulators over the processes of torch.distributed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from co2lib._errors import BadValueError, WrongStateError
from co2lib.preindex import Accumulator, Side

_SIDES: tuple[Side, Side] = ("clean", "shifted")
# Rows of embeddings that are sent at a time: about 16 MB of float32.
_VALUES = 1 << 22


def exchange(value: Any, group: Any = None) -> list[Any]:
    """Return what every rank gave, in the order of the ranks."""
    if not (dist.is_available() and dist.is_initialized()):
        raise WrongStateError(
            "preindex.not_distributed", "torch.distributed is not initialised; call init_process_group before"
        )
    values: list[Any] = [None] * dist.get_world_size(group)
    dist.all_gather_object(values, value, group=group)
    return values


def union(labels: Iterable[Any], group: Any = None) -> set[Any]:
    """Return the labels of all ranks."""
    return set().union(*exchange(set(labels), group))


def _device(group: Any) -> torch.device:
    """Return where the tensors of this group must be."""
    if dist.get_backend(group) == "nccl":
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def _sum(values: np.ndarray[Any, Any], group: Any) -> np.ndarray[Any, Any]:
    tensor = torch.from_numpy(values.copy()).to(_device(group))
    if tensor.numel():
        dist.all_reduce(tensor, group=group)
    return tensor.cpu().numpy()


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
    if len({shard["columns"] for shard in shards if shard["columns"]}) > 1:
        keys.append("embedding width")
    if len({type(label) for shard in shards for label in shard["labels"]}) > 1:
        keys.append("type of the labels")
    return keys


def all_reduce(accumulator: Accumulator, group: Any = None) -> Accumulator:
    """Unite the accumulators of all ranks in every rank's; the same on all of them, p bit for bit.

    Integers and fixed-point sums are added in one all_reduce, class sums in double in a second one. The
    stored embeddings are gathered on every rank in the order of the ranks, and each rank clusters all of
    them: clustering is not spread over the ranks, and its memory is that of one process.

    Parameters
    ----------
    accumulator : Accumulator
        The shard of this rank, changed in place; it may be empty.
    group : torch.distributed.ProcessGroup, optional
        Default: all processes.

    Returns
    -------
    Accumulator
        The same object.

    Raises
    ------
    co2lib.Error
        ``preindex.config_mismatch`` on every rank, naming what differs; ``preindex.not_distributed``
        (RuntimeError).
    """
    rows = accumulator.embeddings()
    labels = accumulator.embedding_labels()
    mine = {
        "hash": accumulator.config_hash,
        "config": json.loads(accumulator.config),
        "layers": accumulator.layers,
        "labels": accumulator.labels,
        "columns": rows.shape[1] if len(rows) else 0,
        "rows": len(rows),
        "row_labels": labels,
        "pairs": accumulator.pairs,
    }
    shards = exchange(mine, group)
    differing = _differing(shards)
    if differing:
        raise _mismatch(differing)
    layers: list[tuple[str, int, bool]] = next((shard["layers"] for shard in shards if shard["layers"]), [])
    for name, width, _ in layers:
        accumulator.layer(name, width)
    classes = sorted({label for shard in shards for label in shard["labels"]})

    integers, doubles = accumulator.pack(classes)
    sizes = exchange(len(doubles), group)
    if len({size for size in sizes if size}) > 1:
        raise _mismatch(["embedding width"])
    if len(doubles) < max(sizes):  # a shard without samples
        doubles = np.zeros(max(sizes))
    integers, doubles = _sum(integers, group), _sum(doubles, group)

    united = Accumulator(accumulator.options, accumulator.classes)
    _gather_embeddings(united, rows, shards, group)
    columns = max(shard["columns"] for shard in shards)
    resque = max(sizes) // max(1, len(classes)) - 2 * columns
    if resque > 0:
        for side in _SIDES:  # only for the width; the sums are replaced below
            united.add_resque(side, np.zeros((len(classes), resque // 2), np.float32), classes)
    for name, width, _ in layers:
        united.layer(name, width)
    united.unpack(integers, doubles, classes)
    accumulator._core = united._core
    return accumulator


def _gather_embeddings(
    united: Accumulator, rows: np.ndarray[Any, Any], shards: list[dict[str, Any]], group: Any
) -> None:
    """Append the embeddings of every rank, a few rows at a time."""
    me = dist.get_rank(group)
    device = _device(group)
    for rank, shard in enumerate(shards):
        step = max(1, _VALUES // max(1, shard["columns"]))
        source = rank if group is None else dist.get_global_rank(group, rank)
        for begin in range(0, shard["rows"], step):
            end = min(shard["rows"], begin + step)
            if rank == me:
                part = torch.from_numpy(np.ascontiguousarray(rows[begin:end])).to(device)
            else:
                part = torch.empty((end - begin, shard["columns"]), dtype=torch.float32, device=device)
            dist.broadcast(part, src=source, group=group)
            array = part.cpu().numpy()
            # Both sides, so that both have sums of this width; unpack replaces the sums, the rows stay.
            for side in _SIDES:
                united.add_embedding(side, array, shard["row_labels"][begin:end])
            united.end_batch()
