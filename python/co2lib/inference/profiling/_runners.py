# SPDX-License-Identifier: MIT
"""What executes kernels, or knows what they cost: the simulated devices and a table of foreign measurements.

A runner has ``about`` (device, processor, runtime, firmware, clocks), ``precision``, ``rules`` (which
operators the runtime fuses), ``kernels`` (those that it can run) and either

* ``runner(config)``, which returns a callable that executes one kernel, and ``runner.network(graph)``, the
  same for a whole network; they are measured here; or
* ``runner.measured(config)`` and ``runner.measured_network(graph)``, which return a `Measured`.

``rows()``, where there is one, lists the configurations that are known; nothing is sampled then.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike, fspath
from typing import Any, Protocol, runtime_checkable

from co2lib import inference as _domain
from co2lib._core import random as _random
from co2lib._errors import BadValueError, SystemFailureError
from co2lib.inference.profiling._sampling import KERNELS, Config

ABOUT = ("device", "processor", "runtime", "firmware", "clocks")
"""What a profile must say of its device, beside the date."""


@dataclass(frozen=True)
class Measured:
    """What one kernel or network cost."""

    latency_us: float
    energy_mj: float | None = None
    """Gross; None without a sensor."""
    net_energy_mj: float | None = None
    """Without the idle power."""
    windows: int = 1
    cv: float = 0.0
    """Coefficient of variation of the windows' times."""
    unstable: bool = False
    """More than 5 %, or slowed, after three repetitions: kept, but left out of training."""
    clock_mhz: float | None = None
    """Of the processor after the windows, where it is known."""
    slowed: bool = False
    """The clock was more than 3 % below that of the campaign's beginning."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that say something."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@runtime_checkable
class Runner(Protocol):
    """What is common to all runners; see the module."""

    @property
    def about(self) -> Mapping[str, str]:
        """Device, processor, runtime, firmware and clocks."""

    @property
    def precision(self) -> str:
        """Of all kernels: ``fp32``, ``int8``."""

    @property
    def rules(self) -> str | Sequence[Sequence[str]]:
        """Which operators the runtime fuses: a rule set's name, or lists of operators."""

    @property
    def kernels(self) -> Sequence[str]:
        """Kernels that it can run."""


class SimulatedRunner:
    """One of the simulated devices of the tests, with noise.

    Parameters
    ----------
    device : str
        ``sim-npu``, ``sim-mcu`` or ``sim-gpu``.
    precision : str
        Of all kernels.
    noise : bool
        Latency times lognormal (gsd 1.02), energy times lognormal (gsd 1.03).
    seed : int
        Of the noise; the same call costs the same again.
    """

    rules = "cpu"
    kernels = KERNELS

    def __init__(self, device: str, *, precision: str = "int8", noise: bool = True, seed: int = 1) -> None:
        self._device = device
        self._noise = noise
        self._seed = seed
        self.precision = precision
        self.array = {"sim-npu": (64, 64), "sim-mcu": (1, 1), "sim-gpu": (32, 16)}.get(device)
        self.about = {
            "device": device,
            "processor": device.removeprefix("sim-"),
            "runtime": "co2lib simulation",
            "firmware": "none",
            "clocks": "fixed",
        }

    def measured(self, config: Any) -> Measured:
        """Return what a kernel costs on the device."""
        return self._measured([config])

    def measured_network(self, graph: Any) -> Measured:
        """Return what a network costs on the device: its kernels add up."""
        found = _domain.parse_graph(graph).kernels(self.rules)
        return self._measured([each.config for each in found])

    def _measured(self, configs: list[Any]) -> Measured:
        exact = _domain.simulate(self._device, configs)
        if not self._noise:
            return Measured(exact.latency_us, exact.energy_mj)
        number = _random.fnv1a("|".join(config.to_json() for config in configs)) % 2**31
        factors = [
            _random.lognormal(_random.draw(self._seed, 0, f"noise.{what}.{number}"), 1.0, gsd)
            for what, gsd in (("latency", 1.02), ("energy", 1.03))
        ]
        return Measured(exact.latency_us * factors[0], exact.energy_mj * factors[1])


