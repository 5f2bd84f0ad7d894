# SPDX-License-Identifier: MIT
"""Pipelines of transformers as models of the explorer."""

from __future__ import annotations

import inspect
from typing import Any

from co2lib._errors import BadValueError
from co2lib.explorer._model import Model
from co2lib.explorer._torch import TOP, decode


def from_pipeline(pipeline: Any, **more: Any) -> Model:
    """Return a pipeline of transformers as a model whose phases are measured apart.

    It is loaded already, so that loading is not measured. Images are decoded in `preprocess`.

    Parameters
    ----------
    pipeline : transformers.Pipeline
        Of one step per input, such as ``image-classification`` or ``text-classification``.
    **more
        Fields of :class:`Model` to set: `quality`, `family`, `size_bytes`, ...

    Raises
    ------
    co2lib.Error
        ``explorer.bad_model`` for what is no pipeline, or one that takes its input in chunks.
    """
    steps = [getattr(pipeline, name, None) for name in ("preprocess", "forward", "postprocess")]
    if not all(callable(step) for step in steps):
        raise BadValueError(
            "explorer.bad_model", f"from_pipeline: {type(pipeline).__name__} is no pipeline of transformers"
        )
    preprocess, forward, postprocess = steps
    assert preprocess is not None
    assert forward is not None
    assert postprocess is not None
    task = str(getattr(pipeline, "task", "") or "")
    if inspect.isgeneratorfunction(preprocess):
        raise BadValueError(
            "explorer.bad_model",
            f"from_pipeline: {task or 'this pipeline'} takes its input in chunks; give a Model with steps",
        )

    def options(name: str) -> dict[str, Any]:
        return dict(getattr(pipeline, f"_{name}_params", None) or {})

    def prepared(given: Any) -> Any:
        return preprocess(decode(given) if isinstance(given, bytes) else given, **options("preprocess"))

    def answered(output: Any) -> Any:
        found = postprocess(output, **options("postprocess"))
        found = [found] if isinstance(found, dict) else found
        if isinstance(found, list) and all(isinstance(one, dict) and "score" in one for one in found):
            best = sorted(found, key=lambda one: -float(one["score"]))[:TOP]
            return [(str(one.get("label", "")), float(one["score"])) for one in best]
        return found

    net = getattr(pipeline, "model", None)
    config = getattr(net, "config", None)
    fields: dict[str, Any] = {
        "task": task,
        "version": str(getattr(config, "_commit_hash", None) or getattr(config, "name_or_path", "") or ""),
        "source": str(getattr(config, "name_or_path", "") or ""),
        "family": str(getattr(config, "model_type", "") or ""),
        "parameters": None
        if net is None or not hasattr(net, "num_parameters")
        else int(net.num_parameters()),
        "sync": _sync(getattr(pipeline, "device", None)),
    }
    return Model(
        lambda inputs: forward(inputs, **options("forward")),
        preprocess=prepared,
        postprocess=answered,
        **{**fields, **more},
    )


def _sync(device: Any) -> Any:
    if getattr(device, "type", "") != "cuda":
        return None
    from co2lib._extras import require

    return require("torch", extra="torch", needed_for="a pipeline on a GPU").cuda.synchronize
