// SPDX-License-Identifier: MIT
// One value of emissions, from the metadata or the text of a card; private to src.
#pragma once

#include <optional>
#include <string_view>

#include <co2lib/hub/card.hpp>

namespace co2lib::hub {

/// What a value without a unit is in.
struct DefaultUnit {
  double factor = 1;  ///< g
  UnitSource source = UnitSource::assumed;
  bool known = true;        ///< false: a key `unit` says something that is no mass
  CardWarnings warnings{};  ///< of the unit, if it is used
};

/// One value as read.
struct Reading {
  CardStatus status = CardStatus::missing;
  std::optional<double> grams{};
  std::optional<double> low{};
  std::optional<double> high{};
  UnitSource unit_source = UnitSource::none;
  double half_digit = 0;  ///< g; half a unit of the last digit that is written
  CardWarnings warnings{};
};

/// Reads a text: quoted in YAML, a JSON string, or plain where YAML has no number.
[[nodiscard]] Reading read_text(std::string_view text, const DefaultUnit& unit);

/// Reads a scalar without quotes, as YAML 1.1 and 1.2 both understand it; `json`: a number may have any notation.
[[nodiscard]] Reading read_scalar(std::string_view text, bool json, const DefaultUnit& unit);

/// The default unit that a text declares, as the value of a key `unit`, or in parentheses behind a label.
[[nodiscard]] DefaultUnit declared_unit(std::string_view text, UnitSource source);

/// The value of a number in a plain scalar of YAML or JSON; none if it is no finite number.
[[nodiscard]] std::optional<double> plain_number(std::string_view text);

}  // namespace co2lib::hub
