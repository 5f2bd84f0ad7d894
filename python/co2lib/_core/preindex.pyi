# SPDX-License-Identifier: MIT
"""
Domain preindex: shift as a forecast of retraining cost.
"""
from __future__ import annotations
import co2lib._core
import collections.abc
import numpy
import numpy.typing
import os
import typing
__all__: list[str] = ['Accumulator', 'CalibrationRun', 'ClusterResult', 'CostForecast', 'CostPrediction', 'Costs', 'Distances', 'Forecast', 'LayerResult', 'Options', 'Reducer', 'Resque', 'Result', 'RetrainReport', 'adjusted_rand_labels', 'adjusted_rand_table', 'append_run', 'carbon_of', 'class_means', 'combine', 'corrupt', 'default_embedding', 'distances', 'edges', 'finished', 'forecast', 'histogram', 'inv_ari', 'lloyd', 'read_runs', 'resque_shift', 'resque_task', 'restore', 'retrain_or_not', 'sample_vectors', 'to_u8', 'unknown_layer']
class Options:
    """
    Every choice that PreIndex leaves open.
    """
    def __init__(self, *, mode: str = 'cnn', bins: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex] = [64], distances: collections.abc.Sequence[str] = ['js'], edge_rule: str = 'numpy1', weights: str = 'density', degenerate: str = 'count', ari: str = 'noise_2', embedding: str = '', include: collections.abc.Sequence[str] = [], exclude: collections.abc.Sequence[str] = [], skip_short_names: bool = False, repeated_calls: str = 'mean', nonfinite: str = 'error', store: str = 'memory', s: typing.SupportsFloat | typing.SupportsIndex = 0.0, s_bar: typing.SupportsFloat | typing.SupportsIndex = 0.0, threads: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        ...
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    @property
    def ari(self) -> str:
        """
        Which clustering the index takes.
        """
    @property
    def bins(self) -> list[int]:
        """
        Numbers of bins, 2 to 4096; the first one is the index's.
        """
    @property
    def degenerate(self) -> str:
        """
        What becomes of a vector with a bin of zero width: `count`, `nan` or `error`.
        """
    @property
    def distances(self) -> list[str]:
        """
        Distances that are computed; the first one is the index's.
        """
    @property
    def edge_rule(self) -> str:
        """
        How the edges of a histogram are rounded: `numpy1` or `numpy2`.
        """
    @property
    def embedding(self) -> str:
        """
        Name of the embedding layer, for the record; empty: the default one.
        """
    @property
    def exclude(self) -> list[str]:
        """
        Layers that are never kept.
        """
    @property
    def include(self) -> list[str]:
        """
        Layers kept whatever their width; empty: those wider than there are classes.
        """
    @property
    def mode(self) -> str:
        """
        How activations become vectors: `cnn` or `vit`.
        """
    @property
    def nonfinite(self) -> str:
        """
        What becomes of a pair with a NaN or an infinity: `error` or `skip_pair`.
        """
    @property
    def repeated_calls(self) -> str:
        """
        What becomes of a module that is called more than once per pass: `mean` or `sum`.
        """
    @property
    def s(self) -> float:
        """
        Noise-variance scaling; computed nowhere, an argument.
        """
    @property
    def s_bar(self) -> float:
        """
        Offset of the noise-variance scaling; an argument too.
        """
    @property
    def skip_short_names(self) -> bool:
        """
        Whether names of one character are skipped, as the published code does.
        """
    @property
    def store(self) -> str:
        """
        Where the shifted embeddings are kept: `memory`, `file` or `recompute`.
        """
    @property
    def threads(self) -> int:
        """
        0: as many as the machine has; no result depends on it.
        """
    @property
    def weights(self) -> str:
        """
        What a histogram's probabilities are made of: `density` or `count`.
        """
