// SPDX-License-Identifier: MIT
// The log's lines as they are read.
#include <algorithm>
#include <limits>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include <co2lib/error.hpp>

#include "detail/files.hpp"
#include "detail/json.hpp"
#include "detail/utf8.hpp"
#include "tracker/json_parts.hpp"
#include "tracker/log.hpp"
#include "tracker/price_parts.hpp"

namespace co2lib::tracker {

namespace {

using co2lib::detail::said_by;
using detail::info_of;
using detail::integer;
using detail::integer_or;
using detail::Json;
using detail::maybe_integer;
using detail::maybe_number;
using detail::most;
using detail::number;
using detail::time_of;
using detail::utc_of;

constexpr std::int64_t log_version_read = 1;

/// Takes the lines of one file in.
class LogReader {
 public:
  explicit LogReader(std::string file) : file_(std::move(file)) {}

  void take(const std::string& text, std::size_t number) {
    Json j;
    bool torn = false;
    try {
      j = Json::parse(text);
    } catch (const Json::parse_error& error) {
      // The parser ran out of text. A torn line need not be the last: a resumed run appends after it.
      torn = text.front() == '{' && error.byte > text.size();
    } catch (const Json::exception&) {  // NOLINT(bugprone-empty-catch): failure is reported by `j`
    }
    if (!j.is_object()) {
      run_.issues.push_back(
          {torn ? "torn_line" : "bad_line", fmt::format("{}:{}", file_, number),
           torn ? "the line is incomplete (the process was killed, or the disk was full) and was skipped"
                : "the line is not JSON and was skipped"});
      return;
    }
    try {
      read(j, number);
    } catch (const std::exception& error) {
      run_.issues.push_back(
          {"bad_line", fmt::format("{}:{}", file_, number), fmt::format("the line was skipped: {}", said_by(error))});
    }
  }

  Run finish() {
    if (run_.segments.empty()) {
      const std::string why = run_.issues.empty() ? "" : fmt::format(" ({})", to_string(run_.issues.front()));
      throw Error("tracker.bad_log",
                  fmt::format("{}: holds no readable `run` line; is this a log of co2lib?{}", file_, why), {},
                  ErrorCategory::os);
    }
    detail::drop_copies(run_.segments);
    for (std::size_t i = 0; i < run_.segments.size(); ++i) run_.segments[i].number = i;
    return std::move(run_);
  }

 private:
  void read(const Json& j, std::size_t number) {
    const std::string type = j.at("type").get<std::string>();
    if (integer<std::int64_t>(j.at("v")) > log_version_read) {
      add_issue(run_.issues, {"newer_version", file_, "written by a newer version; what is unknown was skipped"});
    }
    if (type == "run" || type == "resume") {
      begin_segment(j);
      return;
    }
    if (run_.segments.empty()) throw std::invalid_argument("it comes before the `run` line");
    RunSegment& s = run_.segments.back();
    if (type == "totals") {
      totals(s, j);
    } else if (type == "prices") {
      prices(s, j);
    } else if (type == "region") {
      s.regions.add(region(j));
    } else if (type == "issue") {
      add_issue(s.issues,
                {j.at("code").get<std::string>(), j.at("subject").get<std::string>(), j.at("text").get<std::string>()});
    } else if (type == "command") {
      command(s, j);
    } else if (type == "end") {
      s.ended = true;
    } else if (type != "sample") {
      add_issue(run_.issues, {"unknown_line", fmt::format("{}:{}", file_, number),
                              fmt::format("unknown type '{}' was skipped", type)});
    }
  }

