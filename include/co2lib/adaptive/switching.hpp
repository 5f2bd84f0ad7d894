// SPDX-License-Identifier: MIT
// Plans where a change of model costs energy (loading, warm-up).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <co2lib/adaptive/model.hpp>
#include <co2lib/adaptive/slots.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// What a change of model costs, and what is asked of the plan.
struct SwitchOptions {
  Energy cost{};                         ///< per change, >= 0; priced at the intensity of the slot switched into
  std::vector<double> demand{};          ///< requests per slot; default one each
  std::optional<std::size_t> initial{};  ///< the model before the first slot; without it the first choice is free
  double pue = 1;                        ///< facility energy / IT energy, >= 1
};

/// One model for each slot, switches charged.
struct SwitchPlan {
  std::vector<std::size_t> models{};  ///< by slot, whole slots only
  double objective = 0;               ///< points: sum of n (a - lambda c e) - lambda c cost per change
  std::size_t switches = 0;           ///< changes that are charged, the one from the initial model too
  double accuracy = 0;                ///< mean per request
  CarbonMass carbon{};                ///< of the requests and the switches
  CarbonMass switching{};             ///< of the switches
  double lambda_per_g = 0;            ///< that it was made with, or found, points per g
};

/// The greatest objective over all sequences of models, by dynamic programming: O(T K) time, T K bytes.
///
/// Ties keep the model, else take the smaller energy. Throws as `hull`; `adaptive.bad_input` for a lambda or cost below
/// 0 or not finite, more than 256 models; `adaptive.bad_model` for an initial model that is not in the list.
[[nodiscard]] SwitchPlan switch_plan(const std::vector<Model>& models, const Slots& slots, double lambda_per_g,
                                     const SwitchOptions& options = {});

/// The plan with the least lambda, by bisection, whose carbon fits the budget. A heuristic: with whole slots and
/// switches the carbon jumps, and some of the budget may be left.
///
/// `adaptive.infeasible` with `min_carbon_g`, the least that the bisection found.
[[nodiscard]] SwitchPlan switch_plan_for_budget(const std::vector<Model>& models, const Slots& slots, CarbonMass budget,
                                                const SwitchOptions& options = {});

}  // namespace co2lib::adaptive
