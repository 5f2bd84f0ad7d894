# SPDX-License-Identifier: MIT
"""The house: direction of dependence, tables, stubs, cost of the import, version, manners of the library."""

from __future__ import annotations

import ast
import csv
import importlib.metadata
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import co2lib
from co2lib import _core

ROOT = Path(__file__).resolve().parents[2]

# ----------------------------------------------------------------------------------------------------------
# Direction of dependence (docs/design.md, "The house"). A new room, domain or Python module is added here.
# ----------------------------------------------------------------------------------------------------------
LEVELS = {
    0: {"version", "error"},
    1: {
        "units",
        "clock",
        "record",
        "names",
        "numeric",
        "quantiles",
        "random",
        "csv",
        "host",
        "format",
        "detail",
    },
    2: {"meter", "intensity", "embodied", "preindex", "hub", "exchange"},
    3: {"tracker", "inference", "adaptive", "torch"},
    4: {"testing", "c", "co2lib"},
}
LEVEL = {unit: level for level, units in LEVELS.items() for unit in units}

# What the units of level 3 may include of levels 2 and 3, and what only their src/ may.
MAY_USE = {
    "tracker": {"meter", "intensity", "embodied"},
    "inference": {"meter", "intensity", "embodied"},
    "adaptive": {"intensity"},
    "torch": {"preindex"},
}
MAY_USE_IN_SRC = {"tracker": {"hub"}}

# Only these public headers pay for fmt.
FMT_FRONT_DOORS = {"include/co2lib/meter.hpp", "include/co2lib/tracker.hpp"}

# Python: modules with a leading underscore and these are the base that everything may import.
PYTHON_LEVELS = {
    1: {"numeric"},
    2: {"meter", "intensity", "embodied", "preindex", "hub", "exchange"},
    3: {"tracker", "inference", "adaptive"},
    4: {"report", "codecarbon", "integrations", "bench"},
    5: {"explorer", "testing"},
    6: {"cli"},
}
PYTHON_LEVEL = {unit: level for level, units in PYTHON_LEVELS.items() for unit in units}
# In Python only: profiling measures with the tracker's windows.
PYTHON_ALSO = {("inference", "tracker")}
ADD_HERE = "add it to the levels at the top of tests/python/test_house.py (docs/design.md, 'The house')"

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<co2lib/([\w/]+)\.h(?:pp)?>|"([\w/]+)\.hpp")', re.MULTILINE)


def unit_of(path: str) -> str:
    """The room or domain a file belongs to: its first folder, or its own name."""
    return path.split("/", maxsplit=1)[0].removesuffix(".hpp").removesuffix(".cpp").removesuffix(".h")


def include_problems(root: Path) -> list[str]:
    """Includes of include/co2lib and src that go against the direction of dependence."""
    problems: list[str] = []
    rooms: dict[str, set[str]] = {}
    for base in ("include/co2lib", "src"):
        for file in sorted((root / base).rglob("*.[hc]*")):
            relative = file.relative_to(root / base).as_posix()
            place = f"{base}/{relative}"
            unit = unit_of(relative)
            if unit not in LEVEL:
                problems.append(f"{place}: unknown unit '{unit}'; {ADD_HERE}")
                continue
            for match in INCLUDE.finditer(file.read_text(encoding="utf-8")):
                if match[2] and "/" not in match[2] and "/" in relative:
                    continue  # a private header beside the file
                used = unit_of(match[1] or match[2])
                if used == unit:
                    continue
                if used not in LEVEL:
                    problems.append(f"{place}: includes unknown '{used}'; {ADD_HERE}")
                elif not include_allowed(place, unit, used):
                    problems.append(f"{place}: {unit} must not include {used}")
                elif LEVEL[unit] == LEVEL[used] == 1:
                    rooms.setdefault(unit, set()).add(used)
    return problems + [f"rooms include each other in a circle: {' -> '.join(c)}" for c in circles(rooms)]


