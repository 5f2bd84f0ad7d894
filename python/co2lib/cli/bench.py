# SPDX-License-Identifier: MIT
"""``co2lib bench``: a command measured again and again, alone or by turns with another one."""

from __future__ import annotations

import math
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Self

import typer
from rich.text import Text

from co2lib import Energy, Error, Power
from co2lib import bench as domain
from co2lib._errors import BadValueError
from co2lib.cli import _out
from co2lib.cli._child import NOT_EXECUTABLE, NOT_FOUND, cannot_start
from co2lib.cli._options import resolve, tracker_arguments, with_tracker_options
from co2lib.cli._table import Rows
from co2lib.cli._view import duration_text, quantity_text, show
from co2lib.cli.run import command_text


def percent_of(text: str, option: str) -> float:
    """Read ``5%`` or ``5 %`` as 5.0.

    Raises
    ------
    co2lib.Error
        ``core.bad_option``, also for a number without its sign, which could mean two things.
    """
    number = text.strip().removesuffix("%")
    try:
        value = float(number) if number != text.strip() and "_" not in text else None
    except ValueError:
        value = None
    if value is None or not math.isfinite(value):
        raise BadValueError("core.bad_option", f"{option}: {text!r} is not a percentage, such as 5%")
    return value


class _CommandFailedError(Exception):
    def __init__(self, name: str, status: int) -> None:
        super().__init__(name)
        self.name, self.status = name, status


def _task(name: str, command: list[str], *, shown: bool) -> Callable[[], None]:
    quiet: Any = None if shown else subprocess.DEVNULL

    def run() -> None:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=quiet, stderr=quiet) as process:
            try:
                status = process.wait()
            except BaseException:  # Ctrl-C reaches the command too; it must not outlive us
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
                raise
        if status:
            raise _CommandFailedError(name, 128 - status if status < 0 else status)

    return run


class _Progress:
    """One line on a terminal's stderr: how many runs there were, and what the last one used."""

    def __init__(self) -> None:
        self._stream = sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None
        self._runs = 0

    def __enter__(self) -> Self:
        self._write("warming up")
        return self

    def run(self, name: str, run: domain.BenchRun) -> None:
        self._runs += 1
        used = "" if run.energy_j is None else f", {_energy(run.energy_j)}"
        self._write(f"{self._runs} runs; {name or 'the last'}: {duration_text(run.duration_s)}{used}")

    def __exit__(self, *_: object) -> None:
        self._write("")

    def _write(self, text: str) -> None:
        if self._stream is not None:
            with suppress(OSError):
                _out.write(f"\r\033[K{text}", self._stream)


class _Files:
    """Writes each line as soon as it is known, so that a kill loses one run at most."""

    def __init__(self, files: dict[str, Path | None]) -> None:
        self._files = files

    def _append(self, name: str, line: str, mode: str = "a") -> None:
        file = self._files.get(name)
        if file is None:
            return
        try:
            with file.open(mode, encoding="utf-8") as stream:
                stream.write(line + "\n")
        except OSError as error:
            raise _out.cannot_write(file, error) from error

    def begin(self, bench: domain.Bench) -> None:
        self._append(bench.name, bench.head_line(), "w")

    def run(self, name: str, run: domain.BenchRun) -> None:
        self._append(name, domain.Bench.run_line(run))

    def end(self, bench: domain.Bench) -> None:
        self._append(bench.name, bench.end_line())


def _named(file: Path | None, other: str) -> str:
    return other if file is None else file.stem


