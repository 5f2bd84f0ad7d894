// SPDX-License-Identifier: MIT
#include "hub/plain.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>

#include <co2lib/hub/write.hpp>

#include "detail/ascii.hpp"

namespace co2lib::hub {

namespace {

using co2lib::detail::is_letter;

/// The zeros of the decimal digits of Unicode 14 beyond ASCII; nine more follow each.
constexpr std::array<std::uint32_t, 65> zeros = {
    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,   0xCE6,
    0xD66,   0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,  0x19D0,
    0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,  0xA9F0,
    0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450,
    0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0,
    0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0};

bool is_foreign_digit(std::uint32_t c) {
  const auto* above = std::upper_bound(zeros.begin(), zeros.end(), c);
  return above != zeros.begin() && c - *(above - 1) < 10;
}

bool is_space(std::uint32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/// The one form of a character that is no white space; `before` is the character in front of it.
char plain_sign(std::uint32_t c, char before) {
  switch (c) {
    case 0x2212:
      return '-';
    case 0x2013:
      return sign::en_dash;
    case 0x2014:
      return sign::em_dash;
    case 0xB1:
      return sign::plus_minus;
    case 0x2264:
      return sign::at_most;
    case 0x2265:
      return sign::at_least;
    case 0x2248:
    case 0x223C:
      return '~';
    case 0xD7:
      return '*';
    case 0x2019:
      return '\'';
    case 0xB5:
    case 0x3BC:
      return 'u';
    case 0x2082:
      return before == 'o' || before == 'O' ? '2' : '\x7f';
    default:
      if (c < 0x20) return '\x7f';
      if (c < 0x80) return static_cast<char>(c);
      return is_foreign_digit(c) ? foreign_digit : '\x7f';
  }
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const detail::CodePoint c = detail::decode_utf8(text);
    if (c.value == 0xFFFD) {
      valid += "\xEF\xBF\xBD";
    } else {
      valid += text.substr(0, c.size);
    }
    text.remove_prefix(c.size);
  }
  return valid;
}

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small) c = co2lib::detail::lower(c);
  return small;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string without_tags(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<') {
      const std::size_t name = i + 1 < text.size() && text[i + 1] == '/' ? i + 2 : i + 1;
      if (name < text.size() && is_letter(text[name])) {
        const std::size_t end = text.substr(0, std::min(text.size(), name + 42)).find('>', name);
        if (end != std::string_view::npos) {
          i = end;
          continue;
        }
      }
    }
    clean += text[i];
  }
  return clean;
}

std::string plain_value(std::string_view text) {
  const std::string clean = without_tags(text);
  std::string plain;
  bool blank = false;
  for (std::string_view rest = clean; !rest.empty();) {
    const detail::CodePoint c = detail::decode_utf8(rest);
    rest.remove_prefix(c.size);
    if (is_space(c.value)) {
      blank = !plain.empty();
      continue;
    }
    if (blank) plain += ' ';
    blank = false;
    plain += plain_sign(c.value, plain.empty() ? ' ' : plain.back());
  }
  return plain;
}

bool is_placeholder(std::string_view plain) {
  constexpr std::string_view around = " [](){}*_\"'`.";
  const std::size_t begin = plain.find_first_not_of(around);
  if (begin == std::string_view::npos) return true;
  const std::string text = lower(plain.substr(begin, plain.find_last_not_of(around) - begin + 1));
  constexpr std::array<std::string_view, 22> words = {"n/a",
                                                      "na",
                                                      "none",
                                                      "null",
                                                      "nil",
                                                      "tbd",
                                                      "tba",
                                                      "todo",
                                                      "unknown",
                                                      "needed",
                                                      "unspecified",
                                                      "unavailable",
                                                      "-",
                                                      "--",
                                                      "\x02",
                                                      "?",
                                                      "xxx",
                                                      "not available",
                                                      "not reported",
                                                      "not specified",
                                                      "not measured",
                                                      "not applicable"};
  return std::find(words.begin(), words.end(), text) != words.end() ||
         text.find("information needed") != std::string::npos;
}

}  // namespace co2lib::hub
