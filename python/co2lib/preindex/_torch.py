# SPDX-License-Identifier: MIT
"""PreIndex of PyTorch models: forward hooks feed the accumulator of the core.

Imported by the first use of one of its names in `co2lib.preindex`; no module that the package imports by
itself imports torch.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import torch
from torch import nn

from co2lib._core import Issue
from co2lib._core import preindex as _core
from co2lib._core.preindex import Result
from co2lib._errors import BadValueError, WrongStateError
from co2lib.preindex import _arguments as arguments
from co2lib.preindex import _layers
from co2lib.preindex._accumulator import Accumulator
from co2lib.preindex._batches import check_loaders, check_pair, distinct_labels, labels_of, pairs_of
from co2lib.preindex._observer import Observer, Pass
from co2lib.preindex._options import make_options
from co2lib.preindex._running import Call, Dice, Forward, device_of, frozen, tensors

Progress = Callable[[int, int | None, float], object]
"""Called after each batch: batches done, their number (None if unknown), seconds since the start."""


class _Footprint(Protocol):
    @property
    def regions(self) -> Mapping[str, Any]: ...


class _Run(Protocol):
    """What is used of a running tracker; this domain imports none."""

    def snapshot(self) -> _Footprint: ...

    def region(self, name: str) -> AbstractContextManager[object]: ...


class PreIndex:
    """PreIndex of a PyTorch model: damage of a shift to its representations and to its class structure.

    Parameters
    ----------
    model : torch.nn.Module
        Stays as it is: hooks are there during a forward pass only, training and gradient mode are restored,
        random numbers that it draws are given back. What `torch.compile` or data parallelism wrap is observed
        as it is inside, and its layers have the names that they have there.
    classes : int, optional
        Number of distinct labels: layers that are not wider do not count. `run` counts them if not given.
    mode : str
        ``cnn``: means over all axes but batch and channels; ``vit``: everything after the batch axis.
    embedding : str, optional
        Name of the layer that is clustered. Default (ours): the last kept convolution in ``cnn``, or else the
        last kept layer. A layer called more than once: its first call.
    distance, bins, ari, s, s_bar, **further
        As for `make_options`; further: `include`, `exclude`, `skip_short_names`, `repeated_calls`,
        `nonfinite`, `edge_rule`, `weights`, `degenerate`, `store`, `threads`.
    forward : callable, optional
        ``forward(model, x)`` runs the model on one side of a batch. Without it a mapping is given as keyword
        arguments, and all else as one argument, unless the signature of the model forbids it.
    layer_types : sequence of type
        Classes of modules that count as layers besides those with ``out_features`` or ``out_channels``; their
        outputs have features as the last axis.

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
        *,
        forward: Forward | None = None,
        layer_types: Sequence[type] = (),
        **further: Any,
    ) -> None:
        self.model = _layers.check_model(model)
        self._inner = _layers.unwrapped(model)
        self._classes = None if classes is None else arguments.integer("classes", classes, 1)
        self._layers = _layers.layers_of(self._inner, _layers.types_of(layer_types))
        self._aliases = _layers.aliases_of(model, self._layers)
        for use in ("include", "exclude"):
            if use in further:
                further[use] = [self._named_layer(use, name) for name in arguments.names(use, further[use])]
        self._named = None if embedding is None else self._named_layer("embedding", embedding)
        self._arguments = {
            "mode": mode, "distance": distance, "bins": bins, "ari": ari, "s": s, "s_bar": s_bar, **further
        }  # fmt: skip
        options = make_options(**self._arguments)
        if options.store == "recompute":
            raise BadValueError(
                "preindex.bad_option",
                "store: 'recompute' is not allowed here; use memory, or file if the memory is too small",
                {"option": "store"},
            )
        skipped = {
            name
            for name in self._layers
            if name in options.exclude
            or (bool(options.include) and name not in options.include)
            or (options.skip_short_names and not options.include and len(name) < 2)
        }
        self._observer = Observer(
            Call(self._inner, forward), self._inner, self._layers, skipped, options.mode
        )
        self._mode = options.mode
        self._lock = threading.RLock()
        self.reset()

    def _named_layer(self, use: str, name: Any) -> str:
        found = self._aliases.get(arguments.text(use, name))
        if found is None:
            _layers.unknown(use, name, self._layers)
        return found

    def reset(self) -> None:
        """Forget all batches."""
        self._accumulator: Accumulator | None = None
        self._embedding = self._named
        self._samples = 0
        self._observer.seen.clear()

    @property
    def accumulator(self) -> Accumulator:
        """The sums so far; to be merged, stored, or reduced over processes by `all_reduce`."""
        if self._accumulator is None:
            raise WrongStateError("preindex.empty", "no batch was given yet; call update first")
        return self._accumulator

    @property
    def layers_unseen(self) -> list[str]:
        """Candidates that gave no output so far."""
        return [name for name in self._layers if name not in self._observer.seen]

    def update(self, x: Any, x_shifted: Any, y: Any) -> None:
        """Add a batch: the same samples before and after the shift, with their labels.

        Parameters
        ----------
        x, x_shifted : torch.Tensor, or a list or mapping of them
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
        with self._lock, frozen(self._inner):
            self._update(x, x_shifted, labels_of(y, self._samples), self._classes)

    def result(self) -> Result:
        """Return the result of the batches so far; clusters the embeddings."""
        with self._lock:
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
            The passes and the clustering become a region of it, ``preindex`` (then ``preindex 2``, ...), and
            `cost` of the result that region's footprint.
        group : torch.distributed.ProcessGroup, optional
            This process holds a shard; the result is that of all shards, in the order of the ranks, on every
            rank. See `all_reduce`.

        Raises
        ------
        co2lib.Error
            As `update`; ``preindex.bad_option`` for what is no loader, ``preindex.empty``,
            ``preindex.class_sets``, ``preindex.rank_failed``.
        """
        check_loaders(clean_loader, shifted_loader)
        name = None if tracker is None else _free_region(tracker)
        with self._lock:
            self.reset()
            with tracker.region(name) if tracker is not None and name is not None else nullcontext():
                result = self._run(clean_loader, shifted_loader, _reporter(progress), group)
        if tracker is not None and name is not None:
            result.cost = tracker.snapshot().regions.get(name)
            if result.cost is None:
                why = "the tracker was not running, so what this index cost is not known"
                result._look_at(result.layers_unseen, 0, {}, [Issue("no_cost", "tracker", why)])
        return result

    # ------------------------------------------------------------------------------------------------------
    def _run(
        self, clean: Iterable[Any], shifted: Iterable[Any] | None, report: Progress | None, group: Any
    ) -> Result:
        def found() -> set[Any]:
            return distinct_labels(clean, 3 if shifted is None else 2)

        classes = self._classes
        if classes is None:
            if group is None:
                classes = len(found())
            else:
                from co2lib.preindex._distributed import union

                classes = len(union(found, group))
        number = max(1, classes)

        def passes() -> None:
            self._passes(clean, shifted, number, report)

        if group is not None:
            return self._finish(self._reduced(passes, number, group))
        passes()
        if self._accumulator is None:
            raise BadValueError("preindex.empty", "the loaders yield no batch")
        return self._finish(self._accumulator)

    def _passes(
        self, clean: Iterable[Any], shifted: Iterable[Any] | None, classes: int, report: Progress | None
    ) -> None:
        try:
            total = len(clean) if isinstance(clean, Sized) else None
        except TypeError:  # a DataLoader of a stream
            total = None
        start = time.monotonic()
        try:
            with frozen(self._inner):
                for done, (x, x_shifted, labels) in enumerate(pairs_of(clean, shifted), start=1):
                    self._update(x, x_shifted, labels, classes)
                    if report is not None:
                        report(done, total, time.monotonic() - start)
        finally:
            if report is _bar:
                print(file=sys.stderr)

    def _finish(self, accumulator: Accumulator) -> Result:
        result = accumulator.result()
        kept = {layer.name for layer in result.layers if layer.kept}
        counted, elsewhere = _layers.coverage(self._inner, self._layers, kept, self._observer.seen)
        issues = [*_layers.remarks(self._layers, kept), *self._observer.issues]
        result._look_at(self.layers_unseen, counted, elsewhere, issues)
        return result

    def _reduced(self, passes: Callable[[], None], classes: int, group: Any) -> Accumulator:
        from co2lib.preindex import _distributed

        def work() -> tuple[str | None, list[str]]:
            passes()
            return self._embedding, sorted(self._observer.seen)

        # A rank without samples takes the embedding layer and what it saw from the others.
        names, seen = zip(*_distributed.together(work, group), strict=True)
        self._observer.seen.update(*seen)
        if self._accumulator is None:
            self._embedding = next((name for name in names if name is not None), None)
            self._accumulator = self._new(classes)
        return _distributed.all_reduce(self._accumulator, group)

    def _new(self, classes: int) -> Accumulator:
        return Accumulator(make_options(embedding=self._embedding, **self._arguments), classes)

    def _update(self, x: Any, x_shifted: Any, labels: list[Any], classes: int) -> None:
        x, x_shifted = tensors(x), tensors(x_shifted)
        check_pair(x, x_shifted, labels, self._samples)
        if not labels:
            return
        device = device_of(self._inner)
        dice = Dice(device)
        try:
            if self._accumulator is None and self._embedding is not None:
                self._accumulator = self._new(classes)
            if self._accumulator is None:
                clean = self._first(x, labels, classes)
            else:
                clean = self._pass("clean", x, labels)
            if self._embedding not in clean.vectors and not clean.embedded:
                _core.unknown_layer("embedding", self._embedding or "", self.accumulator.layers)
            dice.rewind()
            shifted = self._pass("shifted", x_shifted, labels)
            self._observer.check_batch_axis(x, x_shifted, len(labels), clean, shifted)
            self._add(clean, shifted)
            self.accumulator.end_batch()
        except BaseException:
            if self._accumulator is not None:
                self._accumulator.drop_batch()
            raise
        finally:
            dice.rewind()
        self._samples += len(labels)

    def _add(self, clean: Pass, shifted: Pass) -> None:
        """Hand the pairs of vectors over."""
        accumulator = self.accumulator
        uneven = {
            name: (len(clean.vectors.get(name, [])), len(shifted.vectors.get(name, [])))
            for name in {**clean.vectors, **shifted.vectors}
            if len(clean.vectors.get(name, [])) != len(shifted.vectors.get(name, []))
        }
        if uneven:
            each = "; ".join(
                f"layer {name} was called {a} times on the clean side, {b} times on the shifted side"
                for name, (a, b) in uneven.items()
            )
            raise BadValueError(
                "preindex.unpaired",
                f"{each}, from pair {self._samples} on; exclude={list(uneven)}",
                {"layers": list(uneven)},
            )
        for name, calls in clean.vectors.items():
            for a, b in zip(calls, shifted.vectors[name], strict=True):
                accumulator.add_pairs(accumulator.layer(name, a.shape[1]), a, b)

    def _first(self, x: Any, labels: list[Any], classes: int) -> Pass:
        """Make the first clean pass without knowing yet which layer is clustered: the default one."""
        table = Accumulator(make_options(**self._arguments), classes)
        held: dict[bool, tuple[str, Any]] = {}  # the last kept convolution and the last kept layer so far
        met: set[str] = set()

        def keep(name: str, output: Any) -> None:
            if name in met:
                return
            met.add(name)
            copy = output.clone()  # the model may overwrite its output
            for convolution in {False, self._layers[name].convolution}:
                held[convolution] = (name, copy)

        done = self._observer.observe("clean", x, len(labels), table, None, keep)
        self._embedding = _core.default_embedding(
            table.layers, [self._layers[name].convolution for name, _, _ in table.layers], self._mode
        )
        rows = next(tensor for name, tensor in held.values() if name == self._embedding)
        accumulator = self._new(classes)
        for name, width, _ in table.layers:
            accumulator.layer(name, width)
        self._accumulator = accumulator
        self._embed(accumulator, "clean", rows, labels)
        done.embedded = True
        return done

    def _pass(self, side: Any, x: Any, labels: list[Any]) -> Pass:
        accumulator = self.accumulator
        embedded = False

        def keep(name: str, output: Any) -> None:
            # Handed over in the hook, because the model may overwrite the output: the core copies it.
            nonlocal embedded
            if name == self._embedding and not embedded:
                self._embed(accumulator, side, output, labels)
                embedded = True

        done = self._observer.observe(side, x, len(labels), accumulator, self._embedding, keep)
        done.embedded = embedded
        return done

    @staticmethod
    def _embed(accumulator: Accumulator, side: Any, output: Any, labels: list[Any]) -> None:
        rows = output.detach().flatten(1).to(device="cpu", dtype=torch.float32)
        accumulator.add_embedding(side, rows.numpy(), labels)


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


def _free_region(tracker: Any) -> str:
    """Return a name that no region of the run has: the cost of one index, not of several."""
    if not (hasattr(tracker, "region") and hasattr(tracker, "snapshot")):
        arguments.refuse("tracker", tracker, "a running tracker: with co2lib.track() as run")
    taken = tracker.snapshot().regions
    number = next(n for n in range(1, len(taken) + 2) if _region(n) not in taken)
    return _region(number)


def _region(number: int) -> str:
    return "preindex" if number == 1 else f"preindex {number}"
