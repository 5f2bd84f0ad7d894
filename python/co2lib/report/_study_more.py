# SPDX-License-Identifier: MIT
"""Further figures of a study: many inferences, other places, letters; and what its page filters by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from co2lib.report import _text, _theme
from co2lib.report._charts import (
    CARBON,
    Cell,
    Column,
    Figure,
    G,
    altair,
    axis,
    colour,
    data,
    length,
    marked,
    ticks,
)
from co2lib.report._study import LETTERS, REPORT_CLASSES, Study, least, marginal_j, one_off_j

MOST_LINES = 12
MOST_MODELS = 60
ELSEWHERE = ("ISL", "NOR", "FRA", "GBR", "USA", "DEU", "WORLD", "CHN", "POL", "IND", "ZAF")
HERE = "datum.j/3600000*datum.own*(pue<0?datum.pue0:pue)"


def letter_of(model: Mapping[str, Any]) -> str | None:
    """Return a model's letter, whether its record has the letter alone or with what it is relative to."""
    label = model.get("label")
    found = label.get("label") if isinstance(label, Mapping) else label
    return found if isinstance(found, str) and found in tuple(LETTERS) else None


def class_of(model: Mapping[str, Any]) -> str:
    """Return the reporting class of a model's card: its number and name; empty where it is not known."""
    name = model.get("report_class")
    return f"{REPORT_CLASSES.index(name)} ({name})" if name in REPORT_CLASSES else ""


def value_of(model: Mapping[str, Any]) -> float | None:
    """Return the value of a model's quality; None where it has none."""
    value: float | None = (model.get("quality") or {}).get("value")
    return value


def quality_of(model: Mapping[str, Any]) -> str:
    """Return a model's quality with its measure, its letter and reporting class; empty where it has none."""
    value, letter, reported = value_of(model), letter_of(model), class_of(model)
    metric = (model.get("quality") or {}).get("metric") or ""
    known = "" if value is None else f"{value:g} {metric}".strip()
    marks = f"letter {letter}" if letter else "", f"reporting class {reported}" if reported else ""
    return ", ".join(text for text in (known, *marks) if text)


def _costs(study: Study) -> list[tuple[int, str, float, float]]:
    """Return the models whose cost is known: index, name, J once, J for each inference."""
    return [
        (i, m["name"], one_off_j(m) or 0.0, j)
        for i, m in enumerate(study.models)
        if (j := marginal_j(m)) is not None and j > 0
    ]


def crossing(once: float, marginal: float, other_once: float, other_marginal: float) -> float | None:
    """Return from how many inferences on the first costs less than the other; None where it never does."""
    if marginal >= other_marginal or once <= other_once:
        return None
    return (once - other_once) / (other_marginal - marginal)


def _lines(
    study: Study, mode: str, shown: list[tuple[int, str, float, float]], letters: dict[str, str]
) -> Any:
    """Draw a line for each model, that of the chosen one with an outline and its name."""
    alt = altair()
    rows = [
        {
            "model": i,
            "series": letters[name],
            "N": 10 ** (k / 2),
            "j": once + 10 ** (k / 2) * marginal,
            "own": study.g_per_kwh,
            "pue0": study.pue,
        }
        for i, name, once, marginal in shown
        for k in range(13)
    ]
    base = (
        alt.Chart(data(rows))
        .transform_filter("kept[datum.model]")
        .transform_calculate(g=G)
        .transform_calculate(
            text=_text.expression("mass", "datum.g"),
            chosen="datum.model==picked&&datum.N>=1e6?'▶ '+datum.series:''",
        )
        .encode(
            x=alt.X(
                "N:Q",
                title="inferences, with one loading (log scale)",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(tickCount=ticks(), format="~s", grid=False),
            ),
            y=alt.Y(
                "g:Q",
                scale=alt.Scale(type="log", nice=True),
                axis=axis("mass", "carbon (g CO2e, log scale)", tickCount=4),
            ),
        )
    )
    lines = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=18)).encode(
        color=colour(list(letters.values()), mode, line=True),
        tooltip=[
            alt.Tooltip("series:N", title="model"),
            alt.Tooltip("N:Q", title="inferences", format=".3~s"),
            alt.Tooltip("text:N", title="carbon"),
        ],
    )
    ink = _theme.MODES[mode]["ink"]
    # Without a filter: an empty layer would have no extent.
    outline = base.mark_line(strokeWidth=6, color=ink, aria=False).encode(
        detail="series:N",
        opacity=alt.condition("datum.model==picked", alt.value(1), alt.value(0)),
    )
    named = base.mark_text(align="right", dy=-12, limit=140, color=ink, aria=False).encode(text="chosen:N")
    return alt.layer(outline, lines, named)


