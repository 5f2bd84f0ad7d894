# SPDX-License-Identifier: MIT
"""From a draft to the graph description that the C++ library reads (docs/inference.md)."""

from __future__ import annotations

from math import prod
from typing import Any

from co2lib.inference.importers import _passes
from co2lib.inference.importers._draft import VIEWS, Draft, Node

_OPS = (VIEWS - {"transpose"}) | {
    "conv",
    "dwconv",
    "fc",
    "matmul",
    "bn",
    "relu",
    "relu6",
    "hswish",
    "swish",
    "sigmoid",
    "maxpool",
    "avgpool",
    "global-avgpool",
    "add",
    "mul",
    "concat",
    "split",
    "channelshuffle",
    "se",
    "norm",
    "softmax",
    "embedding",
    "other",
    "input",
    "output",
}
_ALIKE = {
    "sub": "add",
    "div": "mul",
    "tanh": "sigmoid",
    "hardsigmoid": "sigmoid",
    "gelu": "swish",
    "scale": "mul",
    "shift": "mul",
}
"""Operators of another name that read, write and compute about the same per element."""


def finish(draft: Draft, *, batch: int) -> dict[str, Any]:
    """Bring a draft into the form of the description.

    Parameters
    ----------
    draft : Draft
        Changed in place.
    batch : int
        First dimension of the model's inputs.

    Returns
    -------
    dict
        ``nodes``, ``outputs`` and ``shapes``. An operator without a mapping is ``other``, with its
        ``type``; one that is counted as another, which costs about as much, has what it ``stands_for``.
    """
    _passes.run(draft)
    _join_views(draft)
    _drop_dead(draft)
    writer = _Writer(draft, batch)
    for node in draft.nodes:
        writer.write(node)
    return {"nodes": writer.nodes, "outputs": list(draft.outputs), "shapes": writer.shapes}


def _join_views(draft: Draft) -> None:
    """Let views read what is no view, and operators what a view shows unchanged."""
    index = draft.index()
    origins = {node.name: index.origin(node.name) for node in draft.nodes if node.op in VIEWS}
    for node in draft.nodes:
        reads = [origins.get(name, name) for name in node.inputs]
        if node.op not in VIEWS:
            same = [
                (draft.shapes.get(name), draft.bits.get(name))
                == (draft.shapes.get(read), draft.bits.get(read))
                for name, read in zip(node.inputs, reads, strict=True)
            ]
            reads = [
                read if equal else name for name, read, equal in zip(node.inputs, reads, same, strict=True)
            ]
        node.inputs = reads
    draft.outputs = [origins.get(name, name) for name in draft.outputs]


def _drop_dead(draft: Draft) -> None:
    index = draft.index()
    live, stack = set(), list(draft.outputs)
    while stack:
        name = stack.pop()
        if name in live:
            continue
        live.add(name)
        node = index.producer.get(name)
        if node is not None:
            stack.extend(node.inputs)
    draft.nodes = [node for node in draft.nodes if node.name in live]


