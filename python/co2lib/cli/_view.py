# SPDX-License-Identifier: MIT
"""How footprints look in a terminal and in plain text."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from co2lib import CarbonMass, Energy, Footprint, Issue, Power, Water, convert
from co2lib.tracker import DeviceFootprint

PLAIN_WIDTH = 100
"""Columns of reports that go to a file or a pipe."""


def console(stream: TextIO | None = None) -> Console:
    """Return a console that colours terminals only and cuts nothing off elsewhere."""
    stream = sys.stdout if stream is None else stream
    return Console(
        file=stream,
        width=None if stream.isatty() else PLAIN_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )


class _Range(Protocol):
    @property
    def low(self) -> Any: ...
    @property
    def high(self) -> Any: ...


class _Estimate(Protocol):
    @property
    def value(self) -> Any | None: ...
    @property
    def interval(self) -> _Range | None: ...


def clock_text(seconds: float) -> str:
    """Return ``0:07``, ``12:07`` or ``1:12:07``."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def duration_text(seconds: float) -> str:
    """Return ms or s with three digits below a minute, else minutes and seconds or hours and minutes."""
    if 0 < seconds < 0.1:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 59.5:
        return f"{seconds:.3g} s"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours} h {minute:02} min" if hours else f"{minute} min {second:02} s"


def percent(share: float) -> str:
    """Return a share as percent with three digits; only 1 is ``100 %``."""
    text = f"{share * 100:.3g}"
    return f"{'99.9' if text == '100' and share < 1 else text} %"


Quantity = Energy | Power | CarbonMass | Water

_UNITS: dict[type[Any], tuple[str, str, tuple[str, ...]]] = {
    Energy: ("joules", "", ("MWh", "kWh", "Wh", "J", "mJ")),
    Power: ("watts", "", ("kW", "W", "mW")),
    CarbonMass: ("grams", " CO2e", ("t", "kg", "g", "mg")),
    Water: ("litres", "", ("L", "mL")),
}
"""Of each quantity: its canonical accessor, what follows the unit, and the units to choose from."""
_CANONICAL = {"joules": "J", "watts": "W", "grams": "g", "litres": "L"}


def _in_unit(quantity: Quantity, unit: str) -> float:
    accessor = _UNITS[type(quantity)][0]
    return float(convert(getattr(quantity, accessor), _CANONICAL[accessor], unit))


def _unit(quantity: Quantity) -> str:
    """Return the largest unit in which the quantity is at least 1, else the smallest."""
    accessor, _, units = _UNITS[type(quantity)]
    if getattr(quantity, accessor) == 0:
        return _CANONICAL[accessor]
    return next((unit for unit in units if abs(_in_unit(quantity, unit)) >= 1), units[-1])


