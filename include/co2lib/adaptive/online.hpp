// SPDX-License-Identifier: MIT
// When to run a job whose time is free, while the intensities to come are unknown; and how well each rule does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <co2lib/names.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// How the hours of a job are chosen; docs/adaptive.md, "Shifting", has the rules. Ties to the earliest.
enum class ShiftRule : std::uint8_t {
  oracle_interruptible,  ///< the k lowest, known
  oracle_contiguous,     ///< the lowest k in a row, known
  forecast_once,         ///< the k lowest of blend, issued once at the submission
  forecast_contiguous,   ///< its lowest k in a row
  yesterday,             ///< the k lowest, were it as the last 24 h
  recede,                ///< each hour: run if fewer than the hours left are forecast below it
  quantile_threshold,    ///< run at or below the quantile k/T of the last 168 h
  k_search,              ///< thresholds of k-min search between the extremes of the last 168 h
};
/// Texts of `ShiftRule`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(ShiftRule) noexcept {
  return texts("oracle_interruptible", "oracle_contiguous", "forecast_once", "forecast_contiguous", "yesterday",
               "recede", "quantile_threshold", "k_search");
}

/// A job of so many hours of work inside a window of hours.
struct ShiftJob {
  std::size_t work = 1;     ///< k, hours, one per hour
  std::size_t window = 24;  ///< T, hours from the submission on, k <= T
};

/// When one job runs.
struct ShiftRun {
  std::vector<std::size_t> hours{};  ///< in which it runs, from the submission
  bool no_thresholds = false;        ///< k_search: the last week has one price, or one of 0; it ran at once
};

/// The hours in which a job that is submitted at `submitted` runs; `hours[submitted ...]` is read by a rule only as far
/// as it may know it.
///
/// Throws `adaptive.bad_input` (k < 1, a window beyond the hours, fewer than 169 of them before the submission, bad
/// intensities), `adaptive.infeasible` with `max_work` for k > T.
[[nodiscard]] ShiftRun shift_online(ShiftRule rule, std::span<const double> hours, std::size_t submitted,
                                    const ShiftJob& job);

/// Each rule's carbon over that of starting now, summed over jobs submitted at `first`, `first` + `step`, ... while the
/// window ends before the series does.
struct ShiftTable {
  std::size_t windows = 0;                              ///< jobs that were submitted
  CarbonMass start_now{};                               ///< total of jobs of 1 kW
  std::array<double, all<ShiftRule>().size()> ratio{};  ///< by ShiftRule
};
/// Runs every rule for every such job. Throws as `shift_online`; `adaptive.bad_input` for a step of 0 or no window at
/// all.
[[nodiscard]] ShiftTable shift_table(std::span<const double> hours, const ShiftJob& job, std::size_t first,
                                     std::size_t step);

}  // namespace co2lib::adaptive
