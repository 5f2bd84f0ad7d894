// SPDX-License-Identifier: MIT
// What the runs given together do not report, and say of themselves; private to src/tracker.
#pragma once

#include <vector>

#include <co2lib/tracker/run.hpp>

#include "tracker/timeline.hpp"

namespace co2lib::tracker::detail {

/// GPUs that belong to the machines of several ranks and that none of them reports.
void add_unreported_gpus(Footprint& f, const std::vector<RunSegment>& segments, const std::vector<Placed>& placed);

/// Ranks that went on when the one that reports their machine had ended, or began before it.
void add_unreported_machines(Footprint& f, const std::vector<RunSegment>& segments, const std::vector<Placed>& placed);

/// What the segments say of themselves. That another process reports the machine matters only where it is missing.
void add_segment_issues(Footprint& f, const std::vector<RunSegment>& segments, const std::vector<Placed>& placed);

/// Shares of one machine that were taken at the same time: what is `other` for one of them is the other's own, so that
/// neither `other` nor `idle` can be added.
void check_shares(Footprint& f, const std::vector<RunSegment>& segments, const std::vector<Placed>& placed);

}  // namespace co2lib::tracker::detail
