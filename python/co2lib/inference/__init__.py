# SPDX-License-Identifier: MIT
"""Domain inference: what a model will cost on a device, before it runs.

>>> from co2lib import inference
>>> device = inference.Device.named("sim-npu")
>>> conv = inference.KernelConfig("conv-bn-relu", h=96, cin=3, cout=16, k=3, s=2, pad=1, w_bits=8, a_bits=8)
>>> prediction = device.predict_kernels([conv])
>>> round(prediction.latency.seconds * 1e6, 2), round(prediction.energy.joules * 1e3, 4)
(62.47, 0.0343)
>>> inference.Device.named("rp2350").predict("kws-s").energy.joules
0.000858

A device is a profile (`Device.load`), a row of the hardware tables (`Device.named`), or what few measured
kernels make of another device (`Device.transfer`). Every prediction has a 90 % interval, names its method and
its sources; numbers of formulas have their unit in their name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from co2lib._core.inference import (
    BatteryLife,
    DecodeStep,
    DutyEnergy,
    Features,
    Forest,
    Graph,
    GraphKernel,
    KernelConfig,
    KernelPrediction,
    LifeFootprint,
    LifeInterval,
    LlmCoefficients,
    LlmFootprint,
    LlmPlan,
    McuRow,
    Node,
    Payback,
    Precision,
    Prediction,
    RegressionMetrics,
    RooflineResult,
    Simulation,
    Unmodelled,
    base_features,
    battery_life,
    break_even,
    cpu_power_w,
    decode,
    decode_linear_j,
    device_names,
    duty_cycle,
    feature_names,
    features,
    flops,
    intensity_by_year,
    kernel_name,
    known_kernels,
    lifetime,
    llm_infer,
    llm_plan,
    llm_split,
    llm_train,
    mcu_boards,
    mcu_row,
    mcu_sleep_w,
    mcu_sums,
    mcu_table,
    payback,
    precision,
    precision_of,
    prefill_flops,
    regression_metrics,
    roofline,
    rules,
    simulate,
    training_vector,
    transformer_flops,
    transformer_params,
    with_precision,
)
from co2lib.inference._device import Device
from co2lib.inference._documents import (
    graph,
    kernel_config,
    kernel_dict,
    llm_coefficients,
    load_forest,
    load_graph,
    parse_forest,
    parse_graph,
    save_graph,
)

if TYPE_CHECKING:
    profile: Callable[..., Any]
    plan_profile: Callable[..., Any]
    fit_llm: Callable[..., Any]
    predict_llm: Callable[..., Any]

__all__ = [
    "BatteryLife",
    "DecodeStep",
    "Device",
    "DutyEnergy",
    "Features",
    "Forest",
    "Graph",
    "GraphKernel",
    "KernelConfig",
    "KernelPrediction",
    "LifeFootprint",
    "LifeInterval",
    "LlmCoefficients",
    "LlmFootprint",
    "LlmPlan",
    "McuRow",
    "Node",
    "Payback",
    "Precision",
    "Prediction",
    "RegressionMetrics",
    "RooflineResult",
    "Simulation",
    "Unmodelled",
    "base_features",
    "battery_life",
    "break_even",
    "cpu_power_w",
    "decode",
    "decode_linear_j",
    "device_names",
    "duty_cycle",
    "feature_names",
    "features",
    "flops",
    "graph",
    "intensity_by_year",
    "kernel_config",
    "kernel_dict",
    "kernel_name",
    "known_kernels",
    "lifetime",
    "llm_coefficients",
    "llm_infer",
    "llm_plan",
    "llm_split",
    "llm_train",
    "load_forest",
    "load_graph",
    "mcu_boards",
    "mcu_row",
    "mcu_sleep_w",
    "mcu_sums",
    "mcu_table",
    "parse_forest",
    "parse_graph",
    "payback",
    "precision",
    "precision_of",
    "prefill_flops",
    "regression_metrics",
    "roofline",
    "rules",
    "save_graph",
    "simulate",
    "training_vector",
    "transformer_flops",
    "transformer_params",
    "with_precision",
]

_LATE = {
    "CsvRunner": "co2lib.inference.profiling",
    "Measured": "co2lib.inference.profiling",
    "SimulatedRunner": "co2lib.inference.profiling",
    "TorchRunner": "co2lib.inference.profiling",
    "draw_network": "co2lib.inference.profiling",
    "fit_llm": "co2lib.inference.profiling",
    "plan_profile": "co2lib.inference.profiling",
    "predict_llm": "co2lib.inference.profiling",
    "profile": "co2lib.inference.profiling",
}
"""Names that need optional packages, and the module each is in; imported when first used."""


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(importlib.import_module(_LATE[name]), name)
    raise AttributeError(f"module 'co2lib.inference' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_LATE])
