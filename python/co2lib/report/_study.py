# SPDX-License-Identifier: MIT
"""Studies of inference: what each model uses per phase, as a file (``co2lib-study/1``) and as numbers."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from co2lib._errors import BadValueError, SystemFailureError
from co2lib.report import _text
from co2lib.report._figures import J_PER_KWH, rounded

SCHEMA = "co2lib-study/1"
PROVENANCES = ("measured", "modelled", "simulated")
WATERMARKS = {"measured": "", "modelled": "ESTIMATED, not measured", "simulated": "SIMULATED DATA"}
KINDS = ("one_off", "marginal")
LEAST = "≥ "
MOST_ANSWERS = 10
LETTERS = "ABCDE"
REPORT_CLASSES = ("unknown", "context", "basic", "awareness", "optimization", "certified")
"""Names of the reporting classes, 0 to 5: those of :func:`co2lib.hub.report_class_names`."""


def _bad(message: str) -> BadValueError:
    return BadValueError("explorer.bad_study", message)


def _check(document: Any, where: str) -> dict[str, Any]:
    """Return a document that is a study; keys that are not known stay."""
    if not isinstance(document, dict):
        raise _bad(f"{where}: expected an object of schema {SCHEMA}")
    schema = document.get("schema")
    if schema != SCHEMA:
        raise _bad(f"{where}: schema is {schema!r}; this version reads {SCHEMA}")
    if document.get("provenance") not in PROVENANCES:
        raise _bad(f"{where}: provenance: expected one of {', '.join(PROVENANCES)}")
    grid = document.get("grid")
    if not isinstance(grid, dict):
        raise _bad(f"{where}: grid: expected an object")
    _number(grid.get("g_per_kwh"), f"{where}: grid.g_per_kwh", least=0)
    _number(grid.get("pue"), f"{where}: grid.pue", least=1)
    models = document.get("models")
    if not isinstance(models, list) or not models:
        raise _bad(f"{where}: models: expected a list of at least one")
    names = set()
    for i, model in enumerate(models):
        here = f"{where}: models[{i}]"
        if not isinstance(model, dict) or not isinstance(model.get("name"), str):
            raise _bad(f"{here}: expected an object with a name")
        if model["name"] in names:
            raise _bad(f"{here}: the name {model['name']!r} is there twice")
        names.add(model["name"])
        if model.get("status") not in ("ok", "failed"):
            raise _bad(f"{here}.status: expected ok or failed")
        label = model.get("label")
        letter = label.get("label") if isinstance(label, dict) else label
        if letter is not None and letter not in tuple(LETTERS):
            raise _bad(f"{here}.label: expected one of {', '.join(LETTERS)}, got {letter!r}")
        reported = model.get("report_class")
        if reported is not None and reported not in REPORT_CLASSES:
            known = ", ".join(REPORT_CLASSES)
            raise _bad(f"{here}.report_class: expected one of {known}, got {reported!r}")
        for j, phase in enumerate(model.get("phases") or []):
            place = f"{here}.phases[{j}]"
            if not isinstance(phase, dict) or phase.get("kind") not in KINDS:
                raise _bad(f"{place}.kind: expected one_off or marginal")
            energy = phase.get("energy_j")
            if energy is not None:
                for key in ("median", "low", "high"):
                    if energy.get(key) is not None:
                        _number(energy[key], f"{place}.energy_j.{key}", least=0)
    return document


def _number(value: Any, where: str, *, least: float) -> None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or value < least
    ):
        raise _bad(f"{where}: expected a number of at least {least:g}, got {value!r}")


class Study:
    """What models use for one input, phase by phase; energies in J, carbon is never stored.

    Parameters
    ----------
    document : mapping
        Of schema ``co2lib-study/1``.

    Raises
    ------
    co2lib.Error
        ``explorer.bad_study`` naming the field that is wrong.
    """

    def __init__(self, document: Mapping[str, Any], *, where: str = "study") -> None:
        self.document: dict[str, Any] = _check(dict(document), where)

    @classmethod
    def load(cls, path: str | Path) -> Study:
        """Read a study file; ``explorer.bad_study`` for one that is none, or that cannot be read."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise SystemFailureError("explorer.bad_study", f"{path}: cannot read: {error}") from error
        try:
            document = json.loads(text)
        except ValueError as error:
            raise _bad(f"{path}: not JSON: {error}") from error
        return cls(document, where=str(path))

    @classmethod
    def from_codecarbon(cls, path: str | Path) -> Study:
        """Read CodeCarbon's emissions.csv as a study of one model; a row is a phase, named by its project.

        The grid factor is total g / total kWh. A phase named ``load`` is one-off, every other one marginal;
        of rows of one name each is a repetition. ``cpu_power`` of 0 is flagged ``cpu_not_measured``.

        Raises
        ------
        co2lib.Error
            ``explorer.bad_study`` naming the line and the column that is wrong.
        """
        from co2lib.report._codecarbon import document_of

        return cls(document_of(Path(path)), where=str(path))

    def save(self, path: str | Path) -> Path:
        """Write the study file."""
        target = Path(path)
        target.write_text(self.to_json() + "\n", encoding="utf-8")
        return target

    def to_json(self) -> str:
        """Return the study as JSON."""
        return json.dumps(self.document, indent=1, ensure_ascii=False, allow_nan=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Study) and self.document == other.document

    __hash__ = None  # type: ignore[assignment]

    @property
    def models(self) -> list[dict[str, Any]]:
        """The records of the models, in the order of the study."""
        found: list[dict[str, Any]] = self.document["models"]
        return found

    @property
    def watermark(self) -> str:
        """What every picture and table says of data that were not measured; empty where they were."""
        return WATERMARKS[self.document["provenance"]]

    @property
    def g_per_kwh(self) -> float:
        """Carbon intensity of the study's place."""
        return float(self.document["grid"]["g_per_kwh"])

    @property
    def pue(self) -> float:
        """Facility energy per IT energy."""
        return float(self.document["grid"]["pue"])

    def grams(
        self, joules: float | None, g_per_kwh: float | None = None, pue: float | None = None
    ) -> float | None:
        """Price an energy in J: J / 3.6e6 times g/kWh times PUE."""
        if joules is None:
            return None
        factor = self.g_per_kwh if g_per_kwh is None else g_per_kwh
        return joules / J_PER_KWH * factor * (self.pue if pue is None else pue)

    def __str__(self) -> str:
        lines = [self.watermark] if self.watermark else []
        for model in self.models:
            j = marginal_j(model)
            known = f"{least(model)}{_text.energy(j)}, {_text.mass(self.grams(j))} CO2e per inference"
            lines.append(f"{model['name']}: {known if j is not None else model.get('error') or 'unknown'}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<co2lib.report.Study {len(self.models)} models, {self.document['provenance']}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Give a notebook the text, and the table with a picture where altair and vl-convert are there."""
        del include, exclude
        picture = ""
        with contextlib.suppress(ImportError, OSError):  # without the extra the table is all
            import base64

            from co2lib.report import chart
            from co2lib.report._charts import vl_convert

            svg = vl_convert().vegalite_to_svg(chart(self, "total").to_dict())
            data = base64.b64encode(svg.encode()).decode()
            picture = f"<img alt='Carbon per inference' src='data:image/svg+xml;base64,{data}'>"
        return {"text/plain": str(self), "text/html": self._repr_html_() + picture}

    @staticmethod
    def schema() -> dict[str, Any]:
        """Return the JSON Schema of study files (draft 2020-12)."""
        file = Path(__file__).parent / "assets" / "study.schema.json"
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def card(
        self, name: str, *, g_per_kwh: float | None = None, pue: float | None = None, n: float = 1000
    ) -> str:
        """Return the ``co2_eq_emissions`` block of a model card for N inferences with one loading.

        Parameters
        ----------
        name : str
            Of a model of the study.
        g_per_kwh, pue : float, optional
            Another price than the study's.
        n : float
            Inferences.

        Raises
        ------
        co2lib.Error
            ``hub.bad_value`` for a model that is not there, or whose energy is unknown.
        """
        from co2lib import hub
        from co2lib.report._figures import amortise, bad

        model = next((m for m in self.models if m["name"] == name), None)
        j = None if model is None else marginal_j(model)
        if model is None or j is None:
            raise bad(f"card: {name!r} is no model of this study whose energy is known")
        total = amortise(one_off_j(model) or 0.0, j, n).total_j
        how = "measured" if self.document["provenance"] == "measured" else self.watermark
        how += ", what is below the meter's resolution not included" if least(model) else ""
        device = self.document.get("device") or {}
        hardware = ", ".join(str(x) for x in [*(device.get("gpus") or []), device.get("cpu")] if x)
        record: dict[str, Any] = {
            "emissions": self.grams(total, g_per_kwh, pue),
            "source": f"co2lib {self.document.get('co2lib_version') or ''}: {n:g} inferences, {how}",
            "training_type": "inference",
            "energy_consumed": total / J_PER_KWH,
        }
        if g_per_kwh is None and self.document["grid"].get("region"):
            record["geographical_location"] = str(self.document["grid"]["region"])
        if hardware:
            record["hardware_used"] = hardware
        return hub.write_block(record).yaml

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{escape(m['name'])}</th><td>{least(m)}{_text.energy(marginal_j(m))}</td>"
            f"<td>{least(m)}{_text.mass(self.grams(marginal_j(m)))}</td></tr>"
            for m in self.models
        )
        mark = f"<caption>{escape(self.watermark)}</caption>" if self.watermark else ""
        head = "<tr><th>model</th><th>energy per inference</th><th>carbon (CO2e)</th></tr>"
        return f"<table>{mark}<thead>{head}</thead><tbody>{rows}</tbody></table>"


