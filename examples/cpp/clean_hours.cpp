// SPDX-License-Identifier: MIT
// The cleanest hour of the next two days, from nothing but the past of a grid, and how well that went before.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <vector>

#include <co2lib/intensity.hpp>

int main() {
  using namespace co2lib::intensity;
  std::vector<std::optional<co2lib::CarbonIntensity>> hours;  // of your grid: read_csv("grid.csv")
  for (int h = 0; h < 24 * 90; ++h) {
    const double value = 300 + 80 * std::sin(h * 0.2618) + 25 * std::cos(h / 26.7);
    hours.push_back(co2lib::CarbonIntensity::from_g_per_kwh(value));
  }
  const Trace past = Trace::regular(parse_time("2024-01-01T00:00:00Z"), std::chrono::hours(1), hours);

  const Forecast next = forecast(past, {.horizon = std::chrono::hours(48)});
  const auto best =
      static_cast<std::size_t>(std::min_element(next.g_per_kwh.begin(), next.g_per_kwh.end()) - next.g_per_kwh.begin());
  const auto interval = next.interval(best, 0.9);
  std::printf("in %zu h: %.0f g/kWh, 90 %% between %.0f and %.0f\n", best, next.g_per_kwh[best],
              interval->low.g_per_kwh(), interval->high.g_per_kwh());
  const Backtest before = backtest(past);
  std::printf("before: %.1f %% off on the first day\n", before.days[0].mape_percent.value_or(0));
}
