// SPDX-License-Identifier: MIT
// Which model and where at once: (region, model) pairs as models, by what each costs in each slot.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/adaptive/model.hpp>
#include <co2lib/adaptive/slots.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// A region that can serve requests.
struct ServingRegion {
  std::string name{};            ///< by which results and messages name it
  Slots intensity{};             ///< of the region, slot by slot; all regions have the same slots
  double pue = 1;                ///< >= 1
  std::vector<Energy> energy{};  ///< per request by model, where its machines need another one; empty: the models'
  Energy transfer{};             ///< per request that is served here, for the way there and back
  CarbonIntensity transfer_intensity{};  ///< of the network
};

/// A model in a region, as indices.
struct RegionModel {
  std::size_t region = 0;  ///< in the list of regions
  std::size_t model = 0;   ///< in the list of models

  bool operator==(const RegionModel&) const = default;
};

/// How the requests of one slot are served: a share of them by `upgraded`, the others by `pair`.
struct PairMix {
  RegionModel pair{};      ///< serves the share that is left
  RegionModel upgraded{};  ///< serves `share`
  double share = 0;        ///< of the requests, in [0, 1]; 0: all by `pair`

  bool operator==(const PairMix&) const = default;
};

/// A plan over regions and models.
struct PairsPlan {
  double accuracy = 0;           ///< mean per request
  CarbonMass carbon{};           ///< of all requests and their transfer, PUE included
  double lambda_per_g = 0;       ///< points per g
  std::vector<PairMix> mixes{};  ///< by slot
  CarbonMass least_carbon{};     ///< the least that serves all requests
  /// Mean accuracy by region, if all is served there with the same budget; none where that is not enough.
  std::vector<std::optional<double>> alone{};
};

/// The greatest mean accuracy for a budget, over models and regions at once.
///
/// In slot t model m in region r costs c_rt PUE_r e_rm + transfer x its intensity, g per request; the optimum of the
/// linear program over all pairs, as `plan`, with a hull for each slot. `demand` is per slot, by default one request
/// each. Ties go to the region first given. A slot without requests serves the cheapest pair.
///
/// Throws `adaptive.bad_model`, `adaptive.bad_input` naming region and field (none, two of one name, other slots),
/// `intensity.mixed_signals` where traces differ in signal, scope or factor set, and `adaptive.infeasible` with
/// `min_carbon_g`.
[[nodiscard]] PairsPlan plan_where(const std::vector<Model>& models, const std::vector<ServingRegion>& regions,
                                   CarbonMass budget, const std::vector<double>& demand = {});

}  // namespace co2lib::adaptive
