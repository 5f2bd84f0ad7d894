// SPDX-License-Identifier: MIT
#include <co2lib/intensity/hours.hpp>

#include <algorithm>
#include <utility>

#include <co2lib/numeric.hpp>

namespace co2lib::intensity {

Hours hours_of(const Trace& trace, UtcTime until) {
  using std::chrono::hours;
  constexpr auto hour = std::chrono::nanoseconds(hours(1));
  Hours result;
  if (trace.empty()) return result;
  result.start = UtcTime(std::chrono::ceil<hours>(trace.start()));
  const auto count = std::chrono::floor<hours>(std::min(trace.end(), until) - result.start).count();
  if (count > 0) result.g_per_kwh.assign(static_cast<std::size_t>(count), detail::missing);
  numeric::Sum weighted;
  auto covered = hour - hour;
  std::ptrdiff_t current = -1;  // the hour that `weighted` and `covered` are of
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const TimedValue cell = trace.timed(i);
    if (cell.start >= until) break;
    if (cell.end - cell.start > hour) {
      detail::fail("bad_time", "the interval " + detail::range_text(cell.start, cell.end) +
                                   " is longer than an hour; what its hours are is not known. Give hourly or finer "
                                   "values");
    }
    if (!cell.value) continue;
    for (UtcTime p = cell.start; p < cell.end;) {
      const auto index = std::chrono::floor<hours>(p - result.start).count();
      const UtcTime q = std::min(cell.end, result.start + hours(index + 1));
      if (index >= 0 && index < count) {
        double& value = result.g_per_kwh[static_cast<std::size_t>(index)];
        if (q - p == hour) {
          value = cell.value->g_per_kwh();
        } else {
          if (index != current) weighted = {}, covered = covered.zero(), current = index;
          weighted += numeric::product(cell.value->g_per_kwh(), static_cast<double>((q - p).count()));
          covered += q - p;
          if (covered == hour) value = weighted.value() / static_cast<double>(hour.count());
        }
      }
      p = q;
    }
  }
  return result;
}

Trace hourly_means(const Trace& trace) {
  const Hours means = hours_of(trace);
  if (means.g_per_kwh.empty()) return {};
  Record attributes = trace.record(0);
  attributes.flags.clear();
  attributes.raw_value.reset();
  attributes.raw_unit.clear();
  attributes.error.reset();
  std::vector<std::optional<CarbonIntensity>> values;
  values.reserve(means.size());
  for (const double value : means.g_per_kwh) values.push_back(detail::from_cell(value));
  return Trace::regular(means.start, std::chrono::hours(1), values, std::move(attributes));
}

}  // namespace co2lib::intensity
