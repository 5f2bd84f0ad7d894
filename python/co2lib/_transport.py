# SPDX-License-Identifier: MIT
"""The transport of Python programs: one HTTP request with the standard library. Imported when one is sent."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from co2lib import _core
from co2lib._errors import BadValueError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class _Alarm:
    """Ends a connection at a time: the time-out of a socket begins anew with each byte."""

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.rang = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, connection: socket.socket) -> None:
        self._sockets.append(connection)
        if self.rang:
            self._ring()

    def _ring(self) -> None:
        self.rang = True
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def stop(self) -> None:
        self._timer.cancel()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Who follows redirects, and whereto, is said above transports."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _watched(base: type, alarm: _Alarm, connect_s: float) -> Callable[..., Any]:
    class Connection(base):  # type: ignore[misc]
        def connect(self) -> None:
            self.timeout = connect_s
            super().connect()
            self.sock.settimeout(max(0.001, alarm.deadline - time.monotonic()))
            alarm.watch(self.sock)

    return Connection


def _opener(alarm: _Alarm, connect_s: float) -> urllib.request.OpenerDirector:
    class Http(urllib.request.HTTPHandler):
        def http_open(self, request: urllib.request.Request) -> Any:
            return self.do_open(_watched(http.client.HTTPConnection, alarm, connect_s), request)

    handlers: list[Any] = [Http(), _NoRedirects()]
    if hasattr(http.client, "HTTPSConnection"):

        class Https(urllib.request.HTTPSHandler):
            def https_open(self, request: urllib.request.Request) -> Any:
                import ssl

                connection = _watched(http.client.HTTPSConnection, alarm, connect_s)
                return self.do_open(connection, request, context=ssl.create_default_context())

        handlers.append(Https())
    return urllib.request.build_opener(*handlers)


def _read(response: Any, limit: int) -> bytes:
    body = bytearray()
    while piece := response.read1(65536):
        body += piece
        if len(body) > limit:
            raise _BadBodyError(f"the answer is longer than {limit} bytes")
    if getattr(response, "length", None):
        raise _BadBodyError("the answer was cut off")
    return bytes(body)


class _BadBodyError(Exception):
    pass


def _is_timeout(error: BaseException | None) -> bool:
    return isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError)


def send(request: Any) -> tuple[int, Iterable[tuple[str, str]], bytes]:
    """Send one request, with verified certificates and by the proxies of the environment.

    Parameters
    ----------
    request : co2lib.intensity.HttpRequest

    Returns
    -------
    tuple
        Status, headers and body, whatever the status; a redirect is not followed.

    Raises
    ------
    co2lib.Error
        ``intensity.timeout``; ``intensity.transport``; ``intensity.bad_body`` where the body is cut off or
        too long. No message holds a secret.
    """
    url = request.target
    shown = _core.intensity.redact(url)
    if not url.startswith(("http://", "https://")):  # urllib would read files too
        raise BadValueError("intensity.bad_value", f"{shown}: not an http:// or https:// address")
    headers = {field.name: field.value for field in request.headers}
    for name, value in headers.items():
        if any(c in name + value for c in "\r\n\0"):
            raise BadValueError(
                "intensity.bad_value",
                f"{shown}: the header {name!r} holds a line end or a NUL; tokens are given without them",
            )
    headers.setdefault("User-Agent", "co2lib")
    headers.setdefault("Accept-Encoding", "identity")
    timeout_s, connect_s = request.timeout.total_seconds(), request.connect_timeout.total_seconds()

    def failed(code: str, why: object) -> ProviderError:
        return ProviderError(f"intensity.{code}", f"{shown}: {_core.intensity.redact(str(why))}")

    alarm = _Alarm(timeout_s)
    try:
        message = urllib.request.Request(url, request.body or None, headers, method=request.method)
        try:
            response = _opener(alarm, min(connect_s, timeout_s)).open(message, timeout=timeout_s)
        except urllib.error.HTTPError as error:  # a status, which is an answer
            response = error
        with response:
            return response.status, list(response.headers.items()), _read(response, request.body_limit)
    except _BadBodyError as error:
        raise failed(
            "timeout" if alarm.rang else "bad_body", "no answer in time" if alarm.rang else error
        ) from None
    except (http.client.IncompleteRead, http.client.LineTooLong) as error:
        code = "timeout" if alarm.rang else "bad_body"
        raise failed(
            code, "no answer in time" if alarm.rang else f"the answer is broken: {error!r}"
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if alarm.rang or _is_timeout(error):
            raise failed("timeout", "no answer in time") from None
        reason = getattr(error, "reason", None) or error
        raise failed("transport", f"{type(reason).__name__}: {reason}") from None
    finally:
        alarm.stop()
