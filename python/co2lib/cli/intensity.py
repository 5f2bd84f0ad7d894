# SPDX-License-Identifier: MIT
"""``co2lib intensity``: the annual intensity of a place, what is known of it, forecasts, and all places."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from co2lib import Issue, intensity
from co2lib.cli import _intensity_more, _out
from co2lib.cli._table import Rows
from co2lib.cli._view import show
from co2lib.intensity import Factor, Place

_SCOPES = {
    "lifecycle": "lifecycle: fuel chain, construction and operation",
    "direct": "direct: the stack only",
}
_BASES = {
    "production": "production: the plants inside",
    "consumption": "consumption: after imports and exports",
}


def _interval(factor: Factor) -> tuple[float, float]:
    return factor.g_per_kwh * (1 + factor.error.low), factor.g_per_kwh * (1 + factor.error.high)


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _issues(issues: list[Issue]) -> list[dict[str, str]]:
    return [{"code": i.code, "subject": i.subject, "text": i.text} for i in issues]


def _factor_dict(factor: Factor) -> dict[str, Any]:
    source = factor.source
    return {
        "g_per_kwh": factor.g_per_kwh,
        "interval_g_per_kwh": list(_interval(factor)),
        "year": factor.year,
        "scope": factor.scope,
        "basis": factor.basis,
        "method": factor.method,
        "gas": factor.gas,
        "via": factor.via,
        "line": factor.line,
        "source": {"id": source.id, "text": source.text, "year": source.year, "licence": source.licence},
        "issues": _issues(factor.issues),
    }


def _place_dict(place: Place) -> dict[str, Any]:
    names = ("key", "name", "country", "country_name", "subdivision")
    return {name: getattr(place, name) or None for name in names}


def _one(place: Place, factor: Factor) -> Rows:
    low, high = _interval(factor)
    grid = Rows("", "", words=(1,), styles=("dim",))
    where = ", ".join(dict.fromkeys(name for name in (place.name, place.country_name) if name))
    rows: list[tuple[str, str | Text]] = [
        ("Place", f"{place.key} ({where})" if where else place.key),
        ("Intensity", Text(f"{factor.g_per_kwh:.4g} g {factor.gas}/kWh", style="bold green")),
        ("Any hour", f"{_digits(low)} to {_digits(high)} g/kWh, 95 % interval"),
        ("Of", factor.line),
        ("Scope", _SCOPES[factor.scope]),
        ("Basis", _BASES.get(factor.basis, factor.basis)),
        ("Source", factor.source.text),
        ("Licence", factor.source.licence),
    ]
    for name, value in rows:
        grid.add(name, value)
    for issue in factor.issues:
        grid.add(Text(f"! {issue.code}", style="yellow"), issue.text)
    return grid


def _folded(text: str) -> str:
    """Return the words of a text in lower case, without accents, each behind a blank."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " " + " ".join(re.findall("[a-z0-9]+", plain.casefold()))


def _listed(wanted: str | None) -> list[Place]:
    """Return the places inside of the country with that code, else those with a word that begins so."""
    places = intensity.places()
    if wanted is None:
        return places
    if re.fullmatch("[A-Za-z]{2,3}", wanted.strip()):
        try:
            country = intensity.place(wanted).country
        except LookupError:  # no code of a country: the beginning of a word
            pass
        else:
            return [p for p in places if p.country == country]
    text = _folded(wanted)
    return [p for p in places if text.strip() and text in _folded(f"{p.key} {p.name} {p.country_name}")]


def _of(place: Place, factor: Factor) -> str:
    whose = "" if factor.via == place.key else f"{factor.via} "
    return f"{whose}{factor.year}{', estimate' if factor.method == 'estimate' else ''}"


