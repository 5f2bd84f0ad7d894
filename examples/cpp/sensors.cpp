// SPDX-License-Identifier: MIT
// What this machine offers to measure with, what it withholds, and how to get it.
#include <co2lib/meter.hpp>

int main() {
  for (const auto& sensor : co2lib::sensors()) fmt::print("{}\n", sensor);
}
