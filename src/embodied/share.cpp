// SPDX-License-Identifier: MIT
#include <co2lib/embodied/bom.hpp>

#include "embodied/footprint.hpp"

namespace co2lib::embodied {

Estimate<CarbonMass> share(const BomFootprint& footprint, const ShareOptions& options, const Factor& lifetime) {
  check_factor(lifetime, "lifetime_years");
  if (!(lifetime.lower() > 0)) out_of_range("lifetime_years must be above 0");
  const AmortiseOptions convention{
      .year_hours = options.year_hours, .utilisation = options.utilisation, .resource_share = options.resource_share};
  const double hours = options.reserved.count() / 3600;
  const auto part = [&](double kg, double years) {
    return CarbonMass::from_kilograms(amortise(kg, hours, years, convention));
  };
  Estimate<CarbonMass> result;
  result.issues = footprint.issues;
  result.sources = footprint.sources;
  if (!footprint.value || !footprint.bounds) return result;
  result.value = part(footprint.value->kilograms(), lifetime.value);
  result.bounds = Interval<CarbonMass>{part(footprint.bounds->low.kilograms(), lifetime.upper()),
                                       part(footprint.bounds->high.kilograms(), lifetime.lower()), 1.0};
  if (footprint.draws_kg.size() > 1) {
    std::vector<double> shares(footprint.draws_kg.size(), lifetime.value);
    if (lifetime.varies()) {
      draw_block({.factor = lifetime, .hash = random::fnv1a(lifetime.id)}, footprint.seed, 0, shares);
    }
    for (std::size_t d = 0; d < shares.size(); ++d) {
      shares[d] = amortise(footprint.draws_kg[d], hours, shares[d], convention);
    }
    const Moments m = moments_of(shares);
    result.interval = Interval<CarbonMass>{CarbonMass::from_kilograms(m.p5), CarbonMass::from_kilograms(m.p95), 0.9};
  }
  return result;
}

Estimate<CarbonMass> share(const BomFootprint& footprint, const ShareOptions& options) {
  if (options.lifetime_years) {
    return share(footprint, options, Factor{.id = "lifetime", .value = *options.lifetime_years, .unit = "year"});
  }
  if (footprint.lifetime) return share(footprint, options, *footprint.lifetime);
  throw Error("embodied.bad_bom",
              "no lifetime is given: set lifetime_years in the call or in the bill of materials (servers: 4, 3 to 6)");
}

}  // namespace co2lib::embodied
