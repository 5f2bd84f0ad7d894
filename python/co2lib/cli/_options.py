# SPDX-License-Identifier: MIT
"""The options of `co2lib run` that are those of `co2lib.track`, said once, and how their texts are read."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypedDict, get_type_hints

import typer

from co2lib import _config, intensity
from co2lib._errors import BadValueError

_PRICE, _SENSORS, _LOG = "Where, and at what price", "What is measured", "Log and clock"


def _option(*names: str, metavar: str | None = None, panel: str, text: str) -> Any:
    # A file that cannot be read is told by what reads it, so that other files are.
    return typer.Option(
        *names, metavar=metavar, rich_help_panel=panel, help=text, show_default=False, readable=False
    )


class TrackerOptions(TypedDict, total=False):
    """Options of `co2lib.track` as the command line takes them; None where one is not given."""

    location: Annotated[
        str | None,
        _option(
            "--location",
            "-l",
            metavar="PLACE",
            panel=_PRICE,
            text="Country (FRA), subdivision (US-WY) or cloud region (gcp:us-central1).",
        ),
    ]
    intensity: Annotated[
        str | None,
        _option(
            metavar="G|FILE",
            panel=_PRICE,
            text="Carbon intensity, wins over the location: a number of g CO2e/kWh, or a CSV file.",
        ),
    ]
    pue: Annotated[
        float | None, _option(metavar="X", panel=_PRICE, text="Facility energy per IT energy, at least 1.")
    ]
    wue: Annotated[
        float | None, _option(metavar="L", panel=_PRICE, text="Litres of water per kWh of IT energy.")
    ]
    scope: Annotated[
        str | None,
        _option(
            metavar="SCOPE",
            panel=_SENSORS,
            text="Count the machine, or the share of the process (of co2lib and the command) or container.",
        ),
    ]
    gpus: Annotated[
        str | None,
        _option(
            metavar="LIST",
            panel=_SENSORS,
            text="NVIDIA GPUs by index or UUID prefix, comma-separated; none; default: all that are visible.",
        ),
    ]
    meters: Annotated[
        str | None,
        _option(
            metavar="LIST",
            panel=_SENSORS,
            text="Providers that `co2lib sensors` names, comma-separated; none: models only; default: all.",
        ),
    ]
    tdp_w: Annotated[
        float | None, _option(metavar="W", panel=_SENSORS, text="Power of the CPUs in W, for their model.")
    ]
    ram_w: Annotated[
        float | None, _option(metavar="W", panel=_SENSORS, text="Power of the memory in W, for its model.")
    ]
    idle_w: Annotated[
        float | None,
        _option(metavar="W", panel=_SENSORS, text="Idle power of the CPUs in W, taken off before a share."),
    ]
    p_max_w: Annotated[
        list[str] | None,
        _option(
            metavar="DOMAIN=W",
            panel=_SENSORS,
            text="Ceiling of the power in W: package=300 or gpu=700; several with commas or repeated.",
        ),
    ]
    slack_s: Annotated[
        list[str] | None,
        _option(metavar="DOMAIN=S", panel=_SENSORS, text="Lag of a domain's counters in s; as --p-max-w."),
    ]
    modulus: Annotated[
        str | None,
        _option(metavar="HOW", panel=_SENSORS, text="kernel_max, or exact_unit: powercap's exact unit."),
    ]
    powercap_root: Annotated[
        Path | None,
        _option(metavar="FOLDER", panel=_SENSORS, text="Where powercap is, if not under /sys."),
    ]
    owner: Annotated[
        bool | None,
        _option(
            "--owner/--no-owner",
            panel=_SENSORS,
            text="Whether this process reports the node's devices; default: the first of a node.",
        ),
    ]
    log: Annotated[
        Path | None,
        _option(metavar="FILE", panel=_LOG, text="Write a log that survives a kill; see `co2lib show`."),
    ]
    log_exists: Annotated[
        str | None,
        _option(
            metavar="WHAT",
            panel=_LOG,
            text="If the log is there: number (the next free name; the default), resume, overwrite, error.",
        ),
    ]
    run_id: Annotated[
        str | None, _option(metavar="ID", panel=_LOG, text="The run's id; default: a random one.")
    ]
    resume: Annotated[
        bool | None, _option("--resume/--no-resume", panel=_LOG, text="Continue the run in the log.")
    ]
    period_s: Annotated[
        float | None, _option(metavar="S", panel=_LOG, text="Seconds between reads of counters (1).")
    ]
    power_period_s: Annotated[
        float | None, _option(metavar="S", panel=_LOG, text="Seconds between reads of power (0.1).")
    ]
    flush_s: Annotated[
        float | None,
        _option(
            metavar="S", panel=_LOG, text="Seconds between lines of the log, which a kill can cost (10)."
        ),
    ]
    fsync: Annotated[
        bool | None,
        _option("--fsync/--no-fsync", panel=_LOG, text="Whether lines of the log are forced to the disk."),
    ]
    project: Annotated[str | None, _option(metavar="NAME", panel=_LOG, text="A name for reports.")]


def _by_domain(option: str) -> Callable[[list[str]], dict[str, float]]:
    def read(texts: list[str]) -> dict[str, float]:
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

    return read


def read_intensity(text: str, at: datetime | None = None) -> float | intensity.Trace:
    """Read what ``--intensity`` takes.

    Parameters
    ----------
    text : str
        A number of g CO2e/kWh, or the name of a CSV file that `co2lib.intensity.read_csv` reads.
    at : datetime, optional
        A series must cover this time; default: any will do.

    Raises
    ------
    co2lib.Error
        ``intensity.bad_value`` where it is neither, ``intensity.out_of_range``, and what `read_csv` raises.
    """
    try:
        return float(text)
    except ValueError:
        pass
    if not os.path.exists(text):
        raise BadValueError(
            "intensity.bad_value",
            f"--intensity: {text!r} is neither a number (g CO2e/kWh, without a unit) nor a CSV file that is "
            "there; a place is given by --location",
        )
    trace = intensity.read_csv(text)
    if at is not None and not trace.start <= at < trace.end:
        start, end = intensity.format_time(trace.start), intensity.format_time(trace.end)
        raise BadValueError(
            "intensity.out_of_range",
            f"--intensity: {text} covers {start} to {end}, but the run begins now; give a series that covers "
            "it, or price its log later with `co2lib reprice`",
        )
    return trace


_READ: dict[str, Callable[[Any], Any]] = {
    "intensity": lambda text: read_intensity(text, datetime.now(UTC)),
    "gpus": _config.words,
    "meters": _config.words,
    "p_max_w": _by_domain("--p-max-w"),
    "slack_s": _by_domain("--slack-s"),
}


def tracker_arguments(options: TrackerOptions) -> dict[str, Any]:
    """Return the arguments of `co2lib.track` that were given."""
    given = {name: value for name, value in options.items() if value is not None and value != []}
    return {name: _READ[name](value) if name in _READ else value for name, value in given.items()}


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
    """Give a verb with ``**options: Unpack[TrackerOptions]`` the signature that says each of them."""
    signature = inspect.signature(verb, eval_str=True)
    own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    named = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
        for name, hint in get_type_hints(TrackerOptions, include_extras=True).items()
    ]
    verb.__signature__ = signature.replace(parameters=own + named)  # type: ignore[attr-defined]
    return verb
