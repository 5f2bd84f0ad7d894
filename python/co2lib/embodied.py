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
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from co2lib._core import embodied as _core
from co2lib._core.embodied import (
    ActFootprint,
    Bom,
    BomFootprint,
    CarbonPerArea,
    ChipletCarbon,
    Comparison,
    Driver,
    EffectiveArea,
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

__all__ = [
    "ActFootprint",
    "Bom",
    "BomFootprint",
    "CarbonPerArea",
    "ChipletCarbon",
    "Comparison",
    "Driver",
    "EffectiveArea",
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
