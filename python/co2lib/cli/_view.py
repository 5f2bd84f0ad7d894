# SPDX-License-Identifier: MIT
"""How footprints look in a terminal and in plain text."""

from __future__ import annotations

import io
import math
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from co2lib import CarbonMass, Energy, Footprint, Issue, Power, Source, Water, convert
from co2lib.cli import _out
from co2lib.cli._table import Rows
from co2lib.tracker import DeviceFootprint

PLAIN_WIDTH = 100
"""Columns of reports that go to a file or a pipe."""


def console(stream: TextIO, width: int | None = None) -> Console:
    """Return a console that colours terminals only, and is as wide as the terminal is."""
    # Without a height rich takes a simple terminal (TERM=dumb) to have 80 columns.
    columns = width or _columns(stream)
    return Console(file=stream, width=columns, height=25, highlight=False, markup=False, emoji=False)


def _columns(stream: TextIO) -> int:
    if not stream.isatty():
        return PLAIN_WIDTH
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told) > 0:
        return int(told)
    with suppress(OSError):
        return os.get_terminal_size(stream.fileno()).columns or 80
    return 80


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


def _headline(footprint: Footprint) -> Rows:
    rows: list[tuple[str, _Estimate, str]] = [
        ("Energy", footprint.energy, _how(footprint)),
        ("Carbon", footprint.operational, _priced(footprint)),
    ]
    if footprint.embodied.value is not None:
        rows.append(("Hardware", footprint.embodied, _hardware_remark(footprint)))
    if footprint.water.value is not None:
        rows.append(("Water", footprint.water, f"{footprint.facility.wue:g} L/kWh"))
    return _estimates(rows)


def _estimates(rows: Iterable[tuple[str, _Estimate, str]]) -> Rows:
    grid = Rows("", "", "", "", words=(3,), styles=("", "bold green", "dim", "dim"))
    for name, estimate, remark in rows:
        value = Text(quantity_text(estimate.value), style="yellow" if estimate.value is None else "")
        grid.add(name, value, _interval(estimate), remark)
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
    if len(footprint.origins) > 1 and footprint.energy.joules:
        shares = ((o.energy.joules / footprint.energy.joules, o.origin) for o in footprint.origins)
        parts.append(" and ".join(f"{percent(share)} {origin}" for share, origin in shares))
    if footprint.facility.pue != 1:
        parts.append(f"PUE {footprint.facility.pue:g}")
    return ", ".join(parts)


def _hardware_remark(footprint: Footprint) -> str:
    texts = []
    for machine in footprint.machines:
        years = f"{machine.lifetime_years:g} years ({machine.lifetime_low_years:g} to "
        text = (
            f"{machine.basis}, {duration_text(machine.reserved_s)} of {years}{machine.lifetime_high_years:g})"
        )
        if machine.cpu_share < 1:
            text += f", {percent(machine.cpu_share)} of its CPUs"
        texts.append(text)
    return "making it: " + "; ".join(dict.fromkeys(texts))


def _hardware(footprint: Footprint) -> Rows:
    heads = ("Hardware", "Pieces", "Making it", "Range", "Source")
    rows = Rows(*heads, right=("Pieces", "Making it"), words=(0, -1), styles=("", "", "", "dim", "dim"))
    several = len(footprint.machines) > 1
    for machine in footprint.machines:
        for part in machine.parts:
            name = part.name or part.id
            rows.add(
                f"{machine.host}: {name}" if several and machine.host else name,
                f"{part.quantity:g}",
                quantity_text(part.value).removesuffix(" CO2e"),
                span(part.bounds.low, part.bounds.high, part.value),
                part.source,
            )
    return rows


def _device_remark(device: DeviceFootprint) -> str:
    if device.mirror_of:
        return f"mirror of {device.mirror_of}, not added"
    if device.duplicate_of:
        return f"copy of {device.duplicate_of}, not added"
    return "" if device.in_total else "not added"


def _devices(footprint: Footprint) -> Rows:
    several = any(footprint.where(device) for device in footprint.devices)
    heads = ("Device", *(["Where"] if several else []), "Energy", "95 % interval", "Mean power", "Method", "")
    rows = Rows(*heads, right=("Energy", "Mean power"), words=(0, -2, -1))
    for device in footprint.devices:
        energy = device.energy
        rows.add(
            device.name or device.id,
            *([footprint.where(device)] if several else []),
            quantity_text(energy.value),
            _interval(energy),
            quantity_text(device.mean_power) if device.mean_power is not None else "",
            device.method if device.method == "model" else f"{device.method}, {device.provider}",
            _device_remark(device),
            style="" if device.in_total else "dim",
        )
    return rows


def _command(footprint: Footprint) -> Rows:
    heads = ("CPU energy by CPU time", "Energy", "95 % interval", "CPU time")
    rows = Rows(*heads, right=("Energy", "CPU time"))
    command = footprint.command
    if command is not None and command.energy.value is not None:
        rows.add(
            "this command",
            quantity_text(command.energy.value),
            _interval(command.energy),
            duration_text(command.cpu_s),
        )
        rest = (("other programs", command.other), ("idle", command.idle))
        for name, energy in rest:
            if energy is not None:
                rows.add(name, quantity_text(energy))
    return rows


