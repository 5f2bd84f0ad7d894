# SPDX-License-Identifier: MIT
"""The transport of the standard library against a server that misbehaves."""

import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from co2lib import _transport
from co2lib._errors import Error

SECRET = "PLANTED-SECRET"


def get(url: str, timeout_s: float = 5, limit: int = 1000) -> SimpleNamespace:
    """Return what a transport needs of a request, with limits of the test's own."""
    limits = {"timeout": timedelta(seconds=timeout_s), "connect_timeout": timedelta(seconds=timeout_s)}
    return SimpleNamespace(method="GET", target=url, headers=[], body=b"", body_limit=limit, **limits)


def outcome(url: str, *, timeout_s: float = 0.4, limit: int = 1000) -> str:
    request = get(f"{url}/x?api_key={SECRET}", timeout_s, limit)
    began = time.monotonic()
    failed = ""
    try:
        status, _, _ = _transport.send(request)
    except Error as error:
        status, failed = 0, f"{error} [{error.code}]"
    assert SECRET not in failed
    assert time.monotonic() - began < timeout_s + 2
    return failed.rpartition("[")[2].rstrip("]") or str(status)


@pytest.mark.parametrize(
    ("sent", "end", "code"),
    [
        (b"", "hold", "intensity.timeout"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", "hold", "intensity.timeout"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", "close", "intensity.bad_body"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "close", "intensity.bad_body"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "close", "intensity.bad_body"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000, "close", "intensity.bad_body"),
        (b"", "reset", "intensity.transport"),
        (b"", "close", "intensity.transport"),
        (b"garbage\r\n\r\n", "close", "intensity.transport"),
    ],
)
def test_faults_have_their_codes(server: Any, sent: bytes, end: str, code: str) -> None:
    server.reply = lambda head: sent
    server.hold, server.reset = end == "hold", end == "reset"
    assert outcome(server.url) == code


def test_a_status_is_an_answer_and_redirects_are_not_followed(server: Any, reply: Any) -> None:
    for status in ("401 No", "404 No", "429 Wait", "500 Oh", "302 Found"):
        sent = reply(status, b"text", "Location: http://127.0.0.2/\r\n" if status.startswith("3") else "")
        server.reply = lambda head, sent=sent: sent
        assert outcome(server.url) == status[:3]


def test_what_is_sent(server: Any) -> None:
    status, _, body = _transport.send(get(server.url + "/path"))
    assert (status, bytes(body)) == (200, b"{}")
    assert "GET /path HTTP/1.1" in server.heads[0]
    assert "Accept-Encoding: identity" in server.heads[0]


def test_the_domain_is_imported_without_ssl() -> None:
    code = (
        "import sys, co2lib.intensity as i; i.redact('x');"
        "print([m for m in ('ssl', 'numpy', 'urllib.request', 'http.client') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
