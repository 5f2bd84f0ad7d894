# SPDX-License-Identifier: MIT
"""Runs kernels and networks with PyTorch: float32 as plain modules, int8 as PyTorch's quantised modules.

1. A kernel is a network of one or few operators, so kernels and networks run through the same code.
2. float32 fuses nothing (rule set ``none``): eager PyTorch does not. int8 fuses as quantised modules do
   (rule set ``cpu``), which torch.ao makes of convolution, batch norm and relu.
3. Weights and inputs are arbitrary: only sizes matter. Quantised pictures are in the order channels-last,
   which these kernels want and pass on.
4. A kernel is run on copies of it in turn, which together are larger than the caches of a core: in a network
   its weights and its input have not been read just before either. Measured hot, the kernels of a network add
   up to a fifth less than the network takes (docs/profiling.md, How good it is on this processor).
5. What PyTorch has no quantised kernel for (softmax, norm, products of two activations) is computed in
   float32 between a dequantisation and a quantisation, as its users do.
"""

from __future__ import annotations

import platform
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import cycle
from math import prod
from pathlib import Path
from typing import Any

from co2lib import inference as _domain
from co2lib._errors import BadValueError
from co2lib._extras import require
from co2lib.inference.profiling._clock import cpu_clock_mhz
from co2lib.inference.profiling._runners import Task
from co2lib.inference.profiling._sampling import KERNELS

Unit = Callable[..., Any]
"""Takes tensors, returns a tensor."""

_FP32_OPS = {
    "conv-bn-relu": ("conv",),
    "dwconv-bn-relu": ("dwconv",),
    "bnrelu": ("bn", "relu"),
    "addrelu": ("add", "relu"),
}
_INT8_OPS = {
    "conv-bn-relu": ("conv", "relu"),
    "dwconv-bn-relu": ("dwconv", "relu"),
    "bnrelu": ("bn", "relu"),
    "addrelu": ("add", "relu"),
}
_SCALE, _ZERO = 0.05, 64

RING_NUMBERS = 8 << 20
"""Weights, inputs and outputs that the copies of one kernel have together: those of a small network."""
RING_COPIES = 64


class TorchRunner:
    """Runs on this machine with PyTorch.

    Parameters
    ----------
    precision : str
        ``fp32``, or ``int8`` on the CPU.
    device : str
        ``cpu``, ``cuda``, ``cuda:1``.
    name : str, optional
        The device's name in the profile; default: the host's.

    Raises
    ------
    co2lib.Error
        ``core.missing_extra`` without PyTorch; ``inference.no_profile`` for a precision that it cannot run.
    """

    def __init__(self, precision: str = "fp32", *, device: str = "cpu", name: str | None = None) -> None:
        self._torch = require("torch", extra="torch", needed_for="co2lib.inference.TorchRunner")
        if precision not in ("fp32", "int8") or (precision == "int8" and device != "cpu"):
            raise BadValueError(
                "inference.no_profile",
                f"precision: {precision!r} cannot be run on {device}; fp32 can, int8 on the cpu",
            )
        self.precision = precision
        self._device = self._torch.device(device)
        self.rules = "none" if precision == "fp32" else "cpu"
        alone = {"bnrelu", "addrelu"} if precision == "fp32" else set()
        self.kernels = tuple(each for each in KERNELS if each not in alone)
        self.about = _about(self._torch, self._device, name)

    def synchronize(self) -> None:
        """Wait until the device has done what was asked."""
        if self._device.type == "cuda":
            self._torch.cuda.synchronize(self._device)

    def clock_mhz(self) -> float | None:
        """Return the clock of the processor; None where it is not known."""
        if self._device.type != "cuda":
            return cpu_clock_mhz()
        with suppress(Exception):  # needs NVIDIA's package for Python
            return float(self._torch.cuda.clock_rate(self._device))
        return None

    def __call__(self, config: Any) -> Task:
        """Return a callable that runs one kernel, each time another copy of it."""
        graph = _kernel_graph(config, _INT8_OPS if self.precision == "int8" else _FP32_OPS)
        size = RING_NUMBERS * (4 if self.precision == "fp32" else 1)
        count = size // max(1, int(_domain.features(config).bytes))
        ring = cycle([self.network(graph) for _ in range(min(RING_COPIES, max(1, count)))])

        def run() -> Any:
            return next(ring)()

        return run

    def network(self, graph: Mapping[str, Any]) -> Task:
        """Return a callable that runs a graph description."""
        torch = self._torch
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            make = _Quantised(torch) if self.precision == "int8" else _Float(torch, self._device)
            return _program(torch, graph, make, self.rules)


