// SPDX-License-Identifier: MIT
// What each warning says to people.
#include <array>
#include <cstddef>

#include <co2lib/hub/card.hpp>

namespace co2lib::hub {

std::string_view explanation(CardWarning warning) noexcept {
  constexpr auto count = texts_of(CardWarning{}).size();
  constexpr std::array<std::string_view, count> texts = {
      "the file begins with a byte order mark; save it as UTF-8 without one",
      "blanks follow the opening ---; remove them",
      "the metadata begin with --- and never end, so the Hub ignores them; close them with ---",
      "the metadata do not stand at the top, so the Hub ignores them; move them up",
      "the metadata are not a map of keys; write key: value lines",
      "the metadata are not YAML; look at indentation, brackets and quotes",
      "a YAML tag is ignored; remove it",
      "a key looks like co2_eq_emissions and is not; spell it exactly so",
      "a key is there more than once; keep one",
      "there is no key emissions; add it, in grams",
      "the block is a list of single keys, a draft of the standard; write a map",
      "the value is a list of one; write the value itself",
      "the value is a list; write one total in grams",
      "emissions is a map; write one total in grams",
      "a key unit gives the unit, which other readers ignore; write grams",
      "the unit is not g, and most readers ignore units; write the number of grams",
      "the unit has two meanings; write the number of grams",
      "a key has blanks; write underscores",
      "a key is not written as the standard has it; use small letters and underscores",
      "a field that should be a number is not one, and is ignored",
      "this is not a number; write the number of grams",
      "this is not a finite number",
      "a number with a leading zero is octal for some readers; remove the zero",
      "a number with colons is a time for some readers; write the number of grams",
      "readers get a text, not a number; write the number alone, such as 17.0 or 1.0e-05",
      "emissions cannot be negative; offsets are not emissions",
      "the number is too large",
      "0 g is reported; leave the key out where emissions are unknown",
      "exactly 1 g is reported, which is often a placeholder",
      "a placeholder stands in the place of the value",
      "this is a bound, not a value",
      "the value is said to be approximate",
      "a note in parentheses is ignored",
      "an uncertainty is given; low and high have it",
      "this is a range, not a value",
      "text follows the value that cannot be read",
      "separators of thousands were dropped; write the number without them",
      "a comma was read as the decimal separator; write a point",
      "the comma may part decimals or thousands; write a point or nothing",
      "the groups of digits do not fit; write the number without separators",
      "ton was read as the metric ton; write t, or short ton",
      "this is an energy, not a mass of CO2e",
      "this is a rate, not a total",
      "carbon or CO2: the two differ by 44/12; write CO2e",
      "the unit is not known; write the number of grams",
      "the value comes from the text of the card; add it to the metadata, in grams",
      "the text gives no unit: grams or kilograms; add it",
      "the text gives different values",
      "the text says another value than the metadata",
      "the text says 1000 times as much: the metadata may hold kilograms in the place of grams",
      "the text says a thousandth: the metadata may be 1000 times too large",
      "emissions and energy do not fit: outside of 1 to 1500 g/kWh",
      "the value is that of the base model, not of this one",
  };
  const auto at = static_cast<std::size_t>(warning);
  return at < count ? texts[at] : std::string_view();
}

}  // namespace co2lib::hub
