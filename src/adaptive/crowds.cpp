// SPDX-License-Identifier: MIT
#include "crowds.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string>

namespace co2lib::adaptive::detail {

namespace {

/// The value of a slot in a list with one for all slots or one for each.
template <class T>
const T& of_slot(const std::vector<T>& values, std::size_t slot) {
  return values[values.size() == 1 ? 0 : slot];
}

template <class T>
void check_length(const std::vector<T>& values, std::size_t slots, const char* field) {
  if (values.empty() || values.size() == 1 || values.size() == slots) return;
  bad_input(std::string(field) + ": " + std::to_string(values.size()) + " values for " + std::to_string(slots) +
            " slots; give one, or one for each");
}

Seconds latency_of(const std::vector<Model>& models, const PlanOptions& o, std::size_t slot, std::size_t m) {
  if (!o.latency.empty()) return o.latency[slot][m];
  if (models[m].latency) return *models[m].latency;
  bad_model("model '" + models[m].name + "' has no latency, which a latency limit needs");
}

/// Which models a slot may use, as a key: slots with one key share a hull.
std::vector<char> usable_in(const std::vector<Model>& models, const PlanOptions& o, std::size_t slot) {
  std::vector<char> use(models.size(), 1);
  double quickest = std::numeric_limits<double>::infinity();
  double best = -std::numeric_limits<double>::infinity();
  for (std::size_t m = 0; m < models.size(); ++m) {
    if (!o.latency_limit.empty()) {
      const Seconds latency = latency_of(models, o, slot, m);
      quickest = std::min(quickest, latency.count());
      if (!(latency <= of_slot(o.latency_limit, slot))) use[m] = 0;
    }
    best = std::max(best, models[m].accuracy);
    if (!o.accuracy_floor.empty() && !(models[m].accuracy >= of_slot(o.accuracy_floor, slot))) use[m] = 0;
  }
  if (std::find(use.begin(), use.end(), 1) != use.end()) return use;
  const std::string place = "slot " + std::to_string(slot) + ": no model is within its limits";
  if (!o.latency_limit.empty() && quickest > of_slot(o.latency_limit, slot).count()) {
    infeasible(place + "; the quickest takes " + numeric::text(quickest) + " s", "min_latency_s", quickest);
  }
  infeasible(place + "; the most accurate has " + numeric::text(best) + " points", "max_accuracy", best);
}

}  // namespace

std::vector<Crowd> crowds_of(const std::vector<Model>& models, const Slots& slots, const PlanOptions& o,
                             const std::vector<double>& demand) {
  const auto& c = slots.g_per_kwh;
  if (o.latency_limit.empty() && o.accuracy_floor.empty()) return {Crowd(hull(models, o.pue), c, demand)};
  check_length(o.latency_limit, slots.size(), "latency_limit");
  check_length(o.accuracy_floor, slots.size(), "accuracy_floor");
  if (!o.latency.empty() && o.latency.size() != slots.size()) bad_input("latency: give one list for each slot");
  for (std::size_t t = 0; t < o.latency.size(); ++t) {
    if (o.latency[t].size() != models.size()) {
      bad_input("latency[" + std::to_string(t) + "]: give one value for each model");
    }
  }
  struct Part {
    std::vector<double> c;
    std::vector<double> n;
    std::vector<std::size_t> slot;
  };
  std::map<std::vector<char>, Part> parts;
  for (std::size_t t = 0; t < slots.size(); ++t) {
    Part& part = parts[usable_in(models, o, t)];
    part.c.push_back(c[t]), part.n.push_back(demand[t]), part.slot.push_back(t);
  }
  std::vector<Crowd> crowds;
  for (const auto& [use, part] : parts) crowds.emplace_back(hull(models, o.pue, use), part.c, part.n, part.slot);
  return crowds;
}

}  // namespace co2lib::adaptive::detail