def _many(places: list[Place], scopes: list[str], year: int | None) -> Rows:
    heads = [head for scope in scopes for head in (f"{scope.capitalize()} g/kWh", f"of ({scope})")]
    rows = Rows("Place", "Name", *heads, right=heads[::2], words=(1, *range(3, 2 + len(heads), 2)))
    for place in places:
        cells = []
        for scope in scopes:
            factor = intensity.factor(place.key, scope=scope, year=year)
            cells += [f"{factor.g_per_kwh:.4g}", _of(place, factor)]
        rows.add(place.key, place.name, *cells)
    return rows


def intensity_of(
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="PLACE",
            help="Country (FRA, FR), subdivision (US-WY), cloud region (gcp:us-central1) or WORLD; "
            "with --list a country, or how the places begin.",
            show_default=False,
        ),
    ] = None,
    *,
    year: Annotated[
        int | None,
        typer.Option(metavar="YEAR", help="The newest value of that year or before; default: the newest."),
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option(
            metavar="SCOPE", help="lifecycle (default) or direct: what a kilowatt-hour is charged with."
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the places that are known.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also which row answers, and what else is known of the place.")
    ] = False,
    forecast: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV file of the place's intensity: show the days after its end, with an interval, "
            "and how well the method did on it before.",
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(metavar="METHOD", help="Of the forecast: blend (default), ridge28, mean7, ..."),
    ] = None,
    hours: Annotated[
        int | None, typer.Option(metavar="HOURS", help="Of the forecast, 1 to 504; default: 96.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the annual carbon intensity of a place: its value, whose it is, of which year, and its source.

    With --forecast the next days of a series instead. With --list the places that are known: all, those of a
    country (US), or those with a word that begins like PLACE. The exit status is then 1 if there are none.
    """
    if listed:
        _list(place, year, scope, as_json=as_json)
        return
    if place is None:
        raise typer.BadParameter("give a place such as FRA, US-WY or gcp:us-central1, or --list")
    if forecast is not None:
        _forecast(intensity.place(place), forecast, scope, method or "blend", hours or 96, as_json=as_json)
        return
    if method is not None or hours is not None:
        raise typer.BadParameter("--method and --hours are of --forecast FILE")
    factor = intensity.factor(place, scope=scope or "lifecycle", year=year)
    known = intensity.place(place)
    rows = _intensity_more.rows_of(known) if explain else []
    inside = _intensity_more.places_inside(known) if explain else []
    if as_json:
        document = {"schema": "co2lib-intensity/1", "place": _place_dict(known), **_factor_dict(factor)}
        if explain:
            document |= {"rows": [_factor_dict(f) for f in rows], "inside": [p.key for p in inside]}
        _out.deliver(json.dumps(document, indent=2), as_json=True)
    elif explain:
        show(_one(known, factor), "", *_intensity_more.explain_rows(factor, rows, inside))
    else:
        show(_one(known, factor))


def _forecast(place: Place, file: Path, scope: str | None, method: str, hours: int, *, as_json: bool) -> None:
    made, past = _intensity_more.forecast_and_past(file, place, scope, method, hours)
    if as_json:
        document = _intensity_more.forecast_dict(_place_dict(place), file, made, past)
        _out.deliver(json.dumps(document, indent=2), as_json=True)
        return
    parts: list[Any] = []
    for rows in _intensity_more.forecast_rows(place, file, made, past):
        parts += [*([""] if parts else []), rows]
    show(*parts)


def _list(wanted: str | None, year: int | None, scope: str | None, *, as_json: bool) -> None:
    scopes = [scope] if scope else list(_SCOPES)
    intensity.factor("WORLD", scope=scopes[0], year=year)  # refuses a wrong scope or year
    places = _listed(wanted)
    if as_json:
        listed = [
            _place_dict(p) | {s: _factor_dict(intensity.factor(p.key, scope=s, year=year)) for s in scopes}
            for p in places
        ]
        _out.deliver(json.dumps({"schema": "co2lib-places/1", "places": listed}, indent=2), as_json=True)
    elif places:
        show(_many(places, scopes, year))
    else:
        _out.deliver(f"no place begins like '{wanted}'")
    if not places:
        raise typer.Exit(1)
