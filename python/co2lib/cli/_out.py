# SPDX-License-Identifier: MIT
"""Where text goes: streams may be closed, full, without a reader or know few characters."""

from __future__ import annotations

import errno
import json
import os
import re
import select
import sys
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TextIO

from co2lib._errors import BadValueError, SystemFailureError


class ReaderGoneError(Exception):
    """Stdout's reader wants no more, such as ``head -1``."""


STDOUT = Path("-")
"""What ``--output`` calls stdout."""

_ALIKE = {"·": "|", "±": "+-", "\N{EN DASH}": "-", "…": "...", "→": "->", "₂": "2", "²": "2"}
_NOT_ASCII, _SURROGATES = re.compile(r"[^\x00-\x7f]"), re.compile(r"[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


def prepare() -> None:
    """Make this process's standard streams safe, whatever the parent made of them.

    Where one is closed, the next file opened, such as the log, would get its number and whatever is written
    to it. So the number is taken, the wrong way round: reads and writes still fail. The command does not
    inherit it.
    """
    for number, mode in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_RDONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # of another kind, or closed
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def encode(text: str, encoding: str | None = None, *, as_json: bool = False) -> bytes:
    """Encode a text for a stream that may know few characters.

    Parameters
    ----------
    text : str
        Also with what a file name had that is no text.
    encoding : str, optional
        Default: UTF-8.
    as_json : bool
        Other characters become JSON's escapes, so that nothing is lost; else something alike, or ``?``.
    """
    encoding = encoding or "utf-8"
    if as_json:
        beyond = _SURROGATES if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else _NOT_ASCII
        return beyond.sub(lambda found: json.dumps(found[0])[1:-1], text).encode(encoding)
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_alike(character, encoding) for character in text).encode(encoding)


def _alike(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return _ALIKE.get(character, "?")
    return character


def write(text: str, stream: TextIO | None, *, as_json: bool = False, encoding: str | None = None) -> None:
    """Write all of a text now, past the stream's own buffer, which would try once more at the exit.

    Raises
    ------
    OSError
        Where the stream is closed (None), full or without a reader.
    """
    if stream is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    data = memoryview(encode(text, encoding or stream.encoding, as_json=as_json))
    stream.flush()
    try:
        number = stream.fileno()
    except (OSError, ValueError):  # in memory
        if hasattr(stream, "buffer"):
            stream.buffer.write(data)
        else:
            stream.write(bytes(data).decode(encoding or "utf-8"))
        return
    while data:
        try:
            data = data[os.write(number, data) :]
        except BlockingIOError:  # another program has set the terminal or pipe so
            ready = select.poll()
            ready.register(number, select.POLLOUT)
            ready.poll()


def deliver(text: str, output: Path | None = None, *, as_json: bool = False, as_data: bool = False) -> None:
    """Write a result with a line end to stdout, or to the file of ``--output`` in UTF-8.

    Parameters
    ----------
    text : str
        The result.
    output : path, optional
        ``-`` is stdout, the default.
    as_json, as_data : bool
        A document for programs: JSON, or another one, which is UTF-8 also on stdout.

    Raises
    ------
    ReaderGoneError
        Not an OSError: of that typer makes an exit status of its own.
    co2lib.Error
        ``core.cannot_write`` where it cannot be written.
    """
    text = text if text.endswith("\n") else text + "\n"
    if output is None or output == STDOUT:
        try:
            write(text, sys.stdout, as_json=as_json, encoding="utf-8" if as_data else None)
        except BrokenPipeError as error:
            raise ReaderGoneError from error
        except OSError as error:
            raise SystemFailureError(
                "core.cannot_write", f"stdout: {error.strerror}; give it a file or pipe that takes the result"
            ) from error
    else:
        try:
            output.write_bytes(encode(text, as_json=as_json))
        except OSError as error:
            raise cannot_write(output, error) from error


def complain(what: object) -> None:
    """Write one line ``error: ...`` to stderr, where that is possible."""
    remark(f"error: {what}")


def remark(text: str) -> None:
    """Write one line to stderr, where that is possible."""
    with suppress(OSError):
        write(_CONTROLS.sub(" ", text) + "\n", sys.stderr)


def abandon() -> None:
    """Forget what is left in the buffers: the exit would try to write it and fail."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def cannot_write(file: Path, error: OSError) -> SystemFailureError:
    """Return the error of a file that cannot be written."""
    return SystemFailureError(
        "core.cannot_write", f"{file}: {error.strerror}; give a file in a folder that exists and is writable"
    )


def check_writable(file: Path | None, option: str) -> None:
    """Refuse now what could not, or should not, be written later.

    Parameters
    ----------
    file : path or None
        ``-`` and None are stdout.
    option : str
        That named it.

    Raises
    ------
    co2lib.Error
        ``core.cannot_write``.
    """
    if file is None or file == STDOUT:
        return
    wrong = _obstacle(file)
    if wrong:
        raise cannot_write(file, OSError(wrong, os.strerror(wrong)))
    if _is_log(file):
        raise SystemFailureError(
            "core.cannot_write",
            f"{option}: {file} is the log of a run, which would be lost; give another file",
        )


def _obstacle(file: Path) -> int:
    """Return the error number that writing the file would end with, 0 for none."""
    target = file
    try:
        if S_ISDIR(os.stat(file).st_mode):
            return errno.EISDIR
    except FileNotFoundError:
        target = file.parent
        if not os.path.isdir(target):
            return errno.ENOENT
    except OSError as error:
        return error.errno or errno.EIO
    return 0 if os.access(target, os.W_OK) else errno.EACCES


def _is_log(file: Path) -> bool:
    with suppress(OSError, ValueError):
        if file.is_file():
            with file.open("rb") as stream:
                first = json.loads(stream.readline(1 << 20))
            return isinstance(first, dict) and {"run_id", "seq", "type"} <= set(first)
    return False


def check_apart(files: dict[str, Path | None]) -> None:
    """Refuse two options, or an option and a redirection, that name one file: one would destroy the other.

    Parameters
    ----------
    files : dict
        Option to file; spellings, links and hard links do not matter.

    Raises
    ------
    co2lib.Error
        ``core.bad_option``.
    """
    seen: list[tuple[str, str, tuple[int, int] | None]] = []
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        with suppress(OSError):
            about = os.fstat(number)
            if S_ISREG(about.st_mode):
                seen.append((f"the command's {name}", "", (about.st_dev, about.st_ino)))
    for option, file in files.items():
        if file is None or file == STDOUT:
            continue
        identity = None
        with suppress(OSError):
            about = os.stat(file)
            if not S_ISREG(about.st_mode):  # /dev/null, a pipe
                continue
            identity = (about.st_dev, about.st_ino)
        path = os.path.realpath(file)
        for other, other_path, other_identity in seen:
            if path == other_path or (identity is not None and identity == other_identity):
                raise BadValueError(
                    "core.bad_option", f"{option}: {file} is also the file of {other}; give them two files"
                )
        seen.append((option, path, identity))
