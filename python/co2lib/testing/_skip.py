# SPDX-License-Identifier: MIT
"""Raised by an adapter whose vector needs a file that is not here."""

from __future__ import annotations


class SkipVector(Exception):  # noqa: N818 - not an error
    """The vector cannot run here; the message says which file is missing."""
