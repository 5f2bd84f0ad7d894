# SPDX-License-Identifier: MIT
"""Domain preindex: what retraining to shifted data will cost.

PreIndex (AIES 2024) and RESQUE (AAAI 2025) from activations before and after a shift of the data. Arrays are
NumPy's, or anything with DLPack or the buffer protocol; they are read where they lie, without the GIL.

>>> from co2lib import preindex
>>> round(preindex.combine(p=0.2, inv_ari=0.7, s=1.5), 4)
0.383
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from co2lib._core import preindex as _core
from co2lib._core.preindex import (
    Accumulator as _Accumulator,
)
from co2lib._core.preindex import (
    CalibrationRun,
    ClusterResult,
    CostPrediction,
    Costs,
    Distances,
    Forecast,
    LayerResult,
    Options,
    Reducer,
    Resque,
    Result,
    RetrainReport,
    append_run,
    carbon_of,
    combine,
    forecast,
    read_runs,
)
from co2lib._core.preindex import (
    CostForecast as _CostForecast,
)
from co2lib._errors import BadValueError
from co2lib._extras import require

if TYPE_CHECKING:
    from co2lib.preindex._distributed import all_reduce as all_reduce
    from co2lib.preindex._torch import Instrumented as Instrumented
    from co2lib.preindex._torch import PairedDataset as PairedDataset
    from co2lib.preindex._torch import PreIndex as PreIndex
    from co2lib.preindex._torch import instrument as instrument
    from co2lib.preindex._torch import preindex as preindex

_NEED_TORCH = {
    "Instrumented": "_torch",
    "PairedDataset": "_torch",
    "PreIndex": "_torch",
    "all_reduce": "_distributed",
    "instrument": "_torch",
    "preindex": "_torch",
}
"""Names that need PyTorch, and their modules; imported when first used, and so not in `__all__`."""

__all__ = [
    "Accumulator",
    "CalibrationRun",
    "ClusterResult",
    "CostForecast",
    "CostPrediction",
    "Costs",
    "Distances",
    "Forecast",
    "LayerResult",
    "Options",
    "Reducer",
    "Resque",
    "Result",
    "RetrainReport",
    "adjusted_rand",
    "append_run",
    "carbon_of",
    "class_means",
    "combine",
    "corrupt",
    "distances",
    "edges",
    "forecast",
    "from_activations",
    "histogram",
    "inv_ari",
    "lloyd",
    "make_options",
    "read_runs",
    "resque_shift",
    "resque_task",
    "retrain_or_not",
    "sample_vectors",
    "to_u8",
]


def __getattr__(name: str) -> Any:
    if name not in _NEED_TORCH:
        raise AttributeError(f"module 'co2lib.preindex' has no attribute {name!r}")
    require("torch", extra="torch", needed_for=f"preindex.{name}")
    return getattr(importlib.import_module(f"co2lib.preindex.{_NEED_TORCH[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_NEED_TORCH])


Mode = Literal["cnn", "vit"]
Side = Literal["clean", "shifted"]
EdgeRule = Literal["numpy1", "numpy2"]
Variant = Literal["clean", "noise_1", "noise_2", "clean_kpp", "noise_1_kpp"]
Array = Any
"""A NumPy array, or an object with DLPack, the array interface or the buffer protocol."""
Labels = Any
"""Integers or texts, one per sample: a sequence or an array."""


_BATCH = 1024


def _array(x: Array) -> npt.NDArray[Any]:
    """Return a NumPy view of an array; a copy only of what is no array."""
    if isinstance(x, np.ndarray):
        return x
    if hasattr(x, "__dlpack__"):
        return np.from_dlpack(x)
    return np.asarray(x)


def _vector(x: Array) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(_array(x), np.float32)


def make_options(
    *,
    mode: str = "cnn",
    distance: str | Sequence[str] = "js",
    bins: int | Sequence[int] = 64,
    ari: str = "noise_2",
    embedding: str | None = None,
    **further: Any,
) -> Options:
    """Return `Options` from the names of the Python interface.

    Parameters
    ----------
    mode : str
        ``cnn`` or ``vit``.
    distance : str or sequence of str
        ``js``, ``wasserstein``, ``bhattacharyya``, ``kl``; the first is the index's. ``all``: the 12 averages
        of the published code, all four with 64, 32 and 16 bins besides those asked for.
    bins : int or sequence of int
        2..4096; the first is the index's.
    ari : str
        Variant of the clustering.
    embedding : str, optional
        Name of the layer that is clustered.
    **further
        The other fields of `Options`.
    """
    distances = [distance] if isinstance(distance, str) else list(distance)
    counts = [int(bins)] if isinstance(bins, int | np.integer) else [int(b) for b in bins]
    if distances == ["all"]:
        distances = ["js", "wasserstein", "bhattacharyya", "kl"]
        counts += [b for b in (64, 32, 16) if b not in counts]
    return Options(mode=mode, distances=distances, bins=counts, ari=ari, embedding=embedding or "", **further)


class Accumulator:
    """Sums over pairs of samples, in one pass, mergeable over shards.

    Distance sums, p and its standard error do not depend on batch size, order, threads or sharding, bit for
    bit.

    Parameters
    ----------
    options : Options
        See `make_options`.
    classes : int
        Number of distinct labels; layers that are not wider do not count.
    """

    def __init__(self, options: Options, classes: int) -> None:
        self._core = _Accumulator(options, classes)

    @classmethod
    def _of(cls, core: _Accumulator) -> Accumulator:
        self = cls.__new__(cls)
        self._core = core
        return self

    def layer(self, name: str, width: int) -> int:
        """Return the number of a layer, entered into the table when first seen."""
        return self._core.layer(name, width)

    def add_pairs(self, layer: int, clean: Array, shifted: Array) -> None:
        """Add vectors (samples x width, float32) of the same samples before and after the shift."""
        self._core.add_pairs(layer, _array(clean), _array(shifted))

    def add_embedding(self, side: Side, rows: Array, labels: Labels) -> None:
        """Add embeddings (samples x D) of the batch with the labels of its samples; copied."""
        self._core.add_embedding(side, _array(rows), labels)

    def add_resque(self, side: Side, rows: Array, labels: Labels) -> None:
        """Add vectors for RESQUE's shift index; the sides need not be paired."""
        self._core.add_resque(side, _array(rows), labels)

    def end_batch(self) -> None:
        """Count the batch; if it raises, the batch is dropped as a whole."""
        self._core.end_batch()

    def drop_batch(self) -> None:
        """Drop what was added since the last `end_batch`."""
        self._core.drop_batch()

    def merge(self, other: Accumulator) -> None:
        """Add another shard; raises ``preindex.config_mismatch`` naming the options that differ."""
        self._core.merge(other._core)

    def result(self) -> Result:
        """Return the result so far; clusters the stored embeddings."""
        return self._core.result()

    def resque(self) -> Resque:
        """Return RESQUE's shift index of what `add_resque` counted."""
        return self._core.resque()

    def to_json(self) -> str:
        """Return the state without stored embeddings, as versioned JSON."""
        return self._core.to_json()

    @classmethod
    def from_json(cls, text: str) -> Accumulator:
        """Read a state; raises ``preindex.bad_state`` for a corrupt or a newer one."""
        return cls._of(_Accumulator.from_json(text))

    def class_means(self, side: Side) -> npt.NDArray[np.float64]:
        """Return the mean embedding of each class on a side, labels ascending."""
        return self._core.class_means(side)

    def embeddings(self) -> npt.NDArray[np.float32]:
        """Return a copy of the stored embeddings."""
        return self._core.embeddings()

    def embedding_labels(self) -> list[int | str]:
        """Return the labels of the stored embeddings."""
        return self._core.embedding_labels()

    def pack(
        self, classes: Labels, widths: Sequence[int] = (0, 0, 0, 0)
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return the sums as two arrays that add up over shards packed for the same classes and `widths`.

        A shard without samples has seen no width; give the greatest of all shards.
        """
        return self._core.pack(classes, list(widths))

    def unpack(
        self,
        integers: npt.NDArray[np.int64],
        doubles: npt.NDArray[np.float64],
        classes: Labels,
        widths: Sequence[int] = (0, 0, 0, 0),
    ) -> None:
        """Replace the sums by those of packed shards that were added up; stored embeddings stay."""
        self._core.unpack(integers, doubles, classes, list(widths))

    def cluster(self, reducer: Reducer) -> None:
        """Cluster the stored embeddings of all processes together, for `result`; all call it after `unpack`.

        Does nothing unless embeddings of all pairs are stored.
        """
        self._core.cluster(reducer)

    @property
    def widths(self) -> list[int]:
        """Values per clean and shifted embedding, and per clean and shifted RESQUE vector, seen so far."""
        return self._core.widths

    @property
    def options(self) -> Options:
        """The options."""
        return self._core.options

    @property
    def classes(self) -> int:
        """Number of distinct labels, as given."""
        return self._core.classes

    @property
    def pairs(self) -> int:
        """Number of pairs counted."""
        return self._core.pairs

    @property
    def layers(self) -> list[tuple[str, int, bool]]:
        """(name, width, kept) of the layers, in the order in which they were seen."""
        return self._core.layers

    @property
    def labels(self) -> list[int | str]:
        """The classes seen, ascending."""
        return self._core.labels

    @property
    def config(self) -> str:
        """Every choice that two shards must share, JSON."""
        return self._core.config

    @property
    def config_hash(self) -> str:
        """Hash of `config`."""
        return self._core.config_hash


def sample_vectors(
    output: Array, mode: Mode = "cnn", *, convolution_1d: bool = False
) -> npt.NDArray[np.float32]:
    """Return the vectors of the samples of a layer's raw output, one row per sample.

    Parameters
    ----------
    output : array
        Batch axis first; float16, bfloat16, float32 or float64.
    mode : str
        ``cnn``: mean over all axes after the channels, summed in double; ``vit``: flattened.
    convolution_1d : bool
        In mode ``cnn``, a 3-D output is one of a 1-D convolution (samples, channels, positions).

    Raises
    ------
    co2lib.Error
        ``preindex.bad_shape``, ``preindex.empty``.
    """
    return _core.sample_vectors(_array(output), mode, convolution_1d)


def histogram(values: Array, bins: int, edge_rule: EdgeRule = "numpy1") -> list[int]:
    """Return the counts of a vector over its own range, with NumPy's edges bit for bit."""
    return _core.histogram(_vector(values), bins, edge_rule)


def edges(low: float, high: float, bins: int, edge_rule: EdgeRule = "numpy1") -> npt.NDArray[np.float32]:
    """Return the bins + 1 edges of `histogram` for a vector of this range."""
    return _core.edges(low, high, bins, edge_rule)


def distances(clean: Array, shifted: Array, options: Options | None = None) -> Distances:
    """Return the distances between the histograms of a vector before and after the shift."""
    return _core.distances(_vector(clean), _vector(shifted), options or Options())


def adjusted_rand(truth: Array, predicted: Labels | None = None) -> float:
    """Return the adjusted Rand index of a contingency table (classes x clusters), or of two labellings."""
    if predicted is None:
        return _core.adjusted_rand_table(_array(truth))
    return _core.adjusted_rand_labels(truth, predicted)


def class_means(rows: Array, labels: Labels, *, threads: int = 0) -> npt.NDArray[np.float64]:
    """Return the mean row of each class, labels ascending."""
    return _core.class_means(_array(rows), labels, threads)


def lloyd(
    rows: Array,
    centres: Array,
    *,
    tolerance: float = 1e-4,
    max_iterations: int = 300,
    threads: int = 0,
    reducer: Reducer | None = None,
) -> ClusterResult:
    """Run Lloyd's algorithm from given centres as scikit-learn does; labels are those of a double run.

    With a `reducer` the rows are those of this process, and the clusters those of the rows of all processes,
    bit for bit as if one had them.
    """
    return _core.lloyd(
        _array(rows), np.asarray(_array(centres), np.float64), tolerance, max_iterations, threads, reducer
    )


def inv_ari(
    clean: Array,
    shifted: Array,
    labels: Labels,
    variant: Variant = "noise_2",
    *,
    threads: int = 0,
    seed: int = 0,
) -> ClusterResult:
    """Return 1 - ARI of a variant: the damage to the class structure of embeddings (N x D)."""
    return _core.inv_ari(_array(clean), _array(shifted), labels, variant, threads, seed)


def resque_shift(clean: Array, labels_clean: Labels, shifted: Array, labels_shifted: Labels) -> Resque:
    """Return RESQUE's shift index; rows (N x C) per side, unpaired, with the labels of each side."""
    return _core.resque_shift(_array(clean), labels_clean, _array(shifted), labels_shifted)


def resque_task(rows: Array, labels: Labels, *, threads: int = 0) -> ClusterResult:
    """Return RESQUE's task index: 1 - ARI of the new task's rows from their own class means."""
    return _core.resque_task(_array(rows), labels, threads)


def corrupt(
    image: Array,
    name: str,
    level: float,
    *,
    seed: int = 0,
    item: int = 0,
    quantise: bool = True,
    clamp: bool = True,
    wrap_u8: bool = False,
) -> npt.NDArray[np.float32]:
    """Corrupt an image (C, H, W) with values in [0, 1].

    Parameters
    ----------
    image : array
        Channels x height x width.
    name : str
        ``gauss``, ``salt_pepper``, ``blur``, ``shot``, ``impulse`` or ``frost``.
    level : float
        Standard deviation, probability, sigma, strength, probability, or severity 1..10.
    seed, item : int
        Random numbers depend on these and the name alone; `item` is the image's number in its data set.
    quantise : bool
        Round to the 256 values of an 8-bit image.
    clamp : bool
        Without `quantise`: cut at 0 and 1.
    wrap_u8 : bool
        Parity with the published chain: truncate, modulo 256.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_corruption``, ``preindex.bad_sample``, ``preindex.bad_shape``.
    """
    return _core.corrupt(_vector(image), name, level, seed, item, quantise, clamp, wrap_u8)


def to_u8(values: Array, *, wrap: bool = False) -> npt.NDArray[np.uint8]:
    """Return the 8-bit step of float32 values in [0, 1]; with `wrap` that of the published chain."""
    return _core.to_u8(_vector(values), wrap)


def from_activations(  # noqa: PLR0917
    clean: Mapping[str, Array],
    shifted: Mapping[str, Array],
    labels: Labels,
    classes: int | None = None,
    embedding: str | None = None,
    mode: Mode = "cnn",
    **options: Any,
) -> Result:
    """Return PreIndex of recorded activations; needs no PyTorch.

    Parameters
    ----------
    clean, shifted : mapping
        Raw outputs by layer, in forward order; (samples, ...) arrays of the same samples in the same order.
    labels : sequence or array
        Integers or texts, one per sample.
    classes : int, optional
        Number of distinct labels; counted if not given.
    embedding : str, optional
        The layer that is clustered, flattened. Default (ours): the last kept layer with a 4-D output in
        ``cnn``, or else the last kept layer.
    mode : str
        ``cnn`` or ``vit``.
    **options
        As for `make_options`: `distance`, `bins`, `ari`, `s`, `s_bar`, ...

    Raises
    ------
    co2lib.Error
        ``preindex.unpaired``, ``preindex.unknown_layer``, ``preindex.no_layer``, ``preindex.nonfinite``, and
        more.
    """
    if set(clean) != set(shifted):
        only = sorted(set(clean) ^ set(shifted))
        raise BadValueError("preindex.unpaired", f"layers on one side only: {', '.join(only)}")
    if not isinstance(labels, list | tuple):
        labels = _array(labels)
    distinct = len(set(labels)) if isinstance(labels, list | tuple) else len(np.unique(labels))
    vectors: dict[str, int] = {}
    arrays = {name: (_array(clean[name]), _array(shifted[name])) for name in clean}
    for name, (before, after) in arrays.items():
        if before.shape != after.shape:
            raise BadValueError(
                "preindex.unpaired", f"layer {name}: shape {before.shape} before and {after.shape} after"
            )
        if before.ndim and len(before) != len(labels):
            raise BadValueError(
                "preindex.unpaired", f"layer {name}: {len(before)} samples and {len(labels)} labels"
            )
        vectors[name] = _width(name, before, mode)
    count = distinct if classes is None else classes
    probe = Accumulator(make_options(mode=mode, **options), count)
    for name, width in vectors.items():
        probe.layer(name, width)
    if embedding is None:
        embedding = _core.default_embedding(probe.layers, [a.ndim == 4 for a, _ in arrays.values()], mode)
    elif embedding not in arrays:
        _core.unknown_layer("embedding", embedding, probe.layers)
    accumulator = Accumulator(make_options(mode=mode, embedding=embedding, **options), count)
    # Batch by batch, as the accumulator copies the embeddings of a batch.
    for begin in range(0, max(1, len(labels)), _BATCH):
        batch = slice(begin, begin + _BATCH)
        for name, (before, after) in arrays.items():
            layer = accumulator.layer(name, vectors[name])
            if accumulator.layers[layer][2]:
                accumulator.add_pairs(layer, _rows(before[batch], mode), _rows(after[batch], mode))
        before, after = (side[batch] for side in arrays[embedding])
        accumulator.add_embedding("clean", before.reshape(len(before), -1), labels[batch])
        accumulator.add_embedding("shifted", after.reshape(len(after), -1), labels[batch])
        accumulator.end_batch()
    return accumulator.result()


def _rows(output: npt.NDArray[Any], mode: Mode) -> npt.NDArray[Any]:
    """Return the vectors of an output; a matrix is its own, without a copy."""
    return output if output.ndim == 2 else sample_vectors(output, mode)


def _width(name: str, output: npt.NDArray[Any], mode: Mode) -> int:
    try:
        return int(_rows(output[:1], mode).shape[1])
    except BadValueError as error:
        raise BadValueError(error.code, f"layer {name}: {error.message}") from None


class CostForecast:
    """What retraining will cost: epochs, kWh and gCO2e, calibrated on past retrainings.

    >>> runs = [CalibrationRun(x, epochs=2 + 10 * x) for x in (0.1, 0.2, 0.4, 0.6, 0.8)]
    >>> round(CostForecast.fit(runs).predict(0.5)["epochs"].value, 6)
    7.0
    """

    def __init__(self, core: _CostForecast) -> None:
        self._core = core

    @classmethod
    def fit(
        cls,
        runs: Iterable[CalibrationRun] | str | Path,
        model: Literal["linear", "isotonic", "auto"] = "auto",
        alpha: float = 0.2,
        select: Mapping[str, str] | None = None,
    ) -> CostForecast:
        """Calibrate on runs of one model family, data set, protocol and machine.

        Parameters
        ----------
        runs : iterable of CalibrationRun, or path
            The path of a file of JSON lines, see `append_run`.
        model : str
            ``linear``, ``isotonic``, or ``auto``: the smaller leave-one-out error.
        alpha : float
            The interval misses with about this probability, at most twice it for exchangeable runs.
        select : mapping, optional
            Use only the runs with these values of ``config``, ``model``, ``dataset``, ``protocol`` or
            ``machine``.

        Raises
        ------
        co2lib.Error
            ``preindex.config_mismatch``, ``preindex.not_enough_calibration``, ``preindex.bad_cost``,
            ``preindex.bad_calibration``.
        """
        known = read_runs(Path(runs)) if isinstance(runs, str | Path) else list(runs)
        return cls(_CostForecast.fit(known, model, alpha, dict(select or {})))

    def predict(self, x: float | Result) -> CostPrediction:
        """Forecast the costs at an index, or of a result; raises ``preindex.config_mismatch``."""
        return self._core.predict_result(x) if isinstance(x, Result) else self._core.predict(float(x))

    @property
    def runs(self) -> list[CalibrationRun]:
        """The runs that are used."""
        return self._core.runs


def retrain_or_not(
    index: float | Result,
    forecast: CostPrediction | None,
    *,
    accuracy: float,
    required_accuracy: float,
    budget: Costs | None = None,
    from_scratch: Costs | None = None,
    index_cost: Costs | None = None,
    candidates: Mapping[str, CostPrediction] | None = None,
) -> RetrainReport:
    """Decide whether to retrain.

    The first that matches: ``not_needed``, ``no_forecast``, ``over_budget``, ``retrain``, ``uncertain``.

    Parameters
    ----------
    index : float or Result
        PreIndex of the shifted data.
    forecast : CostPrediction, optional
        What `CostForecast.predict` gave.
    accuracy, required_accuracy : float
        Shares in [0, 1]; the first on a labelled sample of the shifted data, the accuracy of doing nothing.
    budget, from_scratch, index_cost : Costs, optional
        Limits; the cost of training from scratch; the cost of having computed the index.
    candidates : mapping, optional
        Shifts at which a calibration run could be made, with their forecasts.
    """
    result = index if isinstance(index, Result) else None
    return _core.retrain_or_not(
        result,
        0.0 if isinstance(index, Result) else float(index),
        forecast,
        accuracy,
        required_accuracy,
        budget or Costs(),
        from_scratch or Costs(),
        index_cost or Costs(),
        dict(candidates or {}),
    )
