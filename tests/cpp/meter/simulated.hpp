// SPDX-License-Identifier: MIT
// A simulated package counter whose true energy is known, for the tests of engines, curve and zones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <co2lib/meter/counter.hpp>

namespace co2lib::meter {

inline constexpr std::uint64_t range_uj = 262143328850;

inline MeterInfo package(double p_max = 1000) {
  MeterInfo info{.id = "intel-rapl:0"};
  info.control = "intel-rapl";
  info.name = "package-0";
  info.domain = Domain::package;
  info.provider = "powercap";
  info.wrap = WrapRange::modulus(range_uj);
  info.p_max_w = p_max;
  info.slack_s = 0;
  return info;
}

struct Simulated {
  std::vector<CounterSample> samples;
  std::vector<double> truth_j;  ///< energy since the first sample, at each sample
};

/// A counter that follows random powers below the ceiling and wraps at `range_uj`.
inline Simulated simulate(unsigned seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> watts(0, 900);
  std::uniform_int_distribution<int> step_ms(1, 20'000);
  std::uint64_t value = random() % range_uj;
  MonotonicTime t = std::chrono::seconds(100);
  Simulated s;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    s.samples.push_back({t, value});
    s.truth_j.push_back(static_cast<double>(total) / 1e6);
    const int ms = step_ms(random);
    const auto uj = static_cast<std::uint64_t>(watts(random) * ms * 1e3);
    total += uj;
    value = (value + uj) % range_uj;
    t += std::chrono::milliseconds(ms);
  }
  return s;
}

}  // namespace co2lib::meter
