// SPDX-License-Identifier: MIT
// Numbers as people write them in cards; private to src.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <co2lib/hub/card.hpp>

namespace co2lib::hub {

/// A number at the start of a text.
struct WrittenNumber {
  std::size_t size = 0;           ///< characters it takes
  std::optional<double> value{};  ///< none if `ambiguous` or `bad`; infinite if no double can hold it
  double low = 0;                 ///< of an ambiguous one: the reading with a decimal comma,
  double high = 0;                ///< and the one with a separator of thousands
  bool ambiguous = false;         ///< `1,234`
  bool bad = false;               ///< its groups do not fit: `1,23,456`
  double last_digit = 1;          ///< what one unit of the last digit is worth
  CardWarnings warnings{};
};

/// Reads the number that a `plain_value` begins with: sign, digits with separators, exponent; none if it begins with no
/// number.
[[nodiscard]] std::optional<WrittenNumber> read_number(std::string_view plain);

/// A decimal text (digits, one dot, exponent) as a double; infinite beyond the doubles, 0 below them.
[[nodiscard]] double decimal(std::string_view text);

}  // namespace co2lib::hub
