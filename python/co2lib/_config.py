# SPDX-License-Identifier: MIT
"""Where options come from: argument > environment CO2LIB_* > ./co2lib.toml > ~/.config/co2lib/config.toml."""

from __future__ import annotations

# Every start of a tracker comes here: what is slow to import (typing, pathlib, tomllib) is left out or late.
import os

from co2lib._core import Issue
from co2lib._core.tracker import option_kinds
from co2lib._errors import BadValueError, SystemFailureError

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

KINDS: Mapping[str, str] = option_kinds()
"""Every option, with what it takes: number, truth, text, path, list, intensity, mapping or object."""

NAMES = tuple(name for name in KINDS if name != "issues")
"""The options that a program gives; ``issues`` says where the others come from."""

OPTIONS = tuple(name for name, kind in KINDS.items() if kind not in ("mapping", "object"))
"""The options that the environment and the configuration files can set."""

# Variables of ours that are no option of the tracker.
_OTHER_VARIABLES = (
    "CO2LIB_TEST_ENV",
    "CO2LIB_GOLDEN_DIR",
    "CO2LIB_TRACES",
    "CO2LIB_SOURCE",
    "CO2LIB_LIBRARY",
)

SECRETS = (
    "electricitymaps_token",
    "watttime_user",
    "watttime_password",
    "eia_key",
    "entsoe_token",
    "electricitymaps_url",
    "watttime_url",
    "neso_gb_url",
    "eia_url",
    "entsoe_url",
    "energidataservice_url",
    "carbon_aware_sdk_url",
    "intensity_cache",
)
"""What providers need, from the environment or a file: tokens, addresses, the folder of a cache."""

