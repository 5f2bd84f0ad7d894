// SPDX-License-Identifier: MIT
#include "tracker/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <concepts>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>
#include <sstream>
#include <tuple>
#include <type_traits>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <co2lib/error.hpp>
#include <co2lib/tracker/run.hpp>
#include <co2lib/version.hpp>

#include "detail/files.hpp"
#include "detail/json.hpp"

namespace co2lib::tracker {

namespace detail {

namespace {

using co2lib::detail::Json;

constexpr int log_version = 1;
constexpr std::size_t most_lines_kept = 50'000;
constexpr std::size_t batch_bytes = 65'536;

/// A line as it grows, from what every line starts with.
class Line {
 public:
  Line(const LineHead& head, std::string_view type) {
    text_.reserve(512);
    add("v", log_version);
    add("type", type);
    add("run_id", head.run_id);
    add("seq", head.seq);
    add("mono_ns", head.mono.count());
    add("utc", format_utc(head.utc));
  }

  void add(std::string_view name, std::string_view value) { co2lib::detail::append_string(key(name), value); }
  template <std::same_as<Json> J>  // and nothing that converts to it
  void add(std::string_view name, const J& value) {
    co2lib::detail::append_json(key(name), value);
  }
  template <std::integral T>
  void add(std::string_view name, T value) {
    if constexpr (std::is_same_v<T, bool>) {
      key(name) += value ? "true" : "false";
    } else {
      key(name) += std::to_string(value);
    }
  }
  void add(std::string_view name, double value) { co2lib::detail::append_number(key(name), value); }
  void add(std::string_view name, std::optional<double> value) {
    value ? add(name, *value) : static_cast<void>(key(name) += "null");
  }
  void add(std::string_view name, std::span<const double> values) {
    std::string& text = key(name);
    char before = '[';
    for (const double x : values) {
      text += before;
      co2lib::detail::append_number(text, x);
      before = ',';
    }
    text += values.empty() ? "[]" : "]";
  }

  [[nodiscard]] std::string text() && { return std::move(text_ += '}'); }

 private:
  std::string& key(std::string_view name) {
    text_ += text_.empty() ? '{' : ',';
    co2lib::detail::append_string(text_, name);
    return text_ += ':';
  }