class Distances:
    """
    Distances of one pair of vectors.
    """
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    def at(self, bins: typing.SupportsInt | typing.SupportsIndex, distance: str) -> float:
        """
        The distance at this number of bins. Throws preindex.bad_option if it was not asked for.
        """
    @property
    def counts_clean(self) -> dict[int, list[int]]:
        """
        {bins: counts} before the shift.
        """
    @property
    def counts_shifted(self) -> dict[int, list[int]]:
        """
        {bins: counts} after the shift.
        """
    @property
    def values(self) -> dict[int, dict[str, float]]:
        """
        {bins: {distance: value}}, natural logarithm.
        """
    @property
    def zero_width(self) -> dict[int, int]:
        """
        {bins: number of the two vectors with a bin of zero width}.
        """
class ClusterResult:
    """
    What a clustering found.
    """
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    @property
    def ari(self) -> float | None:
        """
        Adjusted Rand index of classes and clusters.
        """
    @property
    def centres(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        K x D.
        """
    @property
    def classes(self) -> list[typing.Any]:
        """
        Of the labels given, ascending.
        """
    @property
    def contingency(self) -> numpy.typing.NDArray[numpy.int64]:
        """
        Class x cluster.
        """
    @property
    def inertia(self) -> float:
        """
        Sum of squared distances to the own centre.
        """
    @property
    def inv_ari(self) -> float | None:
        """
        1 - ARI.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        `trivial_clustering` for one class or as many as samples.
        """
    @property
    def iterations(self) -> int:
        """
        Number of M-steps.
        """
    @property
    def labels(self) -> numpy.typing.NDArray[numpy.int32]:
        """
        Cluster per sample, int32; cluster k started from centre k.
        """
    @property
    def stop(self) -> str:
        """
        `strict`, `tol` or `max_iter`.
        """
    @property
    def tol_abs(self) -> float:
        """
        The tolerance in the units of the data, squared.
        """
class Resque:
    """
    RESQUE's shift index.
    """
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    @property
    def angles(self) -> list[float]:
        """
        Per class, ascending, as shares of pi.
        """
    @property
    def classes(self) -> list[typing.Any]:
        """
        Ascending.
        """
    @property
    def index(self) -> float:
        """
        Mean of the angles: 0 same direction, 0.5 orthogonal, 1 opposite.
        """
class LayerResult:
    """
    A layer of a result.
    """
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def kept(self) -> bool:
        """
        It counts in the index.
        """
    @property
    def name(self) -> str:
        """
        Name of the module.
        """
    @property
    def width(self) -> int:
        """
        Values per sample after reduction.
        """
    @property
    def zero_width(self) -> list[int]:
        """
        Vectors with a bin of zero width, per number of bins.
        """
class Result:
    """
    The index, its ingredients and how they came about.
    """
    def __float__(self) -> float:
        ...
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    def __repr__(self) -> str:
        ...
    def _look_at(self, unseen: collections.abc.Sequence[str], counted: typing.SupportsInt | typing.SupportsIndex, elsewhere: collections.abc.Mapping[str, typing.SupportsInt | typing.SupportsIndex], issues: collections.abc.Sequence[co2lib._core.Issue]) -> None:
        """
        Adds what is known of the model: layers that gave no output, where its parameters lie, remarks.
        """
    def to_json(self) -> str:
        """
        JSON with stable keys; what is not known is null.
        """
    @property
    def all_distances(self) -> dict[int, dict[str, float]]:
        """
        {bins: {distance: p}}.
        """
    @property
    def all_standard_errors(self) -> dict[int, dict[str, float | None]]:
        """
        {bins: {distance: standard error}}.
        """
    @property
    def cluster(self) -> ClusterResult | None:
        """
        None without embeddings.
        """
    @property
    def config(self) -> dict[str, typing.Any]:
        """
        Every choice, as a dict.
        """
    @property
    def config_hash(self) -> str:
        """
        Hash of the choices that make the index what it is: equal for the same index, whatever else was asked for.
        """
    @property
    def cost(self) -> typing.Any:
        """
        What the passes cost: the footprint of the region `preindex` of a tracker that was handed in, or None.
        """
    @cost.setter
    def cost(self, arg1: typing.Any) -> None:
        ...
    @property
    def inv_ari(self) -> float | None:
        """
        1 - ARI of the chosen variant.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        What a reader must know about these numbers.
        """
    @property
    def label(self) -> str:
        """
        `preindex`, or `preindex(unscaled)` for s = 0 and s_bar = 0.
        """
    @property
    def layers(self) -> list[LayerResult]:
        """
        In the order in which they were first seen.
        """
    @property
    def layers_unseen(self) -> list[str]:
        """
        Candidate layers of a model that gave no output, and so do not count.
        """
    @property
    def observed_share(self) -> float | None:
        """
        Share of the model's parameters that lie in layers that count; None where no model was looked at.
        """
    @property
    def p(self) -> float:
        """
        The first distance at the first number of bins.
        """
    @property
    def pairs(self) -> int:
        """
        Pairs of samples that count.
        """
    @property
    def per_layer(self) -> dict[str, dict[int, dict[str, float]]]:
        """
        {layer: {bins: {distance: mean}}} of the kept layers.
        """
    @property
    def se(self) -> float | None:
        """
        Standard error of p between samples; None for one pair.
        """
    @property
    def skipped(self) -> int:
        """
        Pairs dropped by nonfinite = skip_pair.
        """
    @property
    def value(self) -> float | None:
        """
        PreIndex; None without embeddings.
        """
class Reducer:
    """
    How processes that hold a shard each cluster together; to be derived.
    """
    def __init__(self) -> None:
        ...
    def max(self, values: numpy.ndarray) -> None:
        """
        Replaces each value of the float64 array by its maximum over the processes.
        """
    def rank(self) -> int:
        """
        Number of this process.
        """
    def size(self) -> int:
        """
        Number of processes.
        """
    def sum(self, values: numpy.ndarray) -> None:
        """
        Replaces each value of the int64 array by its sum over the processes; here there is one.
        """
class Accumulator:
    """
    Sums over pairs of samples, mergeable over shards.
    """
    @staticmethod
    def from_json(text: str) -> Accumulator:
        """
        Reads a state. Throws preindex.bad_state for a corrupt or a newer one.
        """
    def __init__(self, options: Options, classes: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def add_embedding(self, side: str, rows: numpy.ndarray, labels: typing.Any) -> None:
        """
        Embeddings of the samples of the batch, flattened; labels in the same order. Copied.
        """
    def add_pairs(self, layer: typing.SupportsInt | typing.SupportsIndex, clean: numpy.ndarray, shifted: numpy.ndarray) -> None:
        """
        Vectors of the same samples before and after the shift; once per call of the module in the batch.
        """
    def add_resque(self, side: str, rows: numpy.ndarray, labels: typing.Any) -> None:
        """
        Vectors for RESQUE's shift index; the sides need not be paired. Counted at once.
        """
    def class_means(self, side: str) -> numpy.typing.NDArray[numpy.float64]:
        """
        Means of the embeddings of each class on a side, ascending; for the initial centres.
        """
    def cluster(self, reducer: Reducer) -> None:
        """
        Clusters the stored embeddings of all processes together, for result().
        """
    def drop_batch(self) -> None:
        """
        Drops what was added since the last `end_batch`.
        """
    def embedding_labels(self) -> list[typing.Any]:
        """
        The classes of the stored embeddings, row by row.
        """
    def embeddings(self) -> numpy.typing.NDArray[numpy.float32]:
        """
        A copy of the stored embeddings.
        """
    def end_batch(self) -> None:
        """
        Counts the batch.
        """
    def layer(self, name: str, width: typing.SupportsInt | typing.SupportsIndex) -> int:
        """
        The layer of this name, entered into the table when first seen. Throws preindex.width_changed.
        """
    def merge(self, other: Accumulator) -> None:
        """
        Adds another shard. Throws preindex.config_mismatch with the keys that differ.
        """
    def pack(self, classes: typing.Any, widths: typing.Annotated[collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(4)"] = [0, 0, 0, 0]) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64]]:
        """
        The sums as int64 and float64 arrays that add up over shards.
        """
    def resque(self) -> Resque:
        """
        RESQUE's shift index of what `add_resque` counted.
        """
    def restore_embeddings(self, rows: numpy.ndarray, labels: typing.Any) -> None:
        """
        Gives a state the embeddings that it was read without: those of `embeddings()`, with their labels.
        """
    def result(self) -> Result:
        """
        The result so far. Throws preindex.empty without pairs, preindex.no_layer, preindex.class_sets.
        """
    def to_json(self) -> str:
        """
        The state without stored embeddings, versioned JSON; its size does not depend on the number of pairs.
        """
    def unpack(self, integers: typing.Annotated[numpy.typing.ArrayLike, numpy.int64], doubles: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], classes: typing.Any, widths: typing.Annotated[collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(4)"] = [0, 0, 0, 0]) -> None:
        """
        Replaces the sums by those of `packed`, which was added up over shards packed for the same classes and widths.
        """
    @property
    def classes(self) -> int:
        """
        Number of classes of the model, which decides which layers are kept.
        """
    @property
    def config(self) -> str:
        """
        Every choice that two shards must share, JSON.
        """
    @property
    def config_hash(self) -> str:
        """
        Of `config`.
        """
    @property
    def labels(self) -> list[typing.Any]:
        """
        The classes seen so far, ascending.
        """
    @property
    def layers(self) -> list[tuple[str, int, bool]]:
        """
        (name, width, kept) of the layers, in the order in which they were seen.
        """
    @property
    def options(self) -> Options:
        """
        As they were given.
        """
    @property
    def pairs(self) -> int:
        """
        So far.
        """
    @property
    def widths(self) -> typing.Annotated[list[int], "FixedSize(4)"]:
        """
        Values per clean and shifted embedding and RESQUE vector seen so far.
        """
class Forecast:
    """
    A forecast cost with its interval.
    """
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    def __repr__(self) -> str:
        ...
    def _repr_html_(self) -> str:
        """
        Its table, for notebooks.
        """
    def _repr_mimebundle_(self, include: typing.Any = None, exclude: typing.Any = None) -> dict[str, typing.Any]:
        """
        Its text and its table, for notebooks.
        """
    @property
    def bounded(self) -> bool:
        """
        False if an end of the interval is no bound (too few runs for alpha).
        """
    @property
    def confidence(self) -> float:
        """
        1 - alpha.
        """
    @property
    def cost(self) -> str:
        """
        `epochs`, `kwh` or `gco2e`; empty where only numbers were given.
        """
    @property
    def extrapolated(self) -> bool:
        """
        The index lies outside of the range of the runs.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        What a reader must know about the forecast: few runs, an index outside of their range.
        """
    @property
    def lower(self) -> float:
        """
        Lower end of the interval.
        """
    @property
    def model(self) -> str:
        """
        The curve that was fitted.
        """
    @property
    def range(self) -> tuple[float, float]:
        """
        Smallest and largest index of the runs.
        """
    @property
    def runs(self) -> int:
        """
        Number of runs used.
        """
    @property
    def upper(self) -> float:
        """
        inf where not bounded.
        """
    @property
    def value(self) -> float:
        """
        The point forecast.
        """
class CalibrationRun:
    """
    A past retraining: its index and what it cost.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, x: typing.SupportsFloat, *, epochs: typing.SupportsFloat | None = None, kwh: typing.SupportsFloat | None = None, gco2e: typing.SupportsFloat | None = None, energy: co2lib._core.Energy | co2lib._core.EnergyEstimate | None = None, carbon: co2lib._core.CarbonMass | co2lib._core.CarbonMassEstimate | None = None, config: str = '', model: str = '', dataset: str = '', protocol: str = '', machine: str = '', time: str = '') -> None:
        ...
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    def __repr__(self) -> str:
        ...
    def to_json(self) -> str:
        """
        One line of a calibration file.
        """
    @property
    def config(self) -> str:
        """
        `Result.config_hash`.
        """
    @property
    def dataset(self) -> str:
        """
        Name of the data.
        """
    @property
    def epochs(self) -> float | None:
        """
        May be a fraction.
        """
    @property
    def gco2e(self) -> float | None:
        """
        Operational carbon, g CO2e.
        """
    @property
    def kwh(self) -> float | None:
        """
        Energy of the training, kWh.
        """
    @property
    def machine(self) -> str:
        """
        On which it ran.
        """
    @property
    def model(self) -> str:
        """
        Name of the model family.
        """
    @property
    def protocol(self) -> str:
        """
        How it was retrained.
        """
    @property
    def time(self) -> str:
        """
        When it ended, UTC.
        """
    @property
    def x(self) -> float:
        """
        The index before the retraining.
        """
