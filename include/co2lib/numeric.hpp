// SPDX-License-Identifier: MIT
// Room `numeric`: sums and products with the same bits on every machine, and the few statistics results need.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

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

/// Compensated (Neumaier) summation of doubles; exact to about 1e-16 of the sum of magnitudes.
class Sum {
 public:
  Sum() = default;
  explicit Sum(double start) noexcept : sum_(start) {}

  Sum& operator+=(double x) noexcept {
    const double t = sum_ + x;
    if (std::isfinite(t)) {
      correction_ += std::fabs(sum_) >= std::fabs(x) ? (sum_ - t) + x : (x - t) + sum_;
    }
    sum_ = t;
    return *this;
  }

  Sum& operator+=(const Sum& other) noexcept {
    *this += other.sum_;
    correction_ += other.correction_;
    return *this;
  }

  [[nodiscard]] double value() const noexcept { return sum_ + correction_; }

 private:
  double sum_ = 0;
  double correction_ = 0;
};

/// Running mean and sample standard deviation (Welford).
class Moments {
 public:
  void push(double x) noexcept {
    ++count_;
    const double delta = x - mean_;
    mean_ += delta / static_cast<double>(count_);
    m2_ += product(delta, x - mean_);
  }

  [[nodiscard]] long count() const noexcept { return count_; }
  [[nodiscard]] double mean() const noexcept { return mean_; }

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

}  // namespace co2lib::numeric
