// SPDX-License-Identifier: MIT
// Each slot is a crowd of its own for the solver: its hull is over the pairs' grams per request, its intensity 1.
#include <co2lib/adaptive/pairs.hpp>

#include <algorithm>
#include <span>
#include <utility>

#include "steps.hpp"

namespace co2lib::adaptive {

namespace {

using detail::bad_input;
using detail::Crowd;
using detail::Filling;
using detail::Limit;

void check_region(const ServingRegion& r, const ServingRegion& first, std::size_t models) {
  const std::string field = "region '" + r.name + "'.";
  detail::all_not_negative(r.intensity.g_per_kwh, field + "intensity");
  if (!(r.pue >= 1) || std::isinf(r.pue)) {
    bad_input(field + "pue: " + numeric::text(r.pue) + " is not a finite number >= 1");
  }
  detail::not_negative(r.transfer.joules(), field + "transfer");
  detail::not_negative(r.transfer_intensity.g_per_kwh(), field + "transfer_intensity");
  if (!r.energy.empty() && r.energy.size() != models) {
    bad_input(field + "energy: " + std::to_string(r.energy.size()) + " values for " + std::to_string(models) +
              " models; give one for each");
  }
  for (const Energy& e : r.energy) detail::positive(e.kwh(), field + "energy");
  const Slots& mine = r.intensity;
  const Slots& theirs = first.intensity;
  if (mine.size() != theirs.size() || mine.step != theirs.step ||
      (mine.start && theirs.start && *mine.start != *theirs.start)) {
    bad_input(field + "intensity: its slots are not those of '" + first.name + "'; cut the traces to one time");
  }
  if (!mine.basis.empty() && !theirs.basis.empty() && mine.basis != theirs.basis) {
    throw Error("intensity.mixed_signals", "region '" + r.name + "': its intensities are " + mine.basis +
                                               ", those of '" + first.name + "' " + theirs.basis +
                                               "; compare like with like");
  }
}

void check_regions(const std::vector<ServingRegion>& regions, std::size_t models) {
  if (regions.empty()) bad_input("regions: there is none; give at least one");
  for (std::size_t i = 0; i < regions.size(); ++i) {
    check_region(regions[i], regions[0], models);
    for (std::size_t k = 0; k < i; ++k) {
      if (regions[k].name == regions[i].name) bad_input("region '" + regions[i].name + "': the name is given twice");
    }
  }
}

/// Grams of a request by pair: region after region, all models of each.
std::vector<double> costs_of(const std::vector<Model>& models, std::span<const ServingRegion> regions,
                             std::size_t slot) {
  std::vector<double> grams;
  for (const ServingRegion& r : regions) {
    const double way = numeric::product(r.transfer.kwh(), r.transfer_intensity.g_per_kwh());
    const double c = numeric::product(r.intensity.g_per_kwh[slot], r.pue);
    for (std::size_t m = 0; m < models.size(); ++m) {
      const Energy e = r.energy.empty() ? models[m].energy : r.energy[m];
      grams.push_back(numeric::product(c, e.kwh()) + way);
    }
  }
  return grams;
}

Hull hull_of(const std::vector<Model>& models, const std::vector<double>& grams) {
  std::vector<double> accuracy;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < grams.size(); ++i) {
    order.push_back(i);
    accuracy.push_back(models[i % models.size()].accuracy);
  }
  numeric::stable_sort(order, [&](std::size_t a, std::size_t b) {
    if (grams[a] != grams[b]) return grams[a] < grams[b];
    return accuracy[a] > accuracy[b];
  });
  return detail::upper_hull(order, grams, accuracy, [&](std::size_t m, std::size_t before) {
    detail::bad_model("models '" + models[m % models.size()].name + "' and '" + models[before % models.size()].name +
                      "': their carbon is too close to compare them");
  });
}

std::vector<Crowd> crowds_of_slots(const std::vector<Model>& models, std::span<const ServingRegion> regions,
                                   const std::vector<double>& demand) {
  std::vector<Crowd> crowds;
  const double one = 1;
  for (std::size_t t = 0; t < demand.size(); ++t) {
    crowds.emplace_back(hull_of(models, costs_of(models, regions, t)), std::span(&one, 1), std::span(&demand[t], 1),
                        std::span(&t, 1));
  }
  return crowds;
}

double least_of(const std::vector<Crowd>& crowds) {
  numeric::Sum least;
  for (const Crowd& x : crowds) least += x.least_carbon();
  return least.value();
}

}  // namespace

PairsPlan plan_where(const std::vector<Model>& models, const std::vector<ServingRegion>& regions, CarbonMass budget,
                     const std::vector<double>& demand) {
  check_models(models);
  check_regions(regions, models.size());
  const std::vector<double> n = demand_of(regions[0].intensity.size(), demand);
  const double limit = detail::not_negative(budget.grams(), "budget");
  const std::vector<Crowd> crowds = crowds_of_slots(models, regions, n);
  const double least = least_of(crowds);
  if (detail::below(limit, least)) {
    detail::infeasible("budget: " + numeric::text(limit) + " g is below the least carbon " + numeric::text(least) +
                           " g, which the cheapest model and region of each slot need",
                       "min_carbon_g", least);
  }
  const Filling f = detail::fill(crowds, Limit::carbon, std::max(limit, least));
  PairsPlan p{.accuracy = f.points / f.requests,
              .carbon = CarbonMass::from_grams(f.carbon),
              .lambda_per_g = f.lambda,
              .mixes = {},
              .least_carbon = CarbonMass::from_grams(least),
              .alone = {}};
  const auto pair = [&](std::size_t i) { return RegionModel{i / models.size(), i % models.size()}; };
  std::vector<std::size_t> level(crowds.size(), 0);
  for (std::size_t t = 0; t < crowds.size(); ++t) {
    for (const std::size_t count : f.counts[t]) level[t] += count;
  }
  for (const detail::Upgrade& u : f.taken) ++level[u.crowd];
  for (std::size_t t = 0; t < crowds.size(); ++t) {
    const RegionModel at = pair(crowds[t].hull.models[level[t]]);
    p.mixes.push_back({at, at, 0});
  }
  if (f.part) {
    const auto& [u, share] = *f.part;
    p.mixes[u.crowd] = {pair(crowds[u.crowd].hull.models[u.j]), pair(crowds[u.crowd].hull.models[u.j + 1]), share};
  }
  for (const ServingRegion& r : regions) {
    const std::vector<Crowd> here = crowds_of_slots(models, std::span(&r, 1), n);
    const double need = least_of(here);
    if (detail::below(limit, need)) {
      p.alone.emplace_back(std::nullopt);
      continue;
    }
    const Filling only = detail::fill(here, Limit::carbon, std::max(limit, need));
    p.alone.emplace_back(only.points / only.requests);
  }
  return p;
}

}  // namespace co2lib::adaptive
