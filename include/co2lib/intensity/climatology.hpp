// SPDX-License-Identifier: MIT
// What a grid does at an hour of the day: the gap policy, the fallback chain and forecasts beyond a week use it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include <co2lib/intensity/trace.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::intensity {

/// How many days before count, and how many of them must be known.
struct ClimatologyOptions {
  int days = 7;      ///< days that count
  int at_least = 3;  ///< of them that must be known
};

/// The mean of the same UTC hour of the days before: of the hours that start `days`, ..., 2, 1 times 24 h before the
/// hour of `t`. Each of them is the mean of its known values, by the time they cover; one without any does not count.
/// nullopt for fewer than `at_least` of them.
[[nodiscard]] inline std::optional<CarbonIntensity> climatology(const Trace& trace, UtcTime t,
                                                                const ClimatologyOptions& options = {}) {
  const UtcTime hour = std::chrono::floor<std::chrono::hours>(t);
  numeric::Sum sum;
  int known = 0;
  for (int j = 1; j <= options.days; ++j) {
    const UtcTime start = hour - std::chrono::days(j);
    if (const auto mean = trace.mean(start, start + std::chrono::hours(1))) {
      sum += mean->g_per_kwh();
      ++known;
    }
  }
  if (known == 0 || known < options.at_least) return std::nullopt;
  return CarbonIntensity::from_g_per_kwh(sum.value() / known);
}

}  // namespace co2lib::intensity