class CostPrediction:
    """
    Forecasts of the costs that the runs know.
    """
    def __getitem__(self, name: str) -> Forecast:
        """
        The forecast of `epochs`, `kwh` or `gco2e`.
        """
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    def _repr_html_(self) -> str:
        """
        Its table, for notebooks.
        """
    def _repr_mimebundle_(self, include: typing.Any = None, exclude: typing.Any = None) -> dict[str, typing.Any]:
        """
        Its text and its table, for notebooks.
        """
    def keys(self) -> list[str]:
        """
        Names of the costs that have a forecast.
        """
    @property
    def epochs(self) -> Forecast | None:
        """
        Forecast of the epochs; None where too few runs know it.
        """
    @property
    def gco2e(self) -> Forecast | None:
        """
        Forecast of the operational carbon, g CO2e; None where too few runs know it.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        Of the runs, and of how they were used.
        """
    @property
    def kwh(self) -> Forecast | None:
        """
        Forecast of the energy, kWh; None where too few runs know it.
        """
    @property
    def x(self) -> float:
        """
        The index that it is for.
        """
class CostForecast:
    """
    What retraining will cost, from past retrainings.
    """
    @staticmethod
    def fit(runs: collections.abc.Sequence[CalibrationRun], model: str = 'auto', alpha: typing.SupportsFloat | typing.SupportsIndex = 0.2, select: collections.abc.Mapping[str, str] = {}) -> CostForecast:
        """
        Throws preindex.config_mismatch naming the fields in which the runs differ, preindex.bad_cost, and preindex.not_enough_calibration if no cost has enough runs.
        """
    def predict(self, x: typing.SupportsFloat | typing.SupportsIndex) -> CostPrediction:
        """
        Forecasts every cost at an index; a cost without enough runs is absent, with an issue that says so.
        """
    def predict_result(self, result: Result) -> CostPrediction:
        """
        Forecasts every cost at the index of a result, whose configuration must be that of the runs.
        """
    @property
    def runs(self) -> list[CalibrationRun]:
        """
        Those in use.
        """
