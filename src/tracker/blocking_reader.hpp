// SPDX-License-Identifier: MIT
// Reads meters that may block; private to src/tracker.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/meter.hpp>

namespace co2lib::tracker::detail {

/// Reads a meter once; whatever it throws is a failed read.
[[nodiscard]] meter::Reading read_once(meter::Meter& meter, MonotonicTime now);

/// Reads users' meters on a thread of its own, one after the other, so that no caller waits for longer than it wants.
///
/// A meter whose read takes longer than `blocked_after` is blocked: it keeps the thread that it holds, another thread
/// goes on with the other meters, and it is not asked again until that read has returned. Real time, not the run's
/// clock, decides about that. There are never more threads than blocked meters and one.
class MeterReader {
 public:
  static constexpr std::chrono::milliseconds blocked_after{1000};

  struct Answer {
    meter::Reading reading;
    MonotonicTime time{};  ///< after the read
    bool blocked = false;  ///< it did not answer; the reading is a failure
  };

  explicit MeterReader(std::shared_ptr<Clock> clock);
  /// Does not wait for blocked meters.
  ~MeterReader();
  MeterReader(const MeterReader&) = delete;
  MeterReader& operator=(const MeterReader&) = delete;

  /// Adds a meter; returns its number. Only before the first `read`.
  std::size_t add(std::shared_ptr<meter::Meter> meter);

  /// Reads the meters of the numbers `wanted`, in their order; waits for each one up to `blocked_after`.
  void read(const std::vector<std::size_t>& wanted, MonotonicTime now, std::vector<Answer>& answers);

  /// From now on a meter is blocked, at the latest, at `limit` from now (or a short moment after it was asked).
  void hurry(std::chrono::milliseconds limit);

  /// Ends the idle thread and waits for it; one that a meter holds ends when the meter lets go. Nothing is read after.
  void close();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace co2lib::tracker::detail
