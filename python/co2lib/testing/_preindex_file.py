# SPDX-License-Identifier: MIT
"""The runner of the file of `preindex.*` vectors: its sections, and the questions that they ask."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from co2lib import preindex
from co2lib._errors import BadValueError
from co2lib.testing._compare import compare
from co2lib.testing._skip import SkipVector
from co2lib.testing._vectors import Outcome, conform

VARIANTS = ("clean", "noise_1", "noise_2")


class _File:
    """The document with its arrays, and the questions that its sections ask."""

    def __init__(self, path: Path, document: dict[str, Any]) -> None:
        self.root = path.parent
        self.document = document

    def array(self, value: Any) -> Any:
        """Return the array that a reference names; other values as they are."""
        if not (isinstance(value, dict) and "file" in value):
            return value
        shape = tuple(value["shape"])
        file = self.root / value["file"]
        found = np.fromfile(file, dtype=value["dtype"], count=math.prod(shape), offset=value.get("offset", 0))
        return found.reshape(shape)

    def arrays(self, values: dict[str, Any]) -> dict[str, Any]:
        return {name: self.array(value) for name, value in values.items()}


Question = tuple[str, str, dict[str, Any], dict[str, Any], dict[str, float] | str]
"""id, kind, input, expected, tolerance."""


def _absolute(limit: float) -> dict[str, float]:
    return {"abs": limit}


def _expected(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"error"}


def _split(rule_and_weights: str) -> dict[str, str]:
    rule, weights = rule_and_weights.split("/")
    return {"edge_rule": rule, "weights": weights}


def _a_vectors(file: _File, section: dict[str, Any]) -> Iterator[Question]:
    for case in section["cases"]:
        x, y = file.array(case["x"]), file.array(case["y"])
        for key, degenerate in (("expected", "nan"), ("expected_degenerate_count", "count")):
            for choice, tables in case.get(key, {}).items():
                for bins, want in tables.items():
                    given = {"x": x, "y": y, "bins": int(bins), "degenerate": degenerate, **_split(choice)}
                    # No table: the published chain has no number there.
                    if want is None:
                        want = {"js": None, "wasserstein": None, "bhattacharyya": None}  # noqa: PLW2901
                    yield (
                        f"{case['id']} {choice} {bins} {degenerate}",
                        "preindex.distances",
                        given,
                        want,
                        _absolute(1e-12),
                    )


def _clustered(case: str, given: dict[str, Any], want: dict[str, Any], file: _File) -> Iterator[Question]:
    name = f"{case} {given.get('variant')}"
    if _expected(want):
        yield name, "preindex.inv_ari", given, want, "exact"
        return
    exact: dict[str, Any] = {
        key: want[key] for key in ("inv_ari", "ari", "n_iter", "stop", "issues") if key in want
    }
    if "labels" in want:
        exact["labels"] = np.asarray(file.array(want["labels"])).tolist()
    yield name, "preindex.inv_ari", given, exact, _absolute(1e-12)
    if "tol_abs" in want:
        yield f"{name} tol_abs", "preindex.inv_ari", given, {"tol_abs": want["tol_abs"]}, {"rel": 1e-6}


def _network(file: _File, section: dict[str, Any]) -> Iterator[Question]:
    for case in section["cases"]:
        name = case["id"]
        mode: Literal["cnn", "vit"] = "vit" if case["mode"] == "vit" else "cnn"
        sides: dict[str, dict[str, Any]] = {}
        for side in ("clean", "shifted"):
            means = file.arrays(case.get("means", {}).get(side, {}))
            outputs = file.arrays(case["activations"][side])
            sides[side] = {}
            for layer, output in outputs.items():
                if layer in means:
                    sides[side][layer] = means[layer]
                    largest = float(np.abs(means[layer]).max())
                    given = {"output": output, "mode": mode}
                    want = {"rows": means[layer]}
                    yield f"{name} {side} {layer}", "preindex.vectors", given, want, _absolute(2e-6 * largest)
                elif case["mode"] == "cnn_means":
                    sides[side][layer] = output
                else:
                    sides[side][layer] = preindex.sample_vectors(output, mode)
        for choice, want in case["expected_p"].items():
            given = {**sides, "classes": case["classes"], **_split(choice)}
            if _expected(want):
                yield f"{name} {choice}", "preindex.p", given, want, "exact"
                continue
            expected: dict[str, Any] = {"p": want, "kept_layers": case["kept_layers"]}
            if choice == "numpy1/density":
                if "expected_p_per_layer" in case:
                    expected["per_layer"] = case["expected_p_per_layer"]
                if "expected_standard_error_js64" in case:
                    expected["standard_error"] = {"64": {"js": case["expected_standard_error_js64"]}}
            yield f"{name} {choice}", "preindex.p", given, expected, _absolute(1e-11)
        for variant in VARIANTS:
            if variant not in case.get("expected_inv_ari", {}):
                continue
            want = case["expected_inv_ari"][variant]
            layer = case["embedding_layer"]
            given = {side: file.array(case["activations"][side][layer]) for side in ("clean", "shifted")} | {
                "labels": file.array(case["labels"]),
                "variant": variant,
            }
            yield from _clustered(name, given, want, file)
        for item in case.get("expected_preindex", []):
            given = {
                "p": case["expected_p"]["numpy1/density"]["64"]["js"],
                "inv_ari": case["expected_inv_ari"]["noise_2"]["inv_ari"],
                "s": item["s"],
                "s_bar": item["s_bar"],
            }
            yield f"{name} combine", "preindex.combine", given, {"value": item["value"]}, _absolute(1e-11)
        if "end_to_end" in case:
            asked = case["end_to_end"] | {"classes": case["classes"]}
            given = {key: file.array(value) for key, value in asked.items() if key != "weights"}
            if "weights" in asked:
                weights = asked["weights"]
                given["weights"] = file.arrays(weights) if isinstance(weights, dict) else weights
            if isinstance(asked.get("images"), dict):
                given["images"] = file.arrays(asked["images"])
            want = {"p": case["expected_p"]["numpy1/density"]}
            yield f"{name} end_to_end", "preindex.end_to_end", given, want, _absolute(2e-3)


def _d_embeddings(file: _File, section: dict[str, Any]) -> Iterator[Question]:
    for case in section["cases"]:
        base = {key: file.array(case[key]) for key in ("clean", "shifted", "labels")}
        for variant, want in case["expected"].items():
            if not variant.endswith("_kpp"):
                yield from _clustered(case["id"], base | {"variant": variant}, want, file)


def _e_ari(file: _File, section: dict[str, Any]) -> Iterator[Question]:
    for case in section["cases"]:
        want = case["ari"] if _expected(case.get("ari")) else {"ari": case["ari"]}
        if "contingency" in case:
            given = {"contingency": case["contingency"]}
            yield f"{case['id']} table", "preindex.ari", given, want, _absolute(1e-12)
        if "labels_true" in case:
            given = {key: file.array(case[key]) for key in ("labels_true", "labels_pred")}
            yield f"{case['id']} labels", "preindex.ari", given, want, _absolute(1e-12)


def _f_resque(file: _File, section: dict[str, Any]) -> Iterator[Question]:
    for case in section.get("shift_cases", []):
        keys = ("clean", "labels_clean", "shifted", "labels_shifted")
        given = {key: file.array(case[key]) for key in keys}
        if _expected(case["expected"]):
            yield case["id"], "preindex.resque_shift", given, case["expected"], "exact"
            continue
        want = {"index": case["expected"]} | ({"angles": case["angles"]} if "angles" in case else {})
        yield case["id"], "preindex.resque_shift", given, want, _absolute(1e-12)
        if case.get("official_float32") is not None:
            official = {"index": case["official_float32"]}
            yield f"{case['id']} official", "preindex.resque_shift", given, official, _absolute(3e-4)
    for case in section.get("task_cases", []):
        given = {"x": file.array(case["x"]), "labels": file.array(case["labels"])}
        want = {key: case[key] for key in ("inv_ari", "n_iter") if key in case}
        if _expected(case.get("expected")):
            want = case["expected"]
        yield case["id"], "preindex.resque_task", given, want, _absolute(1e-12)


def _h_combine(_: _File, section: dict[str, Any]) -> Iterator[Question]:
    for number, case in enumerate(section["cases"]):
        keys = ("p", "inv_ari", "s", "s_bar", "inv_ari_denominator")
        given = {key: case[key] for key in keys if key in case}
        want = case["value"] if _expected(case["value"]) else {"value": case["value"]}
        yield str(case.get("id", f"h{number + 1}")), "preindex.combine", given, want, _absolute(1e-12)


def _i_forecast(_: _File, section: dict[str, Any]) -> Iterator[Question]:
    for case in section["cases"]:
        given = {key: case[key] for key in ("model", "alpha", "x", "y", "x_new") if key in case}
        yield case["id"], "preindex.forecast", given, case["expected"], _absolute(1e-9)


def _j_statistics(_: _File, section: dict[str, Any]) -> Iterator[Question]:
    for case in section["cases"]:
        want = {key: case[key] for key in ("pearson", "spearman", "kendall_tau_b") if key in case}
        if _expected(case.get("expected")):
            want = case["expected"]
        given = {"x": case["x"], "y": case["y"]}
        yield case["id"], "preindex.correlations", given, want, _absolute(1e-12)


def _k_corruption(file: _File, section: dict[str, Any]) -> Iterator[Question]:
    blur = section.get("blur", {})
    for case in blur.get("cases", []):
        given = {"image": file.array(blur["image"]), "sigma": case["sigma"]}
        want = case["output"] if _expected(case["output"]) else {"output": file.array(case["output"])}
        yield f"blur {case['sigma']}", "preindex.blur", given, want, _absolute(2e-6)
    steps = section.get("to_u8", {})
    for name, wrap in (("wrap", True), ("clamp", False)):
        if name in steps:
            given = {"x": steps["x"], "wrap": wrap}
            yield f"to_u8 {name}", "preindex.to_u8", given, {"q": steps[name]}, "exact"


SECTIONS = {
    "a_vectors": _a_vectors,
    "b_cnn": _network,
    "c_vit": _network,
    "d_embeddings": _d_embeddings,
    "e_ari": _e_ari,
    "f_resque": _f_resque,
    "h_combine": _h_combine,
    "i_forecast": _i_forecast,
    "j_statistics": _j_statistics,
    "k_corruption": _k_corruption,
}
NOT_ASKED = {"schema", "provenance", "tolerances", "binary", "g_invariances"}
"""Keys that are no sections; the invariances are property tests."""


def _lists(value: Any) -> Any:
    """Return arrays as lists, so that they compare with JSON."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return value


