# SPDX-License-Identifier: MIT
"""The report as one HTML file that opens from disk and asks nothing of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from co2lib._errors import BadValueError, SystemFailureError
from co2lib._extras import require
from co2lib.report import _text, _theme
from co2lib.report._charts import Figure, vl_convert
from co2lib.report._figures import json_for_script

THEMES = ("auto", "light", "dark")
# Expressions are interpreted, so that no script may be made from text. Vega sets styles of its own.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'"
)
AS_PRICED = "own"
ASSETS = Path(__file__).parent / "assets"


@dataclass(slots=True)
class Tile:
    """A number at the top; with `j` the page prices it again."""

    what: str
    value: str
    more: str = ""
    id: str = ""
    j: float | None = None
    own: float | None = None
    pue: float | None = None
    more_own: bool = False
    mark: str = ""
    """Stands before the value, also after the page has priced it again."""


@dataclass(slots=True)
class Page:
    """What a page is made of."""

    title: str
    facts: list[str]
    tiles: list[Tile]
    figures: list[Figure]
    method: list[tuple[str, str]]
    issues: list[dict[str, str]] = field(default_factory=list)
    priced: str = ""
    pue: str = "1"
    watermark: str = ""
    models: list[dict[str, Any]] | None = None
    start: dict[str, Any] = field(default_factory=dict)
    filters: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] | None = None
    """What the page is made of, for those who save it as JSON."""
    thumbnail: str = ""
    """A picture of the input as a data URI."""
    grid: str = AS_PRICED
    rescales: bool = True
    """Whether another place or PUE has a meaning: not for what was decided, or emitted, at a fixed place."""
    heading: str = "How it was measured"


@cache
def bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script."""
    found: str = vl_convert().javascript_bundle()
    return found.replace("</script", "<\\/script")


@cache
def places() -> tuple[tuple[str, str, float], ...]:
    """Return the places of the tables: key, name with its value, g/kWh of the newest year."""
    from co2lib import Error, intensity

    found = []
    for place in intensity.places():
        try:
            factor = intensity.factor(place.key)
        except Error:
            continue
        if factor.via != place.key:
            continue  # priced with a wider place, which is in the list itself
        value = factor.value.g_per_kwh
        found.append((place.key, f"{place.name} ({place.key}): {value:g} g/kWh, {factor.year}", value))
    return tuple(found)


def style() -> str:
    """Return the page's style sheet with the palette of both themes."""

    def colours(mode: str) -> str:
        return "".join(f"--{name}:{value};" for name, value in _theme.MODES[mode].items())

    dark = colours("dark")
    return (
        f":root,body{{{colours('light')}}}\n"
        f"@media screen{{body[data-theme=dark]{{{dark}color-scheme:dark}}"
        f"body[data-theme=light]{{color-scheme:light}}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{body:not([data-theme=light]){{{dark}}}"
        f"html:has(body:not([data-theme=light])){{background:{_theme.DARK['page']}}}}}\n"
        f"@media screen{{html:has(body[data-theme=dark]){{background:{_theme.DARK['page']}}}}}\n"
        + (ASSETS / "page.css").read_text(encoding="utf-8")
    )


def render(page: Page, theme: str = "auto") -> str:
    """Return the page's HTML."""
    if theme not in THEMES:
        raise BadValueError("hub.bad_value", f"theme: {theme!r} is not known; known: {', '.join(THEMES)}")
    jinja2 = require("jinja2", extra="viz", needed_for="the report")
    from co2lib import __version__

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((ASSETS / "page.html.j2").read_text(encoding="utf-8"))
    listed = places() if page.rescales else ()
    payload: dict[str, Any] = {
        "charts": {f.id: f.chart.to_dict() for f in page.figures if f.chart is not None},
        "places": {key: value for key, _, value in listed},
        "scales": _text.SCALES,
        "models": page.models,
        "document": page.document,
        "start": {"priced": page.priced, "pue": page.pue, **page.start},
    }
    options = [(AS_PRICED, f"As priced: {page.priced}"), ("custom", "Another value …")]
    options += [(key, text) for key, text, _ in listed]
    if page.grid != AS_PRICED:
        options.sort(key=lambda option: option[0] != page.grid)
    markup = jinja2.utils.markupsafe.Markup
    made: str = template.render(
        csp=POLICY,
        css=markup(style()),
        script=markup((ASSETS / "page.js").read_text(encoding="utf-8")),
        bundle=markup(bundle()),
        data=markup(json_for_script(payload)),
        title=page.title,
        theme=theme,
        facts=page.facts,
        tiles=page.tiles,
        figures=page.figures,
        issues=page.issues,
        method=page.method,
        places=options,
        pue_hint=page.pue,
        watermark=page.watermark,
        study=page.models is not None,
        rescales=page.rescales,
        heading=page.heading,
        filters=page.filters,
        thumbnail=page.thumbnail,
        models=[m["name"] for m in page.models or []],
        n=f"{page.start.get('n', 1000):g}",
        version=__version__,
        made=datetime.now(UTC).strftime("%Y-%m-%d"),
    )
    return made


def write(page: Page, path: str | Path, theme: str = "auto") -> Path:
    """Write the page to a file and return its path; ``hub.cannot_write`` if that fails."""
    text = render(page, theme)
    target = Path(path)
    try:
        target.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise SystemFailureError(
            "hub.cannot_write", f"{target}: cannot write: {error.strerror or error}"
        ) from error
    return target


def unique_issues(groups: Sequence[tuple[str, Sequence[dict[str, str]]]]) -> list[dict[str, str]]:
    """Return the issues of several results, each text once."""
    seen: dict[tuple[str, str, str], dict[str, str]] = {}
    for name, issues in groups:
        for issue in issues:
            key = (issue["code"], issue.get("subject", ""), issue.get("text", ""))
            subject = issue.get("subject", "")
            seen.setdefault(
                key, {**issue, "subject": f"{name}, {subject}".strip(", ") if len(groups) > 1 else subject}
            )
    return list(seen.values())
