// SPDX-License-Identifier: MIT
// A window is cut into pieces of constant intensity (slots, the first and last perhaps in part); everything works on
// these, with sums in long double, so that ties of windows are seen across a long trace.
#include <co2lib/adaptive/shift.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

#include "steps.hpp"

namespace co2lib::adaptive {

namespace {

using std::chrono::nanoseconds;
constexpr long double ns_per_hour = 3.6e12L;

struct Piece {
  nanoseconds begin{};
  nanoseconds end{};
  std::size_t slot = 0;
};

double hours(nanoseconds t) { return static_cast<double>(static_cast<long double>(t.count()) / ns_per_hour); }

/// The pieces of [earliest, deadline), their times counted from `earliest`.
std::vector<Piece> pieces_of(const Slots& slots, const ShiftOptions& o) {
  const nanoseconds length = slots.step * static_cast<std::int64_t>(slots.size());
  nanoseconds from{};
  nanoseconds to = length;
  if ((o.earliest || o.deadline) && !slots.start) {
    detail::bad_input("earliest, deadline: plain numbers have no times; give the numbers of the window alone");
  }
  if (o.earliest) from = *o.earliest - *slots.start;
  if (o.deadline) to = *o.deadline - *slots.start;
  if (from < from.zero() || from >= length) {
    detail::bad_input("earliest: " + format_utc(*o.earliest) + " is outside the slots, from " +
                      format_utc(*slots.start) + " to " + format_utc(*slots.start + length));
  }
  if (to > length) {
    detail::bad_input("deadline: " + format_utc(*o.deadline) + " is after the last slot, which ends at " +
                      format_utc(*slots.start + length));
  }
  if (to <= from) detail::bad_input("deadline: it is not after the earliest start");
  std::vector<Piece> pieces;
  for (auto i = from / slots.step; slots.step * i < to; ++i) {
    pieces.push_back({std::max(slots.step * i, from) - from, std::min(slots.step * (i + 1), to) - from,
                      static_cast<std::size_t>(i)});
  }
  return pieces;
}

/// Intensity x hours up to any time of the window.
class Area {
 public:
  Area(const std::vector<Piece>& pieces, const std::vector<double>& c) : pieces_(pieces), c_(c) {
    sums_.push_back(0);
    for (const Piece& p : pieces) sums_.push_back(sums_.back() + part(p, p.end));
  }
  [[nodiscard]] double between(nanoseconds a, nanoseconds b) const { return static_cast<double>(to(b) - to(a)); }

