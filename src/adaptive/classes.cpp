// SPDX-License-Identifier: MIT
#include <co2lib/adaptive/classes.hpp>

#include <algorithm>
#include <utility>

#include "crowds.hpp"
#include "steps.hpp"

namespace co2lib::adaptive {

namespace {

using detail::Crowd;
using detail::Filling;
using detail::Limit;

/// Each part as one slot of its mean intensity: one mix for all of its slots is a choice for that one.
std::vector<Crowd> without_time(const std::vector<Crowd>& crowds) {
  std::vector<Crowd> means;
  for (const Crowd& x : crowds) {
    const double n = x.requests.back();
    const double c = x.carbon.back() / n;
    means.emplace_back(x.hull, std::span(&c, 1), std::span(&n, 1));
  }
  return means;
}

/// What each slot does; slots without requests do what the class's policy says.
void fill_mixes(ClassesPlan& p, const std::vector<Crowd>& crowds, const std::vector<std::size_t>& kind,
                const Filling& f, const Slots& slots) {
  for (const Policy& policy : p.policies) {
    std::vector<Mix>& mixes = p.mixes.emplace_back(slots.size());
    for (std::size_t t = 0; t < slots.size(); ++t) {
      const std::size_t m = policy.choose(CarbonIntensity::from_g_per_kwh(slots.g_per_kwh[t]));
      mixes[t] = {m, m, 0};
    }
  }
  for (std::size_t i = 0; i < crowds.size(); ++i) {
    std::vector<std::size_t> levels(crowds[i].c.size(), 0);
    for (const std::size_t count : f.counts[i]) {
      for (std::size_t at = 0; at < count; ++at) ++levels[at];
    }
    for (const detail::Upgrade& u : f.taken) {
      if (u.crowd == i) ++levels[u.at];
    }
    for (std::size_t at = 0; at < levels.size(); ++at) {
      const std::size_t m = crowds[i].hull.models[levels[at]];
      p.mixes[kind[i]][crowds[i].slot[at]] = {m, m, 0};
    }
  }
  if (f.part) {
    const auto& [u, share] = *f.part;
    const auto& on = crowds[u.crowd].hull.models;
    p.mixes[kind[u.crowd]][u.slot] = {on[u.j], on[u.j + 1], share};
  }
}

}  // namespace

ClassesPlan plan_classes(const std::vector<RequestClass>& classes, const Slots& slots,
                         const std::vector<std::vector<double>>& demand, CarbonMass budget, double pue,
                         const std::vector<ClassLimits>& limits) {
  if (classes.empty()) detail::bad_model("there are no classes of requests; give at least one");
  if (demand.size() != classes.size()) {
    detail::bad_input("demand: " + std::to_string(demand.size()) + " lists for " + std::to_string(classes.size()) +
                      " classes; give one for each");
  }
  if (!limits.empty() && limits.size() != classes.size()) {
    detail::bad_input("limits: " + std::to_string(limits.size()) + " for " + std::to_string(classes.size()) +
                      " classes; give one for each, or none");
  }
  detail::all_not_negative(slots.g_per_kwh, "intensity");
  const double limit = detail::not_negative(budget.grams(), "budget");
  ClassesPlan p;
  std::vector<Crowd> crowds;
  std::vector<std::size_t> kind;  // of each crowd
  double least = 0;
  double first = 0;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    PlanOptions o{.pue = pue};
    if (!limits.empty()) {
      o.latency_limit = limits[k].latency_limit;
      o.latency = limits[k].latency;
      o.accuracy_floor = limits[k].accuracy_floor;
    }
    for (Crowd& x : detail::crowds_of(classes[k].models, slots, o, demand_of(slots.size(), demand[k]))) {
      if (x.c.empty()) continue;  // without requests
      least += x.least_carbon();
      first += x.hull.accuracy.front() * x.requests.back();
      crowds.push_back(std::move(x));
      kind.push_back(k);
    }
  }
  if (detail::below(limit, least)) {
    detail::infeasible("budget: " + numeric::text(limit) + " g is below the least carbon " + numeric::text(least) +
                           " g, which the smallest models need",
                       "min_carbon_g", least);
  }
  const Filling f = detail::fill(crowds, Limit::carbon, std::max(limit, least));
  const std::vector<Crowd> means = without_time(crowds);
  const Filling agnostic = detail::fill(means, Limit::carbon, std::max(limit, least));
  p.accuracy = f.points / f.requests;
  p.carbon = CarbonMass::from_grams(f.carbon);
  p.lambda_per_g = f.lambda;
  p.smallest_accuracy = first / f.requests;
  p.least_carbon = CarbonMass::from_grams(least);
  p.agnostic_accuracy = agnostic.points / agnostic.requests;
  p.right_sizing = p.agnostic_accuracy - p.smallest_accuracy;
  p.because_of_carbon = p.accuracy - p.agnostic_accuracy;
  for (const RequestClass& x : classes) p.policies.emplace_back(hull(x.models, pue), f.lambda);
  fill_mixes(p, crowds, kind, f, slots);
  return p;
}

}  // namespace co2lib::adaptive
