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
#include <utility>
#include <vector>

#include <co2lib/tracker/run.hpp>

namespace co2lib::tracker::detail {

/// What every line starts with.
struct LineHead {
  std::string_view run_id;
  std::int64_t seq = 0;
  MonotonicTime mono{};
  UtcTime utc{};
};

[[nodiscard]] std::string run_line(const LineHead& head, const RunSegment& segment);
/// The gaps of each meter from number `gaps_from` on; the earlier ones stand in earlier lines.
[[nodiscard]] std::string totals_line(const LineHead& head, const RunSegment& segment,
                                      const std::vector<std::size_t>& gaps_from = {});
[[nodiscard]] std::string sample_line(const LineHead& head,
                                      const std::vector<std::pair<std::string, meter::Reading>>& readings);
[[nodiscard]] std::string region_line(const LineHead& head, const RegionRecord& region);
[[nodiscard]] std::string issue_line(const LineHead& head, const Issue& issue);
[[nodiscard]] std::string command_line(const LineHead& head, const CommandRecord& command);
[[nodiscard]] std::string end_line(const LineHead& head, std::string_view reason);

/// Reads a log; `name` stands for it in messages. Throws `tracker.bad_log` if it holds no `run` line.
[[nodiscard]] Run read_log(std::istream& in, const std::string& name);

/// Leaves one of several copies of a segment, the longest: a log given twice, or before its end and after it.
void drop_copies(std::vector<RunSegment>& segments);

/// A line of a log. When the disk is full, droppable lines are discarded first; totals are cumulative and are kept.
struct LogLine {
  std::string text;  ///< without its line end
  bool droppable = false;
};

/// Appends lines to a file that it holds alone. Lines that could not be written are kept and tried again.
///
/// `add`, `take` and `put_back` belong to one lock, `write` to another, so that nobody waits for a disk to queue a
/// line.
class LogWriter {
 public:
  LogWriter() = default;
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  enum class Lock {
    held,         ///< no other process can open it
    taken,        ///< another process holds it; it is not open
    unavailable,  ///< it is open, and nothing keeps another process from it
  };
  /// Opens for appending and locks the file until it is closed; throws `tracker.bad_log`. What is not a regular file is
  /// not locked.
  Lock open(const std::filesystem::path& file);
  /// Bytes that the file held when it was opened.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Empties the file.
  void truncate();
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  void close() noexcept;

  void add(std::string text, bool droppable = false);
  [[nodiscard]] std::size_t waiting() const noexcept { return lines_.size(); }
  /// True if lines were dropped since too many waited.
  [[nodiscard]] bool has_dropped() const noexcept { return has_dropped_; }
  [[nodiscard]] std::deque<LogLine> take() { return std::exchange(lines_, {}); }
  void put_back(std::deque<LogLine> lines);

  /// Writes `lines` and leaves in them what could not be written; the text of the failure, if any.
  std::optional<std::string> write(std::deque<LogLine>& lines, bool synced);
  /// True if the file was removed or cut since it was opened: what was written to it is lost.
  [[nodiscard]] bool is_gone() const noexcept;

 private:
  void drop_if_too_many();

  int fd_ = -1;
  int owner_ = 0;              ///< the process that opened it
  std::uint64_t size_ = 0;     ///< when it was opened
  std::uint64_t written_ = 0;  ///< bytes since then
  bool torn_ = false;          ///< the file does not end with a line end
  bool has_dropped_ = false;
  std::deque<LogLine> lines_;
};

}  // namespace co2lib::tracker::detail
