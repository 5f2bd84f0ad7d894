# SPDX-License-Identifier: MIT
"""The page of the explorer, made with Gradio: choose models, give an input, measure, look, export."""

from __future__ import annotations

import html
import ipaddress
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from co2lib._errors import BadValueError, Error
from co2lib._extras import require
from co2lib.explorer._measure import measure
from co2lib.explorer._model import Settings, as_model
from co2lib.explorer._torch import MOST_BYTES, decode
from co2lib.explorer._view import HEADS, PHASE_HEADS, View
from co2lib.report import _text

CSS = """
footer { display: none !important; }
.co2-mark { color: #a04000; border: 2px solid #a04000; border-radius: 6px; padding: 2px 10px;
  font-weight: 700; }
.co2-tiles { display: grid; gap: 12px;
  grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); }
.co2-tiles div { border: 1px solid var(--border-color-primary); border-radius: 10px; padding: 10px 14px; }
.co2-tiles b { display: block; font-size: 20px; overflow-wrap: anywhere; }
#co2-chart { overflow-x: auto; }
#co2-chart img { width: 100%; min-width: 520px; }
"""


def _gradio() -> Any:
    return require("gradio", extra="explorer", needed_for="the explorer")


class Explorer:
    """A running page; a context manager that ends it.

    Attributes
    ----------
    url : str
        Where it is.
    """

    def __init__(self, blocks: Any, url: str) -> None:
        self.blocks, self.url = blocks, url

    def close(self) -> None:
        """End the server and free its port."""
        self.blocks.close(verbose=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def matches(names: list[str], wanted: str, selected: list[str]) -> list[str]:
    """Return the names that hold a text, and those selected: a search loses no selection."""
    return [name for name in names if wanted.casefold() in name.casefold() or name in selected]


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
) -> Any:
    """Return the page as Gradio blocks, for those who host it themselves; parameters as :func:`launch`."""
    from co2lib import intensity
    from co2lib.report._page import places

    gr = _gradio()
    shown_progress = gr.Progress()
    ready = {name: as_model(name, given) for name, given in models.items()}
    names, store = list(ready), {} if cache is None else cache
    chosen = settings or Settings()
    known = [(f"{text}", key) for key, text, _ in places()]
    home = intensity.factor(region or "WORLD").place
    if home not in {key for _, key in known}:
        known.insert(0, (home, home))

    def look(study: Any, *choices: Any) -> list[Any]:
        by, order, place, grid, pue, n, load, detail = choices
        if study is None:
            return ["", "", [], gr.update(), [], [], ""]
        g = grid if place == "custom" else intensity.factor(place).value.g_per_kwh
        view = View(
            study,
            g_per_kwh=g or 0.0,
            pue=pue or 1.0,
            n=max(1.0, n or 1.0),
            load=load,
            by=by,
            descending=order == "Descending",
        )
        listed = [m["name"] for m in view.models]
        picked = detail if detail in listed else listed[0]
        choice = gr.update(choices=listed, value=picked)
        return [
            view.tiles(),
            view.picture(picked),
            view.rows(),
            choice,
            view.phases(picked),
            view.answers(picked),
            view.method(),
        ]

    def run(
        selected: list[str], path: str | None, stop: dict[str, Any], progress: Any = shown_progress
    ) -> tuple[Any, str]:
        try:
            data = Path(path or "").read_bytes() if path else b""
            decode(data)
            event = stop["event"] = threading.Event()
            study = measure(
                {name: ready[name] for name in names if name in selected},
                data,
                settings=chosen,
                region=region,
                pue=pue,
                meters=meters,
                clock=clock,
                cache=store,
                progress=lambda text, part: progress(part, desc=text),
                cancelled=event.is_set,
            )
        except Error as error:
            return None, f"**{html.escape(error.message)}**"
        failed = [m["name"] for m in study.models if m["status"] != "ok"]
        done = f"Measured {len(study.models) - len(failed)} of {len(study.models)} models."
        return study, done

    def ask(selected: list[str], path: str | None) -> tuple[Any, str]:
        enough = bool(selected) and bool(path)
        if not names:
            text = 'No models. Pass a mapping: `launch({"name": model})`.'
        elif not selected:
            text = "Select at least one model."
        elif not path:
            text = "Give an image."
        else:
            seconds = chosen.idle_s + len(selected) * (chosen.windows + 1) * 3 * chosen.window_s
            what = f"{len(selected)} models x {chosen.windows} repetitions"
            text = f"Measure {what}, about {_text.seconds(seconds)}."
        return gr.update(interactive=enough), text

    def export(study: Any, kind: str) -> Any:
        if study is None:
            return gr.update(value=None)
        from co2lib import report

        folder = Path(tempfile.mkdtemp(prefix="co2lib-"))
        if kind == "html":
            return str(report.html(study, folder / "study.html", n=n))
        return str(study.save(folder / "study.json"))

    with gr.Blocks(
        title=title or "Carbon per inference", analytics_enabled=False, delete_cache=(3600, 3600)
    ) as page:
        study, stop = gr.State(None), gr.State({})
        gr.Markdown(f"# {html.escape(title or 'Carbon per inference')}")
        with gr.Row():
            with gr.Column(scale=2, min_width=260):
                search = gr.Textbox(label="1  Select models", placeholder="search", elem_id="co2-search")
                pick = gr.CheckboxGroup(names, value=[], show_label=False, elem_id="co2-models")
                with gr.Row():
                    every = gr.Button("All", size="sm", elem_id="co2-all")
                    none = gr.Button("None", size="sm", elem_id="co2-none")
                image = gr.Image(
                    type="filepath",
                    label="2  Give an image",
                    sources=["upload", "clipboard"],
                    elem_id="co2-input",
                )
                if examples:
                    gr.Examples(examples, image, elem_id="co2-examples")
                go = gr.Button("3  Measure", variant="primary", interactive=False, elem_id="co2-run")
                cancel = gr.Button("Cancel", size="sm", elem_id="co2-cancel")
                first = ask([], None)[1]
                status = gr.Markdown(first, elem_id="co2-status")
            with gr.Column(scale=7, min_width=320):
                with gr.Row():
                    by = gr.Radio(
                        ["Carbon", "Energy", "Time", "Name"],
                        value="Carbon",
                        label="Order",
                        elem_id="co2-order-by",
                    )
                    order = gr.Radio(
                        ["Descending", "Ascending"],
                        value="Descending",
                        label="Direction",
                        elem_id="co2-order",
                    )
                with gr.Row():
                    place = gr.Dropdown(
                        [*known, ("Another value", "custom")],
                        value=home,
                        label="Place",
                        scale=3,
                        min_width=280,
                        elem_id="co2-region",
                    )
                    grid = gr.Number(100, label="g CO2e/kWh, of another value", minimum=0, elem_id="co2-grid")
                    facility = gr.Number(pue, label="PUE", minimum=1, maximum=3, step=0.01, elem_id="co2-pue")
                    count = gr.Number(n, label="Inferences", minimum=1, maximum=1e9, elem_id="co2-n")
                    load = gr.Checkbox(True, label="include loading", elem_id="co2-load")
                tiles = gr.HTML(elem_id="co2-tiles")
                chart = gr.HTML(elem_id="co2-chart")
                table = gr.Dataframe(
                    headers=HEADS, interactive=False, label="Models", wrap=True, elem_id="co2-table"
                )
                detail = gr.Radio([], label="Model in detail", elem_id="co2-detail")
                phases = gr.Dataframe(
                    headers=PHASE_HEADS, interactive=False, label="Phases", elem_id="co2-phases"
                )
                answers = gr.Dataframe(
                    headers=["Answer", "Probability"],
                    interactive=False,
                    label="Answers",
                    elem_id="co2-answers",
                )
                method = gr.Markdown(elem_id="co2-method")
                with gr.Row():
                    save_html = gr.DownloadButton("Export page", elem_id="co2-export-html")
                    save_json = gr.DownloadButton("Export data", elem_id="co2-export-json")
        shown = [study, by, order, place, grid, facility, count, load, detail]
        results = [tiles, chart, table, detail, phases, answers, method]
        search.change(
            lambda text, selected: gr.update(choices=matches(names, text, selected), value=selected),
            [search, pick],
            pick,
            show_progress="hidden",
        )
        every.click(lambda text: gr.update(value=matches(names, text, [])), search, pick)
        none.click(lambda: [], None, pick)
        for thing in (pick, image):
            thing.change(ask, [pick, image], [go, status], show_progress="hidden")
        go.click(
            run, [pick, image, stop], [study, status], concurrency_limit=1, concurrency_id="co2-measure"
        ).then(look, shown, results)
        cancel.click(lambda held: held["event"].set() if "event" in held else None, stop, None)
        for thing in (by, order, place, grid, facility, count, load):
            thing.change(look, shown, results, show_progress="hidden")
        detail.input(look, shown, results, show_progress="hidden")
        study.change(lambda s: (export(s, "html"), export(s, "json")), study, [save_html, save_json])
    page.queue(max_size=8)
    return page


