# SPDX-License-Identifier: MIT
"""A run as metrics of Prometheus: a collector, a local endpoint, a file for the node exporter.

>>> from co2lib.integrations.prometheus import serve                       # doctest: +SKIP
>>> with co2lib.track(location="FRA") as run, serve(run, port=9464):       # doctest: +SKIP
...     train()
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from co2lib._errors import SystemFailureError
from co2lib._extras import require
from co2lib.integrations._series import SERIES, Reader, Source

__all__ = ["Collector", "serve", "write_textfile"]

_client: Any = require("prometheus_client", extra="metrics", needed_for="co2lib.integrations.prometheus")
_core: Any = require("prometheus_client.core", extra="metrics", needed_for="co2lib.integrations.prometheus")


class Collector:
    """Gives a run's metrics to a registry: ``REGISTRY.register(Collector(run))``.

    Parameters
    ----------
    source : Track, Tracker or callable
        A run, or a function that gives a `Footprint`.
    """

    def __init__(self, source: Source) -> None:
        self._reader = Reader(source)
        self._lock = threading.Lock()

    def describe(self) -> Iterator[Any]:
        """Yield the names, without reading a meter."""
        for series in SERIES:
            if series.kind == "info":
                yield _core.InfoMetricFamily(series.name, series.text, labels=())
            else:
                kind = "CounterMetricFamily" if series.kind == "counter" else "GaugeMetricFamily"
                yield getattr(_core, kind)(series.name, series.text, labels=series.labels, unit=series.suffix)

    def collect(self) -> Iterator[Any]:
        """Yield one family for each series that has a value."""
        with self._lock:
            values = self._reader.read()
        for family, series in zip(self.describe(), SERIES, strict=True):
            for labels, value in values[series.name].items():
                if series.kind == "info":
                    family.add_metric((), dict(zip(series.labels, labels, strict=True)))
                else:
                    family.add_metric(labels, value)
            if family.samples:
                yield family


@contextmanager
def serve(source: Source, port: int = 9464, address: str = "127.0.0.1") -> Iterator[int]:
    """Serve ``/metrics`` on a thread as long as the block lasts; only this machine can reach it by default.

    Parameters
    ----------
    source : Track, Tracker or callable
        As `Collector`.
    port : int
        0: any that is free.
    address : str
        ``0.0.0.0``: all networks of the machine, where Prometheus is on another one.

    Yields
    ------
    int
        The port.

    Raises
    ------
    co2lib.Error
        ``integrations.cannot_serve`` (an OSError) for a port that is taken.
    """
    registry = _client.CollectorRegistry()
    registry.register(Collector(source))
    try:
        server, thread = _client.start_http_server(port, addr=address, registry=registry)
    except OSError as error:
        raise SystemFailureError(
            "integrations.cannot_serve", f"{address}:{port}: {error.strerror}; give another port, or 0"
        ) from error
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_textfile(source: Source, file: str | os.PathLike[str]) -> None:
    """Write a file for the textfile collector of the node exporter; its name ends in ``.prom``.

    Raises
    ------
    co2lib.Error
        ``integrations.cannot_write`` (an OSError).
    """
    registry = _client.CollectorRegistry()
    registry.register(Collector(source))
    try:
        _client.write_to_textfile(os.fspath(file), registry)
    except OSError as error:
        raise SystemFailureError("integrations.cannot_write", f"{file}: {error.strerror}") from error
