# SPDX-License-Identifier: MIT
"""Running a user's model without leaving a trace: modes, compiled code, random numbers, its input."""

from __future__ import annotations

import inspect
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from co2lib._errors import BadValueError

Forward = Callable[[nn.Module, Any], Any]
"""Runs the model on one side of a batch: ``lambda model, x: model(x["image"])``."""

# ----------------------------------------------------------------------------------------------------------
# Modes
# ----------------------------------------------------------------------------------------------------------
# Modules in evaluation on behalf of a run: how many runs, and the mode to which the last one returns.
_lock = threading.RLock()
_evaluating: weakref.WeakKeyDictionary[nn.Module, tuple[int, bool]] = weakref.WeakKeyDictionary()
_plain = {"runs": 0}  # runs during which models take no short cuts
_undo = ExitStack()  # what the last of them undoes


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Evaluate without gradients; each module's mode is what it was afterwards, also with several threads."""
    modules = list(model.modules())
    with _lock:
        training = any(module.training for module in modules)
        for module in modules:
            runs, before = _evaluating.get(module, (0, module.training))
            _evaluating[module] = (runs + 1, before)
        # By their own methods: some modules do more than set a flag, such as merge weights.
        if training:
            _evaluate(model, modules)
    try:
        with torch.no_grad(), plain():
            yield
    finally:
        with _lock:
            _restore(modules)


def _evaluate(model: nn.Module, modules: list[nn.Module]) -> None:
    try:
        model.eval()
    except NotImplementedError:  # exported programs have no modes
        for module in modules:
            module.training = False


def _restore(modules: list[nn.Module]) -> None:
    last: list[tuple[nn.Module, bool]] = []
    for module in modules:
        runs, before = _evaluating.get(module, (1, module.training))
        if runs > 1:
            _evaluating[module] = (runs - 1, before)
            continue
        _evaluating.pop(module, None)
        last.append((module, before))
    # Parents come first: what one of them sets in its children is corrected by these.
    for module, before in last:
        if module.training != before:
            try:
                module.train(before)
            except NotImplementedError:
                module.training = before
    for module, before in last:
        module.training = before


@contextmanager
def plain() -> Iterator[None]:
    """Run models without short cuts on which layers give no outputs of their own.

    What torch.compile made runs as it was before: compiled code that is warm calls no hooks. PyTorch's
    transformer encoder does not pack its samples into a nested tensor.
    """
    with _lock:
        _plain["runs"] += 1
        if _plain["runs"] == 1:
            if "torch._dynamo" in sys.modules and hasattr(torch.compiler, "set_stance"):
                _undo.enter_context(torch.compiler.set_stance("force_eager"))
            attention = getattr(torch.backends, "mha", None)
            if attention is not None and attention.get_fastpath_enabled():
                attention.set_fastpath_enabled(False)
                _undo.callback(attention.set_fastpath_enabled, True)
    try:
        yield
    finally:
        with _lock:
            _plain["runs"] -= 1
            if _plain["runs"] == 0:
                _undo.close()


# ----------------------------------------------------------------------------------------------------------
# Random numbers
# ----------------------------------------------------------------------------------------------------------
class Dice:
    """PyTorch's random numbers: both sides of a batch get the same, the program's stream stays as it is."""

    def __init__(self, device: torch.device | None) -> None:
        self._cuda = device if device is not None and device.type == "cuda" else None
        self._states = self._read()

    def _read(self) -> list[Tensor]:
        states = [torch.get_rng_state()]
        if self._cuda is not None:
            states.append(torch.cuda.get_rng_state(self._cuda))
        return states

    def rewind(self) -> None:
        """Begin anew, if any were drawn."""
        now = self._read()
        if all(torch.equal(a, b) for a, b in zip(now, self._states, strict=True)):
            return
        torch.set_rng_state(self._states[0])
        if self._cuda is not None:
            torch.cuda.set_rng_state(self._states[1], self._cuda)


