// SPDX-License-Identifier: MIT
// The block `co2_eq_emissions` of a model card, written so that every YAML reader gets the same values.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/record.hpp>

namespace co2lib::hub {

/// A value of a key of one's own: a text, a number or a truth value.
using CardValue = std::variant<std::string, double, bool>;

/// What a model card reports. Fields without a value are left out of the block.
struct CardRecord {
  std::optional<double> emissions{};                       ///< g CO2e, operational; must be given
  std::optional<std::string> source{};                     ///< who measured: `co2lib`
  std::optional<std::string> training_type{};              ///< `pre-training` or `fine-tuning`
  std::optional<std::string> geographical_location{};      ///< a place for people: `Paris, France`
  std::optional<std::string> hardware_used{};              ///< `1 x NVIDIA H200`
  std::optional<double> energy_consumed{};                 ///< kWh
  std::optional<double> hours_used{};                      ///< h
  std::optional<bool> on_cloud{};                          ///< in a cloud; none: not known
  std::optional<std::string> cpu_model{};                  ///< its model
  std::optional<double> ram_total_size{};                  ///< GB
  std::vector<std::pair<std::string, CardValue>> extra{};  ///< further keys, written last, in this order

  bool operator==(const CardRecord&) const = default;
};

/// A written block.
struct CardBlock {
  std::string yaml;           ///< from `co2_eq_emissions:` to the line end after the last field
  std::vector<Issue> issues;  ///< `hf_client_misreads`: a widespread reader takes another number from it

  bool operator==(const CardBlock&) const = default;
};

/// The names of the fixed fields, in the order of the block.
inline constexpr std::array<std::string_view, 10> card_fields = {
    "emissions",  "source",   "training_type", "geographical_location", "hardware_used", "energy_consumed",
    "hours_used", "on_cloud", "cpu_model",     "ram_total_size"};

namespace detail {

/// The shortest decimal that reads back to the same double, with a dot, so that YAML 1.1 and 1.2 both see a number:
/// plain for 1e-4 <= |x| < 1e16 and 0, otherwise `d.d...e±dd`.
inline std::string yaml_number(double x) {
  std::array<char, 32> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(x), std::chars_format::scientific);
  const std::string_view shortest(buffer.data(),
                                  error == std::errc() ? static_cast<std::size_t>(end - buffer.data()) : 0);
  const std::size_t e = shortest.find('e');
  std::string digits(shortest.substr(0, 1));
  if (e > 2) digits += shortest.substr(2, e - 2);
  const std::string_view power = shortest.substr(e + 1);
  int exponent = 0;
  std::from_chars(power.data() + 1, power.data() + power.size(), exponent);
  if (power.front() == '-') exponent = -exponent;

  std::string text = std::signbit(x) ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    return text + digits.substr(0, 1) + '.' + (digits.size() > 1 ? digits.substr(1) : "0") + 'e' + std::string(power);
  }
  if (exponent < 0) return text + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return text + digits + std::string(whole - digits.size(), '0') + ".0";
  return text + digits.substr(0, whole) + '.' + digits.substr(whole);
}

/// A code point and the bytes it takes; invalid UTF-8 is U+FFFD of one byte.
struct CodePoint {
  std::uint32_t value;
  std::size_t size;
};

inline CodePoint decode_utf8(std::string_view text) noexcept {
  constexpr CodePoint invalid{0xFFFD, 1};
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return invalid;
  std::uint32_t value = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return invalid;
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return overlong || surrogate || value > 0x10FFFF ? invalid : CodePoint{value, size};
}

/// True for what YAML does not take as it is, or takes as a line end or a byte order mark.
constexpr bool must_be_escaped(std::uint32_t c) noexcept {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

/// A double-quoted scalar. Invalid UTF-8 becomes U+FFFD.
inline std::string yaml_string(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string quoted = "\"";
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    if (c.value == '"' || c.value == '\\') {
      quoted.append("\\").push_back(static_cast<char>(c.value));
    } else if (c.value == '\n' || c.value == '\t' || c.value == '\r') {
      quoted += c.value == '\n' ? "\\n" : c.value == '\t' ? "\\t" : "\\r";
    } else if (must_be_escaped(c.value)) {
      quoted += c.value < 0x100 ? "\\x" : "\\u";
      for (unsigned shift = c.value < 0x100 ? 4 : 12;; shift -= 4) {
        quoted += hex[(c.value >> shift) & 0xFU];
        if (shift == 0) break;
      }
    } else if (c.value == 0xFFFD) {
      quoted += "\xEF\xBF\xBD";
    } else {
      quoted += text.substr(0, c.size);
    }
    text.remove_prefix(c.size);
  }
  return quoted + '"';
}

