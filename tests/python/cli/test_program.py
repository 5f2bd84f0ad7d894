# SPDX-License-Identifier: MIT
"""The program: help, errors, streams that take no text, texts, and the demo."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

import co2lib
from co2lib import tracker
from co2lib.cli import _out, _view, main
from co2lib.cli import app as app_module
from co2lib.cli import bench as bench_verb
from co2lib.cli._table import Rows

TIMEOUT_S = 120
VERBS = (
    "run",
    "sensors",
    "bench",
    "compare",
    "show",
    "merge",
    "intensity",
    "reprice",
    "card",
    "label",
    "mine",
    "export",
    "read",
    "plan",
    "predict",
    "profile",
    "receipts",
    "embodied",
    "factors",
    "report",
    "watch",
    "explore",
    "conform",
)
# Verbs that do something without arguments.
ALONE = ("sensors", "factors")
# Every verb that prints a result, with what it needs.
PRINTING = (
    "show first.jsonl",
    "show first.jsonl second.jsonl",
    "show --json first.jsonl",
    "show --csv first.jsonl",
    "sensors",
    "sensors --json",
    "merge first.jsonl",
    "reprice first.jsonl -l DEU",
    "--version",
)


def test_version_and_help(cli: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capfd.readouterr().out == f"co2lib {co2lib.__version__}\n"
    assert main(["--help"]) == 0
    shown = capfd.readouterr().out
    for verb in VERBS:
        assert f" {verb} " in shown
        assert main([verb, "--help"]) == 0
        assert "Usage: co2lib " + verb in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-verb"], "no-such-verb"),
        (["--no-such-option"], "--no-such-option"),
        (["run", "--intensity"], "--intensity"),
        (["run", "--locaton", "FRA", "--", "true"], "--location"),
        (["run", "--pue", "much", "--", "true"], "--pue"),
        (["run", "--json=x", "--", "true"], "--json"),
        (["show", "--colour", "x"], "--colour"),
        (["reprice", "x.jsonl"], "give either --intensity or --location"),
    ],
)
def test_wrong_use_is_one_line_and_2(cli: Any, arguments: list[str], says: str) -> None:
    status, out, err = cli.invoke(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert says in err
    assert err.endswith("[core.bad_option]\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ALONE])
def test_a_verb_without_its_arguments_shows_its_help(cli: Any, verb: str) -> None:
    status, out, err = cli.invoke(verb)
    assert (status, err) == (2, "")
    assert "Usage: co2lib " + verb in out or "Usage: root " + verb in out


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_a_missing_package_is_named(package: str) -> None:
    script = f"""
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
from co2lib.cli import main
sys.exit(main(["sensors"]))
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 1
    text = done.stderr.decode()
    assert f"pip install '{package}'" in text
    assert "[core.missing_extra]" in text
    assert text.count("\n") == 1


def test_import_of_the_command_line_is_lazy() -> None:
    script = "import sys, co2lib.cli; print({'typer', 'rich', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, timeout=TIMEOUT_S, check=True
    )
    assert done.stdout == b"set()\n"


# ------------------------------------------------------------------------------------------------------------
# streams that take no text
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", PRINTING)
def test_a_result_that_cannot_be_written_is_one_line_and_2(
    cli: Any, logs: list[Path], arguments: str
) -> None:
    for redirection, why in ((">/dev/full", b"No space left on device"), (">&-", b"Bad file descriptor")):
        done = cli.shell(f"co2lib {arguments} {redirection}")
        assert done.returncode == 2
        assert done.stderr.startswith(b"error: stdout: " + why)
        assert done.stderr.endswith(b"[core.cannot_write]\n")
        assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("arguments", ["show --json first.jsonl", "sensors", "--help"])