def _digits(value: float) -> str:
    """Return a number with three significant digits and no exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:.{min(9, max(0, 2 - math.floor(math.log10(abs(value)))))}f}"


def quantity_text(quantity: Quantity | None) -> str:
    """Return ``21.5 J``; ``unknown`` for None."""
    if quantity is None:
        return "unknown"
    unit = _unit(quantity)
    return f"{_digits(_in_unit(quantity, unit))} {unit}{_UNITS[type(quantity)][1]}"


def span(low: Quantity, high: Quantity, about: Quantity | None = None) -> str:
    """Return ``8.70 to 41.8 J``, in the unit of the value it is about, else of its upper end."""
    unit = _unit(high if about is None else about)
    return f"{_digits(_in_unit(low, unit))} to {_digits(_in_unit(high, unit))} {unit}"


def _interval(estimate: _Estimate) -> str:
    known = estimate.interval
    return span(known.low, known.high, estimate.value) if known is not None else ""


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """Return an empty table without lines: a dim head over aligned columns; those in `right` hold numbers."""
    made = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style="dim", collapse_padding=True)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def _headline(footprint: Footprint) -> Table:
    grid = Table.grid(padding=(0, 3, 0, 0))
    for style in ("", "bold green", "dim", "dim"):
        grid.add_column(style=style, overflow="fold")
    rows: list[tuple[str, _Estimate, str]] = [
        ("Energy", footprint.energy, _how(footprint)),
        ("Carbon", footprint.operational, _priced(footprint)),
    ]
    if footprint.embodied.value is not None:
        rows.append(("Hardware", footprint.embodied, "embodied share"))
    if footprint.water.value is not None:
        rows.append(("Water", footprint.water, f"{footprint.facility.wue:g} L/kWh"))
    for name, estimate, remark in rows:
        value = Text(quantity_text(estimate.value), style="yellow" if estimate.value is None else "")
        grid.add_row(name, value, _interval(estimate), remark)
    return grid


def _how(footprint: Footprint) -> str:
    methods = footprint.method
    if len(methods) == 1:
        parts = list(methods)
    else:
        parts = [f"{name} {percent(share)}" for name, share in methods.items()]
    if footprint.coverage is not None and footprint.coverage < 0.9995:
        parts.append(f"{percent(footprint.coverage)} covered")
    if footprint.totals.total.incomplete:
        parts.append("incomplete")
    return ", ".join(parts)


def _priced(footprint: Footprint) -> str:
    intensity = footprint.carbon_intensity
    parts = [f"{intensity.g_per_kwh:.4g} g/kWh"] if intensity is not None else []
    if footprint.priced_with:
        parts.append(footprint.priced_with)
    if footprint.facility.pue != 1:
        parts.append(f"PUE {footprint.facility.pue:g}")
    return ", ".join(parts)


def _device_remark(device: DeviceFootprint) -> str:
    if device.mirror_of:
        return f"mirror of {device.mirror_of}, not added"
    if device.duplicate_of:
        return f"copy of {device.duplicate_of}, not added"
    return "" if device.counted else "not added"


def _devices(footprint: Footprint) -> Table:
    rows = table(
        "Device", "Energy", "95 % interval", "Mean power", "Method", "", right=("Energy", "Mean power")
    )
    for device in footprint.devices:
        energy = device.energy
        rows.add_row(
            device.name or device.id,
            quantity_text(energy.value),
            _interval(energy),
            quantity_text(device.mean_power) if device.mean_power is not None else "",
            device.method if device.provider.startswith("model.") else f"{device.method}, {device.provider}",
            _device_remark(device),
            style="" if device.counted else "dim",
        )
    return rows


def _regions(footprint: Footprint) -> Table:
    numbers = ("Times", "Duration", "Energy", "Alone", "Each")
    rows = table("Region", *numbers, right=numbers)
    for name, region in footprint.regions.items():
        energy = region.inclusive.value
        each = ""
        if region.count > 1 and region.least is not None and region.most is not None:
            each = span(region.least, region.most)
        rows.add_row(
            name,
            str(region.count),
            duration_text(region.duration_s),
            quantity_text(energy),
            quantity_text(region.exclusive) if region.exclusive is not None else "",
            each,
        )
    return rows


def _issues(issues: Sequence[Issue]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="yellow", no_wrap=True)
    grid.add_column(overflow="fold")
    subjects: dict[tuple[str, str], list[str]] = {}
    for issue in issues:
        subjects.setdefault((issue.code, issue.text), []).append(issue.subject)
    for (code, text), named in subjects.items():
        about = ", ".join(subject for subject in named if subject)
        grid.add_row(f"! {code}", text if text.startswith(about) else f"{about}: {text}")
    return grid


def _sources(footprint: Footprint) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style="dim", overflow="fold")
    for number, source in enumerate(footprint.sources):
        about = ", ".join(part for part in (str(source.year or ""), source.licence) if part)
        text = source.text or source.id
        grid.add_row("" if number else "Sources", f"{text} ({about})" if about else text)
    return grid


def _title(footprint: Footprint, name: str) -> Text:
    start = footprint.start.strftime("%Y-%m-%d %H:%M:%S UTC")
    parts = [name, duration_text(footprint.duration_s)]
    if not footprint.complete:
        parts.append("not ended")
    if footprint.segments > 1:
        parts.append(f"{footprint.segments} segments")
    parts += [start, f"run {footprint.run_id}"]
    title = Text(" · ").join(Text(part) for part in parts if part)
    title.stylize("dim")
    if name:
        title.stylize("not dim bold", 0, len(name))
    return title


def footprint_view(footprint: Footprint, *, name: str = "", more: Sequence[RenderableType] = ()) -> Group:
    """Return a footprint as text: what it was, devices, regions, what to know about it, and sources.

    Parameters
    ----------
    footprint : Footprint
        Whole or so far.
    name : str
        The log or the command.
    more : sequence
        Tables to put behind the devices.
    """
    parts: list[RenderableType] = [_headline(footprint)]
    if footprint.devices:
        parts.append(_devices(footprint))
    parts.extend(more)
    if footprint.regions:
        parts.append(_regions(footprint))
    if footprint.issues:
        parts.append(_issues(footprint.issues))
    if footprint.sources:
        parts.append(_sources(footprint))
    spaced = [Padding(part, (1, 0, 0, 2)) for part in parts]
    return Group(_title(footprint, name), *spaced)


def plain(*parts: RenderableType) -> str:
    """Return what would be printed to a file: no colours, no trailing blanks."""
    text = io.StringIO()
    console(text).print(*parts)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def show(*parts: RenderableType, stream: TextIO | None = None) -> None:
    """Print to a stream, default stdout: for the eye on a terminal, else as plain text."""
    to = console(stream)
    if to.is_terminal:
        to.print(*parts)
    else:
        print(plain(*parts), file=to.file)
