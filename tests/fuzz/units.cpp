// SPDX-License-Identifier: MIT
// Unit texts and quantities: nothing crashes or overflows, and what is read keeps its laws.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <co2lib/units.hpp>

#include "target.hpp"

namespace {

template <class Q>
void read_quantity(std::string_view text) {
  const co2lib::Result<Q> quantity = co2lib::parse<Q>(text);
  if (quantity && (*quantity != *quantity || co2lib::to_string(*quantity).empty())) __builtin_trap();
  if (!quantity && quantity.issue().code != "bad_unit") __builtin_trap();
}

}  // namespace

CO2LIB_FUZZ_TARGET(units, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto unit = co2lib::parse_unit(text)) {
    if (unit->numerator <= 0 || unit->denominator <= 0) __builtin_trap();
    const auto same = co2lib::convert(1.0, *unit, *unit);
    if (!same || *same != 1.0) __builtin_trap();
  }
  read_quantity<co2lib::Energy>(text);
  read_quantity<co2lib::Power>(text);
  read_quantity<co2lib::CarbonMass>(text);
  read_quantity<co2lib::CarbonIntensity>(text);
  read_quantity<co2lib::Water>(text);
  read_quantity<co2lib::WaterIntensity>(text);
  if (const std::size_t split = text.find('\n'); split != std::string_view::npos) {
    const auto there = co2lib::convert(3.0, text.substr(0, split), text.substr(split + 1));
    const auto back = co2lib::convert(3.0, text.substr(split + 1), text.substr(0, split));
    if (static_cast<bool>(there) != static_cast<bool>(back)) __builtin_trap();
    if (there && std::fabs(*there * *back - 9.0) > 1e-9) __builtin_trap();
  }
  return 0;
}
