# SPDX-License-Identifier: MIT
"""co2lib run: exit statuses, options, reports, streams and files."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import _config, tracker
from co2lib.cli import _options, _out
from co2lib.cli.app import app

ROOT = Path(__file__).parents[3]


# ------------------------------------------------------------------------------------------------------------
# exit statuses
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("exit 0", 0),
        ("exit 3", 3),
        ("kill -9 $$", 128 + 9),
        ("kill -15 $$", 128 + 15),
        ("kill -2 $$", 128 + 2),
    ],
)
def test_run_returns_the_status_of_the_command(cli: Any, script: str, status: int) -> None:
    done = cli.run("run", "-l", "FRA", "--", "sh", "-c", script, preexec_fn=cli.default_signals)
    assert done.returncode == status
    assert done.stdout == b""
    assert b"Energy" in done.stderr
    assert b"Carbon" in done.stderr


@pytest.mark.parametrize("name", ["no-such-command", "./no-such-command", ""])
def test_run_of_nothing_is_127(cli: Any, name: str, tmp_path: Path) -> None:
    status, out, err = cli.invoke("run", "--log", tmp_path / "a.jsonl", "--", name)
    assert (status, out) == (127, "")
    assert err == f"error: {name}: command not found\n"
    assert not (tmp_path / "a.jsonl").exists()  # so that the corrected command can write it


def test_run_of_what_cannot_be_executed_is_126(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    for name in ("./plain", str(tmp_path), "plain"):
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
        assert cli.invoke("run", "--", name) == (126, "", f"error: {name}: not executable\n")
    plain.write_bytes(b"\x7fELF\0of no format that the system knows")
    plain.chmod(0o755)
    assert cli.invoke("run", "--", "./plain") == (126, "", "error: ./plain: Exec format error\n")
    plain.write_text("#!/no/such/shell\n")
    status, _, err = cli.invoke("run", "--", "./plain")
    assert status == 126
    assert err == "error: ./plain: the program that its first line names is not there\n"


def test_run_starts_a_script_without_a_first_line_as_a_shell_does(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "script"
    script.write_text('echo "$0" "$1"\nexit 4\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for name, path in (("./script", "./script"), ("script", str(script))):
        done = cli.run("run", "-q", "--", name, "a b")
        assert (done.returncode, done.stdout.decode()) == (4, f"{path} a b\n")
    script.write_text("")
    assert cli.run("run", "-q", "--", "./script").returncode == 0


def test_run_needs_no_dashes_and_takes_options_of_the_command(cli: Any) -> None:
    done = cli.run("run", "-q", "sh", "-c", 'printf %s "$*" --', "sh", "--json", "-q", "--", "-x")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"--json -q -- -x--", b"")


def test_run_names_the_nearest_location(cli: Any, tmp_path: Path) -> None:
    done = cli.run("run", "-l", "FRX", "--", "touch", tmp_path / "ran")
    assert done.returncode == 2
    text = done.stderr.decode()
    assert text.startswith("error: the location 'FRX'")
    assert "FRA" in text
    assert text.endswith("[intensity.unknown_zone]\n")
    assert text.count("\n") == 1
    assert not (tmp_path / "ran").exists()


# ------------------------------------------------------------------------------------------------------------
# options
# ------------------------------------------------------------------------------------------------------------

# Each option of the tracker: what is written, and what `co2lib.track` gets.
GIVEN: dict[str, tuple[list[str], Any]] = {
    "location": (["--location", "FRA"], "FRA"),
    "intensity": (["--intensity", "50.5"], 50.5),
    "pue": (["--pue", "1.2"], 1.2),
    "wue": (["--wue", "0.5"], 0.5),
    "embodied": (["--embodied", "off"], "off"),
    "scope": (["--scope", "process"], "process"),
    "gpus": (["--gpus", "0,GPU-77"], ["0", "GPU-77"]),
    "meters": (["--meters", "powercap, nvml"], ["powercap", "nvml"]),
    "tdp_w": (["--tdp-w", "65"], 65),
    "ram_w": (["--ram-w", "7"], 7),
    "idle_w": (["--idle-w", "3"], 3),
    "p_max_w": (
        ["--p-max-w", "package=300,gpu=700", "--p-max-w", "dram=30"],
        {"package": 300, "gpu": 700, "dram": 30},
    ),
    "slack_s": (["--slack-s", "gpu=0.2"], {"gpu": 0.2}),
    "modulus": (["--modulus", "exact_unit"], "exact_unit"),
    "powercap_root": (["--powercap-root", "/x"], Path("/x")),
    "owner": (["--no-owner"], False),
    "log": (["--log", "run.jsonl"], Path("run.jsonl")),
    "log_exists": (["--log-exists", "resume"], "resume"),
    "run_id": (["--run-id", "r1"], "r1"),
    "resume": (["--resume"], True),
    "period_s": (["--period-s", "2"], 2),
    "power_period_s": (["--power-period-s", "0.2"], 0.2),
    "flush_s": (["--flush-s", "1"], 1),
    "fsync": (["--no-fsync"], False),
    "project": (["--project", "p"], "p"),
}


@pytest.fixture
def given(cli: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """What `co2lib.track` gets from a command line."""

    def get(*arguments: str) -> dict[str, Any]:
        got: dict[str, Any] = {}

        def track(**options: Any) -> Any:
            got.update(options)
            raise co2lib.Error("x.seen", "enough")

        monkeypatch.setattr("co2lib.cli.run.tracker.track", track)
        assert cli.invoke("run", *arguments, "--", "true") == (2, "", "error: enough [x.seen]\n")
        assert got.pop("command") == "true"
        return got

    return get


def test_every_option_of_the_tracker_is_one_of_the_command_line(given: Callable[..., dict[str, Any]]) -> None:
    assert set(GIVEN) == set(_options.OPTIONS)
    assert set(_config.OPTIONS) | {"p_max_w", "slack_s"} <= {*GIVEN, "command"}
    assert given(*(word for words, _ in GIVEN.values() for word in words)) == {
        name: value for name, (_, value) in GIVEN.items()
    }
    assert given() == {}  # the rest comes from the environment and files
    assert given("--gpus", "none", "--meters", "none", "--owner", "--no-resume", "--fsync") == {
        "gpus": [],
        "meters": [],
        "owner": True,
        "resume": False,
        "fsync": True,
    }


def test_the_page_lists_the_options_of_run() -> None:
    import typer

    listed = re.search(r"(?s)## `co2lib run.*?\n(\| option.*?)\n\n", (ROOT / "docs" / "cli.md").read_text())
    assert listed is not None
    command: Any = typer.main.get_command(app)
    taken = {opt for param in command.commands["run"].params for opt in param.opts + param.secondary_opts}
    named = {opt for opt in taken if opt.startswith("-") and opt not in ("-h", "--help")}
    assert set(re.findall(r"`(-[-\w]+)`", listed[1])) == named


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--p-max-w", "package", "'package' is not DOMAIN=NUMBER"),
        ("--slack-s", "gpu=much", "'gpu=much' is not DOMAIN=NUMBER"),
        ("--pue", "much", "--pue"),
        ("--pue", "0.5", "pue"),
        ("--tdp-w", "-1", "tdp_w"),
        ("--meters", "tape", "tape"),
        ("--intensity", "-5", "intensity"),
        ("--intensity", "nan", "intensity"),
        (
            "--intensity",
            "50 g",
            "is neither a number of g CO2e/kWh, nor a number with its unit (56 g/kWh), nor a CSV file",
        ),
        ("--intensity", "electricitymaps:FR", "intensity.no_credentials"),
        ("--intensity", "electricitymap:FR", "did you mean electricitymaps:FR?"),
        ("--intensity", "FRA", "a place is given by location"),
        (
            "--intensity",
            "old.csv",
            "covers 2022-01-05T04:00:00Z to 2022-01-05T05:00:00Z, but the run begins now",
        ),
        ("--intensity", "other.csv", "other.csv"),
        ("--project", "\udcff", "not UTF-8"),
    ],
)
def test_a_wrong_value_is_one_line_before_the_start(
    cli: Any, tmp_path: Path, option: str, value: str, says: str
) -> None:
    (tmp_path / "old.csv").write_text(SERIES.format("2022-01-05T05:00:00Z", 180))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    status, out, err = cli.invoke("run", option, value, "--", "touch", "ran")
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert says in err
    assert re.search(r" \[\w+\.\w+\]\n$", err)
    assert err.count("\n") == 1
    assert not (tmp_path / "ran").exists()


SERIES = "start,end,value,unit,signal,scope\n2022-01-05T04:00:00Z,{},{},g/kWh,average,lifecycle\n"


def test_run_takes_a_series_for_its_intensity(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "grid.csv").write_text(SERIES.format("2100-01-05T05:00:00Z", 180))
    arguments = ("--meters", "none", "--intensity", "grid.csv", "--log", "run.jsonl")
    assert cli.invoke("run", "-q", *arguments, "--json", "-o", "r.json", "--", "true") == (0, "", "")
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["intensity"]["mean_g_per_kwh"] == pytest.approx(180)
    assert document["operational"]["value_g"] == pytest.approx(document["energy"]["kwh"] * 180)
    again = tracker.load(tmp_path / "run.jsonl").footprint()  # without the series
    assert again.operational.grams == pytest.approx(document["operational"]["value_g"])


def test_run_takes_options_of_the_environment(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CO2LIB_LOCATION", "DEU")
    (tmp_path / "co2lib.toml").write_text('pue = 1.5\nlocation = "FRA"\n')
    assert cli.invoke("run", "-q", "--json", "-o", "r.json", "--wue", "2", "--", "true")[0] == 0
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["location"] == "DEU"
    assert document["facility"]["pue"] == 1.5
    assert document["facility"]["wue_l_per_kwh"] == 2


def test_an_option_given_wins_over_the_environment(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CO2LIB_TDP_W", "500")
    arguments = ("--meters", "none", "--tdp-w", "65", "--intensity", "50")
    assert cli.invoke("run", "-q", *arguments, "--json", "-o", "r.json", "--", *cli.python, cli.busy)[0] == 0
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["intensity"]["mean_g_per_kwh"] == pytest.approx(50)
    assert "TDP 65 W" in [device["name"] for device in document["devices"]]


# ------------------------------------------------------------------------------------------------------------
# reports
# ------------------------------------------------------------------------------------------------------------


def test_run_leaves_stdin_and_stdout_of_the_command_untouched(cli: Any) -> None:
    data = bytes(range(256)) * 300
    done = cli.run("run", "--", "cat", stdin=None, input=data)
    assert done.stdout == data
    assert done.returncode == 0
    assert b"\x1b" not in done.stderr  # neither colours nor a live line where there is no terminal
    assert not any(line.endswith(b" ") for line in done.stderr.splitlines())


def test_run_reports_json_with_the_share_of_the_command(cli: Any, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ("-l", "FRA", "--meters", "none", "--json", "-o", report, "--project", "p")
    done = cli.run("run", *options, "--", *cli.python, cli.busy + "raise SystemExit(3)")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"", b"")
    document = json.loads(report.read_text())
    assert document["schema"] == "co2lib-footprint/1"
    assert document["complete"] is True
    assert document["exit_status"] == 3
    assert document["location"] == "FRA"
    assert document["context"]["project"] == "p"
    process, cpu = document["process"], document["totals"]["cpu"]["energy_j"]
    assert process["energy_j"] + process["other_j"] + process["idle_j"] == pytest.approx(cpu, rel=1e-9)
    assert process["bounds_j"][0] <= process["energy_j"] <= process["bounds_j"][1]
    assert process["energy_j"] > 0
    assert process["cpu_s"] > 0.05


def test_run_counts_the_cpu_time_of_grandchildren(cli: Any, tmp_path: Path) -> None:
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {cli.busy!r}], check=True)"
    cli.run("run", "--meters", "none", "--json", "-o", "r.json", "--", *cli.python, nested)
    assert json.loads((tmp_path / "r.json").read_text())["process"]["cpu_s"] > 0.05


def test_run_writes_the_report_to_stdout_where_that_is_asked_for(cli: Any, tmp_path: Path) -> None:
    done = cli.run("run", "--json", "-o", "-", "--", "sh", "-c", "echo '[1]'; exit 3")
    first, _, rest = done.stdout.partition(b"\n")
    assert (done.returncode, first, done.stderr) == (3, b"[1]", b"")
    assert json.loads(rest)["exit_status"] == 3
    assert not (tmp_path / "-").exists()


def test_run_appends_csv_rows(cli: Any, tmp_path: Path) -> None:
    for _ in range(2):
        assert cli.invoke("run", "-q", "--csv", "emissions.csv", "--", "true") == (0, "", "")
    with (tmp_path / "emissions.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream, strict=True))
    assert [len(row) for row in rows] == [38, 38, 38]
    assert rows[0] == tracker.csv_columns()


def test_run_says_where_another_csv_went(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "emissions.csv").write_text("a,b\n1,2\n")
    status, _, err = cli.invoke("run", "-q", "--csv", "emissions.csv", "--", "true")
    assert (status, err) == (0, "emissions.csv had another header; it is now emissions.csv.bak\n")


# ------------------------------------------------------------------------------------------------------------
# streams that take nothing
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "streams",
    [
        "2>&-",
        ">&- 2>&-",
        "<&- >&- 2>&-",
        "2>/dev/full",
        ">/dev/full 2>&1",
        "--json 2>/dev/full",
        "-o - >/dev/full",
    ],
)
def test_the_exit_status_is_the_commands_whatever_the_streams_are(cli: Any, streams: str) -> None:
    options, _, redirections = streams.rpartition(" ") if streams.startswith("-") else ("", "", streams)
    done = cli.shell(f"co2lib run {options} -l FRA -- sh -c 'exit 3' {redirections}")
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def test_the_exit_status_is_the_commands_where_nobody_reads_stderr(cli: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    run = "co2lib run -- sh -c 'read x <go; exit 3' 2>&1 >&3"
    assert cli.shell(f"{{ {run}; echo $? >status; }} 3>&1 | {{ exec <&-; echo >go; }}").returncode == 0
    assert (tmp_path / "status").read_text() == "3\n"


def test_a_pipe_that_does_not_wait_gets_the_whole_text() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    got: list[str] = []

    def take() -> None:
        with open(read, encoding="utf-8") as stream:
            got.append(stream.read())

    with open(write, "w", encoding="utf-8") as stream:
        reader = threading.Thread(target=take)
        reader.start()
        _out.write("word " * 200_000, stream)  # much more than a pipe holds
    reader.join()
    assert got == ["word " * 200_000]


def test_closed_streams_are_closed_for_the_command_and_are_not_the_logs(cli: Any, tmp_path: Path) -> None:
    look = """
