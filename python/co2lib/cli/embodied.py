# SPDX-License-Identifier: MIT
"""``co2lib embodied``: the carbon of a bill of materials, and of two of them against each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from co2lib import CarbonMass, embodied
from co2lib._errors import BadValueError
from co2lib.cli import _out
from co2lib.cli._table import Rows
from co2lib.cli._view import _issues as issue_rows
from co2lib.cli._view import percent, quantity_text, show, span

_MOST_FACTORS = 10
_VERDICTS = {
    "a_lower": "A is lower",
    "b_lower": "B is lower",
    "undecided": "undecided: neither is lower in 95 % of the draws",
}


def _kg(kilograms: float) -> CarbonMass:
    return CarbonMass.from_kilograms(kilograms)


def _signed(kilograms: float) -> str:
    return f"{'-' if kilograms < 0 else '+'}{quantity_text(_kg(abs(kilograms))).removesuffix(' CO2e')}"


def _headline(footprint: embodied.BomFootprint) -> Rows:
    grid = Rows("", "", words=(1,), styles=("", "dim"))
    bounds, interval, value = footprint.bounds, footprint.interval, footprint.value
    if bounds is not None and value is not None:
        grid.add("Range", Text(span(bounds.low, bounds.high, value) + " CO2e", style="bold green"))
    if interval is not None:
        grid.add("Likely", f"{span(interval.low, interval.high, value)}, 90 % of {footprint.draws} draws")
    grid.add("Value", quantity_text(value) + ", with every factor at its most likely value")
    grid.add(
        "Exact", f"{percent(footprint.points_share)} of it comes from numbers of which no range is known"
    )
    if footprint.lifetime is not None:
        lifetime = footprint.lifetime
        grid.add("Lifetime", f"{lifetime.value:g} years" + _range_text(lifetime))
    return grid


def _range_text(factor: embodied.Factor) -> str:
    return f" ({factor.lower:.3g} to {factor.upper:.3g})" if factor.varies else ""


def _parts(footprint: embodied.BomFootprint) -> Rows:
    heads = ("Part", "Class", "Pieces", "Carbon", "Range", "Of all")
    rows = Rows(*heads, right=("Pieces", "Carbon", "Of all"), words=(0,), styles=("", "dim", "", "", "dim"))
    for part in footprint.parts:
        carbon = quantity_text(part.value).removesuffix(" CO2e")
        bounds = (
            span(part.bounds.low, part.bounds.high, part.value)
            if part.bounds.low != part.bounds.high
            else "-"
        )
        rows.add(part.id, part.part_class, f"{part.quantity:g}", carbon, bounds, percent(part.share))
    return rows


def _factors(footprint: embodied.BomFootprint, *, everything: bool) -> Rows:
    rows = Rows("Factor", "Value", "Range", "Swing", "Source", right=("Value", "Swing"), words=(4,))
    shown = footprint.factors if everything else footprint.ranked[:_MOST_FACTORS]
    for use in shown:
        factor = use.factor
        bounds = f"{factor.lower:.4g} to {factor.upper:.4g}" if factor.varies else "-"
        swing = _signed(use.swing_kg) if use.rank else "-"
        year = f" ({factor.year})" if factor.year else ""
        rows.add(factor.id, f"{factor.value:.4g} {factor.unit}", bounds, swing, factor.source + year)
    return rows


def _indented(parts: Sequence[RenderableType]) -> list[RenderableType]:
    return [Padding(part, (1, 0, 0, 2)) for part in parts]


def _show_footprint(file: Path, footprint: embodied.BomFootprint, *, everything: bool) -> None:
    title = Text(footprint.name or file.name, style="bold")
    parts: list[RenderableType] = [_headline(footprint)]
    if footprint.parts:
        parts.append(_parts(footprint))
    factors = _factors(footprint, everything=everything)
    if factors:
        parts.append(factors)
        left = len(footprint.factors) - min(len(footprint.ranked), _MOST_FACTORS)
        if not everything and left > 0:
            parts.append(Text(f"{left} more factors: --factors", style="dim"))
    if footprint.issues:
        parts.append(issue_rows(footprint.issues))
    show(title, *_indented(parts))


def _show_comparison(files: Sequence[Path], result: embodied.Comparison) -> None:
    grid = Rows("", "", words=(1,), styles=("", "dim"))
    difference, ratio = result.difference_kg, result.ratio
    grid.add("Verdict", Text(_VERDICTS[result.verdict], style="bold green"))
    grid.add("P(A < B)", f"{result.p_a_lower:.3g}, of {result.draws} draws that both share")
    grid.add("A", f"{quantity_text(result.value_a)}, {files[0].name}")
    grid.add("B", f"{quantity_text(result.value_b)}, {files[1].name}")
    low, high = _signed(difference.p5), _signed(difference.p95)
    grid.add("A - B", f"{low} to {high} (90 %), median {_signed(difference.p50)}")
    if ratio.p50 == ratio.p50:
        grid.add("A / B", f"{ratio.p5:.3g} to {ratio.p95:.3g} (90 %), median {ratio.p50:.3g}")
    drivers = Rows("Factor", "In", "Correlation with A - B", right=("Correlation with A - B",), words=(0,))
    for driver in result.drivers[:_MOST_FACTORS]:
        if driver.rho:
            drivers.add(driver.name, "both" if driver.shared else "one", f"{driver.rho:+.2f}")
    parts: list[RenderableType] = [grid]
    if drivers:
        parts.append(drivers)
    if result.issues:
        parts.append(issue_rows(result.issues))
    show(Text("Comparison", style="bold"), *_indented(parts))


def embodied_of(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE | compare A B",
            help="A bill of materials, YAML or JSON; or the word compare and two of them.",
            show_default=False,
        ),
    ],
    *,
    draws: Annotated[
        int, typer.Option(metavar="N", help="Of the Monte Carlo; 0: bounds only.", min=0)
    ] = 10_000,
    seed: Annotated[int, typer.Option(metavar="SEED", help="Of the draws.", min=0)] = 0,
    tables: Annotated[
        list[Path] | None,
        typer.Option(
            "--table", metavar="CSV", help="A table of factors of one's own, searched first.", readable=False
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--factors", help="List every factor in use.")] = False,
    act: Annotated[
        bool, typer.Option("--act", help="The file is one of ACT v2: compute it by ACT's rules.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the carbon in hardware from its bill of materials: range, parts, and what drives the uncertainty.

    `co2lib embodied compare A B` says which of two is lower, on draws in which what they share has the same
    value: undecided unless one of them is lower in 95 % of the draws.
    """
    extra = [embodied.read_factors(table) for table in tables or ()]
    if what[0] == "compare" and len(what) > 1:
        if len(what) != 3 or act:
            raise BadValueError(
                "core.bad_option", "compare takes two bills of materials: compare a.yaml b.yaml"
            )
        files = [Path(name) for name in what[1:]]
        first, second = (embodied.load(file) for file in files)
        result = embodied.compare(first, second, draws=draws, seed=seed, factors=extra)
        if as_json:
            _out.deliver(_pretty(result.to_json()), as_json=True)
        else:
            _show_comparison(files, result)
        return
    if len(what) != 1:
        raise BadValueError(
            "core.bad_option",
            "give one bill of materials, or compare and two: co2lib embodied compare a.yaml b.yaml",
        )
    file = Path(what[0])
    if act:
        _act(file, as_json=as_json)
        return
    footprint = embodied.load(file).footprint(draws=draws, seed=seed, factors=extra)
    if as_json:
        _out.deliver(_pretty(footprint.to_json()), as_json=True)
    else:
        _show_footprint(file, footprint, everything=everything)


def _pretty(text: str) -> str:
    return json.dumps(json.loads(text), indent=2)


def _act(file: Path, *, as_json: bool) -> None:
    footprint = embodied.load_act(file)
    if as_json:
        document: dict[str, Any] = {"schema": "co2lib-embodied-act/1", "total_kg": footprint.total_kg}
        document |= {"parts_g": footprint.parts_g, "issues": [issue.to_dict() for issue in footprint.issues]}
        _out.deliver(json.dumps(document, indent=2), as_json=True)
        return
    rows = Rows("Part", "Carbon", right=("Carbon",), words=(0,))
    for name, grams in footprint.parts_g.items():
        rows.add(name, quantity_text(CarbonMass.from_grams(grams)).removesuffix(" CO2e"))
    head = Text(
        f"{file.name}: {quantity_text(_kg(footprint.total_kg))} by ACT's rules, without a range", style="bold"
    )
    show(head, *_indented([rows, *([issue_rows(footprint.issues)] if footprint.issues else [])]))
