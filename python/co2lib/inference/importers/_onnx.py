# SPDX-License-Identifier: MIT
"""Reads an ONNX file, which may come from anywhere, and keeps none of its weights.

1. Sizes are limited before anything is worked out: of the file, the number of nodes, the depth of graphs in
   graphs, the elements of a tensor. Data in other files is not opened.
2. The onnx package reads the file and infers shapes; before that, weights are replaced by their shapes.
3. What depends on constants alone is a constant. All walks are loops: nothing is as deep as the file says.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import prod
from os import PathLike, fspath
from typing import Any

from co2lib._errors import BadValueError, SystemFailureError
from co2lib._extras import require
from co2lib.inference.importers._draft import Draft, Node
from co2lib.inference.importers._onnx_ops import HANDLERS, Found

MAX_BYTES = 2**31 - 1
MAX_NODES = 100_000
MAX_DEPTH = 64
MAX_ELEMENTS = 2**40
SMALL = 1024
"""Elements up to which a constant of whole numbers is kept: shapes are computed from it."""

_LIKE_IDENTITY = frozenset(
    {"Gelu", "FastGelu", "QuickGelu", "QLinearAdd", "QLinearMul", "SimplifiedLayerNormalization"}
)
"""Operators of ONNX Runtime whose output is as large as their input."""


def read(file: str | PathLike[str], input_shape: Sequence[Any] | None) -> tuple[Draft, int]:
    """Return the draft of a model and its batch; see `co2lib.inference.importers.onnx_graph`."""
    path = fspath(file)
    onnx = require("onnx", extra="onnx", needed_for="reading an ONNX file")
    try:
        size = os.stat(path).st_size
    except OSError as error:
        raise SystemFailureError("inference.cannot_read", f"{path}: {error.strerror or error}") from error
    if size > MAX_BYTES:
        raise _bad(
            path, f"has {size} bytes; a model is read up to {MAX_BYTES}, so keep weights in other files"
        )
    try:
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise SystemFailureError("inference.cannot_read", f"{path}: {error.strerror or error}") from error
    except Exception as error:
        raise _bad(path, f"is no ONNX model: {error}") from error
    _check_size(path, model.graph)
    reader = Reader(path, onnx, model)
    return reader.run(input_shape)


def _bad(path: str, what: str) -> BadValueError:
    return BadValueError("inference.bad_graph", f"{path}: {what}")


def _check_size(path: str, graph: Any) -> None:
    count, stack = 0, [(graph, 1)]
    while stack:
        inner, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise _bad(path, f"has graphs in graphs more than {MAX_DEPTH} deep")
        count += len(inner.node)
        if count > MAX_NODES:
            raise _bad(path, f"has more than {MAX_NODES} nodes")
        for node in inner.node:
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    stack.append((attribute.g, depth + 1))
                stack.extend((each, depth + 1) for each in attribute.graphs)


class Reader:
    """Reads one model."""

    def __init__(self, path: str, onnx: Any, model: Any) -> None:
        self.path = path
        self.onnx = onnx
        self.model = model
        self.draft = Draft()
        self.values: dict[str, list[int]] = {}
        self.types: dict[str, int] = {}
        self.really: dict[str, Any] = {}

    def run(self, input_shape: Sequence[Any] | None) -> tuple[Draft, int]:
        graph = self.model.graph
        self._strip(graph)
        self._known_shapes(graph)
        batch = self._take_inputs(graph, input_shape)
        self._infer()
        graph = self.model.graph
        known = set(self.draft.constants) | {each.name for each in graph.input} | {""}
        for number, node in enumerate(graph.node):
            self._check_order(node, number, known)
            if self._is_constant(node):
                self._take_constant(node)
            else:
                self._take(node)
        made = {node.name for node in self.draft.nodes} | {each.name for each in graph.input}
        for each in graph.output:
            if each.name not in made and each.name not in self.draft.constants:
                raise _bad(self.path, f"no node makes the output {each.name!r}")
        self.draft.outputs = [each.name for each in graph.output if each.name not in self.draft.constants]
        if not self.draft.outputs:
            raise _bad(self.path, "no output depends on an input")
        return self.draft, batch

    # ---- shapes and constants ----

    def _strip(self, graph: Any) -> None:
        """Replace weights by their shapes; keep small constants of whole numbers: shapes follow from them."""
        helper, whole = self.onnx.helper, (self.onnx.TensorProto.INT64, self.onnx.TensorProto.INT32)
        inputs = {each.name for each in graph.input}
        kept = []
        for tensor in graph.initializer:
            shape = [int(size) for size in tensor.dims]
            self._remember(tensor.name, tuple(shape), self._type_bits(tensor.data_type))
            self.draft.constants.add(tensor.name)
            self.types[tensor.name] = tensor.data_type
            outside = tensor.data_location == self.onnx.TensorProto.EXTERNAL
            if tensor.data_type in whole and prod(shape) <= SMALL and not outside:
                kept.append(tensor)
                self._value(tensor)
            else:
                self._value(tensor) if prod(shape) == 1 and not outside else None
                if tensor.name not in inputs:
                    graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, shape))
        kept = [self._copy(each) for each in kept]
        del graph.initializer[:]
        graph.initializer.extend(kept)

    def _known_shapes(self, graph: Any) -> None:
        """Write operators of ONNX Runtime as ones whose output's shape the onnx package knows."""
        for number, node in enumerate(graph.node):
            if node.domain != "com.microsoft" or not node.output or not node.input:
                continue
            if node.op_type in _LIKE_IDENTITY:
                self.really[node.output[0]] = self._as(node, "Identity", [node.input[0]])
            elif node.op_type == "MatMulNBits":
                sizes = {each.name: each.i for each in node.attribute}
                k, n, weight = sizes.get("K", 0), sizes.get("N", 0), f"weight of node {number}"
                if min(k, n) < 1 or weight in self.draft.constants:
                    raise _bad(self.path, f"MatMulNBits {node.name!r} has no K and N above 0")
                graph.input.append(self.onnx.helper.make_tensor_value_info(weight, 1, [k, n]))
                self._remember(weight, (k, n), int(sizes.get("bits", 4)))
                self.draft.constants.add(weight)
                self.really[node.output[0]] = self._as(node, "MatMul", [node.input[0], weight])

    def _as(self, node: Any, op_type: str, inputs: list[str]) -> Any:
        """Turn a node into another; return what it was."""
        before = self.onnx.NodeProto()
        before.CopyFrom(node)
        node.op_type, node.domain = op_type, ""
        del node.attribute[:]
        del node.input[:]
        node.input.extend(inputs)
        return before

    def _copy(self, tensor: Any) -> Any:
        copy = self.onnx.TensorProto()
        copy.CopyFrom(tensor)
        return copy

    def _value(self, tensor: Any) -> None:
        try:
            self.values[tensor.name] = self.onnx.numpy_helper.to_array(tensor).reshape(-1).tolist()
        except Exception as error:
            raise _bad(
                self.path, f"the constant {tensor.name!r} does not hold what it says: {error}"
            ) from error

    def _take_inputs(self, graph: Any, given: Sequence[Any] | None) -> int:
        inputs = [each for each in graph.input if each.name not in self.draft.constants]
        if not inputs:
            raise _bad(self.path, "has no input")
        shapes: list[Any] = [] if given is None else list(given)
        if shapes and all(isinstance(size, int) for size in shapes):
            shapes = [shapes]
        for number, each in enumerate(inputs):
            dims = each.type.tensor_type.shape.dim
            shape = list(shapes[number]) if number < len(shapes) else None
            if shape is not None:
                if dims and len(dims) != len(shape):
                    raise _bad(
                        self.path,
                        f"the input {each.name!r} has {len(dims)} dimensions, input_shape {len(shape)}",
                    )
                if any(not isinstance(size, int) or size < 1 for size in shape):
                    raise BadValueError("inference.out_of_range", f"input_shape: {shape} has a size below 1")
                element = each.type.tensor_type.elem_type
                each.CopyFrom(self.onnx.helper.make_tensor_value_info(each.name, element, shape))
            elif not dims or any(not size.HasField("dim_value") or size.dim_value < 1 for size in dims):
                raise _bad(
                    self.path,
                    f"the input {each.name!r} has sizes that are open; give input_shape, such as "
                    "(1, 3, 224, 224)",
                )
        first = inputs[0].type.tensor_type.shape.dim
        return int(first[0].dim_value) if len(first) else 1

    def _infer(self) -> None:
        del self.model.graph.value_info[:]
        for each in self.model.graph.output:
            each.type.tensor_type.ClearField("shape")
        try:
            self.model = self.onnx.shape_inference.infer_shapes(self.model, data_prop=True)
        except Exception as error:
            raise _bad(self.path, f"its shapes do not fit together: {error}") from error
        graph = self.model.graph
        for each in [*graph.input, *graph.value_info, *graph.output]:
            kind = each.type.tensor_type
            if kind.HasField("shape") and all(size.HasField("dim_value") for size in kind.shape.dim):
                self.types[each.name] = kind.elem_type
                shape = tuple(int(size.dim_value) for size in kind.shape.dim)
                self._remember(each.name, shape, self._type_bits(kind.elem_type))

    def _remember(self, name: str, shape: tuple[int, ...], bits: int) -> None:
        if any(size < 0 for size in shape) or prod(shape) > MAX_ELEMENTS:
            raise _bad(
                self.path, f"the tensor {name!r} has the shape {list(shape)}, which is no size of a model"
            )
        self.draft.shapes[name] = shape
        self.draft.bits.setdefault(name, bits)

    def _type_bits(self, kind: int) -> int:
        name = (
            self.onnx.TensorProto.DataType.Name(kind)
            if kind in self.onnx.TensorProto.DataType.values()
            else ""
        )
        sizes = {
            "INT4": 4,
            "UINT4": 4,
            "FLOAT4E2M1": 4,
            "INT2": 2,
            "UINT2": 2,
            "BOOL": 8,
            "INT8": 8,
            "UINT8": 8,
        }
        sizes |= {
            "FLOAT16": 16,
            "BFLOAT16": 16,
            "INT16": 16,
            "UINT16": 16,
            "DOUBLE": 64,
            "INT64": 64,
            "UINT64": 64,
        }
        return sizes.get(name, 8 if name.startswith("FLOAT8") else 32)

    # ---- nodes ----

    def _check_order(self, node: Any, number: int, known: set[str]) -> None:
        for name in node.input:
            if name not in known:
                raise _bad(
                    self.path,
                    f"node {number} ({node.op_type} {node.name!r}) reads {name!r}, which nothing before it "
                    "makes",
                )
        for name in node.output:
            if name and name in known:
                raise _bad(
                    self.path, f"node {number} ({node.op_type} {node.name!r}) makes {name!r} a second time"
                )
            known.add(name)

    def _is_constant(self, node: Any) -> bool:
        if any(attribute.HasField("g") for attribute in node.attribute):
            return False
        return node.op_type == "Shape" or all(not name or name in self.draft.constants for name in node.input)

    def _take_constant(self, node: Any) -> None:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                tensor = self._copy(attribute.t)
                tensor.name = node.output[0]
                self._remember(
                    tensor.name, tuple(int(d) for d in tensor.dims), self._type_bits(tensor.data_type)
                )
                if prod(tensor.dims) <= SMALL and tensor.data_location != self.onnx.TensorProto.EXTERNAL:
                    self._value(tensor)
            elif node.op_type == "Constant" and attribute.name in ("value_float", "value_int"):
                self.values[node.output[0]] = [self.onnx.helper.get_attribute_value(attribute)]
        quantised = node.op_type == "DequantizeLinear" or node.op_type in (
            "Transpose",
            "Reshape",
            "Identity",
            "Cast",
        )
        for name in node.output:
            self.draft.constants.add(name)
            if quantised and node.op_type != "Cast" and node.input:
                self.draft.bits[name] = self.draft.bits.get(node.input[0], 32)
                if node.op_type in ("DequantizeLinear", "Identity") and node.input[0] in self.draft.shapes:
                    self.draft.shapes.setdefault(name, self.draft.shapes[node.input[0]])

    def _take(self, node: Any) -> None:
        node = self.really.get(node.output[0] if node.output else "", node)
        attributes = {}
        for each in node.attribute:
            if not each.HasField("g") and not each.graphs:
                attributes[each.name] = self.onnx.helper.get_attribute_value(each)
        for name in node.output:
            if name and name not in self.draft.shapes:
                raise _bad(
                    self.path,
                    f"the shape of {name!r}, made by {node.op_type} {node.name!r}, does not follow from the "
                    "inputs; give input_shape, or save the model with its shapes",
                )
        handler = HANDLERS.get((node.domain if node.domain != "ai.onnx" else "", node.op_type))
        found: Found | None
        try:
            found = handler(self, node, attributes) if handler is not None else None
        except (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise _bad(
                self.path, f"{node.op_type} {node.name!r} lacks what the operator needs: {error}"
            ) from error
        whole = [name for name in node.input if name and name not in self.draft.constants]
        op, reads, attrs = found if found is not None else ("other", whole, {})
        for number, name in enumerate(each for each in node.output if each):
            if number and op not in ("split", "other"):
                self.draft.shapes.pop(name, None)  # a mask or statistic that nothing here needs
                self.draft.constants.add(name)
                continue
            made = Node(
                name,
                op if number == 0 or op == "other" else "identity",
                list(reads),
                dict(attrs),
                node.op_type,
            )
            bits = self.draft.bits[name]
            if op in ("dequantize", "reshape", "transpose", "identity"):
                bits = self.draft.bits.get(reads[0], bits)
            self.draft.add(made, self.draft.shapes[name], bits)

    def shape(self, name: str) -> tuple[int, ...]:
        return self.draft.shapes[name]

    def constant(self, name: str) -> bool:
        return name in self.draft.constants

    def number(self, name: str) -> float | None:
        values = self.values.get(name)
        return float(values[0]) if values is not None and len(values) == 1 else None
