// SPDX-License-Identifier: MIT
// How a value is read, in the order of docs/hub.md, "How a value is read". Each step either ends it or passes a shorter
// text on; warnings found on the way stay.
#include "hub/mass.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>

#include "detail/ascii.hpp"
#include "hub/mass_unit.hpp"
#include "hub/number.hpp"
#include "hub/plain.hpp"

namespace co2lib::hub {

namespace {

using enum CardWarning;
using enum CardStatus;
using Kind = WrittenUnit::Kind;

using co2lib::detail::is_digit;
using co2lib::detail::is_letter;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

Reading refused(CardWarnings warnings, CardWarning why) {
  warnings.add(why);
  return {.status = CardStatus::invalid, .warnings = warnings};
}

/// What holds for every number once its unit is known.
Reading finished(Reading reading) {
  const double grams = *reading.grams;
  const auto refuse = [&](CardWarning why) { return refused(reading.warnings, why); };
  if (std::isnan(grams)) return refuse(not_finite);
  if (std::isinf(grams)) return refuse(out_of_range);
  if (grams < 0) return refuse(negative);
  if (grams == 0) reading.warnings.add(zero_emissions);
  if (grams == 1) reading.warnings.add(placeholder_value);
  reading.status = ok;
  return reading;
}

Reading ambiguous_between(CardWarnings warnings, double low, double high) {
  if (low < 0 || high < 0) return refused(warnings, negative);
  if (!std::isfinite(low) || !std::isfinite(high)) return refused(warnings, out_of_range);
  return {.status = ambiguous, .low = std::min(low, high), .high = std::max(low, high), .warnings = warnings};
}

/// Steps 8 and 9: a number and all that follows it.
Reading number_and_unit(std::string_view text, const DefaultUnit& standard, CardWarnings warnings) {
  const auto number = read_number(text);
  if (!number) return refused(warnings, not_a_number);
  warnings.add(number->warnings);
  if (number->bad) return {.status = CardStatus::invalid, .warnings = warnings};
  const WrittenUnit unit = read_unit(text.substr(number->size));
  warnings.add(unit.warnings);
  if (unit.kind == Kind::wrong) return {.status = CardStatus::invalid, .warnings = warnings};
  const double least = number->ambiguous ? number->low : *number->value;
  const double most = number->ambiguous ? number->high : *number->value;
  if (unit.kind == Kind::ambiguous) {
    return ambiguous_between(warnings, least * unit.factor, most * unit.other);
  }
  if (unit.kind == Kind::none) {
    warnings.add(standard.warnings);
    if (!standard.known) {
      warnings.add(unit_ambiguous);
      return {.status = ambiguous, .warnings = warnings};
    }
  }
  const double factor = unit.kind == Kind::mass ? unit.factor : standard.factor;
  const UnitSource source = unit.kind == Kind::mass ? UnitSource::written : standard.source;
  if (number->ambiguous) return ambiguous_between(warnings, least * factor, most * factor);
  return finished({.grams = *number->value * factor,
                   .unit_source = source,
                   .half_digit = 0.5 * number->last_digit * factor,
                   .warnings = warnings});
}

/// Where a second number begins behind a separator that follows `from`; npos if there is none.
struct Separator {
  std::size_t begin = std::string_view::npos;
  std::size_t end = std::string_view::npos;
};

Separator find_separator(std::string_view text, std::size_t from, std::initializer_list<std::string_view> kinds) {
  for (std::size_t at = from; at < text.size(); ++at) {
    for (const std::string_view kind : kinds) {
      if (!text.substr(at).starts_with(kind)) continue;
      std::size_t end = at + kind.size();
      if (kind == "to" && at > from && is_letter(text[at - 1])) continue;
      if (end < text.size() && text[end] == ' ') ++end;
      if (read_number(text.substr(end)) && text[end] != '-' && text[end] != '+') return {at, end};
    }
  }
  return {};
}

/// Steps 6 and 7: two numbers, each with a unit or with that of the other. `joint` is what the pair is.
Reading pair(std::string_view first, std::string_view second, const DefaultUnit& standard, CardWarnings warnings,
             CardWarning joint) {
  const auto has_unit = [](std::string_view part) {
    const auto number = read_number(part);
    return number && read_unit(part.substr(number->size)).kind != Kind::none;
  };
  const auto with_unit_of = [](std::string_view part, std::string_view other) {
    const auto number = read_number(other);
    return std::string(part) + ' ' + std::string(other.substr(number->size));
  };
  if (!read_number(first) || !read_number(second)) return refused(warnings, trailing_text);
  std::string left(trimmed(first));
  std::string right(trimmed(second));
  if (!has_unit(left) && has_unit(right)) {
    left = with_unit_of(left, right);
  } else if (has_unit(left) && !has_unit(right)) {
    right = with_unit_of(right, left);
  }
  Reading a = number_and_unit(left, standard, {});
  Reading b = number_and_unit(right, standard, {});
  for (const Reading* part : {&a, &b}) {
    if (part->status != CardStatus::invalid) continue;
    for (const CardWarning why : {negative, out_of_range}) {
      if (part->warnings.has(why)) return refused(warnings, why);
    }
  }
  if (a.status != ok || b.status != ok) return refused(warnings, trailing_text);
  if (joint == uncertainty) {
    a.low = *a.grams - *b.grams;
    a.high = *a.grams + *b.grams;
  } else {
    a.warnings.remove(placeholder_value);
    a.warnings.remove(zero_emissions);
  }
  b.warnings.remove(placeholder_value);
  b.warnings.remove(zero_emissions);
  warnings.add(a.warnings);
  warnings.add(b.warnings);
  warnings.add(joint);
  a.warnings = warnings;
  if (joint == uncertainty) return a;
  return ambiguous_between(warnings, *a.grams, *b.grams);
}

/// The size of the prefix, with the blank behind it; 0 if the text does not begin with one. Words end before a blank.
std::size_t prefix_size(std::string_view text, std::initializer_list<std::string_view> prefixes, bool dot) {
  const std::string small = lower(text);
  std::size_t found = 0;
  for (const std::string_view prefix : prefixes) {
    if (!small.starts_with(prefix)) continue;
    std::size_t end = prefix.size();
    if (dot && is_letter(prefix.back()) && end < small.size() && small[end] == '.') ++end;
    if (is_letter(prefix.back()) && end < small.size() && small[end] != ' ' && !is_digit(small[end])) continue;
    while (end < small.size() && small[end] == ' ') ++end;
    found = std::max(found, end);
  }
  return found;
}

/// Step 4: what a parenthesis at the end says.
std::string without_note(std::string_view text, CardWarnings& warnings) {
  if (!text.ends_with(')')) return std::string(text);
  int depth = 0;
  std::size_t open = text.size();
  while (open > 0) {
    --open;
    if (text[open] == ')') ++depth;
    if (text[open] == '(' && --depth == 0) break;
  }
  if (depth != 0) return std::string(text);
  const std::string_view before = trimmed(text.substr(0, open));
  std::string_view content = trimmed(text.substr(open + 1, text.size() - open - 2));
  const std::string small = lower(content);
  if (small.starts_with('/') || small == "per" || small.starts_with("per ")) {
    return std::string(before) + ' ' + std::string(content);
  }
  if (small.starts_with("in ")) content = trimmed(content.substr(3));
  const WrittenUnit unit = read_unit(content);
  const bool is_unit = unit.kind == Kind::mass || unit.kind == Kind::ambiguous ||
                       unit.warnings.has(energy_not_emissions) || unit.warnings.has(rate_not_total);
  const std::string_view core = before_co2_words(before);
  const bool bare = !core.empty() && (is_digit(core.back()) || core.back() == '.');
  if (is_unit && bare) return std::string(core) + ' ' + std::string(content);
  warnings.add(trailing_note);
  return std::string(before);
}

bool is_date(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-dd";
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != '-') return false;
  }
  return text.size() == shape.size() || !is_digit(text[shape.size()]);
}

