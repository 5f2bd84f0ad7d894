# SPDX-License-Identifier: MIT
"""Observer: runs a model once and reduces the outputs of its layers to vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from co2lib._core import Issue
from co2lib._errors import BadValueError
from co2lib.preindex._accumulator import Accumulator
from co2lib.preindex._batches import same_values, some_samples
from co2lib.preindex._layers import Layer, bad_outputs, channel_means, hooks, problem_of, width_of
from co2lib.preindex._running import Call, device_of, leaves, moved


class Pass:
    """What one forward pass of a batch showed: vectors of each call, outputs that may be overwritten."""

    def __init__(self) -> None:
        self.vectors: dict[str, list[npt.NDArray[Any]]] = {}
        self.held: list[tuple[str, Tensor, int]] = []
        self.problems: dict[str, str] = {}
        self.unsure: set[str] = set()  # layers whose first axis may be another one than the batch
        self.devices: set[torch.device] = set()
        self.embedded = False


class _Host:
    """Hands tensors over as NumPy arrays: a view on the CPU, through reused pinned buffers from CUDA."""

    def __init__(self) -> None:
        self._buffers: dict[tuple[str, str, int], Tensor] = {}

    def array(self, tensor: Tensor, key: tuple[str, str, int]) -> npt.NDArray[Any]:
        """Return the array; from CUDA its values are there after `wait`."""
        tensor = tensor.detach()
        if tensor.device.type != "cuda":
            return tensor.cpu().numpy()
        buffer = self._buffers.get(key)
        if buffer is None or buffer.numel() < tensor.numel():
            buffer = torch.empty(tensor.numel(), dtype=torch.float32, pin_memory=True)
            self._buffers[key] = buffer
        view = buffer[: tensor.numel()].view(tensor.shape)
        view.copy_(tensor, non_blocking=True)
        return view.numpy()

    @staticmethod
    def wait(devices: set[torch.device]) -> None:
        """Wait until the values from these devices are there."""
        for device in devices:
            if device.type == "cuda":
                torch.cuda.current_stream(device).synchronize()


class Observer:
    """Runs a model under hooks.

    Parameters
    ----------
    call : Call
        Runs the model on one side of a batch.
    model : torch.nn.Module
        The model inside of its wrappers.
    layers : mapping
        Its layers by name.
    skipped : set of str
        Layers that are left out by name: they may have any output.
    mode : str
        ``cnn`` or ``vit``.
    """

    def __init__(
        self, call: Call, model: nn.Module, layers: Mapping[str, Layer], skipped: set[str], mode: str
    ) -> None:
        self.seen: set[str] = set()  # layers that gave an output
        self.issues: list[Issue] = []
        self._call = call
        self._model = model
        self._layers = layers
        self._skipped = skipped
        self._mode = mode
        self._overwritten: set[str] = set()  # layers whose outputs the model overwrites in place: copied
        self._checked = False  # the batch axis
        self._host = _Host()

    def observe(  # noqa: PLR0917
        self,
        side: str,
        x: Any,
        samples: int,
        table: Accumulator,
        embedding: str | None,
        keep: Callable[[str, Tensor], None],
    ) -> Pass:
        """Run the model once and reduce the outputs of its layers; kept ones are shown to `keep` raw."""
        kept: dict[str, bool] = {}

        def see(name: str, layer: Layer, output: Any) -> None:
            self.seen.add(name)
            skipped = name in self._skipped
            if skipped:  # never kept, so its width may change
                table.layer(name, max(1, layer.width))
                if name != embedding:
                    return
            why = problem_of(layer, output, samples, "vit" if skipped else self._mode)
            if why is not None:
                done.problems.setdefault(name, why)
                return
            if self._may_be_another_axis(layer, output, samples):
                done.unsure.add(name)
            output = output.dequantize() if output.is_quantized else output
            number = None if skipped else table.layer(name, width_of(layer, output, self._mode))
            if name not in kept:
                kept[name] = number is not None and table.layers[number][2]
            if kept[name] or name == embedding:
                keep(name, output)
            if kept[name]:
                calls = done.vectors.setdefault(name, [])
                vectors = self._vectors(done, name, output)
                calls.append(self._host.array(vectors, (side, name, len(calls))))
                done.devices.add(vectors.device)

        there = moved(x, device_of(self._model))
        for _ in range(2):
            done = Pass()
            with hooks(self._layers, see):
                self._call(there)
            changed = {name for name, tensor, version in done.held if tensor._version != version}
            if not changed:
                break
            # Once per model: these outputs are overwritten after they were seen, from now on they are copied.
            self._overwritten |= changed
        if done.problems:
            raise bad_outputs(done.problems)
        self._host.wait(done.devices)
        if not table.layers:
            raise BadValueError(
                "preindex.no_layer",
                f"no layer gave an output; candidates: {', '.join(self._layers)}. Layers are observed in the "
                "thread that calls the model, and outside of compiled code",
            )
        return done

    def _vectors(self, done: Pass, name: str, output: Tensor) -> Tensor:
        """Return the vectors of the samples, float32; a view of the output where nothing is computed."""
        if self._mode == "cnn" and output.dim() > 2:
            return channel_means(self._layers[name], output)
        flat = output.flatten(1)
        vectors = flat.to(torch.float32)
        if vectors.data_ptr() != output.data_ptr():
            return vectors
        if self._mode == "cnn" or name in self._overwritten or output.is_inference():
            return vectors.clone()
        if vectors.device.type != "cuda":  # from there it is copied at once
            done.held.append((name, output, output._version))
        return vectors

    # ------------------------------------------------------------------------------------------------------
    # The batch axis
    # ------------------------------------------------------------------------------------------------------
    def _may_be_another_axis(self, layer: Layer, output: Tensor, samples: int) -> bool:
        """Return whether the shape leaves it open which axis is the batch.

        A linear layer gives (tokens, samples, features) as readily as (samples, tokens, features); with as
        many tokens as samples only another number of samples tells. A first axis of 1 may be anything.
        """
        if samples == 1:
            return True
        return not layer.convolution and any(n % samples == 0 for n in output.shape[1:-1])

    def check_batch_axis(self, x: Any, x_shifted: Any, samples: int, clean: Pass, shifted: Pass) -> None:
        """Raise for layers whose first axis is not the batch, though it has its length.

        Once, on the first batch, and only where there is doubt: the model is run on another number of
        samples. Doubt is also a layer that gives the same on both sides of a shift: it may not see the
        samples at all.
        """
        if self._checked:
            return
        self._checked = True
        doubtful = clean.unsure | shifted.unsure
        before, after = leaves(x), leaves(x_shifted)
        if before and not all(same_values(a, b) for a, b in zip(before, after, strict=True)):
            for name, calls in clean.vectors.items():
                others = shifted.vectors.get(name, [])
                if len(others) == len(calls) and all(map(np.array_equal, calls, others)):
                    doubtful.add(name)
        if not doubtful or not any(leaf.dim() and leaf.size(0) == samples for leaf in before):
            return
        # Never one sample, for which models drop the axis.
        wanted = [i % samples for i in range(3 if samples == 2 else 2)]
        axes = self._first_axes(some_samples(x, samples, wanted), doubtful)
        if axes is None:
            return
        problems = {
            name: f"the first axis is not the batch: it has {length} for {len(wanted)} samples too"
            if length == samples
            else f"the first axis is not the batch: it has {length} for {len(wanted)} samples"
            for name, length in axes.items()
            if length != len(wanted)
        }
        if problems:
            self._checked = False
            raise bad_outputs(problems)

    def _first_axes(self, x: Any, names: set[str]) -> dict[str, int] | None:
        """Return the lengths of the first axes of layers' outputs; None if the model cannot be run so."""
        axes: dict[str, int] = {}

        def see(name: str, _layer: Layer, output: Any) -> None:
            if isinstance(output, Tensor) and output.dim():
                axes.setdefault(name, len(output))

        try:
            with hooks({name: self._layers[name] for name in names}, see):
                self._call(moved(x, device_of(self._model)))
        except Exception as error:  # a model for batches of one size
            first = str(error).split("\n", maxsplit=1)[0]
            text = f"the first axis of {', '.join(sorted(names))} is taken for the batch: the model "
            text += f"does not run on another number of samples ({first})"
            self.issues.append(Issue("batch_axis", "layers", text))
            return None
        return axes
