// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <co2lib/exchange/documents.hpp>

namespace co2lib::exchange {

namespace {

bool same_run(const Disclosure& a, const Disclosure& b) { return a.run_id && b.run_id && *a.run_id == *b.run_id; }

/// Of entries one of which has no run id.
bool same_activity(const Disclosure& a, const Disclosure& b) {
  if (a.run_id && b.run_id) return false;
  if (!a.activity || !b.activity) {
    const auto& known = a.activity ? a.activity : b.activity;
    return known != Activity::inference;
  }
  return cyclonedx_word(*a.activity) == cyclonedx_word(*b.activity);
}

using Figure = std::pair<const char*, std::optional<double>>;

std::array<Figure, 4> figures(const Disclosure& d) {
  return {{{"energy_j", d.energy.joules()},
           {"facility_j", d.facility ? std::optional(d.facility->joules()) : std::nullopt},
           {"operational_g", d.operational.grams()},
           {"embodied_g", d.embodied.grams()}}};
}

void add_once(std::vector<std::string>& list, const char* name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.emplace_back(name);
}

}  // namespace

Comparison compare(const std::vector<Disclosure>& a, const std::vector<Disclosure>& b) {
  Comparison result;
  std::vector<bool> taken(b.size(), false);
  std::vector<const Disclosure*> partner(a.size(), nullptr);
  for (bool (*fits)(const Disclosure&, const Disclosure&) : {&same_run, &same_activity}) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size() && partner[i] == nullptr; ++j) {
        if (taken[j] || !fits(a[i], b[j])) continue;
        partner[i] = &b[j];
        taken[j] = true;
      }
    }
  }
  result.unpaired = static_cast<std::size_t>(std::count(partner.begin(), partner.end(), nullptr) +
                                             std::count(taken.begin(), taken.end(), false));
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (partner[i] == nullptr) continue;
      const auto [name, x] = figures(a[i])[k];
      const auto y = figures(*partner[i])[k].second;
      if (!x || !y) continue;
      add_once(result.compared, name);
      if (std::fabs(*x - *y) > 1e-9 * std::max(std::fabs(*x), std::fabs(*y))) add_once(result.differences, name);
    }
  }
  if (!result.compared.empty()) result.agree = result.differences.empty();
  return result;
}

}  // namespace co2lib::exchange
