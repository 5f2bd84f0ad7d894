# SPDX-License-Identifier: MIT
"""Programs that are compiled and cannot be observed: the model is instrumented before it is exported."""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import Tensor, nn

from co2lib._core import preindex as _core
from co2lib._errors import BadValueError, WrongStateError
from co2lib.preindex import _arguments as arguments
from co2lib.preindex._layers import (
    Layer,
    aliases_of,
    bad_outputs,
    check_model,
    hooks,
    layers_of,
    nominal,
    problem_of,
    unknown,
    unwrapped,
)
from co2lib.preindex._options import make_options


class _Names:
    """Layers that gave an output, in order; opaque to torch.export."""

    def __init__(self) -> None:
        self.layers: list[tuple[str, str]] = []


class Instrumented(nn.Module):
    """A model that returns (output, embedding, one vector per layer); made by `instrument`."""

    def __init__(self, model: nn.Module, mode: str, embedding: str) -> None:
        super().__init__()
        self.model = model
        self.mode = mode
        self.embedding = embedding
        self._names = _Names()
        self.train(model.training)

    @property
    def layers(self) -> list[str]:
        """Names of the vectors in the order in which they are returned; known after a pass or an export."""
        return [name for name, _ in self._names.layers]

    def metadata(self) -> dict[str, str]:
        """Return what a reader of the package must know, for ``aot_inductor.metadata``.

        One entry ``co2lib.preindex`` with JSON: mode, embedding, layers with name and kind (``convolution``
        or ``linear``).
        """
        if not self._names.layers:
            raise WrongStateError(
                "preindex.no_layer", "the layers are not known before an export or a forward pass"
            )
        layers = [{"name": name, "kind": kind} for name, kind in self._names.layers]
        return {
            "co2lib.preindex": json.dumps({"mode": self.mode, "embedding": self.embedding, "layers": layers})
        }

    def forward(self, *inputs: Any, **keywords: Any) -> tuple[Any, ...]:
        """Return the output, the flattened embedding (samples x D) and the vectors of each layer's calls."""
        layers = layers_of(self.model)
        names: list[tuple[str, str]] = []
        vectors: list[Tensor] = []
        embeddings: list[Tensor] = []

        def see(name: str, layer: Layer, output: Any) -> None:
            why = problem_of(layer, output, None, self.mode)
            if why is not None:
                raise bad_outputs({name: why})
            names.append((name, "convolution" if layer.convolution else "linear"))
            output = output.dequantize() if output.is_quantized else output
            # Cloned, because the model may overwrite its output.
            if self.mode == "cnn" and output.dim() > 2:
                values = output if layer.convolution else output.movedim(-1, 1)
                means = values.to(torch.float64).mean(tuple(range(2, output.dim())))
                vectors.append(means.to(torch.float32))
            else:
                vectors.append(output.flatten(1).to(torch.float32).clone())
            if name == self.embedding and not embeddings:
                embeddings.append(output.flatten(1).to(torch.float32).clone())

        with hooks(layers, see):
            output = self.model(*inputs, **keywords)
        self._names.layers = names
        if not embeddings:
            _core.unknown_layer(
                "embedding", self.embedding, nominal({name: layers[name] for name, _ in names})
            )
        return (output, embeddings[0], *vectors)


def instrument(model: nn.Module, mode: str = "cnn", embedding: str = "") -> Instrumented:
    """Return a model whose forward returns (output, flattened embedding, one vector per layer).

    For programs that are compiled and cannot be observed: export it with
    ``torch.export.export(..., strict=False)`` and a dynamic batch axis, and hand `Instrumented.metadata` to
    the package.

    Parameters
    ----------
    model : torch.nn.Module
        In evaluation mode.
    mode : str
        ``cnn`` or ``vit``.
    embedding : str
        Name of the layer that is clustered.

    Raises
    ------
    co2lib.Error
        ``preindex.unknown_layer``, ``preindex.no_layer``, ``preindex.bad_option``.
    """
    mode = make_options(mode=mode).mode
    inner = unwrapped(check_model(model))
    layers = layers_of(inner)
    found = aliases_of(model, layers).get(arguments.text("embedding", embedding))
    if found is None:
        unknown("embedding", embedding, layers)
    if any(module.training for module in inner.modules()):
        raise BadValueError(
            "preindex.bad_option",
            "model: training mode is not allowed; call model.eval() before",
            {"option": "model"},
        )
    return Instrumented(inner, mode, found)
