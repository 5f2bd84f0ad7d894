# SPDX-License-Identifier: MIT
"""What people must know of a campaign's measurements; whether a phone's energies lie where published ones do.

DeepEn2023 (Tu et al., SEC 2023) measured kernels of phones in float32; the least and greatest energy of each
kind are facts of that publication. A profile outside of them is suspicious: a unit that is wrong by 1000, the
energy of a whole window, a sensor of another rail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from co2lib.inference.profiling._runners import Measured

_CPU_MJ = {
    "conv-bn-relu": (0.002, 1200.0),
    "dwconv-bn-relu": (0.022, 223.0),
    "fc": (0.038, 94.6),
    "maxpool": (0.05, 7.8),
    "avgpool": (0.05, 7.8),
}
_GPU_MJ = {"conv-bn-relu": (0.002, 120.0)}
_CPUS = ("cortex", "kryo", "snapdragon", "exynos", "dimensity", "mediatek", "helio", "kirin", "tensor g")
_GPUS = ("adreno", "mali", "xclipse", "immortalis", "powervr")


def ranges_mj(processor: str) -> dict[str, tuple[float, float]]:
    """Return the published range of each kernel, for processors of phones by their names."""
    name = processor.lower()
    if any(word in name for word in _GPUS):
        return dict(_GPU_MJ)
    return dict(_CPU_MJ) if any(word in name for word in _CPUS) else {}


def suspicious(processor: str, rows: Iterable[tuple[str, Measured]]) -> list[str]:
    """Return a remark for each kernel of which energies lie outside."""
    ranges = ranges_mj(processor)
    outside: dict[str, list[float]] = {}
    for kernel, measured in rows:
        if kernel in ranges and measured.energy_mj is not None:
            low, high = ranges[kernel]
            if not low <= measured.energy_mj <= high:
                outside.setdefault(kernel, []).append(measured.energy_mj)
    return [
        f"suspicious energy: {len(found)} of {kernel} between {min(found):.3g} and {max(found):.3g} mJ; "
        f"those of phones lie in {ranges[kernel][0]:g} to {ranges[kernel][1]:g} (DeepEn2023)"
        for kernel, found in outside.items()
    ]


def notes(rows: Sequence[tuple[str, Measured]], precision: str, processor: str, *, energy: bool) -> list[str]:
    """Return the remarks of a campaign on its measurements."""
    found = []
    unstable, slowed = sum(each.unstable for _, each in rows), sum(each.slowed for _, each in rows)
    if unstable:
        found.append(f"{unstable} unstable measurements left out")
    if slowed:
        found.append(f"the clock was more than 3 % below that of the beginning in {slowed} of them")
    if not energy:
        found.append("latency alone, no sensor measured energy")
    return found + (suspicious(processor, rows) if energy and precision == "fp32" else [])
