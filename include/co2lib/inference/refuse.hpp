// SPDX-License-Identifier: MIT
// What the domain refuses, with its codes.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::inference::detail {

[[noreturn]] inline void out_of_range(const std::string& message) { throw Error("inference.out_of_range", message); }
[[noreturn]] inline void bad_graph(const std::string& message) { throw Error("inference.bad_graph", message); }
[[noreturn]] inline void bad_model(const std::string& message) { throw Error("inference.bad_model", message); }
[[noreturn]] inline void unknown_kernel(const std::string& message) {
  throw Error("inference.unknown_kernel", message, {}, ErrorCategory::lookup);
}
[[noreturn]] inline void unknown_device(const std::string& message, ErrorDetails details = {}) {
  throw Error("inference.unknown_device", message, std::move(details), ErrorCategory::lookup);
}
[[noreturn]] inline void no_profile(const std::string& message) {
  throw Error("inference.no_profile", message, {}, ErrorCategory::lookup);
}

/// `x` if it is finite and above 0; else `inference.out_of_range` naming `field`.
inline double positive(double x, std::string_view field) {
  if (x > 0 && std::isfinite(x)) return x;
  out_of_range(std::string(field) + ": " + numeric::text(x) + " is not a finite number > 0");
}

/// `x` if it is finite and not negative; else `inference.out_of_range` naming `field`.
inline double not_negative(double x, std::string_view field) {
  if (x >= 0 && std::isfinite(x)) return x;
  out_of_range(std::string(field) + ": " + numeric::text(x) + " is not a finite number >= 0");
}

/// `x` if it lies in (0, 1]; else `inference.out_of_range` naming `field`.
inline double share(double x, std::string_view field) {
  if (x > 0 && x <= 1) return x;
  out_of_range(std::string(field) + ": " + numeric::text(x) + " must lie above 0 and not above 1");
}

}  // namespace co2lib::inference::detail
