// SPDX-License-Identifier: MIT
// Evidence as it is read back, and what holds where it and an official figure differ; private to src.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/parts.hpp"

namespace co2lib::exchange {

/// Texts by name, without prefix. A name that may not repeat and has two texts is as if absent.
class EvidenceTexts {
 public:
  void add(const std::string& name, const std::string& text) { texts_[name].push_back(text); }
  [[nodiscard]] bool empty() const noexcept { return texts_.empty(); }

  /// The one text of a name; warns of a contradiction.
  [[nodiscard]] std::optional<std::string> one(Disclosure& d, const std::string& name) const;

  /// A number that is not negative; warns of others.
  [[nodiscard]] std::optional<double> number(Disclosure& d, const std::string& name) const;

  /// Two numbers, `low high`.
  [[nodiscard]] std::optional<std::pair<double, double>> pair(Disclosure& d, const std::string& name) const;

  [[nodiscard]] const std::map<std::string, std::vector<std::string>>& all() const noexcept { return texts_; }

 private:
  std::map<std::string, std::vector<std::string>> texts_;
};

/// A figure of the format itself.
struct Official {
  std::optional<double> value{};  ///< J or g
  bool stated = false;            ///< it is there, readable or not
};

/// A number or its text, from 0 on; warns `bad_number` and `negative`.
[[nodiscard]] Official official_number(Disclosure& d, const Json* value, double factor);

/// Fills what only the evidence has: run, times, methods, embodied, water, hardware, counts, issues, sources.
void take_evidence(Disclosure& d, const EvidenceTexts& texts);

/// The activity: that of the evidence where it fits the official word.
void settle_activity(Disclosure& d, const EvidenceTexts& texts, const std::optional<std::string>& official,
                     std::string_view (*word)(Activity) noexcept);

/// Energy where the official figure is the facility's (CycloneDX, SPDX), or IT (BoAmps).
void settle_energy(Disclosure& d, const EvidenceTexts& texts, const Official& official, bool is_facility);

/// Emissions beside an official figure.
void settle_emissions(Disclosure& d, const EvidenceTexts& texts, const Official& official);

/// A plain number beside an official one: duration, intensity, counts.
[[nodiscard]] std::optional<double> settled(Disclosure& d, std::optional<double> evidence,
                                            std::optional<double> official);

/// Warns where emissions over energy are outside of 1 to 1500 g/kWh.
void check_intensity(Disclosure& d);

}  // namespace co2lib::exchange