bool is_not_finite(std::string_view text) {
  std::string word = lower(text);
  if (word.starts_with('-') || word.starts_with('+')) word.erase(0, 1);
  return is_one_of(word, {".nan", ".inf", "nan", "inf", "infinity"});
}

/// Steps 3 to 9.
Reading readable(std::string_view given, const DefaultUnit& standard, CardWarnings warnings) {
  std::string_view text = given;
  const std::size_t about = prefix_size(
      text, {"~", "about", "approximately", "approx", "around", "circa", "ca", "roughly", "est", "estimated"}, true);
  if (about > 0 && read_number(text.substr(about))) {
    warnings.add(approximate);
    text.remove_prefix(about);
  }
  const std::string bare = without_note(text, warnings);
  text = bare;
  if (is_not_finite(text)) return refused(warnings, not_finite);
  const auto number = read_number(text);
  if (!number || is_date(text)) return refused(warnings, not_a_number);
  const std::string_view plus_minus(&sign::plus_minus, 1);
  for (const std::string_view kind : {plus_minus, std::string_view("+/-"), std::string_view("+-")}) {
    const std::size_t at = text.find(kind, number->size);
    if (at != std::string_view::npos) {
      return pair(trimmed(text.substr(0, at)), trimmed(text.substr(at + kind.size())), standard, warnings, uncertainty);
    }
  }
  const std::string_view en(&sign::en_dash, 1);
  const std::string_view em(&sign::em_dash, 1);
  const Separator between = find_separator(text, number->size, {"...", "..", "-", en, em, "to"});
  // A second number behind a word is a text of its own, unless that word is a unit: `5 g for 2-3 runs`.
  if (between.begin != std::string_view::npos) {
    const WrittenUnit unit = read_unit(text.substr(number->size, between.begin - number->size));
    if (unit.kind != Kind::wrong) {
      return pair(text.substr(0, between.begin), text.substr(between.end), standard, warnings, range);
    }
  }
  return number_and_unit(text, standard, warnings);
}

}  // namespace

