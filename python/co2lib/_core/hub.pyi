# SPDX-License-Identifier: MIT
"""
Domain hub: model cards.
"""
from __future__ import annotations
import co2lib._core
import typing
__all__: list[str] = ['CardBlock', 'CardRecord', 'write_block']
class CardRecord:
    """
    What a model card reports; fields that are None are left out of the block.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    cpu_model: str | None
    geographical_location: str | None
    hardware_used: str | None
    on_cloud: bool | None
    source: str | None
    @staticmethod
    def from_dict(fields: dict[str, typing.Any]) -> CardRecord:
        """
        Read a dict by the names of the card; keys that are not fields of a card become extra keys.
        """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[dict[str, typing.Any]]:
        ...
    def __init__(self, *, emissions: typing.SupportsFloat | typing.SupportsIndex | None = None, source: str | None = None, training_type: str | None = None, geographical_location: str | None = None, hardware_used: str | None = None, energy_consumed: typing.SupportsFloat | typing.SupportsIndex | None = None, hours_used: typing.SupportsFloat | typing.SupportsIndex | None = None, on_cloud: bool | None = None, cpu_model: str | None = None, ram_total_size: typing.SupportsFloat | typing.SupportsIndex | None = None, extra: dict[str, typing.Any] | None = None) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields that have a value, in the order of the block.
        """
    @property
    def emissions(self) -> float | None:
        """
        g CO2e, operational; must be given.
        """
    @emissions.setter
    def emissions(self, arg0: typing.SupportsFloat | typing.SupportsIndex | None) -> None:
        ...
    @property
    def energy_consumed(self) -> float | None:
        """
        kWh.
        """
    @energy_consumed.setter
    def energy_consumed(self, arg0: typing.SupportsFloat | typing.SupportsIndex | None) -> None:
        ...
    @property
    def extra(self) -> dict[str, typing.Any]:
        """
        A copy of the further keys, in their order.
        """
    @property
    def hours_used(self) -> float | None:
        """
        h.
        """
    @hours_used.setter
    def hours_used(self, arg0: typing.SupportsFloat | typing.SupportsIndex | None) -> None:
        ...
    @property
    def ram_total_size(self) -> float | None:
        """
        GB.
        """
    @ram_total_size.setter
    def ram_total_size(self, arg0: typing.SupportsFloat | typing.SupportsIndex | None) -> None:
        ...
    @property
    def training_type(self) -> str | None:
        """
        `pre-training` or `fine-tuning`.
        """
    @training_type.setter
    def training_type(self, arg0: str | None) -> None:
        ...
class CardBlock:
    """
    A written block and what is to be known about it.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        ...
    @property
    def yaml(self) -> str:
        """
        The lines from `co2_eq_emissions:` on, each with its line end.
        """
def write_block(record: CardRecord) -> CardBlock:
    ...
