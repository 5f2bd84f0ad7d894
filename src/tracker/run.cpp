// SPDX-License-Identifier: MIT
// Runs as a whole: statistics of regions, merging, other prices.
#include <co2lib/tracker/run.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <co2lib/error.hpp>
#include <co2lib/intensity/fallback.hpp>
#include <co2lib/intensity/live.hpp>
#include <co2lib/intensity/source.hpp>

#include "tracker/log.hpp"

namespace co2lib::tracker {

void RegionStats::add(const RegionRecord& r) {
  ++count;
  seconds += Seconds(r.end - r.begin).count();
  if (r.inclusive.present || !inclusive.present) inclusive.add(r.inclusive);
  const auto sum = [](std::optional<double>& into, std::optional<double> x) {
    into = into && x ? std::optional(*into + *x) : std::nullopt;
  };
  sum(exclusive_j, r.exclusive_j);
  sum(union_j, r.union_j);
  if (r.inclusive.energy_j) {
    least_j = std::min(least_j.value_or(*r.inclusive.energy_j), *r.inclusive.energy_j);
    most_j = std::max(most_j.value_or(*r.inclusive.energy_j), *r.inclusive.energy_j);
  }
  meters_j.resize(std::max(meters_j.size(), r.meters_j.size()));
  for (std::size_t i = 0; i < r.meters_j.size(); ++i) meters_j[i] += r.meters_j[i];
  if (each.size() >= 2 * most_kept) {
    std::for_each(each.begin(), each.begin() + most_kept, [&](const RegionRecord& old) { forget(old); });
    each.erase(each.begin(), each.begin() + most_kept);
  }
  each.push_back(r);
}

void RegionStats::forget(const RegionRecord& r) {
  constexpr std::size_t most_stretches = 4096;
  const auto merge = [](Older& into, const Older& more) {
    into.begin = std::min(into.begin, more.begin);
    into.end = std::max(into.end, more.end);
    into.energy_j = into.energy_j && more.energy_j ? std::optional(*into.energy_j + *more.energy_j) : std::nullopt;
  };
  const Older one{r.begin, r.end, r.inclusive.energy_j};
  if (!older.empty() && older.back().end / stretch == r.end / stretch) return merge(older.back(), one);
  if (older.size() == most_stretches) {
    stretch *= 2;
    std::vector<Older> merged;
    for (const Older& o : older) {
      if (!merged.empty() && merged.back().end / stretch == o.end / stretch) {
        merge(merged.back(), o);
      } else {
        merged.push_back(o);
      }
    }
    older = std::move(merged);
  }
  older.push_back(one);
}

void RegionTable::add(const RegionRecord& region) {
  const auto [at, is_new] = index_.try_emplace(region.name, rows_.size());
  if (is_new) {
    rows_.emplace_back();
    rows_.back().name = region.name;
  }
  rows_[at->second].add(region);
}

void detail::drop_copies(std::vector<RunSegment>& segments) {
  const auto length = [](const RunSegment& s) { return std::tuple(s.ended, s.frames.size(), s.end); };
  std::map<std::tuple<std::string, std::string, std::string, std::int64_t, MonotonicTime, UtcTime>, std::size_t> seen;
  std::vector<RunSegment> kept;
  for (RunSegment& s : segments) {
    const auto [at, is_new] =
        seen.try_emplace({s.run_id, s.boot_id, s.context.host, s.pid, s.begin, s.begin_utc}, kept.size());
    if (is_new) {
      kept.push_back(std::move(s));
    } else if (length(s) > length(kept[at->second])) {
      kept[at->second] = std::move(s);
    }
  }
  segments = std::move(kept);
}

Run merge(std::span<const Run> runs) {
  if (runs.empty()) throw Error("tracker.bad_config", "runs: none given; merge needs at least one");
  Run merged;
  std::set<std::string> ids;
  for (const Run& run : runs) {
    if (run.source) merged.source = run.source;
    for (const RunSegment& segment : run.segments) {
      merged.segments.push_back(segment);
      std::string& id = merged.segments.back().run_id;
      if (id.empty()) id = run.run_id;
      ids.insert(id);
    }
    if (run.segments.empty()) ids.insert(run.run_id);
    add_issues(merged.issues, run.issues);
  }
  for (const std::string& id : ids) merged.run_id += (merged.run_id.empty() ? "" : "+") + id;

  const auto order = [](const RunSegment& s) {
    return std::tie(s.begin_utc, s.context.host, s.pid, s.begin, s.run_id, s.number);
  };
  std::sort(merged.segments.begin(), merged.segments.end(),
            [&](const RunSegment& a, const RunSegment& b) { return order(a) < order(b); });
  detail::drop_copies(merged.segments);
  return merged;
}

Run reprice(Run run, std::shared_ptr<const intensity::IntensitySource> source) {
  if (!source) throw Error("tracker.bad_config", "source: none given; reprice needs an intensity to price with");
  if (dynamic_cast<const intensity::LiveSource*>(source.get()) != nullptr) {
    // As a tracker does: a provider that does not answer leaves the next best price.
    std::set<std::string> places;
    for (const RunSegment& segment : run.segments) places.insert(segment.pricing.location);
    source = intensity::with_fallback(source, {.location = places.size() == 1 ? *places.begin() : ""});
  }
  run.source = std::move(source);
  return run;
}

}  // namespace co2lib::tracker
