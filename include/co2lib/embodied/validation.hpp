// SPDX-License-Identifier: MIT
// How far predictions are from published footprints, beside predictors that know next to nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/embodied/bom.hpp>

namespace co2lib::embodied {

/// How far predictions are from published numbers.
struct Metrics {
  double mape = 0;                       ///< mean |V - P| / P
  double bias = 0;                       ///< mean (V - P) / P
  std::optional<double> coverage{};      ///< fraction with p5 <= P <= p95
  std::optional<double> median_width{};  ///< median of p95 / p5
  std::optional<double> score{};         ///< interval score of logarithms (Gneiting and Raftery 2007); lower is better

  bool operator==(const Metrics&) const = default;
};

/// Of predictions V against published P > 0; `p5` and `p95` both, or none. `embodied.out_of_range` for unequal lengths,
/// an empty list, or a number that has no logarithm where one is needed.
[[nodiscard]] Metrics metrics(std::span<const double> published, std::span<const double> predicted,
                              std::span<const double> p5 = {}, std::span<const double> p95 = {});

/// A device of which levels and a published footprint are known.
struct ValidationDevice {
  std::string id;                   ///< by which messages name it
  double published_kg = 0;          ///< its published footprint, > 0
  HslLevels levels{};               ///< by block
  std::optional<double> mass_kg{};  ///< of the device; none: left out by predictors from the mass
};

/// A device that trivial predictors are fitted to.
struct FitDevice {
  double published_kg = 0;          ///< its published footprint, > 0
  std::optional<double> mass_kg{};  ///< none: left out by predictors from the mass
};

/// What predictions must keep for a validation to pass (ours).
struct ValidationLimits {
  double mape_max = 0.36;         ///< most of `Metrics::mape`
  double bias_abs_max = 0.12;     ///< most of |`Metrics::bias`|
  double coverage_min = 0.8;      ///< least of `Metrics::coverage`
  double median_width_max = 4.0;  ///< most of `Metrics::median_width`
};

/// A predictor V = k x: x = 1, the mass, or its square root.
struct TrivialPredictor {
  std::string name;                      ///< `1`, the mass, or its square root
  std::size_t n = 0;                     ///< devices predicted
  double k = 0;                          ///< of the whole fit
  double mape = 0;                       ///< mean |V - P| / P, each device predicted without itself
  double model_mape = 0;                 ///< of the model on the same devices
  std::optional<double> coverage{};      ///< fraction with p5 <= P <= p95; none without an interval
  std::optional<double> median_width{};  ///< median of p95 / p5; none without an interval
  std::optional<double> score{};         ///< as `Metrics::score`; none without an interval

  bool operator==(const TrivialPredictor&) const = default;
};

/// Predictions of devices beside what is published of them.
struct Validation {
  bool pass = false;                        ///< all limits are kept
  Metrics model{};                          ///< of the predictions
  std::vector<TrivialPredictor> trivial{};  ///< of the predictors that know next to nothing
  std::vector<double> predicted_kg{};       ///< in the order of the devices
  std::vector<double> p5_kg{};              ///< 5th percentile of the draws, in the order of the devices
  std::vector<double> p95_kg{};             ///< 95th percentile of the draws, in the order of the devices

  bool operator==(const Validation&) const = default;
};

/// `from_levels` with 4000 draws and seed 1 on each device, beside the trivial predictors.
///
/// `fit` is what they are fitted to; none: the devices themselves, each predicted with the k of the others.
[[nodiscard]] Validation validate(const std::vector<ValidationDevice>& devices, const ValidationLimits& limits = {},
                                  const std::optional<std::vector<FitDevice>>& fit = std::nullopt);

}  // namespace co2lib::embodied
