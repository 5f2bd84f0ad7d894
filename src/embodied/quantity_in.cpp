// SPDX-License-Identifier: MIT
#include "embodied/quantity_in.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "detail/ascii.hpp"

namespace co2lib::embodied {

using co2lib::detail::DocumentEntry;
using co2lib::detail::DocumentValue;
using Kind = DocumentValue::Kind;

namespace {

/// NaN and infinities as versions of YAML write them.
bool is_no_number(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = co2lib::detail::lower(c);
  if (lower.starts_with('+') || lower.starts_with('-')) lower.erase(0, 1);
  return lower == ".nan" || lower == "nan" || lower == ".inf" || lower == "inf" || lower == "infinity";
}

double not_negative(const Spot& spot, double x) {
  if (!(x >= 0)) out_of_range(fmt::format("{}: {} is negative", spot.place(), numeric::text(x)));
  return x;
}

/// `60 mm2` in the unit.
double text_number(const Spot& spot, std::string_view unit) {
  std::string_view text = spot.value.text;
  if (is_no_number(text)) spot.bad(fmt::format("'{}' is not a finite number", text));
  if (text.starts_with('+')) text.remove_prefix(1);
  double x = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (end == text.data() || (error == std::errc() && !std::isfinite(x))) {
    spot.bad(fmt::format("'{}' is not a number; write a number in {} or a number and its unit, such as 1.5 {}",
                         text.substr(0, 60), unit, unit));
  }
  if (error != std::errc()) spot.bad(fmt::format("'{}' is too large or too small for a number", text.substr(0, 60)));
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest.empty()) {
    throw Error("embodied.bad_unit", fmt::format("{}: the text '{}' has no unit; write '{} {}', or the number without "
                                                 "quotes, which is then in {}",
                                                 spot.place(), text.substr(0, 60), text.substr(0, 40), unit, unit));
  }
  const Result<double> converted = convert(x, rest, unit);
  if (!converted) {
    const bool known = static_cast<bool>(parse_unit(rest));
    throw Error("embodied.bad_unit",
                fmt::format("{}: '{}' is {}; write a unit of {}", spot.place(), text.substr(0, 60),
                            known ? "of another quantity" : "a number with an unknown unit", unit));
  }
  if (!std::isfinite(*converted)) spot.bad(fmt::format("'{}' is too large for a number", text.substr(0, 60)));
  return *converted;
}

}  // namespace

DocumentValue bom_document(std::string_view text, const std::string& name) {
  const Result<DocumentValue> parsed = co2lib::detail::parse_document(text, name, bom_rules);
  if (!parsed) throw Error("embodied.bad_bom", parsed.issue().subject + ": " + parsed.issue().text);
  return *parsed;
}

std::string Spot::place() const {
  return path.empty() ? fmt::format("{}:{}", file, value.line) : fmt::format("{}:{}: {}", file, value.line, path);
}

Spot Spot::at(const DocumentValue& inner, std::string_view key) const {
  return {inner, file, path.empty() ? std::string(key) : fmt::format("{}.{}", path, key)};
}

void Spot::bad(const std::string& why) const { throw Error("embodied.bad_bom", place() + ": " + why); }

bool is_name(const DocumentValue& value) {
  return value.kind == Kind::scalar && !value.is_null() && !value.text.empty() &&
         co2lib::detail::is_letter(value.text[0]) && !is_no_number(value.text) && !value.boolean();
}

double number_in(const Spot& spot, std::string_view unit) {
  const DocumentValue& value = spot.value;
  if (value.kind != Kind::scalar || value.is_null() || value.boolean()) {
    spot.bad(fmt::format("expected a number in {}, or a text such as '1.5 {}', found {}", unit, unit, value.what()));
  }
  if (const auto x = value.number()) return not_negative(spot, *x);
  return not_negative(spot, text_number(spot, unit));
}

Factor factor_in(const Spot& spot, std::string_view unit, const std::string& name) {
  Factor factor{.id = name, .unit = std::string(unit)};
  if (spot.value.kind != Kind::map) {
    factor.value = number_in(spot, unit);
    return factor;
  }
  constexpr std::array known{"value", "low", "high", "dist", "gsd", "share"};
  std::optional<Distribution> dist;
  for (const auto& [key, inner] : spot.value.entries) {
    const Spot here = spot.at(inner, key.text);
    if (key.text == "value") {
      factor.value = number_in(here, unit);
    } else if (key.text == "low") {
      factor.low = number_in(here, unit);
    } else if (key.text == "high") {
      factor.high = number_in(here, unit);
    } else if (key.text == "gsd") {
      factor.gsd = number_in(here, "1");
    } else if (key.text == "dist") {
      dist = parse<Distribution>(text_in(here), here.place(), "embodied.bad_factor");
    } else if (key.text == "share") {
      factor.id = text_in(here);
      if (factor.id.empty()) here.bad("the name of a variable is not empty");
    } else {
      here.bad(fmt::format("the key is not known; known: {}", fmt::join(known, ", ")));
    }
  }
  if (spot.value.find("value") == nullptr) spot.bad("the value is missing; write {value: ..., low: ..., high: ...}");
  factor.dist = dist.value_or(factor.low && factor.high ? Distribution::triangular : Distribution::point);
  if (factor.dist != Distribution::lognormal && spot.value.find("gsd") != nullptr) {
    throw Error("embodied.bad_factor", spot.place() + ": gsd belongs to dist: lognormal");
  }
  check_factor(factor, spot.place());
  return factor;
}

std::int64_t integer_in(const Spot& spot, std::int64_t least) {
  const auto x = spot.value.integer();
  if (!x) spot.bad(fmt::format("expected a whole number, found {}", spot.value.what()));
  if (*x < least || *x > 1'000'000'000) {
    out_of_range(fmt::format("{}: {} must lie between {} and 10^9", spot.place(), *x, least));
  }
  return *x;
}

std::string text_in(const Spot& spot) {
  if (spot.value.kind != Kind::scalar || spot.value.is_null()) {
    spot.bad(fmt::format("expected a text, found {}", spot.value.what()));
  }
  return spot.value.text;
}

bool flag_in(const Spot& spot) {
  const auto x = spot.value.boolean();
  if (!x) spot.bad(fmt::format("expected true or false, found {}", spot.value.what()));
  return *x;
}

}  // namespace co2lib::embodied
