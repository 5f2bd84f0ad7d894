// SPDX-License-Identifier: MIT
// Rules of efficiency labels: which metrics, with which weights, boundaries and references.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/hub/rating.hpp>

namespace co2lib::hub {

/// The tasks of `fischer2022`, whose metrics differ.
enum class LabelTask {
  inference,  ///< use of a trained model
  training,   ///< training of a model
};
/// Texts of `LabelTask`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(LabelTask) noexcept { return texts("inference", "training"); }

/// One metric of a preset.
struct LabelMetric {
  std::string name;                                   ///< key of the values: `co2_eq_emissions`
  std::string unit;                                   ///< of its values: `g`
  double weight = 1;                                  ///< share of the label, against those of the other metrics
  bool higher_is_better = false;                      ///< true: index = value / reference; false: reference / value
  std::array<double, 4> percents = {80, 60, 40, 20};  ///< of the indices of the population, in %
  std::optional<double> reference{};                  ///< value of the reference model; none: it comes with the models
  std::optional<Boundaries> boundaries{};             ///< of its indices, from a population; none: to be fitted
  bool root_in_fit = false;  ///< boundaries are percentiles of the square roots of the indices: a defect kept
  bool per_gram = false;     ///< a quotient by the emissions, which it follows
  std::optional<LabelTask> only_for{};  ///< the task that has it; none: all

  bool operator==(const LabelMetric&) const = default;
};

/// A set of rules for labels.
struct Preset {
  std::string name;                                  ///< by which it is found: `castano2023`
  std::vector<LabelMetric> metrics;                  ///< in the order in which they are added
  CompoundMode mode = CompoundMode::mean_half_even;  ///< how ratings become one
  std::optional<double> upper_cap{};                 ///< an index above it is rated 4
  std::size_t population = 0;                        ///< models that the boundaries come from
  std::string population_name;                       ///< which models these are
  std::string population_date;                       ///< when they were collected
  std::string reference_model;                       ///< its name; empty: none
  bool own_reference = false;     ///< the reference is a model of the same task and environment, given with each model
  bool missing_is_worst = false;  ///< a missing metric is rated 4 and keeps its weight

