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
from typing import TYPE_CHECKING, Any

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
)
from co2lib._extras import require
from co2lib.preindex._accumulator import Accumulator
from co2lib.preindex._activations import from_activations
from co2lib.preindex._corruption import corrupt
from co2lib.preindex._cost import CostForecast, append_run, carbon_of, forecast, read_runs, retrain_or_not
from co2lib.preindex._functions import (
    adjusted_rand,
    class_means,
    combine,
    distances,
    edges,
    histogram,
    inv_ari,
    lloyd,
    resque_shift,
    resque_task,
    sample_vectors,
    to_u8,
)
from co2lib.preindex._options import make_options

if TYPE_CHECKING:
    from co2lib.preindex._distributed import all_reduce as all_reduce
    from co2lib.preindex._instrument import Instrumented as Instrumented
    from co2lib.preindex._instrument import instrument as instrument
    from co2lib.preindex._paired import PairedDataset as PairedDataset
    from co2lib.preindex._torch import PreIndex as PreIndex
    from co2lib.preindex._torch import preindex as preindex

_NEED_TORCH = {
    "Instrumented": "_instrument",
    "PairedDataset": "_paired",
    "PreIndex": "_torch",
    "all_reduce": "_distributed",
    "instrument": "_instrument",
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
