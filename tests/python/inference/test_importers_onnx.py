# SPDX-License-Identifier: MIT
"""ONNX files as graph descriptions, hostile ones among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="needs onnx (only in the full environment)")

import co2lib  # noqa: E402
from co2lib import inference  # noqa: E402
from co2lib.inference.importers import onnx_graph  # noqa: E402

helper = onnx.helper
FLOAT, INT64, INT8, UINT8 = (getattr(onnx.TensorProto, name) for name in ("FLOAT", "INT64", "INT8", "UINT8"))


def tensor(name: str, shape: Sequence[int], kind: int = FLOAT) -> Any:
    size = int(np.prod(shape)) if shape else 1
    array = np.zeros(size, dtype=helper.tensor_dtype_to_np_dtype(kind)).reshape(shape)
    return onnx.numpy_helper.from_array(array, name)


def values(name: str, numbers: Sequence[float], kind: Any = np.int64) -> Any:
    return onnx.numpy_helper.from_array(np.asarray(numbers, dtype=kind), name)


Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def make(
        nodes: list[Any],
        weights: Sequence[Any],
        shape: Sequence[Any] = (1, 8, 8, 8),
        kind: int = FLOAT,
        made: int = FLOAT,
    ) -> Path:
        inputs = [helper.make_tensor_value_info("x", kind, list(shape))]
        outputs = [helper.make_tensor_value_info("y", made, None)]
        graph = helper.make_graph(nodes, "net", inputs, outputs, list(weights))
        domains = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
        file = tmp_path / "net.onnx"
        onnx.save(helper.make_model(graph, opset_imports=domains), file)
        return file

    return make


node = helper.make_node


def ops(graph: dict[str, Any]) -> list[str]:
    return [each["op"] for each in graph["nodes"] if each["op"] not in ("reshape", "identity")]


def attrs(graph: dict[str, Any], op: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each["attrs"] for each in graph["nodes"] if each["op"] == op)
    return found


def test_a_picture_network(save: Save) -> None:
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Clip", ["a", "zero", "six"], ["b"]),
        node("Conv", ["b", "w2"], ["c"], group=16, pads=[0, 0, 1, 1]),
        node("HardSigmoid", ["c"], ["d"], alpha=1 / 6),
        node("Mul", ["c", "d"], ["e"]),
        node("GlobalAveragePool", ["e"], ["f"]),
        node("Flatten", ["f"], ["g"]),
        node("Gemm", ["g", "w3", "b3"], ["y"], transB=1),
    ]
    weights = [tensor("w1", (16, 8, 3, 3)), tensor("b1", (16,)), tensor("w2", (16, 1, 3, 3))]
    weights += [
        tensor("w3", (10, 16)),
        tensor("b3", (10,)),
        values("zero", 0, np.float32),
        values("six", 6, np.float32),
    ]
    graph = onnx_graph(save(nodes, weights))
    assert ops(graph) == ["conv", "relu6", "dwconv", "hswish", "global-avgpool", "fc"]
    assert attrs(graph, "conv") | {"k": 3, "s": 2, "pad": 1, "cout": 16, "bias": True} == attrs(graph, "conv")
    assert attrs(graph, "dwconv")["pad"] == 0.5
    assert attrs(graph, "fc")["cout"] == 10
    names = [kernel.name for kernel in inference.parse_graph(graph).kernels("cpu")]
    assert names == ["conv-relu", "dwconv", "hswish", "global-avgpool", "fc"]


def test_squeeze_and_excite_and_a_shuffle(save: Save) -> None:
    nodes = [
        node("ReduceMean", ["x", "axes"], ["m"], keepdims=1),
        node("Conv", ["m", "w1"], ["a"]),
        node("Relu", ["a"], ["b"]),
        node("Conv", ["b", "w2"], ["c"]),
        node("Sigmoid", ["c"], ["d"]),
        node("Mul", ["d", "x"], ["e"]),
        node("Reshape", ["e", "groups"], ["f"]),
        node("Transpose", ["f"], ["g"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["g", "whole"], ["y"]),
    ]
    weights = [tensor("w1", (2, 8, 1, 1)), tensor("w2", (8, 2, 1, 1)), values("axes", [2, 3])]
    weights += [values("groups", [1, 2, 4, 8, 8]), values("whole", [1, 8, 8, 8])]
    graph = onnx_graph(save(nodes, weights))
    assert ops(graph) == ["se", "channelshuffle"]
    assert attrs(graph, "se")["reduction"] == 4


def test_tokens(save: Save) -> None:
    nodes = [
        node("Gather", ["table", "x"], ["e"]),
        node("LayerNormalization", ["e", "scale", "shift"], ["n"]),
        node("MatMul", ["n", "wq"], ["q"]),
        node("Add", ["q", "bias"], ["qb"]),
        node("MatMul", ["n", "wk"], ["k"]),
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["qb", "kt"], ["s"]),
        node("Softmax", ["s"], ["p"]),
        node("MatMul", ["p", "n"], ["o"]),
        node("Add", ["o", "e"], ["y"]),
    ]
    weights = [tensor("table", (50, 16)), *[tensor(name, (16, 16)) for name in ("wq", "wk")]]
    weights += [tensor(name, (16,)) for name in ("scale", "shift", "bias")]
    graph = onnx_graph(save(nodes, weights, (1, 6), INT64))
    assert ops(graph) == ["embedding", "norm", "matmul", "matmul", "matmul", "softmax", "matmul", "add"]
    made = [each.config for each in inference.parse_graph(graph).kernels("none") if each.kernel == "matmul"]
    assert [(c.m, c.k, c.n) for c in made if c is not None] == [
        (6, 16, 16),
        (6, 16, 16),
        (6, 16, 6),
        (6, 6, 16),
    ]


def test_norms_written_as_their_arithmetic(save: Save) -> None:
    nodes = [
        node("ReduceMean", ["x", "axes"], ["m"], keepdims=1),
        node("Sub", ["x", "m"], ["d"]),
        node("Pow", ["d", "two"], ["p"]),
        node("ReduceMean", ["p", "axes"], ["v"], keepdims=1),
        node("Add", ["v", "eps"], ["e"]),
        node("Sqrt", ["e"], ["r"]),
        node("Div", ["d", "r"], ["n"]),
        node("Mul", ["n", "scale"], ["s"]),
        node("Add", ["s", "shift"], ["y"]),
    ]
    weights = [values("axes", [-1]), values("two", [2.0], np.float32), values("eps", [1e-5], np.float32)]
    weights += [tensor("scale", (16,)), tensor("shift", (16,))]
    assert ops(onnx_graph(save(nodes, weights, (1, 6, 16)))) == ["norm"]


def test_quantised_tensors_give_the_bits(save: Save) -> None:
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
        node("DequantizeLinear", ["xq", "s", "z"], ["xd"]),
        node("DequantizeLinear", ["w", "s", "zw"], ["wd"]),
        node("Conv", ["xd", "wd"], ["c"], pads=[1, 1, 1, 1]),
        node("Relu", ["c"], ["r"]),
        node("QuantizeLinear", ["r", "s", "z"], ["rq"]),
        node("DequantizeLinear", ["rq", "s", "z"], ["y"]),
    ]
    weights = [tensor("w", (4, 8, 3, 3), INT8), values("s", 0.1, np.float32)]
    weights += [values("z", 0, np.uint8), values("zw", 0, np.int8)]
    graph = onnx_graph(save(nodes, weights))
    assert (attrs(graph, "conv")["w_bits"], attrs(graph, "conv")["a_bits"]) == (8, 8)
    assert attrs(graph, "relu")["a_bits"] == 8


def test_weights_of_four_bits(save: Save) -> None:
    nodes = [
        node("MatMulNBits", ["x", "w", "s"], ["y"], domain="com.microsoft", K=16, N=32, bits=4, block_size=16)
    ]
    weights = [tensor("w", (32, 1, 8), UINT8), tensor("s", (32,))]
    graph = onnx_graph(save(nodes, weights, (1, 6, 16)))
    assert (ops(graph), attrs(graph, "matmul")["w_bits"], graph["shapes"]["y"]) == (["matmul"], 4, [1, 6, 32])


def test_operators_of_onnx_runtime(save: Save) -> None:
    nodes = [node("FastGelu", ["x"], ["g"], domain="com.microsoft"), node("Relu", ["g"], ["y"])]
    graph = onnx_graph(save(nodes, []))
    assert (ops(graph), attrs(graph, "swish")["stands_for"]) == (["swish", "relu"], "gelu")


def test_old_integer_operators(save: Save) -> None:
    nodes = [node("ConvInteger", ["x", "w"], ["y"])]
    graph = onnx_graph(
        save(nodes, [tensor("w", (4, 8, 3, 3), INT8)], kind=UINT8, made=onnx.TensorProto.INT32)
    )
    assert (ops(graph), attrs(graph, "conv")["w_bits"], attrs(graph, "conv")["a_bits"]) == (["conv"], 8, 8)


def test_what_has_no_mapping_stays(save: Save) -> None:
    graph = onnx_graph(
        save([node("Relu", ["x"], ["a"]), node("CumSum", ["a", "axis"], ["y"])], [values("axis", 1)])
    )
    assert attrs(graph, "other")["type"] == "CumSum"
    (found,) = inference.parse_graph(graph).unmodelled
    assert (found.type, found.share) == ("CumSum", 0.5)


def test_open_sizes_need_an_input_shape(save: Save) -> None:
    file = save([node("Relu", ["x"], ["y"])], [], ("batch", 8, "h", 8))
    with pytest.raises(ValueError, match="give input_shape"):
        onnx_graph(file)
    assert onnx_graph(file, (1, 8, 4, 8))["shapes"]["x"] == [1, 8, 4, 8]
    with pytest.raises(ValueError, match="4 dimensions, input_shape 3"):
        onnx_graph(file, (1, 8, 4))
    with pytest.raises(ValueError, match="below 1"):
        onnx_graph(file, (1, 8, 0, 8))


def test_a_device_predicts_an_onnx_file(save: Save) -> None:
    file = save([node("Conv", ["x", "w"], ["y"])], [tensor("w", (16, 8, 3, 3))])
    predicted = inference.Device.named("h100_sxm").predict(file, precision="fp16")
    assert predicted.latency.seconds > 0
    assert [kernel.kernel for kernel in predicted.kernels] == ["conv-bn-relu"]


# ----------------------------------------------------------------------------------------------------------
# Files that are wrong
# ----------------------------------------------------------------------------------------------------------


def refused(file: Path) -> str:
    with pytest.raises(co2lib.Error) as caught:
        onnx_graph(file)
    assert caught.value.code == "inference.bad_graph"
    assert str(file) in caught.value.message
    return caught.value.message


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.onnx"
    file.write_bytes(b"\x0a\xff\xff\xff\xff\x0f nothing")
    assert "is no ONNX model" in refused(file)
    file.write_bytes(b"")
    assert "has no input" in refused(file)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        onnx_graph(tmp_path / "none.onnx")


def test_a_circle_is_refused(save: Save) -> None:
    assert "nothing before it makes" in refused(save([node("Identity", ["y"], ["y"])], []))
    nodes = [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])]
    assert "reads 'b'" in refused(save(nodes, []))


def test_a_name_made_twice_is_refused(save: Save) -> None:
    assert "a second time" in refused(save([node("Relu", ["x"], ["y"]), node("Relu", ["x"], ["y"])], []))


def test_sizes_that_nothing_has_are_refused(save: Save) -> None:
    assert "no size of a model" in refused(save([node("Relu", ["x"], ["y"])], [], (1, 2**40, 2**40, 8)))


def test_graphs_in_graphs_end_somewhere(monkeypatch: pytest.MonkeyPatch, save: Save) -> None:
    out = [helper.make_tensor_value_info("z", FLOAT, None)]
    inner = helper.make_graph([node("Relu", ["x"], ["z"])], "g", [], out)
    for _ in range(5):
        inner = helper.make_graph([node("If", ["c"], ["z"], then_branch=inner)], "g", [], out)
    file = save([node("If", ["c"], ["y"], then_branch=inner)], [values("c", True, np.bool_)])
    monkeypatch.setattr("co2lib.inference.importers._onnx.MAX_DEPTH", 4)
    assert "graphs in graphs more than 4 deep" in refused(file)
    monkeypatch.setattr("co2lib.inference.importers._onnx.MAX_DEPTH", 64)
    monkeypatch.setattr("co2lib.inference.importers._onnx.MAX_NODES", 4)
    assert "more than 4 nodes" in refused(file)


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch, save: Save) -> None:
    file = save([node("Relu", ["x"], ["y"])], [])
    monkeypatch.setattr("co2lib.inference.importers._onnx.MAX_BYTES", 10)
    assert "a model is read up to 10" in refused(file)


def test_attributes_that_lack_what_is_needed_are_refused(save: Save) -> None:
    nodes = [node("Conv", ["x", "w"], ["a"]), node("MaxPool", ["a"], ["y"])]
    assert "shape" in refused(save(nodes, [tensor("w", (4, 8, 3, 3))]))


def test_an_output_that_nothing_makes_is_refused(save: Save) -> None:
    assert "no node makes the output" in refused(save([node("Relu", ["x"], ["a"])], []))


def test_weights_in_other_files_are_not_opened(save: Save, tmp_path: Path) -> None:
    file = save([node("Conv", ["x", "w"], ["y"])], [tensor("w", (64, 8, 3, 3))])
    model = onnx.load(file)
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="../../../../etc/passwd")
    file.write_bytes(model.SerializeToString())
    assert attrs(onnx_graph(file), "conv")["cout"] == 64