def include_allowed(place: str, unit: str, used: str) -> bool:
    in_src = place.startswith("src/")
    if used == "format" and not in_src and LEVEL[unit] < 4:
        return place in FMT_FRONT_DOORS
    if used == "detail" and not in_src:
        return False  # private: JSON and YAML stay out of public headers
    if LEVEL[used] < 2:
        return LEVEL[used] < LEVEL[unit] or LEVEL[used] == LEVEL[unit] == 1
    if LEVEL[unit] == 3:
        return used in MAY_USE.get(unit, set()) or (in_src and used in MAY_USE_IN_SRC.get(unit, set()))
    return LEVEL[unit] == 4


def circles(uses: dict[str, set[str]]) -> list[list[str]]:
    found: list[list[str]] = []

    def walk(unit: str, path: list[str]) -> None:
        if unit in path:
            found.append([*path[path.index(unit) :], unit])
            return
        for used in sorted(uses.get(unit, ())):
            walk(used, [*path, unit])

    for unit in sorted(uses):
        walk(unit, [])
    return found


def imported_units(file: Path, package: Path) -> set[str]:
    """Modules of co2lib that a file imports, at its top or inside functions, not for type checking only."""
    units: set[str] = set()
    here = ["co2lib", *file.relative_to(package).parts[:-1]]

    def add(dotted: str) -> None:
        parts = dotted.split(".")
        if parts[0] == "co2lib" and len(parts) > 1:
            units.add(parts[1])

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            for alias in node.names:
                add(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*here[: len(here) - node.level + 1], *([base] if base else [])])
            if base == "co2lib":
                for alias in node.names:
                    if (package / alias.name).is_dir() or (package / f"{alias.name}.py").exists():
                        add(f"co2lib.{alias.name}")
            else:
                add(base)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(file.read_text(encoding="utf-8")))
    return units


def import_problems(package: Path) -> list[str]:
    """Imports of the Python package that go against the direction of dependence."""
    problems: list[str] = []
    for file in sorted(package.rglob("*.py")):
        relative = file.relative_to(package).as_posix()
        unit = unit_of(relative.removesuffix(".py"))
        if unit in ("__init__", "__main__"):
            continue  # the package itself gathers all, lazily
        private = unit.startswith("_")
        if not private and unit not in PYTHON_LEVEL:
            problems.append(f"{relative}: unknown module '{unit}'; {ADD_HERE}")
            continue
        level = 0 if private else PYTHON_LEVEL[unit]
        for used in sorted(imported_units(file, package)):
            if used == unit or used.startswith("_"):
                continue
            if used not in PYTHON_LEVEL:
                problems.append(f"{relative}: imports unknown '{used}'; {ADD_HERE}")
            elif level == 3 and PYTHON_LEVEL[used] == 2:
                if used not in MAY_USE[unit] | MAY_USE_IN_SRC.get(unit, set()):
                    problems.append(f"{relative}: {unit} must not import {used}")
            elif PYTHON_LEVEL[used] >= level and (unit, used) not in PYTHON_ALSO:
                problems.append(f"{relative}: {unit} must not import {used}")
    return problems


def test_includes_keep_the_direction_of_dependence() -> None:
    assert include_problems(ROOT) == []


def test_imports_keep_the_direction_of_dependence() -> None:
    assert import_problems(ROOT / "python/co2lib") == []


