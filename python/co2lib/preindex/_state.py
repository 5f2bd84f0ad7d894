# SPDX-License-Identifier: MIT
"""Pickled values of this domain: what `pickle` and `copy` call to make them again."""

from __future__ import annotations

from typing import Any

from co2lib._core import preindex as _core


def restore(kind: str, version: int, state: Any) -> Any:
    """Return a value from its state.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_state`` for a state that another version of co2lib wrote in another form, or a corrupt
        one.
    """
    return _core.restore(kind, version, state)
