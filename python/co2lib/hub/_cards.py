# SPDX-License-Identifier: MIT
"""Cards: read, written, updated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, overload

from co2lib._core import hub as _hub
from co2lib._core.hub import Card, CardBlock, CardRecord


def write_block(record: CardRecord | Mapping[str, Any]) -> CardBlock:
    """Write the YAML block ``co2_eq_emissions`` of a model card.

    Parameters
    ----------
    record : CardRecord or mapping
        By the names of the card: `emissions` in g CO2e, `energy_consumed` in kWh, `hours_used` in h,
        `ram_total_size` in GB; other keys of a mapping are written last, in their order. None is left out.

    Returns
    -------
    CardBlock
        `yaml`, and `issues` (``hf_client_misreads`` where a widespread reader takes another number from it).

    Raises
    ------
    co2lib.Error
        ``hub.card_negative_emissions`` if the emissions are absent, negative or not finite; ``hub.bad_value``
        for a value of the wrong type, another number that is not finite, or a key that readers would take for
        another one.
    """
    return _hub.write_block(_record(record))


def _record(record: CardRecord | Mapping[str, Any]) -> CardRecord:
    return record if isinstance(record, CardRecord) else CardRecord.from_dict(dict(record))


def read_card(text: str | bytes) -> Card:
    """Read a model card (README.md); any text gives a card, and nothing is raised, fetched or evaluated.

    Parameters
    ----------
    text : str or bytes
        The whole card, at most 64 MiB, its metadata at most 16 MiB.

    Returns
    -------
    Card
        `status`, `grams` and all that the card says beside them; `warnings` name every doubt.
    """
    return _hub.read_card(text)


def read_metadata(metadata: Mapping[str, Any] | str | bytes) -> Card:
    """Read the metadata alone: `cardData` of the Hub's API, its JSON, or YAML.

    Parameters
    ----------
    metadata : mapping, str or bytes
        A mapping may hold anything; what JSON has no form for is taken as a text.
    """
    if isinstance(metadata, Mapping):
        metadata = json.dumps(dict(metadata), default=str)
    return _hub.read_metadata(metadata)


def read_cards(texts: Iterable[str | bytes], *, threads: int = 0, thorough: bool = False) -> list[Card]:
    """Read many cards, each as :func:`read_card` does, on several threads.

    Parameters
    ----------
    texts : iterable of str or bytes
    threads : int
        Default: as many as the machine has.
    thorough : bool
        Parse also metadata that never mention emissions. Without, their warnings ``yaml_error`` and
        ``front_matter_not_a_map`` are not known; every other field is the same.
    """
    return _hub.read_cards(tuple(texts), threads, thorough)


@overload
def update_card(
    card: str, record: CardRecord | CardBlock | Mapping[str, Any] | str, *, update_body: bool = False
) -> str: ...
@overload
def update_card(
    card: bytes, record: CardRecord | CardBlock | Mapping[str, Any] | str, *, update_body: bool = False
) -> bytes: ...
def update_card(
    card: str | bytes,
    record: CardRecord | CardBlock | Mapping[str, Any] | str,
    *,
    update_body: bool = False,
) -> str | bytes:
    """Return the card with the block of a record; every byte outside of the block stays as it is.

    Parameters
    ----------
    card : str or bytes
        The result is of the same type.
    record : CardRecord, mapping, CardBlock or str
        As for :func:`write_block`, or a block that is written already: ``footprint.to_model_card()``.
    update_body : bool
        Also the first line of the text that states emissions.

    Raises
    ------
    co2lib.Error
        ``hub.card_duplicate_key``, ``hub.card_front_matter_unterminated``, ``hub.card_yaml_error`` (metadata
        that do not parse, are no map, or in which the block cannot be replaced alone), and those of
        :func:`write_block`.
    """
    if isinstance(record, CardBlock | str):
        block = record if isinstance(record, str) else record.yaml
        updated = _hub.update_card_with(card, block, update_body)
    else:
        updated = _hub.update_card(card, _record(record), update_body)
    return updated if isinstance(card, bytes) else updated.decode("utf-8", "surrogatepass")


def card_warnings() -> dict[str, str]:
    """Return every code of a card's warnings and what it says."""
    return dict(_hub.card_warnings())


_HUB_PATTERN = re.compile(r"\d+\.\d+|\d+")


def hub_reader_grams(value: Any) -> float | None:
    r"""Return what the filter `emissions_thresholds` of huggingface_hub makes of the value of a card.

    The first match of ``\d+\.\d+|\d+`` in its text: ``1e-05`` is 1, ``149.2 kg`` is 149.2.
    """
    if isinstance(value, Mapping):
        value = value.get("emissions")
    found = _HUB_PATTERN.search(str(value)) if value else None
    return float(found[0]) if found else None
