// SPDX-License-Identifier: MIT
// What stands after a number: a unit of mass, words for CO2, or something else; private to src.
#pragma once

#include <optional>
#include <string_view>

#include <co2lib/hub/card.hpp>

namespace co2lib::hub {

/// A unit and what it makes of the number before it.
struct WrittenUnit {
  enum class Kind {
    none,       ///< nothing, or only words for CO2
    mass,       ///< grams = number * factor
    ambiguous,  ///< two factors
    wrong,      ///< no mass; the warning says what
  };
  Kind kind = Kind::none;
  double factor = 1;  ///< g
  double other = 1;   ///< g; of what is ambiguous, the greater one
  CardWarnings warnings{};
};

/// Reads all of what follows a number, from a `plain_value`.
[[nodiscard]] WrittenUnit read_unit(std::string_view plain);

/// True for nothing, or words for CO2 and no others.
[[nodiscard]] bool only_co2_words(std::string_view plain);

/// Without the words for CO2 at its end.
[[nodiscard]] std::string_view before_co2_words(std::string_view plain);

}  // namespace co2lib::hub