def _median(phase: Mapping[str, Any]) -> float | None:
    return (phase.get("energy_j") or {}).get("median")


def _of(model: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [phase for phase in model.get("phases") or [] if phase["kind"] == kind]


def marginal_j(model: Mapping[str, Any]) -> float | None:
    """Return the J of one inference: the sum of the medians of its phases; None where one has none.

    A phase below the resolution of the meter counts 0 and is flagged there; :func:`least` marks the sum.
    """
    phases = _of(model, "marginal")
    values = [0.0 if "below_resolution" in p.get("flags", ()) else _median(p) for p in phases]
    known = [value for value in values if value is not None]
    return None if model["status"] != "ok" or not values or len(known) < len(values) else math.fsum(known)


def least(model: Mapping[str, Any]) -> str:
    """Return the mark of a total in which phases below the meter's resolution count 0; else nothing."""
    below = any("below_resolution" in p.get("flags", ()) for p in _of(model, "marginal"))
    return LEAST if below and model["status"] == "ok" else ""


def answers(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a model answered: label, probability, and that as a text; best first, at most ten."""
    found = sorted(model.get("predictions") or [], key=lambda p: -p["probability"])[:MOST_ANSWERS]
    return [{**p, "text": rounded(p["probability"], 3)} for p in found]


def best_answer(model: Mapping[str, Any]) -> str:
    """Return a model's best answer with its probability; empty where it has none."""
    found = answers(model)
    return f"{found[0]['label']} ({found[0]['text']})" if found else ""


def versions(study: Study) -> str:
    """Return the versions of the models, as far as they have any."""
    return ", ".join(f"{m['name']} {m['version']}" for m in study.models if m.get("version"))


def above_idle_j(study: Study, phases: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the J that phases use above what the machine uses anyway; None where that was not measured."""
    boundary = study.document.get("boundary") or {}
    if boundary.get("idle_w") is None or boundary.get("net") or not phases:
        return None
    found = 0.0
    for phase in phases:
        joules, lasted = _median(phase), (phase.get("seconds") or {}).get("median")
        if joules is None or lasted is None:
            return None
        found += joules - boundary["idle_w"] * lasted
    return found


def above_idle(study: Study, phases: Sequence[Mapping[str, Any]]) -> str:
    """Return :func:`above_idle_j` as a text, empty where it is not known; noise may leave it below 0."""
    j = above_idle_j(study, phases)
    return "" if j is None else ("-" if j < 0 else "") + _text.energy(abs(j))


def one_off_j(model: Mapping[str, Any]) -> float | None:
    """Return the J of loading; None where it was not measured."""
    values = [value for p in _of(model, "one_off") if (value := _median(p)) is not None]
    return math.fsum(values) if values and model["status"] == "ok" else None


def per_inference(model: Mapping[str, Any], n: float, load: bool = True) -> float | None:
    """Return the J of one inference, with its part of the loading if that is wanted."""
    j = marginal_j(model)
    return None if j is None else j + ((one_off_j(model) or 0.0) / n if load else 0.0)


def marginal_interval(model: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the interval of the sums of each repetition, or None where repetitions are not stored."""
    from co2lib.report._figures import median_interval

    columns = [(p.get("energy_j") or {}).get("values") or [] for p in _of(model, "marginal")]
    count = min((len(c) for c in columns), default=0)
    if model["status"] != "ok" or count == 0:
        return None
    found = median_interval([math.fsum(column[i] for column in columns) for i in range(count)])
    return found.low, found.high
