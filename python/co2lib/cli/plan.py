# SPDX-License-Identifier: MIT
"""``co2lib plan``: which model to serve when, for a carbon budget, beside every baseline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from co2lib import CarbonMass, adaptive, intensity
from co2lib._errors import BadValueError
from co2lib.cli import _out
from co2lib.cli.merge import Output


def plan(
    models: Annotated[
        Path,
        typer.Argument(
            metavar="MODELS",
            help="YAML or JSON: name, energy_kwh, accuracy.",
            show_default=False,
            readable=False,
        ),
    ],
    trace: Annotated[
        Path,
        typer.Argument(
            metavar="TRACE", help="CSV file of carbon intensities.", show_default=False, readable=False
        ),
    ],
    *,
    budget: Annotated[
        str | None, typer.Option(metavar="MASS", help="Carbon of all requests together, such as 5kg.")
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option(metavar="POINTS", help="Mean accuracy to reach with the least carbon.")
    ] = None,
    price: Annotated[
        float | None, typer.Option(metavar="POINTS/G", help="Price of carbon in points of accuracy per g.")
    ] = None,
    requests: Annotated[float, typer.Option(metavar="N", help="Requests in each slot of the trace.")] = 1.0,
    pue: Annotated[float, typer.Option(metavar="X", help="Facility energy per IT energy, at least 1.")] = 1.0,
    scope: Annotated[
        str, typer.Option(metavar="SCOPE", help="lifecycle or direct, where the file has both.")
    ] = "lifecycle",
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Of the first slot; default: all.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Of the end; default: all.")] = None,
    controller: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Also run pacing, mpc or primal_dual, which see no future."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON of schema co2lib-plan/1.")] = False,
    output: Output = None,
) -> None:
    """Plan which model serves when for a carbon budget, an accuracy or a price of carbon.

    Before the plan stands whether adapting can help at all; beside it every single model, the carbon-agnostic
    mix at equal carbon and at equal accuracy, the plan for yesterday's curve, and the offline optimum.
    """
    if [budget, accuracy, price].count(None) != 2:
        raise BadValueError("core.bad_option", "give exactly one of --budget, --accuracy and --price")
    if controller is not None and budget is None:
        raise BadValueError("core.bad_option", "--controller needs --budget")
    _out.check_writable(output, "--output")
    family = adaptive.read_models(models)
    slots = adaptive.Slots(_window(trace, scope, start, end))
    made = adaptive.plan(
        family,
        slots,
        demand=[requests] * len(slots),
        budget=None if budget is None else CarbonMass.parse(budget),
        accuracy=accuracy,
        price=price,
        pue=pue,
    )
    reports = [("plan", adaptive.report(made))]
    if controller is not None and made.budget is not None:
        served: Any = controller
        reports.append(
            (
                controller,
                adaptive.evaluate(
                    family, slots, budget=made.budget, controller=served, demand=made.demand, pue=pue
                ),
            )
        )
    if as_json:
        _out.deliver(json.dumps(_json(made, dict(reports)), indent=2), output, as_json=True)
        return
    _out.deliver("\n\n".join(_titled(name, report) for name, report in reports), output)


def _window(file: Path, scope: str, start: str | None, end: str | None) -> intensity.Trace:
    trace = intensity.read_csv(file, scope=scope)
    if start is None and end is None:
        return trace
    return trace.between(
        trace.start if start is None else intensity.parse_time(start),
        trace.end if end is None else intensity.parse_time(end),
    )


def _titled(name: str, report: adaptive.Report) -> str:
    title = "" if name == "plan" else f"Controller {name}\n"
    return title + str(report).rstrip("\n")


def _json(made: adaptive.Plan, reports: dict[str, adaptive.Report]) -> dict[str, Any]:
    return {**made.to_dict(), "reports": {name: _report(report) for name, report in reports.items()}}


def _report(report: adaptive.Report) -> dict[str, Any]:
    return {
        "rows": [
            {
                "kind": row.kind,
                "name": row.name,
                "accuracy": row.accuracy,
                "carbon_g": row.carbon.grams,
                "spend_over_budget": row.spend_over_budget,
            }
            for row in report.rows
        ],
        "static": [
            {
                "model": vertex.model,
                "ratio_of_intensity": _finite(vertex.condition.ratio_of_intensity),
                "ratio_of_slopes": vertex.condition.ratio_of_slopes,
                "optimal": vertex.condition.optimal,
                "saving": vertex.saving,
            }
            for vertex in report.vertices
        ],
        "best_saving": report.best_saving,
        "saving": report.saving,
        "saving_interval": report.saving_interval,
        "gap_closed": report.carbon.gap_closed,
        "gap_in_accuracy": report.gap_in_accuracy,
        "regret_g": report.carbon.regret.grams,
        "violation": report.carbon.violation,
        "cee_improvement": report.cee_improvement,
        "in_sample": report.in_sample,
        "notes": report.notes,
    }


def _finite(x: float) -> float | None:
    return x if x < float("inf") else None
