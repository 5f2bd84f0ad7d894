# SPDX-License-Identifier: MIT
"""The options of `co2lib run` that are those of `co2lib.track`, said once, and how their texts are read."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from co2lib import CarbonIntensity, _config, intensity
from co2lib._config.values import words
from co2lib._core import tracker as _tracker
from co2lib._errors import BadValueError

_PRICE, _SENSORS, _LOG = "Where, and at what price", "What is measured", "Log and clock"


def _option(*names: str, metavar: str | None = None, panel: str, text: str) -> Any:
    # A file that cannot be read is told by what reads it, so that other files are.
    return typer.Option(
        *names, metavar=metavar, rich_help_panel=panel, help=text, show_default=False, readable=False
    )


_DEFAULTS = _tracker.Options()

OPTIONS: Mapping[str, Any] = {
    "location": _option(
        "--location",
        "-l",
        metavar="PLACE",
        panel=_PRICE,
        text="Country (FRA), subdivision (US-WY) or cloud region (gcp:us-central1).",
    ),
    "intensity": _option(
        metavar="G|FILE|P:ZONE",
        panel=_PRICE,
        text="Carbon intensity, wins over the location: g CO2e/kWh, a CSV file, or <provider>:<zone>.",
    ),
    "pue": _option(metavar="X", panel=_PRICE, text="Facility energy per IT energy, at least 1."),
    "wue": _option(metavar="L", panel=_PRICE, text="Litres of water per kWh of IT energy."),
    "embodied": _option(
        metavar="WHAT",
        panel=_PRICE,
        text="Hardware to take a share of: on (this machine; the default), off, a mass (1200 kg), a file.",
    ),
    "scope": _option(
        metavar="SCOPE",
        panel=_SENSORS,
        text="Count the machine, or the share of the process (of co2lib and the command) or container.",
    ),
    "gpus": _option(
        metavar="LIST",
        panel=_SENSORS,
        text="NVIDIA GPUs by index or UUID prefix, comma-separated; none; default: all that are visible.",
    ),
    "meters": _option(
        metavar="LIST",
        panel=_SENSORS,
        text="Providers that `co2lib sensors` names, comma-separated; none: models only; default: all.",
    ),
    "tdp_w": _option(metavar="W", panel=_SENSORS, text="Power of the CPUs in W, for their model."),
    "ram_w": _option(metavar="W", panel=_SENSORS, text="Power of the memory in W, for its model."),
    "idle_w": _option(
        metavar="W", panel=_SENSORS, text="Idle power of the CPUs in W, taken off before a share."
    ),
    "p_max_w": _option(
        metavar="DOMAIN=W",
        panel=_SENSORS,
        text="Ceiling of the power in W: package=300 or gpu=700; several with commas or repeated.",
    ),
    "slack_s": _option(
        metavar="DOMAIN=S", panel=_SENSORS, text="Lag of a domain's counters in s; as --p-max-w."
    ),
    "modulus": _option(
        metavar="HOW", panel=_SENSORS, text="kernel_max, or exact_unit: powercap's exact unit."
    ),
    "powercap_root": _option(metavar="FOLDER", panel=_SENSORS, text="Where powercap is, if not under /sys."),
    "owner": _option(
        "--owner/--no-owner",
        panel=_SENSORS,
        text="Whether this process reports the node's devices; default: the first of a node.",
    ),
    "log": _option(metavar="FILE", panel=_LOG, text="Write a log that survives a kill; see `co2lib show`."),
    "log_exists": _option(
        metavar="WHAT",
        panel=_LOG,
        text="If the log is there: number (the next free name; the default), resume, overwrite, error.",
    ),
    "run_id": _option(metavar="ID", panel=_LOG, text="The run's id; default: a random one."),
    "resume": _option("--resume/--no-resume", panel=_LOG, text="Continue the run in the log."),
    "period_s": _option(
        metavar="S", panel=_LOG, text=f"Seconds between reads of counters ({_DEFAULTS.period_s:g})."
    ),
    "power_period_s": _option(
        metavar="S", panel=_LOG, text=f"Seconds between reads of power ({_DEFAULTS.power_period_s:g})."
    ),
    "flush_s": _option(
        metavar="S",
        panel=_LOG,
        text=f"Seconds between lines of the log, which a kill can cost ({_DEFAULTS.flush_s:g}).",
    ),
    "fsync": _option(
        "--fsync/--no-fsync", panel=_LOG, text="Whether lines of the log are forced to the disk."
    ),
    "project": _option(metavar="NAME", panel=_LOG, text="A name for reports."),
}
"""The options of `co2lib.track` that the command line has, and how it shows them."""

_TAKES: Mapping[str, Any] = {
    "number": float | None,
    "truth": bool | None,
    "text": str | None,
    "path": Path | None,
    "list": str | None,
    "intensity": str | None,
    "mapping": list[str] | None,
}
"""What stands on the command line for each kind of option."""


def _by_domain(option: str, texts: list[str]) -> dict[str, float]:
    values: dict[str, float] = {}
    for text in (part for given in texts for part in given.split(",")):
        domain, _, number = text.partition("=")
        try:
            values[domain.strip()] = float(number)
        except ValueError:
            raise BadValueError(
                "tracker.bad_config", f"{option}: {text!r} is not DOMAIN=NUMBER, such as package=300"
            ) from None
    return values


def read_intensity(
    text: str, at: datetime | None = None
) -> float | CarbonIntensity | intensity.Trace | intensity.IntensitySource:
    """Read what ``--intensity`` takes.

    Parameters
    ----------
    text : str
        What `co2lib.intensity.read_intensity` takes.
    at : datetime, optional
        A series must cover this time; default: any will do.

    Raises
    ------
    co2lib.Error
        ``intensity.out_of_range``, and what `read_intensity` raises.
    """
    try:
        return float(text)
    except ValueError:
        pass
    if not os.path.exists(text):
        from co2lib import _providers

        return _providers.read_intensity(text, option="--intensity", code="intensity.bad_value")
    trace = intensity.read_csv(text)
    if at is not None and not trace.start <= at < trace.end:
        start, end = intensity.format_time(trace.start), intensity.format_time(trace.end)
        raise BadValueError(
            "intensity.out_of_range",
            f"--intensity: {text} covers {start} to {end}, but the run begins now; give a series that covers "
            "it, or price its log later with `co2lib reprice`",
        )
    return trace


def _read(option: str, value: Any) -> Any:
    if option == "intensity":
        return read_intensity(value, datetime.now(UTC))
    kind = _config.KINDS[option]
    if kind == "mapping":
        return _by_domain(f"--{option.replace('_', '-')}", value)
    return words(value) if kind == "list" else value


def tracker_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `co2lib.track` that were given."""
    given = {name: value for name, value in options.items() if value is not None and value != []}
    return {name: _read(name, value) for name, value in given.items()}


def resolve(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options of a run: those given, of the environment and of configuration files.

    Raises
    ------
    co2lib.Error
        ``tracker.bad_config``, also where a text is not UTF-8, which the environment can hold.
    """
    options = _config.resolve(given)
    for name, value in options.items():
        check_text(name, value)
    return options


def check_text(option: str, value: object) -> None:
    """Refuse a text that is not UTF-8."""
    try:
        str(value if not isinstance(value, Path) else "").encode()
    except UnicodeEncodeError:
        raise BadValueError("tracker.bad_config", f"{option}: {value!r} is not UTF-8; write it so") from None


def with_tracker_options(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb with ``**options`` the signature that says each of `OPTIONS`."""
    signature = inspect.signature(verb, eval_str=True)
    own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    named = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[_TAKES[_config.KINDS[name]], option],
        )
        for name, option in OPTIONS.items()
    ]
    verb.__signature__ = signature.replace(parameters=own + named)  # type: ignore[attr-defined]
    return verb
