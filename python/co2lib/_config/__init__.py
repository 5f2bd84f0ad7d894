# SPDX-License-Identifier: MIT
"""Where options come from: argument > environment CO2LIB_* > ./co2lib.toml > ~/.config/co2lib/config.toml.

Every start of a tracker comes here. How a value is read from a text or a file is in
:mod:`co2lib._config.values`, which is imported where there is one.
"""

from __future__ import annotations

# What is slow to import (typing, pathlib, tomllib) is left out or late.
import os

from co2lib._core import Issue, tracker
from co2lib._errors import SystemFailureError

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

KINDS: Mapping[str, str] = tracker.option_kinds()
"""Every option, with what it takes: number, truth, text, path, list, intensity, mapping or object."""

NAMES = tuple(name for name in KINDS if name != "issues")
"""The options that a program gives; ``issues`` says where the others come from."""

OPTIONS = tuple(name for name, kind in KINDS.items() if kind not in ("mapping", "object"))
"""The options that the environment and the configuration files can set."""

PREFIX = "CO2LIB_"
"""What the variables of ours begin with."""


def home_file(home: str | os.PathLike[str] | None = None) -> str | None:
    """Return the user's configuration file, whether it is there or not; None where there is no home."""
    if home is None:
        home = os.path.expanduser("~")
        if home == "~":  # there is none
            return None
    return os.path.join(home, ".config", "co2lib", "config.toml")


def _from_file(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SystemFailureError("tracker.bad_config", f"{path}: cannot read: {error}") from error
    from co2lib._config import values

    return values.of_file(path, text)


def resolve(
    given: Mapping[str, Any],
    *,
    environment: Mapping[str, str] | None = None,
    folder: str | os.PathLike[str] | None = None,
    home: str | os.PathLike[str] | None = None,
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
        Options by name; what nobody set is absent. ``issues`` names variables that set no option.

    Raises
    ------
    co2lib.Error
        ``tracker.bad_config`` naming the file or variable and the option.
    """
    environment = os.environ if environment is None else environment
    ours = sorted(name for name in environment if name.startswith(PREFIX))
    issues: list[Issue] = []
    layers: list[Mapping[str, Any]] = []
    if ours:
        from co2lib._config import values

        issues += values.unknown_variables(ours)
    file = home_file(home)
    if file is not None:
        try:
            layers.append(_from_file(file))
        except SystemFailureError as error:
            if not isinstance(error.__cause__, PermissionError):
                raise
            # Another user's home, as in a container or under sudo.
            issues.append(Issue("config_unreadable", file, "no permission to read it, so it was ignored"))
    layers.append(_from_file(os.path.join(folder or "", "co2lib.toml")))
    if ours:
        layers.append(values.of_variables(environment))
    layers.append(given)
    merged: dict[str, Any] = {}
    for layer in layers:
        # A place or an intensity means to win over the other one in a lower source.
        for one, other in (("location", "intensity"), ("intensity", "location")):
            if layer.get(one) is not None and layer.get(other) is None:
                merged.pop(other, None)
        merged.update(layer)
    if issues:
        merged["issues"] = [*merged.get("issues", ()), *issues]
    return merged
