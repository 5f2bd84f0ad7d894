# SPDX-License-Identifier: MIT
"""
The C++ core of co2lib.
"""
from __future__ import annotations
import collections.abc
import os
import pathlib
import typing
from . import numeric
from . import random
from . import adaptive
from . import embodied
from . import exchange
from . import hub
from . import inference
from . import intensity
from . import meter
from . import preindex
from . import testing
from . import tracker
__all__: list[str] = ['CarbonIntensity', 'CarbonIntensityEstimate', 'CarbonIntensityInterval', 'CarbonMass', 'CarbonMassEstimate', 'CarbonMassInterval', 'Clock', 'Energy', 'EnergyEstimate', 'EnergyInterval', 'Host', 'Issue', 'Machine', 'Power', 'PowerEstimate', 'PowerInterval', 'Source', 'SystemClock', 'TimeEstimate', 'TimeInterval', 'Water', 'WaterEstimate', 'WaterIntensity', 'WaterIntensityEstimate', 'WaterIntensityInterval', 'WaterInterval', 'adaptive', 'append_csv', 'convert', 'embodied', 'exchange', 'hub', 'inference', 'intensity', 'meter', 'numeric', 'preindex', 'random', 'read_machine', 'sci', 'table', 'table_names', 'testing', 'tracker']
class Issue:
    """
    A remark or a failure that did not end the call.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, code: str, subject: str = '', text: str = '') -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The issue as a dict: `code`, `subject`, `text`.
        """
    @property
    def code(self) -> str:
        """
        Stable code; a dot in it marks a domain's error.
        """
    @property
    def subject(self) -> str:
        """
        What it is about: a meter's id, a file, a location.
        """
    @property
    def text(self) -> str:
        """
        For people, with the remedy.
        """
class Source:
    """
    Where a number comes from.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, id: str, text: str = '', year: typing.SupportsInt | typing.SupportsIndex = 0, licence: str = '') -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The source as a dict: `id`, `text`, `year`, `licence`.
        """
    @property
    def id(self) -> str:
        """
        Stable, for programs: `cea2025`.
        """
    @property
    def licence(self) -> str:
        """
        SPDX identifier or a few words; empty: not known.
        """
    @property
    def text(self) -> str:
        """
        For people: author, title, table.
        """
    @property
    def year(self) -> int:
        """
        0 where the source has none.
        """
class Energy:
    """
    An amount of energy.
    """
    @staticmethod
    def from_joules(value: typing.SupportsFloat | typing.SupportsIndex) -> Energy:
        """
        J
        """
    @staticmethod
    def from_kwh(value: typing.SupportsFloat | typing.SupportsIndex) -> Energy:
        """
        kWh; 1 kWh = 3.6e6 J
        """
    @staticmethod
    def from_wh(value: typing.SupportsFloat | typing.SupportsIndex) -> Energy:
        """
        Wh
        """
    @staticmethod
    def parse(text: str) -> Energy:
        """
        Reads a number and a unit, such as "1.5 kWh"; raises meter.bad_unit.
        """
    def __abs__(self) -> Energy:
        ...
    def __add__(self, arg0: Energy) -> Energy:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        The number by the specification, in the unit in which the quantity is written, and that unit.
        """
    def __ge__(self, arg0: Energy) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: Energy) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    @typing.overload
    def __init__(self) -> None:
        ...
    @typing.overload
    def __init__(self, value: typing.Never) -> None:
        ...
    def __le__(self, arg0: Energy) -> bool:
        ...
    def __lt__(self, arg0: Energy) -> bool:
        ...
    @typing.overload
    def __mul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> Energy:
        ...
    @typing.overload
    def __mul__(self, arg0: CarbonIntensity) -> CarbonMass:
        ...
    @typing.overload
    def __mul__(self, arg0: WaterIntensity) -> Water:
        ...
    def __neg__(self) -> Energy:
        ...
    def __radd__(self, zero: int) -> Energy:
        """
        0 + quantity, with which `sum` begins.
        """
    def __repr__(self) -> str:
        ...
    def __rmul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> Energy:
        ...
    def __round__(self, ndigits: typing.SupportsInt | typing.SupportsIndex | None = None) -> Energy:
        """
        The quantity with its number rounded in the unit in which it is written.
        """
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    def __sub__(self, arg0: Energy) -> Energy:
        ...
    @typing.overload
    def __truediv__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> Energy:
        ...
    @typing.overload
    def __truediv__(self, arg0: Energy) -> float:
        ...
    @typing.overload
    def __truediv__(self, arg0: Power) -> float:
        ...
    def over(self, time: typing.Any) -> Power:
        """
        Mean power over a time in s or a timedelta.
        """
    @property
    def joules(self) -> float:
        """
        J
        """
    @property
    def kwh(self) -> float:
        """
        kWh; 1 kWh = 3.6e6 J
        """
    @property
    def wh(self) -> float:
        """
        Wh
        """
class EnergyInterval:
    """
    A range of a quantity with its confidence.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, low: Energy, high: Energy, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def confidence(self) -> float:
        """
        Probability that the truth lies inside; 1 for hard bounds.
        """
    @property
    def high(self) -> Energy:
        """
        Upper end, part of the range.
        """
    @property
    def low(self) -> Energy:
        """
        Lower end, part of the range.
        """
