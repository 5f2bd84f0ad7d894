# SPDX-License-Identifier: MIT
"""PreIndex of PyTorch models: forward hooks feed the accumulator of the core.

Imported by the first use of one of its names in `co2lib.preindex`; this module alone imports torch.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from co2lib._core import preindex as _core
from co2lib._errors import BadValueError, WrongStateError
from co2lib.preindex import Accumulator, Result, make_options
from co2lib.preindex import corrupt as _corrupt

# Values of an output that are widened to double at a time: outputs are reduced without a copy of the whole.
_CHUNK = 1 << 18

_CONVOLUTION_1D = (nn.Conv1d, nn.ConvTranspose1d)

Progress = Callable[[int, int | None, float], object]
"""Called after each batch: batches done, their number (None if unknown), seconds since the start."""


class _Footprint(Protocol):
    @property
    def regions(self) -> Mapping[str, Any]: ...


class _Run(Protocol):
    """What is used of a running tracker; this domain imports none."""

    def snapshot(self) -> _Footprint: ...

    def region(self, name: str) -> AbstractContextManager[object]: ...


# ----------------------------------------------------------------------------------------------------------
# Layers and their vectors
# ----------------------------------------------------------------------------------------------------------
def _candidates(model: nn.Module) -> dict[str, nn.Module]:
    """Return the modules whose outputs count, by name."""
    found = {
        name: module
        for name, module in model.named_modules()
        if name and (hasattr(module, "out_features") or hasattr(module, "out_channels"))
    }
    if not found and (hasattr(model, "out_features") or hasattr(model, "out_channels")):
        found = {type(model).__name__: model}
    if not found:
        raise BadValueError(
            "preindex.no_layer",
            f"{type(model).__name__} has no linear or convolution layer (out_features or out_channels)",
        )
    return found


def _nominal_width(module: nn.Module) -> int:
    size = getattr(module, "out_channels", None)
    return int(getattr(module, "out_features", 0) if size is None else size)


def _nominal(modules: Mapping[str, nn.Module]) -> list[tuple[str, int, bool]]:
    """Return a table of candidates whose outputs were not seen yet."""
    return [(name, _nominal_width(module), True) for name, module in modules.items()]


def _is_convolution(module: nn.Module) -> bool:
    return hasattr(module, "out_channels")


def _check_output(name: str, module: nn.Module, output: Any, mode: str) -> Tensor:
    """Return the output of a layer if its vectors are defined."""
    if not isinstance(output, Tensor):
        raise BadValueError(
            "preindex.bad_shape",
            f"layer {name}: its output is a {type(output).__name__}, no tensor; name it in exclude",
        )
    shape = tuple(output.shape)
    if len(shape) < 2:
        raise BadValueError(
            "preindex.bad_shape", f"layer {name}: output of shape {shape}; give batches of samples"
        )
    if mode == "cnn" and len(shape) == 3 and not isinstance(module, _CONVOLUTION_1D):
        raise BadValueError(
            "preindex.bad_shape",
            f"layer {name}: an output of shape {shape} has tokens, no channels; use mode='vit'",
        )
    return output.dequantize() if output.is_quantized else output


def _width(output: Tensor, mode: str) -> int:
    return int(output.shape[1]) if mode == "cnn" else int(output[0].numel())


def _spatial_mean(output: Tensor) -> Tensor:
    """Return the mean over the axes after the channels: summed in double on the device, rounded once."""
    if output.device.type == "cpu" and output.dtype == torch.float32:  # in place; torch would widen a copy
        return torch.from_numpy(_core.sample_vectors(output.detach().numpy(), "cnn", output.dim() == 3))
    axes = tuple(range(2, output.dim()))
    if output.device.type == "mps":
        output = output.cpu()  # no double there
    means = torch.empty(output.shape[:2], dtype=torch.float32, device=output.device)
    step = max(1, _CHUNK // max(1, output[0].numel()))
    for i in range(0, len(output), step):
        means[i : i + step] = output[i : i + step].mean(axes, dtype=torch.float64)
    return means


@contextmanager
def _hooks(modules: Mapping[str, nn.Module], see: Callable[[str, nn.Module, Any], None]) -> Iterator[None]:
    """Show every output of the modules to `see`; without a trace afterwards, whatever happens."""

    def hook_of(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(module: nn.Module, _inputs: Any, output: Any) -> None:
            see(name, module, output)

        return hook

    with ExitStack() as stack:
        for name, module in modules.items():
            stack.callback(module.register_forward_hook(hook_of(name)).remove)
        yield


@contextmanager
def _frozen(model: nn.Module) -> Iterator[None]:
    """Evaluate without gradients; each module's mode is what it was afterwards."""
    before = [(module, module.training) for module in model.modules()]
    try:
        with torch.no_grad():
            model.eval()
            yield
    finally:
        for module, training in before:
            module.training = training


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


