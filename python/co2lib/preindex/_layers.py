# SPDX-License-Identifier: MIT
"""Which modules of a model are layers, what they are called, and what their outputs are.

A layer is a linear or a convolution layer: it says how many features or channels it gives (a whole number),
and has the weight that does it. What merely says a width is none: encoders and backbones that list theirs,
blocks with layers in them. What stands around a layer or beside it (`torch.compile`, data parallelism,
adapters such as LoRA) makes no second one, and leaves it its name.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from co2lib._core import Issue
from co2lib._core import preindex as _core
from co2lib._errors import BadValueError

# Values of an output that are widened to double at a time: outputs are reduced without a copy of the whole.
_CHUNK = 1 << 18

# Segments of names that wrappers add: torch.compile, FSDP, activation checkpoints.
_WRAPPERS = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
_PARALLEL = (nn.DataParallel, nn.parallel.DistributedDataParallel)
_CONVOLUTIONS = (nn.modules.conv._ConvNd,)
_KNOWN = (nn.Linear, nn.Bilinear, *_CONVOLUTIONS)


@dataclass(frozen=True)
class Layer:
    """A candidate: the module whose output is observed, and the one that says what kind of layer it is."""

    module: nn.Module
    base: nn.Module
    width: int

    @property
    def convolution(self) -> bool:
        """True for a convolution: channels are the axis after the batch; else features are the last one."""
        return isinstance(self.base, _CONVOLUTIONS) or _width(self.base, "out_channels") is not None

    @property
    def convolution_1d(self) -> bool:
        """True if an output with three axes has channels and positions."""
        return self.convolution and type(self.base).__name__.endswith(("Conv1d", "ConvTranspose1d"))


def _attribute(module: nn.Module, name: str) -> Any:
    try:
        return getattr(module, name, None)
    except Exception:  # a property that fails says nothing
        return None


def _width(module: nn.Module, name: str) -> int | None:
    """Return a width that a module states, if it is a whole number."""
    value = _attribute(module, name)
    if value is None or isinstance(value, bool):
        return None
    try:
        return int(operator.index(value))
    except TypeError:
        return None


def _stated_width(module: nn.Module) -> int | None:
    width = _width(module, "out_channels")
    return _width(module, "out_features") if width is None else width


def _has_weight(module: nn.Module) -> bool:
    """Return whether a module has a weight of its own: a parameter, a buffer, or packed."""
    if isinstance(module, _KNOWN):
        return True
    own = [*module._parameters.values(), *module._buffers.values()]
    if any(tensor is not None and tensor.dim() > 1 for tensor in own):
        return True
    if "parametrizations" in module._modules:
        return True
    return callable(getattr(type(module), "weight", None))  # quantised: a method


def _adapted(module: nn.Module) -> nn.Module | None:
    """Return the layer that an adapter such as LoRA stands around or beside."""
    base = module._modules.get("base_layer")
    if base is not None:
        return base
    children = {name: child for name, child in module._modules.items() if child is not None}
    others = [child for name, child in children.items() if not name.lower().startswith("lora")]
    if len(others) == len(children):
        return None
    if module._parameters.get("weight") is not None:
        return module
    layers = [child for child in others if any(True for _ in child.parameters())]
    return layers[0] if len(layers) == 1 and _is_layer(layers[0], ()) else None


def _is_layer(module: nn.Module, types: tuple[type, ...]) -> bool:
    if isinstance(module, torch.jit.ScriptModule):
        return False
    if isinstance(module, (*types, *_KNOWN)):
        return True
    if _stated_width(module) is None or not _has_weight(module):
        return False
    # A block that states its width: its layers count, unless the weight is its own.
    weight = module._parameters.get("weight")
    inside = any(child is not module and _is_layer(child, types) for child in module.modules())
    return not inside or (weight is not None and weight.dim() > 1)


def plain_name(name: str) -> str:
    """Return a name without what wrappers add."""
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside of torch.compile and of data parallelism, which split or hide the batch."""
    while not isinstance(model, torch.jit.ScriptModule):
        inner = model._modules.get("_orig_mod")
        if inner is None and isinstance(model, _PARALLEL):
            inner = model.module
        if inner is None:
            break
        model = inner
    return model


