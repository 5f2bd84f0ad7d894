# SPDX-License-Identifier: MIT
"""Graphs, forests and configurations from what Python users have: files, mappings, modules of torch."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from co2lib._core import inference as _core
from co2lib._core.inference import Forest, Graph, KernelConfig, LlmCoefficients
from co2lib._errors import BadValueError

Document = str | Mapping[str, Any]


def _text(document: Document) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def parse_graph(document: Document, *, name: str = "graph") -> Graph:
    """Read a graph from JSON, or from a mapping of the same form (docs/inference.md, "Graphs").

    Parameters
    ----------
    document : str or mapping
        `nodes`, `outputs` and `shapes`.
    name : str
        Stands for the file in messages.

    Raises
    ------
    co2lib.Error
        ``inference.bad_graph``, naming place and remedy.
    """
    return _core.parse_graph(_text(document), name)


def load_graph(file: str | PathLike[str]) -> Graph:
    """Read a graph from a JSON file of at most 64 MiB; errors as `parse_graph`."""
    return _core.load_graph(Path(fspath(file)))


def save_graph(graph: Graph, file: str | PathLike[str]) -> None:
    """Write a graph as JSON; C++ programs read it with ``load_graph``."""
    Path(fspath(file)).write_text(graph.to_json() + "\n", encoding="utf-8")


def parse_forest(document: Document, *, name: str = "forest") -> Forest:
    """Read a forest, ``co2lib-forest/1``; raises ``inference.bad_model`` (docs/inference.md, "Profiles")."""
    return _core.parse_forest(_text(document), name)


def load_forest(file: str | PathLike[str]) -> Forest:
    """Read a forest from a JSON file of at most 1 GiB; errors as `parse_forest`."""
    return _core.load_forest(Path(fspath(file)))


def kernel_config(fields: Mapping[str, Any]) -> KernelConfig:
    """Return the configuration of a kernel from a mapping of its fields; None and absent are the default.

    Raises
    ------
    co2lib.Error
        ``inference.out_of_range`` for a field that is not known or of a wrong type.
    """
    plain = {
        key: int(value) if isinstance(value, float) and value.is_integer() and key != "pad" else value
        for key, value in fields.items()
    }
    return _core.parse_kernel(json.dumps(plain), "kernel")


def kernel_dict(config: KernelConfig) -> dict[str, Any]:
    """Return the fields of a configuration that differ from their defaults, and `kernel`."""
    fields: dict[str, Any] = json.loads(config.to_json())
    return fields


def llm_coefficients(document: Document) -> LlmCoefficients:
    """Read fitted coefficients of a serving step: a mapping or JSON, as `fit_llm` returns them."""
    return _core.parse_coefficients(_text(document))


def graph(model: Any, input_shape: Sequence[int] | None = None) -> Graph:
    """Return the graph of a model.

    Parameters
    ----------
    model : Graph, mapping, str, path, torch.nn.Module or torch.export.ExportedProgram
        A path ends with ``.json`` (this library's description) or ``.onnx``; a text beginning with ``{`` is
        JSON.
    input_shape : sequence of int, optional
        Of the example input, batch first; needed for a module of torch and for dynamic dimensions of ONNX.

    Raises
    ------
    co2lib.Error
        ``inference.bad_graph``; ``inference.unmodelled``; ``core.missing_extra`` where a package is missing.
    """
    if isinstance(model, Graph):
        return model
    if isinstance(model, Mapping):
        return parse_graph(model)
    if isinstance(model, str) and model.lstrip().startswith("{"):
        return parse_graph(model)
    if isinstance(model, str | PathLike):
        file = Path(fspath(model))
        if file.suffix == ".onnx":
            return parse_graph(_importers().onnx_graph(file, input_shape), name=str(file))
        if file.suffix == ".json":
            return load_graph(file)
        raise BadValueError(
            "inference.bad_graph",
            f"{file}: expected a file that ends with .json or .onnx, or a module of torch",
        )
    exported = type(model).__name__ == "ExportedProgram"  # of torch.export; it knows the shape of its input
    if exported or hasattr(model, "named_modules"):
        if input_shape is None and not exported:
            raise BadValueError("inference.bad_graph", "input_shape: missing; a module of torch needs it")
        return parse_graph(_importers().torch_graph(model, input_shape))
    raise BadValueError(
        "inference.bad_graph",
        f"model: {type(model).__name__} is not a graph; give a module of torch, a path, a mapping or a Graph",
    )


def _importers() -> Any:
    return importlib.import_module("co2lib.inference.importers")
