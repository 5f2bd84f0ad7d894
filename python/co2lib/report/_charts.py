# SPDX-License-Identifier: MIT
"""What every chart shares: parameters, prices in the page, labels, and the Altair module itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from co2lib._extras import require
from co2lib.report import _text, _theme

G = "datum.j/3600000*(grid<0?datum.own:grid)*(pue<0?datum.pue0:pue)"
"""Carbon in g: J / 3.6e6 times g/kWh times PUE; below 0 means as the run was priced."""
CARBON = "carbon per inference (g CO2e)"
"""Title of an axis, whose labels have the prefix that suits them."""


def altair() -> Any:
    """Return the module altair; ``core.missing_extra`` names the extra ``viz`` where it is not there."""
    return require("altair", extra="viz", needed_for="a chart")


def vl_convert() -> Any:
    """Return the module vl_convert; ``core.missing_extra`` names the extra ``viz`` where it is not there."""
    return require("vl_convert", extra="viz", needed_for="the report")


@dataclass(slots=True)
class Column:
    """A column of a table."""

    head: str
    kind: str = "text"


@dataclass(slots=True)
class Cell:
    """One cell; `j`, `own` and `pue` let the page price it again."""

    text: str
    j: float | None = None
    own: float | None = None
    pue: float | None = None
    model: int | None = None
    number: bool = False
    what: str = ""


def priced(j: float | None, own: float | None, pue: float | None) -> Cell:
    """Return the cell of a carbon that the page prices; unknown where the energy is."""
    return Cell("unknown" if j is None else "", j=j, own=own, pue=pue, number=True)


@dataclass(slots=True)
class Figure:
    """A chart with the table that says the same.

    Attributes
    ----------
    id : str
        Of its element in the page.
    title, caption : str
        What it shows, and what a reader must know.
    chart : altair chart or None
        None where a table says all there is.
    columns : list of Column
        Of the table.
    rows : list of list of Cell
        The first cell of each is its head.
    wide : bool
        Takes the page's whole width.
    shown : bool
        The table is open from the start, since the chart names its rows by letters only.
    search : bool
        A field above the table finds rows by a part of their head.
    live : str
        Id of a line below the caption that the page writes.
    off : bool
        The table is closed until the reader asks for it.
    one : bool
        It is of the model in detail, whose name the page writes above it.
    """

    id: str
    title: str
    caption: str
    chart: Any
    columns: list[Column]
    rows: list[list[Cell]] = field(default_factory=list)
    wide: bool = False
    shown: bool = False
    search: bool = False
    live: str = ""
    off: bool = False
    one: bool = False


def parameters(grid: float = -1.0, pue: float = -1.0) -> list[Any]:
    """Return the parameters that every chart in grams has: `grid` in g/kWh and `pue`; -1 is as priced."""
    alt = altair()
    return [alt.param(name="grid", value=grid), alt.param(name="pue", value=pue)]


def data(rows: Sequence[dict[str, Any]]) -> Any:
    """Return rows as the data of a chart."""
    return altair().Data(values=list(rows))


def axis(kind: str, title: str, **more: Any) -> Any:
    """Return an axis whose labels are amounts with units; a vertical one gives its `tickCount`."""
    label = _text.expression(kind, "datum.value", trim=True)
    more.setdefault("tickCount", few_ticks())
    return altair().Axis(title=title, labelExpr=f"datum.value==0?'0':{label}", **more)


def colour(names: Sequence[str], mode: str, *, line: bool = False, **more: Any) -> Any:
    """Return the colours of series; more than eight begin the palette again, the letter tells."""
    alt = altair()
    palette = _theme.MODES[mode]
    longest = min(30, max((len(name) for name in names), default=1))
    shape = {"symbolType": "stroke", "symbolStrokeWidth": 4} if line else {}
    columns = alt.ExprRef(f"max(1,floor(width/{7 * longest + 34}))")
    more.setdefault("legend", alt.Legend(columns=columns, **shape))
    colours = [palette[_theme.SERIES[i % len(_theme.SERIES)]] for i in range(len(names))]
    return alt.Color("series:N", scale=alt.Scale(domain=list(names), range=colours), title=None, **more)


DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3])
"""Solid first; each time that the palette begins again its lines are dashed otherwise."""


def dash(names: Sequence[str]) -> Any:
    """Return the dashes of lines, so that the ninth is told from the first by more than its letter."""
    alt = altair()
    if len(names) <= len(_theme.SERIES):
        return alt.Undefined
    found = [DASHES[i // len(_theme.SERIES) % len(DASHES)] for i in range(len(names))]
    # The legend is that of the colours, and has the dashes too.
    return alt.StrokeDash("series:N", scale=alt.Scale(domain=list(names), range=found), title=None)


def finish(chart: Any, mode: str, *, height: int | None = None) -> Any:
    """Give a chart the width of its place, the theme, and marks that are in the page as elements."""
    alt = altair()
    chart = chart.properties(width="container" if mode == "css" else 560)
    if height is not None:
        chart = chart.properties(height=height)
    settings = alt.Config(
        **{k: v for k, v in _theme.config(mode).items() if k not in ("padding", "autosize")}
    )
    chart.config = settings
    chart.padding = {"left": 4, "top": 4, "right": 22, "bottom": 4}
    chart.autosize = alt.AutoSizeParams(type="fit-x" if mode == "css" else "pad", contains="padding")
    chart.usermeta = {"embedOptions": {"renderer": "svg", "actions": False}}
    return chart


def marked(watermark: str, chart: Any, mode: str, height: int) -> Any:
    """Finish a chart of data that may carry a watermark, which is then in the picture itself."""
    if watermark:
        title = altair().TitleParams(watermark, color=_theme.MODES[mode]["warn"])
        chart = chart.properties(title=title)
    return finish(chart, mode, height=height)


def ticks() -> Any:
    """Return how many ticks an axis has room for, so that none of its labels is left out."""
    return altair().ExprRef("clamp(floor(width/75),2,8)")


def few_ticks(width: str = "width") -> Any:
    """Return how many ticks with units an axis of this width has room for."""
    return altair().ExprRef(f"clamp(floor({width}/70),2,4)")


def length() -> Any:
    """Return the scale of bars with a text at their end, which ends where the longest text has its room."""
    return altair().Scale(zero=True, nice=False, padding=0)


def time_axis(seconds: float) -> tuple[float, str]:
    """Return the unit in which a stretch of time is drawn: its size in s, and its name."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return size, unit
    return 1.0, "s"


def cut(text: str, most: int = 30) -> str:
    """Return a text that an axis has room for; the table has all of it."""
    return text if len(text) <= most else text[: most - 1] + "…"
