// SPDX-License-Identifier: MIT
// Logs of runs: whatever bytes a file holds, reading it and computing its footprint never crashes, throws only errors
// of this library, and gives the same result again. What a log says of energy is never negative nor out of its bounds.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include <co2lib/error.hpp>
#include <co2lib/tracker/run.hpp>

#include "target.hpp"
#include "tracker/log.hpp"

namespace {

using co2lib::tracker::Run;

/// True if [low, high] holds x, up to rounding.
bool holds(double low, double x, double high) {
  const double slack = 1e-9 * (x < 0 ? -x : x) + 1e-9;
  return low - slack <= x && x <= high + slack;
}

void check(const Run& run) {
  const co2lib::tracker::Footprint f = run.footprint();
  if (run.footprint().to_json() != f.to_json() || f.to_string().empty()) __builtin_trap();
  if (f.duration.count() < 0 || f.downtime.count() < 0 || f.suspended.count() < 0) __builtin_trap();
  for (const auto& device : f.devices) {
    const auto& w = device.record.window;
    if (w.energy_j && !(*w.energy_j >= 0 && holds(w.low_j, *w.energy_j, w.high_j))) __builtin_trap();
    if (w.coverage() && !(*w.coverage() >= 0 && *w.coverage() <= 1)) __builtin_trap();
  }
  if (f.energy.joules() && !(*f.energy.joules() >= 0)) __builtin_trap();
  const Run twice[] = {run, run};
  if (co2lib::tracker::merge(twice).segments.size() > run.segments.size()) __builtin_trap();
}

}  // namespace

CO2LIB_FUZZ_TARGET(log, data, size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  Run run;
  try {
    run = co2lib::tracker::detail::read_log(in, "fuzz");
  } catch (const co2lib::Error& error) {
    if (error.code() != "tracker.bad_log") __builtin_trap();
    return 0;
  }
  try {
    check(run);
  } catch (const co2lib::Error& error) {
    // The location and the prices of a log are checked when it is priced.
    if (error.code() != "intensity.unknown_zone") __builtin_trap();
  }
  return 0;
}
