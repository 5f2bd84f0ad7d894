// SPDX-License-Identifier: MIT
// The log's lines as they are written; their way to the disk is src/detail/log_writer.
#include <algorithm>
#include <array>
#include <span>

#include "detail/json.hpp"
#include "tracker/json_parts.hpp"
#include "tracker/log.hpp"
#include "tracker/price_parts.hpp"

namespace co2lib::tracker::detail {

namespace {

using co2lib::detail::json_list;
using co2lib::detail::JsonList;
using co2lib::detail::JsonObject;
using co2lib::detail::JsonWriter;

constexpr int log_version = 1;

/// A line: what every one starts with, and the members that `fill` adds.
template <class Fill>
std::string line(const LineHead& head, std::string_view type, const Fill& fill) {
  return JsonWriter::object([&](JsonWriter& o) {
    o.add("v", log_version);
    o.add("type", type);
    o.add("run_id", head.run_id);
    o.add("seq", head.seq);
    o.add("mono_ns", head.mono.count());
    o.add("utc", format_utc(head.utc));
    fill(o);
  });
}

/// The state of a meter at a flush; its gaps from number `gaps_from` on.
void add_meter(JsonWriter& o, const MeterState& m, const MeterPoint& p, std::size_t gaps_from) {
  if (m.info.kind == meter::Kind::counter) {
    o.add("c", p.counts);
  } else {
    o.add("j", p.joules);
    o.add("low_j", p.low_j);
    o.add("high_j", p.high_j);
  }
  o.add("covered_ns", m.covered.count());
  if (m.first) o.add("window_ns", std::array{m.first->count(), m.last.count()});
  if (m.any_good) o.add("reached_ns", std::array{m.reached_begin.count(), m.reached_end.count()});
  if (m.ambiguous != 0) o.add("ambiguous", m.ambiguous);
  if (m.over_j > 0) o.add("over_j", m.over_j);
  if (m.samples != 0) o.add("samples", m.samples);
  if (m.mirror_of) o.add("mirror_of", *m.mirror_of);
  if (!m.gaps.empty()) {
    const std::size_t from = std::min(gaps_from, m.gaps.size());
    if (from > 0) o.add("gaps_at", from);
    o.add("gaps", json_list(std::span(m.gaps).subspan(from), [](const MeterGap& gap) {
            return JsonList{[&gap](JsonWriter& g) {
              g.add(gap.begin.count());
              g.add(gap.end.count());
              g.add(gap.lower_j);
            }};
          }));
  }
  if (!m.failure.empty()) o.add("failure", m.failure);
  const Json events = events_json(m.events);
  if (!events.empty()) o.add("events", events);
}

/// The option `embodied`, with the texts of a bill of materials: a log is complete without the files.
void add_choice(JsonWriter& config, const HardwareChoice& choice) {
  switch (choice.kind) {
    case HardwareChoice::Kind::detected:
      return config.add("embodied", "on");
    case HardwareChoice::Kind::off:
      return config.add("embodied", "off");
    case HardwareChoice::Kind::mass:
      return config.add("embodied", JsonObject{[&](JsonWriter& o) { o.add("kg", choice.kilograms); }});
    case HardwareChoice::Kind::bill:
      return config.add("embodied", JsonObject{[&](JsonWriter& o) {
                          o.add("file", choice.file);
                          o.add("files", JsonObject{[&](JsonWriter& files) {
                                  for (const auto& [name, text] : choice.files) files.add(name, text);
                                }});
                        }});
  }
}

}  // namespace

std::string run_line(const LineHead& head, const RunSegment& s) {
  return line(head, s.number > 0 ? "resume" : "run", [&](JsonWriter& o) {
    if (s.number > 0) o.add("previous_segment", s.number - 1);
    o.add("boot_id", s.boot_id);
    o.add("machine_id", s.machine_id);
    o.add("asleep_ns", s.asleep.count());
    o.add("pid", s.pid);
    o.add("host", s.context.host);
    o.add("library", s.version);
    o.add("rank", s.rank);
    o.add("is_rank", s.is_rank);
    o.add("gpus", s.gpus);
    o.add("context", JsonObject{[&](JsonWriter& c) {
            c.add("os", s.context.os);
            c.add("cpu_model", s.context.cpu_model);
            c.add("logical_cpus", s.context.logical_cpus);
            c.add("memory_bytes", s.context.memory_bytes);
            c.add("project", s.context.project);
            c.add("command", s.context.command);
            c.add("slurm_job_id", s.context.slurm_job_id);
            add_hardware(c, s.context.hardware);
          }});
    o.add("config", JsonObject{[&](JsonWriter& c) {
            c.add("location", s.pricing.location);
            c.add("g_per_kwh", s.pricing.g_per_kwh);
            c.add("intensity", s.pricing.intensity_text);
            c.add("pue", s.pricing.facility.pue);
            c.add("wue", s.pricing.facility.wue);
            add_choice(c, s.hardware);
          }});
    o.add("meters", json_list(s.meters, [](const MeterState& m) { return info_json(m.info); }));
  });
}

std::string totals_line(const LineHead& head, const RunSegment& s, const std::vector<std::size_t>& gaps_from) {
  return line(head, "totals", [&](JsonWriter& o) {
    const Frame& frame = s.frames.back();
    if (frame.price) {
      o.add("g_per_kwh", frame.price->g_per_kwh);
      if (const Json more = price_json(*frame.price); !more.empty()) o.add("price", more);
    }
    if (s.suspended.count() > 0) o.add("suspended_s", s.suspended.count());
    o.add("m", JsonObject{[&](JsonWriter& meters) {
            for (std::size_t i = 0; i < s.meters.size(); ++i) {
              const std::size_t from = i < gaps_from.size() ? gaps_from[i] : 0;
              meters.add(s.meters[i].info.id,
                         JsonObject{[&](JsonWriter& m) { add_meter(m, s.meters[i], frame.meters[i], from); }});
            }
          }});
  });
}

std::string prices_line(const LineHead& head, const RunSegment& s, const std::vector<std::size_t>& frames) {
  return line(head, "prices", [&](JsonWriter& o) {
    o.add("prices", json_list(frames, [&](std::size_t f) {
            return JsonObject{[&frame = s.frames[f]](JsonWriter& p) {
              p.add("mono_ns", frame.mono.count());
              p.add("g_per_kwh", frame.price->g_per_kwh);
              if (const Json more = price_json(*frame.price); !more.empty()) p.add("price", more);
            }};
          }));
  });
}

std::string sample_line(const LineHead& head, const std::vector<std::pair<std::string, meter::Reading>>& readings) {
  return line(head, "sample", [&](JsonWriter& o) {
    o.add("s", JsonObject{[&](JsonWriter& s) {
            for (const auto& [id, reading] : readings) {
              if (const auto* count = std::get_if<meter::Count>(&reading)) {
                s.add(id, count->value);
              } else if (const auto* watts = std::get_if<meter::Watts>(&reading)) {
                s.add(id, watts->value);
              } else {
                s.add(id, nullptr);
              }
            }
          }});
  });
}

std::string region_line(const LineHead& head, const RegionRecord& r) {
  return line(head, "region", [&](JsonWriter& o) {
    o.add("name", r.name);
    o.add("id", r.id);
    o.add("parent", r.parent);
    o.add("thread", r.thread);
    o.add("t0_ns", r.begin.count());
    o.add("t1_ns", r.end.count());
    o.add("inclusive_j", r.inclusive.energy_j);
    o.add("bounds_j", std::array{r.inclusive.low_j, r.inclusive.high_j});
    o.add("interval_j", std::array{r.inclusive.interval_low_j, r.inclusive.interval_high_j});
    o.add("exclusive_j", r.exclusive_j);
    o.add("union_j", r.union_j);
    o.add("meters_j", r.meters_j);
  });
}

std::string issue_line(const LineHead& head, const Issue& issue) {
  return line(head, "issue", [&](JsonWriter& o) {
    o.add("code", issue.code);
    o.add("subject", issue.subject);
    o.add("text", issue.text);
  });
}

std::string command_line(const LineHead& head, const CommandRecord& c) {
  return line(head, "command", [&](JsonWriter& o) {
    o.add("status", c.status);
    o.add("cpu_s", c.cpu_s);
    o.add("busy_s", c.busy_s);
    o.add("cpus", c.cpus);
  });
}

std::string end_line(const LineHead& head, std::string_view reason) {
  return line(head, "end", [&](JsonWriter& o) { o.add("reason", reason); });
}

}  // namespace co2lib::tracker::detail
