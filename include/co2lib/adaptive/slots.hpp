// SPDX-License-Identifier: MIT
// Slots: the intensities that a plan is made for, one number for each of equal stretches of time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/adaptive/refuse.hpp>
#include <co2lib/clock.hpp>
#include <co2lib/intensity/forecast.hpp>
#include <co2lib/intensity/trace.hpp>

namespace co2lib::adaptive {

/// Intensities of equal slots, from a trace, a forecast or plain numbers; checked when made.
///
/// Throws `adaptive.bad_input` naming the position: none, one that is missing, negative (a negative marginal value
/// too) or not finite, or steps of a trace that are not equal or not one after the other.
struct Slots {
  std::vector<double> g_per_kwh{};                        ///< of the slots one after the other, >= 0
  std::optional<UtcTime> start{};                         ///< of the first; plain numbers have none
  std::chrono::nanoseconds step = std::chrono::hours(1);  ///< length of every slot, > 0
  bool forecast = false;                                  ///< made from a forecast
  std::vector<double> low{};                              ///< ends of the forecast's 90 % interval; may be empty
  std::vector<double> high{};                             ///< the upper ends; as long as `low`
  /// Signal, scope and factor set of a trace, which what is compared with it must share; empty: not known.
  std::string basis{};

  Slots() = default;
  /// Plain numbers, g/kWh, as slots of an hour.
  Slots(std::vector<double> values)  // NOLINT(google-explicit-constructor): a list is slots
      : g_per_kwh(std::move(values)) {
    detail::all_not_negative(g_per_kwh, "intensity");
  }
  /// The steps of a trace, which must be equal and without holes.
  Slots(const intensity::Trace& trace);  // NOLINT(google-explicit-constructor)
  /// The hours of a forecast, with its interval.
  Slots(const intensity::Forecast& forecast);  // NOLINT(google-explicit-constructor)

  [[nodiscard]] std::size_t size() const noexcept { return g_per_kwh.size(); }  ///< number of slots
  /// Length of a slot, h.
  [[nodiscard]] double step_h() const noexcept { return std::chrono::duration<double, std::ratio<3600>>(step).count(); }
};

/// Requests per slot: those given, else one each.
///
/// Throws `adaptive.bad_input`: another number of slots, one that is negative or not finite, none in all.
[[nodiscard]] inline std::vector<double> demand_of(std::size_t slots, const std::vector<double>& given) {
  if (given.empty()) return std::vector<double>(slots, 1.0);
  if (given.size() != slots) {
    detail::bad_input("demand: " + std::to_string(given.size()) + " values for " + std::to_string(slots) +
                      " slots; give one for each");
  }
  detail::all_not_negative(given, "demand");
  numeric::Sum sum;
  for (const double n : given) sum += n;
  if (!(sum.value() > 0)) detail::bad_input("demand: there is no request in any slot");
  if (!std::isfinite(sum.value())) detail::bad_input("demand: the sum is beyond every number");
  return given;
}

}  // namespace co2lib::adaptive
