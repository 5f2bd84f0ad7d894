# SPDX-License-Identifier: MIT
"""README, docs and examples do what they say."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = sorted((ROOT / "examples" / "python").glob("*.py"))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.name)
def test_python_of_the_page_runs(page: Path, tmp_path: Path) -> None:
    # The blocks of a page are read one after the other, like the page.
    # Those that import an optional package are left out where there is none.
    optional = (
        "torch",
        "pandas",
        "matplotlib",
        "transformers",
        "accelerate",
        "lightning",
        "keras",
        "sklearn",
    )
    optional += ("mlflow", "tensorboard", "wandb", "prometheus_client", "opentelemetry", "codecarbon")
    optional += ("pyarrow", "huggingface_hub", "dask")
    missing = [p for p in optional if importlib.util.find_spec(p) is None]
    if os.environ.get("CO2LIB_TEST_ENV") == "frameworks":  # `make framework-test`: no block is left out
        assert missing == []
    plain = [
        b
        for b in blocks(page, "python")
        if ">>>" not in b and not any(re.search(rf"(import|from) {p}\b", b) for p in missing)
    ]
    sessions = [block for block in blocks(page, "python") if ">>>" in block]
    (tmp_path / "sessions.txt").write_text("\n".join(sessions), encoding="utf-8")
    code = "import co2lib\n" + "\n".join(plain)
    # What frameworks themselves warn of is not ours.
    warnings = (
        "default" if re.search(r"^\s*(import|from) (lightning|keras|transformers)\b", code, re.M) else "error"
    )
    code += "\nimport doctest\nassert doctest.testfile('sessions.txt', module_relative=False).failed == 0\n"
    done = subprocess.run(
        [sys.executable, "-W", warnings, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},  # Keras and others write into it
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{page.name}:\n{code}\n{done.stdout}\n{done.stderr}"


def test_readme_cpp_is_the_example_that_the_build_runs() -> None:
    (code,) = blocks(ROOT / "README.md", "cpp")
    example = (ROOT / "examples/cpp/quickstart.cpp").read_text(encoding="utf-8")
    body = "".join(line for line in example.splitlines(keepends=True) if not line.startswith("//"))
    assert body == code


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e.name not in {"demo.py", "preindex_study.py"}], ids=lambda e: e.name
)
def test_example_runs(example: Path, tmp_path: Path) -> None:
    if "import torch" in example.read_text(encoding="utf-8"):
        pytest.importorskip("torch", reason="needs PyTorch (only in the full environment)")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert any(word in done.stdout for word in ("energy", "epochs", "g/kWh", "carbon"))


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_readme_names_every_page_and_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in readme, page.name


def test_the_frameworks_that_were_seen_are_those_that_are_asked_for() -> None:
    page = " ".join((ROOT / "docs/integrations.md").read_text(encoding="utf-8").split())
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (part,) = re.findall(r"^part_frameworks := (.*)", makefile, re.MULTILINE)
    asked = re.findall(r"([\w-]+)(?:\[[\w-]+\])?>=([\d.]+)", part)
    assert len(asked) > 10
    for name, least in asked:
        if name != "matplotlib":  # for the blocks of the docs, nothing of co2lib's
            assert re.search(rf"\b{name} {re.escape(least)}(\.\d+)*[,.]", page), name
