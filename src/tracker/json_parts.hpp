// SPDX-License-Identifier: MIT
// What the log and the JSON of a footprint say alike; private to src/tracker. Readers throw std::exception with what is
// wrong; the caller says where.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/record.hpp>
#include <co2lib/record.hpp>
#include <co2lib/tracker/footprint.hpp>

#include "detail/json.hpp"

namespace co2lib::tracker::detail {

using co2lib::detail::Json;

/// Beyond every energy, power and time that can be measured, and far from overflow.
inline constexpr double most = 1e30;

template <class T>
[[nodiscard]] Json maybe(const std::optional<T>& x) {
  return x ? Json(*x) : Json(nullptr);
}

[[nodiscard]] Json info_json(const meter::MeterInfo& info);
[[nodiscard]] meter::MeterInfo info_of(const Json& j);
[[nodiscard]] Json events_json(const meter::Events& events);
[[nodiscard]] meter::Events events_of(const Json& j);
[[nodiscard]] std::vector<Issue> issues_of(const Json& j);
/// The member `hardware` of a context; left out where nothing was looked for.
void add_hardware(co2lib::detail::JsonWriter& context, const std::optional<MachineHardware>& hardware);
[[nodiscard]] std::optional<MachineHardware> hardware_of(const Json& context);

/// The start of a value, for messages.
[[nodiscard]] std::string shown(const Json& j);

/// An integer of the type T from `low` on; other numbers are refused and not cut.
template <class T>
[[nodiscard]] T integer(const Json& j, T low = 0, T high = std::numeric_limits<T>::max()) {
  if (j.is_number_unsigned()) {
    const auto value = j.get<std::uint64_t>();
    if (value <= static_cast<std::uint64_t>(high) && (low <= 0 || value >= static_cast<std::uint64_t>(low))) {
      return static_cast<T>(value);
    }
  } else if (j.is_number_integer()) {
    const auto value = j.get<std::int64_t>();
    if (std::is_signed_v<T> && value < 0 && value >= static_cast<std::int64_t>(low)) return static_cast<T>(value);
  }
  throw std::invalid_argument(shown(j) + " is not an integer in its range");
}

template <class T>
[[nodiscard]] T integer_or(const Json& j, const char* key, T absent) {
  return j.contains(key) ? integer<T>(j.at(key)) : absent;
}

template <class T>
[[nodiscard]] std::optional<T> maybe_integer(const Json& j, const char* key, T low = 0) {
  if (!j.contains(key) || j.at(key).is_null()) return std::nullopt;
  return integer<T>(j.at(key), low);
}

[[nodiscard]] double number(const Json& j, double low = 0);
[[nodiscard]] std::optional<double> maybe_number(const Json& j, const char* key, double low = 0);

/// Times in a log lie within 31 years of uptime, so that sums and differences of them never overflow.
[[nodiscard]] MonotonicTime time_of(const Json& j);
[[nodiscard]] UtcTime utc_of(const Json& j);

}  // namespace co2lib::tracker::detail
