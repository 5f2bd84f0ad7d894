# SPDX-License-Identifier: MIT
"""Where options come from: argument > environment CO2LIB_* > ./co2lib.toml > ~/.config/co2lib/config.toml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from co2lib._errors import BadValueError, SystemFailureError

_NUMBERS = ("pue", "wue", "period_s", "power_period_s", "flush_s", "tdp_w", "ram_w", "idle_w", "intensity")
_TRUTHS = ("resume", "fsync", "owner")
_TEXTS = ("location", "log", "run_id", "project", "powercap_root", "modulus", "scope")
_LISTS = ("meters", "gpus")
OPTIONS = (*_NUMBERS, *_TRUTHS, *_TEXTS, *_LISTS)
"""The options that the environment and the configuration files can set."""


def _from_text(name: str, text: str, where: str) -> Any:
    if name in _NUMBERS:
        try:
            return float(text)
        except ValueError:
            raise BadValueError("tracker.bad_config", f"{where}: {text!r} is not a number") from None
    if name in _TRUTHS:
        known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if text.lower() not in known:
            raise BadValueError("tracker.bad_config", f"{where}: {text!r} is not true or false")
        return known[text.lower()]
    return words(text) if name in _LISTS else text


def words(text: str) -> list[str]:
    """Split a comma list; nothing and ``none`` are the empty list."""
    if text.strip().lower() in ("", "none"):
        return []
    return [part.strip() for part in text.split(",")]


def _fits_a_float(value: float) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _check_type(name: str, value: Any, where: str) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool) and _fits_a_float(value)
    good = (
        (name in _NUMBERS and number)
        or (name in _TRUTHS and isinstance(value, bool))
        or (name in _TEXTS and isinstance(value, str))
        or (name in _LISTS and isinstance(value, list) and all(isinstance(x, str | int) for x in value))
    )
    if not good:
        raise BadValueError("tracker.bad_config", f"{where}: {value!r} has the wrong type")
    return [str(x) for x in value] if name in _LISTS else value


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SystemFailureError("tracker.bad_config", f"{path}: cannot read: {error}") from error
    import tomllib  # costs more than the rest of a start, and most programs have no file

    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadValueError("tracker.bad_config", f"{path}: not valid TOML: {error}") from error
    values: dict[str, Any] = {}
    for name, value in document.items():
        if name not in OPTIONS:
            known = ", ".join(sorted(OPTIONS))
            message = f"{path}: unknown option {name!r}; known: {known}"
            raise BadValueError("tracker.bad_config", message)
        values[name] = _check_type(name, value, f"{path}: {name}")
    return values


def resolve(
    given: Mapping[str, Any],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    home: Path | None = None,
) -> dict[str, Any]:
    """Merge the options given with those of the environment and the configuration files.

    Parameters
    ----------
    given : mapping
        What the caller passed; these win.
    environment, folder, home : optional
        Default: the process's environment, the current folder, the user's home.

    Returns
    -------
    dict
        Options by name; what nobody set is absent.

    Raises
    ------
    co2lib.Error
        ``tracker.bad_config`` naming the file or variable and the option.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    if home is None:
        try:
            home = Path.home()
        except RuntimeError:
            home = None
    if home is not None:
        values.update(_from_file(home / ".config" / "co2lib" / "config.toml"))
    values.update(_from_file((folder or Path()) / "co2lib.toml"))
    for name in OPTIONS:
        variable = f"CO2LIB_{name.upper()}"
        if variable in environment:
            values[name] = _from_text(name, environment[variable], variable)
    # A place or an intensity that is given means to win over the other one in a lower source.
    for one, other in (("location", "intensity"), ("intensity", "location")):
        if given.get(one) is not None and given.get(other) is None:
            values.pop(other, None)
    values.update(given)
    return values
