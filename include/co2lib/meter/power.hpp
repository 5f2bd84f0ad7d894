// SPDX-License-Identifier: MIT
// The power engine: readings in W become steps of energy and gaps. Pure; it knows no sensor.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include <co2lib/clock.hpp>
#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/curve.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/record.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::meter {

/// One reading of power: its monotonic time and the watts, absent for a failed read.
struct PowerSample {
  MonotonicTime time{};          ///< after the read
  std::optional<Watts> watts{};  ///< none for a failed read
};

/// Readings further apart than this are a gap (s).
inline constexpr double default_max_gap_s = 10;

/// A reading above the ceiling is dropped; up to this many times the ceiling it may be true all the same, and widens
/// the upper bound (ours).
inline constexpr double still_credible = 10;

/// The streaming form of the power engine: the trapezoid over consecutive good readings, or value times length where a
/// reading is the mean since the previous one (models on cumulative CPU time, for which that is exact).
///
/// With `still_limit`, a meter that shows nothing but 0 W for that long does not work: a gap until it shows more.
class PowerEngine {
 public:
  /// For a meter of kind power; where two readings are more than `max_gap_s` seconds apart there is a gap.
  explicit PowerEngine(const MeterInfo& info, double max_gap_s = default_max_gap_s,
                       MonotonicTime still_limit = MonotonicTime::max())
      : p_max_w_(meter::p_max_w(info)), max_gap_s_(max_gap_s), still_limit_(still_limit) {}

  /// Takes the next reading, and calls `sink(segment)` for the step or gap that ends with it.
  template <class Sink>
  void push(const PowerSample& sample, Sink&& sink) {
    if (!sample.watts) {
      ++events_.missed_reads;
      return;
    }
    if (any_ && sample.time <= last_time_) {
      events_.out_of_order = true;
      ++events_.missed_reads;
      return;
    }
    const Watts& w = *sample.watts;
    const bool finite = std::isfinite(w.low) && std::isfinite(w.high);
    if (!(w.value >= 0) || w.value > p_max_w_ || !finite) {  // NaN too
      ++events_.glitches;
      if (finite && w.value > p_max_w_ && w.value <= still_credible * p_max_w_) note_above(sample.time, w.value);
      return;
    }
    if (any_) {
      Segment s{.begin = last_time_, .end = sample.time};
      if (above_) {
        note_above(sample.time, w.value);
        s.over_j = above_j_;  // less what the step itself holds, below
      }
      const double length = s.seconds();
      if (length > max_gap_s_ && !w.mean_since_previous) {
        s.shape = Segment::Shape::gap;
        s.over_j = std::max(0.0, s.over_j - numeric::product(p_max_w_, length));
        pending_first_ = true;
      } else {
        const Watts& before = last_watts_;
        s.samples = pending_first_ ? 2 : 1;
        pending_first_ = false;
        if (w.mean_since_previous) {
          s.shape = Segment::Shape::mean;
          s.joules = numeric::product(w.value, length);
          s.low_j = numeric::product(w.low, length);
          s.high_j = numeric::product(w.high, length);
        } else {
          s.shape = Segment::Shape::line;
          s.begin_w = before.value;
          s.end_w = w.value;
          s.joules = numeric::product(0.5 * (before.value + w.value), length);
          s.low_j = numeric::product(0.5 * (before.low + w.low), length);
          s.high_j = numeric::product(0.5 * (before.high + w.high), length);
        }
        s.over_j = std::max(0.0, s.over_j - s.joules);
      }
      if (still_ && w.value > 0) {  // the gap ends; what is between this reading and the last 0 W is a step
        sink(Segment{.begin = began_, .end = last_time_, .shape = Segment::Shape::gap, .retracts = true});
        still_ = false;
      }
      take(sample);
      if (!still_) sink(s);
      if (!worked_) stand_still(sample.time, sink);
    } else {
      if (above_) {
        note_above(sample.time, w.value);
        head_over_j_ = beyond_gap_j();
      }
      any_ = true;
      began_ = sample.time;
      take(sample);
    }
  }

  /// The energy of readings above the ceiling that no segment holds: before the first good one and after the last.
  [[nodiscard]] double loose_over_j() const noexcept { return head_over_j_ + (above_ ? beyond_gap_j() : 0); }

