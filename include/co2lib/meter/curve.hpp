// SPDX-License-Identifier: MIT
// The cumulative curve of one meter: accepted steps and gaps, and the energy of any window of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/record.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::meter {

/// One stretch of time: an accepted step, several merged ones, or a gap.
struct Segment {
  /// How its energy lies in time.
  enum class Shape : std::uint8_t {
    counter,  ///< an accepted step of a counter
    mean,     ///< an accepted step of a power that is the mean since the reading before
    line,     ///< an accepted step of a power, by the trapezoid
    gap,      ///< time without energy
  };

  MonotonicTime begin{};         ///< monotonic
  MonotonicTime end{};           ///< monotonic, after `begin`
  std::uint64_t counts = 0;      ///< counter: energy in counter units
  std::uint64_t ambiguous = 0;   ///< counter: energy of the wraps that may have been missed
  double joules = 0;             ///< mean and line: energy; gap: its lower bound after a fall, else 0
  double low_j = 0;              ///< mean and line: lower end of the model's own interval
  double high_j = 0;             ///< mean and line: upper end of it
  double begin_w = 0;            ///< line: power at its begin
  double end_w = 0;              ///< line: power at its end
  double over_j = 0;             ///< what may come on top of the upper bound: readings were above the ceiling
  std::int64_t samples = 0;      ///< power samples accepted at its end (and its begin, for the first)
  Shape shape = Shape::counter;  ///< what it is
  bool retracts = false;         ///< gap: takes the place of the steps of 0 J since its begin
  bool goes_on = false;          ///< gap: the counter stands still yet; a later one takes its place

  [[nodiscard]] double seconds() const noexcept { return Seconds(end - begin).count(); }  ///< length
};

/// A part of a gap that lies in a window: its length in s and its lower bound in J.
struct GapPart {
  double seconds = 0;  ///< length
  double lower_j = 0;  ///< energy that it holds at least
};

/// What the segments of a window add up to.
struct WindowSums {
  std::uint64_t counts = 0;     ///< of whole steps of a counter, in counter units
  std::uint64_t ambiguous = 0;  ///< energy of the wraps that may have been missed, in counter units
  numeric::Sum joules;          ///< of the steps of a power, cut ones in part
  numeric::Sum low_j;           ///< lower ends of the model's interval of these
  numeric::Sum high_j;          ///< upper ends of it
  numeric::Sum cut_low_j;       ///< hard bounds of counter steps cut by the window's edges
  numeric::Sum cut_high_j;      ///< the upper ends of them
  numeric::Sum cut_j;           ///< energy of counter steps cut by the window's edges, interpolated
  double over_j = 0;            ///< what may come on top of the upper bound
  MonotonicTime covered{};      ///< time of accepted steps in the window
  std::vector<GapPart> gaps;    ///< inside the window, in the order of time
  std::int64_t samples = 0;     ///< accepted power samples
};

/// Steps and gaps of one meter from its first good sample to its last base, in order and without holes.
class Curve {
 public:
  /// An empty curve of this meter.
  explicit Curve(const MeterInfo& info)
      : unit_(info.unit),
        counter_(info.kind == Kind::counter),
        p_max_w_(meter::p_max_w(info)),
        slack_s_(meter::slack_s(info)),
        accuracy_(meter::accuracy(info)),
        update_period_s_(info.update_period_s.value_or(0)) {}

  /// Appends a segment; it begins where the last one ends, or earlier if it retracts.
  void append(const Segment& segment) {
    if (segment.retracts) retract(segment.begin);
    segments_.push_back(segment);
  }

  /// Appends a segment by adding it to the last one, if both are steps of one kind.
  void append_merged(const Segment& s) {
    if (segments_.empty() || segments_.back().shape == Segment::Shape::gap || s.shape == Segment::Shape::gap) {
      append(s);
      return;
    }
    join(segments_.back(), s);
  }

  [[nodiscard]] const std::vector<Segment>& segments() const noexcept { return segments_; }  ///< in the order of time