class EnergyEstimate:
    """
    A quantity with how sure it is; `value` may be None.
    """
    def __add__(self, arg0: typing.Never) -> EnergyEstimate:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        Value and interval with each number written by the specification, in one unit.
        """
    def __ge__(self, arg0: typing.Never) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: typing.Never) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, value: Energy | None = None, bounds: EnergyInterval | None = None, interval: EnergyInterval | None = None, issues: collections.abc.Sequence[Issue] = [], sources: collections.abc.Sequence[Source] = []) -> None:
        ...
    def __le__(self, arg0: typing.Never) -> bool:
        ...
    def __lt__(self, arg0: typing.Never) -> bool:
        ...
    def __radd__(self, arg0: typing.Never) -> EnergyEstimate:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def bounds(self) -> EnergyInterval | None:
        """
        Where the value must lie if the readings are right.
        """
    @property
    def interval(self) -> EnergyInterval | None:
        """
        `bounds` widened by sensor and model error.
        """
    @property
    def interval_text(self) -> str:
        """
        The interval in the unit of the value, empty where there is none.
        """
    @property
    def issues(self) -> list[Issue]:
        """
        What a reader must know about this number.
        """
    @property
    def joules(self) -> float | None:
        """
        J
        """
    @property
    def kwh(self) -> float | None:
        """
        kWh; 1 kWh = 3.6e6 J
        """
    @property
    def sources(self) -> list[Source]:
        """
        Of the factors and data it was computed with.
        """
    @property
    def value(self) -> Energy | None:
        """
        The best value, or None where nothing is known.
        """
    @property
    def value_text(self) -> str:
        """
        The value for people, `unknown` where there is none.
        """
    @property
    def wh(self) -> float | None:
        """
        Wh
        """
class Power:
    """
    Power.
    """
    @staticmethod
    def from_kilowatts(value: typing.SupportsFloat | typing.SupportsIndex) -> Power:
        """
        kW
        """
    @staticmethod
    def from_watts(value: typing.SupportsFloat | typing.SupportsIndex) -> Power:
        """
        W
        """
    @staticmethod
    def parse(text: str) -> Power:
        """
        Reads a number and a unit, such as "1.5 kWh"; raises meter.bad_unit.
        """
    def __abs__(self) -> Power:
        ...
    def __add__(self, arg0: Power) -> Power:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        The number by the specification, in the unit in which the quantity is written, and that unit.
        """
    def __ge__(self, arg0: Power) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: Power) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    @typing.overload
    def __init__(self) -> None:
        ...
    @typing.overload
    def __init__(self, value: typing.Never) -> None:
        ...
    def __le__(self, arg0: Power) -> bool:
        ...
    def __lt__(self, arg0: Power) -> bool:
        ...
    def __mul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> Power:
        ...
    def __neg__(self) -> Power:
        ...
    def __radd__(self, zero: int) -> Power:
        """
        0 + quantity, with which `sum` begins.
        """
    def __repr__(self) -> str:
        ...
    def __rmul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> Power:
        ...
    def __round__(self, ndigits: typing.SupportsInt | typing.SupportsIndex | None = None) -> Power:
        """
        The quantity with its number rounded in the unit in which it is written.
        """
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    def __sub__(self, arg0: Power) -> Power:
        ...
    @typing.overload
    def __truediv__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> Power:
        ...
    @typing.overload
    def __truediv__(self, arg0: Power) -> float:
        ...
    def times(self, time: typing.Any) -> Energy:
        """
        Energy over a time in s or a timedelta.
        """
    @property
    def kilowatts(self) -> float:
        """
        kW
        """
    @property
    def watts(self) -> float:
        """
        W
        """
