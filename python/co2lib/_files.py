# SPDX-License-Identifier: MIT
"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the path of a new file beside `path`, which takes its place when the block ends without an error.

    A reader sees the old file or the new one, never a part, also after a crash of the process or the machine.
    A link is followed, the permissions of a file that is there stay. An error leaves the old file alone.

    Raises
    ------
    OSError
        As of the file system.
    """
    target = Path(os.path.realpath(path))
    new = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with new.open("xb"):
            pass
        with suppress(FileNotFoundError):
            new.chmod(target.stat().st_mode & 0o7777)
        yield new
        with new.open("rb") as written:
            os.fsync(written.fileno())
        new.replace(target)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file as :func:`replacing` does."""
    with replacing(path) as new:
        new.write_bytes(content)
