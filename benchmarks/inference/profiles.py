# SPDX-License-Identifier: MIT
"""Profiles this machine's processor with PyTorch in float32 and int8; predicts networks that it has not seen.

The networks are plain PyTorch modules, read by `co2lib.inference.graph` and measured as they are; int8 ones
are made by PyTorch's static quantisation (torch.ao, FX). Prints the table and, with --write, puts it into
docs/profiling.md. One thread. On a busy machine, `chrt -r 1` before it keeps other programs away.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import torch  # noqa: E402
from page import machine, table, write_measured  # noqa: E402
from torch import nn  # noqa: E402

from co2lib import inference  # noqa: E402
from co2lib.inference.profiling import Plan  # noqa: E402
from co2lib.inference.profiling._windows import Windows  # noqa: E402

PLAN = Plan(windows=3, window_s=0.01, pause_s=0.02)
SAMPLES = {"conv-bn-relu": 200, "dwconv-bn-relu": 80, "fc": 30, "matmul": 60}
OTHERS = 20
KERNELS = {
    "fp32": """fc matmul maxpool avgpool global-avgpool bn relu swish add concat norm softmax embedding
    dwconv-bn-relu conv-bn-relu""",
    "int8": """fc maxpool avgpool global-avgpool bn bnrelu relu add addrelu concat dwconv-bn-relu
    conv-bn-relu""",
}


def conv(cin: int, cout: int, k: int = 3, s: int = 1, *, groups: int = 1, act: bool = True) -> Any:
    layers = [nn.Conv2d(cin, cout, k, s, k // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]
    return nn.Sequential(*layers, *([nn.ReLU()] if act else []))


class Basic(nn.Module):
    """Two convolutions around a short cut."""

    def __init__(self, cin: int, cout: int, s: int) -> None:
        super().__init__()
        self.one, self.two = conv(cin, cout, 3, s), conv(cout, cout, act=False)
        self.short = conv(cin, cout, 1, s, act=False) if s != 1 or cin != cout else nn.Identity()
        self.relu = nn.ReLU()

    def forward(self, x: Any) -> Any:
        return self.relu(self.two(self.one(x)) + self.short(x))


class Bottleneck(nn.Module):
    """Three convolutions around a short cut."""

    def __init__(self, cin: int, inner: int, s: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(cin, inner, 1), conv(inner, inner, 3, s), conv(inner, 4 * inner, 1, act=False)
        )
        self.short = conv(cin, 4 * inner, 1, s, act=False)
        self.relu = nn.ReLU()

    def forward(self, x: Any) -> Any:
        return self.relu(self.body(x) + self.short(x))


class Inverted(nn.Module):
    """A depthwise convolution between two that widen and narrow."""

    def __init__(self, cin: int, cout: int, s: int, expansion: int) -> None:
        super().__init__()
        inner = cin * expansion
        self.body = nn.Sequential(
            conv(cin, inner, 1), conv(inner, inner, 3, s, groups=inner), conv(inner, cout, 1, act=False)
        )
        self.add = s == 1 and cin == cout

    def forward(self, x: Any) -> Any:
        return self.body(x) + x if self.add else self.body(x)


class DenseLayer(nn.Module):
    """Its input beside what it makes of it."""

    def __init__(self, cin: int, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(cin),
            nn.ReLU(),
            conv(cin, 4 * growth, 1),
            nn.Conv2d(4 * growth, growth, 3, padding=1),
        )

    def forward(self, x: Any) -> Any:
        return torch.cat([x, self.body(x)], 1)


class Encoder(nn.Module):
    """A layer of a transformer."""

    def __init__(self, hidden: int, heads: int, tokens: int) -> None:
        super().__init__()
        self.heads, self.hidden, self.tokens = heads, hidden, tokens
        self.norm1, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.query, self.key, self.value, self.out = (nn.Linear(hidden, hidden) for _ in range(4))
        self.up, self.down, self.act = nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden), nn.SiLU()

    def split(self, x: Any) -> Any:
        return x.reshape(1, self.tokens, self.heads, self.hidden // self.heads).transpose(1, 2)

    def forward(self, x: Any) -> Any:
        y = self.norm1(x)
        query, key, value = self.split(self.query(y)), self.split(self.key(y)), self.split(self.value(y))
        weights = torch.softmax(torch.matmul(query, key.transpose(2, 3)), -1)
        y = torch.matmul(weights, value).transpose(1, 2).reshape(1, self.tokens, self.hidden)
        x = x + self.out(y)
        return x + self.down(self.act(self.up(self.norm2(x))))


def head(channels: int, classes: int = 200) -> list[Any]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]


def vgg(widths: tuple[int, ...], depths: tuple[int, ...], hw: int) -> Any:
    layers, cin = [], 3
    for width, depth in zip(widths, depths, strict=True):
        for _ in range(depth):
            layers.append(conv(cin, width))
            cin = width
        layers.append(nn.MaxPool2d(2))
    flat = cin * (hw // 2 ** len(widths)) ** 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat, 512), nn.ReLU(), nn.Linear(512, 200))


def resnet(block: Any, widths: tuple[int, ...], depths: tuple[int, ...]) -> Any:
    layers, cin = [conv(3, widths[0], 7, 2), nn.MaxPool2d(3, 2, 1)], widths[0]
    for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        for number in range(depth):
            layers.append(block(cin, width, 2 if stage and not number else 1))
            cin = 4 * width if block is Bottleneck else width
    return nn.Sequential(*layers, *head(cin))


def mobilenet(width: float, repeats: tuple[int, ...]) -> Any:
    def even(channels: int) -> int:
        return max(8, int(channels * width / 8 + 0.5) * 8)

    cin = even(32)
    layers = [conv(3, cin, 3, 2)]
    for (channels, stride), count in zip(
        ((24, 2), (40, 2), (80, 2), (112, 1), (192, 2)), repeats, strict=True
    ):
        for number in range(count):
            layers.append(Inverted(cin, even(channels), stride if not number else 1, 6))
            cin = even(channels)
    return nn.Sequential(*layers, conv(cin, 4 * cin, 1), *head(4 * cin))


def densenet(growth: int, depths: tuple[int, ...]) -> Any:
    cin = 2 * growth
    layers = [conv(3, cin, 7, 2), nn.MaxPool2d(3, 2, 1)]
    for number, depth in enumerate(depths):
        for _ in range(depth):
            layers.append(DenseLayer(cin, growth))
            cin += growth
        if number + 1 < len(depths):
            layers += [conv(cin, cin // 2, 1), nn.AvgPool2d(2)]
            cin //= 2
    return nn.Sequential(*layers, *head(cin))


def transformer(tokens: int, hidden: int, heads: int, layers: int) -> Any:
    blocks = [Encoder(hidden, heads, tokens) for _ in range(layers)]
    return nn.Sequential(nn.Embedding(1000, hidden), *blocks, nn.LayerNorm(hidden), nn.Linear(hidden, 1000))


NETWORKS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "VGG-like, 5 convolutions": (lambda: vgg((24, 48, 96, 128), (1, 1, 1, 2), 96), (1, 3, 96, 96)),
    "VGG-like, 8 convolutions": (lambda: vgg((32, 64, 128), (2, 3, 3), 64), (1, 3, 64, 64)),
    "ResNet-like, basic": (lambda: resnet(Basic, (32, 64, 128, 256), (2, 2, 2, 2)), (1, 3, 128, 128)),
    "ResNet-like, narrow and deep": (lambda: resnet(Basic, (24, 48, 96), (3, 4, 5)), (1, 3, 160, 160)),
    "ResNet-like, bottleneck": (lambda: resnet(Bottleneck, (32, 64, 128), (2, 3, 2)), (1, 3, 128, 128)),
    "MobileNet-like": (lambda: mobilenet(0.75, (2, 2, 3, 2, 2)), (1, 3, 128, 128)),
    "MobileNet-like, wide": (lambda: mobilenet(1.2, (1, 2, 2, 2, 1)), (1, 3, 160, 160)),
    "DenseNet-like": (lambda: densenet(16, (4, 6, 6)), (1, 3, 96, 96)),
    "DenseNet-like, wide": (lambda: densenet(24, (3, 4, 5)), (1, 3, 128, 128)),
    "transformer-like, 3 layers": (lambda: transformer(96, 192, 4, 3), (1, 96)),
    "transformer-like, 2 layers": (lambda: transformer(160, 256, 8, 2), (1, 160)),
}


def quantised(model: Any, example: Any) -> Any:
    """Return what PyTorch's static quantisation makes of a model."""
    from torch.ao.quantization import get_default_qconfig_mapping
    from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx

    prepared = prepare_fx(model, get_default_qconfig_mapping("x86"), (example,))
    prepared(example)
    return convert_fx(prepared)


