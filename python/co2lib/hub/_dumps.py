# SPDX-License-Identifier: MIT
"""Tables of models that others have made, read as `mine` reads the Hub: in one process, or over Dask."""

from __future__ import annotations

import ast
import gzip
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from co2lib._errors import BadValueError, SystemFailureError
from co2lib._extras import require
from co2lib.hub import _table
from co2lib.hub._cards import read_cards
from co2lib.hub._models import model_row
from co2lib.hub._store import models_of

Frame = Any
"""A DataFrame of pandas, which is optional."""

ROWS: Final = 2000
"""Rows that are read at a time."""
LINE_LIMIT: Final = 80 << 20
"""Bytes of a line of JSON; a longer one is an error."""

_JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_CSV = (".csv", ".csv.gz")
_ENDINGS: Final = (".parquet", *_CSV, *_JSON_LINES)

_NAMES: Final = {
    "modelId": "id",
    "model_id": "id",
    "created_at": "createdAt",
    "last_modified": "lastModified",
    "downloads_all_time": "downloadsAllTime",
    "card_data": "cardData",
    "base_models": "baseModels",
    "model_index": "model-index",
    "card": "card",
    "readme": "card",
}
"""Columns of known dumps, by the names of the Hub's API."""
_NESTED: Final = ("cardData", "tags", "baseModels", "model-index", "safetensors", "co2_eq_emissions")
_COUNTS: Final = ("likes", "downloads", "downloadsAllTime")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_LITERAL_LIMIT: Final = 100_000


class Part(NamedTuple):
    """What one task reads: a file, or a group of rows of a Parquet file."""

    file: str
    group: int | None = None


def load(folder: str | os.PathLike[str]) -> Frame:
    """Return the table that :func:`mine` has written into a folder.

    Raises
    ------
    co2lib.Error
        ``hub.cannot_read`` if there is none; ``core.missing_extra`` without the extra `hub`.
    """
    pq = require("pyarrow.parquet", extra="hub", needed_for="a table of models")
    file = Path(folder) / "models.parquet"
    if not file.exists():
        raise SystemFailureError(
            "hub.cannot_read", f"{file}: is not there; run 'co2lib mine {folder}' to its end"
        )
    try:
        return _table.frame(pq.read_table(file))
    except (OSError, ValueError) as error:
        raise SystemFailureError("hub.cannot_read", f"{file}: {error}") from error


def read_dump(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, scheduler: Any = None
) -> Frame:
    """Read tables of models that are there already, and return the table that :func:`mine` makes.

    Parameters
    ----------
    source : path or paths
        Files (Parquet, CSV, JSON lines; the latter two also with ``.gz``), or folders of them. One row is one
        model: `id` (or `modelId`), and what there is of the Hub's API (`cardData` as a map or JSON text,
        `createdAt`, `downloads`, `likes`, `tags`, ...), of `card` (the text of its README.md), and of
        `co2_eq_emissions`.
    scheduler : optional
        Default: this process. Else what Dask takes: ``"processes"``, or a ``dask.distributed.Client``. The
        result is the same.

    Returns
    -------
    DataFrame
        One row per model, sorted by id; docs/hub.md, "The table of models". Rows without an id are left out.

    Raises
    ------
    co2lib.Error
        ``hub.cannot_read``, ``hub.bad_value`` with file and line; ``core.missing_extra``.
    """
    parts = parts_of(source)
    require("pandas", extra="hub", needed_for="a table of models")
    if scheduler is None:
        tables: Iterable[Any] = map(read_part, parts)
    else:
        bag = require("dask.bag", needed_for="reading over Dask")
        tables = bag.from_sequence(parts, partition_size=1).map(read_part).compute(scheduler=scheduler)
    return _table.frame(_table.finished(tables))


def parts_of(source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Part]:
    """Return what is to be read, in an order that does not depend on who reads it."""
    given = [source] if isinstance(source, str | os.PathLike) else list(source)
    files: list[Path] = []
    for path in map(Path, given):
        if path.is_dir():
            found = sorted(
                file for file in path.rglob("*") if file.name.endswith(_ENDINGS) and file.is_file()
            )
            if (path / "state.json").exists():  # of co2lib mine: the table says what the pages beside it say
                found = [file for file in found if file.suffix != ".parquet"]
            files += found
        elif not path.name.endswith(_ENDINGS):
            raise BadValueError(
                "hub.bad_value", f"{path}: give a folder, or a file that ends with {', '.join(_ENDINGS)}"
            )
        else:
            files.append(path)
    if not files:
        raise BadValueError(
            "hub.bad_value", f"{', '.join(map(str, given))}: no file ends with {', '.join(_ENDINGS)}"
        )
    return [part for file in files for part in _parts_of_file(file)]


