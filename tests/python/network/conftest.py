# SPDX-License-Identifier: MIT
"""A server on loopback that sends the bytes it is given, whatever they are."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest


class Server:
    """Answers each connection with what `reply` gives for its head; `hold` keeps it open and silent."""

    def __init__(self) -> None:
        self.reply: Callable[[str], bytes] = lambda head: ok(b"{}")
        self.hold = False
        self.reset = False
        self.heads: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self._held: list[socket.socket] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(5)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(4096)
                if not piece:
                    break
                head += piece
            self.heads.append(head.decode("latin-1"))
            with contextlib.suppress(OSError):  # the other side may have given up
                connection.sendall(self.reply(self.heads[-1]))
            if self.hold:
                self._held.append(connection)
                continue
            if self.reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

    def close(self) -> None:
        self._done.set()
        self._thread.join()
        for connection in self._held:
            connection.close()
        self._listener.close()


def response(status: str, body: bytes, headers: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}Connection: close\r\n\r\n".encode()
        + body
    )


def ok(body: bytes, headers: str = "") -> bytes:
    return response("200 OK", body, headers)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def reply() -> Any:
    return response
