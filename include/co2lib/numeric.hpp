// SPDX-License-Identifier: MIT
// Room `numeric`: sums and products with the same bits on every machine, and the few statistics results need.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <co2lib/record.hpp>

namespace co2lib::numeric {

/// The value itself as a rounded double: no compiler fuses the product it came from with a following addition (-mfma,
/// -ffp-contract=fast), so that results have the same bits on every machine.
[[nodiscard]] constexpr double rounded(double x) noexcept {
  if (std::is_constant_evaluated()) return x;
#if defined(__GNUC__) && defined(__x86_64__)
  asm("" : "+x"(x));
#elif defined(__GNUC__) && defined(__aarch64__)
  asm("" : "+w"(x));
#elif defined(__GNUC__)
  asm("" : "+m"(x));
#else
#error "co2lib::numeric::rounded needs a compiler barrier for this compiler"
#endif
  return x;
}

/// The rounded product a * b; see `rounded`.
[[nodiscard]] constexpr double product(double a, double b) noexcept { return rounded(a * b); }

/// A number in a message: the fewest digits that read back as the same double, as fmt's `{}` writes them.
[[nodiscard]] inline std::string text(double x) {
  std::array<char, 64> buffer{};
  const double size = std::fabs(x);
  const bool usual = x == 0 || (size >= 1e-4 && size < 1e16);
  const auto format = usual ? std::chars_format::fixed : std::chars_format::scientific;
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), x, format).ptr};
}

/// Compensated (Neumaier) summation of doubles; exact to about 1e-16 of the sum of magnitudes.
class Sum {
 public:
  Sum() = default;
  explicit Sum(double start) noexcept : sum_(start) {}  ///< Starts at a number

  /// Adds a number.
  Sum& operator+=(double x) noexcept {
    const double t = sum_ + x;
    const double of_x = t - sum_;  // Knuth's exact error of an addition: as Neumaier's, without a choice by size
    correction_ += (sum_ - (t - of_x)) + (x - of_x);
    sum_ = t;
    return *this;
  }

  /// Adds the terms of another sum, with its correction.
  Sum& operator+=(const Sum& other) noexcept {
    *this += other.sum_;
    correction_ += other.correction_;
    return *this;
  }

  /// The sum so far; 0 for none. What is not a number, or out of range, stays so.
  [[nodiscard]] double value() const noexcept { return std::isfinite(sum_) ? sum_ + correction_ : sum_; }

 private:
  friend class TwoSums;
  Sum(double sum, double correction) noexcept : sum_(sum), correction_(correction) {}

  double sum_ = 0;
  double correction_ = 0;  // of no use any more where the sum is not finite
};

/// Two sums that the same numbers are added to, with the bits of two `Sum`; the compiler adds to both at once.
class TwoSums {
 public:
  /// Goes on with two sums.
  TwoSums(const Sum& first, const Sum& second) noexcept
      : sum_{first.sum_, second.sum_}, correction_{first.correction_, second.correction_} {}

  /// Adds a number to both.
  TwoSums& operator+=(double number) noexcept {
    const Pair x{number, number};
    const Pair t = sum_ + x;
    const Pair of_x = t - sum_;
    correction_ += (sum_ - (t - of_x)) + (x - of_x);
    sum_ = t;
    return *this;
  }

  [[nodiscard]] Sum first() const noexcept { return {sum_[0], correction_[0]}; }   ///< the first, as it is now
  [[nodiscard]] Sum second() const noexcept { return {sum_[1], correction_[1]}; }  ///< the second, as it is now

 private:
  using Pair = double __attribute__((vector_size(16)));

  Pair sum_;
  Pair correction_;
};

/// Running mean and sample standard deviation (Welford).
class Moments {
 public:
  /// Takes one more value into account.
  void push(double x) noexcept {
    ++count_;
    const double delta = x - mean_;
    mean_ += delta / static_cast<double>(count_);
    m2_ += product(delta, x - mean_);
  }