def _parts_of_file(file: Path) -> Iterator[Part]:
    if file.suffix != ".parquet":
        yield Part(str(file))
        return
    groups = _opened(file).num_row_groups
    for group in range(groups):
        yield Part(str(file), group)


def _opened(file: Path) -> Any:
    pq = require("pyarrow.parquet", extra="hub", needed_for="reading Parquet")
    try:
        return pq.ParquetFile(file)
    except (OSError, ValueError) as error:
        raise SystemFailureError("hub.cannot_read", f"{file}: {error}") from error


def read_part(part: Part) -> Any:
    """Return the rows of a part as columns of Arrow."""
    pa = require("pyarrow", extra="hub", needed_for="a table of models")
    tables = [_table.schema().empty_table()]
    rows = _rows_of(part)
    while some := list(islice(rows, ROWS)):
        tables.append(_table.arrow(_models(some)))
    return pa.concat_tables(tables)


def _models(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    items = list(models_of(map(_item, records)))
    texts = [_bytes(item.get("card")) for item in items]
    cards = iter(read_cards([text for text in texts if text is not None], threads=1))
    return [
        model_row(item, card=text, read=None if text is None else next(cards))
        for item, text in zip(items, texts, strict=True)
    ]


def _bytes(text: Any) -> bytes | None:
    if isinstance(text, bytes):
        return text
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) and text else None


# ----------------------------------------------------------------------------------------------------------
# Rows
# ----------------------------------------------------------------------------------------------------------
def _rows_of(part: Part) -> Iterator[Mapping[str, Any]]:
    file = Path(part.file)
    try:
        if part.group is not None:
            yield from _parquet_rows(file, part.group)
        elif file.name.endswith(_CSV):
            yield from _csv_rows(file)
        else:
            yield from _json_rows(file)
    except (OSError, EOFError) as error:
        raise SystemFailureError("hub.cannot_read", f"{file}: {error}") from error


def _parquet_rows(file: Path, group: int) -> Iterator[Mapping[str, Any]]:
    opened = _opened(file)
    wanted = [name for name in opened.schema_arrow.names if _NAMES.get(name, name) in _KNOWN]
    for batch in opened.iter_batches(batch_size=ROWS, row_groups=[group], columns=wanted):
        yield from batch.to_pylist()


def _csv_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    pandas = require("pandas", extra="hub", needed_for="reading CSV")
    try:
        for chunk in pandas.read_csv(file, dtype=str, keep_default_na=False, chunksize=ROWS):
            yield from chunk.to_dict("records")
    except (ValueError, UnicodeError) as error:
        raise BadValueError("hub.bad_value", f"{file}: cannot be read as CSV: {error}") from error


def _json_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
        number = 0
        while line := lines.readline(LINE_LIMIT):
            number += 1
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadValueError("hub.bad_value", f"{file}:{number}: is not JSON: {error}") from error
            if isinstance(row, dict):
                yield row


_KNOWN: Final = {
    *_NAMES.values(),
    *_NESTED,
    *_COUNTS,
    *["author", "sha", "pipeline_tag", "library_name", "createdAt", "lastModified"],
}


def _item(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as the Hub's API has it."""
    item: dict[str, Any] = {}
    for column, value in record.items():
        name = _NAMES.get(column, column)
        if name not in _KNOWN or value is None or value == "":
            continue
        item.setdefault(name, _value(name, value))
    emissions = item.pop("co2_eq_emissions", None)
    if emissions is not None and "card" not in item:
        metadata = item.get("cardData")
        metadata = dict(metadata) if isinstance(metadata, dict) else {}
        metadata.setdefault("co2_eq_emissions", emissions)
        item["cardData"] = metadata
    if isinstance(item.get("cardData"), dict):
        item["cardData"] = _without_none(item["cardData"])
    return item


def _value(name: str, value: Any) -> Any:
    if name in _NESTED and isinstance(value, str):
        return _unpacked(value)
    if name in _COUNTS:
        return _count(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _without_none(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the fields that a struct of Parquet has for all rows, and this one does not have."""
    kept = {key: value for key, value in metadata.items() if value is not None}
    block = kept.get("co2_eq_emissions")
    if isinstance(block, dict):
        kept["co2_eq_emissions"] = {key: value for key, value in block.items() if value is not None}
    return kept


def _count(value: Any) -> Any:
    try:
        number = float(value)
        return int(number) if number == int(number) else None
    except (TypeError, ValueError, OverflowError):
        return None


def _unpacked(text: str) -> Any:
    """Return what a cell holds as text: JSON, a number, a list as Python writes it, or a text."""
    if _NUMBER.fullmatch(text):
        return float(text)
    if text[0] in "[{":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
        if len(text) <= _LITERAL_LIMIT:
            try:
                return ast.literal_eval(text)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                pass
    return text
