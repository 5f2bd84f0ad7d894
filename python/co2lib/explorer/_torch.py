# SPDX-License-Identifier: MIT
"""PyTorch image classifiers as models of the explorer."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from co2lib._errors import BadValueError
from co2lib._extras import require
from co2lib.explorer._model import Model

MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000
TOP = 10


def decode(data: Any) -> Any:
    """Decode the bytes of an image to RGB, its first frame, upright; else ``explorer.bad_image``."""
    pil = require("PIL.Image", extra="explorer", needed_for="decoding an image")
    ops = require("PIL.ImageOps", extra="explorer", needed_for="decoding an image")
    if not isinstance(data, bytes) or not data:
        raise BadValueError("explorer.bad_image", "image: expected the bytes of a file")
    if len(data) > MOST_BYTES:
        raise BadValueError("explorer.bad_image", f"image: {len(data)} bytes; at most {MOST_BYTES} are taken")
    try:
        with pil.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "BMP", "GIF")) as image:
            if image.width * image.height > MOST_PIXELS:
                size = f"{image.width} x {image.height}"
                raise BadValueError(
                    "explorer.bad_image", f"image: {size}; at most {MOST_PIXELS} pixels are taken"
                )
            return ops.exif_transpose(image.convert("RGB"))  # convert reads the pixels, now
    except BadValueError:
        raise
    except Exception as error:  # the decoders raise many kinds
        what = " ".join(str(error).split())[:120]
        raise BadValueError("explorer.bad_image", f"image: cannot be decoded: {what}") from error


def torch_image_classifier(
    module_or_factory: Any,
    transform: Callable[[Any], Any],
    labels: Sequence[str],
    device: str = "cpu",
    *,
    logits: bool = True,
    version: str = "",
    quality: Mapping[str, Any] | None = None,
) -> Model:
    """Return a PyTorch classifier of images as a model whose phases are measured.

    Parameters
    ----------
    module_or_factory : torch.nn.Module or callable
        A module that is ready has no phase `load`; a function that makes one from local files has.
    transform : callable
        From an upright RGB PIL image to a float tensor of shape (3, H, W).
    labels : sequence of str
        One for each output of the model.
    device : str
        Where it runs.
    logits : bool
        Whether the outputs are logits: the softmax is taken only then, never by a guess.
    version, quality
        As those of :class:`Model`.

    Raises
    ------
    co2lib.Error
        ``core.missing_extra`` without torch; when it runs, ``explorer.bad_image``, and
        ``explorer.bad_labels`` where the outputs are not as many as the labels.
    """
    torch = require("torch", extra="torch", needed_for="a PyTorch model")
    made: list[Any] = []
    is_module = isinstance(module_or_factory, torch.nn.Module)

    def load() -> None:
        module = module_or_factory if is_module else module_or_factory()
        made[:] = [module.to(device).eval()]

    def preprocess(data: Any) -> Any:
        return transform(decode(data)).unsqueeze(0).to(device)

    def predict(tensor: Any) -> Any:
        with torch.inference_mode():
            return made[0](tensor)

    def postprocess(output: Any) -> list[tuple[str, float]]:
        values = output.reshape(-1)
        if values.numel() != len(labels):
            text = f"the model has {values.numel()} outputs and {len(labels)} labels were given"
            raise BadValueError("explorer.bad_labels", text)
        if logits:
            values = values.float().softmax(0)
        best = values.topk(min(TOP, len(labels)))
        return [(labels[i], p) for p, i in zip(best.values.tolist(), best.indices.tolist(), strict=True)]

    if is_module:
        load()
    first = made[0] if made else None
    return Model(
        predict,
        load=None if is_module else load,
        preprocess=preprocess,
        postprocess=postprocess,
        version=version or (digest_of(first) if first is not None else ""),
        task="image-classification",
        parameters=sum(p.numel() for p in first.parameters()) if first is not None else None,
        quality=quality,
        sync=torch.cuda.synchronize if device.startswith("cuda") else None,
    )


def digest_of(module: Any) -> str:
    """Return a hash of a module's weights, so that a cached result is that of these weights."""
    import hashlib

    torch = require("torch", extra="torch", needed_for="a PyTorch model")
    found = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        found.update(name.encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        found.update(flat.view(torch.uint8).numpy().tobytes())
    return found.hexdigest()[:16]
