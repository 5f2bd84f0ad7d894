// SPDX-License-Identifier: MIT
// Whole hours of a finer trace, for what works on hours: forecasts, and plans made with them.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include <co2lib/intensity/trace.hpp>

namespace co2lib::intensity {

/// The whole UTC hours of a trace, one after the other.
struct Hours {
  UtcTime start{};                  ///< of the first
  std::vector<double> g_per_kwh{};  ///< NaN where an hour is missing

  [[nodiscard]] std::size_t size() const noexcept { return g_per_kwh.size(); }  ///< number of hours
  /// End of the last hour.
  [[nodiscard]] UtcTime end() const { return start + std::chrono::hours(static_cast<long>(size())); }
};

/// The means over whole UTC hours of a trace with steps of up to an hour, from its first whole hour to its last.
///
/// An hour that known values do not cover wholly is missing. A record longer than an hour is `intensity.bad_time`: what
/// its hours are is not known. Nothing from `until` on is looked at.
[[nodiscard]] Hours hours_of(const Trace& trace, UtcTime until = UtcTime::max());

/// `hours_of` as a trace with the attributes of the first record, its flags, raw value and error left out.
[[nodiscard]] Trace hourly_means(const Trace& trace);

}  // namespace co2lib::intensity
