# SPDX-License-Identifier: MIT
"""Models of PyTorch as graph descriptions."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch (only in the full environment)")

import co2lib  # noqa: E402
from co2lib import inference  # noqa: E402
from co2lib.inference.importers import torch_graph  # noqa: E402

nn = torch.nn
functional = torch.nn.functional


def ops(graph: dict[str, Any]) -> list[str]:
    return [node["op"] for node in graph["nodes"] if node["op"] not in ("reshape", "identity")]


def kernels(graph: dict[str, Any], rules: str = "cpu") -> list[str]:
    return [kernel.name for kernel in inference.parse_graph(graph).kernels(rules)]


def block(cin: int, cout: int, k: int = 3, s: int = 1, groups: int = 1) -> Any:
    conv = nn.Conv2d(cin, cout, k, s, k // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU())


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = block(8, 8)
        self.second = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))

    def forward(self, x: Any) -> Any:
        return functional.relu(self.second(self.first(x)) + x)


class Dense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(block(8 + 4 * i, 4) for i in range(3))

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


class Excite(nn.Module):
    def __init__(self, hard: bool = False) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)
        self.gate = nn.Hardsigmoid() if hard else nn.Sigmoid()

    def forward(self, x: Any) -> Any:
        y = x.mean((2, 3), keepdim=True)
        return x * self.gate(self.two(functional.relu(self.one(y))))


class Shuffle(nn.Module):
    def forward(self, x: Any) -> Any:
        n, c, h, w = x.shape
        one, two = x.chunk(2, 1)
        x = torch.cat([two, one], 1)
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


class Rms(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Any) -> Any:
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


def test_a_plain_network_has_its_kernels_and_sizes() -> None:
    head = [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 8 * 8, 10)]
    graph = torch_graph(nn.Sequential(block(3, 8), block(8, 8, groups=8), *head), (1, 3, 16, 16))
    assert ops(graph) == ["conv", "bn", "relu", "dwconv", "bn", "relu", "maxpool", "fc"]
    assert kernels(graph) == ["conv-bn-relu", "dwconv-bn-relu", "maxpool", "fc"]
    first = inference.parse_graph(graph).kernels("cpu")[0].config
    assert first is not None
    assert (first.h, first.cin, first.cout, first.k, first.s, first.pad, first.bias) == (
        16,
        3,
        8,
        3,
        1,
        1,
        False,
    )
    last = inference.parse_graph(graph).kernels("cpu")[-1].config
    assert last is not None
    assert (last.cin, last.cout) == (512, 10)


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (Residual(), ["conv-bn-relu", "conv-bn", "add-relu"]),
        (Dense(), ["conv-bn-relu", "concat"] * 3),
        (Excite(), ["se"]),
        (Excite(hard=True), ["se"]),
        (Shuffle(), ["split", "concat", "channelshuffle"]),
        (nn.Sequential(nn.Hardswish(), nn.SiLU(), nn.ReLU6()), ["hswish", "swish", "relu"]),
        (nn.AdaptiveAvgPool2d(1), ["global-avgpool"]),
        (nn.AdaptiveAvgPool2d(4), ["avgpool"]),
        (nn.GroupNorm(2, 8), ["norm"]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_blocks_become_kernels(module: Any, expected: list[str]) -> None:
    assert kernels(torch_graph(module, (1, 8, 8, 8))) == expected


def test_a_gate_of_functions_is_an_activation() -> None:
    class Gates(nn.Module):
        def forward(self, x: Any) -> Any:
            return functional.hardsigmoid(x * torch.sigmoid(x)) * x

    assert ops(torch_graph(Gates(), (1, 8, 4, 4))) == ["swish", "sigmoid", "mul"]


@pytest.fixture(scope="module")
def encoder() -> Any:
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, activation="gelu", norm_first=True)
    return nn.Sequential(nn.Embedding(100, 32), layer, Rms(32), nn.Linear(32, 100))


def test_a_transformer_has_products_with_heads(encoder: Any) -> None:
    graph = torch_graph(encoder, (1, 12))
    attention = ["norm", "matmul", "matmul", "softmax", "matmul", "matmul", "add"]
    assert ops(graph) == [
        "embedding",
        *attention,
        "norm",
        "matmul",
        "swish",
        "matmul",
        "add",
        "norm",
        "matmul",
    ]
    made = [
        kernel.config for kernel in inference.parse_graph(graph).kernels("none") if kernel.kernel == "matmul"
    ]
    sizes = [(each.m, each.k, each.n, each.heads) for each in made if each is not None]
    assert sizes == [
        (12, 32, 96, 1),
        (12, 8, 12, 4),
        (12, 12, 8, 4),
        (12, 32, 32, 1),
        (12, 32, 64, 1),
        (12, 64, 32, 1),
        (12, 32, 100, 1),
    ]


def test_what_stands_for_another_operator_says_so(encoder: Any) -> None:
    found = [
        node["attrs"].get("stands_for")
        for node in torch_graph(encoder, (1, 12))["nodes"]
        if node["op"] == "swish"
    ]
    assert found == ["gelu"]


def test_an_exported_program_is_read_like_its_module() -> None:
    module = Residual().eval()
    program = torch.export.export(module, (torch.zeros(1, 8, 8, 8),))
    assert kernels(torch_graph(program)) == kernels(torch_graph(module, (1, 8, 8, 8)))
    exported, traced = inference.graph(program), inference.graph(module, (1, 8, 8, 8))
    assert [k.name for k in exported.kernels()] == [k.name for k in traced.kernels()]


def test_a_model_on_the_meta_device_is_read_without_weights() -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(4096, 65536), nn.ReLU(), nn.Linear(65536, 4096))
    graph = torch_graph(model, (1, 4096))
    assert ops(graph) == ["fc", "relu", "fc"]


def test_the_model_is_left_as_it_was() -> None:
    model = nn.Sequential(block(3, 8), nn.Dropout(0.5))
    model[0].eval()
    torch_graph(model, (1, 3, 8, 8))
    assert [model.training, model[0].training, model[1].training] == [True, False, True]
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert model[0][1].num_batches_tracked == 0


def test_inference_mode_changes_nothing() -> None:
    with torch.inference_mode():
        module = nn.Sequential(block(8, 8), nn.Flatten(), nn.Linear(512, 4))
        graph = torch_graph(module, (1, 8, 8, 8))
    assert ops(graph) == ["conv", "bn", "relu", "fc"]


def test_names_do_not_change_the_features() -> None:
    class Renamed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.something_else = block(8, 8)

        def forward(self, x: Any) -> Any:
            return self.something_else(x)

    one, two = (
        inference.parse_graph(torch_graph(m, (1, 8, 8, 8))).kernels("cpu")[0].config
        for m in (block(8, 8), Renamed())
    )
    assert one == two


def test_half_precision_gives_its_bits() -> None:
    graph = torch_graph(nn.Linear(8, 8).half(), (1, 8))
    assert [(n["attrs"]["w_bits"], n["attrs"]["a_bits"]) for n in graph["nodes"]] == [(16, 16)]


def test_quantised_modules_give_their_bits() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch.ao.nn.intrinsic.quantized as fused
        import torch.ao.nn.quantized as quantised

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.quant = quantised.Quantize(0.1, 64, torch.quint8)
                self.one = fused.ConvReLU2d(3, 8, 3, padding=1)
                self.depthwise = quantised.Conv2d(8, 8, 3, groups=8, padding=1)
                self.head = quantised.Linear(8, 4)
                self.functions = quantised.QFunctional()

            def forward(self, x: Any) -> Any:
                x = self.one(self.quant(x))
                x = self.functions.add_relu(self.depthwise(x), x)
                x = functional.adaptive_avg_pool2d(x, 1).flatten(1)
                return self.head(x).dequantize()

        graph = torch_graph(Net(), (1, 3, 8, 8))
    assert ops(graph) == ["quantize", "conv", "relu", "dwconv", "add", "relu", "global-avgpool", "fc"]
    assert kernels(graph) == ["conv-relu", "dwconv", "add-relu", "global-avgpool", "fc"]
    bits = {(n["attrs"]["w_bits"], n["attrs"]["a_bits"]) for n in graph["nodes"] if "w_bits" in n["attrs"]}
    assert bits == {(8, 8)}


def test_an_unknown_operator_is_kept_with_its_type() -> None:
    class Fold(nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.cumsum(x, 1)

    graph = torch_graph(nn.Sequential(block(3, 8), Fold()), (1, 3, 8, 8))
    assert [n["attrs"]["type"] for n in graph["nodes"] if n["op"] == "other"] == ["aten::cumsum"]
    (found,) = inference.parse_graph(graph).unmodelled
    assert found.type == "aten::cumsum"
    assert found.share == pytest.approx(1 / 4)
    with pytest.raises(co2lib.Error, match="cumsum") as caught:
        inference.Device.named("h100_sxm").predict(graph)
    assert caught.value.code == "inference.unmodelled"


def test_a_convolution_with_unequal_sides_has_no_mapping_yet() -> None:
    graph = torch_graph(nn.Conv2d(3, 4, (1, 3), padding=(0, 1)), (1, 3, 8, 8))
    assert ops(graph) == ["other"]


@pytest.mark.parametrize(
    ("model", "shape", "text"),
    [
        (nn.Linear(8, 8), None, "input_shape"),
        (nn.Linear(8, 8), (1, 9), r"\(1, 9\)"),
        (nn.Linear(8, 8), (0, 8), "below 1"),
        (nn.Linear(8, 8), (), "empty"),
        (object(), (1, 8), "no torch.nn.Module"),
    ],
)
def test_what_cannot_be_read_says_why(model: Any, shape: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text) as caught:
        torch_graph(model, shape)
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code in ("inference.bad_graph", "inference.out_of_range")
