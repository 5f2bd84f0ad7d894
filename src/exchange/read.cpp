// SPDX-License-Identifier: MIT
// Documents of four formats as disclosures; one reader per format, what they share in evidence.cpp.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <co2lib/exchange/documents.hpp>

#include "detail/ascii.hpp"
#include "exchange/evidence.hpp"
#include "exchange/parts.hpp"

namespace co2lib::exchange {

namespace {

using Disclosures = std::vector<Disclosure>;

/// What is found in a document, which may not become much more than the document: parts that are referred to again and
/// again, and names that stand at every entry, are copied each time.
class Found {
 public:
  explicit Found(std::size_t document) : left_(8 * document + (std::size_t{1} << 20)) {}

  void add(Disclosure d) {
    std::size_t size = sizeof(Disclosure) / 8;
    for (const auto* text : {&d.model, &d.version, &d.run_id, &d.start, &d.end, &d.intensity_source, &d.location}) {
      if (*text) size += (*text)->size();
    }
    for (const auto& issue : d.issues) size += issue.size() + 1;
    for (const auto& one : d.hardware) size += one.size() + 1;
    for (const auto& source : d.sources) size += source.text.size() + 1;
    spend(size);
    list_.push_back(std::move(d));
  }

  /// Counts work.
  void spend(std::size_t size) {
    if (size > left_) {
      throw Error("exchange.bad_document",
                  "the document refers to its own parts so often that it would become far larger; it is not read");
    }
    left_ -= size;
  }

  [[nodiscard]] Disclosures take() { return std::move(list_); }