def test_a_reader_that_has_gone_and_closed_streams_leave_no_traceback(
    cli: Any, logs: list[Path], arguments: str
) -> None:
    run = f"{{ read x <go; co2lib {arguments}; echo $? >status; }} 2>err"
    done = cli.shell(f"mkfifo go; {run} | {{ exec <&-; echo >go; }}; cat status err")
    status, _, rest = done.stdout.decode().partition("\n")
    assert rest == ""
    assert int(status) == (1 if arguments == "--help" else 141)  # as of a program that SIGPIPE ends
    assert cli.shell(f"co2lib {arguments} >&- 2>&-").returncode in (0, 2)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("arguments", [*PRINTING[:4], "sensors", "--help", "run --help"])
def test_a_stream_that_knows_few_characters_gets_what_it_can(
    cli: Any, tmp_path: Path, arguments: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second"):
        with co2lib.track(location="FRA", meters=[], log=f"{name}.jsonl", project="é…漢"):
            pass
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    done = cli.run(*arguments.split())
    assert done.returncode in (0, 1)
    assert done.stderr == b""
    if "--json" in arguments:  # loses nothing
        assert json.loads(done.stdout.decode("ascii"))["context"]["project"] == "é…漢"
    elif "--csv" in arguments:
        assert "é…漢" in done.stdout.decode("utf-8")
    elif "show" in arguments:
        text = done.stdout.decode(encoding)
        assert "..." not in text or "second" in arguments
        assert ("|" if encoding == "ascii" else "·") in text or "second" in arguments
        assert ("?...?" if encoding == "ascii" else "é...?") in text or "second" not in arguments


@pytest.mark.parametrize(
    ("text", "encoding", "plain", "as_json"),
    [
        ('{"a":"é"}', "utf-8", '{"a":"é"}'.encode(), '{"a":"é"}'.encode()),
        ('{"a":"é"}', "ascii", b'{"a":"?"}', b'{"a":"\\u00e9"}'),
        ('{"a":"é"}', "latin-1", b'{"a":"\xe9"}', b'{"a":"\\u00e9"}'),
        ('{"a":"\U0001f600"}', "ascii", b'{"a":"?"}', b'{"a":"\\ud83d\\ude00"}'),
        ("\udcff · ±", "ascii", b"? | +-", b"\\udcff \\u00b7 \\u00b1"),
        ("\udcff · ±", "utf-8", "? · ±".encode(), "\\udcff · ±".encode()),
    ],
)
def test_encode(text: str, encoding: str, plain: bytes, as_json: bytes) -> None:
    assert _out.encode(text, encoding) == plain
    assert _out.encode(text, encoding, as_json=True) == as_json


def test_what_is_said_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    _out.complain("a\nb\x1b[2Jc\r\nd")
    assert capfd.readouterr().err == "error: a b [2Jc d\n"


# ------------------------------------------------------------------------------------------------------------
# texts
# ------------------------------------------------------------------------------------------------------------


def drawn(rows: Rows, columns: int) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=columns, height=25).print(rows)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_a_table_becomes_blocks_where_its_columns_do_not_fit() -> None:
    rows = Rows("Device", "Energy", "", right=("Energy",), words=(2,), optional=(), least=8)
    rows.add("CPU", "12.5 J", "a remark of several words")
    rows.add("memory", "1 J")
    assert drawn(rows, 80) == [
        "Device   Energy",
        "CPU      12.5 J   a remark of several words",
        "memory      1 J",
    ]
    assert drawn(rows, 26)[1:3] == ["CPU      12.5 J   a remark", "                  of"]
    assert drawn(rows, 25) == [
        "Device CPU",
        "  Energy 12.5 J",
        "  a remark of several",
        "  words",
        "Device memory",
        "  Energy 1 J",
    ]


def test_a_table_leaves_out_what_may_be_and_says_so() -> None:
    rows = Rows("Run", "Start", "Power", "Energy", optional=(2, 1))
    rows.add("a", "2026-11-28", "5 W", "12.5 J")
    assert drawn(rows, 40)[0] == "Run   Start        Power   Energy"
    assert drawn(rows, 32) == [
        "Run   Start        Energy",
        "a     2026-11-28   12.5 J",
        "Left out at this width: Power",
    ]
    assert drawn(rows, 20)[0] == "Run   Energy"
    assert drawn(rows, 8)[:2] == ["Run a", "  Start"]


