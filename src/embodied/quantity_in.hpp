// SPDX-License-Identifier: MIT
// Numbers with units in documents: `60 mm2`, 0.6, {value: 60 mm2, low: 50 mm2, high: 70 mm2}.
#pragma once

#include <string>
#include <string_view>

#include <co2lib/embodied/factor.hpp>

#include "detail/document.hpp"

namespace co2lib::embodied {

/// A value of a document, the file it is in and its path there (`parts[3].area`), for messages.
struct Spot {
  const co2lib::detail::DocumentValue& value;
  const std::string& file;
  std::string path;

  /// `camera.yaml:12: parts[3].area`.
  [[nodiscard]] std::string place() const;
  [[nodiscard]] Spot at(const co2lib::detail::DocumentValue& inner, std::string_view key) const;
  [[noreturn]] void bad(const std::string& why) const;
};

/// A number in the unit, or a text of number and unit. `embodied.bad_unit` for an unknown, absent or wrong unit,
/// `embodied.bad_bom` for what is no number, `embodied.out_of_range` for one below 0.
[[nodiscard]] double number_in(const Spot& spot, std::string_view unit);

/// The same, or an object of a factor; `name` is its variable unless `share` is written.
[[nodiscard]] Factor factor_in(const Spot& spot, std::string_view unit, const std::string& name);

/// A text that begins with a letter and is no number: the id of a row, or a name.
[[nodiscard]] bool is_name(const co2lib::detail::DocumentValue& value);

/// A whole number >= least and <= 10^9.
[[nodiscard]] std::int64_t integer_in(const Spot& spot, std::int64_t least);

[[nodiscard]] std::string text_in(const Spot& spot);
[[nodiscard]] bool flag_in(const Spot& spot);

/// The documents of a bill of materials are at most this large.
inline constexpr co2lib::detail::DocumentRules bom_rules{.bytes = std::size_t{4} << 20, .depth = 32, .values = 200'000};

/// A document within those limits; `embodied.bad_bom` with file and line.
[[nodiscard]] co2lib::detail::DocumentValue bom_document(std::string_view text, const std::string& name);

}  // namespace co2lib::embodied