@with_tracker_options
def bench(
    command: Annotated[
        list[str],
        typer.Argument(metavar="COMMAND", help="What to measure, after --.", show_default=False),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Its runs, for `co2lib compare`.", readable=False
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Another command, as one text, measured by turns with it, to compare with.",
        ),
    ] = None,
    base_output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The runs of --base.", readable=False)
    ] = None,
    warmup: Annotated[int, typer.Option(metavar="N", help="Runs that are not counted.")] = 1,
    cooldown_s: Annotated[
        float, typer.Option(metavar="S", help="Seconds of rest before each run: the idle baseline.")
    ] = 1.0,
    min_rounds: Annotated[int, typer.Option(metavar="N", help="Fewest runs, at least 4.")] = 10,
    max_rounds: Annotated[int, typer.Option(metavar="N", help="Most runs.")] = 50,
    max_s: Annotated[
        float | None, typer.Option(metavar="S", help="No round begins after so many seconds.")
    ] = None,
    precision: Annotated[
        str, typer.Option(metavar="P%", help="Ends when half of the 95 % interval is at most this much.")
    ] = "2%",
    show_output: Annotated[
        bool, typer.Option("--show-output", help="Let the command write to the terminal.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    **options: Any,
) -> None:
    """Measure a command again and again, until the interval of its energy is narrow.

    Warm-up runs are not counted; the rest before each run is the idle baseline. With --base two commands are
    measured by turns, which frees their comparison of the machine's drift. A run that fails ends it: the exit
    status is that of the command.
    """
    commands = {"head" if base is not None else "": command}
    files = {"head" if base is not None else "": output}
    if base is not None:
        commands = {"base": _split(base), **commands}
        files["base"] = base_output
    elif base_output is not None:
        raise BadValueError("core.bad_option", "--base-output: give the command too: --base COMMAND")
    _check(commands, files)
    written, progress = _Files(files), _Progress()

    def on_run(name: str, run: domain.BenchRun) -> None:
        written.run(name, run)
        progress.run(name, run)

    try:
        with progress:
            benches = domain.measure(
                {name: _task(name, words, shown=show_output) for name, words in commands.items()},
                warmup=warmup,
                cooldown_s=cooldown_s,
                min_rounds=min_rounds,
                max_rounds=max_rounds,
                max_s=max_s,
                precision=percent_of(precision, "--precision") / 100,
                commands={name: command_text(words) for name, words in commands.items()},
                on_begin=written.begin,
                on_run=on_run,
                **_tracker_options(options),
            )
    except _CommandFailedError as failed:
        words = shlex.join(commands[failed.name][:1])
        _out.complain(f"{words}: ended with status {failed.status}; a benchmark needs runs that succeed")
        raise typer.Exit(failed.status) from None
    except OSError as error:
        if isinstance(error, Error):
            raise
        _out.complain(f"{error.filename or command[0]}: {error.strerror}")
        raise typer.Exit(NOT_EXECUTABLE) from error
    for one in benches:
        written.end(one)
    _present(benches, as_json=as_json)


def _split(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadValueError("core.bad_option", f"--base: {text!r}: {error}") from None
    if not words:
        raise BadValueError("core.bad_option", "--base: is empty; give a command")
    return words


def _check(commands: dict[str, list[str]], files: dict[str, Path | None]) -> None:
    for words in commands.values():
        unusable = cannot_start(words[0])
        if unusable is not None:
            what = "command not found" if unusable == NOT_FOUND else "not executable"
            _out.complain(f"{words[0]}: {what}")
            raise typer.Exit(unusable)
    options = {"--output": files.get("head", files.get("")), "--base-output": files.get("base")}
    _out.check_apart(options)
    for option, file in options.items():
        if file is not None and os.fspath(file) == "-":
            raise BadValueError("core.bad_option", f"{option}: takes a file; --json writes to stdout")
        _out.check_writable(file, option)


def _tracker_options(options: dict[str, Any]) -> dict[str, Any]:
    resolved = resolve(tracker_arguments(options))
    # Marks that are near each other in time are what a benchmark is made of.
    resolved.setdefault("project", "co2lib bench")
    return resolved


def _present(benches: list[domain.Bench], *, as_json: bool) -> None:
    if as_json:
        documents = [f'{{"head": {b.head_line()}, "end": {b.end_line()}}}' for b in benches]
        _out.deliver(documents[0] if len(documents) == 1 else f"[{', '.join(documents)}]", as_json=True)
    else:
        rows = Rows("", "Per run", "95 % of the mean", "Runs", right=("Per run", "Runs"), words=(2,))
        for one in benches:
            _add_rows(rows, one)
        parts: list[Any] = [rows]
        meter = benches[0].meter_interval()
        if meter is not None and benches[0].mean() is not None:
            parts.append(
                Text(
                    f"Meters and models may be off in all runs alike, by a factor of "
                    f"{meter[0]:.2f} to {meter[1]:.2f}."
                )
            )
        show(*parts)
    said: set[str] = set()
    for one in benches:
        for code, text in one.issues.items():
            if code not in said:  # of one session: the same for both
                said.add(code)
                _out.remark(f"{code}: {text}")
        mean = one.mean() or one.mean("time")
        half = None if mean is None else mean.relative_half_width
        asked = float(one.options["precision"])
        if len(benches) == 1 and (half is None or half > asked):
            _out.remark(
                f"not as narrow as asked (±{asked:.1%}); measure more (--max-rounds) or longer runs, or rest "
                "longer"
            )


def _add_rows(rows: Rows, one: domain.Bench) -> None:
    before = f"{one.name} " if one.name else ""
    shown: dict[str, tuple[str, Callable[[float], str]]] = {
        "energy": ("energy", _energy),
        "net": ("above idle", _signed_energy),
        "time": ("time", duration_text),
    }
    for metric, (label, text) in shown.items():
        mean = one.mean(metric)
        if mean is None:
            rows.add(f"{before}{label}", "no value", "", "")
            continue
        interval = "" if mean.low is None or mean.high is None else f"{text(mean.low)} to {text(mean.high)}"
        half = mean.relative_half_width
        spread = f" (±{half:.2%})" if half is not None and mean.value > 0 else ""
        rows.add(f"{before}{label}", text(mean.value), interval + spread, str(mean.n))
    idle = one.idle()
    if idle is not None:
        power = quantity_text(Power.from_watts(idle.value))
        low = "" if idle.low is None else quantity_text(Power.from_watts(max(0.0, idle.low)))
        high = "" if idle.high is None else quantity_text(Power.from_watts(idle.high))
        rows.add(f"{before}idle", power, f"{low} to {high}" if low else "", str(idle.n))


def _energy(joules: float) -> str:
    return quantity_text(Energy.from_joules(joules))


def _signed_energy(joules: float) -> str:
    if abs(joules) < 1e-12:  # what is left of a difference of equal numbers
        return "0 J"
    text = _energy(abs(joules))
    return f"-{text}" if joules < 0 else text
