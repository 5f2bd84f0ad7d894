# SPDX-License-Identifier: MIT
"""The exceptions of co2lib: one per built-in that an error also is (docs/design.md, "Rules")."""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Error(Exception):
    """Misuse, bad configuration or a bad file.

    Parameters
    ----------
    code : str
        Stable, of the form ``domain.code``, for example ``meter.bad_unit``.
    message : str
        Names the file, line or field, and the remedy.
    details : mapping, optional
        Numbers and names a program can act upon, for example ``nearest``.
    """

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"

    def __reduce__(self) -> tuple[type[Error], tuple[str, str, dict[str, Any]]]:
        return type(self), (self.code, self.message, self.details)


class BadValueError(Error, ValueError):
    """A wrong value, unit, option or file content."""


class NotFoundError(Error, LookupError):
    """A name that is in no table."""


class NotPermittedError(Error, PermissionError):
    """Credentials or permissions are missing."""


class ProviderError(Error, ConnectionError):
    """A service did not give an answer that can be used."""


class SystemFailureError(Error, OSError):
    """A file or the operating system failed."""


class NoSolutionError(Error, ArithmeticError):
    """A computation without a result."""


class WrongStateError(Error, RuntimeError):
    """A call that the object's state does not allow."""


class MissingExtraError(Error, ImportError):
    """An optional package is not installed; the message names the extra to install."""
