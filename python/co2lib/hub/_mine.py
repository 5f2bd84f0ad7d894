# SPDX-License-Identifier: MIT
"""Mining the Hub: a list of models, what must be asked for beside it, and the table of both.

Whatever is fetched is kept at once (`_store`), so a run that was killed goes on where it was, and asks
nothing twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from co2lib._errors import BadValueError, ProviderError, SystemFailureError
from co2lib._extras import require
from co2lib._files import replacing
from co2lib.hub import _table
from co2lib.hub._ask import UNKNOWN, ask_model, dataset_size, sha_of
from co2lib.hub._client import NAME, Client, HttpFailure
from co2lib.hub._models import datasets_of, model_row, reports
from co2lib.hub._quota import Time
from co2lib.hub._store import Asked, Folder, models_of, read_page

T = TypeVar("T")
R = TypeVar("R")

EXPAND: Final = (
    *("author", "baseModels", "cardData", "createdAt", "downloads", "downloadsAllTime", "lastModified"),
    *("library_name", "likes", "model-index", "pipeline_tag", "safetensors", "sha", "siblings", "tags"),
)
"""What the list is to say of each model."""
PAGE: Final = 1000
"""Models per page, at most."""

Progress = Callable[[str, int, int | None], None]
"""Told the stage (``list``, ``models``, ``data sets``, ``table``, ``waiting``), what is done, of how much.

