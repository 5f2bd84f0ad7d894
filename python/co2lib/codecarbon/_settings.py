# SPDX-License-Identifier: MIT
"""The arguments of CodeCarbon's trackers, said once: order, defaults, what the environment's texts mean.

Precedence: the argument; ``CODECARBON_<NAME>``; ``./.codecarbon.config``; ``~/.codecarbon.config`` (INI,
section ``codecarbon``).
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from co2lib.codecarbon._outputs import LOG, OutputMethod

NOT_GIVEN: Any = type("_NotGiven", (), {"__repr__": lambda self: "<not given>"})()
"""An argument left out, for which the environment and the files are asked; None is a value."""

DEFAULTS: Mapping[str, Any] = {
    "project_name": "codecarbon",
    "measure_power_secs": 15.0,
    "api_call_interval": 8,
    "api_endpoint": None,
    "api_key": None,
    "output_dir": ".",
    "output_file": "emissions.csv",
    "output_methods": None,
    "save_to_file": True,
    "save_to_api": False,
    "save_to_logger": False,
    "logging_logger": None,
    "save_to_prometheus": False,
    "save_to_logfire": False,
    "prometheus_url": "localhost:9091",
    "output_handlers": (),
    "gpu_ids": None,
    "emissions_endpoint": None,
    "experiment_id": "5b0fa12a-3dd7-45bb-9766-cc326314d9f1",
    "experiment_name": "base",
    "electricitymaps_api_token": None,
    "co2_signal_api_token": None,
    "tracking_mode": "machine",
    "log_level": "info",
    "on_csv_write": "append",
    "logger_preamble": "",
    "force_cpu_power": None,
    "force_ram_power": None,
    "pue": 1.0,
    "wue": 0.0,
    "force_carbon_intensity_g_co2e_kwh": None,
    "force_mode_cpu_load": False,
    "allow_multiple_runs": True,
    "rapl_include_dram": False,
    "rapl_prefer_psys": False,
}
"""The arguments of `EmissionsTracker` in their positional order, with their defaults."""

PLACE: Mapping[str, Any] = {
    "country_iso_code": None,
    "region": None,
    "cloud_provider": None,
    "cloud_region": None,
    "country_2letter_iso_code": None,
}
"""What `OfflineEmissionsTracker` takes besides, by name."""

IGNORED = {
    "api_endpoint": "no dashboard is written to",
    "api_key": "no dashboard is written to",
    "save_to_api": "no dashboard is written to",
    "save_to_logfire": "Logfire is not written to",
    "emissions_endpoint": "nothing is posted",
    "electricitymaps_api_token": "give CO2LIB_INTENSITY=electricity_maps:ZONE and its token",
    "co2_signal_api_token": "give CO2LIB_INTENSITY=electricity_maps:ZONE and its token",
    "allow_multiple_runs": "runs never lock each other out",
    "rapl_include_dram": "DRAM counters are always read, and counted once",
    "rapl_prefer_psys": "the platform's counter stands beside the total",
    "country_2letter_iso_code": "give country_iso_code",
}
"""Accepted without an effect, each with what holds instead."""

_FLOATS = (
    "measure_power_secs",
    "force_cpu_power",
    "force_ram_power",
    "pue",
    "wue",
    "force_carbon_intensity_g_co2e_kwh",
)


def _outside() -> dict[str, str]:
    values: dict[str, str] = {}
    for file in (Path.home() / ".codecarbon.config", Path(".codecarbon.config")):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError) as error:
            LOG.error("%s: cannot be read, and is ignored: %s", file, error)
            continue
        if parser.has_section("codecarbon"):
            values.update(parser["codecarbon"])
    for name, value in os.environ.items():
        if name.lower().startswith("codecarbon_"):
            values[name.lower().removeprefix("codecarbon_")] = value
    return values


def _read(name: str, text: str) -> Any:
    default = {**DEFAULTS, **PLACE}[name]
    if isinstance(default, bool):
        return text.strip().lower() == "true"
    try:
        if name in _FLOATS:
            return float(text)
        if isinstance(default, int):
            return int(text)
    except ValueError:
        LOG.error("%s: %r is not a number, and is ignored", name, text)
        return default
    return text


def settings_of(given: Mapping[str, Any], *, place: bool) -> SimpleNamespace:
    """Return every setting by name: given, else of the environment or a file, else the default.

    Parameters
    ----------
    given : mapping
        Arguments; those that are `NOT_GIVEN` are looked for elsewhere.
    place : bool
        Whether a place is a setting (of the offline tracker).
    """
    known = {**DEFAULTS, **(PLACE if place else {})}
    outside = _outside()
    values = {}
    for name, default in known.items():
        value = given.get(name, NOT_GIVEN)
        if value is NOT_GIVEN:
            value = _read(name, outside[name]) if name in outside else default
            if value == "":
                value = default
        values[name] = default if value is None and name in _FLOATS else value
        if name in IGNORED and value not in (default, None):
            LOG.debug("%s has no effect in co2lib: %s", name, IGNORED[name])
    settings = SimpleNamespace(**values)
    settings.output_methods = _methods(settings)
    settings.gpu_ids = _gpus(settings.gpu_ids)
    return settings


def _methods(settings: SimpleNamespace) -> list[OutputMethod]:
    given = settings.output_methods
    if given is None:
        flags = {
            OutputMethod.CSV: settings.save_to_file,
            OutputMethod.API: settings.save_to_api,
            OutputMethod.LOGGER: settings.save_to_logger,
            OutputMethod.PROMETHEUS: settings.save_to_prometheus,
            OutputMethod.LOGFIRE: settings.save_to_logfire,
        }
        return [method for method, wanted in flags.items() if wanted]
    if isinstance(given, str):
        given = [word.strip() for word in given.split(",") if word.strip()]
    return [OutputMethod(method) for method in given]


def _gpus(given: Any) -> list[str] | None:
    if given is None:
        return None
    words = given.split(",") if isinstance(given, str) else list(given)
    return [str(word).strip(" []'\"") for word in words if str(word).strip(" []'\"")]