 private:
  std::size_t left_;
  Disclosures list_{};
};

/// Counts of the evidence, by unit.
void take_counts(Disclosure& d, const EvidenceTexts& texts) {
  for (const auto& [name, all] : texts.all()) {
    if (!name.starts_with("count:")) continue;
    const auto count = texts.number(d, name);
    if (count && *count > 0) d.counts[name.substr(6)] = *count;
  }
}

/// What does not depend on the format, once the texts are known.
void take_common(Disclosure& d, const EvidenceTexts& texts) {
  take_evidence(d, texts);
  take_counts(d, texts);
}

void take_plain(Disclosure& d, const EvidenceTexts& texts) {
  d.duration_s = texts.number(d, "duration_s");
  d.intensity_g_per_kwh = texts.number(d, "intensity:g_per_kwh");
  d.location = texts.one(d, "location");
}

// ---------------------------------------------------------------------------------------------------------------------
// CycloneDX
// ---------------------------------------------------------------------------------------------------------------------

EvidenceTexts texts_of_properties(const Json* properties, const char* name_key, const char* value_key) {
  EvidenceTexts texts;
  if (properties == nullptr || !properties->is_array()) return texts;
  for (const Json& property : *properties) {
    const auto name = text_member(property, name_key);
    const auto value = text_member(property, value_key);
    if (name && value && name->starts_with(prefix)) texts.add(name->substr(prefix.size()), *value);
  }
  return texts;
}

Official amount(Disclosure& d, const Json* object, const char* unit, double factor) {
  if (object == nullptr) return {};
  if (text_member(*object, "unit") != unit) {
    add_warning(d, "unit_unknown");
    return {.value = std::nullopt, .stated = true};
  }
  const Json* value = member(*object, "value");
  if (value != nullptr && value->is_string()) {
    add_warning(d, "bad_number");
    return {.value = std::nullopt, .stated = true};
  }
  return official_number(d, value, factor);
}

Disclosure read_consumption(const Json& component, const Json& entry) {
  Disclosure d;
  d.model = text_member(component, "name");
  d.version = text_member(component, "version");
  const EvidenceTexts texts = texts_of_properties(member(entry, "properties"), "name", "value");
  take_common(d, texts);
  take_plain(d, texts);
  settle_activity(d, texts, text_member(entry, "activity"), &cyclonedx_word);
  settle_energy(d, texts, amount(d, member(entry, "activityEnergyCost"), "kWh", joules_per_kwh), true);
  settle_emissions(d, texts, amount(d, member(entry, "co2CostEquivalent"), "tCO2eq", grams_per_tonne));
  if (const auto offset = amount(d, member(entry, "co2CostOffset"), "tCO2eq", grams_per_tonne).value) {
    d.offset = CarbonMass::from_grams(*offset);
  }
  check_intensity(d);
  return d;
}

void read_component(const Json& component, Found& found) {
  if (!component.is_object()) return;
  const Json* at = &component;
  for (const char* name : {"modelCard", "considerations", "environmentalConsiderations", "energyConsumptions"}) {
    at = at == nullptr ? nullptr : member(*at, name);
  }
  if (at != nullptr && at->is_array()) {
    for (const Json& entry : *at) {
      if (entry.is_object()) found.add(read_consumption(component, entry));
    }
  }
  const Json* nested = member(component, "components");
  if (nested == nullptr || !nested->is_array()) return;
  for (const Json& one : *nested) read_component(one, found);
}

void read_cyclonedx(const Json& bom, Found& found) {
  if (const Json* metadata = member(bom, "metadata")) {
    if (const Json* main = member(*metadata, "component")) read_component(*main, found);
  }
  if (const Json* components = member(bom, "components"); components != nullptr && components->is_array()) {
    for (const Json& one : *components) read_component(one, found);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// SPDX
// ---------------------------------------------------------------------------------------------------------------------

class SpdxReader {
 public:
  explicit SpdxReader(const Json& document) {
    const Json* graph = member(document, "@graph");
    if (graph != nullptr && graph->is_array()) {
      for (const Json& node : *graph) add(node);
    } else {
      add(document);
    }
  }

  void read(Found& found) const {
    for (const Json* node : nodes_) {
      const auto type = text_member(*node, "type");
      if (type == "ai_AIPackage" || text_member(*node, "@type") == "ai_AIPackage") read_package(*node, found);
    }
  }

 private:
  void add(const Json& node) {
    if (!node.is_object()) return;
    nodes_.push_back(&node);
    for (const char* key : {"spdxId", "@id"}) {
      if (const auto id = text_member(node, key)) by_id_.emplace(*id, &node);
    }
  }

  /// A node, or the one that an id names.
  [[nodiscard]] const Json* node_of(const Json* value) const {
    if (value == nullptr || !value->is_string()) return value;
    const auto found = by_id_.find(value->get<std::string>());
    return found == by_id_.end() ? nullptr : found->second;
  }

  [[nodiscard]] std::vector<const Json*> list_of(const Json* value) const {
    std::vector<const Json*> list;
    if (value == nullptr) return list;
    if (!value->is_array()) {
      list.push_back(node_of(value));
    } else {
      for (const Json& one : *value) list.push_back(node_of(&one));
    }
    list.erase(std::remove(list.begin(), list.end(), nullptr), list.end());
    return list;
  }

  void read_package(const Json& package, Found& found) const {
    const Json* consumption = node_of(member(package, "ai_energyConsumption"));
    if (consumption == nullptr) return;
    std::map<std::string, std::vector<EvidenceTexts>> evidence;  // by the word of SPDX
    for (const Json* extension : list_of(member(package, "extension"))) {
      const Json* properties = member(*extension, "extension_cdxProperty");
      found.spend(1 + (properties == nullptr ? 0 : properties->size()));
      const EvidenceTexts texts = texts_of_properties(properties, "extension_cdxPropName", "extension_cdxPropValue");
      for (const auto& [name, all] : texts.all()) {
        for (const std::string& one : all) found.spend(name.size() + one.size());
      }
      Disclosure unused;
      const auto name = texts.one(unused, "activity");
      const auto activity = name ? parse<Activity>(*name) : Result<Activity>(Issue{});
      if (activity) evidence[std::string(spdx_word(*activity))].push_back(texts);
    }
    for (const char* word : {"training", "finetuning", "inference"}) {
      const auto quantities = list_of(member(*consumption, std::string("ai_") + word + "EnergyConsumption"));
      for (std::size_t k = 0; k < quantities.size(); ++k) {
        const auto& own = evidence[word];
        found.add(read_quantity(package, *quantities[k], word, k < own.size() ? own[k] : EvidenceTexts()));
      }
    }
  }

  [[nodiscard]] static Disclosure read_quantity(const Json& package, const Json& quantity, const char* word,
                                                const EvidenceTexts& texts) {
    Disclosure d;
    d.model = text_member(package, "name");
    d.version = text_member(package, "software_packageVersion");
    take_common(d, texts);
    take_plain(d, texts);
    settle_activity(d, texts, word, &spdx_word);
    const auto unit = text_member(quantity, "ai_energyUnit");
    const Json* number = member(quantity, "ai_energyQuantity");
    Official energy{.value = std::nullopt, .stated = true};
    if (unit == "kilowattHour" || unit == "megajoule") {
      energy = official_number(d, number, unit == "megajoule" ? 1e6 : joules_per_kwh);
    } else {
      add_warning(d, "unit_unknown");
    }
    settle_energy(d, texts, energy, true);
    const auto grams = texts.number(d, "operational:g");
    settle_emissions(d, texts, {.value = grams, .stated = grams.has_value()});  // the format has none
    check_intensity(d);
    return d;
  }

  std::vector<const Json*> nodes_;
  std::map<std::string, const Json*> by_id_;
};

// ---------------------------------------------------------------------------------------------------------------------
// BoAmps
// ---------------------------------------------------------------------------------------------------------------------

EvidenceTexts boamps_texts(const Json* object) {
  EvidenceTexts texts;
  if (object == nullptr || !object->is_object()) return texts;
  for (const auto& [name, value] : object->items()) {
    if (value.is_string()) texts.add(name, value.get<std::string>());
    if (!value.is_array()) continue;
    for (const Json& one : value) {
      if (one.is_string()) texts.add(name, one.get<std::string>());
    }
  }
  return texts;
}

std::optional<std::string> lower_text(std::optional<std::string> text) {
  if (!text) return text;
  for (char& c : *text) c = co2lib::detail::lower(c);
  return text;
}

void read_task(Disclosure& d, const Json& report, const EvidenceTexts& texts) {
  const Json* task = member(report, "task");
  std::optional<std::string> stage;
  if (task != nullptr) {
    stage = lower_text(text_member(*task, "taskStage"));
    if (const Json* algorithms = member(*task, "algorithms");
        algorithms != nullptr && algorithms->is_array() && !algorithms->empty()) {
      d.model = text_member((*algorithms)[0], "foundationModelName");
      if (!d.model) d.model = text_member((*algorithms)[0], "algorithmName");
    }
    const Official requests = official_number(d, member(*task, "nbRequest"), 1);
    const auto own = d.counts.find("request");
    const auto counted = settled(d, own == d.counts.end() ? std::nullopt : std::optional(own->second), requests.value);
    d.counts.erase("request");
    if (counted && *counted > 0) d.counts["request"] = *counted;
  }
  settle_activity(d, texts, stage, &boamps_word);
}

Disclosure read_boamps(const Json& report) {
  Disclosure d;
  const EvidenceTexts texts = boamps_texts(member(report, "co2lib"));
  take_common(d, texts);
  read_task(d, report, texts);
  const Json* measures = member(report, "measures");
  Official energy;
  std::optional<double> duration;
  if (measures != nullptr && measures->is_array() && measures->size() > 1) {
    add_warning(d, "several_measures");
  } else if (measures != nullptr && measures->is_array() && measures->size() == 1) {
    energy = official_number(d, member((*measures)[0], "powerConsumption"), joules_per_kwh);
    duration = official_number(d, member((*measures)[0], "measurementDuration"), 1).value;
  }
  d.duration_s = settled(d, texts.number(d, "duration_s"), duration);
  settle_energy(d, texts, energy, false);
  const auto grams = texts.number(d, "operational:g");
  settle_emissions(d, texts, {.value = grams, .stated = grams.has_value()});  // the format has none
  const Json* environment = member(report, "environment");
  std::optional<double> intensity;
  std::optional<std::string> location;
  if (environment != nullptr) {
    intensity = official_number(d, member(*environment, "powerSourceCarbonIntensity"), 1).value;
    location = text_member(*environment, "location");
    if (!location) location = text_member(*environment, "country");
  }
  d.intensity_g_per_kwh = settled(d, texts.number(d, "intensity:g_per_kwh"), intensity);
  d.location = texts.one(d, "location");
  if (!d.location) d.location = location;
  check_intensity(d);
  return d;
}

// ---------------------------------------------------------------------------------------------------------------------
// SCI for AI
// ---------------------------------------------------------------------------------------------------------------------

void read_sci_ai(const Json& document, Found& found) {
  const Json* activities = member(document, "activities");
  if (activities == nullptr || !activities->is_array()) return;
  const auto evidence = text_member(document, "evidence");
  for (const Json& one : *activities) {
    Disclosure d;
    settle_activity(d, {}, text_member(one, "activity"), [](Activity a) noexcept { return text(a); });
    if (text_member(one, "activity") == "pre-training") d.activity = Activity::pre_training;
    d.run_id = text_member(one, "run_id");
    if (const auto joules = official_number(d, member(one, "facility_j"), 1).value) {
      d.facility = Energy::from_joules(*joules);
    }
    if (const auto g = official_number(d, member(one, "operational_g"), 1).value) {
      d.operational.value = CarbonMass::from_grams(*g);
    }
    if (const auto g = official_number(d, member(one, "embodied_g"), 1).value) {
      d.embodied.value = CarbonMass::from_grams(*g);
    }
    // That of several runs, if they differ, is not that of one.
    if (evidence && (*evidence != "mixed" || activities->size() == 1)) {
      if (const auto known = parse<Evidence>(*evidence)) d.evidence = *known;
    }
    if (const Json* issues = member(document, "issues"); issues != nullptr && issues->is_array()) {
      for (const Json& issue : *issues) {
        if (issue.is_string() && issue != "embodied_unknown") d.issues.push_back(issue.get<std::string>());
      }
    }
    check_intensity(d);
    found.add(std::move(d));
  }
}

bool is_spdx(const Json& document) {
  const Json* context = member(document, "@context");
  const auto named = [](const Json& one) {
    return one.is_string() && one.get<std::string>().find("spdx.org/rdf/3.0") != std::string::npos;
  };
  if (context == nullptr) return false;
  return named(*context) || (context->is_array() && std::any_of(context->begin(), context->end(), named));
}

}  // namespace

Disclosures read(std::string_view text) {
  const Json document = parse_tree(text);
  Found found(text.size());
  if (text_member(document, "bomFormat") == "CycloneDX") {
    read_cyclonedx(document, found);
    return found.take();
  }
  if (is_spdx(document)) {
    SpdxReader(document).read(found);
    return found.take();
  }
  if (text_member(document, "schema") == "co2lib-sci-ai/1") {
    read_sci_ai(document, found);
    return found.take();
  }
  if (member(document, "task") != nullptr && member(document, "measures") != nullptr) return {read_boamps(document)};
  throw Error("exchange.bad_document",
              "the document is none of CycloneDX (bomFormat), SPDX 3.0 (@context), BoAmps (task, measures) and "
              "co2lib-sci-ai/1 (schema)");
}

}  // namespace co2lib::exchange
