// SPDX-License-Identifier: MIT
// A user's program: uses the headers, the compiled library and its tables, and fmt through the front door.
#include <cstdio>

#include <co2lib/csv.hpp>
#include <co2lib/format.hpp>
#include <co2lib/units.hpp>
#include <co2lib/version.hpp>

int main() {
  const auto mass = co2lib::Energy::from_kwh(2) * co2lib::CarbonIntensity::from_g_per_kwh(56);
  const auto table = co2lib::csv::table("grid_factors");
  if (!table || (*table)->rows.empty()) return 1;
  std::puts(fmt::format("co2lib {}: {}", co2lib::version, mass).c_str());
  return 0;
}