class PowerInterval:
    """
    A range of a quantity with its confidence.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, low: Power, high: Power, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def confidence(self) -> float:
        """
        Probability that the truth lies inside; 1 for hard bounds.
        """
    @property
    def high(self) -> Power:
        """
        Upper end, part of the range.
        """
    @property
    def low(self) -> Power:
        """
        Lower end, part of the range.
        """
class PowerEstimate:
    """
    A quantity with how sure it is; `value` may be None.
    """
    def __add__(self, arg0: typing.Never) -> PowerEstimate:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        Value and interval with each number written by the specification, in one unit.
        """
    def __ge__(self, arg0: typing.Never) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: typing.Never) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, value: Power | None = None, bounds: PowerInterval | None = None, interval: PowerInterval | None = None, issues: collections.abc.Sequence[Issue] = [], sources: collections.abc.Sequence[Source] = []) -> None:
        ...
    def __le__(self, arg0: typing.Never) -> bool:
        ...
    def __lt__(self, arg0: typing.Never) -> bool:
        ...
    def __radd__(self, arg0: typing.Never) -> PowerEstimate:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def bounds(self) -> PowerInterval | None:
        """
        Where the value must lie if the readings are right.
        """
    @property
    def interval(self) -> PowerInterval | None:
        """
        `bounds` widened by sensor and model error.
        """
    @property
    def interval_text(self) -> str:
        """
        The interval in the unit of the value, empty where there is none.
        """
    @property
    def issues(self) -> list[Issue]:
        """
        What a reader must know about this number.
        """
    @property
    def kilowatts(self) -> float | None:
        """
        kW
        """
    @property
    def sources(self) -> list[Source]:
        """
        Of the factors and data it was computed with.
        """
    @property
    def value(self) -> Power | None:
        """
        The best value, or None where nothing is known.
        """
    @property
    def value_text(self) -> str:
        """
        The value for people, `unknown` where there is none.
        """
    @property
    def watts(self) -> float | None:
        """
        W
        """
class CarbonMass:
    """
    Mass of greenhouse gases in CO2 equivalents.
    """
    @staticmethod
    def from_grams(value: typing.SupportsFloat | typing.SupportsIndex) -> CarbonMass:
        """
        g CO2e
        """
    @staticmethod
    def from_kilograms(value: typing.SupportsFloat | typing.SupportsIndex) -> CarbonMass:
        """
        kg CO2e
        """
    @staticmethod
    def from_tonnes(value: typing.SupportsFloat | typing.SupportsIndex) -> CarbonMass:
        """
        t CO2e
        """
    @staticmethod
    def parse(text: str) -> CarbonMass:
        """
        Reads a number and a unit, such as "1.5 kWh"; raises meter.bad_unit.
        """
    def __abs__(self) -> CarbonMass:
        ...
    def __add__(self, arg0: CarbonMass) -> CarbonMass:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        The number by the specification, in the unit in which the quantity is written, and that unit.
        """
    def __ge__(self, arg0: CarbonMass) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: CarbonMass) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    @typing.overload
    def __init__(self) -> None:
        ...
    @typing.overload
    def __init__(self, value: typing.Never) -> None:
        ...
    def __le__(self, arg0: CarbonMass) -> bool:
        ...
    def __lt__(self, arg0: CarbonMass) -> bool:
        ...
    def __mul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> CarbonMass:
        ...
    def __neg__(self) -> CarbonMass:
        ...
    def __radd__(self, zero: int) -> CarbonMass:
        """
        0 + quantity, with which `sum` begins.
        """
    def __repr__(self) -> str:
        ...
    def __rmul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> CarbonMass:
        ...
    def __round__(self, ndigits: typing.SupportsInt | typing.SupportsIndex | None = None) -> CarbonMass:
        """
        The quantity with its number rounded in the unit in which it is written.
        """
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    def __sub__(self, arg0: CarbonMass) -> CarbonMass:
        ...
    @typing.overload
    def __truediv__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> CarbonMass:
        ...
    @typing.overload
    def __truediv__(self, arg0: CarbonMass) -> float:
        ...
    @typing.overload
    def __truediv__(self, arg0: Energy) -> CarbonIntensity:
        ...
    @typing.overload
    def __truediv__(self, arg0: CarbonIntensity) -> Energy:
        ...
    @property
    def grams(self) -> float:
        """
        g CO2e
        """
    @property
    def kilograms(self) -> float:
        """
        kg CO2e
        """
    @property
    def tonnes(self) -> float:
        """
        t CO2e
        """
class CarbonMassInterval:
    """
    A range of a quantity with its confidence.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, low: CarbonMass, high: CarbonMass, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def confidence(self) -> float:
        """
        Probability that the truth lies inside; 1 for hard bounds.
        """
    @property
    def high(self) -> CarbonMass:
        """
        Upper end, part of the range.
        """
    @property
    def low(self) -> CarbonMass:
        """
        Lower end, part of the range.
        """
