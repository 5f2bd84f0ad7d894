// SPDX-License-Identifier: MIT
// What writers and readers of the formats share; private to src.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/exchange/disclosure.hpp>

#include "detail/json.hpp"

namespace co2lib::exchange {

using co2lib::detail::Json;

inline constexpr std::string_view prefix = "co2lib:";
inline constexpr double joules_per_kwh = 3.6e6;
inline constexpr double grams_per_tonne = 1e6;

/// The shortest decimal that reads back to the same double, with a point and never an exponent.
[[nodiscard]] std::string decimal_text(double x);

/// A double from such a text, or another decimal; none if it is not a finite number.
[[nodiscard]] std::optional<double> decimal_value(std::string_view text);

/// Names and texts of what is known of a disclosure, without prefix, in the order of docs/exchange.md, "Evidence".
[[nodiscard]] std::vector<std::pair<std::string, std::string>> evidence_of(const Disclosure& d);

/// One JSON text, as a tree in its order. Throws `exchange.bad_document`.
[[nodiscard]] Json parse_tree(std::string_view text);

/// Indented by two blanks; numbers as `detail/json.hpp` writes them.
[[nodiscard]] std::string pretty(const Json& tree);

/// A time in arguments, or now in whole seconds, as UTC text. Throws `exchange.bad_value`.
[[nodiscard]] std::string created_text(std::string_view given, const char* field = "created");

/// Throws `exchange.missing_field` if a name is listed.
void need_all(const std::vector<std::string>& missing);

/// Throws `exchange.no_value` for a disclosure without energy; returns the facility's in J.
[[nodiscard]] double facility_joules(const Disclosure& d);

/// Energies and counts are finite and not negative. Throws `exchange.bad_value`.
void check_values(const std::vector<Disclosure>& disclosures);

/// Where electricity is used.
struct Place {
  std::optional<std::string> country;      ///< its English name
  std::optional<std::string> subdivision;  ///< ISO 3166-2
  std::optional<std::string> provider;     ///< of a cloud region
  bool is_country = false;                 ///< no more is said than the country
};

[[nodiscard]] Place place_of(std::string_view location);

/// The member of an object; null if it is none, or has it not.
[[nodiscard]] const Json* member(const Json& object, std::string_view name);
[[nodiscard]] std::optional<std::string> text_member(const Json& object, std::string_view name);

void add_warning(Disclosure& d, std::string_view code);

}  // namespace co2lib::exchange
