# SPDX-License-Identifier: MIT
"""Reporting classes, ratings and labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from co2lib._core import hub as _hub
from co2lib._core.hub import Card, Label, LetterProbabilities, Preset
from co2lib._errors import BadValueError
from co2lib._extras import require
from co2lib.hub._columns import (
    EMISSIONS,
    IDENTITIES,
    PER_GRAM,
    all_per_gram,
    is_there,
    named,
    per_gram,
    spelt,
)

Frame = Any
"""A DataFrame of pandas, which is optional."""


class ReportClass(NamedTuple):
    """The reporting class of a model: 0 to 5, and its name."""

    id: int
    name: str


def report_class(
    card: Card | None = None,
    *,
    emissions_reported: bool | None = None,
    hardware_used: str | None = None,
    geographical_location: str | None = None,
    cloud_provider: str | None = None,
    hours_used: float | None = None,
    tags: Sequence[str] = (),
    context: str = "hardware",
    zero_counts: bool = False,
    certification_tag: str = "ecocard",
) -> ReportClass:
    """Return the highest carbon-reporting class that a model reaches (Castaño et al., ESEM 2023).

    Parameters
    ----------
    card : Card, optional
        A card as read; what is given beside it wins.
    emissions_reported : bool, optional
        Default: the card has grams, above 0 unless `zero_counts`.
    tags : sequence of str
        Of the model itself, from the API and the card.
    context : str
        ``hardware`` (the study), or ``any`` of hardware, location, hours and cloud provider.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for an unknown context.
    """
    if card is not None:
        if emissions_reported is None:
            emissions_reported = card.grams is not None and (card.grams > 0 or zero_counts)
        hardware_used = hardware_used or card.hardware_used
        geographical_location = geographical_location or card.geographical_location
        cloud_provider = cloud_provider or card.cloud_provider
        hours_used = card.hours_used if hours_used is None else hours_used
    return ReportClass(
        *_hub.report_class(
            bool(emissions_reported),
            hardware_used,
            geographical_location,
            cloud_provider,
            hours_used,
            list(tags),
            context,
            certification_tag,
        )
    )


def report_class_names() -> list[str]:
    """Return the names of the reporting classes, 0 to 5."""
    return _hub.report_class_names()


def preset(name: str = "castano2023") -> Preset:
    """Return a preset by its name, with the frozen values of its population.

    Raises
    ------
    co2lib.Error
        ``hub.unknown_preset``.
    """
    return _hub.preset(name)


def preset_names() -> list[str]:
    """Return the names of the presets."""
    return _hub.preset_names()


def index(value: float | None, reference: float, *, higher_is_better: bool) -> float | None:
    """Return the index of a value: v / r where more is better, else r / v (Fischer et al. 2022)."""
    return _hub.index(value, reference, higher_is_better)


def rating(index: float, boundaries: Sequence[float], *, upper_cap: float | None = None) -> int:
    """Return the rating 0 to 4 of an index: the first k with index > b_k, else 4.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for NaN, or boundaries that are not four numbers that do not rise.
    """
    if len(boundaries) != 4:
        raise BadValueError("hub.bad_value", "boundaries: must be four numbers that do not rise")
    return _hub.rating(index, list(boundaries), upper_cap)


def compound(
    ratings: Sequence[int], weights: Sequence[float], mode: str = "mean_half_even"
) -> tuple[int, float]:
    """Return several ratings as one, 0 to 4, and their weighted mean.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for no ratings, ratings outside 0 to 4, weights not above 0, lists of unequal length
        or an unknown mode.
    """
    return _hub.compound(list(ratings), list(weights), mode)


def stars(energy_wh: Sequence[float], mode: str = "quantile") -> list[int]:
    """Return the stars 5 to 1 of the AI Energy Score, from Wh per 1,000 queries of models of one class."""
    return _hub.stars(list(energy_wh), mode)


def star_class(billion_parameters: float) -> str:
    """Return the class of a text generator in the AI Energy Score: ``A``, ``B`` or ``C``."""
    return _hub.star_class(billion_parameters)


def performance_score(metrics: Mapping[str, Sequence[float | None]]) -> list[float | None]:
    """Return the study's score of models: the harmonic mean of their metrics, each scaled to 0..1.

    Parameters
    ----------
    metrics : mapping
        Name to a list over the models, None where a model lacks it; all lists of one length.
    """
    columns = [[math.nan if x is None else float(x) for x in values] for values in metrics.values()]
    return [None if math.isnan(x) else x for x in _hub.performance_score(columns)]


def badge(label: str, about: str = "") -> str:
    """Return an SVG badge of a letter, or of what cannot be told (``A/B``)."""
    return _hub.badge(label.removesuffix(" undecided"), about or f"CO2 efficiency label {label}")


def _values(metrics: Mapping[str, Any]) -> dict[str, float]:
    values = {}
    for name, value in metrics.items():
        if value is None:
            continue
        if isinstance(value, bool | str):
            raise BadValueError("hub.bad_value", f"{name}: expected a number, got {value!r}")
        number = float(value)
        if not math.isnan(number):
            values[name] = number
    return values


def _preset(preset: str | Preset) -> Preset:
    return preset if isinstance(preset, Preset) else _hub.preset(preset)


def label_one(
    metrics: Mapping[str, float | None],
    preset: str | Preset = "castano2023",
    *,
    task: str = "inference",
    reference: Mapping[str, float | None] | None = None,
    mode: str | None = None,
) -> Label:
    """Return the efficiency label of one model.

    Parameters
    ----------
    metrics : mapping
        By the names of the preset; None is missing.
    preset : str or Preset
        A name, or what :func:`fit` has made.
    task, reference
        Of ``fischer2022``: ``inference`` or ``training``, and the reference model of the same environment.
    mode : str, optional
        How ratings become one; default: the preset's.

    Raises
    ------
    co2lib.Error
        ``hub.unknown_preset``, ``hub.bad_reference``, ``hub.bad_value``.
    """
    return _hub.label_one(_values(metrics), _preset(preset), task, _values(reference or {}), mode)


def letter_probabilities(
    metrics: Mapping[str, float | None],
    intervals: Mapping[str, tuple[float, float] | tuple[float, float, float]],
    preset: str | Preset = "castano2023",
    *,
    task: str = "inference",
    reference: Mapping[str, float | None] | None = None,
    mode: str | None = None,
    draws: int = 10_000,
    seed: int = 0,
    confidence: float = 0.95,
) -> LetterProbabilities:
    """Return how probable each letter is, where values are known within intervals.

    Parameters
    ----------
    intervals : mapping
        Name to (low, high) at 95 %, or (low, high, confidence). Quotients by the emissions follow the
        emissions of each draw, unless they have an interval of their own.
    draws, seed
        Of the bootstrap; the same give the same result.
    confidence : float
        What the letters of the verdict have together, at least: ``A/B undecided``.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for an interval that is not finite or does not hold its value.
    """
    if draws < 1 or seed < 0:
        raise BadValueError("hub.bad_value", "draws must be at least 1, seed at least 0")
    given = {
        name: (float(i[0]), float(i[1]), float(i[2]) if len(i) > 2 else 0.95) for name, i in intervals.items()
    }
    return _hub.letter_probabilities(
        _values(metrics),
        given,
        _preset(preset),
        task,
        _values(reference or {}),
        mode,
        draws,
        seed,
        confidence,
    )


Rows = list[tuple[str, dict[str, float], str, str]]


def _records(table: Frame | Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    return list(table)


def _rows(records: Iterable[Mapping[str, Any]], preset: Preset) -> Rows:
    names = {metric.name for metric in preset.metrics}
    rows: Rows = []
    for number, record in enumerate(records):
        identity = next((record[name] for name in IDENTITIES if name in record), number)
        given = named(record)
        values = _values({k: v for k, v in given.items() if k in names and is_there(v)})
        for name, size in PER_GRAM.items():
            if name in names and name not in given and is_there(given.get(size)) and EMISSIONS in values:
                values.update(_values({name: per_gram(given[size], values[EMISSIONS])}))
        rows.append(
            (str(identity), values, str(record.get("task", "inference")), str(record.get("environment", "")))
        )
    return rows


def fit(
    table: Frame | Iterable[Mapping[str, Any]],
    preset: str | Preset = "castano2023",
    reference: str = "distilgpt2",
) -> Preset:
    """Return a preset with the reference and the boundaries of a population.

    Parameters
    ----------
    table : DataFrame or mappings
        One row per model: `id` and the metrics of the preset by name (an efficiency that is not there is made
        of `size_pytorch_bin_bytes` or `datasets_size_bytes` and the emissions); for ``fischer2022`` also
        `task` and `environment`.
    reference : str
        The id of the reference model: its first row.

    Raises
    ------
    co2lib.Error
        ``hub.bad_reference`` if no row has that id.
    """
    base = _preset(preset)
    return _hub.fit(_rows(_records(table), base), base, reference)


def label(
    table: Frame | Iterable[Mapping[str, Any]],
    preset: str | Preset = "castano2023",
    *,
    mode: str | None = None,
) -> Frame:
    """Return the table with the columns `label`, `mean`, and index and rating of each metric.

    Parameters
    ----------
    table : DataFrame or mappings
        As for :func:`fit`.
    preset : str or Preset
        A name (its frozen boundaries), or what :func:`fit` has made.

    Raises
    ------
    co2lib.Error
        ``hub.unknown_preset``; ``core.missing_extra`` without pandas.
    """
    pandas = require("pandas", extra="hub", needed_for="a table of labels")
    rules = _preset(preset)
    frame = pandas.DataFrame(table if hasattr(table, "columns") else _records(table)).copy()
    found = (
        _labels_by_rows(frame, rules, mode) if rules.own_reference else _labels_by_columns(frame, rules, mode)
    )
    frame["label"] = found.letters
    frame["mean"] = found.mean
    for metric in rules.metrics:
        rating = found.ratings[metric.name]
        if (rating >= 0).any():
            frame[f"{metric.name}_index"] = found.indices[metric.name]
            frame[f"{metric.name}_rating"] = pandas.array(rating, dtype="Int64")
            frame.loc[rating < 0, f"{metric.name}_rating"] = pandas.NA
    return frame


class LabelArrays(NamedTuple):
    """Labels of many models; NaN and a rating of -1 where there is none."""

    letters: list[str | None]
    mean: Any
    indices: dict[str, Any]
    ratings: dict[str, Any]


_LETTERS = ("A", "B", "C", "D", "E", None)


def label_arrays(
    columns: Mapping[str, Any], rows: int, preset: str | Preset = "castano2023", mode: str | None = None
) -> LabelArrays:
    """Label many models at once, from arrays of numbers by name; what has no array is missing.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for a preset whose models have references of their own (``fischer2022``).
    """
    rules = _preset(preset)
    names = {metric.name for metric in rules.metrics}
    by_name = named(columns)
    for name, size in PER_GRAM.items():
        if name in names and name not in by_name and size in by_name and EMISSIONS in by_name:
            by_name[name] = all_per_gram(by_name[size], by_name[EMISSIONS])
    given = {name: values for name, values in by_name.items() if name in names}
    letters, mean, index, rating = _hub.label_columns(given, rows, rules, mode)
    order = [metric.name for metric in rules.metrics]
    return LabelArrays(
        [_LETTERS[letter] for letter in letters.tolist()],
        mean,
        dict(zip(order, index, strict=True)),
        dict(zip(order, rating, strict=True)),
    )


def _labels_by_columns(frame: Frame, rules: Preset, mode: str | None) -> LabelArrays:
    wanted = {metric.name for metric in rules.metrics} | {"grams", *PER_GRAM.values()}
    columns = {
        str(name): _numbers(str(name), frame[name]) for name in frame.columns if spelt(str(name)) in wanted
    }
    return label_arrays(columns, len(frame), rules, mode)


def _numbers(name: str, column: Any) -> Any:
    numpy = require("numpy", needed_for="a table of labels")
    if getattr(column.dtype, "kind", "O") in "iuf":
        return column.to_numpy(dtype="float64", na_value=math.nan)
    values = (_values({name: value if is_there(value) else None}) for value in column)
    return numpy.array([value.get(name, math.nan) for value in values], dtype="float64")


def _labels_by_rows(frame: Frame, rules: Preset, mode: str | None) -> LabelArrays:
    numpy = require("numpy", needed_for="a table of labels")
    labels = _hub.label_rows(_rows(_records(frame), rules), rules, mode)
    names = [metric.name for metric in rules.metrics]

    def array(values: Iterable[float | None], none: float, kind: str) -> Any:
        return numpy.array([none if value is None else value for value in values], dtype=kind)

    return LabelArrays(
        [one.label for one in labels],
        array((one.mean for one in labels), math.nan, "float64"),
        {name: array((one.index.get(name) for one in labels), math.nan, "float64") for name in names},
        {name: array((one.ratings.get(name) for one in labels), -1, "int8") for name in names},
    )


def label_text(label: Label, preset: str | Preset | None = None) -> str:
    """Return what must stand beside a letter: preset, population, reference, ratings, what is missing."""
    rules = _preset(preset if preset is not None else label.preset)
    population = f"{rules.population} {rules.population_name}"
    lines = [
        f"label {label.label or 'none: nothing can be rated'} by {rules.name}",
        f"population: {population}{', ' + rules.population_date if rules.population_date else ''}",
        f"reference: {rules.reference_model}",
    ]
    for metric in label.metrics:
        if metric.rating is not None and metric.value is not None:
            lines.append(f"  {metric.name}: {'ABCDE'[metric.rating]} ({metric.value:g} {metric.unit})")
    missing = [metric.name for metric in label.metrics if metric.value is None]
    if missing:
        lines.append("missing: " + ", ".join(missing))
    lines.append("Relative to that population; downloads are a measure of reuse, not of efficiency.")
    return "\n".join(lines)