# ----------------------------------------------------------------------------------------------------------
# Batches
# ----------------------------------------------------------------------------------------------------------
def _leaves(x: Any) -> list[Tensor]:
    """Return the tensors of an input, which may be nested in lists and mappings."""
    if isinstance(x, Tensor):
        return [x]
    if isinstance(x, Mapping):
        return [leaf for value in x.values() for leaf in _leaves(value)]
    if isinstance(x, list | tuple):
        return [leaf for value in x for leaf in _leaves(value)]
    return []


def _tensors(x: Any) -> Any:
    """Return an input with NumPy arrays as tensors that share their memory."""
    return torch.as_tensor(x) if isinstance(x, np.ndarray) else x


def _to(x: Any, device: torch.device | None) -> Any:
    if device is None:
        return x
    if isinstance(x, Tensor):
        return x.to(device, non_blocking=True)
    if isinstance(x, Mapping):
        return {key: _to(value, device) for key, value in x.items()}
    if isinstance(x, list | tuple):
        values = [_to(value, device) for value in x]
        if isinstance(x, list):
            return values
        return type(x)(*values) if hasattr(x, "_fields") else tuple(values)
    return x


def _labels(y: Any, first: int) -> list[Any]:
    """Return the labels of a batch as integers or texts."""
    if y is None:
        raise BadValueError("preindex.bad_sample", f"sample {first}: the label is missing")
    array = y.detach().cpu().numpy() if isinstance(y, Tensor) else y
    if isinstance(array, np.ndarray):
        if array.ndim == 0:
            array = array.reshape(1)
        if array.ndim != 1:
            raise BadValueError(
                "preindex.bad_sample", f"labels of shape {array.shape}: give one integer or text per sample"
            )
        array = array.tolist()
    labels = [y] if isinstance(array, str | int) else list(array)
    for i, label in enumerate(labels):
        if isinstance(label, Tensor | np.generic):
            label = labels[i] = label.item()  # noqa: PLW2901
        if label is None or label != label:  # noqa: PLR0124  NaN
            raise BadValueError("preindex.bad_sample", f"sample {first + i}: the label is missing")
        if isinstance(label, bool) or not isinstance(label, int | str):
            raise BadValueError(
                "preindex.bad_option",
                f"labels: {label!r} (sample {first + i}) is not allowed; use integers or texts",
                {"option": "labels"},
            )
    return labels


def _unpack(batch: Any, parts: int, first: int) -> tuple[Any, ...]:
    """Return the first parts of a batch: (x, y) or (x, x_shifted, y)."""
    names = "(x, y)" if parts == 2 else "(x, x_shifted, y)"
    if not isinstance(batch, list | tuple):
        raise BadValueError(
            "preindex.bad_sample",
            f"sample {first}: the label is missing: the loader yields a {type(batch).__name__}, give {names}",
        )
    if len(batch) < parts:
        raise BadValueError(
            "preindex.bad_sample",
            f"sample {first}: the label is missing: the loader yields {len(batch)} parts, give {names}",
        )
    return tuple(batch[:parts])


def _check_pair(clean: Any, shifted: Any, labels: Sequence[Any], first: int) -> None:
    """Raise unless both sides are inputs of the same samples without NaN."""
    before, after = _leaves(clean), _leaves(shifted)
    if len(before) != len(after):
        raise BadValueError(
            "preindex.unpaired",
            f"pair {first}: {len(before)} tensors on the clean side, {len(after)} on the shifted",
        )
    for a, b in zip(before, after, strict=True):
        if a.shape != b.shape:
            at = first + (min(len(a), len(b)) if a.dim() and b.dim() and len(a) != len(b) else 0)
            raise BadValueError(
                "preindex.unpaired",
                f"pair {at}: batch of shape {tuple(a.shape)} on the clean side, shifted {tuple(b.shape)}",
                {"pair": at},
            )
    for side, leaves in (("clean", before), ("shifted", after)):
        for leaf in leaves[:1]:
            if leaf.dim() and len(leaf) != len(labels):
                raise BadValueError(
                    "preindex.bad_sample",
                    f"{side} side, from sample {first} on: {len(leaf)} samples and {len(labels)} labels",
                )
        for leaf in leaves:
            if leaf.is_floating_point() and leaf.dim() and bool(leaf.isnan().any()):
                at = first + int(leaf.isnan().reshape(len(leaf), -1).any(1).nonzero()[0, 0])
                raise BadValueError("preindex.bad_sample", f"sample {at}, {side} side: NaN in the input")


