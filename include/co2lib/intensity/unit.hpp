// SPDX-License-Identifier: MIT
// Unit texts and time stamps as sources of carbon intensity write them; refusals have this domain's codes.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include <co2lib/clock.hpp>
#include <co2lib/error.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {

namespace detail {

[[noreturn]] inline void fail(std::string_view code, const std::string& message, ErrorDetails details = {},
                              ErrorCategory category = ErrorCategory::value) {
  throw Error("intensity." + std::string(code), message, std::move(details), category);
}

}  // namespace detail

using co2lib::gas_of;

/// Converts between unit texts of energy, mass or carbon intensity: 916 `lb/MWh` is 415.49061092 `g/kWh`.
///
/// Reads the texts of `co2lib::convert`; only its refusals are this domain's. Throws `intensity.not_convertible` for
/// percentiles, percent, indices and levels, `intensity.bad_unit` for unknown units and units of two quantities, and
/// `intensity.bad_value` for a value that is not finite.
[[nodiscard]] inline double convert(double value, std::string_view from, std::string_view to) {
  for (const std::string_view unit : {from, to}) {
    for (const std::string_view word : {"percentile", "percent", "index", "level"}) {
      if (unit != word) continue;
      detail::fail("not_convertible", "'" + std::string(unit) +
                                          "' is not a carbon intensity and has no value in g/kWh; "
                                          "ask the provider for its intensity in g/kWh or lb/MWh");
    }
  }
  if (!std::isfinite(value)) detail::fail("bad_value", "the value to convert is not a finite number");
  const Result<double> result = co2lib::convert(value, from, to);
  if (!result) {
    detail::fail("bad_unit",
                 "cannot convert '" + std::string(from) + "' to '" + std::string(to) + "': " + result.issue().text);
  }
  return *result;
}

/// A carbon intensity from a number and a unit text; throws as `convert`.
[[nodiscard]] inline CarbonIntensity from_unit(double value, std::string_view unit) {
  return CarbonIntensity::from_g_per_kwh(convert(value, unit, "g/kWh"));
}

/// Reads a time stamp with its offset from UTC, such as `2024-05-01T14:00:00+02:00`; fractions are cut to milliseconds.
///
/// Throws `intensity.bad_time` for everything else, a missing offset and a date that does not exist among it.
[[nodiscard]] inline UtcTime parse_time(std::string_view text) {
  const Result<UtcTime> time = parse_utc(text);
  if (!time) detail::fail("bad_time", "'" + time.issue().subject + "': " + time.issue().text);
  return *time;
}

}  // namespace co2lib::intensity
