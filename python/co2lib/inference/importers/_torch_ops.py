# SPDX-License-Identifier: MIT
"""What PyTorch's operators are in a draft: one function for each kind, and the list of names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from co2lib.inference.importers._convolution import conv, conv_attrs, square

if TYPE_CHECKING:
    from co2lib.inference.importers._torch import Recorder

Handler = Callable[
    ["Recorder", list[Any], dict[str, Any], Any], "tuple[str, list[Any], dict[str, Any]] | None"
]
"""Takes an operator's arguments and result: the draft's operator, the tensors it reads, its attributes."""


def _get(args: Sequence[Any], position: int, default: Any = None) -> Any:
    return args[position] if len(args) > position else default


def _view(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return "reshape", [args[0]], {}


def _transpose(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return "transpose", [args[0]], {}


def _same(op: str) -> Handler:
    return lambda rec, args, kwargs, out: (op, [args[0]], {})


def _convolution(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    source, weight, bias, stride, padding, dilation, transposed = args[:7]
    groups = int(_get(args, 8, 1))
    if transposed or weight.dim() != 4:
        return None
    attrs = conv_attrs(weight.shape, stride, padding, dilation, groups, bias=bias is not None)
    return conv(attrs, int(source.shape[1]), source, rec.bits(weight))


def _conv2d(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    source, weight = args[:2]
    stride, padding, dilation = _get(args, 3, 1), _get(args, 4, 0), _get(args, 5, 1)
    if isinstance(padding, str):
        return None
    groups, bias = int(_get(args, 6, 1)), _get(args, 2) is not None
    attrs = conv_attrs(weight.shape, stride, padding, dilation, groups, bias=bias)
    return conv(attrs, int(source.shape[1]), source, rec.bits(weight))


def _addmm(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return _dense(rec, args[1], args[2], bias=True)


def _matmul(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return _dense(rec, args[0], args[1], bias=False)


def _linear(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    weight = args[1]
    return _dense_shape(
        rec,
        args[0],
        int(weight.shape[1]),
        int(weight.shape[0]),
        bias=_get(args, 2) is not None,
        w_bits=rec.bits(weight),
    )


def _dense(rec: Recorder, one: Any, two: Any, *, bias: bool) -> Any:
    if rec.depends(two):
        return "matmul", [one, two], {}
    return _dense_shape(rec, one, int(two.shape[-2]), int(two.shape[-1]), bias=bias, w_bits=rec.bits(two))


def _dense_shape(rec: Recorder, one: Any, k: int, n: int, *, bias: bool, w_bits: int) -> Any:
    if prod(one.shape[:-1]) == 1:
        return "fc", [one], {"cout": n, "bias": bias, "w_bits": w_bits}
    weight = rec._free("weight")
    rec.draft.constants.add(weight)
    rec.draft.shapes[weight], rec.draft.bits[weight] = (k, n), w_bits
    return "matmul", [one, weight], {"w_bits": w_bits}


def _attention(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    """Scaled dot products, in one call: two products and a softmax between them."""
    query, key, value = args[:3]
    bits = rec.bits(query)
    shape = tuple(query.shape)
    if key.shape[1] != shape[1]:  # groups of queries share keys
        return None
    turned = rec.extra(
        "transpose", [rec.name(key)], (*key.shape[:-2], key.shape[-1], key.shape[-2]), bits, {}
    )
    scores = (*shape[:-1], int(key.shape[-2]))
    product = rec.extra("matmul", [rec.name(query), turned], scores, bits, {})
    weights = rec.extra("softmax", [product], scores, bits, {})
    return "matmul", [weights, value], {}


def _batch_norm(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return "bn", [args[0]], {}


def _pool(op: str) -> Handler:
    def handler(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
        kernel = square(args[1])
        stride = square(_get(args, 2) or args[1])
        pad = square(_get(args, 3, 0))
        if kernel is None or stride is None or pad is None:
            return None
        return op, [args[0]], {"k": kernel, "s": stride, "pad": pad}

    return handler


def _adaptive_pool(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    source = args[0]
    made = out[0] if isinstance(out, tuple) else out
    if source.dim() != 4:
        return None
    if tuple(made.shape[2:]) == (1, 1):
        return "global-avgpool", [source], {}
    if tuple(made.shape) == tuple(source.shape):
        return "identity", [source], {}
    factor = source.shape[2] // made.shape[2]
    if tuple(source.shape[2:]) != (made.shape[2] * factor, made.shape[3] * factor):
        return None
    return "avgpool", [source], {"k": int(factor), "s": int(factor), "pad": 0}


def _mean(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    source = args[0]
    axes = {int(axis) % max(1, source.dim()) for axis in (_get(args, 1) or range(source.dim()))}
    if source.dim() == 4 and axes == {2, 3}:
        return "global-avgpool", [source], {}
    return "mean", [source], {}


def _binary(op: str, with_number: str) -> Handler:
    def handler(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
        tensors = [each for each in args[:2] if isinstance(each, rec.torch.Tensor)]
        whole = [each for each in tensors if rec.depends(each)]
        if len(whole) == 2 and prod(whole[0].shape) > 1 and prod(whole[1].shape) > 1:
            return op, tensors, {}
        if len(whole) == 2:
            return with_number, [max(whole, key=lambda each: prod(each.shape))], {}
        # A constant as wide as the tensor, such as a learnt position, is read like one.
        constant = next((each for each in tensors if not rec.depends(each)), None)
        if constant is not None and prod(constant.shape) >= prod(out.shape):
            return op, [whole[0], constant], {}
        return with_number, whole, {"constant": True}

    return handler


def _clip(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    low, high = _get(args, 1, kwargs.get("min")), _get(args, 2, kwargs.get("max"))
    if low == 0 and high == 6:
        return "relu6", [args[0]], {}
    return ("relu", [args[0]], {}) if low == 0 else None


def _power(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return "pow", [args[0]], {}


def _concat(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    tensors = [each for each in args[0] if prod(each.shape)]
    return "concat", tensors, {"axis": int(_get(args, 1, kwargs.get("dim", 0)))}


def _embedding(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    weight, tokens = args[:2]
    return "embedding", [tokens, weight], {"w_bits": rec.bits(weight)}


def _quantised_conv(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    packed = args[1]
    weight, bias = packed.unpack()
    attrs = conv_attrs(
        weight.shape,
        packed.stride(),
        packed.padding(),
        packed.dilation(),
        int(packed.groups()),
        bias=bias is not None,
    )
    return conv(attrs, int(args[0].shape[1]), args[0], 8)


def _quantised_conv_relu(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return _then_relu(rec, _quantised_conv(rec, args, kwargs, out), out)


def _quantised_linear(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    source = args[0]
    return _dense_shape(rec, source, int(source.shape[-1]), int(out.shape[-1]), bias=True, w_bits=8)


def _quantised_linear_relu(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return _then_relu(rec, _quantised_linear(rec, args, kwargs, out), out)


def _quantised_add_relu(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return _then_relu(rec, ("add", args[:2], {}), out)


def _then_relu(rec: Recorder, first: Any, out: Any) -> Any:
    """Return the relu of what is one call with the operator before it."""
    if first is None:
        return None
    op, reads, attrs = first
    inputs = [each if isinstance(each, str) else rec.name(each) for each in reads]
    return "relu", [rec.extra(op, inputs, tuple(out.shape), rec.bits(out), attrs)], {}


def _quantised_batch_norm_relu(rec: Recorder, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    return _then_relu(rec, ("bn", [args[0]], {}), out)


def _quantised_pair(op: str) -> Handler:
    return lambda rec, args, kwargs, out: (op, list(args[:2]), {})


_VIEWS = """view _unsafe_view reshape unsqueeze squeeze expand flatten slice select narrow _reshape_alias
_reshape_copy view_as unbind repeat"""
_SAME = "alias detach clone contiguous _to_copy to lift_fresh copy"
_TURNS = "permute transpose t movedim swapaxes numpy_T"

HANDLERS: dict[str, Handler] = {
    **{f"aten::{name}": _view for name in _VIEWS.split()},
    **{f"aten::{name}": _same("identity") for name in _SAME.split()},
    **{f"aten::{name}": _transpose for name in _TURNS.split()},
    "aten::convolution": _convolution,
    "aten::conv2d": _conv2d,
    "aten::_convolution": _convolution,
    "aten::addmm": _addmm,
    "aten::mm": _matmul,
    "aten::bmm": _matmul,
    "aten::matmul": _matmul,
    "aten::linear": _linear,
    "aten::mkldnn_linear": _linear,
    "aten::baddbmm": _addmm,
    "aten::native_batch_norm": _batch_norm,
    "aten::_native_batch_norm_legit_no_training": _batch_norm,
    "aten::_native_batch_norm_legit": _batch_norm,
    "aten::_batch_norm_with_update": _batch_norm,
    "aten::cudnn_batch_norm": _batch_norm,
    "aten::batch_norm": _batch_norm,
    "aten::native_layer_norm": _same("norm"),
    "aten::layer_norm": _same("norm"),
    "aten::group_norm": _same("norm"),
    "aten::native_group_norm": _same("norm"),
    "aten::_fused_rms_norm": _same("norm"),
    "aten::rms_norm": _same("norm"),
    "aten::relu": _same("relu"),
    "aten::relu_": _same("relu"),
    "aten::relu6": _same("relu6"),
    "aten::leaky_relu": _same("relu"),
    "aten::leaky_relu_": _same("relu"),
    "aten::threshold": _same("relu"),
    "aten::hardtanh": _clip,
    "aten::hardtanh_": _clip,
    "aten::clamp": _clip,
    "aten::clamp_": _clip,
    "aten::clamp_min": _clip,
    "aten::clamp_min_": _clip,
    "aten::hardswish": _same("hswish"),
    "aten::hardswish_": _same("hswish"),
    "aten::silu": _same("swish"),
    "aten::silu_": _same("swish"),
    "aten::gelu": _same("gelu"),
    "aten::sigmoid": _same("sigmoid"),
    "aten::sigmoid_": _same("sigmoid"),
    "aten::hardsigmoid": _same("hardsigmoid"),
    "aten::hardsigmoid_": _same("hardsigmoid"),
    "aten::tanh": _same("tanh"),
    "aten::erf": _same("erf"),
    "aten::pow": _power,
    "aten::square": _power,
    "aten::sqrt": _same("sqrt"),
    "aten::rsqrt": _same("rsqrt"),
    "aten::reciprocal": _same("reciprocal"),
    "aten::_softmax": _same("softmax"),
    "aten::softmax": _same("softmax"),
    "aten::_safe_softmax": _same("softmax"),
    "aten::max_pool2d_with_indices": _pool("maxpool"),
    "aten::max_pool2d": _pool("maxpool"),
    "aten::quantized_max_pool2d": _pool("maxpool"),
    "quantized::max_pool2d": _pool("maxpool"),
    "aten::avg_pool2d": _pool("avgpool"),
    "aten::_adaptive_avg_pool2d": _adaptive_pool,
    "aten::adaptive_avg_pool2d": _adaptive_pool,
    "aten::adaptive_max_pool2d": _adaptive_pool,
    "aten::mean": _mean,
    "aten::add": _binary("add", "shift"),
    "aten::add_": _binary("add", "shift"),
    "aten::sub": _binary("sub", "shift"),
    "aten::rsub": _binary("sub", "shift"),
    "aten::mul": _binary("mul", "scale"),
    "aten::mul_": _binary("mul", "scale"),
    "aten::div": _binary("div", "scale"),
    "aten::div_": _binary("div", "scale"),
    "aten::masked_fill": _same("shift"),
    "aten::cat": _concat,
    "aten::split": _same("split"),
    "aten::split_with_sizes": _same("split"),
    "aten::chunk": _same("split"),
    "aten::native_channel_shuffle": _same("channelshuffle"),
    "aten::channel_shuffle": _same("channelshuffle"),
    "aten::embedding": _embedding,
    "aten::native_dropout": _same("dropout"),
    "aten::dropout": _same("dropout"),
    "aten::_scaled_dot_product_flash_attention_for_cpu": _attention,
    "aten::_scaled_dot_product_flash_attention": _attention,
    "aten::_scaled_dot_product_efficient_attention": _attention,
    "aten::_scaled_dot_product_fused_attention_overrideable": _attention,
    "aten::_scaled_dot_product_attention_math": _attention,
    "aten::scaled_dot_product_attention": _attention,
    "aten::quantize_per_tensor": _same("quantize"),
    "aten::quantize_per_channel": _same("quantize"),
    "aten::dequantize": _same("dequantize"),
    "quantized::conv2d": _quantised_conv,
    "quantized::conv2d_relu": _quantised_conv_relu,
    "quantized::linear": _quantised_linear,
    "quantized::linear_relu": _quantised_linear_relu,
    "quantized::linear_dynamic": _quantised_linear,
    "quantized::linear_relu_dynamic": _quantised_linear_relu,
    "quantized::add": _quantised_pair("add"),
    "quantized::add_relu": _quantised_add_relu,
    "quantized::mul": _quantised_pair("mul"),
    "quantized::cat": _concat,
    "quantized::hardswish": _same("hswish"),
    "quantized::layer_norm": _same("norm"),
    "quantized::softmax": _same("softmax"),
    "quantized::batch_norm2d": _batch_norm,
    "quantized::batch_norm2d_relu": _quantised_batch_norm_relu,
    "quantized::relu6": _same("relu6"),
}
