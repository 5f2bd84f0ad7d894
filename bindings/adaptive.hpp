// SPDX-License-Identifier: MIT
// What the binding files of the domain adaptive share.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/adaptive.hpp>

#include "bindings.hpp"
#include "gil.hpp"
#include "utc_time.hpp"

namespace co2lib::bindings::adaptive_domain {

using namespace co2lib::adaptive;

inline constexpr const char* bad_input = "adaptive.bad_input";

inline UtcTime to_utc(const py::object& time) { return bindings::to_utc(time, "adaptive"); }
inline std::optional<UtcTime> maybe_utc(const py::object& time) {
  return time.is_none() ? std::nullopt : std::optional(to_utc(time));
}
inline py::object maybe_time(const std::optional<UtcTime>& time) { return time ? from_utc(*time) : py::none(); }

/// Numbers of any iterable (lists, arrays); None is NaN. Anything else is `adaptive.bad_input` with its place.
std::vector<double> numbers_of(const py::object& given, const std::string& field);
/// As `numbers_of`; None is no number at all.
std::vector<double> maybe_numbers(const py::object& given, const std::string& field);
/// As `maybe_numbers`, in s and not negative.
std::vector<Seconds> seconds_of(const py::object& given, const std::string& field);
/// A count that is not negative; else `adaptive.bad_input` naming the field.
inline std::size_t count_of(std::int64_t given, const char* field) {
  if (given < 0) throw Error(bad_input, std::string(field) + ": " + std::to_string(given) + " is not a count");
  return static_cast<std::size_t>(given);
}
/// Slots of a Trace, a Forecast, Slots, or numbers in g/kWh.
Slots slots_of(const py::object& given);
/// A low and a high end with the probability in between, as a tuple.
inline py::object range_of(const std::optional<Interval<double>>& x) {
  return x ? py::object(py::make_tuple(x->low, x->high, x->confidence)) : py::none();
}

void register_models(py::module_& m);
void register_plans(py::module_& m);
void register_reports(py::module_& m);
void register_control(py::module_& m);
void register_shift(py::module_& m);
void register_search(py::module_& m);
void register_receipts(py::module_& m);

}  // namespace co2lib::bindings::adaptive_domain
