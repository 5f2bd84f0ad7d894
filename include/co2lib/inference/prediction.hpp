// SPDX-License-Identifier: MIT
// What a prediction says: time and energy with intervals, kernel by kernel, and by which method.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/inference/kernel.hpp>
#include <co2lib/inference/life.hpp>
#include <co2lib/inference/roofline.hpp>
#include <co2lib/names.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::inference {

/// How a number was obtained: a measurement of this device, a predictor trained on it, its data sheet, or the formula
/// of a device that does not exist.
enum class Method : std::uint8_t { measured, fitted, roofline, simulated };
/// Texts of `Method`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Method) noexcept { return texts("measured", "fitted", "roofline", "simulated"); }

/// One kernel of a prediction. The ends are those of a 90 % interval.
struct KernelPrediction {
  std::string name{};                ///< operators joined by `-`, or the kernel that was asked for
  std::string kernel{};              ///< the predictor in use
  std::vector<std::string> nodes{};  ///< of the graph
  KernelConfig config{};
  Ranged latency_us{};
  std::optional<Ranged> energy_mj{};  ///< absent where only time was profiled
  Method method = Method::fitted;
  bool extrapolated = false;         ///< outside of what was sampled; the interval is wider
  std::optional<Bound> bound{};      ///< of a roofline
  std::vector<std::string> flags{};  ///< power_capped, power_assumed
};

/// A method and its share of the predicted energy (of the time where there is no energy).
struct MethodShare {
  Method method = Method::fitted;
  double energy_share = 0;
};

/// Time and energy of one inference. Intervals have confidence 0.9.
struct Prediction {
  std::string device{};
  std::string processor{};
  std::string precision{};  ///< `mixed` where kernels differ
  Estimate<Seconds> latency{};
  Estimate<Energy> energy{};  ///< without a value where only time was profiled
  std::vector<MethodShare> methods{};
  std::vector<KernelPrediction> kernels{};
  std::vector<Issue> issues{};
  std::vector<Source> sources{};

  /// The carbon of one inference: energy times PUE times intensity. PUE below 1 is `inference.out_of_range`.
  [[nodiscard]] Estimate<CarbonMass> carbon(CarbonIntensity intensity, double pue = 1) const;

  /// JSON with stable keys, `co2lib-prediction/1`.
  [[nodiscard]] std::string to_json() const;
};

}  // namespace co2lib::inference
