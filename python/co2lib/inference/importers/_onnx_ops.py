# SPDX-License-Identifier: MIT
"""What ONNX operators are in a draft: one function for each kind, and the list of names."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

from co2lib.inference.importers._convolution import conv, conv_attrs, square

if TYPE_CHECKING:
    from co2lib.inference.importers._onnx import Reader

Found = tuple[str, list[str], dict[str, Any]]
Handler = Callable[["Reader", Any, dict[str, Any]], "Found | None"]


def _window(node: Any, attributes: dict[str, Any], kernel: Any, rec: Reader) -> tuple[Any, Any, Any] | None:
    """Return stride, padding and dilation of a window; None where the axes differ."""
    stride = square(attributes.get("strides", [1, 1]))
    dilation = square(attributes.get("dilations", [1, 1]))
    auto = attributes.get("auto_pad", b"NOTSET")
    pads = attributes.get("pads", [0, 0, 0, 0])
    if stride is None or dilation is None or attributes.get("ceil_mode", 0):
        return None
    if auto in (b"SAME_UPPER", b"SAME_LOWER"):
        shape = rec.shape(node.input[0])[2:]
        extent = dilation * (kernel - 1) + 1
        sums = {max(0, (-(-size // stride) - 1) * stride + extent - size) for size in shape}
    else:
        half = len(pads) // 2
        sums = {int(pads[i]) + int(pads[i + half]) for i in range(half)}
    if len(sums) != 1:
        return None
    both = sums.pop()
    return stride, both // 2 if both % 2 == 0 else both / 2, dilation


def _conv_of(
    rec: Reader, node: Any, attributes: dict[str, Any], *, weight: str, bias: bool, w_bits: int
) -> Found | None:
    dims = rec.shape(weight)
    if len(dims) != 4 or not rec.constant(weight):
        return None
    kernel = square(dims[2:])
    window = None if kernel is None else _window(node, attributes, kernel, rec)
    if window is None:
        return None
    stride, pad, dilation = window
    attrs = conv_attrs(dims, stride, 0, dilation, int(attributes.get("group", 1)), bias=bias) | {"pad": pad}
    return conv(attrs, rec.shape(node.input[0])[1], node.input[0], w_bits)


def _convolution(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found | None:
    bias = len(node.input) > 2 and bool(node.input[2])
    return _conv_of(
        rec, node, attributes, weight=node.input[1], bias=bias, w_bits=rec.draft.bits[node.input[1]]
    )


def _conv_integer(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found | None:
    return _conv_of(rec, node, attributes, weight=node.input[1], bias=False, w_bits=8)


def _qlinear_conv(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found | None:
    bias = len(node.input) > 8 and bool(node.input[8])
    return _conv_of(rec, node, attributes, weight=node.input[3], bias=bias, w_bits=8)


def _dense(
    rec: Reader, one: str, two: str, *, turned: bool = False, bias: bool = False, w_bits: int | None = None
) -> Found:
    if not rec.constant(two):
        return "matmul", [one, two], {}
    k, n = rec.shape(two)[-2:] if len(rec.shape(two)) > 1 else (rec.shape(two)[0], 1)
    if turned:
        k, n = n, k
    return _dense_shape(rec, one, k, n, bias=bias, w_bits=rec.draft.bits[two] if w_bits is None else w_bits)


def _dense_shape(rec: Reader, one: str, k: int, n: int, *, bias: bool, w_bits: int) -> Found:
    if prod(rec.shape(one)[:-1]) == 1:
        return "fc", [one], {"cout": n, "bias": bias, "w_bits": w_bits}
    weight = f"weight {len(rec.draft.nodes)}"
    rec.draft.constants.add(weight)
    rec.draft.shapes[weight], rec.draft.bits[weight] = (k, n), w_bits
    return "matmul", [one, weight], {"w_bits": w_bits}


def _gemm(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found:
    turned = bool(attributes.get("transB", 0))
    return _dense(rec, node.input[0], node.input[1], turned=turned, bias=len(node.input) > 2)


def _matmul(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found | None:
    if rec.constant(node.input[0]):
        return None
    return _dense(rec, node.input[0], node.input[1])


def _matmul_integer(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found:
    return _dense(rec, node.input[0], node.input[1], w_bits=8 if rec.constant(node.input[1]) else None)


def _qlinear_matmul(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found:
    return _dense(rec, node.input[0], node.input[3], w_bits=8 if rec.constant(node.input[3]) else None)


def _matmul_bits(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found:
    k, n, bits = int(attributes["K"]), int(attributes["N"]), int(attributes.get("bits", 4))
    if min(k, n) < 1 or not 1 <= bits <= 8:
        raise ValueError(f"K {k}, N {n}, bits {bits}")
    bias = len(node.input) > 5 and bool(node.input[5])
    return _dense_shape(rec, node.input[0], k, n, bias=bias, w_bits=bits)


def _pool(op: str) -> Handler:
    def handler(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found | None:
        kernel = square(attributes["kernel_shape"])
        window = None if kernel is None else _window(node, attributes, kernel, rec)
        if window is None or window[2] != 1:
            return None
        return op, [node.input[0]], {"k": kernel, "s": window[0], "pad": window[1]}

    return handler


def _reduce_mean(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found:
    rank = len(rec.shape(node.input[0]))
    axes = attributes.get("axes")
    if axes is None and len(node.input) > 1:
        axes = rec.values.get(node.input[1])
    found = {int(axis) % max(1, rank) for axis in (axes or range(rank))}
    return ("global-avgpool" if rank == 4 and found == {2, 3} else "mean"), [node.input[0]], {}


def _clip(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found | None:
    bounds = [attributes.get("min"), attributes.get("max")]
    for number in (1, 2):
        if len(node.input) > number and node.input[number]:
            bounds[number - 1] = rec.number(node.input[number])
    if bounds[0] != 0:
        return None
    return "relu6" if bounds[1] == 6 else "relu", [node.input[0]], {}


def _binary(op: str, with_number: str) -> Handler:
    def handler(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found:
        one, two = node.input[:2]
        whole = [name for name in (one, two) if not rec.constant(name)]
        sizes = [prod(rec.shape(name)) for name in whole]
        if len(whole) == 2:
            if min(sizes) > 1:
                return op, [one, two], {}
            return with_number, [whole[sizes.index(max(sizes))]], {}
        constant = two if whole[0] == one else one
        if prod(rec.draft.shapes.get(constant, ())) >= max(2, prod(rec.shape(node.output[0]))):
            return op, [whole[0], constant], {}
        return with_number, whole, {"constant": True}

    return handler


def _power(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found | None:
    return ("pow", [node.input[0]], {}) if rec.number(node.input[1]) == 2 else None


def _concat(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found:
    reads = [name for name in node.input if name in rec.draft.shapes]
    return "concat", reads, {"axis": int(attributes.get("axis", 1))}


def _gather(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found:
    data, ids = node.input[:2]
    if rec.constant(data) and len(rec.shape(data)) == 2 and not rec.constant(ids):
        return "embedding", [ids, data], {"w_bits": rec.draft.bits[data]}
    return "reshape", [data if not rec.constant(data) else ids], {}


def _gelu(rec: Reader, node: Any, attributes: dict[str, Any]) -> Found:
    return "gelu", [node.input[0]], {}


def _qlinear_binary(op: str) -> Handler:
    return lambda rec, node, attributes: (op, [node.input[0], node.input[3]], {})


def _same(op: str) -> Handler:
    return lambda rec, node, attributes: (op, [node.input[0]], {})


_VIEWS = "Reshape Flatten Squeeze Unsqueeze Slice Expand"
_SAME = "Identity Dropout Cast"

HANDLERS: dict[tuple[str, str], Handler] = {
    **{("", name): _same("reshape") for name in _VIEWS.split()},
    **{("", name): _same("identity") for name in _SAME.split()},
    ("", "Transpose"): _same("transpose"),
    ("", "Conv"): _convolution,
    ("", "ConvInteger"): _conv_integer,
    ("", "QLinearConv"): _qlinear_conv,
    ("", "BatchNormalization"): _same("bn"),
    ("", "Relu"): _same("relu"),
    ("", "LeakyRelu"): _same("relu"),
    ("", "PRelu"): _same("relu"),
    ("", "Clip"): _clip,
    ("", "HardSwish"): _same("hswish"),
    ("", "Swish"): _same("swish"),
    ("", "HardSigmoid"): _same("hardsigmoid"),
    ("", "Sigmoid"): _same("sigmoid"),
    ("", "Tanh"): _same("tanh"),
    ("", "Erf"): _same("erf"),
    ("", "Gelu"): _gelu,
    ("com.microsoft", "Gelu"): _gelu,
    ("com.microsoft", "FastGelu"): _gelu,
    ("com.microsoft", "QuickGelu"): _gelu,
    ("", "MaxPool"): _pool("maxpool"),
    ("", "AveragePool"): _pool("avgpool"),
    ("", "GlobalAveragePool"): _same("global-avgpool"),
    ("com.microsoft", "QLinearGlobalAveragePool"): _same("global-avgpool"),
    ("", "ReduceMean"): _reduce_mean,
    ("", "Gemm"): _gemm,
    ("", "MatMul"): _matmul,
    ("", "MatMulInteger"): _matmul_integer,
    ("", "QLinearMatMul"): _qlinear_matmul,
    ("com.microsoft", "MatMulNBits"): _matmul_bits,
    ("", "Add"): _binary("add", "shift"),
    ("", "Sub"): _binary("sub", "shift"),
    ("", "Mul"): _binary("mul", "scale"),
    ("", "Div"): _binary("div", "scale"),
    ("com.microsoft", "QLinearAdd"): _qlinear_binary("add"),
    ("com.microsoft", "QLinearMul"): _qlinear_binary("mul"),
    ("", "Pow"): _power,
    ("", "Sqrt"): _same("sqrt"),
    ("", "Reciprocal"): _same("reciprocal"),
    ("", "Concat"): _concat,
    ("", "Split"): _same("split"),
    ("", "LayerNormalization"): _same("norm"),
    ("", "InstanceNormalization"): _same("norm"),
    ("", "GroupNormalization"): _same("norm"),
    ("", "RMSNormalization"): _same("norm"),
    ("com.microsoft", "SimplifiedLayerNormalization"): _same("norm"),
    ("", "SimplifiedLayerNormalization"): _same("norm"),
    ("", "Softmax"): _same("softmax"),
    ("", "Gather"): _gather,
    ("", "QuantizeLinear"): _same("quantize"),
    ("", "DynamicQuantizeLinear"): _same("quantize"),
    ("", "DequantizeLinear"): _same("dequantize"),
}
