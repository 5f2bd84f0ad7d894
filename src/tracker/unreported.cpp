// SPDX-License-Identifier: MIT
#include "tracker/unreported.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "tracker/estimate.hpp"

namespace co2lib::tracker::detail {

/// GPUs that belong to the machines of several ranks and that none of them reports.
void add_unreported_gpus(Footprint& f, const std::vector<RunSegment>& segments, const std::vector<Placed>& placed) {
  struct Machine {
    std::set<std::string> present;
    std::set<std::string> reported;
    std::set<std::string> runs;
    bool ranks = false;
    std::string host;
  };
  std::map<std::string, Machine> machines;
  for (std::size_t n = 0; n < segments.size(); ++n) {
    Machine& m = machines[placed[n].machine];
    m.host = segments[n].context.host;
    m.ranks = m.ranks || segments[n].is_rank;
    m.runs.insert(segments[n].run_id);
    m.present.insert(segments[n].gpus.begin(), segments[n].gpus.end());
    for (const MeterState& state : segments[n].meters) m.reported.insert(state.info.id);
  }
  for (const auto& [key, m] : machines) {
    if (!m.ranks && m.runs.size() < 2) continue;
    for (const std::string& gpu : m.present) {
      if (m.reported.contains(gpu)) continue;
      add_issue(f.issues, {"gpu_unreported", gpu,
                           fmt::format("this GPU of {} is measured by no run given here; "
                                       "if the job uses it, merge the logs of all its ranks",
                                       m.host.empty() ? "the machine" : m.host)});
    }
  }
}

/// What the segments say of themselves. That another process reports the machine matters only where it is missing.
void add_segment_issues(Footprint& f, const std::vector<RunSegment>& segments, const std::vector<Placed>& placed) {
  std::set<std::string> owned;
  for (std::size_t n = 0; n < segments.size(); ++n) {
    if (!has_issue(segments[n].issues, "not_owner")) owned.insert(placed[n].machine);
  }
  for (std::size_t n = 0; n < segments.size(); ++n) {
    for (const Issue& issue : segments[n].issues) {
      if (issue.code != "not_owner" || !owned.contains(placed[n].machine)) add_issue(f.issues, issue);
    }
  }
}

/// Ranks that went on when the one that reports their machine had ended, or began before it.
void add_unreported_machines(Footprint& f, const std::vector<RunSegment>& segments, const std::vector<Placed>& placed) {
  struct Machine {
    std::vector<TimeSpan> reported;
    std::vector<TimeSpan> used;
    std::string host;
  };
  std::map<std::string, Machine> machines;
  for (std::size_t n = 0; n < segments.size(); ++n) {
    Machine& m = machines[placed[n].machine];
    m.host = segments[n].context.host;
    (has_issue(segments[n].issues, "not_owner") ? m.used : m.reported)
        .emplace_back(placed[n].at(segments[n].begin), placed[n].at(segments[n].end));
  }
  for (auto& [key, m] : machines) {
    if (m.reported.empty()) continue;  // `not_owner` tells
    m.reported = joined(std::move(m.reported));
    double used_s = 0;
    double missing_s = 0;
    for (const auto& [begin, end] : joined(std::move(m.used))) {
      used_s += Seconds(end - begin).count();
      missing_s += Seconds(end - begin).count() * share_outside(begin, end, m.reported);
    }
    if (missing_s <= std::max(1.0, 0.02 * used_s)) continue;
    add_issue(
        f.issues,
        {"machine_unreported", m.host.empty() ? "the machine" : m.host,
         fmt::format("for {:.4g} s of the {:.4g} s that its ranks ran, none of the runs given here reports its CPU, "
                     "memory and board: "
                     "the local rank 0 was shorter, or was killed. What they used then is left out",
                     missing_s, used_s)});
  }
}

/// Shares of one machine that were taken at the same time: what is `other` for one of them is the other's own, so that
/// neither `other` nor `idle` can be added.
void check_shares(Footprint& f, const std::vector<RunSegment>& segments, const std::vector<Placed>& placed) {
  if (!f.scope) return;
  std::map<std::string, std::vector<TimeSpan>> machines;
  for (std::size_t n = 0; n < segments.size(); ++n) {
    const bool divided = std::any_of(segments[n].meters.begin(), segments[n].meters.end(),
                                     [](const MeterState& m) { return meter::is_share(m.info); });
    if (divided)
      machines[placed[n].machine].emplace_back(placed[n].at(segments[n].begin), placed[n].at(segments[n].end));
  }
  for (auto& [key, spans] : machines) {
    std::sort(spans.begin(), spans.end());
    for (std::size_t i = 1; i < spans.size(); ++i) {
      if (spans[i].first >= spans[i - 1].second) continue;
      f.scope->other = {};
      f.scope->idle = {};
      add_issue(f.issues, {"shares_overlap", f.scope->scope,
                           "several runs divided one machine at the same time: "
                           "each counts the others' shares as those of other programs, "
                           "so that these and the idle part are left out"});
      return;
    }
  }
}

}  // namespace co2lib::tracker::detail