class Costs:
    """
    Costs by name; what is not known or not limited is None.
    """
    def __init__(self, *, epochs: typing.SupportsFloat | None = None, kwh: typing.SupportsFloat | None = None, gco2e: typing.SupportsFloat | None = None) -> None:
        ...
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    @property
    def epochs(self) -> float | None:
        """
        Epochs; may be a fraction.
        """
    @property
    def gco2e(self) -> float | None:
        """
        Operational carbon, g CO2e.
        """
    @property
    def kwh(self) -> float | None:
        """
        Energy of the training, kWh.
        """
class RetrainReport:
    """
    Whether to retrain, and why.
    """
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    def __str__(self) -> str:
        ...
    def to_json(self) -> str:
        """
        JSON with stable keys.
        """
    @property
    def advice(self) -> str:
        """
        For `uncertain`: which calibration run would help.
        """
    @property
    def decision(self) -> str:
        """
        `not_needed`, `no_forecast`, `over_budget`, `retrain` or `uncertain`.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        Of the forecast and the index.
        """
    @property
    def reason(self) -> str:
        """
        The decision rule in words.
        """
def adjusted_rand_labels(labels_true: typing.Any, labels_pred: typing.Any) -> float:
    ...
def adjusted_rand_table(contingency: typing.Annotated[numpy.typing.ArrayLike, numpy.int64]) -> float:
    ...
