// SPDX-License-Identifier: MIT
#include <co2lib/adaptive/slots.hpp>

namespace co2lib::adaptive {

Slots::Slots(const intensity::Trace& trace) {
  if (trace.empty()) detail::bad_input("intensity: the trace has no slot");
  start = trace.start();
  basis = std::string(text(trace.signal())) + ", " + std::string(text(trace.scope()));
  if (!trace.record(0).factor_set.empty()) basis += ", " + trace.record(0).factor_set;
  const intensity::TimedValue first = trace.timed(0);
  step = first.end - first.start;
  g_per_kwh.reserve(trace.size());
  UtcTime expected = first.start;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const intensity::TimedValue cell = trace.timed(i);
    const std::string place = "intensity[" + std::to_string(i) + "]";
    if (cell.start != expected) {
      detail::bad_input(place + ": nothing is known from " + format_utc(expected) + " to " + format_utc(cell.start) +
                        "; fill gaps before planning, they are never guessed");
    }
    if (cell.end - cell.start != step) {
      detail::bad_input(place + ": the interval at " + format_utc(cell.start) +
                        " is not as long as the first; give equal steps (intensity.hourly_means)");
    }
    g_per_kwh.push_back(cell.value ? cell.value->g_per_kwh() : std::nan(""));
    expected = cell.end;
  }
  detail::all_not_negative(g_per_kwh, "intensity");
}

Slots::Slots(const intensity::Forecast& made)
    : g_per_kwh(made.g_per_kwh), start(made.start), step(made.step), forecast(true) {
  detail::all_not_negative(g_per_kwh, "intensity");
  for (std::size_t i = 0; i < made.size(); ++i) {
    const auto interval = made.interval(i);
    if (!interval) {
      low.clear(), high.clear();
      break;
    }
    low.push_back(std::max(interval->low.g_per_kwh(), 0.0));
    high.push_back(interval->high.g_per_kwh());
  }
}

}  // namespace co2lib::adaptive