_END = object()


def _pairs(clean: Iterable[Any], shifted: Iterable[Any] | None) -> Iterator[tuple[Any, Any, list[Any]]]:
    """Yield (x, x_shifted, labels) of each batch."""
    first = 0
    if shifted is None:
        for batch in clean:
            x, x_shifted, y = _unpack(batch, 3, first)
            labels = _labels(y, first)
            yield x, x_shifted, labels
            first += len(labels)
        return
    others = iter(shifted)
    for batch in clean:
        x, y = _unpack(batch, 2, first)
        labels = _labels(y, first)
        other = next(others, _END)
        if other is _END:
            raise BadValueError(
                "preindex.unpaired",
                f"pair {first}: the shifted side has ended, the clean side has not",
                {"pair": first},
            )
        x_shifted, y_shifted = _unpack(other, 2, first)
        labels_shifted = _labels(y_shifted, first)
        for i, (a, b) in enumerate(zip(labels, labels_shifted, strict=False)):
            if a != b:
                raise BadValueError(
                    "preindex.unpaired",
                    f"pair {first + i}: label {a} on the clean side, {b} on the shifted side; give loaders "
                    "of the same samples in the same order (shuffle=False)",
                    {"pair": first + i},
                )
        if len(labels) != len(labels_shifted):
            at = first + min(len(labels), len(labels_shifted))
            raise BadValueError(
                "preindex.unpaired",
                f"pair {at}: clean batch of {len(labels)} samples, shifted {len(labels_shifted)}",
                {"pair": at},
            )
        yield x, x_shifted, labels
        first += len(labels)
    if next(others, _END) is not _END:
        raise BadValueError(
            "preindex.unpaired",
            f"pair {first}: the clean side has ended, the shifted side has not",
            {"pair": first},
        )


def _distinct_labels(loader: Iterable[Any], parts: int) -> set[Any]:
    """Return the labels of a loader: `targets` of its data set, or else a sweep without forward passes."""
    targets = getattr(getattr(loader, "dataset", None), "targets", None)
    if targets is not None:
        return set(_labels(targets, 0))
    if iter(loader) is loader:
        raise BadValueError(
            "preindex.bad_option",
            "classes: missing, and the clean loader can be read once only; give the number of labels",
            {"option": "classes"},
        )
    found: set[Any] = set()
    first = 0
    for batch in loader:
        labels = _labels(_unpack(batch, parts, first)[-1], first)
        found.update(labels)
        first += len(labels)
    return found


class PairedDataset(torch.utils.data.Dataset[tuple[Any, Any, Any]]):
    """A data set of (x, x_shifted, label): both sides of the index from one loader.

    Parameters
    ----------
    dataset : sequence
        Map-style data set of (image, label, ...); where the corruption is named, images are float tensors or
        arrays (C, H, W) in [0, 1].
    corruption : callable or tuple
        Called with the image; or (name, level) or (name, level, seed) of `corrupt`, with the position in the
        data set as the item, so that batches, workers and order do not matter.
    **options
        Of `corrupt`: `quantise`, `clamp`, `wrap_u8`.
    """

    def __init__(
        self, dataset: Any, corruption: Callable[[Any], Any] | tuple[Any, ...], **options: bool
    ) -> None:
        if not callable(corruption) and not (isinstance(corruption, tuple) and len(corruption) in (2, 3)):
            raise BadValueError(
                "preindex.bad_option",
                f"corruption: {corruption!r} is not allowed; use a callable or (name, level[, seed])",
                {"option": "corruption"},
            )
        self.dataset = dataset
        self.corruption = corruption
        self.options = options

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        image, label = _unpack(self.dataset[index], 2, index)
        if callable(self.corruption):
            return image, self.corruption(image), label
        name, level, *seed = self.corruption
        shifted = _corrupt(
            np.asarray(image), name, level, seed=seed[0] if seed else 0, item=index, **self.options
        )
        return image, torch.from_numpy(shifted), label

    @property
    def targets(self) -> Any:
        """The labels, where the data set has them."""
        return getattr(self.dataset, "targets", None)


