# SPDX-License-Identifier: MIT
"""What a reader of a framework makes: operators with their tensors, before patterns are put together.

A draft has the operators of the graph description (docs/inference.md) and the smaller ones that frameworks
write instead: ``pow``, ``sqrt``, ``rsqrt``, ``mean``, ``sub``, ``div``, ``scale`` (by a number or constant),
``shift`` (plus a number or constant), ``erf``, ``tanh``, ``hardsigmoid``, ``transpose``. Shapes are those of
the framework; `_emit` brings them into the form of the description.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

VIEWS = frozenset({"reshape", "flatten", "identity", "dropout", "transpose", "quantize", "dequantize"})
"""Operators that only pass on what they read."""


@dataclass(eq=False)
class Node:
    """One operator; its name is that of its output."""

    name: str
    op: str
    inputs: list[str]
    attrs: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    """What the framework calls it."""


@dataclass
class Draft:
    """Operators in the order of their execution."""

    nodes: list[Node] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)
    constants: set[str] = field(default_factory=set)

    def add(
        self,
        node: Node,
        shape: tuple[int, ...],
        bits: int,
    ) -> Node:
        """Append an operator whose output has a shape, and bits per element."""
        self.nodes.append(node)
        self.shapes[node.name] = shape
        self.bits[node.name] = bits
        return node

    def index(self) -> Index:
        """Return who makes and who reads each tensor, as it is now."""
        return Index(self)


class Index:
    """Producers and readers of a draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.producer = {node.name: node for node in draft.nodes}
        self.readers: dict[str, list[Node]] = {}
        for node in draft.nodes:
            for name in node.inputs:
                self.readers.setdefault(name, []).append(node)

    def made_by(self, name: str, *ops: str) -> Node | None:
        """Return the node that makes a tensor, through views, if it is one of these operators."""
        node = self.producer.get(self.origin(name))
        return node if node is not None and node.op in ops else None

    def origin(self, name: str) -> str:
        """Return the tensor that views show."""
        node = self.producer.get(name)
        while node is not None and node.op in VIEWS and node.inputs:
            name = node.inputs[0]
            node = self.producer.get(name)
        return name

    def only_reader(self, name: str) -> Node | None:
        """Return the one operator, through views, that reads a tensor; None for several or an output."""
        while True:
            readers = self.readers.get(name, [])
            if len(readers) != 1 or name in self._draft.outputs:
                return None
            if readers[0].op not in VIEWS:
                return readers[0]
            name = readers[0].name

    def between(self, last: Node, first_inputs: set[str]) -> set[str]:
        """Return the names on all ways from tensors to a node, without either."""
        found: set[str] = set()
        stack = list(last.inputs)
        while stack:
            name = stack.pop()
            if name in first_inputs or name in found or name not in self.producer:
                continue
            found.add(name)
            stack.extend(self.producer[name].inputs)
        return found

    def closed(self, names: set[str], last: Node) -> bool:
        """Whether nothing outside of these names, but the last node, reads them."""
        for name in names:
            if name in self._draft.outputs:
                return False
            if any(reader.name not in names and reader is not last for reader in self.readers.get(name, ())):
                return False
        return True

    def walk(self) -> Iterator[Node]:
        """Return the nodes in their order."""
        return iter(list(self._draft.nodes))
