// SPDX-License-Identifier: MIT
// CycloneDX 1.6 and 1.7, ML-BOM (ECMA-424): modelCard.considerations.environmentalConsiderations.energyConsumptions.
#include <algorithm>
#include <array>
#include <cstddef>

#include <co2lib/exchange/documents.hpp>
#include <co2lib/version.hpp>

#include "exchange/parts.hpp"

namespace co2lib::exchange {

namespace {

constexpr std::array<std::string_view, 11> energy_sources = {"coal",    "oil",     "natural-gas", "nuclear",
                                                             "wind",    "solar",   "geothermal",  "hydropower",
                                                             "biofuel", "unknown", "other"};

Json amount(double value, const char* unit) {
  Json object;
  object["value"] = value;
  object["unit"] = unit;
  return object;
}

Json provider_of(const Disclosure& d, const CycloneDxOptions& options, double kwh) {
  Json provider;
  if (d.location) provider["description"] = "electricity at " + *d.location;
  Json organization;
  if (!options.energy_provider.empty()) organization["name"] = options.energy_provider;
  const Place place = d.location ? place_of(*d.location) : Place{};
  if (place.country) organization["address"]["country"] = *place.country;
  if (place.subdivision) organization["address"]["region"] = *place.subdivision;
  provider["organization"] = organization.is_null() ? Json::object() : organization;
  provider["energySource"] = options.energy_source.empty() ? "unknown" : options.energy_source;
  provider["energyProvided"] = amount(kwh, "kWh");
  return provider;
}

Json entry_of(const Disclosure& d, const CycloneDxOptions& options) {
  const double kwh = facility_joules(d) / joules_per_kwh;
  Json entry;
  entry["activity"] = cyclonedx_word(*d.activity);
  entry["energyProviders"] = Json::array();
  if (d.location || !options.energy_provider.empty()) {
    entry["energyProviders"].push_back(provider_of(d, options, kwh));
  }
  entry["activityEnergyCost"] = amount(kwh, "kWh");
  if (d.operational.value) {
    entry["co2CostEquivalent"] = amount(d.operational.value->grams() / grams_per_tonne, "tCO2eq");
  }
  entry["properties"] = Json::array();
  for (const auto& [name, text] : evidence_of(d)) {
    Json property;
    property["name"] = std::string(prefix) + name;
    property["value"] = text;
    entry["properties"].push_back(property);
  }
  return entry;
}

/// The object at this name, made where it is not there.
Json& object_in(Json& parent, const char* name) {
  Json& child = parent[name];
  if (child.is_null()) child = Json::object();
  if (!child.is_object()) {
    throw Error("exchange.bad_document", std::string("into: ") + name + " is not an object; repair the BOM");
  }
  return child;
}

Json& consumptions_of(Json& component) {
  Json& list = object_in(object_in(object_in(component, "modelCard"), "considerations"),
                         "environmentalConsiderations")["energyConsumptions"];
  if (list.is_null()) list = Json::array();
  if (!list.is_array()) {
    throw Error("exchange.bad_document", "into: energyConsumptions is not a list; repair the BOM");
  }
  return list;
}

std::optional<std::string> run_of(const Json& entry) {
  const Json* properties = member(entry, "properties");
  if (properties == nullptr || !properties->is_array()) return std::nullopt;
  for (const Json& property : *properties) {
    if (text_member(property, "name") == "co2lib:run_id") return text_member(property, "value");
  }
  return std::nullopt;
}

void put(Json& list, const Disclosure& d, Json entry) {
  for (Json& old : list) {
    if (d.run_id && text_member(old, "activity") == cyclonedx_word(*d.activity) && run_of(old) == d.run_id) {
      old = std::move(entry);
      return;
    }
  }
  list.push_back(std::move(entry));
}

void collect(Json& component, std::vector<Json*>& models) {
  if (!component.is_object()) return;
  if (text_member(component, "type") == "machine-learning-model") models.push_back(&component);
  const auto nested = component.find("components");
  if (nested == component.end() || !nested->is_array()) return;
  for (Json& one : *nested) collect(one, models);
}

Json& component_in(Json& bom, const std::string& bom_ref) {
  std::vector<Json*> models;
  if (const auto metadata = bom.find("metadata"); metadata != bom.end() && metadata->is_object()) {
    if (const auto main = metadata->find("component"); main != metadata->end()) collect(*main, models);
  }
  if (const auto components = bom.find("components"); components != bom.end() && components->is_array()) {
    for (Json& one : *components) collect(one, models);
  }
  std::vector<Json*> found;
  for (Json* model : models) {
    if (bom_ref.empty() || text_member(*model, "bom-ref") == bom_ref) found.push_back(model);
  }
  if (found.size() != 1) {
    throw Error("exchange.component",
                "into: " + std::to_string(found.size()) + " machine-learning models fit; name the one by its bom_ref",
                {{"found", static_cast<std::int64_t>(found.size())}});
  }
  return *found.front();
}

Json new_bom(const CycloneDxOptions& options) {
  Json bom;
  bom["$schema"] = "http://cyclonedx.org/schema/bom-" + options.spec_version + ".schema.json";
  bom["bomFormat"] = "CycloneDX";
  bom["specVersion"] = options.spec_version;
  if (!options.serial.empty()) bom["serialNumber"] = options.serial;
  bom["version"] = 1;
  bom["metadata"]["timestamp"] = created_text(options.created);
  Json tool;
  tool["type"] = "application";
  tool["name"] = "co2lib";
  tool["version"] = CO2LIB_VERSION;
  bom["metadata"]["tools"]["components"] = Json::array({tool});
  Json model;
  model["type"] = "machine-learning-model";
  model["bom-ref"] = options.model + (options.version.empty() ? "" : "@" + options.version);
  if (!options.supplier.empty()) model["supplier"]["name"] = options.supplier;
  model["name"] = options.model;
  if (!options.version.empty()) model["version"] = options.version;
  bom["components"] = Json::array({model});
  return bom;
}

bool is_serial(std::string_view text) {
  constexpr std::string_view shape = "urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (i >= 9 && shape[i] == 'x' ? !hex : text[i] != shape[i]) return false;
  }
  return true;
}

void check_version(const std::string& version) {
  if (version == "1.6" || version == "1.7") return;
  throw Error("exchange.unsupported_version",
              "CycloneDX " + version + ": has no energy of models, or is not known; use 1.6 or 1.7");
}

}  // namespace

