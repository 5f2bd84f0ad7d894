# SPDX-License-Identifier: MIT
"""The explorer as a server of this machine: started, found by its address, and closed."""

from __future__ import annotations

import ipaddress
import tempfile
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from co2lib._errors import BadValueError
from co2lib.explorer._build import CSS, GREENS, build, gradio
from co2lib.explorer._model import Settings
from co2lib.explorer._torch import MOST_BYTES


class Explorer:
    """A running page; a context manager that ends it.

    Attributes
    ----------
    url : str
        Where it is.
    """

    def __init__(self, blocks: Any, url: str, folder: tempfile.TemporaryDirectory[str]) -> None:
        self.blocks, self.url, self._folder = blocks, url, folder

    def close(self) -> None:
        """End measurements and the server, free its port and remove what visitors exported."""
        self.blocks.co2lib_session.close()
        self.blocks.close(verbose=False)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def launch(
    models: Mapping[str, Any],
    *,
    title: str | None = None,
    region: str | None = None,
    pue: float = 1.0,
    n: float = 1000,
    settings: Settings | None = None,
    server_name: str = "127.0.0.1",
    server_port: int | None = None,
    share: bool = False,
    auth: tuple[str, str] | Callable[[str, str], bool] | None = None,
    allow_public: bool = False,
    block: bool = True,
    meters: Any = None,
    clock: Any = None,
    cache: dict[str, Any] | None = None,
    examples: list[str] | None = None,
) -> Explorer:
    """Show a page on which models are chosen, given an image, measured and compared.

    Parameters
    ----------
    models : mapping of str to Model or callable
        By name; see :class:`Model` and :func:`torch_image_classifier`.
    title : str, optional
        Heading of the page.
    region : str, optional
        Place that results are priced with at first; the visitor may choose another one.
    pue, n : float
        Facility energy per IT energy; inferences over which loading is spread.
    settings : Settings, optional
        How it is measured.
    server_name, server_port, share, auth, allow_public
        Who may reach it: this machine alone, unless you say so and give `auth`.
    block : bool
        Wait until the program is interrupted; else return at once.
    meters, clock, cache
        As those of :func:`measure`.
    examples : list of path, optional
        Images that a visitor may take.

    Raises
    ------
    co2lib.Error
        ``explorer.needs_auth`` for a page that others can reach without a password; ``explorer.bad_model``;
        ``core.missing_extra`` without gradio (``co2lib[explorer]``).
    """
    if (share or not _loopback(server_name)) and auth is None and not allow_public:
        raise BadValueError(
            "explorer.needs_auth",
            "others can reach this page and measure on your machine: give auth=(user, password), "
            "or allow_public=True",
        )
    gr = gradio()
    folder = tempfile.TemporaryDirectory(prefix="co2lib-")
    page = build(
        models,
        title=title,
        region=region,
        pue=pue,
        n=n,
        settings=settings,
        meters=meters,
        clock=clock,
        cache=cache,
        examples=examples,
        folder=folder.name,
    )
    fonts = ["system-ui", "sans-serif"]
    _, url, _ = page.launch(
        server_name=server_name,
        server_port=server_port,
        share=share,
        auth=auth,
        quiet=True,
        prevent_thread_lock=True,
        max_file_size=MOST_BYTES,
        allowed_paths=[],
        show_error=False,
        css=CSS,
        theme=gr.themes.Default(primary_hue=gr.themes.Color(*GREENS), font=fonts, font_mono=fonts),
        ssr_mode=False,
    )
    found = Explorer(page, url, folder)
    if block:
        page.block_thread()
    return found
