# SPDX-License-Identifier: MIT
"""The page of a study of inference."""

from __future__ import annotations

import re

from co2lib.report import _study_more, _text
from co2lib.report._page import Page, Tile
from co2lib.report._study import Study, marginal_j, one_off_j, versions
from co2lib.report._study_tables import figures

PICTURE = re.compile(r"data:image/(?:png|jpeg|webp);base64,[A-Za-z0-9+/]{1,40000}={0,2}")


def _thumbnail(given: object) -> str:
    """Return a thumbnail that is the data of a picture and nothing else; else nothing."""
    return given if isinstance(given, str) and PICTURE.fullmatch(given) else ""


def study_page(study: Study, title: str | None = None, *, n: float = 1000) -> Page:
    """Return the page of a study."""
    document = study.document
    device, boundary, settings = (document.get(key) or {} for key in ("device", "boundary", "settings"))
    grid, given = document["grid"], document.get("input") or {}
    by_name = sorted(
        range(len(study.models)), key=lambda i: (study.models[i]["name"].casefold(), study.models[i]["name"])
    )
    rank = {i: k for k, i in enumerate(by_name)}
    models = [
        {
            "name": m["name"],
            "marginal": marginal_j(m),
            "one_off": one_off_j(m),
            "rank": rank[i],
            **_study_more.facts(m),
        }
        for i, m in enumerate(study.models)
    ]
    kept = "in the filter"
    tiles = [
        Tile("Total, one inference each", "", kept, id="tile-total"),
        Tile("Mean per model", "", kept, id="tile-mean"),
        Tile("Least carbon", "", kept, id="tile-best"),
        Tile("Models", "", kept, id="tile-count"),
    ]
    place = " ".join(str(x) for x in (grid.get("region") or "custom", grid.get("year")) if x)
    priced = f"{place}, {grid['g_per_kwh']:g} g CO2e/kWh"
    method = [
        (
            "Device",
            ", ".join(
                str(x) for x in [device.get("name"), device.get("cpu"), *(device.get("gpus") or [])] if x
            ),
        ),
        ("Boundary", str(boundary.get("scope") or "")),
        ("Meters", ", ".join(boundary.get("meters") or [])),
        ("Idle power", "subtracted" if boundary.get("net") else "not subtracted"),
        (
            "Coverage",
            _text.percent(100 * boundary["coverage"]) if boundary.get("coverage") is not None else "",
        ),
        ("Remarks", "; ".join(boundary.get("notes") or [])),
        ("Batch size", str(settings.get("batch_size") or "")),
        ("Precision", str(settings.get("precision") or "")),
        ("Repetitions", str(settings.get("windows") or "")),
        (
            "Input",
            " ".join(
                str(x) for x in (given.get("kind"), given.get("name"), (given.get("sha256") or "")[:12]) if x
            ),
        ),
        ("Priced with", f"{priced} ({grid.get('source') or 'given'})"),
        ("Versions", versions(study)),
        ("Measured", str(document.get("created_utc") or "")),
        ("By", f"co2lib {document.get('co2lib_version') or ''}"),
    ]
    return Page(
        title=title or "Carbon per inference",
        facts=[f"{len(models)} models", str(given.get("name") or ""), document["provenance"]],
        tiles=tiles,
        figures=figures(study, "css", n=n),
        method=[(what, text) for what, text in method if text],
        issues=[dict(issue) for issue in document.get("issues") or []],
        priced=priced,
        pue=f"{study.pue:g}",
        watermark=study.watermark,
        models=models,
        filters=_study_more.filters(models),
        document=document,
        thumbnail=_thumbnail(given.get("thumbnail")),
        start={"n": n, "own": study.g_per_kwh, "pue0": study.pue},
    )
