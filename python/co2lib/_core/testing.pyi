# SPDX-License-Identifier: MIT
"""
Fakes.
"""
from __future__ import annotations
import co2lib._core
import co2lib._core.meter
import collections.abc
import os
import pathlib
import typing
__all__: list[str] = ['FakeHost', 'FakeMeter', 'ManualClock']
class ManualClock(co2lib._core.Clock):
    """
    A clock that stands still until it is moved.
    """
    def __init__(self, utc: str = '2025-01-01T00:00:00Z', monotonic_s: typing.SupportsFloat | typing.SupportsIndex = 1000.0) -> None:
        ...
    def advance(self, seconds: typing.SupportsFloat | typing.SupportsIndex, limit_s: typing.SupportsFloat | typing.SupportsIndex = 5.0) -> bool:
        """
        Move on, giving each waiting thread its turn; False if one does not come back within limit_s of real time.
        """
    def step_utc(self, seconds: typing.SupportsFloat | typing.SupportsIndex) -> None:
        """
        Step the wall clock alone.
        """
    def suspend(self, seconds: typing.SupportsFloat | typing.SupportsIndex) -> None:
        """
        Let the machine sleep: boot and wall time move, monotonic time does not.
        """
    def wait_for_waiters(self, count: typing.SupportsInt | typing.SupportsIndex, limit_s: typing.SupportsFloat | typing.SupportsIndex = 5.0) -> bool:
        """
        Waits, in real time, until at least `count` threads wait on the clock; False if they do not within `limit`.
        """
    @property
    def waiters(self) -> int:
        """
        Number of threads that wait on the clock now.
        """
class FakeMeter(co2lib._core.meter.Meter):
    """
    A meter that does what it is told.
    """
    @staticmethod
    def counter(clock: co2lib._core.Clock, info: co2lib._core.meter.MeterInfo, power_w: typing.SupportsFloat | typing.SupportsIndex = 0.0, start: typing.SupportsInt | typing.SupportsIndex = 0) -> FakeMeter:
        """
        A counter that follows the power set, exactly at the times of the clock.
        """
    @staticmethod
    def power(clock: co2lib._core.Clock, info: co2lib._core.meter.MeterInfo, power_w: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> FakeMeter:
        """
        A meter of watts that shows the power set.
        """
    def __init__(self, info: co2lib._core.meter.MeterInfo, script: collections.abc.Sequence[co2lib._core.meter.Count | co2lib._core.meter.Watts | co2lib._core.meter.Failed]) -> None:
        """
        Yields the readings one after the other, then Failed('lost').
        """
    def block(self) -> None:
        """
        Every read blocks until `release`.
        """
    def fail(self, failed: co2lib._core.meter.Failed) -> None:
        """
        Every read fails until `recover`.
        """
    def recover(self) -> None:
        """
        Ends `fail` and `throw_error`.
        """
    def release(self) -> None:
        """
        Ends `block`.
        """
    def reset(self, start: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        """
        The counter starts again from `start`, as after a reload of its driver.
        """
    def set_power(self, watts: typing.SupportsFloat | typing.SupportsIndex) -> None:
        """
        The power from now on, in W.
        """
    def throw_error(self, text: str = 'told to throw') -> None:
        """
        Every read throws until `recover`.
        """
    def wait_blocked(self, limit_s: typing.SupportsFloat | typing.SupportsIndex = 5.0) -> bool:
        """
        Waits, in real time, until a thread is blocked in `sample`; False if none is within `limit`.
        """
    @property
    def energy_j(self) -> float:
        """
        The true energy since it was made (or reset), in J; counters and powers that follow a clock only.
        """
    @property
    def samples(self) -> int:
        """
        How often it was sampled.
        """
class FakeHost:
    """
    A machine made of files in a temporary folder.
    """
    def __init__(self) -> None:
        ...
    def add_zone(self, id: str, name: str = 'package-0', energy_uj: typing.SupportsInt | typing.SupportsIndex | None = 0, max_energy_range_uj: typing.SupportsInt | typing.SupportsIndex | None = 262143328850) -> None:
        """
        None is a file that is not there.
        """
    def set_cpu_ticks(self, busy: typing.SupportsInt | typing.SupportsIndex, idle: typing.SupportsInt | typing.SupportsIndex) -> None:
        """
        Writes /proc/stat: CPU time of all CPUs so far in clock ticks, split into busy and idle.
        """
    def set_cpus(self, cpus: typing.SupportsInt | typing.SupportsIndex, vendor: str = 'GenuineIntel', flags: str = 'fpu sse2') -> None:
        """
        Writes /proc/cpuinfo for `cpus` logical CPUs in one package; `flags` are those of the line `flags`.
        """
    def set_energy(self, id: str, energy_uj: typing.SupportsInt | typing.SupportsIndex) -> None:
        """
        Sets the counter of a zone.
        """
    def set_energy_text(self, id: str, text: str) -> None:
        """
        Sets the whole text of the counter's file, good or bad.
        """
    def set_memory(self, bytes: typing.SupportsInt | typing.SupportsIndex) -> None:
        """
        Writes /proc/meminfo.
        """
    def write(self, path: os.PathLike[str] | str | bytes, text: str) -> None:
        """
        Write a file below root.
        """
    @property
    def host(self) -> co2lib._core.Host:
        """
        What to hand to the library; without GPUs, unless `nvml` is set in it.
        """
    @property
    def root(self) -> pathlib.Path:
        """
        The folder that holds `sys`, `proc` and `dev`.
        """
