# SPDX-License-Identifier: MIT
"""What the adapters share: their table of operations, reading of input fields, of traces among them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from co2lib._errors import BadValueError
from co2lib.testing._skip import SkipVector

if TYPE_CHECKING:
    from co2lib import intensity

Answer = dict[str, Any]
Adapter = Callable[[dict[str, Any]], Answer]
Decorator = Callable[[Adapter], Adapter]

REQUIRED: Any = object()
"""Default of a field that must be given."""


def registrar(table: dict[str, Adapter]) -> Callable[[str], Decorator]:
    """Return a decorator that enters a function into `table` under a name: ``@kind("meter.counter")``."""

    def named(name: str) -> Decorator:
        def enter(function: Adapter) -> Adapter:
            if name in table:
                raise ValueError(f"{name} has two adapters")
            table[name] = function
            return function

        return enter

    return named


class Fields:
    """The fields of a vector's input; null counts as not given.

    Parameters
    ----------
    given : dict
        The vector's `input`.
    code : str
        Code of the error for a missing or ill-typed field, for example ``meter.bad_input``.
    """

    def __init__(self, given: dict[str, Any], code: str) -> None:
        self._given = given
        self._code = code

    def any(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a field as it is."""
        value = self._given.get(name)
        if value is not None:
            return value
        if default is REQUIRED:
            raise BadValueError(self._code, f"{name}: missing")
        return default

    def number(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a number, or the default; the text ``"inf"`` is positive infinity."""
        value = self.any(name, default)
        return value if value is default else self._number(name, value)

    def numbers(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a list of numbers, or the default; the text ``"inf"`` is positive infinity."""
        values = self.list(name, default)
        if values is default:
            return values
        return [self._number(f"{name}[{i}]", value) for i, value in enumerate(values)]

    def integer(self, name: str, default: Any = REQUIRED) -> Any:
        """Return an integer, or the default."""
        return self._typed(name, default, int, "an integer")

    def text(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a text, or the default."""
        return self._typed(name, default, str, "a text")

    def boolean(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a boolean, or the default."""
        return self._typed(name, default, bool, "true or false")

    def list(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a list, or the default."""
        return self._typed(name, default, list, "a list")

    def object(self, name: str, default: Any = REQUIRED) -> Any:
        """Return an object, or the default."""
        return self._typed(name, default, dict, "an object")

    def _number(self, name: str, value: Any) -> int | float:
        if value == "inf":
            return math.inf
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadValueError(self._code, f"{name}: expected a number, got {value!r}")
        return value

    def _typed(self, name: str, default: Any, kind: type, what: str) -> Any:
        value = self.any(name, default)
        if value is not default and (
            not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        ):
            raise BadValueError(self._code, f"{name}: expected {what}, got {value!r}")
        return value


def trace_file(name: str) -> Path:
    """Return the file of a trace that a vector names.

    It is looked for in the folder ``CO2LIB_TRACES``, else in ``shared/data/traces`` beside the repository.

    Raises
    ------
    SkipVector
        If it is not there.
    """
    folder = os.environ.get("CO2LIB_TRACES")
    beside = Path(__file__).resolve().parents[4] / "shared" / "data" / "traces"
    file = (Path(folder) if folder else beside) / name
    if not file.is_file():
        raise SkipVector(f"the trace {name} is not here; set CO2LIB_TRACES to the folder that has it")
    return file


def series(given: dict[str, Any]) -> intensity.Trace:
    """Return the trace that a vector gives: `inline` (start, step_s, values), or `trace` and its `column`."""
    from co2lib import intensity

    if "inline" in given:
        inline = given["inline"]
        return intensity.Trace.regular(inline["start"], inline["step_s"], inline["values"])
    scope = "direct" if given.get("column") == "direct" else "lifecycle"
    return intensity.read_csv(trace_file(given["trace"]), scope=scope)