  /// Removes the segments that end at or before `time`.
  void forget_before(MonotonicTime time) {
    const auto keep = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.end > time; });
    segments_.erase(segments_.begin(), keep);
  }

  /// Merges neighbouring steps of one kind, but not over a time in `needed` (sorted) nor around one.
  void merge_between(const std::vector<MonotonicTime>& needed) {
    std::vector<Segment> merged;
    for (const Segment& s : segments_) {
      bool apart = true;
      if (!merged.empty()) {
        const auto inside = std::upper_bound(needed.begin(), needed.end(), merged.back().begin);
        apart = inside != needed.end() && *inside < s.end;
      }
      if (!apart && merged.back().shape != Segment::Shape::gap && s.shape != Segment::Shape::gap) {
        join(merged.back(), s);
      } else {
        merged.push_back(s);
      }
    }
    segments_ = std::move(merged);
  }

  /// Adds a whole segment to the sums of a window.
  static void add(WindowSums& sums, const Segment& s) {
    sums.over_j += s.over_j;
    if (s.shape == Segment::Shape::gap) {
      sums.gaps.push_back({s.seconds(), s.joules});
      return;
    }
    sums.covered += s.end - s.begin;
    sums.samples += s.samples;
    if (s.shape == Segment::Shape::counter) {
      sums.counts += s.counts;
      sums.ambiguous += s.ambiguous;
    } else {
      sums.joules += s.joules;
      sums.low_j += s.low_j;
      sums.high_j += s.high_j;
    }
  }

  /// The energy of the window [begin, end]; time outside the curve is a gap.
  [[nodiscard]] WindowEnergy over(MonotonicTime begin, MonotonicTime end) const {
    WindowSums sums;
    MonotonicTime reached = begin;
    const auto first =
        std::partition_point(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.end <= begin; });
    for (auto s = first; s != segments_.end() && s->begin < end; ++s) {
      if (s->begin > reached) sums.gaps.push_back({Seconds(s->begin - reached).count(), 0});
      if (s->begin >= begin && s->end <= end) {
        add(sums, *s);
      } else {
        add_cut(sums, *s, std::max(s->begin, begin), std::min(s->end, end));
      }
      reached = std::min(s->end, end);
    }
    if (reached < end) sums.gaps.push_back({Seconds(end - reached).count(), 0});
    return energy(sums, Seconds(end - begin).count());
  }

  /// Turns the sums of a window of `duration_s` into energies, bounds and interval.
  [[nodiscard]] WindowEnergy energy(const WindowSums& sums, double duration_s) const {
    WindowEnergy w;
    w.duration_s = duration_s;
    w.covered_s = Seconds(sums.covered).count();
    w.samples = sums.samples;
    const double whole = counter_ ? unit_.joules(static_cast<double>(sums.counts)) : sums.joules.value();
    w.measured_j = whole + sums.cut_j.value();
    w.low_j = whole + sums.cut_low_j.value();
    w.high_j = whole + sums.cut_high_j.value() + unit_.joules(static_cast<double>(sums.ambiguous));
    // A model's readings carry an interval of their own; a sensor's interval comes from its accuracy alone.
    double error_low = counter_ ? w.low_j : sums.low_j.value();
    double error_high = counter_ ? w.high_j : sums.high_j.value();
    const bool covered = sums.covered > MonotonicTime::zero();
    const double mean_w = covered ? w.measured_j / w.covered_s : 0;
    numeric::Sum estimated;
    numeric::Sum gap_low;
    numeric::Sum gap_high;
    for (const GapPart& gap : sums.gaps) {
      const double upper = numeric::product(p_max_w_, gap.seconds);
      estimated += std::clamp(numeric::product(mean_w, gap.seconds), gap.lower_j, std::max(gap.lower_j, upper));
      gap_low += gap.lower_j;
      gap_high += std::max(gap.lower_j, upper);
    }
    w.low_j += gap_low.value();
    w.high_j += gap_high.value() + sums.over_j;
    error_low += gap_low.value();
    error_high += gap_high.value() + sums.over_j;
    if (covered) {
      w.estimated_j = estimated.value();
      w.energy_j = w.measured_j + *w.estimated_j;
    }
    const double lag =
        w.energy_j && duration_s > 0 ? numeric::product(*w.energy_j / duration_s, update_period_s_) : 0.0;
    w.interval_low_j = std::max(0.0, numeric::product(error_low, 1 - accuracy_) - lag);
    w.interval_high_j = numeric::product(error_high, 1 + accuracy_) + lag;
    return w;
  }

 private:
  /// Removes what lies after `time`: steps of 0 J, and gaps.
  void retract(MonotonicTime time) {
    while (!segments_.empty() && segments_.back().begin >= time) segments_.pop_back();
    if (!segments_.empty() && segments_.back().end > time) segments_.back().end = time;
  }

  static void join(Segment& last, const Segment& s) {
    last.end = s.end;
    last.over_j += s.over_j;
    last.counts += s.counts;
    last.ambiguous += s.ambiguous;
    last.joules += s.joules;
    last.low_j += s.low_j;
    last.high_j += s.high_j;
    last.samples += s.samples;
    if (last.shape == Segment::Shape::line) last.shape = Segment::Shape::mean;
  }

  void add_cut(WindowSums& sums, const Segment& s, MonotonicTime begin, MonotonicTime end) const {
    const double length = s.seconds();
    const double part = Seconds(end - begin).count();
    const double share = part / length;
    sums.over_j += s.over_j;  // when it was is unknown
    switch (s.shape) {
      case Segment::Shape::gap:
        sums.gaps.push_back({part, 0});  // a fall's lower bound holds for the whole gap only
        return;
      case Segment::Shape::counter: {
        const double e = unit_.joules(static_cast<double>(s.counts));
        const double value = numeric::product(e, part) / length;
        const double most = e + unit_.joules(static_cast<double>(s.ambiguous));
        sums.cut_j += value;
        sums.cut_low_j += std::min(value, std::max(0.0, e - numeric::product(p_max_w_, length - part + slack_s_)));
        sums.cut_high_j += std::max(value, std::min(most, numeric::product(p_max_w_, part + slack_s_)));
        break;
      }
      case Segment::Shape::mean:
        sums.joules += numeric::product(s.joules, part) / length;
        sums.low_j += numeric::product(s.low_j, share);
        sums.high_j += numeric::product(s.high_j, share);
        break;
      case Segment::Shape::line: {
        const double slope = (s.end_w - s.begin_w) / length;
        const double from = Seconds(begin - s.begin).count();
        const double least_w = std::min(s.begin_w, s.end_w);
        const double most_w = std::max(s.begin_w, s.end_w);
        const auto power = [&](double seconds) {  // rounding leaves the line by a little
          return std::clamp(s.begin_w + numeric::product(slope, seconds), least_w, most_w);
        };
        const double begin_w = power(from);
        const double end_w = power(from + part);
        const double joules = numeric::product(0.5 * (begin_w + end_w), part);
        const double ratio = s.joules > 0 ? joules / s.joules : share;
        sums.joules += joules;
        sums.low_j += numeric::product(s.low_j, ratio);
        sums.high_j += numeric::product(s.high_j, ratio);
        break;
      }
    }
    sums.covered += end - begin;
    if (s.end <= end) sums.samples += s.samples;
  }

  CounterUnit unit_;
  bool counter_;
  double p_max_w_;
  double slack_s_;
  double accuracy_;
  double update_period_s_;
  std::vector<Segment> segments_;
};

}  // namespace co2lib::meter
