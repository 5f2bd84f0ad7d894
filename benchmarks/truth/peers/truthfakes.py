# SPDX-License-Identifier: MIT
"""Fake counters, GPUs and traces for the scripts of the peers.

This file is imported in the peer's own environment and uses the standard library alone.
"""

from __future__ import annotations

import os
import types
from pathlib import Path

from truthlib import SCRATCH
from truthtime import VirtualTime

KERNEL_RANGE_UJ = 262143328850
"""What a counter wraps at where the trace hides it."""


# ------------------------------------------------------------------------------------------------------------
# Counters of the processor
# ------------------------------------------------------------------------------------------------------------
class Powercap:
    """A tree like /sys/class/powercap for the zones of a trace, whose files follow the clock.

    Between two samples of the trace a counter grows evenly; it wraps at its range, or, where the trace hides
    that, at the one of most Intel packages. A failed read is a real failure of read(2), EIO, or with
    `fail="empty"` a file without content, for tools that hold the file open.
    """

    def __init__(self, zones: list[dict], fail: str = "EIO") -> None:
        self.base = SCRATCH / "powercap"
        self._zones = zones
        self._fail = fail
        self._files: dict[str, Path] = {}
        devices, links = self.base / "devices", self.base / "class"
        links.mkdir(parents=True)
        for control in {zone["control"] for zone in zones}:
            (devices / control).mkdir(parents=True)
            (links / control).symlink_to(devices / control)
            (devices / control / "subsystem").symlink_to(links)
        for zone in zones:
            folder = devices / zone["control"] / (zone["parent"] or "") / zone["id"]
            folder.mkdir()
            (links / zone["id"]).symlink_to(folder)
            (folder / "name").write_text(zone["name"] + "\n")
            if zone["wrap_max"] is not None:
                (folder / "max_energy_range_uj").write_text(f"{zone['wrap_max']}\n")
            self._files[zone["id"]] = folder / "energy_uj"
            (folder / "energy_uj").write_text("0\n")
        self.play(0.0)

    @property
    def root(self) -> Path:
        """What stands for /sys/class/powercap."""
        return self.base / "class"

    def play(self, t: float) -> None:
        """Show the counters as they are at time t."""
        for zone in self._zones:
            self._show(self._files[zone["id"]], counter_at(zone, t))

    def _show(self, file: Path, value: int | None) -> None:
        if value is None and self._fail == "EIO":
            if not file.is_symlink():
                file.rename(file.with_name("kept"))
                file.symlink_to("/proc/self/mem")  # opens, and fails to be read at offset 0: EIO
            return
        if file.is_symlink():
            file.unlink()
            file.with_name("kept").rename(file)
        with file.open("r+") as stream:
            stream.write("" if value is None else f"{value}\n")
            stream.truncate()


def counter_at(zone: dict, t: float) -> int | None:
    """The count of a zone at time t; None where the read fails."""
    samples = zone["samples"]
    wrap = zone["wrap_max"] or KERNEL_RANGE_UJ
    failed = [at for at, value in samples if value is None]
    if any(at == t for at in failed):
        return None
    good = [(at, value) for at, value in samples if value is not None]
    previous = good[0]
    for at, value in good[1:]:
        if t < at:
            grown = (value - previous[1]) % wrap
            return (previous[1] + int(grown * max(0.0, t - previous[0]) / (at - previous[0]))) % wrap
        previous = (at, value)
    return previous[1]


# ------------------------------------------------------------------------------------------------------------
# GPUs
# ------------------------------------------------------------------------------------------------------------
class Nvml:
    """The script and the clock of the fake libnvidia-ml.so.1; to be made before the tool is imported."""

    def __init__(self, lines: str) -> None:
        self._clock = Path(os.environ["FAKE_NVML_CLOCK"])
        Path(os.environ["FAKE_NVML_SCRIPT"]).write_text("device\n" + lines)
        self.play(0.0)

    def play(self, t: float) -> None:
        """Set the time of the library."""
        self._clock.write_text(f"{t!r}\n")


