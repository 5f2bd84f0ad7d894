// SPDX-License-Identifier: MIT
// The README's ten lines of C++.
#include <cmath>

#include <co2lib/tracker.hpp>

double train() {
  double x = 0;
  for (int i = 0; i < 20'000'000; ++i) x += std::sin(x + i);
  return x;
}

int main() {
  co2lib::Tracker tracker({.location = "FRA"});
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    auto epoch = tracker.region("epoch");  // RAII, nests, any thread
    sum += train();
  }
  fmt::print("{}\n{}\n", sum, tracker.stop());  // a co2lib::Footprint
}
