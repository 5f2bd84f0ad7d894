// SPDX-License-Identifier: MIT
// What a running tracker writes into its log, and when; private to src/tracker.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tracker/log.hpp"

namespace co2lib::tracker::detail {

/// Without a file, nothing is kept and nothing is written.
class Journal {
 public:
  /// `first` is the number of the first line.
  Journal(std::unique_ptr<LogWriter> log, std::filesystem::path file, std::string run_id, std::int64_t first)
      : log_(std::move(log)), file_(std::move(file)), run_id_(std::move(run_id)), open_(log_ != nullptr), seq_(first) {}

  [[nodiscard]] bool is_open() const noexcept { return open_; }
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

  void begin(MonotonicTime mono, UtcTime utc, const RunSegment& segment);
  void region(MonotonicTime mono, UtcTime utc, const RegionRecord& region);
  void issue(MonotonicTime mono, UtcTime utc, const Issue& issue);
  void command(MonotonicTime mono, UtcTime utc, const CommandRecord& command);
  /// The last frame of a segment, and the last readings of its meters.
  void totals(const RunSegment& segment, const std::vector<std::pair<std::string, meter::Reading>>& last);
  /// Flushes, by number, whose prices became better known.
  void prices(MonotonicTime mono, UtcTime utc, const RunSegment& segment, const std::vector<std::size_t>& frames);
  void end(MonotonicTime mono, UtcTime utc);

  /// So many lines wait that they should be written before the next flush.
  [[nodiscard]] bool is_full() const;
  /// Lines were dropped, since too many waited for the disk.
  [[nodiscard]] bool has_dropped() const;
  /// Writes what waits; what went wrong, if anything did. If another thread is writing, waits for it, or leaves it to
  /// that one.
  std::optional<std::string> write(bool synced, bool wait);
  /// The file was removed or cut under our hands.
  [[nodiscard]] bool is_gone() const noexcept { return gone_; }
  void close();
  /// In a forked child: the file is the parent's.
  void abandon() noexcept;

 private:
  [[nodiscard]] LineHead head(MonotonicTime mono, UtcTime utc) { return {run_id_, seq_++, mono, utc}; }

  std::unique_ptr<LogWriter> log_;
  std::filesystem::path file_;
  std::string run_id_;
  std::atomic<bool> open_;
  std::atomic<bool> gone_ = false;
  std::mutex writing_;        ///< held by the thread that writes; locked before `queue_`
  mutable std::mutex queue_;  ///< guards the lines that wait, and what follows
  std::int64_t seq_;
  std::size_t write_at_ = 4096;  ///< lines that are too many to wait for the next flush
  /// How many gaps of each meter had been found at the last but one flush, and at the last.
  std::pair<std::vector<std::size_t>, std::vector<std::size_t>> gaps_logged_;
};

}  // namespace co2lib::tracker::detail
