// SPDX-License-Identifier: MIT
// error: nodiscard|unused-result
#pragma GCC diagnostic error "-Wunused-result"
#include <co2lib/units.hpp>

int main() {
#ifdef FAIL
  co2lib::parse_unit("kWh");
#else
  return co2lib::parse_unit("kWh") ? 0 : 1;
#endif
}
