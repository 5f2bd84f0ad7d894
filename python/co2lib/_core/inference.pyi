# SPDX-License-Identifier: MIT
"""
Domain inference: what a model costs on a device.
"""
from __future__ import annotations
import co2lib._core
import co2lib._core.intensity
import collections.abc
import numpy
import numpy.typing
import os
import typing
__all__: list[str] = ['BatteryLife', 'CoreDevice', 'DecodeStep', 'DutyEnergy', 'Features', 'Forest', 'Graph', 'GraphKernel', 'KernelConfig', 'KernelPrediction', 'LifeFootprint', 'LifeInterval', 'LlmCoefficients', 'LlmFootprint', 'LlmPlan', 'McuRow', 'Node', 'Payback', 'Precision', 'Prediction', 'RegressionMetrics', 'RooflineResult', 'Simulation', 'Unmodelled', 'base_features', 'battery_life', 'break_even', 'cpu_power_w', 'decode', 'decode_linear_j', 'device_names', 'duty_cycle', 'feature_names', 'features', 'flops', 'intensity_by_year', 'kernel_name', 'known_kernels', 'lifetime', 'llm_infer', 'llm_plan', 'llm_split', 'llm_train', 'load_forest', 'load_graph', 'mcu_boards', 'mcu_row', 'mcu_sleep_w', 'mcu_sums', 'mcu_table', 'parse_coefficients', 'parse_forest', 'parse_graph', 'parse_kernel', 'payback', 'precision', 'precision_of', 'prefill_flops', 'regression_metrics', 'roofline', 'rules', 'simulate', 'training_vector', 'transformer_flops', 'transformer_params', 'with_precision']
class KernelConfig:
    """
    One kernel with its sizes; of a matmul `k` is the inner size.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, kernel: str, *, h: typing.SupportsInt | typing.SupportsIndex = 1, w: typing.SupportsInt | typing.SupportsIndex | None = None, cin: typing.SupportsInt | typing.SupportsIndex = 0, cout: typing.SupportsInt | typing.SupportsIndex = 0, k: typing.SupportsInt | typing.SupportsIndex = 1, s: typing.SupportsInt | typing.SupportsIndex = 1, pad: typing.SupportsFloat | typing.SupportsIndex = 0.0, dilation: typing.SupportsInt | typing.SupportsIndex = 1, groups: typing.SupportsInt | typing.SupportsIndex = 1, bias: bool = True, w_bits: typing.SupportsInt | typing.SupportsIndex = 32, a_bits: typing.SupportsInt | typing.SupportsIndex = 32, integer: bool | None = None, batch: typing.SupportsInt | typing.SupportsIndex = 1, reduction: typing.SupportsInt | typing.SupportsIndex = 4, array: typing.Annotated[collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(2)"] | None = None, m: typing.SupportsInt | typing.SupportsIndex = 0, n: typing.SupportsInt | typing.SupportsIndex = 0, heads: typing.SupportsInt | typing.SupportsIndex = 1, cins: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex] = []) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def to_json(self) -> str:
        """
        `kernel`, and every field that differs from its default.
        """
    @property
    def a_bits(self) -> int:
        """
        Bits of an activation.
        """
    @property
    def array(self) -> typing.Annotated[list[int], "FixedSize(2)"] | None:
        """
        Rows and columns of the device's array of multipliers.
        """
    @property
    def batch(self) -> int:
        """
        Inputs at once.
        """
    @property
    def bias(self) -> bool:
        """
        Whether there is one.
        """
    @property
    def cin(self) -> int:
        """
        Channels of the input.
        """
    @property
    def cins(self) -> list[int]:
        """
        Channels of the inputs of a concat.
        """
    @property
    def cout(self) -> int:
        """
        Channels of the output.
        """
    @property
    def dilation(self) -> int:
        """
        Distance of the window's taps.
        """
    @property
    def groups(self) -> int:
        """
        Groups of a convolution.
        """
    @property
    def h(self) -> int:
        """
        Height of the input; of tokens their number.
        """
    @property
    def heads(self) -> int:
        """
        Independent products of a matmul.
        """
    @property
    def integer(self) -> bool:
        """
        Whether biases are 4 bytes; None: where w_bits <= 8.
        """
    @property
    def k(self) -> int:
        """
        Edge of the window.
        """
    @property
    def kernel(self) -> str:
        """
        Any name; mapped by `kernel_name` where it is used.
        """
    @property
    def m(self) -> int:
        """
        Rows of a matmul; tokens of an embedding.
        """
    @property
    def n(self) -> int:
        """
        Columns of a matmul; width of an embedding.
        """
    @property
    def pad(self) -> float:
        """
        At each side; a half where both sides differ by one.
        """
    @property
    def reduction(self) -> int:
        """
        Of the channels inside a kernel `se`.
        """
    @property
    def s(self) -> int:
        """
        Stride.
        """
    @property
    def w(self) -> int:
        """
        Width of the input.
        """
    @property
    def w_bits(self) -> int:
        """
        Bits of a weight.
        """
class Precision:
    """
    How weights and activations are stored.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def a_bits(self) -> int:
        """
        Bits of an activation.
        """
    @property
    def arithmetic(self) -> str:
        """
        That of the wider operand.
        """
    @property
    def integer(self) -> bool:
        """
        Arithmetic with integers, of which peaks differ.
        """
    @property
    def name(self) -> str:
        """
        `fp32`, `int8`, `w4a16`.
        """
    @property
    def w_bits(self) -> int:
        """
        Bits of a weight.
        """