  void begin_segment(const Json& j) {
    RunSegment s;
    s.run_id = j.at("run_id").get<std::string>();
    s.number = run_.segments.size();
    s.boot_id = j.at("boot_id").get<std::string>();
    s.machine_id = j.value("machine_id", std::string());
    s.asleep = MonotonicTime(integer_or(j, "asleep_ns", std::int64_t{0}));
    s.pid = integer<std::int64_t>(j.at("pid"));
    s.version = j.at("library").get<std::string>();
    s.rank = maybe_integer<int>(j, "rank");
    s.is_rank = j.value("is_rank", false);
    s.gpus = j.value("gpus", std::vector<std::string>());
    s.context.host = j.at("host").get<std::string>();
    const Json& c = j.at("context");
    s.context.os = c.value("os", std::string());
    s.context.cpu_model = c.value("cpu_model", std::string());
    s.context.logical_cpus = maybe_integer<int>(c, "logical_cpus");
    s.context.memory_bytes = maybe_integer<std::uint64_t>(c, "memory_bytes");
    s.context.project = c.value("project", std::string());
    s.context.command = c.value("command", std::string());
    s.context.slurm_job_id = c.value("slurm_job_id", std::string());
    s.context.hardware = detail::hardware_of(c);
    const Json& config = j.at("config");
    s.pricing.location = config.value("location", std::string());
    s.pricing.g_per_kwh = maybe_number(config, "g_per_kwh");
    s.pricing.intensity_text = config.value("intensity", std::string());
    s.pricing.facility = {maybe_number(config, "pue", 1).value_or(1), maybe_number(config, "wue").value_or(0)};
    if (config.contains("embodied")) s.hardware = choice(config.at("embodied"));
    s.begin = time_of(j.at("mono_ns"));
    s.begin_utc = utc_of(j.at("utc"));
    s.end = s.begin;
    s.end_utc = s.begin_utc;
    for (const Json& m : j.at("meters")) {
      MeterState state;
      state.info = info_of(m);
      state.last = s.begin;
      s.meters.push_back(std::move(state));
    }
    s.frames.push_back(
        {.mono = s.begin, .utc = s.begin_utc, .meters = std::vector<MeterPoint>(s.meters.size()), .price = {}});
    if (run_.segments.empty()) run_.run_id = s.run_id;
    run_.segments.push_back(std::move(s));
  }

  static HardwareChoice choice(const Json& j) {
    HardwareChoice c;
    if (j == "off") {
      c.kind = HardwareChoice::Kind::off;
    } else if (j.is_object() && j.contains("kg")) {
      c.kind = HardwareChoice::Kind::mass;
      c.kilograms = number(j.at("kg"));
    } else if (j.is_object()) {
      c.kind = HardwareChoice::Kind::bill;
      c.file = j.at("file").get<std::string>();
      c.files = j.at("files").get<std::map<std::string, std::string>>();
    } else if (j != "on") {
      throw std::invalid_argument("embodied: " + detail::excerpt(j) + " is not known");
    }
    return c;
  }

  static void command(RunSegment& s, const Json& j) {
    s.command = {.status = maybe_integer<int>(j, "status", std::numeric_limits<int>::min()),
                 .cpu_s = number(j.at("cpu_s")),
                 .busy_s = number(j.at("busy_s")),
                 .cpus = number(j.at("cpus"))};
  }

  /// Prices of earlier flushes that became known, or better known, after they were written.
  static void prices(RunSegment& s, const Json& j) {
    std::vector<std::pair<std::size_t, std::shared_ptr<const FramePrice>>> better;
    for (const Json& p : j.at("prices")) {
      const MonotonicTime time = time_of(p.at("mono_ns"));
      const auto frame = std::lower_bound(s.frames.begin(), s.frames.end(), time,
                                          [](const Frame& f, MonotonicTime t) { return f.mono < t; });
      if (frame == s.frames.end() || frame->mono != time) continue;  // its line was lost
      better.emplace_back(frame - s.frames.begin(), detail::price_of(p));
    }
    for (auto& [frame, price] : better) s.frames[frame].price = std::move(price);
  }