def layers_of(model: nn.Module, types: tuple[type, ...] = ()) -> dict[str, Layer]:
    """Return the layers of a model by name, each once, in the order of the modules."""
    found: dict[str, Layer] = {}
    met: set[nn.Module] = set()

    def walk(module: nn.Module, path: str) -> None:
        if module in met or isinstance(module, torch.jit.ScriptModule):
            return
        met.add(module)
        base = _adapted(module)
        while base is not None and base is not module and (inner := _adapted(base)) not in (None, base):
            base = inner
        own = base if base is not None else module
        if base is not None or _is_layer(module, types):
            if _is_layer(own, types) or own is module:
                width = _stated_width(own) or _stated_width(module) or 0
                found[plain_name(path) or type(own).__name__] = Layer(module, own, width)
            return  # what is inside belongs to the layer
        for name, child in module._modules.items():
            if child is not None:
                walk(child, f"{path}.{name}" if path else name)

    walk(model, "")
    if not found and isinstance(model, torch.fx.GraphModule):
        raise BadValueError(
            "preindex.no_layer",
            "the model is an exported program, whose layers are no modules any more; use the module that it "
            "was made from, or instrument it before the export",
        )
    if not found:
        raise BadValueError(
            "preindex.no_layer",
            f"{type(model).__name__} has no linear or convolution layer (out_features or out_channels); name "
            "types of its own in layer_types",
        )
    return found


def aliases_of(model: nn.Module, layers: Mapping[str, Layer]) -> dict[str, str]:
    """Return all names by which a layer may be called, wrappers included, and the one that it has here."""
    name_of = {id(layer.module): name for name, layer in layers.items()}
    names = {name: name for name in layers}
    for path, module in model.named_modules(remove_duplicate=False):
        if id(module) in name_of:
            names.setdefault(path, name_of[id(module)])
    return names


def nominal(layers: Mapping[str, Layer]) -> list[tuple[str, int, bool]]:
    """Return a table of candidates whose outputs were not seen yet."""
    return [(name, layer.width, True) for name, layer in layers.items()]


def unknown(use: str, name: str, layers: Mapping[str, Layer]) -> NoReturn:
    """Raise the error for a name that is no layer, with those that are."""
    _core.unknown_layer(use, name, nominal(layers))
    raise AssertionError  # that has raised


def check_model(model: Any) -> nn.Module:
    """Raise for what cannot be observed by hooks, or has no values yet."""

    def refuse(why: str) -> BadValueError:
        return BadValueError("preindex.bad_option", f"model: {why}", {"option": "model"})

    if not isinstance(model, nn.Module):
        what = model.__name__ if isinstance(model, type) else type(model).__name__
        raise refuse(f"a {what} is not allowed; use a torch.nn.Module")
    inner = unwrapped(model)
    if isinstance(inner, torch.jit.ScriptModule):
        raise refuse(
            f"a {type(inner).__name__} is not allowed: its layers run outside of Python, where hooks do not "
            "see them; use the module that it was made from, or co2lib::torch in C++"
        )
    for name, parameter in model.named_parameters():
        if isinstance(parameter, nn.parameter.UninitializedParameter):
            raise refuse(f"{plain_name(name)} is not initialised yet; run one batch before")
    for name, module in model.named_modules():
        if hasattr(module, "_hf_hook"):
            continue  # accelerate brings the values when the module runs
        own = [*module._parameters.values(), *module._buffers.values()]
        if any(tensor is not None and tensor.is_meta for tensor in own):
            raise refuse(
                f"{plain_name(name) or 'it'} is on the meta device and has no values; load them before"
            )
    return model


# ----------------------------------------------------------------------------------------------------------
# Where the parameters are
# ----------------------------------------------------------------------------------------------------------
def _size(parameter: Tensor) -> int:
    return int(getattr(parameter, "ds_numel", parameter.numel()))  # DeepSpeed leaves an empty one behind


def _sizes(module: nn.Module, met: set[int]) -> int:
    """Return the number of parameters of a layer that were not met before."""
    own = {id(p): p for p in module.parameters()}
    size = sum(_size(p) for key, p in own.items() if key not in met)
    met.update(own)
    if own:
        return size
    weight = _attribute(module, "weight")  # quantised: packed
    if callable(weight):
        return int(weight().numel())
    inputs = _width(module, "in_features")
    return inputs * (_stated_width(module) or 0) if inputs else 0


def coverage(
    model: nn.Module, layers: Mapping[str, Layer], kept: set[str], seen: set[str]
) -> tuple[int, dict[str, int]]:
    """Return the number of parameters in layers that count, and those elsewhere by kind of module."""
    met: set[int] = set()
    counted = sum(_sizes(layers[name].module, met) for name in layers if name in kept)
    elsewhere: dict[str, int] = {}
    for name, layer in layers.items():
        if name in kept:
            continue
        kind = f"{type(layer.base).__name__} ({'not counted' if name in seen else 'no output'})"
        elsewhere[kind] = elsewhere.get(kind, 0) + _sizes(layer.module, met)
    for module in model.modules():
        for parameter in module._parameters.values():
            if parameter is None or id(parameter) in met:
                continue
            met.add(id(parameter))
            kind = type(module).__name__
            elsewhere[kind] = elsewhere.get(kind, 0) + _size(parameter)
    return counted, {kind: number for kind, number in elsewhere.items() if number}


