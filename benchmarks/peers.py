# SPDX-License-Identifier: MIT
"""The environments of the other tools: one for each, with pinned versions, in build/peers/<name>."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILD = ROOT / "build" / "peers"


def requirements_of(peer: str) -> Path:
    """Return the file that pins a peer and what it needs besides."""
    return HERE / "requirements" / f"{peer}.txt"


def version_of(peer: str) -> str:
    """Return the pin of a peer, `name version`."""
    return requirements_of(peer).read_text(encoding="utf-8").split("\n", 1)[0].replace("==", " ").strip()


def environment(peer: str) -> Path:
    """Make the peer's environment, once for each state of its requirements, and return its Python."""
    requirements = requirements_of(peer)
    folder = BUILD / peer
    stamp = folder / "requirements.txt"
    python = folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != requirements.read_text(encoding="utf-8"):
        print(f"Preparing {folder.relative_to(ROOT)}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [python, "-m", "pip", "-qq", "--disable-pip-version-check", "install", "-r", requirements]
        subprocess.run(install, check=True)
        shutil.copy(requirements, stamp)
    return python
