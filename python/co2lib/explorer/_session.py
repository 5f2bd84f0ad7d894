# SPDX-License-Identifier: MIT
"""What the explorer's controls do: measure, look, export. Nothing here knows the layout."""

from __future__ import annotations

import html
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from co2lib._errors import Error
from co2lib._extras import require
from co2lib.explorer import _address
from co2lib.explorer._line import Line
from co2lib.explorer._measure import known, measure
from co2lib.explorer._model import Settings, as_model
from co2lib.explorer._task import POLL_S, Task, said
from co2lib.explorer._torch import decode
from co2lib.explorer._view import (
    ANSWER_HEADS,
    CHOSEN,
    FRONT_HEADS,
    HEADS,
    PHASE_HEADS,
    PLACES,
    View,
    styled,
)
from co2lib.report import Study, _text
from co2lib.report._study import marginal_j

GREYED = "<style>#co2-results{opacity:.45}</style>"
EXAMPLE = "examples/explorer/app.py"
TABLE, FRONT = "Models, per inference", "Carbon against quality"


def matches(names: list[str], wanted: str, selected: list[str]) -> list[str]:
    """Return the names that hold a text, and those selected: a search loses no selection."""
    return [name for name in names if wanted.casefold() in name.casefold() or name in selected]


def several(count: int, what: str) -> str:
    """Return a count of things, one of which is not several."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _gradio() -> Any:
    return require("gradio", extra="explorer", needed_for="the explorer")


def offered(file: str | None = None) -> Any:
    """Return the state of a button that saves a file: it can be pressed once there is one."""
    return _gradio().update(value=file, interactive=file is not None)


def _fixes() -> list[str]:
    """Return what would make this machine measure."""
    from co2lib import sensors

    return [f"{found.provider}: {found.fix}" for found in sensors() if found.fix][:4]


class Session:
    """The models of a page, what was measured of them, and how it is measured.

    Parameters are those of :func:`co2lib.explorer.launch`.
    """

    def __init__(
        self,
        models: Mapping[str, Any],
        *,
        region: str | None,
        pue: float,
        settings: Settings | None,
        meters: Any,
        clock: Any,
        cache: dict[str, Any] | None,
        folder: str | None,
    ) -> None:
        from co2lib import intensity
        from co2lib.report._page import places

        self._ready = {name: as_model(name, given) for name, given in models.items()}
        self.names = list(self._ready)
        self._store: dict[str, Any] = {} if cache is None else cache
        self._settings = settings or Settings()
        self._price: dict[str, Any] = {"region": region, "pue": pue}
        self._machine: dict[str, Any] = {"meters": meters, "clock": clock}
        self._folder = folder
        self._line = Line()
        self._tasks: set[Task] = set()
        self._writing = threading.Lock()
        self._closed = False
        self.places = [(text, key) for key, text, _ in places()]
        self.home = intensity.factor(region or "WORLD").place
        if self.home not in {key for _, key in self.places}:
            self.places.insert(0, (self.home, self.home))
        tasks = {model.task for model in self._ready.values()}
        self.kind = "text" if tasks and all(task.startswith("text") for task in tasks) else "image"

    def search(self, text: str, selected: list[str]) -> tuple[Any, str]:
        """Filter the list; what is selected stays in it, and selected.

        The selection itself is not touched: what was chosen since the search began would be lost.
        """
        hits = sum(text.casefold() in name.casefold() for name in self.names)
        left = _gradio().update(choices=matches(self.names, text, selected))
        return left, said(f"{hits} of {several(len(self.names), 'model')}")

    def every(self, text: str, selected: list[str]) -> list[str]:
        """Select all that is shown: what the search finds, and what was selected before."""
        return matches(self.names, text, selected)

    def ask(self, selected: list[str], given: str | None) -> tuple[bool, str]:
        """Return whether it can be measured, and what is missing or how long it takes."""
        selected = [name for name in self.names if name in (selected or [])]
        if not self.names:
            return False, said(f'No models. Pass a mapping: launch({{"name": model}}), as {EXAMPLE} does.')
        if not selected:
            return False, said("Select at least one model.")
        if not given:
            return False, said("Give a text." if self.kind == "text" else "Give an image.")
        s = self._settings
        seconds = s.idle_s + len(selected) * (s.windows + 1) * 3 * s.window_s
        what = f"{several(len(selected), 'model')} x {s.windows} repetitions"
        return True, said(f"Measure {what}, about {_text.seconds(seconds)}.")

    def changed(self, selected: list[str], given: str | None, study: Study | None) -> list[Any]:
        """Return what new choices mean: the buttons, the status, and that results are of other inputs."""
        enough, text = self.ask(selected, given)
        stale = f"{GREYED}<p class='co2-stale'>inputs changed: measure again</p>"
        buttons = [_gradio().update(interactive=enough)] * 2
        return [*buttons, text, stale if study is not None else ""]

    def run(
        self, selected: list[str], given: str | None, held: dict[str, Any], *, fresh: bool
    ) -> Iterator[tuple[Any, str, Any]]:
        """Measure what is selected, when it is this visitor's turn.

        Yields the study (what is known so far, then all of it), what to say, and that results are of these
        inputs. What the cache has is shown without waiting for a turn. A visitor who leaves closes this
        generator, which ends the measurement.
        """
        same = _gradio().skip()
        try:
            data: Any = given or ""
            if self.kind == "image":
                data = Path(given or "").read_bytes() if given else b""
                decode(data)
        except (Error, OSError) as error:
            yield None, said(error.message if isinstance(error, Error) else "the image is gone"), ""
            return
        before, whole = (None, False) if fresh else self._known(selected, data)
        if before is not None:
            yield before, said(self._cached(before, selected)), ""
        if whole:
            return
        ticket = self._line.enter()
        if ticket is None:
            yield same, said("Busy: too many others wait to measure. Try again in a while."), same
            return
        task = Task(lambda: self._line.leave(ticket))
        tasks = held.setdefault("tasks", [])
        tasks.append(task)
        self._tasks.add(task)
        try:
            while ahead := self._line.ahead(ticket):
                text = f"Another measurement is running; you are number {ahead}."
                yield same, said(text), same
                self._line.ahead(ticket, POLL_S)
            if task.cancelled():
                yield same, said("Cancelled before it was this measurement's turn."), same
                return
            task.start(lambda: self._measure(selected, data, task, fresh=fresh))
            for study, text in task.news(f"Measuring {several(len(selected), 'model')}"):
                yield study or same, text, ""
            yield task.study, self._outcome(task), ""
        finally:
            task.stop()
            tasks.remove(task)
            self._tasks.discard(task)

    def _asked(self, selected: list[str], data: Any) -> dict[str, Any]:
        """Return what a visitor asks for, as arguments of `measure` and `known`."""
        models = {name: self._ready[name] for name in self.names if name in selected}
        more = {"settings": self._settings, "keep_thumbnail": self.kind == "image"}
        return {"models": models, "input": data, **more, **self._price}

    def _known(self, selected: list[str], data: Any) -> tuple[Study | None, bool]:
        return known(**self._asked(selected, data), cache=self._store)

    @staticmethod
    def _cached(study: Study, selected: list[str]) -> str:
        """Say what was measured before."""
        count = len(study.models)
        rest = "; nothing is measured" if count == len(set(selected)) else " so far"
        return f"{count} of {several(len(set(selected)), 'model')} known from before{rest}."

    def _measure(self, selected: list[str], data: Any, task: Task, *, fresh: bool) -> Study:
        return measure(
            **self._asked(selected, data),
            **self._machine,
            cache=self._store,
            fresh=fresh,
            progress=task.progress,
            cancelled=task.cancelled,
            partial=task.partial,
        )

    @staticmethod
    def _outcome(task: Task) -> str:
        """Say how a measurement has ended, with the first reason where nothing could be measured."""
        study = task.study
        if study is None:
            return said(task.error or "The measurement was lost.")
        failed = [m for m in study.models if marginal_j(m) is None]
        if len(failed) == len(study.models):
            reason = failed[0].get("error") or "its energy could not be measured"
            return said(f"No model could be measured. {failed[0]['name']}: {reason}")
        return said(f"Measured {len(study.models) - len(failed)} of {several(len(study.models), 'model')}.")

    def cancel(self, held: dict[str, Any]) -> None:
        """Stop after the window that goes on; what was finished stays."""
        for task in held.get("tasks", []):
            task.stop()

    def close(self) -> None:
        """End every measurement that goes on; nothing is written any more."""
        for task in list(self._tasks):
            task.stop()
            task.join()
        with self._writing:
            self._closed = True

    def row(self, event: Any, otherwise: str | None) -> str | None:
        """Return the model of the row of the table that was chosen."""
        value = getattr(event, "row_value", None)
        name = str(value[0]) if value else ""
        known = (one for one in (name, name.removeprefix(CHOSEN)) if one in self.names)
        return next(known, otherwise)

    def restored(self, address: str) -> list[Any]:
        """Return the view that an address names: each control, the model in detail, the selection."""
        asked = _address.read(address or "", self.names, (key for _, key in self.places))
        update, skip = _gradio().update, _gradio().skip()
        controls = [update(value=asked[key]) if key in asked else skip for key in _address.VIEW]
        selected = update(value=asked["models"]) if asked.get("models") else skip
        return [*controls, asked.get("model", skip), selected]

    def look(self, study: Study | None, *choices: Any) -> list[Any]:
        """Compute everything that is shown, from the study and the visitor's choices; nothing is measured."""
        update = _gradio().update
        if study is None:
            nobody, nothing = update(choices=[], value=None), offered()
            return ["", None, "", [], nobody, [], [], "", None, "", [], None, [], *[nothing] * 5]
        view, detail = self._view(study, choices)
        listed = [m["name"] for m in view.models]
        # A model that failed has nothing to open while others have.
        known = [m["name"] for m in view.models if marginal_j(m) is not None] or listed
        picked = detail if detail in known else known[0]
        regions, places = view.regions(picked)
        method = view.method()
        if study.document["provenance"] != "measured":
            method += "".join(f"\n\nTo measure: {html.escape(fix)}" for fix in _fixes())

        def table(heads: list[str], rows: list[list[str]], name: str) -> Any:
            return update(value=styled(heads, rows, picked), label=view.named(name))

        return [
            view.tiles(),
            view.chart(picked),
            f"<p class='co2-method'>{view.method()}</p>",
            table(HEADS, view.rows(picked), TABLE),
            update(choices=listed, value=picked),
            table(PHASE_HEADS, view.phases(picked), f"Phases of {picked}"),
            table(ANSWER_HEADS, view.answers(picked), f"Answers of {picked}"),
            method,
            view.tradeoff(picked),
            html.escape(view.suggestion(picked)),
            table(FRONT_HEADS, view.fronts(picked), FRONT),
            regions,
            table(PLACES, places, f"{picked} in other places"),
            offered(self._file("study.csv", view.csv())),
            offered(self._file("card.yaml", view.card(picked))),
            offered(self._file("label.svg", view.label(picked))),
            *[offered()] * 2,  # pictures of another view; `pictures` makes those of this one
        ]

    @staticmethod
    def _view(study: Study, choices: tuple[Any, ...]) -> tuple[View, str | None]:
        from co2lib import intensity

        by, order, place, grid, pue, n, load, detail = choices
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
        return view, detail

    def files(self, study: Study | None, n: float) -> list[Any]:
        """Return the page and the data of a study as files."""
        if study is None:
            return [offered()] * 2
        from co2lib import report

        def write(folder: Path) -> list[str]:
            page = report.html(study, folder / "study.html", n=max(1.0, n or 1.0))
            return [str(page), str(study.save(folder / "study.json"))]

        return [offered(file) for file in self._written(write)] or [offered()] * 2

    def pictures(self, study: Study | None, *choices: Any) -> list[Any]:
        """Return the figure as it is looked at as files: SVG and PNG."""
        nothing = [offered()] * 2
        if study is None:
            return nothing
        view, detail = self._view(study, choices)
        svg, png = view.picture(detail)
        if svg is None or png is None:
            return nothing

        def write(folder: Path) -> list[str]:
            (folder / "study.svg").write_text(svg, encoding="utf-8")
            (folder / "study.png").write_bytes(png)
            return [str(folder / "study.svg"), str(folder / "study.png")]

        return [offered(file) for file in self._written(write)] or nothing

    def whole(self, held: dict[str, Any], study: Study | None, *choices: Any) -> list[Any]:
        """Return what `pictures` does, unless this visitor measures: then the end of that draws them."""
        return [_gradio().skip()] * 2 if held.get("tasks") else self.pictures(study, *choices)

    def _written(self, write: Callable[[Path], list[str]]) -> list[str]:
        """Let files be written into a folder of their own; none once the page is closed, which removes it."""
        with self._writing:
            if self._closed:
                return []
            return write(Path(tempfile.mkdtemp(prefix="co2lib-", dir=self._folder)))

    def _file(self, name: str, text: str) -> str | None:
        def write(folder: Path) -> list[str]:
            (folder / name).write_text(text, encoding="utf-8")
            return [str(folder / name)]

        found = self._written(write) if text else []
        return found[0] if found else None