def append_run(file: os.PathLike[str] | str | bytes, run: CalibrationRun) -> None:
    ...
def carbon_of(kwh: Forecast, intensity: co2lib._core.CarbonIntensity, hardware: co2lib._core.CarbonMass = ...) -> Forecast:
    ...
def class_means(rows: numpy.ndarray, labels: typing.Any, threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.float64]:
    ...
def combine(p: typing.SupportsFloat | typing.SupportsIndex, inv_ari: typing.SupportsFloat | typing.SupportsIndex, s: typing.SupportsFloat | typing.SupportsIndex = 0.0, s_bar: typing.SupportsFloat | typing.SupportsIndex = 0.0, inv_ari_denominator: typing.SupportsFloat | typing.SupportsIndex | None = None) -> float:
    ...
def corrupt(image: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], name: str, level: typing.SupportsFloat | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex = 0, item: typing.SupportsInt | typing.SupportsIndex = 0, quantise: bool = True, clamp: bool = True, wrap_u8: bool = False, any_range: bool = False) -> numpy.typing.NDArray[numpy.float32]:
    ...
def default_embedding(layers: collections.abc.Sequence[tuple[str, typing.SupportsInt | typing.SupportsIndex, bool]], convolution: collections.abc.Sequence[bool], mode: str) -> str:
    ...