def remarks(layers: Mapping[str, Layer], kept: set[str]) -> list[Issue]:
    """Return what must be known of the layers that count."""
    fused = [
        name
        for name in kept
        if ".intrinsic." in type(layers[name].base).__module__
        and any(
            part in type(layers[name].base).__name__ for part in ("ReLU", "Bn", "BN", "Tanh", "LeakyReLU")
        )
    ]
    if not fused:
        return []
    text = "their outputs are those after the activation or normalisation that they are fused with: "
    return [Issue("fused_layers", "layers", text + ", ".join(sorted(fused)))]


# ----------------------------------------------------------------------------------------------------------
# Outputs
# ----------------------------------------------------------------------------------------------------------
def problem_of(layer: Layer, output: Any, samples: int | None, mode: str) -> str | None:
    """Return why an output of a layer gives no vectors for a batch of `samples`, if it gives none."""
    if not isinstance(output, Tensor):
        return f"its output is a {type(output).__name__}, no tensor"
    if output.layout is not torch.strided or output.is_nested or hasattr(output, "full_tensor"):
        return f"its output is a sparse, nested or distributed tensor ({type(output).__name__})"
    shape = tuple(output.shape)
    if len(shape) < 2:
        return f"an output of shape {shape} has no batch of samples"
    if not (output.is_floating_point() or output.is_quantized):
        return f"an output of {output.dtype} holds no real numbers"
    if samples is not None and shape[0] != samples:
        return f"an output of shape {shape} for {samples} samples: the first axis is not the batch"
    if mode != "cnn" or len(shape) == 2:
        return None
    if len(shape) == 3 and not layer.convolution_1d:
        return f"an output of shape {shape} has tokens, no channels; use mode='vit'"
    axis = 1 if layer.convolution else -1
    if layer.width and shape[axis] != layer.width:
        which = "second" if layer.convolution else "last"
        return (
            f"an output of shape {shape} has not its {layer.width} channels as {which} axis; use mode='vit'"
        )
    return None


def bad_outputs(problems: Mapping[str, str]) -> BadValueError:
    """Return the one error for all layers whose outputs cannot be used."""
    text = "; ".join(f"layer {name}: {why}" for name, why in problems.items())
    return BadValueError(
        "preindex.bad_shape",
        f"{text}. To leave them out: exclude={list(problems)}",
        {"layers": list(problems)},
    )


def width_of(layer: Layer, output: Tensor, mode: str) -> int:
    """Return the number of values per sample after the reduction."""
    if mode == "cnn":
        return int(output.shape[1 if layer.convolution else -1])
    return int(output[0].numel())


def channel_means(layer: Layer, output: Tensor) -> Tensor:
    """Return the mean over all axes but batch and channels: summed in double on the device, rounded once."""
    if not layer.convolution:
        output = output.movedim(-1, 1)  # a linear layer gives features as the last axis
    elif output.device.type == "cpu" and output.dtype == torch.float32:  # in place; torch would widen a copy
        return torch.from_numpy(_core.sample_vectors(output.detach().numpy(), "cnn", output.dim() == 3))
    axes = tuple(range(2, output.dim()))
    if output.device.type == "mps":
        output = output.cpu()  # no double there
    means = torch.empty(output.shape[:2], dtype=torch.float32, device=output.device)
    step = max(1, _CHUNK // max(1, output[0].numel()))
    for i in range(0, len(output), step):
        means[i : i + step] = output[i : i + step].mean(axes, dtype=torch.float64)
    return means


@contextmanager
def hooks(layers: Mapping[str, Layer], see: Callable[[str, Layer, Any], None]) -> Iterator[None]:
    """Show every output that this thread makes of the layers to `see`; without a trace afterwards."""
    thread = get_ident()

    def hook_of(name: str, layer: Layer) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if get_ident() == thread:  # another thread may run the same model
                see(name, layer, output)

        return hook

    with ExitStack() as stack:
        for name, layer in layers.items():
            stack.callback(layer.module.register_forward_hook(hook_of(name, layer)).remove)
        yield


def types_of(given: Sequence[type] | type) -> tuple[type, ...]:
    """Return the types of modules that count as layers besides."""
    types = (given,) if isinstance(given, type) else tuple(given)
    for one in types:
        if not (isinstance(one, type) and issubclass(one, nn.Module)):
            raise BadValueError(
                "preindex.bad_option",
                f"layer_types: {one!r} is not allowed; use classes of modules, such as [Conv1D]",
                {"option": "layer_types"},
            )
    return types
