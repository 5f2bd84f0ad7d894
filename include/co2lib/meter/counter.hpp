// SPDX-License-Identifier: MIT
// The counter engine: readings of a cumulative counter become steps and gaps. Pure; it knows no sensor.
//
// A failed read is never a number, the recovery from a failure is never energy, and wrap arithmetic is integer
// arithmetic. The state machine is that of docs/meter.md, section "Counter engine".
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/error.hpp>
#include <co2lib/meter/curve.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/record.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::meter {

/// One read of a counter: its monotonic time and the count, absent for a failed read.
struct CounterSample {
  MonotonicTime time{};                  ///< of the read
  std::optional<std::uint64_t> count{};  ///< raw, in counter units
};

/// How long a counter may stand still before it is taken for one that does not work.
struct StillLimits {
  MonotonicTime first = MonotonicTime::max();  ///< before it has moved once
  MonotonicTime later = MonotonicTime::max();  ///< after that
};

/// The streaming form of the counter engine.
///
/// `push` calls `sink(segment)` for every accepted step and every gap, in order and without holes in time. With
/// `limits`, a counter that stands still for too long is a gap since then (issue `frozen`), which takes the place of
/// its steps of 0 J (`Segment::retracts`). What it shows when it moves again is the least that the gap can hold. Until
/// its first move nothing shows that it works, so its steps of 0 J may hold all that the ceiling allows; the first move
/// is the energy of all the time before it, since a counter may be slow.
class CounterEngine {
 public:
  /// For a meter of kind counter, with its unit, range and ceiling.
  explicit CounterEngine(const MeterInfo& info, const StillLimits& limits = {})
      : unit_(info.unit),
        wrap_(info.wrap),
        p_max_w_(meter::p_max_w(info)),
        slack_s_(meter::slack_s(info)),
        limits_(limits) {}

  /// Takes one read. `after_suspend`: the machine slept since the last read, so a counter that fell was reset.
  template <class Sink>
  void push(const CounterSample& sample, Sink&& sink, bool after_suspend = false) {
    if (!sample.count) {  // rule 1
      ++events_.missed_reads;
      return;
    }
    const Point now{sample.time, *sample.count};
    if (last_time_ && now.time <= *last_time_) {  // rule 2
      events_.out_of_order = true;
      ++events_.missed_reads;
      return;
    }
    last_time_ = now.time;
    if (!base_) {  // rule 3
      base_ = now;
      still_since_ = now.time;
      return;
    }
    if (after_suspend && now.count < base_->count) {
      if (suspect_) ++events_.glitches;
      suspect_.reset();
      close_with_gap(now, sink);
      return;
    }
    const bool never_moved = still_ && !moved_;
    if (const auto step = plausible_step(never_moved ? Point{still_since_, base_->count} : *base_, now)) {  // rule 4
      if (suspect_) ++events_.glitches;
      accept(*base_, now, *step, sink);
      return;
    }
    if (suspect_) {
      if (const auto step = plausible_step(*suspect_, now)) {  // rule 5
        const Point suspect = *suspect_;
        close_with_gap(suspect, sink);
        accept(suspect, now, *step, sink);
        return;
      }
      ++events_.glitches;  // rule 6
    }
    suspect_ = now;
  }

  /// Ends the trace: an open suspect becomes the base after a gap.
  template <class Sink>
  void finish(Sink&& sink) {
    if (!suspect_) return;
    if (suspect_->count < base_->count && !wrap_.is_unknown()) events_.reset_unconfirmed = true;
    const Point suspect = *suspect_;
    close_with_gap(suspect, sink);
  }

  /// Takes a doubted counter for one that does not work: nothing more will be read, and a stand-in tells more than it.
  template <class Sink>
  void give_up(Sink&& sink) {
    if (!is_doubted() || base_->time <= still_since_) return;
    still_ = true;
    stand_still(base_->time, sink);
  }

  [[nodiscard]] const Events& events() const noexcept { return events_; }  ///< what happened so far
  [[nodiscard]] Events& events() noexcept { return events_; }  ///< to add what the engine cannot see (late ticks)
  /// True while a reading waits for the next one to tell whether it was a glitch.
  [[nodiscard]] bool has_suspect() const noexcept { return suspect_.has_value(); }
  /// True until something shows that it works, or does not: it has not moved, and may for all that is known.
  [[nodiscard]] bool is_doubted() const noexcept {
    return base_ && !moved_ && !still_ && limits_.first != MonotonicTime::max();
  }
  /// The time up to which the curve is complete; none before the first good read.
  [[nodiscard]] std::optional<MonotonicTime> reached() const noexcept {
    return base_ ? std::optional(base_->time) : std::nullopt;
  }

 private:
  static constexpr int enough_looks = 2;

  struct Point {
    MonotonicTime time{};
    std::uint64_t count = 0;
  };
  struct Step {
    std::uint64_t counts = 0;
    bool wrapped = false;
  };

  [[nodiscard]] double ceiling_j(MonotonicTime length) const noexcept {
    return numeric::product(p_max_w_, Seconds(length).count() + slack_s_);
  }

  [[nodiscard]] std::optional<Step> plausible_step(const Point& from, const Point& to) const noexcept {
    Step step;
    if (to.count >= from.count) {
      step.counts = to.count - from.count;
    } else if (wrap_.is_known() && from.count - to.count <= wrap_.counts()) {
      step.counts = wrap_.counts() - (from.count - to.count);
      step.wrapped = true;
    } else {
      return std::nullopt;
    }
    const double limit = ceiling_j(to.time - from.time);
    if (unit_.joules(static_cast<double>(step.counts)) > limit + 1e-9 * limit) return std::nullopt;
    return step;
  }

