// SPDX-License-Identifier: MIT
// Room `names`: the texts of an enumeration, said once beside it.
//
//   enum class Kind { counter, power };
//   constexpr auto texts_of(Kind) noexcept { return co2lib::texts("counter", "power"); }
//
//   co2lib::text(Kind::power)      // "power"
//   co2lib::parse<Kind>("power")   // Kind::power, or an issue that names what is known
//   co2lib::all<Kind>()            // {Kind::counter, Kind::power}
//   co2lib::known<Kind>()          // "counter, power"
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include <co2lib/error.hpp>
#include <co2lib/record.hpp>

namespace co2lib {

/// The texts of all enumerators, in their order, which counts up from 0.
template <class... Text>
[[nodiscard]] constexpr std::array<std::string_view, sizeof...(Text)> texts(const Text&... text) noexcept {
  return {std::string_view(text)...};
}

/// An enumeration with `texts_of(E)` in its namespace.
template <class E>
concept Named = std::is_enum_v<E> && requires(E value) {
  texts_of(value).size();
};

/// The text of an enumerator, as it stands in files and in Python; `?` for a value that is not one.
template <Named E>
[[nodiscard]] constexpr std::string_view text(E value) noexcept {
  constexpr auto texts = texts_of(E{});
  const auto at = static_cast<std::size_t>(value);
  return at < texts.size() ? texts[at] : "?";
}

/// All enumerators, in their order.
template <Named E>
[[nodiscard]] constexpr auto all() noexcept {
  std::array<E, texts_of(E{}).size()> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<E>(i);
  return values;
}

/// All texts, for messages: `counter, power`.
template <Named E>
[[nodiscard]] std::string known() {
  std::string list;
  for (const E value : all<E>()) list.append(list.empty() ? "" : ", ").append(text(value));
  return list;
}

/// The enumerator of a text; the issue `unknown_name` names what is known.
template <Named E>
[[nodiscard]] Result<E> parse(std::string_view name) {
  for (const E value : all<E>()) {
    if (text(value) == name) return value;
  }
  return Issue{"unknown_name", "", std::string("'").append(name).append("' is not known; known: ").append(known<E>())};
}

/// As `parse`; what is not known is the error `code`, which begins with `field`.
template <Named E>
[[nodiscard]] E parse(std::string_view name, std::string_view field, const std::string& code) {
  const Result<E> value = parse<E>(name);
  if (!value) throw Error(code, std::string(field) + ": " + value.issue().text);
  return *value;
}

}  // namespace co2lib
