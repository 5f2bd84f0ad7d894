# SPDX-License-Identifier: MIT
"""Domain hub: what model cards say about emissions.

>>> from co2lib import hub
>>> print(hub.write_block({"emissions": 25.4, "source": "co2lib"}).yaml, end="")
co2_eq_emissions:
  emissions: 25.4
  source: "co2lib"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from co2lib._core import hub as _hub
from co2lib._core.hub import CardBlock, CardRecord

__all__ = ["CardBlock", "CardRecord", "write_block"]


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
    return _hub.write_block(record if isinstance(record, CardRecord) else CardRecord.from_dict(dict(record)))
