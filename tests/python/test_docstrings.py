# SPDX-License-Identifier: MIT
"""Every public module, class, function, method and property of the package has a sentence."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType

import pytest

import co2lib

INTERNAL = ("co2lib.cli.", "co2lib.testing.")
"""Verbs, and the kinds of golden vectors: nobody imports them."""


def public_modules() -> list[str]:
    found = ["co2lib"]
    for info in pkgutil.walk_packages(co2lib.__path__, "co2lib."):
        private = any(part.startswith("_") for part in info.name.split("."))
        if not private and not info.name.startswith(INTERNAL):
            found.append(info.name)
    return found


def has_sentence(name: str, doc: object) -> bool:
    """Whether a text says more than the signatures that pybind11 puts before it."""
    if not isinstance(doc, str):
        return False
    signature = re.compile(rf"(\d+\. )?{re.escape(name)}\(.*|Overloaded function\.")
    lines = (line.strip() for line in doc.splitlines())
    return any(line and not signature.fullmatch(line) for line in lines)


def described(name: str, value: object) -> bool:
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    return has_sentence(name, value.__doc__)


def is_member(value: object) -> bool:
    kinds = (property, cached_property, staticmethod, classmethod)
    return isinstance(value, kinds) or (callable(value) and not isinstance(value, type))


def silent_members(cls: type) -> Iterator[str]:
    """Members of a class, and of bases of its own package, that nothing is said about."""
    seen: set[str] = set()
    for base in cls.__mro__:
        if not base.__module__.startswith("co2lib"):
            continue
        for name, value in vars(base).items():
            if name.startswith("_") or name in seen or not is_member(value):
                continue
            seen.add(name)
            documented = (vars(above).get(name) for above in cls.__mro__)
            if not any(value is not None and described(name, value) for value in documented):
                yield f"{base.__module__}.{base.__qualname__}.{name}"


def silent(module: ModuleType) -> set[str]:
    """What is public in a module and has no sentence."""
    found = set() if has_sentence("", module.__doc__) else {module.__name__}
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    for name in names:
        value = getattr(module, name)
        if not str(getattr(value, "__module__", "")).startswith("co2lib"):
            continue
        if inspect.isclass(value):
            if not has_sentence(value.__name__, value.__dict__.get("__doc__")):
                found.add(f"{value.__module__}.{value.__qualname__}")
            found.update(silent_members(value))
        elif callable(value) and not has_sentence(value.__name__, value.__doc__):
            found.add(f"{module.__name__}.{name}")
    return found


@pytest.mark.parametrize("name", public_modules())
def test_everything_public_has_a_sentence(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        if str(getattr(error, "name", None) or "co2lib").startswith("co2lib") and not isinstance(
            error, co2lib.Error
        ):
            raise  # a fault of ours, not a package that is optional
        pytest.skip(f"{name} needs an optional package that is not installed: {error}")
    assert sorted(silent(module)) == []


def test_a_member_without_a_sentence_is_found() -> None:
    class Said:
        """Said."""

        def __init__(self) -> None:
            self.field = 1

        def said(self) -> None:
            """Said."""

        def silent(self) -> None: ...

        @property
        def silent_too(self) -> int:
            return 1

    class Heir(Said):
        """Said."""

        def said(self) -> None: ...

    for cls in (Said, Heir):
        cls.__module__ = "co2lib.test"
    assert [name.rsplit(".", 1)[-1] for name in silent_members(Heir)] == ["silent", "silent_too"]
    assert not has_sentence("f", "f(a: int) -> int\n")
    assert not has_sentence(
        "f", "f(*args, **kwargs)\nOverloaded function.\n\n1. f(a: int) -> int\n\n2. f() -> int"
    )
    assert has_sentence("f", "f(a: int) -> int\n\nThe sum of it.")