def _about(torch: Any, device: Any, name: str | None) -> dict[str, str]:
    processor, clocks = platform.machine(), "unknown"
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        pairs = [line.partition(":") for line in reversed(lines)]
        found = {name.strip(): text.strip() for name, _, text in pairs}
        processor = found.get("model name", processor)
        clocks = f"{found['cpu MHz']} MHz at the start" if "cpu MHz" in found else clocks
    with suppress(OSError):
        governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").read_text(encoding="utf-8")
        clocks += f", governor {governor.strip()}"
    threads = f", {torch.get_num_threads()} threads"
    if device.type == "cuda":
        processor, threads = torch.cuda.get_device_name(device), ""
    return {
        "device": name or platform.node() or "this machine",
        "processor": processor,
        "runtime": f"torch {torch.__version__}{threads}",
        "firmware": f"{platform.system()} {platform.release()}",
        "clocks": clocks,
    }


def _kernel_graph(config: Any, ops: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return the network that is one kernel."""
    kernel = config.kernel
    attrs = {"w_bits": config.w_bits, "a_bits": config.a_bits}
    shapes: dict[str, list[int]] = {"input": [config.batch, config.cin, config.h, config.w]}
    inputs = ["input"]
    if kernel == "matmul":
        many = config.heads > 1
        shapes["input"] = [1, config.heads, config.m, config.k] if many else [1, config.m, config.k]
        shapes["other"] = [1, config.heads, config.k, config.n] if many else [config.k, config.n]
        shapes["out"] = [*shapes["input"][:-1], config.n]
        inputs = ["input", "other"]
        attrs["activations"] = many
    elif kernel == "embedding":
        shapes |= {"input": [1, config.m], "other": [1000, config.n], "out": [1, config.m, config.n]}
        inputs = ["input", "other"]
    elif kernel == "fc":
        shapes["input"], attrs["cout"], attrs["bias"] = [config.batch, config.cin], config.cout, config.bias
    elif kernel == "concat":
        shapes = {f"input{i}": [1, cin, config.h, config.w] for i, cin in enumerate(config.cins)}
        inputs = list(shapes)
    elif kernel in ("add", "addrelu", "mul"):
        shapes["other"], inputs = shapes["input"], ["input", "other"]
    elif kernel == "norm" and config.w == 1:
        shapes["input"] = [1, config.h, config.cin]
    attrs |= {
        name: getattr(config, name)
        for name in ("k", "s", "pad", "dilation", "groups", "cout", "bias", "reduction")
    }
    nodes = []
    for number, op in enumerate(ops.get(kernel, (kernel,))):
        nodes.append({"name": f"n{number}", "op": op, "inputs": inputs, "attrs": attrs})
        shapes[f"n{number}"] = shapes.get("out", shapes[inputs[0]])
        inputs = [f"n{number}"]
    return {"nodes": nodes, "outputs": [nodes[-1]["name"]], "shapes": shapes, "single": True}


def _groups(graph: Mapping[str, Any], rules: str) -> list[list[str]]:
    """Return the names of nodes that run as one."""
    if graph.get("single"):
        return [[node["name"] for node in graph["nodes"]]]
    return [list(each.nodes) for each in _domain.parse_graph(graph).kernels(rules)]


def _program(torch: Any, graph: Mapping[str, Any], make: Any, rules: str) -> Task:
    """Return a callable that runs the units of a graph in order and frees what nobody reads any more."""
    nodes = {node["name"]: node for node in graph["nodes"]}
    groups = {group[-1]: group for group in _groups(graph, rules)}
    inside = {name for group in groups.values() for name in group[:-1]}
    shapes = graph["shapes"]
    steps: list[tuple[str, list[str], Unit]] = []
    for node in graph["nodes"]:
        if node["name"] in inside:
            continue
        group = [nodes[name] for name in groups.get(node["name"], [node["name"]])]
        own = {each["name"] for each in group}
        reads = [name for each in group for name in each["inputs"] if name not in own]
        unit = make.unit(group, [shapes.get(name) for name in reads], shapes.get(node["name"]))
        given = [name for name in reads if name in nodes or not make.constant(group[0], name, reads)]
        steps.append((node["name"], given, unit))
    made = {name for name, _, _ in steps}
    fixed = {
        name: make.tensor(shapes[name], _reader(graph, name))
        for _, reads, _ in steps
        for name in reads
        if name not in made
    }
    last = {name: number for number, (_, reads, _) in enumerate(steps) for name in reads if name in made}
    plan = [
        (name, reads, unit, [read for read in set(reads) if last.get(read) == number])
        for number, (name, reads, unit) in enumerate(steps)
    ]
    inference_mode = torch.inference_mode

    def run() -> Any:
        values = dict(fixed)
        with inference_mode():
            for name, reads, unit, dead in plan:
                values[name] = unit(*[values[read] for read in reads])
                for read in dead:
                    del values[read]
        return values

    return run


def _reader(graph: Mapping[str, Any], name: str) -> str:
    return next(str(node["op"]) for node in graph["nodes"] if name in node["inputs"])


class _Float:
    """Units of float32."""

    def __init__(self, torch: Any, device: Any) -> None:
        self._torch = torch
        self._device = device

    def tensor(self, shape: list[int], reader: str) -> Any:
        torch = self._torch
        if reader == "embedding":
            return torch.zeros(shape, dtype=torch.int64, device=self._device)
        return torch.rand(shape, device=self._device)

    def constant(self, node: Mapping[str, Any], name: str, reads: list[str]) -> bool:
        """Whether a unit has an input inside, as a weight."""
        inside = node["op"] == "embedding" or (
            node["op"] == "matmul" and not node["attrs"].get("activations")
        )
        return inside and len(reads) > 1 and name == reads[1]

    def unit(self, group: list[Mapping[str, Any]], inputs: list[Any], output: Any) -> Unit:
        units = [
            self._one(node, inputs if not number else [output], output) for number, node in enumerate(group)
        ]
        if len(units) == 1:
            return units[0]

        def chain(*tensors: Any) -> Any:
            value = units[0](*tensors)
            for each in units[1:]:
                value = each(value)
            return value

        return chain

    def _one(self, node: Mapping[str, Any], inputs: list[Any], output: Any) -> Unit:
        torch, op, attrs = self._torch, node["op"], node["attrs"]
        nn, functional = torch.nn, torch.nn.functional
        shape = inputs[0]
        if op in ("reshape", "flatten", "identity", "dropout"):
            target = list(output)
            return lambda x: x.reshape(target)
        if op in ("conv", "dwconv"):
            return self._module(_conv(nn.Conv2d, shape, attrs))
        if op == "fc":
            return self._module(nn.Linear(shape[1], attrs["cout"], bias=attrs.get("bias", True)))
        if op == "matmul":
            if len(inputs) > 1 and (len(inputs[1]) > 2):
                product: Unit = torch.matmul
                return product
            return self._module(nn.Linear(*inputs[1], bias=False))
        if op == "embedding":
            return self._module(nn.Embedding(*inputs[1]))
        if op == "bn":
            return self._module(nn.BatchNorm2d(shape[1]))
        if op == "norm":
            return self._module(nn.LayerNorm(shape[-1]) if len(shape) == 3 else nn.GroupNorm(1, shape[1]))
        if op == "se":
            return self._squeeze_excite(shape[1], attrs)
        if op in ("maxpool", "avgpool"):
            kind = nn.MaxPool2d if op == "maxpool" else nn.AvgPool2d
            return self._module(kind(attrs["k"], attrs.get("s", 1), int(attrs.get("pad", 0))))
        modules = {
            "relu": nn.ReLU,
            "relu6": nn.ReLU6,
            "hswish": nn.Hardswish,
            "swish": nn.SiLU,
            "sigmoid": nn.Sigmoid,
        }
        if op in modules:
            return self._module(modules[op]())
        calls: dict[str, Unit] = {
            "global-avgpool": lambda x: functional.adaptive_avg_pool2d(x, 1),
            "add": lambda a, b: a + b,
            "mul": lambda a, b: a * b,
            "concat": lambda *x: torch.cat(x, 1),
            "split": lambda x: torch.chunk(x, 2, 1)[0],
            "channelshuffle": lambda x: functional.channel_shuffle(x, 2),
            "softmax": lambda x: torch.softmax(x, -1),
        }
        return calls[op]

    def _module(self, module: Any) -> Unit:
        made: Unit = module.to(self._device).eval()
        return made

    def _squeeze_excite(self, channels: int, attrs: Mapping[str, Any]) -> Unit:
        nn, functional = self._torch.nn, self._torch.nn.functional
        inner = max(1, int(channels / attrs.get("reduction", 4)))
        first, second = (
            self._module(nn.Conv2d(channels, inner, 1)),
            self._module(nn.Conv2d(inner, channels, 1)),
        )

        def run(x: Any) -> Any:
            gate = second(functional.relu(first(functional.adaptive_avg_pool2d(x, 1))))
            return x * self._torch.sigmoid(gate)

        return run


def _conv(kind: Any, shape: list[int], attrs: Mapping[str, Any]) -> Any:
    return kind(
        shape[1],
        attrs["cout"],
        attrs["k"],
        stride=attrs.get("s", 1),
        padding=int(attrs.get("pad", 0)),
        dilation=attrs.get("dilation", 1),
        groups=attrs.get("groups", 1),
        bias=attrs.get("bias", True),
    )


class _Quantised(_Float):
    """Units of PyTorch's quantised kernels."""

    def __init__(self, torch: Any) -> None:
        super().__init__(torch, torch.device("cpu"))
        self._quantised = require("torch.ao.nn.quantized", needed_for="int8 with PyTorch")
        self._fused = require("torch.ao.nn.intrinsic.quantized", needed_for="int8 with PyTorch")

    def tensor(self, shape: list[int], reader: str) -> Any:
        if reader == "embedding":
            return super().tensor(shape, reader)
        made = self._quantise(self._torch.rand(shape))
        if len(shape) == 4 and reader not in ("matmul", "softmax"):
            made = made.contiguous(memory_format=self._torch.channels_last)
        return made

    def _quantise(self, tensor: Any) -> Any:
        return self._torch.quantize_per_tensor(tensor, _SCALE, _ZERO, self._torch.quint8)

    def unit(self, group: list[Mapping[str, Any]], inputs: list[Any], output: Any) -> Unit:
        ops, first = [node["op"] for node in group], group[0]
        relu = any(op in ("relu", "relu6") for op in ops[1:])
        calls = self._torch.ops.quantized
        if ops[0] in ("conv", "dwconv"):
            kind = self._fused.ConvReLU2d if relu else self._quantised.Conv2d
            made: Unit = _conv(kind, inputs[0], dict(first["attrs"]) | {"bias": True})
            return made
        if ops[0] == "fc":
            kind = self._fused.LinearReLU if relu else self._quantised.Linear
            linear: Unit = kind(inputs[0][1], first["attrs"]["cout"])
            return linear
        if ops[0] == "add":
            call = calls.add_relu if relu else calls.add
            return lambda a, b: call(a, b, _SCALE, _ZERO)
        if ops[0] == "bn":
            call = calls.batch_norm2d_relu if relu else calls.batch_norm2d
            ones = self._torch.ones(inputs[0][1])
            zeros = self._torch.zeros(inputs[0][1])
            return lambda x: call(x, ones, zeros, zeros, ones, 1e-5, _SCALE, _ZERO)
        return super().unit(group, inputs, output)

    def _one(self, node: Mapping[str, Any], inputs: list[Any], output: Any) -> Unit:
        torch, op = self._torch, node["op"]
        calls = torch.ops.quantized
        if op == "matmul" and len(inputs) > 1 and len(inputs[1]) == 2:
            linear: Unit = self._quantised.Linear(*inputs[1])
            return linear
        if op in ("matmul", "softmax", "norm", "embedding", "relu6"):
            exact = super()._one(node, inputs, output)
            return lambda *x: self._quantise(
                exact(*[each.dequantize() if each.is_quantized else each for each in x])
            )
        if op == "se":
            return self._quantised_excite(inputs[0][1], node["attrs"])
        quantised: dict[str, Unit] = {
            "mul": lambda a, b: calls.mul(a, b, _SCALE, _ZERO),
            "concat": lambda *x: calls.cat(list(x), 1, _SCALE, _ZERO),
            "hswish": lambda x: calls.hardswish(x, _SCALE, _ZERO),
            "swish": lambda x: calls.mul(x, torch.sigmoid(x), _SCALE, _ZERO),
            "sigmoid": torch.sigmoid,
        }
        return quantised[op] if op in quantised else super()._one(node, inputs, output)

    def _quantised_excite(self, channels: int, attrs: Mapping[str, Any]) -> Unit:
        torch, functional = self._torch, self._torch.nn.functional
        inner = max(1, int(channels / attrs.get("reduction", 4)))
        first, second = self._fused.ConvReLU2d(channels, inner, 1), self._quantised.Conv2d(inner, channels, 1)

        def run(x: Any) -> Any:
            gate = torch.sigmoid(second(first(functional.adaptive_avg_pool2d(x, 1))))
            wide = gate.expand(*x.shape) if prod(gate.shape) != prod(x.shape) else gate
            return torch.ops.quantized.mul(x, wide, _SCALE, _ZERO)

        return run
