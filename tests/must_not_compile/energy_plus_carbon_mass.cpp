// SPDX-License-Identifier: MIT
// error: no match for 'operator\+'|invalid operands to binary expression
#include <co2lib/units.hpp>

int main() {
  const auto energy = co2lib::Energy::from_kwh(1);
  const auto mass = energy * co2lib::CarbonIntensity::from_g_per_kwh(56);
#ifdef FAIL
  return energy + mass == energy;
#else
  return mass + mass == mass;
#endif
}
