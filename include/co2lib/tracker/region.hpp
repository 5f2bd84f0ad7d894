// SPDX-License-Identifier: MIT
// Regions: stretches of a program as pairs of times on the curves of the meters.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/curve.hpp>

namespace co2lib::tracker {

/// A stretch of time on one thread; `parent` is the index of the region it was opened in.
struct RegionSpan {
  std::string name;
  MonotonicTime begin{};
  MonotonicTime end{};
  std::int64_t thread = 0;
  std::optional<std::size_t> parent{};
};

/// The energy of a region on one meter.
struct RegionEnergy {
  meter::WindowEnergy inclusive;
  std::optional<double> exclusive_j;  ///< without the direct children of the same thread
};

/// The union of time windows, in order.
[[nodiscard]] inline std::vector<meter::TimeWindow> window_union(std::vector<meter::TimeWindow> windows) {
  std::sort(windows.begin(), windows.end(),
            [](const meter::TimeWindow& a, const meter::TimeWindow& b) { return a.begin < b.begin; });
  std::vector<meter::TimeWindow> merged;
  for (const meter::TimeWindow& w : windows) {
    if (!merged.empty() && w.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, w.end);
    } else {
      merged.push_back(w);
    }
  }
  return merged;
}

/// The energy in J of a union of windows; absent where a part of it has no value.
[[nodiscard]] inline std::optional<double> union_energy(const meter::Curve& curve,
                                                        std::vector<meter::TimeWindow> windows) {
  numeric::Sum sum;
  for (const meter::TimeWindow& w : window_union(std::move(windows))) {
    if (w.begin == w.end) continue;
    const auto energy = curve.over(w.begin, w.end).energy_j;
    if (!energy) return std::nullopt;
    sum += *energy;
  }
  return sum.value();
}

/// Inclusive and exclusive energy of every region on one curve. Exclusive energy leaves out the direct children of the
/// same thread (the union of their times, so that interleaved tasks are not taken off twice).
[[nodiscard]] inline std::vector<RegionEnergy> region_energies(const meter::Curve& curve,
                                                               std::span<const RegionSpan> regions) {
  std::vector<RegionEnergy> energies;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const RegionSpan& r = regions[i];
    if (r.end < r.begin) {
      throw Error("meter.bad_window", "region " + r.name + " ends before it starts; give its start first");
    }
    RegionEnergy e{.inclusive = curve.over(r.begin, r.end), .exclusive_j = std::nullopt};
    std::vector<meter::TimeWindow> children;
    for (const RegionSpan& child : regions) {
      if (child.parent == i && child.thread == r.thread) {
        children.push_back({std::max(child.begin, r.begin), std::min(child.end, r.end)});
      }
    }
    std::erase_if(children, [](const meter::TimeWindow& w) { return w.end < w.begin; });
    const auto inside = union_energy(curve, std::move(children));
    if (e.inclusive.energy_j && inside) e.exclusive_j = *e.inclusive.energy_j - *inside;
    energies.push_back(std::move(e));
  }
  return energies;
}

}  // namespace co2lib::tracker
