# SPDX-License-Identifier: MIT
"""The command that `co2lib run` keeps: as given, without secrets; and its share in log, show and JSON."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from co2lib import tracker
from co2lib.cli.run import command_text

SECRET = "hunter2"

HIDDEN = [
    ["train", "--password", SECRET],
    ["train", f"--password={SECRET}"],
    ["train", "--api-key", SECRET, "--epochs", "3"],
    ["train", f"--api_key={SECRET}"],
    ["train", f"--wandb-api-key={SECRET}"],
    ["train", "--hf-token", SECRET],
    ["train", "--TOKEN", SECRET],
    ["train", "--auth-token", SECRET],
    ["train", "--client-secret", SECRET],
    ["train", "--credentials", SECRET],
    ["train", "--access-key", SECRET],
    ["train", "--passphrase", SECRET],
    ["train", "--secret-access-key", SECRET],
    ["train", "--private-key", SECRET],
    ["train", "--bearer", SECRET],
    ["env", f"HF_TOKEN={SECRET}", "train"],
    ["env", f"WANDB_API_KEY={SECRET}", f"PGPASSWORD={SECRET}", "train"],
    ["env", f"AWS_SECRET_ACCESS_KEY={SECRET}", "train"],
    ["sh", "-c", f"HF_TOKEN={SECRET} python train.py --epochs 3"],
    ["sh", "-c", f"python train.py --password {SECRET}"],
    ["sh", "-c", f"export API_KEY='{SECRET}'; ./train"],
    ["curl", f"https://user:{SECRET}@example.org/data"],
    ["git", "clone", f"https://{SECRET}@example.org/data.git"],
    ["train", "--db", f"postgresql://me:{SECRET}@db/runs"],
    ["curl", "-H", f"Authorization: Bearer {SECRET}", "https://example.org"],
    ["curl", f"https://example.org/?token={SECRET}&page=3"],
    ["train", "--password", f"-{SECRET}"],
    ["train", f"trainer.logger.api_key={SECRET}"],
    ["train", f"+token={SECRET}"],
    ["train", "--config", f'{{"api_key": "{SECRET}", "epochs": 3}}'],
    ["train", f"--password={SECRET} {SECRET}"],
]


@pytest.mark.parametrize("words", HIDDEN, ids=lambda w: " ".join(w)[:40])
def test_a_secret_is_not_in_it(words: list[str]) -> None:
    shown = command_text(words)
    assert SECRET not in shown
    assert "***" in shown
    assert len(shlex.split(shown)) == len(words)
    assert shlex.split(shown)[0] == words[0]


SHOWN = [
    ["python", "train.py", "--epochs", "3"],
    ["python", "train.py", "--tokens", "300"],
    ["python", "train.py", "--max-tokens=300"],
    ["python", "train.py", "--tokenizer", "bert"],
    ["python", "train.py", "--pad-token-id=0"],
    ["python", "train.py", "--key", "value"],
    ["sh", "-c", "echo 'a b' \"$HOME\""],
    ["echo", "", "a b", "it's", "caf\u00e9", "*", "***"],
    ["train", "lr=0.1", "model.name=resnet"],
    ["train", "https://example.org/data?page=3"],
    ["train", "user@example.org"],
    ["train", "--author", "me", "--authors=us", "--compass", "n"],
    ["sh", "-c", "cat tokens.txt | wc -l; echo 'pass the salt'"],
]


@pytest.mark.parametrize("words", SHOWN, ids=lambda w: " ".join(w)[:40])
def test_what_is_no_secret_is_as_a_shell_takes_it(words: list[str]) -> None:
    assert shlex.split(command_text(words)) == words


def test_no_command_has_no_text() -> None:
    assert command_text([]) == ""


def test_log_show_and_json_have_the_command_and_its_share(cli: Any, tmp_path: Path) -> None:
    log, report = tmp_path / "run.jsonl", tmp_path / "report.json"
    command = ["sh", "-c", f'"{cli.python[0]}" -c "sum(range(3000000))"; exit 3', "--password", SECRET]
    done = cli.run("run", "--location", "FRA", "--json", "--output", report, "--log", log, "--", *command)
    assert done.returncode == 3
    for file in (log, report):
        assert SECRET not in file.read_text()
    document = json.loads(report.read_text())
    f = tracker.load(log).footprint()
    assert f.command is not None
    assert f.command.status == document["exit_status"] == 3
    assert "--password ***" in f.command.text
    process = document["process"]
    assert process["cpu_s"] == f.command.cpu_s > 0
    assert process["energy_j"] == f.command.energy.joules > 0
    low, high = process["bounds_j"]
    assert low <= process["energy_j"] <= high
    assert [low, high] == [f.command.energy.bounds.low.joules, f.command.energy.bounds.high.joules]
    assert document["command"]["text"] == f.command.text
    status, out, err = cli.invoke("show", log)
    assert (status, err) == (0, "")
    assert SECRET not in out
    assert "--password ***" in " ".join(out.split())
    status, out, _ = cli.invoke("show", "--json", log)
    assert json.loads(out)["command"] == document["command"]


def test_a_command_that_was_killed_shows_its_signal(cli: Any, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    assert cli.run("run", "-q", "--log", log, "--", "sh", "-c", "kill -9 $$").returncode == 137
    command = tracker.load(log).footprint().command
    assert command is not None
    assert command.status == 137


def test_a_log_without_its_end_has_the_command_and_no_share(cli: Any, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    cli.run("run", "-q", "--log", log, "--", "true")
    lines = [x for x in log.read_text().splitlines() if json.loads(x)["type"] not in ("command", "end")]
    log.write_text("\n".join(lines) + "\n")
    command = tracker.load(log).footprint().command
    assert command is not None
    assert (command.text, command.status, command.energy.joules) == ("true", None, None)
    status, out, _ = cli.invoke("show", log)
    assert status == 0
    assert "true" in out


def test_a_resumed_run_has_what_both_commands_used(cli: Any, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    for _ in range(2):
        done = cli.run("run", "-q", "--log", log, "--log-exists", "resume", "--", *cli.python, cli.busy)
        assert done.returncode == 0, done.stderr
    run = tracker.load(log)
    assert run.segments == 2
    used = [json.loads(line)["cpu_s"] for line in log.read_text().splitlines() if '"command","run_id' in line]
    command = run.footprint().command
    assert command is not None
    assert len(used) == 2
    assert command.cpu_s == pytest.approx(sum(used))