  [[nodiscard]] const Events& events() const noexcept { return events_; }  ///< what happened so far
  [[nodiscard]] Events& events() noexcept { return events_; }  ///< to add what the engine cannot see (late ticks)
  /// The time up to which the curve is complete; none before the first good reading.
  [[nodiscard]] std::optional<MonotonicTime> reached() const noexcept {
    return any_ ? std::optional(last_time_) : std::nullopt;
  }

 private:
  /// Takes a reading above the ceiling, or the good one after it, into the energy that there was if it was true.
  void note_above(MonotonicTime time, double watts) {
    if (!above_) {
      above_ = true;
      above_time_ = any_ ? last_time_ : time;
      above_watts_ = any_ ? last_watts_.value : watts;
      above_since_ = above_time_;
      above_j_ = 0;
    }
    above_j_ += numeric::product(0.5 * (above_watts_ + watts), Seconds(time - above_time_).count());
    above_time_ = time;
    above_watts_ = watts;
  }

  /// What the readings above the ceiling hold beyond the ceiling times their time, the upper bound of a gap.
  [[nodiscard]] double beyond_gap_j() const noexcept {
    return std::max(0.0, above_j_ - numeric::product(p_max_w_, Seconds(above_time_ - above_since_).count()));
  }

  void take(const PowerSample& sample) {
    last_time_ = sample.time;
    last_watts_ = *sample.watts;
    above_ = false;
    above_j_ = 0;
    worked_ = worked_ || last_watts_.value > 0;
  }

  template <class Sink>
  void stand_still(MonotonicTime now, Sink& sink) {
    still_ = still_ || now - began_ >= still_limit_;
    if (!still_) return;
    events_.frozen = true;
    sink(Segment{.begin = began_, .end = now, .shape = Segment::Shape::gap, .retracts = true, .goes_on = true});
  }

  double p_max_w_;
  double max_gap_s_;
  MonotonicTime still_limit_;
  MonotonicTime began_{};  ///< first good reading
  bool worked_ = false;    ///< showed more than 0 W once
  bool still_ = false;
  bool above_ = false;  ///< the last reading was above the ceiling
  MonotonicTime above_time_{};
  double above_watts_ = 0;
  MonotonicTime above_since_{};
  double above_j_ = 0;
  double head_over_j_ = 0;
  bool any_ = false;
  MonotonicTime last_time_{};
  Watts last_watts_{};
  bool pending_first_ = true;
  Events events_;
};

/// Runs the power engine over a whole trace.
[[nodiscard]] inline Trace integrate_power(const MeterInfo& info, std::span<const PowerSample> samples,
                                           double max_gap_s = default_max_gap_s) {
  Trace trace{.meter = info, .curve = Curve(info), .events = {}, .window = {}};
  PowerEngine engine(info, max_gap_s);
  bool first = true;
  for (const PowerSample& sample : samples) {
    trace.window.begin = first ? sample.time : std::min(trace.window.begin, sample.time);
    trace.window.end = first ? sample.time : std::max(trace.window.end, sample.time);
    first = false;
    engine.push(sample, [&](const Segment& s) { trace.curve.append(s); });
  }
  trace.events = engine.events();
  return trace;
}

/// Energy and mean power of a sequence of intervals.
struct PowerSummary {
  Energy energy;              ///< sum over the intervals
  Seconds duration{};         ///< sum over the intervals
  std::optional<Power> mean;  ///< energy / duration; none for a duration of zero
};

/// The mean power of intervals of constant power: energy over duration, never a mean of powers. A negative or
/// non-finite length or power is `meter.bad_input`.
[[nodiscard]] inline PowerSummary mean_power(std::span<const std::pair<Seconds, Power>> intervals) {
  numeric::Sum joules;
  numeric::Sum seconds;
  for (const auto& [length, power] : intervals) {
    if (!(length.count() >= 0) || !(power.watts() >= 0) || !std::isfinite(length.count()) ||
        !std::isfinite(power.watts())) {
      throw Error("meter.bad_input", "intervals: a length or a power is negative or not finite");
    }
    joules += numeric::product(power.watts(), length.count());
    seconds += length.count();
  }
  PowerSummary s{.energy = Energy::from_joules(joules.value()), .duration = Seconds(seconds.value()), .mean = {}};
  if (s.duration.count() > 0) s.mean = s.energy / s.duration;
  return s;
}

}  // namespace co2lib::meter
