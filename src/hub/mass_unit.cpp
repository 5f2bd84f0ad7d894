// SPDX-License-Identifier: MIT
#include "hub/mass_unit.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "detail/ascii.hpp"
#include "hub/plain.hpp"

namespace co2lib::hub {

namespace {

using enum CardWarning;
using Kind = WrittenUnit::Kind;

struct MassUnit {
  std::string_view name;
  double grams;
};

/// In lower case; International avoirdupois pound of 1959: 453.59237 g, exact.
constexpr std::array<MassUnit, 48> mass_units = {{
    {"ug", 1e-6},
    {"microgram", 1e-6},
    {"micrograms", 1e-6},
    {"mg", 1e-3},
    {"milligram", 1e-3},
    {"milligrams", 1e-3},
    {"milligramme", 1e-3},
    {"milligrammes", 1e-3},
    {"g", 1},
    {"gr", 1},
    {"gram", 1},
    {"grams", 1},
    {"gramme", 1},
    {"grammes", 1},
    {"kg", 1e3},
    {"kgs", 1e3},
    {"kilo", 1e3},
    {"kilos", 1e3},
    {"kilogram", 1e3},
    {"kilograms", 1e3},
    {"kilogramme", 1e3},
    {"kilogrammes", 1e3},
    {"t", 1e6},
    {"tonne", 1e6},
    {"tonnes", 1e6},
    {"metric ton", 1e6},
    {"metric tons", 1e6},
    {"metric tonne", 1e6},
    {"metric tonnes", 1e6},
    {"ton", 1e6},
    {"tons", 1e6},
    {"short ton", 907184.74},
    {"short tons", 907184.74},
    {"long ton", 1016046.9088},
    {"long tons", 1016046.9088},
    {"lb", 453.59237},
    {"lbs", 453.59237},
    {"pound", 453.59237},
    {"pounds", 453.59237},
    {"oz", 28.349523125},
    {"ounce", 28.349523125},
    {"ounces", 28.349523125},
    {"microgramme", 1e-6},
    {"microgrammes", 1e-6},
    {"metric-ton", 1e6},
    {"metric-tons", 1e6},
    {"metric-tonne", 1e6},
    {"metric-tonnes", 1e6},
}};

using co2lib::detail::is_digit;
using co2lib::detail::is_letter;

/// Words for CO2, the longest of each beginning first; `carbon dioxide` apart, for it has a blank.
constexpr std::array<std::string_view, 19> co2_words = {"carbon dioxide",
                                                        "co2equivalents",
                                                        "co2equivalent",
                                                        "co2equiv",
                                                        "co2eq",
                                                        "co2e",
                                                        "co2",
                                                        "co_2equivalents",
                                                        "co_2equivalent",
                                                        "co_2equiv",
                                                        "co_2eq",
                                                        "co_2e",
                                                        "co_2",
                                                        "equivalents",
                                                        "equivalent",
                                                        "equiv",
                                                        "eq",
                                                        "of",
                                                        "e"};

bool ends_word(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == ' ' || text[at] == '-' || text[at] == '.';
}

/// The characters of the words for CO2 that a text in lower case begins with, with what parts them.
std::size_t co2_size(std::string_view text) {
  std::size_t at = 0;
  bool after_co2 = false;
  for (;;) {
    std::size_t next = at;
    while (next < text.size() && (text[next] == ' ' || text[next] == '-' || text[next] == '.')) ++next;
    if (next == text.size()) return next;
    const auto word = std::find_if(co2_words.begin(), co2_words.end(), [&](std::string_view w) {
      return text.substr(next).starts_with(w) && ends_word(text, next + w.size()) && (w != "e" || after_co2);
    });
    if (word == co2_words.end()) return at;
    after_co2 = word->starts_with("co");
    at = next + word->size();
  }
}

/// True if a letter glued to a unit may stand there: the beginning of a word for CO2, or the C of carbon.
bool may_be_glued(std::string_view rest) {
  if (rest.empty() || !(is_letter(rest[0]) || is_digit(rest[0]) || rest[0] == '_')) return true;
  if (rest[0] == 'c' && (rest.size() == 1 || !is_letter(rest[1])) && !rest.substr(1).starts_with("_")) return true;
  return rest.starts_with("carbon") || co2_size(rest) > 0;
}

const MassUnit* mass_at(std::string_view text) {
  const MassUnit* best = nullptr;
  for (const MassUnit& unit : mass_units) {
    if (text.starts_with(unit.name) && may_be_glued(text.substr(unit.name.size())) &&
        (best == nullptr || unit.name.size() > best->name.size())) {
      best = &unit;
    }
  }
  return best;
}

bool begins_with_energy(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_letter(text[end])) ++end;
  std::string_view word = text.substr(0, end);
  for (const std::string_view prefix : {"kilo", "mega", "giga", "tera"}) {
    if (word.starts_with(prefix) && word.size() > prefix.size()) {
      word.remove_prefix(prefix.size());
      break;
    }
  }
  for (const std::string_view known : {"watt", "watts", "watthour", "watthours", "joule", "joules"}) {
    if (word == known) return true;
  }
  if (word.size() > 1 && std::string_view("kmgt").find(word[0]) != std::string_view::npos) word.remove_prefix(1);
  return word == "wh" || word == "j" || word == "w" || word == "whr" || word == "whrs";
}

bool is_rate(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return true;
  for (std::size_t at = text.find("per"); at != std::string_view::npos; at = text.find("per", at + 1)) {
    const bool begins = at == 0 || !is_letter(text[at - 1]);
    const bool ends = at + 3 >= text.size() || !is_letter(text[at + 3]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

bool only_co2_words(std::string_view plain) {
  const std::string text = lower(plain);
  return co2_size(text) == text.size();
}

std::string_view before_co2_words(std::string_view plain) {
  const std::string text = lower(plain);
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = at == 0 || !is_letter(text[at - 1]);
    if (!begins || !is_letter(text[at])) continue;
    const std::size_t words = co2_size(std::string_view(text).substr(at));
    if (words == text.size() - at) return trimmed(plain.substr(0, at));
    // Words that begin within these end where these do, or before.
    if (words > 1) at += words - 1;
  }
  return plain;
}

WrittenUnit read_unit(std::string_view plain) {
  plain = trimmed(plain);
  const std::string text = lower(plain);
  const auto co2_after = [&](std::size_t size) {
    return may_be_glued(std::string_view(text).substr(size)) && only_co2_words(plain.substr(size));
  };
  const auto wrong = [](CardWarning warning) { return WrittenUnit{.kind = Kind::wrong, .warnings = {warning}}; };
  if (only_co2_words(plain)) return {};
  if (plain.starts_with("Mg") && co2_after(2)) {
    return {.kind = Kind::ambiguous, .factor = 1e-3, .other = 1e6, .warnings = {unit_ambiguous}};
  }
  const MassUnit* mass = mass_at(text);
  if (mass != nullptr && only_co2_words(plain.substr(mass->name.size()))) {
    WrittenUnit unit{.kind = Kind::mass, .factor = mass->grams, .warnings = {}};
    if (mass->grams != 1) unit.warnings.add(unit_not_grams);
    if (mass->name == "ton" || mass->name == "tons") unit.warnings.add(ton_assumed_metric);
    return unit;
  }
  if (begins_with_energy(text)) return wrong(energy_not_emissions);
  if (text.starts_with("mt") && co2_after(2)) {
    return {.kind = Kind::ambiguous, .factor = 1e6, .other = 1e12, .warnings = {unit_ambiguous}};
  }
  if (mass != nullptr) {
    std::string_view rest = std::string_view(text).substr(mass->name.size());
    if (is_rate(rest)) return wrong(rate_not_total);
    rest = trimmed(rest.substr(co2_size(rest)));
    while (!rest.empty() && (rest[0] == '-' || rest[0] == '.')) rest.remove_prefix(1);
    for (const std::string_view carbon : {"carbon", "c"}) {
      if (rest.starts_with(carbon) && only_co2_words(rest.substr(carbon.size())) && ends_word(rest, carbon.size())) {
        return {.kind = Kind::ambiguous,
                .factor = mass->grams,
                .other = mass->grams * 44.0 / 12.0,
                .warnings = {carbon_or_co2}};
      }
    }
    return wrong(trailing_text);
  }
  if (is_rate(text)) return wrong(rate_not_total);
  return wrong(text.find(' ') == std::string::npos ? unknown_unit : trailing_text);
}

}  // namespace co2lib::hub