Reading read_text(std::string_view given, const DefaultUnit& standard) {
  const std::string plain = plain_value(given);
  CardWarnings warnings{emissions_is_string};
  if (plain.find(foreign_digit) != std::string::npos) return refused(warnings, not_a_number);
  if (is_placeholder(plain)) return {.status = missing, .warnings = {placeholder_text}};
  std::string_view text = plain;
  while (!text.empty() && std::string_view(".,; ").find(text.back()) != std::string_view::npos) text.remove_suffix(1);

  const std::string_view le(&sign::at_most, 1);
  const std::string_view ge(&sign::at_least, 1);
  const std::size_t upper = prefix_size(text, {"<=", "<", le, "less than", "under", "up to", "at most"}, false);
  const std::size_t least = prefix_size(text, {">=", ">", ge, "more than", "over", "at least"}, false);
  if (upper == 0 && least == 0) return readable(text, standard, warnings);
  Reading mass = readable(text.substr(std::max(upper, least)), standard, {});
  if (mass.status != ok || mass.low) {
    for (const CardWarning why : {negative, out_of_range}) {
      if (mass.warnings.has(why)) return refused(warnings, why);
    }
    return refused(warnings, not_a_number);
  }
  mass.warnings.remove(placeholder_value);
  warnings.add(mass.warnings);
  warnings.add(bound_not_value);
  Reading bound{.status = ambiguous, .warnings = warnings};
  (upper > 0 ? bound.high : bound.low) = mass.grams;
  return bound;
}

