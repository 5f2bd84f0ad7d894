# SPDX-License-Identifier: MIT
"""Writes models, data and Python's results for the tests of co2lib::torch: make_models.py FOLDER."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from co2lib import preindex

SAMPLES, CLASSES, BATCH = 60, 3, 16


class Convolutions(nn.Module):
    """With a bias and without one, depthwise, in-place activation, linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
        self.fc1 = nn.Linear(256, 24)
        self.fc2 = nn.Linear(24, CLASSES)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.conv1(x))
        x = self.relu(self.conv2(self.depthwise(x)))
        return self.fc2(self.relu(self.fc1(x.flatten(1))))


class Tokens(nn.Module):
    """Linear layers on 3-D inputs: rows of the image are tokens; one layer is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(8, 16)
        self.mix = nn.Linear(16, 16)
        self.narrow = nn.Linear(16, 4, bias=False)
        self.head = nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x.squeeze(1)).relu()
        x = self.mix(self.mix(x).relu()).relu()
        return self.head(self.narrow(x).mean(1))


class Transformer(nn.Module):
    """Takes PyTorch's fused path when scripted and without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(8, 16)
        self.block = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.head = nn.Linear(16, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.block(self.embed(x.squeeze(1))).mean(1))


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.second = nn.Linear(8, 8)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x.squeeze(1)).relu())


class Data(nn.Module):
    def __init__(self, **tensors: Tensor) -> None:
        super().__init__()
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor)

    def forward(self, x: Tensor) -> Tensor:
        return x


def exact(model: nn.Module, seed: int) -> nn.Module:
    """Give weights that are small multiples of 1/4.

    All sums are exact in float32 then, in whatever order a kernel adds: the index is the same on every path.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-2, 3, parameter.shape, generator=generator) / 4)
    return model.eval()


def loader(x: Tensor, y: Tensor) -> list[tuple[Tensor, Tensor]]:
    return list(zip(x.split(BATCH), y.split(BATCH), strict=True))


def result(model: nn.Module, mode: str, clean: Tensor, shifted: Tensor, y: Tensor) -> dict[str, Any]:
    """Return what Python finds: the index by its loop, the vectors by hooks on all samples at once."""
    found = preindex.preindex(model, loader(clean, y), loader(shifted, y), mode=mode, progress=False)
    embedding = json.loads(json.dumps(found.config))["embedding"]
    wrapped = preindex.instrument(model, mode, embedding)
    vectors = {}
    with torch.no_grad():
        for side, x in (("clean", clean), ("shifted", shifted)):
            _, rows, *calls = wrapped(x)
            vectors[side] = {
                "embedding": rows.tolist(),
                "layers": [
                    {"name": name, "rows": call.tolist()}
                    for name, call in zip(wrapped.layers, calls, strict=True)
                ],
            }
    return {
        "mode": mode, "embedding": embedding, "value": found.value, "p": found.p, "inv_ari": found.inv_ari,
        "kept": [layer.name for layer in found.layers if layer.kept], "unseen": found.layers_unseen,
        "config_hash": found.config_hash, "vectors": vectors,
    }  # fmt: skip


def package(model: nn.Module, mode: str, embedding: str, example: Tensor, file: Path) -> None:
    wrapped = preindex.instrument(model, mode, embedding)
    with torch.no_grad():
        program = torch.export.export(
            wrapped, (example,), dynamic_shapes=(({0: torch.export.Dim("batch")},),), strict=False
        )
        torch._inductor.aoti_compile_and_package(
            program,
            package_path=str(file),
            inductor_configs={"aot_inductor.metadata": wrapped.metadata()},
        )


def main(folder: Path) -> None:
    warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(7)
    y = torch.arange(SAMPLES) % CLASSES
    prototypes = torch.randint(0, 4, (CLASSES, 1, 8, 8), generator=generator)
    clean = (prototypes[y] + torch.randint(0, 3, (SAMPLES, 1, 8, 8), generator=generator)) / 4
    shifted = clean + torch.randint(-3, 4, clean.shape, generator=generator) / 4
    torch.jit.script(Data(clean=clean, shifted=shifted, labels=y)).save(str(folder / "data.pt"))

    torch.manual_seed(11)
    models = {
        "convolutions": (exact(Convolutions(), 1), "cnn"),
        "tokens": (exact(Tokens(), 2), "vit"),
        "transformer": (Transformer().eval(), "vit"),
    }
    results = {}
    for name, (model, mode) in models.items():
        results[name] = result(model, mode, clean, shifted, y)
        torch.jit.script(model).save(str(folder / f"{name}_scripted.pt"))
        torch.jit.trace(model, clean[:4], check_trace=False).save(str(folder / f"{name}_traced.pt"))
        if name != "transformer":
            package(model, mode, results[name]["embedding"], clean[:4], folder / f"{name}.pt2")
    torch.jit.script(Tied().eval()).save(str(folder / "tied_scripted.pt"))
    torch.jit.freeze(torch.jit.script(models["convolutions"][0])).save(str(folder / "frozen.pt"))
    (folder / "results.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