class Features:
    """
    Work and traffic of one kernel; a multiply-accumulate counts as 2 operations.
    """
    def __repr__(self) -> str:
        ...
    @property
    def ai(self) -> float:
        """
        Operations per byte.
        """
    @property
    def bytes(self) -> float:
        """
        All three.
        """
    @property
    def bytes_in(self) -> float:
        """
        Activations read.
        """
    @property
    def bytes_out(self) -> float:
        """
        Activations written.
        """
    @property
    def bytes_w(self) -> float:
        """
        Weights and biases.
        """
    @property
    def macs(self) -> float:
        """
        Multiply-accumulates alone.
        """
    @property
    def ops(self) -> float:
        """
        A multiply-accumulate counts as 2.
        """
    @property
    def util(self) -> float:
        """
        Share of the device's array that the kernel can use.
        """
    @property
    def vector(self) -> typing.Annotated[list[float], "FixedSize(8)"]:
        """
        The eight of the extension vector.
        """
class RooflineResult:
    """
    Time, energy, and which side of the roof decides.
    """
    @property
    def bound(self) -> str:
        """
        Which side decided.
        """
    @property
    def energy_j(self) -> float:
        """
        Of the kernel, static power over its time included.
        """
    @property
    def power_capped(self) -> bool:
        """
        The limit was lower than what operations and bytes add up to.
        """
    @property
    def time_s(self) -> float:
        """
        Of the kernel, its start included.
        """
class Simulation:
    """
    What kernels take on a simulated device; totals are their sums.
    """
    @property
    def energy_mj(self) -> float:
        """
        Of all kernels.
        """
    @property
    def kernel_energy_mj(self) -> list[float]:
        """
        Of each, in the order given.
        """
    @property
    def kernel_latency_us(self) -> list[float]:
        """
        Of each, in the order given.
        """
    @property
    def latency_us(self) -> float:
        """
        Of all kernels, one after the other.
        """
class RegressionMetrics:
    """
    How far predictions are from measurements.
    """
    @property
    def acc10(self) -> float:
        """
        Share within 10 %, inclusive.
        """
    @property
    def acc15(self) -> float:
        """
        Share within 15 %, inclusive.
        """
    @property
    def acc5(self) -> float:
        """
        Share within 5 %, inclusive.
        """
    @property
    def mape_percent(self) -> float:
        """
        100 mean(abs(pred - true) / true).
        """
    @property
    def nrmse(self) -> float:
        """
        rmse / mean(true).
        """
    @property
    def rmse(self) -> float:
        """
        Root of the mean squared error, in the unit of the values.
        """
    @property
    def rmspe_percent(self) -> float:
        """
        100 sqrt(mean(((pred - true) / true)^2)).
        """
class Node:
    """
    One operator of a graph.
    """
    def __repr__(self) -> str:
        ...
    @property
    def inputs(self) -> list[str]:
        """
        Names of nodes, graph inputs or constants, in the operator's order.
        """
    @property
    def name(self) -> str:
        """
        Unique in the graph.
        """
    @property
    def op(self) -> str:
        """
        `conv`, `relu`, `add`, ...: a shared name of docs/inference.md, "Kernels".
        """
class GraphKernel:
    """
    A kernel of a model.
    """
    def __repr__(self) -> str:
        ...
    @property
    def config(self) -> KernelConfig | None:
        """
        None where shapes or attributes are missing.
        """
    @property
    def kernel(self) -> str:
        """
        Whose features it has; empty for 'other'.
        """
    @property
    def missing(self) -> str:
        """
        Why there is no configuration.
        """
    @property
    def name(self) -> str:
        """
        Its operators joined by '-'.
        """
    @property
    def nodes(self) -> list[str]:
        """
        In the order of the chain.
        """
