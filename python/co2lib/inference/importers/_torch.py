# SPDX-License-Identifier: MIT
"""Reads a PyTorch model by running it once and watching the operators that it calls.

1. The model runs in evaluation mode, without gradients, on inputs of zeros; on the device ``meta`` nothing is
   computed at all. Weights are not copied.
2. A dispatch mode sees each operator below all Python code, so control flow, functions and quantised modules
   look alike. A ``torch.export.ExportedProgram`` is run the same way.
3. Hooks tell which module is running; they are taken off again, as is the evaluation mode.
4. Only operators on tensors that depend on an input are kept; all others are constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

from co2lib._errors import BadValueError
from co2lib._extras import require
from co2lib.inference.importers._draft import Draft, Node

Handler = Callable[
    ["Recorder", list[Any], dict[str, Any], Any], "tuple[str, list[Any], dict[str, Any]] | None"
]
"""Takes an operator's arguments and result: the draft's operator, the tensors it reads, its attributes."""


def _square(values: Any) -> int | None:
    """Return the one number of both axes; None where they differ."""
    if isinstance(values, int):
        return values
    found = {int(value) for value in values}
    return found.pop() if len(found) == 1 else None


def _get(args: Sequence[Any], position: int, default: Any = None) -> Any:
    return args[position] if len(args) > position else default


def read(model: Any, input_shape: Any) -> tuple[Draft, int]:
    """Return the draft of a model and its batch.

    Parameters
    ----------
    model : torch.nn.Module or torch.export.ExportedProgram
        Read as it is; its mode and hooks are as before afterwards.
    input_shape : sequence
        The shape of its input, a list of such, or example tensors.

    Raises
    ------
    co2lib.Error
        ``inference.bad_graph`` where the model cannot be run on such inputs.
    """
    torch = require("torch", extra="torch", needed_for="reading a PyTorch model")
    if hasattr(model, "module") and callable(model.module) and type(model).__name__ == "ExportedProgram":
        if input_shape is None and model.example_inputs is not None:
            input_shape = list(model.example_inputs[0])
        model = model.module()
    if not isinstance(model, torch.nn.Module):
        raise BadValueError(
            "inference.bad_graph",
            f"model: a {type(model).__name__} is no torch.nn.Module, torch.export.ExportedProgram, .onnx "
            "or graph; give one of these",
        )
    with torch.inference_mode(False):  # in it, operators that are made of others are not taken apart
        inputs = _inputs(torch, model, input_shape)
        recorder = Recorder(torch)
        outputs = _tried(torch, model, inputs, recorder)
    recorder.draft.outputs = list(
        dict.fromkeys(recorder.name(each) for each in outputs if recorder.depends(each))
    )
    if not recorder.draft.outputs:
        raise BadValueError("inference.bad_graph", "model: no output depends on its input")
    return recorder.draft, int(inputs[0].shape[0]) if inputs[0].dim() else 1


def _tried(torch: Any, model: Any, inputs: list[Any], recorder: Recorder) -> list[Any]:
    try:
        return _run(torch, model, inputs, recorder)
    except BadValueError:
        raise
    except Exception as error:
        raise BadValueError(
            "inference.bad_graph",
            f"model: does not run on inputs of shape {[tuple(each.shape) for each in inputs]}: {error}; give "
            "input_shape, or example tensors",
        ) from error


def _inputs(torch: Any, model: Any, given: Any) -> list[Any]:
    if given is None:
        raise BadValueError(
            "inference.bad_graph",
            "input_shape: missing; give the shape of the input, such as (1, 3, 224, 224)",
        )
    if isinstance(given, torch.Tensor):
        given = [given]
    given = list(given)
    shapes = [given] if given and all(isinstance(each, int) for each in given) else given
    first = next(iter(model.parameters()), None)
    device = torch.device("cpu") if first is None else first.device
    dtype = torch.float32
    if first is not None and first.is_floating_point():
        dtype = first.dtype
    if _reads_tokens(torch, model):
        dtype = torch.int64
    made = []
    for shape in shapes:
        if isinstance(shape, torch.Tensor):
            made.append(shape)
        elif any(not isinstance(size, int) or size < 1 for size in shape) or not shape:
            raise BadValueError("inference.out_of_range", f"input_shape: {shape!r} has a size below 1")
        else:
            made.append(torch.zeros(tuple(shape), dtype=dtype, device=device))
    if not made:
        raise BadValueError("inference.bad_graph", "input_shape: is empty; give the shape of the input")
    return made


def _reads_tokens(torch: Any, model: Any) -> bool:
    """Whether the first module with weights is an embedding."""
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            return True
        if next(iter(module.children()), None) is None and next(iter(module.parameters()), None) is not None:
            return False
    return False


def _run(torch: Any, model: Any, inputs: list[Any], recorder: Recorder) -> list[Any]:
    for number, tensor in enumerate(inputs):
        recorder.input(tensor, f"input{number or ''}")
    with _evaluating(torch, model), _hooked(model, recorder), torch.no_grad(), recorder.mode():
        result = model(*inputs)
    flat, _ = torch.utils._pytree.tree_flatten(result)
    return [each for each in flat if isinstance(each, torch.Tensor)]


@contextmanager
def _evaluating(torch: Any, model: Any) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        for module, _ in modes:
            module.training = False
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for module, training in modes:
            module.training = training


@contextmanager
def _hooked(model: Any, recorder: Recorder) -> Iterator[None]:
    handles = []

    def enter(name: str) -> Callable[..., None]:
        return lambda *_: recorder.stack.append(name)

    def leave(*_: Any) -> None:
        recorder.stack.pop()

    try:
        for name, module in model.named_modules():
            handles.append(module.register_forward_pre_hook(enter(name)))
            handles.append(module.register_forward_hook(leave))
        yield
    finally:
        for handle in handles:
            handle.remove()


class Recorder:
    """Collects the operators of one run."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.draft = Draft()
        self.names: Any = torch.utils.weak.WeakTensorKeyDictionary()  # activations are given back as they die
        self.stack: list[str] = []
        self._used: dict[str, int] = {}

    def input(self, tensor: Any, name: str) -> None:
        """Take an input of the model."""
        self._bind(tensor, self._free(name))

    def mode(self) -> Any:
        """Return the context in which operators are recorded."""
        from torch.utils._python_dispatch import TorchDispatchMode

        recorder = self

        class Mode(TorchDispatchMode):  # type: ignore[no-untyped-call]
            def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                del types
                out = func(*args, **(kwargs or {}))
                recorder.take(func, list(args), kwargs or {}, out)
                return out

        return Mode()  # type: ignore[no-untyped-call]

    def bits(self, tensor: Any) -> int:
        """Return the bits of an element."""
        kind = tensor.dtype
        return 4 if "int4" in str(kind) else int(kind.itemsize) * 8

    def name(self, tensor: Any) -> str:
        """Return a tensor's name; what no recorded operator has made is a constant."""
        known: str | None = self.names.get(tensor)
        if known is None:
            known = self._free(f"{self.stack[-1] + '.' if self.stack else ''}constant")
            self._bind(tensor, known)
            self.draft.constants.add(known)
        return known

    def depends(self, tensor: Any) -> bool:
        """Whether a tensor depends on an input of the model."""
        known = self.names.get(tensor)
        return known is not None and known not in self.draft.constants

    def take(self, func: Any, args: list[Any], kwargs: dict[str, Any], out: Any) -> None:
        """Record one call."""
        torch = self.torch
        tensors = [
            each for each in _flat(args) + _flat(list(kwargs.values())) if isinstance(each, torch.Tensor)
        ]
        outs = [each for each in _flat([out]) if isinstance(each, torch.Tensor)]
        if not outs or not any(self.depends(each) for each in tensors):
            return
        source = str(func._schema.name)
        handler = HANDLERS.get(source)
        found = handler(self, args, kwargs, out) if handler is not None else None
        attrs: dict[str, Any]
        if found is None:
            op, reads, attrs = "other", [each for each in tensors if self.depends(each)], {}
        else:
            op, reads, attrs = found
        for number, made in enumerate(outs if op in ("split", "other") else outs[:1]):
            self._emit(op if number == 0 or op == "other" else "identity", reads, attrs, made, source)

    def _emit(self, op: str, reads: list[Any], attrs: dict[str, Any], made: Any, source: str) -> None:
        inputs = [self.name(each) if not isinstance(each, str) else each for each in reads]
        place = self.stack[-1] if self.stack else ""
        place = place or source.rsplit("::", maxsplit=1)[-1].strip("_")
        node = Node(self._free(place), op, inputs, dict(attrs), source)
        self.draft.add(node, tuple(made.shape), self.bits(made))
        self._bind(made, node.name)

    def extra(
        self, op: str, inputs: list[str], shape: tuple[int, ...], bits: int, attrs: dict[str, Any]
    ) -> str:
        """Append an operator that is part of one call; return its name."""
        node = Node(self._free((self.stack[-1] if self.stack else "") + "." + op), op, inputs, attrs, op)
        self.draft.add(node, shape, bits)
        return node.name

    def _bind(self, tensor: Any, name: str) -> None:
        self.names[tensor] = name
        self.draft.shapes.setdefault(name, tuple(tensor.shape))
        self.draft.bits.setdefault(name, self.bits(tensor))

    def _free(self, name: str) -> str:
        while name in self._used:
            self._used[name] += 1
            name = f"{name}.{self._used[name] - 1}"
        self._used[name] = 1
        return name