class CarbonMassEstimate:
    """
    A quantity with how sure it is; `value` may be None.
    """
    def __add__(self, arg0: typing.Never) -> CarbonMassEstimate:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        Value and interval with each number written by the specification, in one unit.
        """
    def __ge__(self, arg0: typing.Never) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: typing.Never) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, value: CarbonMass | None = None, bounds: CarbonMassInterval | None = None, interval: CarbonMassInterval | None = None, issues: collections.abc.Sequence[Issue] = [], sources: collections.abc.Sequence[Source] = []) -> None:
        ...
    def __le__(self, arg0: typing.Never) -> bool:
        ...
    def __lt__(self, arg0: typing.Never) -> bool:
        ...
    def __radd__(self, arg0: typing.Never) -> CarbonMassEstimate:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def bounds(self) -> CarbonMassInterval | None:
        """
        Where the value must lie if the readings are right.
        """
    @property
    def grams(self) -> float | None:
        """
        g CO2e
        """
    @property
    def interval(self) -> CarbonMassInterval | None:
        """
        `bounds` widened by sensor and model error.
        """
    @property
    def interval_text(self) -> str:
        """
        The interval in the unit of the value, empty where there is none.
        """
    @property
    def issues(self) -> list[Issue]:
        """
        What a reader must know about this number.
        """
    @property
    def kilograms(self) -> float | None:
        """
        kg CO2e
        """
    @property
    def sources(self) -> list[Source]:
        """
        Of the factors and data it was computed with.
        """
    @property
    def tonnes(self) -> float | None:
        """
        t CO2e
        """
    @property
    def value(self) -> CarbonMass | None:
        """
        The best value, or None where nothing is known.
        """
    @property
    def value_text(self) -> str:
        """
        The value for people, `unknown` where there is none.
        """
class CarbonIntensity:
    """
    Carbon intensity of electricity.
    """
    @staticmethod
    def from_g_per_kwh(value: typing.SupportsFloat | typing.SupportsIndex) -> CarbonIntensity:
        """
        g CO2e/kWh
        """
    @staticmethod
    def from_kg_per_kwh(value: typing.SupportsFloat | typing.SupportsIndex) -> CarbonIntensity:
        """
        kg CO2e/kWh
        """
    @staticmethod
    def parse(text: str) -> CarbonIntensity:
        """
        Reads a number and a unit, such as "1.5 kWh"; raises meter.bad_unit.
        """
    def __abs__(self) -> CarbonIntensity:
        ...
    def __add__(self, arg0: CarbonIntensity) -> CarbonIntensity:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        The number by the specification, in the unit in which the quantity is written, and that unit.
        """
    def __ge__(self, arg0: CarbonIntensity) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: CarbonIntensity) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    @typing.overload
    def __init__(self) -> None:
        ...
    @typing.overload
    def __init__(self, value: typing.Never) -> None:
        ...
    def __le__(self, arg0: CarbonIntensity) -> bool:
        ...
    def __lt__(self, arg0: CarbonIntensity) -> bool:
        ...
    @typing.overload
    def __mul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> CarbonIntensity:
        ...
    @typing.overload
    def __mul__(self, arg0: Energy) -> CarbonMass:
        ...
    def __neg__(self) -> CarbonIntensity:
        ...
    def __radd__(self, zero: int) -> CarbonIntensity:
        """
        0 + quantity, with which `sum` begins.
        """
    def __repr__(self) -> str:
        ...
    def __rmul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> CarbonIntensity:
        ...
    def __round__(self, ndigits: typing.SupportsInt | typing.SupportsIndex | None = None) -> CarbonIntensity:
        """
        The quantity with its number rounded in the unit in which it is written.
        """
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    def __sub__(self, arg0: CarbonIntensity) -> CarbonIntensity:
        ...
    @typing.overload
    def __truediv__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> CarbonIntensity:
        ...
    @typing.overload
    def __truediv__(self, arg0: CarbonIntensity) -> float:
        ...
    @property
    def g_per_kwh(self) -> float:
        """
        g CO2e/kWh
        """
    @property
    def kg_per_kwh(self) -> float:
        """
        kg CO2e/kWh
        """