  [[nodiscard]] long count() const noexcept { return count_; }  ///< values so far
  [[nodiscard]] double mean() const noexcept { return mean_; }  ///< of the values so far; 0 for none

  /// Sample standard deviation (n - 1); NaN for fewer than two values.
  [[nodiscard]] double sample_sd() const noexcept {
    return count_ > 1 ? std::sqrt(m2_ / static_cast<double>(count_ - 1)) : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  long count_ = 0;
  double mean_ = 0;
  double m2_ = 0;
};

namespace detail {

/// Continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified Lentz method.
inline double beta_fraction(double a, double b, double x) noexcept {
  constexpr double tiny = 1e-300;
  double c = 1.0;
  double d = 1.0 - (a + b) * x / (a + 1.0);
  d = 1.0 / (std::fabs(d) < tiny ? tiny : d);
  double h = d;
  for (int m = 1; m <= 1000; ++m) {
    const double m2 = 2.0 * m;
    for (const double term :
         {m * (b - m) * x / ((a + m2 - 1.0) * (a + m2)), -(a + m) * (a + b + m) * x / ((a + m2) * (a + m2 + 1.0))}) {
      d = 1.0 + product(term, d);
      d = 1.0 / (std::fabs(d) < tiny ? tiny : d);
      c = 1.0 + term / c;
      if (std::fabs(c) < tiny) c = tiny;
      h *= d * c;
      if (std::fabs(product(d, c) - 1.0) < 1e-16) return h;
    }
  }
  return h;
}

/// Regularised incomplete beta function I_x(a, b); `y` is 1 - x, given apart so that neither loses digits.
inline double incomplete_beta(double a, double b, double x, double y) noexcept {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + product(a, std::log(x)) +
                                product(b, std::log(y)));
  return x < (a + 1.0) / (a + b + 2.0) ? front * beta_fraction(a, b, x) / a : 1.0 - front * beta_fraction(b, a, y) / b;
}

}  // namespace detail

/// P(|T| > t) of Student's distribution with `df` degrees of freedom.
[[nodiscard]] inline double student_two_sided_tail(double t, double df) noexcept {
  const double t2 = product(t, t);
  return detail::incomplete_beta(df / 2.0, 0.5, df / (df + t2), t2 / (df + t2));
}

/// The quantile of Student's t distribution: the t with P(T <= t) = `p`.
///
/// `p` in (0, 1), `df` > 0; otherwise the issue `bad_input`. Accurate to about 1e-12 relative.
[[nodiscard]] inline Result<double> student_quantile(double p, double df) {
  if (!(p > 0.0 && p < 1.0) || !(df > 0.0) || !std::isfinite(df)) {
    return Issue{"bad_input", "student_quantile", "needs 0 < p < 1 and df > 0"};
  }
  if (p == 0.5) return 0.0;
  const double tail = 2.0 * (p < 0.5 ? p : 1.0 - p);
  double low = 0.0;
  double high = 1.0;
  while (student_two_sided_tail(high, df) > tail && high < 1e300) {
    low = high;
    high *= 2.0;
  }
  for (int i = 0; i < 200 && high - low > 1e-15 * high; ++i) {
    const double middle = 0.5 * (low + high);
    (student_two_sided_tail(middle, df) > tail ? low : high) = middle;
  }
  const double t = 0.5 * (low + high);
  return p < 0.5 ? -t : t;
}

/// Sorts as std::stable_sort does: what is equal keeps its order.
///
/// That one of libstdc++ 12 calls a function that C++17 has deprecated, and clang 16 and later warn of it in the code
/// of whoever includes the header.
template <class T, class Less>
void stable_sort(std::vector<T>& values, Less less) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (less(values[a], values[b])) return true;
    return !less(values[b], values[a]) && a < b;
  });
  std::vector<T> sorted;
  sorted.reserve(values.size());
  for (const std::size_t i : order) sorted.push_back(std::move(values[i]));
  values = std::move(sorted);
}

