# SPDX-License-Identifier: MIT
"""``co2lib profile``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn (only in the full environment)")

SMALL = ("--level", "smoke", "--kernels", "fc,relu", "--samples", "10", "--networks", "0")


def test_a_simulated_device_is_profiled_and_goes_on(cli: Any, tmp_path: Path) -> None:
    folder = tmp_path / "mcu"
    status, out, err = cli.invoke("profile", folder, "--device", "sim-mcu", *SMALL)
    assert status == 0, err
    assert "sim-mcu (mcu), co2lib simulation" in out
    assert "not checked on whole networks" in out
    assert "int8 fc: 10/10" in err
    status, out, err = cli.invoke("profile", folder, "--device", "sim-mcu", *SMALL, "--quiet", "--json")
    assert json.loads(out)["levels"] == {"int8": "smoke"}
    assert (status, err) == (0, "")


def test_other_settings_are_refused(cli: Any, tmp_path: Path) -> None:
    assert cli.invoke("profile", tmp_path, "--device", "sim-mcu", *SMALL)[0] == 0
    status, _, err = cli.invoke("profile", tmp_path, "--device", "sim-mcu", *SMALL, "--seed", "2")
    assert status == 2
    assert "[inference.bad_model]" in err


def test_foreign_measurements_need_to_say_what_was_measured(cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "phone.csv"
    rows = "".join(f"fc,{64 * i},100,{10 + i}\n" for i in range(1, 12))
    file.write_text("kernel,cin,cout,latency_us\n" + rows, encoding="utf-8")
    status, _, err = cli.invoke("profile", tmp_path / "p", "--csv", file, "--about", "device=phone")
    assert (status, "does not say processor" in err) == (2, True)
    said = [f"--about={name}=x" for name in ("device", "processor", "runtime", "firmware", "clocks")]
    status, out, err = cli.invoke("profile", tmp_path / "p", "--csv", file, *said)
    assert status == 0, err
    assert "latency alone" in out
