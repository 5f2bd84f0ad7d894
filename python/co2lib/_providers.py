# SPDX-License-Identifier: MIT
"""Live sources of carbon intensity, and the one text that names an intensity everywhere."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from co2lib._core import CarbonIntensity
from co2lib._core import intensity as _core
from co2lib._errors import BadValueError, Error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from co2lib._core.intensity import Cache, IntensitySource, LiveSource

    Transport = Callable[[Any], Any]

_SECRETS: Mapping[str, Mapping[str, str]] = {
    "electricitymaps": {"token": "electricitymaps_token"},
    "watttime": {"user": "watttime_user", "password": "watttime_password"},
    "eia": {"token": "eia_key"},
    "entsoe": {"token": "entsoe_token"},
}
"""From a provider and its argument to the name of the secret in environment and configuration file."""


def _send(request: Any) -> Any:
    from co2lib import _transport  # imports ssl and more: when the first request is sent

    return _transport.send(request)


def live_source(
    provider: str,
    zone: str = "",
    *,
    transport: Transport | None = None,
    clock: Any = None,
    attempts: int = 3,
    **settings: Any,
) -> LiveSource:
    """Return a source that asks a provider; nothing is asked before the source is.

    Parameters
    ----------
    provider : str
        Its id, such as ``neso_gb``; an unknown one names all.
    zone : str
        The provider's own key, such as ``DE`` or ``CAISO_NORTH``.
    transport : callable, optional
        ``(HttpRequest) -> HttpResponse``, or a tuple of status, headers and body; default: the standard
        library.
    clock : co2lib.Clock, optional
        Default: the system's.
    attempts : int
        How often a request is sent that fails in passing.
    **settings
        ``token``, ``user``, ``password``; default: environment (``CO2LIB_EIA_KEY``) or configuration file.
        Others: ``latitude`` and ``longitude``, ``data_center``, ``signal``, ``scope``, ``base_url``,
        ``version``, ``factor_set``, ``disable_estimations``, ``model``, ``cache``.

    Raises
    ------
    co2lib.Error
        ``intensity.no_credentials``, ``intensity.unknown_zone``, ``intensity.bad_value``.
    """
    from co2lib._config import values  # reads the tracker's options

    given = {name: value for name, value in settings.items() if value is not None}
    for argument, name in _SECRETS.get(provider, {}).items():
        if argument not in given and (value := values.secret(name)):
            given[argument] = value
    if "base_url" not in given and (url := values.secret(f"{provider}_url")):
        given["base_url"] = url
    return _core.live_source(provider, zone, given, transport or _send, clock, attempts)


def electricity_maps(zone: str = "", **options: Any) -> LiveSource:
    """Ask Electricity Maps by zone (``DE``), coordinates or data centre; needs a ``token``."""
    return live_source("electricitymaps", zone, **options)


def watttime(zone: str = "", **options: Any) -> LiveSource:
    """Ask WattTime, marginal by default; needs ``user`` and ``password``."""
    return live_source("watttime", zone, **options)


def neso_gb(zone: str = "GB", **options: Any) -> LiveSource:
    """Ask Great Britain's Carbon Intensity API; needs no key."""
    return live_source("neso_gb", zone, **options)


def eia(zone: str, **options: Any) -> LiveSource:
    """Ask the US EIA by respondent (``CISO``); its fuel mix times a factor set; needs a ``token``."""
    return live_source("eia", zone, **options)


def entsoe(zone: str, **options: Any) -> LiveSource:
    """Ask ENTSO-E by EIC code of a domain; needs a ``token``."""
    return live_source("entsoe", zone, **options)


def energi_data_service(zone: str, **options: Any) -> LiveSource:
    """Ask Denmark's Energi Data Service by price area (``DK1``); needs no key."""
    return live_source("energidataservice", zone, **options)


def carbon_aware_sdk(zone: str, *, base_url: str | None = None, **options: Any) -> LiveSource:
    """Ask a Carbon Aware SDK of your own, at ``base_url``."""
    return live_source("carbon_aware_sdk", zone, base_url=base_url, **options)


def read_intensity(
    text: str, *, option: str = "intensity", code: str = "tracker.bad_config"
) -> CarbonIntensity | IntensitySource:
    """Read the text that names an intensity: in options, the environment, files, and on the command line.

    Parameters
    ----------
    text : str
        A number of g CO2e/kWh, a number with its unit (``56 g/kWh``), the path of a CSV file, or
        ``<provider>:<zone>`` such as ``neso_gb:GB``.
    option, code : str
        Its name for messages, and the code of the error where the text is none of these.

    Raises
    ------
    co2lib.Error
        `code` where it is none of these; what `read_csv` and `live_source` raise.
    """
    from co2lib._config import values  # as above

    try:
        return CarbonIntensity.from_g_per_kwh(float(text))
    except ValueError:
        pass
    provider, colon, zone = text.partition(":")
    known = _core.provider_ids()
    if colon and provider in known:
        folder = values.secret("intensity_cache")
        return live_source(provider, zone, cache=_core.Cache(folder) if folder else None)
    if Path(text).is_file():
        return _core.make_source(_core.read_csv(text))
    try:  # "g CO2e/kWh" is what our own texts say
        return CarbonIntensity.parse(re.sub(r"(?i)\s*CO2(e|eq)?(?=/)", "", text))
    except Error:
        pass
    hint = ""
    if colon and re.fullmatch(r"[A-Za-z_]+", provider) and os.sep not in text:
        meant = values.did_you_mean(provider, known)
        hint = f"; did you mean {meant}:{zone}?" if meant else f"; providers: {', '.join(known)}"
    raise BadValueError(
        code,
        f"{option}: {text!r} is neither a number of g CO2e/kWh, nor a number with its unit (56 g/kWh), nor a "
        f"CSV file that is there, nor <provider>:<zone>{hint}; a place is given by location",
    )


def with_fallback(
    source: IntensitySource | None,
    location: str = "",
    *,
    cache: Cache | None = None,
    stale_for: Any = None,
    signal: str | None = None,
    scope: str | None = None,
) -> IntensitySource:
    """Return a source that always answers: live, cache, stale, climatology, annual factor, world average.

    Parameters
    ----------
    source : IntensitySource, optional
        The live link; None: the links after it.
    location : str
        Place of the annual factor; empty: none, the chain never guesses one.
    cache : Cache, optional
        Default: one in memory.
    stale_for : timedelta or float, optional
        How long a value counts after its end; default: 2 h.
    signal, scope : str, optional
        Default: those of the source.
    """
    return _core.with_fallback(source, location, cache, stale_for, signal, scope)
