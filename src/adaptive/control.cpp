// SPDX-License-Identifier: MIT
#include <co2lib/adaptive/control.hpp>

#include <algorithm>
#include <utility>

#include <co2lib/adaptive/plan.hpp>

#include "steering.hpp"

namespace co2lib::adaptive {

std::size_t allowed(const std::vector<Model>& models, std::size_t preferred, double budget_g, double spent_g,
                    double exposure, double rest_g, double pue, const std::vector<char>& use) {
  // From the preferred one down by energy; no list is made, there are a handful.
  const auto carbon = [&](std::size_t m) { return exposure * models[m].energy.kwh() * pue; };
  const auto usable = [&](std::size_t m) { return use.empty() || use[m] != 0; };
  std::size_t smallest = models.size();
  for (std::size_t m = 0; m < models.size(); ++m) {
    if (!usable(m)) continue;
    if (smallest == models.size() || models[m].energy < models[smallest].energy) smallest = m;
  }
  std::size_t best = smallest;
  for (std::size_t m = 0; m < models.size(); ++m) {
    if (!usable(m)) continue;
    if (models[m].energy > models[preferred].energy) continue;
    if (models[m].energy == models[preferred].energy && m != preferred) continue;
    if (!detail::fits(spent_g + carbon(m) + rest_g, budget_g)) continue;
    if (models[m].energy > models[best].energy || m == preferred) best = m;
  }
  return best;
}

Stopped hard_stop(const std::vector<Model>& models, const Slots& slots, const std::vector<double>& demand,
                  CarbonMass budget, const std::vector<std::size_t>& preferred) {
  const Hull h = hull(models);
  detail::all_not_negative(slots.g_per_kwh, "intensity");
  const std::vector<double> n = demand_of(slots.size(), demand);
  detail::not_negative(budget.grams(), "budget");
  if (preferred.size() != slots.size()) {
    detail::bad_input("preferred: " + std::to_string(preferred.size()) + " models for " + std::to_string(slots.size()) +
                      " slots; give one for each");
  }
  std::vector<double> rest(slots.size() + 1, 0);  // least carbon from a slot on
  for (std::size_t t = slots.size(); t-- > 0;) {
    rest[t] = rest[t + 1] + n[t] * slots.g_per_kwh[t] * h.energy_kwh.front();
  }
  Stopped result;
  double spent = 0;
  for (std::size_t t = 0; t < slots.size(); ++t) {
    if (preferred[t] >= models.size()) detail::bad_model("preferred[" + std::to_string(t) + "] is not in the list");
    const double exposure = n[t] * slots.g_per_kwh[t];
    const std::size_t m = allowed(models, preferred[t], budget.grams(), spent, exposure, rest[t + 1]);
    spent += exposure * models[m].energy.kwh();
    result.chosen.push_back(m);
  }
  result.carbon = CarbonMass::from_grams(spent);
  return result;
}

namespace {

/// Serves all requests of the open slot; returns requests x accuracy.
double serve(detail::Steering& steering, Diffusion& diffusion, double c, double n, double& energy) {
  const detail::Pick picked = steering.pick(0, c);
  const double upgraded = picked.share > 0 ? diffusion.spread(picked.share, n) : 0;
  double points = 0;
  energy = 0;
  const std::vector<Model>& models = steering.classes()[0].models;
  for (const auto& [level, count] : {std::pair(picked.level, n - upgraded), std::pair(picked.level + 1, upgraded)}) {
    if (!(count > 0)) continue;
    const std::size_t m = steering.model(0, level, c, count);
    steering.charge(0, m, c, count);
    points += count * models[m].accuracy;
    energy += count / n * steering.energy_kwh(0, m);
  }
  return points;
}

}  // namespace

Controlled control(const std::vector<Model>& models, const Slots& slots, CarbonMass budget,
                   const ControlOptions& options, const std::vector<double>& demand) {
  const std::vector<double> n = demand_of(slots.size(), demand);
  const Plan best = plan(models, slots, {.demand = demand, .budget = budget, .pue = options.pue});
  detail::Steering steering({{"", models}}, budget.grams(), slots.size(), options);
  steering.sees_demand = true;
  std::vector<double> rest(slots.size() + 1, 0);
  for (std::size_t t = slots.size(); t-- > 0;) {
    rest[t] = rest[t + 1] + n[t] * slots.g_per_kwh[t] * best.hull.energy_kwh.front();
  }
  Diffusion diffusion;
  Controlled result;
  numeric::Sum points;
  double exposure = 0;
  double requests = 0;
  double last = -1;
  for (std::size_t t = 0; t < slots.size(); ++t) {
    const double c = slots.g_per_kwh[t];
    steering.rest_g = rest[t + 1];
    steering.open(t, c, n[t]);
    double energy = last;
    double gained = 0;
    if (n[t] > 0) gained = serve(steering, diffusion, c, n[t], energy);
    points += gained;
    result.accuracy_by_slot.push_back(n[t] > 0 ? gained / n[t] : 0);
    if (last >= 0 && energy != last) ++result.switches;
    last = energy;
    result.energy_kwh.push_back(std::max(energy, 0.0));
    exposure += n[t] * c;
    requests += n[t];
  }
  result.accuracy = points.value() / requests;
  result.carbon = CarbonMass::from_grams(steering.state.spent);
  if (budget.grams() > 0) result.spend_over_budget = result.carbon / budget;
  const double first = best.hull.accuracy.front();
  if (detail::below(first, best.accuracy)) {
    result.share_of_gain = (result.accuracy - first) / (best.accuracy - first);
  }
  const CarbonMass spent = std::max(result.carbon, best.least_carbon);
  const double agnostic = agnostic_accuracy(best.hull, spent.grams(), exposure);
  const double optimum = plan(models, slots, {.demand = demand, .budget = spent, .pue = options.pue}).accuracy;
  if (detail::below(agnostic, optimum)) {
    result.gap_closed = (result.accuracy - agnostic) / (optimum - agnostic);
  }
  return result;
}

}  // namespace co2lib::adaptive
