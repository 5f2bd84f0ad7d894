# SPDX-License-Identifier: MIT
"""Pictures of results: runs, studies of inference, plans, bills of materials, labelled models.

>>> from co2lib import report
>>> report.amortise(900, 1.5, 1000).per_inference_j
2.4
>>> report.reprice(3.6e6, 41.45, pue=1.2)
49.74
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from co2lib._errors import BadValueError
from co2lib.report._compare import Comparison, compare
from co2lib.report._figures import (
    Amortised,
    PhaseSummary,
    amortise,
    grid_factor,
    json_for_script,
    median_interval,
    pareto,
    phase_summary,
    reprice,
    sort_models,
)
from co2lib.report._label_svg import label_svg
from co2lib.report._study import Study

if TYPE_CHECKING:
    from pathlib import Path

    from co2lib.report._charts import Figure
    from co2lib.report._page import Page

__all__ = [
    "Amortised",
    "Comparison",
    "PhaseSummary",
    "Study",
    "amortise",
    "appendix",
    "chart",
    "compare",
    "grid_factor",
    "html",
    "json_for_script",
    "label_svg",
    "median_interval",
    "pareto",
    "phase_summary",
    "reprice",
    "sort_models",
    "vegalite",
]


def _views(source: Any) -> list[Any]:
    from co2lib.report._runs import distinct, view_of

    several = isinstance(source, list | tuple)
    if several and not source:
        raise BadValueError("hub.bad_value", "report: no run given; give at least one")
    return distinct([view_of(one) for one in source] if several else [view_of(source)])


def html(
    source: Any | Sequence[Any],
    path: str | Path,
    *,
    title: str | None = None,
    theme: str = "auto",
    n: float = 1000,
) -> Path:
    """Write a report: one HTML file that opens from disk and asks nothing of the network.

    Parameters
    ----------
    source
        A log's path, a Run, a Footprint or a track; or a list of them, which are compared; or a study; a plan
        of ``adaptive`` or the JSON of ``co2lib plan``; a bill of materials, its file or its footprint; a
        table of models with letters, as a DataFrame or a file.
    path : path
        The file to write; one that is there is replaced.
    title : str, optional
        Default: the run's name.
    theme : str
        ``auto`` follows the reader's system; ``light``, ``dark``.
    n : float
        Of a study: the inferences over which loading is spread; at least 1.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    co2lib.Error
        ``core.missing_extra`` without altair and vl-convert (``co2lib[viz]``), or for tables without pandas
        (``co2lib[hub]``); ``tracker.bad_log``; ``explorer.bad_study``; ``hub.bad_value`` for another kind of
        source, or a field that is wrong; ``hub.cannot_write``.
    """
    from co2lib.report import _page

    return _page.write(_made(source, title, n)[0], path, theme)


def _made(source: Any, title: str | None, n: float, mode: str | None = None) -> tuple[Page, list[Figure]]:
    """Return the page of a source, and its figures in a colour mode where one is given."""
    from co2lib.report import _run_charts, _run_page, _runs_charts
    from co2lib.report._charts import altair, vl_convert
    from co2lib.report._sources import recognise

    altair(), vl_convert()
    found = recognise(source, n)
    if found is not None:
        return found.page(title), [] if mode is None else found.figures(mode)
    views = _views(source)
    page = _run_page.run_page(views[0], title) if len(views) == 1 else _run_page.runs_page(views, title)
    if mode is None:
        return page, []
    one = len(views) == 1
    return page, _run_charts.run_figures(views[0], mode) if one else _runs_charts.runs_figures(views, mode)


def appendix(
    source: Any | Sequence[Any],
    folder: str | Path,
    *,
    formats: Sequence[str] = ("svg", "pdf"),
    title: str | None = None,
    n: float = 1000,
) -> list[Path]:
    """Write a report for a paper: every figure as a file, and ``tables.md`` with the tables and the method.

    Parameters
    ----------
    source
        As for :func:`html`.
    folder : path
        Where the files go; it is made, and files of these names that are there are replaced.
    formats : sequence of str
        Of the figures: ``svg``, ``pdf``, ``png``; ``tables.md`` shows those of the first one.
    title : str, optional
        Default: the run's name.
    n : float
        Of a study: the inferences over which loading is spread; at least 1.

    Returns
    -------
    list of Path
        The files, ``tables.md`` last. Carbon is priced as the source was.

    Raises
    ------
    co2lib.Error
        As :func:`html`; ``hub.bad_value`` for a format that is not known.
    """
    from pathlib import Path

    from co2lib.report import _appendix

    page, figures = _made(source, title, n, "light")
    return _appendix.write(page, figures, Path(folder), formats)


def chart(source: Any, kind: str, *, theme: str = "light") -> Any:
    """Return one chart of a report as an Altair chart, which notebooks show and which saves itself.

    Parameters
    ----------
    source
        As for :func:`html`.
    kind : str
        Of a run: ``power``, ``stretches``, ``region-energy``, ``region-carbon``, ``devices``, ``interval``;
        of several: ``runs-energy``, ``runs-carbon``, ``runs-power``, ``runs-regions``, ``comparison``,
        ``runs-history``; of a study:
        ``total``, ``phases``, ``answers``, ``tradeoff``, ``amortisation``, ``regions``, ``labels``; of a
        plan: ``plan-models``, ``plan-intensity``, ``plan-carbon``, ``plan-ways``, ``plan-family``; of a bill
        of materials: ``bom-parts``, ``bom-draws``, ``bom-factors``; of labels: ``label-letters``,
        ``label-ratings``, ``label-spread``.
    theme : str
        ``light`` or ``dark``.

    Raises
    ------
    co2lib.Error
        As :func:`html`; ``hub.bad_value`` for a kind that this source does not have.
    """
    if theme not in ("light", "dark"):
        raise BadValueError("hub.bad_value", f"theme: {theme!r} is not known; known: light, dark")
    from co2lib.report import _run_charts, _runs_charts
    from co2lib.report._sources import recognise

    found = recognise(source)
    if found is not None:
        figures = found.figures(theme)
    else:
        views = _views(source)
        one = len(views) == 1
        figures = _run_charts.run_figures(views[0], theme) if one else _runs_charts.runs_figures(views, theme)
    return _pick({figure.id: figure.chart for figure in figures if figure.chart is not None}, kind)


def _pick(found: dict[str, Any], kind: str) -> Any:
    if kind not in found:
        there = ", ".join(found) or "none"
        raise BadValueError("hub.bad_value", f"kind: {kind!r} is not there; there are: {there}")
    return found[kind]


def vegalite(source: Any, kind: str, *, theme: str = "light") -> dict[str, Any]:
    """Return :func:`chart` as a Vega-Lite specification."""
    found: dict[str, Any] = chart(source, kind, theme=theme).to_dict()
    return found