/// Lower case, with `_` for blanks and hyphens: how readers recognise a field.
inline std::string canonical_key(std::string_view key) {
  std::string canonical(key);
  for (char& c : canonical) {
    if (c == ' ' || c == '-') c = '_';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return canonical;
}

/// A key as YAML reads it back: plain where it is a simple word that no reader takes for a truth value or null.
inline std::string yaml_key(std::string_view key) {
  constexpr std::array<std::string_view, 9> words = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto simple = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  const bool plain = !key.empty() && letter(key.front()) && std::all_of(key.begin(), key.end(), simple) &&
                     std::find(words.begin(), words.end(), canonical_key(key)) == words.end();
  return plain ? std::string(key) : yaml_string(key);
}

inline std::string yaml_value(std::string_view, const std::string& text) { return yaml_string(text); }
inline std::string yaml_value(std::string_view, bool truth) { return truth ? "true" : "false"; }
inline std::string yaml_value(std::string_view key, double number) {
  if (!std::isfinite(number)) {
    throw Error("hub.bad_value",
                std::string(key) + ": is not a finite number; leave the field out where it is unknown");
  }
  return yaml_number(number);
}

/// Refuses a key that readers would take for one of the fixed fields, or for the unit of the emissions.
inline void check_extra_key(const std::string& key, std::set<std::string_view>& known) {
  const std::string canonical = canonical_key(key);
  if (std::find(card_fields.begin(), card_fields.end(), canonical) != card_fields.end()) {
    throw Error("hub.bad_value",
                "extra key '" + key + "': readers take it for the field " + canonical + "; set that field");
  }
  if (canonical == "unit" || canonical == "units") {
    throw Error("hub.bad_value", "extra key '" + key + "': readers take it for the unit of the emissions, which is g");
  }
  if (!known.insert(key).second) throw Error("hub.bad_value", "extra key '" + key + "': is there twice");
}

}  // namespace detail

/// Writes the block `co2_eq_emissions` of a model card; emissions in g CO2e.
///
/// The order is that of `card_fields`, then `extra`; numbers are shortest decimals with a dot, texts are double-quoted.
/// Throws `hub.card_negative_emissions` if the emissions are absent, negative or not finite, and `hub.bad_value` for
/// another number that is not finite or an extra key that readers would take for something else. The issue
/// `hf_client_misreads` marks emissions below 1e-4 g or from 1e16 g on: the filter of huggingface_hub reads `1.0e-05`
/// as 1. Source: Hugging Face Hub documentation, model cards, CO2 metadata.
[[nodiscard]] inline CardBlock write_block(const CardRecord& record) {
  if (!record.emissions || !std::isfinite(*record.emissions) || *record.emissions < 0) {
    throw Error("hub.card_negative_emissions",
                record.emissions ? "emissions: " + numeric::text(*record.emissions) + " g; must be a number from 0 on"
                                 : std::string("emissions: absent; a card block needs the grams of CO2e"));
  }
  CardBlock block{.yaml = "co2_eq_emissions:\n", .issues = {}};
  const auto line = [&](std::string_view key, const auto& value) {
    block.yaml.append("  ").append(detail::yaml_key(key)).append(": ").append(detail::yaml_value(key, value)) += '\n';
  };
  const auto field = [&](std::size_t index, const auto& value) {
    if (value) line(card_fields.at(index), *value);
  };
  field(0, record.emissions);
  field(1, record.source);
  field(2, record.training_type);
  field(3, record.geographical_location);
  field(4, record.hardware_used);
  field(5, record.energy_consumed);
  field(6, record.hours_used);
  field(7, record.on_cloud);
  field(8, record.cpu_model);
  field(9, record.ram_total_size);
  std::set<std::string_view> keys;
  for (const auto& [key, given] : record.extra) {
    detail::check_extra_key(key, keys);
    std::visit([&, &name = key](const auto& value) { line(name, value); }, given);
  }
  const double grams = *record.emissions;
  if ((grams > 0 && grams < 1e-4) || grams >= 1e16) {
    block.issues.push_back({"hf_client_misreads", "emissions",
                            "emissions_thresholds of huggingface_hub reads " + detail::yaml_number(grams) +
                                " without its exponent; other readers get the right number"});
  }
  return block;
}

}  // namespace co2lib::hub
