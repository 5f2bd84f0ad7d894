# SPDX-License-Identifier: MIT
"""What is measured and how: models, settings, the price of a study, the key of a stored result."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from co2lib._errors import BadValueError

if TYPE_CHECKING:
    from co2lib.hub import ReportClass

POLL_S = 0.05
"""How often it is looked whether another program has ended its measurement."""


@dataclass(slots=True)
class Model:
    """A model whose inference is measured; every step is a function of what the step before it returned.

    Parameters
    ----------
    predict : callable
        Takes the tensor, returns the raw output.
    load : callable, optional
        Makes the model ready from local files; without one loading is not measured.
    preprocess : callable, optional
        Takes the input as it came (the bytes of an image), returns the tensor. It must decode.
    postprocess : callable, optional
        Takes the raw output, returns pairs of label and probability, or anything else.
    version, task, family, domain : str
        What it is; the version is part of the key of the cache.
    parameters, size_bytes : int, optional
        How large it is.
    quality : mapping, optional
        ``metric``, ``value``, ``higher_is_better``, ``source``.
    sync : callable, optional
        Waits for the device, before and after each window.
    unload : callable, optional
        Undoes `load`, so that loading is measured three times.
    training_type, source : str
        How it was made, and where it comes from.
    label : str or mapping, optional
        Its efficiency letter, A to E, alone or as ``label`` with ``preset``, ``population``, ``date``, ``n``.
    report_class : str or co2lib.hub.ReportClass, optional
        What its card reports: the reporting class (:func:`co2lib.hub.report_class`), or its name.
    """

    predict: Callable[[Any], Any]
    load: Callable[[], Any] | None = None
    preprocess: Callable[[Any], Any] | None = None
    postprocess: Callable[[Any], Any] | None = None
    version: str = ""
    task: str = ""
    family: str = ""
    domain: str = ""
    parameters: int | None = None
    size_bytes: int | None = None
    quality: Mapping[str, Any] | None = None
    sync: Callable[[], object] | None = None
    unload: Callable[[], object] | None = None
    training_type: str = ""
    source: str = ""
    label: str | Mapping[str, Any] | None = None
    report_class: str | ReportClass | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How a study is measured; all of it is stored in the study.

    Attributes
    ----------
    windows : int
        Repetitions; at least 10 for a result, fewer for a try.
    window_s, warmup_s, idle_s : float
        Least length of a window; longest warm-up; how long the idle power is measured.
    warmup : int
        Least number of passes before anything counts.
    confidence : float
        Of the intervals.
    seed : int
        Of the order of the models.
    batch_size, precision : int, str
        What the models are run with; stated, not set.
    """

    windows: int = 10
    window_s: float = 1.0
    warmup_s: float = 10.0
    warmup: int = 3
    idle_s: float = 5.0
    confidence: float = 0.95
    seed: int = 0
    batch_size: int = 1
    precision: str = "float32"


def as_model(name: str, given: Any) -> Model:
    """Return a model; a plain callable is a `predict`. Raises ``explorer.bad_model``."""
    if isinstance(given, Model):
        return given
    if callable(given):
        return Model(given)
    raise BadValueError("explorer.bad_model", f"{name}: a model is a callable or a Model, not {given!r}")


@contextlib.contextmanager
def one_at_a_time(
    progress: Callable[[str, float], object] | None = None, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Wait until no other measurement of this user runs on the machine, or until this one is cancelled."""
    path = Path(tempfile.gettempdir()) / f"co2lib-measure-{os.getuid()}.lock"
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        while not cancelled():
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if progress is not None:
                    progress("another program measures on this machine; waiting for it", 0.0)
                time.sleep(POLL_S)
            else:
                break
        yield
    finally:
        os.close(number)


def digest(given: Any) -> str:
    """Return the SHA-256 of an input's bytes, or of its text."""
    return hashlib.sha256(given if isinstance(given, bytes) else repr(given).encode()).hexdigest()


def cache_key(name: str, model: Model, given: str, settings: Settings, device: str) -> str:
    """Return the key of a result: what it depends on, and nothing of its place or price."""
    from co2lib import __version__

    minor = ".".join(__version__.split(".")[:2])
    parts = [name, model.version, given, device, minor, repr(sorted(asdict(settings).items()))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def grid_of(region: str | float | None, pue: float) -> dict[str, Any]:
    """Return the price of a study: a place of the tables, a number in g/kWh, or the world's mean."""
    from co2lib import intensity
    from co2lib.report import reprice

    if isinstance(region, int | float):
        reprice(0, region, pue)
        return {"region": None, "g_per_kwh": float(region), "year": None, "source": "given", "pue": pue}
    reprice(0, 0, pue)
    factor = intensity.factor(region or "WORLD")
    return {
        "region": factor.place,
        "g_per_kwh": factor.value.g_per_kwh,
        "year": factor.year,
        "scope": factor.scope,
        "source": factor.source.text,
        "pue": pue,
        "assumed": region is None,
    }
