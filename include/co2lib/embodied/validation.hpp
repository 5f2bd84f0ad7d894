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
  std::string id;
  double published_kg = 0;
  HslLevels levels{};
  std::optional<double> mass_kg{};
};

/// A device that trivial predictors are fitted to.
struct FitDevice {
  double published_kg = 0;
  std::optional<double> mass_kg{};
};

struct ValidationLimits {
  double mape_max = 0.36;
  double bias_abs_max = 0.12;
  double coverage_min = 0.8;
  double median_width_max = 4.0;
};

/// A predictor V = k x: x = 1, the mass, or its square root.
struct TrivialPredictor {
  std::string name;
  std::size_t n = 0;  ///< devices predicted
  double k = 0;       ///< of the whole fit
  double mape = 0;
  double model_mape = 0;  ///< of the model on the same devices
  std::optional<double> coverage{};
  std::optional<double> median_width{};
  std::optional<double> score{};

  bool operator==(const TrivialPredictor&) const = default;
};

struct Validation {
  bool pass = false;
  Metrics model{};
  std::vector<TrivialPredictor> trivial{};
  std::vector<double> predicted_kg{};
  std::vector<double> p5_kg{};
  std::vector<double> p95_kg{};

  bool operator==(const Validation&) const = default;
};

/// `from_levels` with 4000 draws and seed 1 on each device, beside the trivial predictors.
///
/// `fit` is what they are fitted to; none: the devices themselves, each predicted with the k of the others.
[[nodiscard]] Validation validate(const std::vector<ValidationDevice>& devices, const ValidationLimits& limits = {},
                                  const std::optional<std::vector<FitDevice>>& fit = std::nullopt);

}  // namespace co2lib::embodied
