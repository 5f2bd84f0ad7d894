# SPDX-License-Identifier: MIT
"""Domain exchange: one footprint in the formats of others, and back.

>>> from co2lib import exchange
>>> footprint = {"run_id": "r1", "energy": {"value_j": 3.6e6}, "facility": {"pue": 1.0},
...              "operational": {"value_g": 50.0}}
>>> run = exchange.disclosure(footprint, activity="training")
>>> bom = exchange.cyclonedx([run], model="tiny-bert")
>>> exchange.read(bom)[0].operational.grams
50.0
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from co2lib._core import exchange as _exchange
from co2lib._core.exchange import Comparison, Disclosure, SciScore
from co2lib._errors import BadValueError
from co2lib.exchange._validate import format_of, validate

if TYPE_CHECKING:
    from co2lib._core.tracker import Footprint

__all__ = [
    "Comparison",
    "Disclosure",
    "SciScore",
    "activities",
    "boamps",
    "compare",
    "cyclonedx",
    "disclosure",
    "format_of",
    "of_footprint",
    "read",
    "sci_ai",
    "spdx",
    "validate",
]

Runs = Sequence[Disclosure] | Disclosure


class StatedCard(Protocol):
    """What a model card says, as `co2lib.hub.read_card` gives it."""

    @property
    def grams(self) -> float | None:
        """Emissions in g CO2e; None where the card does not say them for certain."""

    @property
    def energy_kwh(self) -> float | None:
        """Energy in kWh; None where the card does not say it."""

    @property
    def training_type(self) -> str | None:
        """`pre-training` or `fine-tuning`, as written; None where the card does not say it."""


def activities() -> list[str]:
    """Return the names of the activities."""
    return _exchange.activities()


def disclosure(
    footprint: Footprint | Mapping[str, Any] | str,
    *,
    activity: str | None = None,
    counts: Mapping[str, float] | None = None,
) -> Disclosure:
    """Return what is said about a footprint in other formats.

    Parameters
    ----------
    footprint : Footprint, mapping or str
        A footprint, or its JSON (``co2lib-footprint/1``); keys that are not there are unknown.
    activity : str, optional
        What the model was doing: one of :func:`activities`. There is no default: the formats ask for it.
    counts : mapping, optional
        Functional units done in this run, by name, each above 0: ``{"request": 1000}``.

    Raises
    ------
    co2lib.Error
        ``exchange.bad_document`` for a text that is no footprint, ``exchange.bad_value`` for an unknown
        activity or a count that is not above 0.
    """
    if isinstance(footprint, Mapping):
        text = json.dumps(dict(footprint))
    else:
        text = footprint if isinstance(footprint, str) else footprint.to_json()
    return _exchange.disclosure_of(text, activity, dict(counts or {}))


def of_footprint(
    form: str,
    footprint: Footprint | Mapping[str, Any] | str,
    *,
    activity: str | None = None,
    counts: Mapping[str, float] | None = None,
    **how: Any,
) -> Any:
    """Return one footprint in a format: what `Footprint.to_cyclonedx` and its like call.

    Parameters
    ----------
    form : str
        ``cyclonedx``, ``spdx``, ``boamps`` or ``sci_ai``.
    activity, counts
        As for :func:`disclosure`.
    how
        The keywords of the function of that name.

    Raises
    ------
    co2lib.Error
        ``exchange.bad_value`` for another form; what the function raises.
    """
    writers: dict[str, Callable[..., Any]] = {
        "cyclonedx": cyclonedx,
        "spdx": spdx,
        "boamps": boamps,
        "sci_ai": sci_ai,
    }
    if form not in writers:
        raise BadValueError("exchange.bad_value", f"format {form!r}: use {', '.join(writers)}")
    return writers[form]([disclosure(footprint, activity=activity, counts=counts)], **how)


def _list(runs: Runs) -> list[Disclosure]:
    return [runs] if isinstance(runs, Disclosure) else list(runs)


def _text(document: Mapping[str, Any] | str | None) -> str:
    if document is None:
        return ""
    return document if isinstance(document, str) else json.dumps(dict(document))


def cyclonedx(
    disclosures: Runs,
    *,
    model: str | None = None,
    version: str | None = None,
    supplier: str | None = None,
    spec_version: str = "1.7",
    energy_provider: str | None = None,
    energy_source: str | None = None,
    created: str | None = None,
    serial: str | None = None,
    into: Mapping[str, Any] | str | None = None,
    bom_ref: str | None = None,
) -> str:
    """Return a CycloneDX ML-BOM (JSON) with the footprints as energy consumptions of the model.

    Parameters
    ----------
    model, version, supplier : str
        Of the model; `model` must be given unless `into` is.
    spec_version : str
        ``1.7`` or ``1.6``.
    energy_provider, energy_source : str, optional
        Who delivers the electricity, and a word of CycloneDX such as ``wind``.
    created : str, optional
        UTC; default: now. Given, the same run gives the same bytes.
    serial : str, optional
        ``urn:uuid:...``.
    into : mapping or str, optional
        An existing BOM, which gets the entries; an entry of the same activity and run is replaced.
    bom_ref : str, optional
        The component of `into` that is meant.

    Raises
    ------
    co2lib.Error
        ``exchange.unsupported_version``, ``exchange.bad_value``, ``exchange.missing_field`` (details:
        `fields`), ``exchange.no_value``, ``exchange.bad_document``, ``exchange.component``.
    """
    return _exchange.cyclonedx(
        _list(disclosures),
        model or "",
        version or "",
        supplier or "",
        spec_version,
        energy_provider or "",
        energy_source or "",
        created or "",
        serial or "",
        _text(into),
        bom_ref or "",
    )


def spdx(
    disclosures: Runs,
    *,
    model: str | None = None,
    version: str | None = None,
    supplier: str | None = None,
    download_location: str | None = None,
    released: str | None = None,
    licence: str | None = None,
    created: str | None = None,
    namespace: str | None = None,
) -> str:
    """Return an SPDX 3.0.1 document (JSON-LD) with AI profile.

    Parameters
    ----------
    model, version, supplier, download_location, released : str
        Of the model; the profile asks for all of them. `released` is UTC.
    licence : str, optional
        An SPDX expression.
    namespace : str, optional
        Of the ids.

    Raises
    ------
    co2lib.Error
        As :func:`cyclonedx`, and ``exchange.not_representable`` for an activity that SPDX has no field for.
    """
    return _exchange.spdx(
        _list(disclosures),
        model or "",
        version or "",
        supplier or "",
        download_location or "",
        released or "",
        licence or "",
        created or "",
        namespace or "",
    )


def boamps(
    disclosures: Runs, context: Mapping[str, Any] | str | None = None, *, created: str | None = None
) -> str:
    """Return a BoAmps 1.1 report (JSON) of one footprint.

    Parameters
    ----------
    context : mapping or str
        The part of a report that no run can know, with BoAmps' own names: `task`, `infrastructure`.

    Raises
    ------
    co2lib.Error
        ``exchange.bad_value`` for several footprints, or a context that measures; ``exchange.missing_field``,
        ``exchange.no_value``.
    """
    return _exchange.boamps(_list(disclosures), _text(context), created or "")


def sci_ai(
    disclosures: Runs, *, unit: str, count: float, basis: str | None = None, rationale: str | None = None
) -> SciScore:
    """Return a score of SCI for AI: (operational + embodied) per functional unit.

    Parameters
    ----------
    unit : str
        ``flop``, ``training_token`` and ``parameter`` are the provider's; every other name is the consumer's.
    count : float
        Functional units of all the runs.
    basis, rationale : str
        ``gross`` or ``effective``, and why; a provider must give them.

    Raises
    ------
    co2lib.Error
        ``exchange.missing_field``, ``exchange.bad_value``, ``exchange.mixed_boundary``,
        ``exchange.no_value``. Scores of unlike units or bases cannot be compared: ``exchange.mixed_units``,
        ``exchange.mixed_basis``.
    """
    return _exchange.sci_ai(_list(disclosures), unit, float(count), basis, rationale or "")


def read(document: Mapping[str, Any] | str) -> list[Disclosure]:
    """Read a CycloneDX, SPDX 3.0, BoAmps or ``co2lib-sci-ai/1`` document.

    Figures that contradict each other have no value; `warnings` say it.

    Raises
    ------
    co2lib.Error
        ``exchange.bad_document`` for a text that is not JSON, or is none of the formats.
    """
    return _exchange.read(_text(document))


def _stated(what: Mapping[str, Any] | str | StatedCard | Runs) -> list[Disclosure]:
    if isinstance(what, Disclosure) or (isinstance(what, Sequence) and not isinstance(what, str)):
        return _list(what)
    if isinstance(what, Mapping | str):
        return read(what)
    if not hasattr(what, "grams"):
        raise BadValueError("exchange.bad_value", f"expected a document, disclosures or a card, got {what!r}")
    activity = what.training_type if what.training_type in activities() else None
    return [_exchange.stated(what.grams, what.energy_kwh, activity)]


def compare(
    a: Mapping[str, Any] | str | StatedCard | Runs, b: Mapping[str, Any] | str | StatedCard | Runs
) -> Comparison:
    """Compare what two documents say of the same runs.

    Parameters
    ----------
    a, b : mapping, str, disclosures or card
        Documents, what was read from them, or a card as `co2lib.hub.read_card` gives it: its grams, and its
        energy as the facility's.
    """
    return _exchange.compare(_stated(a), _stated(b))