class Unmodelled:
    """
    An operator without a mapping.
    """
    @property
    def node(self) -> str:
        """
        Its name in the graph.
        """
    @property
    def share(self) -> float:
        """
        Of the output bytes of all live nodes.
        """
    @property
    def type(self) -> str:
        """
        What its framework calls it.
        """
class Graph:
    """
    The operators of a model in topological order, and the shapes of its tensors.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __len__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def kernels(self, rules: str | collections.abc.Sequence[collections.abc.Sequence[str]] = 'cpu') -> list[GraphKernel]:
        """
        What a runtime executes as one unit, in the order of emission.
        """
    def to_json(self) -> str:
        """
        The description that `parse_graph` reads.
        """
    @property
    def nodes(self) -> list[Node]:
        """
        In topological order.
        """
    @property
    def outputs(self) -> list[str]:
        """
        Names of the nodes it answers with; what they do not need is not live.
        """
    @property
    def shapes(self) -> dict[str, list[int]]:
        """
        By the name of a node, graph input or constant.
        """
    @property
    def unmodelled(self) -> list[Unmodelled]:
        """
        The live operators without a mapping.
        """
class Forest:
    """
    A regression forest, co2lib-forest/1; safe to use from several threads.
    """
    def __repr__(self) -> str:
        ...
    def outside(self, x: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> bool:
        """
        A feature lies outside of what the forest was trained on.
        """
    def predict(self, x: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> float:
        """
        The prediction for one vector; another width is inference.bad_model.
        """
    def predict_many(self, rows: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> numpy.typing.NDArray[numpy.float64]:
        """
        The predictions for n x features values, as an array of n.
        """
    @property
    def features(self) -> list[str]:
        """
        Names, in the order of the vectors that it takes.
        """
    @property
    def kernel(self) -> str:
        """
        For which it was trained.
        """
    @property
    def log(self) -> bool:
        """
        The trees predict the logarithm.
        """
    @property
    def meta(self) -> dict[str, str]:
        """
        Device, processor, precision, date and so on, as texts.
        """
    @property
    def nodes(self) -> int:
        """
        Nodes of all trees, leaves included.
        """
    @property
    def range(self) -> dict[str, tuple[float, float]]:
        """
        Least and greatest value of each feature in training; empty in a bare forest.
        """
    @property
    def residual(self) -> tuple[float, float] | None:
        """
        5th and 95th percentile of true/predicted; None in a bare forest.
        """
    @property
    def target(self) -> str:
        """
        What it predicts.
        """
    @property
    def trees(self) -> int:
        """
        Number of trees.
        """
class DutyEnergy:
    """
    Energy of a period by what it goes into; the parts add up.
    """
    @property
    def average_w(self) -> float:
        """
        Mean power over the period.
        """
    @property
    def carbon_g(self) -> float:
        """
        Of the total, at the intensity given.
        """
    @property
    def extra_wh(self) -> float:
        """
        Radio, boot, capture.
        """
    @property
    def idle_wh(self) -> float:
        """
        Awake, with nothing to do.
        """
    @property
    def inference_wh(self) -> float:
        """
        Of the inferences.
        """
    @property
    def sleep_decides(self) -> bool:
        """
        Sleep takes more than half.
        """
    @property
    def sleep_wh(self) -> float:
        """
        Asleep.
        """
    @property
    def total_wh(self) -> float:
        """
        Sum of the parts.
        """
class BatteryLife:
    """
    Days of one battery, and batteries over the years.
    """
    @property
    def count(self) -> float:
        """
        The first included.
        """
    @property
    def days(self) -> float:
        """
        Of one battery; infinite where harvesting covers everything.
        """
class LifeFootprint:
    """
    Carbon of a device over its life, by parts.
    """
    @property
    def batteries_kg(self) -> float:
        """
        Of all batteries.
        """
    @property
    def embodied_kg(self) -> float:
        """
        Times truncation.
        """
    @property
    def eol_kg(self) -> float:
        """
        As given.
        """
    @property
    def kg_per_year(self) -> float:
        """
        Total over the years.
        """
    @property
    def operational_kg(self) -> float:
        """
        Of the energy of all years.
        """
    @property
    def operational_share(self) -> float:
        """
        Of the total.
        """
    @property
    def replacements_kg(self) -> float:
        """
        Of all replacements.
        """
    @property
    def total_kg(self) -> float:
        """
        Sum of all of them.
        """
    @property
    def transport_kg(self) -> float:
        """
        As given.
        """
class LifeInterval:
    """
    A lifetime at the values and at both ends of its ranges.
    """
    @property
    def high(self) -> LifeFootprint:
        """
        At all upper ends.
        """
    @property
    def low(self) -> LifeFootprint:
        """
        At all lower ends.
        """
    @property
    def value(self) -> LifeFootprint:
        """
        At all values.
        """
class Payback:
    """
    When a better option has paid back what it costs more to make.
    """
    @property
    def extra_embodied_kg(self) -> float:
        """
        Of making the new one, more than the old one, at the values; below 0: less.
        """
    @property
    def high_years(self) -> float | None:
        """
        None where it may never do.
        """
    @property
    def low_years(self) -> float:
        """
        0: from the beginning.
        """
    @property
    def saved_kg_per_year(self) -> float:
        """
        Of operation, at the values, kg CO2e.
        """
    @property
    def years(self) -> float | None:
        """
        None where it never does.
        """
class KernelPrediction:
    """
    One kernel of a prediction; ends of a 90 % interval.
    """
    def __repr__(self) -> str:
        ...
    @property
    def bound(self) -> str | None:
        """
        compute or memory, of a roofline.
        """
    @property
    def config(self) -> KernelConfig:
        """
        What was predicted.
        """
    @property
    def energy_high_mj(self) -> float | None:
        """
        Upper end of the 90 % interval of the energy, mJ; None without an energy.
        """
    @property
    def energy_low_mj(self) -> float | None:
        """
        Lower end of the 90 % interval of the energy, mJ; None without an energy.
        """
    @property
    def energy_mj(self) -> float | None:
        """
        None where only time was profiled.
        """
    @property
    def extrapolated(self) -> bool:
        """
        Outside of what was sampled.
        """
    @property
    def flags(self) -> list[str]:
        """
        Codes of remarks: `power_capped`, `power_assumed`.
        """
    @property
    def kernel(self) -> str:
        """
        The predictor in use.
        """
    @property
    def latency_high_us(self) -> float:
        """
        Upper end of the 90 % interval of the time, us.
        """
    @property
    def latency_low_us(self) -> float:
        """
        Lower end of the 90 % interval of the time, us.
        """
    @property
    def latency_us(self) -> float:
        """
        Time of one run.
        """
    @property
    def method(self) -> str:
        """
        measured, fitted, roofline or simulated.
        """
    @property
    def name(self) -> str:
        """
        Operators joined by `-`, or the kernel that was asked for.
        """
    @property
    def nodes(self) -> list[str]:
        """
        Of the graph.
        """
class Prediction:
    """
    Time and energy of one inference, with 90 % intervals.
    """
    def __repr__(self) -> str:
        ...
    def carbon(self, intensity: typing.SupportsFloat | typing.SupportsIndex | co2lib._core.CarbonIntensity, pue: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> co2lib._core.CarbonMassEstimate:
        """
        Carbon of one inference; a number is in g/kWh.
        """
    def to_json(self) -> str:
        """
        co2lib-prediction/1: seconds and joules.
        """
    @property
    def device(self) -> str:
        """
        `Device.name`.
        """
    @property
    def energy(self) -> co2lib._core.EnergyEstimate:
        """
        Without a value where only time was profiled.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        What a reader must know about these numbers.
        """
    @property
    def kernels(self) -> list[KernelPrediction]:
        """
        In the order in which they run; empty for a workload of the tables.
        """
    @property
    def latency(self) -> co2lib._core.TimeEstimate:
        """
        Of one inference.
        """
    @property
    def methods(self) -> dict[str, float]:
        """
        The share of each method in the energy (in the time where there is no energy).
        """
    @property
    def precision(self) -> str:
        """
        'mixed' where kernels differ.
        """
    @property
    def processor(self) -> str:
        """
        `Device.processor`.
        """
    @property
    def sources(self) -> list[co2lib._core.Source]:
        """
        Of the device's numbers.
        """
class CoreDevice:
    """
    A device that predicts graphs and kernels.
    """
    @staticmethod
    def load(folder: os.PathLike[str] | str | bytes) -> CoreDevice:
        """
        A profile: device.json and its forests.
        """
    @staticmethod
    def named(name: str) -> CoreDevice:
        """
        A row of the tables; raises inference.unknown_device.
        """
    def predict_graph(self, graph: Graph, *, precision: str = '', rules: str | collections.abc.Sequence[collections.abc.Sequence[str]] | None = None) -> Prediction:
        """
        What one inference of a graph takes.
        """
    def predict_kernels(self, kernels: collections.abc.Sequence[KernelConfig], *, precision: str = '') -> Prediction:
        """
        What kernels take, one after the other.
        """
    def predict_workload(self, workload: str) -> Prediction:
        """
        One inference of a workload of the measured tables; inference.no_profile where it was not measured.
        """
    def rules(self, precision: str = '') -> list[list[str]]:
        """
        How its runtime fuses operators.
        """
    def transfer(self, measurements: collections.abc.Sequence[tuple[KernelConfig, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex | None]], name: str) -> CoreDevice:
        """
        Another device, from a few kernels measured there.
        """
    @property
    def name(self) -> str:
        """
        Of the device: `h100_sxm`, or that of the profile.
        """
    @property
    def precisions(self) -> list[str]:
        """
        Texts of the precisions that it can predict; empty for tables of whole workloads.
        """
    @property
    def processor(self) -> str:
        """
        What of the device is meant: the processor of a profile, or the kind of the table's row.
        """
class McuRow:
    """
    One workload on one board (TFLite-Micro, int8).
    """
    def __repr__(self) -> str:
        ...
    @property
    def board(self) -> str:
        """
        Name of the board, such as `rp2350`.
        """
    @property
    def cycle_s(self) -> float | None:
        """
        Duration of the inference cycle of which the energy is, s; None where it was not measured.
        """
    @property
    def energy_mj(self) -> float | None:
        """
        Of one cycle, from another run than the time.
        """
    @property
    def implausible_power(self) -> bool:
        """
        Time or energy cannot be right.
        """
    @property
    def sources(self) -> list[co2lib._core.Source]:
        """
        Of the numbers.
        """
    @property
    def time_us(self) -> float | None:
        """
        Of the processing loop, us; None where it was not measured.
        """
    @property
    def workload(self) -> str:
        """
        `kws-s`: the task and its size.
        """
class LlmFootprint:
    """
    Operations, days, energy and carbon of a run.
    """
    @property
    def carbon_t(self) -> float:
        """
        Operational carbon, t CO2e.
        """
    @property
    def days(self) -> float:
        """
        On all devices at once.
        """
    @property
    def delta(self) -> float | None:
        """
        carbon_t / actual_t - 1.
        """
    @property
    def energy_mwh(self) -> float:
        """
        Of the facility, PUE included, MWh.
        """
    @property
    def flops(self) -> float:
        """
        Operations in all.
        """
class LlmPlan:
    """
    How LLMCarbon lays a training out; for comparison only.
    """
    @property
    def batch(self) -> float:
        """
        Sequences of one step.
        """
    @property
    def gpus(self) -> float:
        """
        Of the whole run.
        """
    @property
    def pipeline(self) -> float:
        """
        Stages of the pipeline.
        """
    @property
    def tensor(self) -> float:
        """
        GPUs that share a layer.
        """
    @property
    def tflops_per_gpu(self) -> float:
        """
        Reached, 1e12 operations/s.
        """
class DecodeStep:
    """
    One step of decoding.
    """
    @property
    def ai(self) -> float:
        """
        Operations over all bytes.
        """
    @property
    def bytes_kv(self) -> float:
        """
        Bytes of the KV cache, read.
        """
    @property
    def bytes_weights(self) -> float:
        """
        Bytes of weights, read.
        """
    @property
    def flops(self) -> float:
        """
        Operations.
        """
class LlmCoefficients:
    """
    J per unit of a serving step; none is negative.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, *, weight_bytes: typing.SupportsFloat | typing.SupportsIndex, flops: typing.SupportsFloat | typing.SupportsIndex, kv_bytes: typing.SupportsFloat | typing.SupportsIndex, layers: typing.SupportsFloat | typing.SupportsIndex, batch: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    def step_energy_j(self, *, weight_bytes: typing.SupportsFloat | typing.SupportsIndex, flops: typing.SupportsFloat | typing.SupportsIndex, kv_bytes: typing.SupportsFloat | typing.SupportsIndex, layers: typing.SupportsFloat | typing.SupportsIndex, batch: typing.SupportsFloat | typing.SupportsIndex) -> float:
        """
        The energy of a step in J.
        """
    @property
    def batch(self) -> float:
        """
        J per sequence.
        """
    @property
    def flops(self) -> float:
        """
        J per operation.
        """
    @property
    def kv_bytes(self) -> float:
        """
        J per byte of the KV cache.
        """
    @property
    def layers(self) -> float:
        """
        J per layer.
        """
    @property
    def weight_bytes(self) -> float:
        """
        J per byte of weights read.
        """