/// Ranks from 1; equal values share the mean of their ranks.
[[nodiscard]] inline std::vector<double> average_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    const double rank = 0.5 * static_cast<double>(i + end + 1);
    for (; i < end; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

namespace detail {

/// The issue of two samples that cannot be correlated, if there is one.
[[nodiscard]] inline std::optional<Issue> unfit(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size()) return Issue{"bad_input", "correlation", "needs as many values on both sides"};
  for (const auto side : {x, y}) {
    for (const double value : side) {
      if (!std::isfinite(value)) return Issue{"bad_input", "correlation", "needs finite values"};
    }
  }
  return std::nullopt;
}

[[nodiscard]] inline std::optional<double> pearson_of(std::span<const double> x, std::span<const double> y) {
  if (x.size() < 2) return std::nullopt;
  const auto constant = [](std::span<const double> v) {
    return std::all_of(v.begin(), v.end(), [&](double value) { return value == v[0]; });
  };
  if (constant(x) || constant(y)) return std::nullopt;
  // Each side relative to its mean and scaled by its largest deviation, so that no product over- or underflows.
  const auto centred = [](std::span<const double> v) {
    double largest = 0;
    for (const double value : v) largest = std::max(largest, std::fabs(value));
    const int exponent = std::ilogb(largest);
    std::vector<double> out;
    Sum sum;
    for (const double value : v) sum += out.emplace_back(std::scalbn(value, -exponent));
    const double mean = sum.value() / static_cast<double>(v.size());
    double deviation = 0;
    for (double& value : out) deviation = std::max(deviation, std::fabs(value -= mean));
    const int scale = deviation > 0 ? std::ilogb(deviation) : 0;
    for (double& value : out) value = std::scalbn(value, -scale);
    return out;
  };
  const std::vector<double> a = centred(x);
  const std::vector<double> b = centred(y);
  Sum ab;
  Sum aa;
  Sum bb;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += product(a[i], b[i]);
    aa += product(a[i], a[i]);
    bb += product(b[i], b[i]);
  }
  const double scale = std::sqrt(aa.value()) * std::sqrt(bb.value());
  if (!(scale > 0)) return std::nullopt;
  return std::clamp(ab.value() / scale, -1.0, 1.0);
}

}  // namespace detail

/// Pearson's correlation; without a value for fewer than two points or a constant side, never 0 for those.
///
/// The issue `bad_input` for sides of unequal length or values that are not finite.
[[nodiscard]] inline Result<std::optional<double>> pearson(std::span<const double> x, std::span<const double> y) {
  if (auto issue = detail::unfit(x, y)) return *std::move(issue);
  return detail::pearson_of(x, y);
}

/// Spearman's rank correlation, average ranks for ties; else as `pearson`.
[[nodiscard]] inline Result<std::optional<double>> spearman(std::span<const double> x, std::span<const double> y) {
  if (auto issue = detail::unfit(x, y)) return *std::move(issue);
  return detail::pearson_of(average_ranks(x), average_ranks(y));
}

/// Kendall's tau-b; else as `pearson`. Quadratic in the number of points.
[[nodiscard]] inline Result<std::optional<double>> kendall_tau_b(std::span<const double> x, std::span<const double> y) {
  if (auto issue = detail::unfit(x, y)) return *std::move(issue);
  double balance = 0;  // concordant - discordant pairs; whole numbers, exact in doubles
  double untied_x = 0;
  double untied_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const int a = static_cast<int>(x[i] > x[j]) - static_cast<int>(x[i] < x[j]);
      const int b = static_cast<int>(y[i] > y[j]) - static_cast<int>(y[i] < y[j]);
      balance += a * b;
      untied_x += a != 0 ? 1 : 0;
      untied_y += b != 0 ? 1 : 0;
    }
  }
  if (untied_x == 0 || untied_y == 0) return std::optional<double>();
  return std::optional(std::clamp(balance / (std::sqrt(untied_x) * std::sqrt(untied_y)), -1.0, 1.0));
}

}  // namespace co2lib::numeric
