// SPDX-License-Identifier: MIT
// Lines appended to a file that survive the end of the process, whatever ends it; private to src.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace co2lib::detail {

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
  explicit LogWriter(std::string code) : code_(std::move(code)) {}
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  enum class Lock {
    held,         ///< no other process can open it
    taken,        ///< another process holds it; it is not open
    unavailable,  ///< it is open, and nothing keeps another process from it
  };
  /// Opens for appending and locks the file until it is closed; throws its code. What is not a regular file is
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

  std::string code_;  ///< of its errors
  int fd_ = -1;
  int owner_ = 0;              ///< the process that opened it
  std::uint64_t size_ = 0;     ///< when it was opened
  std::uint64_t written_ = 0;  ///< bytes since then
  bool torn_ = false;          ///< the file does not end with a line end
  bool has_dropped_ = false;
  std::deque<LogLine> lines_;
};

}  // namespace co2lib::detail