While waiting, the second number is the seconds.
"""


class Mined(NamedTuple):
    """What a run has brought."""

    table: Path
    """The table: ``models.parquet`` of the folder."""
    models: int
    reporting: int
    """Models with emissions that are certain."""
    errors: int
    """Requests without an answer that can be used; the column `errors` says which."""


def mine(
    out: str | os.PathLike[str],
    *,
    query: str = "reporting",
    cards: str = "reporting",
    sizes: bool = True,
    endpoint: str = "",
    token: str | bool | None = None,
    workers: int = 8,
    limit: int | None = None,
    resume: bool = True,
    refresh: bool = False,
    timeout_s: float = 10.0,
    progress: Progress = lambda *_: None,
    time: Time | None = None,
) -> Mined:
    """Fetch what the models of the Hub report, and write it as a table; goes on with a run that was ended.

    Requests are counted and wait as the Hub asks (its limits per 5 minutes, 429 with ``Retry-After``); what
    may heal is asked for again after 1, 2, 4, 8 and 16 s. No other host than the endpoint is asked.

    Parameters
    ----------
    out : path
        A folder, made if it is not there. It must not be read by others while a run writes it.
    query : str
        ``reporting``: models with the tag that the Hub gives to cards with emissions; ``all``: every model.
    cards : str
        Whose cards are fetched, so that their text is read too: ``reporting``, ``all`` or ``none``.
    sizes : bool
        Ask for the sizes of files and data sets of the models whose cards are fetched (of those that report,
        if no card is), and for the first commit of those that are older than the Hub's records.
    endpoint : str
        Default: that of huggingface_hub.
    token : str or True, optional
        Default: none is sent. True: the one that ``hf auth login`` has kept. It is never written anywhere.
    workers : int
        Requests at a time, 1 to 64.
    limit : int, optional
        Models, at most.
    resume : bool
        Go on with the run of the folder; False is an error if it holds one.
    refresh : bool
        Ask for the list again, once the run is complete; models with the same commit are not asked for again,
        and cards that are the same (ETag) are not sent again.
    timeout_s : float
        Of each part of an answer, in s.
    progress : callable
        Told how far the run is; see `Progress`.
    time : Time, optional
        To wait with.

    Returns
    -------
    Mined

    Raises
    ------
    co2lib.Error
        ``hub.bad_value``, ``hub.busy``, ``hub.cannot_write``; ``hub.unreachable`` if the list cannot be read
        (a ConnectionError; what was fetched stays), ``hub.offline``; ``core.missing_extra`` without the extra
        `hub`.
    """
    _check(query, cards, workers, limit)
    require("pyarrow.parquet", extra="hub", needed_for="the table of models")
    clock = time or Time()
    client = Client(
        endpoint,
        token,
        timeout_s=timeout_s,
        time=clock,
        waiting=lambda s: progress("waiting", round(s), None),
    )
    settings = {"endpoint": client.endpoint, "query": query, "cards": cards, "sizes": sizes, "limit": limit}
    folder = Folder(Path(out))
    try:
        folder.open(settings, resume)
        run = _Run(folder, client, query, cards, sizes, workers, limit, progress)
        run.forget(refresh)
        run.fetch_list()
        run.ask_models()
        run.ask_datasets()
        return run.write_table()
    except OSError as error:
        if isinstance(error, SystemFailureError | ProviderError):
            raise
        raise SystemFailureError("hub.cannot_write", f"{folder.path}: {error.strerror or error}") from error
    finally:
        clock.end()
        folder.close()


def _check(query: str, cards: str, workers: int, limit: int | None) -> None:
    if query not in ("reporting", "all"):
        raise BadValueError("hub.bad_value", f"query {query!r}: use reporting or all")
    if cards not in ("reporting", "all", "none"):
        raise BadValueError("hub.bad_value", f"cards {cards!r}: use reporting, all or none")
    if not 1 <= workers <= 64:
        raise BadValueError("hub.bad_value", f"workers {workers}: use 1 to 64")
    if limit is not None and limit < 1:
        raise BadValueError("hub.bad_value", f"limit {limit}: must be at least 1")


@dataclass
class _Run:
    folder: Folder
    client: Client
    query: str
    cards: str
    sizes: bool
    workers: int
    limit: int | None
    progress: Progress

    # -- the list ------------------------------------------------------------------------------------------
    def forget(self, refresh: bool) -> None:
        """Forget the list, if it is complete and to be asked for again, or was being forgotten."""
        state = self.folder.state() or {}
        if refresh and self.folder.table.exists():
            state["forgetting"] = True
            self.folder.write_state(state)
        if state.pop("forgetting", False):
            self.folder.forget()
            self.folder.table.unlink(missing_ok=True)
            self.folder.write_state(state)

    def fetch_list(self) -> None:
        """Fetch the pages of the list that are not there yet."""
        pages = self.folder.pages()
        count = 0
        url: str | None = self.client.models_url()
        first: dict[str, Any] = {"limit": min(PAGE, self.limit or PAGE), "expand": EXPAND}
        if self.query == "reporting":
            first["filter"] = "co2_eq_emissions"
        params: dict[str, Any] | None = first
        seen = {url}
        for page in pages:
            items, url = read_page(page)
            count, params = count + len(items), None
            seen.add(url)
        number = len(pages)
        self.progress("list", count, self.limit)
        while url is not None and (self.limit is None or count < self.limit):
            items, next_url = self._page(url, params)
            items = items[: None if self.limit is None else self.limit - count]
            next_url = None if next_url in seen else next_url  # a circle
            seen.add(next_url)
            self.folder.add_page(number, items, next_url)
            url, params, number, count = next_url, None, number + 1, count + len(items)
            self.progress("list", count, self.limit)

    def _page(self, url: str, params: dict[str, Any] | None) -> tuple[list[Any], str | None]:
        try:
            for attempt in (1, 2, 3):
                answer = self.client.get(url, params)
                try:
                    items = answer.json()
                    break
                except HttpFailure:
                    if attempt == 3:
                        raise
            if not isinstance(items, list):
                raise HttpFailure(answer.status, "no list of models")
        except HttpFailure as failure:
            raise ProviderError(
                "hub.unreachable",
                f"{self.client.endpoint}: the list of models: {failure}; what was fetched stays, mine again "
                "to go on",
            ) from None
        return items, answer.next_page

    def _items(self) -> Iterator[dict[str, Any]]:
        for page in self.folder.pages():
            yield from models_of(read_page(page)[0])

    def _chosen(self) -> Iterator[dict[str, Any]]:
        """Models that are asked for."""
        if self.cards == "none" and not self.sizes:
            return
        for item in self._items():
            if self.cards == "all" or reports(item):
                yield item

    # -- what is asked for beside it -----------------------------------------------------------------------
    def ask_models(self) -> None:
        """Ask for cards, sizes and first commits that are not there yet."""

        def missing() -> Iterator[dict[str, Any]]:
            for item in self._chosen():
                if NAME.fullmatch(item["id"]) and self.folder.asked(item["id"], sha_of(item)) is None:
                    yield item

        def prepared(item: dict[str, Any]) -> Callable[[], Asked]:
            before = self.folder.asked_before(item["id"])
            return partial(ask_model, self.client, item, before, self.cards != "none", self.sizes)

        self._each(
            "models",
            None,
            prepared,
            missing(),
            lambda item, asked: self.folder.keep(item["id"], sha_of(item), asked),
        )

    def ask_datasets(self) -> None:
        """Ask for the sizes of data sets that are not there yet, each once."""
        if not self.sizes:
            return
        there = self.folder.dataset_sizes()
        names = dict.fromkeys(
            name
            for item in self._chosen()
            for name in datasets_of(item)
            if name not in there and NAME.fullmatch(name)
        )

        def keep(name: str, size: Any) -> None:
            if size is not UNKNOWN:
                self.folder.keep_dataset(name, size)

        self._each(
            "data sets", len(names), lambda name: partial(dataset_size, self.client, name), names, keep
        )

    def _each(
        self,
        stage: str,
        total: int | None,
        prepare: Callable[[T], Callable[[], R]],
        things: Iterable[T],
        keep: Callable[[T, R], None],
    ) -> None:
        """Call what `prepare` gives for each thing on the workers, and keep each result on this thread.

        When it ends early, with Ctrl-C, what has been asked for already is kept too.
        """
        source = iter(things)
        running: dict[Future[R], T] = {}
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="co2lib-mine")
        done = 0
        try:
            while True:
                for thing in islice(source, 4 * self.workers - len(running)):
                    running[pool.submit(prepare(thing))] = thing
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    result = future.result()
                    keep(running.pop(future), result)
                    done += 1
                    self.progress(stage, done, total)
        finally:
            if running:
                self.client.time.end()
            pool.shutdown(wait=True, cancel_futures=True)
            for future, thing in running.items():
                if not future.cancelled() and future.exception() is None:
                    keep(thing, future.result())

    # -- the table -----------------------------------------------------------------------------------------
    def write_table(self) -> Mined:
        """Write the table of all that is there."""
        pages = self.folder.pages()
        sizes = self.folder.dataset_sizes()
        parts = []
        errors = 0
        for number, page in enumerate(pages):
            rows = [self._row(item, sizes) for item in models_of(read_page(page)[0])]
            errors += sum(len(row["errors"]) for row in rows)
            parts.append(_table.arrow(rows))
            self.progress("table", number + 1, len(pages))
        whole = _table.finished(parts)
        pq = require("pyarrow.parquet", extra="hub", needed_for="the table of models")
        with replacing(self.folder.table) as new:
            pq.write_table(whole, new, compression="zstd")
        return Mined(self.folder.table, whole.num_rows, _table.reporting(whole), errors)

    def _row(self, item: dict[str, Any], sizes: dict[str, int | None]) -> dict[str, Any]:
        asked = Asked(errors=("id: is no name of a repository, nothing was asked for",))
        if NAME.fullmatch(item["id"]):
            asked = self.folder.asked(item["id"], sha_of(item)) or Asked()
        return model_row(
            item,
            card=asked.card,
            files=asked.files,
            first_commit=asked.first_commit,
            dataset_sizes=sizes,
            errors=asked.errors,
        )
