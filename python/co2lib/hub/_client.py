# SPDX-License-Identifier: MIT
"""Requests to the Hub: huggingface_hub's own session and headers, with limits, retries and no other host.

`HfApi.list_models` cannot go on from a page in the middle, and makes objects of metadata that may be
anything. So pages are asked for here, with session, headers and token rules of huggingface_hub, and kept as
they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

import co2lib
from co2lib._errors import BadValueError, ProviderError
from co2lib._extras import require
from co2lib.hub._quota import ANONYMOUS, Quota, Time

BODY_LIMIT: Final = 64 << 20
"""Bytes of an answer, unpacked; more is not read."""
BACK_OFF_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Waits after an answer that may heal: 408, 5xx, none in time, or not whole."""
LONGEST_WAIT_S: Final = 3600.0
REFUSALS: Final = 10
"""So many answers 429 in a row end the waiting."""
HOPS: Final = 5
NAME: Final = re.compile(r"(?!\.)[\w.-]{1,96}(?:/(?!\.)[\w.-]{1,96})?", re.ASCII)
"""A repository's name; whatever else a card names is not asked for."""


class Answer(NamedTuple):
    """What the Hub has sent: status 200, or 304 if it is as it was."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Parse the body.

        Raises
        ------
        HttpFailure
            For what is not JSON, or nested too deeply.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise HttpFailure(self.status, "not JSON") from None

    @property
    def next_page(self) -> str | None:
        """The address of the following page (``Link: <...>; rel="next"``)."""
        found = re.search(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?', self.headers.get("link", ""))
        return found[1] if found else None


class HttpFailure(Exception):  # noqa: N818 - a part of a result, not an error of the call
    """A request without an answer that can be used; the text is what is put into the table.

    Parameters
    ----------
    status : int or None
        None if there was no answer.
    final : bool
        Asking again would not help.
    """

    def __init__(self, status: int | None, what: str = "", *, final: bool = False) -> None:
        self.may_heal = not final and (status is None or status in (200, 408, 429) or status >= 500)
        super().__init__(" ".join(filter(None, ("no answer" if status is None else f"HTTP {status}", what))))


class Client:
    """Asks one Hub, and no other host.

    Parameters
    ----------
    endpoint : str
        ``https://huggingface.co``, or another one; empty is huggingface_hub's own (``HF_ENDPOINT``).
    token : str, True or None
        None sends none; True is the one that ``hf auth login`` has kept.
    timeout_s : float
        For each part of an answer; six times as long for all of it.
    """

    def __init__(
        self,
        endpoint: str = "",
        token: str | bool | None = None,
        *,
        timeout_s: float = 10.0,
        time: Time | None = None,
        waiting: Callable[[float], None] = lambda _: None,
    ) -> None:
        hub = require("huggingface_hub", extra="hub", needed_for="mining the Hub")
        utils = require("huggingface_hub.utils", extra="hub", needed_for="mining the Hub")
        self.endpoint = (endpoint or hub.HfApi().endpoint).rstrip("/")
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise BadValueError("hub.bad_value", f"endpoint {endpoint!r}: write it as https://huggingface.co")
        self.time = time or Time()
        self._origin = (parts.scheme, parts.netloc)
        self._timeout = timeout_s
        self._quotas = {kind: Quota(quota, self.time, waiting) for kind, quota in ANONYMOUS.items()}
        self._session = utils.get_session()
        self._headers = utils.build_hf_headers(
            token=token or False, library_name="co2lib", library_version=co2lib.__version__
        )
        self._offline = hub.errors.OfflineModeIsEnabled
        # The base of all that can go wrong on the way, of whatever package the session is: httpx.HTTPError.
        self._no_answer = next(t for t in hub.errors.HfHubHTTPError.__mro__ if t.__name__ == "HTTPError")

    def models_url(self) -> str:
        """Return the address of the list of models."""
        return f"{self.endpoint}/api/models"

    def repo_url(self, kind: str, name: str, *path: str) -> str:
        """Return the address of a repository in the API; `kind` is ``models`` or ``datasets``."""
        return "/".join((self.endpoint, "api", kind, name, *(quote(part, safe="") for part in path)))

    def file_url(self, name: str, revision: str, file: str) -> str:
        """Return the address of a file of a model."""
        return f"{self.endpoint}/{name}/resolve/{quote(revision, safe='')}/{quote(file)}"

    def get(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        *,
        kind: str = "api",
        etag: str | None = None,
        body_limit: int = BODY_LIMIT,
    ) -> Answer:
        """Ask for an address of the Hub: waits for the quota, and tries again what may heal.

        Raises
        ------
        HttpFailure
            Without an answer that can be used, at last.
        Stopped
            The run has ended.
        """
        waits = iter(BACK_OFF_S)
        refused = 0
        while True:
            try:
                return self._follow(url, params, kind, etag, body_limit)
            except _RefusedError as refusal:
                refused += 1
                wait = refusal.wait if refusal.wait is not None else BACK_OFF_S[min(refused, 5) - 1]
                if refused >= REFUSALS or wait > LONGEST_WAIT_S:
                    raise HttpFailure(429, f"asks to wait {wait:.0f} s") from None
                self._quotas[kind].refused(wait)
            except HttpFailure as failure:
                wait = next(waits, -1.0)
                if not failure.may_heal or wait < 0:
                    raise
                self.time.wait(wait)

    def _follow(
        self, url: str, params: Mapping[str, Any] | None, kind: str, etag: str | None, limit: int
    ) -> Answer:
        for _ in range(HOPS):
            parts = urlsplit(url)
            if (parts.scheme, parts.netloc) != self._origin:
                raise HttpFailure(None, "leads to another host", final=True)
            answer = self._once(url, params, kind, etag, limit)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            url, params = urljoin(url, answer.headers.get("location", "")), None
        raise HttpFailure(answer.status, "leads in a circle", final=True)

    def _once(
        self, url: str, params: Mapping[str, Any] | None, kind: str, etag: str | None, limit: int
    ) -> Answer:
        quota = self._quotas[kind]
        window = quota.take()
        headers: Mapping[str, str] = {}
        try:
            status, headers, body = self._exchange(url, params, etag, limit)
        except self._offline as error:
            raise ProviderError(
                "hub.offline", "huggingface_hub is told to stay offline; unset HF_HUB_OFFLINE"
            ) from error
        except self._no_answer as error:
            raise HttpFailure(None, type(error).__name__) from None
        finally:
            quota.answered(headers.get("ratelimit"), headers.get("ratelimit-policy"), kind, window)
        if status == 429:
            raise _RefusedError(_told_to_wait(headers))
        if status >= 400:
            code = headers.get("x-error-code", "")
            raise HttpFailure(status, code if re.fullmatch(r"\w{1,40}", code) else "")
        return Answer(status, headers, body)

    def _exchange(
        self, url: str, params: Mapping[str, Any] | None, etag: str | None, limit: int
    ) -> tuple[int, dict[str, str], bytes]:
        headers = {**self._headers, **({"If-None-Match": etag} if etag else {})}
        latest = monotonic() + 6 * self._timeout
        with self._session.stream(
            "GET", url, params=params, headers=headers, timeout=self._timeout, follow_redirects=False
        ) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > limit:
                    raise HttpFailure(response.status_code, "too large", final=True)
                if monotonic() > latest:
                    raise HttpFailure(None, "too slow")
            return (
                response.status_code,
                {name.lower(): text for name, text in response.headers.items()},
                bytes(body),
            )


class _RefusedError(Exception):
    """An answer 429."""

    def __init__(self, wait: float | None) -> None:
        self.wait = wait
        super().__init__()


def _told_to_wait(headers: Mapping[str, str]) -> float | None:
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        until = parsedate_to_datetime(told)
        sent = parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError):
        pass
    spent = re.search(r"\br\s*=\s*0\s*;\s*t\s*=\s*(\d{1,6})", headers.get("ratelimit", ""))
    return float(spent[1]) + 1 if spent else None
