# SPDX-License-Identifier: MIT
"""Whole networks as graph descriptions: the families that samples are drawn like and profiles are checked on.

The shapes of layers are facts of the published architectures: VGG (Simonyan and Zisserman 2014), ResNet (He
et al. 2015), MobileNetV2 (Sandler et al. 2018), DenseNet (Huang et al. 2017), ShuffleNetV2 (Ma et al. 2018),
SqueezeNet (Iandola et al. 2016), GoogLeNet (Szegedy et al. 2014), encoders of transformers (Vaswani et al.
2017). Which widths and depths are drawn is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Graph = dict[str, Any]


class Net:
    """Builds a graph description of a picture's or tokens' way through layers, with all shapes."""

    def __init__(self, shape: Sequence[int], *, w_bits: int = 32, a_bits: int = 32) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.shapes: dict[str, list[int]] = {"input": list(shape)}
        self._bits = {"w_bits": w_bits, "a_bits": a_bits}

    def op(self, op: str, inputs: Sequence[str], shape: Sequence[int], **attrs: Any) -> str:
        """Append an operator; return its name."""
        name = f"{op}{len(self.nodes)}"
        self.nodes.append({"name": name, "op": op, "inputs": list(inputs), "attrs": self._bits | attrs})
        self.shapes[name] = list(shape)
        return name

    def same(self, op: str, *inputs: str, **attrs: Any) -> str:
        """Append an operator whose output has the shape of its first input."""
        return self.op(op, inputs, self.shapes[inputs[0]], **attrs)

    def conv(
        self,
        x: str,
        cout: int,
        k: int,
        *,
        s: int = 1,
        depthwise: bool = False,
        bn: bool = True,
        act: str | None = "relu",
    ) -> str:
        """Append a convolution with the padding that keeps sizes, and what follows it."""
        n, cin, h, w = self.shapes[x]
        pad = k // 2
        shape = [n, cout, (h + 2 * pad - k) // s + 1, (w + 2 * pad - k) // s + 1]
        groups = cin if depthwise else 1
        attrs = {"k": k, "s": s, "pad": pad, "groups": groups, "cout": cout, "bias": not bn}
        x = self.op("dwconv" if depthwise else "conv", [x], shape, **attrs)
        if bn:
            x = self.same("bn", x)
        return self.same(act, x) if act else x

    def pool(self, op: str, x: str, k: int, s: int) -> str:
        """Append a pooling layer without padding; a picture smaller than it stays as it is."""
        n, c, h, w = self.shapes[x]
        if min(h, w) < k:
            return x
        return self.op(op, [x], [n, c, (h - k) // s + 1, (w - k) // s + 1], k=k, s=s)

    def mean(self, x: str) -> str:
        """Append the mean over the picture, as [n, c]."""
        n, c, *_ = self.shapes[x]
        x = self.op("global-avgpool", [x], [n, c, 1, 1])
        return self.op("flatten", [x], [n, c])

    def flat(self, x: str) -> str:
        """Append a view as [n, c]."""
        n, *rest = self.shapes[x]
        size = 1
        for each in rest:
            size *= each
        return self.op("flatten", [x], [n, size])

    def fc(self, x: str, cout: int, act: str | None = None) -> str:
        """Append a fully connected layer."""
        x = self.op("fc", [x], [self.shapes[x][0], cout], cout=cout)
        return self.same(act, x) if act else x

    def concat(self, *inputs: str) -> str:
        """Append the concatenation of channels."""
        n, _, *rest = self.shapes[inputs[0]]
        return self.op("concat", inputs, [n, sum(self.shapes[x][1] for x in inputs), *rest])

    def dense(self, x: str, cout: int) -> str:
        """Append a fully connected layer of tokens."""
        n, s, cin = self.shapes[x]
        weight = f"weight{len(self.nodes)}"
        self.shapes[weight] = [cin, cout]
        return self.op("matmul", [x, weight], [n, s, cout])

    def graph(self, *outputs: str) -> Graph:
        """Return the description."""
        return {"nodes": self.nodes, "outputs": list(outputs), "shapes": self.shapes}


def _even(value: float, least: int = 8, step: int = 8) -> int:
    return max(least, int(value / step + 0.5) * step)


def vgg(
    hw: int = 224,
    *,
    width: float = 1.0,
    depths: Sequence[int] = (1, 1, 2, 2, 2),
    bn: bool = True,
    hidden: int = 4096,
    classes: int = 1000,
    **bits: int,
) -> Graph:
    """Return a VGG: blocks of 3 x 3 convolutions, halved by max pooling, and three large layers."""
    net = Net((1, 3, hw, hw), **bits)
    x = "input"
    for depth, channels in zip(depths, (64, 128, 256, 512, 512), strict=False):
        for _ in range(depth):
            x = net.conv(x, _even(channels * width), 3, bn=bn)
        x = net.pool("maxpool", x, 2, 2)
    x = net.flat(x)
    for _ in range(2):
        x = net.fc(x, _even(hidden * width), "relu")
    return net.graph(net.fc(x, classes))


def resnet(
    hw: int = 224,
    *,
    width: float = 1.0,
    depths: Sequence[int] = (2, 2, 2, 2),
    bottleneck: bool = False,
    classes: int = 1000,
    **bits: int,
) -> Graph:
    """Return a ResNet of basic or bottleneck blocks."""
    net = Net((1, 3, hw, hw), **bits)
    x = net.conv("input", _even(64 * width), 7, s=2)
    x = net.pool("maxpool", x, 3, 2)
    factor = 4 if bottleneck else 1
    for stage, depth in enumerate(depths):
        channels = _even(64 * 2**stage * width)
        for block in range(depth):
            stride = 2 if stage and not block else 1
            short = x
            if bottleneck:
                y = net.conv(net.conv(x, channels, 1), channels, 3, s=stride)
                y = net.conv(y, channels * factor, 1, act=None)
            else:
                y = net.conv(net.conv(x, channels, 3, s=stride), channels, 3, act=None)
            if stride != 1 or net.shapes[x][1] != channels * factor:
                short = net.conv(x, channels * factor, 1, s=stride, act=None)
            x = net.same("relu", net.same("add", y, short))
    return net.graph(net.fc(net.mean(x), classes))


_MOBILENET = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def mobilenet_v2(
    hw: int = 224,
    *,
    width: float = 1.0,
    depth: float = 1.0,
    k: int = 3,
    act: str = "relu6",
    classes: int = 1000,
    **bits: int,
) -> Graph:
    """Return a MobileNetV2 of inverted residual blocks."""
    net = Net((1, 3, hw, hw), **bits)
    x = net.conv("input", _even(32 * width), 3, s=2, act=act)
    for expansion, channels, repeats, first in _MOBILENET:
        for block in range(max(1, round(repeats * depth)) if repeats > 1 else 1):
            stride, cin, cout = first if block == 0 else 1, net.shapes[x][1], _even(channels * width)
            y = net.conv(x, cin * expansion, 1, act=act) if expansion > 1 else x
            y = net.conv(y, net.shapes[y][1], k, s=stride, depthwise=True, act=act)
            y = net.conv(y, cout, 1, act=None)
            x = net.same("add", y, x) if stride == 1 and cin == cout else y
    x = net.conv(x, _even(1280 * max(1.0, width)), 1, act=act)
    return net.graph(net.fc(net.mean(x), classes))


def mobilenet_v1(hw: int = 224, *, width: float = 1.0, classes: int = 1000, **bits: int) -> Graph:
    """Return a MobileNet (Howard et al. 2017) of depthwise separable convolutions."""
    net = Net((1, 3, hw, hw), **bits)
    x = net.conv("input", _even(32 * width), 3, s=2)
    steps = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
    for channels, stride in steps:
        x = net.conv(x, net.shapes[x][1], 3, s=stride, depthwise=True)
        x = net.conv(x, _even(channels * width), 1)
    return net.graph(net.fc(net.mean(x), classes))


def densenet(
    hw: int = 224,
    *,
    growth: int = 32,
    depths: Sequence[int] = (6, 12, 24, 16),
    classes: int = 1000,
    **bits: int,
) -> Graph:
    """Return a DenseNet: each layer reads all before it in its block."""
    net = Net((1, 3, hw, hw), **bits)
    x = net.pool("maxpool", net.conv("input", 2 * growth, 7, s=2), 3, 2)
    for number, depth in enumerate(depths):
        for _ in range(depth):
            y = net.same("relu", net.same("bn", x))
            y = net.conv(y, 4 * growth, 1)
            x = net.concat(x, net.conv(y, growth, 3, bn=False, act=None))
        x = net.same("relu", net.same("bn", x))
        if number + 1 < len(depths):
            x = net.conv(x, net.shapes[x][1] // 2, 1, bn=False, act=None)
            x = net.pool("avgpool", x, 2, 2)
    return net.graph(net.fc(net.mean(x), classes))


def shufflenet_v2(
    hw: int = 224, *, channels: Sequence[int] = (116, 232, 464), classes: int = 1000, **bits: int
) -> Graph:
    """Return a ShuffleNetV2: halves of channels that are exchanged."""
    net = Net((1, 3, hw, hw), **bits)
    x = net.pool("maxpool", net.conv("input", 24, 3, s=2), 3, 2)
    for cout, repeats in zip(channels, (4, 8, 4), strict=True):
        for block in range(repeats):
            if block == 0:
                cin = net.shapes[x][1]
                one = net.conv(net.conv(x, cin, 3, s=2, depthwise=True, act=None), cout // 2, 1)
                two = net.conv(x, cout // 2, 1)
                two = net.conv(net.conv(two, cout // 2, 3, s=2, depthwise=True, act=None), cout // 2, 1)
            else:
                n, c, h, w = net.shapes[x]
                one = net.op("split", [x], [n, c // 2, h, w])
                two = net.conv(net.conv(one, c // 2, 1), c // 2, 3, depthwise=True, act=None)
                two = net.conv(two, c // 2, 1)
            x = net.same("channelshuffle", net.concat(one, two))
    return net.graph(net.fc(net.mean(net.conv(x, 1024, 1)), classes))


def squeezenet(hw: int = 224, *, width: float = 1.0, classes: int = 1000, **bits: int) -> Graph:
    """Return a SqueezeNet 1.1: layers that squeeze and expand."""
    net = Net((1, 3, hw, hw), **bits)
    x = net.pool("maxpool", net.conv("input", _even(64 * width), 3, s=2, bn=False), 3, 2)
    for number, inner in enumerate((16, 16, 32, 32, 48, 48, 64, 64)):
        y = net.conv(x, _even(inner * width), 1, bn=False)
        wide = _even(4 * inner * width)
        x = net.concat(net.conv(y, wide, 1, bn=False), net.conv(y, wide, 3, bn=False))
        if number in (1, 3):
            x = net.pool("maxpool", x, 3, 2)
    return net.graph(net.mean(net.conv(x, classes, 1, bn=False)))


_GOOGLENET = (
    (64, 96, 128, 16, 32, 32),
    (128, 128, 192, 32, 96, 64),
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
    (256, 160, 320, 32, 128, 128),
    (384, 192, 384, 48, 128, 128),
)


def googlenet(hw: int = 224, *, width: float = 1.0, classes: int = 1000, **bits: int) -> Graph:
    """Return a GoogLeNet: four branches of different windows, put together."""
    net = Net((1, 3, hw, hw), **bits)
    x = net.pool("maxpool", net.conv("input", _even(64 * width), 7, s=2), 3, 2)
    x = net.conv(net.conv(x, _even(64 * width), 1), _even(192 * width), 3)
    x = net.pool("maxpool", x, 3, 2)
    for number, sizes in enumerate(_GOOGLENET):
        one, three_in, three, five_in, five, pooled = (_even(size * width) for size in sizes)
        branches = [net.conv(x, one, 1), net.conv(net.conv(x, three_in, 1), three, 3)]
        branches += [net.conv(net.conv(x, five_in, 1), five, 5), net.conv(x, pooled, 1)]
        x = net.concat(*branches)
        if number in (1, 6):
            x = net.pool("maxpool", x, 3, 2)
    return net.graph(net.fc(net.mean(x), classes))


def transformer(
    tokens: int = 128,
    *,
    hidden: int = 256,
    heads: int = 4,
    layers: int = 4,
    vocabulary: int = 1000,
    **bits: int,
) -> Graph:
    """Return an encoder with pre-norm attention and SiLU between its two wide layers."""
    net = Net((1, tokens), **bits)
    net.shapes["table"] = [vocabulary, hidden]
    x = net.op("embedding", ["input", "table"], [1, tokens, hidden])
    inner = hidden // heads
    for _ in range(layers):
        y = net.same("norm", x)
        query, key, value = (net.dense(y, hidden) for _ in range(3))
        query = net.op("reshape", [query], [1, heads, tokens, inner])
        key = net.op("reshape", [key], [1, heads, inner, tokens])
        value = net.op("reshape", [value], [1, heads, tokens, inner])
        scores = net.op(
            "softmax",
            [net.op("matmul", [query, key], [1, heads, tokens, tokens])],
            [1, heads, tokens, tokens],
        )
        y = net.op(
            "reshape", [net.op("matmul", [scores, value], [1, heads, tokens, inner])], [1, tokens, hidden]
        )
        x = net.same("add", net.dense(y, hidden), x)
        y = net.same("swish", net.dense(net.same("norm", x), 4 * hidden))
        x = net.same("add", net.dense(y, hidden), x)
    return net.graph(net.dense(net.same("norm", x), vocabulary))


# ----------------------------------------------------------------------------------------------------------
# Drawn networks
# ----------------------------------------------------------------------------------------------------------


def _draw_vgg(rng: Any, hw: int, bits: Mapping[str, int]) -> Graph:
    depths = [int(rng.integers(1, 4)) for _ in range(5)]
    width = float(rng.uniform(0.25, 1.0))
    return vgg(hw, width=width, depths=depths, bn=bool(rng.integers(2)), hidden=2048, **bits)


def _draw_resnet(rng: Any, hw: int, bits: Mapping[str, int]) -> Graph:
    depths = [int(rng.integers(1, 5)) for _ in range(4)]
    width = float(rng.uniform(0.4, 1.25))
    return resnet(hw, width=width, depths=depths, bottleneck=bool(rng.integers(2)), **bits)


def _draw_mobilenet(rng: Any, hw: int, bits: Mapping[str, int]) -> Graph:
    width, depth = float(rng.uniform(0.4, 1.4)), float(rng.uniform(0.6, 1.4))
    return mobilenet_v2(hw, width=width, depth=depth, w_bits=bits["w_bits"], a_bits=bits["a_bits"])


def _draw_densenet(rng: Any, hw: int, bits: Mapping[str, int]) -> Graph:
    depths = [int(rng.integers(2, 7)) for _ in range(4)]
    return densenet(hw, growth=8 * int(rng.integers(1, 5)), depths=depths, **bits)


def _draw_transformer(rng: Any, hw: int, bits: Mapping[str, int]) -> Graph:
    heads = int(rng.choice([2, 4, 8]))
    return transformer(
        hw, hidden=heads * int(rng.choice([32, 64])), heads=heads, layers=int(rng.integers(2, 7)), **bits
    )


_DRAWS: Mapping[str, Callable[[Any, int, Mapping[str, int]], Graph]] = {
    "vgg": _draw_vgg,
    "resnet": _draw_resnet,
    "mobilenet": _draw_mobilenet,
    "densenet": _draw_densenet,
    "transformer": _draw_transformer,
}
FAMILIES = ("mobilenet", "resnet", "vgg")
"""Families that a profile is checked on by default."""


def draw_network(
    seed: int, number: int, *, families: Sequence[str] = FAMILIES, w_bits: int = 32, a_bits: int = 32
) -> Graph:
    """Return a network of random width, depth and input (96 to 224).

    Parameters
    ----------
    seed, number : int
        Which one; the families take turns.
    families : sequence of str
        Of ``vgg``, ``resnet``, ``mobilenet``, ``densenet`` and ``transformer``.
    w_bits, a_bits : int
        Bits of weights and activations.

    Returns
    -------
    dict
        A graph description (docs/inference.md).
    """
    from numpy.random import default_rng

    rng = default_rng([seed, number])
    hw = 32 * int(rng.integers(3, 8))
    return _DRAWS[families[number % len(families)]](rng, hw, {"w_bits": w_bits, "a_bits": a_bits})
