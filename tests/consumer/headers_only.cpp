// SPDX-License-Identifier: MIT
// A user of co2lib::headers alone: nothing of the compiled library is linked.
#include <co2lib/units.hpp>

int main() { return co2lib::convert(1, "kWh", "J") ? 0 : 1; }
