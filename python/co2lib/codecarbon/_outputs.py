# SPDX-License-Identifier: MIT
"""Where a tracker of the compatibility layer writes: CSV file, logger, push gateway, handlers of users."""

from __future__ import annotations

import csv
import enum
import fcntl
import io
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from co2lib._core import append_csv
from co2lib._extras import require
from co2lib.codecarbon._data import TASK_COLUMNS, EmissionsData, TaskEmissionsData
from co2lib.codecarbon._file import CSV_COLUMNS, append_row

LOG = logging.getLogger("co2lib.codecarbon")


def show_log() -> None:
    """Show messages on stderr, as CodeCarbon's users expect, where the program shows no log of its own."""
    logger: logging.Logger | None = LOG
    while logger is not None:
        if any(not isinstance(handler, logging.NullHandler) for handler in logger.handlers):
            return
        logger = logger.parent
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter("[co2lib.codecarbon %(levelname)s @ %(asctime)s] %(message)s", "%X")
    )
    LOG.addHandler(handler)


class OutputMethod(str, enum.Enum):  # noqa: UP042 -- as there: its text is `OutputMethod.CSV`
    """Ways to write that have a name; ``CSV``, ``LOGGER`` and ``PROMETHEUS`` do something here."""

    CSV = "csv"
    API = "api"
    LOGGER = "logger"
    PROMETHEUS = "prometheus"
    LOGFIRE = "logfire"
    BOAMPS = "boamps"


class BaseOutput:
    """What a handler of one's own derives from; every method may be left out."""

    def out(self, total: EmissionsData, delta: EmissionsData) -> None:
        """Take the run so far and what came since the last call; at `flush` and `stop`."""

    def live_out(self, total: EmissionsData, delta: EmissionsData) -> None:
        """Take the same every ``api_call_interval`` measurements."""

    def task_out(self, data: list[TaskEmissionsData], experiment_name: str) -> None:
        """Take the tasks; at `flush` and `stop`, if there were any."""

    def exit(self) -> None:
        """Take the end."""


class LoggerOutput(BaseOutput):
    """Writes one line of JSON to a logger."""

    def __init__(self, logger: Any, severity: int = logging.INFO) -> None:
        self.logger = logger
        self.logging_severity = severity

    def out(self, total: EmissionsData, delta: EmissionsData) -> None:
        """Write the run so far."""
        self.logger.log(self.logging_severity, msg=json.dumps(total.values))

    def live_out(self, total: EmissionsData, delta: EmissionsData) -> None:
        """Write the run so far."""
        self.out(total, delta)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


class FileOutput(BaseOutput):
    """Writes rows of ``emissions.csv``, always 38 fields, and a file of tasks.

    Parameters
    ----------
    output_file_name, output_dir : str
        The file, and a folder that exists.
    on_csv_write : str
        ``append``: each call is a row; ``update``: the row of this run is replaced.
    """

    def __init__(self, output_file_name: str, output_dir: str, on_csv_write: str = "append") -> None:
        if on_csv_write not in ("append", "update"):
            raise ValueError(f"on_csv_write: {on_csv_write!r} is not known; known: append, update")
        if not os.path.isdir(output_dir):
            raise OSError(f"output_dir: the folder {output_dir!r} does not exist")
        self.save_file_path = os.path.join(output_dir, output_file_name)
        self.output_dir = output_dir
        self.on_csv_write = on_csv_write

    def out(self, total: EmissionsData, delta: EmissionsData) -> None:
        """Write the run so far."""
        if self.on_csv_write == "update":
            _remove_rows(Path(self.save_file_path), total.run_id)
        moved = append_row(self.save_file_path, total.values)
        if moved is not None:
            LOG.warning("%s had other columns; it is now %s", self.save_file_path, moved)

    def task_out(self, data: list[TaskEmissionsData], experiment_name: str) -> None:
        """Write the file of the tasks anew."""
        run_id = data[0].run_id
        file = Path(self.output_dir) / f"emissions_{experiment_name}_{run_id}.csv"
        file.unlink(missing_ok=True)
        for task in data:
            append_csv(file, list(TASK_COLUMNS), [_text(value) for value in task.values.values()])


def _remove_rows(file: Path, run_id: str) -> None:
    """Remove the rows of a run, under the lock that rows are appended under."""
    try:
        stream = file.open("r+", encoding="utf-8", newline="")
    except FileNotFoundError:
        return
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        rows = list(csv.reader(stream))
        if not rows or rows[0] != list(CSV_COLUMNS):  # another header: moved away by what appends
            return
        column = CSV_COLUMNS.index("run_id")
        kept = [row for row in rows if len(row) <= column or row[column] != run_id]
        if len(kept) < len(rows):
            text = io.StringIO()
            csv.writer(text, lineterminator="\r\n").writerows(kept)
            stream.seek(0)
            stream.write(text.getvalue())
            stream.truncate()


_GAUGES = (
    "duration",
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
)


class PrometheusOutput(BaseOutput):
    """Pushes gauges ``codecarbon_...`` to a push gateway; only where it is asked for."""

    def __init__(self, prometheus_url: str) -> None:
        self._client = require("prometheus_client", extra="metrics", needed_for="the output to Prometheus")
        self._url = prometheus_url
        self._registry: Any = self._client.CollectorRegistry()
        self._gauges = {
            name: self._client.Gauge(f"codecarbon_{name}", name, ["project_name"], registry=self._registry)
            for name in _GAUGES
        }
        self._energy = self._client.Counter(
            "codecarbon_energy", "Energy in kWh", ["project_name"], registry=self._registry
        )

    def out(self, total: EmissionsData, delta: EmissionsData) -> None:
        """Push the run so far."""
        for name, gauge in self._gauges.items():
            value = getattr(total, name)
            if value is not None:
                gauge.labels(total.project_name).set(value)
        if delta.energy_consumed is not None and delta.energy_consumed >= 0:
            self._energy.labels(total.project_name).inc(delta.energy_consumed)
        self._client.push_to_gateway(self._url, job="codecarbon", registry=self._registry)

    def live_out(self, total: EmissionsData, delta: EmissionsData) -> None:
        """Push the run so far."""
        self.out(total, delta)


def handlers_of(methods: Sequence[OutputMethod], settings: Any) -> list[BaseOutput]:
    """Return the handlers of the methods; those without an equivalent are logged."""
    made: list[BaseOutput] = []
    for method in methods:
        if method is OutputMethod.CSV:
            made.append(FileOutput(settings.output_file, settings.output_dir, settings.on_csv_write))
        elif method is OutputMethod.LOGGER:
            logger = settings.logging_logger
            made.append(logger if isinstance(logger, LoggerOutput) else LoggerOutput(logger or LOG))
        elif method is OutputMethod.PROMETHEUS:
            made.append(PrometheusOutput(settings.prometheus_url))
        else:
            LOG.debug("output_methods: %s has no equivalent in co2lib and is ignored", method.value)
    return made