@pytest.mark.parametrize("columns", range(1, 12))
def test_no_width_is_too_narrow(columns: int) -> None:
    rows = Rows("Device", "Energy", "", words=(0, 2))
    rows.add("漢字", "12.5 J", "a remark")
    assert max(map(len, drawn(rows, columns))) <= columns


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (co2lib.Energy.from_joules(0), "0 J"),
        (co2lib.Energy.from_joules(0.001234), "1.23 mJ"),
        (co2lib.Energy.from_joules(999.96), "1000 J"),
        (co2lib.Energy.from_joules(3599), "3599 J"),
        (co2lib.Energy.from_kwh(1.5), "1.50 kWh"),
        (co2lib.CarbonMass.from_grams(0.000247), "0.247 mg CO2e"),
        (co2lib.CarbonMass.from_kilograms(12.34), "12.3 kg CO2e"),
        (co2lib.Power.from_watts(-12.5), "-12.5 W"),
        (co2lib.Power.from_watts(1e-30), "0.000000000 mW"),
        (co2lib.Water.from_litres(2), "2.00 L"),
        (None, "unknown"),
    ],
)
def test_quantity_text(quantity: Any, text: str) -> None:
    assert _view.quantity_text(quantity) == text


def test_spans_durations_and_shares() -> None:
    joules = co2lib.Energy.from_joules
    assert _view.span(joules(8.7), joules(4000), joules(50)) == "8.70 to 4000 J"
    assert _view.span(joules(0), joules(0.5)) == "0 to 500 mJ"
    assert [_view.duration_text(s) for s in (0, 0.0123, 3.456, 59.4, 59.6, 61, 3661)] == [
        "0 s",
        "12.3 ms",
        "3.46 s",
        "59.4 s",
        "1 min 00 s",
        "1 min 01 s",
        "1 h 01 min",
    ]
    assert [_view.clock_text(s) for s in (0, 61.9, 3661)] == ["0:00", "1:01", "1:01:01"]
    assert [_view.percent(s) for s in (1, 0.99999, 0.5, 0)] == ["100 %", "99.9 %", "50 %", "0 %"]


# ------------------------------------------------------------------------------------------------------------
# the demo
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["torch", "sklearn", "numpy"])
def test_demo(cli: Any, backend: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    demo = Path(__file__).parents[3] / "examples" / "python" / "demo.py"
    done = subprocess.run(
        [sys.executable, "-P", demo, "--backend", backend, "--epochs", "6", "--log", "demo.jsonl"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "After 5 epochs: all 6 will use" in done.stdout
    assert "demo.jsonl · " in done.stdout
    footprint = tracker.load(tmp_path / "demo.jsonl").footprint()
    assert footprint.complete
    assert footprint.regions["epoch"].count == 6


def test_the_list_of_verbs_imports_none_of_them() -> None:
    code = (
        "import sys; from co2lib.cli import main; main(['--help']); "
        "print([m for m in sys.modules if m.removeprefix('co2lib.cli.') in {'run', 'plan', 'card'}])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Show the footprint of logs." in done.stdout


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_found_where_its_line_says(name: str) -> None:
    assert tuple(app_module.VERBS) == VERBS
    verb = app_module.VERBS[name]
    command: Any = typer.main.get_command(app_module.app)
    found = command.get_command(None, name)
    assert found.name == name
    assert found.no_args_is_help is verb.alone
    assert len(verb.help) <= 76


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("shwo", "No such command 'shwo'; did you mean 'show'?; see co2lib --help"),
        ("xyzzy", "No such command 'xyzzy'; see co2lib --help"),
    ],
)
def test_a_mistyped_verb_is_guessed(capsys: pytest.CaptureFixture[str], typed: str, said: str) -> None:
    assert main([typed]) == 2
    assert said in capsys.readouterr().err


def test_a_difference_of_nothing_is_shown_as_nothing() -> None:
    assert bench_verb._signed_energy(-3e-17) == "0 J"
    assert bench_verb._signed_energy(-0.002) == "-2.00 mJ"
