# SPDX-License-Identifier: MIT
"""What the columns of ``emissions.csv`` say about the machine."""

from __future__ import annotations

import os
import platform
from typing import Any

import co2lib
from co2lib.codecarbon._engine import memory_gb


def hardware(gpu_ids: list[str] | None) -> dict[str, Any]:
    """Return memory in GB (2^30 B), CPUs and GPUs; what is not there is None, an unknown model empty."""
    model, cores = _cpuinfo()
    gpus: list[str] = []
    for finding in co2lib.sensors(gpus=gpu_ids):
        if finding.provider == "nvml":
            gpus += [one.name or one.id for one in finding.meters]
    names = sorted(set(gpus))
    return {
        "ram_total_size": memory_gb(),
        "cpu_count": os.cpu_count(),
        "cpu_physical_count": cores,
        "cpu_model": model,
        "gpu_count": len(gpus) or None,
        "gpu_model": ", ".join(f"{gpus.count(name)} x {name}" for name in names),
    }


def _cpuinfo() -> tuple[str, int]:
    model, cores = platform.processor() or "", set()
    physical = "0"
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            for line in stream:
                key, _, value = line.partition(":")
                key, value = key.strip(), value.strip()
                if key == "model name":
                    model = value
                elif key == "physical id":
                    physical = value
                elif key == "core id":
                    cores.add((physical, value))
    except OSError:
        pass
    return model, len(cores) or os.cpu_count() or 1
