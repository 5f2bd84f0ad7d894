// SPDX-License-Identifier: MIT
// Evaluation: a way to serve beside every baseline that shows what it is worth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/adaptive/control.hpp>
#include <co2lib/adaptive/plan.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// How far an algorithm is between a baseline and the optimum.
struct Comparison {
  std::optional<double> gap_closed{};  ///< (agnostic - C) / (agnostic - optimum); none where these coincide
  CarbonMass regret{};                 ///< C - optimum
  std::optional<double> ratio{};       ///< C / optimum; none for an optimum of 0
  std::optional<double> violation{};   ///< max(0, C / budget - 1); none for a budget of 0 that was broken
};

/// All carbon >= 0, else `adaptive.bad_input`.
[[nodiscard]] Comparison compare(CarbonMass algorithm, CarbonMass agnostic, CarbonMass optimum, CarbonMass budget);

/// What a row of a report is; a report without both agnostic mixes is refused.
enum class RowKind : std::uint8_t {
  policy,                  ///< what is reported on
  optimum,                 ///< the best accuracy for the same carbon, all intensities known
  agnostic_same_carbon,    ///< one mix for all slots that spends as much carbon
  agnostic_same_accuracy,  ///< one mix for all slots that is as accurate
  yesterday,               ///< the plan made on the intensities of 24 hours before
  single,                  ///< one model for everything
};
/// Texts of `RowKind`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(RowKind) noexcept {
  return texts("policy", "optimum", "agnostic_same_carbon", "agnostic_same_accuracy", "yesterday", "single");
}

/// One way to serve, in numbers.
struct ReportRow {
  RowKind kind = RowKind::policy;             ///< what it is
  std::string name{};                         ///< for people: the policy, the optimum, a model's name
  double accuracy = 0;                        ///< mean per request, points
  CarbonMass carbon{};                        ///< of all requests, PUE included
  std::optional<double> spend_over_budget{};  ///< carbon / budget; none without a budget, or for one of 0
};

/// One model that could serve everything, and what adapting can gain over it.
struct Vertex {
  std::string model{};             ///< its name
  StaticOptimal condition{};       ///< whether serving it alone is already optimal
  std::optional<double> saving{};  ///< at its accuracy, by the plan, over always serving it
};

/// What a report compares with.
struct ReportOptions {
  std::optional<Slots> decided_on{};           ///< another signal that decisions are taken on; scored with the slots
  std::uint64_t seed = 0;                      ///< of the bootstrap
  std::size_t resamples = 200;                 ///< of weeks; 0 for none
  std::string tuned_on{};                      ///< where parameters were tuned; empty: on these slots (in sample)
  std::optional<ControlOptions> controller{};  ///< a controller instead of the offline plan
};

/// A way to serve beside its baselines.
struct Report {
  std::vector<ReportRow> rows{};            ///< the policy first, then the baselines
  std::vector<Vertex> vertices{};           ///< of the hull, by energy
  std::optional<double> best_saving{};      ///< the largest over the agnostic mix at any accuracy
  Comparison carbon{};                      ///< against the agnostic mix of equal accuracy and its optimum
  std::optional<double> gap_in_accuracy{};  ///< (A - A_agnostic) / (A_opt - A_agnostic) at the carbon spent
  /// CEE of the policy / CEE of the model - 1, for every model but the smallest (a reconstructed metric).
  std::map<std::string, std::optional<double>> cee_improvement{};
  std::optional<double> saving{};                         ///< over the agnostic mix of equal accuracy
  std::optional<Interval<double>> saving_interval{};      ///< 95 %, block bootstrap over weeks
  std::optional<Interval<CarbonMass>> energy_interval{};  ///< carbon of the decisions, energies at their ends
  std::optional<CarbonMass> decided_on_other{};           ///< carbon, where decisions were taken on another signal
  double lambda_per_g = 0;                                ///< the policy's price of carbon, points per g
  std::vector<double> thresholds_g_per_kwh{};  ///< at which the policy changes its model, falling; empty: it never does
  CarbonMass idle{};                           ///< of the idle power over all slots, PUE included; not in any row
  bool in_sample = true;                       ///< parameters were tuned on these very slots
  std::string tuned_on{};                      ///< where parameters were tuned; empty: here
  bool forecast = false;                       ///< decided on a forecast
  std::vector<std::string> notes{};            ///< what a reader must know about these numbers

  /// The first row of a kind; `adaptive.bad_input` if there is none.
  [[nodiscard]] const ReportRow& row(RowKind kind) const;
};

/// Compares a plan, or a controller with its budget, with every single model, the carbon-agnostic mix at equal carbon
/// and at equal accuracy, yesterday's curve and the offline optimum.
[[nodiscard]] Report report(const Plan& plan, const ReportOptions& options = {});

/// Runs a controller over the slots with a budget, and reports on it. Throws as `plan` and `control`.
[[nodiscard]] Report evaluate(const std::vector<Model>& models, const Slots& slots, CarbonMass budget,
                              const ControlOptions& controller = {}, const std::vector<double>& demand = {},
                              const ReportOptions& options = {});

/// Its text, for people. A report without the agnostic mixes is refused (`adaptive.bad_input`): what is compared with
/// the largest model alone says little.
[[nodiscard]] std::string to_string(const Report& report);

}  // namespace co2lib::adaptive

namespace co2lib {
template <>
inline constexpr bool has_text<adaptive::Report> = true;
}  // namespace co2lib
