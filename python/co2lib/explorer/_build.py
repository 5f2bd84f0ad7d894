# SPDX-License-Identifier: MIT
"""The page of the explorer, made with Gradio: what stands where, and what follows what.

What was measured lies in the page's state as a study; every other control computes again from it. The events
themselves are methods of :class:`co2lib.explorer._session.Session`.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

from co2lib._extras import require
from co2lib.explorer import _address
from co2lib.explorer._address import LIMITS, ORDERS, WAYS
from co2lib.explorer._model import Settings
from co2lib.explorer._session import FRONT, TABLE, Session, several
from co2lib.explorer._task import said
from co2lib.explorer._view import ANSWER_HEADS, FRONT_HEADS, HEADS, PHASE_HEADS, PLACES
from co2lib.report import _theme

CSS = """
footer { display: none !important; }
.co2-mark { color: var(--warn); border: 2px solid var(--warn); border-radius: 6px; padding: 2px 10px;
  font-weight: 700; }
.co2-tiles { display: grid; gap: 12px;
  grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); }
.co2-tiles div { border: 1px solid var(--border-color-primary); border-radius: 10px; padding: 10px 14px; }
.co2-tiles b { display: block; font-size: 20px; overflow-wrap: anywhere; }
.co2-tiles b.long { font-size: 15px; }
#co2-status progress { width: 100%; accent-color: var(--accent); }
.co2-part, .co2-method { font-size: 13px; overflow-wrap: anywhere; }
.co2-stale { color: var(--warn); font-weight: 700; }
#co2-chart, #co2-tradeoff, #co2-regions { overflow-x: auto; }
#co2-chart .layout, #co2-tradeoff .layout, #co2-regions .layout { justify-content: flex-start; }
#co2-chart .vega-embed, #co2-tradeoff .vega-embed, #co2-regions .vega-embed { margin: 0 auto; }
#co2-table th, #co2-table td, #co2-fronts th, #co2-fronts td { min-width: 84px; }
#co2-table th *, #co2-phases th *, #co2-fronts th * { word-break: normal; overflow-wrap: normal; }
:is(#co2-table, #co2-fronts) :is(td, th):first-child { max-width: 220px; min-width: 150px; }
#co2-table td:first-child *, #co2-fronts td:first-child * { overflow-wrap: anywhere; white-space: normal; }
#co2-models label, #co2-detail label { max-width: 100%; }
#co2-models label span, #co2-detail label span { overflow-wrap: anywhere; min-width: 0; white-space: normal; }
#co2-models label input, #co2-detail label input { flex-shrink: 0; }
.gradio-container > .main.fillable { margin: 0 auto; max-width: 1400px; }
.gradio-container { --color-accent: var(--accent) !important; }
.gradio-container.gradio-container.gradio-container :focus-visible:focus-visible {
  outline: 3px solid var(--accent) !important; outline-offset: 2px; }
#co2-models .wrap { max-height: 320px; overflow-y: auto; }
"""
GREENS = (
    *("#e6f3ee", "#cde7dd", "#9bd0bc", "#5cc9a4", "#2fa883", "#00634a", "#00634a", "#00523d", "#004231"),
    *("#003326", "#00241b"),
)
"""The accent of the reports, from light to dark."""
EXPORTS = {
    "html": "Page (HTML)",
    "json": "Data (JSON)",
    "csv": "Table (CSV)",
    "card": "Block of a model card",
    "label": "Label (SVG)",
    "svg": "Figure (SVG)",
    "png": "Figure (PNG)",
}
QUIET = {"show_progress": "hidden"}
# One after the other: an older view that took longer would replace a newer one.
LOOKS = {**QUIET, "concurrency_limit": 1, "concurrency_id": "look"}
DRAWS = {**QUIET, "concurrency_limit": 1, "concurrency_id": "pictures"}


def colours() -> str:
    """Return the colours of the figures as a style sheet that follows Gradio's theme."""

    def named(mode: str) -> str:
        return "".join(f"--{name}:{value};" for name, value in _theme.MODES[mode].items())

    ground = "--card:var(--block-background-fill);"
    return f":root{{{named('light')}{ground}}}.dark{{{named('dark')}{ground}}}"


def gradio() -> Any:
    """Return the module gradio; ``core.missing_extra`` names the extra ``explorer`` where it is not there."""
    return require("gradio", extra="explorer", needed_for="the explorer")


def _input(gr: Any, kind: str, examples: list[str] | None) -> Any:
    """Return the field of the second step: an image, or a text for models of texts."""
    if kind == "text":
        found = gr.Textbox(label="2  Give a text", lines=4, elem_id="co2-input")
    else:
        found = gr.Image(
            type="filepath",
            label="2  Give an image",
            sources=["upload", "clipboard"],
            height=200,
            elem_id="co2-input",
        )
        # The bytes as they came, also of what is no image: they are checked and decoded when it is measured.
        found.preprocess = lambda given: None if given is None else given.path
    if examples:
        gr.Examples(examples, found, elem_id="co2-examples")
    return found


def _table(gr: Any, heads: list[str], label: str, name: str) -> Any:
    return gr.Dataframe(headers=heads, interactive=False, label=label, wrap=True, elem_id=f"co2-{name}")


def _number(gr: Any, key: str, value: float, label: str, **more: Any) -> Any:
    least, most = LIMITS[key]
    return gr.Number(value, label=label, minimum=least, maximum=most, elem_id=f"co2-{key}", **more)


def _selecting(gr: Any, it: Session, ui: Any, examples: list[str] | None) -> None:
    """Lay out the three steps: models, input, measuring."""
    some = bool(it.names)
    ui.search = gr.Textbox(
        label="1  Select models", placeholder="search", interactive=some, elem_id="co2-search"
    )
    ui.found = gr.HTML(said(several(len(it.names), "model")), elem_id="co2-found")
    ui.pick = gr.CheckboxGroup(it.names, value=[], show_label=False, elem_id="co2-models")
    with gr.Row():
        ui.every = gr.Button("All", size="sm", min_width=60, interactive=some, elem_id="co2-all")
        ui.none = gr.Button("None", size="sm", min_width=60, interactive=some, elem_id="co2-none")
    ui.given = _input(gr, it.kind, examples)
    ui.go = gr.Button("3  Measure", variant="primary", interactive=False, elem_id="co2-run")
    with gr.Row():
        ui.again = gr.Button("Measure again", size="sm", interactive=False, elem_id="co2-again")
        ui.cancel = gr.Button("Cancel", size="sm", min_width=60, elem_id="co2-cancel")
    ui.status = gr.HTML(it.ask([], None)[1], elem_id="co2-status")


def _viewing(gr: Any, it: Session, ui: Any, pue: float, n: float) -> None:
    """Lay out the order and the price; `ui.view` has them in the order of ``_address.VIEW``."""
    with gr.Row():
        by = gr.Radio(ORDERS, value="Carbon", label="Order", elem_id="co2-order-by")
        order = gr.Radio(WAYS, value="Descending", label="Direction", elem_id="co2-order")
    with gr.Row():
        place = gr.Dropdown(
            [*it.places, ("Another value", "custom")],
            value=it.home,
            label="Place",
            scale=3,
            min_width=280,
            elem_id="co2-region",
        )
        grid = gr.Number(100, label="g CO2e/kWh", minimum=0, visible=False, elem_id="co2-grid")
        facility = _number(gr, "pue", pue, "PUE", step=0.01)
        ui.count = _number(gr, "n", n, "Inferences")
        load = gr.Checkbox(True, label="include loading", min_width=150, elem_id="co2-load")
    ui.view = [by, order, place, grid, facility, ui.count, load]
    place.change(lambda key: gr.update(visible=key == "custom"), place, grid, **QUIET)


def _showing(gr: Any, ui: Any) -> None:
    """Lay out what was measured; `ui.results` has it in the order of ``Session.look``."""
    ui.stale = gr.HTML(elem_id="co2-stale")
    with gr.Column(elem_id="co2-results"):
        tiles = gr.HTML(elem_id="co2-tiles")
        ui.detail = gr.Radio([], label="Model in detail", elem_id="co2-detail")
        with gr.Tabs():
            with gr.Tab("Compare"):
                chart = gr.Plot(show_label=False, elem_id="co2-chart")
                ui.table = _table(gr, HEADS, TABLE, "table")
                phases = _table(gr, PHASE_HEADS, "Phases", "phases")
                answers = _table(gr, ANSWER_HEADS, "Answers", "answers")
            with gr.Tab("Trade-off"):
                tradeoff = gr.Plot(show_label=False, elem_id="co2-tradeoff")
                suggestion = gr.HTML(elem_id="co2-suggestion")
                fronts = _table(gr, FRONT_HEADS, FRONT, "fronts")
            with gr.Tab("Regions"):
                regions = gr.Plot(show_label=False, elem_id="co2-regions")
                places = _table(gr, PLACES, "The model in detail in other places", "places")
            with gr.Tab("Method"):
                method = gr.Markdown(elem_id="co2-method")
            with gr.Tab("Export"), gr.Row():
                saves = {
                    what: gr.DownloadButton(text, interactive=False, elem_id=f"co2-export-{what}")
                    for what, text in EXPORTS.items()
                }
        line = gr.HTML(elem_id="co2-line")
    ui.whole, ui.drawn = [saves["html"], saves["json"]], [saves["svg"], saves["png"]]
    ui.results = [tiles, chart, line, ui.table, ui.detail, phases, answers, method]
    ui.results += [tradeoff, suggestion, fronts, regions, places]
    ui.results += [saves["csv"], saves["card"], saves["label"], *ui.drawn]


def _measures(it: Session, ui: Any) -> None:
    """Say what selecting and measuring do."""
    ui.search.change(it.search, [ui.search, ui.pick], [ui.pick, ui.found], **QUIET)
    ui.every.click(it.every, [ui.search, ui.pick], ui.pick)
    # In the browser: a model that is chosen right after it stays chosen.
    ui.none.click(None, None, ui.pick, js="() => [[]]")
    for thing in (ui.pick, ui.given):
        changed = [ui.go, ui.again, ui.status, ui.stale]
        thing.change(it.changed, [ui.pick, ui.given, ui.study], changed, **QUIET)
    # The session has its own line of visitors, which says who is before whom.
    free = {"concurrency_limit": None, "show_progress": "hidden"}
    for button, fresh in ((ui.go, False), (ui.again, True)):
        action = partial(it.run, fresh=fresh)
        done = button.click(action, [ui.pick, ui.given, ui.stop], [ui.study, ui.status, ui.stale], **free)
        done.then(it.files, [ui.study, ui.count], ui.whole, **QUIET)
        done.then(it.pictures, ui.shown, ui.drawn, **DRAWS)
    ui.cancel.click(it.cancel, ui.stop, None, concurrency_limit=None)


def _looks(gr: Any, it: Session, ui: Any, page: Any) -> None:
    """Say what the view does: it computes again, and the address of the page keeps it."""
    # A look takes the pictures of the last view away: these are drawn after it, whichever ends last.
    seen = ui.study.change(it.look, ui.shown, ui.results, **LOOKS)
    seen.then(it.whole, [ui.stop, *ui.shown], ui.drawn, **DRAWS)
    for thing in ui.view:
        seen = thing.change(it.look, ui.shown, ui.results, **LOOKS)
        seen.then(it.pictures, ui.shown, ui.drawn, **DRAWS)

    # By a state: where the address names nothing, no control hears of it, which may be in use already.
    address, named = gr.Textbox(visible=False), gr.State("")
    page.load(lambda text: text or "", address, named, js=_address.READ, **QUIET)
    named.change(it.restored, named, [*ui.view, ui.opened, ui.pick], **QUIET)
    first = {key: thing.value for key, thing in zip(_address.VIEW, ui.view, strict=True)}
    kept = [*ui.view, ui.detail, ui.pick]
    keeps = {"fn": None, "inputs": kept, "js": _address.writer(first)}
    for thing in (*ui.view, ui.pick):
        thing.change(**keeps)

    def chosen(held: Any, event: Any) -> Any:
        return it.row(event, held)

    chosen.__annotations__["event"] = gr.SelectData  # how Gradio knows that it is to be given
    for picked in (
        ui.detail.input(lambda name: name, ui.detail, ui.opened, **QUIET),
        ui.table.select(chosen, ui.opened, ui.opened, **QUIET),
    ):
        seen = picked.then(it.look, ui.shown, ui.results, **LOOKS)
        seen.then(**keeps)
        seen.then(it.pictures, ui.shown, ui.drawn, **DRAWS)


def build(
    models: Mapping[str, Any],
    *,
    title: str | None = None,
    region: str | None = None,
    pue: float = 1.0,
    n: float = 1000,
    settings: Settings | None = None,
    meters: Any = None,
    clock: Any = None,
    cache: dict[str, Any] | None = None,
    examples: list[str] | None = None,
    folder: str | None = None,
) -> Any:
    """Return the page as Gradio blocks, for those who host it themselves; parameters as :func:`launch`.

    `folder` is where exports are written; default: that of temporary files.
    """
    gr = gradio()
    it = Session(
        models,
        region=region,
        pue=pue,
        settings=settings,
        meters=meters,
        clock=clock,
        cache=cache,
        folder=folder,
    )
    heading = title or "Carbon per inference"
    ui = SimpleNamespace()
    with gr.Blocks(
        title=heading, analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    ) as page:
        # What is opened is a state: the radio's choices change while results come, and an event on its way
        # would bring one that is no choice any more.
        ui.study, ui.stop, ui.opened = gr.State(None), gr.State({}), gr.State(None)
        gr.HTML(f"<style>{colours()}</style>", padding=False)
        gr.Markdown(f"# {html.escape(heading)}")
        with gr.Row():
            with gr.Column(scale=2, min_width=260):
                _selecting(gr, it, ui, examples)
            with gr.Column(scale=7, min_width=320):
                _viewing(gr, it, ui, pue, n)
                _showing(gr, ui)
        ui.shown = [ui.study, *ui.view, ui.opened]
        _measures(it, ui)
        _looks(gr, it, ui, page)
    page.queue(default_concurrency_limit=4)
    page.co2lib_session = it
    return page