  template <class Sink>
  void accept(const Point& from, const Point& to, const Step& step, Sink& sink) {
    Segment s{.begin = from.time, .end = to.time, .counts = step.counts, .shape = Segment::Shape::counter};
    if (step.wrapped) ++events_.wraps;
    if (wrap_.is_known() && wrap_.counts() > 0) {
      const double turn_j = unit_.joules(static_cast<double>(wrap_.counts()));
      const double spare_j = ceiling_j(to.time - from.time) - unit_.joules(static_cast<double>(step.counts));
      const double turns = std::floor(spare_j / turn_j);
      if (turns >= 1) {
        events_.wrap_ambiguous = true;
        s.ambiguous = static_cast<std::uint64_t>(turns) * wrap_.counts();
      }
    }
    base_ = to;
    suspect_.reset();
    const bool doubted = !moved_ && limits_.first != MonotonicTime::max();
    if (step.counts == 0) {
      if (doubted) s.over_j = numeric::product(p_max_w_, s.seconds());
      if (!still_) sink(s);
      stand_still(to.time, sink);
      return;
    }
    if (still_ || (doubted && still_since_ < from.time)) {
      s.begin = still_since_;
      s.retracts = true;
      if (moved_) {
        s.shape = Segment::Shape::gap;
        s.joules = unit_.joules(static_cast<double>(std::exchange(s.counts, 0)));
        s.ambiguous = 0;
      } else {
        events_.frozen = false;
      }
    }
    note_move(to.time);
    sink(s);
  }

  void note_move(MonotonicTime time) noexcept {
    still_ = false;
    looks_ = 0;
    moved_ = true;
    still_since_ = time;
  }

  /// The counter shows what it showed before.
  template <class Sink>
  void stand_still(MonotonicTime now, Sink& sink) {
    ++looks_;
    const bool too_long = now - still_since_ >= (moved_ ? limits_.later : limits_.first);
    still_ = still_ || (too_long && looks_ >= enough_looks);
    if (!still_) return;
    events_.frozen = true;
    sink(Segment{.begin = still_since_, .end = now, .shape = Segment::Shape::gap, .retracts = true, .goes_on = true});
  }

  /// The time from the base to `to` becomes a gap, and `to` the base.
  template <class Sink>
  void close_with_gap(const Point& to, Sink& sink) {
    Segment gap{.begin = base_->time, .end = to.time, .shape = Segment::Shape::gap};
    if (to.count < base_->count) {
      if (wrap_.is_unknown()) {
        events_.wrap_modulus_unknown = true;
      } else {
        ++events_.resets;
      }
      const double since_zero_j = unit_.joules(static_cast<double>(to.count));
      if (since_zero_j <= ceiling_j(to.time - base_->time)) gap.joules = since_zero_j;
    } else {
      events_.implausible_rate = true;
      // It may be true all the same: the ceiling is a guess.
      const double rise_j = unit_.joules(static_cast<double>(to.count - base_->count));
      gap.over_j = std::max(0.0, rise_j - numeric::product(p_max_w_, gap.seconds()));
    }
    if (still_) {
      gap.begin = still_since_;
      gap.retracts = true;
    }
    note_move(to.time);
    base_ = to;
    suspect_.reset();
    sink(gap);
  }

  CounterUnit unit_;
  WrapRange wrap_;
  double p_max_w_;
  double slack_s_;
  StillLimits limits_;
  MonotonicTime still_since_{};  ///< the first reading that showed the present count
  int looks_ = 0;                ///< that showed it again
  bool still_ = false;           ///< for longer than the limit
  bool moved_ = false;
  std::optional<Point> base_;
  std::optional<Point> suspect_;
  std::optional<MonotonicTime> last_time_;
  Events events_;
};

/// A window of time, both ends included.
struct TimeWindow {
  MonotonicTime begin{};  ///< monotonic
  MonotonicTime end{};    ///< monotonic, not before `begin`
};

/// What a whole trace of one meter became: its curve, its events and its own window.
struct Trace {
  MeterInfo meter;    ///< what it is
  Curve curve;        ///< its steps and gaps
  Events events;      ///< what happened to its samples
  TimeWindow window;  ///< from the first to the last sample, failed ones included

  /// The record of a window, by default of the trace's own.
  [[nodiscard]] Record record(std::optional<TimeWindow> of = std::nullopt) const {
    const TimeWindow w = of.value_or(window);
    if (w.end < w.begin) {
      throw Error("meter.bad_window", "the window of " + meter.id + " ends before it starts; give its start first");
    }
    return make_record(meter, curve.over(w.begin, w.end), events);
  }
};

/// Runs the counter engine over a whole trace.
[[nodiscard]] inline Trace integrate_counter(const MeterInfo& info, std::span<const CounterSample> samples) {
  Trace trace{.meter = info, .curve = Curve(info), .events = {}, .window = {}};
  CounterEngine engine(info);
  const auto sink = [&](const Segment& s) { trace.curve.append(s); };
  bool first = true;
  for (const CounterSample& sample : samples) {
    trace.window.begin = first ? sample.time : std::min(trace.window.begin, sample.time);
    trace.window.end = first ? sample.time : std::max(trace.window.end, sample.time);
    first = false;
    engine.push(sample, sink);
  }
  engine.finish(sink);
  trace.events = engine.events();
  return trace;
}

}  // namespace co2lib::meter
