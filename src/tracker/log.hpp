// SPDX-License-Identifier: MIT
// The log's lines: written by a tracker, read by `load`; private to src/tracker.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include <co2lib/tracker/run.hpp>

namespace co2lib::tracker::detail {

/// What every line starts with.
struct LineHead {
  std::string_view run_id;
  std::int64_t seq = 0;
  MonotonicTime mono{};
  UtcTime utc{};
};

[[nodiscard]] std::string run_line(const LineHead& head, const Run& run, const RunSegment& segment, bool resumed);
[[nodiscard]] std::string totals_line(const LineHead& head, const RunSegment& segment);
[[nodiscard]] std::string sample_line(const LineHead& head,
                                      const std::vector<std::pair<std::string, meter::Reading>>& readings);
[[nodiscard]] std::string region_line(const LineHead& head, const RegionRecord& region);
[[nodiscard]] std::string issue_line(const LineHead& head, const Issue& issue);
[[nodiscard]] std::string end_line(const LineHead& head, std::string_view reason);

/// Reads a log; `name` stands for it in messages. Throws `tracker.bad_log` if it holds no `run` line.
[[nodiscard]] Run read_log(std::istream& in, const std::string& name);

/// Appends whole lines to a file, one `write` each. Lines that could not be written are kept and tried again.
class LogWriter {
 public:
  LogWriter() = default;
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Opens for appending; throws `tracker.bad_log`.
  void open(const std::filesystem::path& file);
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  void close() noexcept;

  /// Queues a line (without its line end).
  void add(std::string line);
  /// Writes what is queued; the text of the first failure, if any.
  std::optional<std::string> write(bool synced);

  std::int64_t seq = 0;

 private:
  int fd_ = -1;
  bool torn_ = false;
  std::deque<std::string> lines_;
};

}  // namespace co2lib::tracker::detail