  bool operator==(const Preset&) const = default;
};

/// The names of the presets.
inline constexpr std::array<std::string_view, 4> preset_names = {"castano2023", "castano2023_consistent", "fischer2022",
                                                                 "fischer2022_consistent"};

namespace detail {

inline Preset castano(bool consistent) {
  Preset p;
  p.name = consistent ? "castano2023_consistent" : "castano2023";
  p.population = 1419;
  p.population_name = "models of the Hugging Face Hub that report emissions (Castaño et al. 2023)";
  p.population_date = "2023-06";
  p.reference_model = "distilgpt2";
  const Boundaries coded = {714.7319382763578, 287.3206928592824, 147.83558845363243, 72.891161400462};
  const Boundaries plain = {510854.283478707, 82553.35750374419, 21855.361229709528, 5313.123317956248};
  p.metrics = {
      {.name = "co2_eq_emissions",
       .unit = "g CO2e",
       .weight = 0.35,
       .reference = 149200.0,
       .boundaries = consistent ? plain : coded,
       .root_in_fit = !consistent},
      {.name = "size_efficiency",
       .unit = "B/g",
       .weight = 0.10,
       .higher_is_better = true,
       .reference = 2364.837238605898,
       .boundaries = Boundaries{703521.395668811, 138905.45874035914, 43875.32352416312, 11653.799847234555},
       .per_gram = true},
      {.name = "datasets_size_efficiency",
       .unit = "B/g",
       .weight = 0.10,
       .higher_is_better = true,
       .reference = 266551.5743699732,
       .boundaries = Boundaries{119.17585294323575, 12.95923138918398, 5.318215864878103, 0.7226821036817613},
       .per_gram = true},
      {.name = "downloads",
       .unit = "1 in 30 days",
       .weight = 0.25,
       .higher_is_better = true,
       .percents = {96, 94, 85, 60},
       .reference = 1172830.0,
       .boundaries =
           Boundaries{7.332691012337679e-05, 4.512162888057079e-05, 1.7052769796134137e-05, 5.115830938840241e-06}},
      {.name = "performance_score",
       .unit = "1",
       .weight = 0.20,
       .higher_is_better = true,
       .reference = 0.8235253357723011,
       .boundaries = Boundaries{1.1743974830244868, 1.0865206250903061, 0.9094910515965511, 0.5815606170667225}}};
  return p;
}

inline Preset fischer(bool consistent) {
  const auto metric = [](const char* name, const char* unit, double weight, const Boundaries& b,
                         std::optional<LabelTask> task = {}, bool higher = false) {
    return LabelMetric{
        .name = name, .unit = unit, .weight = weight, .higher_is_better = higher, .boundaries = b, .only_for = task};
  };
  constexpr auto inference = LabelTask::inference;
  constexpr auto training = LabelTask::training;
  Preset p;
  p.name = consistent ? "fischer2022_consistent" : "fischer2022";
  p.mode = consistent ? CompoundMode::optimistic_median : CompoundMode::median_as_coded_2022;
  p.upper_cap = 10000.0;
  p.population = 232;
  p.population_name = "ImageNet models in several environments (Fischer et al. 2022, MIT)";
  p.population_date = "2022-03";
  p.reference_model = "ResNet101";
  p.own_reference = true;
  p.missing_is_worst = true;
  p.metrics = {
      metric("parameters", "million", 0.4,
             {8.38693941043089, 4.890141530279823, 2.2085269642064627, 0.7401076886128988}),
      metric("gflops", "GFLOP", 0.2, {19.202413664139083, 2.672784226215358, 0.6778094910273934, 0.0}),
      metric("fsize", "MB", 0.4, {8.220889289073853, 4.846457648811878, 2.1757111878022473, 0.7399062909502832}),
      metric("inference_power_draw", "Ws per image", 0.7,
             {1.8052095901385745, 1.1358154469107322, 0.8662052302144096, 0.49503222117931994}, inference),
      metric("inference_time", "ms per image", 0.3,
             {1.7313204215431415, 1.15037553829267, 0.8826389701854338, 0.49431878902092663}, inference),
      metric("train_power_draw_epoch", "kWh", 0.2,
             {2.5198231746738555, 1.4143667562470452, 1.0107824298037031, 0.7187317314392002}, training),
      metric("train_power_draw", "kWh", 0.7, {1.1262860986893752, 1.0, 0.7588663854696236, 0.5627471141302683},
             training),
      metric("train_time_epoch", "h", 0.2,
             {1.8549102957830492, 1.362230091894449, 0.9798405526216245, 0.7326213479134631}, training),
      metric("train_time", "h", 0.3, {1.2658511191178634, 0.9584208963280277, 0.6975618859241539, 0.3314228181243759},
             training),
      metric("top1_val", "1", 0.8, {1.0214309865015994, 1.0, 0.9534968399698301, 0.9289148797920729}, {}, true),
      metric("top5_val", "1", 0.2, {1.0124626126278988, 1.0, 0.9741456338868539, 0.9658507486124669}, {}, true)};
  return p;
}

}  // namespace detail

/// A preset by its name, with the frozen values of its population; throws `hub.unknown_preset`.
///
/// `castano2023` is as the study coded it: the boundaries of the emissions are percentiles of the square roots of the
/// indices, and are compared with the indices. `castano2023_consistent` is without the root. `fischer2022` rates with
/// the boundaries of the code of 2022 and its median; `fischer2022_consistent` with the weighted median.
[[nodiscard]] inline Preset preset(std::string_view name) {
  if (name == "castano2023" || name == "castano2023_consistent") return detail::castano(name != "castano2023");
  if (name == "fischer2022" || name == "fischer2022_consistent") return detail::fischer(name != "fischer2022");
  std::string known;
  for (const std::string_view one : preset_names) known.append(known.empty() ? "" : ", ").append(one);
  throw Error("hub.unknown_preset", "preset '" + std::string(name) + "' is not known; known: " + known);
}

}  // namespace co2lib::hub
