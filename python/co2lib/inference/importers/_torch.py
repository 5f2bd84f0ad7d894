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

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from co2lib._errors import BadValueError
from co2lib._extras import require
from co2lib.inference.importers._draft import Draft, Node
from co2lib.inference.importers._torch_ops import HANDLERS


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
