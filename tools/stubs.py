# SPDX-License-Identifier: MIT
"""Write the type stubs of the installed extension module: python tools/stubs.py python/co2lib/_core.

The folder is emptied first, so that a submodule that is gone leaves no stub behind. Needs pybind11-stubgen.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = "co2lib._core"

# The generator reads the dicts of modules, so all are filled before: by the first look at their names.
GENERATE = f"""
from types import ModuleType
import {MODULE} as core
for submodule in [value for value in vars(core).values() if isinstance(value, ModuleType)]:
    dir(submodule)
    del submodule.__getattr__, submodule.__dir__
from pybind11_stubgen import main
main()
"""


def generate(folder: Path) -> None:
    """Write the stubs of `MODULE` and its submodules into a folder."""
    with tempfile.TemporaryDirectory() as work:
        command = [sys.executable, "-P", "-c", GENERATE, MODULE, "-o", work, "--exit-code"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"pybind11-stubgen failed; a C++ type in a signature is bound too late?\n{done.stderr}")
        made = Path(work, *MODULE.split("."))
        if not made.is_dir():
            made.mkdir()
            shutil.move(made.with_suffix(".pyi"), made / "__init__.pyi")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for source in sorted(made.rglob("*.pyi")):
            target = folder / source.relative_to(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(tidy(source.read_text(encoding="utf-8")), encoding="utf-8")


# What pybind11 writes without type arguments -> what mypy --strict asks for.
GENERICS = {
    "tuple": "tuple[typing.Any, ...]",
    "list": "list[typing.Any]",
    "dict": "dict[str, typing.Any]",
    "os.PathLike": "os.PathLike[str]",
    "collections.abc.Callable": "collections.abc.Callable[..., typing.Any]",
    "collections.abc.Iterable": "collections.abc.Iterable[typing.Any]",
}


def tidy(text: str) -> str:
    """Make the stubs pass mypy --strict, and the same on every machine."""
    # The version has one source (include/co2lib/version.hpp), which is not here.
    text = re.sub(r"^__version__: str = .*$", "__version__: str", text, flags=re.MULTILINE)
    text = re.sub(r"def __(eq|ne)__\(self, \w+: [^)]*\)", r"def __\1__(self, other: object)", text)
    # A class with __eq__ and no __hash__ cannot be hashed; that is how Python and pybind11 say so.
    text = re.sub(
        r"(__hash__: typing.ClassVar\[None\] = None)$",
        r"\1  # type: ignore[assignment]",
        text,
        flags=re.MULTILINE,
    )
    # What pickle keeps is nobody's to read, and that of a class is not that of its base.
    text = re.sub(
        r"(def __getstate__\(self\)) -> .*:$", r"\1 -> tuple[typing.Any, ...]:", text, flags=re.MULTILINE
    )
    text = re.sub(r"\*\*kwargs\)", "**kwargs: typing.Any)", text)
    for bare, full in GENERICS.items():
        # In annotations only: after ':', '->', '[', ',' or '|', and without arguments of its own.
        text = re.sub(rf"(?<=[:>\[,|] ){re.escape(bare)}(?![\w.\[])", full, text)
        text = re.sub(rf"(?<=\[){re.escape(bare)}(?![\w.\[])", full, text)
    if "typing." in text and "import typing\n" not in text:
        text = text.replace(
            "from __future__ import annotations\n", "from __future__ import annotations\nimport typing\n", 1
        )
    lines = [line.rstrip() for line in text.splitlines()]
    return "# SPDX-License-Identifier: MIT\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    generate(Path(sys.argv[1]))
