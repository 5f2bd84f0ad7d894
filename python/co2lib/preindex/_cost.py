# SPDX-License-Identifier: MIT
"""From an index to a cost: calibration runs and their file, forecasts, and whether to retrain."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from co2lib._core import CarbonIntensity, CarbonMass
from co2lib._core import preindex as _core
from co2lib._core.preindex import CalibrationRun, CostPrediction, Costs, Forecast, Result, RetrainReport
from co2lib.preindex import _arguments as arguments

Model = Literal["linear", "isotonic", "auto"]


def _numbers(option: str, values: Any) -> list[float]:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        arguments.refuse(option, values, "a list of numbers")
    return [arguments.number(option, value) for value in values]


def forecast(
    x: Sequence[float], y: Sequence[float], x_new: float, model: Model = "auto", alpha: float = 0.2
) -> Forecast:
    """Forecast a cost from runs (x: index, y: cost) at a new index, with a jackknife+ interval.

    Parameters
    ----------
    x, y : sequence of float
        Index and measured cost of each run.
    x_new : float
        The index at which the cost is wanted.
    model : str
        ``linear``, ``isotonic``, or ``auto``: the smaller leave-one-out error.
    alpha : float
        The interval misses with about this probability, at most twice it for exchangeable runs.

    Raises
    ------
    co2lib.Error
        ``preindex.not_enough_calibration``, ``preindex.bad_cost``, ``preindex.unpaired``,
        ``preindex.bad_option``.
    """
    return _core.forecast(
        _numbers("x", x),
        _numbers("y", y),
        arguments.number("x_new", x_new),
        arguments.text("model", model),
        arguments.number("alpha", alpha),
    )


def carbon_of(kwh: Forecast, intensity: CarbonIntensity, hardware: CarbonMass | None = None) -> Forecast:
    """Return the gCO2e of a forecast of kWh: times an intensity, plus the hardware's share."""
    for option, value, kind in (("kwh", kwh, Forecast), ("intensity", intensity, CarbonIntensity)):
        if not isinstance(value, kind):
            arguments.refuse(option, value, f"a {kind.__name__}")
    if not isinstance(hardware, CarbonMass | None):
        arguments.refuse("hardware", hardware, "a CarbonMass")
    return _core.carbon_of(kwh, intensity, CarbonMass.from_grams(0) if hardware is None else hardware)


def _path(file: Any) -> Path:
    if not isinstance(file, str | os.PathLike):
        arguments.refuse("file", file, "the path of a file of JSON lines")
    return Path(file)


def read_runs(file: str | Path) -> list[CalibrationRun]:
    """Read a calibration file, JSON lines; of a folder, its files ``*.jsonl``: one for each process, say.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_calibration`` with file and line for what is no run: no JSON object, an unknown field,
        a cost that cannot be; also for a file that cannot be read (OSError).
    """
    return _core.read_runs(_path(file))


def append_run(file: str | Path, run: CalibrationRun) -> None:
    """Append a run to a calibration file; several processes may do so at once.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_cost``, ``preindex.bad_option`` for a run that could not be read again (NaN, infinite
        or negative); ``preindex.bad_calibration`` for a folder, a file of another kind, or one that cannot be
        written (OSError).
    """
    if not isinstance(run, CalibrationRun):
        arguments.refuse("run", run, "a CalibrationRun")
    _core.append_run(_path(file), run)


