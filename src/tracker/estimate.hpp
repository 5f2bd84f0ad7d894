// SPDX-License-Identifier: MIT
// Estimates out of parts, and sums of them; private to src/tracker.
#pragma once

#include <optional>

#include <co2lib/meter/zones.hpp>
#include <co2lib/record.hpp>
#include <co2lib/tracker/run.hpp>

namespace co2lib::tracker::detail {

[[nodiscard]] inline Estimate<Energy> to_estimate(const meter::Part& p) {
  Estimate<Energy> e;
  if (!p.present) return e;
  if (p.energy_j) e.value = Energy::from_joules(*p.energy_j);
  e.bounds = Interval<Energy>{Energy::from_joules(p.low_j), Energy::from_joules(p.high_j), 1.0};
  e.interval = Interval<Energy>{Energy::from_joules(p.interval_low_j), Energy::from_joules(p.interval_high_j), 0.95};
  return e;
}

/// Adds an estimate of another segment or region; a part that is unknown leaves the sum unknown.
template <class Q>
void add_to(Estimate<Q>& sum, const Estimate<Q>& more) {
  if (!sum.bounds) {
    sum = more;
    return;
  }
  sum.value = sum.value && more.value ? std::optional(*sum.value + *more.value) : std::nullopt;
  const auto widen = [](std::optional<Interval<Q>>& into, const std::optional<Interval<Q>>& by) {
    if (!into || !by) return;
    into->low += by->low;
    into->high += by->high;
  };
  widen(sum.bounds, more.bounds);
  widen(sum.interval, more.interval);
}

/// A closed region as users see it, without its carbon.
[[nodiscard]] inline RegionResult to_result(const RegionRecord& record, const meter::Part& inclusive, UtcTime start) {
  RegionResult result{.name = record.name,
                      .id = record.id,
                      .parent = record.parent,
                      .thread = record.thread,
                      .start = start,
                      .duration = record.end - record.begin,
                      .energy = to_estimate(inclusive),
                      .exclusive = std::nullopt,
                      .carbon = {}};
  if (record.exclusive_j) result.exclusive = Energy::from_joules(*record.exclusive_j);
  return result;
}

}  // namespace co2lib::tracker::detail