_INTEGERS = (
    "h",
    "w",
    "cin",
    "cout",
    "k",
    "s",
    "dilation",
    "groups",
    "w_bits",
    "a_bits",
    "batch",
    "m",
    "n",
    "heads",
    "reduction",
)
_MEASURES = ("latency_us", "energy_mj", "windows", "cv")


class CsvRunner:
    """A table of measurements that another program made, on a phone or a microcontroller.

    Parameters
    ----------
    file : path
        CSV with the columns ``kernel``, fields of a configuration (``h``, ``cin``, ``k``...; cins joined by
        ``;``; an absent column or empty cell is the default), ``latency_us`` and, where known, ``energy_mj``,
        ``windows`` and ``cv``.
    about : mapping
        ``device``, ``processor``, ``runtime``, ``firmware`` and ``clocks``, which a profile must have.
    precision : str
        Of the rows that name no bits.
    rules : str or lists
        Which operators the runtime fuses.

    Raises
    ------
    co2lib.Error
        ``inference.bad_model``, naming file, line and column.
    """

    def __init__(
        self,
        file: str | PathLike[str],
        about: Mapping[str, str],
        *,
        precision: str = "int8",
        rules: str | Sequence[Sequence[str]] = "cpu",
    ) -> None:
        self.about = dict(about)
        self.precision = precision
        self.rules = rules
        self._rows = dict(_read_csv(fspath(file), precision))
        self.kernels = tuple(dict.fromkeys(config.kernel for config in self._rows))

    def rows(self) -> list[Any]:
        """Return all configurations of the table."""
        return list(self._rows)

    def measured(self, config: Any) -> Measured:
        """Return what the table has for a configuration."""
        known: Measured = self._rows[config]
        return known


def _read_csv(file: str, precision: str) -> list[tuple[Any, Measured]]:
    try:
        with open(file, encoding="utf-8", newline="") as stream:
            table = csv.DictReader(stream)
            columns = table.fieldnames or []
            missing = {"kernel", "latency_us"} - set(columns)
            if missing:
                raise _bad(file, 1, f"has no column {', '.join(sorted(missing))}")
            return [_csv_row(file, number, row, precision) for number, row in enumerate(table, start=2)]
    except OSError as error:
        raise SystemFailureError("inference.cannot_read", f"{file}: {error.strerror or error}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise _bad(file, 1, f"is no CSV in UTF-8: {error}") from error


def _bad(file: str, line: int, what: str) -> BadValueError:
    return BadValueError("inference.bad_model", f"{file}:{line}: {what}")


def _csv_row(file: str, line: int, row: Mapping[str, str | None], precision: str) -> tuple[Any, Measured]:
    bits = _domain.precision(precision)
    fields: Config = {"w_bits": bits.w_bits, "a_bits": bits.a_bits}
    numbers: dict[str, float] = {}
    for name, cell in row.items():
        text = (cell or "").strip() if isinstance(cell, str) else ""
        if not name or not text:
            continue
        try:
            if name in _MEASURES:
                numbers[name] = float(text)
            elif name == "cins":
                fields[name] = [int(each) for each in text.split(";")]
            elif name in _INTEGERS:
                fields[name] = int(text)
            elif name == "pad":
                fields[name] = float(text)
            elif name in ("bias", "integer"):
                fields[name] = {"true": True, "false": False, "1": True, "0": False}[text.lower()]
            elif name == "kernel":
                fields[name] = _domain.kernel_name(text)
        except (KeyError, ValueError):
            raise _bad(file, line, f"column {name}: {text!r} is not what this field takes") from None
    if "kernel" not in fields or not numbers.get("latency_us", 0.0) > 0:
        raise _bad(file, line, "needs a kernel and a latency_us above 0")
    try:
        config = _domain.kernel_config(fields)
    except (TypeError, ValueError) as error:
        raise _bad(file, line, f"is no configuration: {error}") from error
    cv = numbers.get("cv", 0.0)
    measured = Measured(
        numbers["latency_us"],
        numbers.get("energy_mj"),
        windows=int(numbers.get("windows", 1)),
        cv=cv,
        unstable=cv > 0.05,
    )
    return config, measured


Task = Callable[[], object]
"""One run of a kernel or network."""