def measured_kernels(windows: Windows, runners: dict[str, Any], predicted: Any) -> float | None:
    """Return the sum of a network's kernels, each measured alone, in s."""
    known: dict[Any, float] = {}
    total = 0.0
    for kernel in predicted.kernels:
        if kernel.config not in known:
            runner = runners.get(inference.precision_of(kernel.config).name)
            if runner is None:
                return None
            known[kernel.config] = windows.measure(runner(kernel.config)).latency_us * 1e-6
        total += known[kernel.config]
    return total


def rows_of(device: Any, precision: str, runners: dict[str, Any]) -> list[dict[str, Any]]:
    """Predict and measure every network."""
    rows = []
    whole = Plan(windows=5, window_s=0.1, pause_s=0.1)
    with Windows(whole, {}) as windows, Windows(PLAN, {}) as short, torch.inference_mode():
        for name, (build, shape) in NETWORKS.items():
            torch.manual_seed(3)
            model = build().eval()
            example = torch.zeros(shape, dtype=torch.int64) if len(shape) == 2 else torch.rand(shape)
            if precision == "int8":
                if len(shape) == 2:
                    continue  # torch.ao leaves half of a transformer in float32: no int8 network
                model = quantised(model, example)
            predicted = device.predict(inference.graph(model, shape))
            found = windows.measure(lambda model=model, example=example: model(example))
            summed = measured_kernels(short, runners, predicted)
            latency = predicted.latency
            rows.append(
                {
                    "name": name,
                    "kernels": len(predicted.kernels),
                    "predicted": latency.seconds,
                    "low": latency.interval.low,
                    "high": latency.interval.high,
                    "measured": found.latency_us * 1e-6,
                    "cv": found.cv,
                    "summed": summed,
                }
            )
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