 private:
  [[nodiscard]] long double part(const Piece& p, nanoseconds until) const {
    return static_cast<long double>(c_[p.slot]) * (static_cast<long double>((until - p.begin).count()) / ns_per_hour);
  }
  [[nodiscard]] long double to(nanoseconds t) const {
    const auto after = std::partition_point(pieces_.begin(), pieces_.end(), [&](const Piece& p) { return p.end <= t; });
    const long double sum = sums_[static_cast<std::size_t>(after - pieces_.begin())];
    return after == pieces_.end() ? sum : sum + part(*after, t);
  }
  const std::vector<Piece>& pieces_;
  const std::vector<double>& c_;
  std::vector<long double> sums_;
};

/// The start of the cheapest stretch: one that begins or ends at an edge.
nanoseconds best_start(const std::vector<Piece>& pieces, const Area& area, nanoseconds duration) {
  const nanoseconds last = pieces.back().end - duration;
  std::vector<nanoseconds> starts{nanoseconds{}};
  for (const Piece& p : pieces) {
    for (const nanoseconds t : {p.begin, p.end - duration}) {
      if (t > t.zero() && t <= last) starts.push_back(t);
    }
  }
  std::sort(starts.begin(), starts.end());
  nanoseconds best{};
  double least = area.between(best, best + duration);
  for (const nanoseconds t : starts) {
    const double sum = area.between(t, t + duration);
    if (detail::below(sum, least)) best = t, least = sum;
  }
  return best;
}

std::vector<Stretch> cheapest_pieces(const std::vector<Piece>& pieces, const std::vector<double>& c,
                                     nanoseconds duration) {
  std::vector<std::size_t> order(pieces.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double x = c[pieces[a].slot];
    const double y = c[pieces[b].slot];
    return x != y ? x < y : a < b;
  });
  std::vector<Stretch> runs;
  nanoseconds left = duration;
  for (const std::size_t i : order) {
    if (left <= left.zero()) break;
    const Piece& p = pieces[i];
    const nanoseconds taken = std::min(left, p.end - p.begin);
    runs.push_back({p.begin, p.begin + taken});
    left -= taken;
  }
  std::sort(runs.begin(), runs.end(), [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; });
  return runs;
}

CarbonMass carbon_of(const std::vector<Stretch>& runs, const Area& area, Power power) {
  numeric::Sum sum;
  for (const Stretch& r : runs) sum += area.between(r.begin, r.end);
  return CarbonMass::from_grams(sum.value() * power.kilowatts());
}

/// A job with a power for each of its slots.
Shift by_profile(const Slots& slots, const ShiftOptions& o, const std::vector<Piece>& pieces) {
  if (o.mode != ShiftMode::contiguous) detail::bad_input("profile: it is for contiguous jobs");
  const std::size_t k = o.profile.size();
  for (const Power p : o.profile) detail::not_negative(p.watts(), "profile");
  for (const Piece& p : pieces) {
    if (p.end - p.begin != slots.step) detail::bad_input("profile: earliest start and deadline must be edges of slots");
  }
  if (k > pieces.size()) {
    const double most = hours(pieces.back().end);
    detail::infeasible("profile: the job takes longer than the window of " + numeric::text(most) + " h", "max_work",
                       most);
  }
  const auto grams = [&](std::size_t first, const std::vector<double>& c) {
    numeric::Sum sum;
    for (std::size_t i = 0; i < k; ++i) {
      sum += numeric::product(o.profile[i].kilowatts() * slots.step_h(), c[pieces[first + i].slot]);
    }
    return sum.value();
  };
  std::size_t best = 0;
  for (std::size_t first = 1; first + k <= pieces.size(); ++first) {
    if (detail::below(grams(first, slots.g_per_kwh), grams(best, slots.g_per_kwh))) best = first;
  }
  Shift s;
  s.runs = {{pieces[best].begin, pieces[best + k - 1].end}};
  s.carbon = CarbonMass::from_grams(grams(best, slots.g_per_kwh));
  s.start_now = CarbonMass::from_grams(grams(0, slots.g_per_kwh));
  if (!slots.low.empty()) {
    const auto ends = [&](std::size_t first) {
      return Interval<CarbonMass>{CarbonMass::from_grams(grams(first, slots.low)),
                                  CarbonMass::from_grams(grams(first, slots.high)), 0.9};
    };
    s.interval = ends(best), s.start_now_interval = ends(0);
  }
  return s;
}

Shift by_power(const Slots& slots, const ShiftOptions& o, const std::vector<Piece>& pieces) {
  if (o.duration <= o.duration.zero()) detail::bad_input("duration: it must be longer than 0");
  detail::not_negative(o.power.watts(), "power");
  const nanoseconds window = pieces.back().end;
  if (o.duration > window) {
    detail::infeasible("duration: " + numeric::text(hours(o.duration)) + " h of work do not fit the window of " +
                           numeric::text(hours(window)) + " h",
                       "max_work", hours(window));
  }
  const Area area(pieces, slots.g_per_kwh);
  Shift s;
  if (o.mode == ShiftMode::contiguous) {
    const nanoseconds start = best_start(pieces, area, o.duration);
    s.runs = {{start, start + o.duration}};
  } else {
    s.runs = cheapest_pieces(pieces, slots.g_per_kwh, o.duration);
  }
  const std::vector<Stretch> now{{nanoseconds{}, o.duration}};
  s.carbon = carbon_of(s.runs, area, o.power);
  s.start_now = carbon_of(now, area, o.power);
  if (!slots.low.empty()) {
    const Area low(pieces, slots.low);
    const Area high(pieces, slots.high);
    s.interval = {carbon_of(s.runs, low, o.power), carbon_of(s.runs, high, o.power), 0.9};
    s.start_now_interval = {carbon_of(now, low, o.power), carbon_of(now, high, o.power), 0.9};
  }
  return s;
}

}  // namespace

