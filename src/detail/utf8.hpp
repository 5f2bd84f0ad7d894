// SPDX-License-Identifier: MIT
// What is text and what is not; private to src.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace co2lib::detail {

/// The bytes of the UTF-8 character that the text begins with; 0 if it begins with none.
[[nodiscard]] inline std::size_t utf8_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : size;
}

[[nodiscard]] inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

/// The name of a file for a message, whatever its bytes are: those that are no UTF-8 become `\xE9`.
[[nodiscard]] inline std::string shown(std::string_view name) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  while (!name.empty()) {
    const std::size_t size = utf8_size(name);
    if (size > 0) {
      text.append(name, 0, size);
    } else {
      const auto byte = static_cast<unsigned char>(name.front());
      text.append("\\x").push_back(digits[byte / 16]);
      text.push_back(digits[byte % 16]);
    }
    name.remove_prefix(size > 0 ? size : 1);
  }
  return text;
}

}  // namespace co2lib::detail
