# SPDX-License-Identifier: MIT
"""The table of models, as columns of Arrow: what one row says, and what only all of them together say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from co2lib._extras import require
from co2lib.hub._labels import label_arrays, performance_score

Table = Any
"""A table of pyarrow, which is optional."""

NEEDED_FOR: Final = "the table of models"
SCORED: Final = ("accuracy", "f1", "rouge1", "rougeL")

_TEXTS: Final = (
    *("id", "author", "sha", "pipeline_tag", "library_name", "domain", "status", "unit_source"),
    *("source", "training_type", "location", "hardware", "source_class", "training_class"),
)
_LISTS: Final = (*("tags", "base_model", "license", "language", "warnings", "errors"),)
_NUMBERS: Final = (
    *("grams", "low_g", "high_g", "hours", "energy_kwh", "body_g", "accuracy", "f1", "rouge1"),
    *("rougeL", "loss", "size_efficiency", "datasets_size_efficiency"),
)
_COUNTS: Final = (
    *("likes", "downloads", "downloads_all_time", "completeness", "size_pytorch_bin_bytes"),
    *("weights_bytes", "parameters", "datasets_size_bytes", "datasets_missing", "report_class"),
)
_TIMES: Final = (*("created_at", "last_modified"),)


def _arrow() -> Any:
    return require("pyarrow", extra="hub", needed_for=NEEDED_FOR)


def schema() -> Any:
    """Return names and types of the columns that a row has."""
    pa = _arrow()
    types: dict[str, Any] = dict.fromkeys(_TEXTS, pa.string())
    types |= dict.fromkeys(_LISTS, pa.list_(pa.string()))
    types |= dict.fromkeys(_NUMBERS, pa.float64()) | dict.fromkeys(_COUNTS, pa.int64())
    types |= dict.fromkeys(_TIMES, pa.timestamp("us", tz="UTC")) | {"auto": pa.bool_()}
    return pa.schema([(name, types[name]) for name in ORDER])


ORDER: Final = (
    *("id", "author", "sha", "created_at", "last_modified", "likes", "downloads"),
    *("downloads_all_time", "tags", "pipeline_tag", "library_name", "base_model", "license"),
    *("language", "auto", "domain", "status", "grams", "low_g", "high_g", "unit_source", "warnings"),
    *("source", "training_type", "location", "hardware", "hours", "energy_kwh", "body_g"),
    *("completeness", "source_class", "training_class", "size_pytorch_bin_bytes", "weights_bytes"),
    *("parameters", "datasets_size_bytes", "datasets_missing", "accuracy", "f1", "rouge1", "rougeL"),
    *("loss", "report_class", "size_efficiency", "datasets_size_efficiency", "errors"),
)


def arrow(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return rows as columns."""
    return _arrow().Table.from_pylist(list(rows), schema=schema())


def finished(parts: Iterable[Table]) -> Table:
    """Return all parts as one table, sorted by id, each model once (the last), with what only all say.

    Adds `performance_score` and `label` (``castano2023``), and the warning ``inherited_from_base_model``
    where a model reports what a model reports that it is made from.
    """
    pa = _arrow()
    whole = pa.concat_tables([schema().empty_table(), *parts])
    whole = _each_once(whole)
    whole = _with_inherited(whole)
    scores = performance_score({name: whole[name].to_pylist() for name in SCORED})
    whole = whole.append_column("performance_score", pa.array(scores, pa.float64()))
    letters = label_arrays(columns_of(whole), whole.num_rows).letters
    return whole.append_column("label", pa.array(letters, pa.string()))


def _each_once(whole: Table) -> Table:
    pa = _arrow()
    compute = require("pyarrow.compute", extra="hub", needed_for=NEEDED_FOR)
    numbered = pa.table({"id": whole["id"], "row": pa.array(range(whole.num_rows), pa.int64())})
    last = numbered.group_by("id").aggregate([("row", "max")]).sort_by("id")
    return whole.take(compute.cast(last["row_max"], pa.int64())).combine_chunks()


def _with_inherited(whole: Table) -> Table:
    pa = _arrow()
    compute = require("pyarrow.compute", extra="hub", needed_for=NEEDED_FOR)
    rows = compute.indices_nonzero(compute.is_valid(whole["grams"])).to_pylist()
    some = whole.select(["id", "grams", "base_model"]).take(pa.array(rows, pa.int64())).to_pylist()
    grams = {row["id"]: row["grams"] for row in some}
    inherited = {
        number
        for number, row in zip(rows, some, strict=True)
        if any(
            base != row["id"] and base in grams and abs(grams[base] - row["grams"]) <= 1e-12 * row["grams"]
            for base in row["base_model"] or ()
        )
    }
    if not inherited:
        return whole
    warnings = whole["warnings"].to_pylist()
    for number in inherited:
        warnings[number] = [*warnings[number], "inherited_from_base_model"]
    column = whole.schema.get_field_index("warnings")
    return whole.set_column(column, "warnings", pa.array(warnings, pa.list_(pa.string())))


def columns_of(table: Table) -> dict[str, Any]:
    """Return the columns of numbers as arrays of numpy; none is NaN."""
    compute = require("pyarrow.compute", extra="hub", needed_for=NEEDED_FOR)
    types = require("pyarrow.types", extra="hub", needed_for=NEEDED_FOR)
    return {
        field.name: compute.cast(table[field.name], "float64", safe=False)
        .combine_chunks()
        .to_numpy(zero_copy_only=False)
        for field in table.schema
        if types.is_floating(field.type) or types.is_integer(field.type)
    }


def frame(table: Table) -> Any:
    """Return a table as a DataFrame; lists stay in Arrow, where they need a tenth of the memory."""
    pandas = require("pandas", extra="hub", needed_for=NEEDED_FOR)
    types = require("pyarrow.types", extra="hub", needed_for=NEEDED_FOR)
    kept = {field.type: pandas.ArrowDtype(field.type) for field in table.schema if types.is_list(field.type)}
    return table.to_pandas(types_mapper=kept.get, self_destruct=True, split_blocks=True)


def reporting(table: Table) -> int:
    """Return how many models have emissions that are certain."""
    return int(table.num_rows - table["grams"].null_count)
