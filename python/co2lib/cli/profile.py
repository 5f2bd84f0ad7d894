# SPDX-License-Identifier: MIT
"""``co2lib profile``: measures kernels on this machine and writes the profile that `co2lib predict` reads."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from co2lib._errors import BadValueError
from co2lib.cli import _out


def profile_of(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder of the profile; one that was interrupted goes on.", readable=False
        ),
    ],
    *,
    level: Annotated[
        str, typer.Option(metavar="LEVEL", help="smoke (seconds), quick (minutes) or full (a day).")
    ] = "quick",
    precision: Annotated[
        list[str] | None,
        typer.Option("--precision", metavar="P", help="fp32 or int8; repeat it for both. Default: fp32."),
    ] = None,
    kernels: Annotated[
        str | None, typer.Option(metavar="LIST", help="Kernels, comma-separated; default: all.")
    ] = None,
    device: Annotated[
        str,
        typer.Option(metavar="NAME", help="cpu or cuda:0 of PyTorch, or a simulated device: sim-npu."),
    ] = "cpu",
    measurements: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="Foreign measurements instead; needs --about.", readable=False
        ),
    ] = None,
    about: Annotated[
        list[str] | None,
        typer.Option(
            "--about",
            metavar="WHAT=TEXT",
            help="device, processor, runtime, firmware or clocks of what --csv measured; repeat it.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The device's name; default: the host's.")
    ] = None,
    samples: Annotated[
        int | None, typer.Option(metavar="N", help="Configurations of each kernel; default: the level's.")
    ] = None,
    networks: Annotated[
        int, typer.Option(metavar="N", help="Whole networks that the profile is checked on.")
    ] = 20,
    seed: Annotated[int, typer.Option(metavar="N", help="Of samples, forests and networks.")] = 1,
    max_minutes: Annotated[
        float | None, typer.Option(metavar="M", help="Measure no further kernel after so many minutes.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what the folder has.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what device.json says.")] = False,
) -> None:
    """Profile a device: measure sampled kernels, fit one forest of each, check them on whole networks.

    An interrupted campaign goes on where it was. Energy is profiled where a sensor measures it; where there
    is only a model of the processor's energy, the profile has latency alone and says so.
    """
    from co2lib.inference import profiling

    wanted = None if kernels is None else [each.strip() for each in kernels.split(",") if each.strip()]
    for each in precision or ["fp32" if measurements is None and not device.startswith("sim-") else "int8"]:
        runner = _runner(each, device=device, file=measurements, about=about or [], name=name)
        plan = profiling.plan_profile(runner, level=level, kernels=wanted)
        if not quiet and callable(runner) and samples is None:
            minutes = plan["seconds"] / 60
            _out.remark(f"{each}: {plan['configurations']:.0f} configurations, about {minutes:.0f} min")
        profiling.profile(
            runner,
            folder,
            kernels=wanted,
            level=level,
            seed=seed,
            samples=samples,
            networks=networks,
            max_s=None if max_minutes is None else 60 * max_minutes,
            restart=restart,
            progress=None if quiet else _progress(each),
        )
    document = json.loads((folder / "device.json").read_text(encoding="utf-8"))
    if as_json:
        _out.deliver(json.dumps(document, indent=1), as_json=True)
    else:
        _out.deliver(_summary(folder, document))


def _runner(precision: str, *, device: str, file: Path | None, about: list[str], name: str | None) -> Any:
    from co2lib.inference import profiling

    if file is not None:
        said = dict(each.partition("=")[::2] for each in about)
        return profiling.CsvRunner(file, said, precision=precision)
    if about:
        raise BadValueError("core.bad_option", "--about: is for --csv; this machine describes itself")
    if device.startswith("sim-"):
        return profiling.SimulatedRunner(device, precision=precision)
    return profiling.TorchRunner(precision, device=device, name=name)


def _progress(precision: str) -> Callable[[str, int, int, float | None], None]:
    """Return what shows progress: at most one line a second, and the last of each kernel."""
    shown = [0.0]

    def show(what: str, done: int, count: int, left: float | None) -> None:
        now = time.monotonic()
        if done < count and now - shown[0] < (
            1.0 if sys.stderr is not None and sys.stderr.isatty() else 10.0
        ):
            return
        shown[0] = now
        rest = f", {left:.0f} s left" if left and done < count else ""
        _out.remark(f"{precision} {what}: {done}/{count}{rest}")

    return show


def _summary(folder: Path, document: dict[str, Any]) -> str:
    lines = [f"{document['device']} ({document['processor']}), {document['runtime']}, {document['date']}"]
    for precision in document["levels"]:
        report = json.loads((folder / f"{precision}.report.json").read_text(encoding="utf-8"))
        lines.append(f"{precision}, level {document['levels'][precision]}: test configurations within 10 %")
        for kernel, targets in report.items():
            row = targets["latency_us"]
            energy = targets.get("energy_mj")
            text = f"  {kernel:16} {row['rows']:6d} rows  latency {row['acc10']:6.1%}"
            lines.append(text + (f"  energy {energy['acc10']:6.1%}" if energy is not None else ""))
        check = document["check"].get(precision)
        if check is not None:
            error = check["latency_mape_percent"]
            lines.append(f"  {check['models']} whole networks: mean error of latency {error:.1f} %")
        else:
            lines.append("  not checked on whole networks")
    lines += [f"note: {flag}" for flag in document["flags"]]
    if not document["valid"]:
        lines.append("This profile is not valid: whole networks are off by more than 25 %.")
    return "\n".join(lines)
