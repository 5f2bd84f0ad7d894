# SPDX-License-Identifier: MIT
"""Numbers as CodeCarbon 3.3.0 computes them, bit for bit on sound traces, to compare with earlier reports.

This is the arithmetic only; co2lib's own numbers do not pass through it. Known differences from exact
results: counter energy is 8.0e-7 (relative) too high, power columns are means that ignore the length of the
intervals, and water is taken on energy that PUE has already scaled.

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
    run,
    unweighted_mean_w,
)
from co2lib.codecarbon._factors import Factor, emissions_kg, factor, factor_tables
from co2lib.codecarbon._file import CSV_COLUMNS, append_row

__all__ = [
    "CSV_COLUMNS",
    "DEFAULT_TDP_W",
    "J_TO_KWH",
    "Factor",
    "ModelPower",
    "RaplStep",
    "RunTotals",
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
    "unweighted_mean_w",
]
