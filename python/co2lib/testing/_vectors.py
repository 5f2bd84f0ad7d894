# SPDX-License-Identifier: MIT
"""Finding the adapters, asking them, and running files of vectors."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from co2lib._errors import BadValueError, Error, MissingExtraError, NotFoundError, SystemFailureError
from co2lib.testing._adapter import Adapter
from co2lib.testing._compare import compare
from co2lib.testing._skip import SkipVector

VECTORS_SCHEMA = "co2lib-vectors/1"
NO_ADAPTERS = frozenset({"fakes"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one vector.

    Attributes
    ----------
    id, kind : str
        Those of the vector.
    status : str
        ``passed``, ``failed`` or ``skipped``.
    reason : str
        Why it failed or was skipped, in one line; empty if it passed.
    differences : tuple of str
        Every difference between the expected answer and the one given.
    """

    id: str
    kind: str
    status: Literal["passed", "failed", "skipped"]
    reason: str = ""
    differences: tuple[str, ...] = ()


@cache
def domains() -> tuple[str, ...]:
    """Return the names of the domains that have an adapter: one file of this package each."""
    package = importlib.import_module("co2lib.testing")
    return tuple(
        found.name
        for found in pkgutil.iter_modules(package.__path__)
        if not found.name.startswith("_") and found.name not in NO_ADAPTERS
    )


def _adapter_module(domain: str) -> ModuleType:
    return importlib.import_module(f"co2lib.testing.{domain}")


def _adapter(kind: str) -> Adapter:
    own = kind.split(".", 1)[0]
    known: set[str] = set()
    broken: list[str] = []
    # The kind's own domain first; an operation that spans domains may stand in another adapter.
    for domain in sorted(domains(), key=lambda name: name != own):
        try:
            kinds: dict[str, Adapter] = getattr(_adapter_module(domain), "KINDS", {})
        except ImportError as error:
            if domain == own:
                raise
            broken.append(f"{domain} cannot be imported: {error}")
            continue
        if kind in kinds:
            return kinds[kind]
        known |= {name for name in kinds if name.split(".", 1)[0] == own}
    about = "; ".join([f"known: {', '.join(sorted(known)) or f'nothing of {own!r}'}", *broken])
    raise NotFoundError("core.unknown_kind", f"{kind}: no adapter for this kind; {about}")


def conform(kind: str, input: dict[str, Any]) -> dict[str, Any]:
    """Ask the public API what a conformance vector asks.

    Parameters
    ----------
    kind : str
        ``<domain>.<operation>``, for example ``meter.convert``.
    input : dict
        Arguments by the names of the domain's specification.

    Returns
    -------
    dict
        The answer; where the API raises `co2lib.Error`, ``{"error": code}`` with the error's details beside
        it.

    Raises
    ------
    co2lib.Error
        ``core.unknown_kind`` if no adapter knows the kind.
    SkipVector
        If a file that the vector names, or an optional package that it needs (``core.missing_extra``), is not
        here.
    """
    adapter = _adapter(kind)
    try:
        return adapter(input)
    except MissingExtraError as error:
        raise SkipVector(str(error)) from error
    except Error as error:
        return {**error.details, "error": error.code}


def run_vector(vector: dict[str, Any]) -> Outcome:
    """Ask one vector and compare; whatever is raised becomes a failed outcome.

    Parameters
    ----------
    vector : dict
        `id`, `kind`, `input`, `expected` and, if not exact, `tolerance`.
    """
    name, kind = str(vector.get("id", "?")), str(vector.get("kind", "?"))
    try:
        for field in ("id", "kind", "input", "expected"):
            if field not in vector:
                raise BadValueError("core.bad_vector", f"the vector has no field {field!r}")
        # An empty expectation would pass whatever the answer is.
        if vector["expected"] == {}:
            raise BadValueError("core.bad_vector", "the vector expects nothing")
        differences = compare(vector["expected"], conform(kind, vector["input"]), vector.get("tolerance"))
    except SkipVector as skip:
        return Outcome(name, kind, "skipped", str(skip))
    except Exception as error:  # one broken adapter must not hide the other vectors
        return Outcome(name, kind, "failed", f"{type(error).__name__}: {error}")
    if differences:
        more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
        return Outcome(name, kind, "failed", differences[0] + more, tuple(differences))
    return Outcome(name, kind, "passed")


def read_document(path: str | Path) -> dict[str, Any]:
    """Read a file of vectors.

    Raises
    ------
    co2lib.Error
        ``core.bad_vectors`` if the file cannot be read, is not JSON, or is not an object with a `schema`.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemFailureError("core.bad_vectors", f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise BadValueError("core.bad_vectors", f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise BadValueError("core.bad_vectors", f'{path}: expected an object with a text "schema"')
    return document


def is_vector_list(document: dict[str, Any]) -> bool:
    """Tell whether a document is a list of vectors; else it has a shape of its own."""
    return bool(document["schema"] == VECTORS_SCHEMA)


def vectors(path: str | Path, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the vectors of a document, after a check that there are some and that their ids are unique.

    Raises
    ------
    co2lib.Error
        ``core.bad_vectors``
    """
    listed = document.get("vectors")
    if not isinstance(listed, list) or not listed or not all(isinstance(v, dict) for v in listed):
        raise BadValueError("core.bad_vectors", f'{path}: "vectors" must be a list of objects, at least one')
    ids = [v.get("id") for v in listed]
    twice = sorted({str(i) for i in ids if ids.count(i) > 1})
    if twice:
        raise BadValueError("core.bad_vectors", f"{path}: ids that occur twice: {', '.join(twice)}")
    yield from listed


def _own_domain(path: Path, schema: str) -> str:
    """Return the domain of a shape of its own: ``co2lib-<domain>-golden/1``, else the file's name."""
    named = re.fullmatch(r"co2lib-([a-z_]+)-golden/\d+", schema)
    return named[1] if named else path.stem


def run_file(path: str | Path) -> list[Outcome]:
    """Run every vector of a file.

    A file of the schema ``co2lib-vectors/1`` is a list of vectors. Another schema is run by the function
    ``run_file(path, document) -> list[Outcome]`` of its domain's adapter; without one the file is one failed
    outcome.

    Parameters
    ----------
    path : path-like
        A JSON file.

    Raises
    ------
    co2lib.Error
        ``core.bad_vectors`` if the file is not one of vectors.
    """
    path = Path(path)
    document = read_document(path)
    if is_vector_list(document):
        return [run_vector(vector) for vector in vectors(path, document)]
    schema = document["schema"]
    domain = _own_domain(path, schema)
    own = getattr(_adapter_module(domain), "run_file", None) if domain in domains() else None
    if own is None:
        reason = f"schema {schema}: no adapter co2lib/testing/{domain}.py with run_file reads it"
        return [Outcome(path.stem, schema, "failed", reason)]
    outcomes: list[Outcome] = own(path, document)
    if not outcomes:
        return [Outcome(path.stem, schema, "failed", "the adapter's run_file compared nothing")]
    return outcomes