def shown(precision: str, rows: list[dict[str, Any]]) -> str:
    """Return the table of one precision and what it comes to."""
    lines = []
    for row in rows:
        error = row["predicted"] / row["measured"] - 1
        summed = "" if row["summed"] is None else f"{100 * (row['summed'] / row['measured'] - 1):+.1f} %"
        interval = f"{1e3 * row['low']:.2f} to {1e3 * row['high']:.2f}"
        lines.append(
            [
                row["name"],
                str(row["kernels"]),
                f"{1e3 * row['measured']:.2f}",
                f"{1e3 * row['predicted']:.2f}",
                interval,
                f"{100 * error:+.1f} %",
                summed,
            ]
        )
    errors = [abs(row["predicted"] / row["measured"] - 1) for row in rows]
    sums = [abs(row["summed"] / row["measured"] - 1) for row in rows if row["summed"] is not None]
    inside = sum(row["low"] <= row["measured"] <= row["high"] for row in rows)
    header = [
        "network",
        "kernels",
        "measured, ms",
        "predicted, ms",
        "90 % interval",
        "error",
        "kernels alone",
    ]
    text = (
        f"**{precision}**: {sum(e <= 0.10 for e in errors)} of {len(rows)} networks within 10 % (target: "
        f"90 %), "
        f"mean absolute error {100 * statistics.fmean(errors):.1f} %, worst {100 * max(errors):.1f} %; the "
        f"interval held {inside} of {len(rows)}. The same kernels measured one by one and added are off by "
        f"{100 * statistics.fmean(sums):.1f} % on average."
    )
    return f"{text}\n\n{table(header, lines)}"


def main() -> None:
    """Measure, print and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/profiling.md")
    parser.add_argument("--folder", help="of the profile; one that was interrupted goes on")
    parser.add_argument("--minutes", type=float, default=5.0, help="of kernels, for each precision")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    about, begin = machine(), time.monotonic()
    folder = given.folder or tempfile.mkdtemp()
    runners = {precision: inference.TorchRunner(precision) for precision in KERNELS}
    parts = []
    for precision, runner in runners.items():
        kernels = KERNELS[precision].split()
        device = inference.profile(
            runner,
            folder,
            kernels=kernels,
            samples={kernel: SAMPLES.get(kernel, OTHERS) for kernel in kernels},
            windows=PLAN,
            max_s=60 * given.minutes,
            max_macs=2e8,
            families=("mobilenet", "resnet", "vgg", "densenet"),
            networks=0,
        )
        parts.append(shown(precision, rows_of(device, precision, runners)))
    minutes = (time.monotonic() - begin) / 60
    alone = os.sched_getscheduler(0) == os.SCHED_RR
    busy = (
        f"; load {os.getloadavg()[0]:.1f} at the end{', run before all other programs (chrt -r 1)' * alone}"
    )
    text = f"{about}{busy}; PyTorch {torch.__version__}, one thread; {minutes:.0f} minutes in all.\n\n"
    text += "\n\n".join(parts)
    print(text)
    if given.write:
        write_measured(ROOT / "docs/profiling.md", text)


if __name__ == "__main__":
    main()
