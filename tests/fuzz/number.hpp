// SPDX-License-Identifier: MIT
// What must hold of a reader of whole numbers, for every text.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

/// A number is read from digits with an optional line end (and a sign where it has one), and from nothing else.
template <class Number, class Parse>
void check_number(std::string_view text, const Parse& parse) {
  const auto value = parse(text);
  std::string_view digits = text;
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  if (std::is_signed_v<Number> && digits.starts_with('-')) digits.remove_prefix(1);
  const bool all_digits =
      !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (value && !all_digits) __builtin_trap();
  if (!value && all_digits && digits.size() <= std::numeric_limits<Number>::digits10) __builtin_trap();
  if (value && parse(std::to_string(*value) + "\n") != value) __builtin_trap();
}
