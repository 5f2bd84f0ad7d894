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
  MonotonicTime time{};
  std::optional<Watts> watts{};
};

/// Readings further apart than this are a gap (s).
inline constexpr double default_max_gap_s = 10;

/// The streaming form of the power engine: the trapezoid over consecutive good readings, or value times length where a
/// reading is the mean since the previous one (models on cumulative CPU time, for which that is exact).
class PowerEngine {
 public:
  explicit PowerEngine(const MeterInfo& info, double max_gap_s = default_max_gap_s)
      : p_max_w_(meter::p_max_w(info)), max_gap_s_(max_gap_s) {}

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
      return;
    }
    if (any_) {
      Segment s{.begin = last_time_, .end = sample.time};
      const double length = s.seconds();
      if (length > max_gap_s_ && !w.mean_since_previous) {
        s.shape = Segment::Shape::gap;
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
      }
      last_time_ = sample.time;
      last_watts_ = w;
      sink(s);
    } else {
      any_ = true;
      last_time_ = sample.time;
      last_watts_ = w;
    }
  }

  [[nodiscard]] const Events& events() const noexcept { return events_; }
  [[nodiscard]] Events& events() noexcept { return events_; }
  /// The time up to which the curve is complete; none before the first good reading.
  [[nodiscard]] std::optional<MonotonicTime> reached() const noexcept {
    return any_ ? std::optional(last_time_) : std::nullopt;
  }

 private:
  double p_max_w_;
  double max_gap_s_;
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
  Energy energy;
  Seconds duration{};
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
