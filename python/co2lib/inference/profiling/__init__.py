# SPDX-License-Identifier: MIT
"""Profiles of devices: kernels are measured, forests fitted, networks checked (docs/profiling.md).

The extra ``profile`` (scikit-learn) is needed to fit, PyTorch to run kernels on this machine; a profile is
read by the C++ library alone.
"""

from __future__ import annotations

from co2lib.inference.profiling._campaign import plan_profile, profile
from co2lib.inference.profiling._llm import fit_llm, predict_llm
from co2lib.inference.profiling._networks import draw_network
from co2lib.inference.profiling._runners import CsvRunner, Measured, SimulatedRunner
from co2lib.inference.profiling._torch_runner import TorchRunner
from co2lib.inference.profiling._windows import Plan

__all__ = [
    "CsvRunner",
    "Measured",
    "Plan",
    "SimulatedRunner",
    "TorchRunner",
    "draw_network",
    "fit_llm",
    "plan_profile",
    "predict_llm",
    "profile",
]
