// SPDX-License-Identifier: MIT
#include "tracker/timeline.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include <co2lib/numeric.hpp>

namespace co2lib::tracker::detail {

namespace {

using std::chrono::nanoseconds;

/// Wall clocks of one machine agree to this, but for steps; clones of a snapshot are started further apart (ours).
constexpr nanoseconds one_clock = std::chrono::minutes(1);

/// The wall time at which the machine booted, by the clocks at the segment's begin.
UtcTime booted(const RunSegment& s) { return s.begin_utc - (s.begin + s.asleep); }

struct Boot {
  UtcTime booted{};  ///< of the segment that was begun first
  MonotonicTime first{MonotonicTime::max()};
  std::map<std::string, UtcTime> hosts;  ///< host name to the boot time that it shows
};

void say_same_boot(const std::string& boot_id, const Boot& boot, bool clones, std::vector<Issue>& issues) {
  std::string names;
  for (const auto& [host, time] : boot.hosts) names += (names.empty() ? "" : ", ") + host;
  add_issue(issues,
            {"same_boot_id", names,
             fmt::format("these hosts have one boot id ({}): {}", boot_id,
                         clones ? "their clocks differ, so they are taken for machines started from one snapshot"
                                : "they are taken for containers of one machine, and its devices count once")});
}

}  // namespace

bool is_unset(UtcTime time) { return time < UtcTime(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)); }

UtcTime utc_of(const RunSegment& segment, MonotonicTime time) {
  const auto frame = std::lower_bound(segment.frames.begin(), segment.frames.end(), time,
                                      [](const Frame& f, MonotonicTime t) { return f.mono < t; });
  if (frame != segment.frames.end()) return frame->utc - (frame->mono - time);
  return segment.end_utc - (segment.end - time);
}

std::vector<Placed> place(const std::vector<RunSegment>& segments, std::vector<Issue>& issues) {
  std::map<std::string, Boot> boots;
  for (const RunSegment& s : segments) {
    if (s.boot_id.empty()) continue;
    Boot& boot = boots[s.boot_id];
    boot.hosts.try_emplace(s.context.host, booted(s));
    if (s.begin + s.asleep < boot.first) {
      boot.first = s.begin + s.asleep;
      boot.booted = booted(s);
    }
  }
  std::map<std::string, bool> cloned;
  for (const auto& [boot_id, boot] : boots) {
    if (boot.hosts.size() < 2) continue;
    bool& clones = cloned[boot_id];
    for (const auto& [host, time] : boot.hosts) {
      const auto apart = time - boot.booted;
      clones = clones || apart > one_clock || apart < -one_clock;
    }
    say_same_boot(boot_id, boot, clones, issues);
  }

  std::vector<Placed> placed;
  for (const RunSegment& s : segments) {
    const std::string& host = s.context.host;
    Placed p{.machine = fmt::format("host {} {}", host, s.machine_id),
             .shift = s.begin_utc.time_since_epoch() - s.begin};
    if (!s.boot_id.empty()) {
      const bool clone = cloned[s.boot_id];
      const Boot& boot = boots[s.boot_id];
      p.machine = fmt::format("boot {}{}", s.boot_id, clone ? " " + host : "");
      p.shift = (clone ? boot.hosts.at(host) : boot.booted).time_since_epoch() + s.asleep;
    } else if (host.empty() && s.machine_id.empty() && segments.size() > 1) {
      add_issue(issues, {"machine_unknown", "merge",
                         "a run names neither boot, host nor machine: all that do not are taken for one machine"});
    }
    placed.push_back(std::move(p));
  }

  // Rule 2: the segments of one run in their order.
  std::map<std::string, std::vector<std::size_t>> runs;
  for (std::size_t n = 0; n < segments.size(); ++n) runs[segments[n].run_id].push_back(n);
  for (auto& [run_id, numbers] : runs) {
    numeric::stable_sort(numbers,
                         [&](std::size_t a, std::size_t b) { return segments[a].number < segments[b].number; });
    std::optional<UtcTime> reached;
    for (const std::size_t n : numbers) {
      Placed& p = placed[n];
      const UtcTime begin = p.at(segments[n].begin);
      if (reached && begin < *reached) {
        p.shift += *reached - begin;
        add_issue(issues, {"clock_step", "clock",
                           "the clock stood before the end of the earlier segment when the run was resumed; "
                           "its times may be wrong"});
      }
      reached = p.at(segments[n].end);
    }
  }
  return placed;
}

std::vector<TimeSpan> joined(std::vector<TimeSpan> spans) {
  std::sort(spans.begin(), spans.end());
  std::vector<TimeSpan> merged;
  for (const TimeSpan& span : spans) {
    if (!merged.empty() && span.first <= merged.back().second) {
      merged.back().second = std::max(merged.back().second, span.second);
    } else {
      merged.push_back(span);
    }
  }
  return merged;
}

double share_outside(UtcTime begin, UtcTime end, const std::vector<TimeSpan>& spans) {
  if (spans.empty() || end <= begin) return 1;
  auto inside = nanoseconds::zero();
  for (const TimeSpan& span : spans) {
    const auto overlap = std::min(end, span.second) - std::max(begin, span.first);
    if (overlap > overlap.zero()) inside += overlap;
  }
  return 1 - static_cast<double>(inside.count()) / static_cast<double>((end - begin).count());
}

Exclusions find_exclusions(const std::vector<RunSegment>& segments, const std::vector<Placed>& placed) {
  Exclusions exclusions(segments.size());
  struct Claim {
    std::size_t segment;
    std::size_t meter;
    TimeSpan span;
    std::string key;
  };
  std::vector<Claim> claims;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    exclusions[s].resize(segments[s].meters.size());
    for (std::size_t i = 0; segments.size() > 1 && i < segments[s].meters.size(); ++i) {
      const MeterState& m = segments[s].meters[i];
      const UtcTime first = placed[s].at(m.first.value_or(m.last));
      // A GPU is itself wherever it is seen, other devices are their machine's.
      const bool gpu = m.info.device == meter::Device::gpu && m.info.id.starts_with("GPU-");
      claims.push_back(
          {s, i, {first, placed[s].at(m.last)}, gpu ? m.info.id : fmt::format("{}/{}", placed[s].machine, m.info.id)});
    }
  }
  std::sort(claims.begin(), claims.end(), [&](const Claim& a, const Claim& b) {
    const auto rank = [&](const Claim& c) {
      const RunSegment& s = segments[c.segment];
      return std::make_tuple(c.key, -s.meters[c.meter].covered, c.span.first - c.span.second, c.span.first, s.pid,
                             s.begin, s.frames.size());
    };
    return rank(a) < rank(b);
  });
  for (std::size_t c = 0; c < claims.size(); ++c) {
    for (std::size_t earlier = c; earlier-- > 0 && claims[earlier].key == claims[c].key;) {
      const UtcTime begin = std::max(claims[c].span.first, claims[earlier].span.first);
      const UtcTime end = std::min(claims[c].span.second, claims[earlier].span.second);
      if (begin < end) exclusions[claims[c].segment][claims[c].meter].emplace_back(begin, end);
    }
  }
  for (auto& segment : exclusions) {
    for (auto& spans : segment) spans = joined(std::move(spans));
  }
  return exclusions;
}

}  // namespace co2lib::tracker::detail