# ----------------------------------------------------------------------------------------------------------
# The index
# ----------------------------------------------------------------------------------------------------------
class _Pass:
    """What one forward pass of a batch showed: vectors of each call, outputs that may be overwritten."""

    def __init__(self) -> None:
        self.vectors: dict[str, list[npt.NDArray[Any]]] = {}
        self.held: list[tuple[str, Tensor, int]] = []
        self.embedded = False
        self.devices: set[torch.device] = set()


class PreIndex:
    """PreIndex of a PyTorch model: damage of a shift to its representations and to its class structure.

    Parameters
    ----------
    model : torch.nn.Module
        Stays as it is: hooks are there during a forward pass only, training and gradient mode are restored.
    classes : int, optional
        Number of distinct labels: layers that are not wider do not count. `run` counts them if not given.
    mode : str
        ``cnn``: means over the axes after the channels; ``vit``: everything after the batch axis.
    embedding : str, optional
        Name of the layer that is clustered. Default (ours): the last kept convolution in ``cnn``, or else the
        last kept layer. A layer called more than once: its first call.
    distance, bins, ari, s, s_bar, **further
        As for `make_options`; further: `include`, `exclude`, `skip_short_names`, `repeated_calls`,
        `nonfinite`, `edge_rule`, `weights`, `degenerate`, `store`, `threads`.

    Raises
    ------
    co2lib.Error
        ``preindex.no_layer``, ``preindex.unknown_layer``, ``preindex.bad_option``.
    """

    def __init__(  # noqa: PLR0917
        self,
        model: nn.Module,
        classes: int | None = None,
        mode: str = "cnn",
        embedding: str | None = None,
        distance: str | Sequence[str] = "js",
        bins: int | Sequence[int] = 64,
        ari: str = "noise_2",
        s: float = 0,
        s_bar: float = 0,
        **further: Any,
    ) -> None:
        self.model = model
        self._classes = classes
        self._named = embedding
        self._arguments = {
            "mode": mode, "distance": distance, "bins": bins, "ari": ari, "s": s, "s_bar": s_bar, **further
        }  # fmt: skip
        self._modules = _candidates(model)
        options = make_options(**self._arguments)
        if options.store == "recompute":
            raise BadValueError(
                "preindex.bad_option",
                "store: 'recompute' is not allowed here; use memory, or file if the memory is too small",
                {"option": "store"},
            )
        self._mode = options.mode
        wanted = [("embedding", embedding)] if embedding is not None else []
        wanted += [("include", name) for name in options.include] + [
            ("exclude", name) for name in options.exclude
        ]
        for use, name in wanted:
            if name not in self._modules:
                _core.unknown_layer(use, name, _nominal(self._modules))
        self._skipped = {
            name
            for name in self._modules
            if name in options.exclude
            or (bool(options.include) and name not in options.include)
            or (options.skip_short_names and not options.include and len(name) < 2)
        }
        # Layers whose outputs the model overwrites in place: they are copied.
        self._overwritten: set[str] = set()
        self._host = _Host()
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self._accumulator: Accumulator | None = None
        self._embedding = self._named
        self._samples = 0
        self._seen: set[str] = set()

    @property
    def accumulator(self) -> Accumulator:
        """The sums so far; to be merged, stored, or reduced over processes by `all_reduce`."""
        if self._accumulator is None:
            raise WrongStateError("preindex.empty", "no batch was given yet; call update first")
        return self._accumulator

    @property
    def layers_unseen(self) -> list[str]:
        """Candidates that gave no output so far."""
        return [name for name in self._modules if name not in self._seen]

    def update(self, x: Any, x_shifted: Any, y: Any) -> None:
        """Add a batch: the same samples before and after the shift, with their labels.

        Parameters
        ----------
        x, x_shifted : torch.Tensor
            Inputs of the model, batch axis first; moved to the device of its first parameter.
        y : torch.Tensor or sequence
            One label per sample: integers or texts.

        Raises
        ------
        co2lib.Error
            ``preindex.unpaired``, ``preindex.bad_sample``, ``preindex.nonfinite``, ``preindex.bad_shape``,
            ``preindex.width_changed``, ``preindex.unknown_layer``, ``preindex.no_layer``; the batch is
            dropped as a whole, what was counted before stays.
        """
        if self._classes is None:
            raise BadValueError(
                "preindex.bad_option",
                "classes: missing; update needs the number of distinct labels before the first batch",
                {"option": "classes"},
            )
        with _frozen(self.model):
            self._update(x, x_shifted, _labels(y, self._samples), self._classes)

    def result(self) -> Result:
        """Return the result of the batches so far; clusters the embeddings."""
        return self._finish(self.accumulator)

    def run(
        self,
        clean_loader: Iterable[Any],
        shifted_loader: Iterable[Any] | None = None,
        *,
        progress: bool | Progress = True,
        tracker: _Run | None = None,
        group: Any = None,
    ) -> Result:
        """Return the index of two loaders; what was added before is forgotten.

        Parameters
        ----------
        clean_loader, shifted_loader : iterable
            Yield (x, y) or (x, y, ...) of the same samples in the same order. With one loader only it yields
            (x, x_shifted, y), see `PairedDataset`.
        progress : bool or callable
            Called after each batch with (done, total, seconds), total None if the loader has no length.
            True: a bar of text on a terminal, nothing otherwise.
        tracker : running tracker, optional
            The passes and the clustering become its region ``preindex``, and `cost` of the result that
            region's footprint.
        group : torch.distributed.ProcessGroup, optional
            This process holds a shard; the result is that of all shards, in the order of the ranks, on every
            rank. See `all_reduce`.
        """
        self.reset()
        with tracker.region("preindex") if tracker is not None else nullcontext():
            classes = self._classes
            if classes is None:

                def found() -> set[Any]:
                    return _distinct_labels(clean_loader, 3 if shifted_loader is None else 2)

                if group is None:
                    labels = found()
                else:
                    from co2lib.preindex._distributed import union

                    labels = union(found, group)
                classes = len(labels)
            number = max(1, classes)

            def passes() -> None:
                self._passes(clean_loader, shifted_loader, number, _reporter(progress))

            if group is None:
                passes()
                if self._accumulator is None:
                    raise BadValueError("preindex.empty", "the loaders yield no batch")
                result = self._finish(self._accumulator)
            else:
                result = self._finish(self._reduced(passes, number, group))
        if tracker is not None:
            result.cost = tracker.snapshot().regions.get("preindex")
        return result

    # ------------------------------------------------------------------------------------------------------
    def _passes(
        self, clean: Iterable[Any], shifted: Iterable[Any] | None, classes: int, report: Progress | None
    ) -> None:
        try:
            total = len(clean) if isinstance(clean, Sized) else None
        except TypeError:  # a DataLoader of a stream
            total = None
        start = time.monotonic()
        try:
            with _frozen(self.model):
                for done, (x, x_shifted, labels) in enumerate(_pairs(clean, shifted), start=1):
                    self._update(x, x_shifted, labels, classes)
                    if report is not None:
                        report(done, total, time.monotonic() - start)
        finally:
            if report is _bar:
                print(file=sys.stderr)

    def _finish(self, accumulator: Accumulator) -> Result:
        result = accumulator.result()
        result.layers_unseen = self.layers_unseen
        return result

    def _reduced(self, passes: Callable[[], None], classes: int, group: Any) -> Accumulator:
        from co2lib.preindex import _distributed

        def work() -> tuple[str | None, list[str]]:
            passes()
            return self._embedding, sorted(self._seen)

        # A rank without samples takes the embedding layer and what it saw from the others.
        names, seen = zip(*_distributed.together(work, group), strict=True)
        self._seen.update(*seen)
        if self._accumulator is None:
            self._embedding = next((name for name in names if name is not None), None)
            self._accumulator = self._new(classes)
        return _distributed.all_reduce(self._accumulator, group)

    def _new(self, classes: int) -> Accumulator:
        return Accumulator(make_options(embedding=self._embedding, **self._arguments), classes)

    def _update(self, x: Any, x_shifted: Any, labels: list[Any], classes: int) -> None:
        x, x_shifted = _tensors(x), _tensors(x_shifted)
        _check_pair(x, x_shifted, labels, self._samples)
        if not labels:
            return
        try:
            if self._accumulator is None and self._embedding is not None:
                self._accumulator = self._new(classes)
            if self._accumulator is None:
                clean = self._first(x, labels, classes)
            else:
                clean = self._pass("clean", x, labels)
            if self._embedding not in clean.vectors and not clean.embedded:
                _core.unknown_layer("embedding", self._embedding or "", self.accumulator.layers)
            self._add(clean, self._pass("shifted", x_shifted, labels))
            self.accumulator.end_batch()
        except BaseException:
            if self._accumulator is not None:
                self._accumulator.drop_batch()
            raise
        self._samples += len(labels)

    def _add(self, clean: _Pass, shifted: _Pass) -> None:
        """Hand the pairs of vectors over."""
        accumulator = self.accumulator
        for name in {**clean.vectors, **shifted.vectors}:
            before, after = clean.vectors.get(name, []), shifted.vectors.get(name, [])
            if len(before) != len(after):
                raise BadValueError(
                    "preindex.unpaired",
                    f"layer {name} was called {len(before)} times on the clean side, {len(after)} times on "
                    f"the shifted side, from pair {self._samples} on; exclude it",
                )
            for a, b in zip(before, after, strict=True):
                accumulator.add_pairs(accumulator.layer(name, a.shape[1]), a, b)

    def _first(self, x: Any, labels: list[Any], classes: int) -> _Pass:
        """Make the first clean pass without knowing yet which layer is clustered: the default one."""
        table = Accumulator(make_options(**self._arguments), classes)
        held: dict[bool, tuple[str, Tensor]] = {}  # the last kept convolution and the last kept layer so far
        met: set[str] = set()

        def keep(name: str, output: Tensor) -> None:
            if name in met:
                return
            met.add(name)
            copy = output.clone()  # the model may overwrite its output
            for convolution in {False, _is_convolution(self._modules[name])}:
                held[convolution] = (name, copy)

        done = self._observe("clean", x, len(labels), table, keep)
        self._embedding = _core.default_embedding(
            table.layers, [_is_convolution(self._modules[name]) for name, _, _ in table.layers], self._mode
        )
        rows = next(tensor for name, tensor in held.values() if name == self._embedding)
        accumulator = self._new(classes)
        for name, width, _ in table.layers:
            accumulator.layer(name, width)
        self._accumulator = accumulator
        self._embed(accumulator, "clean", rows, labels)
        done.embedded = True
        return done

    def _pass(self, side: Any, x: Any, labels: list[Any]) -> _Pass:
        accumulator = self.accumulator
        embedded = False

        def keep(name: str, output: Tensor) -> None:
            # Handed over in the hook, because the model may overwrite the output: the core copies it.
            nonlocal embedded
            if name == self._embedding and not embedded:
                self._embed(accumulator, side, output, labels)
                embedded = True

        done = self._observe(side, x, len(labels), accumulator, keep)
        done.embedded = embedded
        return done

    @staticmethod
    def _embed(accumulator: Accumulator, side: Any, output: Tensor, labels: list[Any]) -> None:
        rows = output.detach().flatten(1).to(device="cpu", dtype=torch.float32)
        accumulator.add_embedding(side, rows.numpy(), labels)

    def _observe(
        self, side: str, x: Any, samples: int, table: Accumulator, keep: Callable[[str, Tensor], None]
    ) -> _Pass:
        """Run the model once and reduce the outputs of its layers; kept ones are shown to `keep` raw."""
        kept: dict[str, bool] = {}

        def see(name: str, module: nn.Module, output: Any) -> None:
            self._seen.add(name)
            skipped = name in self._skipped
            if skipped:  # never kept, so its width may change
                table.layer(name, max(1, _nominal_width(module)))
                if name != self._embedding:
                    return
            output = _check_output(name, module, output, "vit" if skipped else self._mode)
            if len(output) != samples:
                raise BadValueError(
                    "preindex.bad_shape",
                    f"layer {name}: an output of shape {tuple(output.shape)} for {samples} samples: the "
                    "first axis is not the batch; name it in exclude",
                )
            number = None if skipped else table.layer(name, _width(output, self._mode))
            if name not in kept:
                kept[name] = number is not None and table.layers[number][2]
            if kept[name] or name == self._embedding:
                keep(name, output)
            if kept[name]:
                calls = done.vectors.setdefault(name, [])
                vectors = self._vectors(done, name, output)
                calls.append(self._host.array(vectors, (side, name, len(calls))))
                done.devices.add(vectors.device)

        device = next((p.device for p in self.model.parameters()), None)
        moved = _to(x, device)
        for _ in range(2):
            done = _Pass()
            with _hooks(self._modules, see):
                self.model(moved)
            changed = {name for name, tensor, version in done.held if tensor._version != version}
            if not changed:
                break
            # Once per model: these outputs are overwritten after they were seen, from now on they are copied.
            self._overwritten |= changed
        self._host.wait(done.devices)
        if not table.layers:
            names = ", ".join(self._modules)
            raise BadValueError("preindex.no_layer", f"no layer gave an output; candidates: {names}")
        return done

    def _vectors(self, done: _Pass, name: str, output: Tensor) -> Tensor:
        """Return the vectors of the samples, float32; a view of the output where nothing is computed."""
        if self._mode == "cnn" and output.dim() > 2:
            return _spatial_mean(output)
        flat = output.flatten(1)
        vectors = flat.to(torch.float32)
        if vectors.data_ptr() != output.data_ptr():
            return vectors
        if self._mode == "cnn" or name in self._overwritten or output.is_inference():
            return vectors.clone()
        if vectors.device.type != "cuda":  # from there it is copied at once
            done.held.append((name, output, output._version))
        return vectors