std::string cyclonedx(const std::vector<Disclosure>& disclosures, const CycloneDxOptions& options) {
  const bool fresh = options.into.empty();
  Json bom;
  if (fresh) {
    check_version(options.spec_version);
  } else {
    bom = parse_tree(options.into);
    if (text_member(bom, "bomFormat") != "CycloneDX") {
      throw Error("exchange.bad_document", "into: is not a CycloneDX BOM");
    }
    check_version(text_member(bom, "specVersion").value_or("without specVersion"));
  }
  check_values(disclosures);
  if (!options.energy_source.empty() &&
      std::find(energy_sources.begin(), energy_sources.end(), options.energy_source) == energy_sources.end()) {
    std::string known;
    for (const std::string_view one : energy_sources) known.append(known.empty() ? "" : ", ").append(one);
    throw Error("exchange.bad_value", "energy_source: '" + options.energy_source + "' is not known; known: " + known);
  }
  if (!options.serial.empty() && !is_serial(options.serial)) {
    throw Error("exchange.bad_value", "serial: must be urn:uuid: and a UUID in small letters");
  }
  std::vector<std::string> missing;
  if (fresh && options.model.empty()) missing.emplace_back("model");
  if (!std::all_of(disclosures.begin(), disclosures.end(),
                   [](const Disclosure& d) { return d.activity.has_value(); })) {
    missing.emplace_back("activity");
  }
  need_all(missing);
  std::vector<Json> entries;
  for (const Disclosure& d : disclosures) entries.push_back(entry_of(d, options));
  if (fresh) bom = new_bom(options);
  Json& list = consumptions_of(fresh ? bom["components"][0] : component_in(bom, options.bom_ref));
  for (std::size_t i = 0; i < disclosures.size(); ++i) put(list, disclosures[i], std::move(entries[i]));
  return pretty(bom);
}

}  // namespace co2lib::exchange