  std::string text_;
};

Json maybe(std::optional<double> x) { return x ? Json(*x) : Json(nullptr); }

Json wrap_json(const meter::WrapRange& w) {
  if (w.is_none()) return "none";
  if (w.is_unknown()) return nullptr;
  return w.counts();
}

Json info_json(const meter::MeterInfo& m) {
  return Json{{"id", m.id},
              {"parent", m.parent},
              {"control", m.control},
              {"name", m.name},
              {"device", std::string(meter::text(m.device))},
              {"domain", std::string(meter::text(m.domain))},
              {"provider", m.provider},
              {"kind", std::string(meter::text(m.kind))},
              {"unit_j", {m.unit.numerator, m.unit.denominator}},
              {"wrap_max", wrap_json(m.wrap)},
              {"flags", m.flags},
              {"update_period_s", maybe(m.update_period_s)},
              {"slack_s", maybe(m.slack_s)},
              {"p_max_w", maybe(m.p_max_w)},
              {"accuracy", maybe(m.accuracy)},
              {"scope", m.scope},
              {"provenance", m.provenance}};
}

Json events_json(const meter::Events& e) {
  Json j = Json::object();
  const auto count = [&](const char* name, std::int64_t n) {
    if (n != 0) j[name] = n;
  };
  const auto flag = [&](const char* name, bool set) {
    if (set) j[name] = true;
  };
  count("wraps", e.wraps);
  count("resets", e.resets);
  count("missed_reads", e.missed_reads);
  count("glitches", e.glitches);
  count("late_ticks", e.late_ticks);
  flag("out_of_order", e.out_of_order);
  flag("reset_unconfirmed", e.reset_unconfirmed);
  flag("implausible_rate", e.implausible_rate);
  flag("wrap_ambiguous", e.wrap_ambiguous);
  flag("wrap_modulus_unknown", e.wrap_modulus_unknown);
  return j;
}

}  // namespace

std::string run_line(const LineHead& head, const Run& run, const RunSegment& s, bool resumed) {
  Line line(head, resumed ? "resume" : "run");
  if (resumed) line.add("previous_segment", run.segments.size() - 1);
  line.add("boot_id", s.boot_id);
  line.add("pid", s.pid);
  line.add("host", s.context.host);
  line.add("library", s.version);
  line.add("owner", s.owner);
  line.add("context", Json{{"os", s.context.os},
                           {"cpu_model", s.context.cpu_model},
                           {"logical_cpus", s.context.logical_cpus ? Json(*s.context.logical_cpus) : Json(nullptr)},
                           {"memory_bytes", s.context.memory_bytes ? Json(*s.context.memory_bytes) : Json(nullptr)},
                           {"project", s.context.project},
                           {"slurm_job_id", s.context.slurm_job_id}});
  line.add("config", Json{{"location", run.pricing.location},
                          {"g_per_kwh", maybe(run.pricing.g_per_kwh)},
                          {"intensity", run.pricing.intensity_text},
                          {"pue", run.pricing.facility.pue},
                          {"wue", run.pricing.facility.wue}});
  Json meters = Json::array();
  for (const MeterState& m : s.meters) meters.push_back(info_json(m.info));
  line.add("meters", meters);
  return std::move(line).text();
}

std::string totals_line(const LineHead& head, const RunSegment& s, const std::vector<std::size_t>& gaps_from) {
  Line line(head, "totals");
  const Frame& frame = s.frames.back();
  if (frame.g_per_kwh) line.add("g_per_kwh", *frame.g_per_kwh);
  if (s.suspended.count() > 0) line.add("suspended_s", s.suspended.count());
  Json meters = Json::object();
  for (std::size_t i = 0; i < s.meters.size(); ++i) {
    const MeterState& m = s.meters[i];
    const MeterPoint& p = frame.meters[i];
    Json t;
    if (m.info.kind == meter::Kind::counter) {
      t["c"] = p.counts;
    } else {
      t["j"] = p.joules;
      t["low_j"] = p.low_j;
      t["high_j"] = p.high_j;
    }
    t["covered_ns"] = m.covered.count();
    if (m.first) t["window_ns"] = {m.first->count(), m.last.count()};
    if (m.any_good) t["reached_ns"] = {m.reached_begin.count(), m.reached_end.count()};
    if (m.ambiguous != 0) t["ambiguous"] = m.ambiguous;
    if (m.samples != 0) t["samples"] = m.samples;
    if (m.mirror_of) t["mirror_of"] = *m.mirror_of;
    if (!m.gaps.empty()) {
      const std::size_t from = i < gaps_from.size() ? std::min(gaps_from[i], m.gaps.size()) : 0;
      if (from > 0) t["gaps_at"] = from;
      Json& gaps = t["gaps"] = Json::array();
      for (std::size_t g = from; g < m.gaps.size(); ++g) {
        gaps.push_back({m.gaps[g].begin.count(), m.gaps[g].end.count(), m.gaps[g].lower_j});
      }
    }
    Json events = events_json(m.events);
    if (!events.empty()) t["events"] = std::move(events);
    meters[m.info.id] = std::move(t);
  }
  line.add("m", meters);
  return std::move(line).text();
}

std::string sample_line(const LineHead& head, const std::vector<std::pair<std::string, meter::Reading>>& readings) {
  Line line(head, "sample");
  Json s = Json::object();
  for (const auto& [id, reading] : readings) {
    if (const auto* count = std::get_if<meter::Count>(&reading)) {
      s[id] = count->value;
    } else if (const auto* watts = std::get_if<meter::Watts>(&reading)) {
      s[id] = watts->value;
    } else {
      s[id] = nullptr;
    }
  }
  line.add("s", s);
  return std::move(line).text();
}

std::string region_line(const LineHead& head, const RegionRecord& r) {
  Line line(head, "region");
  line.add("name", r.name);
  line.add("id", r.id);
  line.add("parent", r.parent);
  line.add("thread", r.thread);
  line.add("t0_ns", r.begin.count());
  line.add("t1_ns", r.end.count());
  line.add("inclusive_j", r.inclusive.energy_j);
  line.add("bounds_j", std::array{r.inclusive.low_j, r.inclusive.high_j});
  line.add("interval_j", std::array{r.inclusive.interval_low_j, r.inclusive.interval_high_j});
  line.add("exclusive_j", r.exclusive_j);
  line.add("union_j", r.union_j);
  line.add("meters_j", r.meters_j);
  return std::move(line).text();
}

std::string issue_line(const LineHead& head, const Issue& issue) {
  Line line(head, "issue");
  line.add("code", issue.code);
  line.add("subject", issue.subject);
  line.add("text", issue.text);
  return std::move(line).text();
}

std::string end_line(const LineHead& head, std::string_view reason) {
  Line line(head, "end");
  line.add("reason", reason);
  return std::move(line).text();
}

namespace {

/// Writes once. A file that may not grow any further is an error here, and not the signal that ends the process.
ssize_t write_quietly(int fd, const std::string& text) {
  sigset_t too_long;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&too_long);
  sigaddset(&too_long, SIGXFSZ);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &too_long, &before);
  const ssize_t written = ::write(fd, text.data(), text.size());
  const int error = errno;
  if (written < 0 && error == EFBIG && sigismember(&pending, SIGXFSZ) == 0) {
    constexpr timespec at_once{};
    (void)sigtimedwait(&too_long, nullptr, &at_once);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

}  // namespace

LogWriter::~LogWriter() { close(); }

void LogWriter::open(const std::filesystem::path& file) {
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    const int error = errno;
    throw Error("tracker.bad_log",
                file.string() + ": cannot open the log: " + std::strerror(error) + "; give a file in a writable folder",
                {}, ErrorCategory::os);
  }
  const off_t size = ::lseek(fd_, 0, SEEK_END);
  char last = '\n';
  torn_ = size > 0 && ::pread(fd_, &last, 1, size - 1) == 1 && last != '\n';
}

void LogWriter::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void LogWriter::add(std::string text, bool droppable) {
  lines_.push_back({std::move(text), droppable});
  drop_if_too_many();
}

void LogWriter::put_back(std::deque<LogLine> lines) {
  lines_.insert(lines_.begin(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
  drop_if_too_many();
}

void LogWriter::drop_if_too_many() {
  if (lines_.size() <= most_lines_kept) return;
  const auto middle = lines_.begin() + static_cast<std::ptrdiff_t>(lines_.size() / 2);
  const auto kept = std::remove_if(lines_.begin(), middle, [](const LogLine& line) { return line.droppable; });
  has_dropped_ = has_dropped_ || kept != middle;
  lines_.erase(kept, middle);
}

std::optional<std::string> LogWriter::write(std::deque<LogLine>& lines, bool synced) {
  while (!lines.empty()) {
    std::string text = torn_ ? "\n" : "";
    for (auto line = lines.begin(); line != lines.end() && text.size() < batch_bytes; ++line) {
      text += line->text;
      text += '\n';
    }
    const ssize_t written = write_quietly(fd_, text);
    if (written < 0 && errno == EINTR) continue;
    const int error = written < 0 ? errno : ENOSPC;
    if (written > 0) {
      auto left = static_cast<std::size_t>(written) - (torn_ ? 1 : 0);
      torn_ = false;
      while (!lines.empty() && left >= lines.front().text.size()) {
        left -= lines.front().text.size();
        lines.pop_front();
        torn_ = left == 0;  // only its line end is missing: no line is written twice
        if (!torn_) --left;
      }
      torn_ = torn_ || left > 0;
    }
    if (written != static_cast<ssize_t>(text.size()))
      return std::string("cannot write the log: ") + std::strerror(error);
  }
  if (synced && ::fdatasync(fd_) != 0 && errno != EINVAL && errno != EROFS) {
    return std::string("cannot flush the log to disk: ") + std::strerror(errno);
  }
  return std::nullopt;
}

}  // namespace detail

// ---------------------------------------------------------------------------------------------------------------------
// Reading
// ---------------------------------------------------------------------------------------------------------------------

namespace {

using co2lib::detail::Json;

template <class Enum, std::size_t N>
Enum enum_of(const std::string& text, const Enum (&values)[N]) {
  for (const Enum v : values) {
    if (meter::text(v) == text) return v;
  }
  throw std::invalid_argument("unknown name '" + text + "'");
}

/// An integer of the type T from `low` on; other numbers are refused and not cut.
template <class T>
T integer(const Json& j, T low = 0, T high = std::numeric_limits<T>::max()) {
  if (j.is_number_unsigned()) {
    const auto value = j.get<std::uint64_t>();
    if (value <= static_cast<std::uint64_t>(high) && (low <= 0 || value >= static_cast<std::uint64_t>(low))) {
      return static_cast<T>(value);
    }
  } else if (j.is_number_integer()) {
    const auto value = j.get<std::int64_t>();
    if (std::is_signed_v<T> && value < 0 && value >= static_cast<std::int64_t>(low)) return static_cast<T>(value);
  }
  throw std::invalid_argument(j.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 64) +
                              " is no integer in its range");
}

template <class T>
T integer_or(const Json& j, const char* key, T absent) {
  return j.contains(key) ? integer<T>(j.at(key)) : absent;
}

/// Beyond every energy, power and time that can be measured, and far from overflow.
constexpr double most = 1e30;

double number(const Json& j, double low = 0) {
  if (j.is_number()) {
    const auto value = j.get<double>();
    if (value >= low && value <= most) return value;
  }
  throw std::invalid_argument(j.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 64) +
                              " is no number in its range");
}

std::optional<double> maybe_number(const Json& j, const char* key, double low = 0) {
  if (!j.contains(key) || j.at(key).is_null()) return std::nullopt;
  return number(j.at(key), low);
}

/// Times in a log lie within 31 years of uptime, so that sums and differences of them never overflow.
MonotonicTime time_of(const Json& j) {
  return MonotonicTime(integer<std::int64_t>(j, 0, std::int64_t{1'000'000'000'000'000'000}));
}

meter::MeterInfo info_of(const Json& j) {
  using meter::Device;
  using meter::Domain;
  meter::MeterInfo m;
  m.id = j.at("id").get<std::string>();
  m.parent = j.value("parent", std::string());
  m.control = j.value("control", std::string());
  m.name = j.value("name", std::string());
  m.device = enum_of(j.at("device").get<std::string>(), {Device::cpu, Device::dram, Device::gpu, Device::platform,
                                                         Device::board, Device::ram, Device::npu});
  m.domain = enum_of(j.at("domain").get<std::string>(),
                     {Domain::package, Domain::core, Domain::uncore, Domain::dram, Domain::psys, Domain::gpu,
                      Domain::module, Domain::rail, Domain::model, Domain::other});
  m.provider = j.at("provider").get<std::string>();
  m.kind = enum_of(j.at("kind").get<std::string>(), {meter::Kind::counter, meter::Kind::power});
  m.unit = {integer<std::int64_t>(j.at("unit_j").at(0), 1), integer<std::int64_t>(j.at("unit_j").at(1), 1)};
  const Json& wrap = j.at("wrap_max");
  m.wrap = wrap.is_null()     ? meter::WrapRange::unknown()
           : wrap.is_string() ? meter::WrapRange::none()
                              : meter::WrapRange::modulus(integer<std::uint64_t>(wrap, 1));
  m.flags = j.value("flags", std::vector<std::string>());
  m.update_period_s = maybe_number(j, "update_period_s");
  m.slack_s = maybe_number(j, "slack_s");
  m.p_max_w = maybe_number(j, "p_max_w");
  m.accuracy = maybe_number(j, "accuracy");
  if (m.accuracy && *m.accuracy > 1) throw std::invalid_argument("accuracy is above 1");
  m.scope = j.value("scope", std::string("machine"));
  m.provenance = j.value("provenance", std::string());
  return m;
}

meter::Events events_of(const Json& j) {
  meter::Events e;
  e.wraps = integer_or(j, "wraps", std::int64_t{0});
  e.resets = integer_or(j, "resets", std::int64_t{0});
  e.missed_reads = integer_or(j, "missed_reads", std::int64_t{0});
  e.glitches = integer_or(j, "glitches", std::int64_t{0});
  e.late_ticks = integer_or(j, "late_ticks", std::int64_t{0});
  e.out_of_order = j.value("out_of_order", false);
  e.reset_unconfirmed = j.value("reset_unconfirmed", false);
  e.implausible_rate = j.value("implausible_rate", false);
  e.wrap_ambiguous = j.value("wrap_ambiguous", false);
  e.wrap_modulus_unknown = j.value("wrap_modulus_unknown", false);
  return e;
}

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
      // The parser ran out of text. Where the line stands says nothing: whoever resumes writes behind a torn one.
      torn = text.front() == '{' && error.byte > text.size();
    } catch (const Json::exception&) {  // NOLINT(bugprone-empty-catch): `j` tells
    }
    if (!j.is_object()) {
      run_.issues.push_back(
          {torn ? "torn_line" : "bad_line", file_ + ":" + std::to_string(number),
           torn ? "the line is incomplete (the process was killed, or the disk was full) and was skipped"
                : "the line is not JSON and was skipped"});
      return;
    }
    try {
      read(j, number);
    } catch (const std::exception& error) {
      run_.issues.push_back(
          {"bad_line", file_ + ":" + std::to_string(number), std::string("the line was skipped: ") + error.what()});
    }
  }

  Run finish() {
    if (run_.segments.empty()) {
      throw Error("tracker.bad_log", file_ + ": holds no readable `run` line; is this a log of co2lib?", {},
                  ErrorCategory::os);
    }
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
    } else if (type == "region") {
      s.add_region(region(j));
    } else if (type == "issue") {
      add_issue(s.issues,
                {j.at("code").get<std::string>(), j.at("subject").get<std::string>(), j.at("text").get<std::string>()});
    } else if (type == "end") {
      s.ended = true;
    } else if (type != "sample") {
      add_issue(run_.issues,
                {"unknown_line", file_ + ":" + std::to_string(number), "unknown type '" + type + "' was skipped"});
    }
  }

  void begin_segment(const Json& j) {
    RunSegment s;
    s.boot_id = j.at("boot_id").get<std::string>();
    s.pid = integer<std::int64_t>(j.at("pid"));
    s.version = j.at("library").get<std::string>();
    s.owner = j.value("owner", true);
    s.context.host = j.at("host").get<std::string>();
    const Json& c = j.at("context");
    s.context.os = c.value("os", std::string());
    s.context.cpu_model = c.value("cpu_model", std::string());
    if (c.contains("logical_cpus") && !c["logical_cpus"].is_null())
      s.context.logical_cpus = integer<int>(c["logical_cpus"]);
    if (c.contains("memory_bytes") && !c["memory_bytes"].is_null()) {
      s.context.memory_bytes = integer<std::uint64_t>(c["memory_bytes"]);
    }
    s.context.project = c.value("project", std::string());
    s.context.slurm_job_id = c.value("slurm_job_id", std::string());
    s.begin = time_of(j.at("mono_ns"));
    s.begin_utc = utc(j);
    s.end = s.begin;
    s.end_utc = s.begin_utc;
    for (const Json& m : j.at("meters")) {
      MeterState state;
      state.info = info_of(m);
      state.last = s.begin;
      s.meters.push_back(std::move(state));
    }
    s.frames.push_back({.mono = s.begin,
                        .utc = s.begin_utc,
                        .meters = std::vector<MeterPoint>(s.meters.size()),
                        .g_per_kwh = std::nullopt});
    const Json& config = j.at("config");
    if (run_.segments.empty()) {
      run_.run_id = j.at("run_id").get<std::string>();
      run_.pricing.location = config.value("location", std::string());
      run_.pricing.g_per_kwh = maybe_number(config, "g_per_kwh");
      run_.pricing.intensity_text = config.value("intensity", std::string());
      run_.pricing.facility = {maybe_number(config, "pue", 1).value_or(1), maybe_number(config, "wue").value_or(0)};
    }
    run_.segments.push_back(std::move(s));
  }

  static UtcTime utc(const Json& j) {
    const Result<UtcTime> t = parse_utc(j.at("utc").get<std::string>());
    if (!t) throw std::invalid_argument("utc: " + t.issue().text);
    constexpr UtcTime last{std::chrono::sys_days(std::chrono::year(2200) / 1 / 1)};
    if (*t < UtcTime{} || *t > last) throw std::invalid_argument("utc is not between 1970 and 2200");
    return *t;
  }

  static void totals(RunSegment& s, const Json& j) {
    // Built apart, so that a line that breaks in the middle changes nothing.
    std::vector<MeterState> states = s.meters;
    Frame frame{.mono = time_of(j.at("mono_ns")),
                .utc = utc(j),
                .meters = {},
                .g_per_kwh = maybe_number(j, "g_per_kwh", -most)};
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
      m.samples = integer_or(t, "samples", std::int64_t{0});
      m.mirror_of.reset();
      if (t.contains("mirror_of")) {
        const auto of = integer<std::size_t>(t.at("mirror_of"));
        if (of >= i) throw std::invalid_argument("mirror_of is no earlier meter");
        m.mirror_of = of;
      }
      // A line repeats the newest gaps only; those before them stand in earlier lines.
      m.gaps.resize(std::min(m.gaps.size(), integer_or(t, "gaps_at", std::size_t{0})));
      if (t.contains("gaps")) {
        for (const Json& g : t.at("gaps")) {
          m.gaps.push_back({time_of(g.at(0)), time_of(g.at(1)), number(g.at(2))});
        }
      }
      m.events = t.contains("events") ? events_of(t.at("events")) : meter::Events{};
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
}

