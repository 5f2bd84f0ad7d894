// SPDX-License-Identifier: MIT
#include "hub/metadata.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "hub/front_matter.hpp"
#include "hub/mass.hpp"
#include "hub/plain.hpp"

namespace co2lib::hub {

namespace {

using co2lib::detail::DocumentEntry;
using co2lib::detail::DocumentRules;
using co2lib::detail::DocumentValue;
using enum CardWarning;

constexpr std::size_t metadata_limit = std::size_t{16} << 20;

/// A value of the block and whether it comes from JSON.
struct Block {
  Card& card;
  bool json;
};

/// `co2eqemission` for `CO2-eq_emissions`.
std::string squeezed(std::string_view key) {
  std::string bare;
  for (const char c : lower(key)) {
    if (c != '-' && c != '_' && c != ' ') bare += c;
  }
  if (bare.ends_with('s')) bare.pop_back();
  return bare;
}

/// Text of any value, for keys of one's own.
std::string flow_text(const DocumentValue& value) {
  if (value.kind == DocumentValue::Kind::scalar) return valid_utf8(value.text);
  const bool list = value.kind == DocumentValue::Kind::list;
  std::string text = list ? "[" : "{";
  for (const DocumentValue& item : value.items) text.append(text.size() > 1 ? ", " : "").append(flow_text(item));
  for (const DocumentEntry& entry : value.entries) {
    text.append(text.size() > 1 ? ", " : "").append(entry.key.text).append(": ").append(flow_text(entry.value));
  }
  return text + (list ? "]" : "}");
}

void note_tag(Card& card, const DocumentValue& value) {
  if (!value.tag.empty()) card.warnings.add(yaml_tag);
}

bool is_map(const DocumentValue& v) { return v.kind == DocumentValue::Kind::map; }
bool is_list(const DocumentValue& v) { return v.kind == DocumentValue::Kind::list; }
bool is_scalar(const DocumentValue& v) { return v.kind == DocumentValue::Kind::scalar; }

Reading read_one(const Block& block, const DocumentValue& value, const DefaultUnit& unit) {
  note_tag(block.card, value);
  return value.plain ? read_scalar(value.text, block.json, unit) : read_text(value.text, unit);
}

Reading with(Reading reading, CardWarning warning) {
  reading.warnings.add(warning);
  return reading;
}

/// Several readings of what should be one: bounds are the least and greatest of those that have a value.
Reading between(const std::vector<Reading>& readings, CardWarning why) {
  Reading joint{.status = CardStatus::ambiguous, .warnings = {why}};
  for (const Reading& r : readings) {
    joint.warnings.add(r.warnings);
    if (!r.grams) continue;
    joint.low = joint.low ? std::min(*joint.low, *r.grams) : *r.grams;
    joint.high = joint.high ? std::max(*joint.high, *r.grams) : *r.grams;
  }
  return joint;
}

/// A list of scalars; `no_emissions_key` if it is empty.
Reading read_list(const Block& block, const DocumentValue& list, const DefaultUnit& unit) {
  if (list.items.empty()) return {.status = CardStatus::missing, .warnings = {no_emissions_key}};
  if (!std::all_of(list.items.begin(), list.items.end(), is_scalar)) {
    return {.status = CardStatus::invalid, .warnings = {not_a_number}};
  }
  if (list.items.size() == 1) return with(read_one(block, list.items[0], unit), list_of_one);
  std::vector<Reading> readings;
  for (const DocumentValue& item : list.items) readings.push_back(read_one(block, item, unit));
  return between(readings, list_of_values);
}

/// The value of a key `emissions`.
Reading read_emissions(const Block& block, const DocumentValue& value, const DefaultUnit& unit) {
  note_tag(block.card, value);
  if (is_list(value)) return read_list(block, value, unit);
  if (is_scalar(value)) {
    if (!block.card.raw) block.card.raw = valid_utf8(value.text);
    return read_one(block, value, unit);
  }
  if (value.entries.empty()) return {.status = CardStatus::missing, .warnings = {no_emissions_key}};
  return {.status = CardStatus::ambiguous, .warnings = {nested_map}};
}

/// The same key more than once: one value if all agree.
Reading of_repeated(const std::vector<Reading>& readings) {
  const bool agree = std::all_of(readings.begin(), readings.end(), [&](const Reading& r) {
    return r.status == CardStatus::ok && r.grams == readings.front().grams;
  });
  if (!agree) return between(readings, duplicate_key);
  Reading one = readings.front();
  for (const Reading& r : readings) one.warnings.add(r.warnings);
  return with(one, duplicate_key);
}

// ---------------------------------------------------------------------------------------------------------------------
// Fields beside the emissions
// ---------------------------------------------------------------------------------------------------------------------

std::optional<bool> truth(const DocumentValue& value) {
  const std::string word = lower(value.text);
  for (const char* yes : {"true", "yes", "y", "on"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"false", "no", "n", "off"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

void set_text(std::optional<std::string>& field, const DocumentValue& value) {
  if (field || value.is_null()) return;
  std::string text;
  if (is_list(value) && std::all_of(value.items.begin(), value.items.end(), is_scalar)) {
    for (const DocumentValue& item : value.items) text.append(text.empty() ? "" : ", ").append(item.text);
  } else {
    text = flow_text(value);
  }
  if (is_placeholder(plain_value(text))) return;
  field = valid_utf8(text);
}

void set_number(const Block& block, std::optional<double>& field, const DocumentValue& value) {
  if (field || value.is_null()) return;
  std::optional<double> number;
  if (is_scalar(value) && value.plain) {
    number = value.number();
    if (!number && !block.json) number = plain_number(value.text);
  }
  if (number) {
    field = number;
  } else if (!is_scalar(value) || !is_placeholder(plain_value(value.text))) {
    block.card.warnings.add(field_not_numeric);
  }
}

/// Sets the fixed field of this name; false if there is none.
bool set_field(const Block& block, std::string_view name, const DocumentValue& value) {
  Card& card = block.card;
  if (name == "source") {
    set_text(card.source, value);
  } else if (name == "training_type") {
    set_text(card.training_type, value);
  } else if (name == "geographical_location") {
    set_text(card.geographical_location, value);
  } else if (name == "hardware_used") {
    set_text(card.hardware_used, value);
  } else if (name == "cpu_model") {
    set_text(card.cpu_model, value);
  } else if (name == "energy_consumed") {
    set_number(block, card.energy_kwh, value);
  } else if (name == "hours_used") {
    set_number(block, card.hours_used, value);
  } else if (name == "ram_total_size") {
    set_number(block, card.ram_gb, value);
  } else if (name == "on_cloud") {
    if (!card.on_cloud && is_scalar(value)) card.on_cloud = truth(value);
  } else {
    return false;
  }
  return true;
}

DefaultUnit unit_of(const DocumentValue& value) {
  if (!is_scalar(value)) return {.source = UnitSource::declared, .known = false, .warnings = {}};
  return declared_unit(value.text, UnitSource::declared);
}

/// A map with emissions and what is known of them.
Reading read_map(const Block& block, const DocumentValue& map) {
  Card& card = block.card;
  DefaultUnit unit;
  std::vector<const DocumentValue*> emissions;
  bool cut_number = false;
  for (const DocumentEntry& entry : map.entries) {
    const std::string& key = entry.key.text;
    const std::string canonical = detail::canonical_key(key);
    note_tag(card, entry.key);
    note_tag(card, entry.value);
    const bool known = canonical == "emissions" || set_field(block, canonical, entry.value);
    if (canonical == "emissions") emissions.push_back(&entry.value);
    if (known && key != canonical) {
      std::string underscored = key;
      std::replace(underscored.begin(), underscored.end(), ' ', '_');
      if (underscored != key) card.warnings.add(key_with_space);
      if (underscored != canonical) card.warnings.add(key_not_canonical);
    }
    if (known) continue;
    if (const std::string small = lower(key); small == "unit" || small == "units") {
      card.warnings.add(unit_key);
      unit = unit_of(entry.value);
      continue;
    }
    const bool flow = map.flow || block.json;
    cut_number = cut_number || (flow && !key.empty() && key[0] >= '0' && key[0] <= '9' && entry.value.is_null());
    card.extra.emplace_back(valid_utf8(key), flow_text(entry.value));
  }
  if (emissions.empty()) return {.status = CardStatus::missing, .warnings = {no_emissions_key}};
  if (cut_number) return {.status = CardStatus::ambiguous, .warnings = {decimal_separator_ambiguous}};
  std::vector<Reading> readings;
  for (const DocumentValue* value : emissions) readings.push_back(read_emissions(block, *value, unit));
  return readings.size() == 1 ? readings[0] : of_repeated(readings);
}

/// The value of the key `co2_eq_emissions`.
Reading read_block(const Block& block, const DocumentValue& value) {
  note_tag(block.card, value);
  if (is_scalar(value)) return read_emissions(block, value, {});
  if (is_map(value)) {
    if (value.entries.empty()) return {.status = CardStatus::missing, .warnings = {no_emissions_key}};
    return read_map(block, value);
  }
  const auto maps = std::count_if(value.items.begin(), value.items.end(), is_map);
  if (maps == 0 || maps != static_cast<std::ptrdiff_t>(value.items.size())) return read_list(block, value, {});
  const bool single = std::all_of(value.items.begin(), value.items.end(),
                                  [](const DocumentValue& item) { return item.entries.size() == 1; });
  if (single) {
    DocumentValue merged;
    merged.kind = DocumentValue::Kind::map;
    for (const DocumentValue& item : value.items) merged.entries.push_back(item.entries[0]);
    return with(read_map(block, merged), list_of_single_key_maps);
  }
  const bool has_emissions = std::any_of(value.items.begin(), value.items.end(), [](const DocumentValue& item) {
    return std::any_of(item.entries.begin(), item.entries.end(),
                       [](const DocumentEntry& entry) { return detail::canonical_key(entry.key.text) == "emissions"; });
  });
  if (has_emissions) return {.status = CardStatus::invalid, .warnings = {not_a_number}};
  return {.status = CardStatus::missing, .warnings = {no_emissions_key}};
}

}  // namespace

Result<DocumentValue> parse_metadata(std::string_view text, bool may_be_json, bool& json) {
  std::string clean = valid_utf8(text);
  if (clean.find('\r') != std::string::npos) {
    std::string lines;
    lines.reserve(clean.size());
    for (std::size_t i = 0; i < clean.size(); ++i) {
      if (clean[i] != '\r') {
        lines += clean[i];
      } else if (i + 1 >= clean.size() || clean[i + 1] != '\n') {
        lines += '\n';
      }
    }
    clean = std::move(lines);
  }
  // Aliases may not make more of a text than it is.
  const DocumentRules rules{.bytes = std::min(metadata_limit, std::max<std::size_t>(clean.size(), 4096)),
                            .depth = 100,
                            .values = clean.size() + 1000,
                            .repeated_keys = true,
                            .tags = true};
  json = false;
  const std::size_t first = clean.find_first_not_of(" \t\n");
  if (may_be_json && first != std::string::npos && clean[first] == '{') {
    Result<DocumentValue> tree = co2lib::detail::parse_json(clean, "", rules);
    json = static_cast<bool>(tree);
    if (json) return tree;
  }
  return co2lib::detail::parse_yaml(clean, "", rules);
}

void read_metadata_into(Card& card, std::string_view text, bool may_be_json) {
  bool json = false;
  const auto tree = parse_metadata(text, may_be_json, json);
  if (!tree) {
    card.warnings.add(yaml_error);
    const bool named = text.find(block_key) != std::string_view::npos;
    card.status = named ? CardStatus::invalid : CardStatus::missing;
    return;
  }
  if (tree->is_null()) return;
  if (!is_map(*tree)) {
    card.warnings.add(front_matter_not_a_map);
    return;
  }
  const Block block{card, json};
  std::vector<Reading> readings;
  for (const DocumentEntry& entry : tree->entries) {
    const std::string& key = entry.key.text;
    if (key == block_key) {
      readings.push_back(read_block(block, entry.value));
    } else if (const std::string bare = squeezed(key);
               bare == "co2eqemission" || bare == "co2emission" || bare == "co2eemission") {
      card.warnings.add(misspelt_key);
    }
  }
  if (readings.empty()) return;
  const Reading reading = readings.size() == 1 ? readings[0] : of_repeated(readings);
  card.status = reading.status;
  card.grams = reading.grams;
  card.low = reading.low;
  card.high = reading.high;
  if (reading.grams) card.unit_source = reading.unit_source;
  card.warnings.add(reading.warnings);
}

}  // namespace co2lib::hub