def amortisation(study: Study, mode: str, params: list[Any]) -> Figure | None:
    """Draw what N inferences cost with loading, N from 1 to a million; None where no loading was measured."""
    costs = _costs(study)
    if not any(once > 0 for _, _, once, _ in costs):
        return None
    shown = sorted(costs, key=lambda cost: -cost[3])[:MOST_LINES]
    letters = _theme.lettered([name for _, name, _, _ in shown])
    chart = _lines(study, mode, shown, letters)
    table = []
    for i, name, once, marginal in costs:
        over = [
            f"{other} from {_text.plain(at)} on"
            for _, other, o, m in costs
            if (at := crossing(once, marginal, o, m)) is not None
        ]
        table.append(
            [
                Cell(letters.get(name, name), model=i),
                Cell(_text.energy(once), number=True),
                Cell(_text.energy(marginal), number=True),
                *(
                    Cell("", j=once + n * marginal, own=study.g_per_kwh, pue=study.pue, number=True)
                    for n in (1, 1000, 1_000_000)
                ),
                Cell("; ".join(over[:4]) + (f"; {len(over) - 4} more" if len(over) > 4 else "")),
            ]
        )
    more = f" The {MOST_LINES} that cost most are drawn." if len(costs) > MOST_LINES else ""
    return Figure(
        "amortisation",
        "Many inferences",
        "Loading counts once; what is right of a crossing of two lines decides for many inferences." + more,
        marked(study.watermark, chart.add_params(*params), mode, 230),
        [
            Column("Model"),
            Column("Loading, once"),
            Column("Each inference"),
            Column("1"),
            Column("1,000"),
            Column("1,000,000"),
            Column("Costs less than"),
        ],
        table,
    )


def _elsewhere(study: Study) -> list[tuple[str, float]]:
    from co2lib import Error, intensity

    grid = study.document["grid"]
    found = {f"{grid.get('region') or 'as priced'} (as priced)": study.g_per_kwh}
    for key in ELSEWHERE:
        try:
            factor = intensity.factor(key)
        except Error:
            continue
        if key != grid.get("region"):
            found[f"{intensity.place(key).name} ({key})"] = factor.value.g_per_kwh
    return sorted(found.items(), key=lambda pair: pair[1])


def regions(study: Study, mode: str, params: list[Any], spread: str) -> Figure | None:
    """Draw the model in detail in other places; None for studies of very many models."""
    costs = _costs(study)
    if not costs or len(costs) > MOST_MODELS:
        return None
    alt = altair()
    palette = _theme.MODES[mode]
    places = _elsewhere(study)
    rows = [
        {
            "model": i,
            "place": name,
            "rank": k,
            "own": g,
            "pue0": study.pue,
            "j0": marginal,
            "once_j": once,
        }
        for i, _, once, marginal in costs
        for k, (name, g) in enumerate(places)
    ]
    base = (
        alt.Chart(data(rows))
        .transform_filter("datum.model==picked")
        .transform_calculate(j=spread)
        .transform_calculate(g=HERE)
        .transform_calculate(
            text=_text.expression("mass", "datum.g"), edge="datum.g*max(1.1,width/max(60,width-80))"
        )
        .encode(
            y=alt.Y(
                "place:N",
                title=None,
                sort=alt.EncodingSortField(field="rank", op="min"),
                axis=alt.Axis(labelColor=palette["ink"], labelLimit=150),
            )
        )
    )
    bars = base.mark_bar(height={"band": 0.6}).encode(
        x=alt.X("g:Q", axis=axis("mass", CARBON), scale=length()),
        color=alt.condition(
            "indexof(datum.place,'(as priced)')>=0", alt.value(palette["c2"]), alt.value(palette["c3"])
        ),
        description="text:N",
        tooltip=[
            alt.Tooltip("place:N"),
            alt.Tooltip("own:Q", title="g CO2e/kWh"),
            alt.Tooltip("text:N", title="carbon"),
        ],
    )
    labels = base.mark_text(align="left", dx=6, color=palette["ink"], aria=False).encode(
        x="g:Q", text="text:N"
    )
    room = base.mark_point(opacity=0, size=0, aria=False).encode(x="edge:Q")
    table = [
        [
            Cell(name),
            Cell(f"{g:g}", number=True),
            Cell("", what="place", model=-1, own=g, number=True),
        ]
        for name, g in places
    ]
    return Figure(
        "regions",
        "The same elsewhere",
        "The model in detail, priced with the newest annual value of other places; its energy is the same.",
        marked(
            study.watermark, alt.layer(bars, labels, room).add_params(*params), mode, 26 * len(places) + 20
        ),
        [Column("Place"), Column("g CO2e/kWh"), Column("Carbon per inference")],
        table,
        one=True,
    )


