# SPDX-License-Identifier: MIT
"""
Domain hub: model cards.
"""
from __future__ import annotations
import co2lib._core
import collections.abc
import numpy
import numpy.typing
import typing
__all__: list[str] = ['Card', 'CardBlock', 'CardRecord', 'Label', 'LabelMetric', 'LetterProbabilities', 'MetricLabel', 'Preset', 'badge', 'card_warnings', 'compound', 'fit', 'index', 'label_columns', 'label_one', 'label_rows', 'letter_probabilities', 'performance_score', 'preset', 'preset_names', 'rating', 'read_card', 'read_cards', 'read_metadata', 'report_class', 'report_class_names', 'star_class', 'stars', 'update_card', 'update_card_with', 'write_block']
class CardRecord:
    """
    What a model card reports; fields that are None are left out of the block.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    @staticmethod
    def from_dict(fields: dict[str, typing.Any]) -> CardRecord:
        """
        Read a dict by the names of the card; keys that are not fields of a card become extra keys.
        """
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
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
    def cpu_model(self) -> str | None:
        """
        Name of the processor.
        """
    @cpu_model.setter
    def cpu_model(self, arg0: str | None) -> None:
        ...
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
    def geographical_location(self) -> str | None:
        """
        Place or region of the cloud.
        """
    @geographical_location.setter
    def geographical_location(self, arg0: str | None) -> None:
        ...
    @property
    def hardware_used(self) -> str | None:
        """
        Such as `1 x NVIDIA H200`.
        """
    @hardware_used.setter
    def hardware_used(self, arg0: str | None) -> None:
        ...
    @property
    def hours_used(self) -> float | None:
        """
        h.
        """
    @hours_used.setter
    def hours_used(self, arg0: typing.SupportsFloat | typing.SupportsIndex | None) -> None:
        ...
    @property
    def on_cloud(self) -> bool | None:
        """
        Ran in a cloud; written as `True` or `False`.
        """
    @on_cloud.setter
    def on_cloud(self, arg0: bool | None) -> None:
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
    def source(self) -> str | None:
        """
        The tool that measured, such as `co2lib`.
        """
    @source.setter
    def source(self, arg0: str | None) -> None:
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
        """
        `hf_client_misreads`: a widespread reader takes another number from it.
        """
    @property
    def yaml(self) -> str:
        """
        The lines from ``co2_eq_emissions:`` on, each with its line end.
        """
class Card:
    """
    What a model card reports; a number that is not certain is never in `grams`.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: dict[str, typing.Any]) -> None:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        All fields.
        """
    @property
    def body_grams(self) -> float | None:
        """
        g; the one mass that the text of the card states.
        """
    @property
    def cloud_provider(self) -> str | None:
        """
        As written.
        """
    @property
    def completeness(self) -> int:
        """
        0 to 5: emissions, source, training type, location and hardware in the metadata.
        """
    @property
    def cpu_model(self) -> str | None:
        """
        As written.
        """
    @property
    def energy_kwh(self) -> float | None:
        """
        kWh.
        """
    @property
    def extra(self) -> dict[str, typing.Any]:
        """
        Other keys of the block, as texts, in their order.
        """
    @property
    def geographical_location(self) -> str | None:
        """
        As written: `Paris, France`.
        """
    @property
    def grams(self) -> float | None:
        """
        g CO2e, at status `ok` and `ok_from_body`.
        """
    @property
    def hardware_used(self) -> str | None:
        """
        As written.
        """
    @property
    def high(self) -> float | None:
        """
        g; upper bound.
        """
    @property
    def hours_used(self) -> float | None:
        """
        h.
        """
    @property
    def issues(self) -> list[co2lib._core.Issue]:
        """
        The warnings with their texts.
        """
    @property
    def low(self) -> float | None:
        """
        g; lower bound of what is ambiguous, or given with ±.
        """
    @property
    def on_cloud(self) -> bool | None:
        """
        As written; None for another text than yes and no.
        """
    @property
    def ram_gb(self) -> float | None:
        """
        GB.
        """
    @property
    def raw(self) -> str | None:
        """
        The scalar as written; None for a map or list.
        """
    @property
    def source(self) -> str | None:
        """
        Who measured, as written.
        """
    @property
    def status(self) -> str:
        """
        `ok`, `ok_from_body`, `missing`, `ambiguous` or `invalid`.
        """
    @property
    def training_type(self) -> str | None:
        """
        As written: `fine-tuning`.
        """
    @property
    def unit_source(self) -> str:
        """
        `default` (none is written, so g), `explicit`, `declared`, `body`, or `none`.
        """
    @property
    def warnings(self) -> list[str]:
        """
        The codes of what is to be known.
        """
class LabelMetric:
    """
    One metric of a preset.
    """
    def __repr__(self) -> str:
        ...
    @property
    def boundaries(self) -> typing.Annotated[list[float], "FixedSize(4)"] | None:
        """
        Four, not rising; None if no model has the metric.
        """
    @property
    def higher_is_better(self) -> bool:
        """
        True: index = value / reference; False: reference / value.
        """
    @property
    def name(self) -> str:
        """
        Key of the values: `co2_eq_emissions`.
        """
    @property
    def only_for(self) -> str | None:
        """
        The task that has it; None: all.
        """
    @property
    def percents(self) -> typing.Annotated[list[float], "FixedSize(4)"]:
        """
        Of the indices of the population, in %.
        """
    @property
    def reference(self) -> float | None:
        """
        Value of the reference model; None: it comes with the models.
        """
    @property
    def unit(self) -> str:
        """
        Of its values: `g`.
        """
    @property
    def weight(self) -> float:
        """
        Share of the label, against those of the other metrics.
        """
class Preset:
    """
    Rules of labels: metrics, weights, boundaries and references.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def metrics(self) -> list[LabelMetric]:
        """
        In the order in which they are added.
        """
    @property
    def mode(self) -> str:
        """
        How ratings become one.
        """
    @property
    def name(self) -> str:
        """
        By which it is found: `castano2023`.
        """
    @property
    def own_reference(self) -> bool:
        """
        The reference is a model of the same task and environment, given with each model.
        """
    @property
    def population(self) -> int:
        """
        Models that the boundaries come from.
        """
    @property
    def population_date(self) -> str:
        """
        When they were collected.
        """
    @property
    def population_name(self) -> str:
        """
        Which models these are.
        """
    @property
    def reference_model(self) -> str:
        """
        Its name; empty if there is none.
        """
    @property
    def upper_cap(self) -> float | None:
        """
        An index above it is rated 4.
        """
