# SPDX-License-Identifier: MIT
"""What an adapter raises when a vector cannot be evaluated here."""

from __future__ import annotations


class SkipVector(Exception):  # noqa: N818  (it is no error)
    """A vector needs a file or a package that is not here; the message names it and how to provide it."""
