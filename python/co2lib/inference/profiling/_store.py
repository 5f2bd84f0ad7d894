# SPDX-License-Identifier: MIT
"""The folder of a campaign: settings and measurements of one precision, and files that appear complete."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from co2lib._errors import BadValueError, SystemFailureError
from co2lib.inference.profiling._runners import ABOUT, Measured


class Store:
    """The folder: settings and measurements of one precision, and files that appear complete."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.folder = folder
        self.precision = precision
        self._lines = folder / f"{precision}.measurements.jsonl"
        self._settings = folder / f"{precision}.campaign.json"
        self._known: dict[str, Measured] = {}

    def open(self, settings: Mapping[str, Any], *, restart: bool) -> None:
        """Take a folder for a campaign, or go on with the one that is there."""
        wanted = json.loads(json.dumps(settings))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if restart:
                self._lines.unlink(missing_ok=True)
                self._settings.unlink(missing_ok=True)
            if self._settings.exists():
                self._check_same(json.loads(self._settings.read_text(encoding="utf-8")), wanted)
                self._read()
            else:
                self._lines.unlink(missing_ok=True)
                self.write(self._settings.name, wanted)
        except OSError as error:
            raise SystemFailureError(
                "inference.cannot_write",
                f"{self.folder}: {error.strerror or error}; give a folder that can be written",
            ) from error
        except json.JSONDecodeError as error:
            raise BadValueError(
                "inference.bad_model", f"{self._settings}: is no JSON ({error}); begin anew with restart"
            ) from error

    def _check_same(self, there: Any, wanted: Mapping[str, Any]) -> None:
        there = there if isinstance(there, dict) else {}
        # The clock's frequency at the start of a call is not a setting.
        ours, theirs = ({k: v for k, v in each.items() if k != "device"} for each in (wanted, there))
        same_device = all(
            there.get("device", {}).get(name) == wanted["device"][name] for name in ABOUT if name != "clocks"
        )
        if ours != theirs or not same_device:
            names = [name for name in wanted if there.get(name) != wanted[name]]
            raise BadValueError(
                "inference.bad_model",
                f"{self.folder}: has a campaign of {self.precision} with another {', '.join(names)}; use the "
                "same settings to go on, restart to begin anew, or another folder",
            )

    def _read(self) -> None:
        if not self._lines.exists():
            return
        complete = []
        for line in self._lines.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
            try:
                row = json.loads(line)
                self._known[row["key"]] = Measured(**row["measured"])
            except (ValueError, KeyError, TypeError):
                continue  # torn by a kill
            complete.append(line if line.endswith("\n") else line + "\n")
        self._replace(self._lines, "".join(complete))

    def measured(self, key: str, measure: Callable[[], Measured] | None) -> Measured | None:
        """Return what is known, or measure and keep it; None where nothing may be measured any more."""
        if key in self._known:
            return self._known[key]
        if measure is None:
            return None
        found = measure()
        line = json.dumps({"key": key, "measured": found.to_dict()}) + "\n"
        with self._lines.open("a", encoding="utf-8") as stream:
            stream.write(line)  # closed at once: a kill loses nothing
        self._known[key] = found
        return found

    def clocks_mhz(self) -> list[float]:
        """Return the clocks of what was measured, in its order."""
        return [each.clock_mhz for each in self._known.values() if each.clock_mhz is not None]

    def knows(self, key: str) -> bool:
        """Whether a measurement is there."""
        return key in self._known

    def write(self, name: str, document: Any) -> None:
        """Write a JSON file, whole or not at all."""
        self._replace(self.folder / name, json.dumps(document, separators=(",", ":")) + "\n")

    @staticmethod
    def _replace(file: Path, text: str) -> None:
        part = file.with_name(file.name + ".part")
        with part.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)

    def device(self) -> dict[str, Any]:
        """Return what device.json says so far."""
        file = self.folder / "device.json"
        if not file.exists():
            return {}
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadValueError("inference.bad_model", f"{file}: is no JSON: {error}") from error
        return found if isinstance(found, dict) else {}
