# SPDX-License-Identifier: MIT
"""What is asked for about one model, or one data set, beside the list of models."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from co2lib.hub._client import Client, HttpFailure
from co2lib.hub._models import is_unrecorded, time_or_none
from co2lib.hub._store import Asked

R = TypeVar("R")

CARD_LIMIT: Final = 16 << 20
"""Bytes of a card; a larger one is not read."""
SHA: Final = re.compile(r"[0-9A-Za-z]{1,64}")
COMMIT_PAGES: Final = 1000
UNKNOWN: Final = object()
"""In the place of a size: it may be known when it is asked for again."""


def sha_of(item: Mapping[str, Any]) -> str:
    """Return the commit of an entry of the list; empty if it does not say one."""
    sha = item.get("sha")
    return sha if isinstance(sha, str) and SHA.fullmatch(sha) else ""


def ask_model(
    client: Client, item: Mapping[str, Any], before: Asked | None, card: bool, sizes: bool
) -> Asked:
    """Ask for the card of a model, the sizes of its files, and if it is old its first commit.

    What cannot be had is missing, with its error; `before` is what an earlier commit has had.
    """
    name, sha = item["id"], sha_of(item) or "main"
    errors: list[str] = []
    healing = False

    def tried(what: str, call: Callable[[], R]) -> R | None:
        nonlocal healing
        try:
            return call()
        except HttpFailure as failure:
            errors.append(f"{what}: {failure}")
            healing = healing or failure.may_heal
            return None

    text = etag = files = first = None
    if card:
        text, etag = tried("card", lambda: _card(client, name, sha, before)) or (None, None)
    if sizes:
        files = tried("files", lambda: _files(client, name, sha))
        created = time_or_none(item.get("createdAt"))
        if created is not None and is_unrecorded(created):
            first = tried("commits", lambda: _first_commit(client, name, sha))
    return Asked(files, first, etag, tuple(errors), text, healing)


def _card(client: Client, name: str, sha: str, before: Asked | None) -> tuple[bytes, str | None]:
    url = client.file_url(name, sha, "README.md")
    old = before.card if before is not None else None
    etag = before.etag if before is not None and old is not None else None
    answer = client.get(url, kind="resolvers", etag=etag, body_limit=CARD_LIMIT)
    if answer.status == 304 and old is not None:
        return old, etag
    return answer.body, answer.headers.get("etag")


def _files(client: Client, name: str, sha: str) -> dict[str, int]:
    said = client.get(client.repo_url("models", name, "revision", sha), {"blobs": "True"}).json()
    files = said.get("siblings") if isinstance(said, dict) else None
    if not isinstance(files, list):
        raise HttpFailure(200, "no list of files")
    sizes = {}
    for file in files:
        path, size = (file.get("rfilename"), file.get("size")) if isinstance(file, dict) else (None, None)
        if isinstance(path, str) and isinstance(size, int) and 0 <= size < 2**53:
            sizes[path] = size
    return sizes


def _first_commit(client: Client, name: str, sha: str) -> str | None:
    """Return the time of the oldest commit of all pages, in whatever order they are."""
    url: str | None = client.repo_url("models", name, "commits", sha)
    oldest: tuple[Any, str] | None = None
    for _ in range(COMMIT_PAGES):
        if url is None:
            break
        answer = client.get(url)
        commits = answer.json()
        for commit in commits if isinstance(commits, list) else ():
            text = commit.get("date") if isinstance(commit, dict) else None
            time = time_or_none(text)
            if time is not None and (oldest is None or time < oldest[0]):
                oldest = (time, str(text))
        url = answer.next_page
    return oldest[1] if oldest else None


def dataset_size(client: Client, name: str) -> Any:
    """Return the bytes of a data set, None if the Hub does not know them, or `UNKNOWN`."""
    try:
        said = client.get(client.repo_url("datasets", name), {"expand": ["cardData"]}).json()
    except HttpFailure as failure:
        return UNKNOWN if failure.may_heal else None
    metadata = said.get("cardData") if isinstance(said, dict) else None
    infos = metadata.get("dataset_info") if isinstance(metadata, dict) else None
    infos = [infos] if isinstance(infos, dict) else infos if isinstance(infos, list) else []
    sizes: list[Any] = [info.get("dataset_size") for info in infos if isinstance(info, dict)]
    if not sizes or not all(isinstance(s, int) and not isinstance(s, bool) and s >= 0 for s in sizes):
        return None
    return sum(sizes) if sum(sizes) < 2**63 else None
