// SPDX-License-Identifier: MIT
// BoAmps 1.1 (Boavizta): one report of one run; what a run cannot know is the context.
#include <algorithm>
#include <string>
#include <vector>

#include <co2lib/exchange/documents.hpp>
#include <co2lib/version.hpp>

#include "exchange/parts.hpp"

namespace co2lib::exchange {

namespace {

/// `2026-03-01 08:00:00` of a UTC text; empty if it is none.
std::string to_seconds(const std::string& utc) {
  if (utc.size() < 19 || utc[10] != 'T') return {};
  return utc.substr(0, 10) + ' ' + utc.substr(11, 8);
}

void check_context(const Json& context) {
  const auto refuse = [](const char* what) {
    throw Error("exchange.bad_value",
                std::string("context: ") + what + " comes from the footprint; leave it out of the context");
  };
  if (!context.is_object()) throw Error("exchange.bad_value", "context: must be an object, a part of a BoAmps report");
  if (context.contains("measures")) refuse("measures");
  if (context.contains("co2lib")) refuse("co2lib");
  if (const Json* task = member(context, "task")) {
    if (task->contains("taskStage")) refuse("task.taskStage");
    if (task->contains("nbRequest")) refuse("task.nbRequest");
  }
  if (const Json* environment = member(context, "environment")) {
    if (environment->contains("powerSourceCarbonIntensity")) refuse("environment.powerSourceCarbonIntensity");
  }
}

Json components_of(const DisclosedMachine& machine) {
  Json list = Json::array();
  if (machine.cpu_packages > 0) {
    Json cpu;
    if (!machine.cpu_model.empty()) cpu["componentName"] = machine.cpu_model;
    cpu["componentType"] = "cpu";
    cpu["nbComponent"] = machine.cpu_packages;
    list.push_back(cpu);
  }
  for (const Hardware& gpu : machine.gpus) {
    Json one;
    one["componentName"] = gpu.name;
    one["componentType"] = "gpu";
    one["nbComponent"] = gpu.count;
    list.push_back(one);
  }
  if (machine.memory_bytes) {
    Json ram;
    ram["componentType"] = "ram";
    ram["nbComponent"] = 1;
    ram["memorySize"] = *machine.memory_bytes / 1e9;
    list.push_back(ram);
  }
  return list;
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& one : list) text.append(text.empty() ? "" : "+").append(one);
  return text;
}

Json measure_of(const Disclosure& d) {
  Json measure;
  measure["measurementMethod"] = "co2lib";
  measure["version"] = CO2LIB_VERSION;
  if (!d.machine.cpu_tracking.empty()) measure["cpuTrackingMode"] = joined(d.machine.cpu_tracking);
  if (!d.machine.gpu_tracking.empty()) measure["gpuTrackingMode"] = joined(d.machine.gpu_tracking);
  measure["powerConsumption"] = d.energy.value->joules() / joules_per_kwh;
  if (d.duration_s) measure["measurementDuration"] = *d.duration_s;
  if (d.start && !to_seconds(*d.start).empty()) measure["measurementDateTime"] = to_seconds(*d.start);
  return measure;
}

/// The format's text: high up to 10 %, medium up to 25 %, low up to 50 %.
std::string quality_of(const Estimate<Energy>& energy) {
  if (!energy.value || !energy.interval || !(energy.value->joules() > 0)) return {};
  const double value = energy.value->joules();
  const double width = std::max(energy.interval->high.joules() - value, value - energy.interval->low.joules()) / value;
  return width <= 0.10 ? "high" : width <= 0.25 ? "medium" : width <= 0.50 ? "low" : "";
}

Json evidence_object(const Disclosure& d) {
  Json object;
  for (const auto& [name, text] : evidence_of(d)) {
    if (name == "hardware" || name == "issue" || name == "source") {
      if (object[name].is_null()) object[name] = Json::array();
      object[name].push_back(text);
    } else {
      object[name] = text;
    }
  }
  return object;
}

/// What `more` says wins; objects are merged.
void merge(Json& own, const Json& more) {
  for (const auto& [key, value] : more.items()) {
    if (own.contains(key) && own[key].is_object() && value.is_object()) {
      merge(own[key], value);
    } else {
      own[key] = value;
    }
  }
}

Json environment_of(const Disclosure& d, const Place& place) {
  Json environment;
  environment["country"] = *place.country;
  if (!place.is_country) environment["location"] = *d.location;
  if (d.intensity_g_per_kwh) environment["powerSourceCarbonIntensity"] = *d.intensity_g_per_kwh;
  return environment;
}

}  // namespace

std::string boamps(const std::vector<Disclosure>& disclosures, std::string_view context_text,
                   std::string_view created) {
  if (disclosures.size() != 1) {
    throw Error("exchange.bad_value", "disclosures: a BoAmps report is of exactly one footprint");
  }
  check_values(disclosures);
  const Disclosure& d = disclosures.front();
  const std::string when = created_text(created);
  const Json context = context_text.empty() ? Json::object() : parse_tree(context_text);
  check_context(context);
  const Place place = d.location ? place_of(*d.location) : Place{};
  const Json own_components = components_of(d.machine);

  std::vector<std::string> missing;
  const auto need = [&](const char* part, const char* name, bool known) {
    const Json* object = member(context, part);
    if (!known && (object == nullptr || member(*object, name) == nullptr)) {
      missing.push_back(std::string(part) + '.' + name);
    }
  };
  if (!d.activity) missing.emplace_back("activity");
  need("task", "taskFamily", false);
  need("task", "algorithms", false);
  need("task", "dataset", false);
  need("infrastructure", "infraType", place.provider.has_value());
  need("infrastructure", "components", !own_components.empty());
  need_all(missing);
  if (!d.energy.value) {
    throw Error("exchange.no_value", "the energy of the run is unknown; see the issues of the footprint", {},
                ErrorCategory::arithmetic);
  }

  Json report;
  Json& header = report["header"];
  header["formatVersion"] = "1.1.0";
  header["formatVersionSpecificationUri"] = "https://github.com/Boavizta/BoAmps/tree/main/model";
  if (d.run_id) header["reportId"] = *d.run_id;
  header["reportDatetime"] = to_seconds(when);
  if (d.complete == false) header["reportStatus"] = "draft";
  report["task"]["taskStage"] = boamps_word(*d.activity);
  if (const auto requests = d.counts.find("request"); d.activity == Activity::inference && requests != d.counts.end()) {
    report["task"]["nbRequest"] = requests->second;
  }
  report["measures"] = Json::array({measure_of(d)});
  if (!d.machine.os.empty()) report["system"]["os"] = d.machine.os;
  if (context.contains("software")) report["software"] = context["software"];
  Json& infrastructure = report["infrastructure"];
  infrastructure = Json::object();
  if (place.provider) {
    infrastructure["infraType"] = "publicCloud";
    infrastructure["cloudProvider"] = *place.provider == "gcp" ? "google" : *place.provider;
  }
  if (!own_components.empty()) infrastructure["components"] = own_components;
  if (place.country) report["environment"] = environment_of(d, place);
  if (const std::string quality = quality_of(d.energy); !quality.empty()) report["quality"] = quality;
  merge(report, context);
  report["co2lib"] = evidence_object(d);
  return pretty(report);
}

}  // namespace co2lib::exchange
