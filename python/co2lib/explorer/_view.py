# SPDX-License-Identifier: MIT
"""A study as one visitor of the explorer looks at it. Nothing here measures."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping
from typing import Any

from co2lib.report import Study, _linked, _study_more, _text, _tradeoff, label_svg, pareto, sort_models
from co2lib.report._charts import altair, vl_convert
from co2lib.report._study import (
    above_idle,
    best_answer,
    least,
    marginal_interval,
    marginal_j,
    one_off_j,
    per_inference,
    versions,
)
from co2lib.report._study import answers as answers_of

HEADS = [
    *("Model", "Energy", "Carbon", "95 % interval", "Above idle", "Loading", "Energy of all N"),
    *("Carbon of all N", "Answer", "Quality", "State"),
]
MODE = "css"
"""Figures name the colours of the page, which follow its theme."""
PHASE_HEADS = ["Phase", "When", "Energy", "Carbon", "Percent", "Remarks"]
ANSWER_HEADS = ["Answer", "Probability"]
PLACES = ["Place", "g CO2e/kWh", "Carbon per inference"]
FRONT_HEADS = ["Model", "Carbon", "Quality", "Measure", "Front"]
CHOSEN = "▶ "
"""Stands before the name of the model in detail, in figures and tables."""
LONG = ' class="long"'
OUTLINE = "outline: 2px solid var(--accent); outline-offset: -2px"


def styled(heads: list[str], rows: list[list[str]], picked: str | None = None) -> dict[str, Any]:
    """Return a table as Gradio takes it, the row of the model in detail with an outline."""
    styles = [[OUTLINE if row[0] == f"{CHOSEN}{picked}" else ""] * len(row) for row in rows]
    return {"headers": heads, "data": rows, "metadata": {"display_value": rows, "styling": styles}}


def remark(flag: str) -> str:
    """Return a flag of a model as words; empty for one that its table says in another column."""
    if flag.startswith("repetitions_"):
        done, _, of = flag.removeprefix("repetitions_").partition("_of_")
        return f"{done} of {of} repetitions"
    return {"load_not_measured": "", "phase_sum_mismatch": "sums of repetitions lie elsewhere"}.get(
        flag, flag
    )


class View:
    """A study as one visitor looks at it; nothing here measures.

    Parameters
    ----------
    study : Study
        What was measured.
    g_per_kwh, pue, n, load
        The price, and over how many inferences the loading is spread.
    by, descending
        The order: carbon, energy, time or name.
    """

    def __init__(
        self,
        study: Study,
        *,
        g_per_kwh: float,
        pue: float = 1.0,
        n: float = 1000,
        load: bool = True,
        by: str = "Carbon",
        descending: bool = True,
    ) -> None:
        self.study, self.g_per_kwh, self.pue, self.n, self.load = study, g_per_kwh, pue, n, load
        order = "descending" if descending else "ascending"
        keys = {m["name"]: self._key(m, by) for m in study.models}
        items = [{"name": name, "grams": key} for name, key in keys.items()]
        names = sort_models(items, "name" if by == "Name" else "emission", order)
        by_name = {m["name"]: m for m in study.models}
        self.models = [by_name[name] for name in names]

    def _key(self, model: Mapping[str, Any], by: str) -> float | None:
        if by == "Time":
            if marginal_j(model) is None:
                return None
            return sum(
                (p.get("seconds") or {}).get("median") or 0.0
                for p in model["phases"]
                if p["kind"] == "marginal"
            )
        return per_inference(model, self.n, self.load)

    def grams(self, joules: float | None) -> float | None:
        """Price an energy in J as this visitor chose."""
        return self.study.grams(joules, self.g_per_kwh, self.pue)

    def named(self, text: str) -> str:
        """Return the name of a table, which says so where its numbers were not measured."""
        return f"{text} ({self.study.watermark})" if self.study.watermark else text

    def rows(self, picked: str | None = None) -> list[list[str]]:
        """Return the table of the models, that of the model in detail marked."""
        rows = []
        for m in self.models:
            j = per_inference(m, self.n, self.load)
            low, high = marginal_interval(m) or (None, None)
            every = None if j is None else self.n * j
            mark = "" if j is None else least(m)
            rows.append(
                [
                    (CHOSEN if m["name"] == picked else "") + m["name"],
                    mark + _text.energy(j),
                    mark + _text.mass(self.grams(j)),
                    _text.between(low, high, _text.ENERGY),
                    above_idle(self.study, [p for p in m["phases"] if p["kind"] == "marginal"]),
                    _text.energy(one_off_j(m)) if one_off_j(m) is not None else "not measured",
                    mark + _text.energy(every),
                    mark + _text.mass(self.grams(every)),
                    best_answer(m),
                    _study_more.quality_of(m),
                    self._state(m),
                ]
            )
        return rows

    def _state(self, model: Mapping[str, Any]) -> str:
        if model["status"] != "ok":
            return f"failed: {model.get('error') or 'unknown'}"
        remarks = [text for flag in model.get("flags") or [] if (text := remark(flag))]
        return ", ".join([str(self.study.document["provenance"]), *remarks])

    def phases(self, name: str | None) -> list[list[str]]:
        """Return the table of one model's phases; the parts add up to its total."""
        model = next((m for m in self.models if m["name"] == name), None)
        if model is None or marginal_j(model) is None:
            return []
        total = per_inference(model, self.n, self.load) or 0.0
        rows = []
        for p in model["phases"]:
            median = (p.get("energy_j") or {}).get("median")
            once = p["kind"] == "one_off"
            if once and not self.load:
                continue
            j = median / self.n if once and median is not None else median
            share = 100 * j / total if j is not None and total > 0 else None
            when = f"once, over {self.n:g}" if once else "each inference"
            flags = ", ".join(p.get("flags") or [])
            known = _text.energy(j)
            if "below_resolution" in (p.get("flags") or []):
                known = f"at most {_text.energy((p.get('energy_j') or {}).get('high'))}"
            rows.append([p["name"], when, known, _text.mass(self.grams(j)), _text.percent(share), flags])
        return rows

    def answers(self, name: str | None) -> list[list[str]]:
        """Return what a model answered, best first."""
        model = next((m for m in self.models if m["name"] == name), None)
        return [[p["label"], p["text"]] for p in answers_of(model or {})]

    def tiles(self) -> str:
        """Return totals as HTML; every name in it is text."""
        grams = [
            (g, m["name"])
            for m in self.models
            if (g := self.grams(per_inference(m, self.n, self.load))) is not None
        ]
        total = sum(g for g, _ in grams)
        mark = next((text for m in self.models if (text := least(m))), "")
        facts = [
            ("Total, one inference each", mark + _text.mass(total) if grams else "none"),
            ("Mean per model", mark + _text.mass(total / len(grams)) if grams else "none"),
            ("Least carbon", min(grams)[1] if grams else "none"),
            ("Models", f"{len(grams)} of {len(self.models)}"),
        ]
        watermark = (
            f"<p><span class='co2-mark'>{html.escape(self.study.watermark)}</span></p>"
            if self.study.watermark
            else ""
        )
        inner = "".join(
            f"<div>{html.escape(what)}<b{LONG if len(value) > 18 else ''}>{html.escape(value)}</b></div>"
            for what, value in facts
        )
        return f"{watermark}<div class='co2-tiles'>{inner}</div>"

    def _at(self, name: str | None) -> int:
        names = [m["name"] for m in self.study.models]
        return names.index(name) if name in names else -1

    def _parameters(self) -> list[Any]:
        order = [self._at(m["name"]) for m in self.models]
        return _linked.parameters(
            self.study, g_per_kwh=self.g_per_kwh, pue=self.pue, n=self.n, load=self.load, order=order
        )

    def chart(self, name: str | None) -> Any:
        """Return the figure of linked views, with this model opened; None where nothing was measured."""
        if not any(marginal_j(m) is not None for m in self.models):
            return None
        return _linked.linked(self.study, self._at(name), self._parameters(), MODE)

    def picture(self, name: str | None) -> tuple[str | None, bytes | None]:
        """Return the figure as SVG and PNG in light colours; None where nothing was measured."""
        if not any(marginal_j(m) is not None for m in self.models):
            return None, None
        first = self.models[0]["name"] if self._at(name) < 0 else name
        figure = _linked.linked(self.study, self._at(first), self._parameters(), "light").to_dict()
        return vl_convert().vegalite_to_svg(figure), vl_convert().vegalite_to_png(figure, scale=2)

    def tradeoff(self, name: str | None) -> Any:
        """Return carbon against quality with the front; None where no model has a quality."""
        figure = _tradeoff.tradeoff(self.study, MODE, [*self._parameters(), self._picked(name)])
        return None if figure is None else _linked.alone(figure, "Carbon against quality", MODE)

    def fronts(self, picked: str | None) -> list[list[str]]:
        """Return the table of carbon against quality: which models no other beats in both."""
        drawn = [
            (m, j, value)
            for m in self.models
            if (j := per_inference(m, self.n, self.load)) is not None
            and (value := _study_more.value_of(m)) is not None
        ]
        front = pareto([(j, _study_more.facts(m)["better"]) for m, j, _ in drawn])
        return [
            [
                (CHOSEN if m["name"] == picked else "") + m["name"],
                _text.mass(self.grams(j)),
                f"{value:g}",
                str(m["quality"].get("metric") or ""),
                _tradeoff.STATES[0 if i in front else 1],
            ]
            for i, (m, j, value) in enumerate(drawn)
        ]

    def regions(self, name: str | None) -> tuple[Any, list[list[str]]]:
        """Return the model in detail in other places, as a figure and as rows; None and none without it."""
        parameters = [*self._parameters(), self._picked(name)]
        spread = "datum.j0+(load?datum.once_j/n:0)"
        figure = _study_more.regions(self.study, MODE, parameters, spread)
        model = next((m for m in self.models if m["name"] == name), None)
        j = None if model is None else per_inference(model, self.n, self.load)
        if figure is None or j is None:
            return None, []
        rows = [
            [place, grams, _text.mass(self.study.grams(j, float(grams), self.pue))]
            for place, grams in ((row[0].text, row[1].text) for row in figure.rows)
        ]
        return _linked.alone(figure.chart, "The model in detail in other places", MODE), rows

    def _picked(self, name: str | None) -> Any:
        param: Any = altair().param(name="picked", value=self._at(name))
        return param

    def suggestion(self, name: str | None) -> str:
        """Return which model answers at least as well for the least carbon."""

        def better(model: Mapping[str, Any]) -> float | None:
            quality = model.get("quality") or {}
            sign = 1 if quality.get("higher_is_better", True) else -1
            return None if quality.get("value") is None else sign * float(quality["value"])

        own = next((m for m in self.models if m["name"] == name), None)
        least = None if own is None else per_inference(own, self.n, self.load)
        if own is None or least is None or better(own) is None:
            return ""
        found = [
            (j, m["name"])
            for m in self.models
            if (j := per_inference(m, self.n, self.load)) is not None
            and j < least
            and (value := better(m)) is not None
            and value >= (better(own) or 0.0)
        ]
        if not found:
            return f"No model here is at least as good as {name} for less carbon."
        j, best = min(found)
        return f"{best} is at least as good as {name} for {100 * (1 - j / least):.0f} % less carbon."

    def csv(self) -> str:
        """Return the table of the models as CSV; its first line says so where it was not measured."""
        file = io.StringIO()
        writer = csv.writer(file)
        if self.study.watermark:
            writer.writerow([self.study.watermark])
        writer.writerow(HEADS)
        writer.writerows(self.rows())
        return file.getvalue()

    def card(self, name: str | None) -> str:
        """Return the model card's block of a model; empty where its energy is unknown."""
        if name is None or marginal_j(self.study.models[self._at(name)]) is None:
            return ""
        return self.study.card(name, g_per_kwh=self.g_per_kwh, pue=self.pue, n=self.n)

    def label(self, name: str | None) -> str:
        """Return a model's efficiency letter as an SVG picture; empty where it has none."""
        model = next((m for m in self.models if m["name"] == name), None)
        if model is None or _study_more.letter_of(model) is None:
            return ""
        mark = f"{self.study.watermark}: " if self.study.watermark else ""
        grams = _text.mass(self.grams(per_inference(model, self.n, self.load)))
        return label_svg(model["label"], model["name"], note=f"{mark}{grams} per inference")

    def method(self) -> str:
        """Return how it was measured, as Markdown whose texts from outside are code or escaped."""
        d = self.study.document
        boundary, settings, device = d["boundary"], d["settings"], d["device"]
        parts = [
            f"{boundary['scope']}: {', '.join(boundary['meters']) or 'no meter'}",
            f"coverage {_text.percent(100 * boundary['coverage'])}" if boundary.get("coverage") else "",
            "idle power not subtracted"
            + (f" ({_text.power(boundary['idle_w'])}; 'Above idle' is)" if boundary.get("idle_w") else ""),
            f"batch size {settings['batch_size']}, {settings['precision']}",
            f"medians of {settings['windows']} repetitions",
            f"{self.g_per_kwh:g} g CO2e/kWh, PUE {self.pue:g}",
            ", ".join(x for x in (device.get("name"), device.get("cpu"), *(device.get("gpus") or [])) if x),
            f"versions: {versions(self.study)}" if versions(self.study) else "",
            f"measured {d['created_utc']} by co2lib {d['co2lib_version']}",
            *boundary.get("notes", []),
        ]
        return "; ".join(html.escape(part) for part in parts if part) + "."
