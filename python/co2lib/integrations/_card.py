# SPDX-License-Identifier: MIT
"""The block ``co2_eq_emissions`` in the model card of a file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from co2lib import hub
from co2lib._errors import BadValueError, SystemFailureError
from co2lib._files import write_whole


def write_card(file: str | os.PathLike[str], block: str) -> None:
    """Put the block into the model card of a file, which is made if it is not there; all of it or nothing.

    Every byte outside of the block stays as it is (`co2lib.hub.update_card`).

    Parameters
    ----------
    file : str or path
        A README.md.
    block : str
        From `Footprint.to_model_card` or `co2lib.hub.write_block`.

    Raises
    ------
    co2lib.Error
        Those of `co2lib.hub.update_card`, with the file's name; ``integrations.cannot_write`` (an OSError).
    """
    path = Path(file)
    try:
        card = b""
        with suppress(FileNotFoundError):
            card = path.read_bytes()
        try:
            card = hub.update_card(card, block)
        except BadValueError as error:
            raise BadValueError(error.code, f"{path}: {error.message}") from None
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, card)
    except OSError as error:
        raise SystemFailureError("integrations.cannot_write", f"{path}: {error.strerror or error}") from error
