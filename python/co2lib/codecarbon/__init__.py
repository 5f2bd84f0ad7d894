# SPDX-License-Identifier: MIT
"""CodeCarbon's surface over co2lib, and the numbers of CodeCarbon 3.3.0, bit for bit on sound traces.

``from co2lib.codecarbon import EmissionsTracker`` takes the place of the import from codecarbon; its numbers
are those of co2lib unless ``arithmetic="codecarbon"`` asks for the published ones. Known differences of
these from exact results: counter energy is 8.0e-7 (relative) too high, power columns are means that ignore
the length of the intervals, and water is taken on energy that PUE has already scaled.

>>> from co2lib import codecarbon
>>> codecarbon.kwh(3.6e12, "uJ")
1.0000008
>>> codecarbon.factor(country_iso_code="USA", region="texas").key
'USA/texas'
"""

from __future__ import annotations

from co2lib.codecarbon._arithmetic import (
    DEFAULT_TDP_W,
    J_TO_KWH,
    ModelPower,
    RaplStep,
    RunTotals,
    Zone,
    cpu_constant,
    cpu_load,
    cpu_process,
    dimm_count,
    kwh,
    power_time,
    ram_power_w,
    rapl_steps,
    unweighted_mean_w,
)
from co2lib.codecarbon._data import EmissionsData, TaskEmissionsData
from co2lib.codecarbon._decorators import TaskEmissionsTracker, track_emissions, track_task_emissions
from co2lib.codecarbon._factors import Factor, emissions_kg, factor, factor_tables
from co2lib.codecarbon._file import CSV_COLUMNS, append_row
from co2lib.codecarbon._outputs import BaseOutput, FileOutput, LoggerOutput, OutputMethod, PrometheusOutput
from co2lib.codecarbon._run import run
from co2lib.codecarbon._tracker import EmissionsTracker, OfflineEmissionsTracker

__all__ = [
    "CSV_COLUMNS",
    "DEFAULT_TDP_W",
    "J_TO_KWH",
    "BaseOutput",
    "EmissionsData",
    "EmissionsTracker",
    "Factor",
    "FileOutput",
    "LoggerOutput",
    "ModelPower",
    "OfflineEmissionsTracker",
    "OutputMethod",
    "PrometheusOutput",
    "RaplStep",
    "RunTotals",
    "TaskEmissionsData",
    "TaskEmissionsTracker",
    "Zone",
    "append_row",
    "cpu_constant",
    "cpu_load",
    "cpu_process",
    "dimm_count",
    "emissions_kg",
    "factor",
    "factor_tables",
    "kwh",
    "power_time",
    "ram_power_w",
    "rapl_steps",
    "run",
    "track_emissions",
    "track_task_emissions",
    "unweighted_mean_w",
]
