// SPDX-License-Identifier: MIT
// Room `clock`: now and wait, and UTC text to time and back.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

#include <time.h>

#include <co2lib/record.hpp>

namespace co2lib {

/// Time of an unspecified origin that never steps and does not run during suspend.
using MonotonicTime = std::chrono::nanoseconds;
/// Wall time in UTC, to the nanosecond.
using UtcTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// What a waiting thread waits on; `interrupt()` from any thread ends the wait.
class Waiter {
 public:
  /// Ends the wait that goes on and all later ones.
  void interrupt() {
    {
      const std::lock_guard lock(mutex_);
      interrupted_ = true;
    }
    changed_.notify_all();
  }

  /// True once `interrupt()` was called.
  [[nodiscard]] bool interrupted() const {
    const std::lock_guard lock(mutex_);
    return interrupted_;
  }

 private:
  friend class SystemClock;
  friend class ManualClock;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool interrupted_ = false;
};

/// The seam for time: now and wait. Tests drive a `ManualClock` (co2lib/testing.hpp).
class Clock {
 public:
  virtual ~Clock() = default;

  /// Monotonic time; suspend excluded (CLOCK_MONOTONIC).
  [[nodiscard]] virtual MonotonicTime monotonic() const noexcept = 0;
  /// Monotonic time; suspend included (CLOCK_BOOTTIME).
  [[nodiscard]] virtual MonotonicTime boottime() const noexcept = 0;
  /// Wall time, which may step; it labels results and is never used for durations.
  [[nodiscard]] virtual UtcTime utc() const noexcept = 0;
  /// Waits until `monotonic() >= deadline`; true then, false if the waiter was interrupted first.
  virtual bool wait_until(Waiter& waiter, MonotonicTime deadline) = 0;
};

/// The clocks of the operating system.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] MonotonicTime monotonic() const noexcept override { return read(CLOCK_MONOTONIC); }

  [[nodiscard]] MonotonicTime boottime() const noexcept override {
#ifdef CLOCK_BOOTTIME
    return read(CLOCK_BOOTTIME);
#else
    return read(CLOCK_MONOTONIC);
#endif
  }

  [[nodiscard]] UtcTime utc() const noexcept override { return UtcTime(read(CLOCK_REALTIME)); }

  bool wait_until(Waiter& waiter, MonotonicTime deadline) override {
    std::unique_lock lock(waiter.mutex_);
    while (!waiter.interrupted_) {
      const MonotonicTime left = deadline - monotonic();
      if (left <= MonotonicTime::zero()) return true;
      waiter.changed_.wait_for(lock, left);
    }
    return false;
  }

 private:
  static std::chrono::nanoseconds read(clockid_t id) noexcept {
    timespec now{};
    clock_gettime(id, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }
};

namespace detail {

/// Waits for `changed` until `ready()`, at most about `limit` of real time; what `ready()` says at last.
///
/// In slices of limit/20: while the whole process stands still (Ctrl-Z, a debugger, a machine that is paused) one slice
/// runs out and not the limit, so that what goes on afterwards has the rest of it.
template <class Ready>
bool wait_for(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds limit,
              Ready ready) {
  constexpr int slices = 20;
  for (int i = 0; i < slices; ++i) {
    if (changed.wait_for(lock, limit / slices, ready)) return true;
  }
  return ready();
}

inline bool read_digits(std::string_view text, std::size_t at, std::size_t count, int& value) noexcept {
  if (at + count > text.size()) return false;
  value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace detail

/// Reads `YYYY-MM-DDThh:mm[:ss[.f...]]` followed by `Z` or an offset `+hh:mm`; fractions are cut to milliseconds.
///
/// A missing offset, a date that does not exist, a year in UTC outside 1700 to 2200, hour 24 and second 60 are the
/// issue `bad_time`. With
/// `offset_required = false` a text without offset is read as UTC (some sources publish such stamps).
[[nodiscard]] inline Result<UtcTime> parse_utc(std::string_view text, bool offset_required = true) {
  const auto bad = [&] {
    return Issue{"bad_time", std::string(text.substr(0, 64)),
                 "expected a time such as 2024-05-01T12:00:00Z or 2024-05-01T14:00:00+02:00, "
                 "with its offset from UTC"};
  };
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int milliseconds = 0;
  if (!detail::read_digits(text, 0, 4, year) || !detail::read_digits(text, 5, 2, month) ||
      !detail::read_digits(text, 8, 2, day) || !detail::read_digits(text, 11, 2, hour) ||
      !detail::read_digits(text, 14, 2, minute) || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
      text[13] != ':') {
    return bad();
  }
  std::size_t at = 16;
  if (at < text.size() && text[at] == ':') {
    if (!detail::read_digits(text, at + 1, 2, second)) return bad();
    at += 3;
    if (at < text.size() && text[at] == '.') {
      std::size_t digits = 0;
      int scale = 100;
      for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits) {
        milliseconds += (text[at] - '0') * scale;
        scale /= 10;
      }
      if (digits == 0) return bad();
    }
  }
  std::chrono::minutes offset{0};
  const std::string_view zone = text.substr(at);
  if (zone.empty()) {
    if (offset_required) return bad();
  } else if (zone != "Z") {
    int offset_hours = 0;
    int offset_minutes = 0;
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' ||
        !detail::read_digits(zone, 1, 2, offset_hours) || !detail::read_digits(zone, 4, 2, offset_minutes) ||
        offset_hours > 23 || offset_minutes > 59) {
      return bad();
    }
    offset = std::chrono::hours(offset_hours) + std::chrono::minutes(offset_minutes);
    if (zone[0] == '-') offset = -offset;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return bad();
  const std::chrono::sys_seconds whole = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                         std::chrono::minutes(minute) + std::chrono::seconds(second) - offset;
  // Nanoseconds in 64 bits reach from 1678 to 2261.
  const int utc = int(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(whole)).year());
  if (utc < 1700 || utc > 2200) return bad();
  return UtcTime(whole) + std::chrono::milliseconds(milliseconds);
}

/// Writes `2024-05-01T12:00:00Z`, with `.120` before the `Z` if the milliseconds are not 0.
[[nodiscard]] inline std::string format_utc(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - day).count();
  const int whole = static_cast<int>(milliseconds / 1000);
  const int rest = static_cast<int>(milliseconds % 1000);
  std::array<char, 96> buffer{};
  int length = std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d", int(date.year()),
                             unsigned(date.month()), unsigned(date.day()), whole / 3600, whole / 60 % 60, whole % 60);
  std::string text(buffer.data(), static_cast<std::size_t>(length));
  if (rest != 0) {
    length = std::snprintf(buffer.data(), buffer.size(), ".%03d", rest);
    text.append(buffer.data(), static_cast<std::size_t>(length));
  }
  return text + "Z";
}

/// The calendar year in UTC.
[[nodiscard]] inline int utc_year(UtcTime time) {
  return int(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year());
}

}  // namespace co2lib
