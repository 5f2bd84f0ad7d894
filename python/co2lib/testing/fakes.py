# SPDX-License-Identifier: MIT
"""Fakes for tests of programs that measure: a clock moved by hand, a scripted meter, a machine made of files.

>>> from co2lib.testing.fakes import FakeMeter, ManualClock
>>> from co2lib.meter import MeterInfo
>>> clock = ManualClock()
>>> meter = FakeMeter.counter(clock, MeterInfo("psu", kind="counter"), power_w=100)
>>> clock.advance(10)
True
>>> meter.sample()
Count(1000000000)
"""

from __future__ import annotations

from collections.abc import Mapping

from co2lib._core.testing import FakeHost, FakeMeter, ManualClock

__all__ = ["FakeHost", "FakeMeter", "ManualClock", "fake_powercap"]


def fake_powercap(zones: Mapping[str, int], *, cpus: int = 4, memory_bytes: int = 16 << 30) -> FakeHost:
    """Make a machine with Intel energy counters.

    Parameters
    ----------
    zones : mapping of str to int
        Count in microjoules of each zone, by its name: ``package-0``, ``psys``, and ``package-0/dram`` for a
        part of a package given before it.
    cpus : int
        Logical CPUs.
    memory_bytes : int
        Size of the memory.

    Returns
    -------
    FakeHost
        Its ``host`` is what the library takes; ``set_energy(id, energy_uj)`` moves a counter, where ``id`` is
        ``intel-rapl:0``, ``intel-rapl:0:0`` and so on in the order given.

    Raises
    ------
    ValueError
        If a part comes before its package.

    Examples
    --------
    >>> machine = fake_powercap({"package-0": 5_000_000, "package-0/dram": 0})
    >>> import co2lib
    >>> [f.value for f in co2lib.sensors(machine.host) if f.provider == "powercap"]
    ['package-0 5 J, dram 0 J']
    """
    machine = FakeHost()
    machine.set_cpus(cpus)
    machine.set_memory(memory_bytes)
    machine.set_cpu_ticks(busy=1000, idle=9000)
    parts: dict[str, int] = {}
    ids: dict[str, str] = {}
    for name, energy_uj in zones.items():
        package, _, part = name.partition("/")
        if not part:
            ids[package] = f"intel-rapl:{len(ids)}"
            machine.add_zone(ids[package], name=package, energy_uj=energy_uj)
            continue
        if package not in ids:
            raise ValueError(f"{name!r} comes before its package {package!r}")
        number = parts.get(package, 0)
        parts[package] = number + 1
        machine.add_zone(f"{ids[package]}:{number}", name=part, energy_uj=energy_uj)
    return machine
