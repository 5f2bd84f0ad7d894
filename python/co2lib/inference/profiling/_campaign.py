# SPDX-License-Identifier: MIT
"""Profiles a device: samples, measures, fits, refines, checks on whole networks, writes the folder.

1. Every measurement is one line of ``<precision>.measurements.jsonl``, written before the next one begins.
   After a kill the same call reads them, leaves a torn last line out and goes on: what to measure follows
   from the seed and from what was measured.
2. 80 % of a kernel's first samples train, 20 % test, and stay so. Neighbours of test points that are off by
   more than 10 % are measured and join the training part; two such rounds, none where 90 % are within 10 %.
3. Networks that no sample has seen are measured last; their ratios to the prediction are the profile's
   accuracy, and above 25 % mean error it calls itself invalid.
4. ``device.json`` is written last, and every file by renaming a complete one, so that a folder is a profile
   or says that it is none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from co2lib import inference as _domain
from co2lib._errors import BadValueError, NotFoundError, WrongStateError
from co2lib.inference.profiling import _forests, _notes, _sampling
from co2lib.inference.profiling._clock import ClockWatch
from co2lib.inference.profiling._measuring import Measuring
from co2lib.inference.profiling._networks import FAMILIES, draw_network
from co2lib.inference.profiling._runners import ABOUT, Measured
from co2lib.inference.profiling._store import Store
from co2lib.inference.profiling._windows import PLANS, Plan

ERROR = 0.10
ENOUGH = 0.90
ROUNDS = 2
NEIGHBOURS = 20
NETWORKS = 20
INVALID_PERCENT = 25.0
_TARGETS = ("latency_us", "energy_mj")

Progress = Callable[[str, int, int, float | None], object]
"""Takes what is done (``fc``, ``networks``), how many are, of how many, and seconds left or None."""


@dataclass
class Row:
    """One configuration and what it cost."""

    config: Any
    measured: Measured
    round: int = 0


@dataclass
class _Kernel:
    name: str
    rows: list[Row] = field(default_factory=list)
    reports: dict[str, _forests.Report] = field(default_factory=dict)


def profile(
    runner: Any,
    folder: str | PathLike[str],
    *,
    meters: Any = None,
    kernels: Sequence[str] | None = None,
    level: str = "quick",
    seed: int = 1,
    samples: Mapping[str, int] | int | None = None,
    networks: int = NETWORKS,
    families: Sequence[str] = FAMILIES,
    windows: Plan | None = None,
    max_s: float | None = None,
    max_macs: float = _sampling.MAX_MACS,
    trees: int = _forests.TREES,
    restart: bool = False,
    progress: Progress | None = None,
    wait: Callable[[float], object] = time.sleep,
) -> Any:
    """Profile a device at one precision, into a folder; a second precision joins the first.

    Parameters
    ----------
    runner : TorchRunner, CsvRunner, SimulatedRunner or an object like them
        What runs kernels, or knows what they cost (docs/profiling.md, "A runner of your own").
    folder : path
        Made if it is not there; a campaign that was interrupted goes on.
    meters : optional
        As the option of `co2lib.Tracker`; default: all sensors that are found.
    kernels : sequence of str, optional
        Default: all that the runner can run.
    level : str
        ``smoke`` (seconds: 40 configurations of each kernel, short windows), ``quick`` (minutes) or ``full``.
    seed : int
        Of samples, forests and networks.
    samples : int or mapping, optional
        Configurations of each kernel, or by kernel; default: those of the level.
    networks, families
        How many whole networks are measured, and of which families.
    windows : Plan, optional
        Number and length of windows; default: those of the level.
    max_s : float, optional
        No measurement begins after so many seconds of this call, but of the networks.
    max_macs : float
        No kernel with more multiplications and additions is measured.
    trees : int
        Of each forest.
    restart : bool
        Forget what the folder has of this precision.
    progress : callable, optional
        Takes what, done, all, seconds left.
    wait : callable
        Takes seconds; how pauses are waited for.

    Returns
    -------
    Device
        The profile, as `Device.load` reads it. Energy is part of it only where a sensor measured it: a
        model of the CPU's energy is not a measurement.

    Raises
    ------
    co2lib.Error
        ``inference.bad_model`` where the runner does not say what device it is, or the folder has a campaign
        with other settings; ``inference.unknown_kernel``, ``inference.out_of_range``; ``core.missing_extra``
        without scikit-learn.
    """
    _check_about(runner)
    names = list(kernels) if kernels is not None else list(runner.kernels)
    names = list(dict.fromkeys(_domain.kernel_name(name) for name in names))
    count = _sampling.counts(level)
    wanted = {name: _wanted(name, samples, count) for name in names}
    store = Store(Path(fspath(folder)), runner.precision)
    settings = {
        "level": level,
        "seed": seed,
        "kernels": names,
        "samples": wanted,
        "trees": trees,
        "max_macs": max_macs,
    }
    settings |= {"device": dict(runner.about), "rules": runner.rules}
    _check_folder(store, runner.about)
    store.open(settings, restart=restart)
    plan = windows if windows is not None else PLANS[level]
    clock = ClockWatch(getattr(runner, "clock_mhz", None), store.clocks_mhz())
    with Measuring(runner, plan, meters, wait, clock) as measure:
        campaign = _Campaign(
            runner,
            store,
            measure,
            seed=seed,
            trees=trees,
            max_s=max_s,
            max_macs=max_macs,
            progress=progress,
        )
        found = [campaign.kernel(name, wanted[name]) for name in names]
        campaign.write([each for each in found if each.rows], level)
        return campaign.check(
            networks if hasattr(runner, "network") or hasattr(runner, "measured_network") else 0, families
        )


def plan_profile(
    runner: Any, *, level: str = "quick", kernels: Sequence[str] | None = None
) -> dict[str, float]:
    """Return about what a campaign takes: ``configurations`` before refinement, ``seconds`` of windows."""
    count, plan = _sampling.counts(level), PLANS[level]
    names = kernels if kernels is not None else runner.kernels
    total = sum(count(name) for name in names)
    each = (plan.windows + 1) * plan.window_s if callable(runner) else 0.0
    return {"configurations": float(total), "seconds": total * each}


def _wanted(name: str, samples: Mapping[str, int] | int | None, count: Callable[[str], int]) -> int:
    if samples is None:
        return count(name)
    wanted = samples if isinstance(samples, int) else samples.get(name, count(name))
    if wanted < 5:
        raise BadValueError(
            "inference.out_of_range", f"samples: {wanted} of {name} are too few; a forest needs 5"
        )
    return wanted


def _check_folder(store: Store, about: Mapping[str, str]) -> None:
    """Refuse to put forests of one machine beside those of another."""
    known = store.device()
    for name in ("device", "processor"):
        if known.get(name, about[name]) != about[name]:
            raise BadValueError(
                "inference.bad_model",
                f"{store.folder}: is a profile of the {name} {known[name]!r}, and this is {about[name]!r}; "
                "give another folder",
            )


def _check_about(runner: Any) -> None:
    about = dict(runner.about)
    missing = [name for name in ABOUT if not str(about.get(name, "")).strip()]
    if missing:
        raise BadValueError(
            "inference.bad_model",
            f"runner.about: does not say {', '.join(missing)}; a profile needs them, so name them",
        )


class _Campaign:
    def __init__(
        self,
        runner: Any,
        store: Store,
        measure: Measuring,
        *,
        seed: int,
        trees: int,
        max_s: float | None,
        max_macs: float,
        progress: Progress | None,
    ) -> None:
        self._runner = runner
        self._store = store
        self._measure = measure
        self._seed = seed
        self._trees = trees
        self._max_macs = max_macs
        self._end = None if max_s is None else time.monotonic() + max_s
        self._progress = progress
        self._precision = _domain.precision(runner.precision)
        self._array = getattr(runner, "array", None)
        self._fits: dict[tuple[str, str], _forests.Fitted] = {}
        self._tests: dict[str, list[Row]] = {}

    # ---- kernels ----

    def kernel(self, name: str, count: int) -> _Kernel:
        """Sample, measure, fit and refine one kernel."""
        bits = {"w_bits": self._precision.w_bits, "a_bits": self._precision.a_bits}
        if hasattr(self._runner, "rows"):
            configs = [config for config in self._runner.rows() if config.kernel == name]
            rounds = 0
        else:
            drawn = _sampling.sample(name, count, self._seed, bits=bits, max_macs=self._max_macs)
            configs = [_domain.kernel_config(each) for each in drawn]
            rounds = ROUNDS
        made = _Kernel(name, self._all(name, configs, 0))
        first = [row for row in made.rows if not row.measured.unstable]
        if len(first) < 5:
            made.rows = []
            return made
        train_at, test_at = _forests.split(len(first))
        train, test = [first[i] for i in train_at], [first[i] for i in test_at]
        for number in range(1, rounds + 2):
            self._fit(made, train, test)
            if number > rounds or all(report.acc10 >= ENOUGH for report in made.reports.values()):
                break
            more = self._refined(name, list(made.reports), test, number)
            if not more:
                break
            made.rows += more
            train += [row for row in more if not row.measured.unstable]
        self._tests[name] = test
        return made

    def _all(self, name: str, configs: Iterable[Any], number: int) -> list[Row]:
        """Measure configurations from small to large; those that time does not allow are left out."""
        order = sorted(configs, key=lambda each: _domain.features(each).ops + _domain.features(each).bytes)
        rows: list[Row] = []
        begin, fresh = time.monotonic(), 0
        for place, config in enumerate(order):
            key = _key(config)
            known = self._store.knows(key)
            over = self._end is not None and time.monotonic() >= self._end
            measured = self._store.measured(key, None if over else partial(self._measure.kernel, config))
            if measured is not None:
                rows.append(Row(config, measured, number))
                fresh += not known
            left = None
            if fresh:
                left = (time.monotonic() - begin) / fresh * (len(order) - place - 1)
            self._tell(name, place + 1, len(order), left)
        return rows

    def _tell(self, what: str, done: int, count: int, left: float | None) -> None:
        if self._progress is not None:
            self._progress(what, done, count, left)

    def _vector(self, config: Any) -> list[float]:
        if self._array is not None:
            config = _domain.kernel_config({**_domain.kernel_dict(config), "array": list(self._array)})
        vector: list[float] = _domain.training_vector(config)
        return vector

    def _targets(self, rows: Sequence[Row]) -> list[str]:
        energy = all(row.measured.energy_mj is not None and row.measured.energy_mj > 0 for row in rows)
        return list(_TARGETS) if energy else ["latency_us"]

    def _fit(self, kernel: _Kernel, train: Sequence[Row], test: Sequence[Row]) -> None:
        rows = [self._vector(row.config) for row in train]
        for target in self._targets([*train, *test]):
            values = [getattr(row.measured, target) for row in train]
            fit = _forests.Fitted(rows, values, trees=self._trees, seed=self._seed)
            self._fits[kernel.name, target] = fit
            true = [getattr(row.measured, target) for row in test]
            predicted = fit.predict([self._vector(row.config) for row in test])
            found = _domain.regression_metrics(true, predicted)
            kernel.reports[target] = _forests.Report(
                kernel.name,
                target,
                len(train) + len(test),
                found.rmse,
                found.rmspe_percent,
                found.nrmse,
                found.acc5,
                found.acc10,
                found.acc15,
            )

    def _refined(self, name: str, targets: list[str], test: Sequence[Row], number: int) -> list[Row]:
        """Measure neighbours of the test points of which a target is off by more than 10 %."""
        from numpy.random import default_rng

        rng = default_rng([self._seed, number, _sampling.KERNELS.index(name)])
        vectors = [self._vector(row.config) for row in test]
        off = [False] * len(test)
        for target in targets:
            for place, value in enumerate(self._fits[name, target].predict(vectors)):
                true = getattr(test[place].measured, target)
                off[place] = off[place] or abs(value - true) / true > ERROR
        found: dict[str, Any] = {}
        for row, is_off in zip(test, off, strict=True):
            if is_off:
                near = _sampling.neighbours(
                    _domain.kernel_dict(row.config), NEIGHBOURS, rng, max_macs=self._max_macs
                )
                for each in near:
                    found.setdefault(_sampling.key(each), _domain.kernel_config(each))
        tested = {_key(row.config) for row in test}
        return self._all(
            f"{name} (round {number})", [c for c in found.values() if _key(c) not in tested], number
        )

    # ---- files ----

    def write(self, kernels: Sequence[_Kernel], level: str) -> None:
        """Write forests, reports and device.json, which calls the profile unchecked so far."""
        if not kernels:
            raise WrongStateError(
                "inference.no_profile",
                f"{self._store.folder}: no kernel has 5 stable measurements; give more time",
            )
        precision = self._runner.precision
        device = self._store.device()
        forests = [each for each in device.get("forests", []) if each.get("precision") != precision]
        date = datetime.now(UTC).date().isoformat()
        energy = True
        for kernel in kernels:
            energy = energy and "energy_mj" in kernel.reports
            for target, report in kernel.reports.items():
                fit, test = self._fits[kernel.name, target], self._tests[kernel.name]
                name = f"{precision}.{kernel.name}.{target}.json"
                document = fit.document(kernel.name, list(_domain.feature_names(kernel.name)), target)
                true = [getattr(row.measured, target) for row in test]
                predicted = fit.predict([self._vector(row.config) for row in test])
                document["residual"] = _forests.residual(true, predicted)
                meta = {**self._runner.about, "precision": precision, "date": date, "rows": report.rows}
                document["meta"] = meta | {
                    "oob_rmspe_percent": fit.oob_rmspe_percent() or report.rmspe_percent
                }
                self._store.write(name, document)
                forests.append(
                    {"kernel": kernel.name, "precision": precision, "target": target, "file": name}
                )
        reports = {k.name: {t: vars(r) for t, r in k.reports.items()} for k in kernels}
        self._store.write(f"{precision}.report.json", reports)
        known = device.get("rules")
        rules = dict(known) if isinstance(known, dict) else {}
        made = {
            "format": "co2lib-device/1",
            **self._runner.about,
            "date": date,
            "rules": rules | {precision: self._runner.rules},
            "array": list(self._array) if self._array is not None else None,
            "energy": "measured" if energy else "none",
            "forests": forests,
            "check": {k: v for k, v in device.get("check", {}).items() if k != precision},
            "valid": bool(device.get("valid", True)),
            "flags": [flag for flag in device.get("flags", []) if not flag.startswith(f"{precision}:")],
            "levels": device.get("levels", {}) | {precision: level},
        }
        rows = [(kernel.name, row.measured) for kernel in kernels for row in kernel.rows]
        notes = _notes.notes(rows, precision, self._runner.about["processor"], energy=energy)
        made["flags"] += [f"{precision}: {note}" for note in notes]
        self._store.write("device.json", made)

    def check(self, count: int, families: Sequence[str]) -> Any:
        """Measure whole networks, write what the prediction is off by; return the device."""
        device = _domain.Device.load(self._store.folder)
        bits, precision = self._precision, self._runner.precision
        ratios: dict[str, list[float]] = {}
        lacking = 0
        for number in range(count):
            graph = draw_network(
                self._seed + 1, number, families=families, w_bits=bits.w_bits, a_bits=bits.a_bits
            )
            try:
                predicted = device.predict(_domain.parse_graph(graph))
            except NotFoundError:  # a kernel that was not asked for
                lacking += 1
                continue
            key = f"network {number} {'/'.join(families)}"
            measured = self._store.measured(key, partial(self._measure.network, graph))
            self._tell("networks", number + 1, count, None)
            if measured is None or measured.unstable:
                continue
            if predicted.latency.seconds is None:
                continue
            pairs = {"latency": (measured.latency_us * 1e-6, predicted.latency.seconds)}
            if measured.energy_mj is not None and predicted.energy.joules is not None:
                pairs["energy"] = (measured.energy_mj * 1e-3, predicted.energy.joules)
            for what, (true, value) in pairs.items():
                ratios.setdefault(what, []).append(true / value)
        document = self._store.device()
        if lacking:
            document["flags"].append(
                f"{precision}: {lacking} of {count} whole networks need kernels that were not profiled"
            )
            self._store.write("device.json", document)
        if not ratios:
            return _domain.Device.load(self._store.folder)
        made: dict[str, Any] = {"models": len(ratios["latency"])}
        for what, each in ratios.items():
            made[f"{what}_ratios"] = each
            made[f"{what}_mape_percent"] = 100 * sum(abs(1 / ratio - 1) for ratio in each) / len(each)
        document["check"][precision] = made
        worst = max(each["latency_mape_percent"] for each in document["check"].values())
        document["valid"] = worst <= INVALID_PERCENT
        self._store.write("device.json", document)
        return _domain.Device.load(self._store.folder)


def _key(config: Any) -> str:
    return _sampling.key(_domain.kernel_dict(config))
