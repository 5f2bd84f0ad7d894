// SPDX-License-Identifier: MIT
// Where the segments of a run lie in time, and which of them are of one machine; private to src/tracker.
//
// 1. Segments of one boot of one machine are placed by its own clock, which never steps; never by the wall clock.
// 2. Segments of different boots are placed by the wall clock. Those of one run follow each other all the same, since a
//    log is written by one process at a time.
// 3. A machine is known by its boot id. Different host names under one boot id are containers of one machine, unless
//    their wall clocks show that they were started from one snapshot at different times.
// 4. Without a boot id it is known by host name and machine id, and each segment is placed by the wall clock.
// 5. A device is known by its machine and the id of its meter, a GPU by its UUID alone, wherever it is seen.
// 6. Measurements of one device that overlap in time count once: the longest wins, the others count only outside of it.
//    Covered time decides, then length and place in time, never the order in which the logs were given.
// 7. `merge` only joins segments. All of this is decided from all of them, each time anew, so merging is associative.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/tracker/run.hpp>

namespace co2lib::tracker::detail {

using TimeSpan = std::pair<UtcTime, UtcTime>;

/// A segment on the time line of all segments.
struct Placed {
  std::string machine;               ///< equal for segments of one machine (of one boot, where that is known)
  std::chrono::nanoseconds shift{};  ///< from monotonic time to the time line

  [[nodiscard]] UtcTime at(MonotonicTime time) const { return UtcTime(time + shift); }
};

/// Places all segments; says where machines or clocks are in doubt.
[[nodiscard]] std::vector<Placed> place(const std::vector<RunSegment>& segments, std::vector<Issue>& issues);

/// Sorts spans and joins those that touch.
[[nodiscard]] std::vector<TimeSpan> joined(std::vector<TimeSpan> spans);

/// The time of `[begin, end)` outside of `spans`, which are in order and apart, as part of its length, 0 to 1.
[[nodiscard]] double share_outside(UtcTime begin, UtcTime end, const std::vector<TimeSpan>& spans);

/// For every segment and meter, the times at which another segment counts the same device (rules 5 and 6).
using Exclusions = std::vector<std::vector<std::vector<TimeSpan>>>;
[[nodiscard]] Exclusions find_exclusions(const std::vector<RunSegment>& segments, const std::vector<Placed>& placed);

/// The wall time of a moment of a segment, by the flush after it.
[[nodiscard]] UtcTime utc_of(const RunSegment& segment, MonotonicTime time);

/// A wall clock that was not set yet: before this library was there.
[[nodiscard]] bool is_unset(UtcTime time);

}  // namespace co2lib::tracker::detail