@pytest.mark.parametrize(
    ("file", "include", "problem"),
    [
        ("include/co2lib/units.hpp", "co2lib/meter.hpp", "units must not include meter"),
        ("include/co2lib/meter/meter.hpp", "co2lib/intensity.hpp", "meter must not include intensity"),
        ("src/hub/card.cpp", "co2lib/tracker/run.hpp", "hub must not include tracker"),
        ("include/co2lib/tracker/run.hpp", "co2lib/hub.hpp", "tracker must not include hub"),
        ("include/co2lib/adaptive/plan.hpp", "co2lib/meter.hpp", "adaptive must not include meter"),
        ("include/co2lib/adaptive/plan.hpp", "co2lib/tracker.hpp", "adaptive must not include tracker"),
        ("include/co2lib/error.hpp", "co2lib/record.hpp", "error must not include record"),
        ("include/co2lib/meter/counter.hpp", "co2lib/format.hpp", "meter must not include format"),
        ("include/co2lib/meter/meter.hpp", "co2lib/testing.hpp", "meter must not include testing"),
        ("include/co2lib/weather.hpp", "co2lib/units.hpp", "unknown unit 'weather'"),
        ("include/co2lib/tracker/run.hpp", "co2lib/weather.hpp", "includes unknown 'weather'"),
    ],
)
def test_a_wrong_include_is_found(tmp_path: Path, file: str, include: str, problem: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(f"#pragma once\n#include <{include}>\n")
    found = include_problems(tmp_path)
    assert len(found) == 1
    assert file in found[0]
    assert problem in found[0]


def test_allowed_includes_are_not_found(tmp_path: Path) -> None:
    for file, include in [
        ("include/co2lib/units.hpp", "<co2lib/numeric.hpp>"),
        ("include/co2lib/meter.hpp", "<co2lib/format.hpp>"),
        ("include/co2lib/tracker/run.hpp", "<co2lib/meter/counter.hpp>"),
        ("src/tracker/run.cpp", "<co2lib/hub.hpp>"),
        ("src/tracker/json_parts.hpp", '"detail/json.hpp"'),
        ("include/co2lib/testing.hpp", "<co2lib/tracker.hpp>"),
    ]:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(f"#include {include}\n")
    assert include_problems(tmp_path) == []


def test_private_headers_and_circles_of_rooms_are_found(tmp_path: Path) -> None:
    headers = tmp_path / "include/co2lib"
    headers.mkdir(parents=True)
    (headers / "hub.hpp").write_text('#include "detail/json.hpp"\n')
    (headers / "units.hpp").write_text("#include <co2lib/record.hpp>\n")
    (headers / "record.hpp").write_text("#include <co2lib/units.hpp>\n")
    found = include_problems(tmp_path)
    assert found[0] == "include/co2lib/hub.hpp: hub must not include detail"
    assert "circle: record -> units -> record" in found[1]


@pytest.mark.parametrize(
    ("file", "line", "problem"),
    [
        ("hub.py", "from co2lib.tracker import Run", "hub must not import tracker"),
        ("hub.py", "from co2lib import tracker", "hub must not import tracker"),
        ("hub.py", "def f():\n    import co2lib.intensity", "hub must not import intensity"),
        ("report.py", "from co2lib import explorer", "report must not import explorer"),
        ("_config.py", "from . import tracker", "_config must not import tracker"),
        ("adaptive.py", "from co2lib import meter", "adaptive must not import meter"),
        ("weather.py", "", "unknown module 'weather'"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, file: str, line: str, problem: str) -> None:
    for name in ("tracker", "explorer", "intensity", "meter"):
        (tmp_path / f"{name}.py").write_text("")
    (tmp_path / file).write_text(line + "\n")
    found = import_problems(tmp_path)
    assert len(found) == 1, found
    assert problem in found[0]


def test_an_import_for_types_only_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "tracker.py").write_text("")
    (tmp_path / "hub.py").write_text("if TYPE_CHECKING:\n    from co2lib import tracker\n")
    assert import_problems(tmp_path) == []


# ----------------------------------------------------------------------------------------------------------
# Manners
# ----------------------------------------------------------------------------------------------------------
# CTest checks the compiled symbols (house.library_neither_prints_nor_exits); this is what they cannot show.
FORBIDDEN = re.compile(
    r"(?<![\w:])(std::terminate|std::abort|std::exit|std::quick_exit|_exit|std::cout|std::cerr|std::clog|std::puts"
    r"|STDOUT_FILENO|STDERR_FILENO|std::printf|fmt::print|fmt::println)\b"
)


def forbidden_calls(text: str) -> list[str]:
    code = re.sub(r"//[^\n]*", "", text)
    return [match[0] for match in FORBIDDEN.finditer(code)]


def test_no_source_of_the_library_names_a_way_to_print_or_to_end_the_process() -> None:
    for base in ("include", "src"):
        for file in sorted((ROOT / base).rglob("*.[hc]pp")):
            assert forbidden_calls(file.read_text(encoding="utf-8")) == [], file


def test_the_search_for_forbidden_calls_finds_them() -> None:
    assert forbidden_calls("std::terminate(); // std::abort()\n_exit(1); x._exit_code") == [
        "std::terminate",
        "_exit",
    ]


# libstdc++ 12 implements these with std::get_temporary_buffer, and clang 16 and later warn of it at the user.
DEPRECATED_INSIDE = re.compile(r"\bstd::(?:ranges::)?(stable_sort|stable_partition|inplace_merge)\b")


def test_no_header_or_source_sorts_with_what_newer_compilers_warn_of() -> None:
    for base in ("include", "src", "bindings"):
        for file in sorted((ROOT / base).rglob("*.[hc]pp")):
            text = file.read_text(encoding="utf-8")
            assert DEPRECATED_INSIDE.search(re.sub(r"//[^\n]*", "", text)) is None, (
                f"{file}: use co2lib::numeric::stable_sort"
            )


TO_STRING = re.compile(
    r"^\[\[nodiscard\]\] (?:inline )?std::string to_string\((?:const )?(\w+)[ &<]", re.MULTILINE
)


def test_every_type_with_a_text_is_printed_by_fmt() -> None:
    found = 0
    for file in sorted((ROOT / "include/co2lib").rglob("*.hpp")):
        text = file.read_text(encoding="utf-8")
        for name in TO_STRING.findall(text):
            found += 1
            if name != "Label":  # a std::variant: no type of this library
                assert re.search(rf"has_text<(?:[\w:]+::)?{name}[<>]", text), (
                    f"{file}: has_text<{name}> is missing"
                )
    assert found >= 10


# ----------------------------------------------------------------------------------------------------------
# Tables
# ----------------------------------------------------------------------------------------------------------
TABLES = sorted(ROOT.glob("data/*/*.csv"))


# Values in use that nobody published in a year: (source, licence) of the row.
CONVENTIONS = {("convention: thermal mix", "convention")}


def rows_without_provenance(rows: list[dict[str, str]]) -> list[str]:
    """Rows without a source, a licence or, where the table has the column, a year."""
    problems = []
    for number, row in enumerate(rows, start=2):
        sources = [column for column in row if column == "source" or column.startswith("source_")]
        if not any(row[column].strip() for column in sources):
            problems.append(f"line {number}: no source")
        if not row.get("licence", "").strip():
            problems.append(f"line {number}: no licence")
        convention = any((row[column], row.get("licence")) in CONVENTIONS for column in sources)
        said = convention or (row.get("year") == "" and "year not printed" in row.get("source", ""))
        if "year" in row and not said and not re.fullmatch(r"(19|20)\d\d", row["year"]):
            problems.append(f"line {number}: no year")
    return problems


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_every_row_of_a_table_has_source_licence_and_year(file: Path) -> None:
    rows = _core.table(file.stem)
    assert rows
    if file.stem == "grid_factors":  # its sources are ids of a table of their own
        sources = {row["id"]: row for row in _core.table("grid_sources")}
        rows = [row | {"licence": sources.get(row["source"], {}).get("licence", "")} for row in rows]
    assert rows_without_provenance(rows) == []


def test_every_source_of_the_grid_factors_is_used() -> None:
    used = {row["source"] for row in _core.table("grid_factors")}
    assert {row["id"] for row in _core.table("grid_sources")} == used


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_a_compiled_table_is_its_file(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as stream:
        assert _core.table(file.stem) == list(csv.DictReader(stream, strict=True))


def test_the_compiled_tables_are_the_files_of_data() -> None:
    assert TABLES
    assert sorted(_core.table_names()) == sorted((file.parent.name, file.stem) for file in TABLES)


def test_rows_without_provenance_are_found() -> None:
    rows = [
        {"year": "2024", "source": "Ember", "licence": "CC-BY-4.0"},
        {"year": "", "source": "Ember", "licence": "CC-BY-4.0"},
        {"year": "2024", "source": " ", "licence": ""},
        {"year": "", "source": "convention: thermal mix", "licence": "convention"},
    ]
    assert rows_without_provenance(rows) == ["line 3: no year", "line 4: no source", "line 4: no licence"]


def test_an_unknown_table_is_a_lookup_error_that_lists_the_tables() -> None:
    with pytest.raises(LookupError, match="no_such_table") as caught:
        _core.table("no_such_table")
    assert isinstance(caught.value, co2lib.Error)
    assert caught.value.code == "core.unknown_table"
    assert "grid_factors" in caught.value.details["tables"]


# ----------------------------------------------------------------------------------------------------------
# Import, stubs, version, environments
# ----------------------------------------------------------------------------------------------------------
def modules_after(statement: str) -> set[str]:
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def third_party(modules: set[str]) -> set[str]:
    # The standard library's data modules (_sysconfigdata...) are not in its own list of names.
    return {m for m in modules - set(sys.stdlib_module_names) - {"co2lib"} if not m.startswith("_")}


def test_the_import_brings_no_third_party_module() -> None:
    modules = modules_after("import co2lib; co2lib.Energy.from_kwh(1); co2lib.numeric.compensated_sum([1.0])")
    assert "co2lib" in modules
    assert third_party(modules) == set()


def test_a_start_imports_little() -> None:
    modules = modules_after("import co2lib; co2lib.track(location='FRA').start().stop()")
    assert "co2lib" in modules
    assert not modules & {
        "contextvars",
        "datetime",
        "functools",
        "inspect",
        "logging",
        "pathlib",
        "re",
        "threading",
        "tomllib",
        "typing",
        "weakref",
    }
    assert not third_party(modules)


def test_a_start_imports_three_modules_of_ours() -> None:
    code = """
        import sys, co2lib
        before = set(sys.modules)
        co2lib.track(location="FRA").start().stop()
        print(*(name for name in set(sys.modules) - before if name.startswith("co2lib")))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("CO2LIB_")},
    )
    assert set(done.stdout.split()) == {"co2lib._config", "co2lib.tracker", "co2lib.tracker._track"}


def test_a_third_party_import_would_be_seen() -> None:
    assert "numpy" in third_party(modules_after("import numpy"))


def test_every_name_of_the_package_is_there() -> None:
    for name in co2lib.__all__:
        assert getattr(co2lib, name) is not None
    assert set(co2lib.__all__) <= set(dir(co2lib))
    assert sorted(set(co2lib.__all__)) == sorted(co2lib.__all__), "a name is listed twice"
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = co2lib.no_such_name


def stubs_of(folder: Path) -> dict[str, str]:
    return {f.relative_to(folder).as_posix(): f.read_text(encoding="utf-8") for f in folder.rglob("*.pyi")}


def test_the_stubs_are_those_of_the_module(tmp_path: Path) -> None:
    pytest.importorskip("pybind11_stubgen", reason="needs pybind11-stubgen (only in the full environment)")
    subprocess.run([sys.executable, ROOT / "tools/stubs.py", tmp_path / "_core"], check=True)
    made = stubs_of(tmp_path / "_core")
    assert made
    assert made == stubs_of(ROOT / "python/co2lib/_core"), "run `make stubs` and commit the result"


def test_no_cpp_type_leaks_into_a_signature() -> None:
    found = [
        f"{name}: {line.strip()}"
        for name, text in stubs_of(ROOT / "python/co2lib/_core").items()
        for line in text.splitlines()
        if "::" in line and "def " in line
    ]
    assert found == []


def test_the_front_door_of_the_tracker_stays_light(load_script: Callable[[Path], ModuleType]) -> None:
    headers = load_script(ROOT / "benchmarks/headers/run.py")
    lines = headers.own_lines(ROOT / "include", "co2lib/tracker.hpp")
    assert 1000 < lines <= 2560, "see docs/design.md, 'Decisions': what only src/ needs is not included there"


def test_lines_of_code_that_come_in_twice_count_once_and_comments_never(
    tmp_path: Path, load_script: Callable[[Path], ModuleType]
) -> None:
    (tmp_path / "co2lib").mkdir()
    both = "#include <co2lib/b.hpp>\n#include <co2lib/c.hpp>\n#include <map>\n"
    (tmp_path / "co2lib/a.hpp").write_text(both)
    (tmp_path / "co2lib/b.hpp").write_text("#include <co2lib/c.hpp>\n")
    (tmp_path / "co2lib/c.hpp").write_text(
        "int a;  ///< one\n\n  /// A comment.\n// Another one.\n" + "int b;\n" * 9
    )
    headers = load_script(ROOT / "benchmarks/headers/run.py")
    assert headers.own_lines(tmp_path, "co2lib/a.hpp") == 14


def test_the_version_has_one_source() -> None:
    header = (ROOT / "include/co2lib/version.hpp").read_text(encoding="utf-8")
    (version,) = re.findall(r'define CO2LIB_VERSION "([^"]+)"', header)
    assert co2lib.__version__ == version
    assert importlib.metadata.version("co2lib") == version
    # CMake's is compared in tests/consumer; nothing else spells it out.
    for file in ("CMakeLists.txt", "pyproject.toml", "python/co2lib/__init__.py", "cmake/install.cmake"):
        assert version not in (ROOT / file).read_text(encoding="utf-8"), file


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ("frameworks", "1 failed, 1 passed, 1 error"),
        ("browser", "1 failed, 1 passed, 1 error"),
        ("full", "1 passed, 2 skipped"),
    ],
)
def test_nothing_is_skipped_where_everything_must_run(environment: str, said: str, tmp_path: Path) -> None:
    conftest = (ROOT / "tests/python/conftest.py").read_text(encoding="utf-8")
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    (tmp_path / "test_missing.py").write_text(
        "import pytest\ndef test_a():\n    pytest.importorskip('no_such_package')\n"
        "@pytest.mark.skip\ndef test_b():\n    pass\ndef test_c():\n    pass\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "."],
        cwd=tmp_path,
        env={**os.environ, "CO2LIB_TEST_ENV": environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said in done.stdout, done.stdout + done.stderr
    assert ("nothing is skipped, but this was: Skipped: could not import" in done.stdout) == (
        "failed" in said
    )


@pytest.mark.skipif("CO2LIB_TEST_ENV" not in os.environ, reason="only where `make test` runs the tests")
def test_what_is_tested_is_the_installed_package() -> None:
    assert ROOT / "python" not in Path(co2lib.__file__).parents
    assert (Path(co2lib.__file__).parent / "py.typed").exists()


# ------------------------------------------------------------------------------------------------------------
# What comments point to
# ------------------------------------------------------------------------------------------------------------


def dangling(text: str) -> list[str]:
    """Return what a source's comments cite and nobody finds: pages, headings, texts of elsewhere."""
    text = re.sub(r"\s*\n\s*(///?|#)? ?", " ", text)  # a citation may go on in the next line
    found = re.findall(r"\bspec(?:[ :][^\"]{0,12}|: ?\w+, section |/\w+\.md[ ,]*)\d|\bDESIGN section", text)
    for page, heading in re.findall(r"docs/(\w+)\.md(?:, (?:section )?\"([^\"]+)\")?", text):
        file = ROOT / "docs" / f"{page}.md"
        if not file.is_file():
            found.append(f"docs/{page}.md")
        elif heading and not re.search(rf"(?m)^#+ {re.escape(heading)}$", file.read_text(encoding="utf-8")):
            found.append(f'docs/{page}.md, "{heading}"')
    return found


def test_comments_cite_what_is_in_the_repository() -> None:
    for base in ("include", "src", "bindings", "python", "examples", "benchmarks"):
        for file in sorted((ROOT / base).rglob("*.[hcp]*")):
            if file.suffix in (".hpp", ".cpp", ".py"):
                assert dangling(file.read_text(encoding="utf-8")) == [], file


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("// as the spec 6.4 says", ["spec 6.4"]),
        ("/// by CPU time (spec: meters,\n/// section 7)", ["spec: meters, section 7"]),
        ("# fields in spec/hub.md 9", ["spec/hub.md 9"]),
        ("# (DESIGN section 3)", ["DESIGN section"]),
        ("// see docs/nowhere.md", ["docs/nowhere.md"]),
        ('/// see docs/design.md, "The\n/// palace"', ['docs/design.md, "The palace"']),
        ('/// see docs/design.md, "The\n/// house", and docs/meter.md', []),
    ],
)
def test_the_check_of_citations_can_fail(text: str, found: list[str]) -> None:
    assert dangling(text) == found
