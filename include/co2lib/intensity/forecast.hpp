// SPDX-License-Identifier: MIT
// Forecasts of carbon intensity from nothing but its own past, with intervals from their own past errors.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/intensity/record.hpp>
#include <co2lib/record.hpp>

namespace co2lib::intensity {

class Trace;

/// How the hours to come are computed from those known; docs/intensity.md has the formulas.
enum class Forecaster : std::uint8_t {
  persistence,          ///< the last hour
  same_hour_yesterday,  ///< the same hour of the last 24 h
  same_hour_last_week,  ///< the hour one week before
  mean7,                ///< the mean of the same hour of the last 7 days
  blend,                ///< `mean7`, and what the last hour is off, fading with exp(-1 / 24 h)
  ridge28,              ///< `blend`, and a ridge regression per lead of what it was off over the whole past
};

/// Texts of `Forecaster`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Forecaster) noexcept {
  return texts("persistence", "same_hour_yesterday", "same_hour_last_week", "mean7", "blend", "ridge28");
}

inline constexpr std::array forecasters = all<Forecaster>();  ///< all of them, in the order of the enumeration

/// The probabilities that intervals are made for.
inline constexpr std::array<double, 3> forecast_levels{0.80, 0.90, 0.95};

/// A forecast issued at one time: values over equal steps, and how far off they may be.
struct Forecast {
  std::string method{};                                             ///< `blend`, a provider's id, ...
  UtcTime issued_at{};                                              ///< nothing known later was used
  UtcTime start{};                                                  ///< of the first step
  std::chrono::nanoseconds step = std::chrono::hours(1);            ///< of each
  std::vector<double> g_per_kwh{};                                  ///< finite; an average is >= 0
  std::vector<std::array<std::optional<double>, 3>> half_widths{};  ///< per `forecast_levels`, g/kWh; may be empty
  std::size_t climatology_from = static_cast<std::size_t>(-1);      ///< from this step on it is climatology
  Record attributes{};                                              ///< signal, scope, zone, ...; no times, no value
  std::vector<Issue> issues{};                                      ///< `no_interval`, `climatology`

  [[nodiscard]] std::size_t size() const noexcept { return g_per_kwh.size(); }  ///< number of steps
  /// End of the last step.
  [[nodiscard]] UtcTime end() const { return start + step * static_cast<std::int64_t>(size()); }

  /// The value of a step; beyond the last `intensity.out_of_range`.
  [[nodiscard]] CarbonIntensity value(std::size_t i) const;

  /// Value less and plus half-width, cut at 0; nullopt where none is known. A level that is none of `forecast_levels`
  /// is `intensity.bad_value`.
  [[nodiscard]] std::optional<Interval<CarbonIntensity>> interval(std::size_t i, double level = 0.9) const;

  /// Its steps as records of status `forecast`, to price energy with; `error` is the 95 % interval.
  [[nodiscard]] Trace trace() const;

  bool operator==(const Forecast&) const = default;
};

/// Which forecast, from when on, and how far.
struct ForecastOptions {
  Forecaster method = Forecaster::blend;  ///< which method
  std::optional<UtcTime> issued_at{};     ///< the start of an hour; default: the end of the last known whole hour
  std::chrono::hours horizon = std::chrono::hours(96);  ///< 1 to 168 h
  /// Half widths from the errors of earlier forecasts; where too few are known, the issue `no_interval`.
  bool intervals = true;
};

/// Forecasts the hours from `issued_at` on, from the whole hours of the trace before it and from nothing later.
///
/// Finer steps are averaged to hours; coarser ones, an issue that is not the start of an hour and a horizon outside 1 h
/// to 21 days are `intensity.bad_time`. Needed are the last 169 h, of `ridge28` 672 h, beyond 168 h of horizon 672 h:
/// fewer are `intensity.too_short`, a missing hour among them (of `ridge28`: among all) is `intensity.gap`. Beyond
/// 168 h each method gives the mean of the same hour of the last 28 days, and says so (`climatology`).
///
/// Half-widths are the ceil(q (n + 1))-th smallest, at most the n-th, of the absolute errors at the same lead of the
/// last n <= 60 issues 24, 48, ... h before whose target is known, for n >= 30; else there are none (`no_interval`).
[[nodiscard]] Forecast forecast(const Trace& trace, const ForecastOptions& options = {});

/// `forecast` with the default method.
[[nodiscard]] Forecast blend(const Trace& trace, UtcTime issued_at,
                             std::chrono::hours horizon = std::chrono::hours(96));

/// A forecast that somebody else made, from its records: one after the other, in equal steps, with values, of one issue
/// time. Anything else is `intensity.bad_value`, a hole among them `intensity.gap`.
[[nodiscard]] Forecast forecast_of(std::span<const Record> records);

/// The values alone, of leads 0, 1, ... h, for the first `issue` hours, which are known; the others are not read. At
/// most 168 leads. Throws as `forecast`.
void forecast_values(std::span<const double> hours, std::size_t issue, Forecaster method, std::span<double> values);

/// A forecast as one line of JSON, and back; refusals as of records (<co2lib/intensity/lines.hpp>).
[[nodiscard]] std::string json_line(const Forecast& forecast);
[[nodiscard]] Forecast parse_forecast_line(std::string_view line);  ///< the forecast of one line of `json_line`
/// The forecasts of lines; empty lines are skipped. `name` is for messages.
[[nodiscard]] std::vector<Forecast> parse_forecasts(std::string_view text, std::string_view name = "JSON lines");
/// The forecasts of a file of lines.
[[nodiscard]] std::vector<Forecast> read_forecasts(const std::filesystem::path& file);
/// Writes a file of lines in the place of what is there.
void write_forecasts(const std::filesystem::path& file, std::span<const Forecast> forecasts);

}  // namespace co2lib::intensity
