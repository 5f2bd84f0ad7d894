# SPDX-License-Identifier: MIT
"""Results as HTML tables, for notebooks."""

from __future__ import annotations

from html import escape

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from co2lib.embodied import BomFootprint
    from co2lib.intensity import Forecast
    from co2lib.preindex import CostPrediction
    from co2lib.preindex import Forecast as CostForecast
    from co2lib.tracker import Footprint, RunForecast

MOST_ROWS = 60
"""Rows that a notebook shows of a long table; the table itself has all of them."""


class Table(list["dict[str, Any]"]):
    """A list of dicts with one set of keys that a notebook and a terminal show as a table.

    ``pandas.DataFrame(table)`` takes it as it is.
    """

    def _cells(self) -> list[list[str]]:
        return [["" if v is None else str(v) for v in row.values()] for row in self[:MOST_ROWS]]

    def __str__(self) -> str:
        if not self:
            return "(empty)"
        lines = [[str(key) for key in self[0]], *self._cells()]
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        texts = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join(texts + ([f"... {len(self)} rows"] if len(self) > MOST_ROWS else []))

    def _repr_html_(self) -> str:
        if not self:
            return "<p>(empty)</p>"
        more = [f"{len(self)} rows, of which these are the first"] if len(self) > MOST_ROWS else []
        body = "".join(_cells("td", *line) for line in self._cells())
        foot = "".join(f"<caption>{text}</caption>" for text in more)
        return f"<table>{foot}<thead>{_cells('th', *self[0])}</thead><tbody>{body}</tbody></table>"


def bundle(thing: Any) -> dict[str, str]:
    """Return what a notebook may show of a result: its text, and its table."""
    return {"text/plain": str(thing), "text/html": thing._repr_html_()}


def _row(name: str, value: Any, how: str = "") -> str:
    return _cells("td", name, value, how)


def _cells(kind: str, *cells: Any) -> str:
    left = "".join(f'<{kind} style="text-align:left">{escape(str(cell))}</{kind}>' for cell in cells)
    return f"<tr>{left}</tr>"


def _three(head: str, value: str, how: str, rows: Iterable[str]) -> str:
    return f"<table><thead>{_cells('th', head, value, how)}</thead><tbody>{''.join(rows)}</tbody></table>"


def _hardware(f: Footprint) -> str:
    """Return what the share of the hardware is of."""
    texts = [
        f"{m.basis}: {m.hardware.value_text} over {m.lifetime_years:g} years"
        + (f", {m.cpu_share:.0%} of its CPUs" if m.cpu_share < 1 else "")
        for m in f.machines
    ]
    return "; ".join(dict.fromkeys(texts))


def footprint(f: Footprint) -> str:
    """Return the table of a footprint: value with interval, and how it was obtained."""
    methods = ", ".join(f"{name} {share:.0%}" for name, share in f.method.items())
    priced = f.priced_with + (f", {f.carbon_intensity}" if f.carbon_intensity is not None else "")
    rows = [_row("energy", f.energy, methods)]
    rows += [
        _row(
            f"\u2003{d.name or d.id}",
            d.energy,
            ", ".join(
                part
                for part in (d.method, d.provider, "" if d.in_total else "not in the total", f.where(d))
                if part
            ),
        )
        for d in f.devices
    ]
    rows.append(_row("operational carbon", f.operational, priced))
    if f.embodied.value is not None:
        rows.append(_row("embodied carbon", f.embodied, _hardware(f)))
    if f.water.value is not None:
        rows.append(_row("water", f.water))
    rows.append(_row("duration", f"{f.duration_s:.4g} s"))
    rows += [
        _row(f"\u2003{r.name}", r.inclusive, f"{r.count} times" if r.count > 1 else "once")
        for r in f.regions.values()
    ]
    rows += [_row("note", issue.text or issue.code, issue.code) for issue in [*f.issues, *f.embodied.issues]]
    return _three("co2lib", "value (95 % interval)", "how", rows)


def devices(f: Footprint) -> Table:
    """Return one row per device: energy, mean power, how it was measured, whether it counts."""
    return Table(
        {
            "device": d.name or d.id,
            "energy": d.energy,
            "mean power": d.mean_power,
            "method": d.method,
            "provider": d.provider,
            "in the total": d.in_total,
        }
        for d in f.devices
    )


def regions(f: Footprint) -> Table:
    """Return one row per name of a region: how often, how long, energy and carbon with inner regions."""
    return Table(
        {
            "region": r.name,
            "times": r.count,
            "seconds": round(r.duration_s, 6),
            "energy": r.inclusive,
            "own energy": r.exclusive,
            "carbon": r.operational,
        }
        for r in f.regions.values()
    )


def bom(f: BomFootprint) -> str:
    """Return the table of hardware's carbon: the range, what is likely, the parts, the remarks."""
    rows = []
    if f.bounds is not None:
        rows.append(_row("range", f"{f.bounds.low} to {f.bounds.high}", "every factor at its ends"))
    if f.interval is not None:
        rows.append(_row("likely", f"{f.interval.low} to {f.interval.high}", f"90 % of {f.draws} draws"))
    rows.append(_row("value", f.value, "every factor at its most likely value"))
    rows += [
        _row(
            f"\u2003{p.quantity:g} x {p.id}",
            f"{p.value} ({p.bounds.low} to {p.bounds.high})",
            f"{p.part_class}, {p.share:.1%}",
        )
        for p in f.parts
    ]
    rows += [_row("note", issue.text or issue.code, issue.code) for issue in f.issues]
    return _three(f.name or "hardware", "carbon", "how", rows)


def forecast(f: Forecast) -> str:
    """Return the table of a forecast of intensities: one row per step, with its 90 % interval."""
    from datetime import timedelta

    rows = []
    for i in range(len(f)):
        interval, at = f.interval(i), f.start + timedelta(seconds=f.step_s * i)
        known = "unknown" if interval is None else f"{interval.low} to {interval.high}"
        rows.append({"from (UTC)": f"{at:%Y-%m-%d %H:%M}", "intensity": f.value(i), "90 % interval": known})
    return Table(rows)._repr_html_()


def run_forecast(f: RunForecast) -> str:
    """Return the table of the forecast of a run's energy."""
    width = "unknown after one unit" if f.half_width is None else f"± {f.half_width}"
    done = f"{f.units_done} of {f.units_total} units done"
    return _three("forecast", "value (95 % interval)", "how", [_row("energy", f"{f.total} ({width})", done)])


def cost(f: CostForecast) -> str:
    """Return the table of one forecast cost."""
    return _three("forecast", "value (interval)", "how", [_cost_row(f)])


def costs(p: CostPrediction) -> str:
    """Return the table of all costs that are forecast."""
    names = list(p.keys())
    return _three("forecast", "value (interval)", "how", [_cost_row(p[name]) for name in names])


def _cost_row(f: CostForecast) -> str:
    upper = f"{f.upper:.4g}" if f.bounded else "unbounded"
    how = f"{f.confidence:.0%} of {f.runs} runs, {f.model}" + (", extrapolated" if f.extrapolated else "")
    return _row(f.cost or "cost", f"{f.value:.4g} ({f.lower:.4g} to {upper})", how)
