# SPDX-License-Identifier: MIT
"""Draws the pictures of docs/measurement.md from traces that co2lib itself replays.

    python docs/pictures/draw.py    # writes the SVG files beside this one; needs altair and vl-convert-python

Every scene is a trace and what the library's engines make of it; nothing in a picture is drawn by hand.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from co2lib import meter

Rows = list[dict[str, Any]]

RANGE_UJ = 262_143_328_850
"""Where the counter of most Intel packages starts again, in microjoules."""
BLUE, RED, GREY = "#2563ab", "#c8442c", "#8a8f98"


def rapl(**more: Any) -> meter.MeterInfo:
    """Return a package counter as the kernel shows it."""
    return meter.MeterInfo(
        "package-0", kind="counter", domain="package", provider="powercap", wrap_max=RANGE_UJ, **more
    )


def wraps() -> Rows:
    """Three hours at 150 to 250 W, read once a minute: the raw count, its plain difference, and co2lib."""
    joules, samples = 200_000.0, []
    for minute in range(181):
        samples.append((60.0 * minute, int(joules * 1e6) % RANGE_UJ))
        joules += 60 * (200 + 50 * math.sin(minute / 20))
    rows: Rows = []
    for t, count in samples[1:]:
        record = meter.integrate_counter(rapl(), samples, (0.0, t))
        rows += [
            {"minute": t / 60, "kJ": count / 1e9, "what": "the counter itself"},
            {"minute": t / 60, "kJ": (count - samples[0][1]) / 1e9, "what": "last minus first read"},
            {"minute": t / 60, "kJ": (record.window.energy_j or 0) / 1e3, "what": "co2lib"},
        ]
    return rows


def failed_read() -> Rows:
    """Replay ten seconds at 50 W whose fifth read fails, with the failure taken for 0 and by co2lib."""
    counts: list[tuple[float, int | None]] = [(float(t), 1_000_000_000 + 50_000_000 * t) for t in range(11)]
    counts[5] = (5.0, None)
    rows: Rows = []
    zeroed = 0.0
    for (_, before), (t, now) in itertools.pairwise(counts):
        step = (now or 0) - (before or 0)
        zeroed += (step if step >= 0 else step + RANGE_UJ) / 1e6
        energy = meter.integrate_counter(rapl(), counts, (0.0, t)).window.energy_j
        rows += [
            {"s": t, "J": zeroed, "what": "failure taken for 0"},
            {"s": t, "J": energy, "what": "co2lib"},
        ]
    return rows


def reset() -> Rows:
    """Restart the counter of a GPU in the tenth second, as a driver reload does: value and hard bounds."""
    info = meter.MeterInfo(
        "GPU-0", kind="counter", domain="gpu", device="gpu", provider="nvml", unit="mJ", p_max_w=400
    )
    counts: list[tuple[float, int]] = [(float(t), 9_000_000 + 200_000 * t) for t in range(10)]
    counts += [(float(t), 200_000 * (t - 9)) for t in range(10, 21)]
    rows: Rows = []
    for t, _ in counts[1:]:
        window = meter.integrate_counter(info, counts, (0.0, t)).window
        rows.append({"s": t, "J": window.energy_j, "low": window.bounds_j[0], "high": window.bounds_j[1]})
    return rows


def cut() -> Rows:
    """End a region between two reads 1 s apart: the value and how far off it can be."""
    counts = [(float(t), 100_000_000 * t) for t in range(5)]
    rows: Rows = []
    for i in range(1, 161):
        end = i / 40
        window = meter.integrate_counter(rapl(p_max_w=250), counts, (0.0, end)).window
        rows.append({"s": end, "J": window.energy_j, "low": window.bounds_j[0], "high": window.bounds_j[1]})
    return rows


def burst_power(t: float) -> float:
    """300 W for 80 ms of every 0.51 s, else 60 W."""
    return 300.0 if t % 0.51 < 0.08 else 60.0


def bursts() -> Rows:
    """Two minutes of short bursts: power integrated at several periods, and a counter read once a second."""
    fine = 0.001
    truth = sum(burst_power((i + 0.5) * fine) for i in range(int(120 / fine))) * fine
    rows: Rows = []
    for period in (2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02):
        info = meter.MeterInfo("psu", kind="power", provider="user")
        samples = [(i * period, burst_power(i * period)) for i in range(round(120 / period) + 1)]
        energy = meter.integrate_power(info, samples).window.energy_j or 0
        rows.append({"how": f"power every {period:g} s", "percent": 100 * (energy / truth - 1)})
    joules, counts = 0.0, []
    for i in range(120_001):
        if i % 1000 == 0:
            counts.append((i * fine, int(joules * 1e6)))
        joules += burst_power((i + 0.5) * fine) * fine
    energy = meter.integrate_counter(rapl(), counts).window.energy_j or 0
    rows.append({"how": "counter every 1 s", "percent": 100 * (energy / truth - 1)})
    return rows


SCENES: dict[str, Callable[[], Rows]] = {
    "wraps": wraps,
    "failed_read": failed_read,
    "reset": reset,
    "cut": cut,
    "bursts": bursts,
}


def _lines(alt: Any, rows: Rows, axes: tuple[str, str], title: str, names: Iterable[str]) -> Any:
    x, y = axes
    colour = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=list(names), range=[BLUE, RED, GREY]),
        legend=alt.Legend(orient="top"),
    )
    return (
        alt.Chart(alt.Data(values=rows), title=title)
        .mark_line(strokeWidth=2)
        .encode(x=alt.X(f"{x}:Q"), y=alt.Y(f"{y}:Q"), color=colour)
    )


def _band(alt: Any, rows: Rows, title: str) -> Any:
    base = alt.Chart(alt.Data(values=rows), title=title).encode(x=alt.X("s:Q"))
    band = base.mark_area(opacity=0.25, color=BLUE).encode(y=alt.Y("low:Q", title="J"), y2="high:Q")
    return band + base.mark_line(color=BLUE, strokeWidth=2).encode(y="J:Q")


def chart(alt: Any, name: str) -> Any:
    """Return the picture of a scene."""
    rows = SCENES[name]()
    if name == "wraps":
        names = ("co2lib", "last minus first read", "the counter itself")
        made = _lines(alt, rows, ("minute", "kJ"), "A 32-bit counter at 150 to 250 W", names)
    elif name == "failed_read":
        made = _lines(alt, rows, ("s", "J"), "One failed read at 50 W", ("co2lib", "failure taken for 0"))
        made = made.encode(y=alt.Y("J:Q", scale=alt.Scale(type="log")))
    elif name == "reset":
        made = _band(alt, rows, "A counter that restarts: value and hard bounds")
    elif name == "cut":
        made = _band(alt, rows, "A marker that ends between two reads of 1 s: value and hard bounds")
    else:
        made = (
            alt.Chart(
                alt.Data(values=rows), title="Bursts of 80 ms every 0.51 s: error of the energy in percent"
            )
            .mark_bar(color=BLUE)
            .encode(x=alt.X("percent:Q", title="percent"), y=alt.Y("how:N", sort=None, title=None))
        )
    return made.properties(width=520, height=220)


def main() -> None:
    """Write all pictures."""
    import altair

    folder = Path(__file__).parent
    for name in SCENES:
        chart(altair, name).save(folder / f"{name}.svg")
        print(folder / f"{name}.svg")


if __name__ == "__main__":
    main()
