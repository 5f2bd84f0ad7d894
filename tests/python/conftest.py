# SPDX-License-Identifier: MIT
"""What several files of tests need: the place of the traces, programs that are no package."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

# The traces that some vectors name lie beside the repository, where there are any.
_TRACES = Path(__file__).resolve().parents[3] / "shared" / "data" / "traces"
if _TRACES.is_dir():
    os.environ.setdefault("CO2LIB_TRACES", str(_TRACES))


def _load_script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def load_script() -> Callable[[Path], ModuleType]:
    """Give the import of a Python file that is in no package."""
    return _load_script
