// SPDX-License-Identifier: MIT
#include "tracker/journal.hpp"

#include <algorithm>
#include <deque>

namespace co2lib::tracker::detail {

namespace {

constexpr std::size_t most_lines_waiting = 4096;

}  // namespace

void Journal::begin(MonotonicTime mono, UtcTime utc, const RunSegment& segment) {
  if (!is_open()) return;
  const std::lock_guard lock(queue_);
  log_->add(run_line(head(mono, utc), segment));
}

void Journal::region(MonotonicTime mono, UtcTime utc, const RegionRecord& region) {
  if (!is_open()) return;
  const std::lock_guard lock(queue_);
  log_->add(region_line(head(mono, utc), region), true);
}

void Journal::issue(MonotonicTime mono, UtcTime utc, const Issue& issue) {
  if (!is_open()) return;
  const std::lock_guard lock(queue_);
  log_->add(issue_line(head(mono, utc), issue));
}

void Journal::command(MonotonicTime mono, UtcTime utc, const CommandRecord& command) {
  if (!is_open()) return;
  const std::lock_guard lock(queue_);
  log_->add(command_line(head(mono, utc), command));
}

void Journal::totals(const RunSegment& segment, const std::vector<std::pair<std::string, meter::Reading>>& last) {
  if (!is_open()) return;
  const std::lock_guard lock(queue_);
  log_->add(sample_line(head(segment.end, segment.end_utc), last), true);
  // Each gap is logged twice, in two consecutive lines of totals, so that losing one line loses no gap.
  std::vector<std::size_t> gaps;
  for (const MeterState& m : segment.meters) gaps.push_back(m.gaps.size());
  log_->add(totals_line(head(segment.end, segment.end_utc), segment, gaps_logged_.first));
  gaps_logged_ = {std::move(gaps_logged_.second), std::move(gaps)};
}

void Journal::prices(MonotonicTime mono, UtcTime utc, const RunSegment& segment,
                     const std::vector<std::size_t>& frames) {
  if (!is_open()) return;
  const std::lock_guard lock(queue_);
  log_->add(prices_line(head(mono, utc), segment, frames));
}

void Journal::end(MonotonicTime mono, UtcTime utc) {
  if (!is_open()) return;
  const std::lock_guard lock(queue_);
  log_->add(end_line(head(mono, utc), "stop"));
}

bool Journal::is_full() const {
  if (!is_open()) return false;
  const std::lock_guard lock(queue_);
  return log_->waiting() > write_at_;
}

bool Journal::has_dropped() const {
  if (!is_open()) return false;
  const std::lock_guard lock(queue_);
  return log_->has_dropped();
}

std::optional<std::string> Journal::write(bool synced, bool wait) {
  std::unique_lock writing(writing_, std::defer_lock);
  if (wait) {
    writing.lock();
  } else if (!writing.try_lock()) {
    return std::nullopt;
  }
  if (!is_open()) return std::nullopt;
  std::deque<LogLine> lines;
  {
    const std::lock_guard lock(queue_);
    lines = log_->take();
  }
  std::optional<std::string> failure = log_->write(lines, synced);
  gone_ = gone_ || log_->is_gone();
  const std::lock_guard lock(queue_);
  write_at_ = most_lines_waiting;
  if (!failure) return std::nullopt;
  log_->put_back(std::move(lines));
  write_at_ = std::max(write_at_, 2 * log_->waiting());
  return failure;
}

void Journal::close() {
  const std::scoped_lock lock(writing_, queue_);
  if (open_.exchange(false)) log_->close();
}

void Journal::abandon() noexcept {
  if (open_.exchange(false)) log_->close();
}

}  // namespace co2lib::tracker::detail