def _ask(question: Question) -> Outcome:
    name, asked, given, want, tolerance = question
    try:
        if not want:
            raise BadValueError("core.bad_vector", "the vector expects nothing")
        differences = compare(_lists(want), _lists(conform(asked, given)), tolerance)
    except SkipVector as skip:
        return Outcome(name, asked, "skipped", str(skip))
    except Exception as error:  # one broken case must not hide the others
        return Outcome(name, asked, "failed", f"{type(error).__name__}: {error}")
    if differences:
        more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
        return Outcome(name, asked, "failed", differences[0] + more, tuple(differences))
    return Outcome(name, asked, "passed")


def run_file(path: Path, document: dict[str, Any]) -> list[Outcome]:
    """Ask every case of a file of the schema ``co2lib-preindex-golden/1``."""
    file = _File(path, document)
    outcomes: list[Outcome] = []
    for key, section in document.items():
        if key in NOT_ASKED:
            continue
        questions = SECTIONS.get(key)
        if questions is None:
            outcomes.append(
                Outcome(key, "preindex", "failed", f"unknown section; known: {', '.join(SECTIONS)}")
            )
            continue
        try:
            outcomes += [_ask(question) for question in questions(file, section)]
        except Exception as error:
            outcomes.append(Outcome(key, "preindex", "failed", f"{type(error).__name__}: {error}"))
    return outcomes