class _Writer:
    def __init__(self, draft: Draft, batch: int) -> None:
        self._draft = draft
        self._batch = batch
        self.nodes: list[dict[str, Any]] = []
        self.shapes: dict[str, list[int]] = {}

    def write(self, node: Node) -> None:
        shape = self._draft.shapes[node.name]
        op = "reshape" if node.op == "transpose" else _ALIKE.get(node.op, node.op)
        op = op if op in _OPS else "other"
        attrs = self._attrs(node, op)
        inputs = self._inputs(node, op)
        self.nodes.append({"name": node.name, "op": op, "inputs": inputs, "attrs": attrs})
        self.shapes[node.name] = self._form(shape)

    def _attrs(self, node: Node, op: str) -> dict[str, Any]:
        if op in VIEWS:
            return {}
        bits = self._read_bits(node)
        if op == "other":
            return {"type": node.source or node.op, "a_bits": bits}
        kept = {key: value for key, value in node.attrs.items() if key not in ("constant", "axis", "w_bits")}
        kept.update({"w_bits": node.attrs.get("w_bits", bits), "a_bits": bits})
        if node.op in ("gelu", "tanh", "hardsigmoid"):
            kept["stands_for"] = node.op
        return kept

    def _read_bits(self, node: Node) -> int:
        if node.op == "embedding":  # reads numbers of tokens
            return self._draft.bits.get(node.name, 32)
        return self._draft.bits.get(node.inputs[0], 32) if node.inputs else 32

    def _inputs(self, node: Node, op: str) -> list[str]:
        if op == "matmul" and len(node.inputs) == 2:
            return self._matmul(node)
        if op == "fc":
            return [self._seen(node.inputs[0], self._rows(node.inputs[0]))]
        if op == "concat":
            return [
                self._seen(name, self._channels_first(name, node.attrs.get("axis", 1)))
                for name in node.inputs
            ]
        if op == "embedding":
            tokens = prod(self._draft.shapes[node.inputs[0]])
            self.shapes[node.inputs[1]] = list(self._draft.shapes[node.inputs[1]])
            return [self._seen(node.inputs[0], [1, tokens]), node.inputs[1]]
        if op in ("add", "mul") and len(node.inputs) == 2:
            # A kernel is described by its first input; that is the whole one where the other is broadcast.
            one, two = node.inputs
            sizes = [prod(self._draft.shapes.get(name, ())) for name in (one, two)]
            inputs = [two, one] if sizes[1] > sizes[0] or one in self._draft.constants else [one, two]
            return [self._seen(name, self._form(self._draft.shapes[name])) for name in inputs]
        return [self._seen(name, self._form(self._draft.shapes[name])) for name in node.inputs]

    def _matmul(self, node: Node) -> list[str]:
        one, two = node.inputs
        left, right = self._draft.shapes[one], self._draft.shapes[two]
        if two in self._draft.constants:
            k, n = right[-2:]
            self.shapes[two] = [k, n]
            return [self._seen(one, [self._batch, max(1, prod(left[:-1]) // self._batch), k]), two]
        heads = max(1, prod(left[:-2]) // self._batch)
        first, second = [self._batch, heads, *left[-2:]], [self._batch, heads, *right[-2:]]
        return [self._seen(one, first), self._seen(two, second)]

    def _rows(self, name: str) -> list[int]:
        shape = self._draft.shapes[name]
        return [max(1, prod(shape[:-1])), shape[-1]]

    def _channels_first(self, name: str, axis: int) -> list[int]:
        shape = list(self._draft.shapes[name])
        axis %= len(shape)
        if len(shape) == 4 and axis > 1:
            return [shape[0], shape[axis], *(d for i, d in enumerate(shape) if i not in (0, axis))]
        if len(shape) == 3 and axis == 1:  # tokens put behind each other
            return [shape[0], shape[1], shape[2], 1]
        return self._form(tuple(shape))

    def _seen(self, name: str, shape: list[int]) -> str:
        """Return the tensor's name, or that of a view of this shape."""
        known = self.shapes.get(name)
        if known is None or known == shape:
            self.shapes[name] = shape
            return name
        view = name + ".as_" + "x".join(map(str, shape))
        if view not in self.shapes:
            self.shapes[view] = shape
            self.nodes.append({"name": view, "op": "reshape", "inputs": [name], "attrs": {}})
        return view

    def _form(self, shape: tuple[int, ...]) -> list[int]:
        """Return a shape as [n, c], [n, s, c] or [n, c, h, w]."""
        if len(shape) < 2:
            return [1, max(1, prod(shape))]
        batch = self._batch
        if shape[0] != batch:
            rows = prod(shape[:-1])
            if len(shape) == 2 and rows % batch == 0:
                return [batch, rows // batch, shape[1]]
            count = shape[0] // batch if shape[0] % batch == 0 and shape[0] else shape[0]
            shape = (batch, count, *shape[1:]) if shape[0] % batch == 0 else (1, *shape)
        if len(shape) <= 4:
            return list(shape)
        return [shape[0], prod(shape[1:-2]), *shape[-2:]]