class CarbonIntensityInterval:
    """
    A range of a quantity with its confidence.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, low: CarbonIntensity, high: CarbonIntensity, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def confidence(self) -> float:
        """
        Probability that the truth lies inside; 1 for hard bounds.
        """
    @property
    def high(self) -> CarbonIntensity:
        """
        Upper end, part of the range.
        """
    @property
    def low(self) -> CarbonIntensity:
        """
        Lower end, part of the range.
        """
class CarbonIntensityEstimate:
    """
    A quantity with how sure it is; `value` may be None.
    """
    def __add__(self, arg0: typing.Never) -> CarbonIntensityEstimate:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        Value and interval with each number written by the specification, in one unit.
        """
    def __ge__(self, arg0: typing.Never) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: typing.Never) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, value: CarbonIntensity | None = None, bounds: CarbonIntensityInterval | None = None, interval: CarbonIntensityInterval | None = None, issues: collections.abc.Sequence[Issue] = [], sources: collections.abc.Sequence[Source] = []) -> None:
        ...
    def __le__(self, arg0: typing.Never) -> bool:
        ...
    def __lt__(self, arg0: typing.Never) -> bool:
        ...
    def __radd__(self, arg0: typing.Never) -> CarbonIntensityEstimate:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def bounds(self) -> CarbonIntensityInterval | None:
        """
        Where the value must lie if the readings are right.
        """
    @property
    def g_per_kwh(self) -> float | None:
        """
        g CO2e/kWh
        """
    @property
    def interval(self) -> CarbonIntensityInterval | None:
        """
        `bounds` widened by sensor and model error.
        """
    @property
    def interval_text(self) -> str:
        """
        The interval in the unit of the value, empty where there is none.
        """
    @property
    def issues(self) -> list[Issue]:
        """
        What a reader must know about this number.
        """
    @property
    def kg_per_kwh(self) -> float | None:
        """
        kg CO2e/kWh
        """
    @property
    def sources(self) -> list[Source]:
        """
        Of the factors and data it was computed with.
        """
    @property
    def value(self) -> CarbonIntensity | None:
        """
        The best value, or None where nothing is known.
        """
    @property
    def value_text(self) -> str:
        """
        The value for people, `unknown` where there is none.
        """
