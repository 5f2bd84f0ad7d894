# SPDX-License-Identifier: MIT
"""``co2lib predict``: seconds, joules and grams of one inference of a model on a device, before it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from co2lib import inference, intensity
from co2lib._errors import BadValueError
from co2lib.cli import _out
from co2lib.cli._table import Rows
from co2lib.cli._view import _issues as issue_rows
from co2lib.cli._view import _sources as source_rows
from co2lib.cli._view import percent, show

_MOST_KERNELS = 12
_STEPS = ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"))

Range = tuple[float, float | None, float | None]
"""A value and the ends of its interval."""


def _scaled(value: float, unit: str) -> str:
    """Return a number with a prefix of its unit: ``0.00012, "J"`` is ``120 uJ``."""
    for step, prefix in _STEPS:
        if abs(value) >= step or (step, prefix) == _STEPS[-1]:
            return f"{value / step:.3g} {prefix}{unit}"
    raise AssertionError


def _ranged(x: Range | None, unit: str) -> str:
    if x is None:
        return "unknown"
    value, low, high = x
    text = _scaled(value, unit)
    if low is None or high is None:
        return text + ", no interval is known"
    return f"{text} ({_scaled(low, unit)} to {_scaled(high, unit)}, 90 %)"


def _energy(prediction: inference.Prediction) -> Range | None:
    energy = prediction.energy
    if energy.value is None:
        return None
    ends = energy.interval
    return (
        energy.value.joules,
        None if ends is None else ends.low.joules,
        None if ends is None else ends.high.joules,
    )


def _latency(prediction: inference.Prediction) -> Range | None:
    latency = prediction.latency
    if latency.seconds is None:
        return None
    ends = latency.interval
    return latency.seconds, None if ends is None else ends.low, None if ends is None else ends.high


def _grid(given: str | None, location: str | None) -> tuple[Range, str] | None:
    """Return g/kWh with its ends, and where it is from."""
    if given is not None and location is not None:
        raise BadValueError("core.bad_option", "give --intensity or --location, not both")
    if location is not None:
        factor = intensity.factor(location)
        value = factor.g_per_kwh
        ends = (value * (1 + factor.error.low), value * (1 + factor.error.high))
        return (value, *ends), f"{location}, {factor.source.id} {factor.year}"
    if given is None:
        return None
    try:
        number = float(given)
    except ValueError:
        trace = intensity.read_csv(Path(given))
        mean = trace.mean(trace.start, trace.end)
        if mean is None:
            raise BadValueError("core.bad_option", f"--intensity: {given} has no value") from None
        return (mean.g_per_kwh, None, None), f"the mean of {Path(given).name}"
    if not 0 <= number < float("inf"):
        raise BadValueError("core.bad_option", f"--intensity: {given}; expected g/kWh, at least 0")
    return (number, None, None), "given"


def _grams(energy: Range | None, grid: Range, pue: float) -> Range | None:
    if not 1 <= pue < float("inf"):
        raise BadValueError("inference.out_of_range", f"--pue: {pue:g}; it must be at least 1")
    if energy is None:
        return None
    per_joule = pue / 3.6e6
    value, low, high = energy
    g_low, g_high = (grid[0] if end is None else end for end in grid[1:])
    return (
        value * grid[0] * per_joule,
        None if low is None else low * g_low * per_joule,
        None if high is None else high * g_high * per_joule,
    )


def _kernels(prediction: inference.Prediction, *, everything: bool) -> Rows:
    rows = Rows(
        "Kernel",
        "Nodes",
        "Time",
        "Energy",
        "Of all",
        "How",
        right=("Time", "Energy", "Of all"),
        words=(1,),
        styles=("", "dim", "", "", "dim", "dim"),
        optional=(1,),
    )
    total = prediction.latency.seconds or 0.0
    listed = sorted(prediction.kernels, key=lambda kernel: -kernel.latency_us)
    for kernel in listed if everything else listed[:_MOST_KERNELS]:
        share = kernel.latency_us / 1e6 / total if total else 0.0
        how = [kernel.method, *([kernel.bound] if kernel.bound else [])]
        how += ["extrapolated"] if kernel.extrapolated else []
        energy = "-" if kernel.energy_mj is None else _scaled(kernel.energy_mj / 1e3, "J")
        rows.add(
            kernel.name,
            ", ".join(kernel.nodes) or "-",
            _scaled(kernel.latency_us / 1e6, "s"),
            energy,
            percent(share),
            ", ".join(how),
        )
    return rows


def _shape(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        sizes = [int(part) for part in text.replace("x", ",").split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1:
        raise BadValueError("core.bad_option", f"--input-shape: {text!r}; expected numbers as in 1,3,224,224")
    return sizes


def _device(name: str) -> inference.Device:
    if Path(name).is_dir():
        return inference.Device.load(name)
    return inference.Device.named(name)


def predict(
    device: Annotated[
        str,
        typer.Argument(
            metavar="DEVICE",
            help="A folder that co2lib profile made, or a device of the tables: h100_sxm, rp2350.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="An .onnx file, a .json graph; of a microcontroller of the tables a workload: kws-s.",
            show_default=False,
        ),
    ],
    *,
    precision: Annotated[
        str | None,
        typer.Option(metavar="P", help="fp32, fp16, int8, int4, w4a16; default: what the model has."),
    ] = None,
    input_shape: Annotated[
        str | None, typer.Option(metavar="SIZES", help="For dynamic dimensions: 1,3,224,224.")
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Which operators fuse: cpu, gpu, vpu, none; default: the device's."
        ),
    ] = None,
    carbon: Annotated[
        str | None,
        typer.Option("--intensity", metavar="G/KWH | CSV", help="A number, or a series whose mean counts."),
    ] = None,
    location: Annotated[
        str | None, typer.Option("--location", "-l", metavar="PLACE", help="Of its annual intensity: FRA.")
    ] = None,
    pue: Annotated[float, typer.Option(metavar="X", help="Facility energy per IT energy, at least 1.")] = 1.0,
    everything: Annotated[bool, typer.Option("--kernels", help="List every kernel.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON of schema co2lib-prediction/1.")
    ] = False,
) -> None:
    """Predict seconds, joules and grams of one inference of a model on a device, kernel by kernel.

    Every number has a 90 % interval, and says whether it was measured, fitted to this device, or read from
    its data sheet.
    """
    grid = _grid(carbon, location)
    prediction = _device(device).predict(model, _shape(input_shape), precision=precision, rules=rules)
    energy = _energy(prediction)
    grams = None if grid is None else _grams(energy, grid[0], pue)
    if as_json:
        document: dict[str, Any] = json.loads(prediction.to_json())
        if grid is not None:
            document["intensity_g_per_kwh"] = dict(zip(("value", "low", "high"), grid[0], strict=True))
            document["pue"] = pue
            document["carbon_g"] = (
                None if grams is None else dict(zip(("value", "low", "high"), grams, strict=True))
            )
        _out.deliver(json.dumps(document, indent=2), as_json=True)
        return
    head = Rows("", "", words=(1,), styles=("", "dim"))
    head.add("Latency", Text(_ranged(_latency(prediction), "s"), style="bold green"))
    head.add("Energy", Text(_ranged(energy, "J"), style="bold green"))
    if grid is not None:
        head.add("Carbon", Text(_ranged(grams, "g") + f" at {grid[0][0]:.3g} g/kWh ({grid[1]})"))
    head.add("Precision", prediction.precision)
    shares = ", ".join(f"{name} {percent(share)}" for name, share in prediction.methods.items())
    head.add("Method", f"{shares} of the energy" if energy else shares)
    parts: list[RenderableType] = [head]
    if prediction.kernels:
        parts.append(_kernels(prediction, everything=everything))
        left = len(prediction.kernels) - _MOST_KERNELS
        if left > 0 and not everything:
            parts.append(Text(f"{left} more kernels: --kernels", style="dim"))
    if prediction.issues:
        parts.append(issue_rows(prediction.issues))
    if prediction.sources:
        parts.append(source_rows(prediction.sources))
    title = Text(f"One inference on {prediction.device} ({prediction.processor})", style="bold")
    show(title, *[Padding(part, (1, 0, 0, 2)) for part in parts])
