# SPDX-License-Identifier: MIT
"""What the report shows of runs: rows for charts and tables, from footprints and logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from co2lib._errors import BadValueError
from co2lib.report._compare import LEAST_PAIRS, Comparison, compare
from co2lib.report._log import LogReader, read_log

if TYPE_CHECKING:
    from co2lib.tracker import Footprint

OUTSIDE = "(outside of regions)"


@dataclass(slots=True)
class RunView:
    """A run with its name in the report, its footprint, and its log where there is one."""

    name: str
    footprint: Footprint
    log: LogReader | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The footprint's JSON."""
        found: dict[str, Any] = self.footprint.to_dict()
        return found

    @property
    def pue(self) -> float:
        """Facility energy per IT energy that the run was priced with."""
        return self.footprint.facility.pue

    @property
    def own(self) -> float | None:
        """Mean g/kWh that the run was priced with, PUE not included."""
        intensity = self.footprint.carbon_intensity
        return None if intensity is None else intensity.g_per_kwh

    def price(self, joules: float | None, grams: float | None) -> dict[str, Any]:
        """Return what the page needs to price an energy again: J, its own g/kWh, its PUE."""
        own = self.own
        if joules and grams is not None:
            own = grams / (joules / 3.6e6) / self.pue
        return {"j": joules, "own": own, "pue0": self.pue}


def view_of(source: Any, name: str | None = None) -> RunView:
    """Return the view of a log's path, a Run, a Footprint, or an object with a footprint."""
    from co2lib import tracker

    if isinstance(source, str | Path):
        path = Path(source)
        if path.suffix == ".json" and path.is_file():  # what `co2lib show --json` writes
            text = path.read_text(encoding="utf-8", errors="replace")
            return RunView(name or path.stem, tracker.Footprint.from_json(text))
        return RunView(name or path.stem, tracker.load(path).footprint(), read_log(path))
    if isinstance(source, tracker.Run):
        source = source.footprint()
    found = source if isinstance(source, tracker.Footprint) else getattr(source, "footprint", None)
    if not isinstance(found, tracker.Footprint):
        raise BadValueError(
            "hub.bad_value",
            f"report: takes a log, a footprint, a run or a study, not {type(source).__name__}",
        )
    project = found.to_dict()["context"]["project"]
    log = getattr(getattr(source, "tracker", None), "log", None)
    reader = read_log(log) if log is not None and Path(log).exists() else None
    return RunView(name or project or found.run_id[:8], found, reader)


def distinct(views: list[RunView]) -> list[RunView]:
    """Give views of one name numbers, so that every name is there once."""
    counts = Counter(view.name for view in views)
    seen: Counter[str] = Counter()
    for view in views:
        if counts[view.name] > 1:
            seen[view.name] += 1
            view.name = f"{view.name} ({seen[view.name]})"
    return views


def _low_high(part: dict[str, Any], unit: str = "j") -> tuple[float | None, float | None]:
    pair = part.get(f"interval_{unit}") or (None, None)
    return pair[0], pair[1]


def _width(pair: Sequence[float | None]) -> float | None:
    low, high = pair
    return None if low is None or high is None else high - low


def devices(view: RunView) -> list[dict[str, Any]]:
    """Return the devices: energy with interval, and what makes the interval wide."""
    rows = []
    for device in view.document["devices"]:
        low, high = _low_high(device)
        bounds = device.get("bounds_j") or (None, None)
        readings = _width(bounds)
        whole = _width((low, high))
        rows.append(
            {
                "id": device["id"],
                "name": device["name"] or device["id"],
                "method": device["method"],
                "coverage": device["coverage"],
                "in_total": device["in_total"],
                "mean_w": device["mean_w"],
                "low": low,
                "high": high,
                "readings_j": readings,
                "error_j": None if whole is None or readings is None else whole - readings,
                **view.price(device["energy_j"], None),
            }
        )
    return rows


def _noise_free(part: float | None, whole: float | None) -> float | None:
    """Return what is left of a difference of two sums; 0 where it is the rounding of their digits."""
    return 0.0 if part is not None and whole is not None and abs(part) < 1e-9 * abs(whole) else part


def regions(view: RunView) -> list[dict[str, Any]]:
    """Return the regions by name, each with its own energy; what lies outside of all regions is a row too."""
    rows = []
    for region in view.document["regions"]:
        low, high = _low_high(region)
        rows.append(
            {
                "name": region["name"],
                "count": region["count"],
                "duration_s": region["duration_s"],
                "inclusive_j": region["inclusive_j"],
                "low": low,
                "high": high,
                **view.price(_noise_free(region["exclusive_j"], region["inclusive_j"]), None),
                "own": view.price(region["inclusive_j"], region["operational"]["value_g"])["own"],
            }
        )
    total = view.document["energy"]["value_j"]
    parts = [row["j"] for row in rows]
    if rows and total is not None and None not in parts:
        rest = total - sum(parts)
        # Regions of several threads overlap, so that their sum may be more than the whole: then there is no
        # rest.
        if rest > total * 1e-9:
            outside = {"name": OUTSIDE, "count": None, "duration_s": None, "inclusive_j": rest, "low": None}
            rows.append({**outside, "high": None, **view.price(rest, None)})
    rows.sort(key=lambda row: -(row["j"] or 0.0))
    whole = sum(row["j"] or 0.0 for row in rows)
    for row in rows:
        row["percent"] = 100 * row["j"] / whole if row["j"] is not None and whole > 0 else None
    return rows


