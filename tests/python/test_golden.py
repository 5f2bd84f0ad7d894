# SPDX-License-Identifier: MIT
"""Every conformance vector of tests/golden, or of the folder CO2LIB_GOLDEN_DIR, against the public API."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from co2lib.testing import Outcome, run_file, run_vector
from co2lib.testing._vectors import is_vector_list, read_document, vectors

GOLDEN = Path(os.environ.get("CO2LIB_GOLDEN_DIR") or Path(__file__).parents[1] / "golden")
FILES = sorted(GOLDEN.glob("*.json"))


def _cases() -> list[Any]:
    """One case per vector; a file with a shape of its own, or one that cannot be read, is one case."""
    cases = []
    for file in FILES:
        try:
            document = read_document(file)
            listed = list(vectors(file, document)) if is_vector_list(document) else [None]
        except ValueError:
            listed = [None]
        ids = [file.stem if vector is None else str(vector.get("id")) for vector in listed]
        cases += [pytest.param(file, vector, id=i) for i, vector in zip(ids, listed, strict=True)]
    return cases


def _settle(outcomes: list[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed:
        lines = [
            line
            for o in failed
            for line in (f"{o.id} ({o.kind}): {o.reason}", *(f"    {d}" for d in o.differences))
        ]
        pytest.fail("\n".join(lines), pytrace=False)
    assert outcomes
    if all(outcome.status == "skipped" for outcome in outcomes):
        pytest.skip(outcomes[0].reason)


def test_the_folder_has_vectors() -> None:
    assert FILES, f"no *.json in {GOLDEN}"


@pytest.mark.parametrize(("file", "vector"), _cases())
def test_vector(file: Path, vector: dict[str, Any] | None) -> None:
    _settle(run_file(file) if vector is None else [run_vector(vector)])