class Water:
    """
    A volume of water.
    """
    @staticmethod
    def from_litres(value: typing.SupportsFloat | typing.SupportsIndex) -> Water:
        """
        L
        """
    @staticmethod
    def parse(text: str) -> Water:
        """
        Reads a number and a unit, such as "1.5 kWh"; raises meter.bad_unit.
        """
    def __abs__(self) -> Water:
        ...
    def __add__(self, arg0: Water) -> Water:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        The number by the specification, in the unit in which the quantity is written, and that unit.
        """
    def __ge__(self, arg0: Water) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: Water) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    @typing.overload
    def __init__(self) -> None:
        ...
    @typing.overload
    def __init__(self, value: typing.Never) -> None:
        ...
    def __le__(self, arg0: Water) -> bool:
        ...
    def __lt__(self, arg0: Water) -> bool:
        ...
    def __mul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> Water:
        ...
    def __neg__(self) -> Water:
        ...
    def __radd__(self, zero: int) -> Water:
        """
        0 + quantity, with which `sum` begins.
        """
    def __repr__(self) -> str:
        ...
    def __rmul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> Water:
        ...
    def __round__(self, ndigits: typing.SupportsInt | typing.SupportsIndex | None = None) -> Water:
        """
        The quantity with its number rounded in the unit in which it is written.
        """
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    def __sub__(self, arg0: Water) -> Water:
        ...
    @typing.overload
    def __truediv__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> Water:
        ...
    @typing.overload
    def __truediv__(self, arg0: Water) -> float:
        ...
    @typing.overload
    def __truediv__(self, arg0: Energy) -> WaterIntensity:
        ...
    @property
    def litres(self) -> float:
        """
        L
        """
class WaterInterval:
    """
    A range of a quantity with its confidence.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, low: Water, high: Water, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def confidence(self) -> float:
        """
        Probability that the truth lies inside; 1 for hard bounds.
        """
    @property
    def high(self) -> Water:
        """
        Upper end, part of the range.
        """
    @property
    def low(self) -> Water:
        """
        Lower end, part of the range.
        """
class WaterEstimate:
    """
    A quantity with how sure it is; `value` may be None.
    """
    def __add__(self, arg0: typing.Never) -> WaterEstimate:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        Value and interval with each number written by the specification, in one unit.
        """
    def __ge__(self, arg0: typing.Never) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: typing.Never) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, value: Water | None = None, bounds: WaterInterval | None = None, interval: WaterInterval | None = None, issues: collections.abc.Sequence[Issue] = [], sources: collections.abc.Sequence[Source] = []) -> None:
        ...
    def __le__(self, arg0: typing.Never) -> bool:
        ...
    def __lt__(self, arg0: typing.Never) -> bool:
        ...
    def __radd__(self, arg0: typing.Never) -> WaterEstimate:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def bounds(self) -> WaterInterval | None:
        """
        Where the value must lie if the readings are right.
        """
    @property
    def interval(self) -> WaterInterval | None:
        """
        `bounds` widened by sensor and model error.
        """
    @property
    def interval_text(self) -> str:
        """
        The interval in the unit of the value, empty where there is none.
        """
    @property
    def issues(self) -> list[Issue]:
        """
        What a reader must know about this number.
        """
    @property
    def litres(self) -> float | None:
        """
        L
        """
    @property
    def sources(self) -> list[Source]:
        """
        Of the factors and data it was computed with.
        """
    @property
    def value(self) -> Water | None:
        """
        The best value, or None where nothing is known.
        """
    @property
    def value_text(self) -> str:
        """
        The value for people, `unknown` where there is none.
        """
class WaterIntensity:
    """
    Water used per IT energy (WUE).
    """
    @staticmethod
    def from_l_per_kwh(value: typing.SupportsFloat | typing.SupportsIndex) -> WaterIntensity:
        """
        L/kWh
        """
    @staticmethod
    def parse(text: str) -> WaterIntensity:
        """
        Reads a number and a unit, such as "1.5 kWh"; raises meter.bad_unit.
        """
    def __abs__(self) -> WaterIntensity:
        ...
    def __add__(self, arg0: WaterIntensity) -> WaterIntensity:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        The number by the specification, in the unit in which the quantity is written, and that unit.
        """
    def __ge__(self, arg0: WaterIntensity) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: WaterIntensity) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    @typing.overload
    def __init__(self) -> None:
        ...
    @typing.overload
    def __init__(self, value: typing.Never) -> None:
        ...
    def __le__(self, arg0: WaterIntensity) -> bool:
        ...
    def __lt__(self, arg0: WaterIntensity) -> bool:
        ...
    @typing.overload
    def __mul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> WaterIntensity:
        ...
    @typing.overload
    def __mul__(self, arg0: Energy) -> Water:
        ...
    def __neg__(self) -> WaterIntensity:
        ...
    def __radd__(self, zero: int) -> WaterIntensity:
        """
        0 + quantity, with which `sum` begins.
        """
    def __repr__(self) -> str:
        ...
    def __rmul__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> WaterIntensity:
        ...
    def __round__(self, ndigits: typing.SupportsInt | typing.SupportsIndex | None = None) -> WaterIntensity:
        """
        The quantity with its number rounded in the unit in which it is written.
        """
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    def __sub__(self, arg0: WaterIntensity) -> WaterIntensity:
        ...
    @typing.overload
    def __truediv__(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> WaterIntensity:
        ...
    @typing.overload
    def __truediv__(self, arg0: WaterIntensity) -> float:
        ...
    @property
    def l_per_kwh(self) -> float:
        """
        L/kWh
        """
class WaterIntensityInterval:
    """
    A range of a quantity with its confidence.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, low: WaterIntensity, high: WaterIntensity, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def confidence(self) -> float:
        """
        Probability that the truth lies inside; 1 for hard bounds.
        """
    @property
    def high(self) -> WaterIntensity:
        """
        Upper end, part of the range.
        """
    @property
    def low(self) -> WaterIntensity:
        """
        Lower end, part of the range.
        """
class WaterIntensityEstimate:
    """
    A quantity with how sure it is; `value` may be None.
    """
    def __add__(self, arg0: typing.Never) -> WaterIntensityEstimate:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        Value and interval with each number written by the specification, in one unit.
        """
    def __ge__(self, arg0: typing.Never) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: typing.Never) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, value: WaterIntensity | None = None, bounds: WaterIntensityInterval | None = None, interval: WaterIntensityInterval | None = None, issues: collections.abc.Sequence[Issue] = [], sources: collections.abc.Sequence[Source] = []) -> None:
        ...
    def __le__(self, arg0: typing.Never) -> bool:
        ...
    def __lt__(self, arg0: typing.Never) -> bool:
        ...
    def __radd__(self, arg0: typing.Never) -> WaterIntensityEstimate:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def bounds(self) -> WaterIntensityInterval | None:
        """
        Where the value must lie if the readings are right.
        """
    @property
    def interval(self) -> WaterIntensityInterval | None:
        """
        `bounds` widened by sensor and model error.
        """
    @property
    def interval_text(self) -> str:
        """
        The interval in the unit of the value, empty where there is none.
        """
    @property
    def issues(self) -> list[Issue]:
        """
        What a reader must know about this number.
        """
    @property
    def l_per_kwh(self) -> float | None:
        """
        L/kWh
        """
    @property
    def sources(self) -> list[Source]:
        """
        Of the factors and data it was computed with.
        """
    @property
    def value(self) -> WaterIntensity | None:
        """
        The best value, or None where nothing is known.
        """
    @property
    def value_text(self) -> str:
        """
        The value for people, `unknown` where there is none.
        """
