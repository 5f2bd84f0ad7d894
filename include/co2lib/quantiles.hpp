// SPDX-License-Identifier: MIT
// Order statistics: percentiles, and a median with its interval.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <co2lib/numeric.hpp>
#include <co2lib/record.hpp>

namespace co2lib::numeric {

namespace detail {

/// The value at the share `p` of `x`, which is partly sorted: what stands before `sorted` is not above what follows.
/// Puts `x` in order up to the ranks that it used, and returns the rank from which it is not.
inline std::ptrdiff_t select(std::vector<double>& x, std::ptrdiff_t sorted, double p, double& value) {
  const double h = product(static_cast<double>(x.size() - 1), p);
  const auto k = static_cast<std::ptrdiff_t>(std::floor(h));
  const auto at = x.begin() + k;
  std::nth_element(x.begin() + std::min(sorted, k), at, x.end());
  const double t = h - static_cast<double>(k);
  const double a = *at;
  value = a;
  if (t == 0.0 || at + 1 == x.end()) return k;
  const double b = *std::min_element(at + 1, x.end());
  if (a == b || std::isinf(a)) {
    value = b == std::numeric_limits<double>::infinity() ? b : a;
  } else if (const double step = b - a; std::isinf(b)) {
    value = b;
  } else if (std::isinf(step)) {
    value = product(a, 1.0 - t) + product(b, t);
  } else {
    value = t < 0.5 ? a + product(step, t) : b - product(step, 1.0 - t);
  }
  return k;
}

}  // namespace detail

/// The values below which the shares `ps` of `values` lie, by linear interpolation; `values` in any order.
///
/// Each p in [0, 1], the least first. With n values, h = (n - 1) p and the sorted values x: between x[floor(h)] and its
/// neighbour, in the arithmetic of NumPy (`numpy.quantile`, method "linear"; Hyndman and Fan 1996, definition 7): the
/// same bits wherever NumPy's result is finite. A neighbour that is infinite is the result. The issue `bad_input` for
/// no values, a NaN, or a p outside [0, 1] or below the one before it.
template <std::size_t Count>
[[nodiscard]] Result<std::array<double, Count>> percentiles(std::span<const double> values,
                                                            const std::array<double, Count>& ps) {
  const auto bad = [](const char* why) { return Issue{"bad_input", "percentile", why}; };
  for (const double p : ps) {
    if (!(p >= 0.0 && p <= 1.0)) return bad("p must lie in [0, 1]; 95 % is 0.95");
  }
  if (!std::is_sorted(ps.begin(), ps.end())) return bad("give the least p first");
  if (values.empty()) return bad("needs at least one value");
  for (const double value : values) {
    if (std::isnan(value)) return bad("a value is NaN; leave missing values out");
  }
  std::vector<double> x(values.begin(), values.end());
  std::array<double, Count> found{};
  std::ptrdiff_t sorted = 0;
  for (std::size_t i = 0; i < Count; ++i) sorted = detail::select(x, sorted, ps[i], found[i]);
  return found;
}

/// The value below which the share `p` of `values` lies; see `percentiles`.
[[nodiscard]] inline Result<double> percentile(std::span<const double> values, double p) {
  const auto found = percentiles(values, std::array{p});
  if (!found) return found.issue();
  return (*found)[0];
}

/// A median with an interval that needs no assumption on the distribution.
struct MedianInterval {
  double median = 0;              ///< of the values; the mean of the middle two
  double low = 0;                 ///< an order statistic of the values
  double high = 0;                ///< an order statistic of the values
  double coverage = 0;            ///< probability that [low, high] holds the median of the population
  bool below_confidence = false;  ///< too few values: even the least and greatest have less than the confidence asked

  bool operator==(const MedianInterval&) const = default;
};

/// The median and the narrowest pair of order statistics around it that reaches `confidence`.
///
/// With n values, sorted: [x_k, x_(n+1-k)] for the greatest k >= 1 with 2 P(Bin(n, 1/2) <= k - 1) <= 1 - confidence
/// (David and Nagaraja, Order Statistics, 7.1). There is none for fewer than 6 values at 0.95: then the whole range,
/// `below_confidence`. The issue `bad_input` for no values, values that are not finite, or `confidence` outside (0, 1).
[[nodiscard]] inline Result<MedianInterval> median_interval(std::span<const double> values, double confidence = 0.95) {
  const auto bad = [](const char* why) { return Issue{"bad_input", "median_interval", why}; };
  if (!(confidence > 0.0 && confidence < 1.0)) return bad("confidence must lie in (0, 1); 95 % is 0.95");
  if (values.empty()) return bad("needs at least one value");
  for (const double value : values) {
    if (!std::isfinite(value)) return bad("needs finite values; leave missing values out");
  }
  std::vector<double> x(values.begin(), values.end());
  std::sort(x.begin(), x.end());
  const std::size_t n = x.size();
  // In units of 2^(scale - n), scale being above 0 as soon as they outgrow a double; exact while they are below 2^53.
  double term = 1;  // C(n, k - 1)
  double sum = 1;   // of the terms up to it
  long scale = 0;
  const auto tails = [&] { return 2.0 * std::scalbln(sum, scale - static_cast<long>(n)); };
  std::size_t k = 1;
  MedianInterval found{.below_confidence = tails() > 1.0 - confidence};
  found.coverage = 1.0 - tails();
  while (2 * k < n) {
    const auto next = static_cast<double>(k);
    term = product(term, static_cast<double>(n) - next + 1.0) / next;
    sum += term;
    if (sum > 0x1p900) {
      term *= 0x1p-900;
      sum *= 0x1p-900;
      scale += 900;
    }
    if (tails() > 1.0 - confidence) break;
    found.coverage = 1.0 - tails();
    ++k;
  }
  found.median = *percentile(x, 0.5);
  found.low = x[k - 1];
  found.high = x[n - k];
  return found;
}

}  // namespace co2lib::numeric
