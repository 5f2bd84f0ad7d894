# SPDX-License-Identifier: MIT
"""Adapter of the `embodied.*` vectors that need rooms only: random numbers, percentiles, the SCI score."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from co2lib import CarbonIntensity, CarbonMass, Energy, intensity, numeric
from co2lib._core import random
from co2lib._errors import BadValueError, Error
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)


@contextmanager
def _code(code: str) -> Iterator[None]:
    """Give what a room refuses the code that the domain has for it."""
    try:
        yield
    except Error as error:
        raise BadValueError(code, error.message) from error


def _fields(given: dict[str, Any]) -> Fields:
    return Fields(given, "embodied.out_of_range")


@kind("embodied.philox")
def _philox(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    counter, key = ([int(word, 16) for word in fields.list(name)] for name in ("counter", "key"))
    return {"words": [f"{word:08x}" for word in random.philox(counter, key)]}


@kind("embodied.draw")
def _draw(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    name = fields.text("factor")
    return {
        "hash": f"{random.fnv1a(name):016x}",
        "u": random.draw(fields.integer("seed"), fields.integer("draw"), name),
    }


@kind("embodied.inverse_cdf")
def _inverse_cdf(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    dist, u = fields.text("dist"), fields.number("u")
    with _code("embodied.out_of_range"):
        random.uniform(u, 0, 1)  # u alone
    quantiles: dict[str, tuple[Callable[..., float], tuple[str, ...]]] = {
        "triangular": (random.triangular, ("low", "mode", "high")),
        "uniform": (random.uniform, ("low", "high")),
        "lognormal": (random.lognormal, ("median", "gsd")),
    }
    if dist not in quantiles:
        raise BadValueError("embodied.bad_factor", f"dist: {dist!r}; known: {', '.join(quantiles)}")
    quantile, names = quantiles[dist]
    values = Fields(given, "embodied.bad_factor")
    with _code("embodied.bad_factor"):
        return {"x": quantile(u, *(values.number(name) for name in names))}


@kind("embodied.percentile")
def _percentile(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    with _code("embodied.out_of_range"):
        return {"x": numeric.percentile(fields.numbers("samples"), fields.number("p"))}


@kind("embodied.sci")
def _sci(given: dict[str, Any]) -> Answer:
    fields = _fields(given)
    with _code("embodied.out_of_range"):
        score = intensity.sci(
            Energy.from_kwh(fields.number("energy_kwh") * fields.number("pue", 1)),
            CarbonIntensity.from_g_per_kwh(fields.number("ci_g_per_kwh")),
            total_embodied=CarbonMass.from_kilograms(fields.number("te_kg")),
            time_reserved=timedelta(hours=fields.number("tir_h")),
            lifespan=timedelta(hours=fields.number("el_h")),
            resources_reserved=fields.number("rr", 1),
            total_resources=fields.number("tor", 1),
            functional_units=fields.number("r", 1),
        )
    return {
        "operational_g": score.operational.grams,
        "embodied_g": score.embodied.grams,
        "sci_g_per_r": score.g_per_unit,
    }