class TimeInterval:
    """
    A range of a time, in s, with its confidence.
    """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, low: typing.Any, high: typing.Any, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def confidence(self) -> float:
        """
        Probability that the truth lies inside; 1 for hard bounds.
        """
    @property
    def high(self) -> float:
        """
        Upper end, part of the range.
        """
    @property
    def low(self) -> float:
        """
        Lower end, part of the range.
        """
class TimeEstimate:
    """
    A time in s with how sure it is; `value` may be None. A timedelta would end at 1 us.
    """
    def __add__(self, arg0: typing.Never) -> TimeEstimate:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __format__(self, format_spec: str) -> str:
        """
        Value and interval with each number written by the specification, in one unit.
        """
    def __ge__(self, arg0: typing.Never) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __gt__(self, arg0: typing.Never) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, value: typing.Any | None = None, bounds: TimeInterval | None = None, interval: TimeInterval | None = None, issues: collections.abc.Sequence[Issue] = [], sources: collections.abc.Sequence[Source] = []) -> None:
        ...
    def __le__(self, arg0: typing.Never) -> bool:
        ...
    def __lt__(self, arg0: typing.Never) -> bool:
        ...
    def __radd__(self, arg0: typing.Never) -> TimeEstimate:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def bounds(self) -> TimeInterval | None:
        """
        Where the value must lie if the readings are right.
        """
    @property
    def interval(self) -> TimeInterval | None:
        """
        `bounds` widened by sensor and model error.
        """
    @property
    def interval_text(self) -> str:
        """
        The interval in the unit of the value, empty where there is none.
        """
    @property
    def issues(self) -> list[Issue]:
        """
        What a reader must know about this number.
        """
    @property
    def seconds(self) -> float | None:
        """
        s
        """
    @property
    def sources(self) -> list[Source]:
        """
        Of the factors and data it was computed with.
        """
    @property
    def value(self) -> float | None:
        """
        The best value, or None where nothing is known.
        """
    @property
    def value_text(self) -> str:
        """
        The value for people, `unknown` where there is none.
        """