# ----------------------------------------------------------------------------------------------------------
# Inputs
# ----------------------------------------------------------------------------------------------------------
def leaves(x: Any) -> list[Tensor]:
    """Return the tensors of an input, which may be nested in lists and mappings."""
    if isinstance(x, Tensor):
        return [x]
    if isinstance(x, Mapping):
        return [leaf for value in x.values() for leaf in leaves(value)]
    if isinstance(x, list | tuple):
        return [leaf for value in x for leaf in leaves(value)]
    return []


def mapped(x: Any, change: Callable[[Any], Any]) -> Any:
    """Return an input with its leaves changed; lists, tuples and mappings stay what they are."""
    if isinstance(x, Mapping):
        return {key: mapped(value, change) for key, value in x.items()}
    if isinstance(x, list | tuple):
        values = [mapped(value, change) for value in x]
        if isinstance(x, list):
            return values
        return type(x)(*values) if hasattr(x, "_fields") else tuple(values)
    return change(x)


def tensors(x: Any) -> Any:
    """Return an input with NumPy arrays as tensors that share their memory."""

    def change(leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray):
            return leaf
        try:
            return torch.as_tensor(leaf)
        except TypeError as error:
            raise BadValueError(
                "preindex.bad_sample", f"an input of the type {leaf.dtype}: {error}"
            ) from None

    return mapped(x, change)


def moved(x: Any, device: torch.device | None) -> Any:
    """Return an input on a device; as it is where it is there."""
    if device is None or all(leaf.device == device for leaf in leaves(x)):
        own = getattr(x, "to", None)
        return own(device) if device is not None and not leaves(x) and callable(own) else x
    return mapped(x, lambda leaf: leaf.to(device, non_blocking=True) if isinstance(leaf, Tensor) else leaf)


def device_of(model: nn.Module) -> torch.device | None:
    """Return where a model takes its input: where its first parameter with values is."""
    return next((p.device for p in model.parameters() if not p.is_meta), None)


class Call:
    """How a model takes a batch: a mapping as keywords, all else as one argument, if its signature allows."""

    def __init__(self, model: nn.Module, forward: Forward | None) -> None:
        if forward is not None and not callable(forward):
            raise BadValueError(
                "preindex.bad_option",
                f"forward: {forward!r} is not allowed; use a function of (model, x)",
                {"option": "forward"},
            )
        self._model = model
        self._forward = forward
        try:
            self._signature: inspect.Signature | None = inspect.signature(model.forward)
        except (TypeError, ValueError):
            self._signature = None

    def __call__(self, x: Any) -> Any:
        """Run the model."""
        if self._forward is not None:
            return self._forward(self._model, x)
        if isinstance(x, Tensor):
            return self._model(x)
        positional, keywords = self._arguments(x)
        try:
            return self._model(*positional, **keywords)
        except Exception as error:
            how = (
                f"the keyword arguments {', '.join(keywords)}"
                if keywords
                else f"{len(positional)} argument(s)"
            )
            error.add_note(
                f"co2lib handed the batch over as {how}; another way: forward=lambda model, x: ..."
            )
            raise

    def _fits(self, *positional: Any, **keywords: Any) -> bool:
        if self._signature is None:
            return not keywords
        try:
            self._signature.bind(*positional, **keywords)
        except TypeError:
            return False
        return True

    def _takes_names(self) -> bool:
        """Return whether all arguments may be left out, as where a model wants them by their names."""
        parameters = self._signature.parameters.values() if self._signature is not None else ()
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return not any(p.kind in kinds and p.default is inspect.Parameter.empty for p in parameters)

    def _arguments(self, x: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if isinstance(x, Mapping) and all(isinstance(key, str) for key in x) and self._fits(**x):
            return (), dict(x)
        if self._fits(x) and not (isinstance(x, Mapping) and self._takes_names()):
            return (x,), {}
        if isinstance(x, list | tuple) and self._fits(*x):
            return tuple(x), {}
        takes = ", ".join(self._signature.parameters) if self._signature is not None else ""
        parts = f"the keys {', '.join(map(str, x))}" if isinstance(x, Mapping) else f"a {type(x).__name__}"
        raise BadValueError(
            "preindex.bad_sample",
            f"the model takes ({takes}), the batch has {parts}; say how to run it: "
            "forward=lambda model, x: ...",
        )