Shift shift(const Slots& slots, const ShiftOptions& options) {
  detail::all_not_negative(slots.g_per_kwh, "intensity");
  const std::vector<Piece> pieces = pieces_of(slots, options);
  Shift s = options.profile.empty() ? by_power(slots, options, pieces) : by_profile(slots, options, pieces);
  for (const Piece& p : pieces) {
    const bool used =
        std::any_of(s.runs.begin(), s.runs.end(), [&](const Stretch& r) { return r.begin < p.end && p.begin < r.end; });
    if (used) s.slots.push_back(p.slot - pieces.front().slot);
  }
  std::vector<Stretch> joined;
  for (const Stretch& r : s.runs) {
    if (!joined.empty() && joined.back().end == r.begin) {
      joined.back().end = r.end;
    } else {
      joined.push_back(r);
    }
  }
  s.runs = std::move(joined);
  s.start = s.runs.front().begin;
  s.saved = s.start_now - s.carbon;
  s.forecast = slots.forecast;
  if (slots.start) {
    const UtcTime begin = options.earliest.value_or(*slots.start);
    s.start_time = begin + s.start;
    s.end_time = begin + s.runs.back().end;
  }
  return s;
}

Elastic elastic(const Slots& slots, const std::vector<Level>& levels, double work) {
  detail::all_not_negative(slots.g_per_kwh, "intensity");
  detail::positive(work, "work");
  if (levels.empty()) detail::bad_input("levels: there is none; give at least one");
  // The hull of (power, throughput) from (0, 0) on; models are above 0, so paused is its own first vertex here.
  Hull h{.models = {0}, .energy_kwh = {0}, .accuracy = {0}, .slopes = {}};
  std::vector<std::size_t> order(levels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = 0; i < levels.size(); ++i) {
    detail::positive(levels[i].power.watts(), "levels[" + std::to_string(i) + "].power_kw");
    detail::not_negative(levels[i].throughput_per_h, "levels[" + std::to_string(i) + "].throughput_per_h");
  }
  numeric::stable_sort(order, [&](std::size_t a, std::size_t b) {
    if (levels[a].power != levels[b].power) return levels[a].power < levels[b].power;
    return levels[a].throughput_per_h > levels[b].throughput_per_h;
  });
  for (const std::size_t i : order) {
    const double e = levels[i].power.kilowatts() * slots.step_h();
    const double a = levels[i].throughput_per_h * slots.step_h();
    if (a <= h.accuracy.back()) continue;
    const auto slope = [&] { return (a - h.accuracy.back()) / (e - h.energy_kwh.back()); };
    while (!h.slopes.empty() && !detail::below(slope(), h.slopes.back())) {
      h.slopes.pop_back(), h.models.pop_back(), h.energy_kwh.pop_back(), h.accuracy.pop_back();
    }
    h.slopes.push_back(slope());
    h.models.push_back(i + 1), h.energy_kwh.push_back(e), h.accuracy.push_back(a);
  }
  const double most = h.accuracy.back() * static_cast<double>(slots.size());
  if (detail::below(most, work)) {
    detail::infeasible("work: " + numeric::text(work) + " is more than " + numeric::text(most) +
                           ", the highest throughput in every slot",
                       "max_work", most);
  }
  const std::vector<double> n(slots.size(), 1.0);
  const detail::Crowd crowd(h, slots.g_per_kwh, n);
  const detail::Filling f = detail::fill({&crowd, 1}, detail::Limit::points, work);
  Elastic result{.carbon = CarbonMass::from_grams(f.carbon), .hull_levels = h.models, .uses = {}};
  std::vector<std::size_t> at_slot(slots.size(), 0);
  for (const std::size_t count : f.counts.front()) {
    for (std::size_t at = 0; at < count; ++at) ++at_slot[crowd.slot[at]];
  }
  for (const detail::Upgrade& u : f.taken) ++at_slot[u.slot];
  for (const std::size_t level : at_slot) result.uses.push_back({h.models[level], h.models[level], 0});
  if (f.part) {
    const auto& [u, share] = *f.part;
    result.uses[u.slot] = {h.models[u.j], h.models[u.j + 1], share};
  }
  return result;
}

namespace detail {

std::vector<std::size_t> cheapest(std::span<const double> values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  count = std::min(count, order.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
      [&](std::size_t a, std::size_t b) { return values[a] != values[b] ? values[a] < values[b] : a < b; });
  order.resize(count);
  std::sort(order.begin(), order.end());
  return order;
}

std::size_t cheapest_window(std::span<const double> values, std::size_t count) {
  const auto sum = [&](std::size_t first) {
    long double total = 0;
    for (std::size_t i = 0; i < count; ++i) total += static_cast<long double>(values[first + i]);
    return static_cast<double>(total);
  };
  std::size_t best = 0;
  double least = sum(0);
  for (std::size_t first = 1; first + count <= values.size(); ++first) {
    const double x = sum(first);
    if (below(x, least)) best = first, least = x;
  }
  return best;
}

}  // namespace detail

}  // namespace co2lib::adaptive
