# SPDX-License-Identifier: MIT
"""How the value of an option is read from a text or a file, and what is said of a name that is none."""

from __future__ import annotations

import os

from co2lib._config import KINDS, NAMES, OPTIONS, PREFIX, home_file
from co2lib._core import Issue
from co2lib._errors import BadValueError

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

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


def of_text(name: str, text: str, where: str) -> Any:
    """Return the value of an option in a text; `where` begins the message of an error."""
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


def of_file(path: str, text: str) -> dict[str, Any]:
    """Return the options in the text of a configuration file, by name."""
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


def unknown_variables(variables: Iterable[str]) -> list[Issue]:
    """Name those of our variables that set nothing."""
    issues = []
    for variable in variables:
        name = variable.removeprefix(PREFIX).lower()
        if name in OPTIONS or name in SECRETS or variable in _OTHER_VARIABLES:
            continue
        meant = did_you_mean(name, OPTIONS)
        hint = f"; did you mean {PREFIX}{meant.upper()}?" if meant else ""
        text = only_in_python(name) or f"no option has this name, so it was ignored{hint}"
        issues.append(Issue("unknown_variable", variable, text))
    return issues


def of_variables(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the options that variables set, by name."""
    variables = {name: f"{PREFIX}{name.upper()}" for name in OPTIONS}
    return {
        name: of_text(name, environment[variable], variable)
        for name, variable in variables.items()
        if variable in environment
    }


def secret(name: str) -> str:
    """Return what a provider needs, of the environment, else of a configuration file; empty if not set."""
    if value := os.environ.get(f"{PREFIX}{name.upper()}", ""):
        return value.strip()
    for file in ("co2lib.toml", home_file()):
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
