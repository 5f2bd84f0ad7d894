# SPDX-License-Identifier: MIT
"""Measure what models use for one input, and look at it: studies of inference, and a page to make them.

The page needs the extra ``explorer`` (gradio, altair, vl-convert); measuring needs nothing.
"""

from __future__ import annotations

from co2lib.explorer._app import Explorer, launch
from co2lib.explorer._build import build
from co2lib.explorer._measure import measure
from co2lib.explorer._model import Model, Settings
from co2lib.explorer._pipeline import from_pipeline
from co2lib.explorer._torch import torch_image_classifier

__all__ = [
    "Explorer",
    "Model",
    "Settings",
    "build",
    "from_pipeline",
    "launch",
    "measure",
    "torch_image_classifier",
]
