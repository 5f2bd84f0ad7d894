// SPDX-License-Identifier: MIT
#include "exchange/evidence.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace co2lib::exchange {

namespace {

constexpr const char* contradiction = "contradiction";

bool agree(double a, double b) { return std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b)); }

template <class Q, class Make>
Estimate<Q> estimate(Disclosure& d, const EvidenceTexts& texts, const std::string& name, const Make& make) {
  Estimate<Q> found;
  if (const auto value = texts.number(d, name)) found.value = make(*value);
  if (const auto b = texts.pair(d, name + ":bounds")) found.bounds = Interval<Q>{make(b->first), make(b->second), 1.0};
  if (const auto i = texts.pair(d, name + ":interval95")) {
    found.interval = Interval<Q>{make(i->first), make(i->second), 0.95};
  }
  return found;
}

Energy joules(double x) { return Energy::from_joules(x); }
CarbonMass grams(double x) { return CarbonMass::from_grams(x); }

std::optional<Source> source_of(const std::string& text) {
  const Json list = Json::parse(text, nullptr, false);
  if (!list.is_array() || list.size() != 4 || !list[0].is_string() || !list[1].is_string() ||
      !list[2].is_number_integer() || !list[3].is_string()) {
    return std::nullopt;
  }
  return Source{list[0].get<std::string>(), list[1].get<std::string>(), list[2].get<int>(), list[3].get<std::string>()};
}

}  // namespace

std::optional<std::string> EvidenceTexts::one(Disclosure& d, const std::string& name) const {
  const auto found = texts_.find(name);
  if (found == texts_.end() || found->second.empty()) return std::nullopt;
  const std::vector<std::string>& all = found->second;
  if (std::any_of(all.begin(), all.end(), [&](const std::string& text) { return text != all.front(); })) {
    add_warning(d, contradiction);
    return std::nullopt;
  }
  return all.front();
}

std::optional<double> EvidenceTexts::number(Disclosure& d, const std::string& name) const {
  const auto text = one(d, name);
  if (!text) return std::nullopt;
  const auto value = decimal_value(*text);
  if (!value) add_warning(d, "bad_number");
  if (value && *value < 0) {
    add_warning(d, "negative");
    return std::nullopt;
  }
  return value;
}

std::optional<std::pair<double, double>> EvidenceTexts::pair(Disclosure& d, const std::string& name) const {
  const auto text = one(d, name);
  if (!text) return std::nullopt;
  const std::size_t blank = text->find(' ');
  const auto low = decimal_value(std::string_view(*text).substr(0, blank));
  const auto high =
      blank == std::string::npos ? std::nullopt : decimal_value(std::string_view(*text).substr(blank + 1));
  if (!low || !high || *low > *high) {
    add_warning(d, "bad_number");
    return std::nullopt;
  }
  return std::pair(*low, *high);
}

Official official_number(Disclosure& d, const Json* value, double factor) {
  if (value == nullptr) return {};
  Official official{.value = std::nullopt, .stated = true};
  std::optional<double> number;
  if (value->is_number()) {
    number = value->get<double>();
  } else if (value->is_string()) {
    number = decimal_value(value->get<std::string>());
  }
  if (!number || !std::isfinite(*number * factor)) {
    add_warning(d, "bad_number");
  } else if (*number < 0) {
    add_warning(d, "negative");
  } else {
    official.value = *number * factor;
  }
  return official;
}

