# SPDX-License-Identifier: MIT
"""A report for a paper: its figures as files, and its tables as one file of Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from co2lib._errors import BadValueError, SystemFailureError
from co2lib.report import _text
from co2lib.report._charts import Cell, Figure, vl_convert
from co2lib.report._figures import pareto, reprice
from co2lib.report._page import Page
from co2lib.report._tradeoff import STATES

FORMATS = ("svg", "pdf", "png")
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def escaped(text: str) -> str:
    """Return a text as Markdown that shows it: one line, with no markup of its own."""
    return SPECIAL.sub(r"\\\1", " ".join(str(text).split())).replace("&", "&amp;")


def cell_text(cell: Cell, page: Page) -> str:
    """Return what the page's script writes into a cell, with the price and the N of the page as it opens."""
    if cell.what:
        return _of_model(cell, page)
    if cell.j is None:
        return cell.text
    grams = None if cell.own is None else reprice(cell.j, cell.own, cell.pue or 1.0)
    return _text.mass(grams)


def _whole_j(model: dict[str, Any], n: float) -> float:
    return float((model["one_off"] or 0.0) + n * model["marginal"])


def _of_model(cell: Cell, page: Page) -> str:
    # A cell of no model is of the model in detail, which is the first one when the page opens.
    model = (page.models or [])[max(0, cell.model or 0)]
    n, own, pue = float(page.start["n"]), float(page.start["own"]), float(page.start["pue0"])
    if model["marginal"] is None:
        return "unknown"
    whole = _whole_j(model, n)
    if cell.what.startswith("part"):
        j = (cell.j or 0.0) / (n if cell.what == "part-once" else 1.0)
        share = f" ({_text.percent(100 * n * j / whole)})" if whole > 0 else ""
        return _text.mass(reprice(j, own, pue)) + share
    if cell.what == "front":
        costs = [None if m["marginal"] is None else _whole_j(m, n) for m in page.models or []]
        front = pareto([(j, m["better"]) for j, m in zip(costs, page.models or [], strict=True)])
        return STATES[0 if cell.model in front else 1]
    if cell.what.startswith("equal"):
        amount = whole if cell.what == "equal-j" else reprice(whole, own, pue)
        return _text.plain(amount / (cell.own or 1.0), 3)
    mark = str(model.get("least") or "")
    written: dict[str, Callable[[], str]] = {
        "g": lambda: _text.mass(reprice(whole / n, own, pue)),
        "j": lambda: _text.energy(whole / n),
        "wholeJ": lambda: _text.energy(whole),
        "wholeG": lambda: _text.mass(reprice(whole, own, pue)),
        "place": lambda: _text.mass(reprice(whole / n, cell.own or 0.0, pue)),
    }
    return mark + written[cell.what]()


def _table(figure: Figure, page: Page) -> list[str]:
    heads = [escaped(column.head) for column in figure.columns]
    numbers = [bool(figure.rows) and all(row[i].number for row in figure.rows) for i in range(len(heads))]
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join('---:' if right else '---' for right in numbers)}|"]
    lines += [f"| {' | '.join(escaped(cell_text(cell, page)) for cell in row)} |" for row in figure.rows]
    return lines


def markdown(page: Page, figures: Sequence[Figure], pictures: dict[str, str]) -> str:
    """Return a page's numbers, tables and method as Markdown, with the figures' files as images."""
    mark = [f"**{escaped(page.watermark)}**", ""] if page.watermark else []
    lines = [f"# {escaped(page.title)}", "", *mark, ", ".join(escaped(f) for f in page.facts if f), ""]
    # Tiles that the page's script fills have no value here; the tables have it.
    for tile in page.tiles:
        if tile.value:
            more = f" ({escaped(tile.more)})" if tile.more else ""
            lines.append(f"- {escaped(tile.what)}: {escaped(tile.mark + tile.value)}{more}")
    for figure in figures:
        lines += ["", f"## {escaped(figure.title)}", ""]
        if figure.id in pictures:
            lines += [f"![{escaped(figure.title)}]({pictures[figure.id]})", ""]
        lines += [*mark, escaped(figure.caption), "", *_table(figure, page)]
    if page.issues:
        lines += ["", "## What to know about these numbers", ""]
        for issue in page.issues:
            subject = f"{issue['subject']}: " if issue.get("subject") else ""
            lines.append(f"- {escaped(issue['code'])} {escaped(subject + issue.get('text', ''))}")
    lines += ["", f"## {escaped(page.heading)}", ""]
    lines += [f"- {escaped(what)}: {escaped(text)}" for what, text in page.method]
    return "\n".join(lines) + "\n"


def _drawn(figure: Figure, kind: str) -> bytes:
    spec: dict[str, Any] = figure.chart.to_dict()
    module = vl_convert()
    if kind == "svg":
        return str(module.vegalite_to_svg(spec)).encode()
    if kind == "png":
        return bytes(module.vegalite_to_png(spec, scale=3))
    return bytes(module.vegalite_to_pdf(spec))


def write(page: Page, figures: Sequence[Figure], folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write the figures and ``tables.md`` into a folder, which is made; return the files."""
    if unknown := [kind for kind in formats if kind not in FORMATS]:
        raise BadValueError(
            "hub.bad_value", f"formats: {unknown[0]!r} is not known; known: {', '.join(FORMATS)}"
        )
    made: list[Path] = []
    pictures: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for figure in figures:
            if figure.chart is None:
                continue
            for kind in formats:
                file = folder / f"{figure.id}.{kind}"
                file.write_bytes(_drawn(figure, kind))
                made.append(file)
            if formats:
                pictures[figure.id] = f"{figure.id}.{formats[0]}"
        tables = folder / "tables.md"
        tables.write_text(markdown(page, figures, pictures), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise SystemFailureError(
            "hub.cannot_write", f"{folder}: cannot write: {error.strerror or error}"
        ) from error
    return [*made, tables]
