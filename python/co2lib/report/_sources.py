# SPDX-License-Identifier: MIT
"""What a source of a report is: a study, a plan, a bill of materials, labelled models, or runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from co2lib._errors import BadValueError, SystemFailureError
from co2lib._extras import require
from co2lib.report._study import Study

if TYPE_CHECKING:
    from co2lib.report._charts import Figure
    from co2lib.report._page import Page

HEAD = 4096
CODECARBON = {"project_name", "emissions", "energy_consumed"}


@dataclass(frozen=True, slots=True)
class Found:
    """A source that is no run: its page with a title, and its figures in a colour mode."""

    page: Callable[[str | None], Page]
    figures: Callable[[str], list[Figure]]


def _of_study(study: Study, n: float) -> Found:
    from co2lib.report import _study_page, _study_tables
    from co2lib.report._figures import amortise

    amortise(0, 0, n)
    return Found(
        lambda title: _study_page.study_page(study, title, n=n),
        lambda mode: _study_tables.figures(study, mode, n=n),
    )


def _of_plan(document: Mapping[str, Any], where: str) -> Found:
    from co2lib.report import _plan_charts, _plan_page

    plan = _plan_page.check(document, where)
    return Found(
        lambda title: _plan_page.plan_page(plan, title), lambda m: _plan_charts.plan_figures(plan, m)
    )


def _of_bom(document: Mapping[str, Any], where: str) -> Found:
    from co2lib.report import _bom_page

    bom = _bom_page.check(document, where)
    return Found(lambda title: _bom_page.bom_page(bom, title), lambda mode: _bom_page.bom_figures(bom, mode))


def _of_footprint(footprint: Any) -> Found:
    from co2lib.report import _bom_page

    return _of_bom(_bom_page.document_of(footprint), "bill of materials")


def _of_labels(table: Any) -> Found:
    from co2lib.report import _labels_page

    rows, rules = _labels_page.labelled(table)
    return Found(
        lambda title: _labels_page.labels_page(rows, rules, title),
        lambda mode: _labels_page.labels_figures(rows, rules, mode),
    )


def _of_document(document: Mapping[str, Any], where: str, n: float) -> Found | None:
    schema = str(document.get("schema", "")).partition("/")[0]
    if schema == "co2lib-study":
        return _of_study(Study(document, where=where), n)
    if schema == "co2lib-plan":
        return _of_plan(document, where)
    if schema == "co2lib-embodied":
        return _of_bom(document, where)
    if schema == "carbon-bom":
        from co2lib import embodied

        return _of_footprint(embodied.parse(dict(document)).footprint())
    return None


def _json(path: Path) -> dict[str, Any] | None:
    """Return the object that a JSON file holds; None for what is none, such as a log of several lines."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        if not head.lstrip().startswith(b"{") or path.suffix == ".jsonl":
            return None
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemFailureError("hub.cannot_read", f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        if path.suffix == ".json":
            raise BadValueError("hub.bad_value", f"{path}: not JSON: {error}") from error
        return None
    return document if isinstance(document, dict) else None


def _table(path: Path) -> Any:
    pandas = require("pandas", extra="hub", needed_for="the page of a table")
    try:
        return pandas.read_parquet(path) if path.suffix == ".parquet" else pandas.read_csv(path)
    except OSError as error:
        raise SystemFailureError("hub.cannot_read", f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise BadValueError("hub.bad_value", f"{path}: cannot be read as a table: {error}") from error


def _of_file(path: Path, n: float) -> Found | None:
    if path.suffix in (".yaml", ".yml"):
        from co2lib import embodied

        return _of_footprint(embodied.load(path).footprint())
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", errors="replace") as file:
            heads = {head.strip().strip('"') for head in file.readline().split(",")}
        if heads >= CODECARBON:
            return _of_study(Study.from_codecarbon(path), n)
    if path.suffix in (".csv", ".parquet"):
        return _of_labels(_table(path))
    document = _json(path)
    return None if document is None else _of_document(document, str(path), n)


def recognise(source: Any, n: float = 1000) -> Found | None:
    """Return what a source is; None where it is a run or several, or nothing that is known."""
    if isinstance(source, list | tuple) and len(source) == 1:
        source = source[0]
    if isinstance(source, Study):
        return _of_study(source, n)
    if isinstance(source, str | Path):
        return _of_file(Path(source), n) if Path(source).is_file() else None
    if isinstance(source, Mapping):
        return _of_document(source, "document", n)
    kind = f"{type(source).__module__}.{type(source).__name__}"
    if kind == "co2lib._core.adaptive.Plan":
        from co2lib import adaptive

        report = {"rows": [_way(row) for row in adaptive.report(source).rows]}
        return _of_plan({**source.to_dict(), "reports": {"plan": report}}, "plan")
    if kind == "co2lib._core.embodied.Bom":
        return _of_footprint(source.footprint())
    if kind == "co2lib._core.embodied.BomFootprint":
        return _of_footprint(source)
    if hasattr(source, "columns") and hasattr(source, "to_dict"):
        return _of_labels(source)
    return None


def _way(row: Any) -> dict[str, Any]:
    return {"name": row.name, "accuracy": row.accuracy, "carbon_g": row.carbon.grams}