void RunSegment::add_region(const RegionRecord& region) {
  auto found =
      std::find_if(regions.begin(), regions.end(), [&](const RegionStats& s) { return s.name == region.name; });
  if (found == regions.end()) {
    regions.push_back({});
    found = regions.end() - 1;
    found->name = region.name;
  }
  found->add(region);
}

Run load(const std::filesystem::path& file) {
  std::istringstream in(co2lib::detail::read_file_or_throw(file, "tracker.bad_log"));
  return detail::read_log(in, file.string());
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

// ---------------------------------------------------------------------------------------------------------------------
// Merging
// ---------------------------------------------------------------------------------------------------------------------

Run merge(std::span<const Run> runs) {
  if (runs.empty()) throw Error("tracker.bad_config", "runs: none given; merge needs at least one");
  Run merged;
  std::vector<std::string> ids;
  merged.pricing = runs[0].pricing;
  for (const Run& run : runs) {
    if (run.pricing.location != merged.pricing.location || run.pricing.g_per_kwh != merged.pricing.g_per_kwh ||
        run.pricing.facility.pue != merged.pricing.facility.pue ||
        run.pricing.facility.wue != merged.pricing.facility.wue) {
      throw Error("tracker.bad_config",
                  "runs " + runs[0].run_id + " and " + run.run_id +
                      " were priced with different locations, intensities, PUE or WUE; merge runs of one place");
    }
    if (run.source) merged.source = run.source;
    std::istringstream parts(run.run_id);  // merged runs carry the ids of their parts, joined by +
    for (std::string id; std::getline(parts, id, '+');) ids.push_back(id);
    merged.segments.insert(merged.segments.end(), run.segments.begin(), run.segments.end());
    add_issues(merged.issues, run.issues);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const std::string& id : ids) merged.run_id += (merged.run_id.empty() ? "" : "+") + id;

  std::sort(merged.segments.begin(), merged.segments.end(), [](const RunSegment& a, const RunSegment& b) {
    return std::tie(a.begin_utc, a.context.host, a.pid, a.begin) <
           std::tie(b.begin_utc, b.context.host, b.pid, b.begin);
  });
  // The same log given twice is one segment.
  merged.segments.erase(std::unique(merged.segments.begin(), merged.segments.end(),
                                    [](const RunSegment& a, const RunSegment& b) {
                                      return a.boot_id == b.boot_id && a.pid == b.pid && a.begin == b.begin &&
                                             a.begin_utc == b.begin_utc && a.frames.size() == b.frames.size();
                                    }),
                        merged.segments.end());

  return merged;
}

}  // namespace co2lib::tracker
