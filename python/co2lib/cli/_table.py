# SPDX-License-Identifier: MIT
"""Tables without lines, which become blocks of lines where a terminal is too narrow for columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

GAP = 3
"""Blanks between columns."""
LEAST = 16
"""Characters that a column of words needs to be readable."""


class Rows:
    """Rows of cells, in aligned columns if they fit, else one block of lines per row.

    Parameters
    ----------
    heads : str
        The columns; all empty: no head line.
    right : collection of str
        Heads of columns that are aligned right.
    words : collection of int
        Columns whose text can be wrapped; all others are as wide as their widest cell.
    styles : sequence of str
        Styles of columns.
    optional : sequence of int
        Columns that are left out one after the other, and named below, before columns become blocks.
    least : int
        Characters to which a column of words can be narrowed.
    gap : int
        Blanks between columns.
    apart : bool
        An empty line after each row.
    """

    def __init__(
        self,
        *heads: str,
        right: Collection[str] = (),
        words: Collection[int] = (),
        styles: Collection[str] = (),
        optional: Sequence[int] = (),
        least: int = LEAST,
        gap: int = GAP,
        apart: bool = False,
    ) -> None:
        self._heads = heads
        self._right = right
        self._words = {number % len(heads) for number in words}
        self._styles = [*styles, *[""] * (len(heads) - len(styles))]
        self._optional = optional
        self._least = least
        self._gap = gap
        self._apart = apart
        self._rows: list[tuple[list[Text], str]] = []

    def add(self, *cells: str | Text, style: str = "") -> None:
        """Add a row; cells that miss at its end are empty."""
        texts = [cell if isinstance(cell, Text) else Text(cell) for cell in cells]
        self._rows.append((texts + [Text()] * (len(self._heads) - len(texts)), style))

    def __bool__(self) -> bool:
        return bool(self._rows)

    @property
    def width(self) -> int:
        """Characters that it takes as columns with no text wrapped."""
        return self._gap * (len(self._heads) - 1) + sum(self._widths())

    def _widths(self) -> list[int]:
        cells = zip(*(row for row, _ in self._rows), strict=True)
        return [
            max(len(head), *(_width(cell) for cell in column))
            for head, column in zip(self._heads, cells, strict=True)
        ]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not self._rows:
            return
        shown = list(range(len(self._heads)))
        left_out: list[str] = []
        for number in (None, *self._optional):
            if number is not None:
                shown.remove(number)
                left_out.append(self._heads[number])
            if self._fits(shown, options.max_width):
                yield self._columns(shown)
                if left_out:
                    yield Text(f"Left out at this width: {', '.join(left_out)}", style="dim")
                return
        yield Group(*self._blocks())

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, options.max_width)

    def _fits(self, shown: Sequence[int], columns: int) -> bool:
        widths = self._widths()
        least = [min(widths[n], self._least) if n in self._words else widths[n] for n in shown]
        return self._gap * (len(shown) - 1) + sum(least) <= columns

    def _columns(self, shown: Sequence[int]) -> Table:
        table = Table(
            box=None,
            padding=(0, self._gap, int(self._apart), 0),
            pad_edge=False,
            show_edge=False,
            header_style="dim",
            show_header=any(self._heads),
        )
        for number in shown:
            head = self._heads[number]
            settings: dict[str, Any] = {"overflow": "fold"} if number in self._words else {"no_wrap": True}
            table.add_column(
                head,
                justify="right" if head and head in self._right else "left",
                style=self._styles[number],
                **settings,
            )
        for cells, style in self._rows:
            table.add_row(*(cells[number] for number in shown), style=style)
        return table

    def _blocks(self) -> Iterator[RenderableType]:
        for number, (cells, style) in enumerate(self._rows):
            if number and self._apart:
                yield Text()
            for head, cell, own in zip(self._heads, cells, self._styles, strict=True):
                if cell:
                    line = Text(overflow="fold")
                    line.append(f"{head} " if head else "", style="dim")
                    line.append_text(_styled(cell, f"{own} {style}".strip()))
                    yield line if cell is cells[0] else Padding(line, (0, 0, 0, 2))


def _styled(cell: Text, style: str) -> Text:
    made = cell.copy()
    made.stylize_before(style)
    return made


def _width(cell: Text) -> int:
    return max((line.cell_len for line in cell.split("\n")), default=0)