def amdsmi_module(power_w: float, clock: VirtualTime) -> types.ModuleType:
    """Make a stand-in for AMD's module amdsmi with one board at constant power.

    As there, the energy counter counts 15.259 uJ and socket power is in whole watts.
    """
    resolution_uj = 15.259
    module = types.ModuleType("amdsmi")

    class AmdSmiException(Exception):  # noqa: N818 (its name there)
        pass

    class AmdSmiLibraryException(AmdSmiException):
        ret_code = 2

        def get_error_code(self):
            return self.ret_code

        def get_error_info(self):
            return "not supported"

    def refuse(*_args, **_kwargs):
        raise AmdSmiLibraryException

    watts = int(power_w)
    power = {"current_socket_power": watts, "average_socket_power": watts, "socket_power": watts,
             "power_limit": 500_000_000}  # fmt: skip
    answers = {
        "init": None,
        "shut_down": None,
        "get_processor_handles": ["board"],
        "get_gpu_enumeration_info": {"hip_id": 0},
        "get_gpu_asic_info": {"market_name": "Fake Instinct"},
        "get_gpu_board_info": {"product_name": "Fake Instinct"},
        "get_gpu_device_uuid": "0000-fake",
        "get_gpu_device_bdf": "0000:01:00.0",
        "get_gpu_vram_usage": {"vram_total": 65536, "vram_used": 1024},
        "get_gpu_activity": {"gfx_activity": 50},
        "get_lib_version": {"major": 26, "minor": 0, "release": 0},
        "get_power_cap_info": {"power_cap": 500_000_000},
        "get_power_info": power,
    }
    for name, answer in answers.items():
        setattr(module, "amdsmi_" + name, lambda *_a, _answer=answer, **_k: _answer)
    module.amdsmi_get_energy_count = lambda _handle: {
        "energy_accumulator": int((1000 + clock.now) * power_w * 1e6 / resolution_uj),
        "counter_resolution": resolution_uj,
        "timestamp": int(clock.now * 1e9),
    }
    module.amdsmi_get_gpu_memory_usage = refuse
    module.amdsmi_get_gpu_memory_total = refuse
    module.AmdSmiException = AmdSmiException
    module.AmdSmiLibraryException = AmdSmiLibraryException
    module.amdsmi_exception = module
    module.AmdSmiInitFlags = types.SimpleNamespace(INIT_AMD_GPUS=2)
    module.AmdSmiMemoryType = types.SimpleNamespace(VRAM=0)
    return module


# ------------------------------------------------------------------------------------------------------------
# Traces
# ------------------------------------------------------------------------------------------------------------
def package(samples: list) -> dict:
    """Make a vector of one processor package with these samples."""
    zone = {"id": "intel-rapl:0", "parent": None, "control": "intel-rapl", "name": "package-0",
            "wrap_max": KERNEL_RANGE_UJ, "samples": samples}  # fmt: skip
    return {"input": {"zones": [zone]}}


def intervals_as_counter(vector: dict) -> dict:
    """Make a counter of intervals of power."""
    samples, t, uj = [[0, 10**9]], 0.0, 10**9
    for seconds, watts in vector["input"]["intervals"]:
        t, uj = t + seconds, uj + round(seconds * watts * 1e6)
        samples.append([round(t, 6), uj])
    return package(samples)


def power_script(vector: dict) -> str:
    """The line of a GPU that has no energy counter and shows the power of a trace."""
    given = vector["input"]
    watts = given["generator"]["watts"] if "generator" in given else given["samples"][0][1]
    milliwatts = round(watts * 1000)
    return f"power_mw {milliwatts}\ninstant_mw {milliwatts}\nlimit_mw {given.get('p_max_w', 700) * 1000}\n"


def frozen_script(vector: dict) -> str:
    """The lines of a GPU whose energy counter never moves."""
    given = vector["input"]
    milliwatts = given["samples"][0][1] * 1000
    return f"energy_mj {given['counter_mj']}\npower_mw {milliwatts}\ninstant_mw {milliwatts}\n"


def ranks_script(vector: dict) -> str:
    """The GPUs of a job, each with a counter and a constant power."""
    devices = [
        f"energy_mj 0@5000000+{watts * 1000}/s\npower_mw {watts * 1000}\ninstant_mw {watts * 1000}\n"
        f"average_mw {watts * 1000}\n"
        for watts in vector["input"]["watts"]
    ]
    return "device\n".join(devices)


def part_as_counter(vector: dict, n: int, clock: VirtualTime) -> dict:
    """Make a counter of a part of a resumed job, and set the wall clock as the part finds it."""
    part, watts = vector["input"]["parts"][n], vector["input"]["watts"]
    clock.wall_s = part["start_s"] + part["clock_s"]
    begin, end = (round(part[edge] * watts * 1e6) for edge in ("start_s", "stop_s"))
    return package([[0, begin], [part["stop_s"] - part["start_s"], end]])


def duration_of(vector: dict) -> float:
    """The length of a trace in s."""
    given = vector["input"]
    if "duration_s" in given:
        return given["duration_s"]
    if "generator" in given:
        return given["generator"]["stop_s"]
    if "zones" in given:
        return max(zone["samples"][-1][0] for zone in given["zones"])
    return given["samples"][-1][0]
