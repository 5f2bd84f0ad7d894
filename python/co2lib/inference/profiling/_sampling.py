# SPDX-License-Identifier: MIT
"""Which configurations of a kernel are measured: drawn like the layers of common vision models, then refined.

1. Values are drawn from histograms (40 bins, inverse cumulative) of the layers in `data/layers.json`, which
   `tools/layer_priors.py` makes, and snapped to the sizes that networks have (docs/profiling.md, "What is
   sampled", has the lists).
2. Half of the draws (ours) take one layer of the list with its channels scaled by 0.6 to 1.67, so that sizes
   that occur together are measured together; the others draw each value on its own.
3. Channels are multiples of 8, 16 or 32 in four of five draws (ours): 19 of 20 layers of the list have such,
   and runtimes take other algorithms for them. The others stay as they were drawn.
4. One convolution of ten has no padding (ours), the others keep sizes, as most layers do.
5. No configuration has more operations than a limit (ours): independent draws make layers that no network
   has.
6. Refinement takes neighbours of test points whose error is large: other channels, the rest unchanged. Three
   of four neighbours of a multiple of 8 are multiples of 8 (ours).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from math import exp, floor, log
from typing import Any

from co2lib._errors import BadValueError, NotFoundError

Config = dict[str, Any]

KERNELS = (
    "conv-bn-relu",
    "dwconv-bn-relu",
    "fc",
    "maxpool",
    "avgpool",
    "global-avgpool",
    "bn",
    "bnrelu",
    "relu",
    "hswish",
    "swish",
    "sigmoid",
    "se",
    "split",
    "channelshuffle",
    "add",
    "addrelu",
    "mul",
    "concat",
    "matmul",
    "norm",
    "softmax",
    "embedding",
)
"""Kernels that can be sampled."""

FULL_COUNTS = {"conv-bn-relu": 10_000, "dwconv-bn-relu": 5_000}
FULL_COUNT = 3_000
MAX_MACS = 4e9

_HW_CONV = (1, 3, 7, 8, 13, 14, 27, 28, 32, 56, 112, 224)
_HW_DW = (1, 3, 7, 14, 28, 56, 112, 224)
_HW_POOL = (14, 28, 56, 112, 224)
_HW_CONCAT = (7, 14, 28, 56)
_FREQUENT = {"hw": (28, 56, 112), "k": (5, 7), "s": (1, 2)}
_UNITS = (32, 16, 8, 1)
_UNIT_SHARES = (0.3, 0.3, 0.2, 0.2)
_UNPADDED = 0.1
_EVEN = frozenset({"split", "se", "channelshuffle"})
_TOKENS = frozenset({"norm", "softmax", "sigmoid", "swish", "mul", "add"})
"""Kernels of which half of the samples are tokens; swish and add are ours: transformers have them."""


def counts(level: str) -> Callable[[str], int]:
    """Return how many configurations of a kernel a level begins with.

    Parameters
    ----------
    level : str
        ``smoke``: 40; ``quick``: 5 % of the full size; ``full``.

    Raises
    ------
    co2lib.Error
        ``inference.out_of_range``.
    """
    if level not in ("smoke", "quick", "full"):
        raise BadValueError(
            "inference.out_of_range", f"level: {level!r} is not one; known: smoke, quick, full"
        )

    def count(kernel: str) -> int:
        full = FULL_COUNTS.get(kernel, FULL_COUNT)
        return {"smoke": 40, "quick": full // 20, "full": full}[level]

    return count


class Prior:
    """Layers of common vision models, by kind; each row is hw, cin, cout, k, s and how often it occurs."""

    def __init__(self, rows: Mapping[str, Sequence[Sequence[int]]] | None = None) -> None:
        import numpy as np

        if rows is None:
            text = files("co2lib.inference.profiling").joinpath("data/layers.json").read_text("utf-8")
            rows = json.loads(text)["layers"]
        self._np = np
        self._rows = {kind: np.asarray(table, dtype=float) for kind, table in rows.items()}

    def row(self, kind: str, rng: Any) -> tuple[int, int, int, int, int]:
        """Draw one layer."""
        table = self._rows[kind]
        weights = table[:, 5] / table[:, 5].sum()
        hw, cin, cout, k, s = table[rng.choice(len(table), p=weights), :5]
        return int(hw), int(cin), int(cout), int(k), int(s)

    def value(self, kind: str, column: int, rng: Any) -> float:
        """Draw one value of its histogram."""
        np, table = self._np, self._rows[kind]
        heights, edges = np.histogram(table[:, column], bins=40, weights=table[:, 5])
        cumulative = np.concatenate([[0.0], np.cumsum(heights) / heights.sum()])
        return float(np.interp(rng.random(), cumulative, edges))


def snap(value: float, allowed: Sequence[int]) -> int:
    """Return the nearest of the sizes, the smaller one of two as near."""
    return min(allowed, key=lambda each: (abs(each - value), each))


def sample(
    kernel: str,
    count: int,
    seed: int,
    *,
    bits: Mapping[str, int] | None = None,
    prior: Prior | None = None,
    max_macs: float = MAX_MACS,
) -> list[Config]:
    """Draw different configurations of a kernel.

    Parameters
    ----------
    kernel : str
        One of `KERNELS`.
    count : int
        How many; fewer where there are no more.
    seed : int
        The same seed draws the same.
    bits : mapping, optional
        ``w_bits`` and ``a_bits`` of all of them.
    prior : Prior, optional
        Default: the list of the package.
    max_macs : float
        Limit of multiplications and additions of one configuration.

    Raises
    ------
    co2lib.Error
        ``inference.unknown_kernel``.
    """
    from numpy.random import default_rng

    if kernel not in KERNELS:
        raise NotFoundError(
            "inference.unknown_kernel",
            f"kernels: {kernel!r} cannot be sampled; known: {', '.join(KERNELS)}",
            {"known": list(KERNELS)},
        )
    prior = prior if prior is not None else Prior()
    rng = default_rng([seed, KERNELS.index(kernel)])
    found: dict[str, Config] = {}
    for _ in range(50 * count):
        if len(found) >= count:
            break
        config = {"kernel": kernel} | _draw(kernel, rng, prior) | dict(bits or {})
        if macs(config) <= max_macs:
            found.setdefault(key(config), config)
    return list(found.values())


def key(config: Config) -> str:
    """Return a text that equal configurations share."""
    return json.dumps(config, sort_keys=True, separators=(",", ":"))


def macs(config: Config) -> float:
    """Return about how many multiplications and additions a configuration has."""
    if config["kernel"] == "matmul":
        return float(config.get("m", 1) * config.get("k", 1) * config.get("n", 1) * config.get("heads", 1))
    area = (config.get("h", 1) / config.get("s", 1)) ** 2
    if config["kernel"] == "conv-bn-relu":
        return float(area * config["cin"] * config["cout"] * config.get("k", 1) ** 2)
    if config["kernel"] == "fc":
        return float(config.get("cin", 1) * config.get("cout", 1))
    if config["kernel"] == "embedding":
        return float(config["m"] * config["n"])
    channels = sum(config["cins"]) if "cins" in config else config.get("cin", 1)
    return float(config.get("h", 1) * config.get("w", config.get("h", 1)) * channels)


def _near(value: int, rng: Any) -> int:
    """Return a number in [floor(0.5 c), floor(1.2 c)); three of four near a multiple of 8 are one."""
    low, high = max(1, floor(0.5 * value)), max(2, floor(1.2 * value))
    drawn = int(rng.integers(low, max(high, low + 1)))
    if value % 8 or rng.random() >= 0.75:
        return drawn
    below = drawn // 8 * 8
    return below if below >= low else below + 8


def _wider(value: int, rng: Any, least: int = 1) -> int:
    """Return a number around another, from 0.6 to 1.67 times as large."""
    return max(least, round(value * exp(rng.uniform(log(0.6), -log(0.6)))))


def _rounded(value: int, rng: Any) -> int:
    """Return a number of channels as networks have them: mostly a multiple of 32, 16 or 8."""
    unit = int(rng.choice(_UNITS, p=_UNIT_SHARES))
    while unit > max(1, value):
        unit //= 2
    return max(1, round(value / unit)) * unit


def _padding(hw: int, k: int, rng: Any) -> int:
    return 0 if rng.random() < _UNPADDED and k <= hw else k // 2


def _log_uniform(low: float, high: float, rng: Any) -> int:
    return round(exp(rng.uniform(log(low), log(high))))


def _draw(kernel: str, rng: Any, prior: Prior) -> Config:
    if kernel == "conv-bn-relu":
        return _draw_conv(rng, prior)
    if kernel == "dwconv-bn-relu":
        return _draw_depthwise(rng, prior)
    if kernel == "fc":
        return _draw_fc(rng, prior)
    if kernel in ("maxpool", "avgpool"):
        return _draw_pool(rng, prior)
    if kernel == "concat":
        branches = int(rng.choice([2, 3, 4], p=[0.4, 0.2, 0.4]))
        channels = [_rounded(max(1, round(prior.value("concat", 1, rng))), rng) for _ in range(branches)]
        return {"h": int(rng.choice(_HW_CONCAT)), "cins": channels}
    if kernel == "matmul":
        config = {
            "m": _log_uniform(1, 1024, rng),
            "k": _log_uniform(32, 8192, rng),
            "n": _log_uniform(32, 8192, rng),
        }
        heads = _log_uniform(1, 16, rng) if rng.random() < 0.5 else 1
        return config | ({"heads": heads} if heads > 1 else {})
    if kernel == "embedding":
        return {"m": _log_uniform(1, 1024, rng), "n": _log_uniform(64, 4096, rng)}
    if kernel in _TOKENS and rng.random() < 0.5:
        return {"h": _log_uniform(1, 1024, rng), "w": 1, "cin": _log_uniform(32, 8192, rng)}
    return _draw_plain(kernel, rng, prior)


def _draw_conv(rng: Any, prior: Prior) -> Config:
    if rng.random() < 0.5:
        hw, cin, cout, k, s = prior.row("conv", rng)
        cin = cin if cin <= 3 else _wider(cin, rng)
        cout = _wider(cout, rng)
    else:
        hw, k, s = (
            snap(prior.value("conv", 0, rng), _HW_CONV),
            snap(prior.value("conv", 3, rng), (1, 3, 5, 7)),
            snap(prior.value("conv", 4, rng), (1, 2, 4)),
        )
        if rng.random() < 0.3:
            hw, k, s = (int(rng.choice(_FREQUENT[name])) for name in ("hw", "k", "s"))
        cin, cout = (max(1, round(prior.value("conv", column, rng))) for column in (1, 2))
    cin, cout = _rounded(cin, rng) if cin > 3 else cin, _rounded(cout, rng)
    return {"h": hw, "cin": cin, "cout": cout, "k": k, "s": s, "pad": _padding(hw, k, rng)}


def _draw_depthwise(rng: Any, prior: Prior) -> Config:
    if rng.random() < 0.5:
        hw, cin, _, k, s = prior.row("dwconv", rng)
        cin = _wider(cin, rng, 2)
    else:
        hw, k, s = (
            snap(prior.value("dwconv", 0, rng), _HW_DW),
            snap(prior.value("dwconv", 3, rng), (3, 5, 7)),
            snap(prior.value("dwconv", 4, rng), (1, 2)),
        )
        if rng.random() < 0.2:
            hw, k, s = (int(rng.choice(_FREQUENT[name])) for name in ("hw", "k", "s"))
        cin = max(2, round(prior.value("dwconv", 1, rng)))
    cin = _rounded(cin, rng)
    pad = _padding(hw, k, rng)
    return {"h": hw, "cin": cin, "cout": cin, "groups": cin, "k": k, "s": s, "pad": pad}


def _draw_fc(rng: Any, prior: Prior) -> Config:
    if rng.random() < 0.5:
        _, cin, cout, _, _ = prior.row("fc", rng)
        cin, cout = _wider(cin, rng), _wider(cout, rng)
    else:
        cin, cout = (max(1, round(prior.value("fc", column, rng))) for column in (1, 2))
    return {"cin": _rounded(cin, rng), "cout": 1000 if rng.random() < 0.5 else _rounded(cout, rng)}


def _draw_pool(rng: Any, prior: Prior) -> Config:
    cin = _rounded(max(1, round(prior.value("pool", 1, rng))), rng)
    config = {"h": int(rng.choice(_HW_POOL)), "cin": cin, "k": int(rng.choice([2, 3]))}
    return config | {"s": int(rng.choice([1, 2]))}


def _draw_plain(kernel: str, rng: Any, prior: Prior) -> Config:
    if rng.random() < 0.5:
        hw, cin, _, _, _ = prior.row("plain", rng)
        cin = _wider(cin, rng, 2)
    else:
        hw = snap(prior.value("plain", 0, rng), _HW_DW)
        if rng.random() < 0.2:
            hw = int(rng.choice(_FREQUENT["hw"]))
        cin = max(2, round(prior.value("plain", 1, rng)))
    cin = _rounded(cin, rng)
    if kernel in _EVEN:
        cin += cin % 2
    return {"h": hw, "cin": cin}


def neighbours(config: Config, count: int, rng: Any, *, max_macs: float = MAX_MACS) -> list[Config]:
    """Return configurations with other channels: CIN and COUT in [floor(0.5 c), floor(1.2 c)).

    Parameters
    ----------
    config : dict
        A configuration; what is not a number of channels stays.
    count : int
        How many at most; none twice.
    rng : numpy.random.Generator
        Draws them.
    max_macs : float
        As of `sample`.
    """
    kernel = config["kernel"]
    names = ("k", "n") if kernel == "matmul" else ("n",) if kernel == "embedding" else ("cin", "cout")
    found: dict[str, Config] = {}
    for _ in range(10 * count):
        if len(found) >= count:
            break
        made = dict(config)
        if kernel == "concat":
            made["cins"] = [_near(each, rng) for each in config["cins"]]
        for name in names:
            if name in config:
                made[name] = _near(config[name], rng)
        if kernel == "dwconv-bn-relu":
            made["cout"] = made["groups"] = made["cin"] = max(2, made["cin"])
        if kernel in _EVEN:
            made["cin"] += made["cin"] % 2
        if macs(made) <= max_macs:
            found.setdefault(key(made), made)
    return list(found.values())
