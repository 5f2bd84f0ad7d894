// SPDX-License-Identifier: MIT
// The log's lines as they are written, and their way to the disk.
#include <algorithm>
#include <array>
#include <cerrno>
#include <concepts>
#include <cstring>
#include <iterator>
#include <span>
#include <type_traits>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <co2lib/error.hpp>

#include "detail/json.hpp"
#include "tracker/json_parts.hpp"
#include "tracker/log.hpp"

namespace co2lib::tracker::detail {

namespace {

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

}  // namespace

std::string run_line(const LineHead& head, const RunSegment& s) {
  Line line(head, s.number > 0 ? "resume" : "run");
  if (s.number > 0) line.add("previous_segment", s.number - 1);
  line.add("boot_id", s.boot_id);
  line.add("machine_id", s.machine_id);
  line.add("asleep_ns", s.asleep.count());
  line.add("pid", s.pid);
  line.add("host", s.context.host);
  line.add("library", s.version);
  line.add("rank", maybe(s.rank));
  line.add("is_rank", s.is_rank);
  line.add("gpus", Json(s.gpus));
  line.add("context", Json{{"os", s.context.os},
                           {"cpu_model", s.context.cpu_model},
                           {"logical_cpus", maybe(s.context.logical_cpus)},
                           {"memory_bytes", maybe(s.context.memory_bytes)},
                           {"project", s.context.project},
                           {"command", s.context.command},
                           {"slurm_job_id", s.context.slurm_job_id}});
  line.add("config", Json{{"location", s.pricing.location},
                          {"g_per_kwh", maybe(s.pricing.g_per_kwh)},
                          {"intensity", s.pricing.intensity_text},
                          {"pue", s.pricing.facility.pue},
                          {"wue", s.pricing.facility.wue}});
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
    if (m.over_j > 0) t["over_j"] = m.over_j;
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
    if (!m.failure.empty()) t["failure"] = m.failure;
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

std::string command_line(const LineHead& head, const CommandRecord& c) {
  Line line(head, "command");
  line.add("status", maybe(c.status));
  line.add("cpu_s", c.cpu_s);
  line.add("busy_s", c.busy_s);
  line.add("cpus", c.cpus);
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

LogWriter::Lock LogWriter::open(const std::filesystem::path& file) {
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    const int error = errno;
    throw Error("tracker.bad_log",
                file.string() + ": cannot open the log: " + std::strerror(error) + "; give a file in a writable folder",
                {}, ErrorCategory::os);
  }
  owner_ = ::getpid();
  struct stat status {};
  Lock lock = Lock::held;
  if (::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode) && ::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      close();
      return Lock::taken;
    }
    lock = Lock::unavailable;  // a file system without locks
  }
  const off_t size = ::lseek(fd_, 0, SEEK_END);
  size_ = size > 0 ? static_cast<std::uint64_t>(size) : 0;
  char last = '\n';
  torn_ = size > 0 && ::pread(fd_, &last, 1, size - 1) == 1 && last != '\n';
  return lock;
}

void LogWriter::truncate() {
  if (::ftruncate(fd_, 0) != 0) {
    throw Error("tracker.bad_log", std::string("cannot empty the log: ") + std::strerror(errno), {}, ErrorCategory::os);
  }
  size_ = 0;
  written_ = 0;
  torn_ = false;
}

void LogWriter::close() noexcept {
  if (fd_ < 0) return;
  // A child shares the lock until it has closed its copy, so the process that took it gives it back by name.
  if (owner_ == ::getpid()) ::flock(fd_, LOCK_UN);
  ::close(fd_);
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
      written_ += static_cast<std::uint64_t>(written);
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

bool LogWriter::is_gone() const noexcept {
  struct stat about {};
  if (fd_ < 0 || ::fstat(fd_, &about) != 0 || !S_ISREG(about.st_mode)) return false;
  return about.st_nlink == 0 || static_cast<std::uint64_t>(about.st_size) < size_ + written_;
}

}  // namespace co2lib::tracker::detail
