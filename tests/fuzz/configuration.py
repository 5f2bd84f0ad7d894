# SPDX-License-Identifier: MIT
"""Configuration files: whatever bytes one holds, it gives options or an error that names it.

    python tests/fuzz/configuration.py -runs=10000000 -max_len=128 CORPUS    needs `pip install atheris`

`tests/python/test_config_faults.py` replays tests/fuzz/configuration/ through `one_input`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import co2lib
from co2lib import _config


def one_input(content: bytes, folder: Path) -> None:
    """Read one file; what it gives must be read again as it is."""
    (folder / "co2lib.toml").write_bytes(content)
    try:
        found = _config.resolve({}, environment={}, folder=folder, home=folder / "none")
    except co2lib.Error as error:
        if error.code != "tracker.bad_config" or "co2lib.toml" not in str(error):
            raise AssertionError(f"{error.code}: {error}") from error
        return
    if not set(found) <= set(_config.OPTIONS):
        raise AssertionError(found)
    again = _config.resolve(found, environment={}, folder=folder / "none", home=folder / "none")
    if repr(again) != repr(found):  # a NaN is not equal to itself
        raise AssertionError((found, again))


if __name__ == "__main__":
    import atheris

    atheris.instrument_func(_config.resolve)
    atheris.instrument_func(_config._from_file)
    atheris.instrument_func(_config._check_type)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        atheris.Setup(sys.argv, lambda content: one_input(content, Path(name)))
        atheris.Fuzz()