def _regions(footprint: Footprint) -> Rows:
    numbers = ("Times", "Duration", "Energy", "Carbon", "Alone", "Each")
    rows = Rows("Region", *numbers, right=numbers, words=(0,))
    for name, region in footprint.regions.items():
        energy = region.inclusive.value
        each = ""
        if region.count > 1 and region.least is not None and region.most is not None:
            each = span(region.least, region.most)
        rows.add(
            name,
            str(region.count),
            duration_text(region.duration_s),
            quantity_text(energy),
            quantity_text(region.operational.value) if region.operational.value is not None else "",
            quantity_text(region.exclusive) if region.exclusive is not None else "",
            each,
        )
    return rows


def _issues(issues: Sequence[Issue]) -> Rows:
    grid = Rows("", "", words=(1,), styles=("yellow",), gap=2)
    subjects: dict[tuple[str, str], list[str]] = {}
    for issue in issues:
        subjects.setdefault((issue.code, issue.text), []).append(issue.subject)
    for (code, text), named in subjects.items():
        about = ", ".join(subject for subject in named if subject)
        grid.add(f"! {code}", text if text.startswith(about) else f"{about}: {text}")
    return grid


def _sources(sources: Sequence[Source]) -> Rows:
    grid = Rows("", "", words=(1,), styles=("dim", "dim"), gap=2)
    for number, source in enumerate(sources):
        about = ", ".join(part for part in (str(source.year or ""), source.licence) if part)
        text = source.text or source.id
        grid.add("" if number else "Sources", f"{text} ({about})" if about else text)
    return grid


def _title(footprint: Footprint, name: str) -> Text:
    start = footprint.start.strftime("%Y-%m-%d %H:%M:%S UTC")
    parts = [name, duration_text(footprint.duration_s)]
    if not footprint.complete:
        parts.append("not ended" if footprint.segments == 1 else "a segment not ended")
    if footprint.segments > 1:
        parts.append(f"{footprint.segments} segments")
    parts += [start, f"run {footprint.run_id}"]
    title = Text(" · ").join(Text(part) for part in parts if part)
    if footprint.command is not None and footprint.command.text:
        title.append(f"\n{footprint.command.text}")
    title.stylize("dim")
    if name:
        title.stylize("not dim bold", 0, len(name))
    return title


def footprint_view(
    footprint: Footprint,
    *,
    name: str = "",
    issues: Sequence[Issue] = (),
) -> Group:
    """Return a footprint as text: what it was, devices, regions, what to know about it, and sources.

    Parameters
    ----------
    footprint : Footprint
        Whole or so far.
    name : str
        The log or the command.
    issues : sequence of Issue
        What else to know about it.
    """
    parts: list[RenderableType] = [_headline(footprint)]
    if footprint.devices:
        parts.append(_devices(footprint))
    if hardware := _hardware(footprint):
        parts.append(hardware)
    if command := _command(footprint):
        parts.append(command)
    if footprint.regions:
        parts.append(_regions(footprint))
    known = [*footprint.issues, *footprint.embodied.issues, *issues]
    if known:
        parts.append(_issues(known))
    if footprint.sources:
        parts.append(_sources(footprint.sources))
    spaced = [Padding(part, (1, 0, 0, 2)) for part in parts]
    return Group(_title(footprint, name), *spaced)


def repriced_view(
    before: Footprint, after: Footprint, *, name: str, asked: str, issues: Sequence[Issue]
) -> Group:
    """Return what pricing a run with another intensity changes.

    Parameters
    ----------
    before, after : Footprint
        Of one run.
    name : str
        The log.
    asked : str
        The new price as it was given.
    issues : sequence of Issue
        What to know about it.
    """
    price = _priced(after)
    if after.intensity_source == "trace":  # a series has no name of its own
        price = f"{price} of {asked}"
    rows = _estimates(
        [
            ("Energy", after.energy, _how(after)),
            ("Before", before.operational, _priced(before)),
            ("After", after.operational, price),
        ]
    )
    old, new = before.operational.value, after.operational.value
    if old is not None and new is not None:
        share = f"{(new.grams / old.grams - 1) * 100:+.3g} %" if old.grams > 0 else ""
        rows.add("Difference", quantity_text(new - old), share)
    parts: list[RenderableType] = [rows]
    if issues:
        parts.append(_issues(issues))
    if after.operational.sources:
        parts.append(_sources(after.operational.sources))
    return Group(_title(after, name), *(Padding(part, (1, 0, 0, 2)) for part in parts))


def plain(*parts: RenderableType, width: int = PLAIN_WIDTH) -> str:
    """Return what would be printed to a file: no colours, no trailing blanks."""
    text = io.StringIO()
    Console(file=text, width=width, highlight=False, markup=False, emoji=False, no_color=True).print(
        Group(*parts)
    )
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def rendered(*parts: RenderableType, stream: TextIO | None, width: int = PLAIN_WIDTH) -> str:
    """Return the text for a stream: for the eye on a terminal, else plain and of that width."""
    if stream is not None:
        to = console(stream, None if stream.isatty() else width)
        if to.is_terminal:
            with to.capture() as captured:
                to.print(Group(*parts))
            return captured.get()
    return plain(*parts, width=width)


def show(*parts: RenderableType, output: Path | None = None, width: int = PLAIN_WIDTH) -> None:
    """Show a result on stdout, or write it as plain text to the file of ``--output``.

    Raises
    ------
    co2lib.Error
        ``core.cannot_write``.
    """
    if output is None or output == _out.STDOUT:
        _out.deliver(rendered(*parts, stream=sys.stdout, width=width))
    else:
        _out.deliver(plain(*parts, width=width), output)
