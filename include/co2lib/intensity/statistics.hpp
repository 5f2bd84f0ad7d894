// SPDX-License-Identifier: MIT
// Statistics: what the values of a trace are like.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {

/// What a trace's known values are like; what is undefined is nullopt. Intensities in g/kWh.
struct Statistics {
  std::size_t count = 0;                              ///< intervals with a value
  double sum = 0;                                     ///< of all values, g/kWh
  std::optional<CarbonIntensity> mean{};              ///< each interval counting once; none without values
  std::optional<CarbonIntensity> min{};               ///< the least; none without values
  std::optional<CarbonIntensity> max{};               ///< the greatest; none without values
  std::optional<CarbonIntensity> sd{};                ///< population standard deviation
  std::optional<double> cv{};                         ///< sd / mean
  std::optional<CarbonIntensity> mean_daily_range{};  ///< mean over whole UTC days of max - min
};

namespace detail {

/// One interval of a trace in 24 bytes; NaN is a missing value.
struct Cell {
  UtcTime start;
  UtcTime end;
  double value;
};
static_assert(sizeof(Cell) == 24);

inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();

inline double to_cell(const std::optional<CarbonIntensity>& value) { return value ? value->g_per_kwh() : missing; }
inline std::optional<CarbonIntensity> from_cell(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(CarbonIntensity::from_g_per_kwh(value));
}

/// Mean over the whole UTC days of the cells of their largest known value less their smallest.
inline std::optional<CarbonIntensity> mean_daily_range(const std::vector<Cell>& cells) {
  using std::chrono::days;
  using std::chrono::floor;
  numeric::Sum ranges;
  std::size_t count = 0;
  for (std::size_t i = 0; i < cells.size();) {
    const auto day = floor<days>(cells[i].start);
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (; i < cells.size() && floor<days>(cells[i].start) == day; ++i) {
      if (std::isnan(cells[i].value)) continue;
      low = std::min(low, cells[i].value);
      high = std::max(high, cells[i].value);
    }
    if (low <= high && cells.front().start <= day && day + days(1) <= cells.back().end) {
      ranges += high - low;
      ++count;
    }
  }
  if (count == 0) return std::nullopt;
  return CarbonIntensity::from_g_per_kwh(ranges.value() / static_cast<double>(count));
}

inline Statistics statistics(const std::vector<Cell>& cells) {
  Statistics s;
  numeric::Sum sum;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const Cell& cell : cells) {
    if (std::isnan(cell.value)) continue;
    ++s.count;
    sum += cell.value;
    low = std::min(low, cell.value);
    high = std::max(high, cell.value);
  }
  s.sum = sum.value();
  if (s.count == 0) return s;
  const double n = static_cast<double>(s.count);
  const double mean = s.sum / n;
  numeric::Sum squares;
  for (const Cell& cell : cells) {
    if (!std::isnan(cell.value)) squares += numeric::product(cell.value - mean, cell.value - mean);
  }
  const double sd = std::sqrt(squares.value() / n);
  s.mean = CarbonIntensity::from_g_per_kwh(mean);
  s.min = CarbonIntensity::from_g_per_kwh(low);
  s.max = CarbonIntensity::from_g_per_kwh(high);
  s.sd = CarbonIntensity::from_g_per_kwh(sd);
  if (mean != 0) s.cv = sd / mean;
  s.mean_daily_range = mean_daily_range(cells);
  return s;
}

}  // namespace detail

}  // namespace co2lib::intensity
