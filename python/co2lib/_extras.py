# SPDX-License-Identifier: MIT
"""Optional packages: imported by the call that needs them, which says what to install if they miss."""

from __future__ import annotations

import importlib
from types import ModuleType

from co2lib._errors import MissingExtraError


def require(package: str, *, extra: str | None = None, needed_for: str) -> ModuleType:
    """Import an optional package.

    Parameters
    ----------
    package : str
        Name of the module to import.
    extra : str, optional
        The extra of co2lib that brings it; without one the package itself is named.
    needed_for : str
        What cannot be done without it.

    Raises
    ------
    co2lib.Error
        ``core.missing_extra`` (also an ``ImportError``) naming what to install.
    """
    try:
        return importlib.import_module(package)
    except ImportError as missing:
        what = f"co2lib[{extra}]" if extra else package.split(".", 1)[0]
        raise MissingExtraError(
            "core.missing_extra",
            f"{needed_for} needs the package {package!r}, which is not installed: pip install '{what}'",
            {"package": package, "install": what},
        ) from missing