def interval_parts(view: RunView) -> list[dict[str, Any]]:
    """Return what the interval of the carbon is made of, each as a width in percent of the value.

    The energy's part is its interval's width; the rest of the carbon's width is the carbon intensity's.
    """
    document = view.document
    energy, grams = document["energy"], document["operational"]
    value = energy["value_j"]
    rows: list[dict[str, Any]] = []
    if not value:
        return rows
    for device in devices(view):
        if not device["in_total"] or device["error_j"] is None:
            continue
        for what, width in (
            ("gaps, resets, rounding", device["readings_j"]),
            ("sensor or model", device["error_j"]),
        ):
            if width and width > 0:
                rows.append(
                    {"part": device["name"], "what": what, "percent": 100 * width / value, "width_j": width}
                )
    low, high = _low_high(grams, "g")
    width = _low_high(energy)
    if grams["value_g"] and low is not None and high is not None and None not in width:
        whole = 100 * (high - low) / grams["value_g"]
        own = 100 * ((width[1] or 0) - (width[0] or 0)) / value
        if whole > own * (1 + 1e-9):
            rows.append(
                {
                    "part": "carbon intensity",
                    "what": "factor of the grid",
                    "percent": whole - own,
                    "width_j": None,
                }
            )
    return rows


def unlike(views: list[RunView]) -> list[str]:
    """Return in what runs that stand side by side are not alike, so that a difference may come from it."""

    def several(of: Callable[[dict[str, Any]], str]) -> list[str]:
        found = list(dict.fromkeys(of(view.document) for view in views))
        return [text or "unknown" for text in found] if len(found) > 1 else []

    def counted(document: dict[str, Any]) -> str:
        kinds = Counter(d["device"] for d in document["devices"] if d["in_total"])
        return " and ".join(f"{n} x {kind}" for kind, n in sorted(kinds.items())) or "nothing"

    def scope(document: dict[str, Any]) -> str:
        found = document["scope"]
        return "the whole machine" if found is None else f"the share of a {found['scope']}"

    def method(document: dict[str, Any]) -> str:
        modelled = sum(m["share"] for m in document["methods"] if m["method"] == "model")
        return "models" if modelled >= 0.5 else "sensors"

    known = [
        ("machines", several(lambda d: str(d["context"]["host"]))),
        ("processors", several(lambda d: str(d["context"]["cpu_model"]))),
        ("counted", several(scope)),
        ("devices in the total", several(counted)),
        ("energy mostly from", several(method)),
        ("state", several(lambda d: "ended" if d["complete"] else "not ended")),
    ]
    return [f"{what}: {', '.join(values)}" for what, values in known if values]


@dataclass(frozen=True, slots=True)
class Compared:
    """A run, or the runs of a project, beside the baseline."""

    name: str
    baseline: str
    unit: str
    result: Comparison | None
    why_not: str = ""


def comparisons(views: list[RunView]) -> list[Compared]:
    """Compare every run with the first one, or, where projects were repeated, every project with the first.

    Runs of two or more projects with at least three runs each are paired in the order of their start.
    Otherwise the regions of one name are paired in their order: the name that both have three times or more
    and that used the most energy.
    """
    projects: dict[str, list[RunView]] = {}
    for view in sorted(views, key=lambda v: v.footprint.start):
        projects.setdefault(view.document["context"]["project"], []).append(view)
    if len(projects) > 1 and all(len(group) >= LEAST_PAIRS for group in projects.values()):
        (first, group), *others = projects.items()
        return [_pair(name, first, "run", _energies(more), _energies(group)) for name, more in others]
    return [_by_region(view, views[0]) for view in views[1:]]


def _energies(group: list[RunView]) -> list[float | None]:
    return [view.footprint.energy.joules for view in group]


def _units(view: RunView) -> dict[str, list[float | None]]:
    return {
        name: [one.energy.joules for one in reversed(region.each)]
        for name, region in view.footprint.regions.items()
    }


def _by_region(view: RunView, base: RunView) -> Compared:
    ours, theirs = _units(view), _units(base)
    shared = [n for n in theirs if min(len(theirs[n]), len(ours.get(n, []))) >= LEAST_PAIRS]
    if not shared:
        why = f"no region that both runs have {LEAST_PAIRS} times or more; repeat the runs, or mark regions"
        return Compared(view.name, base.name, "", None, why)
    name = max(shared, key=lambda n: sum(j or 0.0 for j in theirs[n]))
    return _pair(view.name, base.name, f"region {name}", ours[name], theirs[name])


def _pair(name: str, base: str, unit: str, ours: list[float | None], theirs: list[float | None]) -> Compared:
    # The newest of each: a long run keeps only those.
    pairs = [(a, b) for a, b in zip(theirs, ours, strict=False) if a is not None and b is not None]
    if len(pairs) < LEAST_PAIRS:
        return Compared(
            name, base, unit, None, f"only {len(pairs)} pairs with a value; {LEAST_PAIRS} are needed"
        )
    remark = ""
    if len(ours) != len(theirs):
        remark = f"{len(theirs)} beside {len(ours)}: the first {len(pairs)} of each were paired"
    return Compared(name, base, unit, compare([a for a, _ in pairs], [b for _, b in pairs]), remark)