def preindex(
    model: nn.Module,
    clean_loader: Iterable[Any],
    shifted_loader: Iterable[Any] | None = None,
    embedding: str | None = None,
    *,
    progress: bool | Progress = True,
    tracker: _Run | None = None,
    group: Any = None,
    **options: Any,
) -> Result:
    """Return PreIndex of a model for two loaders: ``PreIndex(model, ...).run(...)``."""
    return PreIndex(model, embedding=embedding, **options).run(
        clean_loader, shifted_loader, progress=progress, tracker=tracker, group=group
    )


def _reporter(progress: bool | Progress) -> Progress | None:
    if callable(progress):
        return progress
    return _bar if progress and sys.stderr.isatty() else None


def _bar(done: int, total: int | None, seconds: float) -> None:
    """Draw the progress on the terminal."""
    if total is None:
        text = f"preindex {done} batches, {seconds:.0f} s"
    else:
        filled = 30 * done // max(1, total)
        text = f"preindex [{'#' * filled}{'.' * (30 - filled)}] {done}/{total}, {seconds:.0f} s"
    print(f"\r{text}", end="", file=sys.stderr, flush=True)


# ----------------------------------------------------------------------------------------------------------
# Exported programs
# ----------------------------------------------------------------------------------------------------------
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

    def forward(self, *inputs: Any) -> tuple[Any, ...]:
        """Return the output, the flattened embedding (samples x D) and the vectors of each layer's calls."""
        modules = _candidates(self.model)
        names: list[tuple[str, str]] = []
        vectors: list[Tensor] = []
        embeddings: list[Tensor] = []

        def see(name: str, module: nn.Module, output: Any) -> None:
            output = _check_output(name, module, output, self.mode)
            names.append((name, "convolution" if _is_convolution(module) else "linear"))
            # Cloned, because the model may overwrite its output.
            if self.mode == "cnn" and output.dim() > 2:
                means = output.to(torch.float64).mean(tuple(range(2, output.dim())))
                vectors.append(means.to(torch.float32))
            else:
                vectors.append(output.flatten(1).to(torch.float32).clone())
            if name == self.embedding and not embeddings:
                embeddings.append(output.flatten(1).to(torch.float32).clone())

        with _hooks(modules, see):
            output = self.model(*inputs)
        self._names.layers = names
        if not embeddings:
            _core.unknown_layer(
                "embedding", self.embedding, _nominal({name: modules[name] for name, _ in names})
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
    modules = _candidates(model)
    if embedding not in modules:
        _core.unknown_layer("embedding", embedding, _nominal(modules))
    if any(module.training for module in model.modules()):
        raise BadValueError(
            "preindex.bad_option",
            "model: training mode is not allowed; call model.eval() before",
            {"option": "model"},
        )
    return Instrumented(model, mode, embedding)