def _loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def launch(
    models: Mapping[str, Any],
    *,
    title: str | None = None,
    region: str | None = None,
    pue: float = 1.0,
    n: float = 1000,
    settings: Settings | None = None,
    server_name: str = "127.0.0.1",
    server_port: int | None = None,
    share: bool = False,
    auth: tuple[str, str] | Callable[[str, str], bool] | None = None,
    allow_public: bool = False,
    block: bool = True,
    meters: Any = None,
    clock: Any = None,
    cache: dict[str, Any] | None = None,
    examples: list[str] | None = None,
) -> Explorer:
    """Show a page on which models are chosen, given an image, measured and compared.

    Parameters
    ----------
    models : mapping of str to Model or callable
        By name; see :class:`Model` and :func:`torch_image_classifier`.
    title : str, optional
        Heading of the page.
    region : str, optional
        Place that results are priced with at first; the visitor may choose another one.
    pue, n : float
        Facility energy per IT energy; inferences over which loading is spread.
    settings : Settings, optional
        How it is measured.
    server_name, server_port, share, auth, allow_public
        Who may reach it: this machine alone, unless you say so and give `auth`.
    block : bool
        Wait until the program is interrupted; else return at once.
    meters, clock, cache
        As those of :func:`measure`.
    examples : list of path, optional
        Images that a visitor may take.

    Raises
    ------
    co2lib.Error
        ``explorer.needs_auth`` for a page that others can reach without a password; ``explorer.bad_model``;
        ``core.missing_extra`` without gradio (``co2lib[explorer]``).
    """
    if (share or not _loopback(server_name)) and auth is None and not allow_public:
        raise BadValueError(
            "explorer.needs_auth",
            "others can reach this page and measure on your machine: give auth=(user, password), "
            "or allow_public=True",
        )
    gr = _gradio()
    page = build(
        models,
        title=title,
        region=region,
        pue=pue,
        n=n,
        settings=settings,
        meters=meters,
        clock=clock,
        cache=cache,
        examples=examples,
    )
    fonts = ["system-ui", "sans-serif"]
    _, url, _ = page.launch(
        server_name=server_name,
        server_port=server_port,
        share=share,
        auth=auth,
        quiet=True,
        prevent_thread_lock=True,
        max_file_size=MOST_BYTES,
        allowed_paths=[],
        show_error=False,
        css=CSS,
        theme=gr.themes.Default(font=fonts, font_mono=["monospace"]),
        ssr_mode=False,
    )
    found = Explorer(page, url)
    if block:
        page.block_thread()
    return found
