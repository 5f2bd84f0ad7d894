// SPDX-License-Identifier: MIT
// Wall times between Python and C++: timezone-aware datetimes or ISO texts in, datetimes in UTC out.
#pragma once

#include "bindings.hpp"

#include <co2lib/clock.hpp>

namespace co2lib::bindings {

/// A text with its offset, or a timezone-aware datetime; anything else is `<domain>.bad_time`.
inline UtcTime to_utc(const py::object& time, const std::string& domain) {
  if (py::isinstance<py::str>(time)) return value_or_throw(parse_utc(time.cast<std::string>()), domain);
  const py::module_ datetime = py::module_::import("datetime");
  if (!py::isinstance(time, datetime.attr("datetime"))) {
    throw Error(domain + ".bad_time",
                "a time is a timezone-aware datetime or a text such as 2024-05-01T12:00:00Z, not " +
                    py::repr(time).cast<std::string>());
  }
  if (time.attr("utcoffset")().is_none()) {
    throw Error(domain + ".bad_time", py::str(time).cast<std::string>() +
                                          " has no time zone; use datetime(..., tzinfo=timezone.utc) or zoneinfo");
  }
  const py::object epoch = datetime.attr("datetime")(1970, 1, 1, 0, 0, 0, 0, datetime.attr("timezone").attr("utc"));
  const py::object since = time - epoch;
  const auto days = since.attr("days").cast<std::int64_t>();
  if (days < -98000 || days > 84000) {  // 1700 to 2200, what a clock room text can say
    throw Error(domain + ".bad_time", py::str(time).cast<std::string>() + " is not between the years 1702 and 2199");
  }
  return UtcTime(std::chrono::hours(24) * days + std::chrono::seconds(since.attr("seconds").cast<std::int64_t>()) +
                 std::chrono::microseconds(since.attr("microseconds").cast<std::int64_t>()));
}

/// A datetime in UTC, cut to microseconds.
inline py::object from_utc(UtcTime time) {
  const py::module_ datetime = py::module_::import("datetime");
  const auto us = std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count();
  const py::object epoch = datetime.attr("datetime")(1970, 1, 1, 0, 0, 0, 0, datetime.attr("timezone").attr("utc"));
  return epoch + datetime.attr("timedelta")(0, 0, us);
}

/// A timedelta or a number of seconds.
inline std::chrono::nanoseconds to_duration(const py::object& time, const std::string& domain) {
  const double seconds =
      py::hasattr(time, "total_seconds") ? time.attr("total_seconds")().cast<double>() : time.cast<double>();
  if (!(seconds > -6e9 && seconds < 6e9))
    throw Error(domain + ".bad_time", "a duration must be shorter than 190 years");
  return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace co2lib::bindings
