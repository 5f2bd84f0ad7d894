// SPDX-License-Identifier: MIT
// The formats of others, written and read: CycloneDX 1.6 and 1.7, SPDX 3.0.1, BoAmps 1.1, SCI for AI.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/exchange/disclosure.hpp>

namespace co2lib::exchange {

/// What a CycloneDX ML-BOM says besides the footprints. Empty is not given.
struct CycloneDxOptions {
  std::string model{};               ///< must be given, unless `into` is
  std::string version{};             ///< of the model
  std::string supplier{};            ///< of the model: an organisation
  std::string spec_version = "1.7";  ///< or 1.6
  std::string energy_provider{};     ///< an organisation; must be given where there is an energy
  std::string energy_source{};       ///< of the words of CycloneDX: `wind`, `solar`, ...
  std::string created{};             ///< UTC; default: now
  std::string serial{};              ///< `urn:uuid:...`
  std::string into{};                ///< an existing BOM (JSON), which gets the entries
  std::string bom_ref{};             ///< of its component
};

/// A CycloneDX ML-BOM (JSON text) with the footprints as energy consumptions of the model.
///
/// Energies are the facility's, in kWh; emissions in t CO2eq; unknown emissions have no key. In `into`, an entry of the
/// same activity and run is replaced in its place, others are appended, everything else stays. Throws
/// `exchange.unsupported_version`, `exchange.bad_value`, `exchange.missing_field` (details: `fields`),
/// `exchange.no_value`, `exchange.bad_document`, `exchange.component` (details: `found`).
[[nodiscard]] std::string cyclonedx(const std::vector<Disclosure>& disclosures, const CycloneDxOptions& options);

/// What an SPDX document says besides the footprints. Empty is not given.
struct SpdxOptions {
  std::string model{};              ///< its name; must be given
  std::string version{};            ///< of the model; must be given
  std::string supplier{};           ///< of the model: an organisation; must be given
  std::string download_location{};  ///< of the model; must be given
  std::string released{};           ///< UTC
  std::string licence{};            ///< an SPDX expression
  std::string created{};            ///< UTC; default: now
  std::string namespace_{};         ///< of its ids
};

/// An SPDX 3.0.1 document (JSON-LD text) with AI profile. Throws as `cyclonedx`, and `exchange.not_representable`
/// (details: `activity`) for an activity without a field.
[[nodiscard]] std::string spdx(const std::vector<Disclosure>& disclosures, const SpdxOptions& options);

/// A BoAmps 1.1 report (JSON text) of one footprint; `context` (JSON) is the part that no run can know.
///
/// Throws `exchange.bad_value`, `exchange.missing_field`, `exchange.no_value`, `exchange.bad_document`.
[[nodiscard]] std::string boamps(const std::vector<Disclosure>& disclosures, std::string_view context,
                                 std::string_view created = {});

/// The disclosures of a document in any of the four formats; figures that contradict each other have no value.
///
/// Throws `exchange.bad_document` for a text that is not JSON (NaN, a key twice, depth above 100, more than 64 MiB),
/// or is none of the formats.
[[nodiscard]] std::vector<Disclosure> read(std::string_view text);

/// What two documents say of the same runs.
struct Comparison {
  std::optional<bool> agree{};             ///< none if nothing was compared
  std::vector<std::string> compared{};     ///< figures that both state
  std::vector<std::string> differences{};  ///< those more than 1e-9 apart
  std::size_t unpaired = 0;                ///< entries without a partner

  bool operator==(const Comparison&) const = default;
};

/// Compares entries of the same run, or of the same activity where a run id is missing. An entry without an activity
/// is paired with anything but an inference.
[[nodiscard]] Comparison compare(const std::vector<Disclosure>& a, const std::vector<Disclosure>& b);

}  // namespace co2lib::exchange
