// SPDX-License-Identifier: MIT
// A footprint's JSON as a disclosure: what may leave, and no more.
#include <co2lib/exchange/disclosure.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <set>

#include "exchange/parts.hpp"

namespace co2lib::exchange {

namespace {

using Words = std::array<std::string_view, 3>;

/// CycloneDX, SPDX, BoAmps; in the order of the enumeration.
constexpr std::array<Words, 10> words = {{{"training", "training", "training"},
                                          {"training", "training", "training"},
                                          {"fine-tuning", "finetuning", "finetuning"},
                                          {"inference", "inference", "inference"},
                                          {"design", "", "design"},
                                          {"validation", "", "validation"},
                                          {"deployment", "", "deployment"},
                                          {"data-collection", "", "datacreation"},
                                          {"data-preparation", "", "preprocessing"},
                                          {"other", "", "other"}}};

std::string_view word(Activity activity, std::size_t format) noexcept {
  const auto at = static_cast<std::size_t>(activity);
  return at < words.size() ? words[at][format] : std::string_view();
}

std::optional<double> number(const Json* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double x = value->get<double>();
  return std::isfinite(x) ? std::optional(x) : std::nullopt;
}

std::optional<double> number_member(const Json& object, std::string_view name) { return number(member(object, name)); }

template <class Q, class Make>
std::optional<Interval<Q>> interval(const Json& object, std::string_view name, double confidence, const Make& make) {
  const Json* list = member(object, name);
  if (list == nullptr || !list->is_array() || list->size() != 2) return std::nullopt;
  const auto low = number(&(*list)[0]);
  const auto high = number(&(*list)[1]);
  if (!low || !high) return std::nullopt;
  return Interval<Q>{make(*low), make(*high), confidence};
}

template <class Q, class Make>
Estimate<Q> estimate(const Json& footprint, std::string_view name, const std::string& unit, const Make& make) {
  Estimate<Q> found;
  const Json* object = member(footprint, name);
  if (object == nullptr) return found;
  if (const auto value = number_member(*object, "value_" + unit)) found.value = make(*value);
  found.bounds = interval<Q>(*object, "bounds_" + unit, 1.0, make);
  found.interval = interval<Q>(*object, "interval_" + unit, 0.95, make);
  return found;
}

/// Of a source that is a file, only its name.
std::string file_name(const std::string& source) {
  const std::size_t slash = source.find_last_of("/\\");
  return slash == std::string::npos ? source : source.substr(slash + 1);
}

std::string tracking_name(const std::string& provider) {
  return provider == "powercap" || provider == "perf_event" ? "rapl" : provider;
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

void read_devices(Disclosure& d, const Json& footprint) {
  const Json* devices = member(footprint, "devices");
  if (devices == nullptr || !devices->is_array()) return;
  for (const Json& device : *devices) {
    const Json* counted = member(device, "counted");
    if (counted == nullptr || !counted->is_boolean() || !counted->get<bool>()) continue;
    const std::string kind = text_member(device, "device").value_or("");
    const std::string provider = tracking_name(text_member(device, "provider").value_or(""));
    if (kind == "cpu") {
      add_once(d.machine.cpu_tracking, provider);
      if (text_member(device, "domain") == "package") ++d.machine.cpu_packages;
    } else if (kind == "gpu") {
      add_once(d.machine.gpu_tracking, provider);
      const std::string name = text_member(device, "name").value_or("");
      if (name.empty()) continue;
      auto same =
          std::find_if(d.machine.gpus.begin(), d.machine.gpus.end(), [&](const Hardware& h) { return h.name == name; });
      if (same == d.machine.gpus.end()) same = d.machine.gpus.insert(same, {name, 0});
      ++same->count;
    }
  }
}

void read_methods(Disclosure& d, const Json& footprint) {
  const Json* methods = member(footprint, "methods");
  if (methods == nullptr || !methods->is_array()) return;
  bool measured = false;
  bool modelled = false;
  for (const Json& one : *methods) {
    const auto method = text_member(one, "method");
    if (!method) continue;
    (*method == "model" ? modelled : measured) = true;
    if (const auto share = number_member(one, "share")) d.methods.emplace_back(*method, *share);
  }
  if (measured || modelled) {
    d.evidence = measured && modelled ? Evidence::mixed : measured ? Evidence::measured : Evidence::modelled;
  }
}

void read_lists(Disclosure& d, const Json& footprint) {
  std::set<std::string> codes;
  if (const Json* issues = member(footprint, "issues"); issues != nullptr && issues->is_array()) {
    for (const Json& issue : *issues) {
      if (const auto code = issue.is_string() ? std::optional(issue.get<std::string>()) : text_member(issue, "code")) {
        codes.insert(*code);
      }
    }
  }
  d.issues.assign(codes.begin(), codes.end());
  const Json* sources = member(footprint, "sources");
  if (sources == nullptr || !sources->is_array()) return;
  for (const Json& one : *sources) {
    const std::string licence = text_member(one, "licence").value_or("");
    if (licence.empty()) continue;  // a sensor
    d.sources.push_back({text_member(one, "id").value_or(""), text_member(one, "text").value_or(""),
                         static_cast<int>(number_member(one, "year").value_or(0)), licence});
  }
}

}  // namespace

std::string_view cyclonedx_word(Activity activity) noexcept { return word(activity, 0); }
std::string_view spdx_word(Activity activity) noexcept { return word(activity, 1); }
std::string_view boamps_word(Activity activity) noexcept { return word(activity, 2); }

Disclosure disclosure_of(std::string_view footprint_json, std::optional<Activity> activity,
                         const std::map<std::string, double>& counts) {
  const Json footprint = parse_tree(footprint_json);
  const auto schema = text_member(footprint, "schema");
  if (!footprint.is_object() || (schema && !schema->starts_with("co2lib-footprint/"))) {
    throw Error("exchange.bad_document", "the text is not the JSON of a footprint (co2lib-footprint/1)");
  }
  Disclosure d{.activity = activity};
  d.run_id = text_member(footprint, "run_id");
  if (const Json* complete = member(footprint, "complete"); complete != nullptr && complete->is_boolean()) {
    d.complete = complete->get<bool>();
  }
  d.start = text_member(footprint, "start");
  d.end = text_member(footprint, "end");
  d.duration_s = number_member(footprint, "duration_s");
  d.coverage = number_member(footprint, "coverage");
  d.location = text_member(footprint, "location");
  if (d.location && d.location->empty()) d.location.reset();
  d.energy = estimate<Energy>(footprint, "energy", "j", [](double x) { return Energy::from_joules(x); });
  const auto grams = [](double x) { return CarbonMass::from_grams(x); };
  d.operational = estimate<CarbonMass>(footprint, "operational", "g", grams);
  d.embodied = estimate<CarbonMass>(footprint, "embodied", "g", grams);
  d.water = estimate<Water>(footprint, "water", "l", [](double x) { return Water::from_litres(x); });
  if (const Json* facility = member(footprint, "facility")) {
    d.pue = number_member(*facility, "pue");
    const auto joules = number_member(*facility, "energy_j");
    if (d.energy.value && (joules || d.pue)) {
      d.facility = Energy::from_joules(joules ? *joules : d.energy.value->joules() * *d.pue);
    }
  }
  if (const Json* intensity = member(footprint, "intensity")) {
    d.intensity_g_per_kwh = number_member(*intensity, "mean_g_per_kwh");
    d.intensity_source = text_member(*intensity, "source");
    if (d.intensity_source) d.intensity_source = file_name(*d.intensity_source);
    if (d.intensity_source && d.intensity_source->empty()) d.intensity_source.reset();
  }
  read_methods(d, footprint);
  read_devices(d, footprint);
  read_lists(d, footprint);
  if (const Json* context = member(footprint, "context")) {
    d.machine.cpu_model = text_member(*context, "cpu_model").value_or("");
    const std::string os = text_member(*context, "os").value_or("");
    d.machine.os = os.substr(0, os.find('-'));
    d.machine.memory_bytes = number_member(*context, "memory_bytes");
    if (d.machine.memory_bytes && *d.machine.memory_bytes <= 0) d.machine.memory_bytes.reset();
  }
  if (!d.machine.cpu_model.empty()) d.hardware.push_back(d.machine.cpu_model);
  for (const Hardware& gpu : d.machine.gpus) d.hardware.push_back(std::to_string(gpu.count) + " x " + gpu.name);
  d.counts = counts;
  check_values({d});
  return d;
}

}  // namespace co2lib::exchange