import os
with open("seen", "w") as file:
    for number in range(3):
        print(os.readlink(f"/proc/{os.getppid()}/fd/{number}"), file=file)
for number in range(3):
    try:
        os.fstat(number)
    except OSError as error:
        with open("seen", "a") as file:
            file.write(f"{number}: {error.errno}\\n")
"""
    (tmp_path / "look.py").write_text(look)
    command = f"co2lib run -l FRA --log run.jsonl -- {sys.executable} look.py <&- >&- 2>&-"
    assert cli.shell(command).returncode == 0
    ours, commands = ["/dev/null"] * 3, [f"{number}: {errno.EBADF}" for number in range(3)]
    assert (tmp_path / "seen").read_text().splitlines() == ours + commands
    types = [json.loads(line)["type"] for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert (types[0], types[-1]) == ("run", "end")


# ------------------------------------------------------------------------------------------------------------
# files
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--output", "--csv"])
def test_run_refuses_at_once_what_cannot_be_written_later(cli: Any, option: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for file, why in (
        (tmp_path / "no" / "x", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (tmp_path / "file" / "x", "Not a directory"),
    ):
        status, _, err = cli.invoke("run", option, file, "--", "touch", "ran")
        assert status == 2
        assert err.startswith(f"error: {file}: {why}")
        assert err.endswith("[core.cannot_write]\n")
        assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become someone else")
@pytest.mark.parametrize("option", ["--output", "--csv", "--log"])
def test_run_refuses_a_folder_that_others_own(cli: Any, option: str, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    assert cli.invoke("run", "-q", "--", "true")[0] == 0  # all that is imported is there
    status = os.fork()
    if status == 0:
        os.setgroups([])
        os.setuid(65534)
        code, _, err = cli.invoke("run", option, tmp_path / "x", "--", "true")
        good = code == 2 and "Permission denied" in err and err.count("\n") == 1
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(status, 0)[1]) == 0


def test_run_shows_the_report_that_a_file_does_not_take(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    done = cli.run("run", "-o", tmp_path / "d" / "x", "--", "rmdir", tmp_path / "d")
    assert done.returncode == 0
    assert b"[core.cannot_write]" in done.stderr
    assert b"Energy" in done.stderr


def linked(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "link").symlink_to("one")
    (folder / "sub" / "up").symlink_to("..")


def hard(folder: Path) -> None:
    (folder / "one").touch()
    os.link(folder / "one", folder / "hard")


@pytest.mark.parametrize(
    ("prepare", "arguments"),
    [
        (linked, ["--log", "one", "--output", "one"]),
        (linked, ["--log", "one", "--csv", "./sub/../one"]),
        (linked, ["--log", "link", "-o", "one"]),
        (linked, ["--log", "one", "-o", "sub/up/link"]),
        (hard, ["--output", "one", "--csv", "hard"]),
        (hard, ["--log", "hard", "--csv", "one"]),
    ],
)
def test_run_refuses_two_options_that_name_one_file(
    cli: Any, tmp_path: Path, prepare: Callable[[Path], None], arguments: list[str]
) -> None:
    prepare(tmp_path)
    status, out, err = cli.invoke("run", *arguments, "--", "touch", "ran")
    assert (status, out) == (2, "")
    assert "is also the file of --" in err
    assert err.endswith("[core.bad_option]\n")
    assert not (tmp_path / "ran").exists()


def test_run_refuses_the_file_of_a_log_that_the_environment_names(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CO2LIB_LOG", "one")
    assert "is also the file of --log" in cli.invoke("run", "-o", "one", "--", "true")[2]


@pytest.mark.parametrize(
    ("redirection", "name"), [(">one", "stdout"), ("2>one", "stderr"), ("<one", "stdin")]
)
def test_run_refuses_the_file_of_the_commands_streams(
    cli: Any, tmp_path: Path, redirection: str, name: str
) -> None:
    (tmp_path / "one").write_text("data\n")
    done = cli.shell(f"co2lib run -o one -- touch ran {redirection}")
    assert done.returncode == 2
    assert not (tmp_path / "ran").exists()
    if name != "stderr":
        assert f"is also the file of the command's {name}".encode() in done.stderr
    # A device and a pipe can be several.
    assert cli.shell("co2lib run -q -o /dev/null --csv /dev/null -- true >/dev/null").returncode == 0


def test_run_refuses_to_replace_a_log(cli: Any, logs: list[Path]) -> None:
    before = logs[0].read_bytes()
    status, _, err = cli.invoke("run", "-o", logs[0], "--", "true")
    assert status == 2
    assert "is the log of a run, which would be lost" in err
    assert logs[0].read_bytes() == before


@pytest.mark.parametrize("option", ["--log", "--csv"])
def test_run_refuses_a_log_on_stdout(cli: Any, tmp_path: Path, option: str) -> None:
    status, _, err = cli.invoke("run", option, "-", "--", "true")
    assert status == 2
    assert err.startswith(f"error: {option}: stdout is the command's")
    assert not (tmp_path / "-").exists()


def test_names_need_not_be_utf8(cli: Any, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *map(os.fsencode, ["co2lib", "run", "--meters", "none", "--log"]),
            b"run\xff",
            b"--",
            b"echo",
            b"caf\xe9",
        ],
        capture_output=True,
        check=False,
        timeout=cli.timeout_s,
    )
    assert (done.returncode, done.stdout) == (0, b"caf\xe9\n")
    shown = cli.run("show", os.fsdecode(b"run\xff"))
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert shown.stdout.startswith("run? · ".encode())