std::optional<double> plain_number(std::string_view text) {
  // YAML 1.1: integers [-+]?(0|[1-9][0-9_]*), floats [-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)? and
  // \.[0-9][0-9_]*([eE][-+][0-9]+)?
  std::size_t at = 0;
  const auto digits = [&](bool underscores) {
    const std::size_t from = at;
    while (at < text.size() && (is_digit(text[at]) || (underscores && text[at] == '_'))) ++at;
    return at - from;
  };
  const bool sign_first = text.starts_with('-') || text.starts_with('+');
  if (sign_first) ++at;
  const std::size_t begin = at;
  const bool digit_first = at < text.size() && is_digit(text[at]);
  if (digit_first) digits(true);
  if (at == text.size()) {
    if (!digit_first || (text[begin] == '0' && at > begin + 1)) return std::nullopt;
  } else {
    if (text[at] != '.' || (!digit_first && sign_first)) return std::nullopt;
    ++at;
    const std::size_t fraction = at;
    digits(true);
    if (!digit_first && (at == fraction || text[fraction] == '_')) return std::nullopt;
    if (at < text.size()) {
      if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
      ++at;
      if (at >= text.size() || (text[at] != '-' && text[at] != '+')) return std::nullopt;
      ++at;
      if (digits(false) == 0 || at < text.size()) return std::nullopt;
    }
  }
  std::string bare;
  for (const char c : text.substr(text.starts_with('+') ? 1 : 0)) {
    if (c != '_') bare += c;
  }
  const bool minus = bare.starts_with('-');
  const double value = decimal(minus ? std::string_view(bare).substr(1) : std::string_view(bare));
  return minus ? -value : value;
}

namespace {

/// Rules 4 to 6 of plain scalars; a reading if one of them applies.
std::optional<Reading> odd_number(std::string_view text, const DefaultUnit& standard) {
  std::string_view bare = text;
  if (bare.starts_with('-') || bare.starts_with('+')) bare.remove_prefix(1);
  const bool only_digits = bare.size() > 1 && bare.find_first_not_of("0123456789_") == std::string_view::npos;
  if (only_digits && bare[0] == '0') {
    if (text.starts_with('-')) return refused({}, negative);
    double octal = 0;
    bool is_octal = true;
    std::string digits;
    for (const char c : bare) {
      if (c == '_') continue;
      digits += c;
      is_octal = is_octal && c < '8';
      octal = octal * 8 + (c - '0');
    }
    const double whole = decimal(digits);
    CardWarnings warnings{yaml11_octal};
    warnings.add(standard.warnings);
    if (!standard.known) return Reading{.status = ambiguous, .warnings = warnings};
    return ambiguous_between(warnings, (is_octal ? octal : whole) * standard.factor, whole * standard.factor);
  }
  if (bare.size() > 2 && bare[0] == '0' &&
      std::string_view("xob").find(lower(bare.substr(1, 1))[0]) != std::string_view::npos) {
    return refused({}, not_a_number);
  }
  if (bare.size() > 2 && is_digit(bare[0]) && bare.find(':') != std::string_view::npos &&
      bare.find_first_not_of("0123456789:_.") == std::string_view::npos) {
    return refused({}, yaml11_sexagesimal);
  }
  return std::nullopt;
}

}  // namespace

Reading read_scalar(std::string_view text, bool json, const DefaultUnit& standard) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return {};
  if (is_one_of(lower(text), {"y", "yes", "n", "no", "on", "off", "true", "false"})) return refused({}, not_a_number);
  if (is_not_finite(text)) return refused({}, not_finite);
  std::optional<double> number;
  if (json) {
    const bool minus = text.starts_with('-');
    number = decimal(minus ? text.substr(1) : text);
    if (minus) number = -*number;
  } else {
    if (auto odd = odd_number(text, standard)) return *std::move(odd);
    number = plain_number(text);
  }
  if (!number) return read_text(text, standard);
  CardWarnings warnings = standard.warnings;
  if (!standard.known) {
    warnings.add(unit_ambiguous);
    return {.status = ambiguous, .warnings = warnings};
  }
  return finished({.grams = *number * standard.factor, .unit_source = standard.source, .warnings = warnings});
}

DefaultUnit declared_unit(std::string_view text, UnitSource source) {
  std::string plain = plain_value(text);
  if (lower(plain).starts_with("in ")) plain.erase(0, 3);
  while (plain.ends_with('.')) plain.pop_back();
  const WrittenUnit unit = read_unit(plain);
  if (unit.kind != Kind::mass) return {.source = source, .known = false, .warnings = {}};
  return {.factor = unit.factor, .source = source, .known = true, .warnings = unit.warnings};
}

}  // namespace co2lib::hub