class Host:
    """
    The roots of the machine's own file systems; a folder can stand in for each.
    """
    def __init__(self, sysfs: os.PathLike[str] | str | bytes = '/sys', procfs: os.PathLike[str] | str | bytes = '/proc', dev: os.PathLike[str] | str | bytes = '/dev', nvml: str = 'libnvidia-ml.so.1', etc: os.PathLike[str] | str | bytes = '/etc') -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def dev(self) -> pathlib.Path:
        """
        Device files.
        """
    @dev.setter
    def dev(self, arg0: os.PathLike[str] | str | bytes) -> None:
        ...
    @property
    def etc(self) -> pathlib.Path:
        """
        Settings of the system: its machine id.
        """
    @etc.setter
    def etc(self, arg0: os.PathLike[str] | str | bytes) -> None:
        ...
    @property
    def nvml(self) -> str:
        """
        NVIDIA's management library, by name or path; empty: never opened.
        """
    @nvml.setter
    def nvml(self, arg0: str) -> None:
        ...
    @property
    def procfs(self) -> pathlib.Path:
        """
        CPU times, processes, memory.
        """
    @procfs.setter
    def procfs(self, arg0: os.PathLike[str] | str | bytes) -> None:
        ...
    @property
    def sysfs(self) -> pathlib.Path:
        """
        Sensors: powercap, hwmon, NVMe.
        """
    @sysfs.setter
    def sysfs(self, arg0: os.PathLike[str] | str | bytes) -> None:
        ...
class Clock:
    """
    The seam for time.
    """
    @property
    def monotonic_s(self) -> float:
        """
        Monotonic time in s, suspend excluded; of an unspecified origin.
        """
    @property
    def utc(self) -> str:
        """
        Wall time as ISO 8601 text.
        """
class SystemClock(Clock):
    """
    The clocks of the system.
    """
    def __init__(self) -> None:
        ...
class Machine:
    """
    Processor and memory of a machine; None where unknown.
    """
    @property
    def boot_id(self) -> str:
        """
        Changes with every boot; empty if unknown.
        """
    @property
    def cpu_model(self) -> str:
        """
        As /proc/cpuinfo names it; empty if unknown.
        """
    @property
    def cpu_vendor(self) -> str:
        """
        `GenuineIntel`, `AuthenticAMD`, ...; empty if unknown.
        """
    @property
    def hostname(self) -> str:
        """
        Name of the machine; empty if unknown.
        """
    @property
    def logical_cpus(self) -> int | None:
        """
        Online logical processors.
        """
    @property
    def memory_bytes(self) -> int | None:
        """
        MemTotal; None if unknown.
        """
    @property
    def packages(self) -> int | None:
        """
        Sockets; None if unknown.
        """
    @property
    def physical_cores(self) -> int | None:
        """
        Distinct (package, core) pairs.
        """
    @property
    def sgx(self) -> bool:
        """
        The CPU flag `sgx` is present (RAPL may be filtered).
        """
def append_csv(file: os.PathLike[str] | str | bytes, header: collections.abc.Sequence[str], row: collections.abc.Sequence[str]) -> pathlib.Path | None:
    """
    Append one row under a file lock; returns where a file with another header was moved, or None.
    """
def convert(value: typing.SupportsFloat | typing.SupportsIndex, from_unit: str, to_unit: str) -> float:
    """
    Convert between unit texts, e.g. lb/MWh to g/kWh; raises meter.bad_unit.
    """
def read_machine(host: Host = ...) -> Machine:
    """
    Read the machine once; never fails.
    """
def sci(energy: Energy, intensity: CarbonIntensity, embodied: CarbonMass, functional_units: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    Software carbon intensity (E * I + M) / R in g CO2e per functional unit (ISO/IEC 21031:2024).
    """
def table(name: str) -> list[typing.Any]:
    """
    The rows of a factor table compiled in, as dicts of texts; an empty text is an unknown value.

    Raises core.unknown_table (a LookupError).
    """
def table_names() -> list[tuple[str, str]]:
    """
    All tables compiled in, as (domain, name).
    """
__version__: str
