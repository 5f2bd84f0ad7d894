// SPDX-License-Identifier: MIT
// SPDX 3.0.1, AI profile: a document of one package whose energies are quantities per activity, their evidence an
// extension each.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/exchange/documents.hpp>
#include <co2lib/version.hpp>

#include "exchange/parts.hpp"

namespace co2lib::exchange {

namespace {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += hex[byte / 16];
      encoded += hex[byte % 16];
    }
  }
  return encoded;
}

/// The nodes of a document, and the ids that it lists.
class Graph {
 public:
  Graph(std::string name, const std::string& created) : name_(std::move(name)) {
    Json creation;
    creation["type"] = "CreationInfo";
    creation["@id"] = "_:creation";
    creation["specVersion"] = "3.0.1";
    creation["created"] = created;
    creation["createdBy"] = Json::array({id("co2lib")});
    nodes_.push_back(creation);
  }

  [[nodiscard]] std::string id(const char* what) const { return name_ + "#" + what; }

  Json node(const char* type, const char* what) const {
    Json one;
    one["type"] = type;
    one["spdxId"] = id(what);
    one["creationInfo"] = "_:creation";
    return one;
  }

  void add(Json one) {
    ids_.push_back(one["spdxId"]);
    nodes_.push_back(std::move(one));
  }

  /// The document node stands second of those that have an id; it lists the others.
  [[nodiscard]] std::string text() {
    Json document = node("SpdxDocument", "document");
    document["profileConformance"] = Json::array({"core", "software", "ai", "simpleLicensing"});
    document["rootElement"] = Json::array({id("model")});
    document["element"] = ids_;
    Json whole;
    whole["@context"] = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";
    Json& graph = whole["@graph"] = Json::array();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (i == 2) graph.push_back(std::move(document));
      graph.push_back(std::move(nodes_[i]));
    }
    return pretty(whole);
  }

 private:
  std::string name_;
  std::vector<Json> nodes_;
  Json ids_ = Json::array();
};

Json extension_of(const Disclosure& d) {
  Json extension;
  extension["type"] = "extension_CdxPropertiesExtension";
  extension["extension_cdxProperty"] = Json::array();
  for (const auto& [name, text] : evidence_of(d)) {
    Json entry;
    entry["type"] = "extension_CdxPropertyEntry";
    entry["extension_cdxPropName"] = std::string(prefix) + name;
    entry["extension_cdxPropValue"] = text;
    extension["extension_cdxProperty"].push_back(entry);
  }
  return extension;
}

Json package_of(const Graph& graph, const std::vector<Disclosure>& disclosures, const SpdxOptions& options,
                const std::string& released) {
  Json model = graph.node("ai_AIPackage", "model");
  model["name"] = options.model;
  model["software_packageVersion"] = options.version;
  model["software_downloadLocation"] = options.download_location;
  model["software_primaryPurpose"] = "model";
  model["releaseTime"] = released;
  model["suppliedBy"] = graph.id("supplier");
  Json consumption;
  consumption["type"] = "ai_EnergyConsumption";
  Json extensions = Json::array();
  for (const Disclosure& d : disclosures) {
    Json quantity;
    quantity["type"] = "ai_EnergyConsumptionDescription";
    quantity["ai_energyQuantity"] = decimal_text(facility_joules(d) / joules_per_kwh);
    quantity["ai_energyUnit"] = "kilowattHour";
    Json& list = consumption["ai_" + std::string(spdx_word(*d.activity)) + "EnergyConsumption"];
    if (list.is_null()) list = Json::array();
    list.push_back(quantity);
    extensions.push_back(extension_of(d));
  }
  model["ai_energyConsumption"] = consumption;
  model["extension"] = extensions;
  return model;
}

}  // namespace

std::string spdx(const std::vector<Disclosure>& disclosures, const SpdxOptions& options) {
  check_values(disclosures);
  const std::string created = created_text(options.created);
  const std::string released = options.released.empty() ? "" : created_text(options.released, "released");
  std::vector<std::string> missing;
  for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"model", options.model},
                                    {"version", options.version},
                                    {"supplier", options.supplier},
                                    {"download_location", options.download_location},
                                    {"released", options.released}}) {
    if (value.empty()) missing.emplace_back(name);
  }
  if (!std::all_of(disclosures.begin(), disclosures.end(),
                   [](const Disclosure& d) { return d.activity.has_value(); })) {
    missing.emplace_back("activity");
  }
  need_all(missing);
  for (const Disclosure& d : disclosures) (void)facility_joules(d);
  for (const Disclosure& d : disclosures) {
    if (!spdx_word(*d.activity).empty()) continue;
    throw Error("exchange.not_representable",
                "SPDX 3.0.1 has energy of training, fine-tuning and inference, none of " +
                    std::string(text(*d.activity)) + "; use CycloneDX for it",
                {{"activity", std::string(text(*d.activity))}});
  }

  const std::string run_id = disclosures.front().run_id.value_or("");
  const std::string name = !options.namespace_.empty() ? options.namespace_
                                                       : "https://spdx.org/spdxdocs/co2lib-" +
                                                             (run_id.empty() ? "footprint" : percent_encoded(run_id));
  Graph graph(name, created);
  Json agent = graph.node("SoftwareAgent", "co2lib");
  agent["name"] = std::string("co2lib ") + CO2LIB_VERSION;
  graph.add(agent);
  Json supplier = graph.node("Organization", "supplier");
  supplier["name"] = options.supplier;
  graph.add(supplier);
  graph.add(package_of(graph, disclosures, options, released));
  if (!options.licence.empty()) {
    Json licence = graph.node("simplelicensing_LicenseExpression", "licence");
    licence["simplelicensing_licenseExpression"] = options.licence;
    graph.add(licence);
  }
  const std::string unsaid = "expandedlicensing_NoAssertionLicense";
  const auto relate = [&](const char* what, const char* type, const std::string& to) {
    Json relation = graph.node("Relationship", what);
    relation["from"] = graph.id("model");
    relation["relationshipType"] = type;
    relation["to"] = Json::array({to});
    graph.add(relation);
  };
  relate("declared", "hasDeclaredLicense", options.licence.empty() ? unsaid : graph.id("licence"));
  relate("concluded", "hasConcludedLicense", unsaid);
  return graph.text();
}

}  // namespace co2lib::exchange
