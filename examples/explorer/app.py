# SPDX-License-Identifier: MIT
"""Three small PyTorch classifiers of handwritten digits, measured and compared on a page.

    python examples/explorer/app.py          # or, as it also runs as a Space: push this folder

The pictures are the 1,797 digits that scikit-learn ships; the models are trained when the program starts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn

from co2lib import explorer

SIZE = 32
DIGITS = [str(digit) for digit in range(10)]


def tensor(image: Image.Image) -> torch.Tensor:
    """Resize straight to the input size; grey values from 0 to 1 in three channels."""
    pixels = np.asarray(image.resize((SIZE, SIZE)), np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)


def networks() -> dict[str, nn.Module]:
    """Return the three, untrained."""
    torch.manual_seed(0)
    flat = 3 * SIZE * SIZE
    return {
        "linear": nn.Sequential(nn.Flatten(), nn.Linear(flat, 10)),
        "perceptron": nn.Sequential(nn.Flatten(), nn.Linear(flat, 256), nn.ReLU(), nn.Linear(256, 10)),
        "convolutional": nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(1024, 10),
        ),
    }


def pictures() -> tuple[list[Image.Image], torch.Tensor]:
    """Return the digits as pictures, and which digit each is."""
    digits = load_digits()
    grey = [np.uint8(255 * (image / 16)) for image in digits.images]
    return [Image.fromarray(g).convert("RGB") for g in grey], torch.tensor(digits.target)


def trained(epochs: int = 6) -> dict[str, Any]:
    """Train the models on 1,500 pictures; their quality is the accuracy on the others."""
    images, targets = pictures()
    inputs = torch.stack([tensor(image) for image in images])
    models: dict[str, Any] = {}
    for name, net in networks().items():
        optimizer = torch.optim.Adam(net.parameters(), 1e-3)
        for _ in range(epochs):
            for batch in torch.randperm(1500).split(64):
                optimizer.zero_grad()
                nn.functional.cross_entropy(net(inputs[batch]), targets[batch]).backward()
                optimizer.step()
        with torch.inference_mode():
            right = (net(inputs[1500:]).argmax(1) == targets[1500:]).float().mean().item()
        quality = {"metric": "accuracy on 297 digits", "value": right, "higher_is_better": True}
        models[name] = explorer.torch_image_classifier(net, tensor, DIGITS, quality=quality)
    return models


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    for i, image in enumerate(pictures()[0][1500:1503]):
        image.resize((128, 128)).save(folder / f"digit {i + 1}.png")
    explorer.launch(trained(), title="Digits", examples=[str(file) for file in sorted(folder.iterdir())])