def distances(clean: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], shifted: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], options: Options) -> Distances:
    ...
def edges(low: typing.SupportsFloat | typing.SupportsIndex, high: typing.SupportsFloat | typing.SupportsIndex, bins: typing.SupportsInt | typing.SupportsIndex, edge_rule: str = 'numpy1') -> numpy.typing.NDArray[numpy.float32]:
    ...
def finished(image: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], quantise: bool = True, clamp: bool = True, wrap_u8: bool = False) -> numpy.typing.NDArray[numpy.float32]:
    ...
def forecast(x: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], y: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], x_new: typing.SupportsFloat | typing.SupportsIndex, model: str = 'auto', alpha: typing.SupportsFloat | typing.SupportsIndex = 0.2) -> Forecast:
    ...
def histogram(values: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], bins: typing.SupportsInt | typing.SupportsIndex, edge_rule: str = 'numpy1') -> list[int]:
    ...
def inv_ari(clean: numpy.ndarray, shifted: numpy.ndarray, labels: typing.Any, variant: str = 'noise_2', threads: typing.SupportsInt | typing.SupportsIndex = 0, seed: typing.SupportsInt | typing.SupportsIndex = 0) -> ClusterResult:
    ...
def lloyd(rows: numpy.ndarray, centres: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], tolerance: typing.SupportsFloat | typing.SupportsIndex = 0.0001, max_iterations: typing.SupportsInt | typing.SupportsIndex = 300, threads: typing.SupportsInt | typing.SupportsIndex = 0, reducer: Reducer | None = None) -> ClusterResult:
    ...
def read_runs(file: os.PathLike[str] | str | bytes) -> list[CalibrationRun]:
    ...
def resque_shift(clean: numpy.ndarray, labels_clean: typing.Any, shifted: numpy.ndarray, labels_shifted: typing.Any) -> Resque:
    ...
def resque_task(rows: numpy.ndarray, labels: typing.Any, threads: typing.SupportsInt | typing.SupportsIndex = 0) -> ClusterResult:
    ...
def restore(kind: str, version: typing.SupportsInt | typing.SupportsIndex, state: typing.Any) -> typing.Any:
    """
    Makes a value of this domain from its pickled state.
    """
def retrain_or_not(result: Result | None, x: typing.SupportsFloat | typing.SupportsIndex, forecast: CostPrediction | None, accuracy: typing.SupportsFloat | typing.SupportsIndex, required_accuracy: typing.SupportsFloat | typing.SupportsIndex, budget: Costs, from_scratch: Costs, index_cost: Costs, candidates: collections.abc.Mapping[str, CostPrediction]) -> RetrainReport:
    ...
def sample_vectors(output: numpy.ndarray, mode: str, convolution_1d: bool = False) -> numpy.typing.NDArray[numpy.float32]:
    ...
def to_u8(values: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], wrap: bool = False) -> numpy.typing.NDArray[numpy.uint8]:
    ...
def unknown_layer(use: str, name: str, layers: collections.abc.Sequence[tuple[str, typing.SupportsInt | typing.SupportsIndex, bool]]) -> None:
    """
    Raises preindex.unknown_layer with the list of candidates.
    """
