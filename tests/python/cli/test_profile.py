# SPDX-License-Identifier: MIT
"""``co2lib profile``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn (only in the full environment)")

SMALL = ("--level", "smoke", "--kernels", "fc,relu", "--samples", "10", "--networks", "0")


def test_a_simulated_device_is_profiled_and_goes_on(invoke: Any, tmp_path: Path) -> None:
    folder = tmp_path / "mcu"
    done = invoke("profile", folder, "--device", "sim-mcu", *SMALL)
    assert done.exit_code == 0, done.stderr
    assert "sim-mcu (mcu), co2lib simulation" in done.stdout
    assert "not checked on whole networks" in done.stdout
    assert "int8 fc: 10/10" in done.stderr
    again = invoke("profile", folder, "--device", "sim-mcu", *SMALL, "--quiet", "--json")
    assert json.loads(again.stdout)["levels"] == {"int8": "smoke"}
    assert again.stderr == ""


def test_other_settings_are_refused(invoke: Any, tmp_path: Path) -> None:
    assert invoke("profile", tmp_path, "--device", "sim-mcu", *SMALL).exit_code == 0
    refused = invoke("profile", tmp_path, "--device", "sim-mcu", *SMALL, "--seed", "2")
    assert refused.exit_code == 2
    assert "[inference.bad_model]" in refused.stderr


def test_foreign_measurements_need_to_say_what_was_measured(invoke: Any, tmp_path: Path) -> None:
    file = tmp_path / "phone.csv"
    rows = "".join(f"fc,{64 * i},100,{10 + i}\n" for i in range(1, 12))
    file.write_text("kernel,cin,cout,latency_us\n" + rows, encoding="utf-8")
    refused = invoke("profile", tmp_path / "p", "--csv", file, "--about", "device=phone")
    assert (refused.exit_code, "does not say processor" in refused.stderr) == (2, True)
    said = [f"--about={name}=x" for name in ("device", "processor", "runtime", "firmware", "clocks")]
    done = invoke("profile", tmp_path / "p", "--csv", file, *said)
    assert done.exit_code == 0, done.stderr
    assert "latency alone" in done.stdout
