// SPDX-License-Identifier: MIT
// Requests that differ: classes of requests with models of their own, one budget and one price of carbon.
#pragma once

#include <string>
#include <vector>

#include <co2lib/adaptive/pacer.hpp>
#include <co2lib/adaptive/plan.hpp>
#include <co2lib/adaptive/slots.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// What drops models of a class from slots, as in `PlanOptions`: a limit of latency (of p95, say), by the caller's
/// queue estimate for each slot and model of the class, and a least accuracy.
struct ClassLimits {
  std::vector<Seconds> latency_limit{};         ///< one for all slots, or one for each; empty: none
  std::vector<std::vector<Seconds>> latency{};  ///< by slot and model; default: `Model::latency`
  std::vector<double> accuracy_floor{};         ///< one for all slots, or one for each; empty: none
};

/// A plan for several classes, and where its gain comes from.
struct ClassesPlan {
  double accuracy = 0;                    ///< mean per request of all classes
  CarbonMass carbon{};                    ///< of all requests of all classes, PUE included
  double lambda_per_g = 0;                ///< one for all classes
  std::vector<std::vector<Mix>> mixes{};  ///< by class and slot
  std::vector<Policy> policies{};         ///< by class, with that lambda

  double smallest_accuracy = 0;  ///< each class by its first vertex
  CarbonMass least_carbon{};     ///< of all requests, each by the smallest model of its class
  double agnostic_accuracy = 0;  ///< each class by one mix for all slots, the best at this budget
  double right_sizing = 0;       ///< agnostic_accuracy - smallest_accuracy: what needs no carbon signal
  double because_of_carbon = 0;  ///< accuracy - agnostic_accuracy
};

/// The plan over (class, model) pairs: the greedy of `plan` over the hulls of all classes, with one lambda.
///
/// `demand` is by class and slot, `limits` by class (empty: none). Where limits leave slots different models, the
/// agnostic mix is one for all slots with the same models. Throws as `plan`; `adaptive.infeasible` with `min_carbon_g`.
[[nodiscard]] ClassesPlan plan_classes(const std::vector<RequestClass>& classes, const Slots& slots,
                                       const std::vector<std::vector<double>>& demand, CarbonMass budget,
                                       double pue = 1, const std::vector<ClassLimits>& limits = {});

}  // namespace co2lib::adaptive
