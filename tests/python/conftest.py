# SPDX-License-Identifier: MIT
"""The traces that some vectors name lie beside the repository, where there are any."""

import os
from pathlib import Path

_TRACES = Path(__file__).resolve().parents[3] / "shared" / "data" / "traces"
if _TRACES.is_dir():
    os.environ.setdefault("CO2LIB_TRACES", str(_TRACES))