void take_evidence(Disclosure& d, const EvidenceTexts& texts) {
  d.run_id = texts.one(d, "run_id");
  if (const auto complete = texts.one(d, "complete")) {
    if (*complete == "true" || *complete == "false") d.complete = *complete == "true";
  }
  d.start = texts.one(d, "start");
  d.end = texts.one(d, "end");
  if (const auto evidence = texts.one(d, "energy:evidence")) {
    if (const auto known = parse<Evidence>(*evidence)) d.evidence = *known;
  }
  d.coverage = texts.number(d, "energy:coverage");
  d.pue = texts.number(d, "facility:pue");
  d.embodied = estimate<CarbonMass>(d, texts, "embodied:g", grams);
  d.water = estimate<Water>(d, texts, "water:l", [](double x) { return Water::from_litres(x); });
  d.intensity_source = texts.one(d, "intensity:source");
  std::set<std::string> issues;
  for (const auto& [name, all] : texts.all()) {
    if (name.starts_with("energy:share:")) {
      if (const auto share = texts.number(d, name)) d.methods.emplace_back(name.substr(13), *share);
    } else if (name == "hardware") {
      d.hardware = all;
    } else if (name == "issue") {
      issues.insert(all.begin(), all.end());
    } else if (name == "source") {
      for (const std::string& text : all) {
        if (const auto source = source_of(text)) d.sources.push_back(*source);
      }
    }
  }
  d.issues.assign(issues.begin(), issues.end());
}

void settle_activity(Disclosure& d, const EvidenceTexts& texts, const std::optional<std::string>& official,
                     std::string_view (*word)(Activity) noexcept) {
  const auto said = texts.one(d, "activity");
  std::optional<Activity> own;
  if (said) {
    if (const auto known = parse<Activity>(*said)) own = *known;
  }
  if (own && official && word(*own) == *official) {
    d.activity = own;
    return;
  }
  if (said) add_warning(d, contradiction);
  if (!official) return;
  for (const Activity activity : all<Activity>()) {
    // The activity of the same name: `training`, not `pre-training`.
    if (word(activity) == *official && activity != Activity::pre_training) d.activity = activity;
  }
}

void settle_energy(Disclosure& d, const EvidenceTexts& texts, const Official& official, bool is_facility) {
  d.energy = estimate<Energy>(d, texts, "energy:it_j", joules);
  const auto facility = texts.number(d, "facility:j");
  d.facility = facility ? std::optional(joules(*facility)) : std::nullopt;
  const std::optional<double> evidence = is_facility ? facility : d.energy.joules();
  if (!evidence) {
    if (!official.stated) return;
    add_warning(d, "energy_basis_unknown");
    if (!official.value) return;
    if (is_facility) {
      d.facility = joules(*official.value);
    } else {
      d.energy.value = joules(*official.value);
    }
    return;
  }
  if (official.value && agree(*official.value, *evidence)) return;
  add_warning(d, contradiction);
  d.facility.reset();
  d.energy = {};
  if (!is_facility && official.value) {
    d.energy.bounds = Interval<Energy>{joules(std::min(*official.value, *evidence)),
                                       joules(std::max(*official.value, *evidence)), 1.0};
  }
}

void settle_emissions(Disclosure& d, const EvidenceTexts& texts, const Official& official) {
  d.operational = estimate<CarbonMass>(d, texts, "operational:g", grams);
  const auto evidence = d.operational.grams();
  if (!evidence) {
    if (official.value) d.operational.value = grams(*official.value);
    return;
  }
  if (official.value && agree(*official.value, *evidence)) return;
  add_warning(d, contradiction);
  d.operational = {};
  if (official.value) {
    d.operational.bounds = Interval<CarbonMass>{grams(std::min(*official.value, *evidence)),
                                                grams(std::max(*official.value, *evidence)), 1.0};
  }
}

std::optional<double> settled(Disclosure& d, std::optional<double> evidence, std::optional<double> official) {
  if (!evidence || !official) return evidence ? evidence : official;
  if (agree(*evidence, *official)) return evidence;
  add_warning(d, contradiction);
  return std::nullopt;
}

void check_intensity(Disclosure& d) {
  if (!d.facility || !d.operational.value || !(d.facility->joules() > 0)) return;
  const double intensity = d.operational.value->grams() / (d.facility->joules() / joules_per_kwh);
  if (intensity < 1 || intensity > 1500) add_warning(d, "implausible_intensity");
}

}  // namespace co2lib::exchange
