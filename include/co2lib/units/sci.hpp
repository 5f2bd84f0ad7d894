// SPDX-License-Identifier: MIT
// Room `units`: the score of the Software Carbon Intensity specification.
#pragma once

#include <cmath>

#include <co2lib/record.hpp>
#include <co2lib/units/quantity.hpp>

namespace co2lib {

/// Software carbon intensity in g CO2e per functional unit: (E * I + M) / R.
///
/// `energy` includes idle reserve and PUE; `intensity` is location-based; `embodied` is the share M; `functional_units`
/// is R > 0, otherwise the issue `bad_value`. Source: SCI specification 1.1 (ISO/IEC 21031:2024).
[[nodiscard]] inline Result<double> sci(Energy energy, CarbonIntensity intensity, CarbonMass embodied,
                                        double functional_units) {
  if (!(functional_units > 0) || !std::isfinite(functional_units)) {
    return Issue{"bad_value", "functional_units", "must be above 0"};
  }
  return (energy * intensity + embodied).grams() / functional_units;
}

/// The share of hardware's embodied carbon that a piece of software reserves: M = TE * (TiR / EL) * (RR / ToR).
///
/// `total` is TE, `reserved` and `lifespan` are TiR and EL, `resources` of `total_resources` are RR and ToR. EL and ToR
/// are above 0, the others not negative; otherwise the issue `bad_value`. Source: as `sci`.
[[nodiscard]] inline Result<CarbonMass> sci_embodied(CarbonMass total, Seconds reserved, Seconds lifespan,
                                                     double resources, double total_resources) {
  const auto bad = [](const char* what, const char* why) { return Issue{"bad_value", what, why}; };
  if (!(lifespan.count() > 0) || !std::isfinite(lifespan.count())) return bad("lifespan", "must be above 0");
  if (!(total_resources > 0) || !std::isfinite(total_resources)) return bad("total_resources", "must be above 0");
  if (!(reserved.count() >= 0) || !std::isfinite(reserved.count())) return bad("time_reserved", "must not be negative");
  if (!(resources >= 0) || !std::isfinite(resources)) return bad("resources_reserved", "must not be negative");
  if (!(total.grams() >= 0) || !std::isfinite(total.grams())) return bad("total_embodied", "must not be negative");
  return total * (reserved.count() / lifespan.count()) * (resources / total_resources);
}

}  // namespace co2lib