def labels(study: Study, mode: str) -> Figure | None:
    """Draw how many models have which letter, and list what their cards report; None without letters."""
    counts = Counter(letter for m in study.models if (letter := letter_of(m)) is not None)
    if not counts:
        return None
    alt = altair()
    palette = _theme.MODES[mode]
    rows = [{"letter": letter, "n": counts[letter], "text": str(counts[letter])} for letter in LETTERS]
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("letter:N", title=None, sort=list(LETTERS), axis=alt.Axis(labelFontWeight="bold")),
        x=alt.X("n:Q", title="models", axis=alt.Axis(tickCount=min(4, max(counts.values())), format="d")),
    )
    bars = base.mark_bar(height={"band": 0.66}, stroke=palette["ink"], strokeWidth=0.8).encode(
        color=alt.Color(
            "letter:N",
            scale=alt.Scale(domain=list(LETTERS), range=[_theme.LABELS[letter] for letter in LETTERS]),
            legend=None,
        ),
        description="text:N",
    )
    texts = base.mark_text(align="left", dx=6, color=palette["ink"], aria=False).encode(text="text:N")
    reported = any(map(class_of, study.models))
    table = [
        [
            Cell(m["name"], model=i),
            Cell(letter_of(m) or "none"),
            Cell(_about(m)),
            *([Cell(class_of(m) or "not known")] if reported else []),
        ]
        for i, m in enumerate(study.models)
    ]
    return Figure(
        "labels",
        "Letters",
        "Efficiency letters as the study has them; each is relative to its population.",
        marked(study.watermark, alt.layer(bars, texts), mode, 150),
        [
            *(Column("Model"), Column("Letter"), Column("Relative to")),
            *([Column("Reporting class")] if reported else []),
        ],
        table,
        wide=True,
    )


# What an amount is like, in J or g, with the source; energy of a household before anything else.
EQUIVALENCES = (
    (
        "days of the electricity of a dwelling in the EU",
        "j",
        3600 * 3.6e6 / 365,
        "3.6 MWh a year: ODYSSEE-MURE, Electricity consumption per dwelling, November 2025",
    ),
    (
        "litres of petrol, burnt",
        "g",
        8890 / 3.785411784,
        "8.89 kg CO2 per US gallon: US EPA, Greenhouse Gas Equivalencies Calculator, November 2009",
    ),
)


def equivalences(study: Study) -> Figure | None:
    """Return what all inferences are like; closed until the reader asks, each row with its source."""
    if not _costs(study):
        return None
    table = [
        [Cell(name), Cell("", what=f"equal-{kind}", model=-1, own=size, number=True), Cell(source)]
        for name, kind, size, source in EQUIVALENCES
    ]
    return Figure(
        "equivalences",
        "What that is like",
        "All inferences of the model in detail, as set above, with their price. Such pictures compare what "
        "cannot be exchanged; the numbers above are the result.",
        None,
        [Column("Like"), Column("How many"), Column("Source")],
        table,
        wide=True,
        off=True,
        one=True,
    )


def _about(model: Mapping[str, Any]) -> str:
    label = model.get("label")
    if not isinstance(label, Mapping):
        return ""
    parts = [str(label[key]) for key in ("preset", "population", "date") if label.get(key)]
    return ", ".join(parts + ([f"n {label['n']}"] if label.get("n") else []))


RANGES = (("carbon", "Carbon per inference, g"), ("size", "Size, million parameters"), ("quality", "Quality"))
CHOICES = (
    ("domain", "Domain"),
    ("family", "Family"),
    ("training_type", "Training"),
    ("source", "Source"),
    ("letter", "Letter"),
    ("report_class", "Reporting class"),
)


def facts(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page filters a model by; None and empty texts where it is unknown."""
    quality = model.get("quality") or {}
    value, parameters = quality.get("value"), model.get("parameters")
    sign = 1 if quality.get("higher_is_better", True) else -1
    found = {key: str(model.get(key) or "") for key, _ in CHOICES}
    return {
        **found,
        "letter": letter_of(model) or "",
        "report_class": class_of(model),
        "size": parameters / 1e6 if isinstance(parameters, int | float) else None,
        "quality": value,
        "better": None if value is None else sign * value,
        "least": least(model),
    }


def filters(models: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the filters that tell these models apart: ranges, and choices with their values."""
    ranges = [("carbon", RANGES[0][1])] if sum(m["marginal"] is not None for m in models) > 1 else []
    ranges += [(key, text) for key, text in RANGES[1:] if len({m[key] for m in models} - {None}) > 1]
    choices = []
    for key, text in CHOICES:
        values = sorted({m[key] for m in models} - {""})
        if len({m[key] for m in models}) > 1 and values:
            choices.append((key, text, values))
    return {"ranges": ranges, "choices": choices}