  static void totals(RunSegment& s, const Json& j) {
    // Built apart, so that a line that breaks in the middle changes nothing.
    std::vector<MeterState> states = s.meters;
    Frame frame{
        .mono = time_of(j.at("mono_ns")), .utc = utc_of(j.at("utc")), .meters = {}, .price = detail::price_of(j)};
    if (frame.mono < s.frames.back().mono) throw std::invalid_argument("its time is before the line before it");
    for (std::size_t i = 0; i < states.size(); ++i) {
      MeterState& m = states[i];
      const Json& t = j.at("m").at(m.info.id);
      MeterPoint p;
      if (m.info.kind == meter::Kind::counter) {
        p.counts = integer<std::uint64_t>(t.at("c"));
      } else {
        p.joules = number(t.at("j"));
        p.low_j = number(t.at("low_j"), -most);
        p.high_j = number(t.at("high_j"));
      }
      frame.meters.push_back(p);
      m.covered = time_of(t.at("covered_ns"));
      if (t.contains("window_ns")) {
        m.first = time_of(t.at("window_ns").at(0));
        m.last = time_of(t.at("window_ns").at(1));
        if (m.last < *m.first) throw std::invalid_argument("window_ns ends before it begins");
      }
      if (t.contains("reached_ns")) {
        m.any_good = true;
        m.reached_begin = time_of(t.at("reached_ns").at(0));
        m.reached_end = time_of(t.at("reached_ns").at(1));
        if (!m.first || m.reached_begin < *m.first || m.reached_end < m.reached_begin || m.last < m.reached_end) {
          throw std::invalid_argument("reached_ns is not inside window_ns");
        }
        if (m.covered > m.reached_end - m.reached_begin) throw std::invalid_argument("covered_ns is too long");
      } else if (m.covered > MonotonicTime::zero()) {
        throw std::invalid_argument("covered_ns without reached_ns");
      }
      m.ambiguous = integer_or(t, "ambiguous", std::uint64_t{0});
      m.over_j = maybe_number(t, "over_j").value_or(0);
      m.samples = integer_or(t, "samples", std::int64_t{0});
      m.failure = t.value("failure", std::string());
      m.mirror_of.reset();
      if (t.contains("mirror_of")) {
        const auto of = integer<std::size_t>(t.at("mirror_of"));
        if (of >= i) throw std::invalid_argument("mirror_of is not an earlier meter");
        m.mirror_of = of;
      }
      // A line repeats the newest gaps only; those before them stand in earlier lines.
      m.gaps.resize(std::min(m.gaps.size(), integer_or(t, "gaps_at", std::size_t{0})));
      if (t.contains("gaps")) {
        for (const Json& g : t.at("gaps")) {
          m.gaps.push_back({time_of(g.at(0)), time_of(g.at(1)), number(g.at(2))});
        }
      }
      m.events = t.contains("events") ? detail::events_of(t.at("events")) : meter::Events{};
    }
    s.suspended = Seconds(maybe_number(j, "suspended_s").value_or(0));
    s.meters = std::move(states);
    s.end = frame.mono;
    s.end_utc = frame.utc;
    s.frames.push_back(std::move(frame));
  }

  static RegionRecord region(const Json& j) {
    RegionRecord r;
    r.name = j.at("name").get<std::string>();
    r.id = integer<std::uint64_t>(j.at("id"));
    r.parent = integer<std::uint64_t>(j.at("parent"));
    r.thread = integer<std::int64_t>(j.at("thread"), std::numeric_limits<std::int64_t>::min());
    r.begin = time_of(j.at("t0_ns"));
    r.end = time_of(j.at("t1_ns"));
    if (r.end < r.begin) throw std::invalid_argument("the region ends before it begins");
    const Json& bounds = j.at("bounds_j");
    const Json& interval = j.at("interval_j");
    r.inclusive.add(maybe_number(j, "inclusive_j"), number(bounds.at(0), -most), number(bounds.at(1)),
                    number(interval.at(0), -most), number(interval.at(1)));
    r.exclusive_j = maybe_number(j, "exclusive_j", -most);
    r.union_j = maybe_number(j, "union_j", -most);
    for (const Json& x : j.at("meters_j")) r.meters_j.push_back(x.is_null() ? 0.0 : number(x));
    return r;
  }

  std::string file_;
  Run run_;
};

}  // namespace

Run load(const std::filesystem::path& file) {
  std::istringstream in(co2lib::detail::read_file_or_throw(file, "tracker.bad_log"));
  return detail::read_log(in, co2lib::detail::shown(file.string()));
}

Run detail::read_log(std::istream& in, const std::string& name) {
  LogReader reader(name);
  std::string line;
  std::size_t number = 0;
  while (std::getline(in, line)) {
    ++number;
    if (!line.empty()) reader.take(line, number);
  }
  return reader.finish();
}

}  // namespace co2lib::tracker
