// SPDX-License-Identifier: MIT
// Online search: run k units of work when prices come one by one, nothing is known but their bounds L and U.
//
// Thresholds and guarantees: El-Yaniv et al., "Optimal Search and One-Way Trading Online Algorithms" (2001); Lorenz et
// al., "Optimal Algorithms for k-Search with Application in Option Pricing" (2009); with switching cost: Lechowicz et
// al., "The Online Pause and Resume Problem" (arXiv 2303.17551). alpha_1, which holds for one unit per slot, is ours.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/adaptive/refuse.hpp>

namespace co2lib::adaptive {

/// Bounds of the prices (g/kWh) and the cost of a change of state (g, for jobs of 1 kWh per unit).
struct SearchBounds {
  double upper = 0;        ///< U, no price is above it; > 0
  double lower = 0;        ///< L, no price is below it; > 0
  double switch_cost = 0;  ///< beta: 2 beta for each run, from off to on and back
};

/// Thresholds for k units.
struct SearchThresholds {
  double alpha = 1;             ///< ratio that holds if any number of units may be taken in one slot, beta = 0
  double alpha1 = 1;            ///< ratio that holds with one unit per slot
  std::vector<double> run{};    ///< u_1 > ... > u_k: unit i goes on while c <= u_i
  std::vector<double> start{};  ///< u_i - 2 beta: unit i starts a run where c <= it
  double next_start = 0;        ///< u_(k+1) - 2 beta, which is L
};

namespace detail {

inline void check_bounds(const SearchBounds& b) {
  positive(b.lower, "lower");
  positive(b.upper, "upper");
  if (!(b.upper > b.lower))
    bad_input("upper: " + numeric::text(b.upper) + " is not above lower " + numeric::text(b.lower));
  not_negative(b.switch_cost, "switch_cost");
  if (!(2 * b.switch_cost < b.upper - b.lower)) {
    bad_input("switch_cost: 2 x " + numeric::text(b.switch_cost) + " is not below upper - lower");
  }
}

/// The root of a function that rises from below 0 at `low` to above 0 at `high`.
template <class F>
[[nodiscard]] double root(const F& f, double low, double high) {
  for (int i = 0; i < 200; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (f(middle) < 0 ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

/// W_0, the inverse of w e^w for w >= -1; `x` >= -1/e. Halley's method from a bound near the branch point.
[[nodiscard]] inline double lambert_w0(double x) {
  const double p = std::sqrt(std::max(0.0, 2 * (std::exp(1.0) * x + 1)));
  double w = x < 0 ? -1 + p - p * p / 3 : std::log1p(x);
  for (int i = 0; i < 100; ++i) {
    const double e = std::exp(w);
    const double f = w * e - x;
    if (w + 1 <= 1e-12) break;
    const double step = f / (e * (w + 1) - (w + 2) * f / (2 * w + 2));
    w -= step;
    if (std::fabs(step) <= 1e-16 * (1 + std::fabs(w))) break;
  }
  return w;
}

/// The largest root over l of the worst case with l units taken by threshold and the rest at U.
///
/// Each function of r is a sum of falling lines or maxima of two: convex, so that Newton's method from r = 1, where it
/// is not negative, reaches the root from the left in a few steps. The u_i fall, so the maxima change sides once: a
/// prefix sum and a count in O(log k).
[[nodiscard]] inline double one_unit_ratio(const std::vector<double>& u, const SearchBounds& b, double next_start) {
  const std::size_t k = u.size();
  const double two = 2 * b.switch_cost;
  std::vector<double> sums{0};
  for (const double x : u) sums.push_back(sums.back() + x);
  double worst = 1;
  for (std::size_t l = 0; l <= k; ++l) {
    const double w = l < k ? u[l] - two : next_start;
    const auto rest = static_cast<double>(k - l);
    double r = 1;
    for (int i = 0; i < 100; ++i) {
      const double floor_value = b.lower + two - r * b.lower;
      const auto end = std::partition_point(u.begin(), u.begin() + static_cast<std::ptrdiff_t>(l),
                                            [&](double x) { return x - r * w >= floor_value; });
      const auto m = static_cast<std::size_t>(end - u.begin());
      const auto above = static_cast<double>(m);
      const auto low = static_cast<double>(l - m);
      const double value = sums[m] - above * r * w + low * floor_value + rest * (b.upper - r * w) + two * (1 - r);
      const double slope = -(above * w + low * b.lower + rest * w + two);
      if (!(slope < 0)) break;
      const double next = r - value / slope;
      if (!(next > r)) break;
      const bool done = next - r <= 1e-15 * next;
      r = next;
      if (done) break;
    }
    worst = std::max(worst, r);
  }
  return worst;
}

}  // namespace detail

/// Thresholds of k-min search, with switching cost if there is one (docs/adaptive.md, "k-search").
///
/// k >= 1, 0 < L < U, beta >= 0, 2 beta < U - L; else `adaptive.bad_input`.
[[nodiscard]] inline SearchThresholds k_search_thresholds(std::size_t k, const SearchBounds& bounds) {
  detail::check_bounds(bounds);
  if (k < 1) detail::bad_input("k: there must be at least one unit of work");
  const double upper = bounds.upper;
  const double two = 2 * bounds.switch_cost;
  const auto n = static_cast<double>(k);
  const double target = upper - bounds.lower - two;
  SearchThresholds t;
  t.alpha = detail::root(
      [&](double a) {
        const double factor = upper * (1 - 1 / a) - two * (1 - 1 / n + 1 / (a * n));
        return factor * std::exp(n * std::log1p(1 / (a * n))) - target;
      },
      1.0, upper / bounds.lower);
  const double q = 1 + 1 / (t.alpha * n);
  double power = 1;  // q^(i - 1)
  const auto threshold = [&] {
    return upper * (1 - (1 - 1 / t.alpha) * power) + two * (1 / (t.alpha * n) - 1 / n + 1) * power;
  };
  for (std::size_t i = 0; i < k; ++i) {
    t.run.push_back(threshold());
    t.start.push_back(t.run.back() - two);
    power *= q;
  }
  t.next_start = threshold() - two;
  t.alpha1 = detail::one_unit_ratio(t.run, bounds, t.next_start);
  return t;
}

/// What a search did, beside the offline optimum.
struct SearchResult {
  std::vector<std::size_t> slots{};    ///< one unit each; of `k_search`
  std::vector<std::size_t> amounts{};  ///< units by slot
  double cost = 0;                     ///< sum of prices, and 2 beta per run
  double optimum = 0;                  ///< which pays the same for its runs
  std::optional<double> ratio{};       ///< none for an optimum of 0
  double alpha = 1;                    ///< as `SearchThresholds::alpha`
  double alpha1 = 1;                   ///< as `SearchThresholds::alpha1`
  bool within_alpha1 = true;           ///< ratio <= alpha1; it holds for prices in [L, U]
  std::size_t outside = 0;             ///< prices outside [L, U], clamped for the comparison, not in the cost
};

namespace detail {

/// The slots in which a search runs: unit i by its threshold, and always where as few slots as units are left.
[[nodiscard]] inline std::vector<std::size_t> search_slots(std::span<const double> prices, std::size_t k,
                                                           const SearchThresholds& t, const SearchBounds& b) {
  std::vector<std::size_t> slots;
  bool running = false;
  for (std::size_t i = 0; i < prices.size() && slots.size() < k; ++i) {
    const double c = std::clamp(prices[i], b.lower, b.upper);
    const std::size_t unit = slots.size();
    running = prices.size() - i <= k - unit || c <= (running ? t.run[unit] : t.start[unit]);
    if (running) slots.push_back(i);
  }
  return slots;
}

[[nodiscard]] inline double cost_of(std::span<const double> prices, std::span<const std::size_t> slots, double beta) {
  numeric::Sum sum;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    sum += prices[slots[i]];
    if (i == 0 || slots[i] != slots[i - 1] + 1) sum += 2 * beta;
  }
  return sum.value();
}

/// The least cost of k slots with 2 beta per run; O(T k).
[[nodiscard]] inline double least_cost(std::span<const double> prices, std::size_t k, double beta) {
  constexpr double none = std::numeric_limits<double>::infinity();
  std::vector<double> off(k + 1, none);  // by units done
  std::vector<double> on(k + 1, none);
  off[0] = 0;
  for (const double c : prices) {
    for (std::size_t done = k; done > 0; --done) {
      const double run = std::min(on[done - 1], off[done - 1] + 2 * beta) + c;
      off[done] = std::min(off[done], on[done]);
      on[done] = run;
    }
    on[0] = none;
  }
  return std::min(off[k], on[k]);
}

}  // namespace detail

/// Runs k units, one per slot, over prices that come one by one.
///
/// Throws as `k_search_thresholds`; `adaptive.bad_input` for a bad price; `adaptive.infeasible` with `max_work` if
/// there are fewer slots than units.
[[nodiscard]] inline SearchResult k_search(std::span<const double> prices, std::size_t k, const SearchBounds& bounds) {
  const SearchThresholds t = k_search_thresholds(k, bounds);
  detail::all_not_negative(prices, "intensity");
  if (k > prices.size()) {
    detail::infeasible(
        "k: " + std::to_string(k) + " units, one per slot, do not fit " + std::to_string(prices.size()) + " slots",
        "max_work", static_cast<double>(prices.size()));
  }
  SearchResult r;
  r.alpha = t.alpha;
  r.alpha1 = t.alpha1;
  r.slots = detail::search_slots(prices, k, t, bounds);
  r.amounts.assign(prices.size(), 0);
  for (const std::size_t i : r.slots) r.amounts[i] = 1;
  for (const double c : prices) r.outside += c < bounds.lower || c > bounds.upper ? 1 : 0;
  r.cost = detail::cost_of(prices, r.slots, bounds.switch_cost);
  r.optimum = detail::least_cost(prices, k, bounds.switch_cost);
  if (r.optimum > 0) r.ratio = r.cost / r.optimum;
  r.within_alpha1 = r.ratio ? detail::fits(*r.ratio, r.alpha1) : r.cost == 0;
  return r;
}

/// As `k_search`, but any number of units may be taken in one slot: all whose threshold is met; the last slot takes the
/// rest. cost <= alpha x optimum for all prices in [L, U]. A switching cost is `adaptive.bad_input`: no bound is known.
[[nodiscard]] inline SearchResult k_search_unlimited(std::span<const double> prices, std::size_t k,
                                                     const SearchBounds& bounds) {
  const SearchThresholds t = k_search_thresholds(k, bounds);
  detail::all_not_negative(prices, "intensity");
  if (bounds.switch_cost > 0) detail::bad_input("switch_cost: with any number of units per slot it must be 0");
  SearchResult r;
  r.alpha = t.alpha;
  r.alpha1 = t.alpha1;
  r.amounts.assign(prices.size(), 0);
  std::size_t done = 0;
  numeric::Sum cost;
  for (std::size_t i = 0; i < prices.size(); ++i) {
    const double c = std::clamp(prices[i], bounds.lower, bounds.upper);
    r.outside += c != prices[i] ? 1 : 0;
    std::size_t& amount = r.amounts[i];
    if (i + 1 == prices.size()) amount = k - done;
    while (done + amount < k && c <= t.run[done + amount]) ++amount;
    done += amount;
    cost += numeric::product(static_cast<double>(amount), prices[i]);
  }
  r.cost = cost.value();
  r.optimum = static_cast<double>(k) * *std::min_element(prices.begin(), prices.end());
  if (r.optimum > 0) r.ratio = r.cost / r.optimum;
  r.within_alpha1 = r.ratio ? detail::fits(*r.ratio, r.alpha1) : r.cost == 0;
  return r;
}

/// alpha of k-max search (value to collect): (U/L - 1)/(alpha - 1) = (1 + alpha/k)^k; without k its limit, e^alpha.
[[nodiscard]] inline double k_max_alpha(std::optional<std::size_t> k, const SearchBounds& bounds) {
  detail::check_bounds(bounds);
  if (k && *k < 1) detail::bad_input("k: there must be at least one unit");
  const double theta = bounds.upper / bounds.lower;
  return detail::root(
      [&](double a) {
        const double growth = k ? static_cast<double>(*k) * std::log1p(a / static_cast<double>(*k)) : a;
        return (a - 1) * std::exp(growth) - (theta - 1);
      },
      1.0, theta);
}

/// One-way conversion: any part of the work at any time, the limit of k-search for many units.
class Conversion {
 public:
  /// Throws as `k_search_thresholds`.
  explicit Conversion(const SearchBounds& bounds) : bounds_(bounds) {
    detail::check_bounds(bounds);
    const double b = 2 * bounds.switch_cost / bounds.upper;
    alpha_ = 1 / (detail::lambert_w0((b + bounds.lower / bounds.upper - 1) * std::exp(b - 1)) - b + 1);
  }

  /// The ratio that holds; with a switching cost it is not proven here.
  [[nodiscard]] double alpha() const noexcept { return alpha_; }

  /// The price at which the part `w` of the work, in [0, 1], has been done; falls from above L to L + beta.
  [[nodiscard]] double phi(double w) const {
    if (!(w >= 0 && w <= 1)) detail::bad_input("w: " + numeric::text(w) + " is not in [0, 1]");
    return bounds_.upper - bounds_.switch_cost + growth() * std::exp(w / alpha_);
  }

  /// The part that is to be done once the price has been this low; in [0, 1].
  [[nodiscard]] double done_at(double price) const {
    const double x = (price - bounds_.upper + bounds_.switch_cost) / growth();
    return x > 1 ? std::min(alpha_ * std::log(x), 1.0) : 0;
  }

  /// The parts done in each slot; the last takes the rest.
  [[nodiscard]] std::vector<double> run(std::span<const double> prices) const {
    detail::all_not_negative(prices, "intensity");
    std::vector<double> parts;
    double done = 0;
    for (std::size_t i = 0; i < prices.size(); ++i) {
      const double goal = i + 1 == prices.size() ? 1 : std::max(done, done_at(prices[i]));
      parts.push_back(goal - done);
      done = goal;
    }
    return parts;
  }

 private:
  [[nodiscard]] double growth() const { return bounds_.upper / alpha_ - bounds_.upper + 2 * bounds_.switch_cost; }
  SearchBounds bounds_;
  double alpha_ = 1;
};

}  // namespace co2lib::adaptive