# What these options are called elsewhere.
_OTHER_NAMES = {
    "country_iso_code": "location",
    "country": "location",
    "region": "location",
    "measure_power_secs": "power_period_s",
    "output_file": "log",
    "output_dir": "log",
    "project_name": "project",
    "gpu_ids": "gpus",
    "gpu_indices": "gpus",
    "force_cpu_power": "tdp_w",
    "force_ram_power": "ram_w",
    "tracking_mode": "scope",
    "carbon_intensity": "intensity",
    "tdp": "tdp_w",
    "ram": "ram_w",
}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the known name that was probably meant; empty if there is none."""
    if name.lower() in _OTHER_NAMES:
        return _OTHER_NAMES[name.lower()]
    longer = [one for one in known if len(name) > 1 and one.startswith(name.lower())]
    if len(longer) == 1:
        return longer[0]
    import difflib  # costs more than a start, and is needed for mistakes only

    return next(iter(difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)), "")


def only_in_python(name: str) -> str:
    """Return the remedy for an option that is not set by a file or a variable; empty for all else."""
    if name in OPTIONS or name not in NAMES:
        return ""
    return f"this option is set in the program only: track({name}=...)"


def unknown_option(name: str, where: str = "", known: Iterable[str] = ()) -> BadValueError:
    """Return the error for an option that there is not, among those known; default: all."""
    known = sorted(known) or sorted(NAMES)
    meant = did_you_mean(name, known)
    hint = f"did you mean {meant!r}? Known" if meant else "known"
    return BadValueError("tracker.bad_config", f"{where}unknown option {name!r}; {hint}: {', '.join(known)}")


def _from_text(name: str, text: str, where: str) -> Any:
    kind = KINDS[name]
    if kind == "number":
        try:
            if "_" in text:  # Python's 1_000, and a slip elsewhere
                raise ValueError
            return float(text)
        except ValueError:
            raise BadValueError("tracker.bad_config", f"{where}: {text!r} is not a number") from None
    if kind == "truth":
        known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if text.lower() not in known:
            raise BadValueError("tracker.bad_config", f"{where}: {text!r} is not true or false")
        return known[text.lower()]
    if kind == "intensity":
        try:
            return float(text)
        except ValueError:
            return text
    return words(text) if kind == "list" else text


def words(text: str) -> list[str]:
    """Split a comma list; nothing and ``none`` are the empty list."""
    if text.strip().lower() in ("", "none"):
        return []
    return [part.strip() for part in text.split(",")]


def is_truth(value: Any) -> bool:
    """Return whether the value is True or False, also as NumPy has them."""
    return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")


def _fits_a_float(value: float) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


_TAKES = {
    "number": "a number",
    "truth": "true or false",
    "text": "a text",
    "path": "a path as text",
    "list": "a list of texts",
    "intensity": "a number of g/kWh, or a text",
}


def _check_type(name: str, value: Any, where: str) -> Any:
    kind = KINDS[name]
    number = isinstance(value, int | float) and not isinstance(value, bool) and _fits_a_float(value)
    good = (
        (kind == "number" and number)
        or (kind == "truth" and isinstance(value, bool))
        or (kind in ("text", "path") and isinstance(value, str))
        or (kind == "intensity" and (number or isinstance(value, str)))
        or (kind == "list" and isinstance(value, list) and all(isinstance(x, str | int) for x in value))
    )
    if not good:
        kind_of = type(value).__name__
        raise BadValueError("tracker.bad_config", f"{where}: takes {_TAKES[kind]}, not {value!r} ({kind_of})")
    return [str(x) for x in value] if kind == "list" else value


def _from_file(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
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
        if name in SECRETS:
            if not isinstance(value, str):  # the value itself is never shown
                raise BadValueError("tracker.bad_config", f"{path}: {name}: takes a text")
            continue
        if name not in OPTIONS:
            if remedy := only_in_python(name):
                raise BadValueError("tracker.bad_config", f"{path}: {name}: {remedy}")
            raise unknown_option(name, f"{path}: ", OPTIONS)
        values[name] = _check_type(name, value, f"{path}: {name}")
    return values


def _unknown_variables(environment: Mapping[str, str]) -> list[Issue]:
    prefix = "CO2LIB_"
    issues = []
    for variable in sorted(one for one in environment if one.startswith(prefix)):
        name = variable.removeprefix(prefix).lower()
        if name in OPTIONS or name in SECRETS or variable in _OTHER_VARIABLES:
            continue
        meant = did_you_mean(name, OPTIONS)
        hint = f"; did you mean {prefix}{meant.upper()}?" if meant else ""
        text = only_in_python(name) or f"no option has this name, so it was ignored{hint}"
        issues.append(Issue("unknown_variable", variable, text))
    return issues


def _home_file(home: str | os.PathLike[str] | None) -> str | None:
    if home is None:
        home = os.path.expanduser("~")
        if home == "~":  # there is none
            return None
    return os.path.join(home, ".config", "co2lib", "config.toml")


def secret(name: str) -> str:
    """Return what a provider needs, of the environment, else of a configuration file; empty if not set."""
    if value := os.environ.get(f"CO2LIB_{name.upper()}", ""):
        return value.strip()
    for file in ("co2lib.toml", _home_file(None)):
        if file is None or not os.path.isfile(file):
            continue
        import tomllib

        try:
            with open(file, "rb") as stream:
                value = tomllib.load(stream).get(name, "")
        except (OSError, ValueError):  # said where the options are read
            continue
        if value and isinstance(value, str):
            return value.strip()
    return ""


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
    issues = _unknown_variables(environment)
    layers: list[Mapping[str, Any]] = []
    file = _home_file(home)
    if file is not None:
        try:
            layers.append(_from_file(file))
        except SystemFailureError as error:
            if not isinstance(error.__cause__, PermissionError):
                raise
            # Another user's home, as in a container or under sudo.
            issues.append(Issue("config_unreadable", file, "no permission to read it, so it was ignored"))
    layers.append(_from_file(os.path.join(folder or "", "co2lib.toml")))
    variables = {name: f"CO2LIB_{name.upper()}" for name in OPTIONS}
    layers.append(
        {
            name: _from_text(name, environment[variable], variable)
            for name, variable in variables.items()
            if variable in environment
        }
    )
    layers.append(given)
    values: dict[str, Any] = {}
    for layer in layers:
        # A place or an intensity means to win over the other one in a lower source.
        for one, other in (("location", "intensity"), ("intensity", "location")):
            if layer.get(one) is not None and layer.get(other) is None:
                values.pop(other, None)
        values.update(layer)
    if issues:
        values["issues"] = [*values.get("issues", ()), *issues]
    return values
