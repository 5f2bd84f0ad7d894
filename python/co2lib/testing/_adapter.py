# SPDX-License-Identifier: MIT
"""What the adapters share: their table of operations, and reading of input fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from co2lib._errors import BadValueError

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
        """Return a number, or the default."""
        value = self.any(name, default)
        if value is not default and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadValueError(self._code, f"{name}: expected a number, got {value!r}")
        return value

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

    def _typed(self, name: str, default: Any, kind: type, what: str) -> Any:
        value = self.any(name, default)
        if value is not default and (
            not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        ):
            raise BadValueError(self._code, f"{name}: expected {what}, got {value!r}")
        return value
