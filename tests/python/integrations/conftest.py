# SPDX-License-Identifier: MIT
"""A folder of its own, no configuration of the machine, and no network but the machine itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

KEPT = ("CO2LIB_TEST_ENV", "CO2LIB_TRACES")
LAUNCHERS = ("LOCAL_", "RANK", "WORLD_SIZE", "SLURM_", "OMPI_", "PMI", "MPI_", "MV2_", "PALS_", "CUDA_")

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "WANDB_MODE": "offline",
    "WANDB_ERROR_REPORTING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_network: None) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in OFFLINE.items():
        monkeypatch.setenv(name, value)
    for name in list(os.environ):
        if (name.startswith("CO2LIB_") and name not in KEPT) or name.startswith(LAUNCHERS):
            monkeypatch.delenv(name)
