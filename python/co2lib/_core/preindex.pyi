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
        ...
    @property
    def bins(self) -> list[int]:
        ...
    @property
    def degenerate(self) -> str:
        ...
    @property
    def distances(self) -> list[str]:
        ...
    @property
    def edge_rule(self) -> str:
        ...
    @property
    def embedding(self) -> str:
        ...
    @property
    def exclude(self) -> list[str]:
        ...
    @property
    def include(self) -> list[str]:
        ...
    @property
    def mode(self) -> str:
        ...
    @property
    def nonfinite(self) -> str:
        ...
    @property
    def repeated_calls(self) -> str:
        ...
    @property
    def s(self) -> float:
        ...
    @property
    def s_bar(self) -> float:
        ...
    @property
    def skip_short_names(self) -> bool:
        ...
    @property
    def store(self) -> str:
        ...
    @property
    def threads(self) -> int:
        ...
    @property
    def weights(self) -> str:
        ...
class Distances:
    """
    Distances of one pair of vectors.
    """
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    def at(self, bins: typing.SupportsInt | typing.SupportsIndex, distance: str) -> float:
        ...
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
        ...
    @property
    def centres(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        K x D.
        """
    @property
    def classes(self) -> list[typing.Any]:
        ...
    @property
    def contingency(self) -> numpy.typing.NDArray[numpy.int64]:
        """
        Class x cluster.
        """
    @property
    def inertia(self) -> float:
        ...
    @property
    def inv_ari(self) -> float | None:
        """
        1 - ARI.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
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
        ...
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
        ...
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
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def width(self) -> int:
        ...
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
        ...
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
        ...
    @property
    def config(self) -> dict[str, typing.Any]:
        """
        Every choice, as a dict.
        """
    @property
    def config_hash(self) -> str:
        ...
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
        ...
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def label(self) -> str:
        ...
    @property
    def layers(self) -> list[LayerResult]:
        ...
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
        ...
    @property
    def pairs(self) -> int:
        ...
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
        ...
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
        ...
    def __init__(self, options: Options, classes: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def add_embedding(self, side: str, rows: numpy.ndarray, labels: typing.Any) -> None:
        ...
    def add_pairs(self, layer: typing.SupportsInt | typing.SupportsIndex, clean: numpy.ndarray, shifted: numpy.ndarray) -> None:
        ...
    def add_resque(self, side: str, rows: numpy.ndarray, labels: typing.Any) -> None:
        ...
    def class_means(self, side: str) -> numpy.typing.NDArray[numpy.float64]:
        ...
    def cluster(self, reducer: Reducer) -> None:
        """
        Clusters the stored embeddings of all processes together, for result().
        """
    def drop_batch(self) -> None:
        ...
    def embedding_labels(self) -> list[typing.Any]:
        ...
    def embeddings(self) -> numpy.typing.NDArray[numpy.float32]:
        """
        A copy of the stored embeddings.
        """
    def end_batch(self) -> None:
        ...
    def layer(self, name: str, width: typing.SupportsInt | typing.SupportsIndex) -> int:
        ...
    def merge(self, other: Accumulator) -> None:
        ...
    def pack(self, classes: typing.Any, widths: typing.Annotated[collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(4)"] = [0, 0, 0, 0]) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64]]:
        """
        The sums as int64 and float64 arrays that add up over shards.
        """
    def resque(self) -> Resque:
        ...
    def restore_embeddings(self, rows: numpy.ndarray, labels: typing.Any) -> None:
        ...
    def result(self) -> Result:
        ...
    def to_json(self) -> str:
        ...
    def unpack(self, integers: typing.Annotated[numpy.typing.ArrayLike, numpy.int64], doubles: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], classes: typing.Any, widths: typing.Annotated[collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(4)"] = [0, 0, 0, 0]) -> None:
        ...
    @property
    def classes(self) -> int:
        ...
    @property
    def config(self) -> str:
        ...
    @property
    def config_hash(self) -> str:
        ...
    @property
    def labels(self) -> list[typing.Any]:
        ...
    @property
    def layers(self) -> list[tuple[str, int, bool]]:
        """
        (name, width, kept) of the layers, in the order in which they were seen.
        """
    @property
    def options(self) -> Options:
        ...
    @property
    def pairs(self) -> int:
        ...
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
        ...
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
        ...
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def lower(self) -> float:
        ...
    @property
    def model(self) -> str:
        ...
    @property
    def range(self) -> tuple[float, float]:
        """
        Smallest and largest index of the runs.
        """
    @property
    def runs(self) -> int:
        ...
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
        ...
    @property
    def dataset(self) -> str:
        ...
    @property
    def epochs(self) -> float | None:
        ...
    @property
    def gco2e(self) -> float | None:
        ...
    @property
    def kwh(self) -> float | None:
        ...
    @property
    def machine(self) -> str:
        ...
    @property
    def model(self) -> str:
        ...
    @property
    def protocol(self) -> str:
        ...
    @property
    def time(self) -> str:
        ...
    @property
    def x(self) -> float:
        ...
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
        ...
    @property
    def epochs(self) -> Forecast | None:
        ...
    @property
    def gco2e(self) -> Forecast | None:
        ...
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def kwh(self) -> Forecast | None:
        ...
    @property
    def x(self) -> float:
        ...
class CostForecast:
    """
    What retraining will cost, from past retrainings.
    """
    @staticmethod
    def fit(runs: collections.abc.Sequence[CalibrationRun], model: str = 'auto', alpha: typing.SupportsFloat | typing.SupportsIndex = 0.2, select: collections.abc.Mapping[str, str] = {}) -> CostForecast:
        ...
    def predict(self, x: typing.SupportsFloat | typing.SupportsIndex) -> CostPrediction:
        ...
    def predict_result(self, result: Result) -> CostPrediction:
        ...
    @property
    def runs(self) -> list[CalibrationRun]:
        ...
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
        ...
    @property
    def gco2e(self) -> float | None:
        ...
    @property
    def kwh(self) -> float | None:
        ...
class RetrainReport:
    """
    Whether to retrain, and why.
    """
    def __reduce__(self) -> tuple[typing.Any, tuple[str, int, typing.Any], typing.Any]:
        ...
    def __str__(self) -> str:
        ...
    def to_json(self) -> str:
        ...
    @property
    def advice(self) -> str:
        ...
    @property
    def decision(self) -> str:
        """
        `not_needed`, `no_forecast`, `over_budget`, `retrain` or `uncertain`.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def reason(self) -> str:
        ...
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
