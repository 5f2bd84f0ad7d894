# SPDX-License-Identifier: MIT
"""The page of one run and that of several."""

from __future__ import annotations

from co2lib.report import _text
from co2lib.report._page import Page, Tile, unique_issues
from co2lib.report._run_charts import run_figures
from co2lib.report._runs import RunView, unlike
from co2lib.report._runs_charts import runs_figures


def _issues(views: list[RunView]) -> list[dict[str, str]]:
    found = [(v.name, [*v.document["issues"], *(v.document["embodied"].get("issues") or [])]) for v in views]
    return unique_issues(found)


def _unlike(views: list[RunView]) -> list[dict[str, str]]:
    found = unlike(views)
    text = f"a difference may come from what is not alike: {'; '.join(found)}"
    return [{"code": "runs_not_alike", "subject": "", "text": text}] if found else []


def _hardware(view: RunView) -> Tile | None:
    """Return the share of the hardware's own carbon; None where nothing is known of it."""
    found = view.document["embodied"]
    if not found.get("value_g"):
        return None
    low, high = found.get("interval_g") or (None, None)
    return Tile("Embodied carbon", _text.mass(found["value_g"]), _text.between(low, high, _text.MASS))


def run_page(view: RunView, title: str | None = None) -> Page:
    """Return the page of one run."""
    document = view.document
    energy, grams = document["energy"], document["operational"]
    joules, duration = energy["value_j"], document["duration_s"]
    low, high = energy["interval_j"] or (None, None)
    low_g, high_g = grams["interval_g"] or (None, None)
    price = view.price(joules, grams["value_g"])
    mean = joules / duration if joules is not None and duration > 0 else None
    context = document["context"]
    state = "" if document["complete"] else "not ended: what the log holds so far"
    facts = [document["start"][:19].replace("T", " ") + " UTC", context["host"], context["project"], state]
    tiles = [
        Tile("Energy", _text.energy(joules), _text.between(low, high, _text.ENERGY)),
        Tile(
            "Operational carbon",
            _text.mass(grams["value_g"]),
            _text.between(low_g, high_g, _text.MASS),
            id="tile-carbon",
            j=joules,
            own=price["own"],
            pue=price["pue0"],
            more_own=True,
        ),
        Tile("Mean power", _text.power(mean), _devices(len(document["devices"]))),
        Tile("Time", _text.seconds(duration), state or "ended"),
    ]
    hardware = _hardware(view)
    if hardware is not None:
        tiles.insert(2, hardware)
    methods = ", ".join(f"{m['method']} {m['share']:.0%}" for m in document["methods"])
    scope = document["scope"]
    method = [
        ("Run", document["run_id"]),
        ("Command", context["command"]),
        ("Energy by", methods),
        ("Coverage", _text.percent(None if document["coverage"] is None else 100 * document["coverage"])),
        ("Counted", "the whole machine" if scope is None else f"the share of this {scope['scope']}"),
        ("Priced with", document["intensity"]["priced_with"]),
        ("PUE", f"{view.pue:g}"),
        ("Processor", context["cpu_model"]),
        ("System", context["os"]),
        ("Measured by", f"co2lib {document['library']}"),
        (
            "Sources",
            "; ".join(_source(s["id"], s["text"]) for s in document["sources"]),
        ),
    ]
    return Page(
        title=title or view.name,
        facts=[fact for fact in facts if fact],
        tiles=tiles,
        figures=run_figures(view, "css"),
        method=[(what, text) for what, text in method if text],
        issues=_issues([view]),
        priced=document["intensity"]["priced_with"] or "nothing: the carbon is unknown",
        pue=f"{view.pue:g}",
    )


def _source(name: str, text: str) -> str:
    return text if text.startswith(name) else f"{name}: {text}" if text else name


def _devices(count: int) -> str:
    return "1 device" if count == 1 else f"{count} devices"


def _price_of(views: list[RunView]) -> tuple[float | None, float, float | None]:
    """Return one g/kWh and PUE, weighed by energy, so that the page's formula gives the sum; and its J."""
    joules = [view.footprint.energy.joules or 0.0 for view in views]
    total, weight = sum(joules), sum(j * view.pue for j, view in zip(joules, views, strict=True))
    if total <= 0 or weight <= 0:
        return None, 1.0, None
    grams = sum(view.footprint.operational.grams or 0.0 for view in views)
    return grams / (weight / 3.6e6), weight / total, total


def _sum(what: str, tile: Tile, known: list[RunView], views: list[RunView]) -> Tile:
    """Return a sum's tile, which says of runs that it lacks that it is a lower bound."""
    tile.what, lost = what, len(views) - len(known)
    if lost and known:
        tile.mark, tile.more = "≥ ", f"{lost} of {len(views)} runs unknown"
    return tile


def runs_page(views: list[RunView], title: str | None = None) -> Page:
    """Return the page of several runs."""
    known = [view for view in views if view.footprint.energy.joules is not None]
    priced_views = [view for view in known if view.footprint.operational.grams is not None]
    total = sum(view.footprint.energy.joules or 0.0 for view in known) if known else None
    own, pue0, priced_j = _price_of(priced_views)
    total_g = sum(view.footprint.operational.grams or 0.0 for view in priced_views) if priced_views else None
    least = min(known, key=lambda view: view.footprint.energy.joules or 0.0) if known else None
    pues = sorted({view.pue for view in views})
    priced = sorted({view.document["intensity"]["priced_with"] for view in views})
    tiles = [
        Tile("Runs", str(len(views)), ""),
        _sum("Energy of all", Tile("", _text.energy(total)), known, views),
        _sum(
            "Operational carbon of all",
            Tile("", _text.mass(total_g), id="tile-carbon", j=priced_j, own=own, pue=pue0),
            priced_views,
            views,
        ),
        Tile(
            "Least energy",
            _text.energy(least.footprint.energy.joules if least else None),
            least.name if least else "",
        ),
    ]
    hosts = sorted({view.document["context"]["host"] for view in views})
    method = [
        ("Hosts", ", ".join(hosts)),
        ("Priced with", "; ".join(priced)),
        ("PUE", ", ".join(f"{pue:g}" for pue in pues)),
        ("Measured by", ", ".join(sorted({f"co2lib {view.document['library']}" for view in views}))),
    ]
    return Page(
        title=title or f"{len(views)} runs",
        facts=[", ".join(hosts)],
        tiles=tiles,
        figures=runs_figures(views, "css"),
        method=[(what, text) for what, text in method if text],
        issues=[*_unlike(views), *_issues(views)],
        priced=priced[0] if len(priced) == 1 else "what each run was priced with",
        pue=f"{pues[0]:g}" if len(pues) == 1 else "of each run",
    )
