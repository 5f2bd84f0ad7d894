// SPDX-License-Identifier: MIT
// Room `format`: fmt support for everything of co2lib that has `to_string`.
//
//   fmt::print("{}\n", co2lib::Energy::from_kwh(2));  // 2 kWh
#pragma once

#include <concepts>
#include <string>
#include <type_traits>

#include <fmt/format.h>

namespace co2lib::format_detail {

// As good a match as fmt's own to_string, which takes everything: the two are ambiguous, and only a function made for
// the type is better than both.
template <class T>
void to_string(const T&);

/// A class or scoped enumeration whose own namespace has `to_string`; what converts to a number, and texts (among them
/// fmt::string_view, for which fmt::to_string would be found), are left to fmt.
template <class T>
concept HasToString =
    !std::is_convertible_v<T, double> && !std::is_convertible_v<T, fmt::string_view> && requires(const T& value) {
  { to_string(value) } -> std::same_as<std::string>;
};

template <class T>
std::string text_of(const T& value) {
  return to_string(value);
}

}  // namespace co2lib::format_detail

template <co2lib::format_detail::HasToString T>
struct fmt::formatter<T> : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(const T& value, Context& context) const {
    return fmt::formatter<fmt::string_view>::format(co2lib::format_detail::text_of(value), context);
  }
};
