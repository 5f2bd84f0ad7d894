# SPDX-License-Identifier: MIT
"""A folder of its own, no configuration of the machine, and no network but the machine itself."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path
from typing import Any

import pytest

KEPT = ("CO2LIB_TEST_ENV", "CO2LIB_TRACES")
LAUNCHERS = ("LOCAL_", "RANK", "WORLD_SIZE", "SLURM_", "OMPI_", "PMI", "MPI_", "MV2_", "PALS_", "CUDA_")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("WANDB_MODE", "offline")
    for name in list(os.environ):
        if (name.startswith("CO2LIB_") and name not in KEPT) or name.startswith(LAUNCHERS):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = "127.0.0.1" if address[0] == "localhost" else address[0]
            if not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test contacts {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)
