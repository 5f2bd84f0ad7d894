# SPDX-License-Identifier: MIT
"""Domain embodied: how much carbon is in this hardware, and which share of it is mine.

>>> from co2lib import embodied
>>> bill = embodied.parse({
...     "schema": "carbon-bom/1",
...     "parts": [{"id": "soc", "class": "ic.logic", "area": "60 mm2", "node": "14nm"}],
... })
>>> footprint = bill.footprint(seed=1)
>>> round(footprint.kilograms, 3)
1.084
>>> round(footprint.bounds.low.kilograms, 2), round(footprint.bounds.high.kilograms, 2)
(0.54, 2.25)

Masses of carbon are ``CarbonMass``; numbers of formulas have their unit in their name. Every result is a
range: the factors for one and the same thing differ by 2 to 30 times (docs/embodied.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from co2lib._core import embodied as _core
from co2lib._core.embodied import (
    ActFootprint,
    Axis,
    Bom,
    BomFootprint,
    CarbonPerArea,
    ChipletCarbon,
    Comparison,
    DesignPoint,
    Driver,
    EffectiveArea,
    Exploration,
    Factor,
    FactorTable,
    FactorUse,
    Metrics,
    PartFootprint,
    RdlPackage,
    Spread,
    TrivialPredictor,
    Validation,
    act_operation,
    act_part,
    amortise,
    amortise_interval,
    chip_list,
    chiplet,
    compare,
    crossover,
    device_footprints,
    die_yield,
    dies_per_wafer,
    effective_area,
    eserve_cooling,
    eserve_gpu,
    eserve_host,
    expand_hsl,
    factor,
    factors,
    from_levels,
    hsl_total,
    interpolated_gpu,
    load_act,
    logic_cpa,
    machine,
    metrics,
    parse_factors,
    rack_server,
    rdl_package,
    read_factors,
    share,
    validate,
)
from co2lib._errors import BadValueError

__all__ = [
    "ActFootprint",
    "Axis",
    "Bom",
    "BomFootprint",
    "CarbonPerArea",
    "ChipletCarbon",
    "Comparison",
    "DesignPoint",
    "Driver",
    "EffectiveArea",
    "Exploration",
    "Factor",
    "FactorTable",
    "FactorUse",
    "Metrics",
    "PartFootprint",
    "RdlPackage",
    "Spread",
    "TrivialPredictor",
    "Validation",
    "act_footprint",
    "act_memory",
    "act_operation",
    "act_part",
    "amortise",
    "amortise_interval",
    "chip_list",
    "chiplet",
    "compare",
    "crossover",
    "device_footprints",
    "die_yield",
    "dies_per_wafer",
    "effective_area",
    "eserve_cooling",
    "eserve_gpu",
    "eserve_host",
    "expand_hsl",
    "explore",
    "factor",
    "factors",
    "from_levels",
    "hsl_total",
    "interpolated_gpu",
    "load",
    "load_act",
    "logic_cpa",
    "logic_die",
    "machine",
    "metrics",
    "parse",
    "parse_factors",
    "rack_server",
    "rdl_package",
    "read_factors",
    "share",
    "validate",
]

Document = str | Mapping[str, Any]


def _text(document: Document) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def load(file: str | PathLike[str], *, allow_outside: bool = False) -> Bom:
    """Read a bill of materials, ``carbon-bom/1``, JSON or YAML, with its imports.

    Parameters
    ----------
    file : path
        The file; imports and tables are relative to the file that names them.
    allow_outside : bool
        Imports may leave the folder of the first file.

    Returns
    -------
    Bom
        ``footprint()`` looks its rows up and computes everything.

    Raises
    ------
    co2lib.Error
        ``embodied.bad_bom``, ``embodied.bad_unit``, ``embodied.bad_factor``, ``embodied.missing_source``,
        ``embodied.import_cycle`` or ``embodied.out_of_range``, naming file, line, field and remedy.
    """
    return _core.load(Path(fspath(file)), allow_outside=allow_outside)


def parse(document: Document, *, name: str = "bom", files: Mapping[str, Document] | None = None) -> Bom:
    """Read a bill of materials from a text, JSON or YAML, or from a mapping of Python.

    Parameters
    ----------
    document : str or mapping
        The bill of materials.
    name : str
        Stands for the file in messages.
    files : mapping, optional
        Imports and tables by name. Without them, nothing is read from the file system but what the document
        imports relative to the working folder.

    Raises
    ------
    co2lib.Error
        As `load`.
    """
    given = {key: _text(value) for key, value in (files or {}).items()}
    return _core.parse(_text(document), name=name, files=given)


def _axis_value(field: str, value: Any) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError) as error:
        raise BadValueError(
            "embodied.bad_bom",
            f"{field}: {value!r} cannot stand in a bill of materials; give a number, a text or a mapping",
        ) from error


def explore(
    bom: Bom,
    axes: Mapping[str, Sequence[Any]],
    *,
    figure: Callable[[dict[str, Any]], float] | None = None,
    draws: int = 0,
    seed: int = 0,
    reserved: timedelta | float | None = None,
    ci_table: str = "act2022",
    factors: Sequence[FactorTable] = (),
) -> Exploration:
    """Compute every combination of some fields' values, and which of them are worth building.

    Parameters
    ----------
    bom : Bom
        What is varied.
    axes : mapping
        Id of a part and its field (``"soc.node"``, ``"dram.capacity"``, ``"radio.qty"``), or
        ``"lifetime_years"`` or ``"truncation"``, to its values as they stand in a file: numbers in the
        field's unit, texts such as ``"60 mm2"``, mappings with value, low and high; None leaves it out.
    figure : callable, optional
        What else is to be small (a delay, a price, minus an accuracy), of a mapping of axes to values.
    draws : int
        Of each variant, with common random numbers; 0: bounds only.
    seed : int
        Of the draws.
    reserved : timedelta or float, optional
        Time in s: the carbon is then the share of a use that reserves the device so long, over the lifetime.
    ci_table : str
        Table of fab electricity for files that name none.
    factors : sequence of FactorTable
        Tables of one's own, searched first.

    Returns
    -------
    Exploration
        ``points``, the last axis varying fastest; ``front``: those that no other beats in carbon and figure.

    Raises
    ------
    co2lib.Error
        ``embodied.bad_bom`` naming the axis; ``embodied.out_of_range`` for no axis, no values or more than
        10^7 variants; what `Bom.footprint` and `share` raise.
    """
    names = list(axes)
    values = {name: list(given) for name, given in axes.items()}
    texts = [(name, [_axis_value(name, value) for value in values[name]]) for name in names]

    def of_choice(choice: list[int]) -> float:
        assert figure is not None
        return float(figure({name: values[name][i] for name, i in zip(names, choice, strict=True)}))

    return _core.explore(
        bom,
        texts,
        seed=seed,
        draws=draws,
        ci_table=ci_table,
        factors=list(factors),
        reserved=reserved,
        figure=None if figure is None else of_choice,
    )


def act_footprint(
    document: Document,
    *,
    files: Mapping[str, Document] | None = None,
    ci_table: str = "act2022",
    name: str = "bom",
) -> ActFootprint:
    """Read an ACT v2 bill of materials and compute it by ACT's rules, defects and all.

    Parameters
    ----------
    document : str or mapping
        YAML or JSON text, or a mapping.
    files : mapping, optional
        The files that it imports, by name.
    ci_table : str
        Table of the fab's electricity: ``act2022`` or ``act2023``.
    name : str
        Stands for the file in messages.

    Returns
    -------
    ActFootprint
        `total_kg`, `parts_g`, and `issues`: ``act_defect`` where a number rests on a defect of ACT.

    Raises
    ------
    co2lib.Error
        ``embodied.bad_bom``, ``embodied.bad_unit``, ``embodied.unknown_factor``, ``embodied.out_of_range``.
    """
    given = {key: _text(value) for key, value in (files or {}).items()}
    return _core.act_footprint(_text(document), files=given, ci_table=ci_table, name=name)


def act_memory(
    device: str, process: str, *, capacity_gb: float, die_yield: float = 0.875, packages: float = 0
) -> tuple[float, float]:
    """Return carbon of fab and packages in g of a memory device by ACT's rules.

    Parameters
    ----------
    device : str
        ``dram``, ``ssd`` or ``hdd``.
    process : str
        A product without its prefix: ``lpddr4``, ``nand_10nm``, ``Exosx16``.
    capacity_gb : float
        GB of 1e9 B.
    die_yield : float
        In (0, 1]. ACT divides by it although the factors are per shipped GB; a `Bom` does not.
    packages : float
        Number of packages of 150 g.
    """
    return _core.act_memory(device, process, capacity_gb=capacity_gb, die_yield=die_yield, packages=packages)


def logic_die(
    area_cm2: float,
    cpa: CarbonPerArea,
    *,
    die_yield: float = 0.875,
    packages: float = 1,
    package_g: float = 150,
) -> tuple[float, float]:
    """Return carbon in g of the fab and of the packages of one logic die.

    Parameters
    ----------
    area_cm2 : float
        Of the die, cm2.
    cpa : CarbonPerArea
        Of `logic_cpa`.
    die_yield : float
        In (0, 1]; divides the silicon, never the package.
    packages, package_g : float
        How many, and g of each.

    Raises
    ------
    co2lib.Error
        ``embodied.out_of_range``.
    """
    return _core.logic_die(area_cm2, cpa, die_yield=die_yield, packages=packages, package_g=package_g)
