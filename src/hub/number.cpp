// SPDX-License-Identifier: MIT
// Which separator is which: `12 345,6`, `1,234.5`, `0,0334`; and what cannot be told, `1,234`.
#include "hub/number.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "detail/ascii.hpp"

namespace co2lib::hub {

namespace {

using enum CardWarning;

using co2lib::detail::is_digit;

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

/// Groups of digits and the separators between them: separators[i] stands before groups[i + 1].
struct Mantissa {
  std::vector<std::string_view> groups;
  std::string separators;
  std::size_t size = 0;
};

Mantissa split(std::string_view text) {
  Mantissa m;
  std::size_t at = 0;
  std::size_t count = digits_at(text, at);
  m.groups.push_back(text.substr(at, count));  // empty before `.5`
  at += count;
  while (at + 1 < text.size()) {
    const char c = text[at];
    count = digits_at(text, at + 1);
    const bool parts = count > 0 && (c == ',' || c == '.' || c == '\'' || c == '_' || (c == ' ' && count == 3));
    if (!parts) break;
    m.separators += c;
    m.groups.push_back(text.substr(at + 1, count));
    at += 1 + count;
  }
  if (m.separators.empty() && at < text.size() && text[at] == '.' && !m.groups[0].empty() &&
      (at + 1 >= text.size() || text[at + 1] != '.')) {
    ++at;  // `5.`
  }
  m.size = at;
  return m;
}

/// True if groups first .. last are 1 to 3 digits, then threes.
bool fit(const Mantissa& m, std::size_t last) {
  if (m.groups[0].empty() || m.groups[0].size() > 3) return false;
  for (std::size_t i = 1; i <= last; ++i) {
    if (m.groups[i].size() != 3 || m.separators[i - 1] != m.separators[0]) return false;
  }
  return true;
}

std::string joined(const Mantissa& m, std::size_t last) {
  std::string digits;
  for (std::size_t i = 0; i <= last; ++i) digits += m.groups[i];
  return digits;
}

struct Exponent {
  long value = 0;
  std::size_t size = 0;
};

/// `e-5`, `x 10^3`, `* 10**3`.
Exponent exponent_at(std::string_view text) {
  std::size_t at = 0;
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    at = 1;
  } else {
    const auto skip = [&] {
      if (at < text.size() && text[at] == ' ') ++at;
    };
    skip();
    if (at >= text.size() || (text[at] != 'x' && text[at] != 'X' && text[at] != '*')) return {};
    ++at;
    skip();
    if (text.substr(at, 2) != "10") return {};
    at += 2;
    if (text.substr(at, 1) == "^") {
      ++at;
    } else if (text.substr(at, 2) == "**") {
      at += 2;
    } else {
      return {};
    }
  }
  bool minus = false;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) minus = text[at++] == '-';
  const std::size_t count = digits_at(text, at);
  if (count == 0) return {};
  long value = 999999;
  std::from_chars(text.data() + at, text.data() + at + count, value);
  return {minus ? -value : value, at + count};
}

}  // namespace

double decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // The size tells which side of the doubles it is on: digits before the dot, or the zeros after it.
  const std::size_t e = text.find_first_of("eE");
  long exponent = 0;
  if (e != std::string_view::npos) {
    const std::size_t from = text.substr(e + 1, 1) == "+" ? e + 2 : e + 1;
    if (std::from_chars(text.data() + from, text.data() + text.size(), exponent).ec != std::errc()) {
      exponent = text.substr(e + 1, 1) == "-" ? -999999 : 999999;
    }
  }
  const std::string_view digits = text.substr(0, e);
  const std::size_t dot = std::min(digits.find('.'), digits.size());
  const std::size_t first = digits.find_first_of("123456789");
  if (first == std::string_view::npos) return 0;
  const long place = first < dot ? static_cast<long>(dot - first) : -static_cast<long>(first - dot);
  return place + exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
}

std::optional<WrittenNumber> read_number(std::string_view plain) {
  std::size_t at = 0;
  const bool minus = plain.starts_with('-');
  if (minus || plain.starts_with('+')) ++at;
  if (at < plain.size() && plain[at] == ' ') ++at;  // `- 5`
  const bool begins = at < plain.size() &&
                      (is_digit(plain[at]) || (plain[at] == '.' && at + 1 < plain.size() && is_digit(plain[at + 1])));
  if (!begins) return std::nullopt;
  const Mantissa m = split(plain.substr(at));
  const Exponent e = exponent_at(plain.substr(at + m.size));
  WrittenNumber number;
  number.size = at + m.size + e.size;

  std::string whole;
  std::string fraction;
  const std::size_t last = m.groups.size() - 1;
  const auto value_of = [&](const std::string& before, std::string_view after) {
    std::string text = minus ? "-" : "";
    text.append(before.empty() ? "0" : before).append(".").append(after.empty() ? "0" : after);
    if (e.size > 0) text.append("e").append(std::to_string(e.value));
    const double value = decimal(text);
    return minus && value > 0 ? -value : value;  // beyond the doubles
  };
  const auto decimals = [&](std::size_t from) {  // the last separator is decimal
    whole = joined(m, from);
    fraction = std::string(m.groups[last]);
    if (m.separators.back() == ',') number.warnings.add(decimal_comma);
  };
  if (last == 0) {
    whole = std::string(m.groups[0]);
  } else {
    const bool quotes = m.separators.find_first_of(" '_") != std::string::npos;
    const bool commas = m.separators.find(',') != std::string::npos;
    const bool dots = m.separators.find('.') != std::string::npos;
    const char end = m.separators.back();
    const bool mixed = quotes || (commas && dots);
    if (mixed && (end == ',' || end == '.') && last > 1) {
      number.bad = !fit(m, last - 1) || m.separators[0] == end;
      number.warnings.add(thousands_separator);
      decimals(last - 1);
    } else if (!mixed && last == 1 && end == '.') {
      decimals(0);
    } else if (!mixed && last == 1) {
      const std::string_view first = m.groups[0];
      if (m.groups[1].size() == 3 && first.size() <= 3 && !first.empty() && first[0] != '0') {
        number.ambiguous = true;
        number.warnings.add(decimal_separator_ambiguous);
        number.low = value_of(std::string(first), m.groups[1]);
        number.high = value_of(joined(m, 1), "");
      } else {
        decimals(0);
      }
    } else {
      number.bad = !fit(m, last);
      number.warnings.add(thousands_separator);
      whole = joined(m, last);
    }
  }
  if (number.bad) {
    number.warnings = {bad_number};
    return number;
  }
  number.last_digit = std::pow(10.0, static_cast<double>(e.value) - static_cast<double>(fraction.size()));
  if (!number.ambiguous) number.value = value_of(whole, fraction);
  return number;
}

}  // namespace co2lib::hub