class CostForecast:
    """What retraining will cost: epochs, kWh and gCO2e, calibrated on past retrainings.

    >>> runs = [CalibrationRun(x, epochs=2 + 10 * x) for x in (0.1, 0.2, 0.4, 0.6, 0.8)]
    >>> round(CostForecast.fit(runs).predict(0.5)["epochs"].value, 6)
    7.0
    """

    def __init__(self, core: _core.CostForecast, options: tuple[Any, ...] = ()) -> None:
        self._core = core
        self._options = options

    def __reduce__(self) -> tuple[Any, ...]:
        return CostForecast.fit, (self.runs, *self._options)

    @classmethod
    def fit(
        cls,
        runs: Iterable[CalibrationRun] | str | Path,
        model: Model = "auto",
        alpha: float = 0.2,
        select: Mapping[str, str] | None = None,
    ) -> CostForecast:
        """Calibrate on runs of one model family, data set, protocol and machine.

        Parameters
        ----------
        runs : iterable of CalibrationRun, or path
            The path of a file of JSON lines, see `append_run`. Costs in epochs, kWh and grams.
        model : str
            ``linear``, ``isotonic``, or ``auto``: the smaller leave-one-out error.
        alpha : float
            The interval misses with about this probability, at most twice it for exchangeable runs.
        select : mapping, optional
            Use only the runs with these values of ``config``, ``model``, ``dataset``, ``protocol`` or
            ``machine``.

        Raises
        ------
        co2lib.Error
            ``preindex.config_mismatch``, ``preindex.not_enough_calibration``, ``preindex.bad_cost``,
            ``preindex.bad_calibration``, ``preindex.bad_option``.
        """
        if isinstance(runs, str | os.PathLike):
            known = read_runs(runs)
        elif isinstance(runs, Iterable) and not isinstance(runs, Mapping | bytes):
            known = list(runs)
        else:
            arguments.refuse("runs", runs, "a list of CalibrationRun, or the path of a file of them")
        for run in known:
            if not isinstance(run, CalibrationRun):
                arguments.refuse("runs", run, "records of the type CalibrationRun")
        if not isinstance(select, Mapping | None):
            arguments.refuse("select", select, "a mapping such as {'machine': 'a'}")
        group = {arguments.text("select", k): arguments.text("select", v) for k, v in (select or {}).items()}
        options = (arguments.text("model", model), arguments.number("alpha", alpha), group)
        return cls(_core.CostForecast.fit(known, *options), options)

    def predict(self, x: float | Result) -> CostPrediction:
        """Forecast the costs at an index, or of a result; raises ``preindex.config_mismatch``."""
        if isinstance(x, Result):
            return self._core.predict_result(x)
        return self._core.predict(arguments.number("x", x))

    @property
    def runs(self) -> list[CalibrationRun]:
        """The runs that are used."""
        return self._core.runs


def _costs(option: str, given: Any) -> Costs:
    if not isinstance(given, Costs | None):
        arguments.refuse(option, given, "Costs(epochs=..., kwh=..., gco2e=...)")
    return Costs() if given is None else given


def retrain_or_not(
    index: float | Result,
    forecast: CostPrediction | None,
    *,
    accuracy: float,
    required_accuracy: float,
    budget: Costs | None = None,
    from_scratch: Costs | None = None,
    index_cost: Costs | None = None,
    candidates: Mapping[str, CostPrediction] | None = None,
) -> RetrainReport:
    """Decide whether to retrain.

    The first that matches: ``not_needed``; ``no_forecast``; ``uncertain`` where a forecast that the decision
    would rest on is extrapolated; ``over_budget``; ``retrain``; ``uncertain``. Where training from scratch is
    cheaper than the forecast, the issue ``from_scratch_cheaper`` says so.

    Parameters
    ----------
    index : float or Result
        PreIndex of the shifted data.
    forecast : CostPrediction, optional
        What `CostForecast.predict` gave for this index.
    accuracy, required_accuracy : float
        Shares in [0, 1]; the first on a labelled sample of the shifted data, the accuracy of doing nothing.
    budget, from_scratch, index_cost : Costs, optional
        Limits; the cost of training from scratch; the cost of having computed the index.
    candidates : mapping, optional
        Shifts at which a calibration run could be made, with their forecasts.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_option`` (accuracies, a forecast for another index), ``preindex.bad_cost``,
        ``preindex.empty`` for a result without an index.
    """
    if not isinstance(forecast, CostPrediction | None):
        arguments.refuse("forecast", forecast, "what CostForecast.predict returns")
    others = candidates or {}
    if not isinstance(others, Mapping) or not all(isinstance(one, CostPrediction) for one in others.values()):
        arguments.refuse(
            "candidates", candidates, "a mapping from names to what CostForecast.predict returns"
        )
    result = index if isinstance(index, Result) else None
    return _core.retrain_or_not(
        result,
        arguments.number("index", index) if result is None else 0.0,
        forecast,
        arguments.number("accuracy", accuracy),
        arguments.number("required_accuracy", required_accuracy),
        _costs("budget", budget),
        _costs("from_scratch", from_scratch),
        _costs("index_cost", index_cost),
        {arguments.text("candidates", name): one for name, one in others.items()},
    )
