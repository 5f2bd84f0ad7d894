// SPDX-License-Identifier: MIT
// The plan: which share of each slot's requests which model serves, for a carbon budget, an accuracy or a price.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/adaptive/model.hpp>
#include <co2lib/adaptive/policy.hpp>
#include <co2lib/adaptive/slots.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// What to plan for: exactly one of `budget`, `accuracy` and `price`.
struct PlanOptions {
  std::vector<double> demand{};          ///< requests per slot; default one each
  std::optional<CarbonMass> budget{};    ///< of all requests together
  std::optional<double> accuracy{};      ///< mean per request that is to be reached, points
  std::optional<double> price{};         ///< lambda, points per g
  double pue = 1;                        ///< >= 1; energies of the models are without it
  Power idle{};                          ///< drawn whichever model serves: counted apart, never optimised
  std::vector<Seconds> latency_limit{};  ///< one for all slots, or one for each; drops models
  std::vector<double> accuracy_floor{};  ///< the same
  /// Latency by slot and model, from a queue estimate of the caller (p95, say); default: `Model::latency`.
  std::vector<std::vector<Seconds>> latency{};
};

/// How the requests of one slot are served: a share of them by `upgraded`, the others by `model`.
struct Mix {
  std::size_t model = 0;     ///< index into the list of models
  std::size_t upgraded = 0;  ///< index into the list of models; `model` where nothing is upgraded
  double share = 0;          ///< of the requests that `upgraded` serves, in [0, 1]

  bool operator==(const Mix&) const = default;
};

/// A way to serve that the plan is compared with.
struct Baseline {
  std::string name{};   ///< for people; a model's name
  double accuracy = 0;  ///< mean per request, points
  CarbonMass carbon{};  ///< of all requests, PUE included

  bool operator==(const Baseline&) const = default;
};

/// When one model for all slots is already optimal.
struct StaticOptimal {
  double ratio_of_intensity = 1;            ///< max c / min c over slots with requests; infinite for min c = 0
  std::optional<double> ratio_of_slopes{};  ///< s_(j-1) / s_j; none (infinite) at both ends of the hull, 0 off it
  bool optimal = false;                     ///< ratio_of_intensity is not above ratio_of_slopes
};

/// Which model serves how many requests of each slot, and what that is worth.
struct Plan {
  std::vector<Model> models{};         ///< as given
  Hull hull{};                         ///< of all models
  Slots slots{};                       ///< as given
  std::vector<double> demand{};        ///< requests by slot
  std::optional<CarbonMass> budget{};  ///< none for a plan at a given accuracy
  double pue = 1;                      ///< facility energy / IT energy, >= 1

  double accuracy = 0;       ///< mean per request
  CarbonMass carbon{};       ///< of the requests
  double lambda_per_g = 0;   ///< points per g
  CarbonMass idle{};         ///< of idle power, besides
  std::vector<Mix> mixes{};  ///< by slot

  double agnostic_accuracy = 0;    ///< of the same mix in every slot, at the budget (at `carbon` without one)
  CarbonMass agnostic_carbon{};    ///< of the same mix in every slot at the plan's accuracy
  CarbonMass least_carbon{};       ///< of all requests by the smallest model
  std::optional<double> saving{};  ///< 1 - carbon / agnostic_carbon; none where that is 0
  std::optional<double> saving_at_agnostic_accuracy{};  ///< 1 - least carbon for it / carbon of that mix
  std::vector<Baseline> singles{};                      ///< each model alone
  /// The carbon of the same decisions under the ends of the forecast's interval.
  std::optional<Interval<CarbonMass>> carbon_interval{};

  /// How one slot is served, counted from 0; `adaptive.bad_input` beyond the last.
  [[nodiscard]] const Mix& mix(std::size_t slot) const;
  /// The one-parameter policy with the plan's lambda; it needs no trace.
  [[nodiscard]] Policy policy() const { return Policy(hull, lambda_per_g); }
  /// Intensities at which the policy changes its model, g/kWh, falling; empty: it never does.
  [[nodiscard]] std::vector<double> thresholds_g_per_kwh() const { return policy().thresholds_g_per_kwh(); }
  /// Requests times mean accuracy over carbon of `mixes` under other intensities (the truth of a forecast).
  [[nodiscard]] CarbonMass carbon_under(const Slots& truth) const;
};

/// Solves the linear program: the greatest mean accuracy for a carbon budget, the least carbon for an accuracy, or the
/// best trade at a price lambda (docs/adaptive.md, "The plan").
///
/// Throws `adaptive.bad_model`, `adaptive.bad_input` naming field and position, and `adaptive.infeasible` with
/// `min_carbon_g` (a budget below the least carbon), `max_accuracy` (an accuracy above the best) or
/// `min_latency_s` (no model of a slot within its limit).
[[nodiscard]] Plan plan(const std::vector<Model>& models, const Slots& slots, const PlanOptions& options);

/// Whether always serving `model` is optimal: iff max c / min c is not above the ratio of the slopes on its two sides.
[[nodiscard]] StaticOptimal static_optimal(const std::vector<Model>& models, const Slots& slots, std::string_view model,
                                           const std::vector<double>& demand = {});

/// The carbon-agnostic mix: the same in every slot. Its accuracy at a carbon, g, and its carbon at an accuracy.
[[nodiscard]] double agnostic_accuracy(const Hull& hull, double carbon_g, double requests_times_g_per_kwh);
/// Carbon, g, of the agnostic mix at an accuracy, points; NaN beyond the hull.
[[nodiscard]] double agnostic_carbon_g(const Hull& hull, double accuracy, double requests_times_g_per_kwh);

/// The saving of `less` over `more`, 1 - less / more; none where `more` is not above 0.
[[nodiscard]] inline std::optional<double> saving(double less, double more) {
  return more > 0 ? std::optional(1 - less / more) : std::nullopt;
}

}  // namespace co2lib::adaptive
