# SPDX-License-Identifier: MIT
"""Broken models, graphs and profiles are errors that say something: no crash, no hang, no other exception."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import inference

CODES = {
    "inference.bad_graph",
    "inference.unmodelled",
    "inference.out_of_range",
    "inference.no_profile",
    "inference.unknown_kernel",
    "inference.bad_model",
}
SHAPE = (1, 8, 8, 8)


def outcome(call: Callable[[], Any]) -> str:
    """Return the code of the error, or an empty text."""
    error: co2lib.Error | None = None
    try:
        call()
    except co2lib.Error as caught:
        error = caught
    if error is None:
        return ""
    assert error.code in CODES, error
    assert str(error).strip()
    return error.code


# ----------------------------------------------------------------------------------------------------------
# ONNX
# ----------------------------------------------------------------------------------------------------------


def model(onnx: Any) -> Any:
    """Return a model with most kinds of operators that are mapped, one inside of another and constants."""
    helper, proto = onnx.helper, onnx.TensorProto

    def constant(name: str, numbers: Any, *, whole: bool = False) -> Any:
        import numpy as np

        return onnx.numpy_helper.from_array(
            np.asarray(numbers, dtype=np.int64 if whole else np.float32), name
        )

    def zeros(name: str, *shape: int) -> Any:
        return helper.make_tensor(name, proto.FLOAT, shape, b"\0" * 4 * _product(shape), raw=True)

    node = helper.make_node
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["a"], strides=[1, 1], pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["a", "s", "s", "s", "s"], ["n"]),
        node("Clip", ["n", "zero", "six"], ["b"]),
        node("Conv", ["b", "w2"], ["c"], group=16, pads=[1, 1, 1, 1]),
        node("HardSigmoid", ["c"], ["d"], alpha=1 / 6),
        node("Mul", ["c", "d"], ["e"]),
        node("MaxPool", ["e"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Reshape", ["p", "groups"], ["f"]),
        node("Transpose", ["f"], ["g"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["g", "whole"], ["h"]),
        node("Concat", ["h", "p"], ["i"], axis=1),
        node("ReduceMean", ["i", "axes"], ["m"], keepdims=1),
        node("Flatten", ["m"], ["q"]),
        node("Gemm", ["q", "w3"], ["r"], transB=1),
        node("Softmax", ["r"], ["y"], axis=1),
    ]
    weights = [zeros("w1", 16, 8, 3, 3), zeros("b1", 16), zeros("s", 16), zeros("w2", 16, 1, 3, 3)]
    weights += [zeros("w3", 10, 32), constant("zero", 0), constant("six", 6)]
    weights += [constant("groups", [1, 4, 4, 4, 4], whole=True), constant("whole", [1, 16, 4, 4], whole=True)]
    weights += [constant("axes", [2, 3], whole=True)]
    inputs = [helper.make_tensor_value_info("x", proto.FLOAT, list(SHAPE))]
    outputs = [helper.make_tensor_value_info("y", proto.FLOAT, None)]
    graph = helper.make_graph(nodes, "net", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])


def _product(shape: tuple[int, ...]) -> int:
    made = 1
    for size in shape:
        made *= size
    return made


def flipped(data: bytes, draw: random.Random) -> bytes:
    """Change, cut, repeat or exchange some bytes."""
    made = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        at = draw.randrange(max(1, len(made)))
        kind = draw.randrange(4)
        if kind == 0 and made:
            made[at % len(made)] = draw.randrange(256)
        elif kind == 1:
            del made[at : at + draw.randint(1, 40)]
        elif kind == 2:
            made[at:at] = made[draw.randrange(len(made) + 1) :][: draw.randint(1, 40)]
        else:
            made = made[: max(1, at)]
    return bytes(made)


def rearranged(proto: Any, draw: random.Random, onnx: Any) -> Any:
    """Change what a model says: operators, names, sizes, attributes, order."""
    graph = proto.graph
    numbers = (-(2**63), -1, 0, 1, 2, 3, 7, 64, 2**31, 2**40, 2**62)
    names = [name for node in graph.node for name in (*node.input, *node.output)] + ["", "nowhere"]
    for _ in range(draw.randint(1, 4)):
        if not graph.node:
            break
        node = graph.node[draw.randrange(len(graph.node))]
        kind = draw.randrange(9)
        if kind == 0:
            node.op_type = draw.choice(["Conv", "MatMul", "Gather", "Loop", "Split", "Nothing", "Pow", "Div"])
        elif kind == 1 and node.input:
            node.input[draw.randrange(len(node.input))] = draw.choice(names)
        elif kind == 2 and node.input:
            del node.input[draw.randrange(len(node.input))]
        elif kind == 3 and node.attribute:
            attribute = node.attribute[draw.randrange(len(node.attribute))]
            attribute.CopyFrom(
                onnx.helper.make_attribute(
                    attribute.name,
                    draw.choice(
                        [draw.choice(numbers), [draw.choice(numbers)] * draw.randint(1, 4), 0.5, "text"]
                    ),
                )
            )
        elif kind == 4:
            tensor = graph.initializer[draw.randrange(len(graph.initializer))]
            tensor.dims[:] = [draw.choice(numbers) for _ in range(draw.randint(0, 5))]
        elif kind == 5:
            tensor = graph.initializer[draw.randrange(len(graph.initializer))]
            tensor.data_type = draw.choice([0, 1, 3, 7, 9, 10, 16, 22, 99])
        elif kind == 6:
            del graph.node[draw.randrange(len(graph.node))]
        elif kind == 7:
            node.CopyFrom(graph.node[draw.randrange(len(graph.node))])
        else:
            dim = graph.input[0].type.tensor_type.shape.dim
            if dim:
                dim[draw.randrange(len(dim))].dim_value = draw.choice(numbers)
    return proto


@pytest.mark.parametrize("seed", range(4))
def test_files_of_onnx_that_are_broken(tmp_path: Path, seed: int) -> None:
    onnx = pytest.importorskip("onnx", reason="needs onnx (only in the full environment)")
    draw, whole, file = random.Random(seed), model(onnx), tmp_path / "net.onnx"
    data = whole.SerializeToString()
    file.write_bytes(data)
    device = inference.Device.named("sim-npu")
    assert outcome(lambda: device.predict(file)) == ""
    seen = set()
    for number in range(60):
        if number % 2:
            proto = type(whole).FromString(data)
            file.write_bytes(rearranged(proto, draw, onnx).SerializeToString())
        else:
            file.write_bytes(flipped(data, draw))
        shape = draw.choice([None, None, SHAPE, (1, 3), (2, 8, 8, 8)])
        seen.add(outcome(lambda shape=shape: device.predict(file, shape)))
    assert "inference.bad_graph" in seen


@pytest.mark.parametrize("data", [b"", b"\0", b"\x08", b"ONNX", b"{}", b"\xff" * 64])
def test_files_that_are_no_onnx(tmp_path: Path, data: bytes) -> None:
    pytest.importorskip("onnx", reason="needs onnx (only in the full environment)")
    file = tmp_path / "net.onnx"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"net\.onnx") as caught:
        inference.graph(file)
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "inference.bad_graph"


# ----------------------------------------------------------------------------------------------------------
# JSON
# ----------------------------------------------------------------------------------------------------------

STRANGE = (None, True, -1, 0, 0.5, 1e308, 2**62, -(2**63), "", "conv", "x", [], {}, [[]], ["input"], {"k": 3})


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of all values in a document."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, each in value.items():
            found += places(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            found += places(each, (*path, number))
    return found


def replaced(document: Any, draw: random.Random) -> Any:
    """Replace, delete or exchange some values of a document."""
    made = deepcopy(document)
    for _ in range(draw.randint(1, 3)):
        path = draw.choice(places(made))
        parent = made
        for step in path[:-1]:
            parent = parent[step]
        if draw.random() < 0.3:
            del parent[path[-1]]
        else:
            parent[path[-1]] = deepcopy(draw.choice((*STRANGE, *document.values())))
        if not places(made):
            break
    return made


@pytest.mark.parametrize("family", ["mobilenet", "transformer"])
def test_graphs_of_json_that_are_broken(tmp_path: Path, family: str) -> None:
    draw, file = random.Random(family), tmp_path / "net.json"
    whole = inference.draw_network(1, 0, families=[family], w_bits=8, a_bits=8)
    whole["nodes"] = whole["nodes"][:12]
    whole["outputs"] = [whole["nodes"][-1]["name"]]
    kept = {name for node in whole["nodes"] for name in (node["name"], *node["inputs"])}
    whole["shapes"] = {name: shape for name, shape in whole["shapes"].items() if name in kept}
    device = inference.Device.named("sim-npu")
    assert outcome(lambda: device.predict(whole)) == ""
    text, seen = json.dumps(whole).encode(), set()
    for number in range(300):
        if number % 3:
            file.write_text(json.dumps(replaced(whole, draw)), encoding="utf-8")
        else:
            file.write_bytes(flipped(text, draw))
        seen.add(outcome(lambda: device.predict(file)))
    assert "inference.bad_graph" in seen


# ----------------------------------------------------------------------------------------------------------
# Profiles
# ----------------------------------------------------------------------------------------------------------

FOREST = {
    "format": "co2lib-forest/1",
    "kernel": "fc",
    "features": ["CIN", "batch"],
    "target": "latency_us",
    "log": True,
    "trees": [
        {
            "feature": [0, -1, 1, -1, -1],
            "threshold": [64, 0, 1.5, 0, 0],
            "left": [1, 0, 3, 0, 0],
            "right": [2, 0, 4, 0, 0],
            "value": [0, 2, 0, 3, 4],
        }
    ],
    "range": {"CIN": [1, 512], "batch": [1, 2], "w_bits": [8, 8]},
    "residual": {"p5": 0.9, "p95": 1.2},
    "meta": {"device": "toy", "precision": "int8", "rows": 3},
}
PROFILE = {
    "format": "co2lib-device/1",
    "device": "toy",
    "processor": "cpu",
    "runtime": "toy 1",
    "firmware": "f1",
    "clocks": "1 GHz",
    "date": "2026-11-29",
    "rules": {"int8": [["fc", "relu"]]},
    "array": [8, 8],
    "energy": "assumed",
    "power_w": 2,
    "forests": [{"kernel": "fc", "precision": "int8", "target": "latency_us", "file": "fc.json"}],
    "check": {"int8": {"latency_ratios": [0.9, 1.0, 1.1]}},
    "valid": True,
    "flags": ["int8: 3 left out"],
}


def test_profiles_that_are_broken(tmp_path: Path) -> None:
    draw = random.Random(7)
    config = inference.KernelConfig("fc", cin=100, cout=10, w_bits=8, a_bits=8, batch=2)
    device, forest = tmp_path / "device.json", tmp_path / "fc.json"
    seen: dict[str, int] = {}

    def predict() -> None:
        predicted = inference.Device.load(tmp_path).predict_kernels([config])
        assert 0 < (predicted.latency.seconds or 0) < float("inf")

    for number in range(240):
        device.write_text(json.dumps(PROFILE if number % 2 else replaced(PROFILE, draw)), encoding="utf-8")
        whole = json.dumps(FOREST)
        if number % 4 == 1:
            forest.write_bytes(flipped(whole.encode(), draw))
        else:
            text = json.dumps(replaced(FOREST, draw)) if number % 2 else whole
            forest.write_text(text, encoding="utf-8")
        code = outcome(predict)
        seen[code] = seen.get(code, 0) + 1
    assert seen["inference.bad_model"] > 100
    assert set(seen) <= {"", "inference.bad_model", "inference.no_profile"}


@pytest.mark.parametrize("name", ["device.json", "fc.json"])
@pytest.mark.parametrize("cut", [0, 1, 60, 150])
def test_profiles_that_are_cut_short(tmp_path: Path, name: str, cut: int) -> None:
    for file, document in (("device.json", PROFILE), ("fc.json", FOREST)):
        text = json.dumps(document)
        (tmp_path / file).write_text(text[:cut] if file == name else text, encoding="utf-8")
    config = inference.KernelConfig("fc", cin=100, cout=10, w_bits=8, a_bits=8)
    with pytest.raises(ValueError, match=name) as caught:
        inference.Device.load(tmp_path).predict_kernels([config])
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "inference.bad_model"
