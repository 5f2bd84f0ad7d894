# SPDX-License-Identifier: MIT
"""Does the index know what a retraining will cost? Hundreds of metered retrainings on scikit-learn's digits.

    python examples/python/preindex_study.py --out study            # all of it, one core
    python examples/python/preindex_study.py --quick --out study    # seconds; proves nothing
    python examples/python/preindex_study.py --from study/runs.csv --out again    # evaluate stored runs

Writes runs.csv (a row per retraining), results.json (correlations, forecast backtest) and, with altair and
vl-convert-python, preindex.svg and resque.svg. Levels, seeds, stopping rule and statistics were fixed before
any run; docs/preindex.md, "Validation study", says what came out.
"""

from __future__ import annotations

import argparse
import copy
import csv
import dataclasses
import importlib.util
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import co2lib
from co2lib import numeric, preindex

CLASSES = 10
LEVELS = {
    "gauss": (0.08, 0.14, 0.20, 0.26, 0.32),
    "salt_pepper": (0.02, 0.05, 0.08, 0.12, 0.16),
    "blur": (0.5, 0.7, 0.9, 1.1, 1.3),
    "shot": (0.1, 0.2, 0.3, 0.45, 0.6),
    "impulse": (0.04, 0.08, 0.12, 0.16, 0.20),
}
BASE_EPOCHS, BASE_BATCH, BASE_RATE = 40, 32, 1e-3
BATCH, RATE, CHECKS, TARGET, MOST_EPOCHS = 64, 5e-4, 4, 0.99, 120

PREDICTORS = ("preindex", "p", "inv_ari", "resque", "error")
COSTS = ("epochs", "energy_kwh", "gradient_norm", "parameter_change")
STATISTICS: dict[str, Callable[..., float | None]] = {
    "pearson": numeric.pearson,
    "spearman": numeric.spearman,
    "kendall": numeric.kendall_tau_b,
}


# ----------------------------------------------------------------------------------------------------------
# Data and models
# ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Digits:
    """Images in [0, 1], (N, 1, 8, 8); a third of each class is kept for testing."""

    images: Tensor
    labels: Tensor
    train: Tensor
    test: Tensor


def digits(seed: int) -> Digits:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    train, test = train_test_split(
        np.arange(len(labels)), test_size=1 / 3, stratify=labels, random_state=seed
    )
    x = torch.from_numpy((images / 16).astype(np.float32)).view(-1, 1, 8, 8)
    return Digits(x, torch.from_numpy(labels), torch.from_numpy(train), torch.from_numpy(test))


def corrupted(images: Tensor, name: str, level: float, seed: int) -> Tensor:
    """Every image once; impulse only darkens, as in the published chain."""
    how: dict[str, bool] = {"wrap_u8": True} if name == "impulse" else {"quantise": False}
    rows = [
        preindex.corrupt(x, name, level, seed=seed, item=item, **how) for item, x in enumerate(images.numpy())
    ]
    return torch.from_numpy(np.stack(rows))


class MLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(64, 128), nn.Linear(128, 128)
        self.head = nn.Linear(128, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.linear1(x.flatten(1)))
        return self.head(torch.relu(self.linear2(x)))


class CNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(64, 64, 3, stride=2, padding=1)
        self.linear = nn.Linear(256, 64)
        self.head = nn.Linear(64, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        for layer in (self.conv1, self.conv2, self.conv3):
            x = torch.relu(layer(x))
        return self.head(torch.relu(self.linear(x.flatten(1))))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp1, self.mlp2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(n, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + self.out(mixed.transpose(1, 2).reshape(n, tokens, width))
        return x + self.mlp2(nn.functional.gelu(self.mlp1(self.norm2(x))))


class ViT(nn.Module):
    """Patches of 2 x 2, the mean over the tokens is classified."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Linear(4, 32)
        self.position = nn.Parameter(0.02 * torch.randn(16, 32))
        self.blocks = nn.Sequential(Block(32, 4, 64), Block(32, 4, 64))
        self.norm = nn.LayerNorm(32)
        self.head = nn.Linear(32, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        patches = x.view(-1, 4, 2, 4, 2).transpose(2, 3).reshape(-1, 16, 4)
        x = self.blocks(self.patch(patches) + self.position)
        return self.head(self.norm(x).mean(1))


MODELS: dict[str, tuple[type[nn.Module], str, str]] = {
    "mlp": (MLP, "cnn", "linear2"),
    "cnn": (CNN, "cnn", "conv3"),
    "vit": (ViT, "vit", "blocks.1.mlp2"),
}
"""Class, mode of the index, layer that is clustered."""


# ----------------------------------------------------------------------------------------------------------
# Training
# ----------------------------------------------------------------------------------------------------------
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    with torch.no_grad():
        return float((model(x).argmax(1) == y).double().mean())


def knows(model: nn.Module, x: Tensor, y: Tensor) -> bool:
    """Whether the accuracy reaches the target; stops counting at the first mistake too many."""
    allowed = int((1 - TARGET) * len(y) + 1e-9)
    wrong = 0
    with torch.no_grad():
        for part in torch.arange(len(y)).split(128):
            wrong += int((model(x[part]).argmax(1) != y[part]).sum())
            if wrong > allowed:
                return False
    return True


def train_base(model: nn.Module, x: Tensor, y: Tensor, epochs: int, seed: int) -> None:
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), BASE_RATE, fused=True)
    for _ in range(epochs):
        for chosen in torch.randperm(len(y), generator=order).split(BASE_BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[chosen]), y[chosen]).backward()
            optimizer.step()


def retrain(base: nn.Module, x: Tensor, y: Tensor, seed: int, metered: dict[str, Any]) -> dict[str, Any]:
    """Retrain a copy until it knows the shifted training part; return what that cost.

    Counted are the regions ``train``: the checks between them are outside. The gradient norm is the sum over
    the mini-batches of the norm of the whole gradient, divided by the number of mini-batches per epoch.
    """
    model = copy.deepcopy(base)
    parameters = list(model.parameters())
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(parameters, RATE, fused=True)
    batches = -(-len(y) // BATCH)
    ends = [-(-batches * part // CHECKS) for part in range(CHECKS + 1)]
    norm = torch.zeros(())
    quarters = 0
    reached = False
    with co2lib.track(**metered) as run:
        while not reached and quarters < MOST_EPOCHS * CHECKS:
            part = quarters % CHECKS
            if part == 0:
                chosen = torch.randperm(len(y), generator=order).split(BATCH)
            with run.region("train", marker=True):
                for index in chosen[ends[part] : ends[part + 1]]:
                    optimizer.zero_grad()
                    nn.functional.cross_entropy(model(x[index]), y[index]).backward()
                    norm += nn.utils.get_total_norm([w.grad for w in parameters if w.grad is not None])
                    optimizer.step()
            quarters += 1
            reached = knows(model, x, y)
    footprint = run.footprint
    region = footprint.regions["train"]
    energy = region.inclusive
    price = footprint.carbon_intensity
    moved = sum(
        float((a - b).detach().square().sum()) for a, b in zip(parameters, base.parameters(), strict=True)
    )
    return {
        "epochs": quarters / CHECKS,
        "reached": reached,
        "energy_kwh": energy.value.kwh,
        "energy_low_kwh": energy.interval.low.kwh,
        "energy_high_kwh": energy.interval.high.kwh,
        "gco2e": (energy.value * price).grams,
        "train_s": region.duration_s,
        "gradient_norm": float(norm) / batches,
        "parameter_change": moved**0.5,
        "provider": "+".join(sorted({device.provider for device in footprint.devices})),
        "method": "+".join(sorted(footprint.method)),
        "issues": "+".join(sorted({issue.code for issue in footprint.issues})),
    }


# ----------------------------------------------------------------------------------------------------------
# The indices
# ----------------------------------------------------------------------------------------------------------
def embedding_of(model: nn.Module, layer: str, x: Tensor) -> np.ndarray:
    seen: list[Tensor] = []
    hook = model.get_submodule(layer).register_forward_hook(lambda _m, _x, output: seen.append(output))
    try:
        with torch.no_grad():
            model(x)
    finally:
        hook.remove()
    return seen[0].numpy()


def indices(name: str, model: nn.Module, clean: Tensor, shifted: Tensor, labels: Tensor) -> dict[str, float]:
    """PreIndex with its parts, and RESQUE's shift index of the same layer, from forward passes alone."""
    _, mode, layer = MODELS[name]
    estimate = preindex.PreIndex(model, CLASSES, mode=mode, embedding=layer, threads=1)
    for part in torch.arange(len(labels)).split(256):
        estimate.update(clean[part], shifted[part], labels[part])
    result = estimate.result()
    # RESQUE takes the mean over what comes after the first axis of a sample: channels, or tokens.
    before, after = (
        preindex.sample_vectors(embedding_of(model, layer, x), convolution_1d=True) for x in (clean, shifted)
    )
    resque = preindex.resque_shift(before, labels.tolist(), after, labels.tolist())
    assert result.inv_ari is not None
    return {"preindex": result.value, "p": result.p, "inv_ari": result.inv_ari, "resque": resque.index}


# ----------------------------------------------------------------------------------------------------------
# The study
# ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Row:
    """One retraining."""

    model: str
    seed: int
    corruption: str
    level: float
    preindex: float
    p: float
    inv_ari: float
    resque: float
    error: float
    """Share of the shifted test part that is wrong before the retraining."""
    clean_accuracy: float
    epochs: float
    reached: bool
    energy_kwh: float
    energy_low_kwh: float
    energy_high_kwh: float
    gco2e: float
    train_s: float
    gradient_norm: float
    parameter_change: float
    provider: str
    method: str
    issues: str


@dataclass(frozen=True)
class Plan:
    models: tuple[str, ...]
    levels: dict[str, tuple[float, ...]]
    seeds: tuple[int, ...]
    base_epochs: int = BASE_EPOCHS
    resamples: int = 2000


def quick(plan: Plan) -> Plan:
    levels = {name: plan.levels[name][:3:2] for name in ("gauss", "blur")}
    return dataclasses.replace(
        plan, models=plan.models[:1], levels=levels, seeds=plan.seeds[:1], base_epochs=15, resamples=200
    )


def study(plan: Plan, metered: dict[str, Any]) -> Iterator[Row]:
    for seed in plan.seeds:
        data = digits(seed)
        train, labels = data.images[data.train], data.labels[data.train]
        shifts = [
            (name, level, corrupted(data.images, name, level, seed))
            for name, levels in plan.levels.items()
            for level in levels
        ]
        for model in plan.models:
            torch.manual_seed(seed)
            base = MODELS[model][0]()
            train_base(base, train, labels, plan.base_epochs, seed)
            clean = accuracy(base, data.images[data.test], data.labels[data.test])
            for name, level, shifted in shifts:
                found = indices(model, base, train, shifted[data.train], labels)
                right = accuracy(base, shifted[data.test], data.labels[data.test])
                cost = retrain(base, shifted[data.train], labels, seed, metered)
                yield Row(
                    model=model,
                    seed=seed,
                    corruption=name,
                    level=level,
                    error=1 - right,
                    clean_accuracy=clean,
                    **found,
                    **cost,
                )


# ----------------------------------------------------------------------------------------------------------
# What it says
# ----------------------------------------------------------------------------------------------------------
def settings(rows: Iterable[Row], model: str) -> list[dict[str, Any]]:
    """Indices and costs of each setting of a model, averaged over the seeds."""
    groups: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        if row.model == model:
            groups.setdefault((row.corruption, row.level), []).append(row)
    return [
        {"corruption": name, "level": level, "runs": len(group)}
        | {key: float(np.mean([getattr(row, key) for row in group])) for key in (*PREDICTORS, *COSTS)}
        for (name, level), group in groups.items()
    ]


def bootstrap(x: np.ndarray, y: np.ndarray, resamples: int) -> dict[str, Any]:
    """95 % percentile intervals over settings; resamples with a constant side are dropped and counted."""
    random = np.random.default_rng(0)
    draws = [random.integers(len(x), size=len(x)) for _ in range(resamples)]
    intervals: dict[str, Any] = {}
    for name, statistic in STATISTICS.items():
        values = [statistic(x[draw], y[draw]) for draw in draws]
        known = [value for value in values if value is not None]
        intervals[name] = [float(np.percentile(known, q)) for q in (2.5, 97.5)] if known else None
        intervals["dropped"] = resamples - len(known)
    return intervals


def correlations(rows: list[Row], resamples: int) -> list[dict[str, Any]]:
    """Of each predictor with each cost: over all settings, over those of one corruption, seed by seed."""
    entries = []
    for model in dict.fromkeys(row.model for row in rows):
        means = settings(rows, model)
        seeds = sorted({row.seed for row in rows if row.model == model})
        each = [settings([row for row in rows if row.seed == seed], model) for seed in seeds]
        for predictor in PREDICTORS:
            for cost in COSTS:
                for part in ("all", *dict.fromkeys(s["corruption"] for s in means)):
                    points = [s for s in means if part in ("all", s["corruption"])]
                    x, y = (np.array([s[key] for s in points]) for key in (predictor, cost))
                    entry: dict[str, Any] = {
                        "model": model, "predictor": predictor, "cost": cost,
                        "settings": part, "n": len(points),
                    }  # fmt: skip
                    entry |= {name: statistic(x, y) for name, statistic in STATISTICS.items()}
                    if part == "all":
                        entry["bootstrap_95"] = bootstrap(x, y, resamples)
                        entry["by_seed"] = {
                            name: [
                                statistic([s[predictor] for s in one], [s[cost] for s in one]) for one in each
                            ]
                            for name, statistic in STATISTICS.items()
                        }
                    entries.append(entry)
    return entries


def covered(
    runs: list[Row], held: list[Row], cost: str, model: str, alpha: float
) -> tuple[int, int, list[float]]:
    """How many held-out costs lie in their interval, how many intervals are unbounded, and the widths."""
    known = [
        preindex.CalibrationRun(row.preindex, epochs=row.epochs, kwh=row.energy_kwh, gco2e=row.gco2e)
        for row in runs
    ]
    forecast = preindex.CostForecast.fit(known, model=model, alpha=alpha)  # type: ignore[arg-type]
    hits, unbounded, widths = 0, 0, []
    for row in held:
        answer = forecast.predict(row.preindex)["epochs" if cost == "epochs" else "kwh"]
        truth = row.epochs if cost == "epochs" else row.energy_kwh
        hits += answer.lower <= truth and (answer.upper is None or truth <= answer.upper)
        unbounded += not answer.bounded
        if answer.bounded:
            widths.append(answer.upper - answer.lower)
    return hits, unbounded, widths


def backtest(rows: list[Row], alpha: float = 0.2, splits: int = 40) -> list[dict[str, Any]]:
    """Coverage of the forecast's intervals on this study's own runs.

    ``random``: n runs of a model drawn at random calibrate, the others are forecast, many times over: what
    the guarantee is about. ``new corruption``: the runs of four corruptions calibrate, those of the fifth are
    forecast: outside of the guarantee.
    """
    entries = []
    random = np.random.default_rng(0)
    for model in dict.fromkeys(row.model for row in rows):
        own = [row for row in rows if row.model == model]
        for cost in ("epochs", "energy_kwh"):
            typical = float(np.median([getattr(row, cost) for row in own]))
            for kind in ("linear", "isotonic", "auto"):
                cases: dict[tuple[str, int], list[tuple[list[Row], list[Row]]]] = {}
                for n in (12, 25):
                    if len(own) < 2 * n:
                        continue
                    for _ in range(splits):
                        order = random.permutation(len(own))
                        pair = [own[i] for i in order[:n]], [own[i] for i in order[n:]]
                        cases.setdefault(("random", n), []).append(pair)
                names = dict.fromkeys(row.corruption for row in own)
                for name in names:
                    inside = [row for row in own if row.corruption != name]
                    if len(inside) >= 12:
                        pair = inside, [row for row in own if row.corruption == name]
                        cases.setdefault(("new corruption", len(inside)), []).append(pair)
                for (how, n), pairs in cases.items():
                    parts = [covered(runs, held, cost, kind, alpha) for runs, held in pairs]
                    total = sum(len(held) for _, held in pairs)
                    widths = [width for part in parts for width in part[2]]
                    entries.append(
                        {
                            "model": model, "cost": cost, "forecast": kind, "split": how,
                            "calibration_runs": n, "forecasts": total,
                            "coverage": sum(part[0] for part in parts) / total,
                            "unbounded": sum(part[1] for part in parts),
                            "median_width_over_median_cost": float(np.median(widths)) / typical,
                        }
                    )  # fmt: skip
    return entries


def evaluate(rows: list[Row], resamples: int, splits: int = 40) -> dict[str, Any]:
    return {
        "runs": len(rows),
        "runs_at_the_epoch_limit": sum(not row.reached for row in rows),
        "seeds": sorted({row.seed for row in rows}),
        "meters": sorted({f"{row.provider}, {row.method}" for row in rows}),
        "energy_kwh_of_all_retrainings": sum(row.energy_kwh for row in rows),
        "gco2e_of_all_retrainings": sum(row.gco2e for row in rows),
        "correlations": correlations(rows, resamples),
        "backtest": backtest(rows, splits=splits),
    }


# ----------------------------------------------------------------------------------------------------------
# Tables and pictures
# ----------------------------------------------------------------------------------------------------------
def markdown(head: list[str], lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


def number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"


def correlation_table(results: dict[str, Any]) -> str:
    """Over all settings, averaged over the seeds: Pearson / Spearman / Kendall."""
    cells: dict[tuple[str, str], list[str]] = {}
    for entry in results["correlations"]:
        if entry["settings"] == "all":
            text = " / ".join(number(entry[name]) for name in STATISTICS)
            cells.setdefault((entry["model"], entry["predictor"]), []).append(text)
    return markdown(["model", "predictor", *COSTS], [[*key, *row] for key, row in cells.items()])


def spread_table(results: dict[str, Any]) -> str:
    """Spearman of the two indices with epochs and energy: by seed, by resample, within each corruption."""
    parts: dict[tuple[str, str, str], dict[str, Any]] = {}
    for entry in results["correlations"]:
        if entry["predictor"] in ("preindex", "resque") and entry["cost"] in COSTS[:2]:
            key = entry["model"], entry["predictor"], entry["cost"]
            parts.setdefault(key, {})[entry["settings"]] = entry
    names = list(next(iter(parts.values())))[1:]
    lines = []
    for key, found in parts.items():
        seeds = [value for value in found["all"]["by_seed"]["spearman"] if value is not None]
        interval = found["all"]["bootstrap_95"]["spearman"] or [None, None]
        lines.append(
            [
                *key,
                f"{number(min(seeds, default=None))} to {number(max(seeds, default=None))}",
                f"{number(interval[0])} to {number(interval[1])}",
                *[number(found[name]["spearman"]) for name in names],
            ]
        )
    return markdown(["model", "index", "cost", "single seeds", "95 %", *names], lines)


def coverage_table(results: dict[str, Any]) -> str:
    """Share of held-out runs whose cost lay in its interval, wanted 0.80; by kind of forecast."""
    cells: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for entry in results["backtest"]:
        calibration = entry["split"] + (
            f", n = {entry['calibration_runs']}" if entry["split"] == "random" else ""
        )
        cells.setdefault((entry["model"], entry["cost"], calibration), {})[entry["forecast"]] = entry
    lines = [
        [
            *key,
            *[number(kinds[kind]["coverage"]) for kind in ("linear", "isotonic", "auto")],
            number(kinds["auto"]["median_width_over_median_cost"]),
        ]
        for key, kinds in cells.items()
    ]
    return markdown(["model", "cost", "calibrated on", "linear", "isotonic", "auto", "width (auto)"], lines)


def picture(rows: list[Row], predictor: str) -> Any:
    """Every setting, averaged over the seeds: an index against the costs."""
    import altair as alt

    titles = {
        "epochs": "epochs",
        "energy_kwh": "energy, J (model)",
        "gradient_norm": "gradient norm",
        "parameter_change": "parameter change",
    }
    names = {"preindex": "PreIndex", "resque": "RESQUE"}
    panels = []
    for model in dict.fromkeys(row.model for row in rows):
        points = [s | {"energy_kwh": s["energy_kwh"] * 3.6e6} for s in settings(rows, model)]
        base = alt.Chart(alt.Data(values=points)).mark_point(filled=True, size=45, opacity=0.9)
        colour = alt.Color(
            "corruption:N",
            title=None,
            sort=list(LEVELS),
            scale=alt.Scale(
                domain=list(LEVELS), range=["#2563ab", "#c8442c", "#2e8b57", "#b8860b", "#7b52ab"]
            ),
            legend=alt.Legend(orient="top"),
        )
        shape = alt.Shape("corruption:N", title=None, sort=list(LEVELS), scale=alt.Scale(domain=list(LEVELS)))
        row = [
            base.encode(
                x=alt.X(
                    f"{predictor}:Q",
                    title=f"{names[predictor]}, {MODELS[model][0].__name__}",
                    axis=alt.Axis(tickCount=4),
                ),
                y=alt.Y(f"{cost}:Q", title=titles[cost]),
                color=colour,
                shape=shape,
            ).properties(width=165, height=140)
            for cost in COSTS
        ]
        panels.append(alt.hconcat(*row))
    return alt.vconcat(*panels).configure(aria=False)  # half the size


# ----------------------------------------------------------------------------------------------------------
# Files
# ----------------------------------------------------------------------------------------------------------
def read(file: Path) -> list[Row]:
    kinds = {"int": int, "float": float, "str": str, "bool": lambda text: text == "True"}
    fields = {field.name: kinds[str(field.type)] for field in dataclasses.fields(Row)}
    with file.open(encoding="utf-8", newline="") as stream:
        return [
            Row(**{key: fields[key](text) for key, text in line.items()}) for line in csv.DictReader(stream)
        ]


def run(plan: Plan, metered: dict[str, Any], file: Path) -> list[Row]:
    """Make the runs; each is on disk as soon as it is done."""
    rows = []
    total = len(plan.models) * len(plan.seeds) * sum(len(levels) for levels in plan.levels.values())
    start = time.monotonic()
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(
            stream, [field.name for field in dataclasses.fields(Row)], lineterminator="\n"
        )
        writer.writeheader()
        for row in study(plan, metered):
            rows.append(row)
            writer.writerow(dataclasses.asdict(row))
            stream.flush()
            print(
                f"{len(rows)}/{total} {time.monotonic() - start:5.0f} s  {row.model} seed {row.seed} "
                f"{row.corruption} {row.level:g}: PreIndex {row.preindex:.3f}, {row.epochs:g} epochs, "
                f"{row.energy_kwh * 3.6e6:.2f} J ({row.method})",
                flush=True,
            )
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--out", type=Path, default=Path("preindex_study"), help="folder (default %(default)s)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one model, two corruptions at two levels, one seed"
    )
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[11, 12, 13])
    parser.add_argument("--location", help="prices the energy, such as FRA; default: the world average")
    parser.add_argument(
        "--idle-w",
        type=float,
        help="idle power of the CPUs in W: other programs then do not change the energy",
    )
    parser.add_argument("--from", dest="stored", type=Path, help="evaluate this runs.csv instead of training")
    options = parser.parse_args(arguments)

    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    plan = Plan(tuple(options.models), LEVELS, tuple(options.seeds))
    if options.quick:
        plan = quick(plan)
    # The share of this process: other programs of the machine are not this retraining's energy.
    metered = {"location": options.location, "scope": "process", "idle_w": options.idle_w}
    start = time.monotonic()
    rows = read(options.stored) if options.stored else run(plan, metered, options.out / "runs.csv")
    results = {
        "co2lib": co2lib.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "seconds": time.monotonic() - start,
        "cpu_seconds": time.process_time(),
        **evaluate(rows, plan.resamples),
    }
    (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"\nPearson / Spearman / Kendall over all settings\n{correlation_table(results)}")
    print(f"\nSpearman, its spread, and within each corruption\n{spread_table(results)}")
    if results["backtest"]:
        print(f"\nCoverage of 80 % intervals\n{coverage_table(results)}")
    if importlib.util.find_spec("altair") and importlib.util.find_spec("vl_convert"):
        for predictor in ("preindex", "resque"):
            picture(rows, predictor).save(options.out / f"{predictor}.svg")
    else:
        print("no picture: needs altair and vl-convert-python", file=sys.stderr)
    print(
        f"\n{len(rows)} retrainings, {results['runs_at_the_epoch_limit']} of them stopped by the limit of "
        f"{MOST_EPOCHS} epochs; energy {results['energy_kwh_of_all_retrainings'] * 1e3:.3g} Wh, "
        f"{results['meters'][0]}"
    )


if __name__ == "__main__":
    main()
