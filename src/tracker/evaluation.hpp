// SPDX-License-Identifier: MIT
// What a segment on its own says: each meter over its whole time, what belongs to the total, the energy over time;
// private to src/tracker.
#pragma once

#include <vector>

#include <co2lib/intensity/price.hpp>
#include <co2lib/meter/zones.hpp>
#include <co2lib/tracker/run.hpp>

#include "tracker/timeline.hpp"

namespace co2lib::tracker::detail {

/// The energy that a meter has measured up to a flush.
[[nodiscard]] double point_joules(const meter::MeterInfo& info, const MeterPoint& point);

/// A segment evaluated: its meters, each with its role and energy.
struct SegmentResult {
  std::vector<meter::MeterInfo> infos;
  std::vector<meter::WindowEnergy> windows;
  std::vector<meter::ZoneRole> roles;
  meter::Totals totals;
};

/// `excluded`: of each meter the times in which another segment counts its device.
[[nodiscard]] SegmentResult evaluate(const RunSegment& segment, const Placed& placed,
                                     const std::vector<std::vector<TimeSpan>>& excluded);

/// The energy of a segment that was measured between flushes.
[[nodiscard]] std::vector<intensity::EnergySample> steps_of(const RunSegment& segment, const Placed& placed,
                                                            const SegmentResult& r,
                                                            const std::vector<std::vector<TimeSpan>>& excluded);

/// The energy of a segment as it was used over time: what was measured between flushes, and the fill of gaps.
[[nodiscard]] std::vector<intensity::EnergySample> samples_of(const RunSegment& segment, const Placed& placed,
                                                              const SegmentResult& r,
                                                              const std::vector<std::vector<TimeSpan>>& excluded);

}  // namespace co2lib::tracker::detail
