// SPDX-License-Identifier: MIT
// Room `format`: fmt support for everything of co2lib that has `to_string`.
//
//   fmt::print("{}\n", co2lib::Energy::from_kwh(2));  // 2 kWh
//
// Types of others stay theirs, also where they have a `to_string`: fmt prints those as it does without this header.
#pragma once

#include <string>

#include <fmt/format.h>

#include <co2lib/record.hpp>

namespace co2lib {

/// A type of this library that has a text.
template <class T>
concept HasText = has_text<T>;

namespace format_detail {

template <class T>
std::string text_of(const T& value) {
  return to_string(value);
}

}  // namespace format_detail

}  // namespace co2lib

template <co2lib::HasText T>
struct fmt::formatter<T> {
  constexpr auto parse(fmt::format_parse_context& context) { return text_.parse(context); }

  template <class Context>
  auto format(const T& value, Context& context) const {
    return text_.format(co2lib::format_detail::text_of(value), context);
  }

 private:
  fmt::formatter<fmt::string_view> text_;  // a base would let fmt quote it in ranges, as it quotes texts
};