def _flat(values: Any) -> list[Any]:
    found: list[Any] = []
    for each in values:
        if isinstance(each, list | tuple):
            found += _flat(each)
        else:
            found.append(each)
    return found


# ----------------------------------------------------------------------------------------------------------
# What operators are
# ----------------------------------------------------------------------------------------------------------


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


def conv_attrs(
    weight: Any, stride: Any, padding: Any, dilation: Any, groups: int, *, bias: bool
) -> dict[str, Any]:
    """Return the attributes of a convolution; those whose axes differ are None."""
    return {
        "k": _square(weight[2:]),
        "s": _square(stride),
        "pad": _square(padding),
        "dilation": _square(dilation),
        "groups": groups,
        "cout": int(weight[0]),
        "bias": bias,
    }


def conv(
    attrs: dict[str, Any], cin: int, source: Any, w_bits: int
) -> tuple[str, list[Any], dict[str, Any]] | None:
    """Return a convolution, depthwise or not; None where its axes differ."""
    if any(value is None for value in attrs.values()):
        return None
    op = "dwconv" if attrs["groups"] == cin == attrs["cout"] and cin > 1 else "conv"
    return op, [source], attrs | {"w_bits": w_bits}


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
        kernel = _square(args[1])
        stride = _square(_get(args, 2) or args[1])
        pad = _square(_get(args, 3, 0))
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