def base_features(kernel: str, *, hw: typing.SupportsFloat | typing.SupportsIndex | None = None, cin: typing.SupportsFloat | typing.SupportsIndex | None = None, cout: typing.SupportsFloat | typing.SupportsIndex | None = None, k: typing.SupportsFloat | typing.SupportsIndex | None = None, s: typing.SupportsFloat | typing.SupportsIndex | None = None, cins: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [], style: str = 'builder') -> list[float]:
    """
    nn-Meter's vector of a kernel.
    """
def battery_life(*, battery_j: typing.SupportsFloat | typing.SupportsIndex, average_w: typing.SupportsFloat | typing.SupportsIndex, years: typing.SupportsFloat | typing.SupportsIndex, usable: typing.SupportsFloat | typing.SupportsIndex = 1.0, efficiency: typing.SupportsFloat | typing.SupportsIndex = 1.0, self_discharge_per_year: typing.SupportsFloat | typing.SupportsIndex = 0.0, harvest_w: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> BatteryLife:
    """
    How long a battery lasts at a mean power.
    """
def break_even(*, embodied_kg: typing.SupportsFloat | typing.SupportsIndex, e_inf_mj: typing.SupportsFloat | typing.SupportsIndex, ci_g_per_kwh: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    Inferences until their energy has the carbon of making the device.
    """
def cpu_power_w(*, a: typing.SupportsFloat | typing.SupportsIndex, b: typing.SupportsFloat | typing.SupportsIndex, c: typing.SupportsFloat | typing.SupportsIndex, d: typing.SupportsFloat | typing.SupportsIndex, load_percent: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    A processor's power under a load in percent: max(1, a ln(b (load + c)) + d), W.
    """
def decode(*, params: typing.SupportsFloat | typing.SupportsIndex, layers: typing.SupportsFloat | typing.SupportsIndex, hidden: typing.SupportsFloat | typing.SupportsIndex, kv_heads: typing.SupportsFloat | typing.SupportsIndex, head_dim: typing.SupportsFloat | typing.SupportsIndex, context: typing.SupportsFloat | typing.SupportsIndex, w_bits: typing.SupportsFloat | typing.SupportsIndex, kv_bits: typing.SupportsFloat | typing.SupportsIndex, batch: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> DecodeStep:
    """
    Work and traffic of one step of decoding, of all sequences.
    """
def decode_linear_j(*, a: typing.SupportsFloat | typing.SupportsIndex, b: typing.SupportsFloat | typing.SupportsIndex, c: typing.SupportsFloat | typing.SupportsIndex, prompt_tokens: typing.SupportsFloat | typing.SupportsIndex, new_tokens: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    The line a + b n + c n (p + n/2)/1000 J of n new tokens after a prompt of p tokens.
    """
def device_names() -> list[str]:
    """
    The names of the tables.
    """
def duty_cycle(*, period_s: typing.SupportsFloat | typing.SupportsIndex, n_inferences: typing.SupportsFloat | typing.SupportsIndex, e_inf_mj: typing.SupportsFloat | typing.SupportsIndex, t_inf_s: typing.SupportsFloat | typing.SupportsIndex, p_sleep_w: typing.SupportsFloat | typing.SupportsIndex, ci_g_per_kwh: typing.SupportsFloat | typing.SupportsIndex, sleep: str = 'residual', extra: collections.abc.Sequence[tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]] = [], p_idle_w: typing.SupportsFloat | typing.SupportsIndex = 0.0, t_idle_s: typing.SupportsFloat | typing.SupportsIndex = 0.0, efficiency: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> DutyEnergy:
    """
    A device that wakes, infers and sleeps; `extra` has (n, mJ each, s each).
    """
def feature_names(kernel: str) -> list[str]:
    """
    The names of `training_vector`, in its order.
    """
def features(config: KernelConfig) -> Features:
    """
    Raises inference.unknown_kernel or inference.out_of_range.
    """
def flops(kernel: str, *, hw: typing.SupportsFloat | typing.SupportsIndex | None = None, cin: typing.SupportsFloat | typing.SupportsIndex | None = None, cout: typing.SupportsFloat | typing.SupportsIndex | None = None, k: typing.SupportsFloat | typing.SupportsIndex | None = None, s: typing.SupportsFloat | typing.SupportsIndex | None = None) -> tuple[float, float]:
    """
    (FLOPs, parameters) by nn-Meter's formulas.
    """
def intensity_by_year(trace: co2lib._core.intensity.Trace, use_by_hour: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = []) -> list[float]:
    """
    The intensity of each whole year of a series, g/kWh; `use_by_hour` are 24 weights of the hours in UTC.
    """
def kernel_name(name: str) -> str:
    """
    The name under which kernels share a predictor.
    """
def known_kernels() -> list[str]:
    """
    The kernels that features are known for.
    """
def lifetime(*, embodied_kg: typing.SupportsFloat | typing.SupportsIndex | tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex], years: typing.SupportsFloat | typing.SupportsIndex, annual_energy_kwh: typing.SupportsFloat | typing.SupportsIndex | tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex], ci_g_per_kwh: typing.SupportsFloat | typing.SupportsIndex | tuple[typing.Any, ...] | collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], truncation: typing.SupportsFloat | typing.SupportsIndex = 1.0, battery_kg: typing.SupportsFloat | typing.SupportsIndex = 0.0, battery_years: typing.SupportsFloat | typing.SupportsIndex | None = None, transport_kg: typing.SupportsFloat | typing.SupportsIndex = 0.0, replacement_kg: typing.SupportsFloat | typing.SupportsIndex = 0.0, replacement_years: typing.SupportsFloat | typing.SupportsIndex | None = None, eol_kg: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> LifeInterval:
    """
    A device over its life; ranges are tuples (value, low, high), and `ci_g_per_kwh` may be a list, one for each year (`intensity_by_year` makes one of a series).
    """
def llm_infer(*, params_b: typing.SupportsFloat | typing.SupportsIndex, tokens_b: typing.SupportsFloat | typing.SupportsIndex, ci_kg_per_kwh: typing.SupportsFloat | typing.SupportsIndex, pue: typing.SupportsFloat | typing.SupportsIndex, devices: typing.SupportsFloat | typing.SupportsIndex, system_power_w: typing.SupportsFloat | typing.SupportsIndex, peak_tflops: typing.SupportsFloat | typing.SupportsIndex, efficiency: typing.SupportsFloat | typing.SupportsIndex, base_params_b: typing.SupportsFloat | typing.SupportsIndex | None = None, actual_t: typing.SupportsFloat | typing.SupportsIndex | None = None) -> LlmFootprint:
    """
    Inference over tokens: 2 P D operations (LLMCarbon).
    """
def llm_plan(*, params_b: typing.SupportsFloat | typing.SupportsIndex, node_size: typing.SupportsFloat | typing.SupportsIndex, mem_gb: typing.SupportsFloat | typing.SupportsIndex) -> LlmPlan:
    """
    How LLMCarbon lays a training out: fits of published set-ups, for comparison only.
    """
def llm_split(coefficients: LlmCoefficients, requests: collections.abc.Sequence[tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]], *, weight_bytes: typing.SupportsFloat | typing.SupportsIndex, layers: typing.SupportsFloat | typing.SupportsIndex, energy_j: typing.SupportsFloat | typing.SupportsIndex, idle_j: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> tuple[list[float], float]:
    """
    (J of each request, J idle) of a step that was measured; requests are (tokens, flops, kv_bytes).
    """
def llm_train(*, params_b: typing.SupportsFloat | typing.SupportsIndex, tokens_b: typing.SupportsFloat | typing.SupportsIndex, ci_kg_per_kwh: typing.SupportsFloat | typing.SupportsIndex, pue: typing.SupportsFloat | typing.SupportsIndex, devices: typing.SupportsFloat | typing.SupportsIndex, system_power_w: typing.SupportsFloat | typing.SupportsIndex, peak_tflops: typing.SupportsFloat | typing.SupportsIndex, efficiency: typing.SupportsFloat | typing.SupportsIndex, base_params_b: typing.SupportsFloat | typing.SupportsIndex | None = None, actual_t: typing.SupportsFloat | typing.SupportsIndex | None = None) -> LlmFootprint:
    """
    A training: 6 P D operations (LLMCarbon).
    """
def load_forest(file: os.PathLike[str] | str | bytes) -> Forest:
    """
    The same, of a file of at most 1 GiB.
    """
def load_graph(file: os.PathLike[str] | str | bytes) -> Graph:
    """
    The same, of a file of at most 64 MiB.
    """
def mcu_boards() -> list[str]:
    """
    Names of the boards that have measured workloads.
    """
def mcu_row(board: str, workload: str) -> McuRow:
    """
    Raises inference.unknown_device or inference.no_profile.
    """
def mcu_sleep_w(board: str) -> float | None:
    """
    W asleep, not optimised; None where it was not measured.
    """
def mcu_sums(workload: str, boards: collections.abc.Sequence[str] = []) -> tuple[int, float, float]:
    """
    (boards, mJ, us) of one inference each.
    """
def mcu_table() -> list[McuRow]:
    """
    All rows of the boards, in the order of the table.
    """
def parse_coefficients(text: str, name: str = 'coefficients') -> LlmCoefficients:
    ...
def parse_forest(text: str, name: str = 'forest') -> Forest:
    """
    A forest from JSON; raises inference.bad_model.
    """
def parse_graph(text: str, name: str = 'graph') -> Graph:
    """
    A graph from JSON; raises inference.bad_graph.
    """
def parse_kernel(text: str, name: str = 'kernel') -> KernelConfig:
    """
    A configuration from JSON; raises inference.out_of_range naming the field.
    """
def payback(*, embodied_kg: typing.SupportsFloat | typing.SupportsIndex | tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex], annual_energy_kwh: typing.SupportsFloat | typing.SupportsIndex | tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex], better_embodied_kg: typing.SupportsFloat | typing.SupportsIndex | tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex], better_annual_energy_kwh: typing.SupportsFloat | typing.SupportsIndex | tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex], ci_g_per_kwh: typing.SupportsFloat | typing.SupportsIndex | tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]) -> Payback:
    """
    Years until the better device has saved what it costs more to make; numbers or (value, low, high).
    """
def precision(text: str) -> Precision:
    """
    fp32, fp16, bf16, int8, int4, or bits as in w4a16.
    """
def precision_of(config: KernelConfig) -> Precision:
    """
    The precision that a configuration's bits have.
    """
def prefill_flops(*, params: typing.SupportsFloat | typing.SupportsIndex, layers: typing.SupportsFloat | typing.SupportsIndex, hidden: typing.SupportsFloat | typing.SupportsIndex, tokens: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    Operations of reading a prompt of n tokens: 2 P n + 2 l h n (n + 1).
    """
def regression_metrics(true: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], pred: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> RegressionMetrics:
    """
    Errors of `pred` against `true`, which are above 0.
    """
def roofline(ops: typing.SupportsFloat | typing.SupportsIndex, bytes: typing.SupportsFloat | typing.SupportsIndex, *, peak_ops: typing.SupportsFloat | typing.SupportsIndex, bandwidth: typing.SupportsFloat | typing.SupportsIndex, efficiency: typing.SupportsFloat | typing.SupportsIndex = 1.0, p_static_w: typing.SupportsFloat | typing.SupportsIndex = 0.0, e_op_j: typing.SupportsFloat | typing.SupportsIndex = 0.0, e_byte_j: typing.SupportsFloat | typing.SupportsIndex = 0.0, t0_s: typing.SupportsFloat | typing.SupportsIndex = 0.0, limit_w: typing.SupportsFloat | typing.SupportsIndex | None = None) -> RooflineResult:
    """
    Operations/s and B/s of a data sheet to s and J.
    """
def rules(name: str) -> list[list[str]]:
    """
    The sequences of operators that cpu, gpu, vpu or none executes as one.
    """
def simulate(device: str, kernels: collections.abc.Sequence[KernelConfig]) -> Simulation:
    """
    Kernels on sim-npu, sim-mcu or sim-gpu.
    """
def training_vector(config: KernelConfig) -> list[float]:
    """
    Base, extension and derived columns.
    """
def transformer_flops(*, layers: typing.SupportsFloat | typing.SupportsIndex, hidden: typing.SupportsFloat | typing.SupportsIndex, vocab: typing.SupportsFloat | typing.SupportsIndex, seq: typing.SupportsFloat | typing.SupportsIndex, batch: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> tuple[float, float, float]:
    """
    (forward, train, train with recomputation).
    """
def transformer_params(*, layers: typing.SupportsFloat | typing.SupportsIndex, hidden: typing.SupportsFloat | typing.SupportsIndex, vocab: typing.SupportsFloat | typing.SupportsIndex, seq: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    Parameters of a transformer, by layers, width, vocabulary and sequence.
    """
def with_precision(config: KernelConfig, precision: Precision) -> KernelConfig:
    """
    The configuration with the bits of a precision.
    """
