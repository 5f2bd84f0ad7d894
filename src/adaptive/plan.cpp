// SPDX-License-Identifier: MIT
#include <co2lib/adaptive/plan.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "crowds.hpp"
#include "steps.hpp"

namespace co2lib::adaptive {

namespace {

using detail::bad_input;
using detail::Crowd;
using detail::crowds_of;
using detail::Filling;
using detail::Limit;

Filling solve(const std::vector<Crowd>& crowds, const PlanOptions& o) {
  if (int{o.budget.has_value()} + int{o.accuracy.has_value()} + int{o.price.has_value()} != 1) {
    bad_input("give exactly one of budget, accuracy and price");
  }
  double least = 0;
  double requests = 0;
  double most = 0;  // requests x accuracy
  for (const Crowd& x : crowds) {
    least += x.least_carbon();
    requests += x.requests.back();
    most += numeric::product(x.requests.back(), x.hull.accuracy.back());
    if (!std::isfinite(x.hull.energy_kwh.back() * x.carbon.back())) {
      bad_input("the carbon of all requests is beyond every number; check units of energy and demand");
    }
  }
  if (o.budget) {
    const double budget = detail::not_negative(o.budget->grams(), "budget");
    if (detail::below(budget, least)) {
      detail::infeasible("budget: " + numeric::text(budget) + " g is below the least carbon " + numeric::text(least) +
                             " g, which the smallest model needs",
                         "min_carbon_g", least);
    }
    return detail::fill(crowds, Limit::carbon, std::max(budget, least));
  }
  if (o.accuracy) {
    if (!std::isfinite(*o.accuracy)) bad_input("accuracy: it is not a finite number");
    const double best = most / requests;
    if (detail::below(best, *o.accuracy)) {
      detail::infeasible("accuracy: " + numeric::text(*o.accuracy) + " is above the best " + numeric::text(best) +
                             ", with the largest model everywhere",
                         "max_accuracy", best);
    }
    return detail::fill(crowds, Limit::points, *o.accuracy * requests);
  }
  if (!(*o.price >= 0)) bad_input("price: " + numeric::text(*o.price) + " is not a number >= 0");
  return detail::fill_at(crowds, *o.price);
}

/// What each slot does; slots without requests do what the policy says.
std::vector<Mix> mixes_of(const std::vector<Crowd>& crowds, const Filling& f, const Slots& slots,
                          const std::vector<Model>& models, const PlanOptions& o) {
  const Policy policy(hull(models, o.pue), f.lambda);
  std::vector<Mix> mixes(slots.size());
  for (std::size_t t = 0; t < slots.size(); ++t) {
    const std::size_t m = policy.choose(CarbonIntensity::from_g_per_kwh(slots.g_per_kwh[t]));
    mixes[t] = {m, m, 0};
  }
  std::vector<std::vector<std::size_t>> levels(crowds.size());
  for (std::size_t i = 0; i < crowds.size(); ++i) {
    levels[i].resize(crowds[i].c.size());
    for (const std::size_t n : f.counts[i]) {
      for (std::size_t at = 0; at < n; ++at) ++levels[i][at];
    }
  }
  for (const detail::Upgrade& u : f.taken) ++levels[u.crowd][u.at];
  for (std::size_t i = 0; i < crowds.size(); ++i) {
    for (std::size_t at = 0; at < levels[i].size(); ++at) {
      const std::size_t m = crowds[i].hull.models[levels[i][at]];
      mixes[crowds[i].slot[at]] = {m, m, 0};
    }
  }
  if (f.part) {
    const auto& [u, share] = *f.part;
    const auto& on = crowds[u.crowd].hull.models;
    mixes[u.slot] = {on[u.j], on[u.j + 1], share};
  }
  return mixes;
}

double sum_of_products(const std::vector<double>& a, const std::vector<double>& b) {
  numeric::Sum sum;
  for (std::size_t i = 0; i < a.size(); ++i) sum += numeric::product(a[i], b[i]);
  return sum.value();
}

void compare(Plan& p, const PlanOptions& o) {
  const double exposure = sum_of_products(p.demand, p.slots.g_per_kwh);  // requests x g/kWh
  const double budget = o.budget ? std::max(o.budget->grams(), p.least_carbon.grams()) : p.carbon.grams();
  for (const Model& m : p.models) {
    p.singles.push_back({m.name, m.accuracy, CarbonMass::from_grams(m.energy.kwh() * o.pue * exposure)});
  }
  p.agnostic_accuracy = agnostic_accuracy(p.hull, budget, exposure);
  const double same = agnostic_carbon_g(p.hull, p.accuracy, exposure);
  p.agnostic_carbon = CarbonMass::from_grams(same);
  p.saving = saving(p.carbon.grams(), same);
  const Crowd all(p.hull, p.slots.g_per_kwh, p.demand);
  const Filling least = detail::fill({&all, 1}, Limit::points, p.agnostic_accuracy * all.requests.back());
  p.saving_at_agnostic_accuracy = saving(least.carbon, agnostic_carbon_g(p.hull, p.agnostic_accuracy, exposure));
  const double kw_h = o.idle.kilowatts() * p.slots.step_h() * o.pue;
  for (const double c : p.slots.g_per_kwh) p.idle += CarbonMass::from_grams(kw_h * c);
}

}  // namespace

double agnostic_accuracy(const Hull& hull, double carbon_g, double requests_times_g_per_kwh) {
  if (!(requests_times_g_per_kwh > 0)) return hull.accuracy.back();
  return hull.accuracy_at(carbon_g / requests_times_g_per_kwh);
}

double agnostic_carbon_g(const Hull& hull, double accuracy, double requests_times_g_per_kwh) {
  return hull.energy_at(accuracy) * requests_times_g_per_kwh;
}

const Mix& Plan::mix(std::size_t slot) const {
  if (slot >= mixes.size()) {
    bad_input("slot: " + std::to_string(slot) + " is beyond the last of " + std::to_string(mixes.size()));
  }
  return mixes[slot];
}

CarbonMass Plan::carbon_under(const Slots& truth) const {
  if (truth.size() != mixes.size()) {
    bad_input("intensity: " + std::to_string(truth.size()) + " slots for a plan of " + std::to_string(mixes.size()));
  }
  numeric::Sum grams;
  for (std::size_t t = 0; t < mixes.size(); ++t) {
    const Mix& m = mixes[t];
    const double e = models[m.model].energy.kwh();
    const double kwh = (e + numeric::product(m.share, models[m.upgraded].energy.kwh() - e)) * pue;
    grams += numeric::product(numeric::product(demand[t], truth.g_per_kwh[t]), kwh);
  }
  return CarbonMass::from_grams(grams.value());
}

Plan plan(const std::vector<Model>& models, const Slots& slots, const PlanOptions& options) {
  Plan p;
  p.hull = hull(models, options.pue);
  detail::all_not_negative(slots.g_per_kwh, "intensity");
  detail::not_negative(options.idle.watts(), "idle");
  p.models = models, p.slots = slots, p.pue = options.pue, p.budget = options.budget;
  p.demand = demand_of(slots.size(), options.demand);
  const std::vector<Crowd> crowds = crowds_of(models, slots, options, p.demand);
  const Filling f = solve(crowds, options);
  p.accuracy = f.points / f.requests;
  p.carbon = CarbonMass::from_grams(f.carbon);
  p.lambda_per_g = f.lambda;
  double least = 0;
  for (const Crowd& x : crowds) least += x.least_carbon();
  p.least_carbon = CarbonMass::from_grams(least);
  p.mixes = mixes_of(crowds, f, slots, models, options);
  compare(p, options);
  if (slots.forecast && !slots.low.empty()) {
    p.carbon_interval = {p.carbon_under(Slots(slots.low)), p.carbon_under(Slots(slots.high)), 0.9};
  }
  return p;
}

StaticOptimal static_optimal(const std::vector<Model>& models, const Slots& slots, std::string_view model,
                             const std::vector<double>& demand) {
  const Hull h = hull(models);
  const std::size_t wanted = index_of(models, model);
  detail::all_not_negative(slots.g_per_kwh, "intensity");
  const std::vector<double> n = demand_of(slots.size(), demand);
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (std::size_t t = 0; t < slots.size(); ++t) {
    if (n[t] > 0) low = std::min(low, slots.g_per_kwh[t]), high = std::max(high, slots.g_per_kwh[t]);
  }
  StaticOptimal result;
  result.ratio_of_intensity = low > 0 ? high / low : std::numeric_limits<double>::infinity();
  const auto found = std::find(h.models.begin(), h.models.end(), wanted);
  if (found == h.models.end()) {
    result.ratio_of_slopes = 0;
    return result;
  }
  const auto j = static_cast<std::size_t>(found - h.models.begin());
  if (j > 0 && j + 1 < h.size()) result.ratio_of_slopes = h.slopes[j - 1] / h.slopes[j];
  result.optimal = !result.ratio_of_slopes || detail::fits(result.ratio_of_intensity, *result.ratio_of_slopes);
  return result;
}

}  // namespace co2lib::adaptive
