# SPDX-License-Identifier: MIT
"""Train a small network under co2lib and show what it cost."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.text import Text

import co2lib

FEATURES, HIDDEN, CLASSES = 64, 256, 10
BATCH, LEARNING_RATE = 64, 0.1
Region = Callable[[str], Any]
Epoch = Callable[[Region], float]


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The handwritten digits of scikit-learn, else ten noisy patterns of the same size."""
    if importlib.util.find_spec("sklearn"):
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        return (images / 16.0).astype(np.float32), labels.astype(np.int64)
    random = np.random.default_rng(0)
    patterns = random.random((CLASSES, FEATURES))
    labels = random.integers(CLASSES, size=1797)
    noisy = patterns[labels] + random.normal(0.0, 0.5, (labels.size, FEATURES))
    return noisy.astype(np.float32), labels


def batches(count: int, random: np.random.Generator) -> list[np.ndarray]:
    order = random.permutation(count)
    return [order[begin : begin + BATCH] for begin in range(0, count, BATCH)]


def with_torch(x: np.ndarray, y: np.ndarray) -> Epoch:
    import torch

    torch.manual_seed(0)
    random = np.random.default_rng(0)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    model = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, CLASSES)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)

    def epoch(region: Region) -> float:
        correct = 0
        for chosen in batches(len(labels), random):
            index = torch.from_numpy(chosen)
            with region("forward"):
                scores = model(inputs[index])
                loss = torch.nn.functional.cross_entropy(scores, labels[index])
            with region("backward"):
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            correct += int((scores.argmax(1) == labels[index]).sum())
        return correct / len(labels)

    return epoch


def with_sklearn(x: np.ndarray, y: np.ndarray) -> Epoch:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        (HIDDEN,), solver="sgd", learning_rate_init=LEARNING_RATE, batch_size=BATCH, random_state=0
    )

    def epoch(region: Region) -> float:
        with region("fit"):
            model.partial_fit(x, y, classes=np.arange(CLASSES))
        with region("score"):
            return float(model.score(x, y))

    return epoch


def with_numpy(x: np.ndarray, y: np.ndarray) -> Epoch:
    random = np.random.default_rng(0)
    w1 = random.normal(0.0, FEATURES**-0.5, (FEATURES, HIDDEN)).astype(np.float32)
    w2 = random.normal(0.0, HIDDEN**-0.5, (HIDDEN, CLASSES)).astype(np.float32)

    def epoch(region: Region) -> float:
        nonlocal w1, w2
        correct = 0
        for chosen in batches(len(y), random):
            inputs, labels = x[chosen], y[chosen]
            with region("forward"):
                hidden = np.maximum(inputs @ w1, 0.0)
                scores = hidden @ w2
                shares = np.exp(scores - scores.max(1, keepdims=True))
                shares /= shares.sum(1, keepdims=True)
            with region("backward"):
                error = shares.copy()
                error[np.arange(labels.size), labels] -= 1.0
                error /= labels.size
                gradient = error @ w2.T * (hidden > 0)
                w2 -= LEARNING_RATE * hidden.T @ error
                w1 -= LEARNING_RATE * inputs.T @ gradient
            correct += int((scores.argmax(1) == labels).sum())
        return correct / len(y)

    return epoch


BACKENDS: dict[str, Callable[[np.ndarray, np.ndarray], Epoch]] = {
    "torch": with_torch,
    "sklearn": with_sklearn,
    "numpy": with_numpy,
}


def first_installed() -> str:
    return next((name for name in ("torch", "sklearn") if importlib.util.find_spec(name)), "numpy")


def say(footprint: co2lib.Footprint, epoch: int, epochs: int, accuracy: float) -> Text:
    """The live line: where we are, and what it cost so far."""
    parts = [f"epoch {epoch}/{epochs}", f"accuracy {accuracy:.1%}", f"{footprint.duration_s:.1f} s"]
    parts += [
        str(value) for value in (footprint.energy.value, footprint.operational.value) if value is not None
    ]
    return Text("  ·  ".join(parts), style="green")


def train(options: argparse.Namespace, log: Path, console: Console) -> co2lib.Footprint:
    backend = first_installed() if options.backend == "auto" else options.backend
    console.print(f"[bold]Training[/] a network of {HIDDEN} hidden units on digits with {backend}\n")
    run_epoch = BACKENDS[backend](*digits())
    terminal = console.is_terminal
    until = time.monotonic() + options.seconds

    with co2lib.track(location=options.location, log=log, project="demo") as run:
        with Live(console=console, transient=True) if terminal else nullcontext() as live:
            for epoch in range(1, options.epochs + 1):
                with run.region("epoch"):
                    accuracy = run_epoch(run.region)
                line = say(run.footprint, epoch, options.epochs, accuracy)
                if live is not None:
                    live.update(line)
                elif epoch % max(1, options.epochs // 5) == 0:
                    console.print(line)
                if epoch == 5:
                    forecast = run.forecast("epoch", options.epochs)
                    width = "" if forecast.half_width is None else f" ± {forecast.half_width}"
                    console.print(
                        f"After {epoch} epochs: all {options.epochs} will use {forecast.total}{width}"
                    )
                if time.monotonic() > until:
                    break
        console.print(f"Trained to an accuracy of {accuracy:.1%}\n")
    return run.footprint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--backend", choices=["auto", *BACKENDS], default="auto", help="default: the first installed"
    )
    parser.add_argument("--epochs", type=int, default=60, help="at most this many (default %(default)s)")
    parser.add_argument(
        "--seconds",
        type=float,
        default=15,
        help="stop after the epoch in which this is over (default %(default)s)",
    )
    parser.add_argument(
        "--location", help="such as FRA, US-WY or gcp:us-central1; default: the world average"
    )
    parser.add_argument(
        "--log", type=Path, help="where to write the log; default: a folder that is removed again"
    )
    options = parser.parse_args()
    console = Console(highlight=False)

    with tempfile.TemporaryDirectory() as folder:
        log = options.log or Path(folder) / "demo.jsonl"
        footprint = train(options, log, console)
        console.print("[bold]The footprint[/], as print(run.footprint) shows it")
        print(footprint)
        console.print(f"\n[bold]The log[/], as `co2lib show {log.name}` shows it")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", "co2lib", "show", str(log)], check=True)


if __name__ == "__main__":
    main()
