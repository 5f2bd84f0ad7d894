# SPDX-License-Identifier: MIT
"""Domain inference: what a model will cost on a device, before it runs."""

from __future__ import annotations

import importlib
from typing import Any

_LATE = {
    "profile": "co2lib.inference.profiling",
}
"""Names that need optional packages, and the module each is in."""


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(importlib.import_module(_LATE[name]), name)
    raise AttributeError(f"module 'co2lib.inference' has no attribute {name!r}")
