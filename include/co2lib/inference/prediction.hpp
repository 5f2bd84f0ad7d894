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
enum class Method : std::uint8_t {
  measured,   ///< of this very device and workload
  fitted,     ///< by a predictor trained on this device
  roofline,   ///< from the device's data sheet
  simulated,  ///< by the formula of a device that does not exist
};
/// Texts of `Method`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Method) noexcept { return texts("measured", "fitted", "roofline", "simulated"); }

/// One kernel of a prediction. The ends are those of a 90 % interval.
struct KernelPrediction {
  std::string name{};                 ///< operators joined by `-`, or the kernel that was asked for
  std::string kernel{};               ///< the predictor in use
  std::vector<std::string> nodes{};   ///< of the graph
  KernelConfig config{};              ///< what was predicted
  Ranged latency_us{};                ///< time of one run
  std::optional<Ranged> energy_mj{};  ///< absent where only time was profiled
  Method method = Method::fitted;     ///< how it was obtained
  bool extrapolated = false;          ///< outside of what was sampled; the interval is wider
  std::optional<Bound> bound{};       ///< of a roofline
  std::vector<std::string> flags{};   ///< power_capped, power_assumed
};

/// A method and its share of the predicted energy (of the time where there is no energy).
struct MethodShare {
  Method method = Method::fitted;  ///< how it was obtained
  double energy_share = 0;         ///< in [0, 1]; all of them add up to 1
};

/// Time and energy of one inference. Intervals have confidence 0.9.
struct Prediction {
  std::string device{};                     ///< `Device::name`
  std::string processor{};                  ///< `Device::processor`
  std::string precision{};                  ///< `mixed` where kernels differ
  Estimate<Seconds> latency{};              ///< of one inference
  Estimate<Energy> energy{};                ///< without a value where only time was profiled
  std::vector<MethodShare> methods{};       ///< each once, in the order in which kernels first have them
  std::vector<KernelPrediction> kernels{};  ///< in the order in which they run; none for a workload of the tables
  std::vector<Issue> issues{};              ///< what a reader must know about these numbers
  std::vector<Source> sources{};            ///< of the device's numbers

  /// The carbon of one inference: energy times PUE times intensity. PUE below 1 is `inference.out_of_range`.
  [[nodiscard]] Estimate<CarbonMass> carbon(CarbonIntensity intensity, double pue = 1) const;

  /// JSON with stable keys, `co2lib-prediction/1`.
  [[nodiscard]] std::string to_json() const;
};

}  // namespace co2lib::inference
