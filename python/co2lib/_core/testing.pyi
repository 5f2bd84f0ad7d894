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
        ...
    @property
    def waiters(self) -> int:
        ...
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
        ...
    def fail(self, failed: co2lib._core.meter.Failed) -> None:
        ...
    def recover(self) -> None:
        ...
    def release(self) -> None:
        ...
    def reset(self, start: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        ...
    def set_power(self, watts: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    def throw_error(self, text: str = 'told to throw') -> None:
        ...
    def wait_blocked(self, limit_s: typing.SupportsFloat | typing.SupportsIndex = 5.0) -> bool:
        ...
    @property
    def energy_j(self) -> float:
        ...
    @property
    def samples(self) -> int:
        ...
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
        ...
    def set_cpus(self, cpus: typing.SupportsInt | typing.SupportsIndex, vendor: str = 'GenuineIntel', flags: str = 'fpu sse2') -> None:
        ...
    def set_energy(self, id: str, energy_uj: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def set_energy_text(self, id: str, text: str) -> None:
        ...
    def set_memory(self, bytes: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def write(self, path: os.PathLike[str] | str | bytes, text: str) -> None:
        """
        Write a file below root.
        """
    @property
    def host(self) -> co2lib._core.Host:
        ...
    @property
    def root(self) -> pathlib.Path:
        ...
