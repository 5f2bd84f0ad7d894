# SPDX-License-Identifier: MIT
"""The rules of comparison and the runner of conformance vectors: each must be able to fail."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import co2lib
from co2lib import testing
from co2lib._errors import NoSolutionError
from co2lib._extras import require
from co2lib.testing import SkipVector, _vectors, compare, conform, run_file, run_vector
from co2lib.testing._adapter import Fields, registrar, series, trace_file

NAN = float("nan")
INF = float("inf")
ANY = {"abs": 1e300, "rel": 1e300}
"""A tolerance that forgives every difference of two floats."""


@pytest.mark.parametrize(
    ("expected", "actual", "tolerance"),
    [
        (1.5, 1.5, None),
        (1.5, 1.5, "exact"),
        (3, 3.0, "exact"),
        (3.0, 3, "exact"),
        (0.1 + 0.2, 0.30000000000000004, "bit-exact"),
        (-0.0, 0.0, "exact"),
        (10.0, 10.5, {"abs": 0.5}),
        (10.0, 9.5, {"abs": 0.5}),
        (200.0, 202.0, {"rel": 0.01}),
        (-200.0, -202.0, {"rel": 0.01}),
        (10.0, 10.5, {"abs": 0.5, "rel": 1e-12}),
        (10.0, 10.0, {}),
        (None, None, None),
        (True, True, None),
        ("a", "a", None),
        ("inf", INF, {"rel": 1e-9}),
        ("inf", "inf", None),
        (INF, INF, {"rel": 1e-9}),
        ({"a": 1}, {"a": 1, "b": 2}, None),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, None),
        ({"rows": [{"a": 1}]}, {"rows": [{"a": 1, "b": 2}]}, None),
        ({"rows": [1, 2]}, {"rows": (1, 2)}, None),
        ({"flags": ["a", "b"]}, {"flags": ["b", "a"]}, None),
        ({"issues": ["a"]}, {"issues": {"a"}}, None),
        ({"warnings": []}, {"warnings": []}, None),
        ({"warnings": 0}, {"warnings": 0}, None),
        ({}, {"a": 1}, None),
    ],
)
def test_equal(expected: Any, actual: Any, tolerance: Any) -> None:
    assert compare(expected, actual, tolerance) == []


@pytest.mark.parametrize(
    ("expected", "actual", "tolerance"),
    [
        # floats
        (1.5, math.nextafter(1.5, 2), "exact"),
        (1.5, math.nextafter(1.5, 2), "bit-exact"),
        (-0.0, 0.0, "bit-exact"),
        (10.0, 10.500001, {"abs": 0.5}),
        (200.0, 202.00001, {"rel": 0.01}),
        (0.0, 1e-300, {"rel": 0.5}),
        (10.0, 10.1, {}),
        (10.0, 10.75, {"abs": 0.5, "rel": 0.05}),
        (INF, 1.0, {"rel": 1e-9}),
        (NAN, NAN, "exact"),
        (NAN, NAN, "bit-exact"),
        (NAN, NAN, ANY),
        (1.0, NAN, ANY),
        (1.0, INF, ANY),
        (1.0, None, ANY),
        (1.0, "1.0", ANY),
        (1.0, True, ANY),
        (1.0, [1.0], ANY),
        (1.0, 10**400, ANY),
        # exact whatever the tolerance
        (3, 4, ANY),
        (1, True, ANY),
        (0, False, ANY),
        (0, None, ANY),
        (True, 1, ANY),
        (False, 0, ANY),
        (True, False, ANY),
        (False, None, ANY),
        (None, 0, ANY),
        (None, False, ANY),
        (None, "", ANY),
        ("a", "b", ANY),
        ("1", 1, ANY),
        ("inf", -INF, ANY),
        ("inf", 1e308, ANY),
        ("inf", None, ANY),
        (INF, "inf", ANY),
        # objects and lists
        ({"a": 1}, {}, None),
        ({"a": None}, {}, None),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, None),
        ({"a": {"b": 1}}, {"a": [("b", 1)]}, None),
        ({"a": 1}, None, None),
        ([1, 2], [2, 1], None),
        ([1, 2], [1, 2, 3], None),
        ([1], [], None),
        ([], None, None),
        ([], {}, None),
        ([1, 2], {1, 2}, None),
        ({"rows": [{"a": 1}]}, {"rows": [{"b": 2}]}, None),
        ({"names": ["a", "b"]}, {"names": ["b", "a"]}, None),
        ({"flags": ["a"]}, {"flags": []}, None),
        ({"flags": []}, {"flags": ["a"]}, None),
        ({"flags": ["a"]}, {"flags": ["a", "b"]}, None),
        ({"flags": []}, {"flags": None}, None),
        ({"flags": ["a"]}, {"flags": "a"}, None),
        ({"flags": [1, 2]}, {"flags": [2, 1]}, None),
        ({"issues": [{"code": "a"}]}, {"issues": ["a"]}, None),
        ({"error": "meter.bad_unit"}, {"value": 1}, None),
        ({"error": "meter.bad_unit"}, {"error": "meter.bad_input"}, None),
    ],
)
def test_different(expected: Any, actual: Any, tolerance: Any) -> None:
    assert compare(expected, actual, tolerance)


def test_every_difference_is_named_with_its_place() -> None:
    differences = compare({"rows": [{"a": 1}, {"a": 2, "b": 3}]}, {"rows": [{"a": 0}, {"a": 2}]})
    assert [d.split(":")[0] for d in differences] == ["rows[0].a", "rows[1].b"]


def test_an_error_in_place_of_an_answer_is_named() -> None:
    assert "meter.bad_unit" in compare({"value": 1}, {"error": "meter.bad_unit"})[0]


@pytest.mark.parametrize(
    "tolerance",
    ["close", "", {"ulp": 1}, {"abs": -1.0}, {"rel": NAN}, {"rel": INF}, {"abs": True}, {"abs": "1"}, 0.1],
)
def test_unknown_tolerances_are_refused(tolerance: Any) -> None:
    with pytest.raises(ValueError, match="tolerance") as caught:
        compare(1.0, 1.0, tolerance)
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "core.bad_tolerance"


# ------------------------------------------------------------------------------------------------------------
# conform, run_vector, run_file: with an adapter made up here
# ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def adapter(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    module = ModuleType("co2lib.testing.fancy")
    kinds: dict[str, Any] = {}
    kind = registrar(kinds)

    @kind("fancy.echo")
    def _echo(given: dict[str, Any]) -> dict[str, Any]:
        return given

    @kind("fancy.refuse")
    def _refuse(given: dict[str, Any]) -> dict[str, Any]:
        return {"value": Fields(given, "fancy.bad_input").number("value")}

    @kind("fancy.break")
    def _break(given: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("broken adapter")

    @kind("fancy.trace")
    def _trace(given: dict[str, Any]) -> dict[str, Any]:
        raise SkipVector(f"no trace {given['trace']}")

    @kind("fancy.budget")
    def _budget(given: dict[str, Any]) -> dict[str, Any]:
        raise NoSolutionError(
            "fancy.infeasible",
            "no plan keeps the budget",
            {"min_carbon_g": 12.5, "nearest": ["a"], "error": 1},
        )

    @kind("fancy.extra")
    def _extra(given: dict[str, Any]) -> dict[str, Any]:
        return {"value": require("no_such_package_anywhere", extra="viz", needed_for="this").__name__}

    @kind("meter.elsewhere")
    def _elsewhere(given: dict[str, Any]) -> dict[str, Any]:
        return {"value": 7}

    module.KINDS = kinds  # type: ignore[attr-defined]
    names = (*testing.domains(), "fancy")
    monkeypatch.setitem(sys.modules, "co2lib.testing.fancy", module)
    monkeypatch.setattr(_vectors, "domains", lambda: names)
    return module


def _vector(kind: str, input: dict[str, Any], expected: Any, **more: Any) -> dict[str, Any]:
    return {"id": "v", "kind": kind, "input": input, "expected": expected, **more}


def test_domains_are_the_files_of_the_package() -> None:
    assert {"hub", "meter"} <= set(testing.domains())
    assert "fakes" not in testing.domains()
    assert not [name for name in testing.domains() if name.startswith("_")]


def test_every_kind_has_the_form_of_the_specification() -> None:
    for domain in testing.domains():
        kinds = _vectors._adapter_module(domain).KINDS
        assert kinds
        assert all("." in kind for kind in kinds)


@pytest.mark.parametrize(
    "kind", ["meter.nothing", "nothing.convert", "convert", "meter", "", "_vectors.x", "fakes.x"]
)
def test_unknown_kinds_raise_and_fail(kind: str) -> None:
    with pytest.raises(LookupError, match="no adapter") as caught:
        conform(kind, {})
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "core.unknown_kind"
    # Not even a vector that expects this error passes: it would say nothing about the library.
    outcome = run_vector(_vector(kind, {}, {"error": "core.unknown_kind"}))
    assert outcome.status == "failed"


@pytest.mark.usefixtures("adapter")
def test_errors_of_the_library_are_answers() -> None:
    assert conform("fancy.refuse", {}) == {"error": "fancy.bad_input"}
    assert conform("fancy.refuse", {"value": None}) == {"error": "fancy.bad_input"}
    assert conform("fancy.refuse", {"value": True}) == {"error": "fancy.bad_input"}
    assert conform("fancy.refuse", {"value": 2}) == {"value": 2}
    assert run_vector(_vector("fancy.refuse", {}, {"error": "fancy.bad_input"})).status == "passed"
    assert run_vector(_vector("fancy.refuse", {}, {"value": 1})).status == "failed"
    assert run_vector(_vector("fancy.refuse", {"value": 1}, {"error": "fancy.bad_input"})).status == "failed"


@pytest.mark.usefixtures("adapter")
def test_the_details_of_an_error_stand_beside_its_code() -> None:
    assert conform("fancy.budget", {}) == {
        "error": "fancy.infeasible",
        "min_carbon_g": 12.5,
        "nearest": ["a"],
    }
    expected = {"error": "fancy.infeasible", "min_carbon_g": 12.5}
    assert run_vector(_vector("fancy.budget", {}, expected)).status == "passed"
    assert run_vector(_vector("fancy.budget", {}, {"error": "fancy.infeasible"})).status == "passed"
    assert run_vector(_vector("fancy.budget", {}, {**expected, "min_carbon_g": 12})).status == "failed"
    assert run_vector(_vector("fancy.budget", {}, {**expected, "retry_after_s": 1})).status == "failed"


@pytest.mark.usefixtures("adapter")
def test_a_vector_whose_package_is_missing_is_skipped() -> None:
    with pytest.raises(testing.SkipVector, match="co2lib\\[viz\\]"):
        conform("fancy.extra", {})
    outcome = run_vector(_vector("fancy.extra", {}, {"value": 1}))
    assert outcome.status == "skipped"
    assert "pip install 'co2lib[viz]'" in outcome.reason
    # Not even where the vector expects that error: it would say nothing about the library.
    assert run_vector(_vector("fancy.extra", {}, {"error": "core.missing_extra"})).status == "skipped"


@pytest.mark.usefixtures("adapter")
def test_an_operation_may_stand_in_another_adapter() -> None:
    assert conform("meter.elsewhere", {}) == {"value": 7}


@pytest.mark.usefixtures("adapter")
def test_what_an_adapter_raises_is_a_failure_that_names_it() -> None:
    with pytest.raises(ZeroDivisionError):
        conform("fancy.break", {})
    outcome = run_vector(_vector("fancy.break", {}, {"error": "ZeroDivisionError"}))
    assert (outcome.status, outcome.reason) == ("failed", "ZeroDivisionError: broken adapter")


@pytest.mark.usefixtures("adapter")
def test_a_vector_without_its_trace_is_skipped() -> None:
    outcome = run_vector(_vector("fancy.trace", {"trace": "x.csv"}, {"value": 1}))
    assert (outcome.status, outcome.reason) == ("skipped", "no trace x.csv")


@pytest.mark.usefixtures("adapter")
def test_the_tolerance_of_a_vector_is_used_and_exact_if_missing() -> None:
    assert (
        run_vector(_vector("fancy.echo", {"x": 1.1}, {"x": 1.0}, tolerance={"abs": 0.2})).status == "passed"
    )
    failed = run_vector(_vector("fancy.echo", {"x": 1.1, "y": 1}, {"x": 1.0, "y": 2}))
    assert failed.status == "failed"
    assert len(failed.differences) == 2
    assert run_vector(_vector("fancy.echo", {"x": 1.0}, {"x": 1.0}, tolerance="sloppy")).status == "failed"


@pytest.mark.usefixtures("adapter")
@pytest.mark.parametrize("missing", ["id", "kind", "input", "expected"])
def test_an_incomplete_vector_fails(missing: str) -> None:
    vector = _vector("fancy.echo", {"x": 1}, {"x": 1})
    assert run_vector(vector).status == "passed"
    del vector[missing]
    assert run_vector(vector).status == "failed"


@pytest.mark.usefixtures("adapter")
def test_a_vector_that_expects_nothing_fails() -> None:
    assert run_vector(_vector("fancy.echo", {"x": 1}, {})).status == "failed"


def _write(folder: Path, document: Any) -> Path:
    file = folder / "fancy.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return file


@pytest.mark.usefixtures("adapter")
def test_a_file_is_run_in_order(tmp_path: Path) -> None:
    listed = [
        _vector("fancy.echo", {"x": 1}, {"x": 1}),
        _vector("fancy.echo", {"x": 1}, {"x": 2}),
        _vector("fancy.trace", {"trace": "t"}, {"x": 2}),
        _vector("fancy.unknown", {}, {"x": 2}),
    ]
    for i, vector in enumerate(listed):
        vector["id"] = f"v{i}"
    outcomes = run_file(_write(tmp_path, {"schema": "co2lib-vectors/1", "vectors": listed}))
    assert [o.id for o in outcomes] == ["v0", "v1", "v2", "v3"]
    assert [o.status for o in outcomes] == ["passed", "failed", "skipped", "failed"]


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        {"vectors": []},
        {"schema": "co2lib-vectors/1"},
        {"schema": "co2lib-vectors/1", "vectors": []},
        {"schema": "co2lib-vectors/1", "vectors": ["v"]},
        {"schema": "co2lib-vectors/1", "vectors": [{"id": "a"}, {"id": "a"}]},
    ],
)
def test_a_file_that_is_not_one_of_vectors_is_refused(tmp_path: Path, document: Any) -> None:
    with pytest.raises(ValueError, match=r"fancy\.json") as caught:
        run_file(_write(tmp_path, document))
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "core.bad_vectors"


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"absent\.json"):
        run_file(tmp_path / "absent.json")


def test_a_shape_of_its_own_fails_until_its_domain_exists(tmp_path: Path) -> None:
    (outcome,) = run_file(_write(tmp_path, {"schema": "co2lib-nosuchdomain-golden/1"}))
    assert outcome.status == "failed"
    assert "co2lib/testing/nosuchdomain.py" in outcome.reason


@pytest.mark.parametrize("schema", ["co2lib-fancy-golden/1", "a schema that names no domain"])
def test_a_shape_of_its_own_is_run_by_its_adapter(tmp_path: Path, adapter: ModuleType, schema: str) -> None:
    seen = []

    def own(path: Path, document: dict[str, Any]) -> list[testing.Outcome]:
        seen.append((path, document))
        return [testing.Outcome("a", "fancy", "passed")]

    adapter.run_file = own  # type: ignore[attr-defined]
    file = _write(tmp_path, {"schema": schema})
    assert [o.status for o in run_file(file)] == ["passed"]
    assert seen == [(file, {"schema": schema})]

    adapter.run_file = lambda path, document: []  # type: ignore[attr-defined]
    assert [o.status for o in run_file(file)] == ["failed"]


def test_fakes_that_cannot_be_imported_break_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "co2lib.testing.fakes", None)
    assert conform("meter.convert", {"value": 2, "from": "h", "to": "s"}) == {"value": 7200.0}
    with pytest.raises(ImportError):
        testing.ManualClock  # noqa: B018
    with pytest.raises(AttributeError, match="NoFake"):
        testing.NoFake  # noqa: B018


def test_a_name_has_one_adapter() -> None:
    kind = registrar({"a.b": lambda given: given})
    with pytest.raises(ValueError, match="two adapters"):
        kind("a.b")(lambda given: given)


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        ("number", 1.5, ["1", True, [1], "-inf", "infinity"]),
        ("numbers", [1, 2.5], [1, ["1"], [True], [None], "inf"]),
        ("integer", 3, [1.5, True, "3"]),
        ("text", "a", [1, ["a"]]),
        ("boolean", False, [0, "no"]),
        ("list", [1], [{"a": 1}, "a"]),
        ("object", {"a": 1}, [[1], "a"]),
    ],
)
def test_fields_are_read_by_type(read: str, good: Any, bad: list[Any]) -> None:
    assert getattr(Fields({"x": good}, "a.bad"), read)("x") == good
    assert getattr(Fields({"x": None}, "a.bad"), read)("x", "default") == "default"
    for given in [{}, {"x": None}, *({"x": value} for value in bad)]:
        with pytest.raises(ValueError, match=r"x(\[0\])?:") as caught:
            getattr(Fields(given, "a.bad"), read)("x")
        assert isinstance(caught.value, co2lib.Error)
        assert caught.value.code == "a.bad"


def test_the_text_inf_is_infinity_where_a_number_is_read() -> None:
    fields = Fields({"x": "inf", "xs": [1, "inf"]}, "a.bad")
    assert fields.number("x") == INF
    assert fields.numbers("xs") == [1, INF]
    assert fields.text("x") == "inf"
    with pytest.raises(ValueError, match=r"xs\[1\]"):
        Fields({"xs": [1, "nan"]}, "a.bad").numbers("xs")


def test_every_adapter_reads_traces_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inline = {"start": "2024-01-01T00:00:00Z", "step_s": 3600, "values": [10, 20]}
    assert len(series({"inline": inline})) == 2
    monkeypatch.setenv("CO2LIB_TRACES", str(tmp_path))
    with pytest.raises(testing.SkipVector, match="CO2LIB_TRACES"):
        series({"trace": "x.csv"})
    (tmp_path / "x.csv").write_text(
        "start,end,value,unit,signal,scope\n"
        "2022-01-05T04:00:00Z,2022-01-05T05:00:00Z,180,g/kWh,average,lifecycle\n"
    )
    assert trace_file("x.csv") == tmp_path / "x.csv"
    assert len(series({"trace": "x.csv"})) == 1


def test_rooms_answer_with_the_codes_of_embodied() -> None:
    triangle = {"dist": "triangular", "low": 1, "mode": 2, "high": 3}
    assert conform("embodied.inverse_cdf", {**triangle, "u": 0.5}) == {"x": 2.0}
    for given, code in [
        ({**triangle, "u": 1}, "embodied.out_of_range"),
        ({**triangle, "u": 0.5, "mode": 4}, "embodied.bad_factor"),
        ({**triangle, "u": 0.5, "mode": None}, "embodied.bad_factor"),
        ({"dist": "normal", "u": 0.5}, "embodied.bad_factor"),
        ({"dist": "lognormal", "u": 0.5, "median": 1, "gsd": "inf"}, "embodied.bad_factor"),
    ]:
        assert conform("embodied.inverse_cdf", given) == {"error": code}, given
    assert conform("embodied.percentile", {"samples": [], "p": 0.5}) == {"error": "embodied.out_of_range"}
    assert conform("embodied.percentile", {"samples": [1, "inf"], "p": 0.5}) == {"x": INF}
