# SPDX-License-Identifier: MIT
"""The folder of a mining run: what has been fetched is there whole, whenever the run is killed.

====================  ====================================================================================
``state.json``        what is mined; fixed when the folder is made
``raw/list-*.gz``     one page of the Hub's list each (JSON lines; the first says where the next page is)
``raw/asked.sqlite``  what was asked for beside the list: by (model, commit), and by data set
``models.parquet``    the table
====================  ====================================================================================
"""

from __future__ import annotations

import fcntl
import gzip
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from co2lib._errors import BadValueError, SystemFailureError, WrongStateError
from co2lib._files import write_whole

FORMAT: Final = "co2lib-mine/1"


class Asked(NamedTuple):
    """What was asked for about one commit of a model."""

    files: dict[str, int] | None = None
    first_commit: str | None = None
    etag: str | None = None
    errors: tuple[str, ...] = ()
    card: bytes | None = None
    healing: bool = False
    """An error may be gone when it is asked for again."""


class Folder:
    """The files of a run.

    Raises
    ------
    co2lib.Error
        ``hub.bad_value`` for a folder of another run, ``hub.busy`` if another process is mining into it,
        ``hub.cannot_write`` as the file system says.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raw = path / "raw"
        self.table = path / "models.parquet"
        self._lock: IO[bytes] | None = None
        self._base: sqlite3.Connection | None = None

    def open(self, settings: Mapping[str, Any], resume: bool) -> None:
        """Take the folder, made if need be; `settings` must be those that it was made with."""
        try:
            self.raw.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / ".lock").open("ab")
        except OSError as error:
            raise SystemFailureError("hub.cannot_write", f"{self.path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WrongStateError(
                "hub.busy",
                f"{self.path}: another process is mining into it; wait for it, or choose another folder",
            ) from error
        wanted = {"format": FORMAT, **settings}
        found = self.state()
        if found is None:
            self.write_state(wanted)
        elif not resume:
            raise BadValueError(
                "hub.bad_value",
                f"{self.path}: holds a run already; go on with it (resume), or choose another folder",
            )
        else:
            differing = [name for name in wanted if wanted[name] != found.get(name)]
            if differing:
                what = ", ".join(f"{name} {found.get(name)!r}, not {wanted[name]!r}" for name in differing)
                raise BadValueError(
                    "hub.bad_value", f"{self.path}: was begun with {what}; choose another folder"
                )
        self._base = sqlite3.connect(self.raw / "asked.sqlite")
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=NORMAL")
        with self._base:
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS models (id TEXT, sha TEXT, said TEXT, card BLOB, "
                "healing INTEGER, PRIMARY KEY (id, sha))"
            )
            self._base.execute("CREATE TABLE IF NOT EXISTS datasets (name TEXT PRIMARY KEY, size INTEGER)")

    def close(self) -> None:
        """Give the folder free."""
        if self._base is not None:
            self._base.close()
        if self._lock is not None:
            self._lock.close()

    # -- state ---------------------------------------------------------------------------------------------
    def state(self) -> dict[str, Any] | None:
        """Return what is mined here; None for a folder without a run."""
        try:
            found = json.loads((self.path / "state.json").read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise SystemFailureError("hub.cannot_read", f"{self.path / 'state.json'}: {error}") from error
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise BadValueError(
                "hub.bad_value", f"{self.path / 'state.json'}: is no state of co2lib mine ({FORMAT})"
            )
        return found

    def write_state(self, state: Mapping[str, Any]) -> None:
        """Replace the state."""
        write_whole(self.path / "state.json", json.dumps(state, indent=2).encode() + b"\n")

    # -- the list ------------------------------------------------------------------------------------------
    def pages(self) -> list[Path]:
        """Return the pages that are there, without a hole."""
        found: list[Path] = []
        while (page := self.raw / f"list-{len(found):05}.jsonl.gz").exists():
            found.append(page)
        return found

    def add_page(self, number: int, items: Iterable[Any], next_page: str | None) -> None:
        """Write a page of the list."""
        lines = [json.dumps({"co2lib": FORMAT, "next": next_page}), *(json.dumps(item) for item in items)]
        packed = gzip.compress("\n".join(lines).encode() + b"\n", compresslevel=6, mtime=0)
        write_whole(self.raw / f"list-{number:05}.jsonl.gz", packed)

    def forget(self) -> None:
        """Remove the list (the last page first, so that no hole is left) and the answers that may heal."""
        for page in reversed(self.pages()):
            page.unlink()
        base = self._open_base()
        with base:
            base.execute("DELETE FROM models WHERE healing")

    # -- what was asked for beside it ----------------------------------------------------------------------
    def asked(self, name: str, sha: str) -> Asked | None:
        """Return what was asked for about a commit of a model."""
        row = self._row("SELECT said, card FROM models WHERE id = ? AND sha = ?", name, sha)
        return None if row is None else _unpacked(*row)

    def asked_before(self, name: str) -> Asked | None:
        """Return the last answer about any commit of a model that has a card with an entity tag."""
        row = self._row(
            "SELECT said, card FROM models WHERE id = ? AND card NOT NULL ORDER BY rowid DESC LIMIT 1", name
        )
        return None if row is None else _unpacked(*row)

    def keep(self, name: str, sha: str, asked: Asked) -> None:
        """Keep what was asked for about a commit of a model."""
        said = asked._replace(card=None)._asdict()
        card = None if asked.card is None else zlib.compress(asked.card)
        base = self._open_base()
        with base:
            base.execute(
                "INSERT OR REPLACE INTO models VALUES (?, ?, ?, ?, ?)",
                (name, sha, json.dumps(said), card, asked.healing),
            )

    def dataset_sizes(self) -> dict[str, int | None]:
        """Return the size of each data set that was asked for, in bytes; None where it is not known."""
        return dict(self._open_base().execute("SELECT name, size FROM datasets").fetchall())

    def keep_dataset(self, name: str, size: int | None) -> None:
        """Keep the size of a data set."""
        base = self._open_base()
        with base:
            base.execute("INSERT OR REPLACE INTO datasets VALUES (?, ?)", (name, size))

    def _open_base(self) -> sqlite3.Connection:
        assert self._base is not None
        return self._base

    def _row(self, query: str, *values: str) -> tuple[str, bytes | None] | None:
        return self._open_base().execute(query, values).fetchone()  # type: ignore[no-any-return]


def _unpacked(said: str, card: bytes | None) -> Asked:
    parts = json.loads(said)
    parts |= {"errors": tuple(parts["errors"]), "card": None if card is None else zlib.decompress(card)}
    return Asked(**parts)


def read_page(page: Path) -> tuple[list[Any], str | None]:
    """Return the entries of a page and the address of the next one."""
    try:
        lines = gzip.decompress(page.read_bytes()).decode().splitlines()
        first = json.loads(lines[0])
        if first.get("co2lib") != FORMAT:
            raise ValueError(f"is no page of co2lib mine ({FORMAT})")
        return [json.loads(line) for line in lines[1:]], first["next"]
    except (OSError, EOFError, ValueError, LookupError, AttributeError, zlib.error) as error:
        raise SystemFailureError("hub.cannot_read", f"{page}: {error}; remove it, and mine again") from error


def models_of(items: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield the entries that are models with a name."""
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("id"), str) and item["id"]:
            yield item
