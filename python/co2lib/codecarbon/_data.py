# SPDX-License-Identifier: MIT
"""What a tracker of the compatibility layer reports: one value per column of ``emissions.csv``."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, fields
from typing import Any

Number = float | None
"""None: unknown, an empty field of a file."""


@dataclass
class EmissionsData:
    """A run, or a task of it: s, kg CO2e, kg/s, W (without PUE), kWh (with PUE), L, GB (2^30 B), percent."""

    timestamp: str
    project_name: str
    run_id: str
    experiment_id: str
    duration: float
    emissions: Number
    emissions_rate: Number
    cpu_power: Number
    gpu_power: Number
    ram_power: Number
    cpu_energy: Number
    gpu_energy: Number
    ram_energy: Number
    energy_consumed: Number
    water_consumed: Number
    country_name: str
    country_iso_code: str
    region: str
    cloud_provider: str
    cloud_region: str
    os: str
    python_version: str
    codecarbon_version: str
    cpu_count: Number
    cpu_model: str
    gpu_count: Number
    gpu_model: str
    longitude: Number
    latitude: Number
    ram_total_size: Number
    tracking_mode: str
    cpu_utilization_percent: Number = 0.0
    gpu_utilization_percent: Number = 0.0
    ram_utilization_percent: Number = 0.0
    ram_used_gb: Number = 0.0
    on_cloud: str = "N"
    pue: float = 1
    wue: float = 0

    @property
    def values(self) -> OrderedDict[str, Any]:
        """The columns in their order."""
        return OrderedDict((one.name, getattr(self, one.name)) for one in fields(self))

    def compute_delta_emission(self, previous_emission: EmissionsData) -> None:
        """Subtract an earlier state of the same run; what either does not know becomes unknown."""
        for name in _SUMS:
            mine, other = getattr(self, name), getattr(previous_emission, name)
            setattr(self, name, None if mine is None or other is None else mine - other)
        if self.emissions is None:
            self.emissions_rate = None
        else:
            self.emissions_rate = self.emissions / self.duration if self.duration > 0 else 0.0

    def toJSON(self) -> str:  # noqa: N802
        """Return JSON with sorted keys."""
        return json.dumps(self.values, sort_keys=True, indent=4)


_SUMS = (
    "duration",
    "emissions",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "water_consumed",
)

TASK_COLUMNS = (
    "task_name",
    *(one.name for one in fields(EmissionsData) if one.name not in ("experiment_id", "pue", "wue")),
)
"""The columns of the file of tasks."""


@dataclass
class TaskEmissionsData:
    """A task: its name, and the columns of a run without ``experiment_id``, ``pue`` and ``wue``."""

    task_name: str
    data: EmissionsData

    @property
    def values(self) -> OrderedDict[str, Any]:
        """The columns in their order."""
        all_values = {"task_name": self.task_name, **self.data.values}
        return OrderedDict((name, all_values[name]) for name in TASK_COLUMNS)

    def __getattr__(self, name: str) -> Any:
        if name == "data" or name not in TASK_COLUMNS:
            raise AttributeError(name)
        return getattr(self.data, name)
