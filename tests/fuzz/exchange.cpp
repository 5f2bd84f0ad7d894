// SPDX-License-Identifier: MIT
// Documents of any kind: disclosures with figures that are finite and not negative, or `exchange.bad_document`.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <co2lib/exchange.hpp>

#include "target.hpp"

namespace {

void check(std::optional<double> x) {
  if (x && !(std::isfinite(*x) && *x >= 0)) __builtin_trap();
}

}  // namespace

CO2LIB_FUZZ_TARGET(exchange, data, size) {
  using namespace co2lib::exchange;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto found = read(text);
    for (const Disclosure& d : found) {
      check(d.energy.joules());
      check(d.operational.grams());
      check(d.embodied.grams());
      check(d.water.litres());
      check(d.facility ? std::optional(d.facility->joules()) : std::nullopt);
    }
    const Comparison same = compare(found, found);
    if (!same.differences.empty()) __builtin_trap();
  } catch (const co2lib::Error& error) {
    if (error.code() != "exchange.bad_document") __builtin_trap();
  }
  try {
    (void)disclosure_of(text, Activity::training);
  } catch (const co2lib::Error& error) {
    if (!error.code().starts_with("exchange.")) __builtin_trap();
  }
  return 0;
}
