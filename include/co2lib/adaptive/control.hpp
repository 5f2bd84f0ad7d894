// SPDX-License-Identifier: MIT
// Online control: which model now, when the intensities to come are unknown and a budget must last.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/adaptive/model.hpp>
#include <co2lib/adaptive/slots.hpp>
#include <co2lib/names.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// Who sets the price of carbon; docs/adaptive.md, "Serving", has the rules.
enum class Method : std::uint8_t {
  pacing,       ///< each 24 slots: the plan for the last 168 slots at the budget left per request
  mpc,          ///< each slot: the plan for the next 47 forecast slots, and the last 168 for those beyond
  primal_dual,  ///< each slot: lambda up where more was spent than the slot's part of the budget, down where less
};
/// Texts of `Method`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Method) noexcept { return texts("pacing", "mpc", "primal_dual"); }

/// How primal-dual changes lambda: by a factor (recommended), or by a part of its first value.
enum class Update : std::uint8_t {
  multiplicative,  ///< lambda times exp(eta x the relative overspend of the slot)
  additive,        ///< lambda plus eta x the first lambda x the relative overspend of the slot
};
/// Texts of `Update`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Update) noexcept { return texts("multiplicative", "additive"); }

/// How a controller decides.
struct ControlOptions {
  Method method = Method::pacing;             ///< who sets the price of carbon
  double pue = 1;                             ///< facility energy / IT energy, >= 1
  Update update = Update::multiplicative;     ///< of primal-dual
  double eta = 0.01;                          ///< of primal-dual, > 0
  std::optional<double> lambda0_per_g{};      ///< of primal-dual; default: of pacing, after 168 slots
  std::optional<double> requests_per_slot{};  ///< expected; default: the mean so far
  std::size_t window = 168;  ///< slots that pacing and MPC look back; longer: steadier, slower to learn
  /// Of pacing: slots that are planned beyond the end, at the budget's mean rate, so that a dirty or clean week near
  /// the end is not made up for in haste. 0: the budget is met most closely. For a year of a windy grid 1440 is better.
  std::size_t beyond = 0;
  bool hard_stop = false;  ///< see `allowed`
};

/// Slots that pacing and MPC look back.
inline constexpr std::size_t window_slots = 168;
inline constexpr std::size_t solve_every = 24;  ///< slots between two solves of pacing
inline constexpr std::size_t mpc_leads = 47;    ///< slots ahead of the present one that MPC plans for

/// Hard stop: the preferred model if `spent` + its carbon in this slot + the least carbon of the rest fits the budget;
/// else the next smaller in energy that does; the smallest always. Of models with 0 in `use` (empty: none) there are
/// none.
///
/// `exposure` is requests x g/kWh of the slot, `rest_g` the least carbon of the slots after it. Energies with `pue`.
[[nodiscard]] std::size_t allowed(const std::vector<Model>& models, std::size_t preferred, double budget_g,
                                  double spent_g, double exposure, double rest_g, double pue = 1,
                                  const std::vector<char>& use = {});

/// `allowed` slot by slot over known intensities: the models, by slot, and their carbon.
struct Stopped {
  std::vector<std::size_t> chosen{};  ///< index of the model in the list given, by slot
  CarbonMass carbon{};                ///< of the whole series, without PUE
};
/// Serves each slot with the model that `allowed` gives for the one `preferred` there. Without PUE. Throws as `hull`;
/// `adaptive.bad_input` for lists that are not as long as the slots, `adaptive.bad_model` for an index that is not in
/// the list.
[[nodiscard]] Stopped hard_stop(const std::vector<Model>& models, const Slots& slots, const std::vector<double>& demand,
                                CarbonMass budget, const std::vector<std::size_t>& preferred);

/// What a controller did over a series, beside what was possible.
struct Controlled {
  double accuracy = 0;                     ///< mean per request
  CarbonMass carbon{};                     ///< spent over the series, PUE included
  double spend_over_budget = 0;            ///< carbon / budget; 0 for a budget of 0
  std::optional<double> share_of_gain{};   ///< (A - a_1) / (A_opt - a_1), A_opt at the whole budget; above 1 only if
                                           ///< the budget was broken; none where there is no gain
  std::optional<double> gap_closed{};      ///< (A - A_agnostic) / (A_opt - A_agnostic), both at the carbon spent; none
                                           ///< where they coincide
  std::vector<double> energy_kwh{};        ///< mean energy per request by slot, PUE included
  std::vector<double> accuracy_by_slot{};  ///< mean per request by slot
  std::size_t switches = 0;                ///< slots whose mean choice differs from that of the slot before
};

/// Runs a controller over a series that it sees slot by slot. Throws as `plan` with that budget.
[[nodiscard]] Controlled control(const std::vector<Model>& models, const Slots& slots, CarbonMass budget,
                                 const ControlOptions& options = {}, const std::vector<double>& demand = {});

}  // namespace co2lib::adaptive
