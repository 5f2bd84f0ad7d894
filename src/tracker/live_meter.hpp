// SPDX-License-Identifier: MIT
// One meter while it runs: its engine, its curve, and its state as the log holds it; private to src/tracker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include <co2lib/clock.hpp>
#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/curve.hpp>
#include <co2lib/meter/power.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/tracker/run.hpp>

#include "tracker/regions.hpp"

namespace co2lib::tracker::detail {

/// A meter as it was opened.
struct OpenMeter {
  std::shared_ptr<meter::Meter> meter;
  meter::MeterInfo info;
  bool quick = false;  ///< reads memory or a kept descriptor of the kernel's, which never blocks
  /// Read with the counters or with the powers; a share is read with the meter it divides.
  meter::Kind cadence = meter::Kind::counter;
};

class LiveMeter {
 public:
  /// Readings of power that are further apart than `max_gap` are a gap.
  LiveMeter(OpenMeter opened, MonotonicTime max_gap);

  [[nodiscard]] const meter::MeterInfo& info() const noexcept { return opened_.info; }
  [[nodiscard]] const OpenMeter& opened() const noexcept { return opened_; }
  [[nodiscard]] const MeterState& state() const noexcept { return state_; }
  [[nodiscard]] const meter::Reading& last() const noexcept { return last_; }

  void take(MonotonicTime time, const meter::Reading& reading, bool after_suspend);
  /// No reading comes after this.
  void finish();
  /// Takes a counter that has not moved so far for one that does not work.
  void give_up();
  void set_mirror_of(std::optional<std::size_t> meter) noexcept { state_.mirror_of = meter; }
  void add_late_ticks(std::int64_t ticks);
  /// A region begins or ends at `time`: the steps around it stay apart.
  void keep_edge(MonotonicTime time) noexcept { latest_edge_ = std::max(latest_edge_, time); }
  /// Merges the steps between the times in `needed` (sorted).
  void compact(const std::vector<MonotonicTime>& needed);

  [[nodiscard]] MeterPoint point() const;
  /// It has shown some energy.
  [[nodiscard]] bool works() const noexcept { return counts_ > 0 || joules_.value() > 0; }
  [[nodiscard]] std::size_t segments() const noexcept { return curve_.segments().size(); }
  [[nodiscard]] MeterView view(bool in_total, bool patient) const;

 private:
  void add(const meter::Segment& segment);
  void note_events();

  OpenMeter opened_;
  MonotonicTime max_gap_;
  meter::Curve curve_;
  std::variant<meter::CounterEngine, meter::PowerEngine> engine_;
  MeterState state_;
  std::uint64_t counts_ = 0;
  numeric::Sum joules_;
  numeric::Sum low_j_;
  numeric::Sum high_j_;
  double over_j_ = 0;
  double retractable_over_j_ = 0;  ///< of it, what stands on steps of 0 J before the first move
  MonotonicTime latest_edge_{-1};
  meter::Reading last_ = meter::Failed{meter::Failure::absent, "not read yet"};
};

}  // namespace co2lib::tracker::detail
