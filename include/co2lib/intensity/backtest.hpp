// SPDX-License-Identifier: MIT
// How well forecasts were, day by day of their lead.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/intensity/forecast.hpp>
#include <co2lib/intensity/trace.hpp>

namespace co2lib::intensity {

/// How the intervals of one level did.
struct LevelScore {
  double level = 0;     ///< what they promise: 0.80, 0.90, 0.95
  double coverage = 0;  ///< part of the truths inside
  double winkler = 0;   ///< mean of width + 2 / (1 - level) x distance of a truth outside, g/kWh; smaller is better

  bool operator==(const LevelScore&) const = default;
};

/// One day of leads: day d has the leads 24 (d - 1) to 24 d - 1 h of all issues.
struct DayScore {
  std::size_t pairs = 0;                      ///< forecast and truth
  double mae_g_per_kwh = 0;                   ///< mean of |f - a|
  std::optional<double> mape_percent{};       ///< 100 x mean of |f - a| / a over a > 0
  std::size_t with_interval = 0;              ///< pairs whose forecast has intervals
  std::vector<LevelScore> levels{};           ///< of those; empty if there are none
  std::optional<double> pinball_g_per_kwh{};  ///< mean over those and the quantiles .025 .05 .1 .5 .9 .95 .975

  bool operator==(const DayScore&) const = default;
};

/// The scores of a method on a series.
struct Backtest {
  std::string method{};                        ///< name of the forecaster
  std::size_t issues = 0;                      ///< how many forecasts
  UtcTime first{};                             ///< the first issue
  UtcTime last{};                              ///< the last issue
  std::vector<DayScore> days{};                ///< by day ahead: leads 0 to 23 h, 24 to 47 h, ...
  std::optional<double> mean_spearman_day1{};  ///< of the first 24 leads, mean over the issues where it is defined

  bool operator==(const Backtest&) const = default;
};

/// What is forecast, and from when on.
struct BacktestOptions {
  Forecaster method = Forecaster::blend;                ///< which is tried
  std::optional<UtcTime> first_issue{};                 ///< default: the first 00:00 UTC that knows enough hours
  std::chrono::hours horizon = std::chrono::hours(96);  ///< 1 to 168 h
  std::chrono::hours step = std::chrono::hours(24);     ///< between issues
};

/// Issues a forecast every `step` while `horizon` hours of truth remain, each from the hours before it alone, and
/// scores them all.
///
/// `ridge28` is fitted at the first issue and then at the first issue 168 h or more after the last fit. Errors as of
/// `forecast`; every hour from the first that is used to the last truth must be known. No issue with its whole truth
/// is `intensity.too_short`.
[[nodiscard]] Backtest backtest(const Trace& trace, const BacktestOptions& options = {});

/// Scores forecasts that somebody made, over the hours that they and the truth know. The lead counts from the hour of
/// their issue. Forecasts of steps longer than an hour are `intensity.bad_time`; no pair at all is `intensity.no_data`.
[[nodiscard]] Backtest score(std::span<const Forecast> forecasts, const Trace& truth);

/// As above, each forecast with a truth of its own; other numbers of them are `intensity.bad_value`.
[[nodiscard]] Backtest score(std::span<const Forecast> forecasts, std::span<const Trace> truths);

}  // namespace co2lib::intensity