class MetricLabel:
    """
    One metric of a label.
    """
    @property
    def index(self) -> float | None:
        """
        Value against the reference; None without a value.
        """
    @property
    def name(self) -> str:
        """
        Of the preset.
        """
    @property
    def rating(self) -> int | None:
        """
        0 (A) to 4 (E).
        """
    @property
    def unit(self) -> str:
        """
        Of its values: `g`.
        """
    @property
    def value(self) -> float | None:
        """
        Of the model; None if it is missing.
        """
class Label:
    """
    A label and what it is made of.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def index(self) -> dict[str, float | None]:
        """
        Index of each metric, by its name; None without a value.
        """
    @property
    def label(self) -> str | None:
        """
        `A` to `E`; None if nothing is rated.
        """
    @property
    def mean(self) -> float | None:
        """
        The weighted mean of the ratings, 0 to 4.
        """
    @property
    def metrics(self) -> list[MetricLabel]:
        """
        In the order of the preset.
        """
    @property
    def preset(self) -> str:
        """
        Its name.
        """
    @property
    def ratings(self) -> dict[str, int | None]:
        """
        Rating of each metric, 0 (A) to 4 (E), by its name; None without an index.
        """
class LetterProbabilities:
    """
    How sure a letter is.
    """
    def __repr__(self) -> str:
        ...
    @property
    def confidence(self) -> float:
        """
        What the letters of the verdict have together, at least.
        """
    @property
    def probability(self) -> dict[str, float]:
        """
        Of the letters A to E.
        """
    @property
    def verdict(self) -> str:
        """
        `A`, or `A/B undecided`; empty if nothing is rated.
        """
def badge(label: str, about: str) -> str:
    ...
def card_warnings() -> list[tuple[str, str]]:
    ...
def compound(ratings: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], weights: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], mode: str) -> tuple[int, float]:
    ...
def fit(rows: collections.abc.Sequence[tuple[str, collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex], str, str]], preset: Preset, reference: str) -> Preset:
    ...
def index(value: typing.SupportsFloat | typing.SupportsIndex | None, reference: typing.SupportsFloat | typing.SupportsIndex, higher_is_better: bool) -> float | None:
    ...
def label_columns(columns: collections.abc.Mapping[str, typing.Annotated[numpy.typing.ArrayLike, numpy.float64]], rows: typing.SupportsInt | typing.SupportsIndex, preset: Preset, mode: str | None) -> tuple[numpy.typing.NDArray[numpy.int8], numpy.typing.NDArray[numpy.float64], list[numpy.typing.NDArray[numpy.float64]], list[numpy.typing.NDArray[numpy.int8]]]:
    ...
def label_one(values: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex], preset: Preset, task: str, reference: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex], mode: str | None) -> Label:
    ...
def label_rows(rows: collections.abc.Sequence[tuple[str, collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex], str, str]], preset: Preset, mode: str | None) -> list[Label]:
    ...
def letter_probabilities(values: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex], intervals: collections.abc.Mapping[str, tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]], preset: Preset, task: str, reference: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex], mode: str | None, draws: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex, confidence: typing.SupportsFloat | typing.SupportsIndex) -> LetterProbabilities:
    ...
def performance_score(metrics: collections.abc.Sequence[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]]) -> list[float]:
    ...
def preset(name: str) -> Preset:
    ...
def preset_names() -> list[str]:
    ...
def rating(index: typing.SupportsFloat | typing.SupportsIndex, boundaries: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"], upper_cap: typing.SupportsFloat | typing.SupportsIndex | None) -> int:
    ...
def read_card(text: typing.Any) -> Card:
    ...
def read_cards(texts: tuple[typing.Any, ...], threads: typing.SupportsInt | typing.SupportsIndex = 0, thorough: bool = False) -> list[Card]:
    ...
def read_metadata(text: typing.Any) -> Card:
    ...
def report_class(emissions_reported: bool, hardware_used: str | None, geographical_location: str | None, cloud_provider: str | None, hours_used: typing.SupportsFloat | typing.SupportsIndex | None, tags: collections.abc.Sequence[str], context: str, certification_tag: str) -> tuple[int, str]:
    ...
def report_class_names() -> list[str]:
    ...
def star_class(billion_parameters: typing.SupportsFloat | typing.SupportsIndex) -> str:
    ...
def stars(energy_wh: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], mode: str) -> list[int]:
    ...
def update_card(card: typing.Any, record: CardRecord, update_body: bool = False) -> bytes:
    ...
def update_card_with(card: typing.Any, block: str, update_body: bool = False) -> bytes:
    ...
def write_block(record: CardRecord) -> CardBlock:
    ...
