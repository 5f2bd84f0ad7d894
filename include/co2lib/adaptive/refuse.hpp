// SPDX-License-Identifier: MIT
// What the domain refuses, with its codes; and when two computed numbers are equal.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::adaptive::detail {

/// Sums, prices and slopes closer than this part of themselves are equal: what they were computed from may have been.
inline constexpr double same = 1e-12;

[[nodiscard]] inline bool equal(double a, double b) noexcept {
  const double apart = std::fabs(a - b);
  return a == b || (apart <= same * std::max(std::fabs(a), std::fabs(b)) && !std::isinf(apart));
}
/// Not above `limit`, but for rounding.
[[nodiscard]] inline bool fits(double x, double limit) noexcept { return x <= limit || equal(x, limit); }
/// Below `limit` by more than rounding.
[[nodiscard]] inline bool below(double x, double limit) noexcept { return x < limit && !equal(x, limit); }

[[noreturn]] inline void bad_input(const std::string& message, ErrorDetails details = {}) {
  throw Error("adaptive.bad_input", message, std::move(details));
}
[[noreturn]] inline void bad_model(const std::string& message, ErrorDetails details = {}) {
  throw Error("adaptive.bad_model", message, std::move(details));
}
/// What cannot be done, with the nearest that can: `name` in the details.
[[noreturn]] inline void infeasible(const std::string& message, std::string name, double nearest) {
  throw Error("adaptive.infeasible", message, {{std::move(name), nearest}});
}
[[noreturn]] inline void undefined(const std::string& message) {
  throw Error("adaptive.undefined", message, {}, ErrorCategory::arithmetic);
}

/// `x` if it is finite and at least 0; else `adaptive.bad_input` naming `field`.
inline double not_negative(double x, std::string_view field) {
  if (!(x >= 0) || std::isinf(x)) {
    bad_input(std::string(field) + ": " + numeric::text(x) + " is not a finite number >= 0");
  }
  return x;
}
/// `x` if it is finite and above 0; else `adaptive.bad_input` naming `field`.
inline double positive(double x, std::string_view field) {
  if (!(x > 0) || std::isinf(x)) {
    bad_input(std::string(field) + ": " + numeric::text(x) + " is not a finite number > 0");
  }
  return x;
}
/// Each of a list as `not_negative`; the field is named with its position, and there must be one.
inline void all_not_negative(std::span<const double> values, std::string_view field) {
  if (values.empty()) bad_input(std::string(field) + ": there is none; give at least one slot");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0 && !std::isinf(values[i])) continue;
    const std::string place = std::string(field) + "[" + std::to_string(i) + "]";
    if (std::isnan(values[i])) bad_input(place + " is missing; fill gaps before planning, they are never guessed");
    bad_input(place + ": " + numeric::text(values[i]) + " is not a finite number >= 0");
  }
}

}  // namespace co2lib::adaptive::detail
