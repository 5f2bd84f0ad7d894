// SPDX-License-Identifier: MIT
// FakeMeter: a scripted meter.
#pragma once

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/testing/manual_clock.hpp>

namespace co2lib {

/// A meter that does what it is told: plays a script, follows a power, fails, throws or blocks.
///
/// All functions may be called from any thread while another one samples.
class FakeMeter final : public meter::Meter {
 public:
  /// Yields the readings of `script` one after the other, then `Failed{lost}`.
  FakeMeter(meter::MeterInfo info, std::vector<meter::Reading> script)
      : info_(std::move(info)), script_(script.begin(), script.end()) {}

  /// A cumulative counter that follows the power set with `set_power`, exactly at the times of `clock`.
  ///
  /// `start` is its first count; it wraps at `info.wrap` and counts in `info.unit` (default: uJ). A clock given by
  /// reference must outlive the meter.
  [[nodiscard]] static std::shared_ptr<FakeMeter> counter(std::shared_ptr<const Clock> clock, meter::MeterInfo info,
                                                          double power_w = 0, std::uint64_t start = 0) {
    info.kind = meter::Kind::counter;
    return std::shared_ptr<FakeMeter>(new FakeMeter(std::move(clock), std::move(info), power_w, start));
  }
  /// The same on a clock given by reference.
  [[nodiscard]] static std::shared_ptr<FakeMeter> counter(const Clock& clock, meter::MeterInfo info, double power_w = 0,
                                                          std::uint64_t start = 0) {
    return counter(borrowed(clock), std::move(info), power_w, start);
  }

  /// A meter of watts that shows the power set with `set_power`; the clock as for `counter`.
  [[nodiscard]] static std::shared_ptr<FakeMeter> power(std::shared_ptr<const Clock> clock, meter::MeterInfo info,
                                                        double power_w = 0) {
    info.kind = meter::Kind::power;
    return std::shared_ptr<FakeMeter>(new FakeMeter(std::move(clock), std::move(info), power_w, 0));
  }
  /// The same on a clock given by reference.
  [[nodiscard]] static std::shared_ptr<FakeMeter> power(const Clock& clock, meter::MeterInfo info, double power_w = 0) {
    return power(borrowed(clock), std::move(info), power_w);
  }

  [[nodiscard]] meter::MeterInfo info() const override { return info_; }

  meter::Reading sample(MonotonicTime) override {
    std::unique_lock lock(mutex_);
    ++samples_;
    if (blocked_) {
      // A thread that hangs in a sensor must not hold up a ManualClock.
      std::optional<ManualClock::Absence> absence;
      if (const auto* manual = dynamic_cast<const ManualClock*>(clock_.get())) absence.emplace(*manual);
      in_block_ = true;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !blocked_; });
      in_block_ = false;
    }
    if (throws_) throw std::runtime_error(*throws_);
    if (failure_) return *failure_;
    if (clock_ == nullptr) {
      if (script_.empty()) return meter::Failed{meter::Failure::lost, "the script has ended"};
      meter::Reading reading = std::move(script_.front());
      script_.pop_front();
      return reading;
    }
    if (info_.kind == meter::Kind::power) return meter::Watts{power_w_};
    follow();
    return meter::Count{count()};
  }

  /// The power from now on, in W.
  void set_power(double watts) {
    const std::lock_guard lock(mutex_);
    follow();
    power_w_ = watts;
  }

  /// Every read fails until `recover`.
  void fail(meter::Failure why, std::string text = "told to fail") {
    const std::lock_guard lock(mutex_);
    failure_ = meter::Failed{why, std::move(text)};
  }

  /// Every read throws until `recover`.
  void throw_error(std::string text = "told to throw") {
    const std::lock_guard lock(mutex_);
    throws_ = std::move(text);
  }

  /// Ends `fail` and `throw_error`.
  void recover() {
    const std::lock_guard lock(mutex_);
    failure_.reset();
    throws_.reset();
  }

  /// The counter starts again from `start`, as after a reload of its driver.
  void reset(std::uint64_t start = 0) {
    const std::lock_guard lock(mutex_);
    follow();
    energy_j_ = 0;
    start_ = start;
  }

  /// Every read blocks until `release`.
  void block() {
    const std::lock_guard lock(mutex_);
    blocked_ = true;
  }

  /// Ends `block`.
  void release() {
    const std::lock_guard lock(mutex_);
    blocked_ = false;
    changed_.notify_all();
  }

  /// Waits, in real time, until a thread is blocked in `sample`; false if none is within `limit`.
  bool wait_blocked(std::chrono::nanoseconds limit = ManualClock::real_limit) {
    std::unique_lock lock(mutex_);
    return detail::wait_for(changed_, lock, limit, [&] { return in_block_; });
  }

  /// How often it was sampled.
  [[nodiscard]] std::size_t samples() const {
    const std::lock_guard lock(mutex_);
    return samples_;
  }

  /// The true energy since it was made (or reset), in J; counters and powers that follow a clock only.
  [[nodiscard]] double energy_j() {
    const std::lock_guard lock(mutex_);
    follow();
    return energy_j_;
  }

 private:
  FakeMeter(std::shared_ptr<const Clock> clock, meter::MeterInfo info, double power_w, std::uint64_t start)
      : info_(std::move(info)), clock_(std::move(clock)), power_w_(power_w), start_(start), at_(clock_->monotonic()) {}

  static std::shared_ptr<const Clock> borrowed(const Clock& clock) {
    return std::shared_ptr<const Clock>(std::shared_ptr<void>(), &clock);
  }

  void follow() {
    if (clock_ == nullptr) return;
    const MonotonicTime now = clock_->monotonic();
    energy_j_ += power_w_ * Seconds(now - at_).count();
    at_ = now;
  }

  // Whole counts; the small addend keeps a sum of decimal steps from falling just short of a count.
  [[nodiscard]] std::uint64_t count() const {
    const double counts =
        energy_j_ * static_cast<double>(info_.unit.denominator) / static_cast<double>(info_.unit.numerator);
    const std::uint64_t total = start_ + static_cast<std::uint64_t>(std::floor(counts + 1e-3));
    return info_.wrap.is_known() ? total % info_.wrap.counts() : total;
  }

  meter::MeterInfo info_;
  std::shared_ptr<const Clock> clock_;
  std::deque<meter::Reading> script_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  double power_w_ = 0;
  double energy_j_ = 0;
  std::uint64_t start_ = 0;
  MonotonicTime at_{0};
  std::optional<meter::Failed> failure_;
  std::optional<std::string> throws_;
  bool blocked_ = false;
  bool in_block_ = false;
  std::size_t samples_ = 0;
};

}  // namespace co2lib
