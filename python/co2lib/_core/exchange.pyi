# SPDX-License-Identifier: MIT
"""
Domain exchange: a footprint in the formats of others.
"""
from __future__ import annotations
import co2lib._core
import collections.abc
import typing
__all__: list[str] = ['Comparison', 'Disclosure', 'SciScore', 'activities', 'boamps', 'compare', 'cyclonedx', 'disclosure_of', 'read', 'sci_ai', 'spdx', 'stated']
class Disclosure:
    """
    What is said about one activity of one model; None is unknown.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        Its figures, with their units in the names.
        """
    @property
    def activity(self) -> str | None:
        """
        What was done.
        """
    @property
    def complete(self) -> bool | None:
        """
        Whether the run had ended.
        """
    @property
    def counts(self) -> dict[str, float]:
        """
        Functional units by name.
        """
    @property
    def coverage(self) -> float | None:
        """
        0 to 1.
        """
    @property
    def duration_s(self) -> float | None:
        """
        s.
        """
    @property
    def embodied(self) -> co2lib._core.CarbonMassEstimate:
        """
        Share of the hardware.
        """
    @property
    def end(self) -> str | None:
        """
        UTC.
        """
    @property
    def energy(self) -> co2lib._core.EnergyEstimate:
        """
        IT.
        """
    @property
    def evidence(self) -> str | None:
        """
        `measured`, `modelled` or `mixed`.
        """
    @property
    def facility_energy(self) -> co2lib._core.Energy | None:
        """
        IT x PUE.
        """
    @property
    def hardware(self) -> list[str]:
        """
        For people: `2 x NVIDIA H200`.
        """
    @property
    def intensity_g_per_kwh(self) -> float | None:
        """
        Mean over the energy.
        """
    @property
    def intensity_source(self) -> str | None:
        """
        What the carbon was priced with.
        """
    @property
    def issues(self) -> list[str]:
        """
        Codes.
        """
    @property
    def location(self) -> str | None:
        """
        Key of the place: `FRA`.
        """
    @property
    def methods(self) -> list[tuple[str, float]]:
        """
        Shares of the energy, 0 to 1.
        """
    @property
    def model(self) -> str | None:
        """
        Name, where a document was read that has it.
        """
    @property
    def offset(self) -> co2lib._core.CarbonMass | None:
        """
        Of a document that was read; never subtracted.
        """
    @property
    def operational(self) -> co2lib._core.CarbonMassEstimate:
        """
        Operational carbon, PUE included.
        """
    @property
    def pue(self) -> float | None:
        """
        Facility energy / IT energy.
        """
    @property
    def run_id(self) -> str | None:
        """
        Of the run that the numbers are of.
        """
    @property
    def sources(self) -> list[co2lib._core.Source]:
        """
        Those with a licence.
        """
    @property
    def start(self) -> str | None:
        """
        UTC.
        """
    @property
    def version(self) -> str | None:
        """
        Of the model, where a document was read that has it.
        """
    @property
    def warnings(self) -> list[str]:
        """
        Codes, of a document that was read.
        """
    @property
    def water(self) -> co2lib._core.WaterEstimate:
        """
        Of the facility.
        """
class Comparison:
    """
    What two documents say of the same runs.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: object) -> bool:
        ...
    @property
    def agree(self) -> bool | None:
        """
        None if nothing was compared.
        """
    @property
    def compared(self) -> list[str]:
        """
        Figures that both state.
        """
    @property
    def differences(self) -> list[str]:
        """
        Those more than 1e-9 apart.
        """
    @property
    def unpaired(self) -> int:
        """
        Entries without a partner.
        """
class SciScore:
    """
    A score of SCI for AI: g CO2e per functional unit.
    """
    def __gt__(self, arg0: SciScore) -> bool:
        ...
    def __lt__(self, arg0: SciScore) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    def __truediv__(self, arg0: SciScore) -> float:
        ...
    def per(self, units: typing.SupportsFloat | typing.SupportsIndex) -> SciScore:
        """
        The same score, stated for so many units.
        """
    def to_json(self) -> str:
        """
        The document `co2lib-sci-ai/1`.
        """
    @property
    def basis(self) -> str | None:
        """
        How a provider's units are counted, `gross` or `effective`; None for a consumer's score.
        """
    @property
    def boundary(self) -> str:
        """
        Whose activities it holds: `consumer` or `provider`.
        """
    @property
    def count(self) -> float:
        """
        Functional units.
        """
    @property
    def embodied_g(self) -> float | None:
        """
        g CO2e of all disclosures; None where one does not say it.
        """
    @property
    def energy_kwh(self) -> float | None:
        """
        The facility's.
        """
    @property
    def evidence(self) -> str | None:
        """
        How the energies were obtained; `mixed` where they differ, None where one does not say it.
        """
    @property
    def g_per_unit(self) -> float | None:
        """
        None where the embodied share is unknown.
        """
    @property
    def issues(self) -> list[str]:
        """
        Codes.
        """
    @property
    def operational_g(self) -> float:
        """
        g CO2e of all disclosures, PUE included.
        """
    @property
    def rationale(self) -> str:
        """
        Why that basis.
        """
    @property
    def unit(self) -> str:
        """
        Name of the functional unit: `token`.
        """
def activities() -> list[str]:
    ...
def boamps(disclosures: collections.abc.Sequence[Disclosure], context: str, created: str) -> str:
    ...
def compare(a: collections.abc.Sequence[Disclosure], b: collections.abc.Sequence[Disclosure]) -> Comparison:
    ...
def cyclonedx(disclosures: collections.abc.Sequence[Disclosure], model: str, version: str, supplier: str, spec_version: str, energy_provider: str, energy_source: str, created: str, serial: str, into: str, bom_ref: str) -> str:
    ...
def disclosure_of(footprint_json: str, activity: str | None, counts: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex]) -> Disclosure:
    ...
def read(text: str) -> list[Disclosure]:
    ...
def sci_ai(disclosures: collections.abc.Sequence[Disclosure], unit: str, count: typing.SupportsFloat | typing.SupportsIndex, basis: str | None, rationale: str) -> SciScore:
    ...
def spdx(disclosures: collections.abc.Sequence[Disclosure], model: str, version: str, supplier: str, download_location: str, released: str, licence: str, created: str, namespace: str) -> str:
    ...
def stated(grams: typing.SupportsFloat | typing.SupportsIndex | None, facility_kwh: typing.SupportsFloat | typing.SupportsIndex | None, activity: str | None) -> Disclosure:
    ...
